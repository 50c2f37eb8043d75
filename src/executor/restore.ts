import { existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Restore } from '../model/action.ts';
import { addressOf } from '../model/address.ts';
import type { ObservedDomain } from '../model/observed.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { underStoreLock } from './locked.ts';
import { idleDomain, lookAt } from './look.ts';
import { during, failed, interrupted, type NotDone, stale } from './not-done.ts';
import type { Applied, Checked } from './not-done.ts';
import type { Performer } from './performer.ts';
import { readPointFile } from './point-files.ts';
import {
  checkDevices,
  claimDevices,
  keepDevices,
  noteDevices,
  writeNoted,
} from './restore-devices.ts';
import { filesIntent } from './restore-files.ts';
import { prepareFirmware } from './restore-firmware.ts';
import { dropPrepared, prepareImages, progressOf } from './restore-images.ts';
import {
  endServers,
  holdChain,
  isHeldBefore,
  releaseChain,
  serveInstantly,
  socketDirectory,
} from './restore-instant.ts';
import { type Prepared, swapIn, undoSwap } from './restore-swap.ts';
import type { Tools } from './tools.ts';

// A guest that was asked to shut down gets this long before its plug is pulled.
const shutdownSeconds = 120;

/** Brings a point back: verify and write beside, exchange, define, start. */
export const restore: Performer<Restore> = {
  async check(action, tools) {
    const missing = action.images
      .flatMap(({ layers }) => layers)
      .find(({ path }) => !existsSync(join(action.store.path, path)));
    if (missing !== undefined) {
      return stale('image-gone', `${missing.path} is not in store ${action.store.name} any more.`);
    }
    const occupied = action.images.find(
      ({ to, toKind, asideAs }) => toKind === 'file' && asideAs === null && existsSync(to),
    );
    if (occupied !== undefined) return stale('path-exists', `${occupied.to} exists now.`);
    return action.mode === 'images-only' ? ok('ready') : checkDomain(action, tools);
  },

  async apply(action, tools) {
    const definition = await readDefinition(action, tools);
    if (!definition.ok) return failed(definition.error);
    return action.mode === 'instant'
      ? bringInstantly(action, definition.value, tools)
      : bringBack(action, definition.value, tools);
  },
};

async function bringBack(
  action: Restore,
  definition: string | null,
  tools: Tools,
): Promise<Result<Applied, NotDone>> {
  const noted = tools.log.open(filesIntent(action, null, tools));
  if (!noted.ok) return failed(noted.error);
  const done = await prepareAndPlace(action, definition, tools);
  tools.log.close('restore-files');
  return done;
}

/** As `bringBack`; what fails is undone with its servers and its hold. */
async function bringInstantly(
  action: Restore,
  definition: string | null,
  tools: Tools,
): Promise<Result<Applied, NotDone>> {
  const heldBefore = isHeldBefore(action, tools);
  if (!heldBefore.ok) return failed(heldBefore.error);
  const holds = !heldBefore.value;
  const held = holds ? addressOf(action.domain.name, action.chain) : null;
  const instant = { sockets: socketDirectory(tools), held };
  const noted = tools.log.open(filesIntent(action, instant, tools));
  if (!noted.ok) return failed(noted.error);
  const holding = holds ? await holdChain(action, tools) : ok(undefined);
  let done: Result<Applied, NotDone> | null = null;
  let isClean = true;
  try {
    done = holding.ok ? await prepareAndPlace(action, definition, tools) : holding;
    return done;
  } finally {
    if (done?.ok !== true) {
      await endServers(action, tools);
      if (holds && holding.ok) isClean = await releaseChain(action, tools);
    }
    // After a fault of ours, and while the hold is there, the next plan has to see it.
    if (done !== null && isClean) tools.log.close('restore-files');
  }
}

async function prepareAndPlace(
  action: Restore,
  definition: string | null,
  tools: Tools,
): Promise<Result<Applied, NotDone>> {
  const prepared = await prepare(action, tools);
  if (!prepared.ok) return tools.signal.aborted ? interrupted : failed(prepared.error);
  const placed = await place(action, definition, prepared.value, tools);
  dropPrepared(prepared.value);
  return placed;
}

/** The domain is as the plan saw it: there and off for a restore in place, absent otherwise. */
async function checkDomain(action: Restore, tools: Tools): Promise<Checked> {
  if (action.mode === 'in-place') {
    const look = await idleDomain(action.domain, tools);
    if (!look.ok) return look;
    const { state, managedSave } = look.value;
    if (managedSave) return stale('managed-save', `${action.domain.name} has a managed save now.`);
    if (state === 'off' || state === 'crashed' || action.powerOff) return ok('ready');
    return stale('power-changed', `${action.domain.name} is ${state} now.`);
  }
  if (action.define === null) return ok('ready');
  const look = await lookAt({ uuid: action.define.uuid, name: action.define.name }, tools);
  if (!look.ok) return look;
  if (look.value === null) return ok('ready');
  return stale('domain-exists', `A domain with the uuid ${action.define.uuid} exists now.`);
}

/** The new definition, made before anything is written: what cannot be defined is not restored. */
async function readDefinition(
  action: Restore,
  tools: Tools,
): Promise<Result<string | null, Failure>> {
  if (action.define === null) return ok(null);
  const saved = readSaved(action, tools);
  if (!saved.ok) return saved;
  const nvram = action.firmware.find(({ kind }) => kind === 'nvram');
  return tools.drivers.hypervisor.adaptDefinition(saved.value, {
    name: action.define.name,
    uuid: action.define.uuid,
    newMacs: action.define.newMacs,
    disks: action.images.map(({ target, to, toKind, format }) => ({
      target,
      path: to,
      kind: toKind,
      format: action.mode === 'instant' ? 'qcow2' : format,
    })),
    nvram: nvram?.to ?? null,
  });
}

/** The point's definition, if it is the one that its manifest knows. */
function readSaved(action: Restore, tools: Tools): Result<string, Failure> {
  const { store: ref, directory, chain, pointPath } = action;
  const store = tools.store(ref);
  if (!store.ok) return store;
  const pointDirectory = basename(pointPath);
  const manifest = store.value.readManifest({ directory, chain, pointDirectory });
  if (!manifest.ok) return manifest;
  const saved = readPointFile(join(ref.path, pointPath), manifest.value, 'domain.xml');
  return saved.ok ? ok(saved.value.toString('utf8')) : saved;
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
  if (!firmware.ok) {
    dropPrepared(images.value);
    return firmware;
  }
  return ok([...images.value, ...firmware.value]);
}

/** Exchanges and defines. The exchange is journalled first, so that a death in it is put back by the next plan. */
async function place(
  action: Restore,
  definition: string | null,
  prepared: readonly Prepared[],
  tools: Tools,
): Promise<Result<Applied, NotDone>> {
  // Before the domain is shut down for it: a device that something else uses ends the restore here.
  const claimed = claimDevices(action);
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

async function exchangeNoted(
  action: Restore,
  definition: string | null,
  prepared: readonly Prepared[],
  tools: Tools,
): Promise<Result<void, Failure>> {
  // Where nothing is set aside there is nothing to put back, and no plan that should wait for it.
  const isNoted = prepared.some(({ aside }) => aside !== null);
  const swaps = prepared.map(({ to, aside }) => ({ to, aside }));
  const noted = isNoted
    ? tools.log.open({ kind: 'restore-swap', ...action.domain, swaps })
    : ok(undefined);
  const all = noted.ok ? noteDevices(action, tools) : noted;
  const exchanged = all.ok ? await exchange(action, definition, prepared, tools) : all;
  // Left open where the old images are not back: then the next plan tries again. Closed before
  // devices are written: old images beside a device that is half new are no domain either.
  if (noted.ok && isNoted && (exchanged.ok || exchanged.error.code !== 'not-put-back')) {
    tools.log.close('restore-swap');
  }
  return all.ok ? writeNoted(action, exchanged, tools) : all;
}

/** Exchanges files, and defines; a failure leaves all as it was. */
async function exchange(
  action: Restore,
  definition: string | null,
  prepared: readonly Prepared[],
  tools: Tools,
): Promise<Result<void, Failure>> {
  const swapped = swapIn(prepared);
  if (!swapped.ok || definition === null) return swapped;
  const defined = await tools.drivers.hypervisor.define(definition);
  if (defined.ok) return ok(undefined);
  const back = undoSwap(prepared);
  if (!back.ok) return back;
  return fail(during(`Defining ${action.define?.name ?? action.domain.name}`, defined.error));
}

/** Off, and its chain closed: a point must never build on one from before the restore. */
async function makeReady(action: Restore, tools: Tools): Promise<Result<void, NotDone>> {
  const look = await idleDomain(action.domain, tools);
  if (!look.ok) return look;
  if (!isOff(look.value) && action.powerOff) {
    const { uuid, name } = action.domain;
    const off = await tools.drivers.hypervisor.powerOff(uuid, shutdownSeconds, tools.signal);
    if (tools.signal.aborted) {
      const message = `${name} was asked to shut down for the restore, and may be off.`;
      tools.log.warn({ code: 'asked-to-shut-down', message });
      return interrupted;
    }
    if (!off.ok) return failed(during(`Shutting down ${action.domain.name}`, off.error));
  } else if (!isOff(look.value)) {
    return stale('power-changed', `${action.domain.name} is ${look.value.state} now.`);
  }
  const { closes } = action;
  if (closes === null) return ok(undefined);
  const store = tools.store(action.store);
  if (!store.ok) return failed(store.error);
  const noted = tools.log.step('close-chain', closes, action.store);
  if (!noted.ok) return failed(noted.error);
  const at = tools.drivers.clock();
  return underStoreLock(store.value, () =>
    store.value.closeChain(action.directory, closes, 'restored', at),
  );
}

const isOff = ({ state }: ObservedDomain): boolean => state === 'off' || state === 'crashed';

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
      for (const { to } of action.images) rmSync(to, { force: true });
      return failed(during(`Starting ${action.define.name}`, started.error));
    }
    if (!started.ok)
      return failed(during(`${action.define.name} is restored, but does not start`, started.error));
  }
  return ok({ code: 'done', bytes: action.bytes });
}
