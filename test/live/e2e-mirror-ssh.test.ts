import { mkdtempSync, rmSync } from 'node:fs';
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
import { bytesOnTheWay, farDirectory, farUser, startSshd, type FarHost } from './mirror-servers.ts';
import { privateLab } from './private-lab.ts';
import { SmallDisk } from './small-disk.ts';

const MiB = 1024 ** 2;
const directory = mkdtempSync(join(tmpdir(), 'hf-e2e-ssh-'));

const { lab } = privateLab();
let disk: SmallDisk;
let far: FarHost;
let host: LiveHost;
let domain: LabDomain;
let root: string;
beforeAll(async () => {
  disk = await SmallDisk.mount(join(directory, 'disk'), 3);
  root = farDirectory(join(disk.path, 'nas'));
  far = await startSshd(directory, 17_522);
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 8 * MiB }] });
  host = new LiveHost(lab, 'mirror', {
    // Each point is a chain: the third brings a deletion, the next run its removal.
    retention: { chain: { maxPoints: 1 }, keep: { chains: 1 } },
    rule: { mirrors: ['nas'] },
  });
  writePolicy();
});
afterAll(async () => {
  await far.stop();
  await disk[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** The policy; `more` of the mirror's keys. */
function writePolicy(more: object = {}): void {
  const { identityFile, knownHosts, port } = far;
  const target = `${farUser}@127.0.0.1:${root}`;
  const ssh = { identityFile, knownHosts, port };
  const nas = { type: 'rsync', target, ssh, retention: 'standard', trash: { keepFor: '1s' } };
  host.writePolicy([domain], { mirrors: { nas: { ...nas, ...more } } });
}

let pattern = 1;
/** Starts an apply that takes a point of something new, and what the disk is like then. */
async function takeNow() {
  pattern += 1;
  await domain.write('vda', 0, 4 * MiB, pattern);
  const truth = await host.truthOf(domain);
  const words = ['--json', 'apply', '--auto-approve', '--now', `domain/${domain.name}`];
  return { truth, child: host.child(main, ...words) };
}

const copies = async (): Promise<readonly PointRow[]> =>
  (await host.json<PointsReport>('points', '--mirror', 'nas')).points;

/** Applies until nothing is left to do; then the mirror has all that is here, and nothing half. */
async function converges(moment: string): Promise<void> {
  // What was deleted there comes due a second later.
  await eventually(`${moment}: a plan with nothing to do`, async () => {
    const ran = await host.run('apply', '--auto-approve');
    expect(ran.exit, `${moment}: ${ran.out}${ran.err}`).toBe(0);
    return ran.out.includes('No changes.');
  });
  const { mirrors } = await host.json<MirrorsReport>('mirror', 'list');
  expect(mirrors[0]?.stores[0]?.domains, moment).toMatchObject([
    { faulty: 0, partial: 0, behind: { points: 0, bytes: 0 } },
  ]);
}

/** Restores the newest point from the mirror, and whether it is what the disk was. */
async function restored(truth: ReadonlyMap<string, string>): Promise<string> {
  const to = join(host.dir, 'restored');
  const address = `domain/${domain.name}`;
  await host.ok('restore', address, '--from', 'nas', '--images-only', '--to', to, '--auto-approve');
  const verdict = await compareImages(truth.get('vda') ?? '', join(to, 'vda.qcow2'));
  rmSync(to, { recursive: true });
  return verdict;
}

it('a far end that is too small is said before, and one that fills up loses nothing', async () => {
  // What a mirror has room for is seen once the store is there.
  host.writePolicy([domain], { rule: {} });
  const { truth, child } = await takeNow();
  expect(await child.ended(), child.err).toBe(0);
  await host.newPoint(domain, truth);
  host.writePolicy([domain], { rule: { mirrors: ['nas'] } });
  const blocked = await host.plan();
  expect(blocked.guards.map(({ code, scope, effect }) => `${effect} ${code} ${scope}`)).toEqual([
    'block G407 mirror/nas',
  ]);
  const forced = await host.run('apply', '--auto-approve', '--allow', 'G407=mirror/nas');
  expect(forced.exit, forced.out).toBe(1);
  expect(forced.out).toContain('mirror-full');
  expect(await copies()).toEqual([]);
  expect(await host.points(domain.name)).toHaveLength(1);
  await disk.remount('size=64m');
  await converges('room again');
});

it('a link that drops in the middle of apply leaves a point here, and the next apply goes on', async () => {
  writePolicy({ bandwidth: '2MiB/s' });
  const { truth, child } = await takeNow();
  await expect.poll(() => bytesOnTheWay(root), { interval: 20 }).toBeGreaterThan(MiB);
  far.dropSessions();
  expect(await child.ended(), child.err).toBe(7);
  expect(child.out).toContain('"mirror-unreachable"');
  await host.newPoint(domain, truth);
  expect(await copies()).toHaveLength(1);
  await expect.poll(() => far.sessions()).toEqual([]);
  const plan = await host.plan();
  expect(plan.actions.map(({ kind, reasons }) => [kind, reasons[0]?.code])).toEqual([
    ['copy-points', 'copy-interrupted'],
  ]);
  writePolicy();
  await converges('after the link');
  expect(await restored(truth)).toBe('identical');
});

it('I1, I3: converges after SIGKILL in a copy, a deletion and a removal at the mirror', async () => {
  for (const moment of ['copy', 'hide', 'purge']) {
    if (moment === 'purge') {
      // The deletion of the round before, once more and whole; a second later its removal is due.
      await host.ok('apply', '--auto-approve');
      await eventually('a removal that is due', async () =>
        (await host.planned()).some((line) => line.startsWith('purge-copies')),
      );
    }
    const { truth, child } = await takeNow();
    child.killAt('SIGKILL', (event) => event.kind === 'step' && event.step === moment);
    expect(await child.ended(), `${moment}: ${child.err}`).toBe('SIGKILL');
    await host.newPoint(domain, truth);
    // What the dead run had begun there ends with it, or a second one would write the same files.
    await expect.poll(() => far.sessions()).toEqual([]);
    if (moment !== 'hide') await converges(moment);
  }
  const found = await host.json<VerifyReport>('verify', `nas:domain/${domain.name}`);
  expect(found.points.map(({ result }) => result)).toEqual(['sound', 'sound']);
});

it('another clock at the far end changes nothing, and explain knows the copies', async () => {
  for (const day of ['2001-01-01', '2037-01-01']) {
    far.inside('find', root, '-exec', 'touch', '-d', day, '{}', '+');
    expect(await host.planned(), day).toEqual([]);
  }
  const address = `nas:domain/${domain.name}`;
  const told = await host.json<{ points: readonly PointRow[] }>('explain', address);
  expect(told.points.map((row) => [row.address.startsWith(address), row.keptBy])).toEqual([
    [true, ['chains 1']],
    [true, ['newest valid', 'live chain', 'chains 1']],
  ]);
});
