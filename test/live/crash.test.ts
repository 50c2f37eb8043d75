import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRuns } from '../../src/store/runs.ts';
import { virsh } from './apply-domain.ts';
import { ApplyWorld, outcomesOf } from './apply-world.ts';

const repo = join(import.meta.dirname, '..', '..');
const vda = { target: 'vda', format: 'qcow2', sizeBytes: 64 * 1024 ** 2 } as const;

// Every fourth moment of all of them: the test of interruptions has one of each
// kind with the real program, and a run of all moments takes minutes.
const stride = Number(process.env['HOLDFAST_CRASH_EVERY'] ?? 4);

/** The program under test, as JavaScript: a child that dies must not be this process. */
let built = '';
beforeAll(() => {
  built = mkdtempSync(join(repo, 'node_modules', '.crash-'));
  writeFileSync(join(built, 'package.json'), '{"type":"module"}');
  const tsc = join(repo, 'node_modules', '.bin', 'tsc');
  const flags = ['--noEmit', 'false', '--declaration', 'false', '--sourceMap', 'false'];
  spawnSync(tsc, ['-p', 'test', ...flags, '--outDir', built], { cwd: repo });
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

/** Lets a run die at a moment; the moments that it came to, and whether it came to its end. */
function dieAt(world: ApplyWorld, moment: number) {
  const child = spawnSync(
    process.execPath,
    [
      join(built, 'test', 'live', 'crash-child.js'),
      world.root,
      world.name.slice('hf-exec-'.length, -'-XXXXXX'.length),
      'vda',
      String(moment),
    ],
    { encoding: 'utf8' },
  );
  const moments = child.stdout.trim().split('\n');
  if (child.signal !== 'SIGKILL' && moments.at(-1) !== 'whole') throw new Error(child.stderr);
  return { moments, isWhole: moments.at(-1) === 'whole' };
}

/** Plans and applies until nothing is left to do. */
async function recover(world: ApplyWorld): Promise<readonly string[]> {
  const outcomes: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const plan = await world.plan(false);
    if (plan.actions.length === 0) return outcomes;
    outcomes.push(...outcomesOf(await world.apply(plan)));
  }
  const { actions, guards } = await world.plan(false);
  const left = actions.map(({ id, blockedBy }) => `${id} ${blockedBy.join()}`).join(', ');
  throw new Error(`After ${outcomes.join(', ')} is left: ${left}; ${JSON.stringify(guards)}`);
}

const points = (world: ApplyWorld): readonly string[] =>
  world.pointDirectories().filter((path) => !path.includes('/.incoming'));

it.each([
  ['running', 15],
  ['off', 20],
] as const)(
  'I1, I11: a domain that is %s survives SIGKILL at any moment of a run',
  async (state, fewest) => {
    using world = new ApplyWorld(`crash-${state}`, [vda]);
    if (state === 'running') virsh('start', world.name);
    const before = world.state;
    expect(await world.takePoint()).toEqual(['create-store done', 'backup done']);
    const truths = new Map<string, string>();
    let met = 0;
    for (let moment = 1; ; moment += stride) {
      const write = ['vda', `write -P ${moment} ${moment}M 192k`] as const;
      if (state === 'running') world.write(write);
      else world.writeOff(write);
      const label = `moment-${moment}`;
      world.remember(label);
      const known = new Set(points(world));
      const { moments, isWhole } = dieAt(world, moment);
      if (isWhole) break;
      met += 1;
      const where = `${moment}: killed at ${moments.at(-1)}`;
      const outcomes = await recover(world);
      expect(
        outcomes.filter((outcome) => !/ (?:done|already)$/.test(outcome)),
        where,
      ).toEqual([]);
      expect(world.state, where).toBe(before);
      expect(world.checkpoints, where).toHaveLength(1);
      expect(points(world), where).toEqual(world.pointDirectories());
      // The next point is an increment again: nothing was lost.
      expect(await world.takePoint(), where).toEqual(['backup done']);
      expect(world.jobFiles(), where).toEqual([]);
      expect(await readRuns(join(world.root, 'state')), where).toEqual({ seen: true, value: [] });
      for (const path of points(world).filter((each) => !known.has(each))) {
        truths.set(path, label);
      }
      expect(points(world).at(-1), where).toMatch(/-inc$/);
    }
    expect(met).toBeGreaterThanOrEqual(Math.floor(fewest / stride));
    for (const [path, label] of truths) world.compareAt(path, label);
    if (state === 'running') virsh('destroy', world.name);
    execFileSync('qemu-img', ['check', '-q', world.image('vda')]);
  },
  900_000,
);
