/** A name in a directory: inode numbers of the two. */
type Entry = readonly [directory: number, name: string, inode: number];

type Names = Map<number, Map<string, number>>;

/** A change of names that is not on disk yet. */
interface Pending {
  readonly removes: readonly Entry[];
  readonly adds: readonly Entry[];
  /** Directories that must be fsynced before it is on disk for certain. */
  readonly waits: Set<number>;
}

/**
 * The names of a file system that keeps only what was fsynced: as programs see them, and as they are
 * on disk. Each change is atomic, and is on disk for certain after the fsync of all its directories.
 */
export class VolatileNames {
  #live: Names = new Map();
  #disk: Names = new Map();
  #pending: Pending[] = [];

  /** Gives a new directory no names yet. */
  addDirectory(number: number): void {
    this.#live.set(number, new Map());
    this.#disk.set(number, new Map());
  }

  /** What programs see in a directory. */
  entries(directory: number): ReadonlyMap<string, number> {
    const entries = this.#live.get(directory);
    if (entries === undefined) throw new Error(`inode ${directory} is no directory`);
    return entries;
  }

  /** Changes what programs see, at once and as one. */
  change(removes: readonly Entry[], adds: readonly Entry[]): void {
    // A name that only gets another inode keeps its place in the listing.
    const gone = removes.filter((entry) => !adds.some((one) => isSameName(one, entry)));
    putIn(this.#live, { removes: gone, adds });
    const waits = new Set([...removes, ...adds].map(([directory]) => directory));
    this.#pending.push({ removes, adds, waits });
  }

  /** An fsync of a directory: what has waited for it alone is on disk. */
  sync(directory: number): void {
    for (const pending of this.#pending.slice()) {
      if (!pending.waits.delete(directory) || pending.waits.size > 0) continue;
      if (this.#pending.includes(pending)) this.#settleOne(pending);
    }
  }

  /** Puts everything on disk. */
  settle(): void {
    for (const pending of this.#pending.slice()) this.#settleOne(pending);
  }

  /** Puts everything on disk, and forgets directories without a name; the inodes that have one, with the root. */
  forgetUnnamed(root: number): ReadonlySet<number> {
    this.settle();
    const named = new Set([root, ...[...this.#live.values()].flatMap((of) => [...of.values()])]);
    for (const names of [this.#live, this.#disk])
      for (const number of names.keys()) if (!named.has(number)) names.delete(number);
    return named;
  }

  /** A crash: of what is not on disk, `chance` says for each change that was possible whether it survives. */
  lose(chance: () => boolean): void {
    for (const pending of this.#pending) {
      const possible =
        pending.removes.every(([dir, name, inode]) => this.#disk.get(dir)?.get(name) === inode) &&
        pending.adds.every(
          (entry) =>
            this.#disk.get(entry[0])?.has(entry[1]) !== true ||
            pending.removes.some((one) => isSameName(one, entry)),
        );
      if (possible && chance()) putIn(this.#disk, pending);
    }
    this.#pending = [];
    this.#live = copyOf(this.#disk);
  }

  copy(): VolatileNames {
    const copy = new VolatileNames();
    copy.#live = copyOf(this.#live);
    copy.#disk = copyOf(this.#disk);
    copy.#pending = this.#pending.map((pending) => {
      return { ...pending, waits: new Set(pending.waits) };
    });
    return copy;
  }

  /** Puts a change on disk, and before it every earlier one of the same names. */
  #settleOne(pending: Pending): void {
    const touched = [...pending.removes, ...pending.adds];
    const touches = ({ removes, adds }: Pending): boolean =>
      [...removes, ...adds].some((entry) => touched.some((one) => isSameName(one, entry)));
    for (const earlier of this.#pending.slice()) {
      if (earlier === pending) break;
      if (this.#pending.includes(earlier) && touches(earlier)) this.#settleOne(earlier);
    }
    this.#pending.splice(this.#pending.indexOf(pending), 1);
    putIn(this.#disk, pending);
  }
}

const isSameName = (a: Entry, b: Entry): boolean => a[0] === b[0] && a[1] === b[1];

function putIn(names: Names, { removes, adds }: Pick<Pending, 'removes' | 'adds'>): void {
  for (const [directory, name] of removes) names.get(directory)?.delete(name);
  for (const [directory, name, inode] of adds) names.get(directory)?.set(name, inode);
}

function copyOf(names: Names): Names {
  return new Map([...names].map(([number, entries]) => [number, new Map(entries)]));
}
