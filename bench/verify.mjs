// The check of a point, every byte of it, against sha256sum of the same image.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { realFileChecks } from '../dist/executor/file-checks.js';
import { verifyPoint } from '../dist/executor/verify-point.js';
import { compare, measure, ratio, seconds, table, verdict } from './measure.mjs';

export const title = 'Checks';

const limit = 1.2;
const gibibytes = Number(process.env.BENCH_VERIFY_GIB ?? 2);

export async function run() {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const image = join(dir, 'vda.qcow2');
    makeImage(dir, image);
    const hash = createHash('sha256');
    await pipeline(createReadStream(image), hash);
    const disk = {
      file: 'vda.qcow2',
      fileBytes: statSync(image).size,
      sizeBytes: gibibytes * 1024 ** 3,
      sha256: hash.digest('hex'),
    };
    const check = (depth) => async () => {
      const started = process.hrtime.bigint();
      const found = await verifyPoint(dir, { disks: [disk], files: [] }, depth, {
        checks: realFileChecks,
        signal: new AbortController().signal,
      });
      if (found.length > 0) throw new Error(found[0].message);
      return { seconds: Number(process.hrtime.bigint() - started) / 1e9 };
    };
    const results = await compare([
      { name: '`sha256sum`', run: () => measure('sha256sum', [image]) },
      { name: 'structure', run: check('structure') },
      { name: 'hash: structure, and every byte', run: check('hash') },
      { name: 'replay: and every disk through its chain', run: check('replay') },
    ]);
    const [peer] = results;
    const rows = results.map((one) => [
      one.name,
      `${seconds(one.seconds)} s`,
      `${ratio(one.seconds, peer.seconds)} ×`,
      ...(one.name.startsWith('hash')
        ? [`at most ${limit} ×`, verdict(one.seconds / peer.seconds <= limit)]
        : ['', '']),
    ]);
    return [
      `A full of ${gibibytes} GiB of random data in the page cache.`,
      '',
      table(['check', 'time', 'of `sha256sum`', 'target', 'verdict'], rows),
    ].join('\n');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A qcow2 full of what does not compress. */
function makeImage(dir, image) {
  const raw = join(dir, 'raw');
  const command = 'head -c "$1" /dev/urandom >"$2"';
  execFileSync('sh', ['-c', command, 'sh', String(gibibytes * 1024 ** 3), raw]);
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, image]);
  rmSync(raw);
}
