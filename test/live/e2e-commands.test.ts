import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { digestOf } from '../../src/model/canonical.ts';
import type { Plan } from '../../src/model/plan.ts';
import type {
  DoctorReport,
  HistoryReport,
  PointsReport,
  TrashReport,
  VerifyReport,
} from '../../src/model/report.ts';
import type { StatusReport } from '../../src/model/status-report.ts';
import { eventually } from './eventually.ts';
import { LiveHost } from './host.ts';
import { type LabDomain } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
beforeAll(async () => {
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 16 * MiB }] });
  host = new LiveHost(lab, 'commands', {
    schedule: '0 2 * * *',
    retention: { chain: { maxPoints: 2 }, keep: { last: 1 } },
    rule: { rpo: '26h' },
  });
  host.writePolicy([domain]);
});

const now = (): readonly string[] => ['--now', `domain/${domain.name}`];

it('plan --detailed-exitcode: 2 with changes, 0 without; status and points agree', async () => {
  const unmet = await host.run('--json', 'status');
  expect(unmet.exit, unmet.err).toBe(1);
  expect((await host.run('plan', '--detailed-exitcode')).exit).toBe(2);
  const truth = await host.truthOf(domain);
  await host.ok('apply', '--auto-approve');
  await host.newPoint(domain, truth);
  const again = await host.run('plan', '--detailed-exitcode');
  expect(again.exit).toBe(0);
  expect(again.out).toContain('No changes.');
  const status = await host.json<StatusReport & { kind: string }>('status');
  expect(status).toMatchObject({
    formatVersion: 1,
    kind: 'status',
    unseen: [],
    stores: [{ name: 'main', path: host.store, points: 1, failure: null }],
  });
  expect(status.domains.find(({ uuid }) => uuid === domain.uuid)).toMatchObject({
    rpo: 'met',
    points: 1,
    verdict: 'up-to-date',
  });
  const points = await host.json<PointsReport>('points', `domain/${domain.name}`);
  expect(points.points).toMatchObject([{ level: 'full', sequence: 0, held: false, fault: null }]);
});

it('history lists the runs, with their actions', async () => {
  const { runs } = await host.json<HistoryReport>('history');
  expect(runs[0]).toMatchObject({ purpose: 'policy', failed: 0, converged: true, running: false });
  expect(runs[0]?.actions.map(({ what, outcome }) => [what, outcome?.code])).toEqual([
    ['create-store', 'done'],
    ['backup', 'done'],
  ]);
});

it('closes what a dead run left open and nothing is left of, also where nothing is to be done', async () => {
  const run = '20260101T000000Z-0badc0de';
  const file = join(host.dir, 'state', 'runs', `${run}.ndjson`);
  const at = '2026-01-01T00:00:00.000Z';
  const intent = { kind: 'started-domain', uuid: domain.uuid, name: domain.name, runningId: null };
  const lines = [
    { kind: 'run-started', plan: 'x', purpose: 'policy', host: 'h', pid: 1, actions: 1 },
    { kind: 'intent', action: 'backup', intent },
  ].map((body, index) => ({ formatVersion: 1, run, number: index + 1, at, ...body }));
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  // The domain runs: it is not the paused one of the dead run, and is left alone.
  await host.ok('apply', '--auto-approve');
  expect(readFileSync(file, 'utf8')).toContain('"intent-closed"');
});

it('a store is enough: points, verify and restore without a policy', async () => {
  const elsewhere = ['--policy', '/nowhere.yaml', '--store', host.store];
  const { points } = await host.json<PointsReport>('points', ...elsewhere);
  expect(points).toMatchObject([{ name: domain.name, sequence: 0, keptBy: expect.anything() }]);
  const address = points[0]?.address ?? '';
  await host.ok('verify', address, ...elsewhere);
  const to = join(host.dir, 'elsewhere');
  await host.ok('restore', address, ...elsewhere, '--images-only', '--to', to, '--auto-approve');
  expect(readFileSync(join(to, 'vda.qcow2')).length).toBeGreaterThan(0);
});

it('doctor looks at this host', async () => {
  const ran = await host.run('--json', 'doctor');
  const report = JSON.parse(ran.out) as DoctorReport & { kind: string };
  expect(report.kind).toBe('doctor');
  expect(report.findings.length).toBeGreaterThan(5);
  const errors = report.findings.filter(({ severity }) => severity === 'error');
  expect(ran.exit, JSON.stringify(errors)).toBe(errors.length > 0 ? 1 : 0);
  expect(errors).toEqual([]);
});

it('verify: sound, and faulty once a byte is another', async () => {
  const sound = await host.json<VerifyReport>('verify', `domain/${domain.name}`, '--depth', 'hash');
  expect(sound.points).toMatchObject([{ result: 'sound', failures: [] }]);
  const { points } = await host.json<PointsReport>('points', `domain/${domain.name}`);
  expect(points.map(({ checkedAt }) => checkedAt)).toEqual([expect.any(String)]);
  await host.takePoint(domain);
  const [, second] = await host.points();
  if (second === undefined) throw new Error('no second point');
  const image = join(host.pointDirectory(second), 'vda.qcow2');
  const good = readFileSync(image);
  const bad = Buffer.from(good);
  bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
  writeFileSync(image, bad);
  const ran = await host.run('--json', 'verify', second.address, '--depth', 'hash');
  expect(ran.exit).toBe(1);
  const report = JSON.parse(ran.out) as VerifyReport;
  expect(report.points.map(({ result }) => result)).toEqual(['sound', 'faulty']);
  // It is quarantined: not restored, not built on, and the next point is a full.
  const refused = await host.run(
    'restore',
    second.address,
    '--images-only',
    '--to',
    join(host.dir, 'x'),
    '--auto-approve',
  );
  expect(refused.exit).toBe(1);
  expect(refused.err).toMatch(/cannot be restored: quarantined/);
  // Only a check of every byte takes the mark away, and only when all are right.
  writeFileSync(image, good);
  const verified = async (depth: string): Promise<readonly string[]> => {
    const again = await host.run('--json', 'verify', second.address, '--depth', depth);
    return (JSON.parse(again.out) as VerifyReport).points.map(({ result }) => result);
  };
  expect(await verified('structure')).toEqual(['sound', 'faulty']);
  expect(await verified('hash')).toEqual(['sound', 'sound']);
  expect(await verified('structure')).toEqual(['sound', 'sound']);
  writeFileSync(image, bad);
  expect(await verified('hash')).toEqual(['sound', 'faulty']);
  await domain.write('vda', 0, 65536, 0x21);
  await host.takePoint(domain);
  expect((await host.points()).at(-1)).toMatchObject({ level: 'full' });
});

it('hold keeps, release lets go, trash gives back and is emptied', async () => {
  const [oldest] = await host.points();
  if (oldest === undefined) throw new Error('no point');
  const chain = `domain/${domain.name}/${oldest.chain}`;
  await host.ok('hold', chain, '--reason', 'audit');
  // Two more chains: by now only the hold keeps the oldest.
  for (let day = 0; day < 3; day += 1) {
    host.aheadSeconds += 24 * 3600;
    await domain.write('vda', MiB, 65536, 0x30 + day);
    const ran = await host.run('apply', '--auto-approve');
    expect([0, 4], `${ran.out}${ran.err}`).toContain(ran.exit);
  }
  const chains = async (): Promise<ReadonlySet<string>> =>
    new Set((await host.points()).map((point) => point.chain));
  expect(await chains()).toContain(oldest.chain);
  await host.ok('release', chain);
  const ran = await host.run('apply', '--auto-approve');
  expect(ran.exit, `${ran.out}${ran.err}`).toBe(0);
  expect(await chains()).not.toContain(oldest.chain);
  const { items } = await host.json<TrashReport>('trash', 'list');
  expect(items.map((item) => item.chain)).toContain(oldest.chain);
  await host.ok('trash', 'restore', chain);
  expect(await chains()).toContain(oldest.chain);
  expect((await host.points()).find((point) => point.chain === oldest.chain)?.held).toBe(true);
  expect(await host.planned()).toEqual([]);
  await host.ok('trash', 'empty', '--auto-approve');
  expect((await host.json<TrashReport>('trash', 'list')).items).toEqual([]);
});

it('G401: the second of two applies exits 6 and names the first', async () => {
  await domain.write('vda', 0, 12 * MiB, 0x41);
  host.writePolicy([domain], { rate: '4MiB/s' });
  const first = host.run('apply', '--auto-approve', ...now());
  await eventually('the first is at work', async () => host.incoming().length > 0);
  const { exit, err } = await host.run('apply', '--auto-approve');
  expect(exit).toBe(6);
  expect(err).toContain('--lock-timeout SECONDS waits for it');
  const { exit: firstExit, out } = await first;
  expect([0, 4], out).toContain(firstExit);
  host.writePolicy([domain], { rate: '1GiB/s' });
});

it('G301: a saved plan is refused that was edited, is for another host, or is too old', async () => {
  const file = join(host.dir, 'plan.json');
  await host.ok('plan', '--out', 'plan.json', ...now());
  const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan;
  const refused = async (changed: object): Promise<string> => {
    writeFileSync(file, JSON.stringify(changed));
    const { exit, err } = await host.run('apply', 'plan.json');
    expect(exit).toBe(5);
    return err;
  };
  const sealed = (changes: Partial<Plan>): object => {
    const { id: _id, ...rest } = { ...plan, ...changes };
    return { ...rest, id: digestOf(rest) };
  };
  expect(await refused({ ...plan, host: 'kvm99' })).toMatch(/was changed after it was made/);
  expect(await refused(sealed({ host: 'kvm99' }))).toMatch(/is for host kvm99, and this is/);
  expect(await refused(sealed({ expiresAt: '2020-01-01T00:00:00.000Z' }))).toMatch(
    /expired at 2020-01-01T00:00:00.000Z: make a new one with holdfast plan --out/,
  );
  writeFileSync(file, JSON.stringify(plan));
  const before = (await host.points()).length;
  // 4: its deletions are too many for one night (G201).
  const ran = await host.run('apply', 'plan.json');
  expect([0, 4], `${ran.out}${ran.err}`).toContain(ran.exit);
  expect(await host.points()).toHaveLength(before + 1);
  // Done once is done: the same plan again changes nothing.
  const again = await host.run('apply', 'plan.json');
  expect(await host.points()).toHaveLength(before + 1);
  expect([0, 1, 4, 5], again.out).toContain(again.exit);
});

it('G154: a clock that went back deletes nothing', async () => {
  const [oldest] = await host.points();
  if (oldest === undefined) throw new Error('no point');
  await host.ok('release', `domain/${domain.name}`);
  const doomed = await host.planned();
  expect(doomed.some((action) => action.startsWith('trash-chain'))).toBe(true);
  host.wrongBySeconds = -7200;
  const clock = await host.plan();
  host.wrongBySeconds = 0;
  const deletions = clock.actions.filter(({ kind }) => kind === 'trash-chain');
  for (const { blockedBy } of deletions) expect(blockedBy).not.toEqual([]);
  expect(clock.guards.map(({ code }) => code).concat(clock.notes.map(({ code }) => code))).toEqual(
    expect.arrayContaining([expect.stringMatching(/G154|clock/)]),
  );
});
