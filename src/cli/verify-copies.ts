import type { CheckedCopy } from '../mirror/mirror.ts';
import { pointDirectory } from '../model/identity.ts';
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

/** Verifies copies: sizes and manifests as the look saw them, and every byte by hashes made at the far end. */
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
  const hashable = points.filter(
    ({ fault }) => fault === undefined || fault === 'quarantined' || fault === 'parent-faulty',
  );
  say(context, `checking ${address}`);
  const found = new Map<string, CheckedCopy>();
  let failure: Failure | null = null;
  if (depth !== 'structure' && hashable.length > 0) {
    const checked = await copies.open(store.id).verify({
      directory: directory.directory,
      chain: chain.id,
      pointDirectories: hashable.map(nameOf),
      onBytes: () => undefined,
      signal,
    });
    if (checked.ok) for (const one of checked.value.points) found.set(one.pointDirectory, one);
    else failure = checked.error;
  }
  if (failure !== null && !signal.aborted) complain(context, `${address}: ${failure.message}`);
  const base = address.replace(/\/\d+$/, '');
  return points.map((point): VerifiedPoint => {
    const { id, sequence, at, bytes } = point;
    const own = `${base}/${String(sequence).padStart(4, '0')}`;
    const facts = { address: own, chain: chain.id, point: id, frozenAt: at, bytes };
    const copy = found.get(nameOf(point));
    if (copy !== undefined) {
      const failures = copy.bad.map(({ file, code }) => ({
        code,
        message: badWords(own, file, code),
      }));
      return { ...facts, result: failures.length === 0 ? 'sound' : 'faulty', failures };
    }
    if (point.fault !== undefined) {
      return { ...facts, result: 'faulty', failures: [knownFault(own, point.fault)] };
    }
    return failure === null
      ? { ...facts, result: 'sound', failures: [] }
      : { ...facts, result: 'unseen', failures: [failure] };
  });
}

function badWords(address: string, file: string, code: CheckedCopy['bad'][number]['code']): string {
  return code === 'hash-differs'
    ? `${address}: ${file} is not what its manifest says: its SHA-256 differs`
    : `${address}: ${file} is not there, or cannot be read`;
}
