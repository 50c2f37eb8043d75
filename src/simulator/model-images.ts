import type { CopiedImage, ImageReader, ImageRequest } from '../executor/image-reader.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Gate } from './gate.ts';
import type { ModelJob } from './model-domain.ts';
import { blockBytes, type Version } from './model-image.ts';
import { imageHash, imageText, readChainOf, type StoredImage } from './model-store-image.ts';

const injected: Failure = { code: 'injected', message: 'the image failed, as the story says' };

/** Reads the exports of the model's jobs, and writes images of block versions. */
export function modelImages(gate: Gate): ImageReader {
  const { host } = gate;
  const read = (path: string): string | null => {
    const real = host.realPath(path);
    return host.files.look(real)?.kind === 'file' ? host.files.read(real) : null;
  };
  return {
    copy: (request) =>
      gate.call(
        'images.copy',
        async () => copyImage(gate, request, false),
        async (how) => {
          if (how !== 'before') await copyImage(gate, request, how === 'half');
          return fail(injected);
        },
      ),
    compare: (request) =>
      gate.call(
        'images.compare',
        (): Result<void, Failure> => {
          const job = jobOf(gate, request);
          const view = job?.view.get(request.disk.target);
          const image = readChainOf(request.path, read);
          if (view === undefined || image === null) return fail(lost);
          return sameVersions(view, image)
            ? ok(undefined)
            : fail({ code: 'images-differ', message: 'the image is not what the export shows' });
        },
        () => fail(injected),
      ),
    check: (path) =>
      gate.call(
        'images.check',
        (): Result<void, Failure> =>
          readChainOf(path, read) === null
            ? fail({ code: 'bad-image', message: `${path} cannot be opened` })
            : ok(undefined),
        () => fail(injected),
      ),
  };
}

/** Whether two disks show the same. */
export function sameVersions(one: readonly Version[], other: readonly Version[]): boolean {
  return one.length === other.length && one.every((version, block) => version === other[block]);
}

const lost: Failure = { code: 'export-lost', message: 'the export is gone' };

function jobOf({ host }: Gate, { disk }: ImageRequest): ModelJob | null {
  return host.domains.find(({ job }) => job?.socket === disk.socket)?.job ?? null;
}

async function copyImage(
  gate: Gate,
  request: ImageRequest,
  isCutOff: boolean,
): Promise<Result<CopiedImage, Failure>> {
  const { host } = gate;
  const job = jobOf(gate, request);
  const view = job?.view.get(request.disk.target);
  const dirty = job?.dirty.get(request.disk.target) ?? null;
  if (job === null || view === undefined) return fail(lost);
  const data: (readonly [number, Version])[] = [];
  for (const [block, version] of view.entries()) {
    // Guests write between any two blocks; copy-before-write keeps the view.
    await gate.turn();
    if (request.signal.aborted || job.lost.signal.aborted) return fail(lost);
    if (dirty === null ? version !== 0 : dirty.has(block)) data.push([block, version]);
  }
  gate.alive();
  const image: StoredImage = { blocks: view.length, backing: request.backing, data };
  const text = imageText(image);
  const mount = host.mountOf(request.path);
  if (mount?.isFull === true) return fail({ code: 'store-full', message: 'no space is left' });
  if (mount?.isReadOnly === true) return fail({ code: 'store-read-only', message: 'read-only' });
  const real = host.realPath(request.path);
  if (
    host.files.look(real.slice(0, real.lastIndexOf('/'))) === null ||
    host.files.look(real) !== null
  ) {
    return fail({ code: 'not-found', message: `${request.path} cannot be made` });
  }
  host.files.writeLoose(real, isCutOff ? text.slice(0, text.length >> 1) : text);
  request.progress(text.length, text.length);
  return ok({
    sizeBytes: view.length * blockBytes,
    fileBytes: text.length,
    dataBytes: data.length * blockBytes,
    sha256: imageHash(text),
  });
}
