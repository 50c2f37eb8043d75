import { describe, expect, it } from 'vitest';
import { checkCron, parseCron } from '../../src/schedule/cron.ts';
import { intervalsOf } from '../../src/schedule/interval.ts';

describe('checkCron', () => {
  it.each([
    ['0 2 * * *', '0 2 * * *'],
    ['  0  2\t* * * ', '0 2 * * *'],
    ['@daily', '0 0 * * *'],
    ['@Weekly', '0 0 * * 0'],
    ['@hourly', '0 * * * *'],
    ['@monthly', '0 0 1 * *'],
    ['@yearly', '0 0 1 1 *'],
    ['*/15 0-6,22 1,15 jan-mar MON-FRI', '*/15 0-6,22 1,15 jan-mar MON-FRI'],
    ['0 2 29 2 *', '0 2 29 2 *'],
    ['0 2 31 2 1', '0 2 31 2 1'],
    ['5/20 * * * 5-7', '5/20 * * * 5-7'],
  ])('%j is %j', (text, value) => expect(checkCron(text)).toEqual({ ok: true, value }));

  const words = '@hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually';
  it.each([
    ['0 2 31 2 *', 'cron-never', '"0 2 31 2 *" never fires: no year has such a day.'],
    ['0 0 30,31 2 *', 'cron-never', '"0 0 30,31 2 *" never fires: no year has such a day.'],
    ['0 0 31 4,6,9,11 *', 'cron-never', '"0 0 31 4,6,9,11 *" never fires: no year has such a day.'],
    [
      '60 2 * * *',
      'cron-syntax',
      '"60" is not a value in the minute field, which takes 0-59, *, lists, ranges and /steps.',
    ],
    [
      '0 22-2 * * *',
      'cron-syntax',
      '"22-2" runs backwards in the hour field, which takes 0-23, *, lists, ranges and /steps.',
    ],
    [
      '0 2 * FOO *',
      'cron-syntax',
      '"FOO" is not a value in the month field, which takes 1-12 or JAN-DEC, *, lists, ranges and /steps.',
    ],
    [
      '*/0 * * * *',
      'cron-syntax',
      '"*/0" has an impossible step in the minute field, which takes 0-59, *, lists, ranges and /steps.',
    ],
    [
      '1-5-7 * * * *',
      'cron-syntax',
      '"1-5-7" is not a value in the minute field, which takes 0-59, *, lists, ranges and /steps.',
    ],
    [
      '0 0 2 * * *',
      'cron-syntax',
      '"0 0 2 * * *" has 6 fields (seconds are not supported); cron has five: minute, hour, day of month, month, day of week, as in "0 2 * * *".',
    ],
    [
      'nightly',
      'cron-syntax',
      '"nightly" has one field; cron has five: minute, hour, day of month, month, day of week, as in "0 2 * * *".',
    ],
    ['@reboot', 'cron-syntax', `"@reboot" is not one of ${words}.`],
    ...['0 2 ? * *', '0 2 L * *', '0 2 15W * *', '0 2 * * 1#2'].map((text) => [
      text,
      'cron-syntax',
      `"${text}" uses ?, L, W or #, which are not part of the five-field form.`,
    ]),
  ])('%j fails', (text, code, message) => {
    expect(checkCron(text ?? '')).toEqual({ ok: false, error: { code, message } });
  });
});

it.each([
  ['0 2 * * *', 86_400, 86_400],
  ['15 * * * *', 3600, 3600],
  ['*/15 * * * *', 900, 900],
  ['*/25 * * * *', 600, 1500],
  ['0 2 * * 1-5', 86_400, 3 * 86_400],
  ['0 8,20 * * 6', 12 * 3600, (7 * 24 - 12) * 3600],
  ['0 2 1 * *', 28 * 86_400, 31 * 86_400],
  ['0 0 29 2 *', 1461 * 86_400, 1461 * 86_400],
])('intervals of %s', (text, shortestSeconds, longestSeconds) => {
  const cron = parseCron(text);
  expect(cron.ok && intervalsOf(cron.value)).toEqual({ shortestSeconds, longestSeconds });
});
