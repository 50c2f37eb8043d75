import { writeFileSync } from 'node:fs';

// Read anew at most so often: the program asks for the time more often than anybody sets a clock.
const keptMilliseconds = 50;

/**
 * A wall clock that a test sets while the program runs. What the program takes for the time is Date's, and
 * that is set, in its worker threads too; the clock since boot and the times of files are the kernel's still,
 * as after `date -s` in a container.
 */
export class SteppingClock {
  readonly #offsetFile: string;
  /** Words before the program's own command line. */
  readonly wrap: readonly string[];

  constructor(directory: string) {
    this.#offsetFile = `${directory}/clock-offset`;
    const preload = `${directory}/clock.cjs`;
    writeFileSync(preload, preloaded(this.#offsetFile));
    this.wrap = ['/usr/bin/env', `NODE_OPTIONS=--require=${preload}`];
    this.set(0);
  }

  /** So many seconds before or after the host's clock from now on. */
  set(seconds: number): void {
    writeFileSync(this.#offsetFile, String(seconds * 1000));
  }
}

const preloaded = (offsetFile: string): string => `
const { readFileSync } = require('node:fs');
const RealDate = Date;
let [offset, readAt] = [0, -Infinity];
const now = () => {
  const at = performance.now();
  if (at - readAt > ${keptMilliseconds}) {
    readAt = at;
    // A file that is being written is empty for a moment.
    const text = readFileSync(${JSON.stringify(offsetFile)}, 'utf8');
    if (text !== '') offset = Number(text);
  }
  return RealDate.now() + offset;
};
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [now()] : args));
  }
  static now() {
    return now();
  }
};
`;
