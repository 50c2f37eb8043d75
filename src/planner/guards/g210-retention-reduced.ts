import { onMirror } from '../../model/address.ts';
import type { Retention } from '../../model/desired.ts';
import type { RetentionMemory } from '../../model/observed-store.ts';
import { grouped } from '../order.ts';
import { rawOnly } from '../raw-only.ts';
import { finding, hiddenCopies, isRemoval, trashChains, type GuardRule } from './guard-context.ts';

/** G210: where a rule keeps less than at the last apply, somebody says yes before anything goes by it. */
export const g210RetentionReduced: GuardRule = ({ actions, byUuid }) => {
  const byRetention = trashChains(actions).filter((action) => !isRemoval(action));
  return [...grouped(byRetention, ({ domain }) => domain.uuid)].flatMap(([uuid, own]) => {
    const domain = byUuid.get(uuid);
    const before = domain?.store?.ready?.memory?.retention[uuid];
    if (domain === undefined || domain.desired === null || before === undefined) return [];
    const reduced = reductions(before, retentionMemory(domain.desired.retention), rawOnly(domain));
    if (reduced.length === 0) return [];
    return [
      finding({
        code: 'G210',
        scope: domain.address,
        effect: 'block',
        overridable: true,
        actions: own,
        facts: { reduced: reduced.join(', ') },
      }),
    ];
  });
};

/** The same of what goes at a mirror by its own rule. */
export const g210CopiesReduced: GuardRule = ({ actions, byUuid, planning }) =>
  [
    ...grouped(hiddenCopies(actions), ({ mirror, domain }) => `${mirror.name}/${domain.uuid}`),
  ].flatMap(([, own]) => {
    const [first] = own;
    const domain = first === undefined ? undefined : byUuid.get(first.domain.uuid);
    if (first === undefined || domain === undefined) return [];
    const { name } = first.mirror;
    const before = domain.store?.ready?.memory?.mirrors?.[name]?.retention[domain.uuid];
    const now = planning.desired.mirrors.find((mirror) => mirror.name === name);
    if (before === undefined || now === undefined) return [];
    const reduced = reductions(before, retentionMemory(now.retention), rawOnly(domain));
    if (reduced.length === 0) return [];
    return [
      finding({
        code: 'G210',
        scope: onMirror(name, domain.address),
        effect: 'block',
        overridable: true,
        actions: own,
        facts: { reduced: reduced.join(', ') },
      }),
    ];
  });

/** The numbers of a retention, for the next plan to compare with. */
export function retentionMemory({ chain, keep, minPoints }: Retention): RetentionMemory {
  return {
    maxPoints: chain.maxPoints,
    minPoints,
    keep:
      keep === null
        ? null
        : Object.fromEntries(
            Object.entries(keep).flatMap(([rule, count]: readonly [string, unknown]) =>
              typeof count === 'number' ? [[rule, count] as const] : [],
            ),
          ),
  };
}

/** What was reduced or removed, as `daily 14 to 7`. */
function reductions(
  before: RetentionMemory,
  now: RetentionMemory,
  isRawOnly: boolean,
): readonly string[] {
  const found: string[] = [];
  if (now.minPoints < before.minPoints) {
    found.push(`minPoints ${before.minPoints} to ${now.minPoints}`);
  }
  // Elsewhere a shorter chain keeps no less; here it is a factor of `chains`.
  if (isRawOnly && now.maxPoints < before.maxPoints) {
    found.push(`maxPoints ${before.maxPoints} to ${now.maxPoints}`);
  }
  if (now.keep === null) return found;
  if (before.keep === null) return [...found, 'all to some'];
  for (const rule of Object.keys(before.keep).toSorted()) {
    const was = before.keep[rule] ?? 0;
    const is = now.keep[rule] ?? 0;
    if (is < was) found.push(`${rule} ${was} to ${is}`);
  }
  return found;
}
