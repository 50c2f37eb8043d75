import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Tells when one of some files may have changed. Their directories are watched: editors and git write a new
 * file and rename it. What cannot be watched is found at the next look.
 */
export class FileWatch implements Disposable {
  readonly #ring: (path: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #names: ReadonlySet<string> = new Set();

  constructor(ring: (path: string) => void) {
    this.#ring = ring;
  }

  /** From now on these files are watched, and no others; absolute paths. */
  set(paths: readonly string[]): void {
    this.#names = new Set(paths);
    const wanted = new Set(paths.map((path) => dirname(path)));
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        const path = name === null ? null : `${folder}/${basename(name)}`;
        if (path === null || this.#names.has(path)) this.#ring(path ?? folder);
      });
      // Gone with its directory: the next `set` watches the new one.
      watcher.on('error', () => this.#drop(folder));
      this.#watchers.set(folder, watcher);
    } catch (error) {
      // No such directory, or no more watches to be had: the interval looks at it.
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  [Symbol.dispose](): void {
    this.set([]);
  }
}
