import { getEventListeners } from 'node:events';
import type { AgentRoundResult } from '../../src/agent/agent-round.ts';
import { writeAgentState, type AgentState } from '../../src/agent/agent-state.ts';
import { runLoop } from '../../src/agent/agent.ts';
import { Alarm } from '../../src/agent/alarm.ts';
import { AgentLog } from '../../src/cli/agent-log.ts';
import type { Context } from '../../src/cli/context.ts';
import type { Stage } from '../../src/loop/means.ts';
import { RunMetrics } from '../../src/metrics/run-metrics.ts';
import { defaultHostFile } from '../../src/policy/host-file.ts';
import { createDice } from '../../src/simulator/dice.ts';
import { Gate } from '../../src/simulator/gate.ts';
import { gatedFiles } from '../../src/simulator/gated-files.ts';
import { newMirror } from '../../src/simulator/model-mirror.ts';
import { guestWrites } from '../../src/simulator/qemu.ts';
import type { EndedRuns } from '../../src/store/ended-runs.ts';
import { keptRuns } from '../../src/store/journal-file.ts';
import { ModelAgent } from '../agent/model-agent.ts';
import type { SoakDay, SoakTold } from './soak-told.ts';

// `node --expose-gc soak-child.js CLEAN LEAKY`: days of the agent as it is, then days of one that leaks on purpose.
// The loop, its alarm, the rounds, executor, store, mirrors' driver and log are the real ones, in one process that
// lives for the whole time; the host, its disks and all clocks are the model's.
const [clean = 0, leaky = 0] = process.argv.slice(2).map(Number);
const daySeconds = 86_400;

const agent = new ModelAgent();
const { host } = agent.world;
const gate = new Gate(host, [], createDice(7));
const ended: EndedRuns = new Map();
const stop = new AbortController();
const dice = createDice(11);
const startedAt = host.wallMs;

/** Timers of the modelled clock: they fire while the loop sleeps, and time passes to the next of them. */
const timers = new Map<object, { readonly at: number; readonly fire: () => void }>();
Reflect.set(globalThis, 'setTimeout', (fire: () => void, milliseconds = 0): object => {
  const set = (): object => timers.set(timer, { at: host.wallMs + milliseconds, fire });
  const refresh = (): object => {
    if (timers.has(timer)) set();
    return timer;
  };
  const timer = { refresh, ref: () => timer, unref: () => timer };
  set();
  return timer;
});
Reflect.set(globalThis, 'clearTimeout', (timer: object | undefined): void => {
  if (timer !== undefined) timers.delete(timer);
});

let sleeps = 0;
let isAsleep = false;
/** As long as the loop sleeps, time passes to the next timer, and on to the one after it. */
function passTime(): void {
  if (stop.signal.aborted) return;
  const next = [...timers].toSorted(([, a], [, b]) => a.at - b.at)[0];
  if (next === undefined) throw new Error('the loop sleeps, and nothing will wake it');
  const [timer, { at, fire }] = next;
  host.pass(Math.max(0, at - host.wallMs) / 1000);
  timers.delete(timer);
  fire();
  const sleep = sleeps;
  // Whom it woke goes on in between.
  setImmediate(() => {
    if (isAsleep && sleep === sleeps) passTime();
  });
}

let lines = 0;
const terminal: Context['terminal'] = {
  out: () => void (lines += 1),
  err: () => void (lines += 1),
  outIsTty: false,
  errIsTty: false,
  inIsTty: false,
  columns: null,
  errColumns: null,
  env: {},
  cwd: '/',
  readInput: async () => '',
  ask: async () => '',
};
const context: Context = {
  terminal,
  globals: { input: false },
  tool: 'holdfast soak',
  clock: { now: () => host.wallMs },
};
const log = new AgentLog(context);
const metrics = new RunMetrics();
const alarm = new Alarm();

agent.world.policy = {
  ...agent.world.policy,
  cron: '0 */8 * * *',
  mirrors: [
    {
      name: 'nas',
      keep: { chains: 1 },
      minPoints: 1,
      cron: '30 3 * * *',
      deletes: 'allowed',
      trashKeepHours: 12,
      verification: { everySeconds: 3 * daySeconds, depth: 'hash' },
    },
  ],
};
host.mirrors.push(newMirror('nas'));
// One domain of two disks: each more costs as much again and shows nothing new.
host.domains.shift();
for (const domain of host.domains) [domain.state, domain.wanted] = ['running', 'running'];

const told: { -readonly [Key in keyof SoakTold]: SoakTold[Key] } = {
  days: [],
  rounds: 0,
  longestGapSeconds: 0,
  missedWakes: [],
  wakes: {},
  done: {},
  notDone: [],
  warnings: [],
  logLines: 0,
  metricLines: 0,
};
process.on('warning', ({ name, message }) => {
  // Of what a later Node will do otherwise: nothing that grows.
  if (name === 'DeprecationWarning' || name === 'ExperimentalWarning') return;
  told.warnings = [...told.warnings, `${name}: ${message}`];
});

// What leaks in the days that are to be noticed.
const plans: object[] = [];
const leak = (result: AgentRoundResult): void => {
  plans.push(structuredClone(result.round.plan));
  stop.signal.addEventListener('abort', () => plans.pop());
  setTimeout(() => plans.pop(), 90 * daySeconds * 1000);
};

const files = gatedFiles(gate);
const startedState: Omit<AgentState, 'failing' | 'trashRuns'> = {
  formatVersion: 1,
  pid: 1,
  startedAt: host.now,
  last: null,
  nextAt: null,
  notified: {},
};

let lastBegin = startedAt;
let wakeAt: number | null = null;
const days: SoakDay[] = [];

const collect = globalThis.gc;
if (collect === undefined) throw new Error('node --expose-gc is needed');

/** As many journals as are kept, on the host and in the store: as if it had gone on for months before. */
function fillJournals(): void {
  for (const directory of ['/var/lib/holdfast/runs', '/disks/mnt/main/.journal']) {
    const names = host.files.list(directory).toSorted();
    const last = names.at(-1) ?? '';
    const text = host.files.read(`${directory}/${last}`);
    for (let number = names.length; number < keptRuns; number += 1) {
      const run = `20261001T020000Z-${String(number).padStart(8, '0')}`;
      const old = text.replaceAll(last.slice(0, -'.ndjson'.length), run);
      host.files.writeLoose(`${directory}/${run}.ndjson`, old);
    }
  }
}

/** At the end of each day: what there is when nothing happens. */
function lookAtOurselves(): SoakDay {
  host.files.tidy();
  // The model's memory of what points must show: for oracles, of which there are none here.
  host.truths.clear();
  collect?.();
  collect?.();
  const tree = host.files.tree('/var/lib/holdfast');
  const inStore = host.files.tree('/disks/mnt/main/.journal');
  return {
    rounds: told.rounds,
    warnings: told.warnings.length,
    heapBytes: process.memoryUsage().heapUsed,
    listeners: getEventListeners(stop.signal, 'abort').length,
    timers: timers.size,
    resources: process.getActiveResourcesInfo().toSorted(),
    stateFiles: tree.length,
    stateBytes: tree.reduce((sum, [, text]) => sum + (text?.length ?? 0), 0),
    hostJournals: tree.filter(([path]) => path.endsWith('.ndjson')).length,
    storeJournals: inStore.filter(([path]) => path.endsWith('.ndjson')).length,
    knownEnds: ended.size,
  };
}

/** What runs left in the plan's outcome; and guests that go on writing. */
function note({ round: { performed } }: AgentRoundResult): void {
  for (const { kind, address, outcome } of performed?.report?.actions ?? []) {
    metrics.action({ kind, outcome });
    if (outcome.code === 'done') told.done = { ...told.done, [kind]: (told.done[kind] ?? 0) + 1 };
    else
      told.notDone = [
        ...told.notDone,
        `${host.now} ${kind} ${address} ${outcome.code} ${JSON.stringify(outcome)}`,
      ];
  }
  for (const domain of host.domains)
    for (const disk of domain.disks)
      if (dice.chance(0.05)) guestWrites(domain, disk, dice.below(6), host.number());
}

const emitting: { heard: number } = { heard: 0 };
await runLoop(
  {
    now: () => host.wallMs,
    random: () => dice.below(2 ** 20) / 2 ** 20,
    intervalSeconds: () => defaultHostFile.agent.intervalSeconds,
    round: async (wakes) => {
      isAsleep = false;
      // No power is cut here, and what waits for it costs each later call.
      host.files.settle();
      const begin = host.wallMs;
      told.longestGapSeconds = Math.max(told.longestGapSeconds, (begin - lastBegin) / 1000);
      // An instant that was due, and over which the loop slept for a second and more.
      if (wakeAt !== null && begin > wakeAt + 1100)
        told.missedWakes = [...told.missedWakes, new Date(wakeAt).toISOString()];
      lastBegin = begin;
      for (const { why } of wakes)
        told.wakes = { ...told.wakes, [why]: (told.wakes[why] ?? 0) + 1 };
      log.say({ kind: 'agent-woke', wakes });
      const stageOf = (planned: Parameters<typeof log.stage>[0]): Stage =>
        log.stage(planned, true, stop.signal, () => void (emitting.heard += 1));
      const result = await agent.roundIn(gate, { ended, stageOf });
      told.rounds += 1;
      const written = writeAgentState(
        '/var/lib/holdfast',
        { ...startedState, ...agent.state },
        files,
      );
      if (!written.ok) throw new Error(written.error.message);
      note(result);
      metrics.round('done', host.now, result.round.performed?.closing.converged ?? null);
      if (days.length >= clean) leak(result);
      wakeAt = result.wakeAt === null ? null : Date.parse(result.wakeAt);
      return { wakeAt: result.wakeAt, isWorkLeft: result.isWorkLeft, retrySeconds: null };
    },
    waits: () => {
      isAsleep = true;
      sleeps += 1;
      if (host.wallMs - startedAt >= (days.length + 1) * daySeconds * 1000)
        days.push(lookAtOurselves());
      if (days.length === 1) fillJournals();
      if (days.length >= clean + leaky) stop.abort();
      // Now and then a domain starts or stops: a look at once.
      if (dice.chance(0.02)) alarm.ring({ why: 'libvirt', detail: null });
      // The loop sets its timer when this has returned.
      queueMicrotask(() => setImmediate(passTime));
    },
  },
  alarm,
  stop.signal,
);
const metricLines = (await metrics.text(null)).split('\n').length;
const all: SoakTold = { ...told, days, logLines: lines, metricLines };
process.stdout.write(JSON.stringify(all));
