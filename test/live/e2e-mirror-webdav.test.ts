import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type {
  MirrorsReport,
  PointRow,
  PointsReport,
  VerifyReport,
} from '../../src/model/report.ts';
import { builtProgram as main } from './build.ts';
import { eventually } from './eventually.ts';
import { LiveHost } from './host.ts';
import { compareImages, type LabDomain } from './lab.ts';
import { startWebdav, type Server } from './mirror-servers.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;
const directory = mkdtempSync(join(tmpdir(), 'hf-e2e-webdav-'));

const { lab } = privateLab();
let webdav: Server;
let host: LiveHost;
let domain: LabDomain;
beforeAll(async () => {
  const served = join(directory, 'served');
  mkdirSync(served);
  webdav = await startWebdav(served, 17_680);
  const configFile = join(directory, 'rclone.conf');
  const url = `http://127.0.0.1:${webdav.port}`;
  writeFileSync(configFile, `[cloud]\ntype = webdav\nurl = ${url}\nvendor = other\n`);
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 16 * MiB }] });
  const cloud = { type: 'rclone', target: 'cloud:vm-backups', configFile, retention: 'standard' };
  host = new LiveHost(lab, 'mirror', {
    retention: { chain: { maxPoints: 1 }, keep: { chains: 1 } },
    rule: { mirrors: ['cloud'] },
    mirrors: { cloud: { ...cloud, trash: { keepFor: '1s' } } },
  });
  host.writePolicy([domain]);
});
afterAll(async () => {
  await webdav.stop();
  rmSync(directory, { recursive: true, force: true });
});

const ids = (points: readonly PointRow[]): readonly string[] =>
  points.map(({ point }) => point).toSorted();
const copies = async (): Promise<readonly PointRow[]> =>
  (await host.json<PointsReport>('points', '--mirror', 'cloud')).points;

/** Applies until nothing is left to do; then both sides hold the same, byte for byte. */
async function converges(): Promise<void> {
  await eventually('a plan with nothing to do', async () => {
    const ran = await host.run('apply', '--auto-approve');
    expect(ran.exit, `${ran.out}${ran.err}`).toBe(0);
    return ran.out.includes('No changes.');
  });
  expect(ids(await copies())).toEqual(ids(await host.points(domain.name)));
  const found = await host.json<VerifyReport>('verify', `cloud:domain/${domain.name}`);
  expect(found.points.map(({ result }) => result)).toEqual(found.points.map(() => 'sound'));
}

it('I1, I3: copies with rclone from the policy, and converges when killed in it', async () => {
  await domain.write('vda', MiB, 4 * MiB, 7);
  const truth = await host.truthOf(domain);
  const now = ['--json', 'apply', '--auto-approve', '--now', `domain/${domain.name}`];
  const child = host.child(main, ...now);
  child.killAt('SIGKILL', (event) => event.kind === 'step' && event.step === 'copy');
  expect(await child.ended(), child.err).toBe('SIGKILL');
  await host.newPoint(domain, truth);
  await converges();
});

it('deletes there what its retention lets go, and removes the data later', async () => {
  for (let count = 0; count < 2; count += 1) await host.takePoint(domain);
  await converges();
  // What was hidden a moment ago waits there for its second, and no plan wants anything meanwhile.
  await eventually('its data is removed', async () => {
    await converges();
    const { mirrors } = await host.json<MirrorsReport>('mirror', 'list');
    return mirrors[0]?.stores[0]?.domains[0]?.deleted === 0;
  });
  const { mirrors } = await host.json<MirrorsReport>('mirror', 'list');
  expect(mirrors[0]?.freeBytes).toBeNull();
  expect(mirrors[0]?.stores[0]?.domains).toMatchObject([
    { points: 2, deleted: 0, partial: 0, behind: { points: 0, bytes: 0 } },
  ]);
});

it('restores from it while the store is away', async () => {
  const truth = await host.truthOf(domain);
  const to = join(host.dir, 'restored');
  const address = `domain/${domain.name}`;
  renameSync(host.store, `${host.store}.away`);
  try {
    const words = ['--from', 'cloud', '--images-only', '--to', to, '--auto-approve'];
    await host.ok('restore', address, ...words);
  } finally {
    renameSync(`${host.store}.away`, host.store);
  }
  expect(await compareImages(truth.get('vda') ?? '', join(to, 'vda.qcow2'))).toBe('identical');
});
