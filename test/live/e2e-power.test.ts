import { beforeAll, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { LiveHost } from './host.ts';
import { type LabDomain, virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
beforeAll(async () => {
  domain = await lab.defineDomain({ start: false });
  host = new LiveHost(lab, 'power', { schedule: '0 * * * *' });
  host.writePolicy([domain]);
});

const anHour = 3600;

it('I11: takes points of a domain that is off, and leaves it off', async () => {
  const truth = await host.truthOf(domain);
  await host.ok('apply', '--auto-approve');
  expect(await host.newPoint(domain, truth)).toMatchObject({ level: 'full' });
  expect(await domain.state()).toMatch(/^shut off/);
});

it('skips it while it is unchanged, and meets its schedule nevertheless', async () => {
  host.aheadSeconds += 2 * anHour;
  const plan = await host.plan();
  expect(plan.actions).toEqual([]);
  expect(plan.domains.find(({ domain: { name } }) => name === domain.name)).toMatchObject({
    verdict: 'up-to-date',
    reasons: [{ code: 'unchanged' }],
  });
  expect(await host.ok('status')).toContain(domain.name);
});

it('takes an increment once it has changed', async () => {
  await domain.start();
  await domain.write('vda', 0, MiB, 0x61);
  await domain.stop();
  const truth = await host.truthOf(domain);
  await host.ok('apply', '--auto-approve');
  expect(await host.newPoint(domain, truth)).toMatchObject({ level: 'increment' });
  expect(await domain.state()).toMatch(/^shut off/);
  expect(await host.compareAll(domain)).toBe(2);
  host.aheadSeconds += 2 * anHour;
  expect(await host.planned()).toEqual([]);
});

it('I11: leaves a paused domain paused', async () => {
  await domain.start('--paused');
  await host.takePoint(domain);
  expect(await domain.state()).toMatch(/^paused/);
  await domain.resume();
});

it('I11: never consumes a managed save', async () => {
  await domain.write('vda', MiB, MiB, 0x62);
  await virsh('managedsave', domain.uuid);
  host.aheadSeconds += 2 * anHour;
  const plan = await host.plan();
  expect(plan.actions).toEqual([]);
  expect(plan.domains.find(({ domain: { name } }) => name === domain.name)).toMatchObject({
    verdict: 'waiting',
    reasons: [{ code: 'managed-save' }],
  });
  await host.run('apply', '--auto-approve');
  expect(await virsh('dominfo', domain.uuid)).toMatch(/Managed save: +yes/);
  await domain.start();
});

it('says that the tracker is lost when QEMU was killed, and takes a full', async () => {
  await domain.write('vda', 2 * MiB, MiB, 0x63);
  await domain.kill9();
  await domain.start();
  const plan = await host.plan('--now', `domain/${domain.name}`);
  const [backup] = plan.actions.filter(({ kind }) => kind === 'backup');
  expect(backup).toMatchObject({ kind: 'backup', level: 'full' });
  expect(JSON.stringify(backup)).toMatch(/tracker-lost|tracker-broken|bitmap/);
  expect(await host.takePoint(domain)).toMatchObject({ level: 'full', sequence: 0 });
  expect(await host.planned()).toEqual([]);
  expect(await host.compareAll(domain)).toBe(4);
});

it('I11: leaves a domain running that a person resumed during the point', async () => {
  await domain.write('vda', 4 * MiB, 32 * MiB, 0x64);
  await domain.stop();
  host.writePolicy([domain], { rate: '8MiB/s' });
  host.aheadSeconds += 2 * anHour;
  const applied = host.run('apply', '--auto-approve');
  await eventually('the copy is under way', async () =>
    virsh('backup-dumpxml', domain.uuid).then(
      () => true,
      () => false,
    ),
  );
  await domain.resume();
  const { exit, out, err } = await applied;
  expect(await domain.state(), `${out}${err}`).toMatch(/^running/);
  expect(exit, `${out}${err}`).toBe(0);
});
