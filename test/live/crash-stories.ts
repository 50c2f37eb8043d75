import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { CrashWorld, StoryState } from './crash-world.ts';
import type { HostOptions } from './host.ts';
import { compareImages, virsh } from './lab.ts';

/** A command that is killed somewhere, and what must be true when the next run has repaired. */
export interface Story {
  readonly name: string;
  readonly state: StoryState;
  readonly options?: HostOptions;
  /** Brings the world to where the command begins; the command. */
  readonly begin: (world: CrashWorld) => Promise<readonly string[]>;
  /** What holds beside what always does. */
  readonly after?: (world: CrashWorld) => Promise<void>;
}

const now = (world: CrashWorld, ...args: readonly string[]): readonly string[] => [
  'apply',
  '--auto-approve',
  '--now',
  world.address,
  ...args,
];

const short: HostOptions = { retention: { keep: { chains: 1 } }, trashKeepFor: '1s' };

const longest = 12;
const long: HostOptions = {
  retention: { chain: { maxPoints: longest }, keep: { chains: 1 } },
};

/** The newest point's next increment is right: the bitmap has lost nothing. */
async function increments(world: CrashWorld): Promise<void> {
  const parent = (await world.host.points(world.domain.name)).at(-1);
  if (parent === undefined) return;
  await world.write();
  await world.take();
  const points = await world.host.points(world.domain.name);
  if (!world.trackerMayBeLost && parent.sequence < longest - 1) {
    expect(points.at(-1)).toMatchObject({ level: 'increment' });
  }
  await world.compare(points.slice(-1));
}

/** Names of the chains in the trash. */
const trashed = (world: CrashWorld): readonly string[] =>
  world
    .files('.trash')
    .map((path) => path.split('/'))
    .flatMap(([, , chain, ...rest]) => (chain === undefined || rest.length > 0 ? [] : [chain]));

/** Takes fulls until retention has moved a chain to the trash. */
async function rotate(world: CrashWorld): Promise<void> {
  const before = trashed(world).join();
  for (let full = 0; full < 4; full += 1) {
    await world.write();
    await world.take('--full');
    if (trashed(world).length > 0 && trashed(world).join() !== before) return;
  }
  throw new Error('nothing came into the trash');
}

const copyName = (world: CrashWorld): string => `${world.domain.name}-copy`;
const copyDirectory = (world: CrashWorld): string => join(world.host.dir, 'copy');
const restoreAs = (world: CrashWorld): readonly string[] => [
  'restore',
  world.address,
  '--as',
  copyName(world),
  '--to',
  copyDirectory(world),
  '--auto-approve',
];

const images = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

const isDefined = (name: string): Promise<boolean> =>
  virsh('domuuid', name).then(
    () => true,
    () => false,
  );

const imageOf = (world: CrashWorld): string => world.domain.disks[0]?.path ?? '';

/** A store with two points, and both at a mirror of this host. */
async function mirrored(world: CrashWorld): Promise<void> {
  if (world.truths.size > 0) return;
  const nas = join(world.host.dir, 'nas');
  mkdirSync(nas);
  world.host.writePolicy([world.domain], {
    mirrors: { nas: { type: 'rsync', target: nas } },
    rule: { quiesce: 'never', mirrors: ['nas'] },
  });
  for (let count = 0; count < 2; count += 1) {
    await world.write();
    await world.take();
  }
}

/** The image of the newest point. The one that it stands on stays valid, so nothing but the heal is to be done. */
async function newestImage(world: CrashWorld): Promise<string> {
  const newest = (await world.host.points(world.domain.name)).at(-1);
  if (newest === undefined) throw new Error('there is no point');
  return join(world.host.pointDirectory(newest), 'vda.qcow2');
}

/** Nothing of a heal waits in the store any more. */
async function healed(world: CrashWorld): Promise<void> {
  expect(world.files('.state').filter((path) => path.startsWith('heal/'))).toEqual([]);
}

/** Every command that changes a store or a host, from a state that it can begin in again and again. */
export const stories: readonly Story[] = [
  {
    name: 'first',
    state: 'running',
    begin: async (world) => {
      await world.forget();
      await world.write();
      return now(world);
    },
    after: increments,
  },
  {
    name: 'increment',
    state: 'running',
    options: long,
    begin: async (world) => {
      await world.write();
      if (world.truths.size === 0) await world.take();
      await world.write();
      return now(world);
    },
  },
  {
    name: 'off',
    state: 'off',
    options: long,
    begin: async (world) => {
      await world.write();
      if (world.truths.size === 0) await world.take();
      await world.write();
      return now(world);
    },
    after: increments,
  },
  {
    // A full, the old chain to the trash, and what the trash had, for good.
    name: 'rotation',
    state: 'running',
    options: short,
    begin: async (world) => {
      await rotate(world);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await world.write();
      return now(world, '--full');
    },
  },
  {
    name: 'trash-restore',
    state: 'running',
    options: { ...short, trashKeepFor: '72h' },
    begin: async (world) => {
      for (const { address, held } of await world.host.points(world.domain.name)) {
        if (held) await world.program('release', address.split('/').slice(0, 3).join('/'));
      }
      await rotate(world);
      const chain = trashed(world).toSorted().at(-1);
      return ['trash', 'restore', `${world.address}/${chain}`];
    },
  },
  {
    name: 'restore-as',
    state: 'running',
    begin: async (world) => {
      await world.host.lab.forget(copyName(world));
      rmSync(copyDirectory(world), { recursive: true, force: true });
      await world.write();
      await world.take();
      return restoreAs(world);
    },
    after: async (world) => {
      if (!(await isDefined(copyName(world)))) {
        // An image that came into its place stays, whole (decision 13): a person takes it away.
        for (const left of images(copyDirectory(world))) {
          const image = join(copyDirectory(world), left);
          expect(`${left} ${await compareImages(world.copy, image)}`).toBe(
            `${copyName(world)}-vda.qcow2 identical`,
          );
          rmSync(image);
        }
        await world.program(...restoreAs(world));
      }
      const names = images(copyDirectory(world));
      expect(names).toEqual([`${copyName(world)}-vda.qcow2`]);
      const image = join(copyDirectory(world), names[0] ?? '');
      expect(await compareImages(world.copy, image)).toBe('identical');
      world.compared += 1;
    },
  },
  {
    name: 'restore-in-place',
    state: 'off',
    begin: async (world) => {
      await world.write();
      await world.take();
      await world.write();
      return ['restore', world.address, '--in-place', '--auto-approve'];
    },
    after: async (world) => {
      // The disk as it was, or as the point: nothing between, and nothing half-written beside it.
      const image = imageOf(world);
      const point = (await world.host.points(world.domain.name)).at(-1)?.point ?? '';
      const verdicts = [world.copy, world.truths.get(point) ?? ''].map((copy) =>
        compareImages(copy, image),
      );
      expect(await Promise.all(verdicts)).toContain('identical');
      world.compared += 1;
      const beside = readdirSync(dirname(image)).filter((name) => /\.restoring-/.test(name));
      expect(beside).toEqual([]);
    },
  },
  {
    name: 'heal',
    state: 'running',
    options: long,
    begin: async (world) => {
      await mirrored(world);
      const image = await newestImage(world);
      const bytes = readFileSync(image);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      writeFileSync(image, bytes);
      expect((await world.host.run('verify', world.address)).exit).toBe(1);
      return ['apply', '--auto-approve'];
    },
    after: healed,
  },
  {
    // Seen by every look; no quarantine says that it was damaged.
    name: 'heal-lost',
    state: 'running',
    options: long,
    begin: async (world) => {
      await mirrored(world);
      rmSync(await newestImage(world));
      return ['apply', '--auto-approve'];
    },
    after: healed,
  },
];
