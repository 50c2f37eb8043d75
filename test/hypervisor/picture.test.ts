import { inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { pngOf } from '../../src/hypervisor/libvirt/picture.ts';

const pixels = Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7, 1, 2, 3, 4, 5, 6]);

it('makes a PNG of a portable pixmap, byte for byte', () => {
  const png = pngOf(Buffer.concat([Buffer.from('P6\n3 2\n255\n'), pixels]));
  if (!png.ok) throw new Error(png.error.message);
  expect(png.value.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  expect(png.value.readUInt32BE(16)).toBe(3);
  expect(png.value.readUInt32BE(20)).toBe(2);
  const at = png.value.indexOf('IDAT');
  const data = png.value.subarray(at + 4, at + 4 + png.value.readUInt32BE(at - 4));
  expect([...inflateSync(data)]).toEqual([0, ...pixels.subarray(0, 9), 0, ...pixels.subarray(9)]);
});

it('leaves a PNG as it is, and takes nothing else for a picture', () => {
  const png = Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1');
  expect(pngOf(png)).toEqual({ ok: true, value: png });
  for (const other of ['', 'P5\n3 2\n255\n', 'P6\n3 2\n255\nshort', 'P6\n99999 99999\n255\n']) {
    expect(pngOf(Buffer.from(other))).toEqual({
      ok: false,
      error: { code: 'no-picture', message: 'virsh screenshot gave no picture that is known' },
    });
  }
});
