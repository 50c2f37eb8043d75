import type { StoreId } from '../model/identity.ts';

/** A file at a far end. */
export interface FarContent {
  readonly text: string;
  /** As its own file system tells it: what was sent has the time of what it was sent from. */
  readonly time: number;
}

/** A far end: a machine of its own, which keeps what it has got whatever happens to the host. */
export interface ModelMirror {
  readonly name: string;
  /** By path below its root, `<store id>/domains/…`. */
  files: Map<string, FarContent>;
  /** What a listing that comes late shows: the files as they were after the run before. */
  late: ReadonlyMap<string, FarContent>;
  /** Nobody reaches it. */
  isAway: boolean;
  isFull: boolean;
}

/** A far end with nothing at it. */
export function newMirror(name: string): ModelMirror {
  return { name, files: new Map(), late: new Map(), isAway: false, isFull: false };
}

/** Paths of a store's files there, without the store's directory, in their order. */
export function pathsOf(files: ReadonlyMap<string, FarContent>, below: string): readonly string[] {
  const prefix = below === '' ? '' : `${below}/`;
  return [...files.keys()]
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length))
    .toSorted();
}

/** Ids of the stores that have a directory there. */
export function storesAt({ files }: ModelMirror): readonly string[] {
  return [...new Set([...files.keys()].map((path) => path.split('/')[0] ?? ''))];
}

/** Takes away all that is there of a store, or of a directory of it. */
export function clearBelow({ files }: ModelMirror, below: string | StoreId): void {
  for (const path of files.keys()) if (path.startsWith(`${below}/`)) files.delete(path);
}
