import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Backup } from '../../src/model/backup-action.ts';
import { runId } from '../../src/model/identity.ts';
import type { Manifest } from '../../src/model/point.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { backupOf, FakeWorld, firstRun } from './fake-world.ts';

const secondRun = runId('20261122T030000Z-00000002');

function manifestOf(world: FakeWorld, { directory, chain, pointDirectory }: Backup): Manifest {
  const path = join(world.store.path, 'domains', directory, chain, pointDirectory, 'point.json');
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

const told = (world: FakeWorld): readonly string[] =>
  world.events.map((event) => {
    if (event.kind === 'intent') return `intent ${event.intent.kind}`;
    if (event.kind === 'intent-closed') return `closed ${event.intent}`;
    return event.kind === 'step' ? `step ${event.step}` : event.kind;
  });

describe('a backup', () => {
  it('publishes a full of a running domain, every intent before its effect', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    const full = backupOf(world, vm);
    const report = await world.apply([full]);
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
    expect(told(world).filter((what) => what !== 'progress')).toEqual([
      'run-started',
      'action-started',
      'step incoming',
      'intent backup-job',
      'intent frozen-domain',
      'closed frozen-domain',
      'step publish',
      'closed backup-job',
      'action-finished',
      'run-finished',
    ]);
    const manifest = manifestOf(world, full);
    expect(manifest).toMatchObject({
      point: full.point,
      parent: null,
      power: 'running',
      quiesce: { done: true, code: 'frozen', frozenMilliseconds: 3 },
      checkpoint: full.checkpoint,
      hypervisor: { kind: 'libvirt', version: '9.0.0', host: 'kvm01' },
      tool: 'holdfast test',
    });
    expect(manifest.frozenAt < manifest.publishedAt).toBe(true);
    expect(manifest.files.map(({ file }) => file)).toEqual([
      'domain.xml',
      'domain-live.xml',
      'checkpoint.xml',
    ]);
    expect(vm).toMatchObject({
      state: 'running',
      frozen: false,
      job: null,
      checkpoints: [full.checkpoint],
    });
    expect(world.jobFiles()).toEqual([]);
  });

  it('takes an increment, and lets go of the checkpoint of its parent only then', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    const full = backupOf(world, vm);
    await world.apply([full]);
    const increment = backupOf(world, vm, {}, full);
    let whilePublishing: readonly string[] = [];
    world.onEvent = (event) => {
      if (event.kind === 'step' && event.step === 'publish') whilePublishing = [...vm.checkpoints];
    };
    const report = await world.apply([increment], { run: secondRun });
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
    expect(whilePublishing).toEqual([full.checkpoint, increment.checkpoint]);
    expect(vm.checkpoints).toEqual([increment.checkpoint]);
    expect(manifestOf(world, increment)).toMatchObject({ parent: full.point, sequence: 1 });
  });

  it('starts a domain that is off, stops it again, and then looks at its images', async () => {
    const vm = fakeDomain(1, { state: 'off', runningId: null });
    using world = new FakeWorld([vm]);
    const full = backupOf(world, vm);
    const report = await world.apply([full]);
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
    expect(vm).toMatchObject({ state: 'off', job: null, checkpoints: [full.checkpoint] });
    expect(told(world).filter((what) => what !== 'progress')).toEqual([
      'run-started',
      'action-started',
      'step incoming',
      'intent started-domain',
      'intent started-domain',
      'intent backup-job',
      'step publish',
      'closed backup-job',
      'closed started-domain',
      'step last-look',
      'action-finished',
      'run-finished',
    ]);
    const look = JSON.parse(
      readFileSync(join(world.store.path, 'domains', 'vm1', 'seen.json'), 'utf8'),
    ) as { point: string; images: readonly unknown[] };
    expect(look.point).toBe(full.point);
    expect(look.images).toHaveLength(1);
    expect(manifestOf(world, full).files.map(({ file }) => file)).not.toContain('domain-live.xml');
  });

  it('leaves running what somebody resumed meanwhile', async () => {
    const vm = fakeDomain(1, { state: 'off', runningId: null });
    using world = new FakeWorld([vm]);
    world.faults.hooks.set('copy', () => {
      vm.state = 'running';
    });
    const report = await world.apply([backupOf(world, vm)]);
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
    expect(vm.state).toBe('running');
    expect(world.events.filter(({ kind }) => kind === 'warning')).toMatchObject([
      {
        failure: {
          code: 'left-running',
          message: 'Somebody resumed vm1 during its backup, so it is left as it is.',
        },
      },
    ]);
  });

  it('leaves a paused domain paused', async () => {
    const vm = fakeDomain(1, { state: 'paused' });
    using world = new FakeWorld([vm]);
    await world.apply([backupOf(world, vm)]);
    expect(vm).toMatchObject({ state: 'paused', runningId: 1 });
    expect(world.points()).toHaveLength(1);
  });

  it('holds the point if asked to', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    const full = backupOf(world, vm, { hold: 'before the upgrade' });
    await world.apply([full]);
    const path = join(
      world.store.path,
      'domains',
      'vm1',
      full.chain,
      full.pointDirectory,
      'hold.json',
    );
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      who: 'tester',
      reason: 'before the upgrade',
    });
  });

  it('is `already` when its point is there', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    const full = backupOf(world, vm);
    await world.apply([full]);
    const before = statSync(join(world.store.path, 'domains', 'vm1', full.chain)).mtimeMs;
    const report = await world.apply([full], { run: secondRun });
    expect(report.actions.map(({ outcome }) => outcome)).toEqual([{ code: 'already' }]);
    expect(statSync(join(world.store.path, 'domains', 'vm1', full.chain)).mtimeMs).toBe(before);
  });

  it('keeps the socket path within what a unix socket can have', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    const runtimeDir = join(world.root, 'x'.repeat(100));
    const report = await world.apply([backupOf(world, vm)], {
      drivers: { ...world.drivers(), runtimeDir },
    });
    const socket = join(runtimeDir, `${firstRun}-0`, 'nbd.sock');
    expect(report.actions.map(({ outcome }) => outcome)).toEqual([
      {
        code: 'failed',
        failure: {
          code: 'socket-path-too-long',
          message: `Backup of vm1: The socket's path ${socket} is longer than 107 bytes; choose a shorter runtime directory.`,
        },
      },
    ]);
    expect(world.points()).toEqual([]);
  });
});

/** What a backup says when the world is not the one that the plan saw. */
const changes: readonly (readonly [
  what: string,
  change: (vm: ReturnType<typeof fakeDomain>, world: FakeWorld) => void,
  outcome: string,
  message: string,
])[] = [
  [
    'off now',
    (vm) => void (vm.state = 'off'),
    'stale power-changed',
    'vm1 was running and is off now.',
  ],
  [
    'another image',
    (vm) => void (vm.source = { ...vm.source, inode: 77 }),
    'stale source-changed',
    'Another image is behind vda of vm1 than the plan saw.',
  ],
  [
    'the tracker is lost',
    (vm) => void (vm.checkpoints = []),
    'stale tracker-lost',
    'vda of vm1 has no usable bitmap holdfast-aaaaaaaa-20261122T020000Z-0001.',
  ],
  [
    'the checkpoint exists',
    (vm) => void vm.checkpoints.push('holdfast-aaaaaaaa-20261122T030000Z-0001'),
    'stale checkpoint-exists',
    'vm1 has a checkpoint holdfast-aaaaaaaa-20261122T030000Z-0001 already.',
  ],
  [
    'a foreign job',
    (vm) => void (vm.foreignJob = true),
    'waiting foreign-job',
    "Another program's job (migration-out) is on vm1.",
  ],
  [
    'the parent is gone',
    (_vm, world) => {
      const path = join(
        world.store.path,
        'domains/vm1/20261122T020000Z-0001/0000-20261122T020000Z-full',
      );
      writeFileSync(join(path, 'point.json'), '{}');
    },
    'stale parent-gone',
    'The parent 20261122T020000Z-0001/0000-20261122T020000Z-full is not there any more.',
  ],
  [
    'the domain is gone',
    (_vm, world) => void world.hypervisor.domains.splice(0, 1),
    'stale domain-gone',
    'vm1 is not defined any more.',
  ],
];

describe.each(changes)('before an increment: %s', (_what, change, expected, message) => {
  it.each(['before all', 'right before'] as const)('noticed %s', async (when) => {
    const vm = fakeDomain(1);
    const other = fakeDomain(2);
    using world = new FakeWorld([vm, other]);
    const full = backupOf(world, vm);
    await world.apply([full]);
    const actions = [backupOf(world, vm, {}, full), backupOf(world, other)];
    if (when === 'before all') change(vm, world);
    world.onEvent = (event) => {
      // The actions of the second run begin: the first look at all is over.
      if (event.kind === 'action-started' && event.action.includes(vm.uuid)) change(vm, world);
    };
    world.events.length = 0;
    const report = await world.apply(actions, { run: secondRun });
    const [outcome, others] = report.actions.map((action) => action.outcome);
    const [code, failure] = expected.split(' ');
    expect(outcome).toEqual({ code, failure: { code: failure, message } });
    expect(others).toMatchObject({ code: 'done' });
    const begun = world.events.filter(({ kind }) => kind === 'action-started').length;
    expect(begun).toBe(when === 'before all' ? 1 : 2);
    expect(world.points()).toHaveLength(2);
  });
});
