import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { beginInChild } from './child.ts';
import { startGuest, type Guest } from './guest.ts';
import { Lab, compareImages, sh, virsh } from './lab.ts';
import { driverOf, look } from './look.ts';
import { checkpointsOf, expectNothingLeft, nameOf, opened, request, uriOf } from './points.ts';

let lab: Lab;
let guest: Guest;

beforeAll(async () => {
  lab = await Lab.create();
  guest = await startGuest(lab);
});

afterAll(async () => lab[Symbol.asyncDispose]());

const frozenStatus = '{"execute":"guest-fsfreeze-status"}';

// One test that fails must not make the others fail.
afterEach(async () => {
  if ((await guest.domain.state()).startsWith('paused')) await guest.domain.resume();
});

/** Whether the guest can write: a frozen file system would block it. */
const canWrite = (): Promise<string> =>
  guest.exec('timeout 20 sh -c "echo x >/data/alive && sync && cat /data/alive"');

it('sees the agent', async () => {
  expect((await look(lab, guest.domain)).agent).toBe('connected');
});

it('freezes for the instant of the point, and what was written before is in it, clean', async () => {
  await guest.exec('dd if=/dev/urandom of=/data/f bs=64k count=4; md5sum /data/f >/data/f.md5');
  const driver = driverOf(lab);
  const point = opened(await driver.begin(request(lab, guest.domain, 1, { quiesce: 'required' })));
  expect(point.quiesce).toMatchObject({ done: true, code: 'frozen' });
  expect(point.quiesce.frozenMilliseconds).toBeGreaterThan(0);
  expect(await canWrite()).toBe('x\n');
  const read = `${lab.dir}/read.raw`;
  await sh('nbdcopy', uriOf(point, 'vda'), read);
  expect(await point.end()).toEqual({ ok: true, value: undefined });
  await expectNothingLeft(lab, guest.domain);
  // A freeze leaves a file system that needs no repair, journal included.
  expect(await sh('sh', '-c', '/sbin/e2fsck -fn "$1"', 'sh', read)).toMatch(/files/);
  const inside = await sh(
    'sh',
    '-c',
    '/sbin/debugfs -R "cat /f" "$1" 2>/dev/null | md5sum',
    'sh',
    read,
  );
  const expected = await sh(
    'sh',
    '-c',
    '/sbin/debugfs -R "cat /f.md5" "$1" 2>/dev/null',
    'sh',
    read,
  );
  expect(inside.slice(0, 32)).toBe(expected.slice(0, 32));
  expect(expected.slice(0, 32)).toMatch(/^[0-9a-f]{32}$/);
  expect(await compareImages(read, read)).toBe('identical');
});

it('thaws when begin fails after the freeze', async () => {
  const driver = driverOf(lab);
  const given = request(lab, guest.domain, 2, { quiesce: 'required', base: 77 });
  expect(await driver.begin(given)).toMatchObject({ ok: false, error: { code: 'tracker-lost' } });
  expect(await canWrite()).toBe('x\n');
});

it('does not try a paused guest: required fails, try goes on', async () => {
  const driver = driverOf(lab);
  await guest.domain.pause();
  expect(await driver.begin(request(lab, guest.domain, 3, { quiesce: 'required' }))).toEqual({
    ok: false,
    error: {
      code: 'quiesce-failed',
      message:
        'The guest was not frozen: the domain is paused; look at qemu-guest-agent in the guest, or set quiesce: try.',
    },
  });
  const point = opened(await driver.begin(request(lab, guest.domain, 4, { quiesce: 'try' })));
  expect(point.quiesce).toEqual({ done: false, code: 'paused', frozenMilliseconds: null });
  expect(await point.abandon()).toEqual({ ok: true, value: undefined });
  expect(await guest.domain.state()).toBe('paused (user)');
});

it('I10: SIGKILL while the guest is frozen: the guard thaws it and aborts the job', async () => {
  const given = request(lab, guest.domain, 8, { quiesce: 'required' });
  const child = beginInChild(lab, given);
  const runs = () => readdir(join(lab.dir, 'run'), { recursive: true });
  // The output is there from the moment that the guard's virsh is started.
  while (!(await runs()).some((name) => name.endsWith('output'))) await setTimeout(5);
  child.kill('SIGKILL');
  await expect.poll(runs).toEqual([]);
  expect(await virsh('qemu-agent-command', guest.domain.uuid, frozenStatus)).toBe(
    '{"return":"thawed"}',
  );
  expect(await canWrite()).toBe('x\n');
  expect((await look(lab, guest.domain)).job).toBeNull();
  // The next run drops it.
  await virsh('checkpoint-delete', guest.domain.uuid, nameOf(8));
});

it('I10: thaws a guest that somebody left frozen', async () => {
  await virsh('domfsfreeze', guest.domain.uuid);
  expect(await driverOf(lab).thaw(guest.domain.uuid, 5)).toEqual({ ok: true, value: undefined });
  expect(await canWrite()).toBe('x\n');
});

it('falls back when the agent hangs, or fails if a freeze is required, and leaves nothing', async () => {
  const driver = driverOf(lab);
  const checkpoints = await checkpointsOf(guest.domain);
  await guest.exec('(sleep 1; kill -STOP $(pidof qemu-ga)) >/dev/null 2>&1 &');
  const ping = ['--timeout', '2', guest.domain.uuid, '{"execute":"guest-ping"}'];
  const answers = (): Promise<boolean> =>
    virsh('qemu-agent-command', ...ping).then(
      () => true,
      () => false,
    );
  await expect.poll(answers).toBe(false);
  const required = await driver.begin(request(lab, guest.domain, 5, { quiesce: 'required' }));
  expect(required).toEqual({
    ok: false,
    error: {
      code: 'quiesce-failed',
      message:
        'The guest was not frozen: Guest agent is not responding: Guest agent not available for now; look at qemu-guest-agent in the guest, or set quiesce: try.',
    },
  });
  expect(await checkpointsOf(guest.domain)).toBe(checkpoints);
  const point = opened(await driver.begin(request(lab, guest.domain, 6, { quiesce: 'try' })));
  expect(point.quiesce).toEqual({ done: false, code: 'agent-timeout', frozenMilliseconds: null });
  expect(await point.abandon()).toEqual({ ok: true, value: undefined });
  expect(await checkpointsOf(guest.domain)).toBe(checkpoints);
  await expectNothingLeft(lab, guest.domain);
});

it('a guest that is off needs no thaw', async () => {
  await guest.domain.stop();
  expect(await driverOf(lab).thaw(guest.domain.uuid, 5)).toEqual({ ok: true, value: undefined });
});
