import { finding, trashChains, type GuardRule } from './guard-context.ts';

/** G205: what is held is never deleted. Retention keeps it by itself; a `removed:` meets this guard. */
export const g205Hold: GuardRule = ({ planning, actions }) => {
  const held = new Set<string>();
  for (const { name, ready } of planning.stores) {
    for (const { directory, chains } of ready?.directories ?? []) {
      for (const chain of chains) {
        if (chain.held || chain.points.some((point) => point.held === true)) {
          held.add(`${name}/${directory}/${chain.id}`);
        }
      }
    }
  }
  return trashChains(actions)
    .filter(({ store, directory, chain }) => held.has(`${store.name}/${directory}/${chain}`))
    .map((action) =>
      finding({
        code: 'G205',
        scope: action.address,
        effect: 'block',
        overridable: false,
        actions: [action],
        facts: {},
      }),
    );
};
