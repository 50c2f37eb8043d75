import { execFileSync } from 'node:child_process';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';

type Damage = (path: string, random: Random, all: readonly string[], outside: string) => void;

const isFile = (path: string): boolean => lstatSync(path).isFile();

/** Files get text for text; a directory is left alone. */
const rewritten =
  (change: (content: Buffer, random: Random) => Buffer): Damage =>
  (path, random) => {
    if (isFile(path)) writeFileSync(path, change(readFileSync(path), random));
  };

const replaced =
  (put: (path: string, other: string, outside: string) => void): Damage =>
  (path, random, all, outside) => {
    const other = random.any(all.filter((one) => !path.startsWith(one) && !one.startsWith(path)));
    if (other === undefined) return;
    rmSync(path, { recursive: true });
    put(path, other, outside);
  };

const damages: Readonly<Record<string, Damage>> = {
  flip: rewritten((content, random) => {
    if (content.length > 0) content[random.below(content.length)] = random.below(256);
    return content;
  }),
  zeros: rewritten((content) => Buffer.alloc(content.length)),
  mutate: rewritten((content, random) => mutate(content, random, { others: [], words: [] })),
  truncate: (path, random) => {
    if (isFile(path)) truncateSync(path, random.below(lstatSync(path).size + 1));
  },
  remove: (path) => rmSync(path, { recursive: true }),
  empty: (path) => {
    // A link to a directory is none: its entries lie elsewhere.
    const names = lstatSync(path).isDirectory() ? readdirSync(path) : [];
    for (const name of names) rmSync(join(path, name), { recursive: true });
  },
  symlink: replaced((path, other) => symlinkSync(other, path)),
  directory: replaced((path) => mkdirSync(path)),
  fifo: replaced((path) => void execFileSync('mkfifo', [path])),
  copy: replaced((path, other) => cpSync(other, path, { recursive: true, verbatimSymlinks: true })),
  move: replaced((path, other) => renameSync(other, path)),
  rename: (path, random, all) => {
    const other = random.any(all) ?? path;
    const to = join(dirname(path), random.pick([basename(other), 'x', '.hidden', 'a\nb', '-rf']));
    if (!to.startsWith(`${path}/`) && lstatSync(to, { throwIfNoEntry: false }) === undefined)
      renameSync(path, to);
  },
  outside: replaced((path, _, outside) => symlinkSync(outside, path)),
};

/**
 * Everything below a directory. Symbolic links are entries and never a way:
 * `readdir` with `recursive` follows them, and what is damaged next would lie
 * outside of the store.
 */
function below(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? [path, ...below(path)] : [path];
    });
}

/** Damages a store in one to three places that the input chooses; links may lead to `outside`. What was done. */
export function damage(store: string, input: Buffer, outside: string): readonly string[] {
  const random = new Random(input.reduce((sum, byte) => Math.imul(sum, 31) + byte + 1, 7));
  const told: string[] = [];
  for (let times = 1 + random.below(3); times > 0; times -= 1) {
    const all = below(store);
    const path = random.any(all);
    const name = random.any(Object.keys(damages));
    if (path === undefined || name === undefined) break;
    // Twice sure: this program removes and overwrites files as root.
    if (!`${realpathSync(dirname(path))}/`.startsWith(`${realpathSync(store)}/`))
      throw new Error(`${path} is not in ${store}`);
    told.push(`${name} ${path.slice(store.length + 1)}`);
    damages[name]?.(path, random, all, outside);
  }
  return told;
}
