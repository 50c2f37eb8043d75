import { addressOf } from '../model/address.ts';
import { bytesOfAmount } from '../model/amount.ts';
import type { DesiredStore } from '../model/desired.ts';
import type { DomainUuid } from '../model/identity.ts';
import { secondsBetween, type Instant } from '../model/instant.ts';
import { imagesOf, type Left, placesOf } from '../model/leftover.ts';
import type { ReadyStore } from '../model/observed-store.ts';
import type { Note } from '../model/plan.ts';
import { bearsOnPlan, hostUnseen, unseenPartOf } from './completeness.ts';
import type { RetainedCopies } from './copy-retention.ts';
import { removalMatches } from './deletions.ts';
import { includedDisks, surprisingExclusions } from './disks.ts';
import type { DomainDecision } from './domain-decision.ts';
import { normalised } from './domain-situations.ts';
import { defaultAlertSeconds, forecastOf } from './forecast.ts';
import { isMoved } from './guards/g211-renamed.ts';
import { copyNotes, mirrorNotes } from './mirror-notes.ts';
import { note } from './note.ts';
import { byText } from './order.ts';
import type { DomainSituation, Planning } from './planning.ts';
import { leftovers } from './repairs.ts';
import { isTrackable } from './trackers.ts';

/** What is said but not done; by address and code. */
export function notesOf(
  planning: Planning,
  copies: RetainedCopies['byDecision'],
  decisions: ReadonlyMap<DomainUuid, DomainDecision>,
  decided: readonly Note[],
): readonly Note[] {
  return [
    ...decided,
    ...unseenNotes(planning),
    ...planning.domains.flatMap((domain) => partNote(domain, decisions.get(domain.uuid)?.verdict)),
    ...storeNotes(planning),
    ...requestNotes(planning),
    ...mirrorNotes(planning),
    ...copyNotes(copies),
    ...removalNotes(planning),
    ...runNotes(planning),
    ...planning.domains.flatMap((domain) => domainNotes(planning, domain)),
  ].toSorted(
    (a, b) =>
      byText(a.address, b.address) ||
      byText(a.code, b.code) ||
      byText(JSON.stringify(a.facts ?? {}), JSON.stringify(b.facts ?? {})),
  );
}

const unseenNote = (address: string, part: string, message: string): Note =>
  note('warning', address, 'unseen', { part, message });

/** Each part that could not be looked at. */
function unseenNotes(planning: Planning): readonly Note[] {
  const { observed, stores, domains } = planning;
  const whole = hostUnseen(planning);
  return [
    ...(whole === null ? [] : [note('warning', 'host', 'unseen', whole.facts)]),
    ...(observed.scratch.seen
      ? []
      : [unseenNote('host', 'scratch', observed.scratch.failure.message)]),
    ...stores.flatMap(({ name, trouble, ready }) => [
      ...(trouble?.code === 'unseen' ? [unseenNote(`store/${name}`, name, trouble.message)] : []),
      ...(ready?.unreadable ?? []).map(({ path, message }) =>
        note('warning', `store/${name}`, 'unreadable', { path, message }),
      ),
    ]),
    ...(observed.hypervisor.seen
      ? domains.flatMap(({ address, unseen: failure }) =>
          failure === null ? [] : [unseenNote(address, 'domain', failure.message)],
        )
      : []),
  ];
}

/** What was not seen of a domain, where its own line does not say so: it makes the plan incomplete all the same. */
function partNote(
  domain: DomainSituation,
  verdict: DomainDecision['verdict'] | undefined,
): readonly Note[] {
  const unseen = verdict === 'unseen' ? null : unseenPartOf(domain);
  return unseen === null ? [] : [unseenNote(domain.address, unseen.part, unseen.message)];
}

function storeNotes({ stores, observed, desired: all }: Planning): readonly Note[] {
  return stores.flatMap(({ name, trouble, ready, doubles, desired }) => [
    ...(ready !== null && bearsOnPlan(desired, all)
      ? fillNotes(desired, ready, observed.observedAt)
      : []),
    ...(trouble?.code === 'read-only'
      ? [note('warning', `store/${name}`, 'store-read-only', { path: desired.path }, desired.place)]
      : []),
    ...(ready !== null && ready.foreign.length > 0
      ? [note('info', `store/${name}`, 'foreign-entries', { entries: ready.foreign.length })]
      : []),
    ...doubles.map(({ directory, uuid }) =>
      note('warning', `store/${name}`, 'double-directory', { directory, uuid }),
    ),
    ...(ready?.trash ?? []).flatMap((item) =>
      item.held === true
        ? [note('warning', addressOf(item.name, item.chain), 'trash-held', { path: item.path })]
        : [],
    ),
  ]);
}

/** That a store fills soon; of one that is full already the guard speaks (G407). */
function fillNotes(
  { name, reserve, place, alertSeconds = defaultAlertSeconds }: DesiredStore,
  ready: ReadyStore,
  now: Instant,
): readonly Note[] {
  const forecast = forecastOf(ready, { reserve }, now);
  if (forecast === null || forecast.fillsAt === null || forecast.fillsAt <= now) return [];
  const { fillsAt, bytesPerDay } = forecast;
  if (secondsBetween(now, fillsAt) > alertSeconds) return [];
  const reserveBytes = bytesOfAmount(reserve, ready.totalBytes);
  const facts = { fillsAt, bytesPerDay, freeBytes: ready.freeBytes, reserveBytes };
  return [note('warning', `store/${name}`, 'store-fills', facts, place)];
}

/** Addresses and allowances that nothing answers to: most often a typing mistake. */
function requestNotes({ request, domains, stores, desired }: Planning): readonly Note[] {
  const known = new Map(domains.map((domain) => [domain.address, domain]));
  const isKnown = (address: string): boolean => {
    const mirror = desired.mirrors.find(({ name }) => address.startsWith(`${name}:domain/`));
    const path = mirror === undefined ? address : address.slice(mirror.name.length + 1);
    return (
      known.has(path.split('/').slice(0, 2).join('/')) ||
      stores.some(({ name }) => `store/${name}` === path)
    );
  };
  const asked = [...(request.targets ?? []), ...request.now.map(({ address }) => address)];
  return [
    ...asked
      .filter((address) => !isKnown(normalised(address)))
      .map((address) => note('warning', address, 'no-such-address')),
    ...request.now.flatMap(({ address }) => {
      const domain = known.get(normalised(address));
      return domain !== undefined && domain.desired === null
        ? [note('warning', domain.address, 'asked-unmanaged')]
        : [];
    }),
  ];
}

function removalNotes(planning: Planning): readonly Note[] {
  return removalMatches(planning).flatMap(({ removed, refusal, domain }) => {
    if (refusal === null) return [];
    const address = domain?.address ?? 'policy';
    const severity = refusal === 'nothing' ? 'info' : 'warning';
    const facts = { name: removed.name, uuid: removed.uuid };
    return [note(severity, address, `removed-${refusal}`, facts, removed.place)];
  });
}

/** What dead runs left and no repair touches: a person has taken it over, or must. */
function runNotes(planning: Planning): readonly Note[] {
  return leftovers(planning).flatMap((left) => {
    const { run, intent, leftover } = left;
    const domain = left.domain.seen ? left.domain.value : null;
    const address = addressOf(domain?.name ?? intent.name);
    if (intent.kind === 'restore-files') return restoreNotes(planning, left, address);
    if (intent.kind === 'started-domain' && domain?.state === 'running') {
      return [note('info', address, 'left-running', { run: run.run })];
    }
    if (intent.kind === 'device-write' && leftover.is === 'withheld' && domain !== null) {
      const facts = { run: run.run, device: intent.devices.join(', ') };
      return [note('warning', address, 'device-half-written', facts)];
    }
    return intent.kind === 'restore-swap' && leftover.is === 'withheld' && domain !== null
      ? [note('warning', address, 'not-put-back', { run: run.run })]
      : [];
  });
}

/** Images that a restore brought into their places for a domain that it did not come to define, and its hold. */
function restoreNotes(
  { observed: { hypervisor } }: Planning,
  { run: { run, files }, intent }: Left,
  address: string,
): readonly Note[] {
  if (intent.kind !== 'restore-files' || !hypervisor.seen) return [];
  const used = imagesOf(hypervisor.value);
  const places = placesOf(intent);
  if (used === null || places.some((place) => used.has(place))) return [];
  const held = intent.instant?.held ?? null;
  return [
    ...files
      .filter(({ path }) => places.includes(path))
      .map(({ path }) => note('warning', address, 'restored-not-defined', { run, path })),
    ...(held === null ? [] : [note('warning', address, 'hold-left', { run, chain: held })]),
  ];
}

function domainNotes(planning: Planning, domain: DomainSituation): readonly Note[] {
  const { desired, observed, address, directory } = domain;
  if (desired === null) return [];
  return [
    ...pointNotes(planning, domain),
    ...(directory !== null &&
    directory.name !== domain.name &&
    isMoved(planning.desired.moved, directory.name, domain.name)
      ? [note('info', address, 'moved', { from: directory.name, directory: directory.directory })]
      : []),
    ...domain.elsewhere.map(({ store, directory: other }) =>
      note('info', address, 'other-store', { store: store.name, chains: other.chains.length }),
    ),
    ...(observed === null
      ? []
      : [
          ...includedDisks(observed, desired)
            .excluded.filter(({ code }) => surprisingExclusions.has(code))
            .map(({ target, code }) =>
              note('warning', address, 'disk-left-out', { disk: target, why: code }, desired.place),
            ),
          ...(observed.internalSnapshots.length > 0 &&
          observed.disks.some((disk) => isTrackable(disk, desired))
            ? [
                note('info', address, 'internal-snapshots', {
                  snapshots: observed.internalSnapshots.length,
                }),
              ]
            : []),
        ]),
  ];
}

/** Points that do not count: faulty ones, and those of another time. */
function pointNotes(
  { observed }: Planning,
  { address, directory }: DomainSituation,
): readonly Note[] {
  let faulty = 0;
  let later = 0;
  const faults = new Set<string>();
  for (const { points } of directory?.chains ?? []) {
    for (const { fault, at } of points) {
      if (fault !== undefined) {
        faulty += 1;
        faults.add(fault);
      }
      if (at > observed.observedAt) later += 1;
    }
  }
  return [
    ...(faulty === 0
      ? []
      : [
          note('warning', address, 'faulty-points', {
            points: faulty,
            faults: [...faults].toSorted(byText).join(', '),
          }),
        ]),
    ...(later === 0 ? [] : [note('warning', address, 'points-later', { points: later })]),
  ];
}
