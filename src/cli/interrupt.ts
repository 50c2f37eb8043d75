import type { Context } from './context.ts';

/** Signals while a run goes: the first one stops it, further ones are told that it stops already. */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #context: Context;
  #by: 'SIGINT' | 'SIGTERM' | null = null;

  constructor(context: Context) {
    this.#context = context;
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

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const { terminal } = this.#context;
    if (this.#by !== null) {
      terminal.err('Already stopping: the running job is ended and cleaned up. Please wait.\n');
      return;
    }
    this.#by = signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
    terminal.err(`${this.#by}: stopping. No further action is started.\n`);
    this.#controller.abort();
  };

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
  }
}
