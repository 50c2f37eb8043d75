import { addressOf } from '../model/address.ts';
import type { Backup } from '../model/backup-action.ts';
import type { Store } from '../store/store.ts';
import { checkPoint } from './check-point.ts';
import { failed, type NotDone } from './not-done.ts';
import type { Tools } from './tools.ts';

/** Of an image that, read through its backing files, is not what its source shows. */
const differs = 'images-differ';

// As for other checks: a publish, whose fsyncs may take long on a busy disk.
const lockWaitSeconds = 120;

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
): Promise<ReturnType<typeof failed>> {
  const told = { ok: false, error: notDone } as const;
  if (notDone.code !== 'failed' || notDone.failure.code !== differs) return told;
  const chain = action.parent === null ? null : store.readChain(action.directory, action.chain);
  if (chain === null || !chain.ok) return told;
  const damaged: string[] = [];
  for (const point of chain.value) {
    const { result, findings, noted } = await checkPoint(store, point, 'hash', {
      checks: tools.drivers.checks,
      signal: tools.signal,
      rateLimit: tools.rateLimit(action.store),
      lockWaitSeconds,
      now: tools.drivers.clock,
    });
    if (tools.signal.aborted) break;
    for (const { code, message } of findings) tools.log.warn({ code, message });
    if (!noted.ok) tools.log.warn(noted.error);
    if (result !== 'faulty' || !noted.ok) continue;
    damaged.push(addressOf(action.domain.name, action.chain, point.manifest.sequence));
  }
  if (damaged.length === 0) return told;
  const { code, message } = notDone.failure;
  const found = `What it stands on is damaged, and in quarantine now: ${damaged.join(', ')}; the next plan takes a full.`;
  return failed({ code, message: `${message}. ${found}` });
}
