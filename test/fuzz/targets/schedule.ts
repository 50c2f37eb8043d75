import { readTime } from '../../../src/cli/time.ts';
import { checkCron, parseCron } from '../../../src/schedule/cron.ts';
import { lastDueAt, nextDueAt } from '../../../src/schedule/due.ts';
import { intervalsOf } from '../../../src/schedule/interval.ts';
import { isTimeZone } from '../../../src/schedule/zone.ts';
import { inputs } from '../seeds.ts';
import { mustBeBounded, mustHold, type Target } from '../target.ts';

const at = '2026-03-29T01:30:00.000Z';

/** A cron expression, and perhaps a time zone on a second line. */
export const cronTarget: Target = {
  name: 'cron',
  seeds: () =>
    inputs(
      '0 2 * * *',
      '*/15 * * * *',
      '30 2 29 2 *',
      '0 0 * * 1-5\nEurope/Berlin',
      '@daily',
      '0 0 13 * FRI\nAsia/Kathmandu',
      '59 23 31 12 7',
      '0 0,12 1 */2 *\nAmerica/St_Johns',
    ),
  words: ['*/', '@weekly', 'JAN', 'SUN', '1-5', ',', ' 29 2 ', ' 31 2 ', '\nEurope/Dublin', 'L'],
  run(input) {
    const [text = '', zone = 'UTC'] = input.toString().split('\n');
    const cron = parseCron(text);
    if (!cron.ok) {
      mustBeBounded(cron.error.message, input, 'what is told of a cron expression');
      return;
    }
    const again = checkCron(cron.value.text);
    mustHold(again.ok && again.value === cron.value.text, 'a normal form is not its own');
    const { shortestSeconds, longestSeconds } = intervalsOf(cron.value);
    mustHold(shortestSeconds > 0 && longestSeconds >= shortestSeconds, 'intervals run backwards');
    if (!isTimeZone(zone)) return;
    const schedule = { name: 's', cron: cron.value.text, timezone: zone, jitterSeconds: 0 };
    const last = lastDueAt(schedule, at);
    const next = nextDueAt(schedule, at);
    mustHold(last <= at && next > at, `due at ${last}, then at ${next}, seen from ${at}`);
    mustHold(lastDueAt(schedule, next) === next, 'what is due next is not due then');
  },
};

/** An instant of the command line, and perhaps a time zone on a second line. */
export const timeTarget: Target = {
  name: 'time',
  seeds: () =>
    inputs(
      '2026-11-22',
      '2026-11-22T02:30',
      '2026-11-22T02:30:00Z\nEurope/Berlin',
      '2026-03-29 02:30',
    ),
  words: ['T', 'Z', '+01:00', '-99:99', '9999', '0000', '24:00', ':60', '\nEurope/Berlin', 'W01'],
  run(input) {
    const [text = '', zone = 'UTC'] = input.toString().split('\n');
    const time = readTime(text, isTimeZone(zone) ? zone : 'UTC');
    if (time.ok) mustHold(!Number.isNaN(Date.parse(time.value)), 'a time is no time');
    else mustBeBounded(time.error.message, input, 'what is told of a time');
  },
};
