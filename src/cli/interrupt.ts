import type { Context } from './context.ts';

/** Signals while a run goes: the first one stops it, further ones are told that it stops already. */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  #tell: (line: string) => void;
  #by: 'SIGINT' | 'SIGTERM' | null = null;

  constructor({ terminal }: Context) {
    // The cursor stands behind a question, or behind the ^C that the terminal echoes.
    const start = terminal.errIsTty ? '\n' : '';
    this.#tell = (line) => terminal.err(`${start}${line}\n`);
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first signal; null while there is none. */
  get by(): 'SIGINT' | 'SIGTERM' | null {
    return this.#by;
  }

  /** From now on it is said by what else draws on the terminal. */
  tellBy(tell: (line: string) => void): void {
    this.#tell = tell;
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#by !== null) {
      this.#tell('Already stopping: the running job is ended and cleaned up. Please wait.');
      return;
    }
    this.#by = signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
    this.#tell(`${this.#by}: stopping. No further action is started.`);
    this.#controller.abort();
  };

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
  }
}
