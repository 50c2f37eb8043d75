import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { BlockSource, SourceExtent } from '../../src/image/block-source.ts';
import { ok } from '../../src/model/result.ts';

/** A change of a disk. */
export interface Write {
  readonly offset: number;
  readonly length: number;
  readonly kind: 'data' | 'zero';
}

/**
 * A disk: a sparse file with its true content, and the extents that tell of
 * it what an NBD export would. Content is never zero where data was written,
 * and differs from write to write.
 */
export class RawDisk implements Disposable {
  readonly path: string;
  sizeBytes: number;
  private readonly descriptor: number;
  private serial = 0;
  /** Since the last point; in order, without overlaps. */
  private changed: Write[] = [];

  constructor(path: string, sizeBytes: number) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.descriptor = openSync(path, 'wx+');
    ftruncateSync(this.descriptor, sizeBytes);
  }

  write({ offset, length, kind }: Write): void {
    const within = Math.min(length, this.sizeBytes - offset);
    if (within <= 0) return;
    this.serial += 1;
    const content = Buffer.alloc(within, kind === 'zero' ? 0 : 1 + (this.serial % 255));
    if (kind === 'data') content.writeUInt8(1 + (this.serial % 251), within - 1);
    writeSync(this.descriptor, content, 0, within, offset);
    const end = offset + within;
    const others = this.changed.flatMap((other) => [
      { ...other, length: Math.min(other.offset + other.length, offset) - other.offset },
      {
        ...other,
        offset: Math.max(other.offset, end),
        length: other.offset + other.length - Math.max(other.offset, end),
      },
    ]);
    this.changed = [
      ...others.filter((other) => other.length > 0),
      { offset, length: within, kind },
    ].toSorted((a, b) => a.offset - b.offset);
  }

  resize(sizeBytes: number): void {
    ftruncateSync(this.descriptor, sizeBytes);
    this.sizeBytes = sizeBytes;
    this.changed = this.changed
      .map((write) => ({ ...write, length: Math.min(write.length, sizeBytes - write.offset) }))
      .filter(({ length }) => length > 0);
  }

  /** The extents since the last point, and a source of them; the next point begins here. */
  point(gap: 'zero' | 'clean'): BlockSource {
    const extents: SourceExtent[] = [];
    let at = 0;
    for (const write of this.changed) {
      if (write.offset > at) extents.push({ offset: at, length: write.offset - at, kind: gap });
      extents.push(write);
      at = write.offset + write.length;
    }
    if (at < this.sizeBytes) extents.push({ offset: at, length: this.sizeBytes - at, kind: gap });
    this.changed = [];
    const { descriptor } = this;
    return {
      sizeBytes: this.sizeBytes,
      async *extents() {
        // Batches of three: their borders fall anywhere.
        for (let index = 0; index < extents.length; index += 3)
          yield ok(extents.slice(index, index + 3));
      },
      read: async (offset, into) => {
        const count = readSync(descriptor, into, 0, into.length, offset);
        if (count !== into.length) throw new Error(`Read ${count} of ${into.length} at ${offset}`);
        return ok(undefined);
      },
    };
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
  }
}
