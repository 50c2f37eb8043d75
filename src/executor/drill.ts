import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DrillHost } from '../hypervisor/drill-host.ts';
import type { Drill } from '../model/drill-action.ts';
import type { DrillRecord } from '../model/drill.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { drilledPoint, drillPlace, type DrillPlace } from './drill-place.ts';
import { prepareDrill, readDrilled } from './drill-prepare.ts';
import { waitUntilUsable, type Booted, type Waited } from './drill-wait.ts';
import { underStoreLock } from './locked.ts';
import {
  during,
  failed,
  interrupted,
  stale,
  waiting,
  type Applied,
  type Checked,
  type NotDone,
} from './not-done.ts';
import type { Performer } from './performer.ts';
import type { Tools } from './tools.ts';

/** Boots a point on overlays, waits until it is usable, and ends it, whatever happens. */
export const drill: Performer<Drill> = {
  async check(action, tools) {
    const host = tools.drivers.hypervisor.drills;
    if (host === undefined) return stale('no-drills', 'This hypervisor cannot boot points.');
    if (!tools.drivers.files.exists(join(drilledPoint(action), 'point.json'))) {
      return stale('point-gone', `${drilledPoint(action)} is not there any more.`);
    }
    const { script } = action;
    if (script !== null && !Object.hasOwn(tools.drivers.drillScripts ?? {}, script)) {
      return stale('script-gone', `The host file has no script ${script} any more.`);
    }
    return checkHost(action, host);
  },

  async apply(action, tools) {
    const host = tools.drivers.hypervisor.drills;
    if (host === undefined) return stale('no-drills', 'This hypervisor cannot boot points.');
    const place = drillPlace(action, tools);
    const { guest, paths } = place;
    const noted = tools.log.open({ kind: 'drill', ...action.domain, guest, paths });
    if (!noted.ok) return failed(noted.error);
    const ended = await bootAndEnd(action, place, host, tools);
    // Left open where something is still there: then the next plan shows it.
    if (ended.isClean) tools.log.close('drill');
    return outcomeOf(action, ended, tools);
  },
};

async function checkHost(action: Drill, host: DrillHost): Promise<Checked> {
  if (action.network !== null) {
    const network = await host.checkNetwork(action.network);
    if (!network.ok) return failed(network.error);
  }
  const available = await host.availableMemoryBytes();
  return available >= action.memoryLimitBytes
    ? ok('ready')
    : waiting('no-memory', `The host has ${available} bytes of memory to give now.`);
}

/** How a drill went, and whether all that it had made is gone. */
interface Ended {
  readonly waited: Waited;
  readonly picture: Buffer | null;
  readonly isClean: boolean;
  /** Why it is not clean. */
  readonly failure: Failure | null;
}

async function bootAndEnd(
  action: Drill,
  place: DrillPlace,
  host: DrillHost,
  tools: Tools,
): Promise<Ended> {
  let waited: Waited = { is: 'stopped' };
  let picture: Buffer | null = null;
  let machineGone: Result<void, Failure> = ok(undefined);
  try {
    const prepared = await prepareDrill(action, place, host, tools);
    const begun = prepared.ok ? tools.log.step('boot', place.guest.name, null) : prepared;
    if (!prepared.ok || !begun.ok) {
      waited = stoppedOr(tools, begun.ok ? prepared : begun);
    } else if (!tools.signal.aborted) {
      const startedAt = performance.now();
      const { xml, overlays } = prepared.value;
      const limitBytes = tools.drivers.scratchLimitBytes;
      const machine = await host.boot(xml, place.guest, { files: overlays, limitBytes });
      if (!machine.ok) {
        waited = { is: 'failed', failure: during('Starting the machine', machine.error) };
      } else {
        try {
          const booted = { machine: machine.value, place, startedAt };
          waited = await waitAndTell(action, booted, host, tools);
          picture = await pictureOf(booted, waited, tools);
          if (action.keep && waited.is !== 'stopped') await keepUp(booted, tools);
        } finally {
          machineGone = await machine.value.end();
        }
      }
    }
  } finally {
    for (const name of await tools.drivers.files.list(place.sockets).catch(() => [])) {
      if (name.endsWith('.sock')) tools.drivers.pointImages.endServer(join(place.sockets, name));
    }
  }
  const removed = machineGone.ok ? await removeAll(place, tools) : machineGone;
  const failure = removed.ok ? null : removed.error;
  return { waited, picture, isClean: removed.ok, failure };
}

/** A failure to prepare, unless somebody ended the run meanwhile. */
function stoppedOr({ signal }: Tools, failure: Result<unknown, Failure>): Waited {
  if (signal.aborted || failure.ok) return { is: 'stopped' };
  return { is: 'failed', failure: failure.error };
}

async function waitAndTell(
  action: Drill,
  booted: Booted,
  host: DrillHost,
  tools: Tools,
): Promise<Waited> {
  const what = action.wait === 'port' ? `port ${action.port}` : action.wait;
  const noted = tools.log.step(
    'wait',
    action.script === null ? what : `${what}, then script ${action.script}`,
    null,
  );
  if (!noted.ok) return { is: 'failed', failure: noted.error };
  // The next backup does not wait for a drill; a person who asked for one does.
  const signals = action.keep ? [tools.signal] : [tools.signal, tools.copySignal()];
  const waited = await waitUntilUsable(action, booted, host, tools, AbortSignal.any(signals));
  if (waited.is === 'usable' && waited.seconds !== null) {
    tools.log.step('usable', `${waited.seconds.toFixed(1)} s`, null);
  }
  return waited;
}

async function pictureOf(
  { machine }: Booted,
  waited: Waited,
  tools: Tools,
): Promise<Buffer | null> {
  if (waited.is === 'stopped') return null;
  const taken = await machine.screenshot();
  if (taken.ok) return taken.value;
  // A machine that has ended has no screen, and that it ended is told already.
  if (waited.is === 'usable') tools.log.warn(during('Taking a picture of its screen', taken.error));
  return null;
}

// Somebody looks at it: that it was shut down from inside may be seen a second later.
const keepMilliseconds = 1000;

/** Leaves the machine to a person, until it is shut down or the run is ended. */
async function keepUp({ machine, place }: Booted, tools: Tools): Promise<void> {
  tools.log.step('kept', place.guest.name, null);
  const until = AbortSignal.any([tools.signal, machine.lost]);
  while (!until.aborted) {
    const up = await machine.isUp();
    if (up.ok && !up.value) return;
    await sleep(keepMilliseconds, undefined, { signal: until }).catch(() => undefined);
  }
}

async function removeAll(
  { paths }: DrillPlace,
  { drivers }: Tools,
): Promise<Result<void, Failure>> {
  for (const path of paths) {
    try {
      if (drivers.files.exists(path)) await drivers.files.remove(path);
    } catch (error) {
      return fail({ code: 'not-removed', message: `${path} was not removed: ${String(error)}` });
    }
  }
  return ok(undefined);
}

async function outcomeOf(
  action: Drill,
  { waited, picture, isClean, failure }: Ended,
  tools: Tools,
): Promise<Result<Applied, NotDone>> {
  if (waited.is === 'stopped') {
    if (tools.signal.aborted) return interrupted;
    return waiting('drill-later', 'The next point is due; the next run makes this drill.');
  }
  // libvirt was away: nobody knows how the machine was.
  const isUnknown = waited.is === 'failed' && waited.failure.code === 'libvirt-unreachable';
  const noted = isUnknown ? ok(undefined) : await noteDrill(action, waited, picture, tools);
  // Said beside what is worse.
  if (!noted.ok && (!isClean || waited.is === 'failed')) tools.log.warn(noted.error);
  if (!isClean && failure !== null) return failed(during('Ending the drill', failure));
  if (waited.is === 'failed') return failed(waited.failure);
  // Nobody will ever know of it, and the next plan makes it again.
  if (!noted.ok) return failed(noted.error);
  const { seconds } = waited;
  const usable = seconds === null ? {} : { usableSeconds: Math.round(seconds * 10) / 10 };
  return ok({ code: 'done', bytes: null, ...usable });
}

/** Notes the result in the store. */
async function noteDrill(
  action: Drill,
  waited: Exclude<Waited, { is: 'stopped' }>,
  picture: Buffer | null,
  tools: Tools,
): Promise<Result<void, Failure>> {
  const { directory, chain, point, sequence, pointDirectory, wait, script, from } = action;
  const manifest = await readDrilled(action, tools);
  const at = tools.drivers.clock();
  const record: Omit<DrillRecord, 'screenshot'> = {
    formatVersion: 1,
    at,
    chain,
    point,
    sequence,
    frozenAt: manifest.ok ? manifest.value.frozenAt : at,
    result: waited.is === 'usable' ? 'passed' : 'failed',
    failure:
      waited.is === 'failed'
        ? { code: waited.failure.code, message: waited.failure.message }
        : null,
    usableSeconds:
      waited.is === 'usable' && waited.seconds !== null
        ? Math.round(waited.seconds * 10) / 10
        : null,
    wait,
    script,
    host: tools.drivers.host,
    mirror: from?.mirror ?? null,
  };
  const store = tools.store(action.store);
  const noted = store.ok ? tools.log.step('note-drill', pointDirectory, action.store) : store;
  const written =
    store.ok && noted.ok
      ? await underStoreLock(store.value, () =>
          store.value.writeDrill({ directory, chain, pointDirectory }, record, picture),
        )
      : noted;
  if (written.ok) return ok(undefined);
  const why =
    'failure' in written.error
      ? written.error.failure.message
      : 'message' in written.error
        ? written.error.message
        : 'interrupted';
  return fail({ code: 'drill-not-noted', message: `The result is in no store: ${why}` });
}
