import type { Restore } from '../model/action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { during } from './not-done.ts';
import { noteDevices, writeNoted } from './restore-devices.ts';
import { type Prepared, swapIn, undoSwap } from './restore-swap.ts';
import type { Tools } from './tools.ts';

/**
 * Exchanges and defines, then writes devices. The exchange is journalled first, so that a
 * death in it is put back by the next plan.
 */
export async function exchangeNoted(
  action: Restore,
  definition: string | null,
  prepared: readonly Prepared[],
  tools: Tools,
): Promise<Result<void, Failure>> {
  // Where nothing is set aside there is nothing to put back, and no plan that should wait for it.
  const isNoted = prepared.some(({ aside }) => aside !== null);
  const swaps = prepared.map(({ to, aside }) => ({ to, aside }));
  const noted = isNoted
    ? tools.log.open({ kind: 'restore-swap', ...action.domain, swaps })
    : ok(undefined);
  const all = noted.ok ? noteDevices(action, tools) : noted;
  const exchanged = all.ok ? await exchange(action, definition, prepared, tools) : all;
  // Left open where the old images are not back: then the next plan tries again. Closed before
  // devices are written: old images beside a device that is half new are no domain either.
  if (noted.ok && isNoted && (exchanged.ok || exchanged.error.code !== 'not-put-back')) {
    tools.log.close('restore-swap');
  }
  return all.ok ? writeNoted(action, exchanged, tools) : all;
}

/** Exchanges files, and defines; a failure leaves all as it was. */
async function exchange(
  action: Restore,
  definition: string | null,
  prepared: readonly Prepared[],
  tools: Tools,
): Promise<Result<void, Failure>> {
  const swapped = await swapIn(prepared, tools.drivers.files);
  if (!swapped.ok || definition === null) return swapped;
  const defined = await tools.drivers.hypervisor.define(definition);
  if (defined.ok) return ok(undefined);
  const back = await undoSwap(prepared, tools.drivers.files);
  if (!back.ok) return back;
  return fail(during(`Defining ${action.define?.name ?? action.domain.name}`, defined.error));
}
