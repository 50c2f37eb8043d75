import type { Backup } from '../../model/backup-action.ts';
import type { DesiredDomain } from '../../model/desired.ts';
import type { ChainId, StoreId } from '../../model/identity.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ObservedPoint,
} from '../../model/observed-store.ts';
import type { ObservedState } from '../../model/observed.ts';
import { decideCopies } from '../../planner/copy-decision.ts';
import { retainCopies } from '../../planner/copy-retention.ts';
import type { DomainDecision } from '../../planner/domain-decision.ts';
import { planningOf } from '../../planner/planning-of.ts';
import { added, withCopies, withDirectory } from './mirror-world.ts';
import type { World } from './world.ts';

/** Whether a domain's mirrors take each point right after its backup: others are planned in full. */
export function mayLeap({ desired: { mirrors } }: World, domain: DesiredDomain): boolean {
  return domain.mirrors.every((name) =>
    mirrors.some((mirror) => mirror.name === name && mirror.schedule === null),
  );
}

/** What the planner decides of a domain on a routine night. */
export const decisionOf = (backup: Backup): DomainDecision => ({
  verdict: 'acted-on',
  reasons: [],
  freshMs: null,
  repairs: [],
  backup,
});

/** What a world's mirrors get with a backup, and what their own retention dooms then. */
export function copiesAt(
  { desired, observed }: World,
  backup: Backup,
): {
  readonly isRoutine: boolean;
  readonly doomed: Readonly<Record<string, Readonly<Record<string, readonly ChainId[]>>>>;
} {
  const planning = planningOf(desired, observed);
  const decisions = new Map([[backup.domain.uuid, decisionOf(backup)]]);
  const copies = decideCopies(planning, decisions, new Set());
  const { hides, doomed } = retainCopies(copies);
  const isRoutine =
    hides.length === 0 &&
    [...copies.values()].every(({ when, copies: own }) => {
      const points = own.flatMap((copy) => copy.points);
      return when === 'now' && points.length === 1 && points[0]?.id === backup.point;
    });
  return { isRoutine, doomed };
}

/** Whether nothing but this backup and its copies happens: each mirror has all it wants, and lets nothing go. */
export function isQuietAt(world: World, backup: Backup): boolean {
  return copiesAt(world, backup).isRoutine;
}

/** The world with these points at all mirrors of a domain. */
export function withPoints(
  observed: ObservedState,
  { mirrors, name, uuid }: DesiredDomain,
  {
    store,
    directory: { directory },
    live,
    points,
  }: {
    readonly store: StoreId;
    readonly directory: ObservedDirectory;
    readonly live: ObservedChain;
    readonly points: readonly ObservedPoint[];
  },
): ObservedState {
  return mirrors.reduce(
    (state, mirror) =>
      withCopies(state, mirror, store, (content) =>
        withDirectory(content, { directory, uuid, name }, (there) => ({
          ...there,
          chains: added(there.chains, live, points),
        })),
      ),
    observed,
  );
}
