import type { RunEvent } from '../model/event.ts';
import { afterEvent, progressBar, progressLine, type Running } from './progress.ts';
import type { Terminal } from './terminal.ts';

// Ten times a second looks smooth and costs nothing; a log gets a line every ten seconds.
const redrawMilliseconds = 100;
const lineMilliseconds = 10_000;
// More bars than this would push what was said off a small screen.
const maxBars = 8;

/** What a display is made of. */
export interface DisplayOptions {
  readonly terminal: Terminal;
  /** Events as lines of JSON on standard output, and nothing else. */
  readonly json: boolean;
  /** Failures only. */
  readonly quiet: boolean;
  /** The line of an event; null when it is none for people. */
  readonly render: (event: RunEvent) => string | null;
}

/** Shows a run while it goes: bars on a terminal, lines elsewhere, JSON if asked. */
export class Display implements Disposable {
  readonly #options: DisplayOptions;
  readonly #bars: boolean;
  readonly #timer: NodeJS.Timeout | null;
  #running: ReadonlyMap<string, Running> = new Map();
  #drawn = 0;

  constructor(options: DisplayOptions) {
    this.#options = options;
    const { json, quiet, terminal } = options;
    this.#bars = terminal.errIsTty && terminal.env['TERM'] !== 'dumb';
    this.#timer =
      json || quiet
        ? null
        : setInterval(() => this.#tick(), this.#bars ? redrawMilliseconds : lineMilliseconds);
    this.#timer?.unref();
  }

  /** Takes an event in. */
  readonly emit = (event: RunEvent): void => {
    const { terminal, json, quiet, render } = this.#options;
    this.#running = afterEvent(this.#running, event);
    if (json) {
      terminal.out(`${JSON.stringify(event)}\n`);
      return;
    }
    if (event.kind === 'progress' || (quiet && !isBad(event))) return;
    const line = render(event);
    if (line === null) return;
    this.#erase();
    terminal.err(`${line}\n`);
    this.#draw();
  };

  /** Says that a signal came: what the terminal echoed of the key goes with the bars, or stays on a line of its own. */
  readonly saySignal = (line: string): void => {
    const { terminal } = this.#options;
    if (this.#drawn === 0 && terminal.errIsTty) terminal.err('\n');
    this.#erase();
    terminal.err(`${line}\n`);
    this.#draw();
  };

  #tick(): void {
    if (this.#bars) {
      this.#erase();
      this.#draw();
      return;
    }
    for (const running of this.#running.values()) {
      this.#options.terminal.err(`  ${progressLine(running, Date.now())}\n`);
    }
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    // Up to the begin of the first bar, whatever key was echoed, then clear to the end of the screen (ECMA-48 CPL, ED).
    this.#options.terminal.err(`\u001B[${this.#drawn}F\u001B[J`);
    this.#drawn = 0;
  }

  #draw(): void {
    if (!this.#bars || this.#timer === null) return;
    const { terminal } = this.#options;
    const bars = [...this.#running.values()]
      .slice(0, maxBars)
      .map((running) => `${progressBar(running, Date.now(), terminal.errColumns ?? 80)}\n`);
    terminal.err(bars.join(''));
    this.#drawn = bars.length;
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#erase();
    this.#running = new Map();
  }
}

/** Whether an event is said even with `--quiet`. */
function isBad(event: RunEvent): boolean {
  return (
    event.kind === 'warning' ||
    (event.kind === 'action-finished' &&
      ['failed', 'stale', 'interrupted'].includes(event.outcome.code))
  );
}
