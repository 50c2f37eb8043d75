import { dirname } from 'node:path';
import type { Mirror } from '../mirror/mirror.ts';
import { failureOfAbort } from '../model/abort.ts';
import { canonicalJson } from '../model/canonical.ts';
import type { Heal } from '../model/check-action.ts';
import type { Manifest } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { pointPath } from '../store/layout.ts';
import { filesOf } from '../store/manifest.ts';
import type { PointPlace, Store } from '../store/store.ts';
import { noteSound } from './check-point.ts';
import { underStoreLock } from './locked.ts';
import { during, failed, interrupted, type NotDone, stale, waiting } from './not-done.ts';
import type { Performer } from './performer.ts';
import type { Tools } from './tools.ts';
import { type FileFinding, verifyFiles } from './verify-point.ts';
import { spaceShortage } from './watch.ts';

/**
 * Heals a point: compares all its files, fetches those that are not what the
 * manifest says, compares what came, exchanges one file after the other by a
 * rename, removes what was fetched and not used, and only then takes the quarantine away. Killed at any instant, the
 * point is as damaged as before or less so, and the next plan heals it again.
 */
export const heal: Performer<Heal> = {
  async check(action, tools) {
    const opened = tools.store(action.store);
    if (!opened.ok) return failed(opened.error);
    const mirror = tools.drivers.openMirror(action.mirror);
    if (!mirror.ok) return failed(mirror.error);
    const there = manifestOf(action, opened.value);
    if (!there.ok) return there;
    return checkUnused(action, tools);
  },

  async apply(action, tools) {
    const opened = tools.store(action.store);
    if (!opened.ok) return failed(opened.error);
    const mirror = tools.drivers.openMirror(action.mirror);
    if (!mirror.ok) return failed(mirror.error);
    const manifest = manifestOf(action, opened.value);
    if (!manifest.ok) return manifest;
    const later = tools.copySignal();
    const signal = AbortSignal.any([tools.signal, later]);
    const healed = await healPoint(
      { action, store: opened.value, mirror: mirror.value, manifest: manifest.value },
      tools,
      signal,
    );
    if (healed.ok || !signal.aborted) return healed;
    if (tools.signal.aborted) return interrupted;
    const { code, message } = failureOfAbort(later, `The heal from ${action.mirror.name}`);
    return waiting(code, message);
  },
};

/** A heal under way. */
interface Healing {
  readonly action: Heal;
  readonly store: Store;
  readonly mirror: Mirror;
  readonly manifest: Manifest;
}

const placeOf = ({ directory, chain, point }: Heal): PointPlace => {
  return { directory, chain, pointDirectory: point.directory };
};

function manifestOf(action: Heal, store: Store): Result<Manifest, NotDone> {
  const manifest = store.readManifest(placeOf(action));
  if (manifest.ok && manifest.value.point === action.point.id) return manifest;
  const message = `Point ${action.point.id} is not in ${action.chain}/${action.point.directory} any more, or its manifest cannot be read.`;
  return stale('point-gone', message);
}

/** G213: a domain that runs on the point's files would go on with the old ones. */
async function checkUnused({ store, directory, chain, point }: Heal, tools: Tools) {
  const images = await tools.imagePaths();
  if (!images.seen) return failed(during('Looking at all domains', images.failure));
  const path = `${store.path}/domains/${directory}/${chain}/${point.directory}`;
  const user = images.value.find((image) => image.startsWith(`${path}/`));
  if (user === undefined) return ok('ready' as const);
  return stale('in-use', `A domain has ${user} among its images, so it is not exchanged.`);
}

async function healPoint(healing: Healing, tools: Tools, signal: AbortSignal) {
  const { action, store, manifest } = healing;
  const place = placeOf(action);
  const path = pointPath(place);
  if (!path.ok) return failed(path.error);
  const { checks } = tools.drivers;
  const found = await verifyFiles(`${action.store.path}/${path.value}`, manifest, {
    checks,
    signal,
  });
  if (signal.aborted) return interrupted;
  const noted = tools.log.step('heal', path.value, action.store);
  if (!noted.ok) return failed(noted.error);
  const [first] = found;
  const brought =
    first === undefined ? ok(0) : await bringFiles(healing, [first, ...found], tools, signal);
  if (!brought.ok) return brought;
  for (const { file } of manifest.disks) {
    const whole = await checks.structure(`${action.store.path}/${path.value}/${file}`, signal);
    if (!whole.ok) return failed(during('After the heal', whole.error));
  }
  const lifted = await underStoreLock(store, () =>
    noteSound(store, place, { at: tools.drivers.clock(), depth: 'hash' }),
  );
  return lifted.ok ? ok({ code: 'done' as const, bytes: brought.value }) : lifted;
}

/** Fetches files, compares them, and exchanges them; the bytes that travelled. */
async function bringFiles(
  healing: Healing,
  found: readonly [FileFinding, ...(readonly FileFinding[])],
  tools: Tools,
  signal: AbortSignal,
): Promise<Result<number, NotDone>> {
  const { action, store } = healing;
  const place = placeOf(action);
  const bad = [...new Set(found.map(({ file }) => file))];
  const { reserveBytes } = tools.limits(action.store);
  const space = { path: action.store.path, reserveBytes };
  const shortage = await spaceShortage(space, tools.drivers.files);
  if (shortage !== null) return failed(shortage);
  const begun = await underStoreLock(store, () => store.beginHeal(place));
  if (!begun.ok) return begun;
  const fetched = await fetchFiles(healing, begun.value, bad, tools, signal);
  if (!fetched.ok) {
    // What an interrupted fetch has brought is gone on with; what is wrong is not kept.
    if (!signal.aborted && fetched.error.code === 'copy-damaged') {
      const noted = await noteBad(healing, fetched.error, tools, signal);
      if (!noted.ok) return noted;
    }
    return failed(fetched.error);
  }
  if (action.fault !== 'quarantined') {
    // A file that was lost is there after its rename: dead then, nothing but the mark would bring the next heal.
    const at = tools.drivers.clock();
    const marked = await underStoreLock(store, () => store.quarantine(place, found[0], at, bad));
    if (!marked.ok) return marked;
  }
  for (const file of bad) {
    const swapped = await underStoreLock(store, () => store.healFile(place, file));
    if (!swapped.ok) return swapped;
  }
  return fetched;
}

/**
 * The next plan takes another mirror, or none: this one's copy would fail again in every run. The mark is at the
 * mirror, where checks put theirs, so that one look tells all; a mirror that does not take it only costs another try.
 */
async function noteBad(
  { action, mirror, store }: Healing,
  { code, message, files = [] }: BadCopy,
  { drivers, log }: Tools,
  signal: AbortSignal,
): Promise<Result<void, NotDone>> {
  const { directory, chain, point } = action;
  const at = drivers.clock();
  const note = {
    pointDirectory: point.directory,
    at,
    result: 'damaged',
    code,
    message,
    files,
  } as const;
  const noted = await mirror.note({ directory, chain, notes: [note], signal });
  if (!noted.ok) log.warn(noted.error);
  return underStoreLock(store, () => store.endHeal(placeOf(action)));
}

/** Why a copy brought nothing; `files`: those that were found to be something else. */
interface BadCopy extends Failure {
  readonly files?: readonly string[];
}

async function fetchFiles(
  { action, mirror, manifest }: Healing,
  into: string,
  bad: readonly string[],
  { log, drivers }: Tools,
  signal: AbortSignal,
): Promise<Result<number, BadCopy>> {
  const wanted = filesOf(manifest).filter(({ file }) => bad.includes(file));
  const total = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const fetched = await mirror.fetch({
    directory: action.directory,
    chain: action.chain,
    pointDirectories: [action.point.directory],
    into: dirname(into),
    only: new Set(bad.map((file) => `${action.point.directory}/${file}`)),
    onBytes: (bytes) => {
      done += bytes;
      log.progress(Math.min(done, total), total);
    },
    signal,
  });
  if (!fetched.ok) return fetched;
  const damaged = (words: string, files: readonly string[]) => {
    const message = `${action.mirror.name}:${action.address} ${words}, so nothing was healed; holdfast verify says more`;
    return fail({ code: 'copy-damaged', message, files });
  };
  const [copy] = fetched.value.manifests;
  if (copy === undefined || canonicalJson(copy) !== canonicalJson(manifest)) {
    return damaged('has another manifest', []);
  }
  for (const { file, sha256, bytes } of wanted) {
    const options = { signal, onBytes: () => undefined };
    const hashed = await drivers.checks.hash(`${into}/${file}`, options);
    if (!hashed.ok) return hashed;
    if (hashed.value.sha256 !== sha256 || hashed.value.bytes !== bytes) {
      return damaged(`is damaged too (${file})`, [file]);
    }
  }
  return ok(fetched.value.bytes);
}
