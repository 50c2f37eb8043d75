import { hashFile, type HashedFile, type HashOptions } from '../image/hash-file.ts';
import { checkImage } from '../image/qemu-img.ts';
import { replayImage } from '../image/replay-image.ts';
import type { Failure, Result } from '../model/result.ts';

/** How the files of published points are looked at by a check. Nothing is changed. */
export interface FileChecks {
  /** Whether an image's structure is whole, and it and its backing files can be opened; `image-damaged` if not. */
  structure(path: string, signal: AbortSignal): Promise<Result<void, Failure>>;
  hash(path: string, options: HashOptions): Promise<Result<HashedFile, Failure>>;
  /** Reads an image through its whole chain. */
  replay(
    path: string,
    options: {
      readonly sizeBytes: number;
      readonly rateBytesPerSecond: number | null;
      readonly signal: AbortSignal;
    },
  ): Promise<Result<void, Failure>>;
}

/** On this host, with its qemu-img. */
export const realFileChecks: FileChecks = {
  structure: checkImage,
  hash: hashFile,
  replay: replayImage,
};
