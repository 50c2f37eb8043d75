import { fail, ok, type Failure, type Result } from '../model/result.ts';
import {
  flagMultiConnection,
  handshakeFlag,
  info,
  initMagic,
  option,
  optionErrorText,
  optionMagic,
  optionReply,
  optionReplyMagic,
} from './protocol.ts';

/** What both sides agreed on before the first request. */
export interface Agreed {
  readonly sizeBytes: number;
  /** Whether several connections see one and the same content. */
  readonly multiConnection: boolean;
  /** Offsets and lengths of requests are multiples of this. */
  readonly minBlockBytes: number;
  readonly maxBlockBytes: number;
  /** Ids of the metadata contexts in block status replies. */
  readonly allocationId: number;
  /** null when no dirty context was asked for. */
  readonly dirtyId: number | null;
}

/** A byte stream in both directions; `receive` gives exactly that many bytes. */
export interface Talk {
  receive(length: number): Promise<Buffer>;
  send(bytes: Uint8Array): void;
}

/** What is wanted of the server. */
export interface Wanted {
  readonly exportName: string;
  /** `qemu:dirty-bitmap:NAME`; null for none. */
  readonly dirtyContext: string | null;
}

interface OptionReply {
  readonly type: number;
  readonly data: Buffer;
}

// The largest reply that we ask for is an error text; a server that announces more is broken.
const maxOptionReplyBytes = 64 * 1024;

// Two contexts and six kinds of information are all that a server may answer;
// one that goes on for ever would fill the memory.
const maxOptionReplies = 64;

// The protocol's limit for a string: more would be a broken name, not a long one.
const maxNameBytes = 4096;

// The protocol wants a largest block of at least the preferred one, which is at least this.
const leastMaxBlockBytes = 512;

// What the protocol lets a client assume of a server that says nothing of block sizes.
const defaultMaxBlockBytes = 32 * 1024 * 1024;

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
};

const breach = (what: string): { readonly ok: false; readonly error: Failure } =>
  fail({ code: 'nbd-protocol', message: what });

/** Newstyle handshake up to the transmission phase: structured replies, contexts, OPT_GO. */
export async function negotiate(talk: Talk, wanted: Wanted): Promise<Result<Agreed, Failure>> {
  if (Buffer.byteLength(wanted.exportName) > maxNameBytes)
    return breach('the name of the export is longer than NBD allows');
  const greeting = await talk.receive(18);
  if (!greeting.subarray(0, 16).equals(initMagic))
    return breach('the server does not speak newstyle NBD');
  if ((greeting.readUInt16BE(16) & handshakeFlag.fixedNewstyle) === 0)
    return breach('the server does not speak fixed newstyle NBD');
  talk.send(uint32(handshakeFlag.fixedNewstyle | handshakeFlag.noZeroes));

  const structured = await ask(talk, option.structuredReply, Buffer.alloc(0));
  if (!structured.ok) return structured;
  const contexts = await agreeOnContexts(talk, wanted);
  if (!contexts.ok) return contexts;
  const facts = await enter(talk, wanted.exportName);
  if (!facts.ok) return facts;
  return ok({ ...facts.value, ...contexts.value });
}

/** Sends an option and collects its replies up to the acknowledgement. */
async function ask(
  talk: Talk,
  code: number,
  data: Buffer,
): Promise<Result<readonly OptionReply[], Failure>> {
  talk.send(Buffer.concat([optionMagic, uint32(code), uint32(data.length), data]));
  const replies: OptionReply[] = [];
  for (;;) {
    const header = await talk.receive(20);
    if (header.readBigUInt64BE(0) !== optionReplyMagic || header.readUInt32BE(8) !== code)
      return breach('the server answered something else than what was asked');
    const type = header.readUInt32BE(12);
    const length = header.readUInt32BE(16);
    if (length > maxOptionReplyBytes)
      return breach(`the server announced an option reply of ${length} bytes`);
    const body = length === 0 ? Buffer.alloc(0) : await talk.receive(length);
    if (type === optionReply.ack) return ok(replies);
    if (type >= optionReply.errorBit) return fail(refusal(code, type, body));
    if (replies.length === maxOptionReplies)
      return breach(`the server sent more than ${maxOptionReplies} replies to one option`);
    replies.push({ type, data: body });
  }
}

/** The failure of an option that the server refused, in its own words where it has any. */
function refusal(code: number, type: number, body: Buffer): Failure {
  const what = {
    [option.go]: 'the server refused the export',
    [option.setMetaContext]: 'the server refused the metadata contexts',
    [option.structuredReply]: 'the server has no structured replies',
  }[code];
  const words = body.length > 0 ? `: ${body.toString()}` : '';
  return { code: 'nbd-refused', message: `${what}: ${optionErrorText(type)}${words}` };
}

/** Asks for `base:allocation` and the dirty bitmap; one that is missing is a failure. */
async function agreeOnContexts(
  talk: Talk,
  wanted: Wanted,
): Promise<Result<Pick<Agreed, 'allocationId' | 'dirtyId'>, Failure>> {
  const { dirtyContext } = wanted;
  const names = ['base:allocation', ...(dirtyContext === null ? [] : [dirtyContext])];
  const question = Buffer.concat([
    text(wanted.exportName),
    uint32(names.length),
    ...names.map(text),
  ]);
  const replies = await ask(talk, option.setMetaContext, question);
  if (!replies.ok) return replies;
  const ids = new Map<string, number>();
  for (const { type, data } of replies.value) {
    if (type !== optionReply.metaContext || data.length < 4)
      return breach('the server answered something else than metadata contexts');
    ids.set(data.toString('utf8', 4), data.readUInt32BE(0));
  }
  const missing = names.find((name) => !ids.has(name));
  if (missing !== undefined) {
    return fail({
      code: 'no-context',
      message: `the export has no metadata context "${missing}"`,
    });
  }
  return ok({
    allocationId: ids.get('base:allocation') ?? -1,
    dirtyId: dirtyContext === null ? null : (ids.get(dirtyContext) ?? -1),
  });
}

/** Enters the transmission phase. */
async function enter(
  talk: Talk,
  exportName: string,
): Promise<Result<Omit<Agreed, 'allocationId' | 'dirtyId'>, Failure>> {
  // One request for information: block sizes, which binds us to honour them.
  const question = Buffer.concat([text(exportName), Buffer.from([0, 1, 0, info.blockSize])]);
  const replies = await ask(talk, option.go, question);
  if (!replies.ok) return replies;
  let sizeBytes: number | null = null;
  let multiConnection = false;
  let minBlockBytes = 1;
  let maxBlockBytes = defaultMaxBlockBytes;
  for (const { type, data } of replies.value) {
    if (type !== optionReply.info || data.length < 2)
      return breach('the server answered something else than information of the export');
    const item = data.readUInt16BE(0);
    if (item === info.export && data.length === 12) {
      sizeBytes = Number(data.readBigUInt64BE(2));
      multiConnection = (data.readUInt16BE(10) & flagMultiConnection) !== 0;
    }
    if (item === info.blockSize && data.length === 14) {
      minBlockBytes = data.readUInt32BE(2);
      maxBlockBytes = data.readUInt32BE(10);
    }
  }
  if (sizeBytes === null) return breach('the server did not say how large the export is');
  // A largest block of 0 bytes would make a read an endless row of requests.
  const hasBlocks = minBlockBytes > 0 && minBlockBytes <= 65_536;
  if (!Number.isSafeInteger(sizeBytes) || !hasBlocks || maxBlockBytes < leastMaxBlockBytes)
    return breach('the server announced sizes that cannot be');
  return ok({ sizeBytes, multiConnection, minBlockBytes, maxBlockBytes });
}
