import { describe, expect, it } from 'vitest';
import type { NbdExport } from '../../src/nbd/export.ts';
import { errorChunk, statusChunk, type Request } from './fake-server.ts';
import { opened, serve } from './open-fake.ts';

async function extentsOf(source: NbdExport) {
  const extents: string[] = [];
  for await (const batch of source.extents()) {
    if (!batch.ok) return batch.error;
    extents.push(...batch.value.map(({ offset, length, kind }) => `${offset}+${length} ${kind}`));
  }
  return extents;
}

describe('extents', () => {
  const dirty = 'qemu:dirty-bitmap:backup-vda';
  const contexts = { 'base:allocation': 1, [dirty]: 2 };

  it('joins the two contexts, however short each reply is', async () => {
    // allocation: 100 data, 100 zero, then data; dirty: all but 50–150 and 300–1000.
    const server = await serve({
      sizeBytes: 1000,
      contexts,
      answer: (request) => {
        const allocation: [number, number][] = [
          [100, 0],
          [100, 3],
          [800, 0],
        ];
        const changed: [number, number][] = [
          [50, 1],
          [100, 0],
          [150, 1],
          [700, 0],
        ];
        return Buffer.concat([
          statusChunk(request, 1, from(allocation, request.offset).slice(0, 1), 0),
          statusChunk(request, 2, from(changed, request.offset).slice(0, 2)),
        ]);
      },
    });
    const source = await opened(server, { dirtyContext: dirty });
    expect(await extentsOf(source)).toEqual([
      '0+50 data',
      '50+50 clean',
      '100+50 clean',
      '150+50 zero',
      '200+100 data',
      '300+700 clean',
    ]);
  });

  it('takes a hole that promises no zeros for data', async () => {
    const server = await serve({
      sizeBytes: 300,
      answer: (request) =>
        statusChunk(request, 1, [
          [100, 1],
          [100, 2],
          [100, 3],
        ]),
    });
    expect(await extentsOf(await opened(server))).toEqual(['0+100 data', '100+200 zero']);
  });

  it('does not go beyond the end with an extent that does', async () => {
    const server = await serve({
      sizeBytes: 300,
      answer: (request) =>
        statusChunk(request, 1, [
          [100, 0],
          [0x7fff0000, 3],
        ]),
    });
    expect(await extentsOf(await opened(server))).toEqual(['0+100 data', '100+200 zero']);
  });

  it.each<[string, (request: Request) => Buffer]>([
    ['no extent', (request) => statusChunk(request, 1, [[0, 0]])],
    ['another context', (request) => statusChunk(request, 7, [[300, 0]])],
  ])('ends with a failure instead of asking for ever: %s', async (_name, answer) => {
    const server = await serve({ sizeBytes: 300, answer });
    expect(await extentsOf(await opened(server))).toEqual({
      code: 'nbd-protocol',
      message: "the server's block status at 0 lacks a context, or does not advance",
    });
  });

  it('fails when the server does', async () => {
    const server = await serve({ answer: (request) => errorChunk(request, 12, '') });
    const failure = await extentsOf(await opened(server));
    expect(failure).toEqual({
      code: 'nbd-read',
      message: `${server.socket}, export "vda": asking for the extents at 0 (1048576 bytes): out of memory`,
    });
  });
});

/** Pairs of length and flags from an offset on. */
function from(pairs: readonly (readonly [number, number])[], offset: number): [number, number][] {
  let at = 0;
  const rest: [number, number][] = [];
  for (const [length, flags] of pairs) {
    at += length;
    if (at > offset) rest.push([Math.min(length, at - offset), flags]);
  }
  return rest;
}
