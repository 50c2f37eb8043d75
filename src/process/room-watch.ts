import { Worker } from 'node:worker_threads';

/** What is watched, and what is done when room runs out. */
export interface RoomWatch {
  /** Files that grow; one that is not there takes no room. */
  readonly files: readonly string[];
  /** Where free space is asked. */
  readonly directory: string;
  /** All files together; null for no limit but the file system's. */
  readonly limitBytes: number | null;
  /** Free space that the file system must keep. */
  readonly reserveBytes: number;
  /** Run by /bin/sh, by the watching thread itself, before anything else. */
  readonly script: string;
  readonly args: readonly string[];
}

/** Why a watch ended: the limit was near, the file system nearly full, or nobody watches any more. */
export type RoomEnd =
  | { readonly kind: 'limit' }
  | { readonly kind: 'full'; readonly freeBytes: number }
  | { readonly kind: 'broken'; readonly message: string };

// Often enough to measure the growth of a fast guest; a look costs 0.1 ms. What was there before the first look
// is no growth: the header of a scratch file, in the millisecond since the start, once was 200 MB/s.
const everyMilliseconds = 200;

// Aborting a job took libvirt up to half a second on a busy host; writes go on
// until then, at the pace that was measured, and pace changes.
const seconds = 3;

// Longer than libvirt was seen to need for a domain with 100 disks on a busy host.
const scriptMilliseconds = 60_000;

// A text and not a module: a thread takes JavaScript only, and this is a
// TypeScript file where tests run it.
const thread = `
const { spawnSync } = require('node:child_process');
const { statSync, statfsSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const { files, directory, limitBytes, reserveBytes, script, args } = workerData;
const asked = (ask) => { try { return ask(); } catch { return null; } };
const usedBytes = () =>
  files.reduce((sum, file) => sum + (asked(() => statSync(file))?.blocks ?? 0) * 512, 0);
let last = { at: performance.now(), used: usedBytes() };
let pace = 0;
const timer = setInterval(look, ${everyMilliseconds});
look();
function look() {
  const used = usedBytes();
  const now = performance.now();
  // Two looks right after each other tell no pace: a timer that was late makes up for it.
  const between = Math.max(${everyMilliseconds} / 2, now - last.at);
  const grown = (Math.max(0, used - last.used) / between) * 1000;
  // The fastest pace so far, forgotten slowly: writes come in bursts.
  pace = Math.max(grown, pace * 0.95);
  last = { at: now, used };
  const facts = asked(() => statfsSync(directory));
  const freeBytes = facts === null ? null : facts.bavail * facts.bsize;
  if (limitBytes !== null && used + pace > limitBytes) end({ kind: 'limit' });
  else if (freeBytes !== null && freeBytes < Math.max(reserveBytes, pace * ${seconds}))
    end({ kind: 'full', freeBytes });
}
function end(why) {
  clearInterval(timer);
  parentPort.postMessage(why);
  spawnSync('/bin/sh', ['-c', script, 'holdfast-watch', ...args], {
    stdio: 'ignore', timeout: ${scriptMilliseconds},
  });
}
`;

/**
 * Watches growing files on a thread of its own, until stopped, and says once
 * that they will soon have no room: while there is still some for what is
 * written in the next seconds. The script is the thread's, because the main
 * thread may wait for minutes just then, in an fsync of a store that hangs.
 */
export function watchRoom(watch: RoomWatch, onEnd: (end: RoomEnd) => void): () => void {
  if (watch.files.length === 0) return () => undefined;
  let stopped = false;
  const worker = new Worker(thread, {
    eval: true,
    workerData: watch,
    execArgv: [],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  });
  worker.unref();
  const say = (end: RoomEnd): void => {
    if (stopped) return;
    stopped = true;
    onEnd(end);
  };
  worker.once('message', say);
  worker.once('error', (error: Error) => say({ kind: 'broken', message: error.message }));
  return () => {
    stopped = true;
    void worker.terminate();
  };
}
