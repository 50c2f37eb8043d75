import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createOverlay, endServer, serveImage } from '../image/serve.ts';
import type { Restore } from '../model/action.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { underStoreLock } from './locked.ts';
import { dropPrepared, makeDirectoryOf } from './restore-images.ts';
import type { Prepared } from './restore-swap.ts';
import type { Tools } from './tools.ts';

/**
 * Serves the point's images and makes an overlay on each: a domain boots from
 * them at once, and the store is read by our server alone, never by QEMU. The
 * chain is held first, so that no retention takes it away below the domain.
 */
export async function serveInstantly(
  action: Restore,
  tools: Tools,
): Promise<Result<readonly Prepared[], Failure>> {
  const held = await hold(action, tools);
  if (!held.ok) return held;
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
    prepared.push({ to, aside: asideAs, temporary });
    const room = makeDirectoryOf(to);
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

/** Ends the servers of a restore that failed. */
export function endServers(action: Restore, tools: Tools): void {
  for (const { target } of action.images) endServer(join(socketDirectory(tools), `${target}.sock`));
}

async function hold(action: Restore, tools: Tools): Promise<Result<void, Failure>> {
  const store = tools.store(action.store);
  if (!store.ok) return store;
  const noted = tools.log.step('hold', action.chain, action.store);
  if (!noted.ok) return noted;
  const { who, clock } = tools.drivers;
  const name = action.define?.name ?? action.domain.name;
  const held = await underStoreLock(store.value, () =>
    store.value.writeHold(action.directory, action.chain, null, {
      formatVersion: 1,
      who,
      at: clock(),
      reason: `in use by ${name}`,
    }),
  );
  if (held.ok) return ok(undefined);
  const { error } = held;
  return {
    ok: false,
    error: error.code === 'interrupted' ? { code: 'canceled', message: 'Stopped' } : error.failure,
  };
}
