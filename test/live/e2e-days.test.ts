import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { HistoryReport, PointRow } from '../../src/model/report.ts';
import { LiveHost } from './host.ts';
import { type LabDomain } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;
const aDay = 24 * 3600;

const { lab } = privateLab();
let domain: LabDomain;
beforeAll(async () => {
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 8 * MiB }] });
});

it('I1, I3, I5, I6: chains rotate for 60 days, and every point that is kept comes back', async () => {
  const host = new LiveHost(lab, 'days', {
    schedule: '0 2 * * *',
    retention: { chain: { maxPoints: 5 }, keep: { chains: 1, weekly: 3 }, minPoints: 2 },
    trashKeepFor: '48h',
  });
  host.writePolicy([domain]);
  const trash = join(host.store, '.trash');
  const inTrash = (): readonly string[] => (existsSync(trash) ? readdirSync(trash) : []);
  let fulls = 0;
  let mostTrash = 0;
  for (let day = 0; day < 60; day += 1) {
    await domain.write('vda', (day % 8) * MiB, 65536, 1 + day);
    const truth = await host.truthOf(domain);
    const ran = await host.run('apply', '--auto-approve');
    expect(ran.exit, `day ${day}: ${ran.out}${ran.err}`).toBe(0);
    const point: PointRow = await host.newPoint(domain, truth);
    expect(point.fault, `day ${day}`).toBeNull();
    fulls += point.level === 'full' ? 1 : 0;
    // Each apply looks again by itself, and would exit 1; an own look now and then.
    if (day % 10 === 0) expect(await host.planned(), `day ${day}`).toEqual([]);
    mostTrash = Math.max(mostTrash, inTrash().length);
    host.aheadSeconds += aDay;
  }
  const { runs } = await host.json<HistoryReport>('history', '--limit', '100');
  const done = runs.flatMap(({ actions }) =>
    actions.flatMap(({ what, outcome }) => (outcome?.code === 'done' ? [what] : [])),
  );
  const trashed = done.filter((what) => what === 'trash-chain').length;
  const purged = done.filter((what) => what === 'purge-trash').length;
  expect(runs.map(({ converged }) => converged)).not.toContain(false);
  expect(fulls).toBe(12);
  expect(trashed).toBeGreaterThan(5);
  expect(purged).toBeGreaterThan(4);
  expect(mostTrash).toBeGreaterThan(0);
  const points = await host.points();
  // The live chain, the one before, and those with the newest point of three weeks.
  expect(points.length).toBeLessThan(30);
  expect(points.length).toBeGreaterThanOrEqual(10);
  expect(await host.compareAll(domain)).toBe(points.length);
}, 300_000);
