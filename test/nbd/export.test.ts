import { describe, expect, it } from 'vitest';
import { openExport, type OpenExport } from '../../src/nbd/export.ts';
import {
  answerProperly,
  chunkOf,
  contentOf,
  dataChunk,
  errorChunk,
  holeChunk,
  statusChunk,
  type Behaviour,
  type Request,
} from './fake-server.ts';
import { open, opened, serve } from './open-fake.ts';

const mebibyte = 1024 ** 2;

/** The failure of opening, with the socket's path replaced. */
async function refusal(behaviour: Behaviour, options: Partial<OpenExport> = {}) {
  const server = await serve(behaviour);
  const result = await open(server, options);
  if (result.ok) throw new Error('It was opened');
  return { ...result.error, message: result.error.message.replace(server.socket, 'SOCKET') };
}

/** What a read of 1,000 bytes at 500 gives: the failure, with the socket's path replaced. */
async function readFailure(answer: Behaviour['answer'], options: Partial<OpenExport> = {}) {
  const server = await serve({ answer: answer ?? answerProperly });
  const source = await opened(server, options);
  const result = await source.read(500, new Uint8Array(1000));
  if (result.ok) throw new Error('It was read');
  const failure = {
    ...result.error,
    message: result.error.message.replace(server.socket, 'SOCKET'),
  };
  return { failure, source };
}

describe('reading', () => {
  it('puts the bytes where they belong, in shared memory too', async () => {
    const source = await opened(await serve());
    expect(source.sizeBytes).toBe(mebibyte);
    const into = new Uint8Array(new SharedArrayBuffer(3000), 1000, 1000);
    expect(await source.read(4096, into)).toEqual({ ok: true, value: undefined });
    expect(Buffer.from(into).equals(contentOf(4096, 1000))).toBe(true);
  });

  it('joins pieces in any order, holes, and replies of several requests mixed', async () => {
    const waiting: Request[] = [];
    const server = await serve({
      answer: (request) => {
        waiting.push(request);
        const [first, second] = waiting;
        if (first === undefined || second === undefined) return null;
        return Buffer.concat([
          dataChunk(second, 600, 400, 0),
          dataChunk(first, 0, 1000, 0),
          holeChunk(second, 100, 500, 0),
          chunkOf(first, 0, Buffer.alloc(0)),
          dataChunk(second, 0, 100),
        ]);
      },
    });
    const source = await opened(server);
    const one = new Uint8Array(1000).fill(9);
    const two = new Uint8Array(1000).fill(9);
    const answers = await Promise.all([source.read(0, one), source.read(5000, two)]);
    expect(answers.map(({ ok }) => ok)).toEqual([true, true]);
    const holed = contentOf(5000, 1000).fill(0, 100, 600);
    expect([contentOf(0, 1000).equals(one), holed.equals(two)]).toEqual([true, true]);
  });

  it('reads what the server sends byte by byte', async () => {
    const server = await serve({
      answer: (request, socket) => {
        const bytes = dataChunk(request, 0, request.length);
        const send = (at: number): void => {
          if (at < bytes.length) socket.write(bytes.subarray(at, at + 1), () => send(at + 1));
        };
        send(0);
        return null;
      },
    });
    const into = new Uint8Array(50);
    expect((await (await opened(server)).read(77, into)).ok).toBe(true);
    expect(contentOf(77, 50).equals(into)).toBe(true);
  });

  it('uses several connections only if the server says that all see the same', async () => {
    const alone = await serve();
    expect((await opened(alone, { connections: 4 })).connections).toBe(1);
    const many = await serve({ multiConnection: true });
    expect((await opened(many, { connections: 4 })).connections).toBe(4);
    expect([alone.connections, many.connections]).toEqual([1, 4]);
  });

  it('says good-bye', async () => {
    const server = await serve();
    (await opened(server)).close();
    await expect.poll(() => server.requests.map(({ type }) => type)).toEqual([2]);
  });
});

describe('faults', () => {
  it('one failed request leaves the others alone', async () => {
    let count = 0;
    const { failure, source } = await readFailure((request) => {
      count += 1;
      return count === 1 ? errorChunk(request, 5, 'bad sector') : answerProperly(request);
    });
    expect(failure).toEqual({
      code: 'nbd-read',
      message: 'SOCKET, export "vda": reading at 500 (1000 bytes): input/output error (bad sector)',
    });
    expect((await source.read(500, new Uint8Array(1000))).ok).toBe(true);
  });

  it('takes an error in the old form', async () => {
    const { failure } = await readFailure(({ cookie }) => {
      const bytes = Buffer.alloc(16);
      bytes.writeUInt32BE(0x67446698);
      bytes.writeUInt32BE(22, 4);
      bytes.writeUInt32BE(cookie, 12);
      return bytes;
    });
    expect(failure.message).toBe(
      'SOCKET, export "vda": reading at 500 (1000 bytes): invalid argument',
    );
  });

  const disconnected = {
    code: 'nbd-disconnected',
    message: 'SOCKET: the server closed the connection',
  };
  it('a disconnect in the middle of data is a failure, for ever', async () => {
    const { failure, source } = await readFailure((request, socket) => {
      socket.end(dataChunk(request, 0, 1000).subarray(0, 300));
      return null;
    });
    expect(failure).toEqual(disconnected);
    const again = await source.read(0, new Uint8Array(1));
    expect(again.ok ? again : again.error.code).toBe('nbd-disconnected');
  });

  it('a disconnect between replies is one, too', async () => {
    const { failure } = await readFailure((_request, socket) => {
      socket.end();
      return null;
    });
    expect(failure).toEqual(disconnected);
  });

  it('a server that says nothing more is stalled', async () => {
    const { failure } = await readFailure(
      (request) => dataChunk(request, 0, 1000).subarray(0, 99),
      {
        stallSeconds: 0.1,
      },
    );
    expect(failure).toEqual({
      code: 'stalled',
      message: 'SOCKET: the NBD server sent nothing for 0.1 s',
    });
  });

  it('nothing that is asked is nothing that can stall', async () => {
    const source = await opened(await serve(), { stallSeconds: 0.02 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await source.read(0, new Uint8Array(10))).ok).toBe(true);
  });

  it('an abort ends what is under way, with the reason that it was given', async () => {
    const stop = new AbortController();
    const { failure } = await readFailure(
      () => {
        stop.abort({ code: 'scratch-full', message: 'The scratch directory is full' });
        return null;
      },
      { signal: stop.signal },
    );
    expect(failure).toEqual({ code: 'scratch-full', message: 'The scratch directory is full' });
  });

  it.each<[string, (request: Request) => Buffer]>([
    [
      'the server sent a reply with a wrong magic number',
      (request) => chunkOf(request, 1, Buffer.alloc(20), 1, 0x12345678),
    ],
    [
      'the server answered a request that was not made',
      (request) => dataChunk({ ...request, cookie: request.cookie + 1 }, 0, 1000),
    ],
    ['the server sent data that was not asked for', (request) => dataChunk(request, 1, 1000)],
    [
      'the server sent data that was not asked for',
      (request) => dataChunk({ ...request, offset: 0 }, 0, 1000),
    ],
    [
      'the server sent a reply of unknown type 9',
      (request) => chunkOf(request, 9, Buffer.alloc(4)),
    ],
    [
      'the server sent a block status that was not asked for',
      (request) => statusChunk(request, 1, [[1000, 0]]),
    ],
    [
      'the server answered a read with too few or too many bytes',
      (request) => dataChunk(request, 0, 999),
    ],
    [
      'the server answered a read with too few or too many bytes',
      (request) => Buffer.concat([dataChunk(request, 0, 1000, 0), dataChunk(request, 0, 1)]),
    ],
    ['a broken empty reply', (request) => chunkOf(request, 0, Buffer.alloc(0), 0)],
  ])('ends the connection: %s', async (message, answer) => {
    const { failure, source } = await readFailure(answer);
    expect(failure).toEqual({ code: 'nbd-protocol', message: `SOCKET: ${message}` });
    expect((await source.read(0, new Uint8Array(1))).ok).toBe(false);
  });
});

describe('opening', () => {
  it('names a socket that nobody listens on', async () => {
    const result = await openExport({
      socket: '/nonexistent/nbd.sock',
      exportName: 'vda',
      dirtyContext: null,
      connections: 1,
      stallSeconds: 1,
    });
    expect(result).toEqual({
      ok: false,
      error: {
        code: 'nbd-disconnected',
        message: '/nonexistent/nbd.sock: connect ENOENT /nonexistent/nbd.sock',
      },
    });
  });

  it('takes no other server for NBD', async () => {
    expect(await refusal({ greeting: Buffer.from('220 mail.example ESMTP\r\n') })).toEqual({
      code: 'nbd-protocol',
      message: 'SOCKET, export "vda": the server does not speak newstyle NBD',
    });
  });

  it('says what the server refused, in its words', async () => {
    expect(
      await refusal({ refuse: { 7: { type: 0x80000006, text: "Export 'vda' not present" } } }),
    ).toEqual({
      code: 'nbd-refused',
      message:
        'SOCKET, export "vda": the server refused the export: no such export: Export \'vda\' not present',
    });
    expect(await refusal({ refuse: { 8: { type: 0x80000001, text: '' } } })).toEqual({
      code: 'nbd-refused',
      message: 'SOCKET, export "vda": the server has no structured replies: not supported',
    });
  });

  it('does without no bitmap that was asked for', async () => {
    expect(await refusal({}, { dirtyContext: 'qemu:dirty-bitmap:lost' })).toEqual({
      code: 'no-context',
      message: 'SOCKET, export "vda": the export has no metadata context "qemu:dirty-bitmap:lost"',
    });
  });

  it('waits no longer than the stall limit for a server that says nothing', async () => {
    expect(await refusal({ greeting: Buffer.alloc(0) }, { stallSeconds: 0.1 })).toEqual({
      code: 'stalled',
      message: 'SOCKET: the NBD server sent nothing for 0.1 s',
    });
  });

  it('is not done when it was aborted before', async () => {
    expect(await refusal({}, { signal: AbortSignal.abort() })).toEqual({
      code: 'canceled',
      message: 'Reading the export was stopped',
    });
  });
});
