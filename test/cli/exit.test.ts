import { describe, expect, it } from 'vitest';
import { applyExit, planExit, type PlanFacts, type RunFacts } from '../../src/cli/exit.ts';

const plan: PlanFacts = { incomplete: false, actions: 0, blocking: [] };
const run: RunFacts = {
  plan,
  done: 0,
  failed: 0,
  stale: 0,
  skipped: 0,
  interruptedBy: null,
  converged: true,
};

describe('planExit', () => {
  it.each<[Partial<PlanFacts>, number, number]>([
    [{}, 0, 0],
    [{ actions: 3 }, 0, 2],
    [{ actions: 3, blocking: ['G201'] }, 0, 4],
    [{ actions: 3, blocking: ['G104'] }, 5, 5],
    [{ actions: 3, blocking: ['G201', 'G104'] }, 5, 5],
    [{ blocking: ['G104'], incomplete: true }, 5, 5],
    [{ incomplete: true }, 9, 9],
    [{ incomplete: true, actions: 1, blocking: ['G201'] }, 9, 9],
    [{ blocking: ['G105'], incomplete: true }, 3, 3],
    [{ blocking: ['G102'], incomplete: true }, 8, 8],
  ])('of %j is %d, with --detailed-exitcode %d', (facts, plain, detailed) => {
    expect(planExit({ ...plan, ...facts }, false)).toBe(plain);
    expect(planExit({ ...plan, ...facts }, true)).toBe(detailed);
  });
});

describe('applyExit', () => {
  it.each<[Partial<RunFacts>, number]>([
    [{}, 0],
    [{ done: 3 }, 0],
    [{ done: 3, converged: null }, 0],
    [{ done: 3, converged: false }, 1],
    [{ failed: 2 }, 1],
    [{ done: 1, failed: 1 }, 7],
    [{ done: 1, skipped: 1 }, 7],
    [{ stale: 2 }, 5],
    [{ stale: 2, skipped: 1 }, 5],
    [{ stale: 1, done: 1 }, 7],
    [{ done: 1, plan: { ...plan, blocking: ['G201'] } }, 4],
    [{ done: 1, failed: 1, plan: { ...plan, blocking: ['G201'] } }, 7],
    [{ failed: 1, plan: { ...plan, blocking: ['G201'] } }, 4],
    [{ plan: { ...plan, blocking: ['G104'] } }, 5],
    [{ plan: { ...plan, blocking: ['G401'] } }, 6],
    [{ done: 1, plan: { ...plan, incomplete: true } }, 9],
    [{ failed: 1, plan: { ...plan, incomplete: true } }, 9],
    [{ done: 1, plan: { ...plan, incomplete: true, blocking: ['G152'] } }, 4],
    [{ done: 1, failed: 1, interruptedBy: 'SIGINT' }, 130],
    [{ done: 1, failed: 1, interruptedBy: 'SIGTERM' }, 143],
  ])('of %j is %d', (facts, exit) => {
    expect(applyExit({ ...run, ...facts })).toBe(exit);
  });
});
