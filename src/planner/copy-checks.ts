import { onMirror } from '../model/address.ts';
import type { VerifyCopies } from '../model/check-action.ts';
import type { ChainId, DomainUuid } from '../model/identity.ts';
import type { ObservedMirrorDirectory } from '../model/observed-mirror.ts';
import type { Note } from '../model/plan.ts';
import type { CopyVerification } from '../model/verification.ts';
import { directoryFor } from './backup.ts';
import {
  bytesOf,
  checkReasons,
  dueOf,
  laterNote,
  pointsOf,
  spentBytes,
  withinBudget,
  type DuePoint,
} from './check-queue.ts';
import { note } from './note.ts';
import { grouped } from './order.ts';
import type { DomainSituation, MirrorSituation, Planning } from './planning.ts';

/** Which copies are checked by this plan, and which have to wait for another day. */
export interface PlannedCopyChecks {
  readonly actions: readonly VerifyCopies[];
  readonly notes: readonly Note[];
}

/** A domain's copies at a mirror. */
interface Copies {
  readonly domain: DomainSituation;
  readonly mirror: MirrorSituation;
  readonly there: ObservedMirrorDirectory;
}

/** What tells a chain at a mirror from all others of a plan. */
export const copiedChainKey = (mirror: string, uuid: DomainUuid, chain: ChainId): string =>
  `${mirror}/${uuid}/${chain}`;

/**
 * Copies that are due for a check, by the rules of `plannedChecks`, as many as their mirror's
 * budget of 24 hours allows, whatever store they are of. What a check found is noted beside each
 * copy, so that another host, or this one without its state, reads nothing twice. Of a mirror
 * that was not seen nothing is checked. `going`: keys of chains that this plan deletes there.
 */
export function plannedCopyChecks(
  planning: Planning,
  going: ReadonlySet<string>,
): PlannedCopyChecks {
  const actions: VerifyCopies[] = [];
  const notes: Note[] = [];
  for (const [name, situations] of grouped(planning.mirrors, (mirror) => mirror.name)) {
    const verification = situations[0]?.desired.verification;
    if (verification === undefined) continue;
    notes.push(...unseenNotes(situations));
    const all = situations.flatMap((mirror) => copiesAt(planning, mirror));
    const due = all.flatMap(({ domain, there }) => {
      const stays = there.chains.filter(
        ({ id }) => !going.has(copiedChainKey(name, domain.uuid, id)),
      );
      return dueOf(planning, domain, stays, verification).points;
    });
    const spent = situations.reduce((sum, { content }) => {
      const chains = content?.directories.flatMap((one) => one.chains) ?? [];
      return sum + spentBytes(planning, chains);
    }, 0);
    const { now, later } = withinBudget(due, verification, spent);
    const byDomain = grouped(now, ({ domain }) => domain);
    for (const copies of all) {
      const points = byDomain.get(copies.domain) ?? [];
      if (points.length > 0) actions.push(checkOf(copies, verification, points));
    }
    if (later.length === 0) continue;
    const place = situations[0]?.desired.place ?? null;
    notes.push(laterNote(`mirror/${name}`, later, verification, place));
  }
  return { actions, notes };
}

/** What there is at a mirror of the domains that are copied there; a directory of that name may be another's. */
function copiesAt(planning: Planning, mirror: MirrorSituation): readonly Copies[] {
  if (mirror.ref === null) return [];
  return planning.domains.flatMap((domain) => {
    const isCopied =
      domain.store === mirror.store && domain.desired?.mirrors.includes(mirror.name) === true;
    const there = isCopied ? mirror.directories.get(directoryFor(domain, mirror.store)) : undefined;
    return there?.uuid === domain.uuid ? [{ domain, mirror, there }] : [];
  });
}

function checkOf(
  { domain: { uuid, name, address }, mirror, there }: Copies,
  verification: CopyVerification,
  points: readonly DuePoint[],
): VerifyCopies {
  if (mirror.ref === null) throw new Error(`${mirror.name} was not seen`);
  return {
    kind: 'verify-copies',
    id: `verify-copies:${mirror.name}:${mirror.store.name}:${uuid}`,
    wave: 50,
    address: onMirror(mirror.name, address),
    dependsOn: [],
    reasons: checkReasons(points, verification),
    place: mirror.desired.place,
    blockedBy: [],
    bytes: bytesOf(points),
    domain: { uuid, name },
    mirror: mirror.ref,
    directory: there.directory,
    depth: verification.depth,
    points: pointsOf(points),
    rateBytesPerSecond: verification.rateBytesPerSecond,
  };
}

/** Whose copies are checked on a schedule, and cannot be now. */
function unseenNotes(situations: readonly MirrorSituation[]): readonly Note[] {
  return situations.flatMap(({ name, store, unseen, used, desired }) =>
    unseen === null || !used
      ? []
      : [note('info', `mirror/${name}`, 'copies-unchecked', { store: store.name }, desired.place)],
  );
}
