import type { DomainUuid } from '../../model/identity.ts';
import type { DomainVerdict } from '../../model/plan.ts';
import type { CopyEvent } from './copy-events.ts';
import type { ForecastEvent } from './forecast-event.ts';
import { runWorld, type WorldRun } from './run-world.ts';
import type { SizeModel } from './sizes.ts';
import type { GuardEvent } from './step.ts';
import { readyStores, worldOf, type World } from './world.ts';

/** Domains that fare the same, and how. */
export interface Fate {
  /** The domains that it stands for; the first one is the one that was run. */
  readonly uuids: readonly DomainUuid[];
  readonly events: readonly ForecastEvent[];
  /** What happens at mirrors. */
  readonly copies: readonly CopyEvent[];
  readonly guards: readonly GuardEvent[];
  /** The world of the first one at the end. */
  readonly end: World;
  /** How the last plan left it, and the codes of why. */
  readonly verdict: {
    readonly verdict: DomainVerdict['verdict'];
    readonly reasons: readonly string[];
  };
}

/** What becomes of a world until an instant. */
export interface ForecastOptions {
  readonly untilMs: number;
  readonly sizes: SizeModel;
}

/**
 * Runs a world: each managed domain on its own, for nothing that is planned for
 * one depends on another as long as there is room; domains that differ in
 * nothing but their name and uuid share one run.
 */
export function forecast(start: World, options: ForecastOptions): readonly Fate[] {
  const { desired } = start;
  const managed = desired.domains.map(({ uuid }) => uuid);
  // What a `removed:` speaks of is no managed domain's; it goes with the first plan, whoever's that is.
  const removed = desired.removed.map(({ uuid }) => uuid).filter((uuid) => !managed.includes(uuid));
  const groups = new Map<string, { readonly uuids: DomainUuid[]; readonly run: WorldRun }>();
  for (const [index, uuid] of managed.entries()) {
    const own = index === 0 ? [uuid, ...removed] : [uuid];
    const world = worldOf(start, new Set(own));
    const key = own.length > 1 ? uuid : likeness(world, uuid, options.sizes);
    const known = groups.get(key);
    if (known !== undefined) known.uuids.push(uuid);
    else groups.set(key, { uuids: [uuid], run: runWorld(world, { ...options, plain: false }) });
  }
  return [...groups.values()].map(({ uuids, run }) => ({
    uuids,
    events: run.events,
    copies: run.copies,
    guards: run.guards,
    end: run.world,
    verdict: verdictOf(uuids[0], run),
  }));
}

function verdictOf(uuid: DomainUuid | undefined, { verdicts }: WorldRun): Fate['verdict'] {
  const found = verdicts.find(({ domain }) => domain.uuid === uuid);
  if (found === undefined) throw new Error(`No plan speaks of ${uuid}`);
  return { verdict: found.verdict, reasons: found.reasons.map(({ code }) => code) };
}

/**
 * A text that is the same for two domains that fare the same: the rule and the
 * disks, without what only names them. One that has a history is like no other.
 */
function likeness({ desired, observed }: World, uuid: DomainUuid, sizes: SizeModel): string {
  const domains = observed.hypervisor.seen ? observed.hypervisor.value.domains : [];
  const hasHistory =
    desired.removed.length > 0 ||
    readyStores(observed).some(({ state }) => state.directories.length + state.trash.length > 0) ||
    observed.mirrors.some(({ stores }) =>
      stores.some(({ state }) => state.seen && state.value.directories.length > 0),
    ) ||
    domains.some(({ checkpoints }) => checkpoints.seen && checkpoints.value.length > 0);
  if (hasHistory) return uuid;
  const own = sizes.domains.get(uuid);
  return JSON.stringify([
    desired.domains.map((rule) => ({ ...rule, uuid: null, name: null, place: null })),
    domains.map((domain) => ({
      ...domain,
      uuid: null,
      name: null,
      runningId: null,
      nvram: null,
      definitionDigest: null,
      disks: domain.disks.map((disk) => ({ ...disk, images: disk.images.seen })),
    })),
    own === undefined ? null : [[...own.disks], own.dailyChange],
  ]);
}
