import { ok } from '../../src/model/result.ts';
import type { Step } from '../../src/simulator/story.ts';
import type { MutationCase } from './mutations.ts';
import { actions, apply, happens, store } from './twists.ts';

/** Some runs with a mirror, points that are checked, and a bit that flips before each. */
const flips = (seed: number): readonly Step[] => [
  happens('policy', 'add-mirror', seed),
  happens('policy', 'verify-again', seed),
  apply(seed),
  ...Array.from({ length: 5 }, (_none, hour) => [
    happens('domain', 'write', seed + hour),
    happens('host', 'wait', seed + hour),
    apply(seed + hour),
    happens('host', 'flip', seed * 7 + hour),
  ]).flat(),
];

/** Runs with short chains of which one is kept, all points checked, and a bit that flips before each. */
const flipsAndDeletions = (seed: number): readonly Step[] => [
  happens('policy', 'retention', seed),
  happens('policy', 'verify-again', seed),
  apply(seed),
  ...Array.from({ length: 8 }, (_none, hour) => [
    happens('domain', 'write', seed + hour),
    happens('host', 'wait', seed + hour),
    ...(hour > 3 ? [happens('host', 'flip', seed * 7 + hour)] : []),
    apply(seed + hour),
  ]).flat(),
];

/** Some runs with a mirror, and a bit that flips there before each. */
const farFlips = (seed: number): readonly Step[] => [
  happens('policy', 'add-mirror', seed),
  apply(seed),
  ...Array.from({ length: 5 }, (_none, hour) => [
    happens('domain', 'write', seed + hour),
    happens('host', 'wait', seed + hour),
    apply(seed + hour),
    happens('mirror', 'flip', seed * 7 + hour),
  ]).flat(),
];

/** Mutations of checks and heals. */
export const checkMutations: readonly MutationCase[] = [
  {
    name: 'points are not checked',
    twist: actions((all) => all.filter(({ kind }) => kind !== 'verify-points')),
    caughtBy: ['I3', 'check'],
    story: flips,
  },
  {
    name: 'a deletion does not wait for what checks find',
    twist: actions((all) =>
      all.map((action) => (action.kind === 'trash-chain' ? { ...action, wave: 30 } : action)),
    ),
    caughtBy: ['I5'],
    story: flipsAndDeletions,
  },
  {
    name: 'a heal takes the quarantine away and changes no file',
    twist: store(() => ({ healFile: () => ok(undefined) })),
    caughtBy: ['heal'],
    story: flips,
  },
  {
    name: 'what is damaged is left to people',
    twist: actions((all) => all.filter(({ kind }) => kind !== 'heal')),
    caughtBy: ['I3', 'check'],
    story: flips,
  },
  {
    name: 'copies are not checked',
    twist: actions((all) => all.filter(({ kind }) => kind !== 'verify-copies')),
    caughtBy: ['copy-check'],
    story: farFlips,
  },
  {
    name: 'damaged copies are left to people',
    twist: actions((all) =>
      all.filter((action) => action.kind !== 'copy-points' || action.damaged === undefined),
    ),
    caughtBy: ['I3', 'copy-check'],
    story: farFlips,
  },
];
