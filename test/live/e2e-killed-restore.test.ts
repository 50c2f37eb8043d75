import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import type { PointRow } from '../../src/model/report.ts';
import { builtProgram as main } from './build.ts';
import { eventually } from './eventually.ts';
import { LiveHost } from './host.ts';
import { compareImages, type LabDomain, virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';
import { changesIn, straced } from './strace.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
let point: PointRow;
let truth: ReadonlyMap<string, string>;

beforeAll(async () => {
  domain = await lab.defineDomain({
    disks: [
      { target: 'vda', sizeBytes: 64 * MiB },
      { target: 'vdb', sizeBytes: 16 * MiB },
    ],
  });
  host = new LiveHost(lab, 'killed-restore');
  host.writePolicy([domain]);
  await domain.write('vda', 0, 48 * MiB, 0x11);
  await domain.write('vdb', 0, MiB, 0x21);
  truth = await host.truthOf(domain);
  await host.ok('apply', '--auto-approve', '--now', `domain/${domain.name}`);
  point = await host.newPoint(domain, truth);
  await domain.write('vda', 0, MiB, 0x13);
  await domain.stop();
});

/** A moment of a run that its journal knows. */
function momentOf(event: RunEvent): string | null {
  switch (event.kind) {
    case 'step':
      return `step ${event.step}`;
    case 'intent':
      return `intent ${event.intent.kind}`;
    case 'intent-closed':
      return `closed ${event.intent}`;
    case 'action-started':
      return 'started';
    case 'progress':
      return event.doneBytes > 0 ? 'in mid-copy' : null;
    default:
      return null;
  }
}

/** Whatever carries a run's name among images, sockets and scratch. */
const leftovers = (): readonly string[] => [
  ...readdirSync(lab.dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes('.restoring-'),
  ),
  ...host.jobFiles(),
];

/** Processes of a program that work on this host's files. */
const working = (program: string): readonly string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return line.startsWith(program) && (line.includes(host.dir) || line.includes(lab.dir));
      } catch {
        return false;
      }
    });
const servers = (): readonly string[] => working('qemu-nbd');

const isDefined = async (name: string): Promise<boolean> =>
  virsh('domuuid', name).then(
    () => true,
    () => false,
  );

/** Names in a directory; none if it was not made. */
const names = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory) : [];

/** Kills the restore at a moment; then plans, applies, and plans again. Gives what was planned. */
async function killedAt(moment: string, args: readonly string[]): Promise<readonly string[]> {
  const child = host.child(main, '--json', 'restore', point.address, '--auto-approve', ...args);
  child.killAt('SIGKILL', (event) => momentOf(event) === moment);
  expect([0, 'SIGKILL'], `${moment}: ${child.err}`).toContain(await child.ended());
  // What it had started to write with is dead with it, as soon as the kernel has come to it.
  await eventually(`${moment}: qemu-img is dead`, async () => working('qemu-img').length === 0);
  const planned = await host.planned();
  // Twice where an image was set aside: what it holds is seen when it is back.
  if (planned.length > 0) await applied();
  if ((await host.planned()).length > 0) await applied();
  expect(await host.planned(), moment).toEqual([]);
  return planned;
}

/** Applies; 9 while an image is set aside. */
async function applied(): Promise<void> {
  const ran = await host.run('apply', '--auto-approve');
  expect([0, 9], `${ran.out}${ran.err}`).toContain(ran.exit);
}

/** Moments of a restore that is left alone. */
async function momentsOf(args: readonly string[]): Promise<readonly string[]> {
  const child = host.child(main, '--json', 'restore', point.address, '--auto-approve', ...args);
  expect(await child.ended(), child.err).toBe(0);
  const moments = new Set(child.events.map(momentOf).filter((each) => each !== null));
  expect([...moments]).toContain('intent restore-files');
  return [...moments];
}

it('I1: in place, SIGKILL at each moment leaves the old images or the new, and nothing beside them', async () => {
  const image = domain.disks[0]?.path ?? '';
  const old = await domain.copyOf('vda');
  const moments = await momentsOf(['--in-place']);
  expect(moments).toContain('intent restore-swap');
  const seen = new Set<string>();
  for (const moment of moments) {
    const before = await domain.copyOf('vda');
    for (const each of await killedAt(moment, ['--in-place'])) seen.add(each);
    expect(leftovers(), moment).toEqual([]);
    const now = await Promise.all(
      [before, truth.get('vda') ?? '', old].map(async (each) => compareImages(each, image)),
    );
    expect(now, moment).toContain('identical');
  }
  expect([...seen]).toContain(`discard-files domain/${domain.name}`);
});

it('SIGKILL between setting aside and defining: the plan shows put-back, and it puts back', async () => {
  const putBack = `put-back domain/${domain.name}`;
  const args = ['--json', 'restore', point.address, '--in-place', '--auto-approve'];
  const log = join(host.dir, 'restore.strace');
  expect(await host.childUnder(straced(log), main, ...args).ended()).toBe(0);
  const renames = changesIn(log, [lab.dir]).filter(({ call }) => call === 'rename');
  const aside = renames.findIndex(({ paths }) => paths.at(-1)?.includes('before-restore'));
  const [, next] = renames.slice(aside);
  if (aside < 0 || next === undefined) throw new Error('nothing was set aside');
  for (const name of readdirSync(lab.dir)) {
    if (name.includes('before-restore')) rmSync(join(lab.dir, name));
  }
  const old = await domain.copyOf('vda');
  const wrap = straced(log, { change: next, does: { signal: 'SIGKILL' } });
  expect(await host.childUnder(wrap, main, ...args).ended()).toBe('SIGKILL');
  const planned = await host.planned();
  expect(planned).toContain(putBack);
  // A second restore would be undone by the put-back of the first.
  const again = await host.run('restore', point.address, '--in-place', '--auto-approve');
  expect([again.exit, again.err]).toEqual([
    1,
    expect.stringMatching(
      new RegExp(
        `^holdfast: ${domain.name} was being restored by run \\S+, which died, and its old image is still \\S+\\.before-restore-\\S+: holdfast apply puts it back \\(or move it away, if nobody needs it\\), then restore again\n$`,
      ),
    ),
  ]);
  await applied();
  expect(await compareImages(old, domain.disks[0]?.path ?? '')).toBe('identical');
  expect((await host.planned()).filter((action) => action.startsWith('put-back'))).toEqual([]);
});

it('as a new domain, SIGKILL at each moment: what is not defined is not left half', async () => {
  const name = `${domain.name}-new`;
  const to = join(lab.dir, 'new');
  const args = ['--as', name, '--to', to];
  const moments = await momentsOf(args);
  for (const moment of moments) {
    if (await isDefined(name)) await lab.forget(name);
    rmSync(to, { recursive: true, force: true });
    await killedAt(moment, args);
    expect(leftovers(), moment).toEqual([]);
    // An image in its place is whole, whether or not its domain was defined.
    for (const file of names(to)) {
      const target = /vda|vdb/.exec(file)?.[0] ?? '';
      expect(await compareImages(truth.get(target) ?? '', join(to, file)), moment).toBe(
        'identical',
      );
    }
  }
  if (await isDefined(name)) await lab.forget(name);
});

it('at once, SIGKILL at each moment leaves no server, unless a domain stands on it', async () => {
  const name = `${domain.name}-look`;
  const to = join(lab.dir, 'look');
  const chain = `domain/${domain.name}/${point.chain}`;
  const args = ['--instant', '--as', name, '--to', to];
  const end = async (): Promise<void> => {
    if (await isDefined(name)) await lab.forget(name);
    rmSync(to, { recursive: true, force: true });
    await host.run('release', chain);
  };
  const moments = await momentsOf(args);
  for (const moment of moments) {
    await end();
    await eventually('the servers end', async () => servers().length === 0);
    rmSync(join(host.dir, 'run'), { recursive: true, force: true });
    await killedAt(moment, args);
    if (await isDefined(name)) continue;
    expect([leftovers(), servers()], moment).toEqual([[], []]);
  }
  await end();
});
