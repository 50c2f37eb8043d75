import type { Random } from './random.ts';

type Holder = Record<string, unknown> | unknown[];

const odd: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  1e300,
  '',
  ' ',
  'x',
  '../..',
  '/etc/passwd',
  {},
  [],
  'a\nb',
  '\u001B[2J',
  '\u009B31m',
  '\u202E',
  '1970-01-01T00:00:00.000Z',
  '-rf',
  '\uD800',
  '9999-12-31T23:59:59.999Z',
  '0000-00-00T00:00:00.000Z',
  'constructor',
  '__proto__',
];

const isHolder = (value: unknown): value is Holder => value !== null && typeof value === 'object';

/** Every object and list in a value, at most so many. */
function holdersIn(value: unknown): readonly Holder[] {
  const found: Holder[] = [];
  const left = [value];
  while (left.length > 0 && found.length < 2000) {
    const next = left.pop();
    if (!isHolder(next)) continue;
    found.push(next);
    left.push(...Object.values(next).slice(0, 200));
  }
  return found;
}

function parsed(input: Buffer): unknown {
  const first = input[0];
  // A seed may be nested so deep that writing it again overflows the stack.
  const isDeep = input.includes('['.repeat(500));
  if ((first !== 0x7b && first !== 0x5b) || isDeep) return undefined;
  try {
    const value: unknown = JSON.parse(input.toString());
    return value;
  } catch {
    return undefined;
  }
}

/** Sets, removes, doubles or exchanges one value of a JSON text; null if it is none. */
export function mutateJson(
  input: Buffer,
  random: Random,
  others: readonly Buffer[],
): Buffer | null {
  const value = parsed(input);
  if (value === undefined) return null;
  const holder = random.any(holdersIn(value));
  if (holder === undefined) return null;
  const key = random.any(Object.keys(holder));
  if (key === undefined) return null;
  const slots = holder as Record<string, unknown>;
  switch (random.below(6)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete slots[key];
      break;
    case 1:
      if (Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(slots[key]));
      else slots[`${key}${random.below(10)}`] = slots[key];
      break;
    case 2:
      slots[key] = structuredClone(
        random.any(Object.values(random.any(holdersIn(value)) ?? {})) ?? null,
      );
      break;
    case 3: {
      const donor = parsed(random.any(others) ?? input);
      slots[key] = random.any(Object.values(random.any(holdersIn(donor)) ?? {})) ?? null;
      break;
    }
    case 4:
      if (typeof slots[key] === 'number')
        slots[key] = slots[key] + random.pick([1, -1, 0.5, 2 ** 32]);
      else if (typeof slots[key] === 'string')
        slots[key] = `${slots[key]}${String(random.any(odd))}`;
      else slots[key] = null;
      break;
    default:
      slots[key] = random.any(odd);
  }
  return Buffer.from(JSON.stringify(value));
}
