import type { Guard } from '../../model/plan.ts';
import type { MirrorSituation } from '../planning.ts';
import { validPoints } from './g153-vanished.ts';
import { deletionsAt, finding, type GuardContext, type GuardRule } from './guard-context.ts';

/**
 * G153 at a mirror: when more than half of the copies that were there at the
 * last apply are gone, or nobody remembers how many there were, none is deleted.
 */
export const g153VanishedCopies: GuardRule = (context) =>
  context.planning.mirrors.flatMap((mirror) => vanishedFinding(context, mirror));

function vanishedFinding({ actions }: GuardContext, mirror: MirrorSituation): readonly Guard[] {
  const { name, store, content } = mirror;
  if (content === null || store.ready === null) return [];
  const own = deletionsAt(mirror, actions);
  const scope = `mirror/${name}`;
  const memory = store.ready.memory?.mirrors?.[name] ?? null;
  if (memory === null) {
    if (own.length === 0) return [];
    const facts = { how: 'no-memory', store: store.name };
    return [
      finding({ code: 'G153', scope, effect: 'withhold', overridable: false, actions: own, facts }),
    ];
  }
  const known = sum(Object.values(memory.points));
  const found = sum(Object.values(validPoints(content)));
  if (found * 2 >= known) return [];
  const facts = { how: 'vanished', known, found, store: store.name };
  return [
    finding({ code: 'G153', scope, effect: 'block', overridable: true, actions: own, facts }),
  ];
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
