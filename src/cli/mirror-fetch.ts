import { addressOf, onMirror } from '../model/address.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { faultWords } from '../reporter/faults.ts';
import { humanBytes } from '../reporter/human-bytes.ts';
import { plural } from '../reporter/plural.ts';
import { knownStore } from '../store/known-stores.ts';
import { takeApplyLock } from './apply-lock.ts';
import { approved, cannotAsk } from './approve.ts';
import { complain, printJson, refuse, say, type Context, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { Interrupt } from './interrupt.ts';
import { accessOf } from './mirror-access.ts';
import { lookAtMirror } from './mirror-copies.ts';
import { usage } from './plan-options.ts';
import { refill, validPoints, type Lost, type LostChain } from './refill-store.ts';
import { openSession, type Session } from './session.ts';

/** Flags of `mirror fetch`. */
export interface FetchOptions {
  readonly domain?: readonly string[];
  readonly store?: string;
  readonly storeId?: string;
  readonly autoApprove?: boolean;
}

/** `holdfast mirror fetch`: brings a lost store back, with its id, so that plans go on where they were. */
export async function fetchStore(
  context: Context,
  mirror: string | null,
  options: FetchOptions,
): Promise<ExitCode> {
  const auto = options.autoApprove === true;
  const unasked = auto ? null : cannotAsk(context);
  if (unasked !== null) return refuse(context, unasked);
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  const lock = await takeApplyLock(session.value.host.stateDir, 0);
  if (!lock.ok) return refuse(context, lock.error);
  try {
    using interrupt = new Interrupt(context);
    const { signal } = interrupt;
    const lost = await lostStore(session.value, mirror, options, signal);
    if (!lost.ok) return refuse(context, lost.error);
    const { store, copies, chains } = lost.value;
    const points = chains.flatMap(({ chain }) => validPoints(chain));
    const bytes = points.reduce((sum, point) => sum + point.bytes, 0);
    const what = `${plural(points.length, 'point')} in ${plural(chains.length, 'chain')} (${humanBytes(bytes)}) from ${copies.access.name} into ${store.path}`;
    if (!auto && !(await approved(context, `Fetch ${what}?`, signal))) {
      say(context, 'Nothing was done.');
      return interrupt.by === null ? 1 : exitOf(interrupt.by);
    }
    say(context, `fetching ${what}`);
    const done = await refill(context, lost.value, signal);
    if (!done.ok) {
      const exit = interrupt.by === null ? 1 : exitOf(interrupt.by);
      complain(context, `${store.path} is no store yet: the same command goes on with it`);
      return refuse(context, { exit, ...done.error });
    }
    const damaged = [...lost.value.leftOut, ...done.value.damaged];
    for (const { message } of damaged) complain(context, message);
    const report = {
      store: store.name,
      id: store.id,
      chains: chains.length,
      points: points.length,
      bytes,
      damaged,
    };
    if (context.globals.json === true) printJson(context, 'mirror-fetch', report);
    else
      context.terminal.out(
        `Store ${store.name} is back in ${store.path}: ${plural(points.length - done.value.damaged.length, 'point')}, ${humanBytes(bytes)}.\n`,
      );
    return damaged.length > 0 ? 7 : 0;
  } finally {
    lock.value.release();
  }
}

const exitOf = (by: 'SIGINT' | 'SIGTERM'): ExitCode => (by === 'SIGINT' ? 130 : 143);

/** Which store is lost, at which mirror its copies are, and which of them come back. */
async function lostStore(
  session: Session,
  mirror: string | null,
  options: FetchOptions,
  signal: AbortSignal,
): Promise<Result<Lost, Refusal>> {
  const { policy } = session;
  const named = onlyOne(
    'store',
    policy.stores.map(({ name }) => name),
    options.store ?? null,
  );
  if (!named.ok) return named;
  const store = policy.stores.find(({ name }) => name === named.value);
  if (store === undefined) {
    return usage('no-store', `the policy has no store ${named.value}`);
  }
  const observed = (await session.lookAtStores()).find(({ name }) => name === store.name);
  if (observed?.state.kind === 'ready') {
    const message = `store ${store.name} is there (${store.path}): copies come back only into an empty directory`;
    return fail({ exit: 1, code: 'exists', message });
  }
  const at = onlyOne(
    'mirror',
    policy.mirrors.map(({ name }) => name),
    mirror,
  );
  if (!at.ok) return at;
  const access = accessOf(policy.mirrors, at.value);
  if (!access.ok) return access;
  const copies = await lookAtMirror(session, access.value, signal, {
    idPrefix: options.storeId ?? null,
    store: store.name,
  });
  if (!copies.ok) return copies;
  const [found] = copies.value.stores;
  if (found === undefined || found.state.kind !== 'ready') {
    const failure = found?.state.kind === 'unseen' ? found.state.failure : null;
    const message =
      failure?.message ?? `mirror ${access.value.name} holds no copies of store ${store.name}`;
    return fail({ exit: 9, code: failure?.code ?? 'no-copies', message });
  }
  const { id, directories } = found.state;
  const known = await knownStore(session.host.stateDir, store.path);
  if (known.ok && known.value !== null && known.value !== id) {
    const message = `this host knows store ${known.value} at ${store.path}, and --store-id names ${id}: mount the right disk, or take its line out of stores.json in the state directory`;
    return fail({ exit: 1, code: 'other-store', message });
  }
  const wanted = options.domain ?? null;
  const unknown = wanted?.find(
    (name) => !directories.some((each) => each.name === name || each.uuid === name),
  );
  if (unknown !== undefined) {
    const message = `mirror ${access.value.name} holds no points of domain/${unknown}`;
    return fail({ exit: 1, code: 'no-domain', message });
  }
  const all = directories
    .filter(
      (each) => wanted === null || wanted.some((name) => name === each.name || name === each.uuid),
    )
    .flatMap((directory) => directory.chains.map((chain) => ({ directory, chain })));
  const chains = all.filter(({ chain }) => validPoints(chain).length > 0);
  if (chains.length === 0) {
    const message = `mirror ${access.value.name} holds no valid points of store ${id}`;
    return fail({ exit: 1, code: 'no-copies', message });
  }
  const leftOut = all.flatMap((one) => faultyCopies(access.value.name, one));
  const ref = { name: store.name, path: store.path, id };
  return ok({ store: ref, copies: copies.value, chains, leftOut });
}

/** Copies that are known to be faulty: they do not come back, and not without a word. */
function faultyCopies(mirror: string, { directory, chain }: LostChain): readonly Failure[] {
  return chain.points.flatMap(({ fault, sequence }) => {
    if (fault === undefined) return [];
    const address = onMirror(mirror, addressOf(directory.name, chain.id, sequence));
    const message = `${address} was not fetched: ${faultWords(fault)}; holdfast verify ${address}`;
    return [{ code: fault, message }];
  });
}

function onlyOne(
  what: string,
  names: readonly string[],
  given: string | null,
): Result<string, Refusal> {
  if (given !== null) return ok(given);
  const [only] = names;
  if (only !== undefined && names.length === 1) return ok(only);
  const message =
    only === undefined
      ? `the policy names no ${what}`
      : `the policy has several ${what}s: ${names.join(', ')}; name one`;
  return usage(`which-${what}`, message);
}
