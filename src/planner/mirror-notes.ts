import { addressOf, onMirror } from '../model/address.ts';
import type { Instant } from '../model/instant.ts';
import type { Note } from '../model/plan.ts';
import { nextDueAt } from '../schedule/due.ts';
import type { CopyDecision } from './copy-decision.ts';
import type { CopyRetention } from './copy-deletions.ts';
import type { RetainedCopies } from './copy-retention.ts';
import { removalMatches } from './deletions.ts';
import { note } from './note.ts';
import { byText } from './order.ts';
import type { MirrorSituation, Planning } from './planning.ts';

/** What is said of each mirror: that it was not seen, or what lies there that nobody expects. */
export function mirrorNotes(planning: Planning): readonly Note[] {
  return [
    ...planning.mirrors.flatMap((mirror) => situationNotes(planning, mirror)),
    ...removedCopies(planning),
  ];
}

function situationNotes(planning: Planning, situation: MirrorSituation): readonly Note[] {
  const { name, store, unseen, used, content, desired } = situation;
  const address = `mirror/${name}`;
  const of = { store: store.name };
  if (unseen !== null) {
    const facts = { ...of, code: unseen.code, message: unseen.message };
    return used ? [note('warning', address, 'mirror-unseen', facts, desired.place)] : [];
  }
  if (content === null) return [];
  return [
    ...content.unreadable.map(({ path, message }) =>
      note('warning', address, 'unreadable', { path, message }),
    ),
    ...(content.foreign > 0
      ? [note('info', address, 'foreign-entries', { entries: content.foreign })]
      : []),
    ...lostStoreNotes(situation, address),
    ...deletedNotes(planning, situation),
  ];
}

/** A store that is lost, and its copies: what brings it back. */
function lostStoreNotes({ store, content }: MirrorSituation, address: string): readonly Note[] {
  const { trouble } = store;
  if (trouble?.code !== 'lost' && trouble?.code !== 'replaced') return [];
  const chains = content?.directories.flatMap((directory) => directory.chains) ?? [];
  if (chains.length === 0) return [];
  const points = chains.reduce((sum, chain) => sum + chain.points.length, 0);
  const facts = { store: store.name, chains: chains.length, points };
  return [note('warning', address, 'mirror-of-lost-store', facts)];
}

/** Deleted copies of which nobody knows since when, or that are deleted later than now. */
function deletedNotes(
  { observed }: Planning,
  { name, directories }: MirrorSituation,
): readonly Note[] {
  return [...directories.values()].flatMap(({ deleted, name: domain }) => {
    const address = onMirror(name, addressOf(domain));
    const unknown = deleted.filter(({ deletedAt }) => deletedAt === null).length;
    const later = deleted.filter(
      ({ deletedAt }) => deletedAt !== null && deletedAt > observed.observedAt,
    ).length;
    return [
      ...(unknown === 0 ? [] : [note('warning', address, 'deleted-unknown', { points: unknown })]),
      ...(later === 0 ? [] : [note('warning', address, 'deleted-later', { points: later })]),
    ];
  });
}

/** `removed:` speaks of the points of this host: copies stay, and this says where. */
function removedCopies(planning: Planning): readonly Note[] {
  return removalMatches(planning).flatMap(({ removed }) =>
    planning.mirrors.flatMap(({ name, directories }) =>
      [...directories.values()].flatMap((directory) => {
        if (directory.uuid !== removed.uuid) return [];
        const chains = directory.chains.filter(
          ({ id }) => removed.chain === null || removed.chain === id,
        );
        if (chains.length === 0) return [];
        const points = chains.reduce((sum, chain) => sum + chain.points.length, 0);
        const address = onMirror(name, addressOf(removed.name));
        const facts = { chains: chains.length, points };
        return [note('info', address, 'removed-copies-stay', facts, removed.place)];
      }),
    ),
  );
}

/** What is said of each domain's copies. */
export function copyNotes(copies: RetainedCopies['byDecision']): readonly Note[] {
  return copies.flatMap(([decision, retention]) => [
    ...takenNotes(decision),
    ...behindNotes(decision),
    ...faultyNotes(decision),
    ...keepsNotes(decision, retention),
  ]);
}

const addressAt = ({ mirror, domain }: CopyDecision): string =>
  onMirror(mirror.name, domain.address);

function takenNotes(decision: CopyDecision): readonly Note[] {
  if (decision.when !== 'taken') return [];
  return [
    note('warning', addressAt(decision), 'mirror-name-taken', {}, decision.mirror.desired.place),
  ];
}

/** What the mirror wants and lacks after this plan: its schedule is not due, or a parent is not to be had. */
function behindNotes(decision: CopyDecision): readonly Note[] {
  const { question, chains, wanted, when, mirror, domain } = decision;
  if (question === null) return [];
  let points = 0;
  let bytes = 0;
  let oldestAt: Instant | null = null;
  for (const chain of chains) {
    if (!wanted.has(chain.id)) continue;
    points += chain.lacks;
    if (when !== 'later') continue;
    for (const { point, at } of chain.missing) {
      points += 1;
      bytes += point.bytes ?? 0;
      if (oldestAt === null || at < oldestAt) oldestAt = at;
    }
  }
  if (points === 0) return [];
  const { schedule } = mirror.desired;
  const nextAt =
    schedule === null ? null : nextDueAt(schedule, question.planning.asOf, domain.uuid);
  const isStuck = when !== 'later';
  const facts = {
    points,
    bytes,
    ...(oldestAt === null ? {} : { oldestAt }),
    ...(isStuck ? {} : { nextAt }),
  };
  return [note(isStuck ? 'warning' : 'info', addressAt(decision), 'mirror-behind', facts)];
}

/** Copies that are not valid and that no copy of this plan mends. */
function faultyNotes(decision: CopyDecision): readonly Note[] {
  let points = 0;
  const faults = new Set<string>();
  for (const { whole } of decision.chains) {
    for (const { fault } of whole.points) {
      if (fault === undefined) continue;
      points += 1;
      faults.add(fault);
    }
  }
  if (points === 0) return [];
  const facts = { points, faults: [...faults].toSorted(byText).join(', ') };
  return [note('warning', addressAt(decision), 'faulty-copies', facts)];
}

/** What the mirror's retention would let go, where this host may delete nothing. */
function keepsNotes(decision: CopyDecision, { going }: CopyRetention): readonly Note[] {
  if (decision.mirror.desired.deletes !== 'never' || going.length === 0) return [];
  const points = going.flatMap((chain) => chain.points);
  const facts = {
    chains: going.length,
    points: points.length,
    bytes: points.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  return [note('info', addressAt(decision), 'mirror-keeps', facts, decision.mirror.desired.place)];
}
