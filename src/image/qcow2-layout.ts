import { clusterBytes, type ClusterRuns } from './cluster-runs.ts';

/** The image that an increment lies on. */
export interface Backing {
  /** Relative path, as in the header: a store can be moved or mounted elsewhere. */
  readonly file: string;
  readonly format: 'qcow2';
}

/** Where everything is in the file, known before its first byte. Clusters are counted from the file's start. */
export interface Layout {
  /** Of the source; what a last sector has beyond it reads as zeros. */
  readonly sizeBytes: number;
  /** As in the header, a multiple of 512: QEMU cuts off what is none. */
  readonly virtualBytes: number;
  readonly backing: Backing | null;
  readonly runs: ClusterRuns;
  readonly l1: { readonly cluster: number; readonly entries: number };
  readonly refcountTable: { readonly cluster: number; readonly clusters: number };
  readonly refcountBlocks: { readonly cluster: number; readonly count: number };
  /** One L2 table for each of these L1 entries, in order. */
  readonly l2: { readonly cluster: number; readonly tables: Uint32Array };
  readonly data: { readonly cluster: number };
  readonly clusters: number;
  readonly fileBytes: number;
}

/** Entries of 8 bytes in an L2 table: one describes 512 MiB of disk. */
export const l2Entries = clusterBytes / 8;
/** Clusters that one refcount block of 16-bit counts describes: 2 GiB of file. */
export const refcountsPerBlock = clusterBytes / 2;

/**
 * Lays out a version 3 file for one sequential pass: header, L1, refcount
 * table and blocks, L2 tables, then the data in the order of the disk.
 */
export function layOut(sizeBytes: number, backing: Backing | null, runs: ClusterRuns): Layout {
  const tables = tablesOf(runs);
  const entries = Math.ceil(sizeBytes / clusterBytes / l2Entries);
  // An empty disk has an L1 table of no entries; it still gets a place.
  const l1Clusters = Math.max(1, Math.ceil((entries * 8) / clusterBytes));
  const other = 1 + l1Clusters + tables.length + runs.dataClusters;
  // The counts count their own blocks, too: grow until they fit.
  let blocks = 1;
  let tableClusters = 1;
  for (;;) {
    const needed = Math.ceil((other + tableClusters + blocks) / refcountsPerBlock);
    const neededTable = Math.ceil((needed * 8) / clusterBytes);
    if (needed === blocks && neededTable === tableClusters) break;
    blocks = needed;
    tableClusters = neededTable;
  }
  const refcountTable = { cluster: 1 + l1Clusters, clusters: tableClusters };
  const refcountBlocks = { cluster: refcountTable.cluster + tableClusters, count: blocks };
  const l2 = { cluster: refcountBlocks.cluster + blocks, tables };
  const data = { cluster: l2.cluster + tables.length };
  const clusters = data.cluster + runs.dataClusters;
  return {
    sizeBytes,
    virtualBytes: Math.ceil(sizeBytes / 512) * 512,
    backing,
    runs,
    l1: { cluster: 1, entries },
    refcountTable,
    refcountBlocks,
    l2,
    data,
    clusters,
    fileBytes: clusters * clusterBytes,
  };
}

/** The L1 entries below which there is at least one run. */
function tablesOf(runs: ClusterRuns): Uint32Array {
  const tables: number[] = [];
  for (let index = 0; index < runs.length; index += 1) {
    const { start, count } = runs.at(index);
    const last = Math.floor((start + count - 1) / l2Entries);
    for (
      let table = Math.max(Math.floor(start / l2Entries), (tables.at(-1) ?? -1) + 1);
      table <= last;
      table += 1
    )
      tables.push(table);
  }
  return Uint32Array.from(tables);
}
