import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Coverage } from './coverage.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import { faultOf } from './run-input.ts';
import type { Target } from './target.ts';
import { targets } from './targets.ts';

/** What became of one target. */
export interface FuzzResult {
  readonly target: string;
  readonly runs: number;
  /** Blocks (with the magnitude of their counts) that seeds did not run and mutations did; 0 without coverage. */
  readonly newCoverage: number;
  /** One input for each kind of failure. */
  readonly failures: readonly { readonly input: Buffer; readonly error: Error }[];
}

/** How long, and with what. */
export interface FuzzOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Names of targets; default: all. */
  readonly only?: readonly string[];
  /** Where inputs that fail are kept; default: nowhere. */
  readonly keepIn?: string;
}

// Taking the coverage costs about as much as thirty inputs; what is new in a
// batch is looked for one by one.
const batchSize = 32;
// Beyond this the oldest that chance picks makes room.
const maxCorpus = 3000;
// A target with so many kinds of failure has one cause.
const maxFailures = 20;

/** Mutates for so many minutes, shared evenly; coverage decides which inputs are worth mutating again. */
export async function fuzzFor(options: FuzzOptions): Promise<readonly FuzzResult[]> {
  const chosen = targets.filter(({ name }) => options.only?.includes(name) ?? true);
  const milliseconds = (options.minutes * 60_000) / chosen.length;
  const results: FuzzResult[] = [];
  for (const target of chosen) {
    const end = performance.now() + milliseconds;
    await using coverage = await Coverage.start();
    const result = await fuzzTarget(target, {
      seed: options.seed,
      coverage,
      goesOn: () => performance.now() < end,
    });
    if (options.keepIn !== undefined) keep(options.keepIn, result);
    results.push(result);
  }
  return results;
}

/** Mutates so many times, without coverage: the same inputs for the same seed, on every machine. */
export function fuzzTimes(target: Target, runs: number, seed: number): Promise<FuzzResult> {
  return fuzzTarget(target, { seed, coverage: null, goesOn: (done) => done < runs });
}

async function fuzzTarget(
  target: Target,
  {
    seed,
    coverage,
    goesOn,
  }: {
    readonly seed: number;
    readonly coverage: Coverage | null;
    readonly goesOn: (runs: number) => boolean;
  },
): Promise<FuzzResult> {
  const random = new Random(seed);
  const corpus = [...target.seeds(), ...keptInputs(target.name)];
  const failures = new Map<string, { readonly input: Buffer; readonly error: Error }>();
  const attempt = async (input: Buffer): Promise<void> => {
    const error = await faultOf(target, input);
    const kind = error === null ? '' : kindOf(error);
    const known = failures.get(kind);
    if (error === null || (known !== undefined && known.input.length <= input.length)) return;
    failures.set(kind, { input, error });
  };
  for (const input of corpus) await attempt(input);
  coverage?.learn(await coverage.take());
  const first = coverage?.size ?? 0;
  let runs = corpus.length;
  while (goesOn(runs) && failures.size < maxFailures) {
    const batch = Array.from({ length: target.slow === true ? 1 : batchSize }, () =>
      mutate(random.any(corpus) ?? Buffer.alloc(0), random, {
        others: corpus,
        words: target.words,
      }),
    );
    for (const input of batch) await attempt(input);
    runs += batch.length;
    if (coverage === null) continue;
    const trace = await coverage.take();
    if (coverage.fresh(trace) === 0) continue;
    for (const input of batch) {
      await attempt(input);
      const own = await coverage.take();
      if (coverage.fresh(own) === 0) continue;
      coverage.learn(own);
      if (corpus.length < maxCorpus) corpus.push(input);
      else corpus[random.below(corpus.length)] = input;
    }
    coverage.learn(trace);
  }
  const newCoverage = (coverage?.size ?? 0) - first;
  return { target: target.name, runs, newCoverage, failures: [...failures.values()] };
}

/** Failures of one cause have one message, but for what the input put into it, and one place. */
function kindOf({ message, stack = '' }: Error): string {
  const place = /\/((?:src|test)\/[^\s:)]+:\d+)/.exec(stack.replace(/.*\/fuzz\/target\..*\n/g, ''));
  return `${message.slice(0, 40).replaceAll(/\d+/g, 'N')} ${place?.[1] ?? ''}`;
}

const corpusRoot = join(import.meta.dirname, 'corpus');

/** Inputs that once failed: they are tried again for ever. */
export function keptInputs(target: string): readonly Buffer[] {
  const directory = join(corpusRoot, target);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .toSorted()
    .map((name) => readFileSync(join(directory, name)));
}

function keep(directory: string, { target, failures }: FuzzResult): void {
  for (const { input } of failures) {
    mkdirSync(join(directory, target), { recursive: true });
    const name = createHash('sha256').update(input).digest('hex').slice(0, 12);
    writeFileSync(join(directory, target, name), input);
  }
}
