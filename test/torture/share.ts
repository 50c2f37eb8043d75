import { runSeeds } from '../../src/simulator/run-seeds.ts';
import { fuzzFor } from '../fuzz/fuzz.ts';

/** What a share of a torture run counted, and how each violation is met again. */
interface Share {
  readonly counts: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly violations: readonly Found[];
}

/** What was wrong, and either the command that meets it again or the input that did it. */
type Found =
  | { readonly what: string; readonly replay: string }
  | {
      readonly what: string;
      readonly input: { readonly target: string; readonly base64: string };
    };

async function simulate(seconds: number, seed: number): Promise<Share> {
  const end = performance.now() + seconds * 1000;
  const isOver = (): boolean => performance.now() > end;
  const board = await runSeeds({ from: seed, count: Number.MAX_SAFE_INTEGER, isOver });
  return {
    counts: {
      'simulated stories': board.seeds,
      'simulated steps': board.steps,
      'simulated crashes': board.crashes,
      'simulated points compared': board.points,
    },
    faults: board.faults,
    violations: board.violations.map((each) => ({
      what: `${JSON.stringify(each.violation)}\n${each.story.join('\n')}`,
      replay: `npm run torture -- --minutes 0 --only simulator --seed ${each.seed}`,
    })),
  };
}

async function fuzz(seconds: number, seed: number): Promise<Share> {
  const results = await fuzzFor({ minutes: seconds / 60, seed });
  return {
    counts: { 'fuzzed inputs': results.reduce((sum, { runs }) => sum + runs, 0) },
    faults: {},
    violations: results.flatMap(({ target, failures }) =>
      failures.map(({ input, error }) => ({
        what: `${target}: ${error.stack ?? error.message}`,
        input: { target, base64: input.toString('base64') },
      })),
    ),
  };
}

const [name, seconds, seed] = process.argv.slice(2);
const share = name === 'simulator' ? simulate : fuzz;
process.stdout.write(`${JSON.stringify(await share(Number(seconds), Number(seed)))}\n`);
