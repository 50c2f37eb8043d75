import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtProgram as main } from './build.ts';
import { CrashWorld } from './crash-world.ts';
import { GuestLine, guestLineDevice } from './guest-line.ts';
import { startGuest } from './guest.ts';
import { LiveHost } from './host.ts';
import { connection, virsh } from './lab.ts';
import { isLong, itLong } from './long.ts';
import { privateLab } from './private-lab.ts';
import { score } from './score.ts';
import { SlowSocket } from './slow-socket.ts';

const { lab, libvirt } = privateLab();

// The driver waits 40 s for an answer: both sides of that are tried where somebody has the time.

const MiB = 1024 ** 2;

it.each([
  ['in mid-copy', isLong ? 15 : 3],
  ...(isLong ? [['in mid-copy', 60] as const] : []),
] as const)(
  'libvirt answers nothing %s for %i s: nothing is lost, and the next run converges',
  async (when, seconds) => {
    await using slow = await SlowSocket.listen(join(lab.dir, `slow-${seconds}`), libvirt.socket);
    connection.uri = `qemu+unix:///system?socket=${slow.path}`;
    const made = await CrashWorld.create(main, lab, `late-${seconds}`, 'running', {
      rate: '4MiB/s',
    });
    connection.uri = libvirt.uri;
    await made.write();
    await made.take();
    await made.domain.write('vda', 0, 8 * MiB, 0x55);
    await made.write();
    const now = ['--json', 'apply', '--auto-approve', '--now', made.address];
    const child = made.host.child(main, ...now);
    child.onEvent = ({ kind }) => {
      if (kind !== 'progress') return;
      child.onEvent = () => {};
      slow.stall(seconds);
    };
    expect([0, 1, 7, 9], child.err).toContain(await child.ended());
    expect(slow.late).toBeGreaterThan(0);
    expect(child.err).not.toContain('fault in holdfast');
    await made.settle();
    await made.write();
    await made.take();
    await made.settle();
    score({
      area: 'faults',
      kind: `libvirt silent ${when} for ${seconds} s`,
      compared: made.compared,
    });
  },
  400_000,
);

itLong(
  'libvirt answers nothing for a minute from the start: unseen, exit 9, and nothing is done',
  async () => {
    await using slow = await SlowSocket.listen(join(lab.dir, 'slow-start'), libvirt.socket);
    connection.uri = `qemu+unix:///system?socket=${slow.path}`;
    const made = await CrashWorld.create(main, lab, 'late-start', 'running');
    connection.uri = libvirt.uri;
    await made.write();
    await made.take();
    await made.write();
    slow.stall(60);
    const child = made.host.child(main, 'apply', '--auto-approve', '--now', made.address);
    expect([await child.ended(), child.out + child.err]).toEqual([
      9,
      expect.stringMatching(/libvirt.*(?:not answer|nothing|unseen|could not be seen)/s),
    ]);
    slow.stall(0);
    await made.settle();
    score({ area: 'faults', kind: 'libvirt silent at start for 60 s', compared: made.compared });
  },
  400_000,
);

it('a guest agent that hangs for ever: a point without a freeze, or none where a freeze is required', async () => {
  const guest = await startGuest(lab, undefined, guestLineDevice);
  using line = await GuestLine.open(guest);
  const host = new LiveHost(lab, 'hanging', {
    rule: { quiesce: 'try', timeouts: { agent: '5s' } },
  });
  host.writePolicy([guest.domain]);
  await line.run('kill -STOP $(pidof qemu-ga)');
  const point = await host.takePoint(guest.domain);
  expect(point).toMatchObject({ level: 'full', fault: null });
  host.writePolicy([guest.domain], { rule: { quiesce: 'required', timeouts: { agent: '5s' } } });
  const ran = await host.run('apply', '--auto-approve', '--now', `domain/${guest.domain.name}`);
  expect([ran.exit, `${ran.out}${ran.err}`]).toEqual([
    1,
    expect.stringContaining('quiesce-failed'),
  ]);
  expect(await guest.domain.state()).toMatch(/^running/);
  expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
  expect(await host.planned()).toEqual([]);
  expect(await host.compareAll(guest.domain)).toBe(1);
  score({ area: 'faults', kind: 'agent hangs', compared: 1 });
  await virsh('destroy', guest.domain.uuid);
});
