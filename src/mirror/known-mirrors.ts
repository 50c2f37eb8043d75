import { randomBytes } from 'node:crypto';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { jsonText, makeWay, writeDurable } from '../store/durable.ts';
import { storeIdShape } from '../store/identity-shape.ts';
import { formatOne, instant, mapOf, parseShape, record, textLike } from '../store/shape.ts';
import { mirrorFailure, type Work } from './work.ts';

/** Name of the marker in a store's directory at a mirror. */
export const markerName = 'holdfast-mirror.json';

const knownName = 'mirrors.json';

const mirrorIdShape = textLike(
  (text): text is string => /^[0-9a-f]{32}$/.test(text),
  '',
  '32 hex digits',
);

const markerShape = record((field) => ({
  format: field('format', formatOne),
  id: field('id', mirrorIdShape),
  store: field('store', storeIdShape),
  createdAt: field('createdAt', instant),
}));

const knownShape = record((field) => ({
  formatVersion: field('formatVersion', formatOne),
  mirrors: field('mirrors', mapOf(mirrorIdShape)),
}));

/** A new marker's text. */
export function newMarker({ store }: Work): string {
  const createdAt = new Date().toISOString();
  return jsonText({ format: 1, id: randomBytes(16).toString('hex'), store, createdAt });
}

/** What this host remembers is kept by place, not by name: a target that was changed is another mirror. */
function keyOf({ end, store }: Work): string {
  return `${end.target} ${store}`;
}

function readKnown({
  settings,
  local: { files },
}: Work): Result<Readonly<Record<string, string>>, Failure> {
  const path = `${settings.stateDir}/${knownName}`;
  return attempt(`reading ${path}`, () => {
    if (files.look(path) === null) return ok({});
    const known = parseShape(files.read(path), knownShape);
    if (known.ok) return ok(known.value.mirrors);
    return fail({
      code: 'known-mirrors-unreadable',
      message: `${path}: ${known.error}; it says which mirrors this host knows. Check that they are what they were, then move it away`,
    });
  });
}

/** Remembers the mirror, so that one that is wiped is not taken for a new one. */
function remember(work: Work, id: string): Result<void, Failure> {
  const { stateDir } = work.settings;
  const { files } = work.local;
  return attempt(`writing ${stateDir}/${knownName}`, () => {
    const known = readKnown(work);
    if (!known.ok) return known;
    if (known.value[keyOf(work)] === id) return ok(undefined);
    makeWay(files, stateDir);
    const mirrors = { ...known.value, [keyOf(work)]: id };
    writeDurable(files, stateDir, knownName, jsonText({ formatVersion: 1, mirrors }));
    return ok(undefined);
  });
}

/**
 * Whether the marker's text is that of the mirror that this host knows; the first
 * time it is remembered. `absent` only where no mirror is known.
 */
export function judgeMarker(
  work: Work,
  content: string | null,
): Result<'absent' | 'ours', Failure> {
  const known = readKnown(work);
  if (!known.ok) return known;
  const id = known.value[keyOf(work)];
  const remedy = `bring the mirror back, or take its line out of ${work.settings.stateDir}/${knownName} to begin anew there`;
  if (content === null) {
    if (id === undefined) return ok('absent');
    const words = `${markerName} of this store is gone: the mirror was wiped, or another disk is mounted; ${remedy}`;
    return mirrorFailure(work, 'mirror-lost', words);
  }
  const marker = parseShape(content, markerShape);
  if (!marker.ok) {
    return mirrorFailure(
      work,
      'mirror-lost',
      `${markerName} cannot be read: ${marker.error}; ${remedy}`,
    );
  }
  if (marker.value.store !== work.store) {
    const words = `${markerName} is of store ${marker.value.store}, and lies in the directory of ${work.store}; move it to its own`;
    return mirrorFailure(work, 'conflict', words);
  }
  if (id !== undefined && id !== marker.value.id) {
    const words = `it is another mirror than the one that was here before; ${remedy}`;
    return mirrorFailure(work, 'mirror-lost', words);
  }
  const done = remember(work, marker.value.id);
  return done.ok ? ok('ours') : done;
}
