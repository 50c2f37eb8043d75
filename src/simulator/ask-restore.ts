import type { StoreRef } from '../model/action.ts';
import type { ObservedDirectory, ReadyStore } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import { fail, type Failure, ok, type Result } from '../model/result.ts';
import { actionPlan } from '../planner/action-plan.ts';
import { policyLine } from '../planner/plan-policy.ts';
import type { PathFact } from '../planner/restore-paths.ts';
import { choosePoint } from '../planner/restore-point.ts';
import {
  type PlacedManifest,
  type RestoreRequest,
  restoreTargets,
} from '../planner/restore-targets.ts';
import { decideRestore } from '../planner/restore.ts';
import type { Dice } from './dice.ts';
import { diskBytes } from './gated-eyes.ts';
import type { ModelHost } from './model-host.ts';
import { desiredState } from './model-policy.ts';
import type { ProcessDrivers } from './process-drivers.ts';
import type { Asked } from './run-loop.ts';
import type { RestoreDeed } from './story.ts';
import type { World } from './world.ts';

/** `holdfast restore`, of a point that the dice choose, in one of its ways. */
export function askRestore(world: World, deed: RestoreDeed, dice: Dice): Asked {
  return async (observed, drivers) => {
    const source = sourceOf(observed, drivers, deed, dice);
    if (!source.ok) return source;
    const { store, directory, points } = source.value;
    const current = domainsOf(observed).find(({ uuid }) => uuid === directory.uuid) ?? null;
    const request = requestOf(world.host, deed, points, dice);
    const targets = restoreTargets(request, points, current);
    if (!targets.ok) return targets;
    const paths = Object.fromEntries(
      targets.value.map(({ to }) => [to, factOf(world.host, observed, to)]),
    );
    const action = decideRestore({
      observed,
      store,
      directory,
      points,
      targets: targets.value,
      paths,
      request,
      firmware: [],
      newUuid: world.host.newUuid(),
    });
    if (!action.ok) return action;
    const line = policyLine(desiredState(world.policy, observed));
    return ok(actionPlan('restore', [action.value], observed, line));
  };
}

interface Source {
  readonly store: StoreRef;
  readonly directory: ObservedDirectory;
  readonly points: readonly PlacedManifest[];
}

/** A domain's newest point, or one of all that are sound, and the chain below it. */
function sourceOf(
  observed: ObservedState,
  drivers: ProcessDrivers,
  deed: RestoreDeed,
  dice: Dice,
): Result<Source, Failure> {
  const places = observed.stores.flatMap(({ name, path, state }) =>
    state.kind === 'ready' ? placesIn({ name, path, id: state.id }, state) : [],
  );
  // Without flags a domain comes back only where it is gone.
  const known = new Set(domainsOf(observed).map(({ uuid }) => uuid));
  const gone = places.filter(({ directory }) => !known.has(directory.uuid));
  const from = deed === 'restore-again' && gone.length > 0 ? gone : places;
  const place = from[dice.below(from.length)];
  if (place === undefined) return fail({ code: 'no-points', message: 'there are no points' });
  const { store, directory } = place;
  const sound = directory.chains.flatMap((chain) =>
    chain.points.filter(({ fault }) => fault === undefined),
  );
  const one = sound[dice.below(sound.length)];
  const isNewest = one === undefined || dice.chance(0.6);
  const chosen = choosePoint(
    directory,
    isNewest ? { kind: 'newest' } : { kind: 'point', id: one.id },
  );
  if (!chosen.ok) return chosen;
  const opened = drivers.openStore(store);
  if (!opened.ok) return opened;
  const chain = opened.value.readChain(directory.directory, chosen.value.chain);
  if (!chain.ok) return chain;
  const points = chain.value
    .filter(({ manifest }) => manifest.sequence <= chosen.value.sequence)
    .map(({ place: { pointDirectory }, manifest }) => ({
      path: `domains/${directory.directory}/${chosen.value.chain}/${pointDirectory}`,
      manifest,
    }));
  return ok({ store, directory, points });
}

function placesIn(store: StoreRef, { directories }: ReadyStore) {
  return directories.map((directory) => ({ store, directory }));
}

/** The flags of each way. */
function requestOf(
  host: ModelHost,
  deed: RestoreDeed,
  points: readonly PlacedManifest[],
  dice: Dice,
): RestoreRequest {
  const disks = points.at(-1)?.manifest.disks ?? [];
  const [target] = disks.map((disk) => disk.target);
  const isInPlace = deed === 'restore-in-place' || deed === 'restore-disk';
  const isElsewhere = deed === 'restore-images' || (!isInPlace && dice.chance(0.5));
  return {
    mode: isInPlace ? 'in-place' : deed === 'restore-images' ? 'images-only' : 'new',
    disks: deed === 'restore-disk' && target !== undefined ? [target] : null,
    as: deed === 'restore-as' ? `copy${host.number()}` : null,
    to: isElsewhere ? `/images/to-${host.number()}` : null,
    start: !isInPlace && deed !== 'restore-images' ? dice.chance(0.3) : dice.chance(0.2),
    powerOff: isInPlace && dice.chance(0.8),
    overwriteDevice: false,
    keepDir: null,
  };
}

const domainsOf = ({ hypervisor }: ObservedState) =>
  hypervisor.seen ? hypervisor.value.domains : [];

function factOf({ files }: ModelHost, observed: ObservedState, path: string): PathFact {
  const user = domainsOf(observed).find(({ disks }) =>
    disks.some(
      ({ images }) => images.seen && images.value.some(({ identity }) => identity.path === path),
    ),
  );
  const look = files.look(path);
  return {
    kind: look === null ? 'absent' : look.kind === 'file' ? 'file' : 'other',
    fileSystem: { id: 'host', freeBytes: diskBytes },
    usedBy: user?.name ?? null,
    device: null,
  };
}
