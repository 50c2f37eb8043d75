import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Story } from './crash-stories.ts';
import type { CrashWorld } from './crash-world.ts';
import { eventually } from './eventually.ts';
import type { HostChild } from './host.ts';
import { virsh } from './lab.ts';
import type { PrivateLibvirt } from './private-libvirt.ts';
import { score } from './score.ts';
import { type Change, changesIn, isStopped, lastCall, straced } from './strace.ts';

/** Who is killed at a system call of the program: the program itself, or another while the program stands still there. */
export type Victim = 'holdfast' | 'qemu' | 'libvirtd';

/** The changes that a story's command makes when nobody is killed. */
export async function changesOf(world: CrashWorld, story: Story): Promise<readonly Change[]> {
  const command = await story.begin(world);
  const log = join(world.host.dir, 'whole.strace');
  const child = world.host.childUnder(straced(log), world.main, ...command);
  expect(await child.ended(), child.err).toBe(0);
  await world.compare(await world.meet());
  await story.after?.(world);
  const changes = changesIn(log, [world.host.lab.dir]);
  // A trace of nothing would let every story pass.
  expect(changes.length).toBeGreaterThan(10);
  return changes;
}

/** Lets a story's command meet a death at one of its changes, and the next run repair. */
export async function tryAt(
  world: CrashWorld,
  story: Story,
  change: Change,
  victim: Victim,
  libvirt: PrivateLibvirt,
): Promise<string> {
  const command = await story.begin(world);
  await world.meet();
  const log = join(world.host.dir, 'killed.strace');
  // That of the try before says that it has stopped.
  rmSync(log, { force: true });
  const signal = victim === 'holdfast' ? 'SIGKILL' : 'SIGSTOP';
  const wrap = straced(log, { change, does: { signal } });
  const child = world.host.childUnder(wrap, world.main, ...command);
  if (victim !== 'holdfast') await whileStopped(child, log, () => kill(world, victim, libvirt));
  const ended = await child.ended();
  const where = `${story.name}, ${victim} killed at ${lastCall(log)} (${change.call} ${change.number})`;
  expect(
    victim === 'holdfast' ? ['SIGKILL', 0] : [0, 1, 5, 7, 9],
    `${where}: ${child.err}`,
  ).toContain(ended);
  try {
    if (victim === 'qemu') await revive(world);
    const compared = world.compared;
    await world.settle();
    await story.after?.(world);
    score({ area: 'crash', kind: `${victim} ${story.name}`, compared: world.compared - compared });
  } catch (error) {
    throw new Error(`${where}\n${child.err}`, { cause: error });
  }
  return where;
}

/** Waits until the program stands still, or has ended before; then lets it go on. */
async function whileStopped(
  child: HostChild,
  log: string,
  meanwhile: () => Promise<void>,
): Promise<void> {
  let ended = false;
  void child.ended().then(() => (ended = true));
  await eventually('the program stands still', async () => ended || isStopped(log));
  if (ended) return;
  await meanwhile();
  child.kill('SIGCONT');
}

async function kill(world: CrashWorld, victim: Victim, libvirt: PrivateLibvirt): Promise<void> {
  if (victim === 'libvirtd') {
    await libvirt.kill();
    await libvirt.up();
    return;
  }
  // A domain that is off has no QEMU but during the job.
  if ((await world.domain.state()).startsWith('shut off')) return;
  world.trackerMayBeLost = true;
  await world.domain.kill9();
}

async function revive(world: CrashWorld): Promise<void> {
  if (world.state === 'running' && (await world.domain.state()).startsWith('shut off')) {
    await virsh('start', world.domain.uuid);
  }
}
