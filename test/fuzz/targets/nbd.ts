import { openExport } from '../../../src/nbd/export.ts';
import { FakeServer } from '../../nbd/fake-server.ts';
import { mustHold, type Target } from '../target.ts';

const chunkReply = (flags: number, type: number, cookie: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(0x668e33ef, 0);
  head.writeUInt16BE(flags, 4);
  head.writeUInt16BE(type, 6);
  head.writeBigUInt64BE(BigInt(cookie), 8);
  head.writeUInt32BE(body.length, 16);
  return Buffer.concat([head, body]);
};

const optionReply = (code: number, type: number, data: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(0x3e889045565a9n, 0);
  head.writeUInt32BE(code, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
};

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** All that an honest server says to a client that asks for the extents and then reads 4 KiB. */
function honest(size = 4096): Buffer {
  const data = Buffer.alloc(8 + size, 7);
  data.writeBigUInt64BE(0n, 0);
  return Buffer.concat([
    Buffer.from('NBDMAGICIHAVEOPT'),
    bytes('0003'),
    optionReply(8, 1),
    optionReply(10, 4, Buffer.concat([bytes('00000001'), Buffer.from('base:allocation')])),
    optionReply(10, 1),
    optionReply(7, 3, bytes('0000 0000000000001000 0003')),
    optionReply(7, 3, bytes('0003 00000001 00001000 02000000')),
    optionReply(7, 1),
    chunkReply(1, 5, 1, bytes('00000001 00001000 00000000')),
    chunkReply(1, 1, 2, data),
  ]);
}

// Bytes of a lying server that may reach a client at once; more is more of the same.
const maxLieBytes = 16 * 1024;

/** A server that says the input, whatever it is asked, and then hangs up. */
export const nbdTarget: Target = {
  name: 'nbd-server',
  slow: true,
  seeds: () => [honest(), Buffer.concat([honest(), honest().subarray(18)])],
  words: ['NBDMAGIC', 'IHAVEOPT', '\x66\x8e\x33\xef', '\x00\x03\xe8\x89\x04\x55\x65\xa9'],
  async run(input) {
    const said = input.subarray(0, maxLieBytes);
    await using server = await FakeServer.lying(said);
    const opened = await openExport({
      socket: server.socket,
      exportName: 'vda',
      dirtyContext: null,
      connections: 1,
      stallSeconds: 5,
    });
    if (!opened.ok) return;
    const vda = opened.value;
    try {
      let end = 0;
      for await (const batch of vda.extents()) {
        if (!batch.ok) break;
        for (const { offset, length } of batch.value) {
          mustHold(offset === end && length > 0, 'extents have a gap');
          end = offset + length;
        }
        mustHold(end <= vda.sizeBytes, 'extents go beyond the export');
      }
      await vda.read(0, new Uint8Array(Math.min(vda.sizeBytes, 4096)));
    } finally {
      vda.close();
    }
  },
};
