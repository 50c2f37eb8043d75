import { clusterBytes } from './cluster-runs.ts';
import type { Layout } from './qcow2-layout.ts';
import { metadataClusters } from './qcow2-metadata.ts';

/** A part of the source that belongs into a piece of the file. */
export interface SourceRead {
  readonly offset: number;
  /** Where in the piece it goes; the rest of its last cluster is zeros already. */
  readonly at: number;
  readonly length: number;
}

/** A piece of the file: what is in it already, and what must still be read. */
export interface FilePiece {
  /** Bytes of the piece; 0 at the end of the file. */
  readonly length: number;
  readonly reads: readonly SourceRead[];
}

/** The file from its first to its last byte, piece by piece. */
export interface ImageStream {
  /** Fills in the metadata of the next piece, and says which reads complete it. */
  next(piece: Uint8Array): FilePiece;
}

/** Cuts an image into pieces; their size is a multiple of a cluster. */
export function createImageStream(layout: Layout): ImageStream {
  const { runs, sizeBytes } = layout;
  const metadata = metadataClusters(layout);
  let metadataLeft = layout.data.cluster;
  let index = 0;
  /** Clusters of run `index` that are done. */
  let done = 0;

  const takeData = (piece: Uint8Array, at: number): SourceRead | null => {
    while (index < runs.length && runs.at(index).kind === 'zero') index += 1;
    if (index >= runs.length) return null;
    const run = runs.at(index);
    const count = Math.min(run.count - done, (piece.length - at) / clusterBytes);
    const offset = (run.start + done) * clusterBytes;
    const length = Math.min(count * clusterBytes, sizeBytes - offset);
    // Only the last cluster of a disk can be short: the memory is used again and again.
    piece.fill(0, at + length, at + count * clusterBytes);
    done += count;
    if (done === run.count) {
      index += 1;
      done = 0;
    }
    return { offset, at, length };
  };

  return {
    next(piece) {
      let at = 0;
      for (; at < piece.length && metadataLeft > 0; at += clusterBytes) {
        const cluster = metadata.next();
        if (cluster.done !== true) piece.set(cluster.value, at);
        metadataLeft -= 1;
      }
      const reads: SourceRead[] = [];
      while (at < piece.length) {
        const read = takeData(piece, at);
        if (read === null) break;
        reads.push(read);
        at += Math.ceil(read.length / clusterBytes) * clusterBytes;
      }
      return { length: at, reads };
    },
  };
}
