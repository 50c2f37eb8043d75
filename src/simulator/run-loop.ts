import type { RunReport } from '../executor/run-report.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { Means, Stage } from '../loop/means.ts';
import { performPlan } from '../loop/perform-plan.ts';
import { runRound } from '../loop/round.ts';
import type { RunEvent } from '../model/event.ts';
import { runId } from '../model/identity.ts';
import { compactInstant } from '../model/instant.ts';
import type { ObservedHypervisor, ObservedState } from '../model/observed.ts';
import type { Plan, Request } from '../model/plan.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { observe } from '../observer/observe.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { makeWay } from '../store/durable.ts';
import { observeStore } from '../store/observe.ts';
import { createDice } from './dice.ts';
import { Death, type Fault, type Lie } from './fault.ts';
import { Gate } from './gate.ts';
import { gatedLocks } from './gated-files.ts';
import { lyingHypervisor } from './lying-hypervisor.ts';
import type { ModelHost } from './model-host.ts';
import { desiredMirrors, desiredState, type ModelPolicy } from './model-policy.ts';
import { type Mutation, processDrivers, type ProcessDrivers } from './process-drivers.ts';

/** One `apply`: what is asked for, and what goes wrong in it. */
export interface LoopRequest {
  readonly host: ModelHost;
  readonly policy: ModelPolicy;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly lies: readonly Lie[];
  /** What a stale listing shows. */
  readonly stale: ObservedHypervisor | null;
  /** Another one than `/var/lib/holdfast` is another host's agent on the same store. */
  readonly stateDir: string;
  readonly mutation: Mutation;
  /** Changes the plan before it is done: for mutations only. */
  readonly twist?: (plan: Plan, observed: ObservedState) => Plan;
  /** What a person asks for by name, in place of what the policy says. */
  readonly asked?: Asked;
}

/** What a person asks for by name: a plan that is done at once, or a command without one. */
export type Asked = (
  observed: ObservedState,
  drivers: ProcessDrivers,
) => Promise<Result<Plan | 'no-plan', Failure>>;

/** What became of it. */
export interface LoopResult {
  readonly observed: ObservedState | null;
  readonly plan: Plan | null;
  /** What the plan was asked for. */
  readonly asked: Request;
  readonly report: RunReport | null;
  /** Ids of actions that the closing look finds left; none if it was not to be had. */
  readonly left: readonly string[];
  readonly events: readonly RunEvent[];
  readonly died: boolean;
  /** Another one held the lock. */
  readonly locked: boolean;
  readonly met: readonly string[];
  readonly calls: number;
  /** A fault of the program itself: never to be seen. */
  readonly thrown: string | null;
  /** Why what a person asked for was refused; null: it was not, or nobody asked. */
  readonly refused: Failure | null;
}

/** A run on its way: it has the lock, and notes what becomes of it. */
export interface Running {
  readonly request: LoopRequest;
  readonly gate: Gate;
  readonly drivers: ProcessDrivers;
  readonly result: Draft;
  readonly events: RunEvent[];
}

/**
 * Does what `holdfast apply --auto-approve` does, in a process of its own; or `work`, that other
 * program's round, in the same surroundings.
 */
export async function runLoop(
  request: LoopRequest,
  work: (running: Running) => Promise<void> = applyRound,
): Promise<LoopResult> {
  const gate = new Gate(request.host, request.faults, createDice(request.seed));
  const result: Draft = {
    observed: null,
    plan: null,
    asked: everything,
    report: null,
    left: [],
    events: [],
    died: false,
    locked: false,
    met: gate.met,
    calls: 0,
    thrown: null,
    refused: null,
  };
  try {
    await withHostLock({ request, gate, result }, work);
  } catch (error) {
    // Errors of the system at this level end the real program too, with a message.
    if (!(error instanceof Death) && !isSystemError(error)) result.thrown = wordsOf(error);
  }
  result.died = !gate.process.alive;
  result.calls = gate.calls;
  gate.process.guardsDie = false;
  if (gate.process.alive) gate.host.endProcess(gate.process);
  return result;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export type Draft = { -readonly [Key in keyof LoopResult]: LoopResult[Key] };

async function withHostLock(
  { request, gate, result }: Pick<Running, 'request' | 'gate' | 'result'>,
  work: (running: Running) => Promise<void>,
): Promise<void> {
  const { stateDir } = request;
  const drivers = processDrivers(gate, stateDir, new Set(request.lies), request.mutation);
  makeWay(drivers.journalFiles, stateDir);
  const lock = await gatedLocks(gate)(`${stateDir}/apply.lock`, 'this host', 0);
  if (!lock.ok) {
    result.locked = true;
    return;
  }
  try {
    const events: RunEvent[] = [];
    result.events = events;
    await work({ request, gate, drivers, result, events });
  } finally {
    if (gate.process.alive) lock.value.release();
  }
}

async function applyRound(running: Running): Promise<void> {
  const { request, drivers, result, events } = running;
  if (request.asked !== undefined) {
    await doAsked(request.asked, running);
    return;
  }
  const round = await runRound({
    look: async (when) => look(request, drivers, when === 'before'),
    desiredOf: (observed) => desiredState(request.policy, observed),
    planOf: (desired, observed) => {
      const planned = planPolicy(desired, observed, everything);
      const plan = request.twist?.(planned, observed) ?? planned;
      [result.observed, result.plan] = [observed, plan];
      return ok(plan);
    },
    isSaved: false,
    admit: async () => stageOf(events),
    means: meansOf(running),
  });
  if (!round.ok || round.value.performed === null) return;
  result.report = round.value.performed.report;
  result.left = round.value.performed.closing.left;
}

/** Hears of all but progress, and is never told to stop. */
export function stageOf(events: RunEvent[]): Stage {
  return {
    emit: (event) => void (event.kind === 'progress' ? null : events.push(event)),
    signal: new AbortController().signal,
  };
}

/** As the commands do it: look, plan, do; nothing is looked at afterwards. */
async function doAsked(asked: Asked, running: Running): Promise<void> {
  const { request, drivers, result, events } = running;
  const observed = await look(request, drivers, true);
  const planned = await asked(observed, drivers);
  if (!planned.ok) result.refused = planned.error;
  if (!planned.ok || planned.value === 'no-plan') return;
  const plan = request.twist?.(planned.value, observed) ?? planned.value;
  [result.observed, result.plan] = [observed, plan];
  const means = meansOf(running);
  const performed = await performPlan({ plan, observed }, means, stageOf(events), null);
  result.report = performed.report;
}

/** What a run on the model works with; nobody hears its warnings. */
export function meansOf({ request, gate, drivers }: Omit<Running, 'result' | 'events'>): Means {
  const { policy, stateDir } = request;
  return {
    drivers,
    newRun: () =>
      runId(`${compactInstant(gate.host.now)}-${String(gate.process.number).padStart(8, '0')}`),
    parallelism: 2,
    limitsOf: (observed) =>
      new Map(
        desiredState(policy, observed).stores.map(({ name, limits }) => [
          name,
          { ...limits, reserveBytes: 1 },
        ]),
      ),
    hostRateBytesPerSecond: null,
    stateDir,
    files: drivers.journalFiles,
    policyText: null,
    warn: () => {},
  };
}

const everything: Request = { targets: null, now: [], allow: [], unattended: true };

/** Looks at everything; only the look before the plan is lied to. */
export function look(
  { host, policy, stateDir, lies, stale }: LoopRequest,
  drivers: ProcessDrivers,
  isLied: boolean,
): Promise<ObservedState> {
  const { hypervisor, journals, eyes, tool } = drivers;
  const told = new Set(isLied ? lies : []);
  return observe({
    tool,
    stores: policy.stores.map(({ name, path }) => ({
      name,
      path,
      requireMount: policy.requireMount,
      stateDir,
    })),
    mirrors: desiredMirrors(policy).map((mirror) => ({
      name: mirror.name,
      stores: policy.stores.map(({ name }) => name),
      open: (store) => {
        const place = drivers.openPlace(mirror, told);
        return place.ok ? ok(place.value.of(store)) : place;
      },
    })),
    scratch: { path: '/scratch', limitBytes: null },
    drills: { memoryLimitBytes: 2 ** 30, network: null, scripts: [] },
    hypervisor: { ...lyingHypervisor(hypervisor, told, stale), ...drillsOf(hypervisor) },
    observeStore: (query) => observeStore(query, eyes),
    deadRuns: async () =>
      told.has('journals-unlisted')
        ? { seen: false, failure: { code: 'injected', message: 'the journals cannot be read' } }
        : journals.dead(),
    now: () => host.wallMs,
    host: async () => ({
      name: 'model',
      bootId: `boot-${host.boots}`,
      bootClockSeconds: host.bootMs / 1000,
    }),
    freeBytes: async () => 1024 ** 4,
  });
}

const drillsOf = ({ drills }: Hypervisor): Pick<Hypervisor, 'drills'> =>
  drills === undefined ? {} : { drills };
