import { beforeAll, expect, it } from 'vitest';
import { builtProgram as main } from './build.ts';
import { LiveHost } from './host.ts';
import { type LabDomain, virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab, libvirt } = privateLab();
let domain: LabDomain;
beforeAll(async () => {
  domain = await lab.defineDomain();
  await domain.write('vda', 0, 8 * MiB, 0x11);
});

/** Ends libvirtd as a crash would, and starts it again. */
async function restartLibvirtd(): Promise<void> {
  await libvirt.kill();
  await libvirt.up();
}

it('libvirtd killed and started during a job: never a success, nothing left, the next apply converges', async () => {
  const host = new LiveHost(lab, 'libvirtd', { rate: '2MiB/s' });
  host.writePolicy([domain]);
  const now = ['--auto-approve', '--now', `domain/${domain.name}`];
  const child = host.child(main, '--json', 'apply', ...now);
  const restarted: Promise<void>[] = [];
  child.onEvent = ({ kind }) => {
    if (kind === 'progress' && restarted.length === 0) restarted.push(restartLibvirtd());
  };
  const ended = await child.ended();
  expect(restarted).toHaveLength(1);
  await Promise.all(restarted);
  expect([1, 7, 9], child.err).toContain(ended);
  expect(await host.points()).toEqual([]);
  host.writePolicy([domain], { rate: '1GiB/s' });
  await host.run('apply', '--auto-approve');
  const truth = await host.truthOf(domain);
  await host.ok('apply', ...now);
  const points = await host.points();
  expect(points.length).toBeGreaterThan(0);
  expect(points.every(({ fault }) => fault === null)).toBe(true);
  if (points.length === 1) {
    await host.newPoint(domain, truth);
    expect(await host.compareAll(domain)).toBe(1);
  }
  expect(await host.planned()).toEqual([]);
  expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
  const checkpoints = await virsh('checkpoint-list', domain.uuid, '--name');
  expect(checkpoints.trim().split('\n')).toHaveLength(1);
  await expect(virsh('backup-dumpxml', domain.uuid)).rejects.toThrow(/no domain backup job/);
});
