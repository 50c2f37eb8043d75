import { makeWay } from '../store/durable.ts';
import { parentOf } from '../store/layout.ts';
import type { ModelHost } from './model-host.ts';
import { goneImage, type ModelImage, newImage } from './model-image.ts';
import { parseStored } from './model-store-image.ts';
import type { VolatileFiles } from './volatile-files.ts';

/**
 * Image files of domains: names on the host's disk, which a crash may take as any others, and behind
 * each file what guests read and write there, which is the model's own and lost by none.
 */
export class ImageFiles {
  /** By the number of the file; the text is what the image was read from. */
  readonly #known = new Map<number, { readonly image: ModelImage; readonly text: string }>();
  readonly #placed = new WeakSet<ModelImage>();

  /** Whether an image has, or had, a file: else a person has just made it. */
  isPlaced(image: ModelImage): boolean {
    return this.#placed.has(image);
  }

  /** A person's image: its file is there for good, over whatever had its name. */
  place(files: VolatileFiles, image: ModelImage): void {
    const directory = parentOf(image.path);
    makeWay(files, directory);
    if (files.look(image.path) !== null) files.removeFile(image.path);
    const text = `an image of a guest, ${image.inode}`;
    files.writeNew(image.path, text);
    files.syncDirectory(directory);
    this.#known.set(files.look(image.path)?.inode ?? 0, { image, text });
    this.#placed.add(image);
  }

  /** What QEMU opens at a path; null if it opens nothing: no file, or one that is torn. */
  at(host: ModelHost, path: string): ModelImage | null {
    const { files } = host;
    const look = files.look(path);
    if (look?.kind !== 'file') return null;
    const text = files.read(path);
    const known = this.#known.get(look.inode);
    if (known?.text === text) {
      known.image.path = path;
      return known.image;
    }
    const stored = parseStored(text);
    if (stored === null || stored.backing !== null) return null;
    const image: ModelImage = {
      ...newImage(path, host.number(), stored.blocks),
      isOurs: true,
    };
    for (const [block, version] of stored.data) image.data.set(block, version);
    this.#known.set(look.inode, { image, text });
    this.#placed.add(image);
    return image;
  }

  /** Every image that has a name below a directory, with it. */
  below(files: VolatileFiles, directory: string): ReadonlyMap<ModelImage, string> {
    const images = files.tree(directory).flatMap(([path, text]) => {
      const known = this.#known.get(files.look(path)?.inode ?? 0);
      return known !== undefined && known.text === text ? [[known.image, path] as const] : [];
    });
    return new Map(images);
  }
}

/** Gives new images their files, and lets each domain that is off have what is at its paths now. */
export function plugImages(host: ModelHost): void {
  for (const { disks, state } of host.domains) {
    for (const disk of disks) {
      const { image } = disk;
      if (image.isGone !== true && !host.images.isPlaced(image)) {
        host.images.place(host.files, image);
      } else if (state === 'off') {
        disk.image = host.images.at(host, image.path) ?? goneImage(image.path);
      }
    }
  }
}
