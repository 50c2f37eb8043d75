import { expect, it } from 'vitest';
import { chunkOf, dataChunk, FakeServer, statusChunk } from './fake-server.ts';
import { open, opened, serve } from './open-fake.ts';

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** An option's reply. */
function reply(code: number, type: number, data: Buffer): Buffer {
  const magic = Buffer.from('0003e889045565a9', 'hex');
  return Buffer.concat([magic, ...[code, type, data.length].map(uint32), data]);
}

const greeting = Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), Buffer.from([0, 3])]);
const context = Buffer.concat([uint32(1), Buffer.from('base:allocation')]);

/** The words with which a server that says just this is refused. */
async function refusalOf(...said: readonly Buffer[]): Promise<string> {
  await using server = await FakeServer.lying(Buffer.concat([greeting, ...said]));
  const result = await open(server);
  if (result.ok) throw new Error('It was opened');
  return result.error.message.replace(server.socket, 'SOCKET');
}

it('a server whose largest request is of no bytes is refused: a read of it would never end', async () => {
  const size = Buffer.from('000000000000001000000003', 'hex');
  const blocks = Buffer.concat([Buffer.from([0, 3]), ...[1, 4096, 0].map(uint32)]);
  const none = Buffer.alloc(0);
  const said = [
    reply(8, 1, none),
    reply(10, 4, context),
    reply(10, 1, none),
    reply(7, 3, size),
    reply(7, 3, blocks),
    reply(7, 1, none),
  ];
  expect(await refusalOf(...said)).toBe(
    'SOCKET, export "vda": the server announced sizes that cannot be',
  );
});

it('a server that answers one option for ever is refused', async () => {
  const many = Array.from({ length: 100 }, () => reply(10, 4, context));
  expect(await refusalOf(reply(8, 1, Buffer.alloc(0)), ...many)).toBe(
    'SOCKET, export "vda": the server sent more than 64 replies to one option',
  );
});

it('a server that answers one read for ever is left', async () => {
  const server = await serve({
    answer: (request) =>
      Buffer.concat([
        dataChunk(request, 0, request.length, 0),
        dataChunk(request, 0, request.length, 0),
      ]),
  });
  const read = await (await opened(server)).read(0, new Uint8Array(1000));
  expect(read.ok ? null : read.error.message.replace(server.socket, 'SOCKET')).toBe(
    'SOCKET: the server answered a read with too few or too many bytes',
  );
});

it('a server that tells the extents of one context twice is left', async () => {
  const server = await serve({
    answer: (request) =>
      Buffer.concat([
        statusChunk(request, 1, [[4096, 0]], 0),
        statusChunk(request, 1, [[4096, 0]], 0),
        chunkOf(request, 0, Buffer.alloc(0)),
      ]),
  });
  const source = await opened(server);
  for await (const batch of source.extents())
    expect(batch.ok ? null : batch.error.message.replace(server.socket, 'SOCKET')).toBe(
      'SOCKET: the server sent a block status twice, or of too many contexts',
    );
});
