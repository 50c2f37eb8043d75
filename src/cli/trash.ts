import type { Command } from 'commander';
import type { StoreRef } from '../model/action-base.ts';
import { addressOf } from '../model/address.ts';
import { addSeconds, instantOf } from '../model/instant.ts';
import type { ObservedStore, ObservedTrash } from '../model/observed-store.ts';
import type { TrashItem, TrashReport } from '../model/report.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { PurgeTrash } from '../model/store-action.ts';
import { actionPlan } from '../planner/action-plan.ts';
import { printable } from '../reporter/printable.ts';
import { shellWord } from '../reporter/shell-word.ts';
import { renderTrash } from '../reporter/trash.ts';
import { openStore } from '../store/open.ts';
import { withLock } from '../store/with-lock.ts';
import { cannotAsk } from './approve.ts';
import { complain, type Context, type Go, printJson, type Refusal, refuse } from './context.ts';
import { nearbyDomain } from './did-you-mean.ts';
import type { ExitCode } from './exit.ts';
import { printReport } from './print-report.ts';
import { readAddress } from './resolve-address.ts';
import { runPlanOf } from './run-plan.ts';
import { openSession, policyFacts } from './session.ts';
import { userName } from './user-name.ts';

/** A chain in the trash of a store. */
interface Trashed {
  readonly store: StoreRef;
  readonly item: ObservedTrash;
  readonly address: string;
}

// `apply` takes the store's lock for a rename or two; longer than this something is wrong.
const lockWaitSeconds = 10;

/** `holdfast trash [list|restore|empty]` */
export function defineTrash(command: Command, go: Go): void {
  command
    .command('list', { isDefault: true })
    .description('List what was deleted and can be put back (also without a word).')
    .action(async () => go(list));
  command
    .command('restore')
    .description('Put a chain back where it was, with a hold.')
    .argument('<addr>', 'domain/NAME/CHAIN')
    .addHelpText('after', '\nExample:\n  holdfast trash restore domain/web01/20260601T02')
    .action(async (address: string) => go(async (context) => restore(context, address)));
  command
    .command('empty')
    .description('Remove chains in the trash for good, before their time.')
    .argument('[addr]', 'only this domain or chain')
    .option('--auto-approve', 'do not ask')
    .addHelpText('after', '\nExample:\n  holdfast trash empty domain/web01')
    .action(async (address: string | undefined, options: { readonly autoApprove?: boolean }) =>
      go(async (context) => empty(context, address ?? null, options.autoApprove === true)),
    );
}

async function list(context: Context): Promise<ExitCode> {
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  const stores = await session.value.lookAtStores();
  const keep = new Map(
    session.value.policy.stores.map(({ name, trashKeepSeconds }) => [name, trashKeepSeconds]),
  );
  const report: TrashReport = {
    formatVersion: 1,
    host: session.value.hostName,
    at: instantOf(context.clock.now()),
    timezone: session.value.policy.timezone,
    items: trashIn(stores).map(({ store, item, address }): TrashItem => {
      const { uuid, name, run, path, chain, points, bytes, trashedAt } = item;
      const seconds = keep.get(store.name);
      const purgeAfter = seconds === undefined ? null : addSeconds(trashedAt, seconds);
      const place = { address, uuid, name, store: store.name, run, path, chain };
      return { ...place, points, bytes, trashedAt, purgeAfter };
    }),
  };
  printReport(context, 'trash', report, renderTrash);
  const unseen = stores.flatMap(({ state }) => (state.kind === 'unseen' ? [state.failure] : []));
  for (const failure of unseen) complain(context, failure.message);
  return unseen.length > 0 ? 9 : 0;
}

function trashIn(stores: readonly ObservedStore[]): readonly Trashed[] {
  return stores.flatMap(({ name, path, state }) =>
    state.kind === 'ready'
      ? state.trash.map((item) => ({
          store: { name, path, id: state.id },
          item,
          address: addressOf(item.name, item.chain),
        }))
      : [],
  );
}

/** The chains in the trash that an address means. */
function chosen(
  stores: readonly ObservedStore[],
  text: string | null,
): Result<readonly Trashed[], Refusal> {
  const all = trashIn(stores);
  if (text === null) return ok(all);
  const address = readAddress(text);
  if (!address.ok) return address;
  const { domain, chain } = address.value;
  const found = all.filter(
    ({ item }) =>
      [item.name, item.uuid].includes(domain) && (chain === null || item.chain.startsWith(chain)),
  );
  if (found.length > 0) return ok(found);
  const names = all.map(({ item }) => item.name);
  const near = names.includes(domain) ? '' : nearbyDomain(domain, names);
  const message = `${text} is not in the trash${near || '; holdfast trash list shows what is'}`;
  return fail({ exit: 1, code: 'not-in-trash', message });
}

async function restore(context: Context, text: string): Promise<ExitCode> {
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  const found = chosen(await session.value.lookAtStores(), text);
  if (!found.ok) return refuse(context, found.error);
  const [first, ...more] = found.value;
  if (first === undefined || more.length > 0)
    return refuse(context, {
      exit: 64,
      code: 'chain-ambiguous',
      message: `${text} means ${found.value.map(({ address }) => address).join(' and ')}: name one chain`,
    });
  const { store: ref, item, address } = first;
  const store = openStore(ref);
  if (!store.ok) return refuse(context, { exit: 1, ...store.error });
  const restored = await withLock(store.value, lockWaitSeconds, () =>
    store.value.restoreTrash(item.path, item.chain, {
      formatVersion: 1,
      who: userName(context.terminal.env),
      at: instantOf(context.clock.now()),
      reason: 'restored from the trash',
    }),
  );
  if (!restored.ok) {
    const { code, message } = restored.error;
    return refuse(context, { exit: code === 'locked' ? 6 : 1, code, message });
  }
  if (context.globals.json === true) printJson(context, 'trash-restored', { address });
  else
    context.terminal.out(
      `restored ${printable(address)}, held. When retention may count it again: holdfast release ${shellWord(printable(address))}\n`,
    );
  return 0;
}

async function empty(context: Context, text: string | null, auto: boolean): Promise<ExitCode> {
  const refusal = auto ? null : cannotAsk(context);
  if (refusal !== null) return refuse(context, refusal);
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  const observed = await session.value.lookHere();
  const found = chosen(observed.stores, text);
  if (!found.ok) return refuse(context, found.error);
  const actions = found.value.map(purgeOf);
  const plan = actionPlan('trash', actions, observed, policyFacts(session.value));
  return runPlanOf(context, session.value, {
    plan,
    observed,
    auto,
    what: 'Remove these for good?',
  });
}

function purgeOf({ store, item, address }: Trashed): PurgeTrash {
  const { uuid, name, run, path, chain, bytes } = item;
  return {
    kind: 'purge-trash',
    id: `purge-trash:${store.name}:${uuid}:${chain}:${run}`,
    wave: 90,
    address,
    dependsOn: [],
    reasons: [{ code: 'asked' }],
    place: null,
    blockedBy: [],
    bytes,
    domain: { uuid, name },
    store,
    run,
    path,
    chain,
  };
}
