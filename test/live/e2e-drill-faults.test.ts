import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { DrillMemory } from '../../src/model/drill.ts';
import type { PointRow } from '../../src/model/report.ts';
import type { StatusReport } from '../../src/model/status-report.ts';
import { builtProgram as main } from './build.ts';
import { eventually } from './eventually.ts';
import { type HostChild, LiveHost } from './host.ts';
import { connection, type LabDomain, virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const { lab, libvirt } = privateLab();
let host: LiveHost;
let domain: LabDomain;
let point: PointRow;
let address = '';
/** A log that is called nearly like those of drills. */
let strangeLog = '';

// Nothing is on its disk that could boot: firmware, and then a screen that says so.
beforeAll(async () => {
  domain = await lab.defineDomain({
    agent: true,
    start: false,
    devices: `<video><model type='vga'/></video>`,
  });
  const usb = join(lab.dir, 'usb');
  mkdirSync(usb);
  host = new LiveHost(lab, 'drill-faults', {
    drill: { memory: '64MiB' },
    mirrors: { usb: { type: 'rsync', target: usb } },
    rule: { mirrors: ['usb'] },
  });
  host.writePolicy([domain]);
  address = `domain/${domain.name}`;
  await host.ok('apply', '--auto-approve', '--now', address);
  const points = await host.points();
  expect(points).toHaveLength(1);
  [point] = points as [PointRow];
  strangeLog = `${domain.name}-drill-of-somebody.log`;
  mkdirSync(logDirectory(), { recursive: true });
  writeFileSync(join(logDirectory(), strangeLog), 'x');
});

/** Starts the program where this libvirt has its logs. */
const start = (...args: readonly string[]): HostChild =>
  host.childUnder(libvirt.inside, main, ...args);

const logDirectory = (): string => `${connection.root}/var/log/libvirt/qemu`;

/** Logs of machines of this domain's drills. */
const logs = (): readonly string[] =>
  readdirSync(logDirectory())
    .filter((name) => name.startsWith(`${domain.name}-drill-`))
    .toSorted();

const drills = (): DrillMemory => {
  const file = join(host.store, 'domains', domain.name, 'drilled.json');
  return JSON.parse(readFileSync(file, 'utf8')) as DrillMemory;
};

/** Every file of the store's domains with its hash, but for what drills write. */
function storeFiles(): readonly string[] {
  const root = join(host.store, 'domains');
  return readdirSync(root, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('drilled.'))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
    })
    .toSorted();
}

/** Machines of drills of this domain that libvirt knows. */
const machines = async (): Promise<readonly string[]> =>
  (await virsh('list', '--all', '--name'))
    .split('\n')
    .filter((name) => name.startsWith(`${domain.name}-drill-`));

/** Image servers of this host. */
const servers = (): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return line.startsWith('qemu-nbd') && line.includes(host.dir);
    } catch {
      return false;
    }
  });

/** Starts a drill that nobody answers; the name of its machine, once it is up. */
async function startDrill(): Promise<{ readonly child: HostChild; readonly machine: string }> {
  const child = start('--json', 'drill', address, '--timeout', '5m');
  await child.reaches('wait');
  const [machine, ...others] = await machines();
  if (machine === undefined || others.length > 0) throw new Error('not one machine');
  // Or the tests that none is left would prove nothing.
  expect(logs()).toContain(`${machine}.log`);
  expect(servers()).toHaveLength(1);
  return { child, machine };
}

/** Nothing is left of any drill, and what is called nearly like one is. */
async function expectNothingLeft(): Promise<void> {
  expect(await machines()).toEqual([]);
  expect(host.jobFiles()).toEqual([]);
  expect(logs()).toEqual([strangeLog]);
  expect(await host.planned()).toEqual([]);
  // They are told to end, and nobody waits for that.
  await eventually('the image servers ended', async () => servers().length === 0);
}

async function apply(...more: readonly string[]): Promise<void> {
  const child = start('apply', '--auto-approve', ...more);
  expect(await child.ended(), child.out + child.err).toBe(0);
}

it('a machine that does not boot is a failed drill: exit 1, a picture, a note, and it is gone', async () => {
  const before = storeFiles();
  const child = start('drill', address, '--wait', 'agent', '--timeout', '2s');
  expect(await child.ended(), child.err).toBe(1);
  expect(child.out).toContain('Its agent did not answer within 2 s.');
  const { last, passed } = drills();
  expect(last).toMatchObject({
    result: 'failed',
    failure: { code: 'drill-silent', message: 'Its agent did not answer within 2 s.' },
    usableSeconds: null,
    point: point.point,
  });
  expect(passed).toBeNull();
  const picture = readFileSync(join(host.store, last.screenshot ?? ''));
  expect(picture.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  await expectNothingLeft();
  expect(before.length).toBeGreaterThan(0);
  expect(storeFiles()).toEqual(before);
  const status = await host.run('--json', 'status');
  expect(status.exit).toBe(1);
  const report = JSON.parse(status.out) as StatusReport;
  expect(report.domains.find(({ name }) => name === domain.name)?.drill).toMatchObject({
    wanted: false,
    drill: { last: { result: 'failed' } },
  });
});

it('what nobody asks is up at the end of its time; the copy of an instant at a mirror is booted where it lies', async () => {
  // A newer one, which is not the one of that instant.
  await apply('--now', address);
  expect(await host.points()).toHaveLength(2);
  const words = ['--point', point.frozenAt, '--from', 'usb', '--wait', 'none', '--timeout', '1s'];
  const child = start('drill', address, ...words);
  expect(await child.ended(), child.err).toBe(0);
  const { last } = drills();
  expect(last).toMatchObject({
    result: 'passed',
    point: point.point,
    mirror: 'usb',
    wait: 'none',
    usableSeconds: null,
  });
  const points = await host.json<{ readonly points: readonly PointRow[] }>('points', address);
  expect(points.points[0]?.drill).toMatchObject({ result: 'passed', mirror: 'usb' });
  await expectNothingLeft();
});

it('SIGTERM ends the machine and leaves nothing', async () => {
  const { child } = await startDrill();
  child.kill('SIGTERM');
  expect(await child.ended(), child.err).toBe(143);
  await expectNothingLeft();
});

it('SIGKILL: libvirt ends the machine, and the next apply removes what it stood on', async () => {
  const last = drills();
  const { child, machine } = await startDrill();
  child.kill('SIGKILL');
  expect(await child.ended(), child.err).toBe('SIGKILL');
  await eventually('the machine ended with its run', async () => (await machines()).length === 0);
  expect(host.jobFiles()).not.toEqual([]);
  expect(logs()).toContain(`${machine}.log`);
  expect(await host.planned()).toEqual([`end-drill ${address}`]);
  await apply();
  await expectNothingLeft();
  expect(drills()).toEqual(last);
});

it('a machine that libvirtd forgot to end, for it was restarted, is ended by the next apply', async () => {
  const { child, machine } = await startDrill();
  try {
    // The run must not see libvirtd go: it would end its drill.
    child.kill('SIGSTOP');
    await libvirt.kill();
    await libvirt.up();
  } finally {
    child.kill('SIGKILL');
  }
  expect(await child.ended(), child.err).toBe('SIGKILL');
  await eventually('libvirtd knows it again', async () =>
    virsh('domstate', machine).then(
      (state) => state === 'running',
      () => false,
    ),
  );
  const plan = await host.plan();
  expect(plan.actions.map(({ kind, address: of }) => `${kind} ${of}`)).toEqual([
    `end-drill ${address}`,
  ]);
  // No domain of its own: this policy ignores what it does not name.
  expect(plan.domains.find((one) => one.domain.name === machine)).toMatchObject({
    verdict: 'ignored',
  });
  await apply();
  await expectNothingLeft();
});
