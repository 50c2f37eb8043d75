import { expect, it } from 'vitest';
import { AgentChild } from './agent-child.ts';
import { builtProgram as main } from './build.ts';
import { eventually } from './eventually.ts';
import { LiveHost, type HostChild } from './host.ts';
import { virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab, libvirt } = privateLab();

const starts = {
  apply: (host: LiveHost): HostChild | AgentChild =>
    host.child(main, '--json', 'apply', '--auto-approve'),
  agent: (host: LiveHost): HostChild | AgentChild => AgentChild.start(host, main),
} as const;

it.each(['apply', 'agent'] as const)(
  'a second SIGTERM ends %s where it is, and the next apply repairs it (I10)',
  async (command) => {
    const host = new LiveHost(lab, `twice-${command}`, {
      rate: '1MiB/s',
      rule: { quiesce: 'never' },
    });
    const domain = await lab.defineDomain();
    await domain.write('vda', 0, 24 * MiB, 0x33);
    host.writePolicy([domain]);
    const child = starts[command](host);
    let isCopying = false;
    child.onEvent = () => {
      isCopying ||= child.events.some(({ kind }) => kind === 'progress');
    };
    await eventually('a copy', async () => isCopying);
    // Whoever looks meanwhile sees whose job it is.
    const atWork = child.events.find(({ kind }) => kind === 'progress')?.run;
    expect((await host.run('plan')).out).toContain(`run ${atWork} works on it`);
    expect((await host.run('status')).out).not.toContain("another program's job");
    // What would clean up waits for a libvirt that says nothing.
    const { pid } = libvirt;
    process.kill(pid, 'SIGSTOP');
    let ended: number | string | null = null;
    void child.ended().then((how) => (ended = how ?? 'unknown'));
    try {
      await eventually('the end', async () => {
        if (ended === null) child.kill('SIGTERM');
        return ended !== null;
      });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect([ended, child.err]).toEqual([143, expect.any(String)]);
    const said = command === 'apply' ? child.err : child.out;
    expect(said).toContain(
      command === 'apply'
        ? 'SIGTERM: ended at once. The journal says where; the next plan shows what is to be repaired.\n'
        : '"kind":"agent-stopping","by":"SIGTERM","atOnce":true',
    );
    expect(host.incoming()).toHaveLength(1);
    const left = await host.planned();
    expect(left.some((action) => action.startsWith('discard-incoming'))).toBe(true);
    host.writePolicy([domain], { rate: '1GiB/s' });
    // The guard of the dead run ends its job meanwhile: what one plan could not see yet is the next one's.
    await eventually('a host that converges', async () => {
      await host.run('apply', '--auto-approve');
      return (await host.planned()).length === 0;
    });
    expect(await host.points(domain.name)).toHaveLength(1);
    expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
    await expect(virsh('backup-dumpxml', domain.uuid)).rejects.toThrow(/no domain backup job/);
    expect(await domain.state()).toMatch(/^running/);
    const verified = await host.run('verify', `domain/${domain.name}`);
    expect(verified.exit, verified.out + verified.err).toBe(0);
  },
);
