import type { Failure } from '../model/result.ts';
import {
  chunk,
  chunkDone,
  requestErrorText,
  requestMagic,
  simpleReplyMagic,
  structuredReplyMagic,
} from './protocol.ts';
import type { Wire } from './wire.ts';

/** What one metadata context says: pairs of length and flags, from the request's offset on. */
export type ContextChunks = Map<number, Uint32Array>;

/** A request that the server has not yet answered completely. */
export interface Pending {
  readonly offset: number;
  readonly length: number;
  /** Where the data goes; null for a block status. */
  readonly into: Uint8Array | null;
  readonly contexts: ContextChunks;
  /** Bytes of data that came. */
  received: number;
  /** The first error of this request, in words. */
  error: string | null;
  /** Called once, when the last chunk is there. */
  readonly settle: (pending: Pending) => void;
  /** Called once, instead, when the connection is lost. */
  readonly lose: (failure: Failure) => void;
}

// QEMU sends at most 1 MiB of extents in a chunk, nbdkit less.
const maxStatusBytes = 16 * 1024 * 1024;
// `base:allocation` and one dirty bitmap are asked for.
const maxContexts = 2;
// An error text; the protocol allows 4096.
const maxErrorBytes = 8192;

/**
 * Reads replies off a wire in the transmission phase and gives them to the
 * requests that they belong to. Whatever does not follow the protocol ends
 * the connection: after it, no byte could be trusted.
 */
export class ReplyReader {
  private readonly wire: Wire;
  private readonly pending: Map<number, Pending>;
  private readonly head = Buffer.alloc(16);
  private readonly rest = Buffer.alloc(12);
  private current: Pending | null = null;
  private cookie = 0;
  private done = false;

  constructor(wire: Wire, pending: Map<number, Pending>) {
    this.wire = wire;
    this.pending = pending;
  }

  /** Waits for the next reply. */
  next(): void {
    this.wire.awaiting = this.pending.size > 0;
    this.wire.expect(this.head, () => this.onHead());
  }

  private onHead(): void {
    const magic = this.head.readUInt32BE(0);
    this.cookie = this.head.readUInt32BE(12);
    const pending = this.pending.get(this.cookie);
    if (pending === undefined || this.head.readUInt32BE(8) !== 0)
      return this.wire.breach('the server answered a request that was not made');
    this.current = pending;
    if (magic === simpleReplyMagic) return this.onSimple(pending);
    if (magic !== structuredReplyMagic)
      return this.wire.breach('the server sent a reply with a wrong magic number');
    this.done = (this.head.readUInt16BE(4) & chunkDone) !== 0;
    const type = this.head.readUInt16BE(6);
    // Data comes with its offset: one read fewer for the chunk that matters.
    const bytes = type === chunk.offsetData ? 12 : 4;
    this.wire.expect(this.rest.subarray(0, bytes), () =>
      this.onChunk(pending, type, this.rest.readUInt32BE(0)),
    );
  }

  /** With structured replies agreed on, a simple one can only be an error. */
  private onSimple(pending: Pending): void {
    const code = this.head.readUInt32BE(4);
    if (code === 0)
      return this.wire.breach('the server sent a simple reply to a structured request');
    pending.error ??= requestErrorText(code);
    this.done = true;
    this.chunkOver();
  }

  private onChunk(pending: Pending, type: number, length: number): void {
    if ((type & chunk.errorBit) !== 0) {
      if (length < 6 || length > maxErrorBytes) return this.wire.breach('a broken error reply');
      return this.take(length, (body) => this.onError(pending, body));
    }
    switch (type) {
      case chunk.none:
        return length === 0 && this.done
          ? this.chunkOver()
          : this.wire.breach('a broken empty reply');
      case chunk.offsetData:
        return this.onData(pending, length - 8);
      case chunk.offsetHole:
        if (length !== 12) return this.wire.breach('a broken reply about a hole');
        return this.take(length, (body) => this.onHole(pending, body));
      case chunk.blockStatus:
        if (length < 12 || length > maxStatusBytes || length % 8 !== 4)
          return this.wire.breach('a broken block status reply');
        return this.take(length, (body) => this.onStatus(pending, body));
      default:
        return this.wire.breach(`the server sent a reply of unknown type ${type}`);
    }
  }

  private take(length: number, then: (body: Buffer) => void): void {
    const body = Buffer.allocUnsafe(length);
    this.wire.expect(body, () => then(body));
  }

  /** The place of a part of a read; null, and the end of the connection, if it is not within the request. */
  private place(pending: Pending, offset: number, length: number): Uint8Array | null {
    const at = offset - pending.offset;
    if (pending.into === null || length <= 0 || at < 0 || at + length > pending.length) {
      this.wire.breach('the server sent data that was not asked for');
      return null;
    }
    pending.received += length;
    // Or a server could answer one read for ever.
    if (pending.received > pending.length) {
      this.wire.breach('the server answered a read with too few or too many bytes');
      return null;
    }
    return pending.into.subarray(at, at + length);
  }

  private onData(pending: Pending, length: number): void {
    const place = this.place(pending, Number(this.rest.readBigUInt64BE(4)), length);
    if (place !== null) this.wire.expect(place, () => this.chunkOver());
  }

  private onHole(pending: Pending, body: Buffer): void {
    const place = this.place(pending, Number(body.readBigUInt64BE(0)), body.readUInt32BE(8));
    if (place === null) return;
    place.fill(0);
    this.chunkOver();
  }

  private onStatus(pending: Pending, body: Buffer): void {
    if (pending.into !== null)
      return this.wire.breach('the server sent a block status that was not asked for');
    const pairs = new Uint32Array((body.length - 4) / 4);
    for (let index = 0; index < pairs.length; index += 1)
      pairs[index] = body.readUInt32BE(4 + index * 4);
    const { contexts } = pending;
    const id = body.readUInt32BE(0);
    if (contexts.has(id) || contexts.size === maxContexts)
      return this.wire.breach('the server sent a block status twice, or of too many contexts');
    contexts.set(id, pairs);
    this.chunkOver();
  }

  private onError(pending: Pending, body: Buffer): void {
    const words = body.toString('utf8', 6, 6 + body.readUInt16BE(4));
    const meaning = requestErrorText(body.readUInt32BE(0));
    pending.error ??= words === '' ? meaning : `${meaning} (${words})`;
    this.chunkOver();
  }

  private chunkOver(): void {
    const { current } = this;
    if (this.done && current !== null) {
      this.pending.delete(this.cookie);
      current.settle(current);
    }
    this.next();
  }
}

/** The 28 bytes of a request. */
export function requestBytes(type: number, cookie: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32BE(requestMagic, 0);
  bytes.writeUInt16BE(type, 6);
  bytes.writeUInt32BE(cookie, 12);
  bytes.writeBigUInt64BE(BigInt(offset), 16);
  bytes.writeUInt32BE(length, 24);
  return bytes;
}
