import { agentModes, type AgentMode } from '../model/agent.ts';
import type { DomainUuid, RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { jsonText, makeWay, writeDurable } from '../store/durable.ts';
import { realFiles, type Files } from '../store/files.ts';
import { runShape, uuidShape } from '../store/identity-shape.ts';
import {
  finiteNumber,
  formatOne,
  instant,
  listOf,
  mapOf,
  oneOf,
  orNull,
  parseShape,
  record,
  text,
  wholeNumber,
} from '../store/shape.ts';

/** An action that failed, and as often in a row as its world stayed the same. */
export interface Failing {
  /** As `actionKey` makes it. */
  readonly action: string;
  readonly uuid: DomainUuid | null;
  readonly times: number;
  readonly lastAt: Instant;
  /** The failure, for people. */
  readonly message: string;
  /** Digest of what the action's success depends on, as far as it can be seen. */
  readonly scene: string;
}

/** One round, as `status` tells it. */
export interface LastRound {
  readonly at: Instant;
  readonly why: readonly string[];
  readonly mode: AgentMode;
  /** Actions that were done, that failed, and that wait. */
  readonly done: number;
  readonly failed: number;
  readonly withheld: number;
  readonly seconds: number;
  /** Commit of the policy; null: it is a plain file. */
  readonly commit: string | null;
  readonly policyDigest: string;
  /** Why there was no round worth the name: the policy is invalid, another run holds the lock. */
  readonly trouble: string | null;
}

/** `agent.json` in the state directory: what survives the agent, however it ends. */
export interface AgentState {
  readonly formatVersion: 1;
  readonly pid: number;
  readonly startedAt: Instant;
  readonly last: LastRound | null;
  /** When it looks again at the latest; null: it is at work, or was when it died. */
  readonly nextAt: Instant | null;
  readonly failing: readonly Failing[];
  /** Runs of the agent that moved chains to the trash; null: it has forgotten which. */
  readonly trashRuns: readonly RunId[] | null;
  /** What was last told by notifications: event → digest of its details. */
  readonly notified: Readonly<Record<string, string>>;
}

const [firstMode, ...otherModes] = agentModes;

const failingShape = record((field): Failing => ({
  action: field('action', text),
  uuid: field('uuid', orNull(uuidShape)),
  times: field('times', wholeNumber),
  lastAt: field('lastAt', instant),
  message: field('message', text),
  scene: field('scene', text),
}));

const lastShape = record((field): LastRound => ({
  at: field('at', instant),
  why: field('why', listOf(text)),
  mode: field('mode', oneOf(firstMode, ...otherModes)),
  done: field('done', wholeNumber),
  failed: field('failed', wholeNumber),
  withheld: field('withheld', wholeNumber),
  seconds: field('seconds', finiteNumber),
  commit: field('commit', orNull(text)),
  policyDigest: field('policyDigest', text),
  trouble: field('trouble', orNull(text)),
}));

const stateShape = record((field): AgentState => ({
  formatVersion: field('formatVersion', formatOne),
  pid: field('pid', wholeNumber),
  startedAt: field('startedAt', instant),
  last: field('last', orNull(lastShape)),
  nextAt: field('nextAt', orNull(instant)),
  failing: field('failing', listOf(failingShape)),
  trashRuns: field('trashRuns', orNull(listOf(runShape))),
  notified: field('notified', mapOf(text)),
}));

const fileName = 'agent.json';

/** What an agent left; null: there was none. A file that cannot be read is a failure, told and then written anew. */
export function readAgentState(
  stateDir: string,
  files: Files = realFiles,
): Result<AgentState | null, Failure> {
  const path = `${stateDir}/${fileName}`;
  return attempt(`reading ${path}`, (): Result<AgentState | null, Failure> => {
    if (files.look(path) === null) return ok(null);
    const state = parseShape(files.read(path), stateShape);
    if (state.ok) return state;
    const message = `${path}: ${state.error}; what the agent remembered is lost, and it begins anew; in mode additive what is in the trash now stays there`;
    return fail({ code: 'agent-state-unreadable', message });
  });
}

/** What a new agent goes on from, and why not from all that the last one knew. */
export function takeUpState(
  stateDir: string,
  now: Pick<AgentState, 'pid' | 'startedAt'>,
  files: Files = realFiles,
): { readonly state: AgentState; readonly trouble: Failure | null } {
  const left = readAgentState(stateDir, files);
  const before = left.ok ? left.value : null;
  return {
    state: {
      formatVersion: 1,
      ...now,
      last: before?.last ?? null,
      nextAt: null,
      failing: before?.failing ?? [],
      // Of what it cannot read it knows nothing; where there is nothing, there was no agent.
      trashRuns: left.ok ? (before?.trashRuns ?? []) : null,
      notified: before?.notified ?? {},
    },
    trouble: left.ok ? null : left.error,
  };
}

/** Writes it, whole or not at all. */
export function writeAgentState(
  stateDir: string,
  state: AgentState,
  files: Files = realFiles,
): Result<void, Failure> {
  return attempt(`writing ${stateDir}/${fileName}`, () => {
    makeWay(files, stateDir);
    writeDurable(files, stateDir, fileName, jsonText(state));
    return ok(undefined);
  });
}
