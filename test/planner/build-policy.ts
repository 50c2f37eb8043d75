import type {
  DesiredDomain,
  DesiredState,
  DesiredStore,
  Retention,
} from '../../src/model/desired.ts';
import { domainUuid, storeId, type DomainUuid, type StoreId } from '../../src/model/identity.ts';
import type { Instant } from '../../src/model/instant.ts';
import type { Request } from '../../src/model/plan.ts';

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

export const request = (more: Partial<Request> = {}): Request => ({
  targets: null,
  now: [],
  allow: [],
  unattended: false,
  ...more,
});
