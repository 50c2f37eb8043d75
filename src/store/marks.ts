import type { ChainId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { StoreMemory } from '../model/observed-store.ts';
import type { ChainClosed, Hold, LastLook } from '../model/point.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { checkedTimes, noteOfCheck, type PointCheck } from '../model/verification.ts';
import { jsonText, makeDirectories, syncUp, writeDurable } from './durable.ts';
import { change, readRecord, type Home } from './home.ts';
import { directoryInside, lookInside } from './inside.ts';
import {
  chainPath,
  checkedName,
  closedName,
  domainPath,
  holdName,
  lookName,
  memoryPath,
  pointPath,
  quarantineName,
  stateName,
} from './layout.ts';
import { checkShape, holdShape, type Quarantine } from './records.ts';
import type { PointPlace } from './store.ts';

/** Writes a small record into a directory that must be there. */
function writeMark(
  home: Home,
  directory: Result<string, Failure>,
  name: string,
  mark: object,
): Result<void, Failure> {
  if (!directory.ok) return directory;
  return change(home, `writing ${home.root}/${directory.value}/${name}`, () => {
    const there = directoryInside(home.files, home.root, directory.value);
    if (!there.ok) return there;
    writeDurable(home.files, `${home.root}/${directory.value}`, name, jsonText(mark));
    return ok(undefined);
  });
}

/** A chain, or a point of it. */
function heldPath(
  directory: string,
  chain: ChainId,
  pointDirectory: string | null,
): Result<string, Failure> {
  return pointDirectory === null
    ? chainPath(directory, chain)
    : pointPath({ directory, chain, pointDirectory });
}

/** Holds a chain, or one point. */
export function writeHold(
  home: Home,
  directory: string,
  chain: ChainId,
  pointDirectory: string | null,
  hold: Hold,
): Result<void, Failure> {
  return writeMark(home, heldPath(directory, chain, pointDirectory), holdName, hold);
}

/** Whether a chain, or one point, has a hold of its own. */
export function isHeld(
  home: Home,
  directory: string,
  chain: ChainId,
  pointDirectory: string | null,
): Result<boolean, Failure> {
  const path = heldPath(directory, chain, pointDirectory);
  if (!path.ok) return path;
  const hold = lookInside(home.files, home.root, `${path.value}/${holdName}`);
  return hold.ok ? ok(hold.value !== null) : hold;
}

/** Who holds a chain, or one point, and why; null if it has no hold of its own. */
export function readHold(
  home: Home,
  directory: string,
  chain: ChainId,
  pointDirectory: string | null,
): Result<Hold | null, Failure> {
  const path = heldPath(directory, chain, pointDirectory);
  return path.ok ? readRecord(home, `${path.value}/${holdName}`, holdShape) : path;
}

/** Lets go of it; a success too if there is no hold. */
export function removeHold(
  home: Home,
  directory: string,
  chain: ChainId,
  pointDirectory: string | null,
): Result<void, Failure> {
  return removeMark(home, heldPath(directory, chain, pointDirectory), holdName);
}

/** Takes the mark of a bad point away; a success too if there is none. */
export function liftQuarantine(home: Home, place: PointPlace): Result<void, Failure> {
  return removeMark(home, pointPath(place), quarantineName);
}

/** Removes a small record from a directory that must be there. */
function removeMark(
  home: Home,
  directory: Result<string, Failure>,
  name: string,
): Result<void, Failure> {
  if (!directory.ok) return directory;
  const path = `${directory.value}/${name}`;
  return change(home, `removing ${home.root}/${path}`, () => {
    const there = directoryInside(home.files, home.root, directory.value);
    if (!there.ok) return there;
    const mark = lookInside(home.files, home.root, path);
    if (!mark.ok) return mark;
    if (mark.value !== null) home.files.removeFile(`${home.root}/${path}`);
    home.files.syncDirectory(`${home.root}/${directory.value}`);
    return ok(undefined);
  });
}

/** Closes a chain: no point is added to it any more. */
export function closeChain(
  home: Home,
  directory: string,
  chain: ChainId,
  code: ChainClosed['code'],
  at: Instant,
): Result<void, Failure> {
  const closed: ChainClosed = { formatVersion: 1, at, code };
  return writeMark(home, chainPath(directory, chain), closedName, closed);
}

/** Marks a point as bad. It stays where it is: people may still want what is left of it. */
export function quarantine(
  home: Home,
  place: PointPlace,
  { code, message }: Failure,
  at: Instant,
  files: readonly string[] = [],
): Result<void, Failure> {
  const mark: Quarantine = {
    formatVersion: 1,
    at,
    code,
    message,
    ...(files.length === 0 ? {} : { files }),
  };
  return writeMark(home, pointPath(place), quarantineName, mark);
}

/** Notes that a check found a point sound. What a damaged note of earlier ones said is lost. */
export function writeCheck(
  home: Home,
  place: PointPlace,
  { at, depth }: Pick<PointCheck, 'at' | 'depth'>,
): Result<void, Failure> {
  const before = readCheck(home, place);
  // A disk that fails may give it back; what is no note of ours gives nothing.
  if (!before.ok && before.error.code !== 'unreadable') return before;
  const times = before.ok && before.value !== null ? checkedTimes(before.value) : null;
  return writeMark(home, pointPath(place), checkedName, noteOfCheck(at, depth, times));
}

/** When a point was last found sound; null: never. */
export function readCheck(home: Home, place: PointPlace): Result<PointCheck | null, Failure> {
  const path = pointPath(place);
  if (!path.ok) return path;
  return readRecord(home, `${path.value}/${checkedName}`, checkShape);
}

/** Writes what a domain's images looked like after its newest point. */
export function writeLastLook(
  home: Home,
  directory: string,
  look: LastLook,
): Result<void, Failure> {
  return writeMark(home, domainPath(directory), lookName, look);
}

/** Writes what the next run must remember. */
export function writeMemory(home: Home, memory: StoreMemory): Result<void, Failure> {
  return change(home, `writing ${home.root}/${memoryPath}`, () => {
    const inside = lookInside(home.files, home.root, memoryPath);
    if (!inside.ok) return inside;
    makeDirectories(home.files, home.root, stateName);
    syncUp(home.files, home.root, stateName);
    const name = memoryPath.slice(stateName.length + 1);
    writeDurable(home.files, `${home.root}/${stateName}`, name, jsonText(memory));
    return ok(undefined);
  });
}
