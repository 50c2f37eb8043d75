import { closeSync, constants, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { convertImage } from '../image/qemu-img.ts';
import type { DomainRef, Restore, RestoreImage } from '../model/action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { during } from './not-done.ts';
import { checkLayers, makeDirectoryOf, newestLayer, syncFile } from './restore-images.ts';
import { syncDirectory, temporaryOf } from './restore-swap.ts';
import type { Tools } from './tools.ts';

/** The images of a restore that go to block devices. */
export const devicesOf = ({ images }: Restore): readonly RestoreImage[] =>
  images.filter(({ toKind }) => toKind === 'block');

/** Compares every hash of what goes to devices; they cannot be put back, so nothing is touched before. */
export async function checkDevices(
  action: Restore,
  tools: Tools,
  progress: (bytes: number) => void,
): Promise<Result<void, Failure>> {
  for (const image of devicesOf(action)) {
    const checked = await checkLayers(action, image, tools, progress);
    if (!checked.ok) return checked;
  }
  return ok(undefined);
}

/** Devices that nobody on this host can mount or take until they are let go. */
export interface ClaimedDevices {
  letGo(): void;
}

/** Takes the devices as a mount would: one that is mounted, or part of a volume group, is refused by the kernel. */
export function claimDevices(action: Restore): Result<ClaimedDevices, Failure> {
  const open: number[] = [];
  const letGo = (): void => open.splice(0).forEach((descriptor) => closeSync(descriptor));
  for (const { to } of devicesOf(action)) {
    try {
      // Without O_CREAT, O_EXCL is about block devices only (open(2)); QEMU does not ask for it.
      open.push(openSync(to, constants.O_RDONLY | constants.O_EXCL));
    } catch (error) {
      letGo();
      const message = `${to} cannot be taken for the restore, nothing was written to it: ${String(error)}`;
      return fail({ code: 'device-claimed', message });
    }
  }
  return ok({ letGo });
}

/** Copies the old content of devices away, where that was asked for, bit for bit whatever it means. */
export async function keepDevices(action: Restore, tools: Tools): Promise<Result<void, Failure>> {
  for (const { to, asideAs } of devicesOf(action)) {
    if (asideAs === null) continue;
    if (existsSync(asideAs)) {
      return fail({ code: 'path-exists', message: `${asideAs} exists: move it away first` });
    }
    const made = makeDirectoryOf(asideAs);
    if (!made.ok) return made;
    const temporary = temporaryOf(asideAs, tools);
    const copied = await convertImage({
      source: { path: to, format: 'raw' },
      target: { path: temporary, format: 'qcow2', exists: false },
      signal: tools.signal,
    });
    if (!copied.ok) {
      rmSync(temporary, { force: true });
      return fail(during(`Keeping the old content of ${to}`, copied.error));
    }
    syncFile(temporary);
    renameSync(temporary, asideAs);
    syncDirectory(asideAs);
  }
  return ok(undefined);
}

/** Notes which devices are about to be written, so that the next plan knows after a death. */
export function noteDevices(action: Restore, tools: Tools): Result<void, Failure> {
  const devices = devicesOf(action).map(({ to }) => to);
  if (devices.length === 0) return ok(undefined);
  return tools.log.open({ kind: 'device-write', ...domainOf(action), devices });
}

/** The domain whose disks the devices become. */
function domainOf({ define, domain }: Restore): DomainRef {
  return define === null ? domain : { uuid: define.uuid, name: define.name };
}

/**
 * Overwrites the devices, the last step, because it is the one that cannot be
 * undone; not if what came before has failed. What may be half written stays
 * noted, and what an earlier run left half written is whole now.
 */
export async function writeNoted(
  action: Restore,
  before: Result<void, Failure>,
  tools: Tools,
): Promise<Result<void, Failure>> {
  if (devicesOf(action).length === 0) return before;
  const written = before.ok ? await writeDevices(action, tools) : before;
  if (written.ok || !before.ok) tools.log.close('device-write');
  if (written.ok) await settleEarlier(action, tools);
  return written;
}

async function settleEarlier(action: Restore, tools: Tools): Promise<void> {
  const runs = await tools.drivers.journals.dead();
  const whole = new Set(devicesOf(action).map(({ to }) => to));
  const { uuid } = domainOf(action);
  for (const { run, open } of runs.seen ? runs.value : []) {
    const isWhole = open.some(
      (intent) =>
        intent.kind === 'device-write' &&
        intent.uuid === uuid &&
        intent.devices.every((device) => whole.has(device)),
    );
    const settled = isWhole ? await tools.dismiss(run, uuid, 'device-write') : ok(undefined);
    if (!settled.ok) tools.log.warn(settled.error);
  }
}

async function writeDevices(action: Restore, tools: Tools): Promise<Result<void, Failure>> {
  for (const image of devicesOf(action)) {
    const { to, format, asideAs } = image;
    const written = await convertImage({
      source: { path: newestLayer(action, image), format: 'qcow2' },
      // A raw device is the disk itself; a qcow2 one gets a header and tables of its own.
      target: { path: to, format, exists: format === 'raw' },
      signal: tools.signal,
    });
    if (!written.ok) {
      const kept = asideAs === null ? '' : ` Its old content is in ${asideAs}.`;
      const { code, message } = during(`Writing ${to}`, written.error);
      return fail({
        code,
        message: `${message}. ${to} may be half written: do not start ${action.domain.name}, restore it again.${kept}`,
      });
    }
    syncFile(to);
  }
  return ok(undefined);
}
