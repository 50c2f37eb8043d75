import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createOverlay, endServer, serveImage } from '../image/serve.ts';
import type { Restore } from '../model/action.ts';
import { addressOf } from '../model/address.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { underStoreLock } from './locked.ts';
import { failed, type NotDone } from './not-done.ts';
import { dropPrepared, makeDirectoryOf } from './restore-images.ts';
import type { Prepared } from './restore-swap.ts';
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
    const temporary = `${to}.restoring-${tools.run}`;
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

const socketDirectory = (tools: Tools): string =>
  join(tools.drivers.runtimeDir, `instant-${tools.run}-${tools.number}`);

/** What was set so that no retention takes the chain away below the domain. */
export type Holding = 'held-now' | 'held-before';

/** Holds the chain; a hold that is there already is somebody's, and stays as it is. */
export async function holdChain(action: Restore, tools: Tools): Promise<Result<Holding, NotDone>> {
  const store = tools.store(action.store);
  if (!store.ok) return failed(store.error);
  const { directory, chain } = action;
  const before = store.value.isHeld(directory, chain, null);
  if (!before.ok) return failed(before.error);
  if (before.value) {
    const message = `${addressOf(action.domain.name, chain)} was held before, with a reason of its own: that hold stays.`;
    tools.log.warn({ code: 'held-before', message });
    return ok('held-before');
  }
  const noted = tools.log.step('hold', chain, action.store);
  if (!noted.ok) return failed(noted.error);
  const { who, clock } = tools.drivers;
  const reason = `in use by ${action.define?.name ?? action.domain.name}`;
  const hold = { formatVersion: 1, who, at: clock(), reason } as const;
  const held = await underStoreLock(store.value, () =>
    store.value.writeHold(directory, chain, null, hold),
  );
  return held.ok ? ok('held-now') : held;
}

/** Undoes what a restore that failed has begun: its servers end, and its hold goes. */
export async function undoInstant(action: Restore, holding: Holding, tools: Tools): Promise<void> {
  for (const { target } of action.images) endServer(join(socketDirectory(tools), `${target}.sock`));
  if (holding === 'held-before') return;
  const { directory, chain } = action;
  const store = tools.store(action.store);
  const released = store.ok
    ? await underStoreLock(store.value, () => store.value.removeHold(directory, chain, null))
    : store;
  if (released.ok) return;
  const message = `The chain is still held: holdfast release ${addressOf(action.domain.name, chain)}`;
  tools.log.warn({ code: 'still-held', message });
}
