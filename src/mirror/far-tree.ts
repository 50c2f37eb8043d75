import type { Entry, Eyes } from '../store/eyes.ts';
import type { Look } from '../store/files.ts';
import type { FarFile } from './far-end.ts';

type Node = { readonly file: FarFile } | { readonly below: Map<string, Node> };

/** A tree of what was listed. */
export interface FarTree {
  /** Names in a directory, in the listing's order; none if it is not there. */
  readonly names: (path: string) => readonly string[];
  /** Every file at or below a path. */
  readonly filesBelow: (path: string) => readonly FarFile[];
  readonly find: (path: string) => Node | null;
}

/** Builds it of files whose paths are relative to the same directory. */
export function treeOf(files: readonly FarFile[]): FarTree {
  const root = new Map<string, Node>();
  for (const file of files) {
    const names = file.path.split('/');
    const last = names.pop() ?? '';
    let at: Map<string, Node> | null = root;
    for (const name of names) {
      const next: Node = at.get(name) ?? { below: new Map() };
      at.set(name, next);
      at = 'below' in next ? next.below : null;
      // A file where another one has a directory: object storage can have both; the first one counts.
      if (at === null) break;
    }
    if (at !== null && !at.has(last)) at.set(last, { file });
  }
  const find = (path: string): Node | null => {
    let at: Node | null = { below: root };
    if (path === '') return at;
    for (const name of path.split('/')) {
      at = at !== null && 'below' in at ? (at.below.get(name) ?? null) : null;
    }
    return at;
  };
  return {
    names: (path) => {
      const node = find(path);
      return node !== null && 'below' in node ? [...node.below.keys()] : [];
    },
    filesBelow: (path) => {
      const node = find(path);
      return node === null ? [] : filesIn(node);
    },
    find,
  };
}

function filesIn(node: Node): readonly FarFile[] {
  return 'file' in node ? [node.file] : [...node.below.values()].flatMap(filesIn);
}

/**
 * Eyes for the store's observer that see a listing, and read small files from
 * where they were fetched to, by paths below the directory. `root` is what the observer calls the directory.
 */
export function farEyes(tree: FarTree, root: string, readSmall: (path: string) => string): Eyes {
  const inside = (path: string): string => path.slice(root.length + 1);
  const nodeAt = (path: string): Node => {
    const node = tree.find(inside(path));
    if (node !== null) return node;
    throw Object.assign(new Error(`${path} is not there`), {
      code: 'ENOENT',
      syscall: 'lstat',
      path,
    });
  };
  return {
    list: async (path) => {
      const node = nodeAt(path);
      return 'below' in node ? [...node.below].map(([name, each]) => entryOf(name, each)) : [];
    },
    look: (path) => lookOf(nodeAt(path)),
    // At once: the cache is on a disk of this host, and 10,000 promises of files cost a second.
    read: async (path) => readSmall(inside(path)),
    // The far end has none of these; the observer of a directory asks only for the last.
    root: async () => ({ device: 0, isDirectory: true }),
    space: async () => ({ freeBytes: 0, totalBytes: 0, sharesBlocks: false }),
    mount: async () => ({ mount: null, isMountPoint: false }),
    isWritable: async () => true,
    isLocked: async () => false,
  };
}

function entryOf(name: string, node: Node): Entry {
  const kind = lookOf(node).kind;
  return { name, isFile: () => kind === 'file', isDirectory: () => kind === 'directory' };
}

function lookOf(node: Node): Look {
  if ('below' in node) return { kind: 'directory', device: 0, inode: 0, sizeBytes: 0 };
  return { kind: node.file.kind, device: 0, inode: 0, sizeBytes: node.file.bytes };
}
