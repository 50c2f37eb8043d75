import type { Command } from 'commander';
import type { Address } from '../model/address.ts';
import type { PointId } from '../model/identity.ts';
import type { ObservedState } from '../model/observed.ts';
import { retentionVerdicts } from '../planner/retention-words.ts';
import { renderPoints } from '../reporter/points.ts';
import { printable } from '../reporter/printable.ts';
import { openStore } from '../store/open.ts';
import { refuse, type Go } from './context.ts';
import { listCopies } from './list-copies.ts';
import { desiredOf, domainNames } from './load-policy.ts';
import { directoriesOf, pointsReport, type ReadPoint } from './points-report.ts';
import { printReport } from './print-report.ts';
import { readHolds } from './read-holds.ts';
import { readAddress, resolveAddress } from './resolve-address.ts';
import { openSession } from './session.ts';

interface PointsOptions {
  readonly store?: string;
  readonly mirror?: string;
}

/** `holdfast points [ADDR]` */
export function definePoints(command: Command, go: Go): void {
  command
    .argument('[addr]', 'only these; their manifests are read for quiesce, notes and checks')
    .option('--store <dir>', 'take points from this store; no policy is needed')
    .option('--mirror <name>', 'list the copies at this mirror')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast points\n  holdfast points domain/web01\n  holdfast points --mirror nas\n  holdfast points nas:domain/web01',
    )
    .action(async (text: string | undefined, { store, mirror }: PointsOptions) =>
      go(async (context) => {
        const only = text === undefined ? null : readAddress(text);
        if (only?.ok === false) return refuse(context, only.error);
        const session = await openSession(context, store);
        if (!session.ok) return refuse(context, session.error);
        const at = mirror ?? only?.value.mirror ?? null;
        if (at !== null) return listCopies(context, session.value, at, text ?? null);
        const observed = await session.value.lookHere();
        const desired = desiredOf(session.value.policy, observed);
        const report = pointsReport({
          observed,
          timezone: desired.timezone,
          only: only?.value ?? null,
          verdicts: retentionVerdicts(desired, observed),
          manifests: only === null ? new Map() : readManifests(observed, only.value),
          holds: readHolds(observed),
        });
        if (text !== undefined && report.points.length === 0) {
          const places = resolveAddress(observed.stores, text);
          // A domain without points yet is no mistake of the address.
          const isKnown = domainNames(session.value.policy, observed).has(only?.value.domain ?? '');
          if (!places.ok && !(places.error.code === 'no-domain' && isKnown))
            return refuse(context, places.error);
        }
        printReport(context, 'points', report, renderPoints);
        const unseen = observed.stores.flatMap(({ state }) =>
          state.kind === 'unseen' ? [state.failure] : [],
        );
        for (const { message } of unseen) context.terminal.err(`not seen: ${printable(message)}\n`);
        return unseen.length > 0 ? 9 : 0;
      }),
    );
}

/** Manifests of the points that an address means; what cannot be read is left out, its fault is in the row. */
function readManifests(observed: ObservedState, only: Address): ReadonlyMap<PointId, ReadPoint> {
  const manifests = new Map<PointId, ReadPoint>();
  for (const observedStore of observed.stores) {
    const { name, path, state } = observedStore;
    if (state.kind !== 'ready') continue;
    const store = openStore({ name, path, id: state.id });
    if (!store.ok) continue;
    for (const { directory, chains } of directoriesOf(observedStore, only)) {
      for (const { id } of chains.filter((chain) => chain.id.startsWith(only.chain ?? ''))) {
        const read = store.value.readChain(directory, id);
        for (const { place, manifest } of read.ok ? read.value : []) {
          const check = store.value.readCheck(place);
          const checkedAt = check.ok ? (check.value?.at ?? null) : null;
          const drilled = store.value.readDrill(place);
          const drill = drilled.ok ? drilled.value : null;
          manifests.set(manifest.point, { manifest, checkedAt, drill });
        }
      }
    }
  }
  return manifests;
}
