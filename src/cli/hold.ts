import type { Command } from 'commander';
import { pointDirectory } from '../model/identity.ts';
import { instantOf } from '../model/instant.ts';
import type { Failure, Result } from '../model/result.ts';
import { printable } from '../reporter/printable.ts';
import { openStore } from '../store/open.ts';
import { withLock } from '../store/with-lock.ts';
import { printJson, refuse, type Context, type Go } from './context.ts';
import type { ExitCode } from './exit.ts';
import { resolveAddress, type Place } from './resolve-address.ts';
import { openSession } from './session.ts';
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
      '\nExamples:\n  holdfast hold domain/web01/20261122T02 --reason "audit until March"\n  holdfast hold domain/web01/20261122T02/0003 --reason "before the upgrade"',
    )
    .action(async (address: string, options: { readonly reason: string }) =>
      go(async (context) => mark(context, address, options.reason)),
    );
}

/** `holdfast release ADDR` */
export function defineRelease(command: Command, go: Go): void {
  command
    .argument('<addr>', 'as it was held')
    .addHelpText('after', '\nExample:\n  holdfast release domain/web01/20261122T02')
    .action(async (address: string) => go(async (context) => mark(context, address, null)));
}

/** Writes the marks (with a reason), or takes them away (null). */
async function mark(context: Context, text: string, reason: string | null): Promise<ExitCode> {
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  const places = resolveAddress(await session.value.lookAtStores(), text);
  if (!places.ok) return refuse(context, places.error);
  const changed = places.value.filter(({ chain, point }) =>
    reason !== null ? true : point === null ? chain.held : point.held === true,
  );
  for (const place of changed) {
    const result = await markPlace(context, place, reason);
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

async function markPlace(
  { terminal, clock }: Context,
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
      : store.value.writeHold(directory.directory, chain.id, name, {
          formatVersion: 1,
          who: userName(terminal.env),
          at: instantOf(clock.now()),
          reason,
        }),
  );
}
