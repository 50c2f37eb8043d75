// Copies to a mirror that is a directory of this host, against plain rsync; and looking at a mirror of 10,000 points.
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRsync } from '../dist/mirror/rsync.js';
import { compare, measure, ratio, seconds, table } from './measure.mjs';

export const title = 'Mirrors';

const store = '0123456789abcdef0123456789abcdef';
const uuid = '6a1d0f3e-1111-4222-8333-444455556666';
const mebibyte = 1024 ** 2;
const signal = new AbortController().signal;
// One full and three increments. Source and three copies must have room, and less than 2 GiB
// measures the start of programs; HOLDFAST_BENCH_MIRROR_GIB=10 is the size of the target.
const chainGiB = Number(process.env.HOLDFAST_BENCH_MIRROR_GIB ?? 2);
const imageMiB = [5, 1, 1, 1].map((part) => part * 128 * chainGiB);
const [chains, pointsEach] = [1000, 10];

export async function run() {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    return [await copies(dir), await looks(dir)].join('\n\n');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The id of a point: a minute each. */
const stampOf = (day, step) =>
  `202601${String(day).padStart(2, '0')}T${String(Math.floor(step / 60)).padStart(2, '0')}${String(step % 60).padStart(2, '0')}00Z`;

const directoryOf = (chain, step) =>
  `${String(step).padStart(4, '0')}-${stampOf(1, step)}-${step === 0 ? 'full' : 'inc'}`;

/** Writes a point with its manifest; `writeImage` gives the image's size and hash. */
function writePoint(root, directory, chain, step, writeImage) {
  const name = directoryOf(chain, step);
  const path = join(root, 'domains', directory, chain, name);
  mkdirSync(path, { recursive: true });
  const image = writeImage(join(path, 'vda.qcow2'));
  const id = `${stampOf(1, step)}-0001`;
  const definition = '<domain/>';
  writeFileSync(join(path, 'domain.xml'), definition);
  const level = step === 0 ? 'full' : 'increment';
  const sha256 = createHash('sha256').update(definition).digest('hex');
  const source = { kind: 'file', path: '/v/a.qcow2', device: 1, inode: 1, stableId: null };
  const manifest = {
    formatVersion: 1,
    store,
    domain: { uuid, name: directory },
    chain,
    point: id,
    parent: step === 0 ? null : `${stampOf(1, step - 1)}-0001`,
    sequence: step,
    level,
    frozenAt: '2026-01-01T00:00:00.000Z',
    publishedAt: '2026-01-01T00:00:00.000Z',
    tool: 'holdfast 0.1.0',
    policy: { digest: 'd'.repeat(64), commit: null },
    hypervisor: { kind: 'libvirt', version: '9.0.0', host: 'kvm01' },
    power: 'running',
    quiesce: { done: true, code: 'frozen', frozenMilliseconds: 41 },
    checkpoint: `holdfast-${store.slice(0, 8)}-${id}`,
    definitionDigest: 'e'.repeat(64),
    disks: [
      {
        target: 'vda',
        source: { ...source, format: 'qcow2', serial: null },
        sizeBytes: mebibyte,
        file: 'vda.qcow2',
        level,
        backing: step === 0 ? null : `../${directoryOf(chain, step - 1)}/vda.qcow2`,
        fileBytes: image.bytes,
        dataBytes: image.bytes,
        sha256: image.sha256,
        tracked: true,
      },
    ],
    excluded: [],
    files: [{ file: 'domain.xml', bytes: definition.length, sha256 }],
    note: null,
  };
  writeFileSync(join(path, 'point.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return name;
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

function smallImage(path) {
  writeFileSync(path, 'image');
  return { bytes: 5, sha256: 'a'.repeat(64) };
}

async function copies(dir) {
  const root = join(dir, 'store');
  const chain = `${stampOf(1, 0)}-4f7a`;
  const points = imageMiB.map((mib, step) =>
    writePoint(root, 'web01', chain, step, randomImage(mib)),
  );
  const fresh = (name, round) => {
    rmSync(join(dir, `${name}-${round - 1}`), { recursive: true, force: true });
    mkdirSync(join(dir, `${name}-${round}`));
    return join(dir, `${name}-${round}`);
  };
  const contestants = [
    {
      name: '`rsync -a`',
      run: (round) => measure('rsync', ['-a', `${root}/`, fresh('plain', round)]),
    },
    {
      name: '`rsync -a --fsync`',
      run: (round) => measure('rsync', ['-a', '--fsync', `${root}/`, fresh('synced', round)]),
    },
    {
      name: 'Holdfast, each file fsynced',
      run: (round) => {
        const words = [
          'copy',
          root,
          fresh('ours', round),
          join(dir, `state-${round}`),
          chain,
          ...points,
        ];
        return measure(process.execPath, [import.meta.filename, ...words]);
      },
    },
  ];
  const [plain, synced, ours] = await compare(contestants);
  rmSync(root, { recursive: true });
  for (const name of ['plain', 'synced', 'ours'])
    rmSync(join(dir, `${name}-3`), { recursive: true });
  const target = new Map([[ours, 'at most 1.15 ×']]);
  return table(
    [
      `a chain of ${chainGiB} GiB to another directory`,
      's',
      'of plain rsync',
      'of the fsynced',
      'target',
    ],
    [plain, synced, ours].map((each) => [
      each.name,
      seconds(each.seconds),
      `${ratio(each.seconds, plain.seconds)} ×`,
      `${ratio(each.seconds, synced.seconds)} ×`,
      target.get(each) ?? '',
    ]),
  );
}

async function looks(dir) {
  const root = join(dir, 'mirror');
  const below = join(root, store);
  for (let at = 0; at < chains; at += 1) {
    const chain = `${stampOf(1 + (at % 28), at)}-4f7a`;
    const directory = `vm${at % 250}`;
    for (let step = 0; step < pointsEach; step += 1) {
      writePoint(below, directory, chain, step, smallImage);
    }
  }
  const marker = { format: 1, id: 'b'.repeat(32), store, createdAt: '2026-01-01T00:00:00.000Z' };
  writeFileSync(join(below, 'holdfast-mirror.json'), JSON.stringify(marker));
  const look = (state) => measure(process.execPath, [import.meta.filename, 'observe', root, state]);
  const [first, again] = await compare([
    { name: 'the first look of a host', run: (round) => look(join(dir, `cold-${round}`)) },
    { name: 'a look at what has not changed', run: () => look(join(dir, 'cold-0')) },
  ]);
  return table(
    [`a mirror of ${chains} chains, ${chains * pointsEach} points`, 's', 'target', 'memory'],
    [first, again].map((each) => [
      each.name,
      seconds(each.seconds),
      each === again ? 'under 3 s' : '',
      `${each.peakMiB.toFixed(0)} MiB`,
    ]),
  );
}

/** One call, as a program of its own: with Node's start, as a user has it. */
async function once(what, ...words) {
  const [target, stateDir] = what === 'copy' ? words.slice(1, 3) : words;
  const place = openRsync({
    name: 'nas',
    target,
    stateDir,
    bandwidthBytesPerSecond: null,
    deletes: 'never',
    ssh: { identityFile: null, knownHosts: null, port: null },
  });
  if (!place.ok) throw new Error(place.error.message);
  const mirror = place.value.of(store);
  if (what === 'copy') {
    const [storePath, , , chain, ...pointDirectories] = words;
    const request = { storePath, directory: 'web01', chain, pointDirectories, compare: 'quick' };
    const done = await mirror.copy({ ...request, signal, onBytes: () => undefined });
    if (!done.ok) throw new Error(done.error.message);
    return;
  }
  const seen = await mirror.observe({ signal });
  if (!seen.seen) throw new Error(seen.failure.message);
  const points = seen.value.directories
    .flatMap((each) => each.chains)
    .flatMap((each) => each.points)
    .filter(({ fault }) => fault === undefined);
  if (points.length !== chains * pointsEach) throw new Error(`${points.length} points were seen`);
}

// `node bench/mirror.mjs` alone measures; with words it is one call of a contestant.
if (process.argv[1] === import.meta.filename) {
  if (process.argv.length === 2) console.log(await run());
  else await once(...process.argv.slice(2));
}
