import type { Actor } from './actor.ts';
import type { Violation } from './scene.ts';
import { settle } from './settle.ts';
import { StoryRun, type Twist } from './story-run.ts';
import type { Step } from './story.ts';
import type { World } from './world.ts';

/** What is counted of a story. */
export interface StoryResult {
  readonly violations: readonly Violation[];
  readonly steps: number;
  /** Faults that were met, as `files.rename error-before`, and lies that were told. */
  readonly faults: readonly string[];
  readonly crashes: number;
  /** Restorable points that were read back and compared. */
  readonly compared: number;
}

/** Tells a story to its end, or to its first violation. */
export async function runStory(
  story: readonly Step[],
  twist: Twist = {},
  actorOf?: (world: World) => Actor,
): Promise<StoryResult> {
  const run = new StoryRun(twist, actorOf);
  for (const step of story) {
    if (run.violations.length > 0) break;
    await run.step(step);
  }
  const atRest = run.violations.length > 0 ? [] : await settle(run);
  const { steps, faults, crashes, compared } = run;
  return { violations: [...run.violations, ...atRest], steps, faults, crashes, compared };
}
