import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { MirrorsReport, VerifyReport } from '../../src/model/report.ts';
import { Rig } from '../rig/rig.ts';
import { builtProgram as main } from './build.ts';
import { type HostChild, LiveHost, type Ran } from './host.ts';
import { compareImages, type LabDomain, sh } from './lab.ts';
import { bytesOnTheWay, farDirectory, farUser, startSshd, type FarHost } from './mirror-servers.ts';
import { NetworkLink } from './network-link.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;
const imageMiB = 12;

// The real ssh, which gives up after 8 s of silence and not after 45: a test that waits for the one would
// wait for the other.
const hasty = `for word do
  shift
  case "$word" in
    ServerAliveInterval=15) word=ServerAliveInterval=2 ;;
    ConnectTimeout=10) word=ConnectTimeout=3 ;;
  esac
  set -- "$@" "$word"
done
exec /usr/bin/ssh "$@"`;

const { lab } = privateLab();
let link: NetworkLink;
let far: FarHost;
let root: string;
let rig: Rig;
let host: LiveHost;
let domain: LabDomain;
beforeAll(async () => {
  link = lab.own(await NetworkLink.lay());
  rig = lab.own(await Rig.create());
  await rig.fake('ssh', hasty);
  const there = join(lab.dir, 'far');
  root = farDirectory(join(there, 'nas'));
  const network = { address: link.farAddress, inside: link.far };
  // So that the far end too notices that nobody is there, as servers are often told to.
  far = await startSshd(there, 2222, network, ['ClientAliveInterval 2', 'ClientAliveCountMax 3']);
  lab.own({ [Symbol.asyncDispose]: () => far.stop() });
  // What no delta algorithm can guess from what has arrived.
  const [raw, path] = [join(lab.dir, 'random'), join(lab.dir, 'random.qcow2')];
  await sh('dd', 'if=/dev/urandom', `of=${raw}`, 'bs=1M', `count=${imageMiB}`, 'status=none');
  await sh('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, path);
  await sh('chmod', '666', path);
  domain = await lab.defineDomain({ disks: [{ target: 'vda', path }] });
  host = new LiveHost(lab, 'link', { rule: { mirrors: ['nas'] } });
  writePolicy({ bandwidth: '2MiB/s' });
});

/** The policy; `more` of the mirror's keys. */
function writePolicy(more: object = {}): void {
  const { identityFile, knownHosts, port, address } = far;
  const target = `${farUser}@${address}:${root}`;
  const nas = { type: 'rsync', target, ssh: { identityFile, knownHosts, port }, ...more };
  host.writePolicy([domain], { mirrors: { nas } });
}

/** Starts the program at the near end of the link. */
const start = (...args: readonly string[]): HostChild => host.childUnder(link.near, main, ...args);

async function run(child: HostChild): Promise<Ran> {
  const exit = await child.ended();
  return { exit: typeof exit === 'number' ? exit : null, out: child.out, err: child.err };
}

/** The same, with an ssh that soon gives up. */
const hastily = (...args: readonly string[]): HostChild =>
  host.childUnder(['env', `PATH=${rig.dir}:${process.env['PATH']}`, ...link.near], main, ...args);

/** Names of files in all points at the mirror, hidden ones too. */
const there = (): readonly string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes('/domains/'))
    .map(({ name }) => name);

it('I3, I9: a cable that is pulled in the middle of a file: said in time, no copy, and then only the rest travels', async () => {
  const truth = await host.truthOf(domain);
  const address = `domain/${domain.name}`;
  const child = hastily('--json', 'apply', '--auto-approve', '--now', address);
  await expect.poll(() => bytesOnTheWay(root), { interval: 20 }).toBeGreaterThan(4 * MiB);
  link.set('down');
  // It ends while the cable is out.
  expect(await child.ended(), child.err).toBe(7);
  expect(child.out).toContain('"mirror-unreachable"');
  expect(child.out).toContain(
    `${link.farAddress} not responding; check that it is running and the network to it`,
  );
  expect((await rig.calls()).every((line) => line.includes('ServerAliveInterval=15'))).toBe(true);
  await host.newPoint(domain, truth);
  expect(there()).not.toContain('point.json');

  const dark = await run(hastily('plan', '--json'));
  expect(dark.exit, dark.err).toBe(9);
  const plan = JSON.parse(dark.out) as Plan;
  expect([plan.incomplete, plan.actions]).toEqual([true, []]);

  link.set('up');
  await expect.poll(() => far.sessions()).toEqual([]);
  const arrived = bytesOnTheWay(root);
  expect(arrived).toBeGreaterThan(4 * MiB);
  expect(there()).not.toContain('point.json');
  writePolicy();
  const before = link.sent();
  const resumed = await run(start('apply', '--auto-approve'));
  expect(resumed.exit, `${resumed.out}${resumed.err}`).toBe(0);
  const travelled = link.sent() - before;
  expect(travelled).toBeGreaterThan((imageMiB - 1) * MiB - arrived);
  expect(travelled).toBeLessThan((imageMiB + 1) * MiB - arrived);
});

it('and then both ends are the same, and there is nothing to do', async () => {
  const again = await run(start('plan', '--detailed-exitcode'));
  expect(again.exit, `${again.out}${again.err}`).toBe(0);
  expect(again.out).toContain('No changes.');
  const listed = await run(start('--json', 'mirror', 'list'));
  const { mirrors } = JSON.parse(listed.out) as MirrorsReport;
  expect(mirrors[0]?.stores[0]?.domains).toMatchObject([
    { points: 1, faulty: 0, partial: 0, behind: { points: 0, bytes: 0 } },
  ]);
  const address = `domain/${domain.name}`;
  const verified = await run(start('--json', 'verify', `nas:${address}`));
  const { points } = JSON.parse(verified.out) as VerifyReport;
  expect(points.map(({ result }) => result)).toEqual(['sound']);
  expect(there().filter((name) => name.startsWith('.'))).toEqual([]);
  const to = join(host.dir, 'restored');
  const words = ['--from', 'nas', '--images-only', '--to', to, '--auto-approve'];
  const restored = await run(start('restore', address, ...words));
  expect(restored.exit, restored.err).toBe(0);
  const truth = await host.truthOf(domain);
  expect(await compareImages(truth.get('vda') ?? '', join(to, 'vda.qcow2'))).toBe('identical');
});
