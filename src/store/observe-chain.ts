import type { ChainId, DomainUuid } from '../model/identity.ts';
import type { ObservedChain, ObservedIncoming } from '../model/observed-store.ts';
import {
  listDirectory,
  lookAt,
  mapLimited,
  noteUnreadable,
  readRecordText,
  type Inspection,
} from './inspect.ts';
import {
  closedName,
  holdName,
  isTemporary,
  locksPath,
  parseIncoming,
  parsePointDirectory,
  trashRecordName,
} from './layout.ts';
import { observePoint, type PointPart } from './observe-point.ts';
import { closedShape } from './records.ts';
import { parseShape } from './shape.ts';

/** An incoming point before it is known whose directory it lies in. */
export interface IncomingPart extends Omit<ObservedIncoming, 'busy'> {
  readonly uuid: DomainUuid | null;
}

/** A chain before it is known whose directory it lies in. */
export interface ChainPart {
  readonly id: ChainId;
  readonly held: boolean;
  readonly closed: ObservedChain['closed'];
  /** By sequence. */
  readonly points: readonly PointPart[];
  readonly incoming: readonly IncomingPart[];
}

// Node reads files with four threads; a few more waiting keep them busy.
const pointsAtOnce = 8;

/** Looks at a chain; null, and noted, if that was not possible. */
export async function readChainPart(
  inspection: Inspection,
  domainPath: string,
  id: ChainId,
): Promise<ChainPart | null> {
  const path = `${domainPath}/${id}`;
  const look = lookAt(inspection, path);
  if (look === null) return null;
  const entries = await listDirectory(inspection, path);
  if (entries === null) return null;
  const points: string[] = [];
  const incoming: IncomingPart[] = [];
  for (const entry of entries) {
    const name = entry.name;
    if (parsePointDirectory(name) !== null && !entry.isFile()) points.push(name);
    else if (parseIncoming(name) !== null && entry.isDirectory()) {
      incoming.push(...(await readIncoming(inspection, path, id, name)));
    } else if (![holdName, closedName, trashRecordName].includes(name) && !isTemporary(name)) {
      inspection.foreign.push(`${path}/${name}`);
    }
  }
  const parts = await mapLimited(points, pointsAtOnce, async (name) => {
    // A symlink is refused here: listing it would follow it.
    const real = entries.some((entry) => entry.name === name && entry.isDirectory());
    if (real || lookAt(inspection, `${path}/${name}`) !== null) {
      return observePoint(inspection, path, id, name);
    }
    return null;
  });
  return {
    id,
    held: entries.some(({ name }) => name === holdName),
    closed: entries.some(({ name }) => name === closedName)
      ? await readClosed(inspection, path)
      : null,
    points: parts.filter((part) => part !== null).toSorted((a, b) => a.sequence - b.sequence),
    incoming,
  };
}

/** Why a chain is closed. What cannot be read closes it as well. */
async function readClosed(
  inspection: Inspection,
  chainPath: string,
): Promise<ObservedChain['closed']> {
  const path = `${chainPath}/${closedName}`;
  const content = await readRecordText(inspection, path);
  if (content === null) return 'untracked';
  const closed = parseShape(content, closedShape);
  if (closed.ok) return closed.value.code;
  noteUnreadable(inspection, path, { code: 'unreadable', message: closed.error });
  return 'untracked';
}

async function readIncoming(
  inspection: Inspection,
  chainPath: string,
  chain: ChainId,
  name: string,
): Promise<readonly IncomingPart[]> {
  const path = `${chainPath}/${name}`;
  // A looking glass of its own: what vanishes here was published or discarded meanwhile.
  const aside: Inspection = { ...inspection, unreadable: [], foreign: [] };
  const entries = await listDirectory(aside, path);
  if (entries === null && aside.unreadable.some(({ code }) => code === 'not-found')) return [];
  let bytes = 0;
  for (const entry of entries ?? []) {
    const look = lookAt(aside, `${path}/${entry.name}`);
    bytes += look?.kind === 'file' ? look.sizeBytes : 0;
  }
  const gone = aside.unreadable.filter(({ code }) => code !== 'not-found');
  inspection.unreadable.push(...gone);
  const parsed = parseIncoming(name);
  return [{ path, chain, point: parsed?.point ?? null, bytes, uuid: parsed?.uuid ?? null }];
}

/** An incoming point of a known domain, and whether somebody is at work on it. */
export async function observeIncoming(
  inspection: Inspection,
  { uuid, ...incoming }: IncomingPart,
  owner: DomainUuid,
): Promise<ObservedIncoming> {
  const lock = `${inspection.root}/${locksPath}/${uuid ?? owner}.lock`;
  return { ...incoming, busy: await inspection.eyes.isLocked(lock) };
}
