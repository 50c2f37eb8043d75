import type { DomainRef } from '../model/action-base.ts';
import type { Restore, RestoreImage } from '../model/restore-action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { during } from './not-done.ts';
import { onHost } from './on-host.ts';
import { checkLayers, makeDirectoryOf, newestLayer } from './restore-images.ts';
import { temporaryOf } from './restore-swap.ts';
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

/** Takes all devices, or none. */
export function claimDevices(action: Restore, { drivers }: Tools): Result<ClaimedDevices, Failure> {
  const claimed: ClaimedDevices[] = [];
  const letGo = (): void => claimed.splice(0).forEach((one) => one.letGo());
  for (const { to } of devicesOf(action)) {
    try {
      claimed.push(drivers.files.claimDevice(to));
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
  const { files, pointImages } = tools.drivers;
  for (const { to, asideAs } of devicesOf(action)) {
    if (asideAs === null) continue;
    if (files.exists(asideAs)) {
      return fail({ code: 'path-exists', message: `${asideAs} exists: move it away first` });
    }
    const made = await makeDirectoryOf(asideAs, tools);
    if (!made.ok) return made;
    const temporary = temporaryOf(asideAs, tools);
    const copied = await pointImages.convert({
      source: { path: to, format: 'raw' },
      target: { path: temporary, format: 'qcow2', exists: false },
      signal: tools.signal,
    });
    const keeping = `Keeping the old content of ${to}`;
    if (!copied.ok) return fail(during(keeping, copied.error));
    const kept = await onHost(keeping, async () => {
      await files.makeLasting(temporary, asideAs);
      await files.placeNew(temporary, asideAs);
    });
    if (!kept.ok) return kept;
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
    const written = await writeDevice(action, image, tools);
    if (written.ok) continue;
    const { to, asideAs } = image;
    const { code, message } = written.error;
    const kept = asideAs === null ? '' : ` Its old content is in ${asideAs}.`;
    return fail({
      code,
      message: `${message}. ${to} may be half written: do not start ${action.domain.name}, restore it again.${kept}`,
    });
  }
  return ok(undefined);
}

async function writeDevice(
  action: Restore,
  image: RestoreImage,
  { drivers, signal }: Tools,
): Promise<Result<void, Failure>> {
  const { to, format } = image;
  const written = await drivers.pointImages.convert({
    source: { path: newestLayer(action, image), format: 'qcow2' },
    // A raw device is the disk itself; a qcow2 one gets a header and tables of its own.
    target: { path: to, format, exists: format === 'raw' },
    signal,
  });
  if (!written.ok) return fail(during(`Writing ${to}`, written.error));
  // What the device could not write it may tell only now.
  return onHost(`Writing ${to}`, () => drivers.files.syncDevice(to));
}
