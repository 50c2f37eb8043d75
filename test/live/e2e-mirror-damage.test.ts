import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { PointRow, VerifyReport } from '../../src/model/report.ts';
import { LiveHost } from './host.ts';
import { type LabDomain } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
let nas: string;
let points: readonly PointRow[];
let image: string;
beforeAll(async () => {
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 16 * MiB }] });
  nas = join(lab.dir, 'nas');
  mkdirSync(nas);
  host = new LiveHost(lab, 'mirror', {
    mirrors: { nas: { type: 'rsync', target: nas, retention: 'standard' } },
    rule: { mirrors: ['nas'] },
  });
  host.writePolicy([domain]);
  for (let count = 0; count < 3; count += 1) await host.takePoint(domain);
  points = await host.points(domain.name);
  // The image of the second point there: one byte of it is another.
  const [id = ''] = readdirSync(nas);
  const [, second] = points;
  if (second === undefined) throw new Error('no second point');
  const chain = join(nas, id, 'domains', domain.name, second.chain);
  const place = readdirSync(chain).find((name) => name.startsWith('0001-')) ?? '';
  image = join(chain, place, 'vda.qcow2');
  const bytes = readFileSync(image);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(image, bytes);
});

it('is found, put into quarantine there, and leaves the store as it is', async () => {
  const ran = await host.run('--json', 'verify', `nas:domain/${domain.name}`);
  expect(ran.exit).toBe(1);
  const report = JSON.parse(ran.out) as VerifyReport;
  expect(report.points.map(({ result }) => result)).toEqual(['sound', 'faulty', 'sound']);
  expect(report.points[1]?.failures).toEqual([
    {
      code: 'hash-differs',
      message: `${image} is not what its manifest says: its SHA-256 differs`,
    },
  ]);
  const there = await host.json<{ points: readonly PointRow[] }>(
    'points',
    `nas:domain/${domain.name}`,
  );
  expect(there.points.map(({ fault }) => fault)).toEqual([null, 'quarantined', 'parent-faulty']);
  expect((await host.points(domain.name)).every(({ fault }) => fault === null)).toBe(true);
  await host.ok('verify', `nas:${points[0]?.address}`);
});

it('is never restored: newer points are passed over with a word', async () => {
  const to = join(host.dir, 'restored');
  const args = ['--from', 'nas', '--images-only', '--to', to, '--auto-approve'];
  const ran = await host.run('restore', points[1]?.address ?? '', ...args);
  expect(ran.exit).toBe(1);
  expect(existsSync(to)).toBe(false);
  const older = await host.run('restore', `domain/${domain.name}`, ...args);
  expect(older.exit, older.err).toBe(0);
  expect(older.err).toContain('2 newer points are faulty (its parent is faulty, in quarantine)');
  expect(readdirSync(to)).toEqual(['vda.qcow2']);
});

it('does not come back with a lost store, nor does what stands on it', async () => {
  renameSync(host.store, `${host.store}.lost`);
  const missing = await host.run('mirror', 'fetch', '--auto-approve');
  expect(missing.exit).toBe(1);
  expect(missing.err).toContain(`${host.store} is no directory; make it`);
  mkdirSync(host.store);
  const ran = await host.run('--json', 'mirror', 'fetch', '--auto-approve');
  expect(ran.exit, ran.err).toBe(7);
  const report = JSON.parse(ran.out) as { damaged: readonly { code: string }[] };
  expect(report.damaged.map(({ code }) => code)).toEqual(['quarantined', 'parent-faulty']);
  const back = await host.points(domain.name);
  expect(back.map(({ point }) => point)).toEqual([points[0]?.point]);
  expect(back.every(({ fault }) => fault === null)).toBe(true);
});
