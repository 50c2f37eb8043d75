import { expect, it } from 'vitest';
import { badPolicy, goodPolicy } from './reading.ts';

const policyOf = (defaults: string, rule: string, store = ''): string => `version: 1
stores: { main: { path: /backups${store} } }
defaults: { schedule: "0 2 * * *"${defaults} }
domains:
  - match: "*"${rule}
`;

/** What the only rule says of checks. */
function checks(defaults: string, rule: string) {
  const { verify, verification } = goodPolicy(policyOf(defaults, rule)).rules[0]?.settings ?? {};
  return { verify, verification };
}

it.each([
  ['', '', { verify: 'structure' }],
  [', verify: source', '', { verify: 'source' }],
  [
    ', verify: { every: 7d }',
    '',
    { verify: 'structure', verification: { everySeconds: 604_800, depth: 'hash' } },
  ],
  [
    ', verify: { every: 7d, depth: structure, publish: source }',
    '\n    verify: { depth: replay }',
    { verify: 'source', verification: { everySeconds: 604_800, depth: 'replay' } },
  ],
  [
    ', verify: { every: 7d }',
    '\n    verify: source',
    { verify: 'source', verification: { everySeconds: 604_800, depth: 'hash' } },
  ],
  [', verify: { every: 7d }', '\n    verify: { every: never }', { verify: 'structure' }],
])('verify of defaults%s and a rule%s', (defaults, rule, expected) => {
  expect(checks(defaults, rule)).toEqual(expected);
});

const budget = (store: string) => goodPolicy(policyOf('', '', store)).stores[0]?.verifyBudget;

const said = (text: string): readonly string[] =>
  badPolicy(text).map(({ code, path, summary }) => `${code} ${path} ${summary}`);

it('reads what checks may cost a store, and fills in what is not said', () => {
  expect(budget('')).toBeUndefined();
  expect(budget(', verify: { maxRate: 50MiB/s, maxTime: 1h }')).toEqual({
    rateBytesPerSecond: 52_428_800,
    secondsPerDay: 3600,
  });
  expect(budget(', verify: { maxTime: 30m }')).toEqual({
    rateBytesPerSecond: 104_857_600,
    secondsPerDay: 1800,
  });
});

it('tells of what cannot be meant', () => {
  expect(said(policyOf('', '', ', verify: { maxTime: 2d }'))).toEqual([
    'HP326 /stores/main/verify/maxTime 2d is more than a day has',
  ]);
  expect(said(policyOf(', verify: bits', ''))).toEqual([
    'HP204 /defaults/verify "bits" is not one of structure, source',
  ]);
  expect(said(policyOf(', verify: {}', ''))).toEqual(['HP205 /defaults/verify no key is written']);
  expect(said(policyOf(', verify: { every: 0d }', ''))).toEqual([
    'HP205 /defaults/verify/every "0d" has not the form that is needed',
  ]);
});

it('warns of a depth that nothing is checked with', () => {
  const { warnings } = goodPolicy(policyOf(', verify: { depth: hash }', ''));
  expect(warnings.map(({ code, path }) => [code, path])).toEqual([['HP406', '/defaults/verify']]);
});
