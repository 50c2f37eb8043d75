import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import { checkpointName, runId } from '../../src/model/identity.ts';
import { readRuns } from '../../src/store/runs.ts';
import { abandoned, deadRun, die, openOf, repair } from './dead-run.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { backupOf, FakeWorld, firstRun } from './fake-world.ts';

const lost = checkpointName('holdfast-aaaaaaaa-20261121T020000Z-0009');

describe('after a run that died', () => {
  it('its guest is thawed, and its domain stopped, also where no journal can be written', async () => {
    const frozen = fakeDomain(1, { frozen: true });
    const started = fakeDomain(2, { state: 'paused', runningId: 7 });
    using world = new FakeWorld([frozen, started]);
    const actions: readonly Action[] = [
      {
        ...repair,
        kind: 'thaw-domain',
        id: 'thaw',
        address: 'domain/vm1',
        domain: frozen,
        run: deadRun,
      },
      {
        ...repair,
        kind: 'restore-power-state',
        id: 'stop',
        address: 'domain/vm2',
        domain: started,
        run: deadRun,
        runningId: 7,
      },
      backupOf(world, frozen),
    ];
    die(world, [
      { kind: 'frozen-domain', uuid: frozen.uuid, name: 'vm1' },
      { kind: 'started-domain', uuid: started.uuid, name: 'vm2', runningId: 7 },
    ]);
    const drivers = world.drivers();
    const full = { ok: false, error: { code: 'store-full', message: 'No space.' } } as const;
    const report = await world.apply(actions, {
      drivers: { ...drivers, journals: { ...drivers.journals, open: () => full } },
    });
    expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([
      { code: 'done' },
      { code: 'done' },
      {
        code: 'failed',
        failure: {
          code: 'journal-failed',
          message: 'The journal cannot be written, so nothing was begun: No space.',
        },
      },
    ]);
    expect(frozen.frozen).toBe(false);
    expect(started.state).toBe('off');
    expect(world.points()).toEqual([]);
  });

  it('a domain that somebody resumed is left running (I11)', async () => {
    const vm = fakeDomain(1, { state: 'running', runningId: 7 });
    using world = new FakeWorld([vm]);
    const domain = { uuid: vm.uuid, name: vm.name };
    die(world, [{ kind: 'started-domain', ...domain, runningId: 7 }]);
    const action = {
      ...repair,
      kind: 'restore-power-state',
      id: 'stop',
      address: 'domain/vm1',
      domain,
      run: deadRun,
      runningId: 7,
    } as const;
    await world.apply([action]);
    expect(vm.state).toBe('running');
    expect(await openOf(world)).toEqual([]);
  });

  it('of several intents only those that were handled are closed', async () => {
    const vm = fakeDomain(1, { frozen: true, state: 'paused' });
    using world = new FakeWorld([vm]);
    const domain = { uuid: vm.uuid, name: vm.name };
    die(world, [
      { kind: 'frozen-domain', ...domain },
      { kind: 'started-domain', ...domain, runningId: 1 },
    ]);
    world.faults.places.set('stop', { code: 'broken', message: 'It broke.' });
    const report = await world.apply([
      { ...repair, kind: 'thaw-domain', id: 'thaw', address: 'domain/vm1', domain, run: deadRun },
      {
        ...repair,
        kind: 'restore-power-state',
        id: 'stop',
        address: 'domain/vm1',
        domain,
        run: deadRun,
        runningId: 1,
      },
    ]);
    expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([
      { code: 'done' },
      { code: 'failed', failure: { code: 'broken', message: 'Stopping vm1: It broke.' } },
    ]);
    expect(await openOf(world)).toEqual(['started-domain']);
  });

  it('a run that left nothing is given its end', async () => {
    using world = new FakeWorld([]);
    die(world, []);
    const before = await readRuns(join(world.root, 'state'));
    expect(before).toMatchObject({ seen: true, value: [{ run: deadRun }] });
    await world.apply([]);
    expect(await readRuns(join(world.root, 'state'))).toEqual({ seen: true, value: [] });
  });

  it('an intent of which nothing is left is closed, another is not', async () => {
    const off = fakeDomain(1, { state: 'off', runningId: null });
    const paused = fakeDomain(2, { state: 'paused', runningId: 7 });
    using world = new FakeWorld([off, paused]);
    const { intent } = abandoned(world, off);
    off.job = null;
    const left = { kind: 'started-domain', uuid: paused.uuid, name: 'vm2', runningId: 7 } as const;
    die(world, [intent, { kind: 'frozen-domain', uuid: off.uuid, name: 'vm1' }, left]);
    await world.apply([]);
    expect(await openOf(world)).toEqual(['backup-job', 'started-domain']);
    // Scratch of a job that is gone: no run removes it that did not show it.
    expect(world.jobFiles()).not.toEqual([]);
    for (const name of ['run', 'scratch']) rmSync(join(world.root, name), { recursive: true });
    paused.runningId = 8;
    await world.apply([], { run: runId('20261122T030000Z-00000002') });
    expect(await openOf(world)).toEqual([]);
  });

  it('what it was writing is discarded, and its checkpoint dropped', async () => {
    const vm = fakeDomain(1, { checkpoints: [lost] });
    using world = new FakeWorld([vm]);
    const { chain } = backupOf(world, vm);
    const path = `domains/vm1/${chain}/.incoming-0000-20261121T020000Z-0009`;
    mkdirSync(join(world.store.path, path), { recursive: true });
    writeFileSync(join(world.store.path, path, 'vda.qcow2'), 'x');
    const where = {
      address: 'domain/vm1',
      domain: { uuid: vm.uuid, name: vm.name },
      store: world.store,
    };
    const report = await world.apply([
      { ...repair, kind: 'discard-incoming', id: 'discard', ...where, path, point: null },
      {
        ...repair,
        kind: 'drop-checkpoint',
        id: 'drop',
        ...where,
        checkpoint: lost,
        power: 'running',
        listed: true,
        images: [],
      },
    ]);
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done', 'done']);
    expect(world.points()).toEqual([]);
    expect(vm.checkpoints).toEqual([]);
  });
});

describe('a run', () => {
  it('says whether it converged, and has an end', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    const report = await world.apply([backupOf(world, vm)], { converged: async () => true });
    expect(report).toMatchObject({
      run: firstRun,
      done: 1,
      failed: 0,
      skipped: 0,
      converged: true,
    });
    expect(world.events.at(-1)).toMatchObject({ kind: 'run-finished', converged: true });
  });

  it('makes a fault of ours the failure of one action only', async () => {
    const vm = fakeDomain(1);
    const other = fakeDomain(2);
    using world = new FakeWorld([vm, other]);
    world.faults.hooks.set('copy', () => {
      if (other.job === null) throw new Error('our mistake');
    });
    const report = await world.apply([backupOf(world, vm), backupOf(world, other)], {
      parallelism: 1,
    });
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['failed', 'done']);
    expect(vm).toMatchObject({ job: null, checkpoints: [] });
    expect(world.points()).toEqual([expect.stringMatching(/^vm2/)]);
  });
});
