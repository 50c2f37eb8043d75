import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PointsReport } from '../../src/model/report.ts';
import { builtProgram as main } from './build.ts';
import { eventually } from './eventually.ts';
import { GuestLine, guestLineDevice } from './guest-line.ts';
import { agentAnswers, type Guest, startGuest } from './guest.ts';
import { type HostChild, LiveHost } from './host.ts';
import { virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const { lab } = privateLab();
let host: LiveHost;
let guest: Guest;
let line: GuestLine;

// Short, because these tests wait for it; what is asked of an agent that hangs is lost all the same.
const timeouts = { agent: '4s' };

beforeAll(async () => {
  guest = await startGuest(lab, undefined, guestLineDevice);
  line = await GuestLine.open(guest);
  // The agent stops in the middle of a freeze, when it was told to: its hook is called first.
  await line.run(
    "echo '[ \"$1\" = freeze ] && [ -e /tmp/hang ] && kill -STOP $PPID; exit 0' >/hook; sed -i '1i #!/bin/sh' /hook; chmod 755 /hook",
  );
  await line.run(
    'mv /bin/qemu-ga /bin/agent; printf \'#!/bin/sh\\nexec /bin/agent -F/hook "$@"\\n\' >/bin/qemu-ga; chmod 755 /bin/qemu-ga; killall qemu-ga',
  );
  await agentAnswers(guest.domain);
  host = new LiveHost(lab, 'hangs', { rule: { quiesce: 'try', timeouts } });
  host.writePolicy([guest.domain]);
  await host.ok('apply', '--auto-approve');
});
afterAll(async () => {
  line[Symbol.dispose]();
});

const hang = (): Promise<string> => line.run('kill -STOP $(pidof agent)');
const wake = (): Promise<string> => line.run('rm -f /tmp/hang; kill -CONT $(pidof agent)');

// The guest can write, and its agent answers: before each test, and after it.
beforeEach(async () => {
  await wake();
  await agentAnswers(guest.domain);
});
afterEach(async () => {
  await wake();
  await agentAnswers(guest.domain);
  expect(await agentStatus()).toBe('thawed');
  expect(await canWrite()).toBe(true);
  expect(await hasJob()).toBe(false);
});

async function agentStatus(): Promise<string> {
  const said = await virsh(
    'qemu-agent-command',
    guest.domain.uuid,
    '{"execute":"guest-fsfreeze-status"}',
  );
  return (JSON.parse(said) as { return: string }).return;
}

/** Whether a write to the disk comes to its end. */
const canWrite = async (): Promise<boolean> =>
  (await line.run('timeout 20 sh -c "echo x >/data/x && sync" && echo written || true')) ===
  'written';

const hasJob = async (): Promise<boolean> =>
  virsh('backup-dumpxml', guest.domain.uuid).then(
    () => true,
    () => false,
  );

/** Process ids of the guard of this domain's point. */
const guards = (): readonly number[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.includes('holdfast-guard') && words.includes(guest.domain.uuid);
      } catch {
        return false;
      }
    })
    .map(Number);

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

/** Starts a backup and returns when it has asked the guest to freeze. */
async function startBackup(): Promise<HostChild> {
  const child = host.child(
    main,
    '--json',
    'apply',
    '--auto-approve',
    '--now',
    `domain/${guest.domain.name}`,
  );
  await eventually('the guard has begun', async () => guards().length > 0);
  await eventually('the intent is told', async () =>
    child.events.some(({ kind }) => kind === 'intent'),
  );
  return child;
}

async function killBackup(child: HostChild): Promise<void> {
  child.kill('SIGKILL');
  expect(await child.ended()).toBe('SIGKILL');
}

const point = async (): Promise<unknown> => {
  const address = `domain/${guest.domain.name}`;
  const all = async () => (await host.json<PointsReport>('points', address)).points;
  const known = new Set((await all()).map((each) => each.point));
  await host.ok('apply', '--auto-approve', '--now', address);
  const fresh = (await all()).filter((each) => !known.has(each.point));
  expect(fresh).toHaveLength(1);
  return fresh[0]?.quiesce;
};

it('quiesce: try goes on without an agent that hangs; required refuses in words', async () => {
  await hang();
  expect(await point()).toMatchObject({ done: false, code: 'agent-timeout' });
  host.writePolicy([guest.domain], { rule: { quiesce: 'required', timeouts } });
  const before = await host.points();
  const ran = await host.run('apply', '--auto-approve', '--now', `domain/${guest.domain.name}`);
  expect(ran.exit).toBe(1);
  expect(ran.out).toContain('The guest was not frozen: Guest agent is not responding');
  expect(await host.points()).toEqual(before);
  host.writePolicy([guest.domain], { rule: { quiesce: 'try', timeouts } });
  await wake();
  await agentAnswers(guest.domain);
  expect(await host.planned()).toEqual([]);
  expect(await point()).toMatchObject({ done: true, code: 'frozen' });
});

it('I10, I14: SIGKILL while the agent hangs in a freeze: no job, the plan thaws, also what freezes late', async () => {
  await line.run('touch /tmp/hang');
  const child = await startBackup();
  await eventually('it hangs', async () =>
    (await line.run('cat /proc/$(pidof agent)/stat')).includes(' T '),
  );
  await killBackup(child);
  expect(await host.planned()).toContain(`thaw-domain domain/${guest.domain.name}`);
  await wake();
  await eventually('the guard is gone', async () => guards().length === 0);
  expect(await canWrite()).toBe(true);
  expect(await hasJob()).toBe(false);
  await host.ok('apply', '--auto-approve');
  expect(await host.planned()).toEqual([]);
  expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
  expect(await point()).toMatchObject({ done: true, code: 'frozen' });
});

it('I10, I14: the guard dies too: the guest is frozen, a job runs, and the next plan repairs both', async () => {
  await line.run('touch /tmp/hang');
  const child = await startBackup();
  await eventually('it hangs', async () =>
    (await line.run('cat /proc/$(pidof agent)/stat')).includes(' T '),
  );
  const asking = guards().flatMap(childrenOf);
  expect(asking).toHaveLength(1);
  for (const pid of guards()) process.kill(pid, 'SIGKILL');
  await killBackup(child);
  // Its virsh goes on: the agent says nothing, the job begins, and the thaw is lost.
  await eventually('virsh ends', async () => asking.every((pid) => !existsSync(`/proc/${pid}`)));
  expect(await hasJob()).toBe(true);
  await wake();
  await agentAnswers(guest.domain);
  expect(await agentStatus()).toBe('frozen');
  // A write waits in the guest's kernel, where nothing ends it but the thaw.
  await line.run('(echo x >/data/y; touch /tmp/written) >/dev/null 2>&1 & true');
  const planned = await host.planned();
  expect(planned).toContain(`thaw-domain domain/${guest.domain.name}`);
  expect(planned).toContain(`abort-job domain/${guest.domain.name}`);
  expect(await line.run('ls /tmp/written 2>/dev/null')).toBe('');
  await host.ok('apply', '--auto-approve');
  await eventually('the write ends', async () => (await line.run('ls /tmp/written')) !== '');
  expect(await hasJob()).toBe(false);
  expect(await host.planned()).toEqual([]);
  expect(await point()).toMatchObject({ done: true, code: 'frozen' });
});
