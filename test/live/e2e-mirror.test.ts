import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type {
  DoctorReport,
  MirrorsReport,
  PointRow,
  PointsReport,
  VerifyReport,
} from '../../src/model/report.ts';
import type { StatusReport } from '../../src/model/status-report.ts';
import { LiveHost } from './host.ts';
import { compareImages, type LabDomain } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
let nas: string;
beforeAll(async () => {
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 16 * MiB }] });
  nas = join(lab.dir, 'nas');
  mkdirSync(nas);
  host = new LiveHost(lab, 'mirror', {
    retention: { chain: { maxPoints: 2 }, keep: { chains: 1 } },
    mirrors: {
      nas: { type: 'rsync', target: nas, retention: 'standard', trash: { keepFor: '24h' } },
    },
    rule: { mirrors: ['nas'] },
    trashKeepFor: '24h',
  });
  host.writePolicy([domain]);
});

const copies = async (): Promise<readonly PointRow[]> =>
  (await host.json<PointsReport>('points', '--mirror', 'nas')).points;

const ids = (points: readonly PointRow[]): readonly string[] =>
  points.map(({ point }) => point).toSorted();

const noChanges = async (): Promise<void> => {
  const again = await host.run('plan', '--detailed-exitcode');
  expect(again.exit, `${again.out}${again.err}`).toBe(0);
  expect(again.out).toContain('No changes.');
};

/** Restores images, and whether they are what the domain's disk was. */
async function restored(truth: ReadonlyMap<string, string>, ...args: readonly string[]) {
  const to = join(host.dir, 'restored');
  await host.ok('restore', ...args, '--images-only', '--to', to, '--auto-approve');
  const verdict = await compareImages(truth.get('vda') ?? '', join(to, 'vda.qcow2'));
  expect(readdirSync(to)).toEqual(['vda.qcow2']);
  rmSync(to, { recursive: true });
  return verdict;
}

it('copies each point right after its backup, and then there is nothing to do', async () => {
  await host.takePoint(domain);
  await noChanges();
  await host.takePoint(domain);
  await noChanges();
  const there = await copies();
  expect(there).toHaveLength(2);
  expect(ids(there)).toEqual(ids(await host.points(domain.name)));
  // The newest point of the live chain, whatever the rules of the mirror.
  expect(there.map(({ keptBy }) => keptBy)).toEqual(
    (await host.points(domain.name)).map(({ keptBy }) => keptBy),
  );
  expect(there[0]?.keptBy).not.toEqual([]);
  expect(there[0]?.address).toMatch(new RegExp(`^nas:domain/${domain.name}/`));
});

it('is in what observe writes, in status and in doctor', async () => {
  await host.ok('observe', '--out', 'observed.json');
  const offline = await host.run('plan', '--observed', 'observed.json', '--detailed-exitcode');
  expect(offline.exit, offline.out).toBe(0);
  const { domains } = await host.json<StatusReport>('status');
  expect(domains.find(({ name }) => name === domain.name)?.copies).toMatchObject([
    { mirror: 'nas', behind: { points: 0, bytes: 0 }, failure: null },
  ]);
  const { out } = await host.run('--json', 'doctor');
  const { findings } = JSON.parse(out) as DoctorReport;
  const own = findings.filter(({ code }) => ['rsync', 'mirror'].includes(code));
  expect(own.map(({ severity, subject }) => `${severity} ${subject}`)).toEqual([
    'ok host',
    'ok mirror/nas',
  ]);
});

it('verifies copies at the far end', async () => {
  const report = await host.json<VerifyReport>('verify', `nas:domain/${domain.name}`);
  expect(report.points.map(({ result }) => result)).toEqual(['sound', 'sound']);
});

it('restores from the mirror while the store is away, with a policy and without', async () => {
  const truth = await domainTruth();
  const address = `domain/${domain.name}`;
  renameSync(host.store, `${host.store}.away`);
  try {
    expect(await restored(truth, address, '--from', 'nas')).toBe('identical');
    const nowhere = ['--policy', '/nowhere.yaml'];
    expect(await restored(truth, address, '--from', nas, ...nowhere)).toBe('identical');
    const listed = await host.json<MirrorsReport>('mirror', 'list', nas, ...nowhere);
    expect(listed.mirrors[0]?.stores[0]?.domains).toMatchObject([
      { name: domain.name, points: 2, behind: null },
    ]);
  } finally {
    renameSync(`${host.store}.away`, host.store);
  }
});

/** The disk as the newest point shows it: nothing was written since. */
async function domainTruth(): Promise<ReadonlyMap<string, string>> {
  return host.truthOf(domain);
}

it('keeps what its own retention says, at both ends, and a hold there is its own', async () => {
  const [first] = await copies();
  const held = `nas:domain/${domain.name}/${first?.chain}`;
  await host.ok('hold', held, '--reason', 'a test');
  await host.takePoint(domain);
  await host.takePoint(domain);
  await host.takePoint(domain);
  const here = new Set((await host.points(domain.name)).map(({ chain }) => chain));
  expect(here.size).toBe(2);
  expect(new Set((await copies()).map(({ chain }) => chain)).size).toBe(3);
  await host.ok('release', held);
  await host.ok('apply', '--auto-approve');
  expect(ids(await copies())).toEqual(ids(await host.points(domain.name)));
  const { mirrors } = await host.json<MirrorsReport>('mirror', 'list');
  expect(mirrors[0]?.stores[0]?.domains).toMatchObject([
    { points: 3, deleted: 2, faulty: 0, behind: { points: 0, bytes: 0 } },
  ]);
  host.aheadSeconds += 25 * 3600;
  await host.ok('apply', '--auto-approve');
  const later = await host.json<MirrorsReport>('mirror', 'list');
  expect(later.mirrors[0]?.stores[0]?.domains).toMatchObject([{ points: 3, deleted: 0 }]);
  await noChanges();
});

it('brings a lost store back, and plans go on with it', async () => {
  const before = await host.points(domain.name);
  renameSync(host.store, `${host.store}.lost`);
  mkdirSync(host.store);
  const lost = await host.run('plan', '--detailed-exitcode');
  expect(lost.exit, lost.out).toBe(4);
  expect(lost.out).toContain('holds 2 chains, 3 points of store main, which is not there');
  await host.ok('mirror', 'fetch', 'nas', '--auto-approve');
  expect(ids(await host.points(domain.name))).toEqual(ids(before));
  const again = await host.run('mirror', 'fetch', 'nas', '--auto-approve');
  expect(again.exit).toBe(1);
  expect(again.err).toBe(
    `holdfast: store main is there (${host.store}): copies come back only into an empty directory\n`,
  );
  await noChanges();
  const point = await host.takePoint(domain);
  expect(point.level).toBe('increment');
  expect(await host.compareAll(domain)).toBe(before.length + 1);
});

it('takes a mirror that was wiped for unseen, and deletes nothing', async () => {
  for (const name of readdirSync(nas)) rmSync(join(nas, name), { recursive: true });
  const planned = await host.plan();
  expect(planned.actions).toEqual([]);
  expect(planned.incomplete).toBe(true);
  // The backup comes all the same (I9); the copy does not, and what may be the only copy stays (G207).
  const before = await host.points(domain.name);
  const ran = await host.run('apply', '--auto-approve', '--now', `domain/${domain.name}`);
  expect(ran.exit, ran.out).toBe(4);
  expect(ids(await host.points(domain.name))).toEqual(expect.arrayContaining([...ids(before)]));
  expect(await host.points(domain.name)).toHaveLength(before.length + 1);
  expect(readdirSync(nas)).toEqual([]);
});

it('begins anew at a wiped mirror once its line is taken out as the message says, and all is there again', async () => {
  const unseen = await host.run('plan');
  const [, file = 'not named'] = /take its line out of (\S+) to begin anew/.exec(unseen.out) ?? [];
  const known = JSON.parse(readFileSync(file, 'utf8')) as { readonly mirrors: object };
  expect(Object.keys(known.mirrors)).toHaveLength(1);
  writeFileSync(file, JSON.stringify({ ...known, mirrors: {} }));
  expect(await host.planned()).not.toEqual([]);
  // What this host remembers of it is still said once, and keeps it from deletions there (G153).
  const begun = await host.run('apply', '--auto-approve');
  expect([begun.exit, begun.err.includes('0 failed')], begun.out).toEqual([4, true]);
  expect(ids(await copies())).toEqual(ids(await host.points(domain.name)));
  await noChanges();
});
