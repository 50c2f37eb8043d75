import type { Action } from '../../src/model/action.ts';
import { addressOf } from '../../src/model/address.ts';
import { actionKey } from '../../src/model/agent.ts';
import { subjectDigest } from '../../src/model/approved-subjects.ts';
import type { RunId } from '../../src/model/identity.ts';
import { millisecondsOf } from '../../src/model/instant.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { opensAt } from '../../src/schedule/window.ts';
import { desiredState } from '../../src/simulator/model-policy.ts';
import type { LoopResult } from '../../src/simulator/run-loop.ts';
import type { Scene, Violation } from '../../src/simulator/scene.ts';
import { stateFile, type ToldRound } from './told-round.ts';

/** What undoes what a dead run does to a guest: neither suspensions nor windows nor the breaker hold it up. */
const urgent = new Set(['thaw-domain', 'abort-job', 'restore-power-state']);

// The least first.
const ranks = ['observe', 'plan-only', 'additive', 'full'] as const;

// The breaker's shortest pause.
const pauseMs = 600_000;

/** An action that was begun. */
interface Begun {
  readonly action: Action;
  readonly outcome: string | null;
}

/** How often in a row an action failed while its world was the same, and when it did last. */
interface Failed {
  readonly times: number;
  readonly atMs: number;
  readonly scene: string;
}

/** What holds for the agent beside what holds for every run: it keeps to what it was told. */
export class AgentOracles {
  /** Runs of the agent that moved chains to the trash; what it hid at mirrors. */
  readonly #trashRuns = new Set<RunId>();
  readonly #hidden = new Set<string>();
  /** Subjects that were done by an approval, as `ID DIGEST`. */
  readonly #used = new Set<string>();
  /** Rounds in a row in which an action failed while nothing else happened, and when the last was. */
  #failed = new Map<string, Failed>();

  /** A person took away what the agent remembered: what it cannot know is not asked. */
  forget(): void {
    this.#trashRuns.clear();
    this.#failed.clear();
  }

  /** Something happened that was no round: what failed before may work now. */
  outside({ step }: Scene): readonly Violation[] {
    if (step.kind !== 'agent' || !['sleep', 'ring'].includes(step.deed)) this.#failed.clear();
    return [];
  }

  violationsOf(scene: Scene, round: ToldRound): readonly Violation[] {
    const begun = begunOf(round);
    const found = [
      ...this.#mode(begun, round),
      ...suspended(begun, round),
      ...this.#breaker(begun, round),
      ...this.#approval(begun, round),
      ...forgotten(scene, round),
    ];
    this.#note(scene, begun, round);
    return found;
  }

  /** G405: nothing is begun that the least of policy and host file does not allow. */
  #mode(begun: readonly Begun[], { told }: ToldRound): readonly Violation[] {
    const said = [told.policyMode, told.hostMode];
    const mode = ranks.find((one) => said.includes(one)) ?? 'observe';
    return begun.flatMap(({ action }) => {
      if (mode === 'full') return [];
      if (mode === 'additive') {
        const isDeletion = action.kind === 'trash-chain' || action.kind === 'hide-copies';
        const isOwn =
          (action.kind === 'purge-trash' && this.#trashRuns.has(action.run)) ||
          (action.kind === 'purge-copies' && this.#hidden.has(hiddenKey(action)));
        if (!isDeletion && !isOwn) return [];
      }
      return [{ id: 'G405', message: `${action.id} was begun in mode ${mode}` }];
    });
  }

  /** G404: what failed three times while nothing else happened is not begun again within its pause. */
  #breaker(begun: readonly Begun[], { result }: ToldRound): readonly Violation[] {
    const at = result.observed === null ? 0 : millisecondsOf(result.observed.observedAt);
    return begun.flatMap(({ action }) => {
      const known = this.#failed.get(actionKey(action));
      if (known === undefined || known.times < 3 || urgent.has(action.kind)) return [];
      if (known.scene !== sceneOf(result.observed, action)) return [];
      if (at < known.atMs || at >= known.atMs + pauseMs) return [];
      return [{ id: 'G404', message: `${action.id} failed ${known.times} times, and was begun` }];
    });
  }

  /** What a guard blocks is begun only if a person approved just that, for now, and it was not done by that before. */
  #approval(
    begun: readonly Begun[],
    { told, policy, result: { plan, observed } }: ToldRound,
  ): readonly Violation[] {
    if (plan === null || observed === null) return [];
    const { approvals: _without, ...request } = plan.request;
    const bare = planPolicy(desiredState(policy, observed), observed, request);
    const blocks = bare.guards.filter(
      ({ overridable, effect }) => overridable && effect !== 'allowed',
    );
    return begun.flatMap(({ action, outcome }) =>
      blocks
        .filter(({ actions }) => actions.includes(action.id))
        .flatMap(({ code, scope }) => {
          const subject = subjectDigest(action);
          const approval = told.approvals.find(
            (one) =>
              one.code === code &&
              one.scope === scope &&
              one.host === plan.host &&
              one.until > observed.observedAt &&
              one.subjects.includes(subject) &&
              !this.#used.has(`${one.id} ${subject}`),
          );
          const isDone = outcome === 'done' || outcome === 'already' || outcome === null;
          if (approval !== undefined && isDone) this.#used.add(`${approval.id} ${subject}`);
          if (approval !== undefined) return [];
          return [
            { id: 'approval', message: `${action.id} was begun, and ${code}=${scope} blocks it` },
          ];
        }),
    );
  }

  #note(scene: Scene, begun: readonly Begun[], { run, result }: ToldRound): void {
    for (const { action } of begun) {
      if (action.kind === 'trash-chain' && run !== null) this.#trashRuns.add(run);
      if (action.kind === 'hide-copies') this.#hidden.add(hiddenKey(action));
    }
    this.#failed = new Map(isAlone(scene, result) ? this.#failedNow(begun, result) : []);
  }

  /** One more for what failed, none for what did not; what was planned and not begun stays. */
  #failedNow(
    begun: readonly Begun[],
    { plan, observed }: LoopResult,
  ): readonly (readonly [string, Failed])[] {
    return (plan?.actions ?? []).flatMap((action) => {
      const key = actionKey(action);
      const scene = sceneOf(observed, action);
      const before = this.#failed.get(key);
      const known = before?.scene === scene ? before : undefined;
      const one = begun.find((each) => each.action === action);
      if (one === undefined) return known === undefined ? [] : [[key, known] as const];
      if (one.outcome !== 'failed' || observed === null) return [];
      const atMs = millisecondsOf(observed.observedAt);
      return [[key, { times: (known?.times ?? 0) + 1, atMs, scene }] as const];
    });
  }
}

/** Whether nobody died, nothing else happened beside it, and the world that actions work in stays as it was. */
function isAlone({ results }: Scene, { died, plan }: LoopResult): boolean {
  return (
    !died &&
    results.length === 1 &&
    plan?.actions.every(({ kind }) => kind !== 'create-store') === true
  );
}

const hiddenKey = ({
  mirror,
  domain,
  chain,
}: {
  readonly mirror: { readonly name: string };
  readonly domain: { readonly uuid: string };
  readonly chain: string;
}): string => `${mirror.name} ${domain.uuid} ${chain}`;

/** A round that came to its end undisturbed answers every wake-up since the one before, and notes when it was. */
function forgotten(
  { world: { host } }: Scene,
  { wakes, result: { plan, died, met, thrown } }: ToldRound,
): readonly Violation[] {
  if (plan === null || died || met.length > 0 || thrown !== null) return [];
  const text = host.files.look(stateFile) === null ? '' : host.files.read(stateFile);
  const expected = JSON.stringify({ at: plan.plannedAt, why: wakes }).slice(1, -1);
  const isNoted = text.replaceAll(/\s/g, '').includes(expected.replaceAll(/\s/g, ''));
  return isNoted ? [] : [{ id: 'wakes', message: `${expected} is not in agent.json: ${text}` }];
}

/** The domain of an action as it was seen. */
function sceneOf(observed: ObservedState | null, action: Action): string {
  const { hypervisor = null, stores = [] } = observed ?? {};
  const domains = hypervisor?.seen === true ? hypervisor.value.domains : [];
  const uuid = 'domain' in action ? action.domain.uuid : null;
  const own = domains
    .filter((domain) => domain.uuid === uuid)
    .map(({ state, agent, blockJobs, definitionDigest }) => [
      state,
      agent,
      blockJobs,
      definitionDigest,
    ]);
  return JSON.stringify([own, stores.map(({ state }) => state.kind)]);
}

function begunOf({ result: { plan, events } }: ToldRound): readonly Begun[] {
  const outcomes = new Map(
    events.flatMap((event) =>
      event.kind === 'action-finished' ? [[event.action, event.outcome.code] as const] : [],
    ),
  );
  const started = new Set(
    events.flatMap((event) => (event.kind === 'action-started' ? [event.action] : [])),
  );
  return (plan?.actions ?? []).flatMap((action) =>
    started.has(action.id) ? [{ action, outcome: outcomes.get(action.id) ?? null }] : [],
  );
}

/** G406: what is suspended is left alone until its end, and nothing is begun outside the windows. */
function suspended(
  begun: readonly Begun[],
  { told, result: { observed } }: ToldRound,
): readonly Violation[] {
  if (observed === null) return [];
  const now = observed.observedAt;
  const held = told.suspended.filter(({ until }) => until > now).map(({ address }) => address);
  const isShut = opensAt(told.windows, now, 'Europe/Berlin') !== null;
  return begun.flatMap(({ action }) => {
    if (urgent.has(action.kind)) return [];
    const of = 'domain' in action ? addressOf(action.domain.name) : null;
    const isHeld = held.some((address) => address === 'host' || address === of);
    return isHeld || isShut
      ? [{ id: 'G406', message: `${action.id} was begun while ${isHeld ? 'suspended' : 'shut'}` }]
      : [];
  });
}
