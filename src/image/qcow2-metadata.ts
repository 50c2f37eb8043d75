import { clusterBytes } from './cluster-runs.ts';
import { l2Entries, refcountsPerBlock, type Layout } from './qcow2-layout.ts';

// Fields and their offsets: docs/interop/qcow2.txt of QEMU.
const headerBytes = 104;
const extensionBackingFormat = 0xe2792aca;
/** "Refcount is exactly one", in L1 and L2 entries. */
const copiedBit = 0x8000_0000;
/** L2 entry of a cluster that reads as zeros. */
const zeroEntry = 1;

/** The longest backing file name that the format allows. */
export const maxBackingNameBytes = 1023;

/** All clusters before the data, in order. Each is valid until the next is asked for. */
export function* metadataClusters(layout: Layout): Generator<Buffer> {
  yield headerCluster(layout);
  yield* l1Clusters(layout);
  yield* refcountTableClusters(layout);
  yield* refcountBlockClusters(layout);
  yield* l2Clusters(layout);
}

function headerCluster(layout: Layout): Buffer {
  const cluster = Buffer.alloc(clusterBytes);
  cluster.write('QFI\xfb', 0, 'latin1');
  cluster.writeUInt32BE(3, 4);
  cluster.writeUInt32BE(Math.log2(clusterBytes), 20);
  cluster.writeBigUInt64BE(BigInt(layout.virtualBytes), 24);
  cluster.writeUInt32BE(layout.l1.entries, 36);
  writeOffset(cluster, 40, layout.l1.cluster, 0);
  writeOffset(cluster, 48, layout.refcountTable.cluster, 0);
  cluster.writeUInt32BE(layout.refcountTable.clusters, 56);
  // 16-bit counts; no feature bits: every QEMU since 1.7 reads it.
  cluster.writeUInt32BE(4, 96);
  cluster.writeUInt32BE(headerBytes, 100);
  if (layout.backing === null) return cluster;
  const { file, format } = layout.backing;
  cluster.writeUInt32BE(extensionBackingFormat, headerBytes);
  cluster.writeUInt32BE(format.length, headerBytes + 4);
  cluster.write(format, headerBytes + 8, 'latin1');
  // The extension is padded to 8 bytes; 8 zeros after it end the list.
  const nameAt = headerBytes + 8 + Math.ceil(format.length / 8) * 8 + 8;
  const nameBytes = cluster.write(file, nameAt);
  cluster.writeBigUInt64BE(BigInt(nameAt), 8);
  cluster.writeUInt32BE(nameBytes, 16);
  return cluster;
}

/** Writes the offset of a cluster of the file; two halves, since a bigint for each of millions is slow. */
function writeOffset(into: Buffer, at: number, cluster: number, flags: number): void {
  const offset = cluster * clusterBytes;
  into.writeUInt32BE((Math.floor(offset / 2 ** 32) | flags) >>> 0, at);
  into.writeUInt32BE(offset % 2 ** 32, at + 4);
}

function* l1Clusters({ l1, l2, refcountTable }: Layout): Generator<Buffer> {
  const count = refcountTable.cluster - l1.cluster;
  let next = 0;
  for (let index = 0; index < count; index += 1) {
    const cluster = Buffer.alloc(clusterBytes);
    const first = index * l2Entries;
    for (;;) {
      const table = l2.tables[next];
      if (table === undefined || table >= first + l2Entries) break;
      writeOffset(cluster, (table - first) * 8, l2.cluster + next, copiedBit);
      next += 1;
    }
    yield cluster;
  }
}

function* refcountTableClusters({ refcountTable, refcountBlocks }: Layout): Generator<Buffer> {
  for (let index = 0; index < refcountTable.clusters; index += 1) {
    const cluster = Buffer.alloc(clusterBytes);
    const first = index * l2Entries;
    const end = Math.min(refcountBlocks.count, first + l2Entries);
    for (let block = first; block < end; block += 1)
      writeOffset(cluster, (block - first) * 8, refcountBlocks.cluster + block, 0);
    yield cluster;
  }
}

function* refcountBlockClusters({ refcountBlocks, clusters }: Layout): Generator<Buffer> {
  const full = Buffer.alloc(clusterBytes);
  for (let at = 1; at < clusterBytes; at += 2) full[at] = 1;
  for (let block = 0; block < refcountBlocks.count; block += 1) {
    const used = clusters - block * refcountsPerBlock;
    if (used >= refcountsPerBlock) yield full;
    else yield Buffer.concat([full.subarray(0, used * 2)], clusterBytes);
  }
}

function* l2Clusters({ runs, l2, data }: Layout): Generator<Buffer> {
  const cluster = Buffer.alloc(clusterBytes);
  let index = 0;
  let run = runs.at(0);
  /** Clusters of the current run that are done. */
  let done = 0;
  let nextData = data.cluster;
  for (const table of l2.tables) {
    cluster.fill(0);
    const first = table * l2Entries;
    while (index < runs.length && run.start + done < first + l2Entries) {
      const end = Math.min(run.start + run.count, first + l2Entries);
      for (let guest = run.start + done; guest < end; guest += 1) {
        const at = (guest - first) * 8;
        if (run.kind === 'zero') cluster[at + 7] = zeroEntry;
        else {
          writeOffset(cluster, at, nextData, copiedBit);
          nextData += 1;
        }
      }
      done = end - run.start;
      if (done < run.count) break;
      index += 1;
      done = 0;
      run = runs.at(index);
    }
    yield cluster;
  }
}
