import { failureOfAbort } from '../model/abort.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { BlockSource } from './block-source.ts';
import { collectRuns, clusterBytes } from './cluster-runs.ts';
import { CopyPump } from './copy-pump.ts';
import { hashHere, hashInThread } from './hash-stream.ts';
import { ImageFile } from './image-file.ts';
import { createImageStream } from './image-stream.ts';
import { layOut, type Backing, type Layout } from './qcow2-layout.ts';
import { maxBackingNameBytes } from './qcow2-metadata.ts';
import type { RateLimit } from './rate-limit.ts';
import { allocatePages } from './shared-memory.ts';

/** What is copied, and where to. */
export interface CopyRequest {
  readonly source: BlockSource;
  /** A new file; made with mode 0600. After a failure it is left as it is, for the caller to remove. */
  readonly target: string;
  /** null for a full: then the source must not have clean extents. */
  readonly backing: Backing | null;
  /** Shared by all copies that are to stay below it together. */
  readonly rateLimit: RateLimit | null;
  /** Bytes of the image file that are written, of all that there will be. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal;
}

/** What was written. */
export interface CopiedImage {
  readonly fileBytes: number;
  /** Bytes of the disk that the image holds as data, in whole clusters. */
  readonly dataBytes: number;
  /** Of the whole file, 64 hex digits. */
  readonly sha256: string;
}

// One request of 1 MiB is where NBD servers are fastest; 16 of them keep
// reader, hash and writer apart from each other's pauses, at 16 MiB a copy.
const pieceBytes = 1024 * 1024;
const slots = 16;

// Below this a thread takes longer to start (30 ms) than the hash itself.
const threadFromBytes = 32 * 1024 * 1024;

// After an abort: a write of 4 MiB to a slow disk ends well within it.
const patienceSeconds = 5;

/**
 * Writes a source into a new qcow2 file in one pass, hashing what is written.
 * The caller fsyncs it. Failures: `store-full`, `write-failed`, `bad-source`,
 * `canceled` or the failure that the signal's reason is, and the source's own.
 */
export async function copyExport(request: CopyRequest): Promise<Result<CopiedImage, Failure>> {
  const { target, backing } = request;
  if (backing !== null && Buffer.byteLength(backing.file) > maxBackingNameBytes) {
    return fail({
      code: 'bad-source',
      message: `${target}: the name of its backing file is longer than qcow2 allows`,
    });
  }
  const ended = new AbortController();
  const copied = await Promise.race([copyAll(request), abandoned(request.signal, ended.signal)]);
  ended.abort();
  return copied;
}

/**
 * Fails some time after an abort. A read or a write that hangs in the kernel
 * (NFS whose server is away) cannot be taken back; waiting for it, we would
 * hold the guest's job, and its scratch would grow, because of a store (I14).
 */
function abandoned(signal: AbortSignal, ended: AbortSignal): Promise<Result<never, Failure>> {
  return new Promise((resolve) => {
    const giveUp = (): void => {
      const timer = setTimeout(
        () => resolve(fail(failureOfAbort(signal, 'The copy'))),
        patienceSeconds * 1000,
      );
      ended.addEventListener('abort', () => clearTimeout(timer), { once: true });
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true, signal: ended });
  });
}

async function copyAll(request: CopyRequest): Promise<Result<CopiedImage, Failure>> {
  const { source, target, backing } = request;
  const runs = await collectRuns(source, backing !== null);
  if (!runs.ok) return runs;
  const layout = layOut(source.sizeBytes, backing, runs.value);
  const file = await ImageFile.create(target);
  if (!file.ok) return file;
  const copied = await pump(request, layout, file.value);
  const closed = await file.value.close();
  if (!copied.ok) return copied;
  return closed.ok ? copied : closed;
}

async function pump(
  request: CopyRequest,
  layout: Layout,
  file: ImageFile,
): Promise<Result<CopiedImage, Failure>> {
  const { source, rateLimit, onProgress, signal } = request;
  const memory = allocatePages(pieceBytes * slots);
  const hash = layout.fileBytes < threadFromBytes ? hashHere(memory) : hashInThread(memory);
  const outcome = await new CopyPump({
    source,
    stream: createImageStream(layout),
    file,
    hash,
    memory,
    slots,
    rateLimit,
    signal,
    onWritten: (bytes) => onProgress(bytes, layout.fileBytes),
  }).run();
  const sha256 = outcome.ok ? await hash.digest() : '';
  await hash.close();
  if (!outcome.ok) return outcome;
  return ok({
    fileBytes: layout.fileBytes,
    dataBytes: layout.runs.dataClusters * clusterBytes,
    sha256,
  });
}
