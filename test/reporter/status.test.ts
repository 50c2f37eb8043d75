import { describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/model/instant.ts';
import type { StatusDomain, StatusStore } from '../../src/model/status-report.ts';
import { renderStatus } from '../../src/reporter/status.ts';
import { plannedAt, web01 } from './sample-plan.ts';

const plain = { color: false, width: null, verbose: false };
const GiB = 1024 ** 3;
const base = {
  formatVersion: 1 as const,
  host: 'kvm01',
  at: plannedAt,
  timezone: 'Europe/Berlin',
};

describe('status', () => {
  const domain = (change: Partial<StatusDomain>): StatusDomain => ({
    uuid: web01.uuid,
    name: 'web01',
    verdict: 'up-to-date',
    reasons: [{ code: 'not-due' }],
    freshAt: '2026-11-22T01:00:00.000Z',
    rpoSeconds: 26 * 3600,
    rpo: 'met',
    nextDueAt: '2026-11-23T01:00:00.000Z',
    points: 6,
    bytes: 12 * GiB,
    faulty: {},
    ...change,
  });
  const store: StatusStore = {
    name: 'main',
    path: '/backups',
    freeBytes: 400 * GiB,
    totalBytes: 1000 * GiB,
    reserveBytes: 100 * GiB,
    points: 540,
    bytes: 500 * GiB,
    trashBytes: 0,
    failure: null,
  };

  it('shows how far the checks of each domain are', () => {
    const checks = {
      depth: 'hash' as const,
      everySeconds: 7 * 86_400,
      never: 0,
      overdue: 0,
      oldestAt: addSeconds(plannedAt, -3 * 86_400),
      nextAt: null,
    };
    const report = {
      ...base,
      domains: [
        domain({ checks }),
        domain({ name: 'web02', checks: { ...checks, never: 2, overdue: 2 } }),
        domain({ name: 'web03', checks: { ...checks, never: 1, overdue: 3 } }),
        domain({ name: 'web04', checks: { ...checks, never: 6, overdue: 6, oldestAt: null } }),
        domain({ name: 'web05' }),
      ],
      stores: [],
      unseen: [],
    };
    const lines = renderStatus(report, plain).split('\n');
    const at = lines.find((line) => line.includes('CHECKED'))?.indexOf('CHECKED') ?? -1;
    expect(at).toBeGreaterThan(0);
    const cells = lines
      .filter((line) => line.includes('web0'))
      .map((line) => line.slice(at).trim());
    expect(cells).toEqual([
      'within 3d',
      '2 never, the others within 3d',
      '1 never, the others within 3d, 2 due',
      'never',
      '',
    ]);
  });

  it('shows the agent, what it has put off, and what is suspended', () => {
    const agent = {
      running: true,
      mode: 'additive' as const,
      lastAt: addSeconds(plannedAt, -120),
      why: ['interval'],
      done: 2,
      failed: 1,
      withheld: 3,
      trouble: null,
      nextAt: addSeconds(plannedAt, 180),
      commit: null,
      stalled: [{ action: 'backup domain/db1', times: 4, message: 'db1 cannot be frozen' }],
    };
    const suspended = [
      {
        address: 'domain/web01',
        reason: 'moved to the new cluster',
        who: 'anna',
        at: plannedAt,
        until: addSeconds(plannedAt, 7200),
      },
    ];
    const report = { ...base, domains: [domain({})], stores: [], unseen: [], agent, suspended };
    expect(renderStatus(report, plain)).toMatchInlineSnapshot(`
      "status    kvm01 2026-11-22 10:30:02+01:00
      agent      running, mode additive; looked 2m ago: 2 actions done, 1 failed, 3 withheld; next look in 3m
      stalled    backup domain/db1 failed 4 times: db1 cannot be frozen
      suspended  domain/web01 until 2026-11-22 12:30+01:00 by anna: moved to the new cluster

      domains
        DOMAIN  NEWEST      RPO        NEXT DUE    POINTS    SIZE  STATE
        web01   8h 30m old  met (26h)  in 15h 29m       6  12 GiB  SUSPENDED

      The one domain with an RPO meets it. 1 suspension: the agent does not do all that is due.
      "
    `);
    const first = { ...base, domains: [], stores: [], unseen: [], firstRound: true } as const;
    expect(renderStatus(first, plain)).toContain(
      '\nagent      running; at work on its first round\n',
    );
    const ended = { ...agent, running: false, nextAt: null, stalled: [], trouble: 'no policy' };
    expect(renderStatus({ ...base, domains: [], stores: [], unseen: [], agent: ended }, plain))
      .toMatchInlineSnapshot(`
      "status    kvm01 2026-11-22 10:30:02+01:00
      agent      NOT RUNNING, mode additive; looked 2m ago: no policy

      No domain has an RPO.
      "
    `);
  });

  it('shows health, space and what nobody covers', () => {
    const report = {
      ...base,
      domains: [
        domain({}),
        domain({
          name: 'db1',
          rpo: 'missed',
          freshAt: '2026-11-19T01:00:00.000Z',
          verdict: 'blocked',
          reasons: [{ code: 'G407' }],
          nextDueAt: '2026-11-22T09:00:00.000Z',
        }),
        domain({
          name: 'new',
          rpo: 'none',
          rpoSeconds: null,
          freshAt: null,
          nextDueAt: null,
          points: 0,
          bytes: 0,
        }),
        domain({ name: 'lost', verdict: 'unseen', reasons: [], rpo: 'unseen', freshAt: null }),
        domain({
          name: 'due',
          verdict: 'acted-on',
          reasons: [{ code: 'due', facts: { dueAt: '2026-11-22T01:00:00.000Z' } }],
        }),
        domain({
          name: 'stray',
          verdict: 'unseen',
          reasons: [{ code: 'unseen', facts: { message: 'Permission denied' } }],
        }),
        domain({ name: 'hurt', faulty: { quarantined: 1, 'parent-faulty': 2 }, noSoundCopy: 1 }),
        domain({ name: 'old01', verdict: 'unmanaged', rpo: 'none', faulty: { 'file-size': 1 } }),
        domain({ name: 'scratch', verdict: 'ignored', rpo: 'none' }),
      ],
      stores: [
        store,
        { ...store, name: 'low', freeBytes: 50 * GiB },
        {
          ...store,
          name: 'gone',
          freeBytes: null,
          totalBytes: null,
          reserveBytes: null,
          failure: { code: 'io', message: 'Input/output error' },
        },
        {
          ...store,
          name: 'spare',
          freeBytes: null,
          totalBytes: null,
          reserveBytes: null,
          failure: { code: 'missing', message: 'store spare: it is not there' },
          isUnused: true as const,
        },
      ],
      unseen: [{ part: 'journal', failure: { code: 'io', message: 'Permission denied' } }],
    };
    expect(renderStatus(report, plain)).toBe(`\
status    kvm01 2026-11-22 10:30:02+01:00
not seen  journal: Permission denied

domains
   DOMAIN  NEWEST      RPO              NEXT DUE    POINTS    SIZE  STATE
   web01   8h 30m old  met (26h)        in 15h 29m       6  12 GiB
!  db1     3d 8h old   MISSED (26h)     now              6  12 GiB  blocked: guard G407
   new     none                                          0     0 B
?  lost    not known   not known (26h)  in 15h 29m       6  12 GiB  not seen
   due     8h 30m old  met (26h)        in 15h 29m       6  12 GiB  due 02:00
   stray   8h 30m old  met (26h)        in 15h 29m       6  12 GiB  journal was not seen
!  hurt    8h 30m old  met (26h)        in 15h 29m       6  12 GiB  damaged: 3 points (in quarantine, its parent is faulty), 1 without a sound copy

stores
   STORE     FREE        OF  RESERVE  POINTS     SIZE  TRASH  PATH
   main   400 GiB  1000 GiB  100 GiB     540  500 GiB    0 B  /backups
!  low     50 GiB  1000 GiB  100 GiB     540  500 GiB    0 B  /backups: less free than the reserve, no backup will start
!  gone                                  540  500 GiB    0 B  /backups: Input/output error
   spare                                 540  500 GiB    0 B  /backups: no rule uses it; not seen: it is not there

not covered
  old01  6 points, 12 GiB  damaged: 1 point (a file has another size)

1 of 6 domains misses its RPO. 1 could not be told. 2 domains have damaged points: see holdfast doctor. 1 domain not covered by the policy. Not everything was seen.
`);
  });

  it('says when each store will be full, once that is known of any', () => {
    const line = { sinceAt: '2026-11-01T01:00:00.000Z', looks: 20, bytesPerDay: 10 * GiB };
    const stores = [
      { ...store, forecast: { ...line, fillsAt: '2026-12-22T21:00:00.000Z' } },
      { ...store, name: 'calm', forecast: { ...line, bytesPerDay: -5, fillsAt: null } },
      { ...store, name: 'full', forecast: { ...line, fillsAt: plannedAt } },
      { ...store, name: 'new' },
    ];
    expect(renderStatus({ ...base, domains: [], stores, unseen: [] }, plain)).toBe(`\
status    kvm01 2026-11-22 10:30:02+01:00

stores
  STORE     FREE        OF  RESERVE  FULL               POINTS     SIZE  TRASH  PATH
  main   400 GiB  1000 GiB  100 GiB  in 30d 11h            540  500 GiB    0 B  /backups
  calm   400 GiB  1000 GiB  100 GiB  not within a year     540  500 GiB    0 B  /backups
  full   400 GiB  1000 GiB  100 GiB  now                   540  500 GiB    0 B  /backups
  new    400 GiB  1000 GiB  100 GiB                        540  500 GiB    0 B  /backups

No domain has an RPO.
`);
  });

  it('says in one sentence that all is well', () => {
    const report = {
      ...base,
      domains: [domain({}), domain({ name: 'b' })],
      stores: [],
      unseen: [],
    };
    expect(renderStatus(report, plain).trimEnd().split('\n').at(-1)).toBe(
      'All 2 domains with an RPO meet it.',
    );
  });
});
