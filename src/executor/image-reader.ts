import type { ExportedDisk } from '../hypervisor/hypervisor.ts';
import type { RateLimit } from '../image/rate-limit.ts';
import type { Failure, Result } from '../model/result.ts';

/** One disk of an open point, and the image that is made of it. */
export interface ImageRequest {
  readonly disk: ExportedDisk;
  /** Absolute path of the image. */
  readonly path: string;
  /** Relative path to the parent's image; null for a full. */
  readonly backing: string | null;
  readonly signal: AbortSignal;
  /** A read that takes longer is a failure. */
  readonly stallSeconds: number;
  /** Shared by all copies into a store; null for no limit. */
  readonly rateLimit: RateLimit | null;
  /** Bytes of the image written so far, of all that there will be. */
  readonly progress: (doneBytes: number, totalBytes: number) => void;
}

/** An image that was written. */
export interface CopiedImage {
  /** Virtual size. */
  readonly sizeBytes: number;
  readonly fileBytes: number;
  /** Guest bytes that it holds as data. */
  readonly dataBytes: number;
  readonly sha256: string;
}

/** What is done with images while a point is taken. */
export interface ImageReader {
  /** Writes the image, mode 0600; no file may be there. `store-full` when there is no room. */
  copy(request: ImageRequest): Promise<Result<CopiedImage, Failure>>;
  /** Reads the export and the image again; a difference is a failure. */
  compare(request: ImageRequest): Promise<Result<void, Failure>>;
  /** Makes the image durable, then checks its structure and, through its backing file, that it can be opened. */
  check(path: string, signal: AbortSignal): Promise<Result<void, Failure>>;
}
