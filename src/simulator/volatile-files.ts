import type { Files, Look } from '../store/files.ts';
import { parentOf } from '../store/layout.ts';
import { survivalDice, tornContent, type Survival } from './survival.ts';
import { VolatileNames } from './volatile-names.ts';

/** The machine died: thrown by every call from then on. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

interface Inode {
  readonly number: number;
  readonly kind: 'file' | 'directory';
  /** What a program reads. */
  content: Buffer;
  /** What is on disk; null before the first fsync. */
  synced: Buffer | null;
}

const rootInode = 1;
const device = 7;

/**
 * A file system that keeps only what was fsynced, as POSIX allows: content of a
 * file after its fsync, a name after the fsync of its directory, a rename after
 * that of both. A rename itself is atomic, as on every journalling file system.
 * Of all else, any part may or may not survive a crash, in any order; content
 * that was not fsynced may be cut, or zeros.
 */
export class VolatileFiles implements Files {
  #inodes = new Map<number, Inode>();
  #names = new VolatileNames();
  #next = rootInode + 1;
  #dead = false;
  /** Changing calls so far. */
  calls = 0;
  /** Names of the changing calls, in order. */
  readonly log: string[] = [];
  /** The call before which the machine dies; half a call later in `half`. */
  dieAt = Number.POSITIVE_INFINITY;
  half = false;
  /** The call that fails with this error number, once. */
  failAt = Number.POSITIVE_INFINITY;
  failWith = 'EIO';

  constructor() {
    this.#inodes.set(rootInode, {
      number: rootInode,
      kind: 'directory',
      content: Buffer.alloc(0),
      synced: null,
    });
    this.#names.addDirectory(rootInode);
  }

  makeDirectory(path: string): void {
    this.#change('makeDirectory', path);
    this.#create(path, 'directory');
  }

  writeNew(path: string, content: string | Buffer): void {
    const torn = this.#change('writeNew', path);
    const inode = this.#create(path, 'file');
    inode.content = Buffer.from(content);
    if (torn) this.#die();
    inode.synced = inode.content;
  }

  syncFile(path: string): void {
    this.#change('syncFile', path);
    const inode = this.#need(path, 'file');
    inode.synced = inode.content;
  }

  syncDirectory(path: string): void {
    this.#change('syncDirectory', path);
    this.#names.sync(this.#need(path, 'directory').number);
  }

  rename(from: string, to: string): void {
    this.#change('rename', `${from} ${to}`);
    const inode = this.#need(from);
    const [source, oldName] = this.#parent(from);
    const [target, newName] = this.#parent(to);
    const replaced = this.#names.entries(target).get(newName);
    if (replaced !== undefined) {
      const there = this.#inodes.get(replaced);
      if (there?.kind !== inode.kind) throw this.#error('EEXIST', to);
      if (there.kind === 'directory' && this.#names.entries(replaced).size > 0) {
        throw this.#error('ENOTEMPTY', to);
      }
    }
    const over = replaced === undefined ? [] : [[target, newName, replaced] as const];
    this.#names.change(
      [[source, oldName, inode.number], ...over],
      [[target, newName, inode.number]],
    );
  }

  removeFile(path: string): void {
    this.#change('removeFile', path);
    this.#unlink(path, this.#need(path, 'file'));
  }

  removeDirectory(path: string): void {
    this.#change('removeDirectory', path);
    const inode = this.#need(path, 'directory');
    if (this.#names.entries(inode.number).size > 0) throw this.#error('ENOTEMPTY', path);
    this.#unlink(path, inode);
  }

  read(path: string): string {
    this.#alive();
    return this.#need(path, 'file').content.toString('utf8');
  }

  list(path: string): readonly string[] {
    this.#alive();
    return [...this.#names.entries(this.#need(path, 'directory').number).keys()];
  }

  look(path: string): Look | null {
    this.#alive();
    const inode = this.#find(path);
    if (inode === null) return null;
    const { number, kind, content } = inode;
    return { kind, device, inode: number, sizeBytes: content.length };
  }

  /** Writes like a program that does not fsync: an image. */
  writeLoose(path: string, content: string): void {
    this.#alive();
    this.#create(path, 'file').content = Buffer.from(content);
  }

  /** Adds to a file without an fsync. */
  append(path: string, bytes: Buffer): void {
    this.#change('append', path);
    const inode = this.#need(path, 'file');
    inode.content = Buffer.concat([inode.content, bytes]);
  }

  /** Cuts off what lies beyond so many bytes. */
  cut(path: string, bytes: number): void {
    this.#change('cut', path);
    const inode = this.#need(path, 'file');
    inode.content = inode.content.subarray(0, bytes);
    // A shorter file is an order to the disk like any other; here it is obeyed at once.
    if (inode.synced !== null) inode.synced = inode.synced.subarray(0, bytes);
  }

  /** Puts everything on disk. */
  settle(): void {
    for (const inode of this.#inodes.values()) inode.synced = inode.content;
    this.#names.settle();
  }

  /** Puts everything on disk, and forgets the calls and files without a name: of a host that lives for weeks. */
  tidy(): void {
    this.settle();
    this.log.length = 0;
    const named = this.#names.forgetUnnamed(rootInode);
    for (const number of this.#inodes.keys()) if (!named.has(number)) this.#inodes.delete(number);
  }

  /** The file system after a crash and a new start. */
  afterCrash(survival: Survival): VolatileFiles {
    const copy = this.copy();
    copy.#lose(survival);
    return copy;
  }

  copy(): VolatileFiles {
    const copy = new VolatileFiles();
    copy.#inodes = new Map([...this.#inodes].map(([number, inode]) => [number, { ...inode }]));
    copy.#names = this.#names.copy();
    copy.#next = this.#next;
    return copy;
  }

  /** Every file below a directory with its content, and `null` for directories: equal trees give equal lists. */
  tree(path: string): readonly (readonly [path: string, content: string | null])[] {
    const walk = (number: number, at: string): (readonly [string, string | null])[] =>
      [...this.#names.entries(number)]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([name, child]) => {
          const inode = this.#inodes.get(child);
          const below = `${at}/${name}`;
          return inode?.kind === 'directory'
            ? [[below, null] as const, ...walk(child, below)]
            : [[below, inode?.content.toString('utf8') ?? ''] as const];
        });
    const start = this.#find(path);
    return start === null ? [] : walk(start.number, path);
  }

  #lose(survival: Survival): void {
    const chance = survivalDice(survival);
    this.#names.lose(chance);
    for (const inode of this.#inodes.values()) {
      inode.content = tornContent(inode.content, inode.synced, survival, chance);
      inode.synced = inode.content;
    }
  }

  #change(call: string, path: string): boolean {
    this.#alive();
    const isLast = this.calls === this.dieAt;
    if (isLast && !this.half) this.#die();
    this.calls += 1;
    this.log.push(`${call} ${path}`);
    if (this.calls - 1 === this.failAt) throw this.#error(this.failWith, path);
    if (isLast && call !== 'writeNew') this.#die();
    return isLast;
  }

  #die(): never {
    this.#dead = true;
    throw new Crash();
  }

  #alive(): void {
    if (this.#dead) throw new Crash();
  }

  #find(path: string): Inode | null {
    let at: Inode | undefined = this.#inodes.get(rootInode);
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue;
      const child = at?.kind === 'directory' ? this.#names.entries(at.number).get(name) : undefined;
      if (child === undefined) return null;
      at = this.#inodes.get(child);
    }
    return at ?? null;
  }

  #need(path: string, kind?: Inode['kind']): Inode {
    const inode = this.#find(path);
    if (inode === null) throw this.#error('ENOENT', path);
    if (kind !== undefined && inode.kind !== kind) {
      throw this.#error(kind === 'directory' ? 'ENOTDIR' : 'EISDIR', path);
    }
    return inode;
  }

  #parent(path: string): readonly [directory: number, name: string] {
    return [this.#need(parentOf(path), 'directory').number, path.slice(path.lastIndexOf('/') + 1)];
  }

  #create(path: string, kind: Inode['kind']): Inode {
    const [directory, name] = this.#parent(path);
    if (this.#names.entries(directory).has(name)) throw this.#error('EEXIST', path);
    const inode: Inode = { number: this.#next, kind, content: Buffer.alloc(0), synced: null };
    this.#next += 1;
    this.#inodes.set(inode.number, inode);
    if (kind === 'directory') this.#names.addDirectory(inode.number);
    this.#names.change([], [[directory, name, inode.number]]);
    return inode;
  }

  #unlink(path: string, inode: Inode): void {
    const [directory, name] = this.#parent(path);
    this.#names.change([[directory, name, inode.number]], []);
  }

  #error(code: string, path: string): Error {
    return Object.assign(new Error(`${code}: ${path}`), { code, path, syscall: 'model' });
  }
}
