import { mkdirSync } from 'node:fs';
import { run } from '../../src/process/run.ts';
import { sh } from './lab.ts';

/** A file system of its own size, mounted until it is ended. */
export class SmallDisk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async mount(path: string, sizeMiB: number): Promise<SmallDisk> {
    mkdirSync(path, { recursive: true });
    const options = `size=${sizeMiB}m,mode=0755`;
    await sh('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', path);
    return new SmallDisk(path);
  }

  async remount(options: string): Promise<void> {
    await sh('mount', '-o', `remount,${options}`, this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run({ program: 'umount', args: ['-l', this.path], timeoutSeconds: 60 });
  }
}
