import { describe, expect, it } from 'vitest';
import { builtProgram as main } from './build.ts';
import { stories, type Story } from './crash-stories.ts';
import { changesOf, tryAt, type Victim } from './crash-try.ts';
import { CrashWorld } from './crash-world.ts';
import { privateLab } from './private-lab.ts';
import { isOver } from './score.ts';
import type { Change } from './strace.ts';

const { lab, libvirt } = privateLab();

// `HOLDFAST_CRASH=all` kills at every change of every story, a number at so many of each, and `fsync:47`
// at that one call; without it a fixed few, because each costs seconds.
const asked = process.env['HOLDFAST_CRASH'];
const seed = Number(process.env['HOLDFAST_CRASH_SEED'] ?? 1);
const onlyStories = process.env['HOLDFAST_CRASH_STORY']?.split(',');
const onlyVictims = process.env['HOLDFAST_CRASH_VICTIM']?.split(',');

const create = (story: Story, victim: Victim): Promise<CrashWorld> =>
  CrashWorld.create(main, lab, `${story.name}-${victim}`, story.state, story.options);

/** A fixed few. */
function aFew(): void {
  it.each([
    // The commit of a point, and what comes before and after it.
    ['increment', 'holdfast', 'rename', 2],
    ['rotation', 'holdfast', 'rename', 4],
    ['restore-in-place', 'holdfast', 'rename', 1],
    ['increment', 'qemu', 'rename', 2],
    ['increment', 'libvirtd', 'rename', 1],
  ] as const)('I1, I3: %s with %s killed at %s %i', async (name, victim, call, number) => {
    const story = stories.find((each) => each.name === name);
    if (story === undefined) throw new Error(`no story ${name}`);
    const world = await create(story, victim);
    const where = await tryAt(world, story, { call, number, paths: [] }, victim, libvirt);
    // Of a program that only stood still the log goes on.
    if (victim === 'holdfast') expect(where).toContain(`killed at ${call}(`);
    expect(world.compared).toBeGreaterThan(0);
  });
}

/** Numbers that a seed gives, always the same ones. */
function* numbers(from: number): Generator<number> {
  for (let state = from; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** So many of a list, by the seed. */
function some<T>(list: readonly T[], count: number): readonly T[] {
  const random = numbers(seed);
  return list
    .map((each) => ({ each, key: random.next().value ?? 0 }))
    .toSorted((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ each }) => each);
}

function chosenOf(changes: readonly Change[]): readonly Change[] {
  if (asked === 'all') return changes;
  const [call = '', number] = asked?.split(':') ?? [];
  return number === undefined
    ? some(changes, Number(asked))
    : [{ call, number: Number(number), paths: [] }];
}

// libvirt's own commands for restores and trash do not touch QEMU.
const victims = (['holdfast', 'qemu', 'libvirtd'] as const).flatMap((victim) =>
  stories
    .filter(({ name }) => victim === 'holdfast' || ['increment', 'off', 'rotation'].includes(name))
    .map((story) => [story.name, victim, story] as const),
);

/** At every change, or as many of them as are asked for. */
function everyChange(): void {
  it.each(
    victims.filter(
      ([name, victim]) =>
        (onlyStories?.includes(name) ?? true) && (onlyVictims?.includes(victim) ?? true),
    ),
  )(
    'I1, I3, I11: %s, %s killed',
    async (_name, victim, story) => {
      const world = await create(story, victim);
      const chosen = chosenOf(await changesOf(world, story));
      const failures: string[] = [];
      for (const [at, change] of chosen.entries()) {
        if (at > 0 && isOver()) break;
        try {
          await tryAt(world, story, change, victim, libvirt);
        } catch (error) {
          const cause = error instanceof Error ? error.cause : '';
          failures.push(`${String(error)}\n${String(cause)}`);
          break;
        }
      }
      expect(failures).toEqual([]);
    },
    3_600_000,
  );
}

// One or the other, and none that is skipped.
describe('killed', asked === undefined ? aFew : everyChange);
