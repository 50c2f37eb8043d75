import type { Guard } from '../../model/plan.ts';
import type { StoreSituation } from '../planning.ts';
import { deletionsOf, finding, type GuardContext, type GuardRule } from './guard-context.ts';

/**
 * G152: a known store without its marker, or with another's, is an unmounted
 * or exchanged disk, not an empty store: nothing is done there. A store that
 * is mounted from elsewhere than at the last apply is written, but loses
 * nothing before somebody has looked.
 */
export const g152StoreIdentity: GuardRule = (context) =>
  context.planning.stores.flatMap((store) => identityFinding(context, store));

function identityFinding({ actions }: GuardContext, store: StoreSituation): readonly Guard[] {
  const scope = `store/${store.name}`;
  const { trouble, ready } = store;
  if (trouble?.code === 'lost' || trouble?.code === 'replaced') {
    return [
      finding({
        code: 'G152',
        scope,
        effect: 'block',
        overridable: false,
        actions: [],
        facts: { how: trouble.code, message: trouble.message },
      }),
    ];
  }
  const before = ready?.memory?.mount;
  if (ready === null || before === undefined || isSameMount(before, ready.mount)) return [];
  const own = deletionsOf(store, actions);
  return [
    finding({
      code: 'G152',
      scope,
      effect: 'block',
      overridable: true,
      actions: own,
      facts: { how: 'mount-changed', before: before.source, now: ready.mount.source },
    }),
  ];
}

type Mount = { readonly device: number; readonly source: string };

/** Device numbers change at each mount of a network file system, names when disks are found in another order: both say another one. */
export function isSameMount(a: Mount, b: Mount): boolean {
  return a.source === b.source || a.device === b.device;
}
