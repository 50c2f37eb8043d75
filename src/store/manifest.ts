import { pointDirectory, type ChainId, type StoreId } from '../model/identity.ts';
import type { Manifest } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { manifestShape } from './manifest-shape.ts';
import { parseJson, readShape } from './shape.ts';

/** Why a manifest does not count; the codes are point faults. */
export interface ManifestFailure extends Failure {
  readonly code: 'manifest-unreadable' | 'manifest-newer' | 'manifest-misplaced';
}

/** Where a manifest was found: its contents must say the same. */
export interface ManifestPlace {
  readonly store: StoreId;
  readonly chain: ChainId;
  readonly pointDirectory: string;
  /** Path of the file, for messages. */
  readonly path: string;
}

/** Reads the text of a `point.json` that was found at a place. */
export function parseManifest(
  content: string,
  place: ManifestPlace,
): Result<Manifest, ManifestFailure> {
  const unreadable = (why: string) =>
    fail<ManifestFailure>({ code: 'manifest-unreadable', message: `${place.path}: ${why}` });
  const parsed = parseJson(content);
  if (!parsed.ok) return unreadable(parsed.error);
  const format = formatOf(parsed.value);
  if (format > 1) {
    return fail({
      code: 'manifest-newer',
      message: `${place.path}: format ${format} is newer than the 1 that this Holdfast reads; use a newer Holdfast`,
    });
  }
  const manifest = readShape(parsed.value, manifestShape);
  if (!manifest.ok) return unreadable(manifest.error);
  const contradiction = contradictionIn(manifest.value);
  if (contradiction !== null) return unreadable(contradiction);
  const wrong = misplacement(manifest.value, place);
  if (wrong !== null) {
    return fail({ code: 'manifest-misplaced', message: `${place.path}: ${wrong}` });
  }
  return ok(manifest.value);
}

function formatOf(value: unknown): number {
  const whole = typeof value === 'object' && value !== null && 'formatVersion' in value;
  return whole && typeof value.formatVersion === 'number' ? value.formatVersion : 0;
}

/** What a manifest says against itself, beyond the forms of its fields; null if nothing. */
export function contradictionIn(manifest: Manifest): string | null {
  const { disks, files, level, parent } = manifest;
  if (disks.length === 0) return 'disks is empty, and a point without a disk restores nothing';
  const odd = disks.find((disk) => (disk.level === 'full') !== (disk.backing === null));
  if (odd !== undefined) {
    return `disk ${odd.target} is ${odd.level === 'full' ? 'a full with' : 'an increment without'} a backing file`;
  }
  const increments = disks.some((disk) => disk.level === 'increment');
  if (increments !== (level === 'increment')) {
    return `level is ${level}, but ${increments ? 'a' : 'no'} disk is an increment`;
  }
  if ((parent === null) !== (level === 'full')) {
    return level === 'full' ? 'a full has a parent' : 'an increment has no parent';
  }
  const names = [...disks.map(({ file }) => file), ...files.map(({ file }) => file)];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? null : `${twice} is named twice`;
}

/** Why a manifest belongs to another place; null if it belongs here. */
function misplacement(manifest: Manifest, place: ManifestPlace): string | null {
  if (manifest.store !== place.store) {
    return `it is of store ${manifest.store}, and this is store ${place.store}`;
  }
  if (manifest.chain !== place.chain) {
    return `it is of chain ${manifest.chain}, and lies in ${place.chain}`;
  }
  const name = pointDirectory(manifest.sequence, manifest.point, manifest.level);
  return name === place.pointDirectory
    ? null
    : `it is of point ${name}, and lies in ${place.pointDirectory}`;
}

/** Every file of a point beside its manifest, with its size and SHA-256. */
export function filesOf(
  manifest: Manifest,
): readonly { readonly file: string; readonly bytes: number; readonly sha256: string }[] {
  return [
    ...manifest.disks.map(({ file, fileBytes, sha256 }) => ({ file, bytes: fileBytes, sha256 })),
    ...manifest.files,
  ];
}

/**
 * Whether the images of a point stand on those of its parent: each backing
 * file lies in the parent's directory and in its manifest. null if so.
 */
export function backingProblem(
  manifest: Manifest,
  parent: { readonly directory: string; readonly manifest: Manifest },
): string | null {
  if (manifest.domain.uuid !== parent.manifest.domain.uuid) {
    return `its parent is of domain ${parent.manifest.domain.uuid}`;
  }
  const known = new Set(parent.manifest.disks.map(({ file }) => `../${parent.directory}/${file}`));
  const odd = manifest.disks.find(({ backing }) => backing !== null && !known.has(backing));
  return odd === undefined
    ? null
    : `disk ${odd.target} stands on ${odd.backing}, which is no image of its parent`;
}
