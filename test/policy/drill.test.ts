import { describe, expect, it } from 'vitest';
import { badPolicy, goodPolicy, told } from './reading.ts';

/** A policy with these defaults and these rules. */
const policy = (defaults: string, ...rules: readonly string[]): string =>
  [
    'version: 1',
    'stores: { main: { path: /backups } }',
    'mirrors: { usb: { type: rsync, target: /mnt/usb }, nas: { type: rsync, target: "nas:/vol" } }',
    `defaults: { schedule: "0 2 * * *", mirrors: [usb, nas]${defaults} }`,
    'domains:',
    ...rules.map((rule) => `  - { ${rule} }`),
    '',
  ].join('\n');

/** What each rule means. */
const drills = (defaults: string, ...rules: readonly string[]) =>
  goodPolicy(policy(defaults, ...rules)).rules.map(({ settings }) => settings.drill ?? null);

const monthly = {
  everySeconds: 30 * 86_400,
  wait: 'agent',
  port: null,
  timeoutSeconds: 300,
  script: null,
  from: null,
};

describe('drill', () => {
  it('is none unless it is asked for', () =>
    expect(drills('', 'name: a', 'name: b, drill: { every: 30d }')).toEqual([null, monthly]));

  it('takes from the defaults what a rule leaves out, key by key', () =>
    expect(
      drills(
        ', drill: { every: 30d, timeout: 2m, script: one }',
        'name: a',
        'name: b, drill: { every: 7d, from: usb }',
        'name: c, drill: { boot: false }',
      ),
    ).toEqual([
      { ...monthly, timeoutSeconds: 120, script: 'one' },
      { ...monthly, everySeconds: 7 * 86_400, timeoutSeconds: 120, script: 'one', from: 'usb' },
      null,
    ]));

  it('a rule may turn on what the defaults turn off', () =>
    expect(
      drills(', drill: { every: 30d, boot: false }', 'name: a, drill: { boot: true }'),
    ).toEqual([monthly]));

  it('waits otherwise without the port of the defaults', () =>
    expect(
      drills(
        ', drill: { every: 30d, wait: port, port: 22 }',
        'name: a',
        'name: b, drill: { wait: none }',
      ),
    ).toEqual([
      { ...monthly, wait: 'port', port: 22 },
      { ...monthly, wait: 'none' },
    ]));

  it('tells what does not fit, where it is written, and once', () =>
    expect(
      told(
        badPolicy(
          policy(
            ', drill: { wait: port }',
            'name: a',
            'name: b',
            'name: c, drill: { port: 22, from: nas }',
            'name: d, drill: { every: 7d, from: away }',
            'name: e, mirrors: [], drill: { every: 7d, wait: agent, port: 1, from: usb }',
          ),
        ),
      ),
    ).toEqual([
      '4:64 error HP341 /defaults/drill a drill needs every: how often it is made — write every: 30d',
      '4:72 error HP342 /defaults/drill/wait wait: port needs the port — write port: 22, or another one that the guest listens on',
      '8:23 error HP341 /domains/2/drill a drill needs every: how often it is made — write every: 30d',
      '8:41 error HP343 /domains/2/drill/from mirror "nas" is no directory of this host — leave from out: then the point in the store is booted',
      '9:42 error HP343 /domains/3/drill/from the rule copies nothing to mirror "away" — its mirrors are usb, nas',
      '10:68 error HP342 /domains/4/drill/port wait: agent asks no port — remove port, or write wait: port',
      '10:77 error HP343 /domains/4/drill/from the rule copies nothing to mirror "usb" — it names no mirror',
    ]));
});
