import type { DesiredState } from '../../src/model/desired.ts';
import { runId } from '../../src/model/identity.ts';
import { addSeconds } from '../../src/model/instant.ts';
import { leftPaths } from '../../src/model/leftover.ts';
import type {
  ObservedDirectory,
  ObservedStore,
  ReadyStore,
  StoreMemory,
} from '../../src/model/observed-store.ts';
import type {
  ObservedDomain,
  ObservedRun,
  ObservedState,
  OpenIntent,
} from '../../src/model/observed.ts';
import { seen } from '../../src/model/result.ts';
import { retentionMemory } from '../../src/planner/guards/g210-retention-reduced.ts';
import { day, gib, hour, mainId, now } from './build-policy.ts';

export function readyStore(
  directories: readonly ObservedDirectory[],
  more: Partial<ReadyStore> = {},
): ReadyStore {
  return {
    kind: 'ready',
    id: mainId,
    freeBytes: 500 * gib,
    totalBytes: 1000 * gib,
    mount: { device: 64, source: '/dev/sdb1' },
    writable: true,
    directories,
    unreadable: [],
    foreign: [],
    trash: [],
    memory: null,
    knownId: mainId,
    ...more,
  };
}

/** A memory that agrees with a store and a policy: no guard has anything to say. */
export function memoryFor(
  desired: DesiredState,
  store: ReadyStore,
  more: Partial<StoreMemory> = {},
): StoreMemory {
  const points: Record<string, number> = {};
  for (const one of store.directories) {
    points[one.uuid] = one.chains
      .flatMap((each) => each.points)
      .filter(({ fault }) => fault === undefined).length;
  }
  return {
    formatVersion: 1,
    at: addSeconds(now, -hour),
    policyDigest: desired.policy.digest,
    commit: desired.policy.commit,
    bootId: '11111111-2222-4333-8444-555555555555',
    bootClockSeconds: 9 * day - hour,
    mount: store.mount,
    points,
    retention: Object.fromEntries(
      desired.domains.map(({ uuid, retention }) => [uuid, retentionMemory(retention)]),
    ),
    doomed: {},
    policyText: null,
    ...more,
  };
}

/** What was seen: domains and the directories of the one store. */
export function observedState(
  domains: readonly ObservedDomain[],
  stores: readonly ObservedStore[],
  more: Partial<ObservedState> = {},
): ObservedState {
  return {
    formatVersion: 1,
    observedAt: now,
    tool: 'holdfast 0.1.0',
    host: {
      name: 'kvm01',
      bootId: '11111111-2222-4333-8444-555555555555',
      bootClockSeconds: 9 * day,
    },
    hypervisor: seen({
      kind: 'libvirt',
      uri: 'qemu:///system',
      version: '9.0.0',
      domains,
      unseenDomains: [],
    }),
    stores,
    scratch: seen({ path: '/var/lib/holdfast/scratch', freeBytes: 50 * gib, limitBytes: null }),
    runs: seen([]),
    mirrors: [],
    ...more,
  };
}

export const mainStore = (state: ObservedStore['state']): ObservedStore => ({
  name: 'main',
  path: '/backups',
  state,
});

/** One world: a store that remembers it, so that guards have nothing to say. */
export function world(
  desired: DesiredState,
  domains: readonly ObservedDomain[],
  directories: readonly ObservedDirectory[],
  {
    store = {},
    memory = {},
    ...more
  }: Partial<ObservedState> & {
    readonly store?: Partial<ReadyStore>;
    readonly memory?: Partial<StoreMemory> | null;
  } = {},
): ObservedState {
  const ready = readyStore(directories, store);
  const remembered = memory === null ? null : memoryFor(desired, ready, memory);
  return observedState(domains, [mainStore({ ...ready, memory: remembered })], more);
}

export const aRun = runId('20261122T010000Z-3a9f01bc');

/** A run that died with these intents open; of the files that they name all are there but the `gone`. */
export function deadRun(
  open: readonly OpenIntent[],
  { startedAt = '2026-11-22T01:00:00.000Z', gone = [] }: DeadRun = {},
): ObservedRun {
  const files = open
    .flatMap((intent) => leftPaths(aRun, intent))
    .filter((path) => !gone.includes(path))
    .map((path) => ({ path, bytes: gib }));
  return { run: aRun, startedAt, open, files };
}

interface DeadRun {
  readonly startedAt?: string;
  readonly gone?: readonly string[];
}
