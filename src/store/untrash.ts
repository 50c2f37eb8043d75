import type { ChainId } from '../model/identity.ts';
import type { Hold } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { jsonText, makeDirectories, syncUp, writeDurable } from './durable.ts';
import { change, readRecord, type Home } from './home.ts';
import { directoryInside, lookInside } from './inside.ts';
import {
  chainPath,
  holdName,
  isPointFile,
  manifestName,
  parentOf,
  parsePointDirectory,
  parseTrashPath,
  purgingName,
  trashRecordName,
} from './layout.ts';
import { ownerOf, pointsAmong } from './read-chain.ts';
import { trashShape, type TrashRecord } from './records.ts';
import { move, tidyTrash } from './trash.ts';

/** The record of a trashed chain, under one of its two names. */
interface Trashed {
  readonly record: TrashRecord;
  readonly name: typeof trashRecordName | typeof purgingName;
}

/** Reads the record of a trashed chain, and checks that it is the one that is meant, in its place. */
function readTrash(home: Home, path: string, chain: ChainId): Result<Trashed, Failure> {
  const place = parseTrashPath(path);
  if (place === null || place.chain !== chain) {
    return fail({
      code: 'bad-path',
      message: `${JSON.stringify(path)} is not the path of chain ${chain} in the trash`,
    });
  }
  const there = directoryInside(home.files, home.root, path);
  if (!there.ok) return there;
  const at = `${home.root}/${path}`;
  for (const name of [purgingName, trashRecordName] as const) {
    const record = readRecord(home, `${path}/${name}`, trashShape);
    if (!record.ok) return record;
    if (record.value === null) continue;
    const { run, directory } = record.value;
    if (run === place.run && directory === place.directory && record.value.chain === chain) {
      return ok({ record: record.value, name });
    }
    return fail({
      code: 'not-trash',
      message: `${at}/${name} is of ${run}/${directory}/${record.value.chain}`,
    });
  }
  return fail({ code: 'not-trash', message: `${at} has no ${trashRecordName}` });
}

/** Puts a trashed chain back under its old path with a hold, without which the same rule would delete it again. */
export function restoreTrash(
  home: Home,
  path: string,
  chain: ChainId,
  hold: Hold,
): Result<void, Failure> {
  return change(home, `putting ${home.root}/${path} back`, () => {
    const trashed = readTrash(home, path, chain);
    if (!trashed.ok) return trashed;
    const to = chainPath(trashed.value.record.directory, chain);
    if (!to.ok) return to;
    const refused = whyNotBack(home, path, to.value, trashed.value);
    if (!refused.ok) return refused;
    // Before the rename: there is no instant at which the chain is back and not held.
    writeDurable(home.files, `${home.root}/${path}`, holdName, jsonText(hold));
    makeDirectories(home.files, home.root, parentOf(to.value));
    syncUp(home.files, home.root, parentOf(to.value));
    const moved = move(home, path, to.value);
    if (!moved.ok) return moved;
    home.files.removeFile(`${home.root}/${to.value}/${trashRecordName}`);
    home.files.syncDirectory(`${home.root}/${to.value}`);
    tidyTrash(home, path);
    return ok(undefined);
  });
}

function whyNotBack(
  home: Home,
  path: string,
  to: string,
  { record, name }: Trashed,
): Result<void, Failure> {
  if (name === purgingName) {
    return fail({
      code: 'purging',
      message: `the removal of ${home.root}/${path} for good has begun; points that are still whole can be moved away by hand`,
    });
  }
  const taken = lookInside(home.files, home.root, to);
  if (!taken.ok) return taken;
  if (taken.value !== null) {
    return fail({
      code: 'exists',
      message: `${home.root}/${to} is there already; move it away first`,
    });
  }
  const owner = ownerOf(home, record.directory);
  if (!owner.ok) return owner;
  if (owner.value === null || owner.value === record.domain.uuid) return ok(undefined);
  return fail({
    code: 'directory-taken',
    message: `${home.root}/${parentOf(to)} holds points of domain ${owner.value} now`,
  });
}

/**
 * Removes a trashed chain for good, newest point first. Only files of ours go: with
 * anything else in the chain nothing is removed at all. Its record goes last,
 * so that what a crash leaves is still known for what it is.
 */
export function purgeTrash(home: Home, path: string, chain: ChainId): Result<void, Failure> {
  return change(home, `removing ${home.root}/${path} for good`, () => {
    const trashed = readTrash(home, path, chain);
    if (!trashed.ok) return trashed;
    const contents = listContents(home, path);
    if (!contents.ok) return contents;
    const at = `${home.root}/${path}`;
    // By a rename, which needs no space: a purge must be possible on a full disk.
    if (trashed.value.name === trashRecordName) {
      home.files.rename(`${at}/${trashRecordName}`, `${at}/${purgingName}`);
    }
    home.files.syncDirectory(at);
    for (const { name, files } of contents.value.points.toReversed()) {
      // The manifest last: until then the point tells what it was.
      const others = files.filter((file) => file !== manifestName);
      for (const file of others) home.files.removeFile(`${at}/${name}/${file}`);
      if (files.includes(manifestName)) home.files.removeFile(`${at}/${name}/${manifestName}`);
      home.files.removeDirectory(`${at}/${name}`);
      home.files.syncDirectory(at);
    }
    for (const file of contents.value.files) home.files.removeFile(`${at}/${file}`);
    home.files.removeFile(`${at}/${purgingName}`);
    home.files.removeDirectory(at);
    syncUp(home.files, home.root, parentOf(path));
    tidyTrash(home, path);
    return ok(undefined);
  });
}

/** What is in a trashed chain. */
interface Contents {
  readonly points: readonly { readonly name: string; readonly files: readonly string[] }[];
  /** Files beside the points, without the record. */
  readonly files: readonly string[];
}

/** Looks at everything in a trashed chain; refuses what is held, or not ours. */
function listContents(home: Home, path: string): Result<Contents, Failure> {
  const names = home.files.list(`${home.root}/${path}`);
  const points: { name: string; files: readonly string[] }[] = [];
  for (const { name } of pointsAmong(names)) {
    const files = listFiles(home, `${path}/${name}`);
    if (!files.ok) return files;
    points.push({ name, files: files.value });
  }
  const beside = names.filter((name) => parsePointDirectory(name) === null);
  const checked = checkFiles(home, path, beside);
  if (!checked.ok) return checked;
  const recordNames: readonly string[] = [trashRecordName, purgingName];
  return ok({ points, files: beside.filter((name) => !recordNames.includes(name)) });
}

function listFiles(home: Home, path: string): Result<readonly string[], Failure> {
  const there = directoryInside(home.files, home.root, path);
  if (!there.ok) return there;
  return checkFiles(home, path, home.files.list(`${home.root}/${path}`));
}

/** Checks that all of these are files that Holdfast writes, and none is a hold. */
function checkFiles(
  home: Home,
  path: string,
  names: readonly string[],
): Result<readonly string[], Failure> {
  for (const name of names) {
    const at = `${home.root}/${path}/${name}`;
    const look = lookInside(home.files, home.root, `${path}/${name}`);
    if (!look.ok) return look;
    if (name === holdName) {
      return fail({
        code: 'held',
        message: `${at} is there: somebody began to put this chain back; run trash restore again, or remove the hold`,
      });
    }
    if (look.value?.kind !== 'file' || !isPointFile(name)) {
      return fail({ code: 'foreign', message: `${at} is not Holdfast's; move it away` });
    }
  }
  return ok(names);
}
