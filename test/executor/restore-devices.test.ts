import { join } from 'node:path';
import { expect, it } from 'vitest';
import { realHostFiles } from '../../src/executor/host-files.ts';
import { realPointImages } from '../../src/executor/point-images.ts';
import { ok } from '../../src/model/result.ts';
import { readRuns } from '../../src/store/runs.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { FakeWorld } from './fake-world.ts';
import { restoreInPlace } from './restore-action.ts';

const device = '/dev/disk/by-id/of-a-test';
const kept = '/srv/kept/vm1-vda.before-restore-20261122T020000Z.qcow2';

/** Restores on a host whose calls of that name fail as a sick disk makes them. */
async function restored(sick: string) {
  const world = new FakeWorld([fakeDomain(1, { state: 'off', runningId: null })]);
  const done: string[] = [];
  const calling = (name: string) => async (): Promise<void> => {
    done.push(name);
    if (name !== sick) return;
    throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', syscall: 'fsync' });
  };
  const drivers = {
    ...world.drivers(),
    pointImages: { ...realPointImages, convert: async () => ok(undefined) },
    files: {
      ...realHostFiles,
      exists: (path: string) => path !== kept && realHostFiles.exists(path),
      claimDevice: () => ({ letGo: () => void done.push('let go') }),
      makeLastingDirectory: calling('make-directory'),
      makeLasting: calling('make-lasting'),
      placeNew: calling('place-new'),
      syncDevice: calling('sync-device'),
    },
  };
  const action = restoreInPlace(world, {
    to: device,
    toKind: 'block',
    format: 'raw',
    asideAs: kept,
  });
  const report = await world.apply([action], { drivers });
  const runs = await readRuns(join(world.root, 'state'));
  const open = runs.seen ? runs.value.flatMap((run) => run.open.map(({ kind }) => kind)) : null;
  world[Symbol.dispose]();
  return { outcome: report.actions[0]?.outcome, done, open };
}

it('writes, syncs and lets go', async () => {
  expect(await restored('nothing')).toMatchObject({
    outcome: { code: 'done' },
    done: ['make-directory', 'make-lasting', 'place-new', 'sync-device', 'let go'],
    open: [],
  });
});

it('a device that cannot be synced is a failed action, and stays noted as half written', async () => {
  const { outcome, done, open } = await restored('sync-device');
  expect(outcome).toEqual({
    code: 'failed',
    failure: {
      code: 'io-error',
      message: `Writing ${device}: the disk reports an error; look at it and at the kernel log. ${device} may be half written: do not start vm1, restore it again. Its old content is in ${kept}.`,
    },
  });
  expect(done.at(-1)).toBe('let go');
  expect(open).toEqual(['device-write']);
});

it.each(['make-directory', 'make-lasting', 'place-new'])(
  'a copy of the old content that fails at %s leaves the device alone',
  async (sick) => {
    const { outcome, done, open } = await restored(sick);
    expect(outcome).toMatchObject({ code: 'failed', failure: { code: 'io-error' } });
    expect(done).not.toContain('sync-device');
    expect(open).toEqual([]);
  },
);
