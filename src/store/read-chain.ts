import {
  isChainId,
  pointId,
  type ChainId,
  type DomainUuid,
  type PointId,
} from '../model/identity.ts';
import type { Manifest } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Home } from './home.ts';
import { directoryInside, lookInside } from './inside.ts';
import {
  chainPath,
  domainPath,
  manifestName,
  parsePointDirectory,
  pointPath,
  quarantineName,
} from './layout.ts';
import { filesOf, parseManifest } from './manifest.ts';
import type { PointPlace } from './store.ts';

/** The id by which a point goes whose manifest does not tell: the stamp of its directory and zeros. */
export function standInPoint(stamp: string): PointId {
  return pointId(`${stamp}-0000`);
}

/** Directories of points among the names in a chain, by sequence. */
export function pointsAmong(
  names: readonly string[],
): readonly { readonly name: string; readonly sequence: number; readonly stamp: string }[] {
  return names
    .flatMap((name) => {
      const parsed = parsePointDirectory(name);
      return parsed === null ? [] : [{ name, sequence: parsed.sequence, stamp: parsed.stamp }];
    })
    .toSorted((a, b) => a.sequence - b.sequence || (a.name < b.name ? -1 : 1));
}

/** Chains among the names in a domain's directory, oldest first. */
export function chainsAmong(names: readonly string[]): readonly ChainId[] {
  return names.filter(isChainId).toSorted();
}

/** Reads the manifest of a point that lies at a path below the store, live or in the trash. */
export function readManifestAt(
  home: Home,
  path: string,
  chain: ChainId,
  directory: string,
): Result<Manifest, Failure> {
  const file = `${path}/${manifestName}`;
  const look = lookInside(home.files, home.root, file);
  if (!look.ok) return look;
  if (look.value === null) {
    return fail({
      code: 'manifest-missing',
      message: `${home.root}/${file} is not there: without it this is no point`,
    });
  }
  return parseManifest(home.files.read(`${home.root}/${file}`), {
    store: home.id,
    chain,
    pointDirectory: directory,
    path: `${home.root}/${file}`,
  });
}

/** Reads the manifest of a published point. */
export function readPoint(home: Home, place: PointPlace): Result<Manifest, Failure> {
  const path = pointPath(place);
  return path.ok ? readManifestAt(home, path.value, place.chain, place.pointDirectory) : path;
}

/** Points of a chain whose manifests can be read, by sequence; the others are for the observer to report. */
export function readChain(
  home: Home,
  directory: string,
  chain: ChainId,
): Result<readonly { readonly place: PointPlace; readonly manifest: Manifest }[], Failure> {
  const path = chainPath(directory, chain);
  if (!path.ok) return path;
  const there = directoryInside(home.files, home.root, path.value);
  if (!there.ok) return there;
  const points = pointsAmong(home.files.list(`${home.root}/${path.value}`));
  return ok(
    points.flatMap(({ name }) => {
      const place = { directory, chain, pointDirectory: name };
      const manifest = readPoint(home, place);
      return manifest.ok ? [{ place, manifest: manifest.value }] : [];
    }),
  );
}

/** Checks that a point is whole: not quarantined, and every file there with its size. */
export function checkWhole(home: Home, path: string, manifest: Manifest): Result<void, Failure> {
  if (home.files.look(`${home.root}/${path}/${quarantineName}`) !== null) {
    return fail({ code: 'quarantined', message: `${home.root}/${path} is quarantined` });
  }
  for (const { file, bytes } of filesOf(manifest)) {
    const look = lookInside(home.files, home.root, `${path}/${file}`);
    if (!look.ok) return look;
    const at = `${home.root}/${path}/${file}`;
    if (look.value === null) return fail({ code: 'file-missing', message: `${at} is not there` });
    if (look.value.kind !== 'file' || look.value.sizeBytes !== bytes) {
      return fail({
        code: 'file-size',
        message: `${at} has ${look.value.sizeBytes} bytes, its manifest says ${bytes}`,
      });
    }
  }
  return ok(undefined);
}

/** The domain whose points a directory holds, by its newest readable manifest; null if there is none. */
export function ownerOf(home: Home, directory: string): Result<DomainUuid | null, Failure> {
  const path = domainPath(directory);
  if (!path.ok) return path;
  const look = lookInside(home.files, home.root, path.value);
  if (!look.ok) return look;
  if (look.value === null) return ok(null);
  for (const chain of chainsAmong(home.files.list(`${home.root}/${path.value}`)).toReversed()) {
    const there = directoryInside(home.files, home.root, `${path.value}/${chain}`);
    if (!there.ok) return there;
    const names = home.files.list(`${home.root}/${path.value}/${chain}`);
    for (const { name } of pointsAmong(names).toReversed()) {
      const manifest = readPoint(home, { directory, chain, pointDirectory: name });
      if (manifest.ok) return ok(manifest.value.domain.uuid);
    }
  }
  return ok(null);
}
