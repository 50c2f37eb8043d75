import { hashOfText } from '../model/canonical.ts';
import type { Version } from './model-image.ts';

/** An image in a store: block versions in place of qcow2 clusters. */
export interface StoredImage {
  readonly blocks: number;
  /** Relative path of the backing file; null for a full. */
  readonly backing: string | null;
  /** Pairs of block and version. */
  readonly data: readonly (readonly [block: number, version: Version])[];
}

/** The file's text. */
export function imageText(image: StoredImage): string {
  return JSON.stringify(image);
}

/**
 * The next digit in the place of one: of a block's version, so that it reads, and reads wrong. A second one does not
 * undo the first: what was found to be damaged, and is whole again of itself, is nothing that anybody should notice.
 */
export function flipped(text: string): string {
  const at = text.lastIndexOf(']]') - 1;
  if (at < 0) return text;
  return `${text.slice(0, at)}${(Number(text[at]) + 1) % 10}${text.slice(at + 1)}`;
}

/** The hash of a manifest for it. */
export function imageHash(text: string): string {
  return hashOfText(text);
}

/** Reads one; null if it is none, or torn. */
export function parseStored(text: string): StoredImage | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    if (!('blocks' in value && 'backing' in value && 'data' in value)) return null;
    const { blocks, backing, data } = value;
    if (typeof blocks !== 'number' || !Array.isArray(data)) return null;
    const pairs = data.map((pair: unknown): readonly [number, Version] =>
      Array.isArray(pair) ? [Number(pair[0]), Number(pair[1])] : [-1, 0],
    );
    return { blocks, backing: typeof backing === 'string' ? backing : null, data: pairs };
  } catch {
    return null;
  }
}

/** What a restore would write: block versions through the whole chain; null if a file of it is missing or torn. */
export function readChainOf(
  path: string,
  read: (path: string) => string | null,
): readonly Version[] | null {
  const text = read(path);
  const image = text === null ? null : parseStored(text);
  if (image === null) return null;
  const content = Array.from({ length: image.blocks }, () => 0);
  if (image.backing !== null) {
    const below = readChainOf(joined(path, image.backing), read);
    if (below === null) return null;
    for (const [block, version] of below.entries()) {
      if (block < image.blocks) content[block] = version;
    }
  }
  for (const [block, version] of image.data) content[block] = version;
  return content;
}

/** `../0000-…-full/vda.qcow2` from the directory of a file. */
function joined(path: string, relative: string): string {
  const parts = path.split('/').slice(0, -1);
  for (const part of relative.split('/')) {
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** An overlay on a served image: whatever is written to it is nobody's. */
export function overlayText(socket: string): string {
  return JSON.stringify({ socket });
}

/** The socket that an overlay stands on; null if it is none, or torn. */
export function parseOverlay(text: string): string | null {
  return /^\{"socket":"([^"]+)"\}$/.exec(text)?.[1] ?? null;
}
