import type { ChainId, DomainUuid, RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type {
  MirrorMemory,
  RetentionMemory,
  SpaceSample,
  StoreMemory,
} from '../model/observed-store.ts';
import type { ChainClosed, Hold, ImageStat, LastLook } from '../model/point.ts';
import { depths, type PointCheck } from '../model/verification.ts';
import { chainShape, pointShape, runShape, storeIdShape, uuidShape } from './identity-shape.ts';
import { isPointFile, isTemporary } from './layout.ts';
import {
  absentOr,
  finiteNumber,
  formatOne,
  instant,
  listOf,
  mapOf,
  oneOf,
  orNull,
  record,
  text,
  textLike,
  wholeNumber,
} from './shape.ts';

/** `holdfast-store.json`: what makes a directory a store. Its key is `format`, as the design has it. */
export const markerShape = record((field) => ({
  format: field('format', formatOne),
  id: field('id', storeIdShape),
  createdAt: field('createdAt', instant),
}));

/** `closed.json`. */
export const closedShape = record((field): ChainClosed => ({
  formatVersion: field('formatVersion', formatOne),
  at: field('at', instant),
  code: field('code', oneOf('restored', 'untracked')),
}));

/** `quarantine.json` in a point: a check found it bad, and nothing builds on it or counts it any more. */
export interface Quarantine {
  readonly formatVersion: 1;
  readonly at: Instant;
  readonly code: string;
  readonly message: string;
  /** Files that are not what the manifest says, where that is known. */
  readonly files?: readonly string[];
}

const pointFile = textLike(
  (value): value is string => isPointFile(value) && !isTemporary(value),
  '',
  'the name of a file of a point',
);

/** `quarantine.json`, as far as anything is decided by it: that it is there says the rest. */
export const quarantineShape = record((field) => ({
  files: field('files', absentOr(listOf(pointFile))),
}));

/** `checked.json` in a point. */
export const checkShape = record((field): PointCheck => {
  const hashAt = field('hashAt', absentOr(instant));
  const replayAt = field('replayAt', absentOr(instant));
  return {
    formatVersion: field('formatVersion', formatOne),
    at: field('at', instant),
    depth: field('depth', oneOf(...depths)),
    ...(hashAt === null ? {} : { hashAt }),
    ...(replayAt === null ? {} : { replayAt }),
  };
});

/** `hold.json` in a chain or a point. */
export const holdShape = record((field): Hold => ({
  formatVersion: field('formatVersion', formatOne),
  who: field('who', text),
  at: field('at', instant),
  reason: field('reason', text),
}));

/** `trash.json` in a chain: written before it is moved, so that the one rename makes it trash with its origin. */
export interface TrashRecord {
  readonly formatVersion: 1;
  readonly run: RunId;
  readonly at: Instant;
  /** Directory below `domains/` that it came from. */
  readonly directory: string;
  readonly chain: ChainId;
  readonly domain: { readonly uuid: DomainUuid; readonly name: string };
  /** Directories of its points then. */
  readonly points: readonly string[];
  readonly bytes: number;
}

export const trashShape = record((field): TrashRecord => ({
  formatVersion: field('formatVersion', formatOne),
  run: field('run', runShape),
  at: field('at', instant),
  directory: field('directory', text),
  chain: field('chain', chainShape),
  domain: field(
    'domain',
    record((of) => ({ uuid: of('uuid', uuidShape), name: of('name', text) })),
  ),
  points: field('points', listOf(text)),
  bytes: field('bytes', wholeNumber),
}));

const nanoseconds = textLike(
  (value): value is string => /^-?\d{1,20}$/.test(value),
  '',
  'nanoseconds as text',
);

const statShape = record((field): ImageStat => ({
  path: field('path', text),
  device: field('device', wholeNumber),
  inode: field('inode', wholeNumber),
  sizeBytes: field('sizeBytes', wholeNumber),
  mtimeNs: field('mtimeNs', nanoseconds),
  ctimeNs: field('ctimeNs', nanoseconds),
}));

/** `seen.json`. */
export const lookShape = record((field): LastLook => ({
  formatVersion: field('formatVersion', formatOne),
  point: field('point', pointShape),
  at: field('at', instant),
  images: field('images', listOf(statShape)),
}));

const retentionShape = record((field): RetentionMemory => ({
  maxPoints: field('maxPoints', finiteNumber),
  minPoints: field('minPoints', finiteNumber),
  keep: field('keep', orNull(mapOf(finiteNumber))),
}));

const mirrorMemoryShape = record((field): MirrorMemory => ({
  points: field('points', mapOf(wholeNumber)),
  retention: field('retention', mapOf(retentionShape)),
  doomed: field('doomed', mapOf(listOf(chainShape))),
}));

const spaceShape = record((field): SpaceSample => ({
  at: field('at', instant),
  usedBytes: field('usedBytes', wholeNumber),
}));

/** `.state/last.json`. */
export const memoryShape = record((field): StoreMemory => {
  const space = field('space', absentOr(listOf(spaceShape)));
  const mirrors = field('mirrors', absentOr(mapOf(mirrorMemoryShape)));
  return {
    formatVersion: field('formatVersion', formatOne),
    at: field('at', instant),
    policyDigest: field('policyDigest', text),
    commit: field('commit', orNull(text)),
    bootId: field('bootId', text),
    bootClockSeconds: field('bootClockSeconds', finiteNumber),
    mount: field(
      'mount',
      record((of) => ({ device: of('device', wholeNumber), source: of('source', text) })),
    ),
    points: field('points', mapOf(wholeNumber)),
    retention: field('retention', mapOf(retentionShape)),
    doomed: field('doomed', mapOf(listOf(chainShape))),
    policyText: field('policyText', orNull(text)),
    ...(space === null ? {} : { space }),
    ...(mirrors === null ? {} : { mirrors }),
  };
});
