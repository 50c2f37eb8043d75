import { expect, it } from 'vitest';
import { runSeeds } from '../../src/simulator/run-seeds.ts';
import { playedByAgent } from './agent-story.ts';

// The short share of `npm run torture`: half of the stories have mirrors.
const share = { from: 1, count: 16, played: playedByAgent() };

it('tells stories of the agent, and neither its oracles nor those of all runs object', async () => {
  const { violations, faults, crashes, points, steps } = await runSeeds(share);
  expect(violations).toEqual([]);
  // A share in which nothing happens would prove nothing.
  expect(steps).toBeGreaterThan(400);
  expect(crashes).toBeGreaterThan(10);
  expect(points).toBeGreaterThan(1000);
  for (const kind of ['error-before', 'error-after', 'half', 'no-space', 'process-after']) {
    expect(faults[kind], kind).toBeGreaterThan(0);
  }
}, 180_000);

it('tells a story of the agent twice the same', async () => {
  const few = { ...share, from: 100, count: 2 };
  expect(await runSeeds(few)).toEqual(await runSeeds(few));
});
