import type { StoreId } from '../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt, errorNumber, systemFailure } from './attempt.ts';
import { jsonText, makeWay, writeDurable } from './durable.ts';
import { realEyes, type Eyes } from './eyes.ts';
import { realFiles, type Files } from './files.ts';
import { storeIdShape } from './identity-shape.ts';
import { formatOne, mapOf, parseShape, record } from './shape.ts';

const fileName = 'stores.json';

const knownShape = record((field) => ({
  formatVersion: field('formatVersion', formatOne),
  stores: field('stores', mapOf(storeIdShape)),
}));

function parseKnown(
  content: string,
  path: string,
): Result<Readonly<Record<string, StoreId>>, Failure> {
  const known = parseShape(content, knownShape);
  if (known.ok) return ok(known.value.stores);
  return fail({
    code: 'known-stores-unreadable',
    message: `${path}: ${known.error}; it says which store belongs at which path. Check that the right disks are mounted, then move it away`,
  });
}

/**
 * The id of the store that this host knew at a path; null if it knew none. A
 * file that cannot be read is a failure: without it an empty directory, where a disk is
 * not mounted, would pass for a new store (G152).
 */
export async function knownStore(
  stateDir: string,
  storePath: string,
  eyes: Eyes = realEyes,
): Promise<Result<StoreId | null, Failure>> {
  const path = `${stateDir}/${fileName}`;
  try {
    const known = parseKnown(await eyes.read(path), path);
    return known.ok ? ok(known.value[storePath] ?? null) : known;
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return ok(null);
    return fail(systemFailure(`reading ${path}`, error));
  }
}

/** Remembers, after an apply, which store is at a path. */
export function rememberStore(
  stateDir: string,
  storePath: string,
  id: StoreId,
  files: Files = realFiles,
): Result<void, Failure> {
  const path = `${stateDir}/${fileName}`;
  return attempt(`writing ${path}`, () => {
    makeWay(files, stateDir);
    const there = files.look(path) !== null;
    const known = there ? parseKnown(files.read(path), path) : ok({});
    if (!known.ok) return known;
    const stores: Readonly<Record<string, StoreId>> = known.value;
    if (stores[storePath] === id) return ok(undefined);
    const changed = { formatVersion: 1, stores: { ...stores, [storePath]: id } };
    writeDurable(files, stateDir, fileName, jsonText(changed));
    return ok(undefined);
  });
}
