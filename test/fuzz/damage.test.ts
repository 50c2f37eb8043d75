import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { damage } from './damage.ts';

/** Names and contents of a directory. */
const contentsOf = (directory: string): readonly string[] =>
  readdirSync(directory)
    .toSorted()
    .map((name) => `${name} ${readFileSync(join(directory, name), 'utf8')}`);

it(
  'damages what is in the store, and nothing that a link in it leads to',
  { timeout: 60_000 },
  () => {
    const root = mkdtempSync(join(tmpdir(), 'hf-damage-'));
    try {
      const outside = join(root, 'outside');
      const whole = join(root, 'whole');
      mkdirSync(outside);
      mkdirSync(join(whole, 'a', 'b'), { recursive: true });
      for (const name of ['x', 'y', 'z']) writeFileSync(join(outside, name), name);
      for (const name of ['1', '2']) writeFileSync(join(whole, 'a', 'b', name), name);
      symlinkSync(outside, join(whole, 'a', 'link'));
      symlinkSync(join(outside, 'x'), join(whole, 'file'));
      const before = contentsOf(outside);
      const told = new Set<string>();
      for (let seed = 0; seed < 80; seed += 1) {
        const store = join(root, 'store');
        cpSync(whole, store, { recursive: true, verbatimSymlinks: true });
        for (const done of damage(store, Buffer.from(String(seed)), outside)) told.add(done);
        rmSync(store, { recursive: true });
        expect(contentsOf(outside)).toEqual(before);
      }
      expect(told.size).toBeGreaterThan(30);
      expect([...told].some((done) => done.startsWith('outside '))).toBe(true);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
);
