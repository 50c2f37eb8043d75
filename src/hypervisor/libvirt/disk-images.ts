import { constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ObservedBitmap, ObservedDisk, ObservedImage } from '../../model/observed.ts';
import { seen, unreachable, unseen, type Seen } from '../../model/result.ts';
import { blockDeviceBytes, type StableIds } from './block-device.ts';
import type { DefinedDisk } from './domain-xml.ts';
import { realPath, statExactly, withFile } from './file-calls.ts';
import { readQcow2Header, type Qcow2Header } from './qcow2-header.ts';

// libvirt itself reads a chain of 200 images and no deeper by default; a chain
// beyond this refers to itself.
const maxDepth = 1000;

/** What a look at one image gave. */
interface LookedAt {
  readonly image: ObservedImage;
  /** null of a format without a header of ours. */
  readonly header: Qcow2Header | null;
  readonly sizeBytes: number | null;
  readonly allocatedBytes: number | null;
}

/** A disk of a definition, with its backing chain, sizes and bitmaps as they are in the host's files. */
export async function observeDisk(
  disk: DefinedDisk,
  off: boolean,
  stableIds: StableIds,
): Promise<ObservedDisk> {
  const { source, serial, mirrored: _, ...defined } = disk;
  const base = {
    ...defined,
    kind: source.kind === 'empty' ? 'file' : source.kind,
    sizeBytes: null,
    allocatedBytes: null,
    bitmaps: null,
  } as const;
  switch (source.kind) {
    case 'empty':
      return { ...base, images: seen([]) };
    case 'other':
      return {
        ...base,
        images: unseen('unsupported-source', `a disk of type ${source.type} cannot be looked at`),
      };
    case 'network': {
      const identity = {
        kind: 'network',
        path: source.uri,
        device: null,
        inode: null,
        stableId: null,
        format: disk.format,
        serial,
      } as const;
      return { ...base, images: seen([{ identity, stat: null }]) };
    }
    case 'file':
    case 'block': {
      const chain = await lookAtChain(source.path, disk.format, serial, stableIds);
      return { ...base, ...factsOf(chain, disk.format === 'qcow2' && off) };
    }
    default:
      return unreachable(source);
  }
}

type ChainFacts = Pick<ObservedDisk, 'images' | 'bitmaps' | 'sizeBytes' | 'allocatedBytes'>;

function factsOf(chain: Seen<readonly LookedAt[]>, wantsBitmaps: boolean): ChainFacts {
  if (!chain.seen) {
    return {
      images: chain,
      bitmaps: wantsBitmaps ? chain : null,
      sizeBytes: null,
      allocatedBytes: null,
    };
  }
  const [active] = chain.value;
  const bitmaps: readonly ObservedBitmap[] = active?.header?.bitmaps ?? [];
  const sizeBytes = active?.sizeBytes ?? null;
  const allocated = chain.value.map((one) => one.allocatedBytes);
  const sum = allocated.reduce<number | null>(
    (total, bytes) => (total === null || bytes === null ? null : total + bytes),
    0,
  );
  return {
    images: seen(chain.value.map((one) => one.image)),
    bitmaps: wantsBitmaps ? seen(bitmaps) : null,
    sizeBytes,
    // Layers may hold the same block: never more than the disk itself.
    allocatedBytes: sum === null || sizeBytes === null ? sum : Math.min(sum, sizeBytes),
  };
}

async function lookAtChain(
  path: string,
  format: string,
  serial: string | null,
  stableIds: StableIds,
): Promise<Seen<readonly LookedAt[]>> {
  const chain: LookedAt[] = [];
  let next: { path: string; format: string | null } | null = { path, format };
  while (next !== null) {
    if (chain.length >= maxDepth)
      return unseen(
        'chain-too-deep',
        `${path} has a backing chain of more than ${maxDepth} images`,
      );
    const looked = await lookAtImage(
      next.path,
      next.format,
      chain.length === 0 ? serial : null,
      stableIds,
    );
    if (!looked.seen) return looked;
    chain.push(looked.value);
    const { header, image } = looked.value;
    if (header !== null && header.dataFile !== null) {
      return unseen(
        'external-data-file',
        `${image.identity.path} keeps its data in another file, which is not supported`,
      );
    }
    const backing: Qcow2Header['backing'] = header?.backing ?? null;
    const from: string = next.path;
    next =
      backing === null ? null : { path: backingPath(from, backing.path), format: backing.format };
    if (next !== null && isUri(next.path)) {
      chain.push(remote(next.path, next.format));
      next = null;
    }
  }
  return seen(chain);
}

const isUri = (path: string): boolean => /^(?:json:|[a-z][a-z0-9+.-]*:\/\/|nbd:)/.test(path);

/** QEMU takes a relative name from the directory of the path that it opened, not of what a symlink means. */
function backingPath(from: string, name: string): string {
  if (name.startsWith('file:')) return resolve(dirname(from), name.slice(5));
  return isUri(name) ? name : resolve(dirname(from), name);
}

const remote = (path: string, format: string | null): LookedAt => ({
  image: {
    identity: {
      kind: 'network',
      path,
      device: null,
      inode: null,
      stableId: null,
      format: format ?? 'raw',
      serial: null,
    },
    stat: null,
  },
  header: null,
  sizeBytes: null,
  allocatedBytes: null,
});

async function lookAtImage(
  path: string,
  format: string | null,
  serial: string | null,
  stableIds: StableIds,
): Promise<Seen<LookedAt>> {
  try {
    const resolved = await realPath(path);
    const facts = await statExactly(resolved);
    const block = facts.isBlockDevice();
    // Anything else, a FIFO say, could block the one who opens it for ever.
    if (!facts.isFile() && !block)
      return unseen('not-an-image', `${path} is neither a file nor a block device`);
    // Format null: an overlay from before formats were written down; QEMU probes too.
    const header = format === 'qcow2' || format === null ? await headerOf(resolved) : null;
    if (format === 'qcow2' && header === null)
      return unseen('not-an-image', `${path} is not a qcow2 image`);
    const bytes = block ? await blockDeviceBytes(facts.rdev) : Number(facts.size);
    return seen({
      image: {
        identity: {
          kind: block ? 'block' : 'file',
          // /dev/vg/name is the lasting name, what it resolves to (/dev/dm-3) is not.
          path: block ? path : resolved,
          device: block ? null : Number(facts.dev),
          inode: block ? null : Number(facts.ino),
          stableId: block ? (stableIds.get(Number(facts.rdev)) ?? null) : null,
          format: format ?? (header === null ? 'raw' : 'qcow2'),
          serial,
        },
        stat: block
          ? null
          : {
              path: resolved,
              device: Number(facts.dev),
              inode: Number(facts.ino),
              sizeBytes: Number(facts.size),
              mtimeNs: String(facts.mtimeNs),
              ctimeNs: String(facts.ctimeNs),
            },
      },
      header,
      // The size of a format that is not read here (vmdk, vdi) is in its own header.
      sizeBytes: header?.sizeBytes ?? (format === 'raw' || format === null ? bytes : null),
      allocatedBytes: block ? null : Number(facts.blocks) * 512,
    });
  } catch (error) {
    return unseenImage(path, error);
  }
}

const headerOf = (path: string): Promise<Qcow2Header | null> =>
  withFile(path, constants.O_RDONLY | constants.O_NONBLOCK, readQcow2Header);

function unseenImage(path: string, error: unknown): ReturnType<typeof unseen> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'ENOENT') return unseen('image-missing', `${path} does not exist`);
  if (code === 'EACCES' || code === 'EPERM')
    return unseen('image-unreadable', `${path} may not be read`);
  return unseen('image-unreadable', `${path} cannot be read: ${message}`);
}
