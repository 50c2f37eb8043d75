import { resolve } from 'node:path';
import { agentRound, type AgentRoundResult } from '../agent/agent-round.ts';
import {
  takeUpState,
  writeAgentState,
  type AgentState,
  type LastRound,
} from '../agent/agent-state.ts';
import type { RoundEnd } from '../agent/agent.ts';
import type { Wake } from '../agent/alarm.ts';
import { lastRound, troubled } from '../agent/last-round.ts';
import { readSuspensions, type Suspensions } from '../agent/suspensions.ts';
import type { Planned, Stage } from '../loop/means.ts';
import { modeInForce, type AgentMode } from '../model/agent.ts';
import type { Schedule } from '../model/desired.ts';
import { instantOf, type Instant } from '../model/instant.ts';
import { noRequest } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { EndedRuns } from '../store/ended-runs.ts';
import { takeApplyLock } from './apply-lock.ts';
import { withApprovals } from './approvals.ts';
import { wholeMessage, type Context, type Refusal } from './context.ts';
import { meansOf } from './drivers.ts';
import { desiredOf } from './load-policy.ts';
import { notifyChange } from './notify.ts';
import { openSession, type Session } from './session.ts';

/** What the agent's command line and host file say. */
export interface DeskOptions {
  readonly stateDir: string;
  readonly maxMode: AgentMode | null;
}

/** What a round is watched with. */
export interface RoundWatch {
  readonly admit: (planned: Planned, mode: AgentMode) => Promise<Stage | null>;
  readonly lastLook: () => void;
  readonly warn: (message: string) => void;
  /** Told of what reading the policy says beside its result, when it is not what it said before. */
  readonly note: (message: string) => void;
}

/** A round with its session, or why there was none. */
export interface DeskRound {
  readonly session: Session;
  readonly result: AgentRoundResult;
  readonly last: LastRound;
}

// A restore by hand takes minutes to hours; who waits for it looks once a minute.
const lockedRetrySeconds = 60;

/** The agent's rounds on this host: policy, lock, limits, one round of the loop, and what survives it. */
export class AgentDesk {
  readonly #context: Context;
  readonly #options: DeskOptions;
  readonly #endedRuns: EndedRuns = new Map();
  #session: Session | null = null;
  #said = '';
  #state: AgentState;

  private constructor(context: Context, options: DeskOptions, state: AgentState) {
    this.#context = context;
    this.#options = options;
    this.#state = state;
  }

  /** Takes up what the last agent left. A file that cannot be read is said, and written anew. */
  static open(context: Context, options: DeskOptions, warn: (message: string) => void): AgentDesk {
    const now = { pid: process.pid, startedAt: instantOf(context.clock.now()) };
    const { state, trouble } = takeUpState(options.stateDir, now);
    if (trouble !== null) warn(trouble.message);
    return new AgentDesk(context, options, state);
  }

  /** The policy in force; null: there was none yet. */
  get session(): Session | null {
    return this.#session;
  }

  /** How often the loop looks when nothing wakes it. */
  get intervalSeconds(): number | null {
    return this.#session?.host.agent.intervalSeconds ?? null;
  }

  /** Files whose change is a reason to look: the policy's. */
  get files(): readonly string[] {
    const { terminal, globals } = this.#context;
    const isFile = globals.policy !== undefined || this.#session?.host.source === null;
    // Of a git source the interval and SIGHUP find the new commit.
    const texts = isFile ? (this.#session?.policy.texts ?? []) : [];
    return texts.filter(({ file }) => file !== '-').map(({ file }) => resolve(terminal.cwd, file));
  }

  /** Schedules that make something due. */
  get schedules(): readonly Schedule[] {
    const { rules = [], mirrors = [] } = this.#session?.policy ?? {};
    return [
      ...rules.map(({ settings }) => settings.schedule),
      ...mirrors.flatMap(({ schedule }) => (schedule === null ? [] : [schedule])),
    ];
  }

  /** Does one round. A refusal changes nothing; it is noted as the last round's trouble. */
  async round(wakes: readonly Wake[], watch: RoundWatch): Promise<Result<DeskRound, Refusal>> {
    const begun = this.#context.clock.now();
    const refused = (refusal: Refusal): Result<never, Refusal> => {
      this.#note(troubled(this.#state.last, wakes, begun, wholeMessage(refusal)), watch);
      return fail(refusal);
    };
    const session = await this.#open(watch);
    if (!session.ok) return refused(session.error);
    const suspensions = readSuspensions(this.#options.stateDir);
    if (!suspensions.ok) return refused({ exit: 1, ...suspensions.error });
    const lock = await takeApplyLock(this.#options.stateDir, 0);
    if (!lock.ok) return refused(lock.error);
    try {
      const result = await this.#loop(session.value, suspensions.value, watch);
      const last = lastRound(result, wakes, (this.#context.clock.now() - begun) / 1000);
      this.#state = { ...this.#state, failing: result.failing, trashRuns: result.trashRuns };
      this.#note(last, watch);
      return ok({ session: session.value, result, last });
    } finally {
      lock.value.release();
    }
  }

  /** Runs the notification commands for what is new since the last round. */
  async notify({ session, result }: DeskRound): Promise<void> {
    const { plan, performed } = result.round;
    const facts = {
      plan,
      report: performed?.report ?? null,
      next: performed?.closing.next ?? null,
    };
    const notified = await notifyChange(this.#context, session.host, facts, this.#state.notified);
    this.#state = { ...this.#state, notified };
  }

  /** Notes when the loop looks again. */
  sleeps(nextAt: Instant, warn: RoundWatch['warn']): void {
    this.#state = { ...this.#state, nextAt };
    this.#write(warn);
  }

  /** The policy of now; if it is not valid, the last good one of this process stays in force, and that is said. */
  async #open({ note, warn }: RoundWatch): Promise<Result<Session, Refusal>> {
    let said = '';
    const terminal = { ...this.#context.terminal, err: (text: string) => void (said += text) };
    const options = { fetch: true, endedRuns: this.#endedRuns };
    const opened = await openSession({ ...this.#context, terminal }, undefined, options);
    if (said !== this.#said && said !== '') note(said.trimEnd());
    this.#said = said;
    if (opened.ok) {
      this.#session = opened.value;
      return opened;
    }
    if (this.#session === null) return opened;
    warn(`${wholeMessage(opened.error)}\nThe last good policy stays in force.`);
    return ok(this.#session);
  }

  async #loop(
    session: Session,
    suspensions: Suspensions,
    watch: RoundWatch,
  ): Promise<AgentRoundResult> {
    const { policy, host } = session;
    const mode = modeInForce(policy.agent.mode, host.agent.maxMode, this.#options.maxMode);
    const { approvals = [] } = await withApprovals(this.#context, session, noRequest, watch.warn);
    return agentRound({
      approvals,
      look: async () => session.look(),
      desiredOf: (observed) => desiredOf(policy, observed),
      means: { ...meansOf(this.#context, session, host.limits.jobs), warn: watch.warn },
      mode,
      windows: policy.agent.windows,
      suspensions,
      state: this.#state,
      admit: async (planned) => watch.admit(planned, mode),
      lastLook: watch.lastLook,
      noteTrash: (trashRuns) => {
        this.#state = { ...this.#state, trashRuns };
        return writeAgentState(this.#options.stateDir, this.#state);
      },
    });
  }

  #note(last: LastRound, { warn }: RoundWatch): void {
    this.#state = { ...this.#state, last, nextAt: null };
    this.#write(warn);
  }

  #write(warn: RoundWatch['warn']): void {
    const written = writeAgentState(this.#options.stateDir, this.#state);
    if (!written.ok) warn(written.error.message);
  }

  /** The last round, as it was noted. */
  get last(): LastRound | null {
    return this.#state.last;
  }
}

/** What the loop is told after a round. */
export function endOf(round: Result<DeskRound, Refusal>): RoundEnd {
  if (!round.ok)
    return {
      wakeAt: null,
      isWorkLeft: false,
      retrySeconds: round.error.exit === 6 ? lockedRetrySeconds : null,
    };
  const { wakeAt, isWorkLeft } = round.value.result;
  return { wakeAt, isWorkLeft, retrySeconds: null };
}
