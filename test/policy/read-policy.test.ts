import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/policy/read-policy.ts';
import { badPolicy, goodPolicy, readerOf, told } from './reading.ts';

/** The policy of the design, as its users will first meet it. */
const whole = `# yaml-language-server: $schema=../../schema/policy.v1.schema.json
version: 1
host: kvm01                                     # optional: refuse to apply anywhere else (G104)
timezone: Europe/Berlin

stores:
  main: { path: /backups, reserve: 10%, trash: { keepFor: 72h } }   # reserve: space that a backup may never eat

schedules:
  nightly: "0 2 * * *"
  hourly: { cron: "15 * * * *", jitter: 5m }

retention:
  standard: { chain: { maxPoints: 30 }, keep: { chains: 1 } }      # VM-Babysitter's rule: the live chain and one more
  long:     { chain: { maxAge: 14d }, keep: { last: 7, daily: 14, weekly: 8, monthly: 12 }, minPoints: 2 }

mirrors:
  nas: { type: rsync, target: "backup@nas:/vol/vm-backups", retention: long, bandwidth: 50MiB/s }

defaults: { store: main, schedule: nightly, retention: standard, mirrors: [nas], rpo: 26h }

domains:
  - name: db1                                   # exact name (or uuid) beats a pattern
    schedule: hourly
    quiesce: required                           # required | try (default) | never
    disks: { exclude: [vdc] }
  - match: "web-*"                              # glob; /regex/ is anchored at both ends
    retention: long
  - match: "*"                                  # first matching pattern wins
ignore: ["scratch-*"]                           # deliberately not backed up; anything else unmatched is reported
moved: [{ from: web1, to: web01 }]              # same uuid, new name: the directory stays
removed: [{ domain: old07, uuid: 6a1d3c52-90ab-4f7e-8c11-2b4d5e6f7081, points: trash }]   # the only way to delete a domain's points
`;

describe('the whole policy', () => {
  const policy = goodPolicy(whole);

  it('is read without a warning', () => expect(policy.warnings).toEqual([]));

  it('has every default filled in', () => {
    expect(policy.stores).toEqual([
      {
        name: 'main',
        path: '/backups',
        place: { file: 'policy.yaml', line: 7, column: 3 },
        reserve: { kind: 'percent', percent: 10 },
        trashKeepSeconds: 259_200,
        requireMount: false,
        limits: { jobs: 2, rateBytesPerSecond: null },
      },
    ]);
    const long = {
      name: 'long',
      chain: { maxPoints: 30, maxAgeSeconds: 1_209_600 },
      keep: { last: 7, daily: 14, weekly: 8, monthly: 12 },
      minPoints: 2,
    };
    expect(policy.mirrors).toMatchObject([
      {
        name: 'nas',
        type: 'rsync',
        target: 'backup@nas:/vol/vm-backups',
        retention: long,
        bandwidthBytesPerSecond: 52_428_800,
        place: { file: 'policy.yaml', line: 18, column: 3 },
      },
    ]);
    expect(policy.rules[0]).toEqual({
      selector: { kind: 'name', name: 'db1' },
      place: { file: 'policy.yaml', line: 23, column: 5 },
      settings: {
        store: 'main',
        schedule: {
          name: 'hourly',
          cron: '15 * * * *',
          timezone: 'Europe/Berlin',
          jitterSeconds: 300,
        },
        retention: {
          name: 'standard',
          chain: { maxPoints: 30, maxAgeSeconds: null },
          keep: { chains: 1 },
          minPoints: 1,
        },
        mirrors: ['nas'],
        rpoSeconds: 93_600,
        quiesce: 'required',
        tracker: 'auto',
        encryptedDisks: 'refuse',
        disks: { include: null, exclude: ['vdc'] },
        verify: 'structure',
        timeouts: { jobSeconds: 86_400, stallSeconds: 300, agentSeconds: 30 },
      },
    });
    expect(policy.rules[1]?.settings.retention).toEqual(long);
    expect(policy.host).toBe('kvm01');
    expect(policy.moved).toEqual([
      { from: 'web1', to: 'web01', place: { file: 'policy.yaml', line: 31, column: 9 } },
    ]);
    expect(policy.removed).toEqual([
      {
        name: 'old07',
        uuid: '6a1d3c52-90ab-4f7e-8c11-2b4d5e6f7081',
        chain: null,
        place: { file: 'policy.yaml', line: 32, column: 11 },
      },
    ]);
  });

  it('keeps its digest when only comments, order of keys and spelling change', () => {
    const other = whole
      .replaceAll(/ +#.*$/gm, '')
      .replace('{ store: main, schedule: nightly, ', '{ schedule: nightly, store: main, ')
      .replace('keepFor: 72h', 'keepFor: 3d')
      .replace(
        'hourly: { cron: "15 * * * *", jitter: 5m }',
        'hourly: { jitter: 300s, cron: "15 * * * *" }',
      );
    expect(goodPolicy(other).digest).toBe(policy.digest);
    for (const [from, to] of [
      ['keepFor: 72h', 'keepFor: 73h'],
      ['quiesce: required', 'quiesce: try'],
      ['"web-*"', '"web*"'],
      ['chains: 1', 'chains: 2'],
      ['Europe/Berlin', 'Europe/Vienna'],
    ] as const) {
      expect(goodPolicy(whole.replace(from, to)).digest, to).not.toBe(policy.digest);
    }
  });
});

const small = (rules: string, more = ''): string => `version: 1
stores: { main: { path: /backups } }
schedules: { nightly: "0 2 * * *" }
defaults: { schedule: nightly }
${more}domains:
${rules}`;

describe('rules', () => {
  it('merge disks and timeouts with the defaults, key by key', () => {
    const policy = goodPolicy(
      small('  - { name: a, disks: { exclude: [vdb] }, timeouts: { stall: 1m } }\n').replace(
        'schedule: nightly }',
        'schedule: nightly, disks: { include: [vda] }, timeouts: { job: 2h, stall: 9m } }',
      ),
    );
    expect(policy.rules[0]?.settings).toMatchObject({
      disks: { include: ['vda'], exclude: ['vdb'] },
      timeouts: { jobSeconds: 7200, stallSeconds: 60, agentSeconds: 30 },
    });
  });

  it('take the only store, keep everything, and take a cron in place of a name', () => {
    const policy = goodPolicy(small('  - { name: a, schedule: "@daily" }\n'));
    expect(policy.rules[0]?.settings).toMatchObject({
      store: 'main',
      schedule: { name: '0 0 * * *', cron: '0 0 * * *', timezone: 'UTC', jitterSeconds: 0 },
      retention: { keep: null, minPoints: 1, chain: { maxPoints: 30, maxAgeSeconds: null } },
      rpoSeconds: null,
      mirrors: [],
    });
  });

  it('warn of a store and a mirror that none uses', () => {
    const text = small('  - match: "*"\n', 'mirrors: { nas: { type: rsync, target: "nas:/v" } }\n');
    expect(told(goodPolicy(text).warnings)).toEqual([
      '5:12 warning HP404 /mirrors/nas no rule uses the mirror "nas"',
    ]);
  });

  it('may have an rpo that is exactly the interval of the schedule', () => {
    expect(goodPolicy(small('  - { name: a, rpo: 24h }\n')).warnings).toEqual([]);
    expect(told(badPolicy(small('  - { name: a, rpo: 23h }\n')))).toEqual([
      '6:21 error HP310 /domains/0/rpo rpo 23h is shorter than the 24h between two points of schedule "nightly" — give an rpo of more than 24h, or a denser schedule',
    ]);
  });

  it('warn of a jitter that is as long as the schedule', () => {
    const text = small('  - match: "*"\n').replace(
      '"0 2 * * *"',
      '{ cron: "*/5 * * * *", jitter: 5m }',
    );
    expect(told(goodPolicy(text).warnings)).toEqual([
      '3:54 warning HP403 /schedules/nightly/jitter the jitter 5m is not shorter than the 5m between two points',
    ]);
  });
});

describe('all errors at once', () => {
  it('finds what is wrong in meaning beside what is wrong in form and in YAML', () => {
    const text = `version: 1
stores:
  main: { path: /backups, reserv: 10% }
schedules:
  often: */15 * * * *
  broken: 5
retention:
  standard: { keep: { daily: x } }
defaults: { schedule: often, retention: standard, mirrors: [nas] }
domains:
  - name: a
    schedule: broken
    rpo: 1m
  - name: b
    retention: standart
  - quiesce: never
  - name: a
`;
    expect(told(badPolicy(text))).toEqual([
      '3:27 error HP202 /stores/main/reserv unknown key "reserv" — did you mean "reserve"?',
      '5:10 error HP102  cron expressions that start with * need quotes: "*/15 * * * *"',
      '6:11 error HP201 /schedules/broken expected a text or keys with values, got the number 5 — quote it: "5"',
      '8:30 error HP201 /retention/standard/keep/daily expected a whole number, got the text "x"',
      '9:61 error HP305 /defaults/mirrors/0 there is no mirror "nas" — none is defined under mirrors:',
      '15:16 error HP304 /domains/1/retention there is no retention "standart" — did you mean "standard"?',
      '16:5 error HP210 /domains/2 a rule needs exactly one of name, uuid and match — for example: - name: web01',
      '17:11 error HP312 /domains/3/name "a" has a rule at policy.yaml:11 already — merge the two',
    ]);
  });
});

describe('include', () => {
  const main = `version: 1
include: [a.yaml, sub/b.yaml]
stores: { main: { path: /backups } }
schedules: { nightly: "0 2 * * *" }
defaults: { schedule: nightly }
domains: [{ match: "*" }]
`;

  it('puts the rules of included files first, in the order of the list, each relative to its file', () => {
    const policy = goodPolicy(main, {
      'a.yaml': 'version: 1\ndomains: [{ match: "a-*" }]\n',
      'sub/b.yaml': 'version: 1\ninclude: [c.yaml]\ndomains: [{ match: "b-*" }]\n',
      'sub/c.yaml': 'version: 1\ndomains: [{ match: "c-*" }]\n',
    });
    const rules = policy.rules.map(({ selector, place }) =>
      selector.kind === 'match' ? `${selector.pattern.text} ${place.file}:${place.line}` : null,
    );
    expect(rules).toEqual([
      'a-* a.yaml:2',
      'c-* sub/c.yaml:2',
      'b-* sub/b.yaml:3',
      '* policy.yaml:6',
    ]);
    expect(policy.texts.map(({ file }) => file)).toEqual([
      'policy.yaml',
      'a.yaml',
      'sub/b.yaml',
      'sub/c.yaml',
    ]);
  });

  it('stays beside the policy wherever that is', () => {
    const asked: string[] = [];
    const policy = readPolicy('/etc/holdfast/policy.yaml', {
      read: (path) => {
        asked.push(path);
        return { ok: true, value: path.endsWith('policy.yaml') ? main : 'version: 1\n' };
      },
    });
    expect(policy.ok).toBe(true);
    expect(asked).toEqual([
      '/etc/holdfast/policy.yaml',
      '/etc/holdfast/a.yaml',
      '/etc/holdfast/sub/b.yaml',
    ]);
  });

  it('refuses circles, depth, and names that two files define', () => {
    const deep = Object.fromEntries(
      [1, 2, 3, 4, 5].map((level) => [
        `d${level}.yaml`,
        `version: 1\ninclude: [d${level + 1}.yaml]\n`,
      ]),
    );
    const texts = {
      'a.yaml': 'version: 1\ninclude: [a2.yaml]\nstores: { main: { path: /x } }\n',
      'a2.yaml': 'version: 1\ninclude: [policy.yaml, d1.yaml]\n',
      'sub/b.yaml': 'version: 1\ntimezone: UTC\nhost: kvm02\ndefaults: {}\n',
      ...deep,
    };
    expect(
      badPolicy(main, texts).map(
        ({ range, code, summary }) => `${range?.filename} ${code} ${summary}`,
      ),
    ).toEqual([
      'policy.yaml HP320 "main" is defined at a.yaml:3 too',
      'a2.yaml HP113 policy.yaml includes itself: policy.yaml → a.yaml → a2.yaml → policy.yaml',
      'd2.yaml HP114 included more than 4 deep',
      'sub/b.yaml HP321 timezone stands only in the main file',
      'sub/b.yaml HP321 host stands only in the main file',
      'sub/b.yaml HP321 defaults stands only in the main file',
    ]);
  });

  it('reads a file that two others include once', () => {
    const policy = goodPolicy(main, {
      'a.yaml': 'version: 1\ninclude: [shared.yaml]\n',
      'sub/b.yaml': 'version: 1\n',
      'shared.yaml': 'version: 1\ndomains: [{ name: x }]\n',
    });
    expect(policy.rules).toHaveLength(2);
  });

  it('points at the include when a file cannot be read, and at the file when it is wrong', () => {
    const found = badPolicy(main, { 'a.yaml': 'version: 1\ndomain: []\n' });
    expect(found.map(({ range, code, summary }) => [range?.filename, code, summary])).toEqual([
      ['policy.yaml', 'HP100', 'cannot be read: sub/b.yaml does not exist'],
      ['a.yaml', 'HP202', 'unknown key "domain"'],
    ]);
  });

  it('says so when the policy itself cannot be read', () => {
    const policy = readPolicy('none.yaml', readerOf({}));
    expect(!policy.ok && told(policy.error)).toEqual([
      '1:1 error HP100  cannot be read: none.yaml does not exist',
    ]);
  });
});
