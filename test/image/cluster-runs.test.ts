import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BlockSource, SourceExtent } from '../../src/image/block-source.ts';
import { clusterBytes, collectRuns, createRunsBuilder } from '../../src/image/cluster-runs.ts';
import { fail, ok } from '../../src/model/result.ts';

/** A source that has extents only. */
function sourceOf(extents: readonly SourceExtent[], sizeBytes?: number): BlockSource {
  const last = extents.at(-1);
  return {
    sizeBytes: sizeBytes ?? (last === undefined ? 0 : last.offset + last.length),
    async *extents() {
      yield ok(extents);
    },
    read: async () => ok(undefined),
  };
}

async function runsOf(source: BlockSource, increment: boolean) {
  const runs = await collectRuns(source, increment);
  if (!runs.ok) return runs.error;
  return Array.from({ length: runs.value.length }, (_, index) => {
    const { start, count, kind } = runs.value.at(index);
    return `${start}+${count} ${kind}`;
  });
}

const kinds = ['data', 'zero', 'clean'] as const;
const layout = (names: readonly (typeof kinds)[number][]) =>
  fc
    .array(
      fc.record({
        length: fc.oneof(
          fc.integer({ min: 1, max: 200_000 }),
          fc.integer({ min: 1, max: 4 }).map((clusters) => clusters * clusterBytes),
        ),
        kind: fc.constantFrom(...names),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((parts) => {
      let offset = 0;
      return parts.map(({ length, kind }) => {
        offset += length;
        return { offset: offset - length, length, kind };
      });
    });

/** What each cluster becomes, decided cluster by cluster. */
function expected(extents: readonly SourceExtent[], increment: boolean): string[] {
  const last = extents.at(-1);
  const size = last === undefined ? 0 : last.offset + last.length;
  const clusters: (string | null)[] = [];
  for (let from = 0; from < size; from += clusterBytes) {
    const here = extents.filter(
      ({ offset, length }) => offset < from + clusterBytes && offset + length > from,
    );
    const seen = new Set(here.map(({ kind }) => kind));
    const isOddEnd = from + clusterBytes > size && size % 512 !== 0;
    if (!increment) clusters.push(seen.has('data') ? 'data' : null);
    else if (seen.has('data') || seen.size > 1 || isOddEnd) clusters.push('data');
    else clusters.push(seen.has('zero') ? 'zero' : null);
  }
  const runs: string[] = [];
  let start = 0;
  for (let index = 1; index <= clusters.length; index += 1) {
    if (index < clusters.length && clusters[index] === clusters[start]) continue;
    const kind = clusters[start];
    if (kind !== null && kind !== undefined) runs.push(`${start}+${index - start} ${kind}`);
    start = index;
  }
  return runs;
}

it.each([true, false])('rounds any extents to clusters (increment: %s)', async (increment) => {
  await fc.assert(
    fc.asyncProperty(layout(increment ? kinds : ['data', 'zero']), async (extents) => {
      expect(await runsOf(sourceOf(extents), increment)).toEqual(expected(extents, increment));
    }),
    { numRuns: 500 },
  );
});

it('keeps more runs than it begins with room for', () => {
  const builder = createRunsBuilder();
  for (let index = 0; index < 5000; index += 1)
    builder.add(index % 3 === 0 ? 'zero' : 'data', index * 2, 1);
  const runs = builder.done();
  expect([runs.length, runs.dataClusters]).toEqual([5000, 3333]);
  expect([runs.at(0), runs.at(4999)]).toEqual([
    { start: 0, count: 1, kind: 'zero' },
    { start: 9998, count: 1, kind: 'data' },
  ]);
});

const broken = (message: string) => ({ code: 'bad-source', message });
it.each([
  [
    [
      { offset: 0, length: 10, kind: 'data' },
      { offset: 11, length: 10, kind: 'data' },
    ] as const,
    21,
    'the extents of the source have a gap at 10',
  ],
  [
    [{ offset: 0, length: 10, kind: 'data' }] as const,
    20,
    'the extents of the source end at 10, not at 20',
  ],
  [
    [{ offset: 0, length: 10, kind: 'clean' }] as const,
    10,
    'the source of a full has clean extents',
  ],
  [
    [{ offset: 0, length: 0, kind: 'data' }] as const,
    10,
    'the extents of the source have a gap at 0',
  ],
  [[], 2 ** 47, 'a disk of 140737488355328 bytes is larger than 128 TiB'],
])('refuses extents that are none: %#', async (extents, size, message) => {
  expect(await runsOf(sourceOf(extents, size), false)).toEqual(broken(message));
});

it('hands on the failure of the source', async () => {
  const failure = { code: 'stalled', message: 'nothing came' };
  const source = {
    ...sourceOf([]),
    async *extents() {
      yield fail(failure);
    },
  };
  expect(await runsOf(source, true)).toEqual(failure);
});
