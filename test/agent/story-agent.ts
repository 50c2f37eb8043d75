import { agentRound, type AgentRound, type AgentRoundResult } from '../../src/agent/agent-round.ts';
import { takeUpState, writeAgentState, type AgentState } from '../../src/agent/agent-state.ts';
import { Alarm, type Wake } from '../../src/agent/alarm.ts';
import { lastRound } from '../../src/agent/last-round.ts';
import {
  changeSuspensions,
  readSuspensions,
  resumedBy,
  suspendedBy,
  type Suspensions,
} from '../../src/agent/suspensions.ts';
import { whyNot } from '../../src/approval/statement.ts';
import { unused } from '../../src/approval/used.ts';
import { addressOf } from '../../src/model/address.ts';
import { agentModes, modeInForce } from '../../src/model/agent.ts';
import type { Approval } from '../../src/model/approval.ts';
import { subjectsOf } from '../../src/model/approved-subjects.ts';
import { digestOf } from '../../src/model/canonical.ts';
import type { RunId } from '../../src/model/identity.ts';
import { addSeconds, millisecondsOf, type Instant } from '../../src/model/instant.ts';
import type { Plan } from '../../src/model/plan.ts';
import { ok, unreachable } from '../../src/model/result.ts';
import { parseWindow, type Window } from '../../src/schedule/window.ts';
import type { Actor } from '../../src/simulator/actor.ts';
import type { AgentDeed } from '../../src/simulator/agent-deeds.ts';
import { createDice, type Dice } from '../../src/simulator/dice.ts';
import { Gate } from '../../src/simulator/gate.ts';
import { gatedFiles, gatedLocks } from '../../src/simulator/gated-files.ts';
import { desiredState } from '../../src/simulator/model-policy.ts';
import {
  look,
  meansOf,
  runLoop,
  stageOf,
  type LoopRequest,
  type LoopResult,
  type Running,
} from '../../src/simulator/run-loop.ts';
import type { Scene, Violation } from '../../src/simulator/scene.ts';
import type { World } from '../../src/simulator/world.ts';
import { AgentOracles } from './agent-oracles.ts';
import { stateDir, stateFile, type Told, type ToldRound } from './told-round.ts';

const intervalSeconds = 300;

/** Takes something away from the agent, to see its oracles object. */
export type AgentMutation = (request: AgentRound, agent: StoryAgent) => AgentRound;

/** Who looks on, and who meddles. */
export interface AgentWatch {
  readonly mutation?: AgentMutation;
  /** Told of each round. */
  readonly heard?: (round: ToldRound) => void;
}

const nothingTold: Told = {
  policyMode: 'full',
  hostMode: 'full',
  windows: [],
  suspended: [],
  approvals: [],
};

const reasons = ['interval', 'due', 'schedule', 'libvirt', 'policy', 'hangup'] as const;

const windowsOf = (...texts: readonly string[]): readonly Window[] =>
  texts.flatMap((text) => parseWindow(text) ?? []);

/** The agent of a story: the real rounds, memory and suspensions on the simulator's host, killed and started anew. */
export class StoryAgent implements Actor {
  readonly world: World;
  readonly #watch: AgentWatch;
  readonly #alarm = new Alarm();
  readonly #oracles = new AgentOracles();
  told = nothingTold;
  /** What the process knows; null: it is not there, and the next one reads what it left. */
  #memory: AgentState | null = null;
  #nextAt: Instant;
  #lastPlan: Plan | null = null;
  #olderState: string | null = null;
  #lastRound: ToldRound | null = null;
  #run: RunId | null = null;
  /** A round has begun, and not come to its end. */
  #isBegun = false;

  constructor(world: World, watch: AgentWatch = {}) {
    this.world = world;
    this.#watch = watch;
    this.#nextAt = world.host.now;
  }

  readonly run = async (request: LoopRequest): Promise<LoopResult> => {
    const { told } = this;
    const wakes = this.#alarm.take();
    [this.#run, this.#isBegun] = [null, false];
    const result = await runLoop(request, async (running) => this.#round(running, wakes));
    if (result.locked) this.#alarm.ring({ why: 'locked', detail: null });
    // An error of the system at this level ends the real program too, and nobody knows what it had noted.
    if (result.died || this.#isBegun) this.#memory = null;
    const why = wakes.map((wake) => wake.why);
    const { policy } = request;
    this.#lastRound = { told, wakes: why, policy, run: this.#run, result };
    this.#watch.heard?.(this.#lastRound);
    if (result.plan !== null) this.#lastPlan = result.plan;
    return result;
  };

  async #round(running: Running, wakes: readonly Wake[]): Promise<void> {
    const { request, gate, drivers, result, events } = running;
    const { host, policy } = request;
    const files = drivers.journalFiles;
    const now = { pid: gate.process.number, startedAt: host.now };
    this.#memory ??= takeUpState(stateDir, now, files).state;
    const suspensions = readSuspensions(stateDir, files);
    if (!suspensions.ok) {
      result.refused = suspensions.error;
      return;
    }
    const { told } = this;
    const good = told.approvals.filter((one) => whyNot(one, host.wallMs) === null);
    const approvals = unused(stateDir, good, files);
    let isLast = false;
    const means = meansOf(running);
    const round: AgentRound = {
      look: async () => look(request, drivers, !isLast),
      desiredOf: (observed) => desiredState(policy, observed),
      means: { ...means, newRun: () => (this.#run = means.newRun()) },
      mode: modeInForce(told.policyMode, told.hostMode, null),
      windows: told.windows,
      suspensions: suspensions.value,
      approvals: approvals.ok ? approvals.value : [],
      state: this.#memory,
      admit: async ({ plan, observed }) => {
        [result.plan, result.observed, result.asked] = [plan, observed, plan.request];
        return stageOf(events);
      },
      noteTrash: (trashRuns) => {
        if (this.#memory === null) return ok(undefined);
        this.#memory = { ...this.#memory, trashRuns };
        return writeAgentState(stateDir, this.#memory, files);
      },
      lastLook: () => {
        isLast = true;
        this.#alarm.forget('libvirt');
      },
    };
    this.#isBegun = true;
    const ended = await agentRound(this.#watch.mutation?.(round, this) ?? round);
    this.#end(ended, wakes, running);
  }

  #end(
    ended: AgentRoundResult,
    wakes: readonly Wake[],
    { request: { host }, drivers, result }: Running,
  ): void {
    const { round, failing, trashRuns, wakeAt, isWorkLeft } = ended;
    this.#isBegun = false;
    result.report = round.performed?.report ?? null;
    result.left = round.performed?.closing.left ?? [];
    if (this.#memory === null) return;
    this.#olderState = host.files.look(stateFile) === null ? null : host.files.read(stateFile);
    this.#memory = { ...this.#memory, failing, trashRuns, last: lastRound(ended, wakes, 1) };
    // What could not be written is said, and known for as long as the process lives.
    writeAgentState(stateDir, this.#memory, drivers.journalFiles);
    if (isWorkLeft) this.#alarm.ring({ why: 'work-left', detail: null });
    const interval = addSeconds(host.now, intervalSeconds);
    this.#nextAt = wakeAt !== null && wakeAt < interval ? wakeAt : interval;
  }

  readonly meets = async (deed: AgentDeed, dice: Dice): Promise<void> => {
    const { host } = this.world;
    switch (deed) {
      case 'sleep': {
        const left = millisecondsOf(this.#nextAt) - host.wallMs;
        // A clock that went back makes nobody sleep longer: the loop's own timer is of the other clock.
        host.pass(Math.min(Math.max(left / 1000, 0), intervalSeconds));
        this.#alarm.ring({ why: 'interval', detail: null });
        return;
      }
      case 'ring':
        for (let rings = 1 + dice.below(3); rings > 0; rings -= 1)
          this.#alarm.ring({ why: dice.pick(reasons), detail: null });
        return;
      case 'suspend-domain':
      case 'suspend-all':
        return this.#suspend(deed === 'suspend-all', dice);
      case 'resume':
        return this.#resume();
      case 'policy-mode':
        this.#tell({ policyMode: dice.pick(agentModes) });
        return;
      case 'host-mode':
        this.#tell({ hostMode: dice.pick(agentModes) });
        return;
      case 'window':
        this.#tell({
          windows: dice.pick([[], windowsOf('22:00-06:00'), windowsOf('04:00-05:00')]),
        });
        return;
      case 'approve':
        this.#approve(dice);
        return;
      case 'end':
      case 'lose-state':
      case 'tear-state':
      case 'old-state':
        this.#memory = null;
        if (deed !== 'end') this.#spoilState(deed);
        return;
      default:
        unreachable(deed);
    }
  };

  readonly isOnlyLooking = (): boolean =>
    [this.told.policyMode, this.told.hostMode].some(
      (mode) => mode === 'observe' || mode === 'plan-only',
    );

  readonly release = async (): Promise<void> => {
    await this.#resume();
    this.#tell({ policyMode: 'full', hostMode: 'full', windows: [] });
  };

  readonly violationsOf = (scene: Scene): readonly Violation[] => {
    const round = this.#lastRound;
    this.#lastRound = null;
    return round === null ? this.#oracles.outside(scene) : this.#oracles.violationsOf(scene, round);
  };

  #tell(told: Partial<Told>): void {
    this.told = { ...this.told, ...told };
  }

  async #suspend(all: boolean, dice: Dice): Promise<void> {
    const { host } = this.world;
    const domain = host.domains[dice.below(host.domains.length)];
    if (domain === undefined) return;
    const address = all ? 'host' : addressOf(domain.name);
    // `--until` must be said; who means no end says a year.
    const until = addSeconds(host.now, dice.pick([600, 7200, 365 * 86_400]));
    const suspension = { address, reason: 'moved', who: 'anna', at: host.now, until };
    await this.#change((before) => suspendedBy(before, suspension));
    const others = this.told.suspended.filter((one) => one.address !== address);
    this.#tell({ suspended: [...others, { address, until }] });
  }

  async #resume(): Promise<void> {
    const { host } = this.world;
    this.#tell({ suspended: [] });
    await this.#change((before) => resumedBy(before, { address: 'host', at: host.now }, true));
  }

  /** As `holdfast suspend` does it, in a process of its own. */
  async #change(how: (before: Suspensions) => Suspensions): Promise<void> {
    const gate = new Gate(this.world.host, [], createDice(1));
    const changed = await changeSuspensions(stateDir, how, gatedFiles(gate), gatedLocks(gate));
    this.world.host.endProcess(gate.process);
    if (!changed.ok) throw new Error(changed.error.message);
  }

  /** What a guard blocked in the last plan, or a half of it: for some hours, seldom of another host. */
  #approve(dice: Dice): void {
    const { host } = this.world;
    const plan = this.#lastPlan;
    const open = (plan?.guards ?? []).filter(
      ({ effect, overridable, actions }) =>
        effect !== 'allowed' && overridable && actions.length > 0,
    );
    const guard = open[dice.below(open.length)];
    if (plan === null || guard === undefined) return;
    const all = subjectsOf(plan, guard);
    const said = {
      host: dice.chance(0.25) ? 'another' : plan.host,
      code: guard.code,
      scope: guard.scope,
      subjects: dice.chance(0.2) ? all.slice(0, all.length >> 1) : all,
      madeAt: host.now,
      until: addSeconds(host.now, dice.pick([1800, 86_400, 86_400])),
    };
    const id = digestOf(said).slice(0, 16);
    const approval: Approval = { ...said, id, by: 'anna', how: 'signature' };
    this.#tell({ approvals: [...this.told.approvals, approval] });
  }

  #spoilState(deed: 'lose-state' | 'tear-state' | 'old-state'): void {
    const { files } = this.world.host;
    if (files.look(stateFile) === null) return;
    const text = files.read(stateFile);
    files.removeFile(stateFile);
    const half = text.slice(0, text.length >> 1);
    if (deed === 'tear-state') files.writeLoose(stateFile, half);
    else if (deed === 'old-state' && this.#olderState !== null)
      files.writeLoose(stateFile, this.#olderState);
    files.settle();
    // Of a torn one it knows that it forgot something.
    if (deed !== 'tear-state') this.#oracles.forget();
  }
}
