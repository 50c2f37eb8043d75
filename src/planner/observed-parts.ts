import type { Plan } from '../model/plan.ts';
import type { Planning, StoreSituation } from './planning.ts';

/** What was looked at, for the plan's second line: `libvirt`, each store, each mirror; else only what was not seen. */
export function observedParts(planning: Planning): Plan['observed'] {
  const { hypervisor, runs, scratch, mirrors } = planning.observed;
  const quiet = (name: string, part: typeof runs | typeof scratch): Plan['observed'] =>
    part.seen ? [] : [partOf(name, part.failure.message)];
  const states = new Map(mirrors.map((mirror) => [mirror.name, mirror.state]));
  return [
    partOf('libvirt', hypervisor.seen ? null : hypervisor.failure.message),
    ...planning.stores.map(storePart),
    ...quiet('scratch', scratch),
    ...quiet('journal', runs),
    ...planning.desired.mirrors.map(({ name }) => {
      const state = states.get(name);
      if (state === undefined) return partOf(name, `mirror ${name} was not looked at`);
      return partOf(name, state.seen ? null : state.failure.message);
    }),
  ];
}

function partOf(part: string, message: string | null): Plan['observed'][number] {
  return { part, seen: message === null, message, chains: null, points: null };
}

function storePart({ name, ready, trouble, toCreate }: StoreSituation): Plan['observed'][number] {
  if (ready === null) {
    return toCreate
      ? { ...partOf(name, null), chains: 0, points: 0 }
      : partOf(name, trouble?.message ?? '');
  }
  let chains = 0;
  let points = 0;
  for (const directory of ready.directories) {
    chains += directory.chains.length;
    for (const chain of directory.chains) points += chain.points.length;
  }
  return { part: name, seen: true, message: null, chains, points };
}
