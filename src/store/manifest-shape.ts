import type { Manifest, ManifestDisk, ManifestFile, SourceIdentity } from '../model/point.ts';
import {
  chainShape,
  checkpointShape,
  pointShape,
  storeIdShape,
  uuidShape,
} from './identity-shape.ts';
import {
  flag,
  formatOne,
  finiteNumber,
  instant,
  listOf,
  oneOf,
  orNull,
  record,
  sha256,
  text,
  textLike,
  wholeNumber,
} from './shape.ts';

const imageName = textLike(
  (name): name is string => /^[A-Za-z0-9_-]+\.qcow2$/.test(name),
  '',
  'a name like vda.qcow2',
);
const fileName = textLike(
  (name): name is string => /^[A-Za-z0-9_-]+\.(xml|fd|tar)$/.test(name),
  '',
  'a name like domain.xml',
);
const backingPath = textLike(
  (path): path is string =>
    /^\.\.\/\d{4,6}-\d{8}T\d{6}Z-(full|inc)\/[A-Za-z0-9_-]+\.qcow2$/.test(path),
  '',
  'a path like ../0000-20261122T020000Z-full/vda.qcow2',
);
const targetName = textLike(
  (name): name is string => /^[A-Za-z0-9_-]+$/.test(name),
  '',
  "a disk's target like vda",
);
const levelShape = oneOf('full', 'increment');

export const sourceShape = record((field): SourceIdentity => ({
  kind: field('kind', oneOf('file', 'block', 'network')),
  path: field('path', text),
  device: field('device', orNull(wholeNumber)),
  inode: field('inode', orNull(wholeNumber)),
  stableId: field('stableId', orNull(text)),
  format: field('format', text),
  serial: field('serial', orNull(text)),
}));

const diskShape = record((field): ManifestDisk => ({
  target: field('target', targetName),
  source: field('source', sourceShape),
  sizeBytes: field('sizeBytes', wholeNumber),
  file: field('file', imageName),
  level: field('level', levelShape),
  backing: field('backing', orNull(backingPath)),
  fileBytes: field('fileBytes', wholeNumber),
  dataBytes: field('dataBytes', wholeNumber),
  sha256: field('sha256', sha256),
  tracked: field('tracked', flag),
}));

const fileShape = record((field): ManifestFile => ({
  file: field('file', fileName),
  bytes: field('bytes', wholeNumber),
  sha256: field('sha256', sha256),
}));

/** `point.json`, format 1: the same as schema/point.v1.schema.json, which a test checks. */
export const manifestShape = record((field): Manifest => ({
  formatVersion: field('formatVersion', formatOne),
  store: field('store', storeIdShape),
  domain: field(
    'domain',
    record((of) => ({ uuid: of('uuid', uuidShape), name: of('name', text) })),
  ),
  chain: field('chain', chainShape),
  point: field('point', pointShape),
  parent: field('parent', orNull(pointShape)),
  sequence: field('sequence', wholeNumber),
  level: field('level', levelShape),
  frozenAt: field('frozenAt', instant),
  publishedAt: field('publishedAt', instant),
  tool: field('tool', text),
  policy: field(
    'policy',
    record((of) => ({ digest: of('digest', text), commit: of('commit', orNull(text)) })),
  ),
  hypervisor: field(
    'hypervisor',
    record((of) => ({
      kind: of('kind', text),
      version: of('version', text),
      host: of('host', text),
    })),
  ),
  power: field('power', oneOf('running', 'paused', 'off')),
  quiesce: field(
    'quiesce',
    record((of) => ({
      done: of('done', flag),
      code: of('code', text),
      frozenMilliseconds: of('frozenMilliseconds', orNull(finiteNumber)),
    })),
  ),
  checkpoint: field('checkpoint', orNull(checkpointShape)),
  definitionDigest: field('definitionDigest', text),
  disks: field('disks', listOf(diskShape)),
  excluded: field(
    'excluded',
    listOf(record((of) => ({ target: of('target', text), code: of('code', text) }))),
  ),
  files: field('files', listOf(fileShape)),
  note: field('note', orNull(text)),
}));
