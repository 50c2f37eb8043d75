import type { DesiredDomain } from '../../model/desired.ts';
import { instantOf, type Instant } from '../../model/instant.ts';
import type { ObservedDirectory } from '../../model/observed-store.ts';
import type { SimulatedChain, SimulatedDomain } from '../../model/simulation.ts';
import { retentionVerdicts } from '../../planner/retention-words.ts';
import type { DomainChange } from './changes.ts';
import type { Fate } from './forecast.ts';
import { peakOf, usageOf } from './usage.ts';
import { newestMs, readyStores, worldAt, worldOf, type World } from './world.ts';

/** What the domains of one fate have in common, told for each of them. */
export function domainReports(
  start: World,
  fate: Fate,
  given: {
    readonly endAt: Instant;
    readonly startAt: Instant;
    readonly changes: ReadonlyMap<string, DomainChange>;
    readonly sizes: (uuid: string) => number;
  },
): readonly SimulatedDomain[] {
  const [first] = fate.uuids;
  if (first === undefined) return [];
  const before = usageOf(worldOf(start, new Set([first])));
  const own = fate.events.filter(({ uuid }) => uuid === first);
  const { peak } = peakOf(
    before,
    own.map((event) => ({ event, domains: 1 })),
    given.startAt,
  );
  const counts = countsOf(own);
  const rest = remains(fate, given.endAt);
  const gap = worstGap(start, fate, given.endAt);
  return start.desired.domains
    .filter(({ uuid }) => fate.uuids.includes(uuid))
    .map((domain): SimulatedDomain => {
      const change = given.changes.get(domain.uuid);
      return {
        uuid: domain.uuid,
        name: domain.name,
        store: domain.store,
        schedule: domain.schedule.name,
        retention: domain.retention.name,
        place: { file: domain.place.file, line: domain.place.line },
        dataBytes: given.sizes(domain.uuid),
        changePerDay: change?.perDay ?? 0,
        changeFrom: change?.from ?? 'assumed',
        ...counts,
        peakBytes: peak.bytes,
        peakAt: peak.at,
        worstGap: gap,
        rpoSeconds: domain.rpoSeconds,
        rpo: rpoOf(domain, fate, gap),
        verdict: fate.verdict.verdict,
        reasons: fate.verdict.reasons,
        ...rest,
      };
    });
}

function countsOf(events: Fate['events']) {
  const counts = { fulls: 0, increments: 0, writtenBytes: 0, deletedChains: 0, deletedPoints: 0 };
  for (const event of events) {
    if (event.kind === 'backup') {
      counts.writtenBytes += event.bytes;
      if (event.level === 'full') counts.fulls += 1;
      else counts.increments += 1;
    } else if (event.kind === 'trash') {
      counts.deletedChains += 1;
      counts.deletedPoints += event.points;
    }
  }
  return counts;
}

function directoryOf(
  { observed }: World,
  { uuid, store }: DesiredDomain,
): ObservedDirectory | undefined {
  return readyStores(observed)
    .find(({ name }) => name === store)
    ?.state.directories.find((one) => one.uuid === uuid);
}

/**
 * The longest time between neighbouring points, of which the later is taken in
 * the simulated time, and from the last one to the end. What lies before a point
 * that the first apply takes is no work of the policy.
 */
function worstGap(start: World, fate: Fate, endAt: Instant): SimulatedDomain['worstGap'] {
  const [first] = fate.uuids;
  const domain = start.desired.domains.find(({ uuid }) => uuid === first);
  const taken = fate.events.flatMap(({ kind, uuid, atMs }) =>
    kind === 'backup' && uuid === first ? [atMs] : [],
  );
  // A domain that is off and proven unchanged loses nothing, however old its point is.
  if (domain === undefined || fate.verdict.reasons.includes('unchanged')) return null;
  const isFirstAtOnce = taken[0] === Date.parse(start.observed.observedAt);
  const knownMs = newestMs(directoryOf(start, domain));
  if (taken.length === 0 && knownMs === null) return null;
  const times = [
    ...(isFirstAtOnce || knownMs === null ? [] : [knownMs]),
    ...taken,
    Date.parse(endAt),
  ];
  let [from, to] = [times[0] ?? 0, times[0] ?? 0];
  for (const [index, atMs] of times.entries()) {
    const beforeMs = times[index - 1];
    if (beforeMs === undefined || atMs - beforeMs <= to - from) continue;
    [from, to] = [beforeMs, atMs];
  }
  return { seconds: Math.round((to - from) / 1000), from: instantOf(from), to: instantOf(to) };
}

function rpoOf(
  { rpoSeconds }: DesiredDomain,
  { verdict }: Fate,
  gap: SimulatedDomain['worstGap'],
): SimulatedDomain['rpo'] {
  if (rpoSeconds === null) return 'none';
  if (gap === null) return verdict.reasons.includes('unchanged') ? 'met' : 'missed';
  return gap.seconds <= rpoSeconds ? 'met' : 'missed';
}

// Follows from another point of the chain, or is true of any chain.
const dull: ReadonlySet<string> = new Set(['chain of a kept point']);

/** The chains that are there at the end, each with what keeps it. */
function remains(
  { end, uuids }: Fate,
  endAt: Instant,
): { readonly chains: readonly SimulatedChain[]; readonly trashBytes: number } {
  const world = worldAt(end, endAt);
  const [first] = uuids;
  const words = new Map<string, Set<string>>();
  for (const { domain, chain, keptBy } of retentionVerdicts(world.desired, world.observed)) {
    if (domain.uuid !== first) continue;
    const known = words.get(chain) ?? new Set();
    for (const word of keptBy) if (!dull.has(word)) known.add(word);
    words.set(chain, known);
  }
  const stores = readyStores(end.observed).map(({ state }) => state);
  return {
    chains: stores
      .flatMap(({ directories }) => directories.filter(({ uuid }) => uuid === first))
      .flatMap(({ chains }) => chains)
      .map(({ id, points }) => ({
        beganAt: points[0]?.at ?? endAt,
        endedAt: points.at(-1)?.at ?? endAt,
        points: points.length,
        bytes: points.reduce((sum, { bytes }) => sum + bytes, 0),
        keptBy: [...(words.get(id) ?? [])],
      })),
    trashBytes: stores
      .flatMap(({ trash }) => trash.filter(({ uuid }) => uuid === first))
      .reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
