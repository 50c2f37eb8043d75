import { crc32, deflateSync } from 'node:zlib';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';

const pngMark = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

// The largest screen that QEMU's devices know is 16,384 pixels wide; more is no picture.
const mostPixels = 16_384 * 16_384;

/** What `virsh screenshot` wrote, as PNG: older libvirt writes a portable pixmap (P6), newer ones PNG. */
export function pngOf(picture: Buffer): Result<Buffer, Failure> {
  if (picture.subarray(0, pngMark.length).equals(pngMark)) return ok(picture);
  const [head, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(
    picture.subarray(0, 64).toString('latin1'),
  ) ?? ['', '0', '0'];
  const columns = Number(width);
  const rows = Number(height);
  const bytes = picture.subarray(head.length);
  if (head === '' || columns * rows > mostPixels || bytes.length !== columns * rows * 3) {
    return fail({ code: 'no-picture', message: 'virsh screenshot gave no picture that is known' });
  }
  // Each line begins with its filter: none.
  const lines = Buffer.alloc(rows * (columns * 3 + 1));
  for (let row = 0; row < rows; row += 1) {
    bytes.copy(lines, row * (columns * 3 + 1) + 1, row * columns * 3, (row + 1) * columns * 3);
  }
  const size = Buffer.alloc(13);
  size.writeUInt32BE(columns, 0);
  size.writeUInt32BE(rows, 4);
  // Eight bits of red, green and blue (RFC 2083).
  size.set([8, 2, 0, 0, 0], 8);
  return ok(
    Buffer.concat([
      pngMark,
      chunk('IHDR', size),
      chunk('IDAT', deflateSync(lines)),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  );
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(data.length, 0);
  around.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([around.subarray(0, 4), body, around.subarray(4)]);
}
