import { join } from 'node:path';
import type { OpenPoint } from '../hypervisor/hypervisor.ts';
import type { Backup, BackupDisk } from '../model/backup-action.ts';
import type { ManifestDisk } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { ImageRequest } from './image-reader.ts';
import { during } from './not-done.ts';
import type { Tools } from './tools.ts';
import type { Watch } from './watch.ts';

/**
 * Copies the disks of an open point into a directory, one after the other: a
 * disk is read over several connections already. With `verify: source` each
 * image is compared with the export while that is still open.
 */
export async function copyDisks(
  action: Backup,
  point: OpenPoint,
  directory: string,
  watch: Watch,
  tools: Tools,
): Promise<Result<readonly ManifestDisk[], Failure>> {
  const copied: ManifestDisk[] = [];
  const progress = progressOf(action, tools);
  for (const disk of action.disks) {
    const exported = point.disks.find(({ target }) => target === disk.target);
    if (exported === undefined) {
      const message = `The point of ${action.domain.name} has no export of ${disk.target}.`;
      return fail({ code: 'no-export', message });
    }
    const image = await copyDisk(disk, action.verify, watch, tools, {
      disk: exported,
      path: join(directory, disk.file),
      backing: disk.backing,
      signal: watch.signal,
      stallSeconds: action.timeouts.stallSeconds,
      rateLimit: tools.rateLimit(action.store),
      progress: (doneBytes, totalBytes) => {
        watch.progressed();
        progress(disk.target, doneBytes, totalBytes);
      },
    });
    if (!image.ok) return fail(during(`${disk.target} of ${action.domain.name}`, image.error));
    copied.push(image.value);
  }
  return ok(copied);
}

/** Progress of the whole point: of disks that are not begun yet, the plan's estimate counts. */
function progressOf({ disks }: Backup, tools: Tools) {
  const done = new Map<string, number>();
  const total = new Map(disks.map(({ target, estimateBytes }) => [target, estimateBytes]));
  return (target: string, doneBytes: number, totalBytes: number): void => {
    done.set(target, doneBytes);
    total.set(target, totalBytes);
    const totals = [...total.values()];
    const known = totals.filter((bytes) => bytes !== null);
    tools.log.progress(sum([...done.values()]), known.length < totals.length ? null : sum(known));
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

async function copyDisk(
  disk: BackupDisk,
  verify: Backup['verify'],
  watch: Watch,
  tools: Tools,
  request: ImageRequest,
): Promise<Result<ManifestDisk, Failure>> {
  const { images } = tools.drivers;
  const image = await images.copy(request);
  if (!image.ok) return image;
  if (verify === 'source') {
    const compared = await images.compare({ ...request, progress: () => watch.progressed() });
    if (!compared.ok) return compared;
  }
  const { target, source, file, level, backing, tracked } = disk;
  return ok({ target, source, file, level, backing, tracked, ...image.value });
}
