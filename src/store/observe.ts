import { isDirectoryName } from '../model/directory-name.ts';
import { storeId, type StoreId } from '../model/identity.ts';
import type { ObservedStore, ReadyStore, StoreMemory } from '../model/observed-store.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { errorNumber, systemFailure } from './attempt.ts';
import { whatIsInTheWay } from './create.ts';
import { realEyes, type Entry, type Eyes } from './eyes.ts';
import { parseMarker } from './home.ts';
import {
  listDirectory,
  lookAt,
  mapLimited,
  noteUnreadable,
  readRecordText,
  type Inspection,
} from './inspect.ts';
import { knownStore } from './known-stores.ts';
import {
  domainsName,
  isTemporary,
  journalName,
  markerName,
  memoryPath,
  readmeName,
  stateName,
  trashName,
} from './layout.ts';
import { observeDirectory } from './observe-domain.ts';
import { observeTrash } from './observe-trash.ts';
import { memoryShape } from './records.ts';
import { parseShape } from './shape.ts';
import type { StoreQuery } from './store.ts';

type StoreState = ObservedStore['state'];

// Stands for an id while the marker is read; nothing is compared with it.
const noStore = storeId('0'.repeat(32));

// With two chains of eight points each: 64 requests wait at most, which a
// disk can sort, and a network file system answers together.
const domainsAtOnce = 4;

/** Looks at a store: reads, and changes nothing. What it cannot see it says; it never throws for that. */
export async function observeStore(
  query: StoreQuery,
  eyes: Eyes = realEyes,
): Promise<ObservedStore> {
  const { name, path } = query;
  try {
    return { name, path, state: await observeState(query, eyes) };
  } catch (error) {
    return { name, path, state: unseenAs(systemFailure(`looking at store ${name}`, error)) };
  }
}

function unseenAs(failure: Failure): StoreState {
  return { kind: 'unseen', failure };
}

async function observeState(
  { name, path, requireMount, stateDir }: StoreQuery,
  eyes: Eyes,
): Promise<StoreState> {
  const root = await findRoot(name, path, eyes);
  if (!root.ok) return unseenAs(root.error);
  const { device } = root.value;
  const known = await knownStore(stateDir, path, eyes);
  if (!known.ok) return unseenAs(known.error);
  const { mount, isMountPoint } = await eyes.mount(path);
  if (requireMount && !isMountPoint) {
    return unseenAs({
      code: 'not-mounted',
      message: `store ${name}: nothing is mounted on ${path}; mount its disk`,
    });
  }
  const { sharesBlocks, ...space } = await eyes.space(path);
  const facts = {
    ...space,
    mount: { device, source: mount?.source ?? 'unknown' },
    knownId: known.value,
  };
  const names = (await eyes.list(path)).map((entry) => entry.name);
  if (!names.includes(markerName)) {
    const odd = await findInTheWay(path, names, eyes);
    if (odd === null) return { kind: 'blank', ...facts };
    return unseenAs({
      code: 'marker-missing',
      message: `store ${name}: ${path} has no ${markerName} and is not empty (${odd}); it is no store, or its marker is lost`,
    });
  }
  const marker = await readMarker(path, device, eyes);
  if (!marker.ok) return unseenAs(marker.error);
  const inspection: Inspection = {
    eyes,
    root: path,
    id: marker.value,
    device,
    unreadable: [],
    foreign: [],
  };
  const contents = await readContents(inspection, names);
  const writable = mount?.readOnly !== true && (await eyes.isWritable(path));
  const sharing = sharesBlocks ? ({ sharesBlocks } as const) : {};
  return { kind: 'ready', id: marker.value, ...facts, ...sharing, writable, ...contents };
}

/** The store's directory, or what to do about there being none. */
async function findRoot(
  name: string,
  path: string,
  eyes: Eyes,
): Promise<Result<{ readonly device: number }, Failure>> {
  try {
    const root = await eyes.root(path);
    if (root.isDirectory) return ok(root);
    const message = `store ${name}: ${path} is not a directory`;
    return fail({ code: 'not-a-directory', message });
  } catch (error) {
    if (errorNumber(error) !== 'ENOENT') throw error;
    const message = `store ${name}: ${path} is not there; make it (mkdir -m 0700 ${path}) or mount its disk`;
    return fail({ code: 'not-found', message });
  }
}

async function findInTheWay(
  path: string,
  names: readonly string[],
  eyes: Eyes,
): Promise<string | null> {
  const lists = new Map<string, readonly string[]>();
  for (const name of names) {
    const below = [domainsName, trashName, journalName, stateName];
    if (!below.includes(name)) continue;
    const entries = await eyes.list(`${path}/${name}`);
    lists.set(
      name,
      entries.map((entry) => entry.name),
    );
  }
  return whatIsInTheWay(names, (name) => lists.get(name) ?? []);
}

/** The id in the marker, which must be a file of the store's own file system like everything in it. */
async function readMarker(
  path: string,
  device: number,
  eyes: Eyes,
): Promise<Result<StoreId, Failure>> {
  const unreadable: ReadyStore['unreadable'][number][] = [];
  const inspection = { eyes, root: path, id: noStore, device, unreadable, foreign: [] };
  const content = await readRecordText(inspection, markerName);
  if (content !== null) return parseMarker(content, `${path}/${markerName}`);
  const why = unreadable.map(({ message }) => message).join('; ');
  return fail({ code: 'marker-unreadable', message: `${path}/${markerName}: ${why}` });
}

/** Everything below the root. */
async function readContents(
  inspection: Inspection,
  names: readonly string[],
): Promise<Pick<ReadyStore, 'directories' | 'unreadable' | 'foreign' | 'trash' | 'memory'>> {
  const ours = [markerName, readmeName, domainsName, trashName, journalName, stateName];
  const known = new Set([...ours, 'lost+found']);
  inspection.foreign.push(...names.filter((name) => !known.has(name) && !isTemporary(name)));
  const entries = await listReal(inspection, domainsName);
  const candidates: string[] = [];
  for (const entry of entries) {
    // A symlink of that name may hide a domain: the look at it says so.
    const isDomain = isDirectoryName(entry.name) && !entry.isFile();
    if (isDomain) candidates.push(entry.name);
    else inspection.foreign.push(`${domainsName}/${entry.name}`);
  }
  const directories = await mapLimited(candidates, domainsAtOnce, (name) =>
    observeDirectory(inspection, name),
  );
  const hasTrash = names.includes(trashName) && lookAt(inspection, trashName) !== null;
  const trash = hasTrash ? await observeTrash(inspection) : [];
  const memory = await readMemory(inspection, names);
  return {
    directories: directories.filter((directory) => directory !== null),
    // Several are looked at at once, in any order; equal stores give equal observations.
    unreadable: inspection.unreadable.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    foreign: inspection.foreign.toSorted(),
    trash,
    memory,
  };
}

/** Entries of a directory that is no symlink; none, and noted, if it cannot be listed. */
async function listReal(inspection: Inspection, path: string): Promise<readonly Entry[]> {
  if (lookAt(inspection, path) === null) return [];
  return (await listDirectory(inspection, path)) ?? [];
}

/** What the last run left to remember; null if there is none, or it is damaged, which is noted. */
async function readMemory(
  inspection: Inspection,
  names: readonly string[],
): Promise<StoreMemory | null> {
  if (!names.includes(stateName)) return null;
  const entries = await listReal(inspection, stateName);
  if (!entries.some(({ name }) => `${stateName}/${name}` === memoryPath)) return null;
  const content = await readRecordText(inspection, memoryPath);
  if (content === null) return null;
  const memory = parseShape(content, memoryShape);
  if (memory.ok) return memory.value;
  noteUnreadable(inspection, memoryPath, { code: 'unreadable', message: memory.error });
  return null;
}
