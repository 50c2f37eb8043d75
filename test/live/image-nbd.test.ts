import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareWithExport } from '../../src/image/compare.ts';
import { copyExport } from '../../src/image/copy-export.ts';
import { checkImage } from '../../src/image/qemu-img.ts';
import { ok } from '../../src/model/result.ts';
import { openExport, type NbdExport } from '../../src/nbd/export.ts';

let dir = '';
const servers: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hf nbd?&%41,'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await stop(server);
  rmSync(dir, { recursive: true, force: true });
});

const signal = new AbortController().signal;
const sh = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd: dir, encoding: 'utf8' });

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill();
  await ended;
}

/** Starts a server in the foreground; ended after the test. */
async function serve(program: string, args: readonly string[], socket: string) {
  const server = spawn(program, args, { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] });
  servers.push(server);
  await expect.poll(() => existsSync(socket)).toBe(true);
  return server;
}

async function opened(
  socket: string,
  exportName: string,
  dirtyContext: string | null = null,
): Promise<NbdExport> {
  const options = { socket, exportName, dirtyContext, connections: 4, stallSeconds: 30 };
  const result = await openExport(options);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

async function copyTo(source: NbdExport, target: string, backing: string | null) {
  const copied = await copyExport({
    source,
    target,
    backing: backing === null ? null : { file: backing, format: 'qcow2' },
    rateLimit: null,
    onProgress: () => {},
    signal,
  });
  if (!copied.ok) throw new Error(copied.error.message);
  expect(copied.value.sha256).toBe(createHash('sha256').update(readFileSync(target)).digest('hex'));
  expect(await checkImage(target, signal)).toEqual(ok(undefined));
  return copied.value;
}

/** What a chain says of each range: from `qemu-img map`, for one layer. */
interface Mapped {
  readonly start: number;
  readonly length: number;
  readonly depth: number;
  readonly zero: boolean;
  readonly data: boolean;
}

it('full and increment of qemu-nbd exports with a dirty bitmap equal the exports', async () => {
  sh('qemu-img', 'create', '-q', '-f', 'qcow2', 'disk.qcow2', '96M');
  const io = (...commands: string[]) =>
    sh('qemu-io', '-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), 'disk.qcow2');
  io('write -P 1 0 10M', 'write -P 2 50M 3M', 'write -P 3 96468992 64k');
  sh('qemu-img', 'bitmap', '--add', '--enable', 'disk.qcow2', 'b0');

  const full = join(dir, 'full.sock');
  const first = await serve(
    'qemu-nbd',
    ['-r', '-t', '-e', '8', '-x', 'vda', '-k', full, '-f', 'qcow2', 'disk.qcow2'],
    full,
  );
  const whole = await opened(full, 'vda');
  const image = await copyTo(whole, join(dir, 'full.qcow2'), null);
  expect(whole.connections).toBe(4);
  whole.close();
  expect(image.dataBytes).toBe(13 * 1024 ** 2 + 65_536);
  const named = { path: join(dir, 'full.qcow2'), format: 'qcow2' as const };
  expect(await compareWithExport(named, { socket: full, exportName: 'vda' }, signal)).toEqual(
    ok(undefined),
  );
  await stop(first);

  // Data, zeros over data by two ways, zeros over nothing, and 3 KiB that dirty one cluster.
  io(
    'write -P 9 2M 1M',
    'write -z -u 5M 1M',
    'discard 51M 1M',
    'write -z 70M 1M',
    'write -P 7 8390000 3k',
  );
  const inc = join(dir, 'inc.sock');
  await serve(
    'qemu-nbd',
    ['-r', '-t', '-e', '1', '-B', 'b0', '-x', 'v d/ä?a', '-k', inc, '-f', 'qcow2', 'disk.qcow2'],
    inc,
  );
  const changed = await opened(inc, 'v d/ä?a', 'qemu:dirty-bitmap:b0');
  const increment = await copyTo(changed, join(dir, 'inc.qcow2'), 'full.qcow2');
  changed.close();
  expect(increment.dataBytes).toBe(1024 ** 2 + 65_536);
  const path = join(dir, 'inc.qcow2');
  const where = { socket: inc, exportName: 'v d/ä?a' };
  const compared = () => compareWithExport({ path, format: 'qcow2' }, where, signal);
  expect(await compared()).toEqual(ok(undefined));

  const map: Mapped[] = JSON.parse(sh('qemu-img', 'map', '--output=json', 'inc.qcow2'));
  const own = map.filter(({ depth, start }) => depth === 0 && start !== 8_388_608);
  const mebibyte = 1024 ** 2;
  expect(own.map(({ start, length, zero }) => [start / mebibyte, length / mebibyte, zero])).toEqual(
    [
      [2, 1, false],
      [5, 1, true],
      [51, 1, true],
      [70, 1, true],
    ],
  );

  // A comparison that could not fail would prove nothing.
  sh('qemu-io', '-f', 'qcow2', '-c', 'write -P 200 40M 64k', 'inc.qcow2');
  expect(await compared()).toEqual({
    ok: false,
    error: {
      code: 'images-differ',
      message: `${path} is not what ${inc}, export "v d/ä?a" shows: Content mismatch at offset 41943040!`,
    },
  });
  sh('qemu-img', 'resize', '-q', 'inc.qcow2', '128M');
  sh('qemu-io', '-f', 'qcow2', '-c', 'write -z 40M 64k', 'inc.qcow2');
  expect(await compared()).toMatchObject({ ok: false, error: { code: 'images-differ' } });
}, 60_000);

it('an export of qemu-storage-daemon that is read over four connections', async () => {
  // Not `qemu-img create`: it allocates the first block.
  sh('truncate', '--size=64M', 'disk.raw');
  sh('qemu-io', '-f', 'raw', '-c', 'write -P 5 1M 40M', 'disk.raw');
  const socket = join(dir, 'qsd.sock');
  await serve(
    'qemu-storage-daemon',
    [
      '--blockdev',
      JSON.stringify({ driver: 'file', 'node-name': 'f', filename: join(dir, 'disk.raw') }),
      '--blockdev',
      JSON.stringify({ driver: 'raw', 'node-name': 'd', file: 'f' }),
      '--nbd-server',
      JSON.stringify({ addr: { type: 'unix', path: socket } }),
      '--export',
      JSON.stringify({ type: 'nbd', id: 'e', 'node-name': 'd', name: 'vda' }),
    ],
    socket,
  );
  const source = await opened(socket, 'vda');
  expect(source.connections).toBe(4);
  expect((await copyTo(source, join(dir, 'o.qcow2'), null)).dataBytes).toBe(40 * 1024 ** 2);
  source.close();
  const image = { path: join(dir, 'o.qcow2'), format: 'qcow2' as const };
  expect(await compareWithExport(image, { socket, exportName: 'vda' }, signal)).toEqual(
    ok(undefined),
  );
});

describe('nbdkit', () => {
  it('a size that is no multiple of anything', async () => {
    const socket = join(dir, 'kit.sock');
    await serve('nbdkit', ['-f', '-r', '-U', socket, 'pattern', 'size=10000001'], socket);
    const source = await opened(socket, '');
    expect(source.sizeBytes).toBe(10_000_001);
    await copyTo(source, join(dir, 'o.qcow2'), null);
    const from = new Uint8Array(17);
    expect(await source.read(9_999_984, from)).toEqual(ok(undefined));
    source.close();
    sh('qemu-img', 'convert', '-O', 'raw', 'o.qcow2', 'o.raw');
    const raw = readFileSync(join(dir, 'o.raw'));
    expect(raw.length).toBe(10_000_384);
    expect(raw.subarray(9_999_984, 10_000_001).equals(from)).toBe(true);
    expect(raw.readBigUInt64BE(5_000_000)).toBe(5_000_000n);
    expect(raw.subarray(10_000_001).every((byte) => byte === 0)).toBe(true);
  });

  it('64 GiB of which little is allocated', async () => {
    const socket = join(dir, 'kit.sock');
    const script = '@34359737000 "holdfast" @68719476700 "end"';
    await serve(
      'nbdkit',
      ['-f', '-r', '-U', socket, 'data', script, `size=${64 * 1024 ** 3}`],
      socket,
    );
    const source = await opened(socket, '');
    await copyTo(source, join(dir, 'o.qcow2'), null);
    source.close();
    const image = { path: join(dir, 'o.qcow2'), format: 'qcow2' as const };
    expect(await compareWithExport(image, { socket, exportName: '' }, signal)).toEqual(
      ok(undefined),
    );
  });

  it('an error in the middle fails the copy, and a killed server does', async () => {
    const socket = join(dir, 'kit.sock');
    const trigger = join(dir, 'fail');
    const server = await serve(
      'nbdkit',
      [
        '-frU',
        socket,
        '--filter=error',
        'pattern',
        'size=64M',
        'error-pread=EIO',
        'error-pread-rate=100%',
        `error-file=${trigger}`,
      ],
      socket,
    );
    const source = await opened(socket, '');
    const read = (): Promise<unknown> => source.read(0, new Uint8Array(4096));
    expect(await read()).toEqual(ok(undefined));
    execFileSync('touch', [trigger]);
    const message = `${socket}, export "": reading at 0 (4096 bytes): input/output error`;
    expect(await read()).toMatchObject({ ok: false, error: { code: 'nbd-read' } });
    expect(await read()).toMatchObject({ error: { message: expect.stringContaining(message) } });
    rmSync(trigger);
    expect(await read()).toEqual(ok(undefined));
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await gone;
    await expect.poll(read).toMatchObject({ ok: false, error: { code: 'nbd-disconnected' } });
    source.close();
  });
});
