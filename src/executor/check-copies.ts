import type { CopyNote, Mirror, PointsOfChain } from '../mirror/mirror.ts';
import type { Instant } from '../model/instant.ts';
import type { Manifest } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Depth } from '../model/verification.ts';
import { manifestName, pointPath } from '../store/layout.ts';
import { parseManifest } from '../store/manifest.ts';
import { type CheckOptions, damageIn, type FileFinding, verifyPoint } from './verify-point.ts';

/** What a check of one copy found. `unseen`: a file could not be read, which proves nothing. */
export interface CheckedCopy {
  readonly pointDirectory: string;
  readonly result: 'sound' | 'faulty' | 'unseen';
  readonly findings: readonly FileFinding[];
}

/** What a check of copies found, and whether that could be noted beside them. */
export interface CheckedCopies {
  readonly copies: readonly CheckedCopy[];
  readonly noted: Result<void, Failure>;
  /** Where the bytes were read: where the copies lie, or here because a remote makes no hashes. */
  readonly hashedAt: 'far-end' | 'here';
}

/** What is said where a check moves all the data. */
export const hashedHereWords =
  'the remote makes no SHA-256, so all the data came here to be hashed';

/** How copies are checked. */
export interface CopyCheckOptions extends CheckOptions {
  readonly onBytes: (bytes: number) => void;
  /** Text of a file of this host. */
  readonly read: (path: string) => Promise<Buffer>;
  readonly now: () => Instant;
}

/**
 * Checks copies of one chain and notes what came of it beside each: a sound one the instant and the
 * depth, a damaged one its quarantine. In a directory of this host the files are read here, no faster than they may;
 * elsewhere the far end makes the hashes, and nothing else can be told. `not-a-point` names one that is not there.
 */
export async function checkCopies(
  mirror: Mirror,
  points: Omit<PointsOfChain, 'signal'>,
  depth: Depth,
  options: CopyCheckOptions,
): Promise<Result<CheckedCopies, Failure>> {
  const { directory, chain } = points;
  const found =
    mirror.localPath === null
      ? await hashThere(mirror, points, options)
      : await checkHere(mirror, mirror.localPath, points, depth, options);
  if (!found.ok) return found;
  const { copies } = found.value;
  const at = options.now();
  const notes = copies.flatMap((copy) => noteOf(copy, at, depth));
  const { signal } = options;
  const noted =
    notes.length === 0 ? ok(undefined) : await mirror.note({ directory, chain, notes, signal });
  return ok({ ...found.value, noted });
}

/** What is to be noted of a copy; nothing of one that could not be told. */
function noteOf(
  { pointDirectory, result, findings }: CheckedCopy,
  at: Instant,
  depth: Depth,
): readonly CopyNote[] {
  if (result === 'sound') return [{ pointDirectory, at, result, depth }];
  const damage = damageIn(findings);
  if (damage === null) return [];
  const { files, proof } = damage;
  const { code, message } = proof;
  return [{ pointDirectory, at, result: 'damaged', code, message, files }];
}

function judged(pointDirectory: string, findings: readonly FileFinding[]): CheckedCopy {
  const result = damageIn(findings) !== null ? 'faulty' : findings.length > 0 ? 'unseen' : 'sound';
  return { pointDirectory, result, findings };
}

type Found = Pick<CheckedCopies, 'copies' | 'hashedAt'>;

async function hashThere(
  mirror: Mirror,
  points: Omit<PointsOfChain, 'signal'>,
  { onBytes, signal, rateBytesPerSecond = null }: CopyCheckOptions,
): Promise<Result<Found, Failure>> {
  const verified = await mirror.verify({ ...points, onBytes, rateBytesPerSecond, signal });
  if (!verified.ok) return verified;
  const { chain } = points;
  const copies = verified.value.points.map(({ pointDirectory, bad }) =>
    judged(
      pointDirectory,
      bad.map(({ file, code }) => ({
        file,
        code,
        message: badWords(`${mirror.name}:${chain}/${pointDirectory}/${file}`, code),
      })),
    ),
  );
  return ok({ copies, hashedAt: verified.value.hashedAt });
}

/** What is said of a file that is not as its manifest says; `subject` names it. */
export function badWords(subject: string, code: string): string {
  return code === 'hash-differs'
    ? `${subject} is not what its manifest says: its SHA-256 differs`
    : `${subject} is not there, or cannot be read`;
}

async function checkHere(
  mirror: Mirror,
  root: string,
  { directory, chain, pointDirectories }: Omit<PointsOfChain, 'signal'>,
  depth: Depth,
  options: CopyCheckOptions,
): Promise<Result<Found, Failure>> {
  const copies: CheckedCopy[] = [];
  for (const pointDirectory of pointDirectories) {
    const place = pointPath({ directory, chain, pointDirectory });
    if (!place.ok) return place;
    const path = `${root}/${place.value}`;
    const manifest = await manifestHere(mirror, path, { chain, pointDirectory }, options);
    if (!manifest.ok) return manifest;
    const findings = await verifyPoint(path, manifest.value, depth, options);
    if (options.signal.aborted) break;
    copies.push(judged(pointDirectory, findings));
  }
  return ok({ copies, hashedAt: 'far-end' });
}

async function manifestHere(
  { name, store }: Mirror,
  path: string,
  place: Pick<Parameters<typeof parseManifest>[1], 'chain' | 'pointDirectory'>,
  { read }: CopyCheckOptions,
): Promise<Result<Manifest, Failure>> {
  const file = `${path}/${manifestName}`;
  const gone = (why: string) =>
    fail({ code: 'not-a-point', message: `mirror ${name}: ${file}: ${why}` });
  try {
    const content = (await read(file)).toString();
    const manifest = parseManifest(content, { store, ...place, path: file });
    return manifest.ok ? manifest : gone(manifest.error.message);
  } catch (error) {
    return gone(error instanceof Error ? error.message : String(error));
  }
}
