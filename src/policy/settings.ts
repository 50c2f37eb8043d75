import type { Retention, Schedule } from '../model/desired.ts';
import { parseCron } from '../schedule/cron.ts';
import { intervalsOf, type Intervals } from '../schedule/interval.ts';
import { keepEverything, readCron, words, type Definitions } from './definitions.ts';
import type { Diagnostic } from './diagnostic.ts';
import { readDrill } from './drill.ts';
import { suggestion } from './nearest.ts';
import type { WrittenSettings } from './policy-file.ts';
import type { Settings } from './policy.ts';
import { durationSeconds } from './quantity.ts';
import type { SettingsInput, WrittenAt } from './settings-input.ts';
import { diagnose, type Path } from './source.ts';
import { verificationOf, verifyWords, type VerifyWords } from './verification.ts';

// 10 TiB at 120 MiB/s, a disk and a gigabit, take a day.
const defaultJob = '24h';
// An NFS server that is restarted answers again within three minutes (two RPC timeouts of a minute, and a third).
const defaultStall = '5m';
// Windows gives up a freeze after 10 s by itself; databases that flush first take longer than that.
const defaultAgent = '30s';

/** A text with a space, or a word with @, can only be a cron expression: names have neither. */
export const isCronText = (text: string): boolean => /\s|^@/.test(text.trim());

/** Tells of names that are not defined; called once for each rule, and once for `defaults:`. */
export function checkReferences(
  { written, source, path }: WrittenAt,
  { stores, schedules, retentions, mirrors }: Definitions,
  found: Diagnostic[],
): void {
  const check = (
    code: 'HP302' | 'HP303' | 'HP304' | 'HP305',
    what: string,
    name: string | undefined,
    known: ReadonlyMap<string, unknown>,
    below: Path,
  ): void => {
    if (name === undefined || known.has(name)) return;
    const names = [...known.keys()];
    const detail = suggestion(name, names) ?? `none is defined under ${sections[code]}:`;
    const summary = `there is no ${what} "${name}"`;
    found.push(diagnose(source, [...path, ...below], { code, summary, detail }));
  };
  check('HP302', 'store', written.store, stores, ['store']);
  check('HP304', 'retention', written.retention, retentions, ['retention']);
  for (const [index, name] of (written.mirrors ?? []).entries()) {
    check('HP305', 'mirror', name, mirrors, ['mirrors', index]);
  }
  const { schedule } = written;
  if (schedule === undefined || schedules.has(schedule)) return;
  if (isCronText(schedule)) readCron(schedule, found, source, [...path, 'schedule']);
  else check('HP303', 'schedule', schedule, schedules, ['schedule']);
}

const sections = { HP302: 'stores', HP303: 'schedules', HP304: 'retention', HP305: 'mirrors' };

/** Which key is missing, so that a rule means nothing yet. */
export type Missing = 'store' | 'schedule';

/** What a rule means, defaults filled in; a list of what is missing, or null where an error was told of already. */
export function settingsOf(input: SettingsInput): Settings | readonly Missing[] | null {
  const { rule, defaults, definitions, timezone } = input;
  const said: WrittenSettings = { ...defaults?.written, ...rule.written };
  const only = definitions.stores.size === 1 ? [...definitions.stores.keys()][0] : undefined;
  const store = said.store ?? only;
  const missing: readonly Missing[] = [
    ...(store === undefined ? (['store'] as const) : []),
    ...(said.schedule === undefined ? (['schedule'] as const) : []),
  ];
  if (store === undefined || said.schedule === undefined) return missing;
  const schedule = scheduleOf(said.schedule, definitions, timezone);
  const retention = retentionOf(said.retention, definitions);
  const disks = { ...defaults?.written.disks, ...rule.written.disks };
  checkDisks(input, disks);
  if (definitions.stores.get(store) === undefined || schedule === null || retention === null) {
    return null;
  }
  const rpoSeconds = said.rpo === undefined ? null : durationSeconds(said.rpo);
  if (rpoSeconds !== null) checkRpo(input, rpoSeconds, schedule.intervals, schedule.name);
  const drill = readDrill(input);
  const timeouts = { ...defaults?.written.timeouts, ...rule.written.timeouts };
  const verify = {
    ...verifyWords(defaults?.written.verify),
    ...verifyWords(rule.written.verify),
  };
  checkVerify(input, verify);
  const verification = verificationOf(verify);
  return {
    store,
    schedule: {
      name: schedule.name,
      cron: schedule.cron,
      timezone,
      jitterSeconds: schedule.jitterSeconds,
    },
    retention,
    mirrors: said.mirrors ?? [],
    rpoSeconds,
    quiesce: said.quiesce ?? 'try',
    tracker: said.tracker ?? 'auto',
    encryptedDisks: said.encryptedDisks ?? 'refuse',
    disks: { include: disks.include ?? null, exclude: disks.exclude ?? [] },
    verify: verify.publish ?? 'structure',
    ...(verification === null ? {} : { verification }),
    timeouts: {
      jobSeconds: durationSeconds(timeouts.job ?? defaultJob),
      stallSeconds: durationSeconds(timeouts.stall ?? defaultStall),
      agentSeconds: durationSeconds(timeouts.agent ?? defaultAgent),
    },
    ...(drill === null ? {} : { drill }),
  };
}

/** The schedule of a name, or of a cron expression; null where it is wrong or not there. */
export function scheduleOf(
  text: string,
  { schedules }: Definitions,
  timezone: string,
): (Schedule & { readonly intervals: Intervals }) | null {
  const named = schedules.get(text);
  if (named) return { ...named, timezone };
  if (schedules.has(text) || !isCronText(text)) return null;
  const cron = parseCron(text);
  if (!cron.ok) return null;
  const intervals = intervalsOf(cron.value);
  return { name: cron.value.text, cron: cron.value.text, timezone, jitterSeconds: 0, intervals };
}

/** The retention of that name; everything is kept where none is named; null where it is wrong. */
export function retentionOf(
  name: string | undefined,
  { retentions }: Definitions,
): Retention | null {
  return name === undefined ? keepEverything : (retentions.get(name) ?? null);
}

/** Where a setting is written: in the rule, or in the defaults. */
function writtenIn({ rule, defaults }: SettingsInput, key: keyof WrittenSettings): WrittenAt {
  return rule.written[key] === undefined && defaults !== null ? defaults : rule;
}

function checkRpo(
  input: SettingsInput,
  rpoSeconds: number,
  { shortestSeconds, longestSeconds }: Intervals,
  schedule: string,
): void {
  if (rpoSeconds >= longestSeconds) return;
  const never = rpoSeconds < shortestSeconds;
  const own = ['rpo', 'schedule'] as const;
  // Whichever of the two the rule says itself is the one that does not fit.
  const key = own.find((one) => input.rule.written[one] !== undefined) ?? 'rpo';
  const { source, path } = writtenIn(input, key);
  const interval = words(never ? shortestSeconds : longestSeconds);
  input.found.push(
    diagnose(source, [...path, key], {
      severity: never ? 'error' : 'warning',
      code: never ? 'HP310' : 'HP402',
      summary: never
        ? `rpo ${words(rpoSeconds)} is shorter than the ${interval} between two points of schedule "${schedule}"`
        : `rpo ${words(rpoSeconds)} is missed where schedule "${schedule}" has ${interval} between two points`,
      detail: `give an rpo of more than ${words(longestSeconds)}, or a denser schedule`,
    }),
  );
}

function checkVerify(input: SettingsInput, { every, depth }: VerifyWords): void {
  if (depth === undefined || every !== undefined) return;
  const { source, path } = writtenIn(input, 'verify');
  input.found.push(
    diagnose(source, [...path, 'verify'], {
      severity: 'warning',
      code: 'HP406',
      summary: `verify has the depth ${depth} and says not how often`,
      detail: 'write every too, for example every: 7d',
    }),
  );
}

function checkDisks(
  input: SettingsInput,
  disks: { readonly include?: readonly string[]; readonly exclude?: readonly string[] },
): void {
  const both = (disks.include ?? []).filter((target) => disks.exclude?.includes(target));
  if (both.length === 0) return;
  const { source, path } = writtenIn(input, 'disks');
  input.found.push(
    diagnose(source, [...path, 'disks'], {
      code: 'HP319',
      summary: `${both.join(', ')} is included and excluded at once`,
      detail: 'remove one of them',
    }),
  );
}
