import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runProgram } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

/** What a command printed, and its exit status. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** A directory of its own in which commands are run, in this process. */
export class Cli implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'hf-cli-'));

  /** Writes a file below the directory; its path. */
  write(name: string, content: string | object): string {
    const path = join(this.dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  /** Runs a command; standard input and terminal as given. The directory reads DIR in what is printed. */
  async run(
    args: readonly string[],
    changes: Partial<Terminal> & { input?: string } = {},
  ): Promise<Ran> {
    let [out, err] = ['', ''];
    const { input = '', ...rest } = changes;
    const terminal: Terminal = {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      outIsTty: false,
      errIsTty: false,
      inIsTty: false,
      columns: null,
      errColumns: null,
      env: {},
      cwd: this.dir,
      readInput: async () => input,
      ask: async () => '',
      ...rest,
    };
    const exit = await runProgram(args, terminal, '0.0.0');
    const hide = (text: string): string => text.replaceAll(this.dir, 'DIR');
    return { exit, out: hide(out), err: hide(err) };
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
