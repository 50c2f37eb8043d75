import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { abandoned, die, openOf } from './dead-run.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { backupOf, FakeWorld } from './fake-world.ts';

it('a job whose directory cannot be removed stays open in the journal, for the next plan', async () => {
  using world = new FakeWorld([fakeDomain(1)]);
  const [vm] = world.hypervisor.domains;
  if (vm === undefined) throw new Error('no domain');
  const drivers = world.drivers();
  const files = {
    ...drivers.files,
    remove: () => Promise.reject(new Error('EIO: it cannot be removed')),
  };
  const report = await world.apply([backupOf(world, vm)], { drivers: { ...drivers, files } });
  expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
  expect(await openOf(world)).toEqual(['backup-job']);
});

it('the job of a run that died is aborted, its files removed, its intent closed', async () => {
  const vm = fakeDomain(1);
  using world = new FakeWorld([vm]);
  const { intent, action } = abandoned(world, vm);
  die(world, [intent]);
  const report = await world.apply([action]);
  expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
  expect(vm.job).toBeNull();
  expect(existsSync(intent.scratch[0] ?? '')).toBe(false);
  expect(world.jobFiles().filter((path) => path.includes('sock') || path.includes('vda'))).toEqual(
    [],
  );
  expect(await openOf(world)).toEqual([]);
});

it.each(['remove', 'removeEmpty'] as const)(
  'its intent stays open for the next plan while scratch is left, where %s fails',
  async (call) => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    const { intent, action } = abandoned(world, vm);
    die(world, [intent]);
    const drivers = world.drivers();
    const files = { ...drivers.files, [call]: () => Promise.reject(new Error('EIO: no')) };
    const report = await world.apply([action], { drivers: { ...drivers, files } });
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
    expect(vm.job).toBeNull();
    expect(world.events.find(({ kind }) => kind === 'warning')).toMatchObject({
      failure: {
        code: 'scratch-left',
        message: 'A scratch file was not removed: Error: EIO: no',
      },
    });
    expect(await openOf(world)).toEqual(['backup-job']);
  },
);

it('a job of somebody else is left alone', async () => {
  const vm = fakeDomain(1);
  using world = new FakeWorld([vm]);
  const { intent, action } = abandoned(world, vm);
  const theirs = { socket: '/run/other.sock', lost: new AbortController() };
  vm.job = theirs;
  die(world, [intent]);
  const report = await world.apply([action]);
  expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['already']);
  expect(vm.job).toBe(theirs);
});

it('scratch files elsewhere are not removed', async () => {
  const vm = fakeDomain(1);
  using world = new FakeWorld([vm]);
  const { intent, action } = abandoned(world, vm);
  const precious = join(world.root, 'precious');
  writeFileSync(precious, 'x');
  die(world, [intent]);
  await world.apply([{ ...action, scratch: [precious] }]);
  expect(readFileSync(precious, 'utf8')).toBe('x');
  expect(world.events.find(({ kind }) => kind === 'warning')).toMatchObject({
    failure: { code: 'scratch-elsewhere' },
  });
});
