import type { Mirror } from '../mirror/mirror.ts';
import { addressOf } from '../model/address.ts';
import type { CopyPoints } from '../model/copy-action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { pointPath } from '../store/layout.ts';
import type { Store } from '../store/store.ts';
import { underStoreLock } from './locked.ts';
import { failed, type NotDone } from './not-done.ts';
import type { Tools } from './tools.ts';
import { damageIn, verifyFiles } from './verify-point.ts';

/** Of copies in quarantine: what is to travel. */
export type BadFiles = ReadonlyMap<string, ReadonlySet<string>>;

interface Mending {
  readonly action: CopyPoints;
  readonly mirror: Mirror;
  readonly store: Store;
  readonly damaged: readonly string[];
}

/**
 * Which files of copies in quarantine are not what their manifests say, once the store's were read and are:
 * a file there is never overwritten by one that is damaged too. Such a point of the store comes into
 * quarantine, and nothing at the mirror is touched.
 */
export async function filesToMend(
  mending: Mending,
  tools: Tools,
  signal: AbortSignal,
): Promise<Result<BadFiles, NotDone>> {
  const bad = await badFiles(mending, signal);
  if (!bad.ok) return failed(bad.error);
  for (const [pointDirectory, files] of bad.value) {
    const sound = await checkSource(mending, pointDirectory, files, tools, signal);
    if (!sound.ok) return sound;
  }
  return bad;
}

/** Reads the copies again; those that are sound now are in quarantine no more. */
export async function endMending(
  mending: Mending,
  { drivers }: Tools,
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  const { action, mirror, damaged } = mending;
  const { directory, chain } = action;
  const bad = await badFiles(mending, signal);
  if (!bad.ok) return bad;
  const sound = damaged.filter((one) => (bad.value.get(one)?.size ?? 0) === 0);
  const at = drivers.clock();
  const notes = sound.map((pointDirectory) => {
    return { pointDirectory, at, result: 'sound', depth: 'hash' } as const;
  });
  const noted =
    notes.length === 0 ? ok(undefined) : await mirror.note({ directory, chain, notes, signal });
  if (!noted.ok) return noted;
  const [still] = damaged.filter((one) => !sound.includes(one));
  if (still === undefined) return ok(undefined);
  const files = [...(bad.value.get(still) ?? [])].join(', ');
  const message = `${action.address}/${still} was copied again to ${mirror.name} and is damaged there still (${files}); look at the disk there`;
  return fail({ code: 'copy-damaged', message });
}

async function badFiles(
  { action: { directory, chain }, mirror, damaged }: Mending,
  signal: AbortSignal,
): Promise<Result<BadFiles, Failure>> {
  const verified = await mirror.verify({
    directory,
    chain,
    pointDirectories: damaged,
    onBytes: () => undefined,
    signal,
  });
  if (!verified.ok) return verified;
  return ok(
    new Map(
      verified.value.points.map(({ pointDirectory, bad }) => [
        pointDirectory,
        new Set(bad.map(({ file }) => file)),
      ]),
    ),
  );
}

async function checkSource(
  { action, store }: Mending,
  pointDirectory: string,
  only: ReadonlySet<string>,
  { drivers }: Tools,
  signal: AbortSignal,
): Promise<Result<void, NotDone>> {
  const { directory, chain, domain, mirror } = action;
  const place = { directory, chain, pointDirectory };
  const path = pointPath(place);
  if (!path.ok) return failed(path.error);
  const manifest = store.readManifest(place);
  if (!manifest.ok) return failed(manifest.error);
  const whole = `${action.store.path}/${path.value}`;
  const options = { checks: drivers.checks, signal, only };
  const found = await verifyFiles(whole, manifest.value, options);
  const [first] = found;
  if (first === undefined) return ok(undefined);
  const damage = damageIn(found);
  if (damage === null) return failed(first);
  const { proof, files } = damage;
  const marked = await underStoreLock(store, () =>
    store.quarantine(place, proof, drivers.clock(), files),
  );
  if (!marked.ok) return marked;
  const address = addressOf(domain.name, chain, manifest.value.sequence);
  const message = `${address} is damaged in store ${action.store.name} too (${files.join(', ')}) and in quarantine now, so nothing of its copy at ${mirror.name} was overwritten.`;
  return failed({ code: 'point-damaged', message });
}
