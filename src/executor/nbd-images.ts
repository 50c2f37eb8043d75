import { compareWithExport } from '../image/compare.ts';
import { copyExport } from '../image/copy-export.ts';
import { syncImage } from '../image/image-file.ts';
import { checkImage } from '../image/qemu-img.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { type NbdExport, openExport } from '../nbd/export.ts';
import type { ImageReader, ImageRequest } from './image-reader.ts';

// What nbdcopy takes by default.
const connections = 4;

/** Images are read from NBD exports and written as qcow2. */
export const nbdImages: ImageReader = {
  copy: (request) =>
    whileExported(request, async (source) => {
      const { backing, path, rateLimit, signal, progress } = request;
      const copied = await copyExport({
        source,
        target: path,
        backing: backing === null ? null : { file: backing, format: 'qcow2' },
        rateLimit,
        onProgress: progress,
        signal,
      });
      return copied.ok ? ok({ sizeBytes: source.sizeBytes, ...copied.value }) : copied;
    }),

  compare: ({ path, disk, signal }) => compareWithExport({ path, format: 'qcow2' }, disk, signal),

  // Here, after the job and before the store's lock: what publishing has to wait for is little then.
  check: async (path, signal) => {
    const synced = await syncImage(path);
    return synced.ok ? checkImage(path, signal) : synced;
  },
};

async function whileExported<T>(
  { disk, signal, stallSeconds }: ImageRequest,
  work: (source: NbdExport) => Promise<Result<T, Failure>>,
): Promise<Result<T, Failure>> {
  const { socket, exportName, dirtyContext } = disk;
  const options = { socket, exportName, dirtyContext, connections, stallSeconds, signal };
  const source = await openExport(options);
  if (!source.ok) return source;
  try {
    return await work(source.value);
  } finally {
    source.value.close();
  }
}
