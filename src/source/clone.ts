import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Failure, type Result } from '../model/result.ts';
import type { HostSource } from '../policy/host-file.ts';
import { attempt } from '../store/attempt.ts';
import { makeWay, writeDurable } from '../store/durable.ts';
import { realFiles } from '../store/files.ts';
import { gitConfig } from './git-config.ts';

/** Where the source's clone, lock and state lie. */
export function sourceDirectory(stateDir: string): string {
  return `${stateDir}/source`;
}

/** The bare repository of a source; `anchor` is what it must follow from. */
export function cloneDirectory(stateDir: string): string {
  return `${sourceDirectory(stateDir)}/repository.git`;
}

/** The branch as it was fetched: at the commit in force until a fetch brings it forward. */
export const candidate = 'refs/holdfast/candidate';

/** The commit in force, once this clone holds it. */
export const held = 'refs/holdfast/in-force';

/**
 * Makes the bare repository, or makes it again what it should be: our
 * configuration, no hook, and the candidate at the commit in force, so that
 * git itself refuses what does not follow from it. The clone holds nothing that
 * cannot be fetched again; what must survive is in the state file. Call under the lock.
 */
export function prepareClone(
  stateDir: string,
  source: HostSource,
  { signers, inForce }: { readonly signers: string; readonly inForce: string | null },
): Result<string, Failure> {
  const directory = cloneDirectory(stateDir);
  const signersFile = `${directory}/allowed_signers`;
  const config = gitConfig(source, signersFile);
  if (!config.ok) return config;
  return attempt(`preparing ${directory}`, () => {
    for (const part of ['objects', 'refs/heads', 'refs/holdfast'])
      makeWay(realFiles, `${directory}/${part}`);
    removeLocks(directory);
    writeDurable(realFiles, directory, 'HEAD', 'ref: refs/heads/none\n');
    writeDurable(realFiles, directory, 'config', config.value);
    writeDurable(realFiles, directory, 'allowed_signers', signers);
    rmSync(join(directory, 'FETCH_HEAD'), { force: true });
    rmSync(join(directory, 'packed-refs'), { force: true });
    // A reference to what a new clone does not hold yet would stop every fetch.
    const ref = join(directory, candidate);
    if (inForce !== null && textOf(join(directory, held)) === inForce)
      writeFileSync(ref, `${inForce}\n`, { mode: 0o600 });
    else rmSync(ref, { force: true });
    return ok(directory);
  });
}

function textOf(path: string): string | null {
  return realFiles.look(path) === null ? null : realFiles.read(path).trim();
}

/** A git that was killed leaves its locks; under ours there is no other one that could hold them. */
function removeLocks(directory: string): void {
  for (const part of ['.', 'refs/holdfast', 'objects/pack']) {
    const entries =
      realFiles.look(join(directory, part)) === null ? [] : readdirSync(join(directory, part));
    for (const name of entries.filter((entry) => entry.endsWith('.lock')))
      rmSync(join(directory, part, name), { force: true });
  }
}
