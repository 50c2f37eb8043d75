import { join } from 'node:path';
import { addressOf } from '../model/address.ts';
import type { OpenIntent } from '../model/observed.ts';
import type { Restore } from '../model/restore-action.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { underStoreLock } from './locked.ts';
import { failed, type NotDone } from './not-done.ts';
import { onHost } from './on-host.ts';
import { makeDirectoryOf, newestLayer } from './restore-images.ts';
import { type Prepared, temporaryOf } from './restore-swap.ts';
import type { Tools } from './tools.ts';

/** What a restore makes beside its images if it is an instant one: the directory of its sockets, and a hold. */
export type Instantly = NonNullable<Extract<OpenIntent, { kind: 'restore-files' }>['instant']>;

/** Where an instant restore has its sockets, and what it holds; null for every other mode. */
export function instantlyOf(action: Restore, tools: Tools): Result<Instantly | null, Failure> {
  if (action.mode !== 'instant') return ok(null);
  const { directory, chain, domain } = action;
  const store = tools.store(action.store);
  const held = store.ok ? store.value.isHeld(directory, chain, null) : store;
  if (!held.ok) return held;
  const address = addressOf(domain.name, chain);
  if (held.value) {
    const message = `${address} was held before, with a reason of its own: that hold stays.`;
    tools.log.warn({ code: 'held-before', message });
  }
  return ok({ sockets: socketDirectory(tools), held: held.value ? null : address });
}

/**
 * Serves the point's images and makes an overlay on each: a domain boots from
 * them at once, and the store is read by our server alone, never by QEMU.
 */
export async function serveInstantly(
  action: Restore,
  tools: Tools,
): Promise<Result<readonly Prepared[], Failure>> {
  const { files, pointImages } = tools.drivers;
  const directory = socketDirectory(tools);
  const room = await onHost(`Making ${directory}`, () => files.makeJobDirectory(directory));
  if (!room.ok) return room;
  const prepared: Prepared[] = [];
  for (const image of action.images) {
    const { target, to, asideAs, sizeBytes } = image;
    const socket = join(directory, `${target}.sock`);
    const temporary = temporaryOf(to, tools);
    const made = await makeDirectoryOf(to, tools);
    const served = made.ok
      ? await pointImages.serve(newestLayer(action, image), target, socket)
      : made;
    const overlaid = served.ok
      ? await pointImages.overlay(temporary, { target, socket, sizeBytes })
      : served;
    if (!overlaid.ok) return overlaid;
    prepared.push({ to, aside: asideAs, temporary });
  }
  return ok(prepared);
}

/** Where the sockets of an instant restore's servers are. */
const socketDirectory = ({ drivers, run, number }: Tools): string =>
  join(drivers.runtimeDir, `instant-${run}-${number}`);

/** Holds the chain, so that no retention takes it away below the domain. */
export async function holdChain(action: Restore, tools: Tools): Promise<Result<void, NotDone>> {
  const store = tools.store(action.store);
  if (!store.ok) return failed(store.error);
  const { directory, chain } = action;
  const noted = tools.log.step('hold', chain, action.store);
  if (!noted.ok) return failed(noted.error);
  const { who, clock } = tools.drivers;
  const reason = `in use by ${action.define?.name ?? action.domain.name}`;
  const hold = { formatVersion: 1, who, at: clock(), reason } as const;
  return underStoreLock(store.value, () => store.value.writeHold(directory, chain, null, hold));
}

/** Ends the servers of a restore that failed; false, with a warning, if their sockets are still there. */
async function endServers(action: Restore, tools: Tools): Promise<boolean> {
  const directory = socketDirectory(tools);
  for (const { target } of action.images) {
    tools.drivers.pointImages.endServer(join(directory, `${target}.sock`));
  }
  const removed = await onHost(`Removing ${directory}`, () =>
    tools.drivers.files.remove(directory),
  );
  if (!removed.ok) tools.log.warn(removed.error);
  return removed.ok;
}

/** Removes the hold of a restore that failed; false, with a warning, if it is still there. */
async function releaseChain(action: Restore, tools: Tools): Promise<boolean> {
  const { directory, chain } = action;
  const store = tools.store(action.store);
  const released = store.ok
    ? await underStoreLock(store.value, () => store.value.removeHold(directory, chain, null))
    : store;
  if (released.ok) return true;
  const message = `The chain is still held: holdfast release ${addressOf(action.domain.name, chain)}`;
  tools.log.warn({ code: 'still-held', message });
  return false;
}

/** Undoes what a restore that failed had made beside its images; false, with a warning, if something of it is left. */
export async function endInstantly(
  action: Restore,
  { held }: Instantly,
  tools: Tools,
): Promise<boolean> {
  const isEnded = await endServers(action, tools);
  const isReleased = held === null || (await releaseChain(action, tools));
  return isEnded && isReleased;
}
