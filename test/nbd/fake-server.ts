import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One request as a server sees it. */
export interface Request {
  readonly type: number;
  readonly cookie: number;
  readonly offset: number;
  readonly length: number;
}

/** How a fake server answers; whatever is not told is done as the protocol says. */
export interface Behaviour {
  readonly sizeBytes?: number;
  readonly greeting?: Buffer;
  readonly multiConnection?: boolean;
  /** Type of an error reply to an option, by the option's number; with a text. */
  readonly refuse?: Readonly<Record<number, { readonly type: number; readonly text: string }>>;
  /** Contexts that it knows, with their ids. */
  readonly contexts?: Readonly<Record<string, number>>;
  /** Bytes sent as answer to a request; null for none. */
  readonly answer?: (request: Request, socket: Socket) => Buffer | null;
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};

/** A chunk of a structured reply. */
export function chunkOf(
  request: Request,
  type: number,
  body: Buffer,
  flags = 1,
  magic = 0x668e33ef,
): Buffer {
  return Buffer.concat([
    uint32(magic),
    uint16(flags),
    uint16(type),
    uint64(request.cookie),
    uint32(body.length),
    body,
  ]);
}

/** Content of the fake disk: each byte tells its offset. */
export function contentOf(offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1) bytes[index] = ((offset + index) * 7) & 0xff;
  return bytes;
}

/** A data chunk. */
export function dataChunk(request: Request, at: number, length: number, flags = 1): Buffer {
  const offset = request.offset + at;
  return chunkOf(request, 1, Buffer.concat([uint64(offset), contentOf(offset, length)]), flags);
}

/** A chunk that says of a range that it is zeros. */
export function holeChunk(request: Request, at: number, length: number, flags = 1): Buffer {
  return chunkOf(request, 2, Buffer.concat([uint64(request.offset + at), uint32(length)]), flags);
}

/** A block status chunk: pairs of length and flags. */
export function statusChunk(
  request: Request,
  context: number,
  pairs: readonly (readonly [number, number])[],
  flags = 1,
): Buffer {
  const body = [uint32(context), ...pairs.flatMap((pair) => pair.map(uint32))];
  return chunkOf(request, 5, Buffer.concat(body), flags);
}

/** An error chunk. */
export function errorChunk(request: Request, code: number, text: string): Buffer {
  const words = Buffer.from(text);
  const body = Buffer.concat([uint32(code), uint16(words.length), words]);
  return chunkOf(request, 0x8001, body);
}

/** An NBD server that can be made to fail in every way that the protocol, or a crash, allows. */
export class FakeServer implements AsyncDisposable {
  readonly socket: string;
  connections = 0;
  requests: Request[] = [];
  private readonly server: Server;
  private readonly dir: string;
  private readonly open = new Set<Socket>();

  private constructor(dir: string, onClient: (socket: Socket, requests: Request[]) => void) {
    this.dir = dir;
    this.socket = join(dir, 'nbd.sock');
    this.server = createServer((socket) => {
      this.connections += 1;
      this.open.add(socket);
      socket.on('error', () => undefined);
      onClient(socket, this.requests);
    });
  }

  static async start(behaviour: Behaviour = {}): Promise<FakeServer> {
    return FakeServer.listen((socket, requests) => talk(socket, behaviour, requests));
  }

  /** One that says the same bytes to everybody, whatever is asked, and hangs up. */
  static async lying(said: Buffer): Promise<FakeServer> {
    return FakeServer.listen((socket) => {
      socket.resume();
      socket.end(said);
    });
  }

  private static async listen(
    onClient: (socket: Socket, requests: Request[]) => void,
  ): Promise<FakeServer> {
    const fake = new FakeServer(await mkdtemp(join(tmpdir(), 'nbd-')), onClient);
    await new Promise<void>((resolve) => fake.server.listen(fake.socket, resolve));
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.dir, { recursive: true });
  }
}

function talk(socket: Socket, behaviour: Behaviour, requests: Request[]): void {
  new Session(socket, behaviour, requests).begin();
}

class Session {
  private readonly socket: Socket;
  private readonly behaviour: Behaviour;
  private readonly requests: Request[];
  private bytes = Buffer.alloc(0);
  private phase: 'flags' | 'options' | 'requests' = 'flags';

  constructor(socket: Socket, behaviour: Behaviour, requests: Request[]) {
    this.socket = socket;
    this.behaviour = behaviour;
    this.requests = requests;
  }

  begin(): void {
    const { socket, behaviour } = this;
    socket.write(behaviour.greeting ?? Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), uint16(3)]));
    socket.on('data', (data) => {
      this.bytes = Buffer.concat([this.bytes, data]);
      while (this.step());
    });
  }

  private take(length: number): Buffer | null {
    if (this.bytes.length < length) return null;
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return taken;
  }

  private step(): boolean {
    if (this.phase === 'flags') {
      if (this.take(4) === null) return false;
      this.phase = 'options';
      return true;
    }
    if (this.phase === 'options') {
      if (this.bytes.length < 16 || this.bytes.length < 16 + this.bytes.readUInt32BE(12))
        return false;
      const length = this.bytes.readUInt32BE(12);
      const whole = this.take(16 + length) ?? Buffer.alloc(16);
      this.onOption(whole.readUInt32BE(8), whole.subarray(16));
      return true;
    }
    const head = this.take(28);
    if (head === null) return false;
    const request = {
      type: head.readUInt16BE(6),
      cookie: Number(head.readBigUInt64BE(8)),
      offset: Number(head.readBigUInt64BE(16)),
      length: head.readUInt32BE(24),
    };
    this.requests.push(request);
    if (request.type === 2) return false;
    const answer = (this.behaviour.answer ?? answerProperly)(request, this.socket);
    if (answer !== null) this.socket.write(answer);
    return true;
  }

  private reply(code: number, type: number, data: Buffer): void {
    const magic = Buffer.from('0003e889045565a9', 'hex');
    this.socket.write(
      Buffer.concat([magic, uint32(code), uint32(type), uint32(data.length), data]),
    );
  }

  private onOption(code: number, data: Buffer): void {
    const refusal = this.behaviour.refuse?.[code];
    if (refusal !== undefined) {
      this.reply(code, refusal.type, Buffer.from(refusal.text));
      return;
    }
    if (code === 10) {
      const contexts = this.behaviour.contexts ?? { 'base:allocation': 1 };
      for (const [name, id] of Object.entries(contexts))
        if (data.includes(name))
          this.reply(code, 4, Buffer.concat([uint32(id), Buffer.from(name)]));
    }
    if (code === 7) {
      const flags = 1 | 2 | (this.behaviour.multiConnection === true ? 256 : 0);
      const size = uint64(this.behaviour.sizeBytes ?? 1024 ** 2);
      this.reply(code, 3, Buffer.concat([uint16(0), size, uint16(flags)]));
      this.phase = 'requests';
    }
    this.reply(code, 1, Buffer.alloc(0));
  }
}

/** The whole disk is data. */
export function answerProperly(request: Request): Buffer {
  return request.type === 0
    ? dataChunk(request, 0, request.length)
    : statusChunk(request, 1, [[request.length, 0]]);
}
