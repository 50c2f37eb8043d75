import { deletedManifestName } from '../mirror/places.ts';
import { hashOfText } from '../model/canonical.ts';
import {
  isChainId,
  isStoreId,
  type ChainId,
  type DomainUuid,
  type StoreId,
} from '../model/identity.ts';
import type { Manifest } from '../model/point.ts';
import { domainsName, holdName, manifestName, parsePointDirectory } from '../store/layout.ts';
import { filesOf } from '../store/manifest.ts';
import { judged } from './judged.ts';
import { knownManifest } from './known-manifests.ts';
import type { ModelHost } from './model-host.ts';
import type { Version } from './model-image.ts';
import type { ModelMirror } from './model-mirror.ts';
import { readChainOf } from './model-store-image.ts';

/** A point at a mirror as a person would find it: read by other code than the driver's own. */
export interface StoredCopy {
  readonly mirror: string;
  readonly store: StoreId;
  /** Its directory below the mirror's root. */
  readonly path: string;
  /** Deleted there: its manifest has another name. */
  readonly isHidden: boolean;
  readonly uuid: DomainUuid;
  readonly directory: string;
  readonly chain: ChainId;
  readonly sequence: number;
  readonly pointDirectory: string;
  readonly isHeld: boolean;
  readonly manifest: Manifest;
  /** Every file that the manifest names is there, with its size. */
  readonly isWhole: boolean;
  /** Its own images are what the manifest says. */
  readonly isIntact: boolean;
  /** Live and whole, and so are all that it stands on. */
  readonly isValid: boolean;
  /** What a restore would write, by target; null if it cannot be read. */
  readonly content: ReadonlyMap<string, readonly Version[] | null>;
}

/** All copies at all mirrors, reachable or not, by path; deleted ones whose data are still there too. */
export function copiesOf({ mirrors }: ModelHost): readonly StoredCopy[] {
  return mirrors.flatMap(copiesAt);
}

function copiesAt({ name, files }: ModelMirror): readonly StoredCopy[] {
  const read = (path: string): string | null => files.get(path)?.text ?? null;
  const drafts: Omit<StoredCopy, 'isValid'>[] = [];
  for (const [path, { text }] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const [store = '', top, directory = '', chain = '', pointDirectory = '', file, more] =
      path.split('/');
    const isHidden = file === deletedManifestName;
    if (more !== undefined || (file !== manifestName && !isHidden)) continue;
    const parsed = parsePointDirectory(pointDirectory);
    if (top !== domainsName || parsed === null || !isChainId(chain) || !isStoreId(store)) continue;
    const at = path.slice(0, path.lastIndexOf('/'));
    if (isHidden && files.has(`${at}/${manifestName}`)) continue;
    const manifest = knownManifest(text, { store, chain, pointDirectory, path });
    if (manifest === null) continue;
    drafts.push({
      mirror: name,
      store,
      path: at,
      isHidden,
      uuid: manifest.domain.uuid,
      directory,
      chain,
      sequence: parsed.sequence,
      pointDirectory,
      isHeld:
        files.has(`${at}/${holdName}`) ||
        files.has(`${at.slice(0, at.lastIndexOf('/'))}/${holdName}`),
      manifest,
      isWhole: filesOf(manifest).every(
        (one) => Buffer.byteLength(read(`${at}/${one.file}`) ?? '') === one.bytes,
      ),
      isIntact: manifest.disks.every(
        (disk) => hashOfText(read(`${at}/${disk.file}`) ?? '') === disk.sha256,
      ),
      content: new Map(
        manifest.disks.map((disk) => [disk.target, readChainOf(`${at}/${disk.file}`, read)]),
      ),
    });
  }
  return judged(
    drafts,
    ({ isHidden, isWhole }) => !isHidden && isWhole,
    (copy) => parentAt(copy, drafts),
  );
}

/** The live copy that another stands on. */
export function parentAt<C extends Omit<StoredCopy, 'isValid'>>(
  { mirror, store, directory, chain, manifest }: Omit<StoredCopy, 'isValid'>,
  copies: readonly C[],
): C | undefined {
  return copies.find(
    (one) =>
      !one.isHidden &&
      one.mirror === mirror &&
      one.store === store &&
      one.directory === directory &&
      one.chain === chain &&
      one.manifest.point === manifest.parent,
  );
}

/** The key of a copy in the world's sets. */
export function copyKeyOf({ mirror, store, uuid, manifest }: StoredCopy): string {
  return `${mirror} ${store} ${uuid} ${manifest.point}`;
}

/** A copy in words. */
export function copyName({ mirror, manifest }: StoredCopy): string {
  return `${mirror}:${manifest.domain.name} ${manifest.point}`;
}
