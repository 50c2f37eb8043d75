import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { PointRow } from '../../src/model/report.ts';
import type { StatusReport } from '../../src/model/status-report.ts';
import { LiveHost } from './host.ts';
import { type LabDomain } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;
const day = 86_400;

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
let points: readonly PointRow[];
let image: string;
let good: Buffer;
let nas: string;
beforeAll(async () => {
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 16 * MiB }] });
  nas = join(lab.dir, 'nas');
  mkdirSync(nas);
  host = new LiveHost(lab, 'verify', {
    mirrors: { nas: { type: 'rsync', target: nas, retention: 'standard' } },
    rule: { mirrors: ['nas'], verify: { every: '7d', depth: 'replay' } },
  });
  host.writePolicy([domain]);
  for (let count = 0; count < 3; count += 1) await host.takePoint(domain);
  points = await host.points(domain.name);
  const [, second] = points;
  if (second === undefined) throw new Error('no second point');
  image = join(host.pointDirectory(second), 'vda.qcow2');
  good = readFileSync(image);
});

/** The image, with the last bit of it another. */
function flip(path: string): void {
  const bad = Buffer.from(good);
  bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
  writeFileSync(path, bad);
}

const faults = async () => (await host.points(domain.name)).map(({ fault }) => fault);

/** What `status` says of the checks of the domain. */
async function checks() {
  const { out } = await host.run('--json', 'status');
  const report = JSON.parse(out) as StatusReport;
  return report.domains.find(({ name }) => name === domain.name)?.checks;
}

it('checks each point once, the newest by the plan after the one that took it', async () => {
  expect(await checks()).toMatchObject({ depth: 'replay', never: 1, overdue: 1 });
  expect(await host.planned()).toEqual([`verify-points domain/${domain.name}`]);
  await host.ok('apply', '--auto-approve');
  expect(await checks()).toMatchObject({ never: 0, overdue: 0 });
  expect(await host.planned()).toEqual([]);
});

it('finds a flipped bit when the points are due again, and builds nothing on the point', async () => {
  flip(image);
  expect(await host.planned()).toEqual([]);
  host.aheadSeconds = 8 * day;
  expect(await host.planned()).toEqual([`verify-points domain/${domain.name}`]);
  const ran = await host.run('apply', '--auto-approve');
  expect(ran.exit, ran.err).toBe(1);
  expect(`${ran.out}${ran.err}`).toContain('1 of 3 points are damaged and in quarantine now');
  expect(await faults()).toEqual([null, 'quarantined', 'parent-faulty']);
  const { actions } = await host.plan('--now', `domain/${domain.name}`);
  const backup = actions.find((action) => action.kind === 'backup');
  expect(backup).toMatchObject({ level: 'full' });
  expect(backup?.reasons).toContainEqual({ code: 'parent-faulty' });
});

it('heals it from the mirror, file by file, and goes on with the chain', async () => {
  const [, second] = points;
  expect(await host.planned()).toEqual([`heal ${second?.address}`]);
  await host.ok('apply', '--auto-approve');
  expect(await faults()).toEqual([null, null, null]);
  expect(readFileSync(image).equals(good)).toBe(true);
  // The heal compared every byte; that it can be read through its chain is for a check to say.
  expect(await host.planned()).toEqual([`verify-points domain/${domain.name}`]);
  await host.ok('apply', '--auto-approve');
  expect(await host.planned()).toEqual([]);
  expect(await host.compareAll(domain)).toBe(3);
  const { actions } = await host.plan('--now', `domain/${domain.name}`);
  expect(actions.find((action) => action.kind === 'backup')).toMatchObject({ level: 'increment' });
});

it('a bit of both copies: said, nothing worse made of it, and healed once the mirror has a sound one', async () => {
  const [, second] = points;
  const copy = image.replace(host.store, join(nas, readdirSync(nas)[0] ?? ''));
  expect(readFileSync(copy).equals(good)).toBe(true);
  flip(image);
  flip(copy);
  host.aheadSeconds += 8 * day;
  expect((await host.run('apply', '--auto-approve')).exit).toBe(1);
  expect(await host.planned()).toEqual([`heal ${second?.address}`]);
  const ran = await host.run('apply', '--auto-approve');
  expect(ran.exit, ran.err).toBe(1);
  expect(`${ran.out}${ran.err}`).toContain('is damaged too (vda.qcow2), so nothing was healed');
  const { actions, notes } = await host.plan();
  expect(actions).toEqual([]);
  expect(notes.map((one) => [one.code, one.address])).toContainEqual([
    'no-sound-copy',
    second?.address,
  ]);
  expect(await faults()).toEqual([null, 'quarantined', 'parent-faulty']);
  writeFileSync(copy, good);
  // A new look at the copy is what lets a heal try it again.
  await host.ok('verify', `nas:${second?.address}`);
  expect(await host.planned()).toEqual([`heal ${second?.address}`]);
  await host.ok('apply', '--auto-approve');
  expect(await faults()).toEqual([null, null, null]);
  expect(readFileSync(image).equals(good)).toBe(true);
  expect(await host.compareAll(domain)).toBe(3);
});
