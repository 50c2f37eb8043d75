import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MirrorPlace, MirrorSettings, PointsOfChain } from '../../src/mirror/mirror.ts';
import type { Failure, Result } from '../../src/model/result.ts';
import { temporaryDirectory, writeChain, type WrittenPoint } from '../mirror/fixture.ts';
import { chainOn, must, theStore } from '../store/fixture.ts';

/** A kind of mirror under test, and a way round it to what lies there. */
export interface Subject {
  readonly title: string;
  /** A new empty root, and a mirror on it. */
  readonly open: (
    settings: Pick<MirrorSettings, 'deletes' | 'stateDir'>,
    root: string,
  ) => Result<MirrorPlace, Failure>;
  /** Makes an empty root and tells its name. */
  readonly makeRoot: () => Promise<string>;
  /** Reads, writes and removes files there without Holdfast; paths below the root. */
  readonly read: (root: string, path: string) => Promise<Buffer | null>;
  readonly write: (root: string, path: string, content: Buffer) => Promise<void>;
  readonly remove: (root: string, path: string) => Promise<void>;
  readonly hashedAt: 'far-end' | 'here';
  readonly durability: 'synced' | 'unknown';
  /** Whether free space can be asked there. */
  readonly tellsSpace: boolean;
}

/** Each test has a root of its own, and mostly waits for a process: vitest's `maxConcurrency` of them at once. */
export const sideBySide = { concurrent: true } as const;

export const signal: PointsOfChain['signal'] = new AbortController().signal;

/** A store with a chain of three points, a new mirror and the host's state. */
export async function world(subject: Subject, deletes: 'allowed' | 'never' = 'allowed') {
  const dir = temporaryDirectory();
  const [storePath, stateDir] = [join(dir.path, 'store'), join(dir.path, 'state')];
  mkdirSync(storePath);
  const root = await subject.makeRoot();
  const place = must(subject.open({ deletes, stateDir }, root));
  const points = writeChain(storePath, chainOn(1), 3);
  return { ...dir, storePath, stateDir, root, place, mirror: place.of(theStore), points };
}

/** A file of a point, below the root. */
export const below = ({ path }: WrittenPoint, file: string): string =>
  `${theStore}/${path}/${file}`;

/** Some of the points. */
export function pick(points: readonly WrittenPoint[], ...indices: readonly number[]) {
  return points.filter((_, index) => indices.includes(index));
}

/** That point of them. */
export function must1(points: readonly WrittenPoint[], index: number): WrittenPoint {
  const point = points[index];
  if (point === undefined) throw new Error(`no point ${index}`);
  return point;
}
