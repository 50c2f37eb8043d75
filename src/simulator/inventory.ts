import { isChainId, type ChainId, type DomainUuid, storeId } from '../model/identity.ts';
import type { Manifest } from '../model/point.ts';
import { markerName, parsePointDirectory } from '../store/layout.ts';
import { filesOf } from '../store/manifest.ts';
import { judged } from './judged.ts';
import { knownManifest } from './known-manifests.ts';
import type { ModelHost } from './model-host.ts';
import type { Version } from './model-image.ts';
import { readChainOf } from './model-store-image.ts';

/** A point on a disk as a restore would find it: read by other code than the store's own. */
export interface StoredPoint {
  /** `/disks/mnt/main`, mounted or not. */
  readonly disk: string;
  /** Its directory, absolute. */
  readonly path: string;
  /** Path of its chain in the trash, below the store; null while it is live. */
  readonly trash: string | null;
  readonly isTrash: boolean;
  readonly uuid: DomainUuid;
  readonly directory: string;
  readonly chain: ChainId;
  readonly sequence: number;
  readonly pointDirectory: string;
  readonly isHeld: boolean;
  readonly manifest: Manifest;
  /** Whole, not quarantined, and so are all that it stands on. */
  readonly isValid: boolean;
  /** What a restore would write, by target; null if it cannot be read. */
  readonly content: ReadonlyMap<string, readonly Version[] | null>;
}

type Draft = Omit<StoredPoint, 'isValid'> & { readonly isWhole: boolean };

/** All points of all disks, mounted or not, live and in the trash, by path. */
export function inventoryOf(host: ModelHost): readonly StoredPoint[] {
  // A directory on which nothing is mounted may have become a store too.
  return ['/disks/mnt', '/nothing/mnt']
    .filter((path) => host.files.look(path) !== null)
    .flatMap((path) => host.files.list(path).map((name) => `${path}/${name}`))
    .flatMap((disk) => pointsOn(host, disk));
}

function pointsOn({ files }: ModelHost, disk: string): readonly StoredPoint[] {
  const tree = new Map(files.tree(disk));
  const read = (path: string): string | null => tree.get(path) ?? null;
  const marker = /"id": "([0-9a-f]{32})"/.exec(read(`${disk}/${markerName}`) ?? '')?.[1];
  if (marker === undefined) return [];
  const drafts: Draft[] = [];
  for (const [path, text] of tree) {
    const found = /^(.+)\/(domains|\.trash\/[^/]+)\/([^/]+)\/([^/]+)\/([^/]+)\/point\.json$/.exec(
      path,
    );
    const [, root, head = '', directory = '', chain = '', pointDirectory = ''] = found ?? [];
    const parsed = parsePointDirectory(pointDirectory);
    if (root !== disk || parsed === null || !isChainId(chain) || text === null) continue;
    const place = { store: storeId(marker), chain, pointDirectory, path };
    const manifest = knownManifest(text, place);
    if (manifest === null) continue;
    const at = path.slice(0, path.lastIndexOf('/'));
    const chainPath = at.slice(0, at.lastIndexOf('/'));
    const isTrash = head !== 'domains';
    drafts.push({
      disk,
      path: at,
      isTrash,
      trash: isTrash ? chainPath.slice(disk.length + 1) : null,
      uuid: manifest.domain.uuid,
      directory,
      chain,
      sequence: parsed.sequence,
      pointDirectory,
      isHeld: tree.has(`${at}/hold.json`) || tree.has(`${chainPath}/hold.json`),
      manifest,
      isWhole:
        !tree.has(`${at}/quarantine.json`) &&
        filesOf(manifest).every(
          ({ file, bytes }) => Buffer.byteLength(read(`${at}/${file}`) ?? '') === bytes,
        ),
      content: new Map(
        manifest.disks.map(({ target, file }) => [target, readChainOf(`${at}/${file}`, read)]),
      ),
    });
  }
  return judged(
    drafts,
    ({ isWhole }) => isWhole,
    (point) => parentOf(point, drafts),
  );
}

/** The point that another stands on: of the same chain, in the same place. */
export function parentOf<P extends Omit<StoredPoint, 'isValid'>>(
  { disk, trash, chain, directory, manifest }: Omit<StoredPoint, 'isValid'>,
  points: readonly P[],
): P | undefined {
  return points.find(
    (one) =>
      one.disk === disk &&
      one.trash === trash &&
      one.directory === directory &&
      one.chain === chain &&
      one.manifest.point === manifest.parent,
  );
}
