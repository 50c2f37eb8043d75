import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PointRow, PointsReport } from '../../src/model/report.ts';
import { builtProgram as main } from './build.ts';
import { LiveHost } from './host.ts';
import type { LabDomain } from './lab.ts';
import { farDirectory, farUser, startSshd, type FarHost } from './mirror-servers.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;
const directory = mkdtempSync(join(tmpdir(), 'hf-e2e-checks-'));

const { lab } = privateLab();
let far: FarHost;
let host: LiveHost;
let domain: LabDomain;
let chain: string;
let nas: string;
let usb: string;
/** The image of the second point: in the store, behind ssh, and in a directory of this host. */
let here: string;
let images: readonly string[];

/** The policy; how often copies are checked. */
function writePolicy(every: string): void {
  const { identityFile, knownHosts, port } = far;
  const target = `${farUser}@127.0.0.1:${nas}`;
  const shared = { type: 'rsync', retention: 'standard', verify: { every } };
  host.writePolicy([domain], {
    mirrors: {
      nas: { ...shared, target, ssh: { identityFile, knownHosts, port } },
      usb: { ...shared, target: usb, deletes: 'never' },
    },
  });
}

beforeAll(async () => {
  nas = farDirectory(join(directory, 'nas'));
  usb = join(directory, 'usb');
  mkdirSync(usb);
  far = await startSshd(directory, 17_622);
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 8 * MiB }] });
  host = new LiveHost(lab, 'checks', { rule: { mirrors: ['nas', 'usb'] } });
  writePolicy('30d');
  for (let count = 0; count < 2; count += 1) await host.takePoint(domain);
  const [, second] = await host.points(domain.name);
  if (second === undefined) throw new Error('no second point');
  ({ chain } = second);
  const [id = ''] = readdirSync(usb);
  const below = join('domains', domain.name, chain);
  const place = readdirSync(join(host.store, below)).find((name) => name.startsWith('0001-')) ?? '';
  const file = join(below, place, 'vda.qcow2');
  here = join(host.store, file);
  images = [join(nas, id, file), join(usb, id, file)];
});
afterAll(async () => {
  await far.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** What a plan would do; the more urgent of two checks is first, and here either may be. */
const planned = async (): Promise<readonly string[]> => (await host.planned()).toSorted();
const checks = () => ['nas', 'usb'].map((name) => `verify-copies ${name}:domain/${domain.name}`);
const repairs = () =>
  ['nas', 'usb'].map((name) => `copy-points ${name}:domain/${domain.name}/${chain}`);

/** What is wrong with the copies at a mirror. */
async function faults(mirror: string): Promise<readonly (string | null)[]> {
  const { points } = await host.json<PointsReport>('points', '--mirror', mirror);
  return points.map(({ fault }: PointRow) => fault);
}

it('each copy is checked once, by the plan after the one that made it', async () => {
  expect(await planned()).toEqual(checks());
  await host.ok('apply', '--auto-approve');
  expect(await planned()).toEqual([]);
});

it('a flipped bit is found when the copies are due, and counts for nothing there', async () => {
  for (const image of images) {
    const bytes = readFileSync(image);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(image, bytes);
  }
  expect(await planned()).toEqual([]);
  writePolicy('1s');
  await expect.poll(planned).toEqual(checks());
  const ran = await host.run('apply', '--auto-approve');
  expect(ran.exit, ran.err).toBe(1);
  for (const mirror of ['nas', 'usb']) {
    expect(ran.out).toContain(
      `1 of 2 copies are damaged and in quarantine there now: ${mirror}:domain/${domain.name}/${chain}/0001`,
    );
    expect(await faults(mirror)).toEqual([null, 'quarantined']);
  }
  expect((await host.points(domain.name)).map(({ fault }) => fault)).toEqual([null, null]);
});

it('they are copied again, killed at any instant, and sound then', async () => {
  writePolicy('30d');
  expect(await planned()).toEqual(repairs());
  for (const moment of ['step', 'action-finished']) {
    const child = host.child(main, '--json', 'apply', '--auto-approve');
    child.killAt('SIGKILL', (event) => event.kind === moment);
    // A machine that is slow to tell of the event may have let it come to its end.
    expect(['SIGKILL', 0], child.err).toContain(await child.ended());
    await expect.poll(() => far.sessions()).toEqual([]);
    // The marks go last: a copy is either in quarantine still, or whole.
    expect(repairs()).toEqual(expect.arrayContaining([...(await planned())]));
  }
  await host.run('apply', '--auto-approve');
  for (const [index, mirror] of ['nas', 'usb'].entries()) {
    expect(await faults(mirror)).toEqual([null, null]);
    expect(readFileSync(images[index] ?? '').equals(readFileSync(here))).toBe(true);
  }
  expect(await planned()).toEqual([]);
  expect(await host.ok('apply', '--auto-approve')).toContain('No changes.');
});
