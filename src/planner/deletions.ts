import { addressOf } from '../model/address.ts';
import type { Removed, SourcePlace } from '../model/desired.ts';
import type { ChainId } from '../model/identity.ts';
import { addSeconds, millisecondsOf } from '../model/instant.ts';
import type { ObservedChain, ObservedDirectory } from '../model/observed-store.ts';
import type { Reason } from '../model/reason.ts';
import type { PurgeTrash, TrashChain } from '../model/store-action.ts';
import { nextDueAt } from '../schedule/due.ts';
import type { DomainDecision } from './domain-decision.ts';
import { byText } from './order.ts';
import type { DomainSituation, Place, Planning } from './planning.ts';
import { rawOnly } from './raw-only.ts';
import { retentionWords } from './retention-words.ts';
import { judge, judgeNext, type Judgement, type RetentionRule } from './retention.ts';
import { inOrder, timelineOf, type AddedPoint } from './timeline.ts';

/** What the retention lets go of one domain. */
export interface RetentionOutcome {
  readonly trash: readonly TrashChain[];
  /** Chains that are doomed, or will be by the next full: what a rotation of the policy in force is. */
  readonly doomed: readonly ChainId[];
}

const nothing: RetentionOutcome = { trash: [], doomed: [] };

/** Judges a domain's points as they will be after this plan's own backup of it. */
export function retentionOutcome(
  planning: Planning,
  domain: DomainSituation,
  decision: DomainDecision,
): RetentionOutcome {
  const { desired, directory, store } = domain;
  if (desired === null || directory === null || store === null) return nothing;
  if (store.ref === null || store.trouble !== null) return nothing;
  // Of a domain that is gone nothing new will come: what is there stays.
  if (domain.observed === null && domain.unseen === null) return nothing;
  if (desired.retention.keep === null) return nothing;
  const rule: RetentionRule = {
    retention: desired.retention,
    timezone: planning.desired.timezone,
    rawOnly: rawOnly(domain),
  };
  const { backup } = decision;
  const added: readonly AddedPoint[] =
    backup === null
      ? []
      : [{ atMs: planning.asOfMs, chain: backup.level === 'full' ? null : backup.chain }];
  const judgement = judge(withoutRemoved(planning, domain, directory), planning, added, rule);
  const doomed = chainsAt(judgement);
  const nextMs = millisecondsOf(nextDueAt(desired.schedule, planning.asOf, domain.uuid));
  const next = chainsAt(judgeNext(judgement, nextMs, rule));
  const reason: Reason = {
    code: 'kept-by-no-rule',
    facts: { rule: retentionWords(desired.retention) },
  };
  const place = { store, directory };
  return {
    trash: doomed.map((chain) =>
      trashOf(planning, domain, place, {
        chain,
        reason,
        place: desired.place,
        dependsOn: backup === null ? [] : [backup.id],
      }),
    ),
    doomed: [...new Set([...doomed, ...next].map(({ id }) => id))].toSorted(byText),
  };
}

/** What a sentence of the policy removes takes no other point's place. */
function withoutRemoved(
  planning: Planning,
  { uuid }: DomainSituation,
  directory: ObservedDirectory,
): ObservedDirectory {
  if (!planning.desired.removed.some((removed) => removed.uuid === uuid)) return directory;
  const gone = new Set(
    removalMatches(planning).flatMap(({ removed, domain, refusal }) =>
      domain?.uuid === uuid && refusal === null ? [removed.chain] : [],
    ),
  );
  return { ...directory, chains: directory.chains.filter(({ id }) => !gone.has(id)) };
}

function chainsAt({ line, doomed }: Judgement): readonly ObservedChain[] {
  return doomed.flatMap((index) => line.chains[index]?.observed ?? []);
}

interface Trash {
  readonly chain: ObservedChain;
  readonly reason: Reason;
  readonly place: SourcePlace;
  readonly dependsOn: readonly string[];
}

function trashOf(
  planning: Planning,
  { uuid, name }: Pick<DomainSituation, 'uuid' | 'name'>,
  { store, directory }: Place,
  { chain, reason, place, dependsOn }: Trash,
): TrashChain {
  if (store.ref === null) throw new Error(`${store.name} is not there`);
  const points = inOrder(chain.points, (a, b) => a.sequence - b.sequence);
  return {
    kind: 'trash-chain',
    id: `trash-chain:${store.name}:${uuid}:${chain.id}`,
    wave: 90,
    address: addressOf(name, chain.id),
    dependsOn,
    reasons: [reason],
    place,
    blockedBy: [],
    bytes: points.reduce((sum, { bytes }) => sum + bytes, 0),
    domain: { uuid, name },
    store: store.ref,
    directory: directory.directory,
    chain: chain.id,
    points: points.map(({ id }) => id),
    purgeAfter: addSeconds(planning.asOf, store.desired.trashKeepSeconds),
    ...(store.ready?.sharesBlocks === true ? { freesAtMost: true } : {}),
  };
}

/** The directories that a `removed:` speaks of, and why it is not followed where it is not. */
export interface RemovalMatch {
  readonly removed: Removed;
  readonly domain: DomainSituation | null;
  readonly places: readonly Place[];
  /** managed: the policy backs it up too. name-differs: the uuid has another name. nothing: no points. */
  readonly refusal: 'managed' | 'name-differs' | 'nothing' | null;
}

/** Finds what each `removed:` speaks of. */
export function removalMatches({ desired, domains }: Planning): readonly RemovalMatch[] {
  const known = new Map(domains.map((domain) => [domain.uuid, domain]));
  return desired.removed.map((removed): RemovalMatch => {
    const domain = known.get(removed.uuid) ?? null;
    const places = domain === null ? [] : allPlaces(domain);
    return { removed, domain, places, refusal: refusalOf(removed, domain, places) };
  });
}

function allPlaces({ store, directory, elsewhere }: DomainSituation): readonly Place[] {
  return store === null || directory === null ? elsewhere : [{ store, directory }, ...elsewhere];
}

function refusalOf(
  removed: Removed,
  domain: DomainSituation | null,
  places: readonly Place[],
): RemovalMatch['refusal'] {
  const chains = places.flatMap(({ directory }) => directory.chains);
  const isThere = chains.some(({ id }) => removed.chain === null || id === removed.chain);
  if (domain === null || !isThere) return 'nothing';
  const names = [domain.name, ...places.map(({ directory }) => directory.name)];
  if (!names.includes(removed.name)) return 'name-differs';
  return domain.desired !== null && removed.chain === null ? 'managed' : null;
}

/**
 * What `removed:` deletes: the sentence that permits what retention never may,
 * a domain's last point. Chains without readable manifests stay (I7).
 */
export function removals(
  planning: Planning,
  decisions: ReadonlyMap<string, DomainDecision>,
): readonly TrashChain[] {
  return removalMatches(planning).flatMap(({ removed, domain, places, refusal }) => {
    if (domain === null || refusal !== null) return [];
    const backup = decisions.get(domain.uuid)?.backup ?? null;
    return places.flatMap((place) => {
      if (place.store.trouble !== null) return [];
      const line = timelineOf(place.directory, planning, []);
      return line.chains.flatMap(({ observed: chain, untouchable }) => {
        const isMeant = chain !== null && (removed.chain === null || removed.chain === chain.id);
        if (!isMeant || untouchable === 'not-readable' || untouchable === 'busy') return [];
        return [
          trashOf(planning, domain, place, {
            chain,
            reason: { code: 'removed-by-policy' },
            place: removed.place,
            dependsOn: backup === null ? [] : [backup.id],
          }),
        ];
      });
    });
  });
}

/** Chains whose time in the trash is over; not one that somebody began to put back, and so held (G205): a note tells of it. */
export function purges(planning: Planning): readonly PurgeTrash[] {
  return planning.stores.flatMap(({ ref, ready, trouble, desired }) => {
    if (ref === null || ready === null || trouble !== null) return [];
    return ready.trash.flatMap((item): readonly PurgeTrash[] => {
      const isOver = addSeconds(item.trashedAt, desired.trashKeepSeconds) <= planning.asOf;
      if (!isOver || item.held === true) return [];
      return [
        {
          kind: 'purge-trash',
          id: `purge-trash:${ref.name}:${item.path}:${item.chain}`,
          wave: 90,
          address: addressOf(item.name, item.chain),
          dependsOn: [],
          reasons: [{ code: 'trash-expired', facts: { trashedAt: item.trashedAt } }],
          place: desired.place,
          blockedBy: [],
          bytes: item.bytes,
          domain: { uuid: item.uuid, name: item.name },
          store: ref,
          run: item.run,
          path: item.path,
          chain: item.chain,
          ...(ready.sharesBlocks === true ? { freesAtMost: true } : {}),
        },
      ];
    });
  });
}
