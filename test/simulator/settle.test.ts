import { expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/fault.ts';
import { newDomain } from '../../src/simulator/model-domain.ts';
import { flipped } from '../../src/simulator/model-store-image.ts';
import { runStory } from '../../src/simulator/run-story.ts';
import { settle } from '../../src/simulator/settle.ts';
import { StoryRun } from '../../src/simulator/story-run.ts';
import type { Step } from '../../src/simulator/story.ts';
import { apply as applies, happens } from './twists.ts';

const apply = (faults: readonly Fault[] = []): Step => ({
  kind: 'apply',
  seed: 1,
  faults,
  lies: [],
  beside: 'nobody',
});

/** An hour later nothing can be incremented, as after a crash: the next points are fulls. */
function loseTrackers({ world }: StoryRun): void {
  for (const domain of world.host.domains) {
    domain.checkpoints = [];
    for (const { live } of domain.disks) live?.clear();
  }
  world.host.pass(3600);
}

/** Each domain has two chains, and the next full dooms the first. */
async function growTwoChains(run: StoryRun): Promise<void> {
  await run.step(apply());
  loseTrackers(run);
  await run.step(apply());
  loseTrackers(run);
}

const trashOf = ({ world }: StoryRun): readonly string[] => {
  const path = '/disks/mnt/main/.trash';
  return world.host.files.look(path) === null ? [] : world.host.files.list(path);
};

it('what a dead run left is removed when a policy selects somebody again (G105)', async () => {
  const run = new StoryRun({});
  const { world } = run;
  await run.step(apply([{ of: 'drivers', at: 8, how: 'process-before' }]));
  const scratch = (): readonly string[] => world.host.files.list('/scratch');
  expect(scratch()).not.toEqual([]);
  world.policy = { ...world.policy, left: new Set(world.host.domains.map(({ uuid }) => uuid)) };
  const {
    results: [result],
  } = await run.step(apply());
  expect(result?.plan?.guards.map(({ code }) => code)).toContain('G105');
  expect(scratch()).not.toEqual([]);
  expect(await settle(run)).toEqual([]);
  expect(scratch()).toEqual([]);
});

it('a domain that the policy leaves alone needs no point while its trash is purged', async () => {
  const run = new StoryRun({});
  await growTwoChains(run);
  await run.step(apply());
  expect(trashOf(run)).not.toEqual([]);
  const [first] = run.world.host.domains;
  run.world.policy = {
    ...run.world.policy,
    left: new Set(first === undefined ? [] : [first.uuid]),
  };
  expect(await settle(run)).toEqual([]);
  expect(trashOf(run)).toEqual([]);
});

it('deletions that are put off take the runs that they need', async () => {
  const run = new StoryRun({});
  const { host } = run.world;
  for (const name of ['vm3', 'vm4']) {
    const disks = [{ target: 'vda', blocks: 2, inode: host.number() }];
    host.domains.push(newDomain(host.newUuid(), name, disks, host.number()));
  }
  run.world.policy = { ...run.world.policy, trashKeepHours: 0 };
  await growTwoChains(run);
  const { steps } = run;
  expect(await settle(run)).toEqual([]);
  // One that puts off, one that deletes the rest, one that purges it, one with nothing to do, the next day's.
  expect(run.steps - steps).toBe(5);
});

it('a trash that keeps nothing is emptied by the run after', async () => {
  const run = new StoryRun({});
  const { files } = run.world.host;
  run.world.policy = { ...run.world.policy, trashKeepHours: 0 };
  await growTwoChains(run);
  // The first run that remembers nothing deletes nothing (G153), so the second does.
  const memory = files.tree('/disks/mnt/main').filter(([path]) => path.endsWith('/last.json'));
  expect(memory).toHaveLength(1);
  for (const [path] of memory) files.removeFile(path);
  expect(await settle(run)).toEqual([]);
  expect(trashOf(run)).toEqual([]);
});

it('a heal that finds the copy damaged too leaves work to the next run', async () => {
  const { violations } = await runStory([
    happens('policy', 'add-mirror', 1867970765),
    happens('policy', 'move-store', 693758608),
    happens('policy', 'add-mirror', 338490612),
    happens('mirror', 'fill', 777617027),
    applies(778799534),
    happens('policy', 'verify-again', 746232309),
    {
      kind: 'apply',
      seed: 647036871,
      faults: [{ of: 'drivers', at: 13, how: 'host-before' }],
      lies: [],
      beside: 'nobody',
    },
    happens('host', 'wait', 1764172151),
    applies(16109534),
    happens('host', 'wait-days', 1051489666),
    happens('domain', 'resize', 2044163591),
    applies(1408188293),
    happens('host', 'flip', 1478702019),
    happens('mirror', 'wipe', 294734470),
  ]);
  expect(violations).toEqual([]);
});

it('two flips of a copy do not make it whole again', () => {
  const text = JSON.stringify({ blocks: 2, backing: null, data: [[0, 57]] });
  const seen = new Set([text, flipped(text), flipped(flipped(text))]);
  expect(seen.size).toBe(3);
  expect(flipped(text)).toBe(text.replace('57', '58'));
});
