import type { ChainId, DomainUuid, PointId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedPoint, PointFault } from '../model/observed-store.ts';
import type { Level, Manifest } from '../model/point.ts';
import { checkedTimes } from '../model/verification.ts';
import { listDirectory, lookAt, readSmall, type Inspection } from './inspect.ts';
import {
  holdName,
  isTemporary,
  manifestName,
  parsePointDirectory,
  checkedName,
  drilledName,
  drillPictureName,
  quarantineName,
} from './layout.ts';
import { filesOf, parseManifest, type ManifestFailure } from './manifest.ts';
import { standInPoint } from './read-chain.ts';
import { checkShape, quarantineShape } from './records.ts';
import { parseShape, type Shape } from './shape.ts';

/** What is kept of a point until its chain is judged: no manifest, for there may be a million. */
export interface PointPart {
  /** Its directory. */
  readonly name: string;
  readonly id: PointId;
  readonly sequence: number;
  readonly level: Level;
  readonly at: Instant;
  readonly bytes: number;
  readonly fault: PointFault | null;
  readonly held: boolean;
  readonly marks: Pick<ObservedPoint, 'checked' | 'damaged'>;
  /** The rest is of the manifest: null and empty where there is none. */
  readonly uuid: DomainUuid | null;
  readonly domainName: string;
  readonly parent: PointId | null;
  readonly images: readonly string[];
  readonly backings: readonly string[];
}

/** `20261122T020000Z` as an instant. */
function instantOfStamp(stamp: string): Instant {
  const digits = stamp.replaceAll(/\D/g, '');
  const parts = [0, 4, 6, 8, 10, 12].map((start, index) =>
    digits.slice(start, [4, 6, 8, 10, 12, 14][index]),
  );
  const [year, month, day, hour, minute, second] = parts;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
}

/** Looks at a point: its manifest, and every file in its directory. null if that could not be listed. */
export async function observePoint(
  inspection: Inspection,
  chainPath: string,
  chain: ChainId,
  name: string,
): Promise<PointPart | null> {
  const path = `${chainPath}/${name}`;
  const parsed = parsePointDirectory(name);
  const entries = await listDirectory(inspection, path);
  if (entries === null || parsed === null) return null;
  const sizes = new Map<string, number>();
  for (const entry of entries) {
    const look = lookAt(inspection, `${path}/${entry.name}`);
    if (look?.kind === 'file') sizes.set(entry.name, look.sizeBytes);
    else if (look !== null) inspection.foreign.push(`${path}/${entry.name}`);
  }
  const found = await readManifest(inspection, path, chain, name, sizes);
  const manifest = typeof found === 'string' ? null : found;
  noteForeign(inspection, path, manifest, sizes);
  const fault = typeof found === 'string' ? found : faultOf(found, sizes);
  return {
    name,
    id: manifest?.point ?? standInPoint(parsed.stamp),
    sequence: parsed.sequence,
    level: parsed.full ? 'full' : 'increment',
    at: manifest?.frozenAt ?? instantOfStamp(parsed.stamp),
    bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    fault,
    held: entries.some((entry) => entry.name === holdName),
    marks: await readMarks(inspection, path, sizes),
    uuid: manifest?.domain.uuid ?? null,
    domainName: manifest?.domain.name ?? '',
    parent: manifest?.parent ?? null,
    images: manifest?.disks.map(({ file }) => file) ?? [],
    backings: manifest?.disks.flatMap(({ backing }) => (backing === null ? [] : [backing])) ?? [],
  };
}

/** The manifest, or why there is none that counts. */
async function readManifest(
  inspection: Inspection,
  path: string,
  chain: ChainId,
  name: string,
  sizes: ReadonlyMap<string, number>,
): Promise<Manifest | ManifestFailure['code'] | 'manifest-missing'> {
  const size = sizes.get(manifestName);
  if (size === undefined) {
    // One that is there and could not be looked at is noted already.
    const noted = inspection.unreadable.some((one) => one.path === `${path}/${manifestName}`);
    return noted ? 'manifest-unreadable' : 'manifest-missing';
  }
  const content = await readSmall(inspection, `${path}/${manifestName}`, size);
  if (content === null) return 'manifest-unreadable';
  const manifest = parseManifest(content, {
    store: inspection.id,
    chain,
    pointDirectory: name,
    path: `${inspection.root}/${path}/${manifestName}`,
  });
  return manifest.ok ? manifest.value : manifest.error.code;
}

/** What checks have noted of a point. A note that cannot be read is none: the point is due again. */
async function readMarks(
  inspection: Inspection,
  path: string,
  sizes: ReadonlyMap<string, number>,
): Promise<PointPart['marks']> {
  const read = async <T>(name: string, shape: Shape<T>): Promise<T | null> => {
    const size = sizes.get(name);
    if (size === undefined) return null;
    const content = await readSmall({ ...inspection, unreadable: [] }, `${path}/${name}`, size);
    const parsed = content === null ? null : parseShape(content, shape);
    return parsed?.ok === true ? parsed.value : null;
  };
  const check = await read(checkedName, checkShape);
  const quarantine = await read(quarantineName, quarantineShape);
  const damaged = quarantine?.files ?? [];
  return {
    ...(check === null ? {} : { checked: checkedTimes(check) }),
    ...(damaged.length === 0 ? {} : { damaged }),
  };
}

function faultOf(manifest: Manifest, sizes: ReadonlyMap<string, number>): PointFault | null {
  const files = filesOf(manifest);
  if (files.some(({ file }) => !sizes.has(file))) return 'file-missing';
  if (files.some(({ file, bytes }) => sizes.get(file) !== bytes)) return 'file-size';
  return sizes.has(quarantineName) ? 'quarantined' : null;
}

function noteForeign(
  inspection: Inspection,
  path: string,
  manifest: Manifest | null,
  sizes: ReadonlyMap<string, number>,
): void {
  // Without a manifest nobody knows which files are the point's.
  if (manifest === null) return;
  const ours = new Set(filesOf(manifest).map(({ file }) => file));
  const marks = [holdName, quarantineName, checkedName, drilledName, drillPictureName];
  for (const name of [manifestName, ...marks]) ours.add(name);
  for (const name of sizes.keys()) {
    if (!ours.has(name) && !isTemporary(name)) inspection.foreign.push(`${path}/${name}`);
  }
}

/**
 * The points of a chain, each with the fault that its parent gives it: a point
 * is valid only if its parents are, their images are those that it stands
 * on, and it is of the domain whose directory it lies in.
 */
export function judgePoints(
  parts: readonly PointPart[],
  owner: DomainUuid,
): readonly ObservedPoint[] {
  const before = new Map<PointId, PointPart>();
  return parts.map((part): ObservedPoint => {
    const fault = part.fault ?? faultByFamily(part, owner, before);
    before.set(part.id, { ...part, fault });
    return {
      id: part.id,
      sequence: part.sequence,
      level: part.level,
      at: part.at,
      bytes: part.bytes,
      ...(fault === null ? {} : { fault }),
      ...(part.held ? { held: true } : {}),
      ...part.marks,
    };
  });
}

function faultByFamily(
  part: PointPart,
  owner: DomainUuid,
  before: ReadonlyMap<PointId, PointPart>,
): PointFault | null {
  if (part.uuid !== owner) return 'manifest-misplaced';
  if (part.parent === null) return null;
  // A parent whose manifest does not tell its id is there all the same.
  const parent = before.get(part.parent) ?? before.get(standInPoint(part.parent.slice(0, 16)));
  if (parent === undefined) return 'parent-missing';
  if (parent.fault !== null) return 'parent-faulty';
  const known = new Set(parent.images.map((file) => `../${parent.name}/${file}`));
  return part.backings.every((backing) => known.has(backing)) ? null : 'parent-missing';
}
