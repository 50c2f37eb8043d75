import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('store-child.ts', import.meta.url));
const root = join(import.meta.dirname, '..', '..');

/** Runs a program to its end; throws with what it said if it failed. */
export function command(program: string, ...args: readonly string[]): string {
  const result = spawnSync(program, args, { encoding: 'utf8' });
  if (result.status === 0) return result.stdout;
  throw new Error(`${program} ${args.join(' ')}: ${result.stderr || result.error?.message}`);
}

/** A directory of its own on a disk, and a compiled `store-child.ts` that plain Node runs. */
export class StoreRig implements Disposable {
  readonly dir: string;
  readonly program: string;
  readonly #mounts: string[] = [];

  /** `parent`: where the stores lie, on which file system. */
  constructor(parent = tmpdir()) {
    this.dir = mkdtempSync(join(parent, 'hf-store-live-'));
    // Another user runs the program too.
    chmodSync(this.dir, 0o755);
    const out = join(this.dir, 'out');
    mkdirSync(out);
    symlinkSync(join(root, 'node_modules'), join(out, 'node_modules'));
    writeFileSync(join(out, 'package.json'), '{"type":"module"}');
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        rootDir: root,
        outDir: out,
        lib: ['es2023', 'esnext.disposable'],
        typeRoots: [join(root, 'node_modules/@types')],
        declaration: false,
        sourceMap: false,
      },
      include: [],
      files: [child],
    };
    writeFileSync(join(out, 'tsconfig.json'), JSON.stringify(config));
    command(join(root, 'node_modules/.bin/tsc'), '-p', join(out, 'tsconfig.json'));
    this.program = join(out, 'test/live/store-child.js');
  }

  /** A new empty directory below `dir`. */
  directory(name: string): string {
    const path = join(this.dir, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Runs the child; `wrap` are words before it, as `strace`. */
  child(
    args: readonly string[],
    options: { readonly wrap?: readonly string[]; readonly uid?: number } = {},
  ): SpawnSyncReturns<string> {
    const [program = '', ...rest] = [
      ...(options.wrap ?? []),
      process.execPath,
      this.program,
      ...args,
    ];
    return spawnSync(program, rest, {
      encoding: 'utf8',
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
  }

  /** Gives everything below a directory to a user. */
  own(path: string, uid: number): void {
    command('chown', '-R', `${uid}:${uid}`, path);
  }

  /** Mounts something, until the rig ends. */
  mount(target: string, ...args: readonly string[]): void {
    mkdirSync(target, { recursive: true });
    command('mount', ...args, target);
    this.#mounts.push(target);
  }

  [Symbol.dispose](): void {
    for (const target of this.#mounts.toReversed()) command('umount', '-l', target);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
