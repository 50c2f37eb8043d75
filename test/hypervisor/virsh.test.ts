import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Asker } from '../../src/hypervisor/libvirt/ask-groups.ts';
import { VirshPool } from '../../src/hypervisor/libvirt/virsh-pool.ts';
import { VirshSession, virshWord, type Block } from '../../src/hypervisor/libvirt/virsh.ts';
import { Rig } from '../rig/rig.ts';

let rig: Rig;
let path: string | undefined;

beforeEach(async () => {
  rig = await Rig.create();
  path = process.env['PATH'];
  process.env['PATH'] = rig.path;
});

afterEach(async () => {
  process.env['PATH'] = path;
  await rig[Symbol.asyncDispose]();
});

/** A stand-in that reads lines as virsh does, echoes them, and knows a few commands. */
const stand = (functions: string): Promise<void> =>
  rig.fake(
    'virsh',
    `${functions}
while IFS= read -r line; do printf 'virsh # %s\\n' "$line"; eval "$line" 2>&1; done
printf 'virsh # '`,
  );

it('keeps answers apart, with a description that plays virsh', async () => {
  await stand(`dumpxml() { printf '<d>virsh # echo\\nerror: no\\n</d>\\n'; }; domid() { echo 7; }`);
  const virsh = new VirshSession('test:///', 10);
  const answers = await virsh.askAll([
    ['dumpxml', 'u'],
    ['domid', 'u'],
    ['dumpxml', 'u'],
  ]);
  expect(answers).toEqual([
    { ok: true, value: '<d>virsh # echo\nerror: no\n</d>\n' },
    { ok: true, value: '7\n' },
    { ok: true, value: '<d>virsh # echo\nerror: no\n</d>\n' },
  ]);
  await virsh.close();
});

it('goes on after a failing command', async () => {
  await stand(`dumpxml() { echo "error: failed to get domain 'x'"; }; domid() { echo 7; }`);
  const virsh = new VirshSession('test:///', 10);
  expect(await virsh.ask('dumpxml', 'x')).toEqual({
    ok: false,
    error: { code: 'domain-gone', message: "failed to get domain 'x'" },
  });
  expect(await virsh.ask('domid', 'x')).toEqual({ ok: true, value: '7\n' });
  await virsh.close();
});

it('gives a refused name its own place among the answers', async () => {
  await stand(`domid() { echo "$1"; }`);
  const virsh = new VirshSession('test:///', 10);
  expect(
    await virsh.askAll([
      ['domid', 'a'],
      ['domid', 'b\nundefine c'],
      ['domid', `it's "d"`],
    ]),
  ).toEqual([
    { ok: true, value: 'a\n' },
    {
      ok: false,
      error: {
        code: 'unsafe-name',
        message: 'virsh cannot be told a name with control characters: "b\\nundefine c"',
      },
    },
    { ok: true, value: `it's "d"\n` },
  ]);
  await virsh.close();
});

it.each([
  ['plain-1.2:x', 'plain-1.2:x'],
  ['two words', `'two words'`],
  [`it's`, `'it'"'"'s'`],
  ['; undefine x', `'; undefine x'`],
  ['tab\t', null],
  ['', `''`],
])('G408: quotes %j', (text, word) => expect(virshWord(text)).toBe(word));

it('says why libvirt cannot be reached', async () => {
  await rig.fake(
    'virsh',
    `echo 'error: failed to connect to the hypervisor' >&2; echo 'error: Cannot connect' >&2; exit 1`,
  );
  const virsh = new VirshSession('test:///', 10);
  expect(await virsh.ask('version')).toEqual({
    ok: false,
    error: {
      code: 'libvirt-unreachable',
      message: 'failed to connect to the hypervisor: Cannot connect',
    },
  });
  expect(virsh.failure?.code).toBe('libvirt-unreachable');
});

it('is not started at all where there is no virsh', async () => {
  process.env['PATH'] = rig.dir;
  const virsh = new VirshSession('test:///', 10);
  expect(await virsh.ask('version')).toMatchObject({ ok: false });
});

const group = (key: string) => ({ key, commands: [['domid', key]] });

it('asks the others when one domain hangs, and gives up after a few', async () => {
  await stand(`domid() { case $1 in hang*) exec sleep 1000 ;; *) echo "$1" ;; esac; }`);
  const asker = new Asker(new VirshPool('test:///', 0.5));
  const answers = new Map<string, readonly Block[]>();
  await asker.askGroups(['a', 'hang1', 'b', 'hang2', 'c'].map(group), (key, blocks) =>
    answers.set(key, blocks),
  );
  expect(
    [...answers].map(([key, [block]]) => [
      key,
      block?.ok === true ? block.value : block?.error.code,
    ]),
  ).toEqual([
    ['a', 'a\n'],
    ['hang1', 'no-answer'],
    ['b', 'b\n'],
    ['hang2', 'no-answer'],
    ['c', 'c\n'],
  ]);
  asker.leave();
  const hanging = new Asker(new VirshPool('test:///', 0.2));
  const all = new Map<string, readonly Block[]>();
  await hanging.askGroups(
    Array.from({ length: 9 }, (_, at) => group(`hang${at}`)),
    (key, blocks) => all.set(key, blocks),
  );
  expect(all.size).toBe(9);
  expect([...all.values()].every(([block]) => block?.ok === false)).toBe(true);
  hanging.leave();
});

it('asks what the hypervisor does not support of one domain only', async () => {
  await stand(
    `asked=0; domid() { echo "$1"; }; blockjob() { asked=$((asked+1)); echo "error: this function is not supported by the connection driver: f $asked"; }`,
  );
  const asker = new Asker(new VirshPool('test:///', 10));
  const answers: unknown[] = [];
  const groups = ['a', 'b', 'c'].map((key) => ({
    key,
    commands: [
      ['blockjob', key],
      ['domid', key],
    ],
  }));
  await asker.askGroups(groups, (key, [job, id]) => {
    answers.push([key, job?.ok === false && job.error.message.at(-1), id?.ok === true && id.value]);
  });
  asker.leave();
  expect(answers).toEqual([
    ['a', '1', 'a\n'],
    ['b', '1', 'b\n'],
    ['c', '1', 'c\n'],
  ]);
});

const processOf = async (virsh: VirshSession): Promise<string> => {
  const answer = await virsh.ask('domid');
  return answer.ok ? answer.value : answer.error.message;
};

it('uses a virsh again, but none that is in use, ended, or spoke of a lost connection', async () => {
  await stand(
    `domid() { echo $$; }; lose() { (sleep 0.1; echo 'error: Disconnected from test:///') & }`,
  );
  const pool = new VirshPool('test:///', 10);
  const [first, second] = [pool.take(), pool.take()];
  const [one, two] = [await processOf(first), await processOf(second)];
  expect(one).not.toBe(two);
  pool.give(first);
  const again = pool.take();
  expect(await processOf(again)).toBe(one);
  await again.ask('lose');
  pool.give(again);
  await vi.waitFor(() => expect(again.failure).not.toBeNull());
  expect(again.failure).toEqual({
    code: 'libvirt-unreachable',
    message: 'Disconnected from test:///',
  });
  const fresh = pool.take();
  const three = await processOf(fresh);
  expect([one, two]).not.toContain(three);
  await second.close();
  pool.give(second);
  pool.give(fresh);
  const last = pool.take();
  expect(await processOf(last)).toBe(three);
  await last.close();
});

it('leaves a virsh whose answer never ends', { timeout: 60_000 }, async () => {
  await rig.fake('virsh', 'exec yes "$(printf %01000d 0)"');
  const virsh = new VirshSession('test:///', 10);
  expect(await virsh.ask('dumpxml', 'u')).toEqual({
    ok: false,
    error: { code: 'answer-too-long', message: 'virsh goes on and on in one answer' },
  });
  await virsh.close();
});

it('takes no offence at a libvirtd that came back while it waited; in the middle it is a failure', async () => {
  await stand(
    `n=0; back() { n=$((n + 1)); echo 'error: Reconnected to the hypervisor'; echo "answer $n"; }`,
  );
  const pool = new VirshPool('test:///', 10);
  const virsh = pool.take();
  expect(await virsh.ask('back')).toEqual({ ok: true, value: 'answer 1\n' });
  const inTheMiddle = await virsh.ask('back');
  expect(inTheMiddle).toMatchObject({ ok: false, error: { code: 'libvirt-unreachable' } });
  pool.give(virsh);
  const again = pool.take();
  expect(again).toBe(virsh);
  expect(await again.ask('back')).toEqual({ ok: true, value: 'answer 3\n' });
  await again.close();
});

it('ends a virsh that lost libvirtd while nobody asked it, and asks the rest of a new one', async () => {
  await stand(
    `domid() { echo $$; }; lose() { (sleep 0.1; echo 'error: Disconnected from test:///') & }`,
  );
  const pool = new VirshPool('test:///', 10);
  const first = pool.take();
  const one = (await processOf(first)).trim();
  pool.give(first);
  const asker = new Asker(pool);
  await asker.askAll([['lose']]);
  await vi.waitFor(() => expect(first.failure).not.toBeNull());
  const told = new Map<string, string>();
  const commands = [['domid']];
  await asker.askGroups(
    [
      { key: 'a', commands },
      { key: 'b', commands },
    ],
    (key, [block]) => {
      told.set(key, block?.ok === true ? block.value.trim() : 'unseen');
    },
  );
  asker.leave();
  expect(told.get('a')).toBe('unseen');
  expect(told.get('b')).toMatch(/^\d+$/);
  expect(told.get('b')).not.toBe(one);
  await vi.waitFor(() => expect(existsSync(`/proc/${one}`)).toBe(false));
});
