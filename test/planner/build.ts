import type {
  DesiredDomain,
  DesiredState,
  DesiredStore,
  Retention,
} from '../../src/model/desired.ts';
import {
  chainId,
  checkpointOf,
  domainUuid,
  pointDirectory,
  pointId,
  runId,
  storeId,
  type DomainUuid,
  type PointId,
  type StoreId,
} from '../../src/model/identity.ts';
import { addSeconds, compactInstant, type Instant } from '../../src/model/instant.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ObservedPoint,
  ObservedStore,
  ObservedTip,
  ReadyStore,
  StoreMemory,
} from '../../src/model/observed-store.ts';
import type { ObservedDisk, ObservedDomain, ObservedState } from '../../src/model/observed.ts';
import type { Request } from '../../src/model/plan.ts';
import type { ImageStat, SourceIdentity } from '../../src/model/point.ts';
import { seen } from '../../src/model/result.ts';
import { retentionMemory } from '../../src/planner/guards/g210-retention-reduced.ts';

export const gib = 1024 ** 3;
export const hour = 3600;
export const day = 24 * hour;

/** A Sunday morning: the nightly points of 02:00 in Berlin are at 01:00 UTC. */
export const now: Instant = '2026-11-22T09:30:02.000Z';

export const nightly = {
  name: 'nightly',
  cron: '0 2 * * *',
  timezone: 'Europe/Berlin',
  jitterSeconds: 0,
} as const;

export const place = (line: number) => ({ file: 'policy.yaml', line, column: 5 });

/** A uuid that ends in a number. */
export const uuidOf = (number: number): DomainUuid =>
  domainUuid(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`);

export const mainId: StoreId = storeId('5a0e'.padEnd(32, '1'));

/** A retention; `keep` alone is what differs most. */
export function retentionOf(
  keep: Retention['keep'],
  more: Partial<Omit<Retention, 'keep'>> = {},
): Retention {
  return {
    name: 'standard',
    chain: { maxPoints: 30, maxAgeSeconds: null },
    minPoints: 1,
    ...more,
    keep,
  };
}

export function desiredStore(more: Partial<DesiredStore> = {}): DesiredStore {
  return {
    name: 'main',
    path: '/backups',
    place: place(5),
    reserve: { kind: 'percent', percent: 10 },
    trashKeepSeconds: 72 * hour,
    requireMount: false,
    limits: { jobs: 2, rateBytesPerSecond: null },
    ...more,
  };
}

export function desiredDomain(
  number: number,
  name: string,
  more: Partial<DesiredDomain> = {},
): DesiredDomain {
  return {
    uuid: uuidOf(number),
    name,
    place: place(20),
    store: 'main',
    schedule: nightly,
    retention: retentionOf(null),
    mirrors: [],
    rpoSeconds: 26 * hour,
    quiesce: 'try',
    tracker: 'auto',
    encryptedDisks: 'refuse',
    disks: { include: null, exclude: [] },
    verify: 'structure',
    timeouts: { jobSeconds: 8 * hour, stallSeconds: 300, agentSeconds: 10 },
    ...more,
  };
}

export function desiredState(
  domains: readonly DesiredDomain[],
  more: Partial<DesiredState> = {},
): DesiredState {
  return {
    policy: {
      file: 'policy.yaml',
      digest: 'd'.repeat(64),
      branch: 'main',
      commit: '9f3c2b7',
      rules: 2,
    },
    host: null,
    timezone: 'Europe/Berlin',
    stores: [desiredStore()],
    mirrors: [],
    domains,
    ignored: [],
    moved: [],
    removed: [],
    ...more,
  };
}

/** Identity of the image of a disk; `inode` tells images apart. */
export function identityOf(path: string, inode: number, format = 'qcow2'): SourceIdentity {
  return { kind: 'file', path, device: 2049, inode, stableId: null, format, serial: null };
}

/** Figures of an image; `touched` is the seconds of its mtime. */
export function statOf(path: string, inode: number, touched = 1_700_000_000): ImageStat {
  const time = `${touched}000000000`;
  return { path, device: 2049, inode, sizeBytes: 10 * gib, mtimeNs: time, ctimeNs: time };
}

/** A disk with one image: `/var/lib/libvirt/images/NAME-TARGET.qcow2`. */
export function disk(
  domain: string,
  target: string,
  inode: number,
  more: Partial<ObservedDisk> = {},
): ObservedDisk {
  const format = more.format ?? 'qcow2';
  const path = `/var/lib/libvirt/images/${domain}-${target}.${format}`;
  return {
    target,
    device: 'disk',
    kind: 'file',
    format,
    readonly: false,
    shareable: false,
    transient: false,
    encrypted: false,
    sizeBytes: 20 * gib,
    allocatedBytes: 8 * gib,
    images: seen([{ identity: identityOf(path, inode, format), stat: statOf(path, inode) }]),
    bitmaps: null,
    ...more,
  };
}

/** A running domain with one qcow2 disk `vda`, whose inode is 100 × number + 1. */
export function domain(
  number: number,
  name: string,
  more: Partial<ObservedDomain> = {},
): ObservedDomain {
  return {
    uuid: uuidOf(number),
    name,
    persistent: true,
    state: 'running',
    stateReason: 'booted',
    runningId: number,
    managedSave: false,
    agent: 'connected',
    disks: [disk(name, 'vda', number * 100 + 1)],
    internalSnapshots: [],
    job: null,
    blockJobs: [],
    checkpoints: seen([]),
    nvram: null,
    tpm: false,
    definitionDigest: 'e'.repeat(64),
    ...more,
  };
}

/** The same domain, off: its bitmaps were looked at. */
export function off(one: ObservedDomain): ObservedDomain {
  return {
    ...one,
    state: 'off',
    stateReason: 'shutdown',
    runningId: null,
    agent: 'none',
    disks: one.disks.map((each) =>
      each.format === 'qcow2' ? { ...each, bitmaps: each.bitmaps ?? seen([]) } : each,
    ),
  };
}

/** The domain with the checkpoint of its newest point, as libvirt lists it and, off, with its bitmaps. */
export function tracked(
  one: ObservedDomain,
  directory: ObservedDirectory,
  {
    dirtyBytes = 1.2 * gib,
    listed = true,
    flags = ['auto'],
  }: {
    readonly dirtyBytes?: number | null;
    readonly listed?: boolean;
    readonly flags?: readonly string[];
  } = {},
): ObservedDomain {
  const name = directory.tip?.checkpoint ?? '';
  const isOff = one.state === 'off';
  const targets = one.disks.filter(({ format }) => format === 'qcow2').map(({ target }) => target);
  return {
    ...one,
    checkpoints: seen(
      listed
        ? [
            {
              name,
              parent: null,
              disks: targets.map((target) => ({
                target,
                bitmap: name,
                dirtyBytes: isOff || dirtyBytes === null ? null : Math.round(dirtyBytes),
              })),
            },
          ]
        : [],
    ),
    disks: one.disks.map((each) =>
      isOff && each.format === 'qcow2'
        ? { ...each, bitmaps: seen([{ name, granularityBytes: 65_536, flags }]) }
        : each,
    ),
  };
}

/** A point's id at an instant. */
export const pointAt = (at: Instant, digits = '00aa'): PointId =>
  pointId(`${compactInstant(at)}-${digits}`);

/** A chain of points, a day (or `stepSeconds`) apart, the first at an instant: a full and increments. */
export function chain(
  firstAt: Instant,
  count: number,
  {
    stepSeconds = day,
    digits = '00cc',
    full = 8 * gib,
    increment = gib,
    ...more
  }: Partial<Omit<ObservedChain, 'id' | 'points'>> & {
    readonly stepSeconds?: number;
    readonly digits?: string;
    readonly full?: number;
    readonly increment?: number;
  } = {},
): ObservedChain {
  const points = Array.from({ length: count }, (_none, sequence): ObservedPoint => {
    const at = addSeconds(firstAt, sequence * stepSeconds);
    return {
      id: pointAt(at),
      sequence,
      level: sequence === 0 ? 'full' : 'increment',
      at,
      bytes: sequence === 0 ? full : increment,
    };
  });
  return {
    id: chainId(`${compactInstant(firstAt)}-${digits}`),
    held: false,
    closed: null,
    points,
    ...more,
  };
}

/** One fault, or hold, on one point of a chain. */
export function withPoint(
  one: ObservedChain,
  sequence: number,
  more: Partial<ObservedPoint>,
): ObservedChain {
  return {
    ...one,
    points: one.points.map((point) =>
      point.sequence === sequence ? { ...point, ...more } : point,
    ),
  };
}

/** What the newest valid point of chains says of a domain's disks. */
export function tipOf(
  one: ObservedDomain,
  chains: readonly ObservedChain[],
  store: StoreId = mainId,
): ObservedTip | null {
  const newest = chains
    .flatMap((each) => each.points.map((point) => ({ chain: each, point })))
    .filter(({ point }) => point.fault === undefined)
    .at(-1);
  if (newest === undefined) return null;
  const { point } = newest;
  const hasTracker = one.disks.some(({ format }) => format === 'qcow2');
  return {
    chain: newest.chain.id,
    point: point.id,
    directory: pointDirectory(point.sequence, point.id, point.level),
    checkpoint: hasTracker ? checkpointOf(store, point.id) : null,
    definitionDigest: one.definitionDigest,
    disks: one.disks
      .filter(({ device, readonly }) => device === 'disk' && !readonly)
      .map(({ target, images, sizeBytes, format }) => ({
        target,
        file: `${target}.qcow2`,
        source:
          images.seen && images.value[0] !== undefined
            ? images.value[0].identity
            : identityOf('?', 0),
        sizeBytes: sizeBytes ?? 0,
        tracked: format === 'qcow2',
      })),
  };
}

/** A domain's directory with these chains, taken of the domain as it is. */
export function directory(
  one: ObservedDomain,
  chains: readonly ObservedChain[],
  more: Partial<ObservedDirectory> = {},
): ObservedDirectory {
  return {
    directory: one.name,
    uuid: one.uuid,
    name: one.name,
    chains,
    tip: tipOf(one, chains),
    incoming: [],
    lastLook: null,
    ...more,
  };
}

/** The look that was taken after the newest point of a domain that was off then. */
export function lookedAt(one: ObservedDomain, where: ObservedDirectory): ObservedDirectory {
  const tip = where.tip;
  if (tip === null) return where;
  const images = one.disks.flatMap(({ images: all }) =>
    all.seen ? all.value.flatMap(({ stat }) => (stat === null ? [] : [stat])) : [],
  );
  return { ...where, lastLook: { formatVersion: 1, point: tip.point, at: now, images } };
}

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

export const request = (more: Partial<Request> = {}): Request => ({
  targets: null,
  now: [],
  allow: [],
  unattended: false,
  ...more,
});

export const aRun = runId('20261122T010000Z-3a9f01bc');
