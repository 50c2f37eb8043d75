import type { Actor } from './actor.ts';
import { runStory } from './run-story.ts';
import type { Violation } from './scene.ts';
import { shrinkStory } from './shrink.ts';
import type { Twist } from './story-run.ts';
import { stepText, storyOf, type Step } from './story.ts';
import type { World } from './world.ts';

/** How many stories are told: so many from a seed on, or as long as `isOver` says no. */
export interface SeedsRequest {
  readonly from: number;
  readonly count: number;
  /** Asked after each story: a clock is the caller's. */
  readonly isOver?: () => boolean;
  readonly twist?: Twist;
  /** Who does the runs of these stories, and the stories that are made for them; left out: a person, with `apply`. */
  readonly played?: Played;
}

/** Stories with somebody else than a person in them. */
export interface Played {
  readonly storyOf: (seed: number) => readonly Step[];
  readonly actorOf: (world: World) => Actor;
}

/** What came of them. */
export interface Scoreboard {
  readonly seeds: number;
  readonly steps: number;
  /** How often each fault was met: `error-before`, `hypervisor-stale`. */
  readonly faults: Readonly<Record<string, number>>;
  /** Processes and hosts that died. */
  readonly crashes: number;
  /** Restorable points that were read back and compared with their instant. */
  readonly points: number;
  readonly violations: readonly SeedViolation[];
}

/** A seed that failed, and the shortest story that fails as it does. */
export interface SeedViolation {
  readonly seed: number;
  readonly violation: Violation;
  readonly story: readonly string[];
}

/** Tells the stories of many seeds, one after the other. Deterministic but for `isOver`. */
export async function runSeeds(request: SeedsRequest): Promise<Scoreboard> {
  const { from, count, isOver = () => false } = request;
  const faults = new Map<string, number>();
  const violations: SeedViolation[] = [];
  let [seeds, steps, crashes, points] = [0, 0, 0, 0];
  while (seeds < count && !isOver()) {
    const seed = from + seeds;
    const result = await tell(request, storyFor(request, seed));
    seeds += 1;
    steps += result.steps;
    crashes += result.crashes;
    points += result.compared;
    for (const met of result.faults) {
      const kind = met.split(' ').at(-1) ?? met;
      faults.set(kind, (faults.get(kind) ?? 0) + 1);
    }
    const [violation] = result.violations;
    if (violation !== undefined) violations.push(await shortest(seed, violation, request));
  }
  const byKind = Object.fromEntries([...faults].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { seeds, steps, faults: byKind, crashes, points, violations };
}

const storyFor = ({ played }: SeedsRequest, seed: number): readonly Step[] =>
  (played?.storyOf ?? storyOf)(seed);

const tell = (
  { twist = {}, played }: SeedsRequest,
  story: readonly Step[],
): ReturnType<typeof runStory> => runStory(story, twist, played?.actorOf);

async function shortest(
  seed: number,
  violation: Violation,
  request: SeedsRequest,
): Promise<SeedViolation> {
  const fails = async (steps: readonly Step[]): Promise<boolean> =>
    (await tell(request, steps)).violations.some(({ id }) => id === violation.id);
  const story = await shrinkStory(storyFor(request, seed), fails);
  return { seed, violation, story: story.map(stepText) };
}
