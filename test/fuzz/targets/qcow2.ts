import type { FileHandle } from 'node:fs/promises';
import { readQcow2Header } from '../../../src/hypervisor/libvirt/qcow2-header.ts';
import { filesBelow } from '../seeds.ts';
import { mustHold, type Target } from '../target.ts';

/** A file in memory, as far as the reader needs one; as the kernel reads: nothing beyond its end. */
function fileOf(bytes: Buffer): FileHandle {
  const read = async (
    into: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }> => {
    mustHold(into.length <= 64 * 1024 ** 2, `${into.length} bytes are asked for`);
    mustHold(Number.isSafeInteger(position), `position ${position} is read`);
    const part = bytes.subarray(position, position + length);
    return { bytesRead: part.copy(into, offset) };
  };
  return { read } as unknown as FileHandle;
}

/** The header of a disk image that a guest's owner may have written: an answer or an error of its own. */
export const qcow2Target: Target = {
  name: 'qcow2-header',
  seeds: () => {
    const [bitmaps = Buffer.alloc(0)] = filesBelow('test/captures/qemu-7.2', '.qcow2');
    return [bitmaps, bitmaps.subarray(0, 4096), bitmaps.subarray(0, 512)];
  },
  words: ['QFI\xfb', '\xe2\x79\x2a\xca', 'DATA', '\x23\x85\x28\x75'],
  async run(input) {
    const header = await readQcow2Header(fileOf(input)).catch((error: unknown) => {
      const isOwn = error instanceof Error && error.message.startsWith('qcow2 ');
      if (!isOwn) throw error;
      return null;
    });
    if (header === null) return;
    mustHold(Number.isSafeInteger(header.sizeBytes), 'a size is none');
    mustHold(header.bitmaps.length < 65_536, 'there are more bitmaps than the format has');
  },
};
