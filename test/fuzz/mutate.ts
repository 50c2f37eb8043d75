import { mutateJson } from './mutate-json.ts';
import type { Random } from './random.ts';

// Enough for a repetition to show quadratic time, little enough for a thousand runs a second.
const maxBytes = 64 * 1024;

const numbers = [
  '0',
  '-1',
  '1e309',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '18446744073709551616',
  '007',
  '1.5',
  '-0',
  '99999999999999999999999999',
  '0x10',
  'NaN',
  'Infinity',
];
const nasty = [
  '\0',
  '\n',
  '\r\n',
  '\u001B[2J',
  '\u009B31m',
  '\u202E',
  '\u2028',
  '\uFEFF',
  '\uFFFD',
  '🙂',
  '../',
  '/etc/passwd',
  '-oProxyCommand=x',
  '$(id)',
  '`id`',
  ';',
  '%s',
  '%2e%2e',
  "'",
  '"',
  '__proto__',
  'constructor',
  'toString',
  'null',
  '{}',
  '[]',
  '<![CDATA[',
  ']]>',
  '<!--',
];

type Change = (input: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

/** A place in an input, and one after it. */
function range(input: Buffer, random: Random): readonly [number, number] {
  const from = random.below(input.length + 1);
  return [from, from + random.skewed(input.length - from + 1)];
}

const joined = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);

const flip: Change = (input, random) => {
  const copy = Buffer.from(input);
  if (copy.length > 0) {
    const at = random.below(copy.length);
    copy[at] = random.below(2) === 0 ? (copy[at] ?? 0) ^ (1 << random.below(8)) : random.below(256);
  }
  return copy;
};
const integer: Change = (input, random) => {
  const copy = Buffer.from(input);
  if (copy.length < 8) return copy;
  const value = random.pick([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xffff, 2 ** 20]);
  copy.writeUInt32BE(value, random.below(copy.length - 7) + random.pick([0, 4]));
  return copy;
};
const cut: Change = (input, random) => {
  const [from, to] = range(input, random);
  return joined(input.subarray(0, from), input.subarray(to));
};
const repeat: Change = (input, random) => {
  const [from, to] = range(input, random);
  const part = input.subarray(from, to);
  const most = Math.max(1, Math.floor((maxBytes - input.length) / Math.max(1, part.length)));
  const times = random.below(4) === 0 ? most : 1 + random.below(Math.min(8, most));
  return joined(
    input.subarray(0, to),
    ...Array.from({ length: times }, () => part),
    input.subarray(to),
  );
};
const splice: Change = (input, random, others) => {
  const other = random.any(others) ?? input;
  const [from, to] = range(input, random);
  const [start, end] = range(other, random);
  return joined(input.subarray(0, from), other.subarray(start, end), input.subarray(to));
};
const number: Change = (input, random) => {
  const text = input.toString('latin1');
  const found = random.any([...text.matchAll(/\d+/g)]);
  if (found === undefined) return input;
  const word = random.any(numbers) ?? '0';
  return Buffer.from(
    `${text.slice(0, found.index)}${word}${text.slice(found.index + found[0].length)}`,
    'latin1',
  );
};

const wordFrom =
  (words: readonly string[]): Change =>
  (input, random) => {
    const at = random.below(input.length + 1);
    const over = random.below(2) === 0 ? 0 : random.skewed(16);
    const word = Buffer.from(random.any(words) ?? '');
    return joined(input.subarray(0, at), word, input.subarray(at + over));
  };

/** Changes an input at random, once or a few times; the same for the same state of chance. */
export function mutate(
  input: Buffer,
  random: Random,
  { others, words }: { readonly others: readonly Buffer[]; readonly words: readonly string[] },
): Buffer {
  const changes: readonly [Change, ...Change[]] = [
    ...([flip, integer, cut, repeat, splice, number, wordFrom(nasty)] as const),
    ...(words.length === 0 ? [] : [wordFrom(words), wordFrom(words)]),
  ];
  let changed = input;
  for (let times = 1 + random.skewed(6); times > 0; times -= 1) {
    const asJson = random.below(2) === 0 ? mutateJson(changed, random, others) : null;
    changed = asJson ?? random.pick(changes)(changed, random, others);
  }
  return changed.subarray(0, maxBytes);
}
