/**
 * Numbers of the NBD protocol, as in doc/proto.md of the NetworkBlockDevice
 * project: newstyle handshake with structured replies, big endian throughout.
 */

/** `NBDMAGIC` and `IHAVEOPT`, the first 16 bytes of a newstyle server. */
export const initMagic = Buffer.from('NBDMAGICIHAVEOPT', 'latin1');
export const optionMagic = initMagic.subarray(8);
export const optionReplyMagic = 0x3e889045565a9n;

/** Flags that both sides must know for the fixed newstyle handshake. */
export const handshakeFlag = { fixedNewstyle: 1, noZeroes: 2 } as const;

export const option = { go: 7, structuredReply: 8, setMetaContext: 10 } as const;

/** Types of replies to an option; an error has the highest bit set. */
export const optionReply = { ack: 1, info: 3, metaContext: 4, errorBit: 0x8000_0000 } as const;

/** Items of NBD_REP_INFO. */
export const info = { export: 0, blockSize: 3 } as const;

/** Transmission flag: what one connection has written or read, all others see. */
export const flagMultiConnection = 1 << 8;

export const requestMagic = 0x25609513;
export const simpleReplyMagic = 0x67446698;
export const structuredReplyMagic = 0x668e33ef;

export const command = { read: 0, disconnect: 2, blockStatus: 7 } as const;

/** Chunks of a structured reply; an error has bit 15 set. */
export const chunk = {
  none: 0,
  offsetData: 1,
  offsetHole: 2,
  blockStatus: 5,
  errorBit: 0x8000,
} as const;

/** Last chunk of its reply. */
export const chunkDone = 1;

/** `base:allocation`: reads as zeros. (Bit 0, "hole", alone promises nothing about the content.) */
export const stateZero = 2;
/** `qemu:dirty-bitmap:…`: changed. */
export const stateDirty = 1;

const optionErrors: Readonly<Record<number, string>> = {
  1: 'not supported',
  2: 'forbidden by the server',
  3: 'invalid request',
  4: 'not supported on its platform',
  5: 'TLS required',
  6: 'no such export',
  7: 'server is shutting down',
  8: 'block size must be negotiated',
  9: 'request too big',
};

/** What an error reply to an option means, in words. */
export function optionErrorText(type: number): string {
  const code = (type & ~optionReply.errorBit) >>> 0;
  return optionErrors[code] ?? `error ${code}`;
}

const requestErrors: Readonly<Record<number, string>> = {
  1: 'operation not permitted',
  5: 'input/output error',
  12: 'out of memory',
  22: 'invalid argument',
  28: 'no space left',
  75: 'value too large',
  95: 'not supported',
  108: 'server is shutting down',
};

/** What the error of one request means, in words: the protocol's errno values. */
export function requestErrorText(code: number): string {
  return requestErrors[code] ?? `error ${code}`;
}
