import { addressOf } from '../model/address.ts';
import type { Backup } from '../model/backup-action.ts';
import type { CopyPoints } from '../model/copy-action.ts';
import type { ChainId, PointId } from '../model/identity.ts';
import type { Store } from '../store/store.ts';
import { checkPoint } from './check-point.ts';
import { failed, type NotDone } from './not-done.ts';
import type { Tools } from './tools.ts';

// As for other checks: a publish, whose fsyncs may take long on a busy disk.
const lockWaitSeconds = 120;

type Told = ReturnType<typeof failed>;

/**
 * Reads what an increment was to stand on, if its image turned out to differ from the source (`verify: source`):
 * a bit may have flipped there, and each further increment would differ too. What is damaged comes
 * into quarantine, so that the next plan takes a full. What else failed comes back as it is.
 */
export async function suspectParents(
  action: Backup,
  notDone: NotDone,
  store: Store,
  tools: Tools,
): Promise<Told> {
  if (action.parent === null) return { ok: false, error: notDone };
  const suspicion: Suspicion = {
    raisedBy: 'images-differ',
    isMeant: () => true,
    words: (damaged) =>
      `What it stands on is damaged, and in quarantine now: ${damaged}; the next plan takes a full.`,
  };
  return suspect(notDone, suspicion, action, store, tools);
}

/**
 * Reads the points whose image was noticed to be damaged on its way to a mirror: in quarantine, the point is
 * healed or left behind by the next plan; noticed only, it would fail each further copy of its chain.
 */
export async function suspectCopied(
  action: CopyPoints,
  notDone: NotDone,
  store: Store,
  tools: Tools,
): Promise<Told> {
  const ids = new Set(action.points.map(({ id }) => id));
  const suspicion: Suspicion = {
    raisedBy: 'hash-differs',
    isMeant: (id) => ids.has(id),
    words: (damaged) =>
      `In quarantine now: ${damaged}; the next plan heals it from a mirror, or takes a full.`,
  };
  return suspect(notDone, suspicion, action, store, tools);
}

/** What to suspect of a failure, and how it is told. */
interface Suspicion {
  /** Code of the failure that raises it. */
  readonly raisedBy: string;
  readonly isMeant: (point: PointId) => boolean;
  readonly words: (damaged: string) => string;
}

async function suspect(
  notDone: NotDone,
  { raisedBy, isMeant, words }: Suspicion,
  chainOf: Suspected,
  store: Store,
  tools: Tools,
): Promise<Told> {
  const told = { ok: false, error: notDone } as const;
  if (notDone.code !== 'failed' || notDone.failure.code !== raisedBy) return told;
  const damaged = await quarantineDamaged(chainOf, isMeant, store, tools);
  if (damaged.length === 0) return told;
  return failed({
    code: raisedBy,
    message: `${notDone.failure.message}. ${words(damaged.join(', '))}`,
  });
}

type Suspected = Pick<Backup | CopyPoints, 'directory' | 'domain' | 'store'> & {
  readonly chain: ChainId;
};

/** Checks points of a chain by hash; gives the addresses of those that are in quarantine now. */
async function quarantineDamaged(
  { directory, chain, domain, store: ref }: Suspected,
  isMeant: (point: PointId) => boolean,
  store: Store,
  tools: Tools,
): Promise<readonly string[]> {
  const points = store.readChain(directory, chain);
  if (!points.ok) return [];
  const damaged: string[] = [];
  for (const point of points.value.filter(({ manifest }) => isMeant(manifest.point))) {
    const { result, findings, noted } = await checkPoint(store, point, 'hash', {
      checks: tools.drivers.checks,
      signal: tools.signal,
      rateLimit: tools.rateLimit(ref),
      lockWaitSeconds,
      now: tools.drivers.clock,
    });
    if (tools.signal.aborted) break;
    for (const { code, message } of findings) tools.log.warn({ code, message });
    if (!noted.ok) tools.log.warn(noted.error);
    if (result !== 'faulty' || !noted.ok) continue;
    damaged.push(addressOf(domain.name, chain, point.manifest.sequence));
  }
  return damaged;
}
