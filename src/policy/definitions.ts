import type { DesiredStore, Keep, Retention } from '../model/desired.ts';
import { parseCron, type Cron } from '../schedule/cron.ts';
import { intervalsOf, type Intervals } from '../schedule/interval.ts';
import type { Diagnostic } from './diagnostic.ts';
import { targetMistake } from './mirror-target.ts';
import type {
  WrittenKeep,
  WrittenMirror,
  WrittenRetention,
  WrittenSchedule,
  WrittenStore,
} from './policy-file.ts';
import { amountOf, durationSeconds, rateBytesPerSecond } from './quantity.ts';
import { diagnose, placeOf, type Path, type Source } from './source.ts';
import { isSystemDirectory } from './system-directory.ts';
import type { UsableFile } from './usable.ts';
import { readBudget } from './verification.ts';

/** A schedule that was read: what the zone is, the policy says. */
export interface ReadSchedule {
  readonly name: string;
  readonly cron: string;
  readonly jitterSeconds: number;
  readonly intervals: Intervals;
}

/** Something with a name, and where it is written. */
export interface Written<T> {
  readonly name: string;
  readonly value: T;
  readonly source: Source;
  readonly path: Path;
}

type Section = 'stores' | 'schedules' | 'retention' | 'mirrors';

/** Everything that a policy defines by name. A null value is defined, but wrong, and told of already. */
export interface Definitions {
  readonly stores: ReadonlyMap<string, DesiredStore | null>;
  readonly schedules: ReadonlyMap<string, ReadSchedule | null>;
  readonly retentions: ReadonlyMap<string, Retention | null>;
  /** Their retention is filled in when all names are known. */
  readonly mirrors: ReadonlyMap<string, Written<WrittenMirror> | null>;
}

// "the live chain and one more" of 30 points each is VM-Babysitter's rule.
const defaultMaxPoints = 30;
const defaultMinPoints = 1;
// A file system that is full to the last tenth gets slow, and a person needs room to act.
const defaultReserve = '10%';
// A deletion on Friday evening can be undone on Monday.
export const defaultKeepFor = '72h';
// Two readers keep one disk array busy; more make each backup, and its scratch, longer.
const defaultJobs = 2;

/** What holds where nothing is said about retention: everything is kept. */
export const keepEverything: Retention = {
  name: 'everything',
  chain: { maxPoints: defaultMaxPoints, maxAgeSeconds: null },
  keep: null,
  minPoints: defaultMinPoints,
};

/** Reads what all files define, and tells of what is wrong with it. */
export function readDefinitions(files: readonly UsableFile[], found: Diagnostic[]): Definitions {
  const stores = mapOf(
    files,
    'stores',
    ({ stores: map }) => map,
    found,
    (entry) => readStore(entry, found),
  );
  checkOverlap(stores, found);
  return {
    stores: new Map([...stores].map(([name, entry]) => [name, entry?.value ?? null])),
    schedules: values(
      mapOf(
        files,
        'schedules',
        ({ schedules }) => schedules,
        found,
        (entry) => readSchedule(entry, found),
      ),
    ),
    retentions: values(
      mapOf(files, 'retention', ({ retention }) => retention, found, readRetention),
    ),
    mirrors: mapOf(
      files,
      'mirrors',
      ({ mirrors }) => mirrors,
      found,
      (entry) => readMirror(entry, found),
    ),
  };
}

function values<T>(
  map: ReadonlyMap<string, Written<T | null> | null>,
): ReadonlyMap<string, T | null> {
  return new Map([...map].map(([name, entry]) => [name, entry?.value ?? null]));
}

/** One section of all files, by name; a name that stands in two files is told of. */
function mapOf<W, T>(
  files: readonly UsableFile[],
  section: Section,
  pick: (file: UsableFile['file']) => Readonly<Record<string, W>> | undefined,
  found: Diagnostic[],
  read: (entry: Written<W>) => T | null,
): Map<string, Written<T> | null> {
  const map = new Map<string, Written<T> | null>();
  const firsts = new Map<string, Written<W>>();
  for (const { source, file, broken } of files) {
    for (const pointer of broken) {
      const [, at, name] = pointer.split('/');
      if (at === section && name !== undefined) map.set(name, null);
    }
    for (const [name, value] of Object.entries(pick(file) ?? {})) {
      const entry: Written<W> = { name, value, source, path: [section, name] };
      const first = firsts.get(name);
      if (first !== undefined) {
        const place = placeOf(first.source, first.path, 'key');
        const summary = `"${name}" is defined at ${place.file}:${place.line} too`;
        found.push(diagnose(source, entry.path, { code: 'HP320', summary }, 'key'));
        continue;
      }
      firsts.set(name, entry);
      const result = read(entry);
      map.set(name, result === null ? null : { ...entry, value: result });
    }
  }
  return map;
}

function readStore(
  { name, value, source, path }: Written<WrittenStore>,
  found: Diagnostic[],
): DesiredStore | null {
  const { limits } = value;
  const directory = value.path.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
  if (isSystemDirectory(directory)) {
    found.push(
      diagnose(source, [...path, 'path'], {
        code: 'HP323',
        summary: `${directory} belongs to the operating system and can be no store`,
        detail: 'give the store a directory or a disk of its own, such as /backups',
      }),
    );
    return null;
  }
  return {
    name,
    path: directory,
    place: placeOf(source, path, 'key'),
    reserve: amountOf(value.reserve ?? defaultReserve),
    ...(value.alert === undefined ? {} : { alertSeconds: durationSeconds(value.alert) }),
    trashKeepSeconds: durationSeconds(value.trash?.keepFor ?? defaultKeepFor),
    requireMount: value.requireMount ?? false,
    limits: {
      jobs: limits?.jobs ?? defaultJobs,
      rateBytesPerSecond: limits?.rate === undefined ? null : rateBytesPerSecond(limits.rate),
    },
    ...(value.verify === undefined
      ? {}
      : { verifyBudget: readBudget(value.verify, { source, path }, found) }),
  };
}

/** Whether a path lies below a directory. */
export function isBelow(inner: string, outer: string): boolean {
  return inner.startsWith(outer === '/' ? '/' : `${outer}/`);
}

function checkOverlap(
  stores: ReadonlyMap<string, Written<DesiredStore> | null>,
  found: Diagnostic[],
): void {
  const seen: DesiredStore[] = [];
  for (const entry of stores.values()) {
    if (entry === null) continue;
    const { value: store, source, path } = entry;
    for (const other of seen) {
      const same = store.path === other.path;
      const inside = isBelow(store.path, other.path);
      if (!same && !inside && !isBelow(other.path, store.path)) continue;
      const how = same ? 'is the directory of' : inside ? 'lies inside' : 'contains';
      found.push(
        diagnose(source, [...path, 'path'], {
          code: 'HP311',
          summary: `${store.path} ${how} store "${other.name}" (${other.path})`,
          detail: 'give each store a directory of its own',
        }),
      );
      break;
    }
    seen.push(store);
  }
}

/** Reads a cron expression; the value null was told of. */
export function readCron(
  text: string,
  found: Diagnostic[],
  source: Source,
  path: Path,
): Cron | null {
  const cron = parseCron(text);
  if (cron.ok) return cron.value;
  const code = cron.error.code === 'cron-never' ? 'HP308' : 'HP307';
  const summary = cron.error.message.replace(/\.$/, '');
  found.push(diagnose(source, path, { code, summary }));
  return null;
}

function readSchedule(
  { name, value, source, path }: Written<WrittenSchedule>,
  found: Diagnostic[],
): ReadSchedule | null {
  const inline = typeof value === 'string';
  const text = inline ? value : value.cron;
  const cron = readCron(text, found, source, inline ? path : [...path, 'cron']);
  if (cron === null) return null;
  const jitter = inline ? undefined : value.jitter;
  const intervals = intervalsOf(cron);
  const jitterSeconds = jitter === undefined ? 0 : durationSeconds(jitter);
  if (jitterSeconds >= intervals.shortestSeconds) {
    found.push(
      diagnose(source, [...path, 'jitter'], {
        severity: 'warning',
        code: 'HP403',
        summary: `the jitter ${jitter} is not shorter than the ${words(intervals.shortestSeconds)} between two points`,
      }),
    );
  }
  return { name, cron: cron.text, jitterSeconds, intervals };
}

/** Seconds as the longest unit that is whole: `26h`, `3d`. */
export function words(seconds: number): string {
  if (seconds % 86_400 === 0 && seconds > 86_400) return `${seconds / 86_400}d`;
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return `${seconds / 60}m`;
}

function readRetention({ name, value }: Written<WrittenRetention>): Retention {
  const { chain, keep, minPoints } = value;
  return {
    name,
    chain: {
      maxPoints: chain?.maxPoints ?? defaultMaxPoints,
      maxAgeSeconds: chain?.maxAge === undefined ? null : durationSeconds(chain.maxAge),
    },
    keep: keep === undefined || keep === 'all' ? null : readKeep(keep),
    minPoints: minPoints ?? defaultMinPoints,
  };
}

function readKeep({ within, ...counts }: WrittenKeep): Keep {
  return within === undefined ? counts : { ...counts, withinSeconds: durationSeconds(within) };
}

function readMirror(
  { value, source, path }: Written<WrittenMirror>,
  found: Diagnostic[],
): WrittenMirror | null {
  const mistake = targetMistake(value);
  if (mistake === null) return value;
  found.push(diagnose(source, [...path, 'target'], mistake));
  return null;
}
