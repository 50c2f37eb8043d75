import { barredStores } from './settle-mirrors.ts';
import type { StoryRun } from './story-run.ts';
import type { Step } from './story.ts';

/**
 * Lets damage be found and mended: four quiet runs, an hour apart. Says in which stores the last plan does
 * nothing; null when an invariant was broken on the way.
 */
export async function fourRuns(run: StoryRun, quiet: Step): Promise<ReadonlySet<string> | null> {
  let barred: ReadonlySet<string> = new Set();
  // One finds it, the next one mends, and two more what only then could be looked at.
  for (let count = 0; count < 4; count += 1) {
    const { results } = await run.step(quiet);
    if (run.violations.length > 0) return null;
    run.world.host.pass(3600);
    const plan = results[0]?.plan ?? null;
    barred = plan === null ? new Set() : barredStores(plan);
  }
  return barred;
}
