import type { Action } from '../../model/action.ts';
import { addressOf, onMirror } from '../../model/address.ts';
import type { Guard } from '../../model/plan.ts';
import { hostUnseen, unreadableAt, unreadableFor } from '../completeness.ts';
import { grouped } from '../order.ts';
import type { MirrorSituation, StoreSituation } from '../planning.ts';
import { directoryOfPath } from '../store-situations.ts';
import {
  deletionsAt,
  deletionsOf,
  destructive,
  finding,
  type GuardContext,
  type GuardRule,
} from './guard-context.ts';

/**
 * G151 (I4): no deletion is decided from an observation that is not complete
 * for its scope. The actions stay in the plan, so that one sees what waits.
 */
export const g151Unseen: GuardRule = (context) => {
  const { planning, actions } = context;
  const whole = hostUnseen(planning);
  if (whole !== null) {
    return [withheld('host', destructive(actions), whole.facts ?? {})].filter(isSaid);
  }
  const scratch = planning.observed.scratch;
  const backups = scratch.seen ? [] : actions.filter(({ kind }) => kind === 'backup');
  return [
    withheld('host', backups, {
      part: 'scratch',
      message: scratch.seen ? null : scratch.failure.message,
    }),
    ...planning.stores.flatMap((store) => storeFindings(context, store)),
    ...planning.mirrors.flatMap((mirror) => mirrorFindings(context, mirror)),
    ...planning.domains.flatMap(({ uuid, address, unseen }) =>
      unseen === null
        ? []
        : [
            withheld(
              address,
              destructive(actions).filter((action) => domainOf(action) === uuid),
              { part: 'domain', message: unseen.message },
            ),
          ],
    ),
  ].filter(isSaid);
};

const isSaid = (guard: Guard): boolean => guard.actions.length > 0;

function withheld(
  scope: string,
  actions: readonly Action[],
  facts: NonNullable<Guard['facts']>,
): Guard {
  return finding({ code: 'G151', scope, effect: 'withhold', overridable: false, actions, facts });
}

/** What could not be read of a store: it withholds the deletions of the directory that it lies in, or of all. */
function storeFindings(
  { planning, actions }: GuardContext,
  store: StoreSituation,
): readonly Guard[] {
  if ((store.ready?.unreadable.length ?? 0) === 0) return [];
  const inStore = deletionsOf(store, actions);
  const whole = unreadableFor(store, null);
  if (whole !== null) {
    return [withheld(`store/${store.name}`, inStore, { part: whole.path, message: whole.message })];
  }
  return planning.domains.flatMap(({ uuid, address }) => {
    const directory = store.directories.get(uuid)?.directory ?? null;
    if (directory === null) return [];
    const part = unreadableFor(store, directory);
    if (part === null || directoryOfPath(part.path) !== directory) return [];
    const own = inStore.filter((action) => domainOf(action) === uuid);
    return [withheld(address, own, { part: part.path, message: part.message })];
  });
}

/** The same of one store's copies at a mirror. */
function mirrorFindings({ actions }: GuardContext, mirror: MirrorSituation): readonly Guard[] {
  const all = deletionsAt(mirror, actions);
  const whole = unreadableAt(mirror, null);
  if (whole !== null) {
    const facts = { part: whole.path, message: whole.message };
    return [withheld(`mirror/${mirror.name}`, all, facts)];
  }
  return [...grouped(all, ({ directory }) => directory)].flatMap(([directory, own]) => {
    const part = unreadableAt(mirror, directory);
    const [first] = own;
    if (part === null || first === undefined) return [];
    const scope = onMirror(mirror.name, addressOf(first.domain.name));
    return [withheld(scope, own, { part: part.path, message: part.message })];
  });
}

function domainOf(action: Action): string | null {
  return 'domain' in action ? action.domain.uuid : null;
}
