import { failureOfAbort } from '../model/abort.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { BlockSource } from './block-source.ts';
import type { HashStream } from './hash-stream.ts';
import type { ImageFile } from './image-file.ts';
import type { FilePiece, ImageStream } from './image-stream.ts';
import type { RateLimit } from './rate-limit.ts';

/** The parts that a copy moves bytes between. */
export interface PumpParts {
  readonly source: BlockSource;
  readonly stream: ImageStream;
  readonly file: ImageFile;
  readonly hash: HashStream;
  /** Memory of the ring: `slots` pieces of equal size. */
  readonly memory: Uint8Array;
  readonly slots: number;
  readonly rateLimit: RateLimit | null;
  readonly signal: AbortSignal;
  /** Bytes of the file that are written so far. */
  readonly onWritten: (bytes: number) => void;
}

// One write takes what is ready, up to this: direct I/O is fast in large
// pieces, and what is smaller would cost more round trips to the thread pool.
const maxWriteBytes = 4 * 1024 * 1024;

/**
 * Moves an image through a ring: pieces are read with many requests under
 * way, and those that are complete, in order, are hashed and written at the
 * same time. A slot is used again when both are done.
 */
export class CopyPump {
  private readonly parts: PumpParts;
  private readonly pieceBytes: number;
  private readonly lengths: number[];
  private readonly complete: boolean[];
  /** Pieces counted from the file's start: laid out, complete without a gap, hashed, written. */
  private started = 0;
  private ready = 0;
  private hashed = 0;
  private written = 0;
  private reading = 0;
  private atEnd = false;
  private failure: Failure | null = null;
  private wake: () => void = () => {};
  private change: Promise<void> = this.nextChange();

  constructor(parts: PumpParts) {
    this.parts = parts;
    this.pieceBytes = parts.memory.length / parts.slots;
    this.lengths = Array.from({ length: parts.slots }, () => 0);
    this.complete = Array.from({ length: parts.slots }, () => false);
  }

  /** Runs to the end of the file, or to the first failure; then nothing is under way any more. */
  async run(): Promise<Result<void, Failure>> {
    const { signal } = this.parts;
    const onAbort = (): void => this.stop(failureOfAbort(signal, 'The copy'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    await Promise.all([this.readAll(), this.hashAll(), this.writeAll()]);
    signal.removeEventListener('abort', onAbort);
    return this.failure === null ? ok(undefined) : fail(this.failure);
  }

  private async readAll(): Promise<void> {
    const { slots, stream, rateLimit, signal } = this.parts;
    for (;;) {
      await this.until(() => this.started - Math.min(this.hashed, this.written) < slots);
      if (this.failure !== null) break;
      const piece = stream.next(this.slot(this.started));
      if (piece.length === 0) break;
      if (rateLimit !== null && piece.reads.length > 0) {
        const bytes = piece.reads.reduce((sum, { length }) => sum + length, 0);
        // Only an abort rejects it, and that has stopped us already.
        await rateLimit.take(bytes, signal).catch(() => {});
      }
      this.lengths[this.started % slots] = piece.length;
      this.complete[this.started % slots] = false;
      this.started += 1;
      void this.fill(this.started - 1, piece);
    }
    this.atEnd = true;
    this.notify();
    // Until then the source still writes into the memory.
    while (this.reading > 0) await this.change;
  }

  private async fill(index: number, piece: FilePiece): Promise<void> {
    const { source, slots } = this.parts;
    const slot = this.slot(index);
    this.reading += 1;
    const answers = await Promise.all(
      piece.reads.map(({ offset, at, length }) =>
        source.read(offset, slot.subarray(at, at + length)),
      ),
    );
    this.reading -= 1;
    for (const answer of answers) if (!answer.ok) this.stop(answer.error);
    this.complete[index % slots] = true;
    while (this.ready < this.started && this.complete[this.ready % slots] === true) this.ready += 1;
    this.notify();
  }

  /** Hands ready pieces to the hash, at most two ahead: enough that it never waits for us. */
  private async hashAll(): Promise<void> {
    let given = 0;
    const giveOne = async (): Promise<void> => {
      const from = (given % this.parts.slots) * this.pieceBytes;
      const to = from + (this.lengths[given % this.parts.slots] ?? 0);
      given += 1;
      try {
        await this.parts.hash.update(from, to);
      } catch (cause) {
        this.stop({ code: 'hash-failed', message: `The hashing thread broke: ${String(cause)}` });
      }
      this.hashed += 1;
      this.notify();
    };
    for (;;) {
      await this.until(() => (given < this.ready && given - this.hashed < 2) || this.isDone(given));
      if (this.failure !== null || this.isDone(given)) break;
      void giveOne();
    }
    while (this.hashed < given) await this.change;
  }

  private async writeAll(): Promise<void> {
    const { slots, file, memory, onWritten } = this.parts;
    let bytes = 0;
    for (;;) {
      await this.until(() => this.written < this.ready || this.isDone(this.written));
      if (this.failure !== null || this.isDone(this.written)) break;
      const first = this.written % slots;
      // Neighbours in the ring are neighbours in the file.
      const end = Math.min(
        slots,
        first + this.ready - this.written,
        first + maxWriteBytes / this.pieceBytes,
      );
      const from = first * this.pieceBytes;
      const to = (end - 1) * this.pieceBytes + (this.lengths[end - 1] ?? 0);
      const answer = await file.append(memory.subarray(from, to));
      if (!answer.ok) this.stop(answer.error);
      this.written += end - first;
      bytes += to - from;
      onWritten(bytes);
      this.notify();
    }
  }

  private isDone(count: number): boolean {
    return this.atEnd && count === this.started;
  }

  private slot(index: number): Uint8Array {
    const from = (index % this.parts.slots) * this.pieceBytes;
    return this.parts.memory.subarray(from, from + this.pieceBytes);
  }

  /** Waits for a condition, or for the first failure. */
  private async until(condition: () => boolean): Promise<void> {
    while (this.failure === null && !condition()) await this.change;
  }

  private stop(failure: Failure): void {
    this.failure ??= failure;
    this.notify();
  }

  private notify(): void {
    const { wake } = this;
    this.change = this.nextChange();
    wake();
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
