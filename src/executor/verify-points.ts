import { createRateLimit, type RateLimit } from '../image/rate-limit.ts';
import { failureOfAbort } from '../model/abort.ts';
import { addressOf } from '../model/address.ts';
import type { PointToVerify, VerifyPoints } from '../model/check-action.ts';
import { ok } from '../model/result.ts';
import type { Store } from '../store/store.ts';
import { damageWords, noFindings, takeIn, type CheckFindings } from './check-findings.ts';
import { checkPoint } from './check-point.ts';
import { failed, interrupted, stale, waiting } from './not-done.ts';
import type { Performer } from './performer.ts';
import type { Tools } from './tools.ts';

// The store's lock is held for a publish, whose fsyncs may take long on a busy disk.
const lockWaitSeconds = 120;

const damageSaid = {
  are: 'points are damaged and in quarantine now',
  remedy: 'the next plan heals what a mirror holds',
};

/**
 * Checks points, the most urgent first. Takes no lock of the domain: a check
 * only reads, and may take hours. Each point's result is noted when it is there, so
 * that a run that ends early, or dies, has lost the check of one point at most.
 */
export const verifyPoints: Performer<VerifyPoints> = {
  async check({ store }, tools) {
    const opened = tools.store(store);
    return opened.ok ? ok('ready') : failed(opened.error);
  },

  async apply(action, tools) {
    const opened = tools.store(action.store);
    if (!opened.ok) return failed(opened.error);
    const noted = tools.log.step('verify', `domains/${action.directory}`, action.store);
    if (!noted.ok) return failed(noted.error);
    const found = noFindings();
    const later = tools.copySignal();
    const signal = AbortSignal.any([tools.signal, later]);
    const rateLimit = createRateLimit(action.rateBytesPerSecond);
    for (const point of action.points) {
      if (signal.aborted) break;
      await checkOne(action, point, opened.value, found, { tools, signal, rateLimit });
    }
    if (found.damaged.length > 0) {
      const message = damageWords(found, action.points.length, damageSaid);
      return failed({ code: 'points-damaged', message });
    }
    if (tools.signal.aborted) return interrupted;
    if (later.aborted) {
      const { code, message } = failureOfAbort(later, 'The check');
      return waiting(code, message);
    }
    const [unseen] = found.unseen;
    if (unseen !== undefined) return failed(unseen);
    if (found.checked > 0) return ok({ code: 'done', bytes: found.bytes });
    return stale('points-gone', 'None of the points is there any more; plan again.');
  },
};

async function checkOne(
  { domain, directory, depth, bytes: total, rateBytesPerSecond }: VerifyPoints,
  point: PointToVerify,
  store: Store,
  found: CheckFindings,
  {
    tools,
    signal,
    rateLimit,
  }: { readonly tools: Tools; readonly signal: AbortSignal; readonly rateLimit: RateLimit },
): Promise<void> {
  const { chain, sequence } = point;
  const address = addressOf(domain.name, chain, sequence);
  const place = { directory, chain, pointDirectory: point.directory };
  const manifest = store.readManifest(place);
  if (!manifest.ok || manifest.value.point !== point.id) {
    const why = manifest.ok ? 'another point is in its place' : manifest.error.message;
    tools.log.warn({ code: 'point-gone', message: `${address} was not checked: ${why}` });
    return;
  }
  let read = 0;
  const checked = await checkPoint(store, { place, manifest: manifest.value }, depth, {
    checks: tools.drivers.checks,
    signal,
    rateLimit,
    rateBytesPerSecond,
    onBytes: (bytes) => {
      read += bytes;
      tools.log.progress(found.bytes + Math.min(read, point.bytes), total);
    },
    lockWaitSeconds,
    now: tools.drivers.clock,
  });
  if (signal.aborted && checked.result === 'unseen') return;
  takeIn(found, checked, { address, bytes: point.bytes, total }, tools);
  const { noted } = checked;
  if (noted.ok) return;
  found.unseen.push({ ...noted.error, message: `${address}: ${noted.error.message}` });
}
