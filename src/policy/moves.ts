import type { Moved, Removed } from '../model/desired.ts';
import { chainId, domainUuid } from '../model/identity.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Policy, Rule } from './policy.ts';
import { diagnose, placeOf, type Path, type Source } from './source.ts';
import type { UsableFile } from './usable.ts';

interface Entry<T> {
  readonly value: T;
  readonly source: Source;
  readonly path: Path;
}

/** `moved:` and `removed:` of all files, checked against each other and against the rules. */
export function readMoves(
  files: readonly UsableFile[],
  rules: readonly Rule[],
  found: Diagnostic[],
): Pick<Policy, 'moved' | 'removed'> {
  const moved = files.flatMap(({ source, file, indexes }) =>
    (file.moved ?? []).map(({ from, to }, position): Entry<Moved> => {
      const path = ['moved', indexes.moved[position] ?? position];
      return { value: { from, to, place: placeOf(source, path) }, source, path };
    }),
  );
  const removed = files.flatMap(({ source, file, indexes }) =>
    (file.removed ?? []).map(({ domain, uuid, chain }, position): Entry<Removed> => {
      const path = ['removed', indexes.removed[position] ?? position];
      const value: Removed = {
        name: domain,
        uuid: domainUuid(uuid.toLowerCase()),
        chain: chain === undefined ? null : chainId(chain),
        place: placeOf(source, path),
      };
      return { value, source, path };
    }),
  );
  checkMoved(moved, found);
  checkRemoved(removed, rules, found);
  return { moved: moved.map(({ value }) => value), removed: removed.map(({ value }) => value) };
}

function checkMoved(moved: readonly Entry<Moved>[], found: Diagnostic[]): void {
  const next = new Map<string, Entry<Moved>>();
  const before = new Map<string, Entry<Moved>>();
  for (const entry of moved) {
    const { value, source, path } = entry;
    const say = (summary: string): void => {
      found.push(diagnose(source, path, { code: 'HP315', summary, detail: 'remove one of them' }));
    };
    const sameFrom = next.get(value.from);
    const sameTo = before.get(value.to);
    if (value.from === value.to) say(`"${value.from}" is moved to itself`);
    else if (sameFrom !== undefined) {
      say(`"${value.from}" is moved twice: see line ${sameFrom.value.place.line}`);
    } else if (sameTo !== undefined) {
      say(`"${value.to}" has two old names: see line ${sameTo.value.place.line}`);
    } else {
      const circle = circleFrom(value, next);
      if (circle !== null) say(`moved in a circle: ${circle.join(' → ')}`);
    }
    next.set(value.from, entry);
    before.set(value.to, entry);
  }
}

/** The names that a move leads through, if they lead back to its beginning. */
function circleFrom(
  { from, to }: Moved,
  next: ReadonlyMap<string, Entry<Moved>>,
): readonly string[] | null {
  const names = [from, to];
  const seen = new Set(names);
  for (let at = next.get(to); at !== undefined; at = next.get(at.value.to)) {
    names.push(at.value.to);
    if (at.value.to === from) return names;
    if (seen.has(at.value.to)) return null;
    seen.add(at.value.to);
  }
  return null;
}

function checkRemoved(
  removed: readonly Entry<Removed>[],
  rules: readonly Rule[],
  found: Diagnostic[],
): void {
  const ruled = new Map(
    rules.flatMap(({ selector, place }) =>
      selector.kind === 'match'
        ? []
        : [[selector.kind === 'name' ? selector.name : selector.uuid, place] as const],
    ),
  );
  for (const { value, source, path } of removed) {
    const place = ruled.get(value.name) ?? ruled.get(value.uuid);
    if (value.chain !== null || place === undefined) continue;
    found.push(
      diagnose(source, path, {
        code: 'HP316',
        summary: `all points of "${value.name}" are removed, and it has a rule at ${place.file}:${place.line}`,
        detail: 'remove one of them',
      }),
    );
  }
}
