import type { Context } from './context.ts';
import { StopSignals, type StopSignal } from './stop-signals.ts';

/** Signals while a run goes: the first one stops it, a further one ends the process where it is. */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #signals: StopSignals;
  #tell: (line: string) => void;

  constructor({ terminal }: Context) {
    // The cursor stands behind a question, or behind the ^C that the terminal echoes.
    const start = terminal.errIsTty ? '\n' : '';
    this.#tell = (line) => terminal.err(`${start}${line}\n`);
    this.#signals = new StopSignals((by, which) => {
      this.#tell(words[which](by));
      if (which === 'first') this.#controller.abort();
    });
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first signal; null while there is none. */
  get by(): StopSignal | null {
    return this.#signals.by;
  }

  /** From now on it is said by what else draws on the terminal. */
  tellBy(tell: (line: string) => void): void {
    this.#tell = tell;
  }

  [Symbol.dispose](): void {
    this.#signals[Symbol.dispose]();
  }
}

const words = {
  first: (by: StopSignal): string => `${by}: stopping. No further action is started.`,
  same: (): string =>
    'Already stopping: the running job is ended and cleaned up. Once more ends the program at once.',
  again: (by: StopSignal): string =>
    `${by}: ended at once. The journal says where; the next plan shows what is to be repaired.`,
} as const;
