import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../src/process/run.ts';
import { buildProgram, eventually, LiveHost } from './host.ts';
import { Lab, type LabDomain, virsh } from './lab.ts';

const MiB = 1024 ** 2;

// Only a libvirtd that scripts/lab.sh started, or one that may be: it is killed here.
const mayRestart =
  existsSync('/run/holdfast-lab/libvirtd.pid') ||
  process.env['HOLDFAST_RESTART_LIBVIRTD'] === 'yes';

let main = '';
let lab: Lab;
let domain: LabDomain;
beforeAll(async () => {
  main = await buildProgram();
  lab = await Lab.create();
  domain = await lab.defineDomain();
  await domain.write('vda', 0, 8 * MiB, 0x11);
});
afterAll(async () => lab[Symbol.asyncDispose]());

const answers = async (): Promise<boolean> =>
  (
    await run({
      program: 'virsh',
      args: ['-q', '-c', 'qemu:///system', 'version'],
      timeoutSeconds: 20,
    })
  ).ok;

/** Ends libvirtd as a crash would, and starts it again. */
async function restartLibvirtd(): Promise<void> {
  const pid = Number(readFileSync('/run/libvirtd.pid', 'utf8'));
  process.kill(pid, 'SIGKILL');
  await eventually('libvirtd is gone', async () => !existsSync(`/proc/${pid}`));
  const args = ['--daemon', '--pid-file', '/run/libvirtd.pid'];
  spawn('/usr/sbin/libvirtd', args, { stdio: 'ignore', detached: true }).unref();
  await eventually('libvirtd answers', answers);
  if (existsSync('/run/holdfast-lab/libvirtd.pid')) {
    await run({
      program: 'cp',
      args: ['/run/libvirtd.pid', '/run/holdfast-lab/libvirtd.pid'],
      timeoutSeconds: 5,
    });
  }
}

it.runIf(mayRestart)(
  'libvirtd killed and started during a job: never a success, nothing left, the next apply converges',
  async () => {
    const host = new LiveHost(lab, 'libvirtd', { rate: '2MiB/s' });
    host.writePolicy([domain]);
    const child = host.child(
      main,
      '--json',
      'apply',
      '--auto-approve',
      '--now',
      `domain/${domain.name}`,
    );
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
    await host.ok('apply', '--auto-approve', '--now', `domain/${domain.name}`);
    const points = await host.points();
    expect(points.length).toBeGreaterThan(0);
    expect(points.every(({ fault }) => fault === null)).toBe(true);
    if (points.length === 1) {
      await host.newPoint(domain, truth);
      expect(await host.compareAll(domain)).toBe(1);
    }
    expect(await host.planned()).toEqual([]);
    expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
    expect((await virsh('checkpoint-list', domain.uuid, '--name')).trim().split('\n')).toHaveLength(
      1,
    );
    await expect(virsh('backup-dumpxml', domain.uuid)).rejects.toThrow(/no domain backup job/);
  },
);
