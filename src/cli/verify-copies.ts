import {
  badWords,
  checkCopies,
  hashedHereWords,
  type CheckedCopy,
} from '../executor/check-copies.ts';
import { realFileChecks } from '../executor/file-checks.ts';
import { realHostFiles } from '../executor/host-files.ts';
import { pointDirectory } from '../model/identity.ts';
import { instantOf } from '../model/instant.ts';
import type { ObservedPoint } from '../model/observed-store.ts';
import type { VerifiedPoint } from '../model/report.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import type { Depth } from '../model/verification.ts';
import { complain, say, type Context, type Refusal } from './context.ts';
import { accessOf } from './mirror-access.ts';
import { lookAtMirror, resolveCopies, type MirrorCopies } from './mirror-copies.ts';
import type { Place } from './resolve-address.ts';
import type { Session } from './session.ts';
import { knownFault } from './verify-point.ts';

/** What is verified at which mirror. */
interface CopiesToVerify {
  readonly mirror: string;
  readonly text: string;
  readonly depth: Depth;
}

/** Verifies copies: sizes and manifests as the look saw them, and every byte where it lies; what is found is noted there. */
export async function verifyCopies(
  context: Context,
  session: Session,
  { mirror, text, depth }: CopiesToVerify,
  signal: AbortSignal,
): Promise<Result<readonly VerifiedPoint[], Refusal>> {
  const access = accessOf(session.policy.mirrors, mirror);
  if (!access.ok) return access;
  const copies = await lookAtMirror(session, access.value, signal);
  if (!copies.ok) return copies;
  const places = resolveCopies(copies.value, text);
  if (!places.ok) return places;
  const verified: VerifiedPoint[] = [];
  for (const place of places.value) {
    if (signal.aborted) break;
    verified.push(...(await verifyChain(context, copies.value, place, depth, signal)));
  }
  return ok(verified);
}

const nameOf = ({ sequence, id, level }: ObservedPoint): string =>
  pointDirectory(sequence, id, level);

/** The points of a chain; of one point also those below it, which it needs. */
async function verifyChain(
  context: Context,
  copies: MirrorCopies,
  { store, directory, chain, point: wanted, address }: Place,
  depth: Depth,
  signal: AbortSignal,
): Promise<readonly VerifiedPoint[]> {
  const points = chain.points.filter(
    ({ sequence }) => wanted === null || sequence <= wanted.sequence,
  );
  // What has no manifest to compare with, or lacks a file, is known to be faulty.
  const readable = points.filter(
    ({ fault }) => fault === undefined || fault === 'quarantined' || fault === 'parent-faulty',
  );
  say(context, `checking ${address}`);
  const mirror = copies.open(store.id);
  const found = new Map<string, CheckedCopy>();
  let failure: Failure | null = null;
  // Without the images the look has told all of the structure already.
  const isLookEnough = depth === 'structure' && mirror.localPath === null;
  if (!isLookEnough && readable.length > 0) {
    const pointDirectories = readable.map(nameOf);
    const chainAt = { directory: directory.directory, chain: chain.id, pointDirectories };
    const how = mirror.localPath === null ? 'hash' : depth;
    const checked = await checkCopies(mirror, chainAt, how, {
      checks: realFileChecks,
      signal,
      onBytes: () => undefined,
      read: (path) => realHostFiles.read(path),
      now: () => instantOf(context.clock.now()),
    });
    if (!checked.ok) failure = checked.error;
    else {
      const { copies: all, noted, hashedAt } = checked.value;
      for (const one of all) found.set(one.pointDirectory, one);
      if (!noted.ok) complain(context, `${address}: ${noted.error.message}`);
      if (hashedAt === 'here') say(context, `${address}: ${hashedHereWords}`);
    }
  }
  if (failure !== null && !signal.aborted) complain(context, `${address}: ${failure.message}`);
  const base = address.replace(/\/\d+$/, '');
  return points.map((point): VerifiedPoint => {
    const { id, sequence, at, bytes } = point;
    const own = `${base}/${String(sequence).padStart(4, '0')}`;
    const facts = { address: own, chain: chain.id, point: id, frozenAt: at, bytes };
    const copy = found.get(nameOf(point));
    if (copy !== undefined) {
      const failures = copy.findings.map(({ file, code, message }) => ({
        code,
        message: mirror.localPath === null ? badWords(`${own}: ${file}`, code) : message,
      }));
      return { ...facts, result: copy.result, failures };
    }
    if (point.fault !== undefined) {
      return { ...facts, result: 'faulty', failures: [knownFault(own, point.fault)] };
    }
    return failure === null
      ? { ...facts, result: 'sound', failures: [] }
      : { ...facts, result: 'unseen', failures: [failure] };
  });
}
