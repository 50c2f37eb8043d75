import type { DomainUuid } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type {
  ObservedDeletedPoint,
  ObservedMirrorDirectory,
  ObservedPartialCopy,
} from '../model/observed-mirror.ts';
import type { ObservedDirectory } from '../model/observed-store.ts';
import type { Manifest } from '../model/point.ts';
import { domainsName, parsePointDirectory } from '../store/layout.ts';
import { parseManifest } from '../store/manifest.ts';
import { standInPoint } from '../store/read-chain.ts';
import { parseShape } from '../store/shape.ts';
import type { FarRest } from './far-points.ts';
import { deletedShape } from './hide.ts';
import { deletedManifestName, deletedName } from './places.ts';
import { readScratch, type Work } from './work.ts';

/** Adds deleted points and partial copies to the directories of the observer; foreign: those of an unknown domain. */
export function observeRests(
  work: Work,
  rests: readonly FarRest[],
  cache: string,
  observed: readonly ObservedDirectory[],
): { readonly directories: readonly ObservedMirrorDirectory[]; readonly foreign: number } {
  const found = new Map<string, Found>();
  for (const { directory, uuid, name, chains } of observed) {
    found.set(directory, { directory, uuid, name, chains, deleted: [], partial: [] });
  }
  let foreign = 0;
  const partial: FarRest[] = [];
  for (const rest of rests) {
    if (!rest.isDeleted) {
      partial.push(rest);
      continue;
    }
    const manifest = readHidden(work, rest, cache);
    const domain = manifest?.domain ?? null;
    const entry =
      found.get(rest.directory) ?? (domain === null ? null : newEntry(rest.directory, domain));
    if (entry === null) {
      foreign += 1;
      continue;
    }
    found.set(rest.directory, entry);
    entry.deleted.push(deletedOf(rest, manifest, deletedAt(work, rest, cache)));
  }
  for (const { directory, chain, pointDirectory, bytes } of partial) {
    const entry = found.get(directory);
    if (entry === undefined) foreign += 1;
    else entry.partial.push({ chain, pointDirectory, bytes });
  }
  const directories = [...found.values()].toSorted((a, b) => (a.directory < b.directory ? -1 : 1));
  return { directories, foreign };
}

interface Found extends ObservedMirrorDirectory {
  readonly deleted: ObservedDeletedPoint[];
  readonly partial: ObservedPartialCopy[];
}

function newEntry(
  directory: string,
  { uuid, name }: { readonly uuid: DomainUuid; readonly name: string },
): Found {
  return { directory, uuid, name, chains: [], deleted: [], partial: [] };
}

function pathOf({ directory, chain, pointDirectory }: FarRest): string {
  return `${domainsName}/${directory}/${chain}/${pointDirectory}`;
}

/** The hidden manifest; null if it cannot be read: the point is deleted all the same. */
function readHidden(work: Work, rest: FarRest, cache: string): Manifest | null {
  const path = `${pathOf(rest)}/${deletedManifestName}`;
  const content = readScratch(work, cache, path);
  if (content === null) return null;
  const { chain, pointDirectory } = rest;
  const manifest = parseManifest(content, { store: work.store, chain, pointDirectory, path });
  return manifest.ok ? manifest.value : null;
}

function deletedAt(work: Work, rest: FarRest, cache: string): Instant | null {
  const content = readScratch(work, cache, `${pathOf(rest)}/${deletedName}`);
  const mark = content === null ? null : parseShape(content, deletedShape);
  return mark?.ok === true ? mark.value.at : null;
}

function deletedOf(
  { chain, pointDirectory, bytes, held }: FarRest,
  manifest: Manifest | null,
  at: Instant | null,
): ObservedDeletedPoint {
  const parsed = parsePointDirectory(pointDirectory);
  return {
    chain,
    pointDirectory,
    id: manifest?.point ?? standInPoint(parsed?.stamp ?? ''),
    sequence: parsed?.sequence ?? 0,
    bytes,
    deletedAt: at,
    ...(held ? { held: true } : {}),
  };
}
