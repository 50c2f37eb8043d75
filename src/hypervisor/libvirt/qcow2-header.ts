import type { ObservedBitmap } from '../../model/observed.ts';
import type { Readable } from './file-calls.ts';

/**
 * What the header of a qcow2 file says, by docs/interop/qcow2.txt of QEMU.
 * Read here and not with `qemu-img info`, because a process for each disk of
 * 500 domains takes longer than all the rest of an observation.
 */
export interface Qcow2Header {
  readonly sizeBytes: number;
  /** As it stands there: relative to the file's directory, absolute, or a URI. */
  readonly backing: { readonly path: string; readonly format: string | null } | null;
  readonly dataFile: string | null;
  readonly bitmaps: readonly ObservedBitmap[];
}

const magic = 0x5146_49fb;
const backingFormatExtension = 0xe279_2aca;
const dataFileExtension = 0x4441_5441;
const bitmapsExtension = 0x2385_2875;
// Incompatible feature bit 2: the guest's data is in another file.
const externalData = 4n;

// Header and extensions are well below this in every image that qemu-img makes.
const firstBytes = 4096;
// The format's own limits: names of at most 1,023 bytes, 65,535 bitmaps with
// 1 KiB of name and a fixed part each; a table beyond this is a corrupt one.
const maxNameBytes = 1023;
const maxDirectoryBytes = 64 * 1024 ** 2;

interface Extension {
  readonly type: number;
  readonly data: Buffer;
}

/** Reads a header; null if the file is no qcow2. A damaged one is an error with its reason. */
export async function readQcow2Header(file: Readable): Promise<Qcow2Header | null> {
  let head = await readAt(file, 0, firstBytes);
  if (head.length < 72 || head.readUInt32BE(0) !== magic) return null;
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw new Error(`qcow2 version ${version} is not known`);
  if (version === 3 && head.length < 104) throw new Error('qcow2 header is cut short');
  const clusterBits = head.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw new Error('qcow2 header: bad cluster size');
  const nameOffset = head.readBigUInt64BE(8);
  const nameBytes = head.readUInt32BE(16);
  const clusterBytes = 2 ** clusterBits;
  if (nameBytes > maxNameBytes || Number(nameOffset) + nameBytes > clusterBytes) {
    throw new Error('qcow2 header: bad backing file name');
  }
  const features = version === 3 ? head.readBigUInt64BE(72) : 0n;
  const headerBytes = version === 3 ? head.readUInt32BE(100) : 72;
  const end = nameBytes > 0 ? Number(nameOffset) : clusterBytes;
  if (
    extensionsOf(head, headerBytes, end) === null ||
    Number(nameOffset) + nameBytes > head.length
  ) {
    head = await readAt(file, 0, clusterBytes);
  }
  const extensions = extensionsOf(head, headerBytes, end);
  if (extensions === null) throw new Error('qcow2 header: extensions do not end');
  const textOf = (type: number): string | null =>
    extensions.find((one) => one.type === type)?.data.toString('utf8') ?? null;
  const name = head.subarray(Number(nameOffset), Number(nameOffset) + nameBytes).toString('utf8');
  return {
    sizeBytes: wholeNumber(head.readBigUInt64BE(24), 'size'),
    backing: nameBytes === 0 ? null : { path: name, format: textOf(backingFormatExtension) },
    dataFile: (features & externalData) === 0n ? null : (textOf(dataFileExtension) ?? ''),
    bitmaps: await readBitmaps(
      file,
      extensions.find((one) => one.type === bitmapsExtension),
    ),
  };
}

/** The extensions between header and `end`; null if more bytes are needed to know. */
function extensionsOf(head: Buffer, start: number, end: number): readonly Extension[] | null {
  const extensions: Extension[] = [];
  let offset = start;
  while (offset + 8 <= end) {
    if (offset + 8 > head.length) return null;
    const type = head.readUInt32BE(offset);
    const length = head.readUInt32BE(offset + 4);
    if (type === 0) return extensions;
    if (offset + 8 + length > Math.min(end, head.length)) return null;
    extensions.push({ type, data: head.subarray(offset + 8, offset + 8 + length) });
    offset += 8 + Math.ceil(length / 8) * 8;
  }
  return extensions;
}

async function readBitmaps(
  file: Readable,
  extension: Extension | undefined,
): Promise<readonly ObservedBitmap[]> {
  if (extension === undefined) return [];
  if (extension.data.length < 24) throw new Error('qcow2 header: bad bitmap extension');
  const count = extension.data.readUInt32BE(0);
  const bytes = Number(extension.data.readBigUInt64BE(8));
  if (bytes > maxDirectoryBytes) throw new Error('qcow2 header: bad bitmap directory');
  const start = wholeNumber(extension.data.readBigUInt64BE(16), 'bitmap directory');
  const directory = await readAt(file, start, bytes);
  const bitmaps: ObservedBitmap[] = [];
  let offset = 0;
  while (bitmaps.length < count) {
    if (offset + 24 > directory.length) throw new Error('qcow2 bitmap directory is cut short');
    const flags = directory.readUInt32BE(offset + 12);
    const nameBytes = directory.readUInt16BE(offset + 18);
    const extraBytes = directory.readUInt32BE(offset + 20);
    const nameAt = offset + 24 + extraBytes;
    if (nameAt + nameBytes > directory.length)
      throw new Error('qcow2 bitmap directory is cut short');
    bitmaps.push({
      name: directory.subarray(nameAt, nameAt + nameBytes).toString('utf8'),
      granularityBytes: 2 ** directory.readUInt8(offset + 17),
      // In the order and the words of `qemu-img info`.
      flags: [...((flags & 1) === 0 ? [] : ['in-use']), ...((flags & 2) === 0 ? [] : ['auto'])],
    });
    offset += Math.ceil((24 + extraBytes + nameBytes) / 8) * 8;
  }
  return bitmaps;
}

/** A number of 64 bits that means bytes of a file: no file has 2^53. */
function wholeNumber(value: bigint, what: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`qcow2 header: bad ${what}`);
  return Number(value);
}

async function readAt(file: Readable, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
