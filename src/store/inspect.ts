import type { StoreId } from '../model/identity.ts';
import type { ReadyStore } from '../model/observed-store.ts';
import type { Failure } from '../model/result.ts';
import { systemFailure } from './attempt.ts';
import type { Entry, Eyes } from './eyes.ts';
import type { Look } from './files.ts';
import { refusal } from './inside.ts';

/** A store that is looked at, and what was found in it that is not as it should be. */
export interface Inspection {
  readonly eyes: Eyes;
  readonly root: string;
  readonly id: StoreId;
  readonly device: number;
  readonly unreadable: ReadyStore['unreadable'][number][];
  readonly foreign: string[];
}

/** Notes that something could not be read. */
export function noteUnreadable(inspection: Inspection, path: string, failure: Failure): void {
  inspection.unreadable.push({ path, code: failure.code, message: failure.message });
}

/** Does something with a path; what the system refuses is noted as unreadable, and null. */
async function orNote<T>(
  inspection: Inspection,
  path: string,
  doing: string,
  body: (absolute: string) => Promise<T>,
): Promise<T | null> {
  try {
    return await body(`${inspection.root}/${path}`);
  } catch (error) {
    noteUnreadable(inspection, path, systemFailure(doing, error));
    return null;
  }
}

/** Entries of a directory, by name; null, and noted, if it cannot be listed. */
export async function listDirectory(
  inspection: Inspection,
  path: string,
): Promise<readonly Entry[] | null> {
  const entries = await orNote(inspection, path, 'listing it', (absolute) =>
    inspection.eyes.list(absolute),
  );
  return entries?.toSorted((a, b) => (a.name < b.name ? -1 : 1)) ?? null;
}

/** lstat; null, and noted, if it fails, or if the thing is a symlink, no file, or on another file system (G212). */
export function lookAt(inspection: Inspection, path: string): Look | null {
  try {
    const look = inspection.eyes.look(`${inspection.root}/${path}`);
    const refused = refusal(`${inspection.root}/${path}`, look, inspection.device);
    if (refused === null) return look;
    noteUnreadable(inspection, path, refused);
  } catch (error) {
    noteUnreadable(inspection, path, systemFailure('looking at it', error));
  }
  return null;
}

// The largest of our records is last.json with the policy's text, at most 1 MiB
// and its included files; more than this is no record of ours.
const maxRecordBytes = 16 * 1024 ** 2;

/** The text of a small file that `lookAt` has found to be one; null, and noted, if it cannot be read. */
export async function readSmall(
  inspection: Inspection,
  path: string,
  sizeBytes: number,
): Promise<string | null> {
  if (sizeBytes > maxRecordBytes) {
    const message = `it has ${sizeBytes} bytes, far too many for a record of Holdfast`;
    noteUnreadable(inspection, path, { code: 'unreadable', message });
    return null;
  }
  return orNote(inspection, path, 'reading it', (absolute) => inspection.eyes.read(absolute));
}

/** Looks at and reads a small file. */
export async function readRecordText(inspection: Inspection, path: string): Promise<string | null> {
  const look = lookAt(inspection, path);
  if (look === null) return null;
  if (look.kind === 'file') return readSmall(inspection, path, look.sizeBytes);
  noteUnreadable(inspection, path, { code: 'unreadable', message: 'it is not a file' });
  return null;
}

/** Maps in the order of the items, at most so many at a time. */
export async function mapLimited<T, U>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<U>,
): Promise<readonly U[]> {
  const results: U[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    // All workers draw from the one iterator.
    for (const [index, item] of queue) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
