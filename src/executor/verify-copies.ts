import { createRateLimit } from '../image/rate-limit.ts';
import type { Mirror } from '../mirror/mirror.ts';
import { failureOfAbort } from '../model/abort.ts';
import { addressOf, onMirror } from '../model/address.ts';
import type { PointToVerify, VerifyCopies } from '../model/check-action.ts';
import type { ChainId } from '../model/identity.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import {
  checkCopies,
  hashedHereWords,
  type CheckedCopies,
  type CopyCheckOptions,
} from './check-copies.ts';
import { damageWords, noFindings, takeIn, type CheckFindings } from './check-findings.ts';
import { failed, interrupted, stale, waiting } from './not-done.ts';
import type { Performer } from './performer.ts';
import type { Tools } from './tools.ts';

// Each call costs some connections, and a run that dies loses the results of one call: of
// increments, which are small and many, a handful at once.
const atOnce = 16;

const damageSaid = {
  are: 'copies are damaged and in quarantine there now',
  remedy: 'the next plan copies again what the store has sound',
};

/** What became of the copies so far. */
interface Findings extends CheckFindings {
  /** It was said that the data travel. */
  isTold: boolean;
}

/**
 * Checks copies at a mirror, the most urgent first. Takes no lock: a check only reads,
 * and may take hours. What it finds is noted there call by call.
 */
export const verifyCopies: Performer<VerifyCopies> = {
  async check({ mirror }, { drivers }) {
    const opened = drivers.openMirror(mirror);
    return opened.ok ? ok('ready') : failed(opened.error);
  },

  async apply(action, tools) {
    const mirror = tools.drivers.openMirror(action.mirror);
    if (!mirror.ok) return failed(mirror.error);
    const where = `${action.mirror.name}:domains/${action.directory}`;
    const noted = tools.log.step('verify', where, null);
    if (!noted.ok) return failed(noted.error);
    const found: Findings = { ...noFindings(), isTold: false };
    const later = tools.copySignal();
    const signal = AbortSignal.any([tools.signal, later]);
    for (const batch of batchesOf(action.points)) {
      if (signal.aborted) break;
      const done = await checkBatch(action, batch, mirror.value, found, tools, signal);
      // The mirror itself is in trouble: each further call would wait for it again.
      if (!done.ok && !signal.aborted) found.unseen.push(done.error);
      if (!done.ok) break;
    }
    if (found.damaged.length > 0) {
      const message = damageWords(found, action.points.length, damageSaid);
      return failed({ code: 'copies-damaged', message });
    }
    if (tools.signal.aborted) return interrupted;
    if (later.aborted) {
      const { code, message } = failureOfAbort(later, `The check at ${action.mirror.name}`);
      return waiting(code, message);
    }
    const [unseen] = found.unseen;
    if (unseen !== undefined) return failed(unseen);
    if (found.checked > 0) return ok({ code: 'done', bytes: found.bytes });
    const words = `None of the copies is at ${action.mirror.name} any more; plan again.`;
    return stale('points-gone', words);
  },
};

/** Points of one chain that follow each other in the order of the plan. */
interface Batch {
  readonly chain: ChainId;
  readonly points: PointToVerify[];
}

function batchesOf(points: readonly PointToVerify[]): readonly Batch[] {
  const batches: Batch[] = [];
  for (const point of points) {
    const last = batches.at(-1);
    if (last?.chain === point.chain && last.points.length < atOnce) last.points.push(point);
    else batches.push({ chain: point.chain, points: [point] });
  }
  return batches;
}

async function checkBatch(
  action: VerifyCopies,
  { chain, points }: Batch,
  mirror: Mirror,
  found: Findings,
  tools: Tools,
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  const { directory, depth, bytes: total, rateBytesPerSecond } = action;
  const { checks, files, clock } = tools.drivers;
  let read = 0;
  const most = found.bytes + points.reduce((sum, { bytes }) => sum + bytes, 0);
  const options: CopyCheckOptions = {
    checks,
    signal,
    rateLimit: createRateLimit(rateBytesPerSecond),
    rateBytesPerSecond,
    onBytes: (bytes) => {
      read += bytes;
      tools.log.progress(Math.min(found.bytes + read, most), total);
    },
    read: (path) => files.read(path),
    now: clock,
  };
  const pointDirectories = points.map((point) => point.directory);
  const checked = await checkCopies(mirror, { directory, chain, pointDirectories }, depth, options);
  if (checked.ok) return tell(action, points, checked.value, found, tools);
  if (checked.error.code !== 'not-a-point' || signal.aborted) return checked;
  const [only, ...others] = points;
  if (only !== undefined && others.length === 0) {
    const address = addressAt(action, only);
    const message = `${address} was not checked: ${checked.error.message}`;
    tools.log.warn({ code: 'point-gone', message });
    return ok(undefined);
  }
  // One of them is gone; the others are looked at one by one.
  for (const point of points) {
    const done = await checkBatch(action, { chain, points: [point] }, mirror, found, tools, signal);
    if (!done.ok) return done;
  }
  return ok(undefined);
}

const addressAt = ({ mirror, domain }: VerifyCopies, { chain, sequence }: PointToVerify): string =>
  onMirror(mirror.name, addressOf(domain.name, chain, sequence));

/** Counts and says what was found; a failure where it could not be noted. */
function tell(
  action: VerifyCopies,
  points: readonly PointToVerify[],
  { copies, noted, hashedAt }: CheckedCopies,
  found: Findings,
  tools: Tools,
): Result<void, Failure> {
  if (hashedAt === 'here' && !found.isTold) {
    found.isTold = true;
    const message = `${action.address}: ${hashedHereWords}`;
    tools.log.warn({ code: 'hashed-here', message });
  }
  const total = action.bytes;
  for (const checked of copies) {
    const point = points.find(({ directory }) => directory === checked.pointDirectory);
    if (point === undefined) continue;
    const { bytes } = point;
    takeIn(found, checked, { address: addressAt(action, point), bytes, total }, tools);
  }
  return noted;
}
