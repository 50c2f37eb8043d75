import type { DomainUuid, PointId } from '../model/identity.ts';
import type { Manifest } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt, systemFailure } from './attempt.ts';
import { discardIncoming } from './discard.ts';
import { jsonText, makeDirectories, syncUp, writeDurable } from './durable.ts';
import { change, type Home } from './home.ts';
import { directoryInside, lookInside } from './inside.ts';
import {
  chainPath,
  closedName,
  domainsName,
  incomingDirectory,
  isPointFile,
  manifestName,
  parseIncoming,
  parsePointDirectory,
  pointPath,
} from './layout.ts';
import { backingProblem, filesOf, parseManifest } from './manifest.ts';
import { checkWhole, ownerOf, pointsAmong, readPoint } from './read-chain.ts';
import type { IncomingPoint, PointPlace } from './store.ts';

/** A point on its way: paths below the store. */
interface Incoming {
  readonly home: Home;
  readonly place: PointPlace;
  readonly point: PointId;
  readonly chain: string;
  readonly path: string;
  readonly final: string;
}

/** Makes the `.incoming-` directory of a point; refuses if the point or an incoming of its id is there. */
export function beginPoint(
  home: Home,
  place: PointPlace,
  point: PointId,
  uuid?: DomainUuid,
): Result<IncomingPoint, Failure> {
  return change(home, `preparing point ${point} in ${home.root}`, () => {
    const chain = chainPath(place.directory, place.chain);
    const final = pointPath(place);
    const parsed = parsePointDirectory(place.pointDirectory);
    if (!chain.ok) return chain;
    if (!final.ok || parsed === null) return final.ok ? fail(badPlace(place)) : final;
    const free = checkFree(home, chain.value, point, parsed.sequence);
    if (!free.ok) return free;
    const path = `${chain.value}/${incomingDirectory(parsed.sequence, point, uuid)}`;
    makeDirectories(home.files, home.root, chain.value);
    home.files.makeDirectory(`${home.root}/${path}`);
    syncUp(home.files, home.root, chain.value);
    return ok(incomingPoint({ home, place, point, chain: chain.value, path, final: final.value }));
  });
}

function badPlace(place: PointPlace): Failure {
  return { code: 'bad-path', message: `${place.pointDirectory} is not a point directory` };
}

/** Checks that a chain takes a point of this id and number. */
function checkFree(
  home: Home,
  chain: string,
  point: PointId,
  sequence: number,
): Result<void, Failure> {
  const look = lookInside(home.files, home.root, chain);
  if (!look.ok) return look;
  if (look.value === null) return ok(undefined);
  const names = home.files.list(`${home.root}/${chain}`);
  const taken =
    names.find((name) => parseIncoming(name)?.point === point) ??
    pointsAmong(names).find((other) => other.sequence === sequence)?.name;
  if (taken !== undefined) {
    return fail({
      code: taken.startsWith('.') ? 'incoming-exists' : 'point-exists',
      message: `${home.root}/${chain}/${taken} is there already; plan again`,
    });
  }
  if (names.includes(closedName)) {
    return fail({
      code: 'chain-closed',
      message: `${home.root}/${chain} is closed: no point may be added to it; plan again`,
    });
  }
  return ok(undefined);
}

function incomingPoint(incoming: Incoming): IncomingPoint {
  const { home, path } = incoming;
  return {
    path: `${home.root}/${path}`,
    writeFile: (name, content) =>
      attempt(`writing ${home.root}/${path}/${name}`, () => {
        if (!isPointFile(name) || name.startsWith('.') || name.endsWith('.json')) {
          return fail({
            code: 'bad-path',
            message: `${JSON.stringify(name)} is not the name of a file of a point`,
          });
        }
        home.files.writeNew(`${home.root}/${path}/${name}`, content);
        return ok(undefined);
      }),
    publish: (manifest) =>
      change(home, `publishing ${home.root}/${incoming.final}`, () => publish(incoming, manifest)),
    discard: () => discardIncoming(home, path),
  };
}

/** Every check, then the steps of 3-store.md in their order. */
function publish(incoming: Incoming, manifest: Manifest): Result<void, Failure> {
  const { home, path, final } = incoming;
  const checkedManifest = checkManifest(incoming, manifest);
  if (!checkedManifest.ok) return checkedManifest;
  const files = checkFiles(home, path, manifest);
  if (!files.ok) return files;
  const family = checkFamily(incoming, manifest);
  if (!family.ok) return family;
  for (const { file } of filesOf(manifest)) home.files.syncFile(`${home.root}/${path}/${file}`);
  writeDurable(home.files, `${home.root}/${path}`, manifestName, jsonText(manifest));
  // rename(2) would silently replace an empty directory.
  const taken = lookInside(home.files, home.root, final);
  if (!taken.ok) return taken;
  if (taken.value !== null) {
    return fail({ code: 'point-exists', message: `${home.root}/${final} is there already` });
  }
  home.files.rename(`${home.root}/${path}`, `${home.root}/${final}`);
  try {
    syncUp(home.files, home.root, incoming.chain);
    return ok(undefined);
  } catch (error) {
    return takeBack(incoming, systemFailure(`publishing ${home.root}/${final}`, error));
  }
}

/** Reported as failed, a point must not stay: the caller is about to drop its checkpoint. */
function takeBack({ home, path, final }: Incoming, why: Failure): Result<void, Failure> {
  try {
    home.files.rename(`${home.root}/${final}`, `${home.root}/${path}`);
    return fail(why);
  } catch (error) {
    const { message } = systemFailure(`taking ${home.root}/${final} back`, error);
    return fail({
      code: why.code,
      message: `${why.message}; ${message}. The point is there now, and may not be after a power cut; the next one is a full`,
    });
  }
}

/** Checks that what will be written can be read back, and belongs here. */
function checkManifest(incoming: Incoming, manifest: Manifest): Result<void, Failure> {
  const { home, place, point, path } = incoming;
  if (manifest.point !== point) {
    return fail({
      code: 'manifest-misplaced',
      message: `the manifest is of point ${manifest.point}, and ${home.root}/${path} was made for ${point}`,
    });
  }
  const read = parseManifest(jsonText(manifest), {
    store: home.id,
    chain: place.chain,
    pointDirectory: place.pointDirectory,
    path: `${home.root}/${path}/${manifestName}`,
  });
  return read.ok ? ok(undefined) : read;
}

/** Checks that exactly the manifest's files are there, with its sizes. */
function checkFiles(home: Home, path: string, manifest: Manifest): Result<void, Failure> {
  const directory = directoryInside(home.files, home.root, path);
  if (!directory.ok) return directory;
  const named = new Set(filesOf(manifest).map(({ file }) => file));
  const extra = home.files.list(`${home.root}/${path}`).find((name) => !named.has(name));
  if (extra !== undefined) {
    return fail({
      code: 'unlisted-file',
      message: `${home.root}/${path}/${extra} is not in the manifest`,
    });
  }
  return checkWhole(home, path, manifest);
}

/** Checks that the directory is this domain's, and that the parent is there and whole. */
function checkFamily(incoming: Incoming, manifest: Manifest): Result<void, Failure> {
  const { home, place, chain } = incoming;
  const owner = ownerOf(home, place.directory);
  if (!owner.ok) return owner;
  if (owner.value !== null && owner.value !== manifest.domain.uuid) {
    return fail({
      code: 'directory-taken',
      message: `${home.root}/${domainsName}/${place.directory} holds points of domain ${owner.value}`,
    });
  }
  if (manifest.parent === null) return ok(undefined);
  const names = home.files.list(`${home.root}/${chain}`);
  for (const { name } of pointsAmong(names).toReversed()) {
    const parent = readPoint(home, { ...place, pointDirectory: name });
    if (!parent.ok || parent.value.point !== manifest.parent) continue;
    const problem = backingProblem(manifest, { directory: name, manifest: parent.value });
    if (problem !== null) {
      return fail({ code: 'parent-mismatch', message: `${place.pointDirectory}: ${problem}` });
    }
    return checkWhole(home, `${chain}/${name}`, parent.value);
  }
  return fail({
    code: 'parent-missing',
    message: `${home.root}/${chain} holds no readable point ${manifest.parent}, the parent`,
  });
}
