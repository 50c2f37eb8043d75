import type { DrillMemory } from '../model/drill.ts';
import type { ChainId, DomainUuid } from '../model/identity.ts';
import type { ObservedDirectory, ObservedTip } from '../model/observed-store.ts';
import type { LastLook } from '../model/point.ts';
import { drillMemoryShape } from './drill-shape.ts';
import {
  listDirectory,
  lookAt,
  mapLimited,
  noteUnreadable,
  readRecordText,
  type Inspection,
} from './inspect.ts';
import { domainsName, drilledName, isTemporary, lookName, manifestName } from './layout.ts';
import { parseManifest } from './manifest.ts';
import { observeIncoming, readChainPart, type ChainPart } from './observe-chain.ts';
import { judgePoints } from './observe-point.ts';
import { chainsAmong } from './read-chain.ts';
import { lookShape } from './records.ts';
import { parseShape } from './shape.ts';

// Together with the points of a chain, enough to keep a disk's queue filled.
const chainsAtOnce = 2;

/** Looks at a domain's directory; null if there is nothing of a domain in it, or it cannot be told whose it is. */
export async function observeDirectory(
  inspection: Inspection,
  directory: string,
): Promise<ObservedDirectory | null> {
  const path = `${domainsName}/${directory}`;
  const look = lookAt(inspection, path);
  const entries = look === null ? null : await listDirectory(inspection, path);
  if (entries === null) return null;
  const names = entries.map(({ name }) => name);
  const chainIds = chainsAmong(names);
  const ours = new Set<string>([...chainIds, lookName, drilledName]);
  for (const name of names) {
    if (!ours.has(name) && !isTemporary(name)) inspection.foreign.push(`${path}/${name}`);
  }
  const read = await mapLimited(chainIds, chainsAtOnce, (id) =>
    readChainPart(inspection, path, id),
  );
  const chains = read.filter((chain) => chain !== null);
  const owner = ownerAmong(chains);
  if (owner === null) {
    noteOwnerless(inspection, path, chains);
    return null;
  }
  const observed = chains
    .map(({ id, held, closed, points }) => {
      return { id, held, closed, points: judgePoints(points, owner.uuid) };
    })
    // Only an incoming point, or what discarding one has left.
    .filter(({ points }) => points.length > 0);
  return {
    directory,
    uuid: owner.uuid,
    name: owner.name ?? decodedName(directory),
    chains: observed,
    tip: await findTip(inspection, path, chains, observed),
    incoming: await mapLimited(
      chains.flatMap(({ incoming }) => incoming),
      1,
      (part) => observeIncoming(inspection, part, owner.uuid),
    ),
    lastLook: names.includes(lookName) ? await readLook(inspection, path) : null,
    ...(names.includes(drilledName) ? await readDrills(inspection, path) : {}),
  };
}

/** Its drills. A record that is damaged is as good as none: the next drill writes it anew. */
async function readDrills(
  inspection: Inspection,
  path: string,
): Promise<{ readonly drills?: DrillMemory }> {
  const content = await readRecordText(inspection, `${path}/${drilledName}`);
  const drills = content === null ? null : parseShape(content, drillMemoryShape);
  return drills?.ok === true ? { drills: drills.value } : {};
}

/** Whose directory it is: as the newest readable manifest says, else an incoming point's name. */
function ownerAmong(
  chains: readonly ChainPart[],
): { readonly uuid: DomainUuid; readonly name: string | null } | null {
  for (const { points } of chains.toReversed()) {
    for (const { uuid, domainName } of points.toReversed()) {
      if (uuid !== null) return { uuid, name: domainName };
    }
  }
  for (const { uuid } of chains.flatMap(({ incoming }) => incoming)) {
    if (uuid !== null) return { uuid, name: null };
  }
  return null;
}

function noteOwnerless(inspection: Inspection, path: string, chains: readonly ChainPart[]): void {
  if (chains.every(({ points, incoming }) => points.length + incoming.length === 0)) return;
  noteUnreadable(inspection, path, {
    code: 'owner-unknown',
    message:
      'it holds points, but no readable manifest says of which domain; look at them, then move it away',
  });
}

/** The name that a directory was made of, for a domain that no manifest names. */
function decodedName(directory: string): string {
  const [encoded = ''] = directory.split('~');
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    // Cut in the middle of what a person has made of it: the directory's name must do.
    if (error instanceof URIError) return directory;
    throw error;
  }
}

/** The newest valid point, with what the next increment needs of its manifest. */
async function findTip(
  inspection: Inspection,
  path: string,
  parts: readonly ChainPart[],
  observed: ObservedDirectory['chains'],
): Promise<ObservedTip | null> {
  for (const chain of observed.toReversed()) {
    const newest = chain.points.findLast(({ fault }) => fault === undefined);
    const part = parts
      .find(({ id }) => id === chain.id)
      ?.points.find(({ id, sequence }) => id === newest?.id && sequence === newest.sequence);
    if (part !== undefined) return readTip(inspection, path, chain.id, part.name);
  }
  return null;
}

async function readTip(
  inspection: Inspection,
  path: string,
  chain: ChainId,
  name: string,
): Promise<ObservedTip | null> {
  const file = `${path}/${chain}/${name}/${manifestName}`;
  const content = await readRecordText(inspection, file);
  if (content === null) return null;
  const manifest = parseManifest(content, {
    store: inspection.id,
    chain,
    pointDirectory: name,
    path: `${inspection.root}/${file}`,
  });
  if (!manifest.ok) {
    noteUnreadable(inspection, file, manifest.error);
    return null;
  }
  const { point, checkpoint, definitionDigest, disks } = manifest.value;
  return {
    chain,
    point,
    directory: name,
    checkpoint,
    definitionDigest,
    disks: disks.map(({ target, file: image, source, sizeBytes, tracked }) => {
      return { target, file: image, source, sizeBytes, tracked };
    }),
  };
}

/** The last look at a domain that was off. One that is damaged is as good as none: it only saves work. */
async function readLook(inspection: Inspection, path: string): Promise<LastLook | null> {
  const content = await readRecordText(inspection, `${path}/${lookName}`);
  if (content === null) return null;
  const look = parseShape(content, lookShape);
  return look.ok ? look.value : null;
}
