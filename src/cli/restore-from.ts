import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addressOf, parseAddress } from '../model/address.ts';
import { pointDirectory, type StoreId } from '../model/identity.ts';
import { instantOf } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { choosePoint, type WantedPoint } from '../planner/restore-point.ts';
import type { RestoreRequest } from '../planner/restore-targets.ts';
import { humanBytes } from '../reporter/human-bytes.ts';
import { createStore } from '../store/create.ts';
import { complain, refuse, say, type Context, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { fetchChain, type ChainCopies } from './fetch-chain.ts';
import { loadHost } from './host.ts';
import { Interrupt } from './interrupt.ts';
import { accessOf, isTarget } from './mirror-access.ts';
import { lookAtMirror, resolveCopies, type MirrorCopies } from './mirror-copies.ts';
import { usage } from './plan-options.ts';
import { passedOverWords, wantedPoint } from './restore-source.ts';
import { openSession, type Session } from './session.ts';

/** What is to be restored. */
export interface AskedRestore {
  readonly text: string;
  /** As given with `--at`. */
  readonly at: string | undefined;
  readonly request: RestoreRequest;
  readonly auto: boolean;
}

/** And from which mirror. */
interface AskedFrom extends AskedRestore {
  readonly from: string;
  readonly storeId: string | null;
}

/**
 * Restores from a mirror: the chain is fetched into a store of its own, which is there
 * only as long as the restore, and brought back from there as from any other store; every
 * hash is compared on the way. Needs neither the store nor, with a place, the policy.
 */
export async function restoreFrom(
  context: Context,
  asked: AskedFrom,
  bringBack: (context: Context, session: Session, asked: AskedRestore) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { from, request } = asked;
  if (request.mode === 'instant') {
    const message =
      '--instant boots from the point itself, which must be in a store here: leave it out, or holdfast mirror fetch first';
    return refuse(context, usage('instant-from-mirror', message).error);
  }
  const host = loadHost(context);
  if (!host.ok) return refuse(context, host.error);
  const { stateDir } = host.value;
  // A place needs no policy: any directory stands in for the store that is lost.
  const session = await openSession(
    context,
    isTarget(from) ? join(stateDir, 'no-store') : undefined,
  );
  if (!session.ok) return refuse(context, session.error);
  const wanted = wantedPoint(asked.text, asked.at, session.value.policy.timezone);
  if (!wanted.ok) return refuse(context, wanted.error);
  const temporary = await fetchWanted(context, session.value, asked, wanted.value);
  if (!temporary.ok) return refuse(context, temporary.error);
  const { path, address } = temporary.value;
  try {
    const own = await openSession(context, path);
    if (!own.ok) return refuse(context, own.error);
    return await bringBack(context, own.value, { ...asked, text: address, at: undefined });
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** A store that holds one chain, and the address of the point in it. */
interface Temporary {
  readonly path: string;
  readonly address: string;
}

async function fetchWanted(
  context: Context,
  session: Session,
  { from, storeId, text, request }: AskedFrom,
  wanted: WantedPoint,
): Promise<Result<Temporary, Refusal>> {
  const access = accessOf(session.policy.mirrors, from);
  if (!access.ok) return access;
  using interrupt = new Interrupt(context);
  const copies = await lookAtMirror(session, access.value, interrupt.signal, {
    idPrefix: storeId,
    store: null,
  });
  if (!copies.ok) return copies;
  const chosen = chosenCopies(copies.value, text, wanted);
  if (!chosen.ok) return chosen;
  const { chain, store, address, warning } = chosen.value;
  if (warning !== null) complain(context, `warning: ${warning}`);
  // The chain is in the name: a restore that was cut short is gone on with by the next one.
  const path = join(request.to ?? session.host.stateDir, `.holdfast-from-${chain.chain}`);
  const room = makeRoom(path, chain.bytes);
  if (!room.ok) return fail({ exit: 1, ...room.error });
  if (!existsSync(join(path, 'holdfast-store.json'))) {
    const ref = { name: 'fetched', path, id: store };
    const made = createStore(ref, instantOf(context.clock.now()));
    if (!made.ok) return fail({ exit: 1, ...made.error });
  }
  say(context, `fetching ${humanBytes(chain.bytes)} from ${from} into ${path}`);
  const mirror = copies.value.open(store);
  const fetched = await fetchChain(context, mirror, chain, path, interrupt.signal);
  if (fetched.ok) return ok({ path, address });
  complain(context, `what has come is kept in ${path}: the same command goes on with it`);
  if (interrupt.by === null) return fail({ exit: 1, ...fetched.error });
  return fail({ exit: interrupt.by === 'SIGINT' ? 130 : 143, ...fetched.error });
}

/** The point that is meant, and all that it stands on. */
function chosenCopies(
  copies: MirrorCopies,
  text: string,
  wanted: WantedPoint,
): Result<
  {
    readonly chain: ChainCopies;
    readonly store: StoreId;
    readonly address: string;
    readonly warning: string | null;
  },
  Refusal
> {
  const places = resolveCopies(copies, text);
  if (!places.ok) return places;
  const [place] = places.value;
  const domain = parseAddress(text)?.domain ?? text;
  if (place === undefined) {
    const message = `mirror ${copies.access.name} has no points of ${domain}`;
    return fail({ exit: 1, code: 'no-points', message });
  }
  const { directory, store } = place;
  const chosen = choosePoint(directory, wanted);
  if (!chosen.ok) return fail({ exit: 1, ...chosen.error });
  const { chain: id, sequence } = chosen.value;
  const points = (directory.chains.find((chain) => chain.id === id)?.points ?? []).filter(
    (point) => point.sequence <= sequence,
  );
  return ok({
    store: store.id,
    address: addressOf(directory.uuid, id, sequence),
    warning: passedOverWords(directory, wanted, chosen.value),
    chain: {
      directory: directory.directory,
      chain: id,
      pointDirectories: points.map((point) =>
        pointDirectory(point.sequence, point.id, point.level),
      ),
      bytes: points.reduce((sum, { bytes }) => sum + bytes, 0),
    },
  });
}

/** Makes the directory, where there is room for the chain beside what is written from it. */
function makeRoom(path: string, bytes: number): Result<void, Failure> {
  try {
    const isNew = mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined;
    const { bavail, bsize } = statfsSync(path);
    // Of a fetch that is gone on with a part is there already: rclone or rsync will say.
    if (!isNew || bavail * bsize > bytes) return ok(undefined);
    rmSync(path, { recursive: true });
    const message = `${dirname(path)} has room for ${humanBytes(bavail * bsize)}, and the chain takes ${humanBytes(bytes)} until it is restored; --to DIR names another place`;
    return fail({ code: 'no-room', message });
  } catch (error) {
    return fail({ code: 'no-directory', message: `${path} cannot be made: ${String(error)}` });
  }
}
