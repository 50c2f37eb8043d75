import { addressOf } from '../../model/address.ts';
import type { DomainUuid } from '../../model/identity.ts';
import { instantOf, millisecondsOf, type Instant } from '../../model/instant.ts';
import type {
  SimulatedGuard,
  SimulatedMirror,
  SimulatedStore,
  SimulationReport,
} from '../../model/simulation.ts';
import { dailyChanges } from './changes.ts';
import { clockChanges } from './clock-changes.ts';
import { domainReports } from './domain-report.ts';
import { listedEvents } from './events.ts';
import { forecast, type Fate } from './forecast.ts';
import type { SizeModel } from './sizes.ts';
import { daysOf, inTime, peakOf, usageAt, usageOf, type CountedEvent } from './usage.ts';
import type { World } from './world.ts';

/** What is simulated, and how. */
export interface SimulationInput {
  readonly world: World;
  readonly endAt: Instant;
  /** null: from history, else assumed. */
  readonly changePerDay: number | null;
  readonly growthPerYear: number;
  /** Data of each disk by domain and target, in bytes. */
  readonly disks: ReadonlyMap<DomainUuid, ReadonlyMap<string, number>>;
  /** Bytes that may be added to each store before its reserve is touched. */
  readonly room: ReadonlyMap<string, number>;
  readonly listEvents: boolean;
  /** What is told as it was given. */
  readonly told: Pick<SimulationReport, 'host' | 'from' | 'remarks'> & {
    readonly diskBytes: number | null;
    readonly perPattern: number | null;
    readonly jitterLeftOut: boolean;
  };
}

/** What a policy will do over a time: the planner's own plans, one after the other, over a modelled world. */
export function simulate(input: SimulationInput): SimulationReport {
  const { world, endAt, told } = input;
  const { desired, observed } = world;
  const startAt = observed.observedAt;
  const span = {
    startMs: millisecondsOf(startAt),
    untilMs: millisecondsOf(endAt),
    timezone: desired.timezone,
  };
  const disks = new Map<string, ReadonlyMap<string, number>>(input.disks);
  const dataBytes = (uuid: string): number =>
    [...(disks.get(uuid)?.values() ?? [])].reduce((sum, bytes) => sum + bytes, 0);
  const changes = dailyChanges(world, dataBytes, input.changePerDay);
  const sizes: SizeModel = {
    startMs: span.startMs,
    yearlyGrowth: input.growthPerYear,
    domains: new Map(
      [...input.disks].map(([uuid, own]) => [
        uuid,
        { disks: own, dailyChange: changes.get(uuid)?.perDay ?? 0 },
      ]),
    ),
  };
  const fates = forecast(world, { untilMs: span.untilMs, sizes });
  const events = inTime(fates);
  const before = usageOf(world);
  const days = daysOf(before, events, span);
  const domains = fates
    .flatMap((fate) => domainReports(world, fate, { startAt, endAt, changes, sizes: dataBytes }))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.uuid < b.uuid ? -1 : 1));
  const { file, digest, branch, commit } = desired.policy;
  return {
    formatVersion: 1,
    policy: { file, digest, branch, commit },
    timezone: desired.timezone,
    host: told.host,
    from: told.from,
    startAt,
    endAt,
    assumptions: {
      growthPerYear: input.growthPerYear,
      diskBytes: told.diskBytes,
      perPattern: told.perPattern,
      jitterLeftOut: told.jitterLeftOut,
    },
    totals: totalsOf(days, peakOf(before, events, startAt).peak),
    stores: storesOf(input, events),
    mirrors: mirrorsOf(world, fates, span),
    domains,
    days,
    clockChanges: clockChanges(
      desired.domains.map(({ schedule }) => schedule),
      span.startMs,
      span.untilMs,
    ),
    guards: guardsOf(world, fates),
    remarks: told.remarks,
    events: input.listEvents ? listedEvents(world, fates) : null,
  };
}

function totalsOf(
  days: SimulationReport['days'],
  peak: { readonly bytes: number; readonly at: Instant },
): SimulationReport['totals'] {
  const sum = (value: (day: SimulationReport['days'][number]) => number): number =>
    days.reduce((all, day) => all + value(day), 0);
  const last = days.at(-1);
  return {
    fulls: sum(({ fulls }) => fulls),
    increments: sum(({ increments }) => increments),
    writtenBytes: sum(({ writtenBytes }) => writtenBytes),
    deletedChains: sum(({ deletedChains }) => deletedChains),
    deletedPoints: sum(({ deletedPoints }) => deletedPoints),
    freedBytes: sum(({ freedBytes }) => freedBytes),
    peakBytes: peak.bytes,
    peakAt: peak.at,
    points: last?.points ?? 0,
    pointBytes: last?.pointBytes ?? 0,
    trashBytes: last?.trashBytes ?? 0,
  };
}

/** What each mirror has to hold, day by day. */
function mirrorsOf(
  world: World,
  fates: readonly Fate[],
  span: { readonly startMs: number; readonly untilMs: number; readonly timezone: string },
): readonly SimulatedMirror[] {
  return world.desired.mirrors.map(({ name, target, deletes }) => {
    const before = usageAt(world, name);
    const events = inTime(fates, ({ copies }) =>
      copies.flatMap(({ mirror, event }) => (mirror === name ? [event] : [])),
    );
    const days = daysOf(before, events, span);
    const { peak } = peakOf(before, events, world.observed.observedAt);
    const { fulls, increments, writtenBytes, ...totals } = totalsOf(days, peak);
    return {
      name,
      target,
      deletes,
      copiedPoints: fulls + increments,
      copiedBytes: writtenBytes,
      ...totals,
      days,
    };
  });
}

function storesOf(
  { world, room }: SimulationInput,
  events: readonly CountedEvent[],
): readonly SimulatedStore[] {
  return world.desired.stores.map(({ name, path }): SimulatedStore => {
    const before = usageOf(world, name);
    const own = events.filter(({ event }) => event.store === name);
    const usedBytes = before.pointBytes + before.trashBytes;
    const roomBytes = room.get(name) ?? null;
    const limit = roomBytes === null ? Infinity : usedBytes + roomBytes;
    const { peak, exceededAt, endBytes } = peakOf(before, own, world.observed.observedAt, limit);
    return {
      name,
      path,
      peakBytes: peak.bytes,
      peakAt: peak.at,
      endBytes,
      roomBytes,
      fullAt: exceededAt,
    };
  });
}

/** Guards by code and effect, each with all that it speaks of. */
function guardsOf({ desired }: World, fates: readonly Fate[]): readonly SimulatedGuard[] {
  const names = new Map(desired.domains.map(({ uuid, name }) => [uuid, name]));
  const found = new Map<
    string,
    { scopes: Set<string>; firstMs: number; plans: Set<number>; chains: number }
  >();
  for (const { uuids, guards } of fates) {
    const [first] = uuids;
    const own = first === undefined ? '' : addressOf(names.get(first) ?? '');
    for (const { code, effect, scope, atMs, chains } of guards) {
      const key = `${code} ${effect}`;
      const known = found.get(key) ?? {
        scopes: new Set(),
        firstMs: atMs,
        plans: new Set(),
        chains: 0,
      };
      // A mirror's name may stand before the domain's.
      const at = scope.slice(0, scope.length - own.length);
      const isOwn = own !== '' && scope === `${at}${own}` && (at === '' || at.endsWith(':'));
      for (const uuid of isOwn ? uuids : [])
        known.scopes.add(`${at}${addressOf(names.get(uuid) ?? '')}`);
      if (!isOwn) known.scopes.add(scope);
      known.firstMs = Math.min(known.firstMs, atMs);
      known.plans.add(atMs);
      known.chains = Math.max(known.chains, chains);
      found.set(key, known);
    }
  }
  return [...found]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { scopes, firstMs, plans, chains }]) => ({
      code: key.slice(0, 4),
      effect: key.endsWith('allowed') ? 'allowed' : 'blocked',
      scopes: [...scopes].toSorted(),
      firstAt: instantOf(firstMs),
      plans: plans.size,
      chains,
    }));
}
