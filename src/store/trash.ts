import type { ChainId, DomainUuid, PointId, RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { Manifest } from '../model/point.ts';
import { fail, type Failure, type Result } from '../model/result.ts';
import { removeEmpty } from './discard.ts';
import { jsonText, makeDirectories, makeDurable, syncUp, writeDurable } from './durable.ts';
import { endHealsOf } from './heal.ts';
import { change, type Home } from './home.ts';
import { directoryInside, lookInside } from './inside.ts';
import {
  chainPath,
  holdName,
  parentOf,
  parseIncoming,
  trashName,
  trashPath,
  trashRecordName,
} from './layout.ts';
import { filesOf } from './manifest.ts';
import { chainsAmong, pointsAmong, readManifestAt, standInPoint } from './read-chain.ts';
import type { TrashRecord } from './records.ts';

/** Which chain is moved to the trash, and what must be in it. */
export interface TrashRequest {
  readonly directory: string;
  readonly chain: ChainId;
  readonly uuid: DomainUuid;
  readonly points: readonly PointId[];
  readonly run: RunId;
  readonly at: Instant;
}

/** A point of a chain that goes, with what its manifest says. */
interface Leaving {
  readonly name: string;
  readonly id: PointId;
  readonly manifest: Manifest | null;
}

/**
 * Moves a chain to `.trash/<run>/<directory>/<chain>`. Its record is written into it
 * first: the one rename then makes it trash that knows where it came from.
 */
export function trashChain(home: Home, request: TrashRequest): Result<void, Failure> {
  const from = chainPath(request.directory, request.chain);
  if (!from.ok) return from;
  return change(home, `moving ${home.root}/${from.value} to the trash`, () => {
    const there = directoryInside(home.files, home.root, from.value);
    if (!there.ok) return there;
    const names = home.files.list(`${home.root}/${from.value}`);
    const points = pointsAmong(names).map(({ name, stamp }): Leaving => {
      const manifest = readManifestAt(home, `${from.value}/${name}`, request.chain, name);
      return manifest.ok
        ? { name, id: manifest.value.point, manifest: manifest.value }
        : { name, id: standInPoint(stamp), manifest: null };
    });
    const refused = whyKept(home, from.value, names, points, request);
    if (refused !== null) return fail(refused);
    const to = trashPath(request);
    const taken = lookInside(home.files, home.root, to);
    if (!taken.ok) return taken;
    if (taken.value !== null) {
      return fail({ code: 'exists', message: `${home.root}/${to} is there already` });
    }
    const tidied = endHealsOf(home, request.directory, request.chain);
    if (!tidied.ok) return tidied;
    syncOthers(home, from.value);
    makeDirectories(home.files, home.root, parentOf(to));
    syncUp(home.files, home.root, parentOf(to));
    const record = recordOf(request, points);
    writeDurable(home.files, `${home.root}/${from.value}`, trashRecordName, jsonText(record));
    return move(home, from.value, to);
  });
}

/**
 * fsyncs the domain's other chains: a run that was killed between the rename
 * of a point and its fsync has left one that everybody sees, and that a crash
 * takes back. What this chain goes for must stay (I5); so must a chain that was
 * on its way back from the trash.
 */
function syncOthers(home: Home, path: string): void {
  const domain = parentOf(path);
  for (const chain of chainsAmong(home.files.list(`${home.root}/${domain}`))) {
    const look = home.files.look(`${home.root}/${domain}/${chain}`);
    if (look?.kind === 'directory') home.files.syncDirectory(`${home.root}/${domain}/${chain}`);
    const record = home.files.look(`${home.root}/${domain}/${chain}/${trashRecordName}`);
    if (record !== null) syncWayBack(home, domain);
  }
}

/**
 * A chain with a record of the trash came back from there in a run that was killed, or could not
 * fsync, before it was certain: the directories between which it was renamed, whichever run it was of.
 */
function syncWayBack(home: Home, domain: string): void {
  syncUp(home.files, home.root, domain);
  if (home.files.look(`${home.root}/${trashName}`) === null) return;
  const directory = domain.slice(parentOf(domain).length + 1);
  for (const run of home.files.list(`${home.root}/${trashName}`)) {
    const from = `${trashName}/${run}/${directory}`;
    const look = lookInside(home.files, home.root, from);
    if (look.ok && look.value?.kind === 'directory') syncUp(home.files, home.root, from);
  }
}

/** Renames a directory; durable in both places when it succeeds. */
export function move(home: Home, from: string, to: string): Result<void, Failure> {
  home.files.rename(`${home.root}/${from}`, `${home.root}/${to}`);
  return makeDurable(`${home.root}/${from} is at ${home.root}/${to}`, () => {
    // The new place first: a crash between the two must not lose the name in both.
    syncUp(home.files, home.root, parentOf(to));
    syncUp(home.files, home.root, parentOf(from));
  });
}

/** Why a chain is not moved: it is held, or not the one that the plan saw. null if nothing speaks against it. */
function whyKept(
  home: Home,
  path: string,
  names: readonly string[],
  points: readonly Leaving[],
  request: TrashRequest,
): Failure | null {
  const at = `${home.root}/${path}`;
  const held = [path, ...points.map(({ name }) => `${path}/${name}`)].find(
    (place) => home.files.look(`${home.root}/${place}/${holdName}`) !== null,
  );
  if (held !== undefined) return { code: 'held', message: `${home.root}/${held} is held` };
  const incoming = names.find((name) => parseIncoming(name) !== null);
  if (incoming !== undefined) {
    return { code: 'incoming-exists', message: `${at}/${incoming} is being written, or was left` };
  }
  const ids = points.map(({ id }) => id).toSorted();
  const asked = [...request.points].toSorted();
  if (ids.join() !== asked.join()) {
    return {
      code: 'points-differ',
      message: `${at} holds points ${ids.join(', ') || 'none'}; the plan saw ${asked.join(', ') || 'none'}`,
    };
  }
  const manifests = points.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]));
  const other = manifests.find(({ domain }) => domain.uuid !== request.uuid);
  if (other !== undefined || manifests.length === 0) {
    const whose =
      other === undefined ? 'has no readable manifest' : `is of domain ${other.domain.uuid}`;
    return { code: 'not-this-domain', message: `${at} ${whose}, not of ${request.uuid}` };
  }
  return null;
}

function recordOf(request: TrashRequest, points: readonly Leaving[]): TrashRecord {
  const manifests = points.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]));
  return {
    formatVersion: 1,
    run: request.run,
    at: request.at,
    directory: request.directory,
    chain: request.chain,
    domain: { uuid: request.uuid, name: manifests.at(-1)?.domain.name ?? '' },
    points: points.map(({ name }) => name),
    bytes: manifests.flatMap(filesOf).reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Removes directories of the trash that are empty now. */
export function tidyTrash(home: Home, path: string): void {
  removeEmpty(home, parentOf(path), trashName);
}
