import { connect, type Socket } from 'node:net';
import { failureOfAbort } from '../model/abort.ts';
import type { Failure } from '../model/result.ts';

/** How a wire is opened, and when it counts as dead. */
export interface WireOptions {
  readonly socket: string;
  readonly signal: AbortSignal | null;
  /** Awaited bytes that do not come for so long are a failure. */
  readonly stallSeconds: number;
  /** Called once, with the reason, when the connection is no more; never after `close`. */
  readonly onLost: (failure: Failure) => void;
}

// The handshake's replies are below 100 bytes; a first header of 16 may land here too.
const stagingBytes = 4096;

// A stall is that many timer ticks in a row without a byte. Ticks are counted,
// not time: a main thread that was busy itself is not taken for a silent server.
const stallTicks = 4;

/**
 * One connection to a unix socket, read without copies: the kernel writes
 * straight into the array that `expect` names (a function as `onread.buffer`
 * gives each read its place). It has a life to end: after `close` or a loss
 * nothing is delivered any more, and it never connects again.
 */
export class Wire {
  private readonly socket: Socket;
  private readonly options: WireOptions;
  private readonly staging = new Uint8Array(stagingBytes);
  private readonly ticker: NodeJS.Timeout;
  private readonly onAbort: () => void;
  /** Bytes that came before anybody asked for them. */
  private backlog: Uint8Array = new Uint8Array(0);
  private target: Uint8Array | null = null;
  private filled = 0;
  private whenFull: () => void = () => {};
  private direct = false;
  private quietTicks = 0;
  private over = false;
  /** Whether the server owes us bytes: only then is silence a stall. */
  awaiting = true;

  constructor(options: WireOptions) {
    this.options = options;
    const { signal } = options;
    this.socket = connect({
      path: options.socket,
      onread: {
        buffer: () => this.place(),
        callback: (count) => {
          this.arrived(count);
          return true;
        },
      },
    });
    this.socket.on('error', (error) => this.lose('nbd-disconnected', error.message));
    this.socket.on('end', () => this.lose('nbd-disconnected', 'the server closed the connection'));
    this.socket.on('close', () => this.lose('nbd-disconnected', 'the connection was closed'));
    this.ticker = setInterval(() => this.tick(), (options.stallSeconds * 1000) / stallTicks);
    this.onAbort = () => {
      if (signal !== null) this.loseWith(failureOfAbort(signal, 'Reading the export'));
    };
    if (signal?.aborted === true) queueMicrotask(this.onAbort);
    else signal?.addEventListener('abort', this.onAbort, { once: true });
  }

  /** Asks for exactly `target.length` bytes, and calls `whenFull` when they are there; one at a time. */
  expect(target: Uint8Array, whenFull: () => void): void {
    this.target = target;
    this.filled = 0;
    this.whenFull = whenFull;
    if (this.backlog.length > 0 || target.length === 0) {
      const early = this.backlog;
      this.backlog = new Uint8Array(0);
      this.feed(early);
    }
  }

  /** Sends bytes; they must not be changed afterwards. */
  send(bytes: Uint8Array): void {
    if (!this.over) this.socket.write(bytes);
  }

  /** Starts to wait for the server: silence is measured from here. */
  startAwaiting(): void {
    this.awaiting = true;
    this.quietTicks = 0;
  }

  /** Ends the connection with a fault that the reader of its bytes found. */
  breach(what: string): void {
    this.lose('nbd-protocol', what);
  }

  /** Ends the connection, after sending a last message if there is one. Nothing is delivered any more. */
  close(lastMessage: Uint8Array | null): void {
    if (this.over) return;
    this.finish();
    if (lastMessage === null) this.socket.destroy();
    else this.socket.end(lastMessage, () => this.socket.destroy());
  }

  private place(): Uint8Array {
    this.direct = this.target !== null;
    return this.target === null ? this.staging : this.target.subarray(this.filled);
  }

  private arrived(count: number): void {
    if (this.over) return;
    this.quietTicks = 0;
    if (!this.direct) {
      this.feed(this.staging.slice(0, count));
      return;
    }
    this.filled += count;
    if (this.target !== null && this.filled === this.target.length) this.deliver();
  }

  private deliver(): void {
    this.target = null;
    this.whenFull();
  }

  /** Copies bytes that are already here to where they are asked for, and keeps the rest. */
  private feed(bytes: Uint8Array): void {
    let rest = bytes;
    while (this.target !== null && !this.over) {
      const part = rest.subarray(0, this.target.length - this.filled);
      this.target.set(part, this.filled);
      this.filled += part.length;
      rest = rest.subarray(part.length);
      if (this.filled < this.target.length) return;
      this.deliver();
    }
    this.backlog = Buffer.concat([this.backlog, rest]);
  }

  private tick(): void {
    if (!this.awaiting) return;
    this.quietTicks += 1;
    if (this.quietTicks > stallTicks) {
      this.loseWith({
        code: 'stalled',
        message: `${this.options.socket}: the NBD server sent nothing for ${this.options.stallSeconds} s`,
      });
    }
  }

  private lose(code: string, what: string): void {
    this.loseWith({ code, message: `${this.options.socket}: ${what}` });
  }

  private loseWith(failure: Failure): void {
    if (this.over) return;
    this.finish();
    this.socket.destroy();
    this.options.onLost(failure);
  }

  private finish(): void {
    this.over = true;
    this.target = null;
    clearInterval(this.ticker);
    this.options.signal?.removeEventListener('abort', this.onAbort);
  }
}
