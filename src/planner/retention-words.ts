import type { DesiredDomain, DesiredState, Keep, Retention } from '../model/desired.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import type { PointVerdict } from '../model/plan.ts';
import { planningOf } from './planning-of.ts';
import type { DomainSituation, Place, Planning } from './planning.ts';
import { rawOnly } from './raw-only.ts';
import { judge, mark, type Judgement } from './retention.ts';
import { inOrder } from './timeline.ts';

const units = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

/** Seconds in the policy's own form: `14d`, `36h`. */
function durationWords(seconds: number): string {
  const [size, letter] = units.find(([unit]) => seconds % unit === 0) ?? [1, 's'];
  return `${seconds / size}${letter}`;
}

const countRules = ['chains', 'last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** Each rule of a `keep`, as people write it: `last 7`, `daily 14`, `within 30d`. */
function ruleWords(keep: Keep): readonly (readonly [bit: number, words: string])[] {
  const counts = countRules.flatMap((rule) => {
    const count = keep[rule];
    return count === undefined ? [] : [[mark[rule], `${rule} ${count}`] as const];
  });
  if (keep.withinSeconds === undefined) return counts;
  return [...counts, [mark.within, `within ${durationWords(keep.withinSeconds)}`]];
}

/** The rules in force, in one text: `last 7 daily 14 monthly 12`. */
export function retentionWords({ keep }: Retention): string {
  if (keep === null) return 'keep all';
  return ruleWords(keep)
    .map(([, words]) => words)
    .join(' ');
}

/** Words for the bits of a mark, in the order of the rules. */
function markWords(bits: number, retention: Retention): readonly string[] {
  const table: readonly (readonly [number, string])[] = [
    [mark.all, 'keep all'],
    [mark.newest, 'newest valid'],
    [mark.live, 'live chain'],
    ...ruleWords(retention.keep ?? {}),
  ];
  const words = table.flatMap(([bit, word]) => ((bits & bit) === 0 ? [] : [word]));
  const isFloor = words.length === 0 && (bits & mark.minPoints) !== 0;
  return isFloor ? [`min points ${retention.minPoints}`] : words;
}

/**
 * Why each point of the policy's stores is kept now, or that nothing keeps it:
 * one verdict a point, by domain, store, chain and sequence. Points of domains
 * that the policy does not manage are kept as such.
 */
export function retentionVerdicts(
  desired: DesiredState,
  observed: ObservedState,
): readonly PointVerdict[] {
  const planning = planningOf(desired, observed);
  return planning.domains.flatMap((domain) => [
    ...(domain.store !== null && domain.directory !== null && domain.desired !== null
      ? managedVerdicts(planning, domain, { store: domain.store, directory: domain.directory })
      : []),
    ...domain.elsewhere.flatMap((place) =>
      place.directory.chains.flatMap((chain) =>
        chain.points.map((point) =>
          verdict(domain, place, chain.id, point.id, ['not in the policy']),
        ),
      ),
    ),
  ]);
}

function verdict(
  { uuid, name }: DomainSituation,
  { store }: Place,
  chain: PointVerdict['chain'],
  point: PointVerdict['point'],
  kept: readonly string[],
): PointVerdict {
  return { domain: { uuid, name }, store: store.name, chain, point, keptBy: kept };
}

function managedVerdicts(
  planning: Planning,
  domain: DomainSituation,
  place: Place,
): readonly PointVerdict[] {
  const managed = domain.desired;
  if (managed === null) return [];
  const judgement = judge(place.directory, planning, [], {
    retention: managed.retention,
    timezone: planning.desired.timezone,
    rawOnly: rawOnly(domain),
  });
  return judgement.line.chains.flatMap(({ observed: chain }, index) =>
    chain === null
      ? []
      : pointWords(judgement, index, { managed, until: planning.observed.observedAt }).map(
          ([point, words]) => verdict(domain, place, chain.id, point, words),
        ),
  );
}

/** The words of each point of one chain, its faulty points too. */
function pointWords(
  { line, kept, doomed }: Judgement,
  index: number,
  { managed, until }: { readonly managed: DesiredDomain; readonly until: Instant },
): readonly (readonly [PointVerdict['point'], readonly string[]])[] {
  const chain = line.chains[index];
  const points = inOrder(chain?.observed?.points ?? [], (a, b) => a.sequence - b.sequence);
  let next = line.chain.indexOf(index);
  const own = points.map((point): readonly string[] => {
    const counted = point.fault === undefined && point.at <= until;
    const bits = counted ? (kept.points[next] ?? 0) : 0;
    if (counted) next += 1;
    return [
      ...(point.held === true || chain?.observed?.held === true ? ['held'] : []),
      ...markWords(bits | (kept.chains[index] ?? 0), managed.retention),
    ];
  });
  const isKept = own.some((words) => words.length > 0);
  const isBroken = !isKept && chain?.untouchable === null && !doomed.includes(index);
  const whole =
    chain?.untouchable === 'future'
      ? ['later than the observation']
      : chain?.untouchable === 'not-readable'
        ? ['manifest not readable']
        : isBroken
          ? ['faulty, its time is not over']
          : [];
  return points.map(({ id }, position) => {
    const words = [...(own[position] ?? []), ...whole];
    return [id, words.length === 0 && isKept ? ['chain of a kept point'] : words] as const;
  });
}
