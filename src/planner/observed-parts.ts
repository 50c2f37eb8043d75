import type { ObservedChain } from '../model/observed-store.ts';
import type { Plan } from '../model/plan.ts';
import type { Planning, StoreSituation } from './planning.ts';

/** What was looked at, for the plan's second line: `libvirt`, each store, each mirror; else only what was not seen. */
export function observedParts(planning: Planning): Plan['observed'] {
  const { hypervisor, runs, scratch } = planning.observed;
  const quiet = (name: string, part: typeof runs | typeof scratch): Plan['observed'] =>
    part.seen ? [] : [partOf(name, part.failure.message)];
  return [
    partOf('libvirt', hypervisor.seen ? null : hypervisor.failure.message),
    ...planning.stores.map(storePart),
    ...quiet('scratch', scratch),
    ...quiet('journal', runs),
    ...planning.desired.mirrors.flatMap(({ name }) => mirrorPart(planning, name)),
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
  return { part: name, seen: true, message: null, ...counts(ready.directories) };
}

function counts(
  directories: Iterable<{ readonly chains: readonly ObservedChain[] }>,
): Pick<Plan['observed'][number], 'chains' | 'points'> {
  let chains = 0;
  let points = 0;
  for (const directory of directories) {
    chains += directory.chains.length;
    for (const chain of directory.chains) points += chain.points.length;
  }
  return { chains, points };
}

/** One entry a mirror, whatever number of stores is copied there; none where no domain is. */
function mirrorPart({ mirrors }: Planning, name: string): Plan['observed'] {
  const own = mirrors.filter((mirror) => mirror.name === name && mirror.used);
  if (own.length === 0) return [];
  const failure = own.find(({ unseen }) => unseen !== null)?.unseen ?? null;
  if (failure !== null) return [partOf(name, failure.message)];
  const directories = own.flatMap(({ content }) => content?.directories ?? []);
  return [{ part: name, seen: true, message: null, ...counts(directories) }];
}
