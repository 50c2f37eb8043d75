import { expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/fault.ts';
import { runStory } from '../../src/simulator/run-story.ts';
import type { AskDeed, Step } from '../../src/simulator/story.ts';
import { apply, happens } from './twists.ts';

const applyWith = (seed: number, ...faults: Fault[]): Step => ({
  kind: 'apply',
  seed,
  faults,
  lies: [],
  beside: 'nobody',
});
const ask = (deed: AskDeed, seed: number, ...faults: Fault[]): Step => ({
  kind: 'ask',
  deed,
  seed,
  faults,
});

it('a chain whose way back from the trash was cut off may be in the trash again after a power failure', async () => {
  const { violations, crashes } = await runStory([
    apply(1154220034),
    happens('host', 'wait', 1774935154),
    happens('policy', 'retention', 759575691),
    {
      kind: 'apply',
      seed: 591678903,
      faults: [
        { of: 'looks', at: 117, how: 'host-after' },
        { of: 'looks', at: 174, how: 'error-before' },
      ],
      lies: [],
      beside: 'other-host',
    },
    { kind: 'apply', seed: 1099110935, faults: [], lies: ['hypervisor-empty'], beside: 'nobody' },
    apply(1775107570),
    apply(1055698560),
    ask('trash-restore', 1198005330, { of: 'changes', at: 10, how: 'process-before' }),
    ask('restore-as', 500943872),
    applyWith(1683899152, { of: 'drivers', at: 9, how: 'host-after' }),
  ]);
  expect(crashes).toBe(4);
  expect(violations).toEqual([]);
});

it('a domain that was undefined with the checkpoint of another tool comes back without it', async () => {
  const { violations } = await runStory([
    applyWith(
      762399674,
      { of: 'drivers', at: 19, how: 'error-before' },
      { of: 'looks', at: 258, how: 'host-after' },
    ),
    happens('domain', 'foreign-checkpoint', 973110672),
    happens('domain', 'undefine', 1172662923),
    ask('restore-again', 713779674),
  ]);
  expect(violations).toEqual([]);
});

it('what one restore in place brought may be set aside by the next one, which is killed', async () => {
  const { violations } = await runStory([
    apply(906164780),
    ask('restore-in-place', 801452088),
    ask('restore-in-place', 1336823024, { of: 'changes', at: 17, how: 'host-before' }),
  ]);
  expect(violations).toEqual([]);
});

it('a restore under another name does not end the one in place that was killed before it', async () => {
  const { violations, crashes } = await runStory([
    apply(952469959),
    ask('restore-disk', 188187213),
    ask('restore-in-place', 2071109204, { of: 'changes', at: 16, how: 'process-before' }),
    ask('restore-as', 423736039),
    happens('policy', 'trash-keep', 262336865),
  ]);
  expect(crashes).toBe(1);
  expect(violations).toEqual([]);
});

it('a guest may write to what a restore brought that was killed at its last line', async () => {
  const { violations } = await runStory([
    apply(1617254626),
    ask('restore-in-place', 287034231, { of: 'changes', at: 36, how: 'process-before' }),
    apply(896126055),
  ]);
  expect(violations).toEqual([]);
});

it('I1: a restore of two disks whose old images got new names in part is undone in whole', async () => {
  const { violations, faults } = await runStory([
    applyWith(649667264, { of: 'looks', at: 157, how: 'host-before' }),
    apply(145508329),
    ask(
      'restore-in-place',
      1006576598,
      { of: 'changes', at: 34, how: 'error-before' },
      { of: 'changes', at: 37, how: 'error-before' },
    ),
  ]);
  expect(faults).toHaveLength(3);
  expect(violations).toEqual([]);
});

it('a chain that a way back held, and left in the trash, fails no run', async () => {
  const { violations } = await runStory([
    applyWith(152772482, { of: 'changes', at: 52, how: 'error-after' }),
    happens('host', 'quarantine', 1214515849),
    apply(1981584162),
    happens('host', 'wait', 348056267),
    happens('domain', 'lose-bitmaps', 1056949371),
    apply(1229148765),
    ask('trash-restore', 1131725689, { of: 'changes', at: 3, how: 'half' }),
    happens('host', 'wait-days', 2010032275),
  ]);
  expect(violations).toEqual([]);
});
