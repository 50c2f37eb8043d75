// The order of these is what they say: the active image first.
const ordered: ReadonlySet<string> = new Set(['images', 'stores', 'mirrors', 'moved']);

/**
 * A copy of plain data whose lists are in another order, but for those whose
 * order means something; and, with `keys`, whose records have another order of fields.
 */
export function shuffled<T>(value: T, seed: number, keys = true): T {
  let state = seed >>> 0 || 1;
  const next = (limit: number): number => {
    // xorshift32: the same shuffle for the same seed.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  const mixed = (list: readonly unknown[]): readonly unknown[] => {
    const copy = [...list];
    for (let index = copy.length - 1; index > 0; index -= 1) {
      const other = next(index + 1);
      [copy[index], copy[other]] = [copy[other], copy[index]];
    }
    return copy;
  };
  const walk = (part: unknown, key: string): unknown => {
    if (Array.isArray(part)) {
      const inner = part.map((each: unknown) => walk(each, key));
      return isOrdered(key) ? inner : mixed(inner);
    }
    if (part === null || typeof part !== 'object') return part;
    const inner = Object.entries(part).map(([name, each]: readonly [string, unknown]) => [
      name,
      // A seen value is the list that its field names.
      walk(each, name === 'value' ? key : name),
    ]);
    return Object.fromEntries((keys ? mixed(inner) : inner) as [string, unknown][]);
  };
  return walk(value, '') as T;
}

const isOrdered = (key: string): boolean => ordered.has(key);
