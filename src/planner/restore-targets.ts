import type { ObservedDomain } from '../model/observed.ts';
import type { Manifest, ManifestDisk } from '../model/point.ts';
import type { RestoreImage } from '../model/restore-action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';

/** What a user asks of `restore`, with names and times already looked up. */
export interface RestoreRequest {
  readonly mode: 'new' | 'in-place' | 'images-only' | 'instant';
  /** Targets; null for all disks of the point. */
  readonly disks: readonly string[] | null;
  /** New name; null keeps the name and the uuid. */
  readonly as: string | null;
  /** Absolute directory for the images; null for where they were. */
  readonly to: string | null;
  readonly start: boolean;
  readonly powerOff: boolean;
  readonly overwriteDevice: boolean;
  readonly keepDir: string | null;
}

/** A point with its place below the store. */
export interface PlacedManifest {
  /** `domains/web01/<chain>/0001-…-inc`. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** One disk of the point, and where it is to be written. */
export interface RestoreTarget extends Omit<RestoreImage, 'asideAs'> {
  readonly level: ManifestDisk['level'];
}

/** Works out which images are written where, each to a place of its own; what is at those paths now is the caller's to look up. */
export function restoreTargets(
  request: RestoreRequest,
  points: readonly PlacedManifest[],
  current: ObservedDomain | null,
): Result<readonly RestoreTarget[], Failure> {
  const newest = points.at(-1);
  if (newest === undefined) return fail({ code: 'point-not-found', message: 'The chain is empty' });
  const { manifest } = newest;
  const unknown = request.disks?.find((target) => !manifest.disks.some((d) => d.target === target));
  if (unknown !== undefined) {
    const there = manifest.disks.map((disk) => disk.target).join(', ');
    return fail({
      code: 'no-such-disk',
      message: `The point has no disk ${unknown}; it has ${there}`,
    });
  }
  const targets: RestoreTarget[] = [];
  for (const disk of manifest.disks) {
    if (request.disks !== null && !request.disks.includes(disk.target)) continue;
    const layers = layersOf(points, disk.target);
    if (!layers.ok) return layers;
    targets.push({
      target: disk.target,
      level: disk.level,
      layers: layers.value,
      sizeBytes: disk.sizeBytes,
      ...destination(request, manifest, disk, current),
    });
  }
  const clash = clashIn(targets);
  return clash === null ? ok(targets) : fail(clash);
}

/** In place, a disk that was taken out since would go where another disk lies today. */
function clashIn(targets: readonly RestoreTarget[]): Failure | null {
  for (const [index, { target, to }] of targets.entries()) {
    const other = targets.slice(0, index).find((before) => before.to === to);
    if (other === undefined) continue;
    return {
      code: 'one-place',
      message: `${other.target} and ${target} of the point would both be written to ${to}, for the domain's disks were exchanged since: restore one of them with --disk, or all with --images-only --to DIR`,
    };
  }
  return null;
}

/** The images that a disk is made of, newest first, down to its full. */
function layersOf(
  points: readonly PlacedManifest[],
  target: string,
): Result<RestoreImage['layers'], Failure> {
  const layers: { path: string; sha256: string; bytes: number }[] = [];
  for (const { path, manifest } of points.toReversed()) {
    const disk = manifest.disks.find((each) => each.target === target);
    if (disk === undefined) break;
    layers.push({ path: `${path}/${disk.file}`, sha256: disk.sha256, bytes: disk.fileBytes });
    if (disk.level === 'full') return ok(layers);
  }
  return fail({
    code: 'chain-broken',
    message: `The chain holds no full of ${target} below this point`,
  });
}

/** Where an image goes: beside the others in `--to`, over the active image, under a new name, or where it was. */
function destination(
  request: RestoreRequest,
  manifest: Manifest,
  disk: ManifestDisk,
  current: ObservedDomain | null,
): Pick<RestoreImage, 'to' | 'toKind' | 'format'> {
  const format = disk.source.format === 'raw' ? 'raw' : 'qcow2';
  const name = safeFileName(request.as ?? manifest.domain.name);
  if (request.mode === 'in-place') {
    const images = current?.disks.find((each) => each.target === disk.target)?.images;
    const active = images?.seen === true ? images.value[0]?.identity : undefined;
    const source = active ?? disk.source;
    return {
      to: source.path,
      toKind: source.kind === 'block' ? 'block' : 'file',
      format: source.format === 'raw' ? 'raw' : 'qcow2',
    };
  }
  if (request.to !== null) {
    const file =
      request.mode === 'images-only'
        ? `${disk.target}.${format}`
        : `${name}-${disk.target}.${format}`;
    return { to: `${request.to}/${file}`, toKind: 'file', format };
  }
  // A device has no directory to put a new image into: it is the place itself, or --to says another.
  if (request.as !== null && disk.source.kind === 'file') {
    const directory = disk.source.path.slice(0, disk.source.path.lastIndexOf('/'));
    return { to: `${directory}/${name}-${disk.target}.${format}`, toKind: 'file', format };
  }
  return { to: disk.source.path, toKind: disk.source.kind === 'block' ? 'block' : 'file', format };
}

/** A domain's name may hold anything; a file name of ours holds only what no program minds. */
export const safeFileName = (name: string): string =>
  name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80) || 'domain';
