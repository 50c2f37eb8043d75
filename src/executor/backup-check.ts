import type { Backup, BackupDisk } from '../model/backup-action.ts';
import { canonicalJson } from '../model/canonical.ts';
import type { ObservedDisk, ObservedDomain } from '../model/observed.ts';
import { ok, type Result } from '../model/result.ts';
import type { Store } from '../store/store.ts';
import { idleDomain } from './look.ts';
import { during, failed, type NotDone, stale, waiting } from './not-done.ts';
import type { Tools } from './tools.ts';
import { spaceShortage } from './watch.ts';

/** The place of a backup's point in its store. */
export function placeOf({ directory, chain, pointDirectory }: Backup) {
  return { directory, chain, pointDirectory };
}

/** The domain, if everything that the plan saw still holds; null if the point exists already. */
export async function checkBackup(
  action: Backup,
  tools: Tools,
  store: Store,
): Promise<Result<ObservedDomain | null, NotDone>> {
  const existing = store.readManifest(placeOf(action));
  if (existing.ok && existing.value.point === action.point) return ok(null);
  const parent = checkParent(action, store);
  if (!parent.ok) return parent;
  const { reserveBytes } = tools.limits(action.store);
  const shortage = await spaceShortage(
    { path: action.store.path, reserveBytes },
    tools.drivers.files,
  );
  if (shortage !== null) return failed(shortage);
  const look = await idleDomain(action.domain, tools);
  if (!look.ok) return look;
  const checks = [checkState, checkDisks, checkCheckpoints];
  for (const check of checks) {
    const checked = check(action, look.value);
    if (!checked.ok) return checked;
  }
  return look;
}

/** I2: an increment counts from the checkpoint in its published parent's manifest. */
function checkParent(action: Backup, store: Store): Result<null, NotDone> {
  const { parent, chain, directory } = action;
  if (parent === null) return ok(null);
  const manifest = store.readManifest({ directory, chain, pointDirectory: parent.directory });
  if (!manifest.ok || manifest.value.point !== parent.point) {
    return stale('parent-gone', `The parent ${chain}/${parent.directory} is not there any more.`);
  }
  const { checkpoint } = manifest.value;
  const other = action.disks.find(({ base }) => base !== null && base !== checkpoint);
  if (other === undefined) return ok(null);
  return stale('other-base', `The parent's checkpoint is ${checkpoint}, not ${other.base}.`);
}

function checkState({ domain, power }: Backup, look: ObservedDomain): Result<null, NotDone> {
  if (look.state !== power) {
    return stale('power-changed', `${domain.name} was ${power} and is ${look.state} now.`);
  }
  if (look.managedSave) {
    return waiting(
      'managed-save',
      `${domain.name} has its memory saved on disk; starting it would consume that.`,
    );
  }
  return ok(null);
}

function checkDisks({ domain, disks, excluded }: Backup, look: ObservedDomain) {
  const known = new Set([...disks, ...excluded].map(({ target }) => target));
  const added = look.disks.find(
    ({ target, device }) => (device === 'disk' || device === 'lun') && !known.has(target),
  );
  if (added !== undefined) {
    return stale(
      'disks-changed',
      `${domain.name} has a disk ${added.target} that the plan did not see.`,
    );
  }
  for (const disk of disks) {
    const found = look.disks.find(({ target }) => target === disk.target);
    if (found === undefined) {
      return stale('disks-changed', `${domain.name} has no disk ${disk.target} any more.`);
    }
    const checked = checkSource(domain.name, disk, found);
    if (!checked.ok) return checked;
  }
  return ok(null);
}

/** The image behind a target must be the very one that the plan saw, whatever its path. */
function checkSource(name: string, disk: BackupDisk, found: ObservedDisk): Result<null, NotDone> {
  const where = `${disk.target} of ${name}`;
  if (!found.images.seen) return failed(during(`Looking at ${where}`, found.images.failure));
  const [active] = found.images.value;
  if (active !== undefined && canonicalJson(active.identity) === canonicalJson(disk.source)) {
    return ok(null);
  }
  return stale('source-changed', `Another image is behind ${where} than the plan saw.`);
}

function checkCheckpoints(action: Backup, look: ObservedDomain): Result<null, NotDone> {
  const { domain, checkpoint, disks } = action;
  if (!look.checkpoints.seen) {
    return failed(during(`Looking at ${domain.name}`, look.checkpoints.failure));
  }
  const listed = look.checkpoints.value;
  if (listed.some(({ name }) => name === checkpoint)) {
    return stale('checkpoint-exists', `${domain.name} has a checkpoint ${checkpoint} already.`);
  }
  for (const { target, base } of disks) {
    if (base === null) continue;
    const tracked = listed
      .find(({ name }) => name === base)
      ?.disks.find((disk) => disk.target === target);
    const bitmaps = look.disks.find((disk) => disk.target === target)?.bitmaps ?? null;
    // Of a running domain libvirt tells the bitmap's size, of one that is off qemu-img its flags.
    const isGood =
      bitmaps?.seen === true
        ? bitmaps.value.some(({ name, flags }) => name === base && !flags.includes('in-use'))
        : tracked !== undefined && tracked.dirtyBytes !== null;
    if (tracked === undefined || !isGood) {
      return stale('tracker-lost', `${target} of ${domain.name} has no usable bitmap ${base}.`);
    }
  }
  return ok(null);
}
