// An agent with nothing to do, on libvirt's test driver with 500 domains: memory, and what a
// round costs of a core at the default interval.
import { spawn, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { readRuns } from '../dist/store/runs.js';
import { median, table, verdict } from './measure.mjs';

export const title = 'An idle agent, 500 domains';

const count = 500;
const rounds = 20;
const words = ['--json', 'agent', '--interval', '36000'];
const intervalSeconds = 300;
const uuidOf = (number) => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;

export async function run() {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    writeHost(dir);
    const { memoryMiB: unitMiB } = await idle(dir, { MALLOC_ARENA_MAX: '1' });
    const figures = { ...(await idle(dir)), unitMiB };
    const journals = await looksAtJournals(dir);
    const share = (100 * figures.secondsARound) / intervalSeconds;
    const memory = figures.memoryMiB;
    return table(
      ['', 'measured', 'target', 'verdict'],
      [
        ['resident memory', `${memory.toFixed(0)} MiB`, 'under 100 MiB', verdict(memory < 100)],
        ['the same with the unit’s settings', `${figures.unitMiB.toFixed(0)} MiB`, '', ''],
        ['processor time of a round', `${figures.secondsARound.toFixed(2)} s`, '', ''],
        [
          'share of a core, a round every 5 min',
          `${share.toFixed(2)} %`,
          'under 0.5 %',
          verdict(share < 0.5),
        ],
        ['virsh processes of a round', `${figures.started}`, '1', verdict(figures.started <= 1)],
        ['virsh processes between rounds', `${figures.virsh}`, '1', verdict(figures.virsh === 1)],
        [`journals of ${endedRuns} ended runs, the first look`, `${journals.first} ms`, '', ''],
        ['the same, each look after it', `${journals.after} ms`, '', ''],
      ],
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const endedRuns = 1000;

/** Processor time in milliseconds of looking for runs that died, among runs that ended; medians. */
async function looksAtJournals(dir) {
  const stateDir = join(dir, 'old');
  mkdirSync(join(stateDir, 'runs'), { recursive: true });
  const at = '2026-11-26T02:00:00.000Z';
  for (let number = 0; number < endedRuns; number += 1) {
    const id = `20261126T020000Z-${String(number).padStart(8, '0')}`;
    const base = { formatVersion: 1, run: id, at };
    const done = { done: 3, failed: 0, skipped: 0, interrupted: false, converged: true };
    const steps = Array.from({ length: 40 }, (_, step) => {
      return { ...base, number: step, kind: 'step', action: 'backup', step: 'publish', path: null };
    });
    const lines = [...steps, { ...base, number: 40, kind: 'run-finished', ...done }];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(join(stateDir, 'runs', `${id}.ndjson`), text);
  }
  const look = async (ended) => {
    const begun = process.cpuUsage();
    const runs = await readRuns(stateDir, undefined, ended);
    const { user, system } = process.cpuUsage(begun);
    if (!runs.seen || runs.value.length > 0) throw new Error('these runs have their ends');
    return (user + system) / 1000;
  };
  const [first, after] = [[], []];
  for (let turn = 0; turn < 11; turn += 1) {
    const ended = new Map();
    first.push(await look(ended));
    after.push(await look(ended));
  }
  return { first: median(first).toFixed(1), after: median(after).toFixed(1) };
}

/** A host of domains that are off and have no disks of their own, a policy that ignores none, an empty store. */
function writeHost(dir) {
  const domains = Array.from({ length: count }, (_, at) => {
    const image = join(dir, `${at % 50}.qcow2`);
    return `<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>vm${at}</name><uuid>${uuidOf(at)}</uuid><memory>8192</memory><vcpu>1</vcpu>
<os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${image}'/><target dev='vda' bus='virtio'/></disk></devices><test:runstate>${at % 3 === 0 ? 1 : 5}</test:runstate></domain>`;
  });
  for (let at = 0; at < 50; at += 1)
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(dir, `${at}.qcow2`), '1G']);
  countVirsh(dir);
  writeFileSync(join(dir, 'node.xml'), `<node>${domains.join('\n')}</node>`);
  mkdirSync(join(dir, 'store'));
  writeFileSync(
    join(dir, 'host.yaml'),
    JSON.stringify({
      uri: `test://${dir}/node.xml`,
      stateDir: `${dir}/state`,
      runtimeDir: `${dir}/run`,
    }),
  );
  writeFileSync(
    join(dir, 'policy.yaml'),
    JSON.stringify({
      version: 1,
      stores: { main: { path: `${dir}/store`, reserve: '1MiB' } },
      schedules: { nightly: '0 2 * * *' },
      retention: { standard: { keep: { chains: 1 } } },
      defaults: { store: 'main', schedule: 'nightly', retention: 'standard' },
      domains: [{ match: '*' }],
      agent: { mode: 'plan-only' },
    }),
  );
}

/** A `virsh` that writes a line when it is started, and then is the real one. */
function countVirsh(dir) {
  mkdirSync(join(dir, 'bin'));
  const text = `#!/bin/sh\necho >>${dir}/started\nPATH=${process.env.PATH} exec virsh "$@"\n`;
  writeFileSync(join(dir, 'bin', 'virsh'), text, { mode: 0o755 });
}

const startedVirsh = (dir) => readFileSync(join(dir, 'started'), 'utf8').length;

/** Rounds one after the other, each asked for by SIGHUP; nothing is done in them. */
async function idle(dir, settings = {}) {
  const main = join(import.meta.dirname, '..', 'dist', 'bin', 'main.js');
  const files = ['--host-config', `${dir}/host.yaml`, '--policy', `${dir}/policy.yaml`];
  const agent = spawn(process.execPath, [main, ...files, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...settings, PATH: `${dir}/bin:${process.env.PATH}` },
  });
  const lines = createInterface({ input: agent.stdout });
  let seen = 0;
  let begun = 0;
  let startedBefore = 0;
  for await (const line of lines) {
    if (!line.includes('"agent-round"')) continue;
    seen += 1;
    // The first ones load modules and warm up.
    if (seen === 3) [begun, startedBefore] = [processorSeconds(agent.pid), startedVirsh(dir)];
    if (seen === rounds + 3) break;
    agent.kill('SIGHUP');
  }
  const secondsARound = (processorSeconds(agent.pid) - begun) / rounds;
  const started = (startedVirsh(dir) - startedBefore) / rounds;
  // A virsh that was used waits two seconds for its next use.
  await wait(4000);
  const figures = {
    secondsARound,
    started,
    memoryMiB: residentMiB(agent.pid),
    virsh: listeners(agent.pid),
  };
  const ended = new Promise((resolve) => agent.once('close', resolve));
  agent.kill('SIGTERM');
  await ended;
  return figures;
}

const ticks = 100;

/** Of the process and of all its children that have ended: user and system (proc(5)). */
function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / ticks;
}

function residentMiB(pid) {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kib) / 1024;
}

/** Children that live now. */
function listeners(pid) {
  const path = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(path)) return 'not known';
  return readFileSync(path, 'utf8')
    .split(' ')
    .filter((child) => child.trim() !== '')
    .filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith('virsh')).length;
}
