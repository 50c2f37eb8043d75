import { expect, it } from 'vitest';
import { chainId, pointId, runId } from '../../src/model/identity.ts';
import type { HistoryRun, PointRow } from '../../src/model/report.ts';
import { renderDoctor } from '../../src/reporter/doctor.ts';
import { renderHistory } from '../../src/reporter/history.ts';
import { renderPoints } from '../../src/reporter/points.ts';
import { renderTrash } from '../../src/reporter/trash.ts';
import { renderVerify } from '../../src/reporter/verify.ts';
import { db1, mail01, plannedAt, web01 } from './sample-plan.ts';

const plain = { color: false, width: null, verbose: false };
const GiB = 1024 ** 3;
const base = {
  formatVersion: 1 as const,
  host: 'kvm01',
  at: plannedAt,
  timezone: 'Europe/Berlin',
};

function pointRow(sequence: number, change: Partial<PointRow>): PointRow {
  return {
    address: `domain/web01/20261120T020000Z-4f7a/${String(sequence).padStart(4, '0')}`,
    uuid: web01.uuid,
    name: 'web01',
    store: 'main',
    chain: chainId('20261120T020000Z-4f7a'),
    point: pointId(`2026112${sequence}T020000Z-00aa`),
    sequence,
    level: sequence === 0 ? 'full' : 'increment',
    frozenAt: `2026-11-2${sequence}T02:00:00.000Z`,
    bytes: GiB,
    quiesce: { done: true, code: 'frozen', frozenMilliseconds: 120 },
    keptBy: ['live chain', 'daily 14'],
    held: false,
    holds: [],
    checkedAt: null,
    fault: null,
    note: null,
    ...change,
  };
}

it('lists points by domain and chain, each with its reason', () => {
  const points = [
    pointRow(1, {
      quiesce: { done: false, code: 'no-agent', frozenMilliseconds: null },
      fault: 'file-size',
      keptBy: [],
    }),
    pointRow(0, {
      bytes: 38.2 * GiB,
      held: true,
      holds: [{ on: 'point', who: 'ada', at: plannedAt, reason: 'before the upgrade' }],
      checkedAt: plannedAt,
      note: 'before 5.0',
    }),
    pointRow(2, {
      chain: chainId('20261122T020000Z-0001'),
      quiesce: null,
      keptBy: null,
      held: true,
      holds: [{ on: 'chain', who: 'ada', at: plannedAt, reason: 'audit until March' }],
    }),
    pointRow(0, { uuid: db1.uuid, name: 'db1', address: 'nas:domain/db1/x/0000', store: 'nas' }),
  ];
  expect(renderPoints({ ...base, points }, plain)).toBe(`\
    SEQ   TIME                    LEVEL          SIZE  QUIESCED            HELD  CHECKED                 KEPT BECAUSE
nas:domain/db1  nas, 1 point, 1 GiB
  chain 20261120T02…-4f7a, 1 point, 1 GiB
    0000  2026-11-20 03:00+01:00  full          1 GiB  yes                                               live chain, daily 14
domain/web01  main, 3 points, 40.2 GiB
  chain 20261120T02…-4f7a, 2 points, 39.2 GiB
    0000  2026-11-20 03:00+01:00  full       38.2 GiB  yes                 held  2026-11-22 10:30+01:00  live chain, daily 14; held by ada since 2026-11-22 10:30+01:00: before the upgrade; "before 5.0"
    0001  2026-11-21 03:00+01:00  increment     1 GiB  no: no guest agent                                ! a file has another size; kept by no rule
  chain 20261122T02…-0001, 1 point, 1 GiB, held by ada since 2026-11-22 10:30+01:00: audit until March
    0002  2026-11-22 03:00+01:00  increment     1 GiB                      held

4 points, 41.2 GiB.
`);
  expect(renderPoints({ ...base, points: [] }, plain)).toBe('No restore points.\n');
});

it('leaves out what was not read of any point', () => {
  const points = [pointRow(0, { quiesce: null })];
  expect(renderPoints({ ...base, points }, plain)).toBe(`\
    SEQ   TIME                    LEVEL   SIZE  HELD  KEPT BECAUSE
domain/web01  main, 1 point, 1 GiB
  chain 20261120T02…-4f7a, 1 point, 1 GiB
    0000  2026-11-20 03:00+01:00  full   1 GiB        live chain, daily 14

1 point, 1 GiB.
`);
});

it('lists runs, with the actions that went wrong', () => {
  const one: HistoryRun = {
    run: runId('20261122T020000Z-3a9f01bc'),
    purpose: 'policy',
    plan: 'ab'.repeat(32),
    startedAt: '2026-11-22T01:00:00.000Z',
    finishedAt: '2026-11-22T01:01:12.000Z',
    running: false,
    done: 3,
    failed: 0,
    skipped: 0,
    interrupted: false,
    converged: true,
    actions: [
      {
        id: 'a',
        what: 'backup',
        address: 'domain/web01',
        outcome: { code: 'done', bytes: GiB, seconds: 41 },
      },
    ],
  };
  const failure = { code: 'scratch-full', message: 'The scratch directory is full' };
  const runs: readonly HistoryRun[] = [
    { ...one, finishedAt: null, running: true, done: 0, converged: null },
    {
      ...one,
      done: 1,
      failed: 1,
      converged: false,
      actions: [
        ...one.actions,
        { id: 'b', what: 'backup', address: 'domain/db1', outcome: { code: 'failed', failure } },
      ],
    },
    {
      ...one,
      finishedAt: null,
      converged: null,
      actions: [{ id: 'b', what: 'backup', address: 'domain/mail01', outcome: null }],
    },
    { ...one, done: 0, actions: [] },
  ];
  expect(renderHistory({ ...base, runs }, plain)).toBe(
    `\
STARTED                   TOOK  PURPOSE  RESULT                        RUN
2026-11-22 02:00+01:00          policy   at work                       20261122T020000Z-3a9f01bc
2026-11-22 02:00+01:00  1m 12s  policy   1 done, 1 failed, more to do  20261122T020000Z-3a9f01bc
    failed      domain/db1  backup  scratch-full: The scratch directory is full
2026-11-22 02:00+01:00          policy   never ended                   20261122T020000Z-3a9f01bc
    open        domain/mail01  backup
2026-11-22 02:00+01:00  1m 12s  policy   0 actions                     20261122T020000Z-3a9f01bc
`,
  );
  expect(renderHistory({ ...base, runs: [one] }, { ...plain, verbose: true })).toContain(
    '    done        domain/web01  backup  1 GiB in 41 s\n',
  );
  expect(renderHistory({ ...base, runs: [] }, plain)).toBe('No runs yet.\n');
});

it('puts the worst of a host first, with the remedy', () => {
  const findings = [
    {
      severity: 'ok' as const,
      code: 'qemu-img',
      subject: 'host',
      message: 'qemu-img 7.2.22',
      remedy: null,
    },
    {
      severity: 'warning' as const,
      code: 'no-agent',
      subject: 'domain/web01',
      message: 'No guest agent.',
      remedy: 'Install qemu-guest-agent in the guest.',
    },
    {
      severity: 'error' as const,
      code: 'libvirt-version',
      subject: 'libvirt',
      message: 'libvirt 7.0 is too old\nfor backups.',
      remedy: 'Use libvirt 7.6 or newer.',
    },
  ];
  expect(renderDoctor({ ...base, findings }, plain)).toBe(`\
  error   libvirt       libvirt 7.0 is too old for backups.
                        remedy: Use libvirt 7.6 or newer.
  warning domain/web01  No guest agent.
                        remedy: Install qemu-guest-agent in the guest.
  ok      host          qemu-img 7.2.22

Looked at 3 things: 1 error, 1 warning.
`);
  expect(renderDoctor({ ...base, findings }, { ...plain, width: 50 })).toContain(`\
  error   libvirt       libvirt 7.0 is too old for
                        backups.
`);
  // Where there is no room beside the longest subject, the sentence goes below.
  expect(renderDoctor({ ...base, findings }, { ...plain, width: 44 })).toContain(`\
  error   libvirt
    libvirt 7.0 is too old for backups.
    remedy: Use libvirt 7.6 or newer.
`);
  expect(renderDoctor({ ...base, findings: findings.slice(0, 1) }, plain)).toContain(
    'Looked at 1 thing: nothing is wrong with kvm01.\n',
  );
});

it('lists the trash, oldest first, with addresses to copy', () => {
  const item = {
    address: 'domain/web01/20260601T020000Z-1f0e',
    uuid: web01.uuid,
    name: 'web01',
    store: 'main',
    run: runId('20261120T020000Z-3a9f01bc'),
    path: '.trash/x',
    chain: chainId('20260601T020000Z-1f0e'),
    points: 30,
    bytes: 38.2 * GiB,
    trashedAt: '2026-11-20T09:30:02.000Z',
    purgeAfter: '2026-11-23T09:30:02.000Z',
  };
  const old = {
    ...item,
    address: 'domain/mail01/20260501T020000Z-aaaa',
    uuid: mail01.uuid,
    trashedAt: '2026-11-01T09:30:02.000Z',
    purgeAfter: '2026-11-04T09:30:02.000Z',
  };
  expect(renderTrash({ ...base, items: [item, old] }, plain)).toBe(`\
CHAIN                                STORE  POINTS      SIZE  DELETED                 REMOVED FOR GOOD
domain/mail01/20260501T020000Z-aaaa  main       30  38.2 GiB  2026-11-01 10:30+01:00  by the next run
domain/web01/20260601T020000Z-1f0e   main       30  38.2 GiB  2026-11-20 10:30+01:00  in 1d

2 chains, 76.4 GiB. To bring one back: holdfast trash restore CHAIN.
`);
  expect(renderTrash({ ...base, items: [] }, plain)).toBe('The trash is empty.\n');
});

it('says what a check found', () => {
  const sound = {
    address: 'domain/web01/20261120T020000Z-4f7a/0000',
    chain: chainId('20261120T020000Z-4f7a'),
    point: pointId('20261120T020000Z-00aa'),
    frozenAt: '2026-11-20T02:00:00.000Z',
    result: 'sound' as const,
    failures: [],
    bytes: GiB,
  };
  const faulty = {
    ...sound,
    address: 'domain/web01/20261120T020000Z-4f7a/0001',
    result: 'faulty' as const,
    failures: [{ code: 'hash-differs', message: 'vda.qcow2 is not what was published' }],
  };
  const report = { ...base, depth: 'hash' as const, seconds: 41, points: [sound, faulty] };
  expect(renderVerify(report, plain)).toBe(`\
  sound   domain/web01/20261120T020000Z-4f7a/0000  2026-11-20 03:00+01:00  1 GiB
  faulty  domain/web01/20261120T020000Z-4f7a/0001  2026-11-20 03:00+01:00  1 GiB
          hash-differs: vda.qcow2 is not what was published

1 faulty of 2 points, 2 GiB, every byte, in 41 s.
`);
  expect(renderVerify({ ...report, points: [sound], depth: 'structure' }, plain)).toContain(
    'All sound: 1 point, 1 GiB, structure only, in 41 s.\n',
  );
  expect(renderVerify({ ...report, points: [] }, plain)).toBe('No restore points to check.\n');
});
