import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesIntent } from '../../src/executor/restore-files.ts';
import { pointId, runId } from '../../src/model/identity.ts';
import { leftOf } from '../../src/model/leftover.ts';
import type { OpenIntent } from '../../src/model/observed.ts';
import type { DiscardFiles } from '../../src/model/repair-action.ts';
import type { Restore } from '../../src/model/restore-action.ts';
import { openJournal } from '../../src/store/journal.ts';
import { deadRun, deadRuns, die, repair } from './dead-run.ts';
import { type FakeDomain, fakeDomain } from './fake-hypervisor.ts';
import { FakeWorld } from './fake-world.ts';

/** What a plan of the world as it is would remove. */
async function planned(world: FakeWorld): Promise<readonly DiscardFiles[]> {
  const all = await world.hypervisor.observe();
  return leftOf(await deadRuns(world), all).flatMap(({ intent, leftover }) =>
    leftover.is === 'left' && leftover.undo === 'discard-files'
      ? [
          discard(
            intent,
            leftover.files.map(({ path }) => path),
          ),
        ]
      : [],
  );
}

function discard({ uuid, name, kind }: OpenIntent, paths: readonly string[]): DiscardFiles {
  if (kind !== 'backup-job' && kind !== 'restore-files') throw new Error(`${kind} has no files`);
  return {
    ...repair,
    kind: 'discard-files',
    id: `discard ${kind}`,
    address: `domain/${name}`,
    bytes: 7,
    domain: { uuid, name },
    run: deadRun,
    intent: kind,
    paths,
  };
}

function put(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'x');
}

/** Names below a directory of the world; none if there is no such directory. */
const names = (world: FakeWorld, directory: string): readonly string[] =>
  existsSync(join(world.root, directory))
    ? readdirSync(join(world.root, directory)).toSorted()
    : [];

/** The intent of a restore of two disks, as the executor writes it, and where its files are. */
function restoring(world: FakeWorld, vm: FakeDomain, aside: boolean) {
  const images = ['vda', 'vdb'].map((target) => ({
    target,
    layers: [],
    sizeBytes: 1,
    to: join(world.root, 'images', target),
    toKind: 'file' as const,
    format: 'qcow2' as const,
    asideAs: aside ? join(world.root, 'images', `${target}.before-restore-now`) : null,
  }));
  const define = { name: vm.name, uuid: vm.uuid, newMacs: false, start: false };
  const domain = { uuid: vm.uuid, name: vm.name };
  // Of an action only what the intent is made from.
  const action = { domain, images, firmware: [], define } as unknown as Restore;
  const tools = { run: deadRun } as Parameters<typeof filesIntent>[2];
  const files = filesIntent(action, null, tools);
  const swaps = images.map(({ to, asideAs }) => ({ to, aside: asideAs }));
  return { files, swap: { kind: 'restore-swap', ...domain, swaps } as const };
}

const temporary = (target: string): string => `${target}.restoring-${deadRun}`;

describe('after a restore that was killed, only what is nobody’s goes', () => {
  it.each([
    ['after the intent', [], [], []],
    ['in the first image', [temporary('vda')], [temporary('vda')], []],
    ['in the second image', [temporary('vda'), temporary('vdb')], ['both'], []],
    ['between linking and unlinking', ['vda', temporary('vda')], [temporary('vda')], ['vda']],
    ['half placed', ['vda', temporary('vdb')], [temporary('vdb')], ['vda']],
    ['all placed', ['vda', 'vdb'], [], ['vda', 'vdb']],
  ])('a new domain, %s', async (_when, there, removed, stays) => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    die(world, [restoring(world, vm, false).files]);
    for (const name of there) put(join(world.root, 'images', name));
    const actions = await planned(world);
    const paths = actions.flatMap((action) => action.paths);
    expect(paths).toHaveLength(removed[0] === 'both' ? 2 : removed.length);
    const report = await world.apply(actions);
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(actions.map(() => 'done'));
    expect(names(world, 'images')).toEqual(stays);
    // Whatever it was, the run has its end, and the next plan nothing to say.
    expect(await deadRuns(world)).toEqual([]);
  });

  it('in place, half way: the old image comes home, then the new ones go', async () => {
    const vm = fakeDomain(1, { state: 'off', runningId: null });
    using world = new FakeWorld([vm]);
    const { files, swap } = restoring(world, vm, true);
    die(world, [files, swap]);
    for (const name of ['vda', 'vda.before-restore-now', 'vdb', temporary('vdb')]) {
      put(join(world.root, 'images', name));
    }
    const [tidy] = await planned(world);
    if (tidy === undefined) throw new Error('nothing is planned');
    const { intent: _intent, paths: _paths, ...base } = tidy;
    const report = await world.apply([
      { ...base, kind: 'put-back', id: 'back', swaps: swap.swaps },
      tidy,
    ]);
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done', 'done']);
    expect(names(world, 'images')).toEqual(['vda', `vda.restored-${deadRun}`, 'vdb']);
    expect(await deadRuns(world)).toEqual([]);
  });

  it('what became an image of a domain meanwhile stays, though the plan shows it', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    die(world, [restoring(world, vm, false).files]);
    const path = join(world.root, 'images', temporary('vda'));
    put(path);
    const actions = await planned(world);
    vm.backing.push(path);
    const report = await world.apply(actions);
    expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([
      {
        code: 'stale',
        failure: { code: 'in-use', message: `A domain has ${path} among its files, so it stays.` },
      },
    ]);
    expect(existsSync(path)).toBe(true);
    // It is the domain's now, and no plan speaks of it again.
    expect(await deadRuns(world)).toEqual([]);
  });
});

describe('whatever a plan says', () => {
  it.each([
    ['a path that the journal does not name', 'precious'],
    ['a path through a directory of the run', `scratch/${deadRun}-0/../../precious`],
  ])('%s is not removed', async (_what, name) => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    const { files } = restoring(world, vm, false);
    die(world, [files]);
    put(join(world.root, 'precious'));
    const path = `${world.root}/${name}`;
    const report = await world.apply([discard(files, [path])]);
    const message = `Run ${deadRun} is not dead, or did not leave ${path} open.`;
    expect(report.actions.map(({ outcome }) => outcome)).toEqual([
      { code: 'stale', failure: { code: 'not-in-journal', message } },
    ]);
    expect(existsSync(join(world.root, 'precious'))).toBe(true);
  });

  it('nothing of a run that is alive is removed', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    const { files } = restoring(world, vm, false);
    const state = { stateDir: join(world.root, 'state'), run: deadRun, clock: world.now };
    const journal = openJournal(state);
    if (!journal.ok) throw new Error(journal.error.message);
    journal.value.append({ kind: 'intent', action: 'a', intent: files });
    const path = files.files[0]?.path ?? '';
    put(path);
    const report = await world.apply([discard(files, [path])]);
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['stale']);
    expect(existsSync(path)).toBe(true);
    journal.value.close();
  });

  it('scratch of a job that is gone is removed with its directories, but not while a job runs', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    const job: OpenIntent = {
      kind: 'backup-job',
      uuid: vm.uuid,
      name: vm.name,
      socket: join(world.root, 'run', `${deadRun}-0`, 'nbd.sock'),
      scratch: [join(world.root, 'scratch', `${deadRun}-0`, 'vda.scratch')],
      checkpoint: null,
      point: pointId('20261121T020000Z-0001'),
    };
    die(world, [job]);
    put(job.socket);
    put(job.scratch[0] ?? '');
    const actions = await planned(world);
    expect(actions.flatMap(({ paths }) => paths)).toHaveLength(2);
    vm.foreignJob = true;
    const waits = await world.apply(actions);
    expect(waits.actions.map(({ outcome }) => outcome.code)).toEqual(['waiting']);
    expect(world.jobFiles()).toHaveLength(4);
    vm.foreignJob = false;
    const report = await world.apply(actions, { run: runId('20261122T030000Z-00000002') });
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
    expect(world.jobFiles()).toEqual([]);
    expect(await deadRuns(world)).toEqual([]);
  });
});
