/** Bytes of a model's block, and so of each bit of its bitmaps: QEMU's default granularity. */
export const blockBytes = 65536;

/** Content of one block: a version that no other write ever had; 0 is what was never written. */
export type Version = number;

/** A dirty bitmap as an image file has it. */
export interface SavedBitmap {
  readonly dirty: Set<number>;
  /** QEMU has it open, or died with it: what it recorded is not in the file. */
  inUse: boolean;
}

/** An image file of a domain. */
export interface ModelImage {
  /** Where its name was last seen. */
  path: string;
  readonly inode: number;
  readonly format: 'qcow2' | 'raw';
  /** Virtual size in blocks. */
  blocks: number;
  /** Blocks that this file holds itself; the others are the backing file's. */
  readonly data: Map<number, Version>;
  readonly backing: ModelImage | null;
  readonly bitmaps: Map<string, SavedBitmap>;
  /** Grows with each change of the file: its times. */
  changes: number;
  /** A restore wrote it. */
  readonly isOurs?: true;
  /** Nothing is at its path, or nothing that QEMU opens. */
  readonly isGone?: true;
}

/** An empty image file. */
export function newImage(
  path: string,
  inode: number,
  blocks: number,
  more: Partial<Pick<ModelImage, 'format' | 'backing'>> = {},
): ModelImage {
  return {
    path,
    inode,
    format: 'qcow2',
    blocks,
    data: new Map(),
    backing: null,
    bitmaps: new Map(),
    changes: 0,
    ...more,
  };
}

/** What a guest reads of an image, block by block. */
export function versionsOf(image: ModelImage): readonly Version[] {
  return Array.from({ length: image.blocks }, (_none, block) => versionAt(image, block));
}

function versionAt(image: ModelImage, block: number): Version {
  for (let layer: ModelImage | null = image; layer !== null; layer = layer.backing) {
    const version = layer.data.get(block);
    if (version !== undefined) return version;
    // A backing file that is shorter reads as zeros beyond its end.
    if (layer.backing !== null && block >= layer.backing.blocks) return 0;
  }
  return 0;
}

/** The image and all below it, the active one first. */
export function layersOf(image: ModelImage): readonly ModelImage[] {
  return image.backing === null ? [image] : [image, ...layersOf(image.backing)];
}

/** What a domain has behind a path at which no image is. */
export function goneImage(path: string): ModelImage {
  return { ...newImage(path, 0, 0), isGone: true };
}
