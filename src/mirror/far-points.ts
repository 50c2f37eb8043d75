import { isDirectoryName } from '../model/directory-name.ts';
import { isChainId, type ChainId } from '../model/identity.ts';
import {
  checkedName,
  closedName,
  domainsName,
  holdName,
  manifestName,
  parsePointDirectory,
  quarantineName,
} from '../store/layout.ts';
import type { FarFile } from './far-end.ts';
import { markerName } from './known-mirrors.ts';
import { deletedManifestName, deletedName } from './places.ts';
import { isOurs } from './purge.ts';

/** A point's directory that has no manifest. */
export interface FarRest {
  readonly directory: string;
  readonly chain: ChainId;
  readonly pointDirectory: string;
  readonly bytes: number;
  readonly isDeleted: boolean;
  readonly held: boolean;
}

/** A listing, sorted by what its files are. */
export interface SortedListing {
  /** Of published points, and of chains that have some: what the store's observer is shown. */
  readonly published: readonly FarFile[];
  /** Files whose content is wanted. */
  readonly small: readonly FarFile[];
  /** Deleted points and partial copies, by path. */
  readonly rests: readonly FarRest[];
  readonly foreign: number;
  readonly hasMarker: boolean;
}

const wanted = new Set([
  manifestName,
  closedName,
  checkedName,
  quarantineName,
  deletedManifestName,
  deletedName,
]);

/** Sorts a listing of a store's directory at a mirror. */
export function sortListing(files: readonly FarFile[]): SortedListing {
  const present = new Set(files.map(({ path }) => path));
  const rests = new Map<string, FarRest>();
  const published: FarFile[] = [];
  const small: FarFile[] = [];
  let foreign = 0;
  for (const file of files) {
    if (file.path === markerName) {
      if (file.kind === 'file') small.push(file);
      continue;
    }
    const [top, directory = '', chain = '', name = '', ...below] = file.path.split('/');
    const inDomain = top === domainsName && isDirectoryName(directory);
    if (!inDomain) {
      foreign += 1;
      continue;
    }
    const point = `${domainsName}/${directory}/${chain}/${name}`;
    const isPoint = isChainId(chain) && parsePointDirectory(name) !== null && below.length > 0;
    const inner = below.join('/');
    // A copy that was interrupted left it; in a point that is there it is nothing.
    const isRest = isPoint && (below.length > 1 || inner.startsWith('.'));
    const last = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (file.kind === 'file' && wanted.has(last) && !isRest) small.push(file);
    if (!isPoint || present.has(`${point}/${manifestName}`)) {
      const hidden = isRest
        ? isOurs(inner)
        : isPoint && [deletedManifestName, deletedName].includes(inner);
      if (!hidden) published.push(file);
      continue;
    }
    const held =
      present.has(`${point}/${holdName}`) ||
      present.has(`${domainsName}/${directory}/${chain}/${holdName}`);
    const isDeleted = present.has(`${point}/${deletedManifestName}`);
    const bytes = (rests.get(point)?.bytes ?? 0) + file.bytes;
    rests.set(point, { directory, chain, pointDirectory: name, bytes, isDeleted, held });
    if (!isOurs(inner)) foreign += 1;
  }
  const sorted = [...rests].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, rest]) => rest);
  return { published, small, rests: sorted, foreign, hasMarker: present.has(markerName) };
}
