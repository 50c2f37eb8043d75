import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CopyRequest, Mirror, PointsOfChain } from '../../src/mirror/mirror.ts';
import type { ChainId } from '../../src/model/identity.ts';
import type { ObservedMirrorContent } from '../../src/model/observed-mirror.ts';
import type { Manifest } from '../../src/model/point.ts';
import { jsonText } from '../../src/store/durable.ts';
import { pointOf } from '../store/fixture.ts';

const sha256 = (content: Buffer | string): string =>
  createHash('sha256').update(content).digest('hex');

/** Bytes that differ from image to image and do not compress. */
export function imageBytes(seed: string, bytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let index = 0; index * 32 < bytes; index += 1) {
    parts.push(createHash('sha256').update(`${seed} ${index}`).digest());
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

/** A point that is in a store, with what its files really hold. */
export interface WrittenPoint {
  readonly directory: string;
  readonly chain: ChainId;
  readonly pointDirectory: string;
  /** Below the store. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** Writes a point into a store's directory, as it is when it is published. */
export function writePoint(
  storePath: string,
  chain: ChainId,
  sequence: number,
  options: Parameters<typeof pointOf>[2] & { readonly bytes?: number } = {},
): WrittenPoint {
  const { manifest: model, place } = pointOf(chain, sequence, options);
  const image = imageBytes(`${place.directory} ${chain} ${sequence}`, options.bytes ?? 1000);
  const definition = `<domain><name>${place.directory}</name></domain>`;
  const manifest: Manifest = {
    ...model,
    disks: model.disks.map((disk) => ({
      ...disk,
      fileBytes: image.length,
      sha256: sha256(image),
    })),
    files: [{ file: 'domain.xml', bytes: definition.length, sha256: sha256(definition) }],
  };
  const path = `domains/${place.directory}/${chain}/${place.pointDirectory}`;
  mkdirSync(join(storePath, path), { recursive: true, mode: 0o700 });
  writeFileSync(join(storePath, path, 'vda.qcow2'), image, { mode: 0o600 });
  writeFileSync(join(storePath, path, 'domain.xml'), definition, { mode: 0o600 });
  writeFileSync(join(storePath, path, 'point.json'), jsonText(manifest), { mode: 0o600 });
  return { ...place, path, manifest };
}

/** Points 0, 1, … of a chain. */
export function writeChain(
  storePath: string,
  chain: ChainId,
  points: number,
  options: Parameters<typeof writePoint>[3] = {},
): readonly WrittenPoint[] {
  return Array.from({ length: points }, (_, index) => writePoint(storePath, chain, index, options));
}

/** What a request says of points of one chain. */
export function requestOf(points: readonly WrittenPoint[]): PointsOfChain {
  const [first] = points;
  if (first === undefined) throw new Error('no points');
  const { directory, chain } = first;
  return {
    directory,
    chain,
    pointDirectories: points.map(({ pointDirectory }) => pointDirectory),
    signal: new AbortController().signal,
  };
}

/** The same, to copy it. */
export function copyOf(
  storePath: string,
  points: readonly WrittenPoint[],
  compare: 'quick' | 'content' = 'quick',
): CopyRequest {
  return { ...requestOf(points), storePath, compare, onBytes: () => undefined };
}

/** What a mirror that must be seen holds. */
export async function lookAt(mirror: Mirror): Promise<ObservedMirrorContent> {
  const seen = await mirror.observe({ signal: new AbortController().signal });
  if (seen.seen) return seen.value;
  throw new Error(`${seen.failure.code}: ${seen.failure.message}`);
}

/** Ids of points by directory, a fault after a colon. */
export function pointsIn(content: ObservedMirrorContent): readonly string[] {
  return content.directories.flatMap(({ directory, chains }) =>
    chains.flatMap(({ id, points }) =>
      points.map(
        (point) =>
          `${directory}/${id}/${point.sequence}${point.fault === undefined ? '' : `:${point.fault}`}`,
      ),
    ),
  );
}

/** A directory that goes at the end: `using dir = directory()`. */
export function temporaryDirectory(parent = tmpdir()): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(parent, 'hf-mirror-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
