import { open } from 'node:fs/promises';
import type { CheckpointName, DomainUuid } from '../../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import { run } from '../../process/run.ts';
import { withVirsh, type LibvirtHost } from './host.ts';
import { monitorBusy, withMonitorLock } from './monitor-lock.ts';
import { readPowerState } from './power-state.ts';
import { inPrivateFile } from './private-file.ts';
import { readQcow2Header } from './qcow2-header.ts';
import type { VirshSession } from './virsh.ts';

/** A checkpoint of ours that is to go, and the active images of a domain that is off. */
export interface CheckpointDrop {
  readonly uuid: DomainUuid;
  readonly name: CheckpointName;
  readonly images: readonly string[];
}

// Removing a bitmap rewrites a table of the image; a minute is a stuck disk.
const bitmapSeconds = 60;

/** Drops a checkpoint and its bitmaps; a success means that a new look found neither. */
export function dropCheckpoint(
  host: LibvirtHost,
  drop: CheckpointDrop,
): Promise<Result<void, Failure>> {
  return withVirsh(host, (virsh) => dropWith(virsh, host.runDir, drop));
}

/** The same with a virsh that is open. */
export async function dropWith(
  virsh: VirshSession,
  runDir: string,
  { uuid, name, images }: CheckpointDrop,
): Promise<Result<void, Failure>> {
  const stateAnswer = await virsh.ask('domstate', '--reason', uuid);
  if (!stateAnswer.ok) return stateAnswer;
  const off = readPowerState(stateAnswer.value)?.state === 'off';
  const before = await isListed(virsh, uuid, name);
  if (!before.ok) return before;
  if (before.value) {
    const dropped = await withMonitorLock(runDir, 'alone', () =>
      deleteListed(virsh, uuid, name, off),
    );
    if (dropped === null) return monitorBusy(`Checkpoint ${name} was not deleted`);
    if (!dropped.ok) return dropped;
  }
  if (off) {
    for (const image of images) {
      const removed = await removeBitmap(image, name);
      if (!removed.ok) return removed;
    }
  }
  const after = await isListed(virsh, uuid, name);
  if (!after.ok) return after;
  return after.value
    ? fail({
        code: 'checkpoint-remains',
        message: `Checkpoint ${name} is still listed after it was deleted.`,
      })
    : ok(undefined);
}

/** Whether libvirt lists a checkpoint. */
export async function isListed(
  virsh: VirshSession,
  uuid: DomainUuid,
  name: CheckpointName,
): Promise<Result<boolean, Failure>> {
  const answer = await virsh.ask('checkpoint-list', '--name', uuid);
  return answer.ok ? ok(answer.value.split('\n').includes(name)) : answer;
}

async function deleteListed(
  virsh: VirshSession,
  uuid: DomainUuid,
  name: CheckpointName,
  off: boolean,
): Promise<Result<void, Failure>> {
  const plain = ['checkpoint-delete', uuid, `--checkpointname=${name}`];
  // libvirt refuses the plain delete for a domain that is off (seen).
  const answer = await virsh.ask(...plain, ...(off ? ['--metadata'] : []));
  // After a kill -9 of QEMU there is no bitmap to delete, and the plain delete fails for that (seen).
  const settled =
    !answer.ok && answer.error.code === 'tracker-lost'
      ? await virsh.ask(...plain, '--metadata')
      : answer;
  return settled.ok ? ok(undefined) : settled;
}

/** Removes a bitmap from an image that no QEMU has open; without it in the first place all is well. */
async function removeBitmap(image: string, name: CheckpointName): Promise<Result<void, Failure>> {
  const before = await hasBitmap(image, name);
  if (!before.ok || !before.value) return before.ok ? ok(undefined) : before;
  const removed = await run({
    program: 'qemu-img',
    args: ['bitmap', '--remove', '-f', 'qcow2', '--', image, name],
    timeoutSeconds: bitmapSeconds,
  });
  if (!removed.ok) return removed;
  const after = await hasBitmap(image, name);
  if (!after.ok) return after;
  return after.value
    ? fail({
        code: 'bitmap-remains',
        message: `Bitmap ${name} is still in ${image} after it was removed.`,
      })
    : ok(undefined);
}

async function hasBitmap(image: string, name: CheckpointName): Promise<Result<boolean, Failure>> {
  try {
    const file = await open(image);
    try {
      const header = await readQcow2Header(file);
      return ok(header?.bitmaps.some((bitmap) => bitmap.name === name) ?? false);
    } finally {
      await file.close();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail({ code: 'image-unreadable', message: `${image} cannot be read: ${message}` });
  }
}

/**
 * Tells libvirt again of a checkpoint whose bitmaps are still there. A running
 * QEMU lets libvirt compare it with the bitmaps; of a domain that is off it
 * cannot, and the caller has looked at them.
 */
export function redefineCheckpoint(
  host: LibvirtHost,
  uuid: DomainUuid,
  checkpointXml: string,
): Promise<Result<void, Failure>> {
  return inPrivateFile(host.runDir, checkpointXml, (file) =>
    withVirsh(host, async (virsh) => {
      const state = await virsh.ask('domstate', '--reason', uuid);
      if (!state.ok) return state;
      const off = readPowerState(state.value)?.state === 'off';
      const command = ['checkpoint-create', uuid, '--xmlfile', file, '--redefine'];
      const answer = await virsh.ask(...command, ...(off ? [] : ['--redefine-validate']));
      return answer.ok ? ok(undefined) : answer;
    }),
  );
}
