import type { DesiredMirror } from '../../src/model/desired.ts';
import { pointDirectory } from '../../src/model/identity.ts';
import type { Instant } from '../../src/model/instant.ts';
import type {
  ObservedDeletedPoint,
  ObservedMirrorContent,
  ObservedMirrorDirectory,
} from '../../src/model/observed-mirror.ts';
import type { MirrorMemory, ObservedChain } from '../../src/model/observed-store.ts';
import type { ObservedDomain, ObservedMirror } from '../../src/model/observed.ts';
import { seen } from '../../src/model/result.ts';
import { retentionMemory } from '../../src/planner/guards/g210-retention-reduced.ts';
import { hour, mainId, place, retentionOf } from './build-policy.ts';

/** A mirror over ssh that keeps everything, and is copied to right after each backup. */
export function desiredMirror(more: Partial<DesiredMirror> = {}): DesiredMirror {
  return {
    name: 'nas',
    type: 'rsync',
    target: 'backup@nas:/vol/vm-backups',
    bandwidthBytesPerSecond: null,
    deletes: 'allowed',
    ssh: { identityFile: null, knownHosts: null, port: null },
    configFile: null,
    retention: retentionOf(null),
    schedule: null,
    trashKeepSeconds: 72 * hour,
    place: place(12),
    ...more,
  };
}

/** The copies of a domain's directory. */
export function copies(
  one: Pick<ObservedDomain, 'uuid' | 'name'>,
  chains: readonly ObservedChain[],
  more: Partial<ObservedMirrorDirectory> = {},
): ObservedMirrorDirectory {
  const { uuid, name } = one;
  return { directory: name, uuid, name, chains, deleted: [], partial: [], ...more };
}

/** A whole chain of deleted copies. */
export function deletedOf(
  { id: chain, points }: ObservedChain,
  deletedAt: Instant | null,
  more: Partial<ObservedDeletedPoint> = {},
): readonly ObservedDeletedPoint[] {
  return points.map(({ id, sequence, level, bytes }) => ({
    chain,
    pointDirectory: pointDirectory(sequence, id, level),
    id,
    sequence,
    bytes,
    deletedAt,
    ...more,
  }));
}

/** What was seen of the one store's copies at a mirror. */
export function mirrorSeen(
  directories: readonly ObservedMirrorDirectory[],
  more: Partial<ObservedMirrorContent> = {},
  name = 'nas',
): ObservedMirror {
  const content: ObservedMirrorContent = {
    store: mainId,
    kind: directories.length === 0 ? 'blank' : 'ready',
    directories,
    freeBytes: null,
    unreadable: [],
    foreign: 0,
    ...more,
  };
  return { name, stores: [{ store: 'main', state: seen(content) }] };
}

/** A memory that agrees with a mirror, for these domains. */
export function mirrorMemoryFor(
  mirror: DesiredMirror,
  { stores }: ObservedMirror,
  more: Partial<MirrorMemory> = {},
): MirrorMemory {
  const points: Record<string, number> = {};
  const retention: MirrorMemory['retention'][string] = retentionMemory(mirror.retention);
  const state = stores[0]?.state;
  const directories = state?.seen === true ? state.value.directories : [];
  for (const { uuid, chains } of directories) {
    points[uuid] = chains
      .flatMap((each) => each.points)
      .filter(({ fault }) => fault === undefined).length;
  }
  return {
    points,
    retention: Object.fromEntries(directories.map(({ uuid }) => [uuid, retention])),
    doomed: {},
    ...more,
  };
}
