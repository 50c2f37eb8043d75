import type { MirrorAccess } from '../model/desired.ts';
import type { StoreId } from '../model/identity.ts';
import { instantOf } from '../model/instant.ts';
import type { ObservedMirrorContent, ObservedMirrorDirectory } from '../model/observed-mirror.ts';
import type { ObservedStore } from '../model/observed-store.ts';
import type { MirrorDomain, MirrorItem, MirrorsReport, MirrorStore } from '../model/report.ts';
import type { Seen } from '../model/result.ts';
import { renderMirrors } from '../reporter/mirrors.ts';
import { refuse, type Context } from './context.ts';
import { copiesAge } from './copies-age.ts';
import type { ExitCode } from './exit.ts';
import { Interrupt } from './interrupt.ts';
import { accessOf, isTarget } from './mirror-access.ts';
import { printReport } from './print-report.ts';
import { openSession, type Session } from './session.ts';

/** `holdfast mirror list [MIRROR]`: exit 9 when one of them could not be seen. */
export async function listMirrors(context: Context, only: string | null): Promise<ExitCode> {
  // A place is looked at without a policy: it may be all that is left.
  const isPlace = only !== null && isTarget(only);
  const session = await openSession(context, isPlace ? context.terminal.cwd : undefined);
  if (!session.ok) return refuse(context, session.error);
  const { mirrors } = session.value.policy;
  const chosen = only === null ? null : accessOf(mirrors, only);
  if (chosen?.ok === false) return refuse(context, chosen.error);
  using interrupt = new Interrupt(context);
  const { signal } = interrupt;
  const stores = isPlace ? [] : await session.value.lookAtStores();
  const all = chosen === null ? mirrors : [chosen.value];
  const items = await Promise.all(
    all.map(async (access) => mirrorItem(session.value, access, stores, signal)),
  );
  const report: MirrorsReport = {
    formatVersion: 1,
    host: session.value.hostName,
    at: instantOf(context.clock.now()),
    timezone: session.value.policy.timezone,
    mirrors: items,
  };
  printReport(context, 'mirrors', report, renderMirrors);
  const isUnseen = items.some(
    (item) => item.failure !== null || item.stores.some(({ failure }) => failure !== null),
  );
  return isUnseen ? 9 : 0;
}

async function mirrorItem(
  session: Session,
  access: MirrorAccess,
  local: readonly ObservedStore[],
  signal: AbortSignal,
): Promise<MirrorItem> {
  const { name, target } = access;
  const nothing = { name, target, freeBytes: null, stores: [] };
  const place = session.openMirrorPlace(access);
  if (!place.ok) return { ...nothing, failure: place.error };
  const there = await place.value.stores({ signal });
  if (!there.seen) return { ...nothing, failure: there.failure };
  const stores: MirrorStore[] = [];
  let freeBytes: number | null = null;
  for (const id of there.value) {
    const content = await place.value.of(id).observe({ signal });
    if (content.seen) ({ freeBytes } = content.value);
    stores.push(storeOf(id, content, local));
  }
  return { name, target, failure: null, freeBytes, stores };
}

function storeOf(
  id: StoreId,
  content: Seen<ObservedMirrorContent>,
  local: readonly ObservedStore[],
): MirrorStore {
  const own = local.find(({ state }) => state.kind === 'ready' && state.id === id);
  const name = own?.name ?? null;
  if (!content.seen) return { id, name, failure: content.failure, domains: [] };
  const domains = content.value.directories.map((directory) => domainOf(directory, own));
  return { id, name, failure: null, domains };
}

function domainOf(
  { uuid, name, chains, partial, deleted }: ObservedMirrorDirectory,
  own: ObservedStore | undefined,
): MirrorDomain {
  const here =
    own?.state.kind === 'ready'
      ? own.state.directories.filter((each) => each.uuid === uuid).flatMap((each) => each.chains)
      : null;
  const points = chains.flatMap((chain) => chain.points);
  return {
    uuid,
    name,
    chains: chains.length,
    points: points.filter(({ fault }) => fault === undefined).length,
    faulty: points.filter(({ fault }) => fault !== undefined).length,
    bytes: points.reduce((sum, { bytes }) => sum + bytes, 0),
    held: chains.some((chain) => chain.held || chain.points.some(({ held }) => held === true)),
    partial: partial.length,
    deleted: deleted.length,
    ...copiesAge(here, chains),
  };
}
