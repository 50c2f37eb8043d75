import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreRef } from '../../src/model/action-base.ts';
import {
  chainId,
  checkpointOf,
  domainUuid,
  pointDirectory,
  pointId,
  runId,
  storeId,
  type ChainId,
  type DomainUuid,
} from '../../src/model/identity.ts';
import type { ReadyStore } from '../../src/model/observed-store.ts';
import type { Hold, Manifest } from '../../src/model/point.ts';
import type { Failure, Result } from '../../src/model/result.ts';
import { createStore } from '../../src/store/create.ts';
import { observeStore } from '../../src/store/observe.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

/** Names that tests share: one store, two domains, chains by number. */
export const theStore = storeId('0123456789abcdef0123456789abcdef');
export const web01 = domainUuid('6a1d0f3e-1111-4222-8333-444455556666');
export const db1 = domainUuid('7b2e0f3e-1111-4222-8333-444455556666');
export const theRun = runId('20261125T020000Z-3a9f01bc');
export const later = '2026-11-25T02:00:00.000Z';
export const hold: Hold = { formatVersion: 1, who: 'root', at: later, reason: 'audit' };

/** The chain that begins on that day of November 2026. */
export function chainOn(day: number): ChainId {
  return chainId(`202611${String(day).padStart(2, '0')}T020000Z-4f7a`);
}

/** A point of a chain that takes one a minute. */
export function pointOf(
  chain: ChainId,
  sequence: number,
  options: { readonly uuid?: DomainUuid; readonly directory?: string } = {},
): { readonly manifest: Manifest; readonly place: PlaceOf } {
  const stamp = (step: number) => `${chain.slice(0, 8)}T02${String(step).padStart(2, '0')}00Z`;
  const id = (step: number) => pointId(`${stamp(step)}-00${String(step).padStart(2, '0')}`);
  const level = sequence === 0 ? 'full' : 'increment';
  const before = Math.max(0, sequence - 1);
  const parentDirectory = pointDirectory(before, id(before), before === 0 ? 'full' : 'increment');
  const day = `${chain.slice(0, 4)}-${chain.slice(4, 6)}-${chain.slice(6, 8)}`;
  const at = `${day}T02:${String(sequence).padStart(2, '0')}:07.000Z`;
  const directory = options.directory ?? 'web01';
  const manifest: Manifest = {
    formatVersion: 1,
    store: theStore,
    domain: { uuid: options.uuid ?? web01, name: directory },
    chain,
    point: id(sequence),
    parent: sequence === 0 ? null : id(before),
    sequence,
    level,
    frozenAt: at,
    publishedAt: at,
    tool: 'holdfast 0.1.0',
    policy: { digest: 'd'.repeat(64), commit: null },
    hypervisor: { kind: 'libvirt', version: '9.0.0', host: 'kvm01' },
    power: 'running',
    quiesce: { done: true, code: 'frozen', frozenMilliseconds: 41 },
    checkpoint: checkpointOf(theStore, id(sequence)),
    definitionDigest: 'e'.repeat(64),
    disks: [
      {
        target: 'vda',
        source: {
          kind: 'file',
          path: '/var/lib/libvirt/images/web01.qcow2',
          device: 64769,
          inode: 131,
          stableId: null,
          format: 'qcow2',
          serial: null,
        },
        sizeBytes: 1024,
        file: 'vda.qcow2',
        level,
        backing: sequence === 0 ? null : `../${parentDirectory}/vda.qcow2`,
        fileBytes: imageText(sequence).length,
        dataBytes: 5,
        sha256: 'a'.repeat(64),
        tracked: true,
      },
    ],
    excluded: [],
    files: [{ file: 'domain.xml', bytes: 9, sha256: 'b'.repeat(64) }],
    note: null,
  };
  const pointDirectoryName = pointDirectory(sequence, id(sequence), level);
  return { manifest, place: { directory, chain, pointDirectory: pointDirectoryName } };
}

interface PlaceOf {
  readonly directory: string;
  readonly chain: ChainId;
  readonly pointDirectory: string;
}

/** Stands for a qcow2 image: a store looks only at its size. */
export function imageText(sequence: number): string {
  return `image ${sequence}`;
}

/** The value of a success; the failure's message otherwise. */
export function must<T>(result: Result<T, Failure>): T {
  if (result.ok) return result.value;
  throw new Error(`${result.error.code}: ${result.error.message}`);
}

/** The failure of a result that must not be a success. */
export function failureOf<T>(result: Result<T, Failure>): Failure {
  if (!result.ok) return { code: result.error.code, message: result.error.message };
  throw new Error(`It succeeded with ${JSON.stringify(result.value)}`);
}

/** Publishes points of a chain as the executor does: images beside the store's own calls. */
export function publishPoints(
  store: Store,
  chain: ChainId,
  sequences: readonly number[],
  write: (path: string, content: string) => void = (path, content) => {
    writeFileSync(path, content, { mode: 0o600 });
  },
  options: { readonly uuid?: DomainUuid; readonly directory?: string } = {},
): void {
  for (const sequence of sequences) {
    const { manifest, place } = pointOf(chain, sequence, options);
    const incoming = must(store.beginPoint(place, manifest.point, manifest.domain.uuid));
    must(incoming.writeFile('domain.xml', '<domain/>'));
    write(`${incoming.path}/vda.qcow2`, imageText(sequence));
    must(incoming.publish(manifest));
  }
}

/** A store in a temporary directory. */
export function madeStore(dir: Temporary): Store {
  must(createStore(dir.ref, later));
  return must(openStore(dir.ref));
}

/** What the observer says of a store that is ready. */
export async function lookInto({ path, stateDir }: Temporary): Promise<ReadyStore> {
  const { state } = await observeStore({ name: 'main', path, requireMount: false, stateDir });
  if (state.kind === 'ready') return state;
  throw new Error(JSON.stringify(state));
}

/** A directory for a store, and one for the host's state beside it. */
export interface Temporary extends Disposable {
  readonly path: string;
  readonly stateDir: string;
  readonly ref: StoreRef;
}

/** A temporary directory that goes at the end of the test: `using dir = temporary()`. */
export function temporary(parent = tmpdir()): Temporary {
  const root = mkdtempSync(join(parent, 'hf-store-'));
  const path = join(root, 'store');
  mkdirSync(path);
  return {
    path,
    stateDir: join(root, 'state'),
    ref: { name: 'main', path, id: theStore },
    [Symbol.dispose]() {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A store with one domain, an old chain of two points and a live one of three. */
export function filledStore(): Temporary & { readonly chain: string } {
  const dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, chainOn(1), [0, 1]);
  publishPoints(store, chainOn(8), [0, 1, 2]);
  return { ...dir, chain: join(dir.path, 'domains/web01', chainOn(8)) };
}
