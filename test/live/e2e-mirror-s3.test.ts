import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { MirrorsReport, PointRow, PointsReport } from '../../src/model/report.ts';
import { builtProgram as main } from './build.ts';
import { LiveHost } from './host.ts';
import { compareImages, type LabDomain } from './lab.ts';
import { startSwift } from './mirror-servers.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;
const secret = 'testing';

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
let configFile: string;
beforeAll(async () => {
  const directory = join(lab.dir, 'swift');
  mkdirSync(directory);
  const server = await startSwift(directory);
  lab.own({ [Symbol.asyncDispose]: () => server.stop() });
  configFile = join(lab.dir, 'rclone.conf');
  const config = [
    '[s3]',
    'type = s3',
    'provider = Other',
    'access_key_id = test:tester',
    `secret_access_key = ${secret}`,
    `endpoint = http://127.0.0.1:${server.port}`,
  ];
  writeFileSync(configFile, `${config.join('\n')}\n`, { mode: 0o600 });
  rclone('mkdir', 's3:vm-backups');
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 16 * MiB }] });
  host = new LiveHost(lab, 'mirror', {
    retention: { chain: { maxPoints: 2 }, keep: { chains: 1 } },
    rule: { mirrors: ['s3'] },
    mirrors: {
      s3: { type: 'rclone', target: 's3:vm-backups/kvm', configFile, trash: { keepFor: '24h' } },
    },
    trashKeepFor: '24h',
  });
  host.writePolicy([domain]);
});

/** What rclone says by itself, as a person would ask it. */
const rclone = (...args: readonly string[]): string =>
  execFileSync('rclone', ['--config', configFile, ...args], {
    env: { PATH: process.env['PATH'], HOME: lab.dir },
    encoding: 'utf8',
  });

/** How many objects have each of these names. */
function objects(...names: readonly string[]): readonly number[] {
  const there = rclone('lsf', '-R', '--files-only', 's3:vm-backups').trim().split('\n');
  return names.map((name) => there.filter((path) => path.endsWith(`/${name}`)).length);
}

const ids = (points: readonly PointRow[]): readonly string[] =>
  points.map(({ point }) => point).toSorted();
const copies = async (): Promise<readonly PointRow[]> =>
  (await host.json<PointsReport>('points', '--mirror', 's3')).points;
const there = async (): Promise<object | undefined> =>
  (await host.json<MirrorsReport>('mirror', 'list')).mirrors[0]?.stores[0]?.domains[0];

/** The program says that all is as it should be, and no secret. */
async function noChanges(): Promise<void> {
  const child = host.child(main, 'plan', '--detailed-exitcode', '-v');
  expect(await child.ended(), `${child.out}${child.err}`).toBe(0);
  expect(child.out).toContain('No changes.');
  expect(`${child.out}${child.err}`).not.toContain(secret);
}

it('I3, I12: the program copies each point to S3 right after its backup, and then there is nothing to do', async () => {
  await domain.write('vda', MiB, 4 * MiB, 7);
  const truth = await host.truthOf(domain);
  const child = host.child(main, 'apply', '--auto-approve', '--now', `domain/${domain.name}`, '-v');
  expect(await child.ended(), `${child.out}${child.err}`).toBe(0);
  expect(`${child.out}${child.err}`).not.toContain(secret);
  await host.newPoint(domain, truth);
  expect(ids(await copies())).toEqual(ids(await host.points(domain.name)));
  expect(objects('point.json', 'vda.qcow2')).toEqual([1, 1]);
  await noChanges();
});

it('deletes a chain there by its manifest, and removes the data when their time is over', async () => {
  for (let count = 0; count < 2; count += 1) await host.takePoint(domain, '--full');
  // S3 knows no rename: the manifest is copied to its new name, then the old one is removed.
  const names = ['point.json', 'point.deleted.json', 'deleted.json', 'vda.qcow2'] as const;
  expect(objects(...names)).toEqual([2, 1, 1, 3]);
  expect(await there()).toMatchObject({ points: 2, deleted: 1, faulty: 0, partial: 0 });
  expect(await host.planned()).toEqual([]);
  host.aheadSeconds += 25 * 3600;
  expect((await host.planned()).map((line) => line.split(/[ :]/)[0])).toContain('purge-copies');
  await host.ok('apply', '--auto-approve');
  expect(objects(...names)).toEqual([2, 0, 0, 2]);
  expect(await host.planned()).toEqual([]);
});

it('restores from S3, and brings the lost store back, which goes on with an increment', async () => {
  const before = await host.points(domain.name);
  const truth = await host.truthOf(domain);
  renameSync(host.store, `${host.store}.lost`);
  const to = join(host.dir, 'restored');
  const words = ['--from', 's3', '--images-only', '--to', to, '--auto-approve'];
  await host.ok('restore', `domain/${domain.name}`, ...words);
  expect(readdirSync(to)).toEqual(['vda.qcow2']);
  expect(await compareImages(truth.get('vda') ?? '', join(to, 'vda.qcow2'))).toBe('identical');
  mkdirSync(host.store);
  await host.ok('mirror', 'fetch', 's3', '--auto-approve');
  expect(ids(await host.points(domain.name))).toEqual(ids(before));
  expect(await host.planned()).toEqual([]);
  expect(await host.takePoint(domain)).toMatchObject({ level: 'increment' });
  expect(await host.compareAll(domain)).toBe(before.length + 1);
  expect(ids(await copies())).toEqual(ids(await host.points(domain.name)));
  expect(await host.planned()).toEqual([]);
});
