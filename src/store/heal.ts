import type { ChainId } from '../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { removeEmpty } from './discard.ts';
import { makeDirectories, makeDurable, syncUp } from './durable.ts';
import { change, type Home } from './home.ts';
import { directoryInside, lookInside } from './inside.ts';
import {
  chainPath,
  isPointFile,
  isTemporary,
  manifestName,
  pointPath,
  stateName,
} from './layout.ts';
import type { PointPlace } from './store.ts';

const healName = `${stateName}/heal`;

/** Where good files of a point, or of a chain's points, wait until they take their places: in the store, so that a rename brings them there. */
function healPath(path: Result<string, Failure>): Result<string, Failure> {
  // `domains/…` becomes `.state/heal/…`.
  return path.ok ? ok(`${healName}/${path.value.split('/').slice(1).join('/')}`) : path;
}

/** Makes that directory, or takes the one that an interrupted heal left; its absolute path is that of the chain in it. */
export function beginHeal(home: Home, place: PointPlace): Result<string, Failure> {
  const path = healPath(pointPath(place));
  if (!path.ok) return path;
  return change(home, `making room for a heal in ${home.root}`, () => {
    makeDirectories(home.files, home.root, path.value);
    const there = directoryInside(home.files, home.root, path.value);
    return there.ok ? ok(`${home.root}/${path.value}`) : there;
  });
}

/**
 * Puts a file that a heal has fetched, and whose bytes the caller has compared,
 * in the place of the point's own: durable before, one rename. A machine that
 * dies at any instant has the old file or the new.
 */
export function healFile(home: Home, place: PointPlace, file: string): Result<void, Failure> {
  const from = healPath(pointPath(place));
  const to = pointPath(place);
  if (!from.ok) return from;
  if (!to.ok) return to;
  return change(home, `healing ${home.root}/${to.value}/${file}`, () => {
    if (!isPointFile(file) || isTemporary(file) || file === manifestName) {
      return fail({ code: 'bad-path', message: `${JSON.stringify(file)} is no file of a point` });
    }
    const there = directoryInside(home.files, home.root, to.value);
    if (!there.ok) return there;
    for (const path of [from.value, to.value]) {
      const look = lookInside(home.files, home.root, `${path}/${file}`);
      if (!look.ok) return look;
      if (look.value !== null && look.value.kind !== 'file') {
        return fail({ code: 'not-a-file', message: `${home.root}/${path}/${file} is no file` });
      }
    }
    const fetched = `${home.root}/${from.value}/${file}`;
    home.files.syncFile(fetched);
    home.files.rename(fetched, `${home.root}/${to.value}/${file}`);
    return makeDurable(`${to.value}/${file} is healed`, () => {
      home.files.syncDirectory(`${home.root}/${to.value}`);
      home.files.syncDirectory(`${home.root}/${from.value}`);
    });
  });
}

/** Removes what a heal has fetched and not used; a success too if there is nothing. */
export function endHeal(home: Home, place: PointPlace): Result<void, Failure> {
  const path = healPath(pointPath(place));
  if (!path.ok) return path;
  return change(home, `tidying up after a heal in ${home.root}`, () => tidy(home, path.value));
}

/** The same for all points of a chain, within a change: of one that goes nothing is healed any more. */
export function endHealsOf(home: Home, directory: string, chain: ChainId): Result<void, Failure> {
  const path = healPath(chainPath(directory, chain));
  return path.ok ? tidy(home, path.value) : path;
}

function tidy(home: Home, path: string): Result<void, Failure> {
  const look = lookInside(home.files, home.root, path);
  if (!look.ok) return look;
  if (look.value === null) return ok(undefined);
  const emptied = removeFiles(home, path);
  if (!emptied.ok) return emptied;
  removeEmpty(home, path, healName);
  syncUp(home.files, home.root, healName);
  return ok(undefined);
}

/** Removes the files of a directory, and of those that a program made in it for parts; never through a symlink. */
function removeFiles(home: Home, path: string): Result<void, Failure> {
  const there = directoryInside(home.files, home.root, path);
  if (!there.ok) return there;
  for (const name of home.files.list(`${home.root}/${path}`)) {
    const below = `${path}/${name}`;
    const look = lookInside(home.files, home.root, below);
    if (!look.ok) return look;
    if (look.value?.kind === 'directory') {
      const inner = removeFiles(home, below);
      if (!inner.ok) return inner;
      home.files.removeDirectory(`${home.root}/${below}`);
    } else if (look.value !== null) home.files.removeFile(`${home.root}/${below}`);
  }
  return ok(undefined);
}
