/** A signal that asks to stop. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

// One Ctrl-C can come twice: from the terminal, and from whatever the program was started by.
const onceMilliseconds = 1000;

/**
 * Counts signals: the first one stops what runs, and lets it clean up; one that comes later than a second
 * after it ends the process at once, as `kill -9` would. The journal then says where, and the next run repairs.
 */
export class StopSignals implements Disposable {
  readonly #heard: (by: StopSignal, which: 'first' | 'same' | 'again') => void;
  #first: { readonly by: StopSignal; readonly at: number } | null = null;

  constructor(heard: (by: StopSignal, which: 'first' | 'same' | 'again') => void) {
    this.#heard = heard;
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  /** The first signal; null while there is none. */
  get by(): StopSignal | null {
    return this.#first?.by ?? null;
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const by = signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
    const now = performance.now();
    if (this.#first === null) {
      this.#first = { by, at: now };
      this.#heard(by, 'first');
    } else if (now - this.#first.at < onceMilliseconds) this.#heard(by, 'same');
    else {
      this.#heard(by, 'again');
      process.exit(by === 'SIGTERM' ? 143 : 130);
    }
  };

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
  }
}
