import type { DomainRef, StoreRef } from '../../src/model/action-base.ts';
import type { Backup } from '../../src/model/backup-action.ts';
import type { DropCheckpoint } from '../../src/model/checkpoint-action.ts';
import type { SourcePlace } from '../../src/model/desired.ts';
import {
  chainId,
  checkpointName,
  domainUuid,
  pointId,
  pointDirectory,
  storeId,
} from '../../src/model/identity.ts';
import { addSeconds } from '../../src/model/instant.ts';
import type { DomainVerdict, Plan } from '../../src/model/plan.ts';
import type { Restore } from '../../src/model/restore-action.ts';
import type { TrashChain } from '../../src/model/store-action.ts';

/** 2026-11-22 10:30:02 in Berlin. */
export const plannedAt = '2026-11-22T09:30:02.000Z';

const GiB = 1024 ** 3;

export const mainStore: StoreRef = {
  name: 'main',
  path: '/backups',
  id: storeId('1a2b3c4d'.repeat(4)),
};

/** A domain whose uuid ends in its number. */
export function domainRef(number: number, name: string): DomainRef {
  return {
    uuid: domainUuid(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`),
    name,
  };
}

export const mail01 = domainRef(1, 'mail01');
export const web01 = domainRef(2, 'web01');
export const db1 = domainRef(3, 'db1');

/** A line of the policy. */
export function placeAt(line: number): SourcePlace {
  return { file: 'policy.yaml', line, column: 5 };
}

export function backup(domain: DomainRef, change: Partial<Backup>): Backup {
  return {
    kind: 'backup',
    id: `backup:main:${domain.uuid}`,
    wave: 20,
    address: `domain/${domain.name}`,
    dependsOn: [],
    reasons: [{ code: 'due', facts: { dueAt: '2026-11-22T01:00:00.000Z' } }, { code: 'no-chain' }],
    place: null,
    blockedBy: [],
    bytes: null,
    domain,
    store: mainStore,
    directory: domain.name,
    chain: chainId('20261122T093002Z-4f7a'),
    point: pointId('20261122T093002Z-9c1e'),
    sequence: 0,
    level: 'full',
    pointDirectory: '0000-20261122T093002Z-full',
    parent: null,
    checkpoint: null,
    disks: [],
    excluded: [],
    power: 'running',
    quiesce: 'try',
    verify: 'structure',
    timeouts: { jobSeconds: 36_000, stallSeconds: 300, agentSeconds: 10 },
    release: [],
    nvram: null,
    tpm: false,
    definitionDigest: '0'.repeat(64),
    hold: null,
    note: null,
    ...change,
  };
}

export const drop: DropCheckpoint = {
  kind: 'drop-checkpoint',
  id: 'drop-checkpoint:web01',
  wave: 10,
  address: 'domain/web01',
  dependsOn: [],
  reasons: [{ code: 'no-point-uses-it' }],
  place: null,
  blockedBy: [],
  bytes: null,
  domain: web01,
  store: mainStore,
  checkpoint: checkpointName('holdfast-1a2b3c4d-20261120T020000Z-0019'),
  power: 'running',
  listed: true,
  images: [],
};

/** Points of a chain that goes. */
export function trash(domain: DomainRef, chain: string, change: Partial<TrashChain>): TrashChain {
  return {
    kind: 'trash-chain',
    id: `trash-chain:main:${chain}`,
    wave: 90,
    address: `domain/${domain.name}/${chain}`,
    dependsOn: [`backup:main:${domain.uuid}`],
    reasons: [{ code: 'kept-by-no-rule', facts: { rule: 'last 7 daily 14 monthly 12' } }],
    place: null,
    blockedBy: [],
    bytes: Math.round(38.2 * GiB),
    domain,
    store: mainStore,
    directory: domain.name,
    chain: chainId(chain),
    points: Array.from({ length: 30 }, (_, index) =>
      pointId(`20260601T0200${String(index).padStart(2, '0')}Z-00aa`),
    ),
    purgeAfter: addSeconds(plannedAt, 72 * 3600),
    ...change,
  };
}

export function verdict(
  domain: DomainRef,
  kind: DomainVerdict['verdict'],
  change: Partial<DomainVerdict> = {},
): DomainVerdict {
  return {
    domain,
    verdict: kind,
    reasons: [],
    place: null,
    nextDueAt: null,
    freshAt: null,
    rpoSeconds: null,
    ...change,
  };
}

/** A plan without actions, and what the case changes in it. */
export function planWith(change: Partial<Plan>): Plan {
  return {
    formatVersion: 1,
    id: 'ab'.repeat(32),
    purpose: 'policy',
    tool: 'holdfast 0.1.0',
    host: 'kvm01',
    plannedAt,
    expiresAt: addSeconds(plannedAt, 12 * 3600),
    policy: {
      file: 'policy.yaml',
      digest: 'cd'.repeat(32),
      branch: 'main',
      commit: '9f3c2b7d0e1f2a3b4c5d6e7f8a9b0c1d2e3f4a5b',
      timezone: 'Europe/Berlin',
      rules: 4,
      stores: 1,
      mirrors: 1,
    },
    observed: [
      { part: 'libvirt', seen: true, message: null, chains: null, points: null },
      { part: 'main', seen: true, message: null, chains: 18, points: 540 },
      { part: 'nas', seen: true, message: null, chains: null, points: null },
    ],
    request: { targets: null, now: [], allow: [], unattended: false },
    actions: [],
    notes: [],
    guards: [],
    domains: [],
    incomplete: false,
    doomed: {},
    ...change,
  };
}

const unchanged = Array.from({ length: 38 }, (_, index) =>
  verdict(domainRef(100 + index, `vm${index}`), 'up-to-date'),
);

/** The plan of the README and of the product page, as far as the model can say it. */
export const samplePlan: Plan = planWith({
  actions: [
    drop,
    backup(mail01, { bytes: 48 * GiB, place: placeAt(24) }),
    backup(web01, {
      bytes: Math.round(1.2 * GiB),
      place: placeAt(21),
      level: 'increment',
      sequence: 6,
      parent: {
        point: pointId('20261121T010000Z-0005'),
        directory: pointDirectory(5, pointId('20261121T010000Z-0005'), 'increment'),
        checkpoint: null,
      },
      reasons: [
        {
          code: 'due',
          facts: { dueAt: '2026-11-22T01:00:00.000Z', newestAt: '2026-11-21T01:05:00.000Z' },
        },
      ],
    }),
    backup(db1, {
      bytes: 61 * GiB,
      place: placeAt(17),
      reasons: [
        { code: 'due', facts: { dueAt: '2026-11-22T09:15:00.000Z' } },
        { code: 'tracker-lost', facts: { how: 'crashed' } },
      ],
    }),
    trash(web01, '20260601T020000Z-1f0e', { blockedBy: ['G201'] }),
  ],
  guards: [
    {
      code: 'G201',
      scope: 'domain/web01',
      effect: 'block',
      actions: ['trash-chain:main:20260601T020000Z-1f0e'],
      overridable: true,
      facts: { chains: 3, of: 6, limit: 1 },
    },
  ],
  domains: [
    verdict(mail01, 'acted-on'),
    verdict(web01, 'acted-on'),
    verdict(db1, 'acted-on'),
    verdict(domainRef(5, 'scratch-7'), 'ignored', { place: placeAt(27) }),
    verdict(domainRef(4, 'old01'), 'unmanaged', {
      reasons: [{ code: 'unmanaged', facts: { chains: 3, bytes: 120 * GiB } }],
    }),
    ...unchanged,
  ],
});

/** A restore in place of one disk. */
export const restoreInPlace: Restore = {
  kind: 'restore',
  id: 'restore:main:web01',
  wave: 40,
  address: 'domain/web01/20261101T020000Z-88c1/0005',
  dependsOn: [],
  reasons: [{ code: 'asked', facts: { at: '2026-11-21T01:00:00.000Z' } }],
  place: null,
  blockedBy: [],
  bytes: 12 * GiB,
  domain: web01,
  store: mainStore,
  directory: 'web01',
  chain: chainId('20261101T020000Z-88c1'),
  point: pointId('20261121T010000Z-0005'),
  pointPath: 'domains/web01/20261101T020000Z-88c1/0005-20261121T010000Z-inc',
  mode: 'in-place',
  images: [
    {
      target: 'vda',
      layers: [],
      sizeBytes: 20 * GiB,
      to: '/var/lib/libvirt/images/web01.qcow2',
      toKind: 'file',
      format: 'qcow2',
      asideAs: '/var/lib/libvirt/images/web01.qcow2.before-restore-20261122T093002Z',
    },
  ],
  firmware: [],
  define: { name: 'web01', uuid: web01.uuid, newMacs: false, start: true },
  powerOff: true,
  keepDir: null,
  closes: chainId('20261101T020000Z-88c1'),
  release: [],
};
