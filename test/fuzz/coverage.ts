import { Session, type Profiler } from 'node:inspector/promises';

/** What of the program an input ran: its blocks, each with how often, roughly. */
export type Trace = readonly string[];

/** V8's own count of the blocks that ran, of the scripts of `src/`; it has a life to end. */
export class Coverage implements AsyncDisposable {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  static async start(): Promise<Coverage> {
    const coverage = new Coverage();
    coverage.#session.connect();
    await coverage.#session.post('Profiler.enable');
    await coverage.#session.post('Profiler.startPreciseCoverage', {
      callCount: true,
      detailed: true,
    });
    return coverage;
  }

  /** How many features were ever seen. */
  get size(): number {
    return this.#seen.size;
  }

  /** Takes what ran since the last take. */
  async take(): Promise<Trace> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    return result.filter(({ url }) => url.includes('/src/')).flatMap(featuresOf);
  }

  /** How many of these are new. */
  fresh(trace: Trace): number {
    return trace.reduce((sum, feature) => sum + (this.#seen.has(feature) ? 0 : 1), 0);
  }

  /** Remembers them. */
  learn(trace: Trace): void {
    for (const feature of trace) this.#seen.add(feature);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}

/** A block's place and the magnitude of its count, as AFL counts: once more is no news, ten times more is. */
function featuresOf({ url, functions }: Profiler.ScriptCoverage): readonly string[] {
  const file = url.slice(url.lastIndexOf('/src/'));
  return functions.flatMap(({ ranges }) =>
    ranges.flatMap(({ startOffset, count }) =>
      count === 0 ? [] : [`${file}:${startOffset}:${Math.min(8, Math.ceil(Math.log2(count)))}`],
    ),
  );
}
