import type { Action } from '../model/action.ts';
import { addressOf, onMirror } from '../model/address.ts';
import type { CopyOfPoint, HideCopies, PurgeCopies } from '../model/copy-action.ts';
import type { ChainId } from '../model/identity.ts';
import { addSeconds, millisecondsOf, type Instant } from '../model/instant.ts';
import type { ObservedDeletedPoint, ObservedMirrorDirectory } from '../model/observed-mirror.ts';
import type { ObservedChain } from '../model/observed-store.ts';
import { nextDueAt } from '../schedule/due.ts';
import { placeOfPoint } from './chains-beside.ts';
import type { CopyDecision } from './copy-decision.ts';
import type { CopyQuestion } from './copy-question.ts';
import { byText, grouped } from './order.ts';
import type { MirrorSituation, Planning } from './planning.ts';
import { retentionWords } from './retention-words.ts';
import { judge, judgeNext, type Judgement } from './retention.ts';

/** What a mirror's own retention lets go of one domain. */
export interface CopyRetention {
  /** Empty where the policy gives no right to delete. */
  readonly hides: readonly HideCopies[];
  /** The chains that go, or would. */
  readonly going: readonly ObservedChain[];
  /** Chains that are doomed, or will be by the next point. */
  readonly doomed: readonly ChainId[];
}

const nothing: CopyRetention = { hides: [], going: [], doomed: [] };

/** Judges a domain's copies as they will be after this plan's own copies, from what is at the mirror alone. */
export function copyRetention({ question, chains, copies }: CopyDecision): CopyRetention {
  if (question === null || question.there === null) return nothing;
  const { planning, domain, desired, mirror, rule, tip } = question;
  // Of a domain that is gone nothing new will come: its copies stay.
  if (domain.observed === null && domain.unseen === null) return nothing;
  if (rule.retention.keep === null) return nothing;
  const copied = new Set(copies.map(({ chain }) => chain));
  const after = chains.flatMap(({ id, whole, there }): readonly ObservedChain[] => {
    if (copied.has(id)) return [whole];
    // What is held in the store would be copied again: no reason to delete it there.
    return there === null ? [] : [isHeld(whole) ? { ...there, held: true } : there];
  });
  const judgement = judge({ chains: after, incoming: [], tip }, planning, [], rule);
  const going = chainsAt(judgement);
  const schedule = mirror.desired.schedule ?? desired.schedule;
  const nextMs = millisecondsOf(nextDueAt(schedule, planning.asOf, domain.uuid));
  const next = chainsAt(judgeNext(judgement, nextMs, rule));
  return {
    hides:
      mirror.desired.deletes === 'never'
        ? []
        : going.map((chain) =>
            hideOf(
              question,
              chain,
              copies.map(({ id }) => id),
            ),
          ),
    going,
    doomed: [...new Set([...going, ...next].map(({ id }) => id))].toSorted(byText),
  };
}

const isHeld = ({ held, points }: ObservedChain): boolean =>
  held || points.some((point) => point.held === true);

function chainsAt({ line, doomed }: Judgement): readonly ObservedChain[] {
  return doomed.flatMap((index) => line.chains[index]?.observed ?? []);
}

function hideOf(
  { planning, domain: { uuid, name }, mirror, directory, backupId, rule }: CopyQuestion,
  chain: ObservedChain,
  copies: readonly string[],
): HideCopies {
  if (mirror.ref === null) throw new Error(`${mirror.name} was not seen`);
  const points = chain.points
    .toSorted((a, b) => a.sequence - b.sequence)
    .map((point): CopyOfPoint => {
      const { id, sequence, bytes } = point;
      return { id, directory: placeOfPoint(point), sequence, bytes };
    });
  return {
    kind: 'hide-copies',
    id: `hide-copies:${mirror.name}:${mirror.store.name}:${uuid}:${chain.id}`,
    wave: 90,
    address: onMirror(mirror.name, addressOf(name, chain.id)),
    // G208: also the backup whose point is copied there another time.
    dependsOn: [...(backupId === null ? [] : [backupId]), ...copies],
    reasons: [{ code: 'kept-by-no-rule', facts: { rule: retentionWords(rule.retention) } }],
    place: mirror.desired.place,
    blockedBy: [],
    bytes: chain.points.reduce((sum, { bytes }) => sum + bytes, 0),
    domain: { uuid, name },
    mirror: mirror.ref,
    directory,
    chain: chain.id,
    points,
    purgeAfter: addSeconds(planning.asOf, mirror.desired.trashKeepSeconds),
  };
}

/** Data of deleted copies whose time is over; of a chain with a held one, nothing. */
export function copyPurges(planning: Planning, actions: readonly Action[]): readonly PurgeCopies[] {
  // A point that is copied again is no longer deleted.
  const back = new Set(
    actions.flatMap((action) =>
      action.kind === 'copy-points'
        ? action.points.map(
            (point) =>
              `${action.mirror.name}/${action.directory}/${action.chain}/${point.directory}`,
          )
        : [],
    ),
  );
  return planning.mirrors.flatMap((mirror) => {
    if (mirror.ref === null || mirror.desired.deletes === 'never') return [];
    return [...mirror.directories.values()]
      .toSorted((a, b) => byText(a.directory, b.directory))
      .flatMap((directory) => {
        const chains = grouped(directory.deleted, ({ chain }) => chain);
        return [...chains]
          .toSorted(([a], [b]) => byText(a, b))
          .flatMap(([chain, points]) => {
            if (points.some(({ held }) => held === true)) return [];
            const over = points.filter(
              (point) =>
                isOver(planning, mirror, point) &&
                !back.has(`${mirror.name}/${directory.directory}/${chain}/${point.pointDirectory}`),
            );
            return over.length === 0 ? [] : [purgeOf(planning, mirror, directory, chain, over)];
          });
      });
  });
}

/** Whether a deleted copy's time is over; never, when nobody knows since when it is deleted. */
function isOver(
  { asOf }: Planning,
  { desired }: MirrorSituation,
  { deletedAt }: ObservedDeletedPoint,
): boolean {
  return deletedAt !== null && addSeconds(deletedAt, desired.trashKeepSeconds) <= asOf;
}

function purgeOf(
  planning: Planning,
  mirror: MirrorSituation,
  { directory, uuid, name: lastName }: ObservedMirrorDirectory,
  chain: ChainId,
  over: readonly ObservedDeletedPoint[],
): PurgeCopies {
  if (mirror.ref === null) throw new Error(`${mirror.name} was not seen`);
  const points = over.toSorted((a, b) => a.sequence - b.sequence);
  const name = planning.domains.find((domain) => domain.uuid === uuid)?.name ?? lastName;
  const trashedAt = points.reduce<Instant>(
    (last, { deletedAt }) => (deletedAt !== null && deletedAt > last ? deletedAt : last),
    '',
  );
  return {
    kind: 'purge-copies',
    id: `purge-copies:${mirror.name}:${mirror.store.name}:${directory}:${chain}`,
    wave: 90,
    address: onMirror(mirror.name, addressOf(name, chain)),
    dependsOn: [],
    reasons: [{ code: 'trash-expired', facts: { trashedAt } }],
    place: mirror.desired.place,
    blockedBy: [],
    bytes: points.reduce((sum, { bytes }) => sum + bytes, 0),
    domain: { uuid, name },
    mirror: mirror.ref,
    directory,
    chain,
    points: points.map(({ id, pointDirectory, sequence, bytes }) => ({
      id,
      directory: pointDirectory,
      sequence,
      bytes,
    })),
  };
}
