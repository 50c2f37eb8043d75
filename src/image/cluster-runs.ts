import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { BlockSource, SourceExtent } from './block-source.ts';

/** Bytes in a cluster: qcow2's usual size, and that of a dirty bitmap's bits. */
export const clusterBytes = 65_536;

/** What the image holds of one run of clusters; whatever is in no run is not allocated. */
export interface ClusterRun {
  readonly start: number;
  readonly count: number;
  readonly kind: 'data' | 'zero';
}

/** Runs in the order of the disk. 8 bytes a run: the worst disk, every other cluster changed, takes 64 MiB a TiB. */
export interface ClusterRuns {
  readonly length: number;
  readonly dataClusters: number;
  at(index: number): ClusterRun;
}

// A run's kind is the highest bit of its count.
const zeroBit = 0x8000_0000;
// Runs are kept in 32 bits: 128 TiB, twice the largest file of ext4 and far above any disk seen.
const maxClusters = 2 ** 31 - 1;

/** Collects runs; clusters must come in order. */
export interface RunsBuilder {
  add(kind: 'data' | 'zero', start: number, count: number): void;
  done(): ClusterRuns;
}

/** An empty list of runs. */
export function createRunsBuilder(): RunsBuilder {
  let pairs = new Uint32Array(1024);
  let used = 0;
  let dataClusters = 0;
  return {
    add(kind, start, count) {
      const bit = kind === 'zero' ? zeroBit : 0;
      if (kind === 'data') dataClusters += count;
      const last = pairs[used - 1] ?? 0;
      const end = (pairs[used - 2] ?? 0) + (last & ~zeroBit);
      if (used > 0 && end === start && ((last & zeroBit) !== 0) === (kind === 'zero')) {
        pairs[used - 1] = last + count;
        return;
      }
      if (used === pairs.length) {
        const larger = new Uint32Array(pairs.length * 2);
        larger.set(pairs);
        pairs = larger;
      }
      pairs[used] = start;
      pairs[used + 1] = (count | bit) >>> 0;
      used += 2;
    },
    done: () => ({
      length: used / 2,
      dataClusters,
      at: (index) => {
        const packed = pairs[index * 2 + 1] ?? 0;
        return {
          start: pairs[index * 2] ?? 0,
          count: packed & ~zeroBit,
          kind: (packed & zeroBit) === 0 ? 'data' : 'zero',
        };
      },
    }),
  };
}

const bits = { data: 1, zero: 2, clean: 4 } as const;

/**
 * What a cluster becomes, of which these kinds were seen. Zeros beside clean
 * blocks are data: the export shows the clean part too, and a zero cluster
 * would hide it.
 */
function clusterKind(seen: number, increment: boolean): 'data' | 'zero' | null {
  if ((seen & bits.data) !== 0 || seen === (bits.zero | bits.clean)) return 'data';
  return increment && seen === bits.zero ? 'zero' : null;
}

/** Reads a source's extents and rounds them to clusters. In a full, zeros are in no run. */
export async function collectRuns(
  source: BlockSource,
  increment: boolean,
): Promise<Result<ClusterRuns, Failure>> {
  if (Math.ceil(source.sizeBytes / clusterBytes) > maxClusters)
    return broken(`a disk of ${source.sizeBytes} bytes is larger than 128 TiB`);
  const builder = createRunsBuilder();
  /** Kinds seen in the cluster that holds `offset`, if some of it lies before. */
  let seen = 0;
  let offset = 0;
  const close = (cluster: number, count: number): void => {
    const kind = clusterKind(seen, increment);
    if (kind !== null) builder.add(kind, cluster, count);
    seen = 0;
  };
  const take = (extent: SourceExtent): void => {
    const end = extent.offset + extent.length;
    let cluster = Math.floor(offset / clusterBytes);
    seen |= bits[extent.kind];
    offset = end;
    if (end < (cluster + 1) * clusterBytes) return;
    close(cluster, 1);
    cluster += 1;
    const whole = Math.floor(end / clusterBytes) - cluster;
    seen = bits[extent.kind];
    if (whole > 0) close(cluster, whole);
    seen = end % clusterBytes === 0 ? 0 : bits[extent.kind];
  };
  for await (const batch of source.extents()) {
    if (!batch.ok) return batch;
    for (const extent of batch.value) {
      if (extent.offset !== offset || extent.length <= 0)
        return broken(`the extents of the source have a gap at ${offset}`);
      if (extent.kind === 'clean' && !increment)
        return broken('the source of a full has clean extents');
      take(extent);
    }
  }
  if (offset !== source.sizeBytes)
    return broken(`the extents of the source end at ${offset}, not at ${source.sizeBytes}`);
  // The header rounds a size up to a sector: of the bytes that this adds, a larger backing file must tell nothing.
  if (increment && offset % 512 !== 0) seen |= bits.data;
  if (seen !== 0) close(Math.floor(offset / clusterBytes), 1);
  return ok(builder.done());
}

function broken(message: string): { readonly ok: false; readonly error: Failure } {
  return fail({ code: 'bad-source', message });
}
