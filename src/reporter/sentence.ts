import { secondsBetween, type Instant } from '../model/instant.ts';
import { humanBytes } from './human-bytes.ts';
import { humanAge, humanDuration, humanPeriod } from './human-duration.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { ZonedClock } from './zoned-clock.ts';

/** Facts of a reason, note or guard, as the model has them. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

/** What a sentence may need beside its facts. */
export interface Setting {
  readonly clock: ZonedClock;
  readonly now: Instant;
  /** Name of the policy file, as people call it. */
  readonly policyFile: string;
  /** Why parts were not seen, where that is said already: by message, the part's name. */
  readonly told?: ReadonlyMap<string, string>;
}

/** Facts in the form that sentences want; a missing one reads `?`, so that a sentence never breaks. */
export interface Teller {
  readonly setting: Setting;
  has(fact: string): boolean;
  is(fact: string): boolean;
  text(fact: string): string;
  number(fact: string): number;
  /** `3 chains` */
  count(fact: string, noun: string, several?: string): string;
  bytes(fact: string): string;
  /** A time near now: `02:00`. */
  at(fact: string): string;
  /** How long ago an instant is, or how far ahead: `1d 8h`. */
  age(fact: string): string;
  /** A number of seconds as the policy would say it: `26h`. */
  period(fact: string): string;
}

/** What is said of a code: the short form for a line, the long one for `explain`. */
export interface Sentence {
  readonly say: (teller: Teller) => string;
  /** What it means, why it exists, what to do. */
  readonly explain: string;
}

/** A family of codes. */
export type SentenceTable = Readonly<Record<string, Sentence>>;

/** Reads facts for a sentence; every text in them is made printable. */
export function tellerOf(facts: Facts | undefined, setting: Setting): Teller {
  const get = (fact: string): string | number | boolean | null => facts?.[fact] ?? null;
  const number = (fact: string): number => {
    const value = get(fact);
    return typeof value === 'number' ? value : Number.NaN;
  };
  const text = (fact: string): string => {
    const value = get(fact);
    return value === null ? '?' : printable(String(value));
  };
  const measured = (fact: string, form: (value: number) => string): string => {
    const value = number(fact);
    return Number.isFinite(value) ? form(value) : '?';
  };
  return {
    setting,
    has: (fact) => get(fact) !== null,
    is: (fact) => get(fact) === true,
    text,
    number,
    count: (fact, noun, several) => measured(fact, (value) => plural(value, noun, several)),
    bytes: (fact) => measured(fact, humanBytes),
    period: (fact) => measured(fact, humanPeriod),
    at: (fact) => (get(fact) === null ? '?' : setting.clock.near(text(fact), setting.now)),
    age: (fact) =>
      get(fact) === null ? '?' : humanAge(secondsBetween(text(fact), setting.now) || 0),
  };
}

/** The sentence of a code; a code that the table does not know is shown with its facts. */
export function sentenceOf(
  table: SentenceTable,
  code: string,
  facts: Facts | undefined,
  setting: Setting,
): string {
  // An own key only: a code named `constructor` is unknown, not a function of Object.
  const known = Object.hasOwn(table, code) ? table[code] : undefined;
  if (known !== undefined) return known.say(tellerOf(untold(code, facts, setting), setting));
  const shown = Object.entries(facts ?? {}).map(
    ([name, value]) => `${printable(name)} ${factText(name, value, setting)}`,
  );
  return printable(code) + (shown.length === 0 ? '' : ` (${shown.join(', ')})`);
}

// Codes whose sentence can do without the message; the guards beside them keep theirs.
const shortened: ReadonlySet<string> = new Set([
  'unseen',
  'store-unseen',
  'store-lost',
  'store-replaced',
  'G151',
]);

/** Facts without a message that the reader has seen; the part that it was about stays. */
function untold(code: string, facts: Facts | undefined, { told }: Setting): Facts | undefined {
  const message = facts?.['message'];
  const part = typeof message === 'string' ? told?.get(message) : undefined;
  if (part === undefined || !shortened.has(code)) return facts;
  return { part, ...facts, message: null };
}

/** A fact of which nothing but the name is known: the name's end says the unit. */
function factText(name: string, value: Facts[string], setting: Setting): string {
  if (value === null) return 'unknown';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') {
    if (/bytes$/i.test(name)) return humanBytes(value);
    if (/seconds$/i.test(name)) return humanDuration(value);
    return String(value);
  }
  return name.endsWith('At') ? setting.clock.near(value, setting.now) : printable(value);
}
