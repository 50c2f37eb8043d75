import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Action } from '../../src/model/action.ts';
import { runId } from '../../src/model/identity.ts';
import type { ObservedRun, OpenIntent } from '../../src/model/observed.ts';
import { openJournal } from '../../src/store/journal.ts';
import { readRuns } from '../../src/store/runs.ts';
import type { FakeDomain } from './fake-hypervisor.ts';
import { backupOf, type FakeWorld } from './fake-world.ts';

export const deadRun = runId('20261121T020000Z-0000dead');

/** What all actions of a repair have. */
export const repair = {
  wave: 10,
  dependsOn: [],
  reasons: [],
  place: null,
  blockedBy: [],
  bytes: null,
} as const;

/** A run that died with these intents open. */
export function die(world: FakeWorld, intents: readonly OpenIntent[]): void {
  const journal = openJournal({
    stateDir: join(world.root, 'state'),
    run: deadRun,
    clock: world.now,
  });
  if (!journal.ok) throw new Error(journal.error.message);
  for (const intent of intents) journal.value.append({ kind: 'intent', action: 'a', intent });
  journal.value.close();
}

/** The runs that have left something. */
export async function deadRuns(world: FakeWorld): Promise<readonly ObservedRun[]> {
  const runs = await readRuns(join(world.root, 'state'));
  if (!runs.seen) throw new Error(runs.failure.message);
  return runs.value;
}

/** Kinds of the intents that no run has closed. */
export async function openOf(world: FakeWorld): Promise<readonly string[]> {
  return (await deadRuns(world)).flatMap(({ open }) => open.map(({ kind }) => kind));
}

/** A backup job that a run began on a domain before it died: its intent, its files, and the repair that ends it. */
export function abandoned(world: FakeWorld, vm: FakeDomain) {
  const socket = join(world.root, 'run', `${deadRun}-0`, 'nbd.sock');
  const scratch = [join(world.root, 'scratch', `${deadRun}-0`, 'vda.scratch')];
  for (const path of [socket, ...scratch]) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
  vm.job = { socket, lost: new AbortController() };
  const domain = { uuid: vm.uuid, name: vm.name };
  const point = backupOf(world, vm).point;
  return {
    intent: { kind: 'backup-job', ...domain, socket, scratch, checkpoint: null, point },
    action: {
      ...repair,
      kind: 'abort-job',
      id: 'abort',
      address: 'domain/vm1',
      domain,
      run: deadRun,
      socket,
      scratch,
    },
  } as const satisfies { intent: OpenIntent; action: Action };
}
