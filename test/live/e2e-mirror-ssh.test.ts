import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import type {
  MirrorsReport,
  PointRow,
  PointsReport,
  VerifyReport,
} from '../../src/model/report.ts';
import { buildProgram, eventually, LiveHost } from './host.ts';
import { compareImages, Lab, type LabDomain } from './lab.ts';
import { farDirectory, farUser, startSshd, type FarHost } from './mirror-servers.ts';
import { PrivateLibvirt } from './private-libvirt.ts';

const MiB = 1024 ** 2;
const directory = mkdtempSync(join(tmpdir(), 'hf-e2e-ssh-'));

let main = '';
let libvirt: PrivateLibvirt;
let lab: Lab;
let far: FarHost;
let host: LiveHost;
let domain: LabDomain;
let root: string;
beforeAll(async () => {
  main = await buildProgram();
  far = await startSshd(directory, 17_522);
  libvirt = await PrivateLibvirt.start();
  lab = await Lab.create();
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 16 * MiB }] });
  root = farDirectory(join(far.home, 'nas'));
  host = new LiveHost(lab, 'mirror', {
    retention: { chain: { maxPoints: 2 }, keep: { chains: 1 } },
    rule: { mirrors: ['nas'] },
  });
  writePolicy();
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  await libvirt[Symbol.asyncDispose]();
  await far.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** The policy; `at` another directory of the far end, `more` of the mirror's keys. */
function writePolicy(more: object = {}, at = root): void {
  const { identityFile, knownHosts, port } = far;
  const target = `${farUser}@127.0.0.1:${at}`;
  const ssh = { identityFile, knownHosts, port };
  const nas = { type: 'rsync', target, ssh, retention: 'standard', trash: { keepFor: '1s' } };
  host.writePolicy([domain], { mirrors: { nas: { ...nas, ...more } } });
}

const takeNow = (): readonly string[] => [
  '--json',
  'apply',
  '--auto-approve',
  '--now',
  `domain/${domain.name}`,
];

let pattern = 1;
/** Something new on the disk, and what it is like then. */
async function change(bytes: number): Promise<ReadonlyMap<string, string>> {
  pattern += 1;
  await domain.write('vda', MiB, bytes, pattern);
  return host.truthOf(domain);
}

const ids = (points: readonly PointRow[]): readonly string[] =>
  points.map(({ point }) => point).toSorted();
const copies = async (): Promise<readonly PointRow[]> =>
  (await host.json<PointsReport>('points', '--mirror', 'nas')).points;

/** One more apply, and then nothing is left to do and both sides hold the same, byte for byte. */
async function converges(moment: string): Promise<void> {
  // What is due to be purged comes due a second after it was deleted.
  await eventually(`${moment}: a plan with nothing to do`, async () => {
    const ran = await host.run('apply', '--auto-approve');
    expect([0, 7], `${moment}: ${ran.out}${ran.err}`).toContain(ran.exit);
    return (await host.planned()).length === 0;
  });
  expect(ids(await copies()), moment).toEqual(ids(await host.points(domain.name)));
  const found = await host.json<VerifyReport>('verify', `nas:domain/${domain.name}`);
  expect(
    found.points.map(({ result }) => result),
    moment,
  ).toEqual(found.points.map(() => 'sound'));
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

/** Bytes of the image that is on its way. */
const arrived = (): number =>
  Math.max(
    0,
    ...readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.vda\.qcow2\./.test(name))
      .map((name) => statSync(join(root, name), { throwIfNoEntry: false })?.size ?? 0),
  );

it('a link that drops in the middle of apply leaves a point here, and the next apply goes on', async () => {
  const truth = await change(8 * MiB);
  writePolicy({ bandwidth: '2MiB/s' });
  const child = host.child(main, ...takeNow());
  await expect.poll(arrived, { interval: 20 }).toBeGreaterThan(MiB);
  far.dropSessions();
  expect(await child.ended(), child.err).toBe(7);
  expect(child.out).toContain('"mirror-unreachable"');
  await host.newPoint(domain, truth);
  expect(await copies()).toEqual([]);
  const plan = await host.plan();
  expect(plan.actions.map(({ kind, reasons }) => [kind, reasons[0]?.code])).toEqual([
    ['copy-points', 'copy-interrupted'],
  ]);
  writePolicy();
  await converges('after the link');
  expect(await restored(truth)).toBe('identical');
  const address = `nas:domain/${domain.name}`;
  const told = await host.json<{ points: readonly PointRow[] }>('explain', address);
  expect(told.points.map((row) => [row.address.startsWith(address), row.keptBy])).toEqual([
    [true, ['newest valid', 'live chain', 'last 1']],
  ]);
});

const isStep =
  (step: string) =>
  (event: RunEvent): boolean =>
    event.kind === 'step' && event.step === step;

it('I1, I3: converges after SIGKILL in a copy, a deletion and a removal at the mirror', async () => {
  const moments: readonly (readonly [string, (event: RunEvent) => boolean])[] = [
    ['copy', isStep('copy')],
    [
      'copied',
      (event) => event.kind === 'action-finished' && event.action.startsWith('copy-points'),
    ],
    ['hide', isStep('hide')],
    ['purge', isStep('purge')],
  ];
  const killed: string[] = [];
  // Two points a chain and one chain kept: some of the points bring a deletion, and later its removal.
  for (let round = 0; killed.length < moments.length && round < 8; round += 1) {
    const truth = await change(65_536);
    const child = host.child(main, ...takeNow());
    let moment = '';
    child.onEvent = (event) => {
      const [name] = moments.find(([word, is]) => !killed.includes(word) && is(event)) ?? [];
      if (name === undefined || moment !== '') return;
      moment = name;
      child.kill('SIGKILL');
    };
    const ended = await child.ended();
    expect([0, 'SIGKILL'], `${moment}: ${child.err}`).toContain(ended);
    if (ended === 'SIGKILL') killed.push(moment);
    await host.newPoint(domain, truth);
    // What the dead run had begun there ends with it, or a second one would write the same files.
    await expect.poll(() => far.sessions()).toEqual([]);
    if (ended === 'SIGKILL' && moment !== 'hide') await converges(moment);
  }
  expect(killed.toSorted()).toEqual(moments.map(([name]) => name).toSorted());
  await converges('the last');
  expect(await restored(await host.truthOf(domain))).toBe('identical');
});

it('another clock at the far end changes nothing', async () => {
  for (const day of ['2001-01-01', '2037-01-01']) {
    far.inside('find', root, '-exec', 'touch', '-d', day, '{}', '+');
    expect(await host.planned(), day).toEqual([]);
  }
  const truth = await change(65_536);
  const child = host.child(main, ...takeNow());
  expect(await child.ended(), child.err).toBe(0);
  await host.newPoint(domain, truth);
  await converges('another clock');
});

it('a far end that is too small is said before, and one that fills up loses nothing', async () => {
  const small = farDirectory(join(far.home, 'small'));
  far.inside('mount', '-t', 'tmpfs', '-o', 'size=3m', 'hf-mirror', small);
  try {
    far.inside('chown', farUser, small);
    writePolicy({}, small);
    const plan = await host.plan();
    expect(plan.guards.map(({ code, scope, effect }) => `${effect} ${code} ${scope}`)).toContain(
      'block G407 mirror/nas',
    );
    const forced = await host.run('apply', '--auto-approve', '--allow', 'G407=mirror/nas');
    expect(forced.exit, forced.out).toBe(7);
    expect(`${forced.out}${forced.err}`).toContain('make room there');
    far.inside('mount', '-o', 'remount,size=64m', small);
    await converges('room again');
    const { mirrors } = await host.json<MirrorsReport>('mirror', 'list');
    expect(mirrors[0]?.freeBytes).toBeGreaterThan(0);
  } finally {
    far.inside('umount', '-l', small);
  }
});
