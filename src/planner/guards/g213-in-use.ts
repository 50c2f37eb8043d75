import type { Action } from '../../model/action.ts';
import { addressOf } from '../../model/address.ts';
import type { ObservedDomain } from '../../model/observed.ts';
import type { Guard } from '../../model/plan.ts';
import { unseenChain } from '../../model/unseen-chain.ts';
import type { Planning } from '../planning.ts';
import { finding, trashChains, type GuardContext, type GuardRule } from './guard-context.ts';

/**
 * G213: a file in the backing chain of any defined domain (an instant restore,
 * a drill, a user's own overlay) is not moved or deleted. Of a domain whose
 * backing chain could not be seen nobody knows what it stands on, so it counts
 * as standing on all: until it is seen, repaired, or named by `--allow`.
 */
export const g213InUse: GuardRule = (context) => {
  const deletions = context.actions.filter(
    ({ kind }) => kind === 'trash-chain' || kind === 'purge-trash',
  );
  if (deletions.length === 0) return [];
  return [...usedFindings(context, deletions), ...unknownFindings(context)];
};

function usedFindings({ planning }: GuardContext, deletions: readonly Action[]): readonly Guard[] {
  const used = usedPaths(planning);
  return deletions.flatMap((action) => {
    const root = rootOf(action);
    const use = used.find(({ path }) => root !== null && path.startsWith(`${root}/`));
    if (use === undefined) return [];
    return [
      finding({
        code: 'G213',
        scope: action.address,
        effect: 'block',
        overridable: false,
        actions: [action],
        facts: { usedBy: use.domain, path: use.path },
      }),
    ];
  });
}

/** Paths below a store that defined domains stand on. */
function usedPaths({
  observed,
  stores,
}: Planning): readonly { readonly path: string; readonly domain: string }[] {
  if (!observed.hypervisor.seen) return [];
  const roots = stores.map(({ desired }) => `${desired.path}/`);
  return observed.hypervisor.value.domains.flatMap(({ name, disks }) =>
    disks.flatMap(({ images }) =>
      images.seen
        ? images.value
            .filter(({ identity }) => roots.some((root) => identity.path.startsWith(root)))
            .map(({ identity }) => ({ path: identity.path, domain: name }))
        : [],
    ),
  );
}

function rootOf(action: Action): string | null {
  if (action.kind === 'trash-chain') {
    return `${action.store.path}/domains/${action.directory}/${action.chain}`;
  }
  return action.kind === 'purge-trash' ? `${action.store.path}/${action.path}` : null;
}

/** Domains whose backing chains could not be seen, each with what it withholds. */
function unknownFindings({ planning, actions }: GuardContext): readonly Guard[] {
  const { hypervisor } = planning.observed;
  if (!hypervisor.seen) return [];
  const chains = trashChains(actions);
  const unknown = [
    ...hypervisor.value.unseenDomains.map(({ name, message }) => ({ name, message })),
    ...hypervisor.value.domains.flatMap(unseenImages),
  ];
  if (chains.length === 0) return [];
  return unknown.map(({ name, message }) =>
    finding({
      code: 'G213',
      scope: addressOf(name),
      effect: 'withhold',
      overridable: true,
      actions: chains,
      facts: { how: 'unseen', message },
    }),
  );
}

function unseenImages(
  domain: ObservedDomain,
): readonly { readonly name: string; readonly message: string }[] {
  const failure = unseenChain(domain);
  return failure === null ? [] : [{ name: domain.name, message: failure.message }];
}
