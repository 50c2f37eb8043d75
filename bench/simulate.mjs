// Ten years of 100 domains under eight rules, from nothing, by the program itself: policy, simulation, text.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure, seconds, table } from './measure.mjs';

export const title = 'Simulation: ten years of 100 domains';

/** Seconds of wall time that ten years may take. */
const limitSeconds = 5;

const schedules = {
  nightly: '0 2 * * *',
  late: '30 2 * * *',
  quarters: '0 */6 * * *',
  workdays: '0 22 * * 1-5',
  weekly: '0 3 * * 0',
};
const retention = {
  babysitter: '{ chain: { maxPoints: 30 }, keep: { chains: 1 } }',
  gfs: '{ chain: { maxPoints: 14 }, keep: { last: 7, daily: 14, weekly: 8, monthly: 12 } }',
  years:
    '{ chain: { maxPoints: 30, maxAge: 14d }, keep: { last: 7, daily: 14, monthly: 12, yearly: 3 }, minPoints: 2 }',
  dense: '{ chain: { maxPoints: 28 }, keep: { last: 28, daily: 30, monthly: 6 } }',
  days: '{ keep: { daily: 30 } }',
  within: '{ chain: { maxPoints: 20 }, keep: { within: 60d } }',
  all: '{ keep: all }',
};
const rules = [
  ['nightly', 'babysitter'],
  ['nightly', 'gfs'],
  ['late', 'gfs'],
  ['late', 'years'],
  ['quarters', 'dense'],
  ['nightly', 'days'],
  ['workdays', 'within'],
  ['weekly', 'all'],
];

/** The policy; `distinct` gives each domain a timeout of its own, so that no two fare the same by their rule. */
function policy(distinct) {
  const domains = Array.from({ length: 100 }, (_none, index) => {
    const [schedule, kept] = rules[index % rules.length];
    const own = distinct ? `, timeouts: { job: ${3600 + index}s }` : '';
    return `  - { name: vm${index}, schedule: ${schedule}, retention: ${kept}${own} }`;
  });
  const entries = (map, quote) =>
    Object.entries(map).map(([key, value]) => `  ${key}: ${quote}${value}${quote}`);
  return [
    'version: 1',
    'timezone: Europe/Berlin',
    'stores: { main: { path: /backups } }',
    'schedules:',
    ...entries(schedules, '"'),
    'retention:',
    ...entries(retention, ''),
    'defaults: { store: main }',
    'domains:',
    ...domains,
    '',
  ].join('\n');
}

export async function run(dist = join(import.meta.dirname, '..', 'dist')) {
  const directory = mkdtempSync(join(tmpdir(), 'hf-bench-'));
  try {
    const rows = [];
    for (const [name, days, distinct] of [
      ['ten years, domains that share eight rules', '10y', false],
      ['one year, 100 rules', '1y', true],
    ]) {
      const file = join(directory, 'policy.yaml');
      writeFileSync(file, policy(distinct));
      const args = ['simulate', '--policy', file, '--from', 'nothing', '--start', '2026-01-01'];
      const took = await measure(process.execPath, [
        join(dist, 'bin', 'main.js'),
        ...args,
        '--for',
        days,
      ]);
      const points = /^points .*$/m.exec(took.output)?.[0] ?? '';
      const [, fulls, increments] = /(\d+) fulls and (\d+) increments/.exec(points) ?? [];
      rows.push({ name, ...took, backups: Number(fulls) + Number(increments) });
    }
    const [decade] = rows;
    const verdict = decade.seconds <= limitSeconds ? 'within' : 'over';
    return [
      table(
        ['time', 'seconds', 'backups', 'peak of memory'],
        rows.map((row) => [
          row.name,
          seconds(row.seconds),
          row.backups,
          `${Math.round(row.peakMiB)} MiB`,
        ]),
      ),
      '',
      `Ten years are ${verdict} the limit of ${limitSeconds} s.`,
    ].join('\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
}
