import { beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { builtProgram as main } from './build.ts';
import { eventually } from './eventually.ts';
import { LiveHost } from './host.ts';
import { type LabDomain, virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();

const checkpoints = async (domain: LabDomain): Promise<readonly string[]> =>
  (await virsh('checkpoint-list', domain.uuid, '--name')).split('\n').filter((name) => name !== '');

const hasJob = async (domain: LabDomain): Promise<boolean> =>
  virsh('backup-dumpxml', domain.uuid).then(
    () => true,
    () => false,
  );

/** A moment of a run that a journal knows: what is about to be done, or was. */
function momentOf(event: RunEvent): string | null {
  switch (event.kind) {
    case 'step':
      return `step ${event.step}`;
    case 'intent':
      return `intent ${event.intent.kind}`;
    case 'intent-closed':
      return `closed ${event.intent}`;
    case 'action-started':
      return `started ${event.what}`;
    case 'action-finished':
      return 'finished';
    default:
      return null;
  }
}

// Side by side: each has a domain and a host of its own, and mostly waits for libvirt.
describe.concurrent.each(['running', 'off'] as const)('a domain that is %s', (state) => {
  let domain: LabDomain;
  let host: LiveHost;
  beforeAll(async () => {
    domain = await lab.defineDomain({ start: state === 'running' });
    host = new LiveHost(lab, `killed-${state}`, { rule: { quiesce: 'never' } });
    host.writePolicy([domain]);
    await host.takePoint(domain);
  });

  let pattern = 1;
  /** Something new on the disk. */
  const change = async (): Promise<void> => {
    pattern += 1;
    if (state === 'off') await domain.start();
    await domain.write('vda', pattern * MiB, 3 * 65536, pattern);
    if (state === 'off') await domain.stop();
  };

  it.sequential('I1, I3, I11: converges after SIGKILL at every kind of step', async () => {
    const now = ['--json', 'apply', '--auto-approve', '--now', `domain/${domain.name}`];
    await change();
    const truth = await host.truthOf(domain);
    const whole = host.child(main, ...now);
    expect(await whole.ended(), whole.err).toBe(0);
    await host.newPoint(domain, truth);
    const moments = [...new Set(whole.events.map(momentOf).filter((each) => each !== null))];
    expect(moments).toEqual(
      expect.arrayContaining(['step incoming', 'step publish', 'intent backup-job']),
    );
    let repaired = 0;
    for (const moment of moments) {
      await change();
      const before = await host.truthOf(domain);
      const known = new Set((await host.points(domain.name)).map(({ point }) => point));
      const child = host.child(main, ...now);
      child.killAt('SIGKILL', (event) => momentOf(event) === moment);
      const ended = await child.ended();
      expect([0, 'SIGKILL'], `${moment}: ${child.err}`).toContain(ended);
      // The guard of a dead run ends its job; until then a plan may have to.
      const plan = await host.plan();
      if (plan.actions.length > 0) {
        repaired += 1;
        await host.ok('apply', '--auto-approve');
      }
      expect(await host.planned(), moment).toEqual([]);
      expect(await domain.state(), moment).toMatch(state === 'off' ? /^shut off/ : /^running/);
      expect(await checkpoints(domain), moment).toHaveLength(1);
      expect(host.incoming(), moment).toEqual([]);
      // The guard of the dead run looks once a second, and tidies up when it has seen the job's end.
      await eventually(`${moment}: the guard is gone`, async () => host.jobFiles().length === 0);
      const fresh = (await host.points(domain.name)).filter(({ point }) => !known.has(point));
      if (fresh.length > 0) await host.newPoint(domain, before);
    }
    expect(repaired).toBeGreaterThan(0);
    await change();
    expect(await host.takePoint(domain)).toMatchObject({ level: 'increment', fault: null });
    expect(await host.compareAll(domain)).toBeGreaterThanOrEqual(3);
    // Two dozen runs and their repairs.
  }, 1_200_000);

  it.sequential.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s in mid-copy ends everything and says so (exit %d)', async (signal, exit) => {
    host.writePolicy([domain], { rate: '2MiB/s' });
    if (state === 'off') await domain.start();
    await domain.write('vda', 32 * MiB, 24 * MiB, 0x70 + exit);
    if (state === 'off') await domain.stop();
    const before = await checkpoints(domain);
    const child = host.child(
      main,
      '--json',
      'apply',
      '--auto-approve',
      '--now',
      `domain/${domain.name}`,
    );
    child.killAt(signal, ({ kind }) => kind === 'progress');
    expect(await child.ended(), child.err).toBe(exit);
    expect(child.events.some(({ kind }) => kind === 'progress')).toBe(true);
    expect(child.err).toContain(`${signal}: stopping. No further action is started.`);
    if (state === 'running') expect(await hasJob(domain)).toBe(false);
    expect(await domain.state()).toMatch(state === 'off' ? /^shut off/ : /^running/);
    expect(await checkpoints(domain)).toEqual(before);
    expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
    expect(await host.planned()).toEqual([]);
  });

  it.sequential('I14: SIGKILL in mid-copy leaves no job; the next plan shows the repairs, and apply does them', async () => {
    const child = host.child(
      main,
      '--json',
      'apply',
      '--auto-approve',
      '--now',
      `domain/${domain.name}`,
    );
    child.killAt('SIGKILL', ({ kind }) => kind === 'progress');
    expect(await child.ended()).toBe('SIGKILL');
    await eventually('the guard ends the job', async () => !(await hasJob(domain)));
    const planned = await host.planned();
    expect(planned.some((action) => action.startsWith('discard-incoming'))).toBe(true);
    if (state === 'off') {
      expect(planned.some((action) => action.startsWith('restore-power-state'))).toBe(true);
    }
    expect(host.incoming()).toHaveLength(1);
    await host.ok('apply', '--auto-approve');
    expect(host.incoming()).toEqual([]);
    // The guard looks once a second, and tidies up when it has seen the job's end.
    await eventually('the guard is gone', async () => host.jobFiles().length === 0);
    expect(await host.planned()).toEqual([]);
    expect(await domain.state()).toMatch(state === 'off' ? /^shut off/ : /^running/);
    host.writePolicy([domain], { rate: '1GiB/s' });
    expect(await host.takePoint(domain)).toMatchObject({ level: 'increment' });
    expect(await host.compareAll(domain)).toBeGreaterThanOrEqual(4);
  });
});
