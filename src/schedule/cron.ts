import { fail, ok, type Failure, type Result } from '../model/result.ts';

/** A cron expression, understood. */
export interface Cron {
  /** Five fields, one space apart: what `Schedule.cron` holds. */
  readonly text: string;
  /** Minutes of a day (0 to 1439) at which it is due, ascending. */
  readonly minutesOfDay: readonly number[];
  /** Every hour is allowed: such a schedule follows elapsed time through DST. */
  readonly everyHour: boolean;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** Days of month and days of week are both restricted: cron then takes either. */
  readonly eitherDay: boolean;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words: readonly string[];
}

const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59, words: [] },
  { name: 'hour', min: 0, max: 23, words: [] },
  { name: 'day of month', min: 1, max: 31, words: [] },
  {
    name: 'month',
    min: 1,
    max: 12,
    words: 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' '),
  },
  // 7 is Sunday too, as everywhere.
  { name: 'day of week', min: 0, max: 7, words: 'SUN MON TUE WED THU FRI SAT'.split(' ') },
];

const nicknames: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
]);

// February has 29 here: a leap day comes.
const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const syntax = (message: string): { readonly ok: false; readonly error: Failure } =>
  fail({ code: 'cron-syntax', message });

function numberOf(field: Field, text: string): number | null {
  const word = field.words.indexOf(text.toUpperCase());
  if (word !== -1) return word + (field.name === 'month' ? 1 : 0);
  if (!/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= field.min && value <= field.max ? value : null;
}

/** One of a field's parts that stand between commas: `*`, `5`, `1-5`, each with `/step`. */
function partValues(field: Field, part: string): Result<readonly number[], Failure> {
  const say = (what: string): { readonly ok: false; readonly error: Failure } =>
    syntax(
      `${what} in the ${field.name} field, which takes ${field.min}-${field.max}` +
        `${field.words.length === 0 ? '' : ` or ${field.words[0]}-${field.words.at(-1)}`}, *, lists, ranges and /steps.`,
    );
  const [, range = '', step] = /^([^/]*)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
  const [fromText = '', toText, ...more] = range.split('-');
  const star = range === '*';
  const from = star ? field.min : numberOf(field, fromText);
  if (from === null || more.length > 0) return say(`"${part}" is not a value`);
  // Sunday is counted once: the star of the last field ends at Saturday.
  const last = field.max === 7 ? 6 : field.max;
  const plain = step === undefined ? from : last;
  const to = star ? last : toText === undefined ? plain : numberOf(field, toText);
  if (to === null) return say(`"${part}" is not a value`);
  if (to < from) return say(`"${part}" runs backwards`);
  const width = step === undefined ? 1 : Number(step);
  if (width === 0 || (width > field.max && !star)) return say(`"${part}" has an impossible step`);
  if (star && width > last) return say(`"${part}" has an impossible step`);
  const values: number[] = [];
  for (let value = from; value <= to; value += width) values.push(value);
  return ok(values);
}

function fieldValues(field: Field, text: string): Result<readonly number[], Failure> {
  const all = new Set<number>();
  for (const part of text.split(',')) {
    const values = partValues(field, part);
    if (!values.ok) return values;
    for (const value of values.value) all.add(field.max === 7 ? value % 7 : value);
  }
  return ok([...all].toSorted((a, b) => a - b));
}

/** The five fields as text, or why they are not five. */
function splitFields(text: string): Result<readonly string[], Failure> {
  const trimmed = text.trim();
  if (trimmed.startsWith('@')) {
    const meant = nicknames.get(trimmed.toLowerCase());
    return meant === undefined
      ? syntax(`"${trimmed}" is not one of ${[...nicknames.keys()].join(', ')}.`)
      : ok(meant.split(' '));
  }
  const parts = trimmed.split(/\s+/);
  if (/[?LW#]/.test(trimmed.replaceAll(/[A-Z]{3}/gi, ''))) {
    return syntax(`"${trimmed}" uses ?, L, W or #, which are not part of the five-field form.`);
  }
  if (parts.length === 5) return ok(parts);
  const why = parts.length === 6 ? ' (seconds are not supported)' : '';
  return syntax(
    `"${trimmed}" has ${parts.length === 1 ? 'one field' : `${parts.length} fields`}${why}; ` +
      `cron has five: minute, hour, day of month, month, day of week, as in "0 2 * * *".`,
  );
}

/** Whether some day of some year is meant. */
function everFires(
  days: readonly number[],
  months: readonly number[],
  eitherDay: boolean,
): boolean {
  if (eitherDay) return true;
  return months.some((month) => days.some((day) => day <= (longestMonths[month - 1] ?? 0)));
}

/**
 * Reads a cron expression: five fields, or `@hourly`, `@daily`, `@weekly`,
 * `@monthly`, `@yearly`. Fails with code `cron-syntax`, or `cron-never` for a
 * day that no year has.
 */
export function parseCron(text: string): Result<Cron, Failure> {
  const parts = splitFields(text);
  if (!parts.ok) return parts;
  const values: (readonly number[])[] = [];
  for (const [index, field] of fields.entries()) {
    const found = fieldValues(field, parts.value[index] ?? '');
    if (!found.ok) return found;
    values.push(found.value);
  }
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = values;
  // As in Vixie cron: a field that begins with a star does not make it "either".
  const eitherDay = [parts.value[2], parts.value[4]].every(
    (part) => part?.startsWith('*') === false,
  );
  if (!everFires(days, months, eitherDay)) {
    return fail({
      code: 'cron-never',
      message: `"${text.trim()}" never fires: no year has such a day.`,
    });
  }
  return ok({
    text: parts.value.join(' '),
    minutesOfDay: hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute)),
    everyHour: hours.length === 24,
    days: new Set(days),
    months: new Set(months),
    weekdays: new Set(weekdays),
    eitherDay,
  });
}

/** Checks a cron expression; the value is its five fields, words such as `@daily` written out. */
export function checkCron(text: string): Result<string, Failure> {
  const cron = parseCron(text);
  return cron.ok ? ok(cron.value.text) : cron;
}
