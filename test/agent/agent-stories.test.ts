import { expect, it } from 'vitest';
import { createDice } from '../../src/simulator/dice.ts';
import { doToDomain } from '../../src/simulator/domain-deeds.ts';
import { doToHost } from '../../src/simulator/host-deeds.ts';
import { inventoryOf } from '../../src/simulator/inventory.ts';
import { editPolicy } from '../../src/simulator/policy-deeds.ts';
import { storyOf } from '../../src/simulator/story.ts';
import { ModelAgent } from './model-agent.ts';

const seeds = 20;
// Damage is what people and disks do; what is asked here is what the agent does.
const damage = new Set(['damage', 'flip', 'quarantine']);

/** Points that count, by what they are: those in the trash are none. */
const validPoints = (agent: ModelAgent): ReadonlySet<string> =>
  new Set(
    inventoryOf(agent.world.host).flatMap(({ isValid, isTrash, disk, uuid, manifest }) =>
      isValid && !isTrash ? [`${disk} ${uuid} ${manifest.point}`] : [],
    ),
  );

it('loses no point in mode additive, killed at any call while domains, policy and clocks change', async () => {
  let [deaths, points] = [0, 0];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const agent = new ModelAgent();
    agent.mode = 'additive';
    agent.isTorn = true;
    for (const step of storyOf(seed)) {
      const dice = createDice(step.seed);
      if (step.kind === 'domain') doToDomain(agent.world, step.deed, dice);
      else if (step.kind === 'policy') editPolicy(agent.world, step.deed, dice);
      else if (step.kind === 'host' && !damage.has(step.deed))
        doToHost(agent.world, step.deed, dice);
      else if (step.kind === 'apply') {
        const before = validPoints(agent);
        const died = await agent.killedRound(step.faults, step.seed);
        if (died) deaths += 1;
        const after = validPoints(agent);
        expect(
          [...before].filter((point) => !after.has(point)),
          `seed ${seed}`,
        ).toEqual([]);
        agent.world.host.pass(300);
      }
    }
    points += validPoints(agent).size;
  }
  expect(deaths).toBeGreaterThan(seeds / 4);
  expect(points).toBeGreaterThan(seeds);
}, 120_000);
