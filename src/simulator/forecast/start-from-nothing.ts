import { digestOf } from '../../model/canonical.ts';
import type {
  DesiredDomain,
  DesiredMirror,
  DesiredState,
  DesiredStore,
} from '../../model/desired.ts';
import { storeId, type StoreId } from '../../model/identity.ts';
import type { Instant } from '../../model/instant.ts';
import type { ObservedMirrorContent } from '../../model/observed-mirror.ts';
import type { ObservedStore } from '../../model/observed-store.ts';
import type { ObservedDomain, ObservedMirror, ObservedState } from '../../model/observed.ts';
import { seen } from '../../model/result.ts';
import type { World } from './world.ts';

// A store that is never full: what is planned must not depend on what is to be found out.
const plentyBytes = 2 ** 52;

/** A modelled host on which every domain of a policy runs, and of which no point exists. */
export function startFromNothing(desired: DesiredState, at: Instant, diskBytes: number): World {
  return {
    // It is this host that the policy is meant for.
    desired: { ...desired, host: null },
    observed: {
      ...emptyHost(at),
      hypervisor: seen({
        kind: 'libvirt',
        uri: 'simulated',
        version: '0',
        domains: desired.domains.map((domain, index) => runningDomain(domain, index, diskBytes)),
        unseenDomains: [],
      }),
      stores: desired.stores.map(emptyStore),
      mirrors: desired.mirrors.map((mirror) => emptyMirror(mirror, desired.stores)),
    },
  };
}

/** A host without anything, at an instant. */
export function emptyHost(at: Instant): Omit<ObservedState, 'hypervisor' | 'stores'> {
  return {
    formatVersion: 1,
    observedAt: at,
    tool: 'simulated',
    host: { name: 'simulated', bootId: 'simulated', bootClockSeconds: 0 },
    scratch: seen({ path: '/simulated', freeBytes: plentyBytes, limitBytes: null }),
    runs: seen([]),
    mirrors: [],
  };
}

const storeIdOf = ({ name }: DesiredStore): StoreId =>
  storeId(digestOf(['simulated', name]).slice(0, 32));

/** A store without points, in which there is always room. */
export function emptyStore(store: DesiredStore): ObservedStore {
  const { name, path } = store;
  const id = storeIdOf(store);
  return {
    name,
    path,
    state: {
      kind: 'ready',
      id,
      freeBytes: plentyBytes,
      totalBytes: plentyBytes,
      mount: { device: 1, source: 'simulated' },
      writable: true,
      directories: [],
      unreadable: [],
      foreign: [],
      trash: [],
      memory: null,
      knownId: id,
    },
  };
}

/** A mirror with no copy of any store. */
export function emptyMirror(
  { name }: DesiredMirror,
  stores: readonly DesiredStore[],
): ObservedMirror {
  return {
    name,
    stores: stores.map((store) => ({
      store: store.name,
      state: seen(emptyContent(storeIdOf(store))),
    })),
  };
}

/** No copy of one store. */
export function emptyContent(store: StoreId): ObservedMirrorContent {
  return { store, kind: 'ready', directories: [], freeBytes: null, unreadable: [], foreign: 0 };
}

function runningDomain(
  { uuid, name, disks }: DesiredDomain,
  index: number,
  diskBytes: number,
): ObservedDomain {
  const targets = disks.include ?? [usualTarget(disks.exclude)];
  return {
    uuid,
    name,
    persistent: true,
    state: 'running',
    stateReason: 'booted',
    runningId: index + 1,
    managedSave: false,
    agent: 'connected',
    disks: targets.map((target) => ({
      target,
      device: 'disk',
      kind: 'file',
      format: 'qcow2',
      readonly: false,
      shareable: false,
      transient: false,
      encrypted: false,
      sizeBytes: diskBytes,
      allocatedBytes: diskBytes,
      images: seen([
        {
          identity: {
            kind: 'file',
            path: `/simulated/${uuid}-${target}.qcow2`,
            device: null,
            inode: null,
            stableId: null,
            format: 'qcow2',
            serial: null,
          },
          stat: null,
        },
      ]),
      bitmaps: null,
    })),
    internalSnapshots: [],
    job: null,
    blockJobs: [],
    checkpoints: seen([]),
    nvram: null,
    tpm: false,
    definitionDigest: 'simulated',
  };
}

/** The first disk that a rule does not leave out. */
function usualTarget(exclude: readonly string[]): string {
  return ['vda', 'sda', 'vdb'].find((target) => !exclude.includes(target)) ?? 'xda';
}
