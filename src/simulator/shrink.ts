import type { Step } from './story.ts';

// A story has some thirty steps: this many tries end in a second or two.
const mostTries = 400;

/**
 * The shortest story that was found to fail still, by taking out steps, the
 * larger pieces first, then faults. `fails` must give the same each time.
 */
export async function shrinkStory(
  story: readonly Step[],
  fails: (story: readonly Step[]) => Promise<boolean>,
): Promise<readonly Step[]> {
  let best = story;
  let tries = 0;
  const isBetter = async (candidate: readonly Step[]): Promise<boolean> => {
    tries += 1;
    if (tries > mostTries || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let piece = best.length >> 1; piece >= 1; piece >>= 1) {
    for (let at = 0; at < best.length;) {
      const shorter = [...best.slice(0, at), ...best.slice(at + piece)];
      if (!(await isBetter(shorter))) at += piece;
    }
  }
  for (let at = 0; at < best.length; at += 1) {
    for (const simpler of simplerSteps(best[at])) {
      if (await isBetter(best.with(at, simpler))) break;
    }
  }
  return best;
}

/** The same apply with less that goes wrong. */
function simplerSteps(step: Step | undefined): readonly Step[] {
  if (step?.kind === 'ask') {
    return step.faults.map((_fault, index) => ({
      ...step,
      faults: step.faults.toSpliced(index, 1),
    }));
  }
  if (step?.kind !== 'apply') return [];
  const { faults } = step;
  const simpler: readonly Step[] = [
    { ...step, faults: [], lies: [], beside: 'nobody' },
    ...faults.map((_fault, index) => ({ ...step, faults: faults.toSpliced(index, 1) })),
    { ...step, lies: [] },
    { ...step, beside: 'nobody' },
  ];
  return simpler.filter((one) => JSON.stringify(one) !== JSON.stringify(step));
}
