import type { Command } from 'commander';
import { parseAddress } from '../model/address.ts';
import { pointDirectory } from '../model/identity.ts';
import { instantOf } from '../model/instant.ts';
import type { Hold } from '../model/point.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { printable } from '../reporter/printable.ts';
import { openStore } from '../store/open.ts';
import { withLock } from '../store/with-lock.ts';
import { printJson, refuse, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { Interrupt } from './interrupt.ts';
import { accessOf } from './mirror-access.ts';
import { lookAtMirror, resolveCopies, type MirrorCopies } from './mirror-copies.ts';
import { resolveAddress, type Place } from './resolve-address.ts';
import { openSession, type Session } from './session.ts';
import { userName } from './user-name.ts';

// `apply` takes the store's lock for a rename or two; longer than this something is wrong.
const lockWaitSeconds = 10;

/** `holdfast hold ADDR` */
export function defineHold(command: Command, go: Go): void {
  command
    .argument('<addr>', 'domain/NAME (all its chains), a chain, or a point')
    .requiredOption('--reason <text>', 'why; it is shown wherever the hold is (required)')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast hold domain/web01/20261122T02 --reason "audit until March"\n  holdfast hold domain/web01/20261122T02/0003 --reason "before the upgrade"\n  holdfast hold nas:domain/web01/20261122T02 --reason "audit until March"',
    )
    .action(async (address: string, options: { readonly reason: string }) =>
      go(async (context) => mark(context, address, options.reason)),
    );
}

/** `holdfast release ADDR` */
export function defineRelease(command: Command, go: Go): void {
  command
    .argument('<addr>', 'as it was held')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast release domain/web01/20261122T02\n  holdfast release nas:domain/web01/20261122T02',
    )
    .action(async (address: string) => go(async (context) => mark(context, address, null)));
}

/** Writes the marks (with a reason), or takes them away (null). */
async function mark(context: Context, text: string, reason: string | null): Promise<ExitCode> {
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  using interrupt = new Interrupt(context);
  const found = await placesOf(session.value, text, interrupt.signal);
  if (!found.ok) return refuse(context, found.error);
  const { places, copies } = found.value;
  const changed = places.filter(({ chain, point }) =>
    reason !== null ? true : point === null ? chain.held : point.held === true,
  );
  for (const place of changed) {
    const result =
      copies === null
        ? await markPlace(context, place, reason)
        : await markCopy(context, copies, place, reason, interrupt.signal);
    if (!result.ok) {
      const exit = result.error.code === 'locked' ? 6 : 1;
      return refuse(context, { exit, code: result.error.code, message: result.error.message });
    }
  }
  const addresses = changed.map(({ address }) => address);
  if (context.globals.json === true)
    printJson(context, reason === null ? 'release' : 'hold', { addresses });
  else if (addresses.length === 0) context.terminal.out(`${printable(text)} is not held.\n`);
  for (const address of context.globals.json === true ? [] : addresses)
    context.terminal.out(`${reason === null ? 'released' : 'held'} ${printable(address)}\n`);
  return 0;
}

/** What an address means, and at which mirror; null for the stores of this host. */
async function placesOf(
  session: Session,
  text: string,
  signal: AbortSignal,
): Promise<
  Result<{ readonly places: readonly Place[]; readonly copies: MirrorCopies | null }, Refusal>
> {
  const mirror = parseAddress(text)?.mirror ?? null;
  if (mirror === null) {
    const places = resolveAddress(await session.lookAtStores(), text);
    return places.ok ? ok({ places: places.value, copies: null }) : places;
  }
  const access = accessOf(session.policy.mirrors, mirror);
  if (!access.ok) return access;
  const copies = await lookAtMirror(session, access.value, signal);
  if (!copies.ok) return copies;
  const places = resolveCopies(copies.value, text);
  return places.ok ? ok({ places: places.value, copies: copies.value }) : places;
}

/** A mirror's hold is set and released only there; the store's is another one. */
async function markCopy(
  context: Context,
  copies: MirrorCopies,
  { store, directory, chain, point }: Place,
  reason: string | null,
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  const mirror = copies.open(store.id);
  const thing = {
    directory: directory.directory,
    chain: chain.id,
    pointDirectory: point === null ? null : pointDirectory(point.sequence, point.id, point.level),
    signal,
  };
  if (reason === null) return mirror.release(thing);
  return mirror.hold({ ...thing, hold: holdOf(context, reason) });
}

function holdOf({ terminal, clock }: Context, reason: string): Hold {
  return {
    formatVersion: 1,
    who: userName(terminal.env),
    at: instantOf(clock.now()),
    reason,
  };
}

async function markPlace(
  context: Context,
  place: Place,
  reason: string | null,
): Promise<Result<void, Failure>> {
  const store = openStore(place.store);
  if (!store.ok) return store;
  const { directory, chain, point } = place;
  const name = point === null ? null : pointDirectory(point.sequence, point.id, point.level);
  return withLock(store.value, lockWaitSeconds, () =>
    reason === null
      ? store.value.removeHold(directory.directory, chain.id, name)
      : store.value.writeHold(directory.directory, chain.id, name, holdOf(context, reason)),
  );
}
