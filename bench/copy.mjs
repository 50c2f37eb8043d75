// How fast a full is copied: ours (hash and fsync included) beside nbdcopy and
// beside qemu-img convert with sha256sum and sync, of one export to one disk.
// Run `npm run build` first. Ratios of medians count: seconds are the machine's.
//   node bench/copy.mjs [DIRECTORY] [GIBIBYTES]
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
import { compare, measure } from './measure.mjs';

const gibibyte = 1024 ** 3;

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

async function main(parent, gibibytes) {
  const dir = mkdtempSync(join(parent, 'holdfast-bench-'));
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
  makeDisk(disk, gibibytes * gibibyte);
  const server = spawn('qemu-nbd', ['-r', '-t', '-e', '16', '-k', socket, '-f', 'raw', disk]);
  try {
    while (!existsSync(socket)) await sleep(50);
    const run = async (commands) => {
      rmSync(target, { force: true });
      // What the one before left dirty must not be written on this one's time.
      await measure('sync', ['-f', dir]);
      return inTurn(...commands);
    };
    const results = await compare(
      Object.entries(ways).map(([name, commands]) => ({ name, run: () => run(commands) })),
    );
    console.log(`${gibibytes} GiB allocated of ${gibibytes * 5}, one NBD export to one disk`);
    for (const { name, seconds, each, peakMiB } of results) {
      const all = each.map((value) => value.toFixed(1)).join(' ');
      const times = (results[0].seconds / seconds).toFixed(2);
      console.log(
        `${name.padEnd(34)} ${seconds.toFixed(1)} s (${all}), ${Math.round(peakMiB)} MiB; ours takes ${times} times that`,
      );
    }
  } finally {
    server.kill();
    rmSync(dir, { recursive: true });
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === 'ours') await copyOurs(...rest);
else await main(first ?? '/var/tmp', Number(rest[0] ?? 4));
