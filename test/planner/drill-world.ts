import type { Drill } from '../../src/model/drill-action.ts';
import type { DrillRecord } from '../../src/model/drill.ts';
import type { ObservedDirectory } from '../../src/model/observed-store.ts';
import type { ObservedState } from '../../src/model/observed.ts';

/** How a drill of a point ended. */
export function drillOf(
  action: Pick<Drill, 'chain' | 'point' | 'sequence' | 'wait' | 'script' | 'from'>,
  at: string,
  more: Partial<DrillRecord> = {},
): DrillRecord {
  const { chain, point, sequence, wait, script, from } = action;
  return {
    formatVersion: 1,
    at,
    chain,
    point,
    sequence,
    frozenAt: at,
    result: 'passed',
    failure: null,
    usableSeconds: 6.2,
    wait,
    script,
    screenshot: null,
    host: 'kvm01',
    mirror: from?.mirror ?? null,
    ...more,
  };
}

/** The world after a drill that passed; time stands still. */
export function drilled(observed: ObservedState, action: Drill): ObservedState {
  const last = drillOf(action, observed.observedAt);
  const noted = (one: ObservedDirectory): ObservedDirectory =>
    one.uuid === action.domain.uuid
      ? { ...one, drills: { formatVersion: 1, last, passed: last } }
      : one;
  return {
    ...observed,
    stores: observed.stores.map((store) =>
      store.name === action.store.name && store.state.kind === 'ready'
        ? {
            ...store,
            state: { ...store.state, directories: store.state.directories.map(noted) },
          }
        : store,
    ),
  };
}
