import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { negotiate, type Agreed, type Wanted } from './negotiate.ts';
import { command } from './protocol.ts';
import { ReplyReader, requestBytes, type ContextChunks, type Pending } from './replies.ts';
import { Wire } from './wire.ts';

/** How one connection is made. */
export interface ConnectionOptions extends Wanted {
  /** Path of the server's unix socket. */
  readonly socket: string;
  readonly signal: AbortSignal | null;
  readonly stallSeconds: number;
}

/** Requests under way, and why there will be no more answers. */
interface Traffic {
  readonly pending: Map<number, Pending>;
  lost: Failure | null;
  /** Told of a loss during the handshake. */
  onLost: ((failure: Failure) => void) | null;
}

/**
 * One connection in the transmission phase; several requests may be under
 * way. Once it is lost every request fails with the reason, for ever: what a
 * server says after a new connection need not be the same point in time.
 */
export class Connection {
  readonly agreed: Agreed;
  private readonly wire: Wire;
  private readonly traffic: Traffic;
  private readonly place: string;
  private lastCookie = 0;

  private constructor(agreed: Agreed, wire: Wire, traffic: Traffic, place: string) {
    this.agreed = agreed;
    this.wire = wire;
    this.traffic = traffic;
    this.place = place;
    new ReplyReader(wire, traffic.pending).next();
  }

  /** Connects and negotiates. */
  static async open(options: ConnectionOptions): Promise<Result<Connection, Failure>> {
    const place = `${options.socket}, export "${options.exportName}"`;
    const traffic: Traffic = { pending: new Map(), lost: null, onLost: null };
    const loss = new Promise<{ readonly ok: false; readonly error: Failure }>((resolve) => {
      traffic.onLost = (failure) => resolve(fail(failure));
    });
    const wire = new Wire({
      socket: options.socket,
      signal: options.signal,
      stallSeconds: options.stallSeconds,
      onLost: (failure) => {
        traffic.lost = failure;
        traffic.onLost?.(failure);
        for (const request of traffic.pending.values()) request.lose(failure);
        traffic.pending.clear();
      },
    });
    const receive = (length: number): Promise<Buffer> =>
      new Promise((resolve) => {
        const bytes = Buffer.alloc(length);
        wire.expect(bytes, () => resolve(bytes));
      });
    const talk = { receive, send: (bytes: Uint8Array) => wire.send(bytes) };
    const agreed = await Promise.race([negotiate(talk, options), loss]);
    if (agreed.ok) return ok(new Connection(agreed.value, wire, traffic, place));
    wire.close(null);
    const { code, message } = agreed.error;
    // A loss names the socket already.
    return fail(traffic.lost === null ? { code, message: `${place}: ${message}` } : agreed.error);
  }

  /** Reads exactly `into.length` bytes. */
  async read(offset: number, into: Uint8Array): Promise<Result<void, Failure>> {
    const answer = await this.request(command.read, offset, into.length, into);
    if (!answer.ok) return answer;
    if (answer.value.received !== into.length) {
      this.wire.breach('the server answered a read with too few or too many bytes');
      return fail(this.traffic.lost ?? { code: 'nbd-protocol', message: this.place });
    }
    return ok(undefined);
  }

  /** Asks what is where; the answer may end before `length`, or after it. */
  async blockStatus(offset: number, length: number): Promise<Result<ContextChunks, Failure>> {
    const answer = await this.request(command.blockStatus, offset, length, null);
    return answer.ok ? ok(answer.value.contexts) : answer;
  }

  /** Says good-bye and ends the connection. Requests under way are never answered: wait for them first. */
  close(): void {
    this.wire.close(requestBytes(command.disconnect, 0, 0, 0));
  }

  private async request(
    type: typeof command.read | typeof command.blockStatus,
    offset: number,
    length: number,
    into: Uint8Array | null,
  ): Promise<Result<Pending, Failure>> {
    const { pending, lost } = this.traffic;
    if (lost !== null) return fail(lost);
    this.lastCookie = (this.lastCookie + 1) >>> 0;
    const cookie = this.lastCookie;
    const answer = await new Promise<Result<Pending, Failure>>((resolve) => {
      if (pending.size === 0) this.wire.startAwaiting();
      pending.set(cookie, {
        offset,
        length,
        into,
        contexts: new Map(),
        received: 0,
        error: null,
        settle: (request) => resolve(ok(request)),
        lose: (failure) => resolve(fail(failure)),
      });
      this.wire.send(requestBytes(type, cookie, offset, length));
    });
    if (!answer.ok || answer.value.error === null) return answer;
    const what = into === null ? 'asking for the extents' : 'reading';
    return fail({
      code: 'nbd-read',
      message: `${this.place}: ${what} at ${offset} (${length} bytes): ${answer.value.error}`,
    });
  }
}
