import { expect, it } from 'vitest';
import { builtProgram as main } from './build.ts';
import { stories } from './crash-stories.ts';
import { changesOf, tryAt } from './crash-try.ts';
import { CrashWorld } from './crash-world.ts';
import { privateLab } from './private-lab.ts';

const { lab, libvirt } = privateLab();

// Of all changes that a heal makes (`HOLDFAST_CRASH=all` tries each): before the good file takes its place,
// and in the midst of tidying up, when every file is good again.
const moments = {
  heal: [
    ['rename', /\/domains\/.+\/vda\.qcow2$/],
    ['unlink', /\/\.state\/heal\/.+\/point\.json$/],
  ],
  'heal-lost': [['unlink', /\/\.state\/heal\/.+\/point\.json$/]],
} as const;

it.each(['heal', 'heal-lost'] as const)(
  'I1, I3: %s with the program killed on its way: healed by the next apply, and nothing lies around',
  async (name) => {
    const story = stories.find((each) => each.name === name);
    if (story === undefined) throw new Error(`no story ${name}`);
    const world = await CrashWorld.create(main, lab, name, story.state, story.options);
    const changes = await changesOf(world, story);
    for (const [call, path] of moments[name]) {
      const change = changes.find(
        (one) => one.call === call && one.paths.some((p) => path.test(p)),
      );
      if (change === undefined) throw new Error(`a heal makes no ${call} of ${String(path)}`);
      const where = await tryAt(world, story, change, 'holdfast', libvirt);
      expect(where).toContain(`killed at ${call}(`);
    }
    expect(world.compared).toBeGreaterThan(moments[name].length);
  },
);
