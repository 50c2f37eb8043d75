import { bytesOfAmount } from '../model/amount.ts';
import type { DesiredState } from '../model/desired.ts';
import { instantOf, millisecondsOf, type Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { localInstants, zoneOffset } from '../schedule/zone.ts';
import type { SimulationInput } from '../simulator/forecast/simulate.ts';
import { startFromNothing } from '../simulator/forecast/start-from-nothing.ts';
import { startFromObserved } from '../simulator/forecast/start-from-observed.ts';
import type { World } from '../simulator/forecast/world.ts';
import type { Refusal } from './context.ts';
import { desiredOf, type LoadedPolicy } from './load-policy.ts';
import { usage } from './plan-options.ts';
import type { SimulateOptions } from './simulate-options.ts';
import { desiredOfPolicyAlone } from './simulated-domains.ts';
import { readTime } from './time.ts';

/** From what a simulation begins: what was seen, or nothing at an instant that the clock tells. */
export type Beginning =
  | { readonly from: 'observed'; readonly observed: ObservedState }
  | { readonly from: 'nothing'; readonly nowMs: number };

/** All that a simulation of a policy reads. */
export function simulationInput(
  policy: LoadedPolicy,
  beginning: Beginning,
  options: SimulateOptions,
): Result<SimulationInput, Refusal> {
  const startAt = startOf(policy, beginning, options.start);
  if (!startAt.ok) return startAt;
  const isObserved = beginning.from === 'observed';
  const { desired, jitterLeftOut } = simplified(
    isObserved
      ? desiredOf(policy, beginning.observed)
      : desiredOfPolicyAlone(policy, options.count),
  );
  const start = isObserved
    ? startFromObserved(desired, beginning.observed, startAt.value)
    : ok({ world: startFromNothing(desired, startAt.value, options.disk), remarks: [] });
  if (!start.ok) return fail({ exit: 9, ...start.error });
  const { world, remarks } = start.value;
  if (world.desired.domains.length === 0)
    return fail({
      exit: 3,
      code: 'no-domains',
      message: isObserved
        ? `${policy.file} selects no domain that was observed; --from nothing simulates the policy alone`
        : `${policy.file} selects no domain: there is nothing to simulate`,
    });
  return ok({
    world,
    endAt: daysLater(startAt.value, options.for, policy.timezone),
    changePerDay: options.change ?? null,
    growthPerYear: options.growth,
    disks: diskData(world, options.disk),
    room: isObserved ? roomOf(desired, beginning.observed) : new Map(),
    listEvents: options.everyDay === true,
    told: {
      host: isObserved ? beginning.observed.host.name : null,
      from: beginning.from,
      remarks,
      diskBytes: isObserved ? null : options.disk,
      perPattern: isObserved ? null : options.count,
      jitterLeftOut,
    },
  });
}

/** Data of each disk: what is allocated, else what it can hold, else what is supposed of any. */
function diskData({ observed }: World, supposedBytes: number): SimulationInput['disks'] {
  const domains = observed.hypervisor.seen ? observed.hypervisor.value.domains : [];
  return new Map(
    domains.map(({ uuid, disks }) => [
      uuid,
      new Map(
        disks.map(({ target, allocatedBytes, sizeBytes }) => [
          target,
          allocatedBytes ?? sizeBytes ?? supposedBytes,
        ]),
      ),
    ]),
  );
}

function roomOf(desired: DesiredState, { stores }: ObservedState): ReadonlyMap<string, number> {
  return new Map(
    desired.stores.flatMap(({ name, reserve }) => {
      const state = stores.find((store) => store.name === name)?.state;
      if (state === undefined || state.kind === 'unseen') return [];
      return [
        [name, Math.max(0, state.freeBytes - bytesOfAmount(reserve, state.totalBytes))] as const,
      ];
    }),
  );
}

/** Minutes of jitter spread a load that is not modelled; without them domains of one rule fare the same. */
function simplified(desired: DesiredState): {
  readonly desired: DesiredState;
  readonly jitterLeftOut: boolean;
} {
  // Checks and drills add no point and take none away.
  const domains = desired.domains.map(
    ({ verification: _verification, drill: _drill, ...domain }) => ({
      ...domain,
      schedule: { ...domain.schedule, jitterSeconds: 0 },
    }),
  );
  const used = new Set(domains.flatMap(({ mirrors }) => mirrors));
  const own = desired.mirrors.filter(({ name }) => used.has(name));
  const mirrors = own.map(({ verification: _verification, ...mirror }) => ({
    ...mirror,
    schedule: mirror.schedule === null ? null : { ...mirror.schedule, jitterSeconds: 0 },
  }));
  return {
    desired: { ...desired, domains, mirrors },
    jitterLeftOut: [...desired.domains, ...own].some(
      ({ schedule }) => schedule !== null && schedule.jitterSeconds > 0,
    ),
  };
}

/** A date alone is its first second. Without `--start`: the look's own instant, or the first second of today. */
function startOf(
  { timezone }: LoadedPolicy,
  beginning: Beginning,
  text: string | undefined,
): Result<Instant, Refusal> {
  const isObserved = beginning.from === 'observed';
  if (text === undefined && isObserved) return ok(beginning.observed.observedAt);
  const nowMs = isObserved ? 0 : beginning.nowMs;
  const given = text ?? instantOf(nowMs + zoneOffset(nowMs, timezone)).slice(0, 10);
  const at = readTime(/^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given} 00:00` : given, timezone);
  if (at.ok && isObserved && at.value < beginning.observed.observedAt)
    return usage(
      'start-too-early',
      `--start ${given} is earlier than the observation (${beginning.observed.observedAt}): what was there then is not known`,
    );
  return at;
}

/** The same time of the clock so many days later. */
function daysLater(at: Instant, days: number, timezone: string): Instant {
  const ms = millisecondsOf(at);
  const found = localInstants(ms + zoneOffset(ms, timezone) + days * 86_400_000, timezone);
  return instantOf(
    found.kind === 'once' ? found.at : found.kind === 'twice' ? found.first : found.gapEnd,
  );
}
