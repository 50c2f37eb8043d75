import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createOverlay, endServer, serveImage } from '../image/serve.ts';
import type { Restore } from '../model/action.ts';
import { addressOf } from '../model/address.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { underStoreLock } from './locked.ts';
import { failed, type NotDone } from './not-done.ts';
import { dropPrepared, makeDirectoryOf } from './restore-images.ts';
import { type Prepared, temporaryOf } from './restore-swap.ts';
import type { Tools } from './tools.ts';

/**
 * Serves the point's images and makes an overlay on each: a domain boots from
 * them at once, and the store is read by our server alone, never by QEMU.
 */
export async function serveInstantly(
  action: Restore,
  tools: Tools,
): Promise<Result<readonly Prepared[], Failure>> {
  const directory = socketDirectory(tools);
  mkdirSync(directory, { recursive: true });
  // QEMU's user has to reach the sockets, and nothing else is in here.
  chmodSync(directory, 0o711);
  const prepared: Prepared[] = [];
  for (const { target, layers, to, asideAs, sizeBytes } of action.images) {
    const [newest] = layers;
    if (newest === undefined) throw new Error(`An instant restore of ${target} without images`);
    const socket = join(directory, `${target}.sock`);
    const temporary = temporaryOf(to, tools);
    const room = makeDirectoryOf(to);
    if (room.ok) prepared.push({ to, aside: asideAs, temporary });
    const served = room.ok
      ? await serveImage(join(action.store.path, newest.path), target, socket)
      : room;
    if (served.ok) chmodSync(socket, 0o666);
    const made = served.ok ? await createOverlay(temporary, { target, socket, sizeBytes }) : served;
    if (!made.ok) {
      dropPrepared(prepared);
      return made;
    }
  }
  return ok(prepared);
}

/** Where the sockets of an instant restore's servers are. */
export const socketDirectory = ({ drivers, run, number }: Tools): string =>
  join(drivers.runtimeDir, `instant-${run}-${number}`);

/** Whether the chain is held already: that hold is somebody's, and stays as it is. */
export function isHeldBefore(action: Restore, tools: Tools): Result<boolean, Failure> {
  const { directory, chain } = action;
  const store = tools.store(action.store);
  const held = store.ok ? store.value.isHeld(directory, chain, null) : store;
  if (held.ok && held.value) {
    const message = `${addressOf(action.domain.name, chain)} was held before, with a reason of its own: that hold stays.`;
    tools.log.warn({ code: 'held-before', message });
  }
  return held;
}

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

/** Ends the servers of a restore that failed. */
export async function endServers(action: Restore, tools: Tools): Promise<void> {
  const directory = socketDirectory(tools);
  for (const { target } of action.images) endServer(join(directory, `${target}.sock`));
  await tools.drivers.files.remove(directory);
}

/** Removes the hold of a restore that failed; false, with a warning, if it is still there. */
export async function releaseChain(action: Restore, tools: Tools): Promise<boolean> {
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
