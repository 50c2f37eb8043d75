import type { Action } from '../../src/model/action.ts';
import type { Backup } from '../../src/model/backup-action.ts';
import { digestOf } from '../../src/model/canonical.ts';
import { chainId, checkpointName, domainUuid, pointId, storeId } from '../../src/model/identity.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { TrashChain } from '../../src/model/store-action.ts';

export const uuid = domainUuid('11111111-2222-3333-4444-555555555555');
const domain = { uuid, name: 'web01' };
const store = { name: 'main', path: '/backups', id: storeId('0123456789abcdef'.repeat(2)) };

export const trash: TrashChain = {
  kind: 'trash-chain',
  id: `trash-chain:main:${uuid}:20260601T020000Z-1f0e`,
  wave: 90,
  address: 'domain/web01/20260601T020000Z-1f0e',
  dependsOn: [],
  reasons: [{ code: 'kept-by-no-rule' }],
  place: null,
  blockedBy: [],
  bytes: 1000,
  domain,
  store,
  directory: 'web01',
  chain: chainId('20260601T020000Z-1f0e'),
  points: [pointId('20260601T020000Z-1f0e')],
  purgeAfter: '2026-11-25T10:00:00.000Z',
};

export const backup: Backup = {
  kind: 'backup',
  id: `backup:main:${uuid}`,
  wave: 20,
  address: 'domain/web01',
  dependsOn: [],
  reasons: [{ code: 'due' }],
  place: { file: 'policy.yaml', line: 9, column: 5 },
  blockedBy: [],
  bytes: 1000,
  domain,
  store,
  directory: 'web01',
  chain: chainId('20261122T100000Z-4f7a'),
  point: pointId('20261122T100000Z-4f7a'),
  sequence: 0,
  level: 'full',
  pointDirectory: '0000-20261122T100000Z-full',
  parent: null,
  checkpoint: checkpointName('holdfast-01234567-20261122T100000Z-4f7a'),
  disks: [],
  excluded: [],
  power: 'running',
  quiesce: 'try',
  verify: 'structure',
  timeouts: { jobSeconds: 3600, stallSeconds: 60, agentSeconds: 10 },
  release: [],
  nvram: null,
  tpm: false,
  definitionDigest: 'd',
  hold: null,
  note: null,
};

/** A plan with these actions, and the id that it must have. */
export function aPlan(actions: readonly Action[], changes: Partial<Plan> = {}): Plan {
  const { id: _id, ...rest }: Plan = {
    formatVersion: 1,
    id: '',
    purpose: 'policy',
    tool: 'holdfast 0.0.0',
    host: 'kvm01',
    plannedAt: '2026-11-22T10:00:00.000Z',
    expiresAt: '2026-11-22T22:00:00.000Z',
    policy: {
      file: 'policy.yaml',
      digest: 'p',
      branch: null,
      commit: null,
      timezone: 'Europe/Berlin',
      rules: 1,
      stores: 1,
      mirrors: 0,
    },
    observed: [],
    request: { targets: null, now: [], allow: [], unattended: false },
    actions,
    notes: [],
    guards: [],
    domains: [],
    incomplete: false,
    doomed: {},
    ...changes,
  };
  return { ...rest, id: digestOf(rest) };
}
