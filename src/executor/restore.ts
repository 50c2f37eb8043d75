import { join } from 'node:path';
import type { Restore } from '../model/restore-action.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { during, failed, interrupted, stale, type Applied, type NotDone } from './not-done.ts';
import { onHost } from './on-host.ts';
import type { Performer } from './performer.ts';
import { readDefinition } from './restore-definition.ts';
import { checkDevices, claimDevices, keepDevices } from './restore-devices.ts';
import { exchangeNoted } from './restore-exchange.ts';
import { dropFiles, filesIntent } from './restore-files.ts';
import { prepareFirmware } from './restore-firmware.ts';
import { prepareImages, progressOf } from './restore-images.ts';
import { endInstantly, holdChain, instantlyOf, serveInstantly } from './restore-instant.ts';
import { checkDomain, makeReady } from './restore-ready.ts';
import type { Prepared } from './restore-swap.ts';
import type { Tools } from './tools.ts';

/** Brings a point back: verify and write beside, exchange, define, start. */
export const restore: Performer<Restore> = {
  async check(action, tools) {
    const { files } = tools.drivers;
    const missing = action.images
      .flatMap(({ layers }) => layers)
      .find(({ path }) => !files.exists(join(action.store.path, path)));
    if (missing !== undefined) {
      return stale('image-gone', `${missing.path} is not in store ${action.store.name} any more.`);
    }
    const occupied = action.images.find(
      ({ to, toKind, asideAs }) => toKind === 'file' && asideAs === null && files.exists(to),
    );
    if (occupied !== undefined) return stale('path-exists', `${occupied.to} exists now.`);
    return action.mode === 'images-only' ? ok('ready') : checkDomain(action, tools);
  },

  async apply(action, tools) {
    const definition = await readDefinition(action, tools);
    if (!definition.ok) return failed(definition.error);
    const instantly = instantlyOf(action, tools);
    if (!instantly.ok) return failed(instantly.error);
    const intent = filesIntent(action, instantly.value, tools);
    const noted = tools.log.open(intent);
    if (!noted.ok) return failed(noted.error);
    const isHolding = (instantly.value?.held ?? null) !== null;
    const held = isHolding ? await holdChain(action, tools) : ok(undefined);
    const done = held.ok ? await bringBack(action, definition.value, tools) : held;
    let isClean = await dropFiles(intent, tools);
    if (!done.ok && instantly.value !== null) {
      const { sockets } = instantly.value;
      const made = held.ok ? instantly.value : { sockets, held: null };
      isClean = (await endInstantly(action, made, tools)) && isClean;
    }
    // Left open where something is still there: then the next plan shows it.
    if (isClean) tools.log.close('restore-files');
    return done;
  },
};

async function bringBack(
  action: Restore,
  definition: string | null,
  tools: Tools,
): Promise<Result<Applied, NotDone>> {
  const prepared = await prepare(action, tools);
  if (!prepared.ok) return tools.signal.aborted ? interrupted : failed(prepared.error);
  return place(action, definition, prepared.value, tools);
}

/** Writes everything beside its place; the longest part, and one that can be stopped at any instant. */
async function prepare(
  action: Restore,
  tools: Tools,
): Promise<Result<readonly Prepared[], Failure>> {
  const progress = progressOf(action, tools);
  const images =
    action.mode === 'instant'
      ? await serveInstantly(action, tools)
      : await prepareImages(action, tools, progress);
  if (!images.ok) return images;
  const devices = await checkDevices(action, tools, progress);
  const firmware = devices.ok ? await prepareFirmware(action, tools) : devices;
  return firmware.ok ? ok([...images.value, ...firmware.value]) : firmware;
}

/** Puts everything in its place: from here on the domain itself is touched. */
async function place(
  action: Restore,
  definition: string | null,
  prepared: readonly Prepared[],
  tools: Tools,
): Promise<Result<Applied, NotDone>> {
  // Before the domain is shut down for it: a device that something else uses ends the restore here.
  const claimed = claimDevices(action, tools);
  if (!claimed.ok) return failed(claimed.error);
  try {
    const ready = action.mode === 'in-place' ? await makeReady(action, tools) : ok(undefined);
    if (!ready.ok) return ready;
    const kept = await keepDevices(action, tools);
    if (!kept.ok) return tools.signal.aborted ? interrupted : failed(kept.error);
    const done = await exchangeNoted(action, definition, prepared, tools);
    if (!done.ok) return failed(done.error);
  } finally {
    claimed.value.letGo();
  }
  return finish(action, tools);
}

/** Old checkpoints go, and the domain starts: what fails here leaves a restored domain, and a warning. */
async function finish(action: Restore, tools: Tools): Promise<Result<Applied, NotDone>> {
  for (const name of action.release) {
    const dropped = await tools.drivers.hypervisor.dropCheckpoint({
      uuid: action.domain.uuid,
      name,
      images: [],
    });
    if (!dropped.ok) tools.log.warn(during(`Dropping ${name}`, dropped.error));
  }
  if (action.define?.start === true) {
    const { hypervisor } = tools.drivers;
    const started = await hypervisor.start(action.define.uuid);
    if (!started.ok && action.mode === 'instant') {
      // Nothing serves its disks from now on: it could never start.
      const undone = await hypervisor.undefine(action.define.uuid);
      if (!undone.ok) tools.log.warn(during(`Undefining ${action.define.name}`, undone.error));
      for (const { to } of action.images) {
        const removed = await onHost(`Removing ${to}`, () => tools.drivers.files.remove(to));
        if (!removed.ok) tools.log.warn(removed.error);
      }
      return failed(during(`Starting ${action.define.name}`, started.error));
    }
    if (!started.ok)
      return failed(during(`${action.define.name} is restored, but does not start`, started.error));
  }
  return ok({ code: 'done', bytes: action.bytes });
}
