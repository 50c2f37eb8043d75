import { parseAddress } from '../model/address.ts';
import { instantOf } from '../model/instant.ts';
import type { ObservedStore } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { PointVerdict } from '../model/plan.ts';
import { retentionVerdicts } from '../planner/retention-words.ts';
import { renderPoints } from '../reporter/points.ts';
import { printable } from '../reporter/printable.ts';
import { refuse, type Context } from './context.ts';
import type { ExitCode } from './exit.ts';
import { Interrupt } from './interrupt.ts';
import { desiredOf } from './load-policy.ts';
import { accessOf, isTarget } from './mirror-access.ts';
import { lookAtMirror, resolveCopies } from './mirror-copies.ts';
import { pointsReport } from './points-report.ts';
import { printReport } from './print-report.ts';
import type { Session } from './session.ts';

/** `points --mirror NAME`, and `points MIRROR:domain/…`: the copies there. */
export async function listCopies(
  context: Context,
  session: Session,
  mirror: string,
  text: string | null,
): Promise<ExitCode> {
  const access = accessOf(session.policy.mirrors, mirror);
  if (!access.ok) return refuse(context, access.error);
  using interrupt = new Interrupt(context);
  const copies = await lookAtMirror(session, access.value, interrupt.signal);
  if (!copies.ok) return refuse(context, copies.error);
  const { stores } = copies.value;
  const address = text === null ? null : parseAddress(text);
  const report = pointsReport({
    observed: {
      stores,
      host: { name: session.hostName },
      observedAt: instantOf(context.clock.now()),
    },
    timezone: session.policy.timezone,
    only: address === null ? null : { ...address, mirror: null },
    verdicts: isTarget(mirror)
      ? null
      : copyVerdicts(session.policy, await session.lookHere(), access.value.name, stores),
    manifests: new Map(),
    holds: new Map(),
    mirror: access.value.name,
  });
  if (text !== null && report.points.length === 0) {
    const places = resolveCopies(copies.value, text);
    if (!places.ok) return refuse(context, places.error);
  }
  printReport(context, 'points', report, renderPoints);
  const unseen = stores.flatMap(({ state }) => (state.kind === 'unseen' ? [state.failure] : []));
  for (const { message } of unseen) context.terminal.err(`not seen: ${printable(message)}\n`);
  return unseen.length > 0 ? 9 : 0;
}

/** Why each copy is kept, by the mirror's own retention; the chain that grows is the one that grows here. */
export function copyVerdicts(
  policy: Session['policy'],
  here: ObservedState,
  mirror: string,
  stores: readonly ObservedStore[],
): readonly PointVerdict[] {
  const tips = new Map(
    here.stores.flatMap(({ state }) =>
      state.kind === 'ready' ? state.directories.map(({ uuid, tip }) => [uuid, tip] as const) : [],
    ),
  );
  const copies = stores.map((store): ObservedStore => {
    const { state } = store;
    if (state.kind !== 'ready') return store;
    const directories = state.directories.map((directory) => ({
      ...directory,
      tip: tips.get(directory.uuid) ?? null,
    }));
    return { ...store, state: { ...state, directories } };
  });
  const observed = { ...here, stores: copies };
  const desired = desiredOf(policy, observed);
  const retention = desired.mirrors.find(({ name }) => name === mirror)?.retention;
  const domains = desired.domains
    .filter(({ mirrors }) => mirrors.includes(mirror))
    .map((domain) => ({ ...domain, retention: retention ?? domain.retention }));
  return retentionVerdicts({ ...desired, domains }, observed);
}
