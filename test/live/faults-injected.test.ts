import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtProgram as main } from './build.ts';
import { stories } from './crash-stories.ts';
import { changesOf } from './crash-try.ts';
import { CrashWorld } from './crash-world.ts';
import { isLong } from './long.ts';
import { privateLab } from './private-lab.ts';
import { isOver, score } from './score.ts';
import { type Change, changesIn, straced } from './strace.ts';

const { lab } = privateLab();

// Each try costs seconds: a few, or with `HOLDFAST_FAULTS=all` so many of each story and error.
const seed = Number(process.env['HOLDFAST_CRASH_SEED'] ?? 1);

const all = ['increment', 'rotation', 'restore-in-place', 'off'];
const tries = (
  isLong ? [...all.slice(seed % all.length), ...all.slice(0, seed % all.length)] : ['increment']
).flatMap((name) =>
  (isLong ? (['ENOSPC', 'EIO', 'EROFS'] as const) : (['EIO'] as const)).map(
    (error) => [name, error] as const,
  ),
);

it.each(tries)(
  'I1, I3: %s whose system call fails with %s: said, nothing lost, and the next run converges',
  async (name, error) => {
    const story = stories.find((each) => each.name === name);
    if (story === undefined) throw new Error(`no story ${name}`);
    // The stories begin with another one for each seed, so that none is always the one that is left out.
    if (isOver()) return;
    const world = await CrashWorld.create(
      main,
      lab,
      `${name}-${error}`,
      story.state,
      story.options,
    );
    // Writes go to other programs too, and are counted with those.
    const changes = (await changesOf(world, story)).filter(({ call }) => call !== 'write');
    const step = isLong ? Math.ceil(changes.length / 5) : changes.length;
    const first = (seed * 7) % step;
    let met = 0;
    for (let at = first; at < changes.length; at += step) {
      const change = changes[at];
      if (change === undefined || (met > 0 && isOver())) break;
      await failAt(world, story, change, error);
      met += 1;
    }
    expect(met).toBeGreaterThan(0);
  },
  1_800_000,
);

async function failAt(
  world: CrashWorld,
  story: (typeof stories)[number],
  change: Change,
  error: 'ENOSPC' | 'EIO' | 'EROFS',
): Promise<void> {
  const command = await story.begin(world);
  await world.meet();
  const log = join(world.host.dir, 'failed.strace');
  const child = world.host.childUnder(straced(log, { change, does: { error } }), main, ...command);
  const ended = await child.ended();
  const where = `${story.name}: ${error} of ${change.call} ${change.number} ${change.paths.join(' ')}`;
  expect(changesIn(log, [lab.dir]).length, where).toBeGreaterThan(0);
  const said = child.out + child.err;
  expect([0, 1, 4, 7, 9], `${where}: ${said}`).toContain(ended);
  // A sentence for people, and no stack.
  expect(said, where).not.toMatch(/fault in holdfast|^ +at /m);
  try {
    const before = world.compared;
    await world.settle();
    await story.after?.(world);
    score({ area: 'faults', kind: `${error} at a system call`, compared: world.compared - before });
  } catch (cause) {
    throw new Error(`${where}\n${said}`, { cause });
  }
}
