import { expect, it } from 'vitest';
import { parseManifest } from '../../src/store/manifest.ts';
import { lookShape } from '../../src/store/records.ts';
import { parseShape } from '../../src/store/shape.ts';
import { chainOn, pointOf, theStore } from './fixture.ts';

const chain = chainOn(8);
const { manifest, place } = pointOf(chain, 0);

function told(content: string): string {
  const { pointDirectory } = place;
  const read = parseManifest(content, { store: theStore, chain, pointDirectory, path: 'P' });
  return read.ok ? 'it was read' : read.error.message;
}

it('a record that is nested without end is not written out in what is told of it', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  expect(told(JSON.stringify({ ...manifest, store: 'DEEP' }).replace('"DEEP"', deep))).toBe(
    'P: store must be a store id, not a list',
  );
});

it('what is wrong with a million parts of a record is told of the first twenty', () => {
  const images = Array.from({ length: 1_000_000 }, () => ({}));
  const read = parseShape(JSON.stringify({ formatVersion: 1, images }), lookShape);
  if (read.ok) throw new Error('it was read');
  expect(read.error.split('; ')).toHaveLength(21);
  expect(read.error).toMatch(/^point must be .*; images\[2\]\..*; and more$/);
});
