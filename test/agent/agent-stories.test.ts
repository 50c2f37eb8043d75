import { expect, it } from 'vitest';
import { runSeeds } from '../../src/simulator/run-seeds.ts';
import { playedByAgent } from './agent-story.ts';
import type { ToldRound } from './told-round.ts';

// The short share of `npm run torture`: half of the stories have mirrors, and in one an approval is made use of.
const share = { from: 20, count: 24, played: playedByAgent() };

/** What must hold the agent back at least once. */
const heldBack = [
  'observe',
  'plan-only',
  'additive',
  'full',
  'suspended',
  'shut',
  'G405',
  'G406',
  'approved',
];

/** What a round met, by name. */
function meetings({ result: { locked, died, plan } }: ToldRound): readonly string[] {
  const { mode, suspended = [], opensAt = null } = plan?.request.agent ?? {};
  return [
    ...(locked ? ['locked'] : []),
    ...(died ? ['died'] : []),
    ...(mode === undefined ? [] : [mode]),
    ...(suspended.length > 0 ? ['suspended'] : []),
    ...(opensAt === null ? [] : ['shut']),
    ...(plan?.guards ?? []).flatMap(({ code, approved }) =>
      approved === undefined ? [code] : ['approved'],
    ),
  ];
}

it('tells stories of the agent, and neither its oracles nor those of all runs object', async () => {
  const met = new Set<string>();
  const played = playedByAgent({
    heard: (round) => {
      for (const one of meetings(round)) met.add(one);
    },
  });
  const { violations, faults, crashes, points, steps } = await runSeeds({ ...share, played });
  expect(violations).toEqual([]);
  // A share in which nothing happens would prove nothing.
  expect(steps).toBeGreaterThan(400);
  expect(crashes).toBeGreaterThan(10);
  expect(points).toBeGreaterThan(1000);
  for (const kind of ['error-before', 'error-after', 'half', 'no-space', 'process-after']) {
    expect(faults[kind], kind).toBeGreaterThan(0);
  }
  expect([...met]).toEqual(expect.arrayContaining(['locked', 'died', ...heldBack]));
}, 180_000);

it('tells a story of the agent twice the same', async () => {
  const few = { ...share, from: 100, count: 2 };
  expect(await runSeeds(few)).toEqual(await runSeeds(few));
});
