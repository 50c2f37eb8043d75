import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { realFileChecks } from '../executor/file-checks.ts';
import { verifyFiles } from '../executor/verify-point.ts';
import type { Mirror } from '../mirror/mirror.ts';
import type { StoreRef } from '../model/action-base.ts';
import { pointDirectory } from '../model/identity.ts';
import { instantOf } from '../model/instant.ts';
import type { ObservedChain, ObservedDirectory } from '../model/observed-store.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { openStore } from '../store/open.ts';
import { beginRefill, endRefill } from '../store/refill.ts';
import type { Store } from '../store/store.ts';
import { withLock } from '../store/with-lock.ts';
import type { Context } from './context.ts';
import { fetchChain } from './fetch-chain.ts';
import type { MirrorCopies } from './mirror-copies.ts';
import { userName } from './user-name.ts';

// Nobody else knows the store at that time.
const lockWaitSeconds = 10;

/** A chain that comes back. */
export interface LostChain {
  readonly directory: ObservedDirectory;
  readonly chain: ObservedChain;
}

/** A store that is lost, and the copies that come back. */
export interface Lost {
  readonly store: StoreRef;
  readonly copies: MirrorCopies;
  readonly chains: readonly LostChain[];
  /** Copies that are known to be faulty. */
  readonly leftOut: readonly Failure[];
}

/** The points of a chain that are worth fetching. */
export const validPoints = (chain: ObservedChain) =>
  chain.points.filter(({ fault }) => fault === undefined);

/** What came, but is not what its manifest says. */
export interface Refilled {
  readonly damaged: readonly Failure[];
}

/** Fetches all chains; the store is one again when all have come. */
export async function refill(
  context: Context,
  { store, copies, chains }: Lost,
  signal: AbortSignal,
): Promise<Result<Refilled, Failure>> {
  const begun = beginRefill(store);
  if (!begun.ok) return begun;
  const mirror = copies.open(store.id);
  const damaged: Failure[] = [];
  for (const lost of chains) {
    const fetched = await refillChain(context, { store, mirror, lost, signal });
    if (!fetched.ok) return fetched;
    damaged.push(...fetched.value);
  }
  const ended = endRefill(store, instantOf(context.clock.now()));
  if (!ended.ok) return ended;
  const marked = await markAgain(context, { store, name: copies.access.name, chains });
  return marked.ok ? ok({ damaged }) : marked;
}

/** Fetches a chain and compares every byte; from a point that is damaged on, what was fetched goes again. */
async function refillChain(
  context: Context,
  {
    store,
    mirror,
    lost,
    signal,
  }: {
    readonly store: StoreRef;
    readonly mirror: Mirror;
    readonly lost: LostChain;
    readonly signal: AbortSignal;
  },
): Promise<Result<readonly Failure[], Failure>> {
  const { directory, chain } = lost;
  const points = validPoints(chain);
  const request = {
    directory: directory.directory,
    chain: chain.id,
    pointDirectories: points.map(({ sequence, id, level }) => pointDirectory(sequence, id, level)),
    bytes: points.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const fetched = await fetchChain(context, mirror, request, store.path, signal);
  if (!fetched.ok) return fetched;
  const damaged: Failure[] = [];
  for (const manifest of fetched.value) {
    const name = pointDirectory(manifest.sequence, manifest.point, manifest.level);
    const path = join(store.path, 'domains', directory.directory, chain.id, name);
    const wrong =
      damaged.length > 0
        ? []
        : await verifyFiles(path, manifest, { checks: realFileChecks, signal });
    if (signal.aborted) return fail({ code: 'canceled', message: 'fetching was stopped' });
    const [first] = wrong;
    if (first === undefined && damaged.length === 0) continue;
    const message = first?.message ?? `${path} stands on a point that is damaged`;
    damaged.push({
      code: first?.code ?? 'parent-faulty',
      message: `${message}; it was not kept, holdfast verify ${mirror.name}:domain/${directory.name}`,
    });
    rmSync(path, { recursive: true, force: true });
  }
  return ok(damaged);
}

/** Closed chains are closed again, and what is held at the mirror is held here. */
async function markAgain(
  { clock, terminal }: Context,
  {
    store: ref,
    name,
    chains,
  }: { readonly store: StoreRef; readonly name: string; readonly chains: readonly LostChain[] },
): Promise<Result<void, Failure>> {
  const store = openStore(ref);
  if (!store.ok) return store;
  const at = instantOf(clock.now());
  const hold = {
    formatVersion: 1,
    who: userName(terminal.env),
    at,
    reason: `held at mirror ${name}`,
  } as const;
  return withLock(store.value, lockWaitSeconds, () => {
    for (const { directory, chain } of chains) {
      const marked = markChain(store.value, directory.directory, chain, hold);
      if (!marked.ok) return marked;
    }
    return ok(undefined);
  });
}

function markChain(
  store: Store,
  directory: string,
  chain: ObservedChain,
  hold: Parameters<Store['writeHold']>[3],
): Result<void, Failure> {
  if (chain.closed !== null) {
    const closed = store.closeChain(directory, chain.id, chain.closed, hold.at);
    if (!closed.ok) return closed;
  }
  if (chain.held) {
    const held = store.writeHold(directory, chain.id, null, hold);
    if (!held.ok) return held;
  }
  for (const { held, fault, sequence, id, level } of chain.points) {
    if (held !== true || fault !== undefined) continue;
    const marked = store.writeHold(directory, chain.id, pointDirectory(sequence, id, level), hold);
    if (!marked.ok) return marked;
  }
  return ok(undefined);
}
