import { runSeeds, type Scoreboard } from '../../src/simulator/run-seeds.ts';
import { playedByAgent } from '../agent/agent-story.ts';
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
  return shareOf(board, 'simulator', {
    'simulated stories': board.seeds,
    'simulated steps': board.steps,
  });
}

/** The agent in stories of its own, on the simulator's host. */
async function simulateAgent(seconds: number, seed: number): Promise<Share> {
  const end = performance.now() + seconds * 1000;
  const isOver = (): boolean => performance.now() > end;
  let rounds = 0;
  const played = playedByAgent({ heard: () => (rounds += 1) });
  const board = await runSeeds({ from: seed, count: Number.MAX_SAFE_INTEGER, isOver, played });
  return shareOf(board, 'agent-stories', {
    'stories of the agent': board.seeds,
    'rounds of the agent in them': rounds,
  });
}

function shareOf(board: Scoreboard, area: string, counts: Share['counts']): Share {
  return {
    counts: {
      ...counts,
      'simulated crashes': board.crashes,
      'simulated points compared': board.points,
    },
    faults: board.faults,
    violations: board.violations.map((each) => ({
      what: `${JSON.stringify(each.violation)}\n${each.story.join('\n')}`,
      replay: `npm run torture -- --minutes 0 --only ${area} --seed ${each.seed}`,
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
const shares = new Map([
  ['simulator', simulate],
  ['agent-stories', simulateAgent],
]);
const share = shares.get(name ?? '') ?? fuzz;
process.stdout.write(`${JSON.stringify(await share(Number(seconds), Number(seed)))}\n`);
