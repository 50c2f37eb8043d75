import { describe, expect, it } from 'vitest';
import { runId } from '../../src/model/identity.ts';
import { fakeDomain, Faults } from './fake-hypervisor.ts';
import { backupOf, FakeWorld } from './fake-world.ts';

const secondRun = runId('20261122T030000Z-00000002');
const fault = { code: 'broken', message: 'It broke.' };

/** Every place where a backup can meet a failure before its point is published. */
const places = [
  'incoming',
  'begin',
  'begin-frozen',
  'begin-late',
  'definitions',
  'copy',
  'copy-late',
  'end',
  'check',
  'publish',
] as const;

/** How the reading can be cut short from outside. */
const cuts = {
  'the job is lost': {
    code: 'failed',
    failure: { code: 'scratch-full', message: 'Backup of vm1: The scratch is full.' },
  },
  'a signal comes': { code: 'interrupted' },
} as const;

describe.each(['running', 'paused', 'off'] as const)('a domain that is %s', (state) => {
  const setUp = async (faults = new Faults('vm1')) => {
    const runningId = state === 'off' ? null : 1;
    const vm = fakeDomain(1, { state, runningId });
    const other = fakeDomain(2);
    const world = new FakeWorld([vm, other], faults);
    const full = backupOf(world, vm);
    const first = await world.apply([full]);
    expect(first.done).toBe(1);
    world.events.length = 0;
    return { world, vm, other, full, increment: backupOf(world, vm, {}, full), runningId };
  };

  it.each(places)('is as it was after a failure at %s', async (place) => {
    const { world, vm, other, full, increment, runningId } = await setUp();
    using _ = world;
    world.faults.places.set(place, fault);
    const report = await world.apply([increment, backupOf(world, other)], { run: secondRun });
    expect(world.faults.met.length).toBeGreaterThan(0);
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['failed', 'done']);
    expect(vm).toMatchObject({
      state,
      runningId,
      frozen: false,
      job: null,
      checkpoints: [full.checkpoint],
    });
    expect(other.checkpoints).toHaveLength(1);
    expect(world.points()).toEqual([
      `vm1/${full.chain}/${full.pointDirectory}`,
      expect.stringMatching(/^vm2\/[^.]+$/),
    ]);
    expect(world.jobFiles()).toEqual([]);
    // The next run sees nothing to repair.
    expect(world.events.at(-1)?.kind).toBe('run-finished');
  });

  it.each(Object.entries(cuts))('is as it was when %s while it is read', async (cut, expected) => {
    const { world, vm, full, increment, runningId } = await setUp();
    using _ = world;
    const stop = new AbortController();
    world.faults.hooks.set('copy-late', () => {
      if (cut === 'a signal comes') stop.abort();
      else vm.job?.lost.abort({ code: 'scratch-full', message: 'The scratch is full.' });
    });
    const report = await world.apply([increment], { run: secondRun, signal: stop.signal });
    expect(report.actions.map(({ outcome }) => outcome)).toEqual([expected]);
    expect(report.interrupted).toBe(cut === 'a signal comes');
    expect(vm).toMatchObject({
      state,
      runningId,
      frozen: false,
      job: null,
      checkpoints: [full.checkpoint],
    });
    expect(world.points()).toHaveLength(1);
    expect(world.jobFiles()).toEqual([]);
  });

  it("keeps its point when only the parent's checkpoint cannot be dropped", async () => {
    const { world, vm, full, increment } = await setUp();
    using _ = world;
    world.faults.places.set('drop', fault);
    const report = await world.apply([increment], { run: secondRun });
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
    expect(vm.checkpoints).toEqual([full.checkpoint, increment.checkpoint]);
    expect(world.events.find(({ kind }) => kind === 'warning')).toMatchObject({
      failure: { code: 'broken', message: `Dropping ${full.checkpoint} of vm1: It broke.` },
    });
  });

  it('leaves its intent open when the job cannot be undone', async () => {
    const { world, increment } = await setUp();
    using _ = world;
    world.faults.places.set('copy', fault);
    world.faults.places.set('abandon', { code: 'away', message: 'libvirtd is away.' });
    await world.apply([increment], { run: secondRun });
    // Without an end in its journal, the run is one that the next plan repairs.
    expect(await world.drivers().journals.dead()).toMatchObject({
      seen: true,
      value: [{ run: secondRun, open: [expect.objectContaining({ kind: 'backup-job' })] }],
    });
    const closed = world.events.flatMap((event) =>
      event.kind === 'intent-closed' ? [event.intent] : [],
    );
    expect(closed).not.toContain('backup-job');
    expect(world.jobFiles().length).toBeGreaterThan(0);
    expect(world.points()).toHaveLength(1);
  });
});

describe('power', () => {
  it.each(['start', 'start-late'])('is put back after a failure at %s', async (place) => {
    const vm = fakeDomain(1, { state: 'off', runningId: null });
    using world = new FakeWorld([vm]);
    world.faults.places.set(place, fault);
    const report = await world.apply([backupOf(world, vm)]);
    expect(report.actions.map(({ outcome }) => outcome)).toEqual([
      { code: 'failed', failure: { code: 'broken', message: 'Starting vm1 paused: It broke.' } },
    ]);
    expect(vm).toMatchObject({ state: 'off', checkpoints: [] });
    expect(world.points()).toEqual([]);
  });

  it('that cannot be put back fails the action, keeps the point, and is left to the next plan', async () => {
    const vm = fakeDomain(1, { state: 'off', runningId: null });
    using world = new FakeWorld([vm]);
    world.faults.places.set('stop', fault);
    const report = await world.apply([backupOf(world, vm)]);
    expect(report.actions.map(({ outcome }) => outcome)).toEqual([
      {
        code: 'failed',
        failure: { code: 'broken', message: 'Stopping vm1, which was off: It broke.' },
      },
    ]);
    expect(world.points()).toHaveLength(1);
    const closed = world.events.flatMap((event) =>
      event.kind === 'intent-closed' ? [event.intent] : [],
    );
    expect(closed).toEqual(['backup-job']);
  });
});

describe('the thaw', () => {
  it('is done again when the begin failed, and left to the next plan when that fails too', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    world.faults.places.set('begin-frozen', fault);
    world.faults.places.set('thaw', { code: 'agent-away', message: 'The agent is away.' });
    await world.apply([backupOf(world, vm)]);
    expect(vm.frozen).toBe(true);
    const closed = world.events.flatMap((event) =>
      event.kind === 'intent-closed' ? [event.intent] : [],
    );
    expect(closed).toEqual(['backup-job']);
  });
});

describe('a frozen guest that cannot be thawed', () => {
  it.each([
    ['is no worry when its agent was never there', 'disconnected', 'broken', true],
    ['is left to the next plan when nobody knows', 'disconnected', 'begin-lost', false],
    ['is left to the next plan when its agent was there', 'connected', 'broken', false],
  ] as const)('%s', async (_what, agent, code, isClosed) => {
    const vm = fakeDomain(1, { agent });
    using world = new FakeWorld([vm]);
    world.faults.places.set('begin', { code, message: 'It broke.' });
    world.faults.places.set('thaw', { code: 'agent-away', message: 'The agent is away.' });
    await world.apply([backupOf(world, vm)]);
    const closed = world.events.flatMap((event) =>
      event.kind === 'intent-closed' ? [event.intent] : [],
    );
    expect(closed.includes('frozen-domain')).toBe(isClosed);
  });
});

describe('a busy domain', () => {
  it('makes the action wait, not fail', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    world.faults.places.set('begin', { code: 'busy', message: 'A block job runs.' });
    const report = await world.apply([backupOf(world, vm)]);
    expect(report.actions.map(({ outcome }) => outcome)).toEqual([
      {
        code: 'waiting',
        failure: { code: 'busy', message: 'Backup of vm1: A block job runs.' },
      },
    ]);
  });
});
