// How fast a full is copied: ours (hash and fsync included) beside nbdcopy and
// beside qemu-img convert with sha256sum and sync, of one export to one disk.
// `HOLDFAST_BENCH_MIB` makes a quick run of it.
import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyExport } from '../dist/image/copy-export.js';
import { openExport } from '../dist/nbd/export.js';
import { compare, measure, ratio, seconds as text, table, verdict } from './measure.mjs';

export const title = 'Copying one export, against nbdcopy and qemu-img';

/** Our copy, as a program of its own. */
async function copyOurs(socket, target) {
  const source = await openExport({
    socket,
    exportName: '',
    dirtyContext: null,
    connections: 4,
    stallSeconds: 60,
  });
  if (!source.ok) throw new Error(source.error.message);
  const copied = await copyExport({
    source: source.value,
    target,
    backing: null,
    rateLimit: null,
    onProgress: () => {},
    signal: new AbortController().signal,
  });
  source.value.close();
  if (!copied.ok) throw new Error(copied.error.message);
  const descriptor = openSync(target, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** A sparse file of five times the size, with random bytes in four places; then read, into the page cache. */
function makeDisk(path, bytes) {
  const descriptor = openSync(path, 'wx+');
  ftruncateSync(descriptor, bytes * 5);
  const buffer = Buffer.alloc(1024 ** 2);
  for (let at = 0; at < bytes; at += buffer.length) {
    const place = Math.floor(at / (bytes / 4)) * bytes + at;
    writeSync(descriptor, randomFillSync(buffer), 0, buffer.length, place);
  }
  fsyncSync(descriptor);
  for (let at = 0; at < bytes * 5; at += buffer.length)
    readSync(descriptor, buffer, 0, buffer.length, at);
  closeSync(descriptor);
}

/** Several programs, one after the other, as one contestant. */
async function inTurn(...commands) {
  const parts = [];
  for (const [program, ...args] of commands) parts.push(await measure(program, args));
  return {
    seconds: parts.reduce((sum, { seconds }) => sum + seconds, 0),
    peakMiB: Math.max(...parts.map(({ peakMiB }) => peakMiB)),
  };
}

const dataMiB = Number(process.env.HOLDFAST_BENCH_MIB ?? 4096);

export async function run() {
  const dir = mkdtempSync('/var/tmp/holdfast-bench-');
  const disk = join(dir, 'disk.raw');
  const socket = join(dir, 'nbd.sock');
  const target = join(dir, 'target');
  const uri = `nbd+unix:///?socket=${socket}`;
  const ways = {
    'ours, with SHA-256 and fsync': [
      [process.execPath, import.meta.filename, 'ours', socket, target],
    ],
    nbdcopy: [['nbdcopy', uri, target]],
    'nbdcopy, sync': [
      ['nbdcopy', uri, target],
      ['sync', target],
    ],
    'qemu-img convert, sha256sum, sync': [
      ['qemu-img', 'convert', '-W', '-m', '16', '-O', 'qcow2', uri, target],
      ['sha256sum', target],
      ['sync', target],
    ],
  };
  makeDisk(disk, dataMiB * 1024 ** 2);
  const server = spawn('qemu-nbd', ['-r', '-t', '-e', '16', '-k', socket, '-f', 'raw', disk]);
  try {
    while (!existsSync(socket)) await sleep(50);
    const runWay = async (commands) => {
      rmSync(target, { force: true });
      // What the one before left dirty must not be written on this one's time.
      await measure('sync', ['-f', dir]);
      return inTurn(...commands);
    };
    const results = await compare(
      Object.entries(ways).map(([name, commands]) => ({ name, run: () => runWay(commands) })),
    );
    const [ours] = results;
    const targets = { nbdcopy: 1.5, 'qemu-img convert, sha256sum, sync': 1 };
    return table(
      [
        `${dataMiB} MiB allocated of five times that`,
        's',
        'ours takes',
        'target',
        'verdict',
        'memory',
      ],
      results.map(({ name, seconds: took, peakMiB }) => [
        name,
        text(took),
        `${ratio(ours.seconds, took)} ×`,
        ...(name in targets
          ? [`at most ${targets[name]} ×`, verdict(ours.seconds / took <= targets[name])]
          : ['', '']),
        `${Math.round(peakMiB)} MiB`,
      ]),
    );
  } finally {
    server.kill();
    rmSync(dir, { recursive: true });
  }
}

// As a program of its own it is one contestant: our copy.
const [way, ...given] = process.argv.slice(2);
if (import.meta.filename === process.argv[1] && way === 'ours') await copyOurs(...given);
