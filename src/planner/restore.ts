import type { StoreRef } from '../model/action-base.ts';
import { addressOf } from '../model/address.ts';
import {
  checkpointOwner,
  type CheckpointName,
  type DomainUuid,
  type RunId,
} from '../model/identity.ts';
import { compactInstant } from '../model/instant.ts';
import { leftOf } from '../model/leftover.ts';
import type { ObservedDirectory } from '../model/observed-store.ts';
import type { ObservedDomain, ObservedState } from '../model/observed.ts';
import type { Restore } from '../model/restore-action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { refusePaths, type PathFact, type RestorePaths } from './restore-paths.ts';
import { safeFileName, type PlacedManifest, type RestoreTarget } from './restore-targets.ts';

/** Everything that a restore is decided from. */
export interface RestoreInput extends RestorePaths {
  readonly observed: ObservedState;
  readonly store: StoreRef;
  readonly directory: ObservedDirectory;
  /** The chain from its full to the chosen point. */
  readonly points: readonly PlacedManifest[];
  /** The uuid for a new name; made by the caller, for a plan throws no dice. */
  readonly newUuid: DomainUuid;
}

/** Decides a restore: one action that is complete in itself, or the reason why not and the flag that helps. */
export function decideRestore(input: RestoreInput): Result<Restore, Failure> {
  const { request, directory, store, points, targets } = input;
  const newest = points.at(-1);
  if (newest === undefined || targets.length === 0) {
    return fail({
      code: 'nothing-to-restore',
      message: 'The point holds no disk that was asked for',
    });
  }
  const refusal = refuse(input, newest.manifest.domain.name);
  if (refusal !== null) return fail(refusal);
  const { manifest } = newest;
  const inPlace = request.mode === 'in-place';
  const current = domainOf(input.observed, directory.uuid);
  const stamp = compactInstant(input.observed.observedAt);
  return ok({
    kind: 'restore',
    id: `restore:${store.name}:${directory.uuid}:${manifest.point}`,
    wave: 40,
    address: addressOf(directory.name, manifest.chain, manifest.sequence),
    dependsOn: [],
    reasons: [{ code: 'asked', facts: { at: manifest.frozenAt } }],
    place: null,
    blockedBy: [],
    bytes: targets.reduce(
      (sum, { layers }) => sum + layers.reduce((all, { bytes }) => all + bytes, 0),
      0,
    ),
    domain: { uuid: directory.uuid, name: directory.name },
    store,
    directory: directory.directory,
    chain: manifest.chain,
    point: manifest.point,
    pointPath: newest.path,
    mode: request.mode,
    images: targets.map(({ level: _level, ...image }) => ({
      ...image,
      asideAs: asideOf(input, image, stamp),
      ...tailOf(image, input.paths[image.to]),
    })),
    firmware: input.firmware,
    define:
      request.mode === 'images-only' || (inPlace && request.disks !== null)
        ? null
        : {
            name: request.as ?? (inPlace ? current?.name : undefined) ?? directory.name,
            uuid: request.as === null ? directory.uuid : input.newUuid,
            newMacs: request.as !== null,
            start: request.start || request.mode === 'instant',
          },
    powerOff: request.powerOff,
    keepDir: request.keepDir,
    // What was recorded since is of the images that go: the next point is a full.
    closes: inPlace
      ? (directory.chains.findLast((chain) => chain.closed === null)?.id ?? null)
      : null,
    release: inPlace ? ownCheckpoints(current, store) : [],
  });
}

/** Where what is there now is kept: a file under a name beside it, a device as a copy in `--keep DIR`. */
function asideOf(
  { request, paths, directory }: RestoreInput,
  { to, toKind, target }: Pick<RestoreTarget, 'to' | 'toKind' | 'target'>,
  stamp: string,
): string | null {
  if (toKind === 'block') {
    const name = `${safeFileName(directory.name)}-${target}.before-restore-${stamp}.qcow2`;
    return request.keepDir === null ? null : `${request.keepDir}/${name}`;
  }
  const isThere = request.mode === 'in-place' && paths[to]?.kind === 'file';
  return isThere ? `${to}.before-restore-${stamp}` : null;
}

/** What a raw device has behind the end of the disk: the guest sees it, and no point holds it. */
function tailOf(
  { format, toKind, sizeBytes }: Omit<RestoreTarget, 'level'>,
  fact: PathFact | undefined,
): { readonly tailBytes?: number } {
  const tailBytes = (fact?.device?.sizeBytes ?? 0) - sizeBytes;
  return toKind === 'block' && format === 'raw' && tailBytes > 0 ? { tailBytes } : {};
}

/** The domain as the hypervisor reports it now. */
function domainOf(observed: ObservedState, uuid: DomainUuid): ObservedDomain | null {
  const { hypervisor } = observed;
  return hypervisor.seen
    ? (hypervisor.value.domains.find((domain) => domain.uuid === uuid) ?? null)
    : null;
}

/**
 * What a restore in place that died had set aside: the next plan would put it back,
 * over whatever a second restore had brought meanwhile.
 */
function asideOfDeadRun(
  { runs, hypervisor }: ObservedState,
  uuid: DomainUuid,
): { readonly run: RunId; readonly path: string } | null {
  for (const { run, intent, leftover } of runs.seen ? leftOf(runs.value, hypervisor) : []) {
    if (intent.kind !== 'restore-swap' || intent.uuid !== uuid || leftover.is === 'gone') continue;
    const path = run.files.find((file) => intent.swaps.some(({ aside }) => aside === file.path));
    if (path !== undefined) return { run: run.run, path: path.path };
  }
  return null;
}

function ownCheckpoints(domain: ObservedDomain | null, store: StoreRef): readonly CheckpointName[] {
  if (domain === null || !domain.checkpoints.seen) return [];
  return domain.checkpoints.value
    .map(({ name }) => name)
    .filter(
      (name): name is CheckpointName => checkpointOwner(name)?.storePrefix === store.id.slice(0, 8),
    );
}

/** Everything that a restore refuses, each with the flag or the step that helps. */
function refuse(input: RestoreInput, name: string): Failure | null {
  const { request, observed } = input;
  // By uuid: the domain may have another name today than its points say.
  const own = domainOf(observed, input.directory.uuid)?.name ?? null;
  if (request.mode === 'images-only') return refusePaths(input, own);
  if (!observed.hypervisor.seen) {
    return {
      code: 'hypervisor-unseen',
      message: `The hypervisor was not seen (${observed.hypervisor.failure.message}); --images-only --to DIR restores without it`,
    };
  }
  const { domains } = observed.hypervisor.value;
  if (request.mode === 'in-place') return refuseInPlace(input, name) ?? refusePaths(input, own);
  if (request.disks !== null) {
    return {
      code: 'disk-without-domain',
      message:
        '--disk goes with --in-place or --images-only: a domain is not defined from some of its disks',
    };
  }
  const newName = request.as ?? name;
  const taken = domains.find(
    (domain) =>
      domain.name === newName || (request.as === null && domain.uuid === input.directory.uuid),
  );
  if (taken !== undefined) {
    return {
      code: 'domain-exists',
      message: `A domain ${taken.name} (${taken.uuid}) exists: use --as NAME for another one, or --in-place to put its disks back`,
    };
  }
  return refusePaths(input, own);
}

function refuseInPlace(input: RestoreInput, name: string): Failure | null {
  const { request, observed, directory } = input;
  const domain = domainOf(observed, directory.uuid);
  if (request.as !== null || request.to !== null) {
    return { code: 'in-place-elsewhere', message: '--in-place excludes --as and --to' };
  }
  if (domain === null) {
    return {
      code: 'domain-gone',
      message: `${name} is not defined here: leave --in-place out, and it is defined again`,
    };
  }
  const aside = asideOfDeadRun(observed, directory.uuid);
  if (aside !== null) {
    return {
      code: 'put-back-first',
      message: `${name} was being restored by run ${aside.run}, which died, and its old image is still ${aside.path}: holdfast apply puts it back (or move it away, if nobody needs it), then restore again`,
    };
  }
  if (domain.state !== 'off' && domain.state !== 'crashed' && !request.powerOff) {
    return {
      code: 'domain-running',
      message: `${name} is ${domain.state}: shut it down, or let --power-off do it`,
    };
  }
  if (domain.managedSave) {
    return {
      code: 'managed-save',
      message: `${name} has a managed save, whose memory would not fit the restored disks: start it, or drop it with virsh managedsave-remove`,
    };
  }
  if (domain.internalSnapshots.length > 0) {
    return {
      code: 'has-snapshots',
      message: `${name} has internal snapshots (${domain.internalSnapshots.join(', ')}), which the restored images would not have: delete them first, or restore --as another name`,
    };
  }
  const layered = input.targets.find(({ target }) => {
    const images = domain.disks.find((disk) => disk.target === target)?.images;
    return images?.seen === true && images.value.length > 1;
  });
  if (layered !== undefined) {
    return {
      code: 'has-overlay',
      message: `${name}: ${layered.to} is an overlay on another image: merge it with virsh blockcommit, or restore --as another name`,
    };
  }
  return null;
}
