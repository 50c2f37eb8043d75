import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { mustBePlain } from '../fuzz/target.ts';
import type { LiveHost, Ran } from './host.ts';

/** Every entry below a directory with what it holds; links are not followed. */
export function treeOf(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      const { mode, uid } = lstatSync(path);
      const facts = `${path} ${mode.toString(8)} ${uid}`;
      if (entry.isDirectory()) return [facts, ...treeOf(path)];
      if (entry.isSymbolicLink()) return [`${facts} ${readlinkSync(path)}`];
      if (!entry.isFile()) return [facts];
      return [`${facts} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`];
    });
}

/** Runs a command in all its forms of output; what it prints is harmless, and it never fails by a fault of its own. */
export async function runPlainly(host: LiveHost, ...args: readonly string[]): Promise<Ran> {
  const ran = await host.run(...args);
  mustBePlain(ran.out, `standard output of ${args.join(' ')}`);
  mustBePlain(ran.err, `standard error of ${args.join(' ')}`);
  return ran;
}

/** Commands that only look, as text, as Markdown and as JSON. */
export async function lookPlainly(host: LiveHost, address: string): Promise<number> {
  let printed = 0;
  for (const look of [
    ['plan', '--verbose'],
    ['plan', '--format', 'markdown'],
    ['--json', 'observe'],
    ['points', address],
    ['status'],
    ['trash'],
    ['explain', address],
    ['verify', address, '--depth', 'structure'],
  ]) {
    const { out, err } = await runPlainly(host, ...look);
    printed += out.length + err.length;
  }
  return printed;
}
