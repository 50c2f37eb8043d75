import { describe, expect, it } from 'vitest';
import { domainUuid } from '../../src/model/identity.ts';
import { resolvePolicy, unmatchedRules } from '../../src/policy/resolve-policy.ts';
import { goodPolicy } from './reading.ts';

const uuid = (number: number) =>
  domainUuid(`6a1d3c52-90ab-4f7e-8c11-${String(number).padStart(12, '0')}`);
const git = { branch: 'main', commit: '9f3c2b7' };

const policy = goodPolicy(`version: 1
timezone: Europe/Berlin
stores: { main: { path: /backups } }
schedules: { nightly: "0 2 * * *" }
defaults: { schedule: nightly }
domains:
  - match: "web-*"
  - name: web-db
  - uuid: 6A1D3C52-90AB-4F7E-8C11-000000000001
  - match: "/db-[0-9]+/"
  - name: scratch-keep
  - match: "??"
ignore: ["scratch-*", "/web-x.*/"]
removed:
  - { domain: web-old, uuid: 6a1d3c52-90ab-4f7e-8c11-000000000009, points: trash }
  - { domain: web-part, uuid: 6a1d3c52-90ab-4f7e-8c11-000000000010, points: trash, chain: 20261122T020000Z-4f7a }
`);

/** The line of the rule for each name; with an `i` where it is ignored. */
function lines(names: readonly string[], from = 100): Readonly<Record<string, string>> {
  const known = names.map((name, index) => ({ name, uuid: uuid(from + index) }));
  const desired = resolvePolicy(policy, known, git);
  return Object.fromEntries([
    ...desired.domains.map(({ name, place }) => [name, String(place.line)]),
    ...desired.ignored.map(({ name, place }) => [name, `i${place.line}`]),
  ]);
}

describe('resolvePolicy', () => {
  it('says which stores no rule names', () => {
    const { stores } = resolvePolicy(
      goodPolicy(`version: 1
timezone: UTC
stores: { main: { path: /backups }, archive: { path: /archive } }
schedules: { nightly: "0 2 * * *" }
defaults: { schedule: nightly, store: main }
domains: [{ match: "*" }]
`),
      [],
      git,
    );
    expect(stores.map(({ name, isUnused }) => [name, isUnused])).toEqual([
      ['main', undefined],
      ['archive', true],
    ]);
  });

  it('takes exact names before ignored ones, and those before the first pattern that matches', () => {
    expect(
      lines([
        'web-1',
        'web-db',
        'web-x1',
        'scratch-1',
        'scratch-keep',
        'db-7',
        'ab',
        'other',
        'é1',
      ]),
    ).toEqual({
      'web-1': '7',
      'web-db': '8',
      'web-x1': 'i13',
      'scratch-1': 'i13',
      'scratch-keep': '11',
      'db-7': '10',
      ab: '12',
      é1: '12',
    });
  });

  it('anchors a regex at both ends', () => {
    expect(lines(['my-db-7', 'db-7-old', 'db-7\n', 'db-'])).toEqual({});
  });

  it('takes a uuid before everything, and leaves removed domains to no pattern', () => {
    const desired = resolvePolicy(
      policy,
      [
        { name: 'scratch-1', uuid: uuid(1) },
        { name: 'web-old', uuid: uuid(9) },
        { name: 'web-part', uuid: uuid(10) },
      ],
      git,
    );
    expect(desired.domains.map(({ name, place }) => [name, place.line])).toEqual([
      ['scratch-1', 9],
      ['web-part', 7],
    ]);
    expect(desired.ignored).toEqual([]);
    expect(desired.removed).toHaveLength(2);
  });

  it('is the same whatever the order of what is known; of one uuid the first name counts', () => {
    const known = ['web-1', 'db-7', 'scratch-9', 'ab'].map((name, index) => ({
      name,
      uuid: uuid(200 + index),
    }));
    const forth = resolvePolicy(policy, known, git);
    expect(resolvePolicy(policy, known.toReversed(), git)).toEqual(forth);
    expect(forth.domains.map(({ name }) => name)).toEqual(['ab', 'db-7', 'web-1']);
    const twice = resolvePolicy(policy, [...known, { name: 'old-name', uuid: uuid(200) }], git);
    expect(twice).toEqual(forth);
  });

  it('says where it comes from', () => {
    const desired = resolvePolicy(policy, [], { branch: null, commit: null });
    expect(desired.policy).toEqual({
      file: 'policy.yaml',
      digest: policy.digest,
      branch: null,
      commit: null,
      rules: 6,
    });
    expect(desired.policy.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(desired.timezone).toBe('Europe/Berlin');
  });
});

it('unmatchedRules names rules for domains that nobody knows', () => {
  const known = [{ name: 'web-db', uuid: uuid(5) }];
  expect(unmatchedRules(policy, known)).toEqual([
    { domain: uuid(1), place: { file: 'policy.yaml', line: 9, column: 5 } },
    { domain: 'scratch-keep', place: { file: 'policy.yaml', line: 11, column: 5 } },
  ]);
});
