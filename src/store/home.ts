import type { StoreId } from '../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from './attempt.ts';
import type { Files } from './files.ts';
import { lookInside } from './inside.ts';
import { markerName } from './layout.ts';
import { markerShape } from './records.ts';
import { parseJson, parseShape, readShape, type Shape } from './shape.ts';

/** A store that is worked on: its files, its root, the id that its marker must have. */
export interface Home {
  readonly files: Files;
  /** Absolute path. */
  readonly root: string;
  /** Name in the policy, for messages. */
  readonly name: string;
  readonly id: StoreId;
}

/** The store id in the text of a marker. */
export function parseMarker(content: string, path: string): Result<StoreId, Failure> {
  const unreadable = (why: string) =>
    fail({ code: 'marker-unreadable', message: `${path}: ${why}` });
  const parsed = parseJson(content);
  if (!parsed.ok) return unreadable(parsed.error);
  const format = readShape(parsed.value, formatShape);
  if (format.ok && format.value > 1) {
    return fail({
      code: 'marker-newer',
      message: `${path}: format ${format.value} is newer than the 1 that this Holdfast reads; use a newer Holdfast`,
    });
  }
  const marker = readShape(parsed.value, markerShape);
  return marker.ok ? ok(marker.value.id) : unreadable(marker.error);
}

const formatShape: Shape<number> = (value) =>
  typeof value === 'object' &&
  value !== null &&
  'format' in value &&
  typeof value.format === 'number'
    ? value.format
    : 0;

/** Checks that the root is still the store that is meant: a disk can be unmounted, or another one mounted. */
export function checkMarker(home: Home): Result<void, Failure> {
  const path = `${home.root}/${markerName}`;
  const look = lookInside(home.files, home.root, markerName);
  if (!look.ok) return look;
  if (look.value === null) {
    return fail({
      code: 'marker-missing',
      message: `${path} is not there: ${home.root} is no store, or its disk is not mounted`,
    });
  }
  const id = parseMarker(home.files.read(path), path);
  if (!id.ok) return id;
  if (id.value === home.id) return ok(undefined);
  return fail({
    code: 'other-store',
    message: `${home.root} is store ${id.value}, not ${home.id}: another disk is mounted there`,
  });
}

/** A change of a store: the marker first, then the body; the system's errors become failures. */
export function change<T>(
  home: Home,
  doing: string,
  body: () => Result<T, Failure>,
): Result<T, Failure> {
  return attempt(doing, () => {
    const marker = checkMarker(home);
    return marker.ok ? body() : marker;
  });
}

/** A small JSON file of ours below the store; missing is null. What is there and is none fails as `unreadable`. */
export function readRecord<T>(
  home: Home,
  path: string,
  shape: Shape<T>,
): Result<T | null, Failure> {
  return attempt<T | null>(`reading ${home.root}/${path}`, () => {
    const look = lookInside(home.files, home.root, path);
    if (!look.ok) return look;
    if (look.value === null) return ok(null);
    const read = parseShape(home.files.read(`${home.root}/${path}`), shape);
    if (read.ok) return read;
    return fail({ code: 'unreadable', message: `${home.root}/${path}: ${read.error}` });
  });
}
