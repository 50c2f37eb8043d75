// What a guest feels of its own backup: latency of small synchronous writes inside the tiny guest, idle,
// during virtnbdbackup, during Holdfast, and during Holdfast onto a slow store.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measure, median, ratio, table } from './measure.mjs';
import { boot, virsh, withTinyGuest } from './tiny-guest.mjs';

export const title = "A guest's own writes during its backup";

const cli = join(import.meta.dirname, '..', 'dist', 'bin', 'main.js');
/** Seconds in which latencies are collected; the backup must last longer. */
const windowSeconds = 4;
const dataMiB = 4096;

export async function run() {
  return withTinyGuest(
    { label: 'guest', dataMiB, packages: ['ioping'] },
    async ({ work, name }) => {
      await boot(name);
      const cases = [
        ['idle', null],
        ['during virtnbdbackup', theirs(work, name)],
        ['during Holdfast', ours(work, name, null)],
        ['during Holdfast, store of 40 MiB/s', ours(work, name, '40MiB/s')],
      ];
      const found = new Map(cases.map(([what]) => [what, []]));
      for (let round = 0; round < 3; round += 1) {
        for (const [what, job] of cases) found.get(what).push(await latencies(name, job, round));
      }
      const rows = cases.map(([what]) => {
        const rounds = found.get(what);
        const at = (quantile) => median(rounds.map((times) => quantileOf(times, quantile)));
        return {
          what,
          p50: at(0.5),
          p99: at(0.99),
          writes: median(rounds.map((times) => times.length)),
        };
      });
      const [idle] = rows;
      return table(
        ['', 'p50 ms', 'p99 ms', 'p50 of idle', 'p99 of idle', `writes in ${windowSeconds} s`],
        rows.map(({ what, p50, p99, writes }) => [
          what,
          p50.toFixed(2),
          p99.toFixed(2),
          `${ratio(p50, idle.p50)} ×`,
          `${ratio(p99, idle.p99)} ×`,
          writes,
        ]),
      );
    },
  );
}

/** Milliseconds of each write, while the job runs; a job that ends before the window is an error. */
async function latencies(name, job, round) {
  const stop = new AbortController();
  const running = job === null ? null : job(round, stop.signal);
  const state = { ended: running === null };
  const end = () => (state.ended = true);
  running?.then(end, end);
  // The job's own beginning (look, freeze, begin) is not what is measured.
  while (!state.ended && !hasBackupJob(name)) await sleep(50);
  const output = await guestExec(name, `ioping -W -D -i 0 -w ${windowSeconds} -s 4k /data`);
  if (running !== null && state.ended)
    console.error(`bench: the job ended within the window; its last writes were idle ones`);
  stop.abort();
  await running?.catch(() => null);
  const times = [...output.matchAll(/request=\d+ time=([\d.]+) (us|ms|s)\b/g)].map(
    ([, number, unit]) => Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit],
  );
  if (times.length === 0) throw new Error(`ioping said nothing:\n${output}`);
  return times;
}

const quantileOf = (times, quantile) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * quantile))];

const agent = (name, execute, given) =>
  JSON.parse(virsh('qemu-agent-command', name, JSON.stringify({ execute, arguments: given })))
    .return;

async function guestExec(name, command) {
  const { pid } = await startInGuest(name, command);
  for (;;) {
    const status = agent(name, 'guest-exec-status', { pid });
    if (status.exited)
      return Buffer.from(status['out-data'] ?? status['err-data'] ?? '', 'base64').toString();
    await sleep(300);
  }
}

/** Starts a program in the guest; while the job's beginning has frozen it, the agent refuses, and is asked again. */
async function startInGuest(name, command) {
  for (let tries = 0; ; tries += 1) {
    try {
      return agent(name, 'guest-exec', {
        path: '/bin/sh',
        arg: ['-c', command],
        'capture-output': true,
      });
    } catch (error) {
      if (tries > 100 || !/frozen/.test(String(error.stderr))) throw error;
      await sleep(50);
    }
  }
}

/** Asked this way, because libvirtd 9.0 may die of domjobinfo when a backup ends just then. */
function hasBackupJob(name) {
  const asked = spawnSync('virsh', ['-q', '-c', 'qemu:///system', 'backup-dumpxml', name]);
  return asked.status === 0;
}

function theirs(work, name) {
  return async () => {
    const directory = join(work, 'theirs');
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory);
    // Level copy: a full without a checkpoint, so that the two tools do not meet.
    await measure('virtnbdbackup', ['-d', name, '-l', 'copy', '-o', directory, '--noprogress']);
  };
}

function ours(work, name, rate) {
  return async (round, signal) => {
    const store = join(work, `store-${rate === null ? 'fast' : 'slow'}-${round}`);
    mkdirSync(store);
    const host = join(work, 'host.yaml');
    const policy = join(work, 'policy.yaml');
    writeFileSync(
      host,
      `stateDir: ${work}/state\nruntimeDir: ${work}/run\nscratch: { path: ${work}/scratch }\n`,
    );
    writeFileSync(
      policy,
      `version: 1\ntimezone: UTC\nstores:\n  main: { path: ${store}${rate === null ? '' : `, limits: { rate: ${rate} }`} }\n` +
        `schedules: { never: "0 0 1 1 *" }\nretention: { all: { chain: { maxPoints: 100 } } }\n` +
        `defaults: { store: main, schedule: never, retention: all, tracker: never }\ndomains:\n  - name: ${name}\n`,
    );
    // 143: the slow one is stopped when the window is over.
    await measure(
      process.execPath,
      [
        cli,
        '--host-config',
        host,
        '--policy',
        policy,
        'apply',
        '--now',
        `domain/${name}`,
        '--auto-approve',
        '--quiet',
      ],
      { signal, mayFail: [143] },
    );
    if (hasBackupJob(name)) throw new Error('a stopped apply left its job');
    rmSync(store, { recursive: true });
  };
}
