// Copies to a mirror that is a directory of this host, against rsync.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openLocalMirror } from './local-mirror.mjs';
import { compare, measure, ratio, seconds, table, verdict } from './measure.mjs';
import { mebibyte, stampOf, writePoint } from './write-point.mjs';

export const title = 'Copies to a mirror, against rsync';

// One full and three increments. Less than 2 GiB measures the start of programs; HOLDFAST_BENCH_MIRROR_GIB=10 is the
// size of the target, and takes minutes where fsyncs are slow.
const chainGiB = Number(process.env.HOLDFAST_BENCH_MIRROR_GIB ?? 4);
const imageMiB = [5, 1, 1, 1].map((part) => part * 128 * chainGiB);

export async function run() {
  // Not in /tmp, which may be memory.
  const dir = mkdtempSync('/var/tmp/holdfast-bench-');
  try {
    return await copies(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** An image that does not compress. */
const randomImage = (mib) => (path) => {
  const descriptor = openSync(path, 'w');
  const hash = createHash('sha256');
  const part = randomBytes(mebibyte);
  for (let at = 0; at < mib; at += 1) {
    // Other bytes in each part, without the time that fresh ones take.
    part.writeUInt32LE(at, (at % 256) * 4096);
    writeSync(descriptor, part);
    hash.update(part);
  }
  closeSync(descriptor);
  return { bytes: mib * mebibyte, sha256: hash.digest('hex') };
};

async function copies(dir) {
  const root = join(dir, 'store');
  const chain = `${stampOf(1, 0)}-4f7a`;
  const points = imageMiB.map((mib, step) =>
    writePoint(root, 'web01', chain, step, randomImage(mib)),
  );
  const target = join(dir, 'target');
  // What one left behind must be neither written nor looked through on the next one's time.
  const alone = (commands) => async () => {
    mkdirSync(target);
    const parts = [];
    for (const [program, ...words] of commands) parts.push(await measure(program, words));
    rmSync(target, { recursive: true });
    return { seconds: parts.reduce((sum, part) => sum + part.seconds, 0) };
  };
  const rsync = ['rsync', '-a', `${root}/`, target];
  const hash = 'find "$1" -type f -exec sha256sum {} + >/dev/null';
  const words = ['copy', root, target, join(dir, 'state'), chain, ...points];
  const [plain, safe, ours] = await compare(
    [
      { name: '`rsync -a`', run: alone([rsync]) },
      {
        name: '`rsync -a`, `sync`, `sha256sum` of both sides',
        run: alone([
          rsync,
          ['sync', '-f', dir],
          ['sh', '-c', hash, 'sh', root],
          ['sh', '-c', hash, 'sh', target],
        ]),
      },
      {
        name: 'Holdfast: hashed on the way, each file fsynced',
        run: async () => {
          rmSync(join(dir, 'state'), { recursive: true, force: true });
          return alone([[process.execPath, import.meta.filename, ...words]])();
        },
      },
    ],
    2,
  );
  rmSync(root, { recursive: true });
  const limit = 1.15;
  return table(
    [
      `a chain of ${chainGiB} GiB to another directory`,
      's',
      'of plain rsync',
      'of the safe one',
      'target',
      'verdict',
    ],
    [plain, safe, ours].map((each) => [
      each.name,
      seconds(each.seconds),
      `${ratio(each.seconds, plain.seconds)} ×`,
      `${ratio(each.seconds, safe.seconds)} ×`,
      ...(each === ours
        ? [`at most ${limit} × plain`, verdict(ours.seconds <= limit * plain.seconds)]
        : ['', '']),
    ]),
  );
}

/** One copy, as a program of its own: with Node's start, as a user has it. */
async function copyOnce(storePath, target, stateDir, chain, ...pointDirectories) {
  const done = await openLocalMirror(target, stateDir).copy({
    storePath,
    directory: 'web01',
    chain,
    pointDirectories,
    compare: 'quick',
    signal: new AbortController().signal,
    onBytes: () => undefined,
  });
  if (!done.ok) throw new Error(done.error.message);
}

const [way, ...given] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && way === 'copy') await copyOnce(...given);
