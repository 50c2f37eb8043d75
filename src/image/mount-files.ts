import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../model/result.ts';
import { run } from '../process/run.ts';
import type { ExposedDisk } from './expose.ts';

/** A file system of a point, mounted read-only. */
export interface MountedFiles {
  readonly target: string;
  /** Number in the partition table; null when the whole disk is one file system. */
  readonly partition: number | null;
  readonly type: string;
  readonly directory: string;
}

/** What a partition table says; a disk without one is a single span. */
interface Span {
  readonly partition: number | null;
  readonly startBytes: number;
  readonly sizeBytes: number | null;
}

// A point is a crash or a freeze away from a clean unmount, and its device is
// read-only: these keep the kernel from wanting to replay the journal.
const quietOptions: Readonly<Record<string, string>> = {
  ext3: 'noload',
  ext4: 'noload',
  xfs: 'norecovery',
  btrfs: 'rescue=nologreplay',
};

/**
 * Mounts every file system that the kernel knows on a disk, read-only, at
 * `<directory>/<target>` or `<directory>/<target><partition>`. What cannot be
 * mounted (LVM, swap, another system's) is told, and stays readable as a raw file.
 */
export async function mountFiles(
  disk: ExposedDisk,
  directory: string,
): Promise<{ readonly mounted: readonly MountedFiles[]; readonly left: readonly Failure[] }> {
  const mounted: MountedFiles[] = [];
  const left: Failure[] = [];
  for (const span of await spansOf(disk.file)) {
    const name = `${disk.target}${span.partition ?? ''}`;
    const type = await fileSystemOf(disk.file, span);
    if (type === null || type === 'LVM2_member' || type === 'swap' || type === 'crypto_LUKS') {
      left.push({ code: 'not-a-file-system', message: `${name}: ${type ?? 'no file system'}` });
      continue;
    }
    const place = join(directory, name);
    mkdirSync(place);
    const failure = await mountSpan(disk.file, span, type, place);
    if (failure === null) {
      mounted.push({ target: disk.target, partition: span.partition, type, directory: place });
    } else {
      rmdirSync(place);
      left.push({ code: 'not-mounted', message: `${name} (${type}): ${failure.message}` });
    }
  }
  return { mounted, left };
}

async function mountSpan(
  file: string,
  span: Span,
  type: string,
  place: string,
): Promise<Failure | null> {
  const options = [
    'ro',
    'loop',
    `offset=${span.startBytes}`,
    ...(span.sizeBytes === null ? [] : [`sizelimit=${span.sizeBytes}`]),
    'nosuid,nodev,noexec',
    ...(quietOptions[type] === undefined ? [] : [quietOptions[type]]),
  ];
  const result = await run({
    program: 'mount',
    args: ['-t', type, '-o', options.join(','), '--', file, place],
    timeoutSeconds: 60,
  });
  return result.ok ? null : result.error;
}

/** Reads the partition table; sfdisk fails where there is none. */
async function spansOf(file: string): Promise<readonly Span[]> {
  const whole: readonly Span[] = [{ partition: null, startBytes: 0, sizeBytes: null }];
  const table = await run({ program: 'sfdisk', args: ['--json', '--', file], timeoutSeconds: 60 });
  if (!table.ok) return whole;
  const parsed: unknown = JSON.parse(table.value.stdout);
  const spans = partitionsOf(parsed);
  return spans.length === 0 ? whole : spans;
}

/** The partitions of sfdisk's JSON: sizes in sectors, nodes named after the file with a number at the end. */
function partitionsOf(parsed: unknown): readonly Span[] {
  const table = field(parsed, 'partitiontable');
  const sectorBytes = Number(field(table, 'sectorsize') ?? 512);
  const partitions = field(table, 'partitions');
  if (!Array.isArray(partitions)) return [];
  return partitions.map((each: unknown, index) => ({
    partition: Number(/(\d+)$/.exec(String(field(each, 'node')))?.[1] ?? index + 1),
    startBytes: Number(field(each, 'start')) * sectorBytes,
    sizeBytes: Number(field(each, 'size')) * sectorBytes,
  }));
}

const field = (value: unknown, name: string): unknown =>
  value !== null && typeof value === 'object'
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;

async function fileSystemOf(file: string, span: Span): Promise<string | null> {
  const size = span.sizeBytes === null ? [] : ['--size', String(span.sizeBytes)];
  const probe = await run({
    program: 'blkid',
    args: [
      '--probe',
      '--output',
      'value',
      '--match-tag',
      'TYPE',
      '--offset',
      String(span.startBytes),
      ...size,
      '--',
      file,
    ],
    timeoutSeconds: 60,
  });
  const type = probe.ok ? probe.value.stdout.trim() : '';
  return type === '' ? null : type;
}
