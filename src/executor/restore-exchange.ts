import type { Restore, Swap } from '../model/restore-action.ts';
import { fail, ok, seen, type Failure, type Result, type Seen } from '../model/result.ts';
import { during } from './not-done.ts';
import { onHost } from './on-host.ts';
import { noteDevices, writeNoted } from './restore-devices.ts';
import { keptName, type Prepared, swapIn, undoSwap } from './restore-swap.ts';
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
  const before = await definedNow(action, tools);
  // Where nothing is set aside there is nothing to put back, and no plan that should wait for it.
  const isNoted = prepared.some(({ aside }) => aside !== null);
  const swaps = prepared.map(({ to, aside }) => ({ to, aside }));
  const noted = isNoted
    ? tools.log.open({ kind: 'restore-swap', ...action.domain, swaps })
    : ok(undefined);
  const all = noted.ok ? noteDevices(action, tools) : noted;
  let exchanged = all.ok ? await exchange(action, { definition, before }, prepared, tools) : all;
  // Left open where the old images are not back: then the next plan tries again. Closed before
  // devices are written: old images beside a device that is half new are no domain either.
  if (noted.ok && isNoted && (exchanged.ok || exchanged.error.code !== 'not-put-back')) {
    const closed = tools.log.close('restore-swap');
    if (!closed.ok && exchanged.ok) exchanged = await keepAside(swaps, tools);
  }
  return all.ok ? writeNoted(action, exchanged, tools) : all;
}

/** The definition that is to be, and the digest of the one that was there before. */
interface Definitions {
  readonly definition: string | null;
  readonly before: Seen<string | null>;
}

/** Exchanges files, and defines; a failure leaves all as it was. */
async function exchange(
  action: Restore,
  { definition, before }: Definitions,
  prepared: readonly Prepared[],
  tools: Tools,
): Promise<Result<void, Failure>> {
  const swapped = await swapIn(prepared, tools.drivers.files);
  if (!swapped.ok || definition === null) return swapped;
  const defined = await tools.drivers.hypervisor.define(definition);
  if (defined.ok) return ok(undefined);
  // The answer may be lost, and the definition stand: without its images it must not be left.
  const after = await definedNow(action, tools);
  if (before.seen && after.seen && after.value !== null && after.value !== before.value) {
    tools.log.warn(during('Defining it, which has happened', defined.error));
    return ok(undefined);
  }
  const back = await undoSwap(prepared, tools.drivers.files);
  if (!back.ok) return back;
  return fail(during(`Defining ${action.define?.name ?? action.domain.name}`, defined.error));
}

/** The digest of the definition as it is now; null if there is none. */
async function definedNow({ define }: Restore, tools: Tools): Promise<Seen<string | null>> {
  if (define === null) return seen(null);
  const look = await tools.look(define.uuid);
  return look.seen ? seen(look.value?.definitionDigest ?? null) : look;
}

/**
 * Gives what was set aside a name that no journal knows: while the exchange is noted as open,
 * the next plan would put it back over what has been restored.
 */
async function keepAside(swaps: readonly Swap[], tools: Tools): Promise<Result<void, Failure>> {
  const { drivers, log } = tools;
  for (const { to, aside } of swaps) {
    if (aside === null) continue;
    const kept = keptName(aside);
    const renamed = await onHost(`Renaming ${aside}`, () => drivers.files.rename(aside, kept));
    if (!renamed.ok) {
      const { code, message } = renamed.error;
      return fail({ code, message: `${message}. ${whatThen(swaps, tools)}` });
    }
    log.warn({ code: 'kept-as', message: `The old ${to} is kept as ${kept}.` });
  }
  return ok(undefined);
}

/** What becomes of images that are in place while not all old ones have their kept names. */
function whatThen(swaps: readonly Swap[], { drivers: { files } }: Tools): string {
  const exchanged = swaps.flatMap(({ to, aside }) => (aside === null ? [] : [{ to, aside }]));
  const places = exchanged.map(({ to }) => to);
  const left = exchanged.flatMap(({ aside }) => (files.exists(aside) ? [aside] : []));
  const are = places.length === 1 ? 'is restored' : 'are restored';
  const ones = places.length === 1 ? 'the old one' : 'the old ones';
  const last =
    left.length === 0
      ? `whether ${ones} may be put back after a power failure is not certain: restore again`
      : `the next plan puts ${ones} back: move ${left.join(', ')} away first`;
  return `${places.join(', ')} ${are}, and ${last}`;
}
