import { chmodSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { unpackArchive } from '../image/archive.ts';
import { convertImage, type ConvertRequest } from '../image/qemu-img.ts';
import { createOverlay, endServer, serveImage } from '../image/serve.ts';
import type { Failure, Result } from '../model/result.ts';
import { onHost } from './on-host.ts';

/** How the images of a published point are brought out of their store: for restores and drills. */
export interface PointImages {
  /** Writes an image with all that it stands on into one that stands alone; the caller makes it durable. */
  convert(request: ConvertRequest): Promise<Result<void, Failure>>;
  /** Serves an image and all that it stands on, read-only, on a socket that QEMU's user reaches; it ends with its last client. */
  serve(image: string, target: string, socket: string): Promise<Result<void, Failure>>;
  /** Ends a server that no client came to. */
  endServer(socket: string): void;
  /** Makes an empty overlay whose backing is a served image. */
  overlay(
    path: string,
    served: { readonly target: string; readonly socket: string; readonly sizeBytes: number },
  ): Promise<Result<void, Failure>>;
  /** Unpacks the state of a TPM into a new directory of that mode. */
  unpack(
    archive: string,
    directory: string,
    options: { readonly mode: number; readonly signal: AbortSignal },
  ): Promise<Result<void, Failure>>;
}

/** With this host's qemu-img, qemu-nbd and tar. */
export const realPointImages: PointImages = {
  convert: convertImage,
  async serve(image, target, socket) {
    const served = await serveImage(image, target, socket);
    return served.ok ? onHost(`Opening ${socket}`, async () => chmodSync(socket, 0o666)) : served;
  },
  endServer,
  overlay: createOverlay,
  async unpack(archive, directory, { mode, signal }) {
    const made = await onHost(`Making ${directory}`, async () => {
      await mkdir(directory, { mode });
    });
    return made.ok ? unpackArchive(archive, directory, signal) : made;
  },
};
