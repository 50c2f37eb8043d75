import { expect, it } from 'vitest';
import { stateMetrics } from '../../src/metrics/state-metrics.ts';
import type { StatusDomain, StatusReport } from '../../src/model/status-report.ts';
import { plannedAt, samplePlan, web01 } from '../reporter/sample-plan.ts';

const domain: StatusDomain = {
  uuid: web01.uuid,
  name: 'web01',
  verdict: 'up-to-date',
  reasons: [],
  freshAt: '2026-11-22T01:00:00.000Z',
  rpoSeconds: 26 * 3600,
  rpo: 'met',
  nextDueAt: '2026-11-23T01:00:00.000Z',
  points: 6,
  bytes: 12_000,
  faulty: { quarantined: 1, 'parent-faulty': 2 },
};

const status: StatusReport = {
  formatVersion: 1,
  host: 'kvm01',
  at: plannedAt,
  timezone: 'UTC',
  domains: [
    {
      ...domain,
      copies: [
        {
          mirror: 'nas',
          newestAt: '2026-11-21T01:00:00.000Z',
          behind: { points: 1, bytes: 500 },
          failure: null,
        },
        {
          mirror: 'offsite',
          newestAt: null,
          behind: null,
          failure: { code: 'away', message: 'no route' },
        },
      ],
    },
    { ...domain, name: 'a"b\\c\nd', verdict: 'unmanaged', rpo: 'missed', faulty: {} },
    { ...domain, name: 'dark', freshAt: null, rpo: 'unseen', rpoSeconds: null, nextDueAt: null },
  ],
  stores: [
    {
      name: 'main',
      path: '/backups',
      freeBytes: 400,
      totalBytes: 1000,
      reserveBytes: 100,
      points: 540,
      bytes: 500,
      trashBytes: 7,
      failure: null,
      forecast: {
        sinceAt: '2026-10-22T01:00:00.000Z',
        looks: 30,
        bytesPerDay: 10,
        fillsAt: '2026-12-22T00:00:00.000Z',
      },
    },
    {
      name: 'usb',
      path: '/mnt/usb',
      freeBytes: null,
      totalBytes: null,
      reserveBytes: null,
      points: 0,
      bytes: 0,
      trashBytes: 0,
      failure: { code: 'unmounted', message: 'not mounted' },
    },
  ],
  unseen: [{ part: 'libvirt', failure: { code: 'down', message: 'no' } }],
};

/** The samples of a family, as the text format has them. */
function samples(text: string, name: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`holdfast_${name}{`) || line.startsWith(`holdfast_${name} `));
}

it('tells ages as instants, and nothing of what is unknown', async () => {
  const text = await stateMetrics({ status, plan: samplePlan }).metrics();
  const labels = `uuid="${web01.uuid}"`;
  expect(samples(text, 'domain_fresh_timestamp_seconds')).toEqual([
    `holdfast_domain_fresh_timestamp_seconds{domain="web01",${labels}} 1795309200`,
    String.raw`holdfast_domain_fresh_timestamp_seconds{domain="a\"b\\c\nd",${labels}} 1795309200`,
  ]);
  expect(samples(text, 'domain_rpo_missed').map((line) => line.slice(-2))).toEqual([' 0', ' 1']);
  expect(samples(text, 'domain_uncovered').map((line) => line.slice(-2))).toEqual([
    ' 0',
    ' 1',
    ' 0',
  ]);
  expect(samples(text, 'domain_faulty_points').map((line) => line.slice(-2))).toEqual([
    ' 3',
    ' 0',
    ' 3',
  ]);
  expect(samples(text, 'domain_copy_seen')).toEqual([
    `holdfast_domain_copy_seen{domain="web01",${labels},mirror="nas"} 1`,
    `holdfast_domain_copy_seen{domain="web01",${labels},mirror="offsite"} 0`,
  ]);
  expect(samples(text, 'domain_copy_behind_points')).toHaveLength(1);
  expect(samples(text, 'store_seen')).toEqual([
    'holdfast_store_seen{store="main"} 1',
    'holdfast_store_seen{store="usb"} 0',
  ]);
  expect(samples(text, 'store_free_bytes')).toEqual([
    'holdfast_store_free_bytes{store="main"} 400',
  ]);
  expect(samples(text, 'store_full_timestamp_seconds')).toEqual([
    'holdfast_store_full_timestamp_seconds{store="main"} 1797897600',
  ]);
  expect(samples(text, 'unseen_parts')).toEqual(['holdfast_unseen_parts 2']);
  expect(samples(text, 'observed_timestamp_seconds')).toEqual([
    `holdfast_observed_timestamp_seconds ${Date.parse(plannedAt) / 1000}`,
  ]);
});

it('counts what a plan of now would do, and what blocks', async () => {
  const text = await stateMetrics({ status, plan: samplePlan }).metrics();
  expect(samples(text, 'plan_actions').toSorted()).toEqual([
    'holdfast_plan_actions{kind="backup",blocked="no"} 3',
    'holdfast_plan_actions{kind="drop-checkpoint",blocked="no"} 1',
    'holdfast_plan_actions{kind="trash-chain",blocked="yes"} 1',
  ]);
  expect(samples(text, 'plan_guards')).toEqual([
    'holdfast_plan_guards{code="G201",effect="block"} 1',
  ]);
  expect(samples(text, 'domains')).toEqual([
    'holdfast_domains{verdict="up-to-date"} 2',
    'holdfast_domains{verdict="unmanaged"} 1',
  ]);
});
