import type { PointImages } from '../executor/point-images.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Gate } from './gate.ts';
import { imageText, overlayText, readChainOf } from './model-store-image.ts';

const injected: Failure = { code: 'injected', message: 'the image failed, as the story says' };

/** Brings images of block versions out of the model's stores. */
export function modelPointImages(gate: Gate): PointImages {
  const { host } = gate;
  const read = (path: string): string | null => {
    const real = host.realPath(path);
    return host.files.look(real)?.kind === 'file' ? host.files.read(real) : null;
  };
  /** A call that may be cut off with half of its file written. */
  const writing = (
    place: string,
    path: string,
    text: () => string | null,
  ): Promise<Result<void, Failure>> => {
    const write = (isCutOff: boolean): Result<void, Failure> => {
      const whole = text();
      if (whole === null) return fail({ code: 'qemu-img', message: 'the source cannot be opened' });
      const real = host.realPath(path);
      if (host.files.look(real) !== null)
        return fail({ code: 'exists', message: `${path} exists` });
      host.files.writeLoose(real, isCutOff ? whole.slice(0, whole.length >> 1) : whole);
      return ok(undefined);
    };
    return gate.call<Result<void, Failure>>(
      `point-images.${place}`,
      () => write(false),
      (how) => {
        if (how !== 'before') write(how === 'half');
        return fail(injected);
      },
    );
  };
  return {
    convert: ({ source, target }) =>
      writing('convert', target.path, () => {
        const versions = readChainOf(source.path, read);
        return versions === null ? null : imageText(wholeImage(versions));
      }),
    serve: (image, target, socket) =>
      writing('serve', socket, () => {
        const versions = readChainOf(image, read);
        // What is served is open: neither a rename nor a removal takes it away.
        if (versions !== null) host.servers.set(socket, versions);
        return versions === null ? null : target;
      }),
    endServer(socket) {
      gate.alive();
      // With a client it goes on, until that one ends.
      if (host.machines.every(({ sockets }) => !sockets.includes(socket))) {
        host.servers.delete(socket);
      }
    },
    overlay: (path, { socket }) => writing('overlay', path, () => overlayText(socket)),
    unpack: async () => fail({ code: 'not-modelled', message: 'the model has no TPM' }),
  };
}

/** One file that holds all blocks by itself. */
function wholeImage(versions: readonly number[]) {
  return {
    blocks: versions.length,
    backing: null,
    data: versions.flatMap((version, block) => (version === 0 ? [] : [[block, version] as const])),
  };
}
