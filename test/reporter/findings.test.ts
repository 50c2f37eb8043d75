import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import { fingerprints } from '../../src/reporter/findings/fingerprints.ts';
import { planFindings } from '../../src/reporter/findings/plan-findings.ts';
import { renderFindings, type FindingForm } from '../../src/reporter/findings/render.ts';
import { placeAt, planWith, verdict, web01 } from './sample-plan.ts';

const source = {
  title: 'validate policy.yaml',
  file: 'policy.yaml',
  tool: 'holdfast 0.1.0',
} as const;

const unknownKey: Finding = {
  code: 'HP202',
  severity: 'error',
  message: 'unknown key "retenton" — did you mean "retention"?',
  help: 'A key is unknown. Keys are checked.',
  subject: '/domains/0/retenton',
  place: { file: 'teams/a b.yaml', line: 7, column: 5, endColumn: 13 },
};
const unused: Finding = {
  code: 'HP404',
  severity: 'warning',
  message: 'store "old" is used by no rule',
  help: 'A store or mirror is defined and used by no rule.',
  subject: '/stores/old',
  place: null,
};
const hostile: Finding = {
  ...unknownKey,
  message: '50 % of\n::error::x \u001B[31m<b>"&',
  place: { file: 'a,b:c%.yaml', line: 1, column: 1, endColumn: null },
};

const render = (form: FindingForm, ...findings: readonly Finding[]): string =>
  renderFindings(findings, form, source);

describe('github', () => {
  it('is one command a finding, which no text can end or forge', () => {
    expect(render('github', unknownKey, unused, hostile)).toBe(
      [
        '::error file=teams/a b.yaml,line=7,col=5,endColumn=13,title=HP202::unknown key "retenton" — did you mean "retention"?',
        '::error file=a%2Cb%3Ac%25.yaml,line=1,col=1,title=HP202::50 %25 of ::error::x <b>"&',
        '::warning title=HP404::store "old" is used by no rule',
        '',
      ].join('\n'),
    );
  });

  it('keeps to ten of a kind, and says how many it left out', () => {
    const many = Array.from({ length: 13 }, () => unknownKey);
    const lines = render('github', ...many, unused)
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[9]).toMatch(/ \(and 3 more\)$/);
  });
});

it('gitlab is a code quality report; what has no place stands at the first line', () => {
  const report: unknown = JSON.parse(render('gitlab', unknownKey, unused));
  const [first, second] = fingerprints([unknownKey, unused]);
  expect(report).toEqual([
    {
      description: unknownKey.message,
      check_name: 'HP202',
      fingerprint: first,
      severity: 'major',
      location: { path: 'teams/a b.yaml', lines: { begin: 7 } },
    },
    {
      description: unused.message,
      check_name: 'HP404',
      fingerprint: second,
      severity: 'minor',
      location: { path: 'policy.yaml', lines: { begin: 1 } },
    },
  ]);
});

describe('fingerprints', () => {
  it('stay when the line moves, and differ for those that are alike', () => {
    const moved = { ...unknownKey, place: { ...hostile.place, file: 'teams/a b.yaml' } };
    const below: Finding = {
      ...unknownKey,
      place: { file: moved.place.file, line: 90, column: 1, endColumn: null },
    };
    expect(fingerprints([below])).toEqual(fingerprints([unknownKey]));
    expect(new Set(fingerprints([unknownKey, below, unused])).size).toBe(3);
  });
});

describe('sarif', () => {
  it('is one run with a rule for each code, and columns as editors count', () => {
    expect(JSON.parse(render('sarif', unused, unknownKey, hostile))).toEqual({
      $schema:
        'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'holdfast',
              fullName: 'holdfast 0.1.0',
              rules: [
                {
                  id: 'HP202',
                  shortDescription: { text: 'A key is unknown.' },
                  fullDescription: { text: unknownKey.help },
                },
                {
                  id: 'HP404',
                  shortDescription: { text: unused.help },
                  fullDescription: { text: unused.help },
                },
              ],
            },
          },
          columnKind: 'utf16CodeUnits',
          results: [
            result(unknownKey, 0, 'teams/a%20b.yaml', {
              startLine: 7,
              startColumn: 5,
              endColumn: 13,
            }),
            result({ ...hostile, message: '50 % of ::error::x <b>"&' }, 0, 'a%2Cb%3Ac%25.yaml', {
              startLine: 1,
              startColumn: 1,
            }),
            result(unused, 1, null, {}),
          ],
        },
      ],
    });
  });

  it('keeps what is ever shown, errors first, and counts the rest', () => {
    const many = [unused, ...Array.from({ length: 5_001 }, () => unknownKey)];
    expect(JSON.parse(render('sarif', ...many))).toMatchObject({
      runs: [
        {
          tool: { driver: { rules: [{ id: 'HP202' }] } },
          results: { length: 5_000 },
          properties: { resultsLeftOut: 2 },
        },
      ],
    });
  });
});

function result(finding: Finding, ruleIndex: number, uri: string | null, region: object): object {
  const print: unknown = expect.stringMatching(/^[0-9a-f]{64}$/);
  return {
    ruleId: finding.code,
    ruleIndex,
    level: finding.severity,
    message: { text: finding.message },
    locations: uri === null ? [] : [{ physicalLocation: { artifactLocation: { uri }, region } }],
    partialFingerprints: { 'holdfast/v1': print },
  };
}

describe('junit', () => {
  it('fails a test for an error, and lets a warning pass', () => {
    const text = render('junit', unknownKey, unused, hostile);
    expect(XMLValidator.validate(text)).toBe(true);
    expect(text).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="holdfast" tests="3" failures="2" errors="0" skipped="0">
  <testsuite name="validate policy.yaml" tests="3" failures="2" errors="0" skipped="0">
    <testcase classname="HP202" name="HP202 /domains/0/retenton teams/a b.yaml:7:5" file="teams/a b.yaml" line="7">
      <failure type="HP202" message="unknown key &quot;retenton&quot; — did you mean &quot;retention&quot;?">teams/a b.yaml:7:5</failure>
    </testcase>
    <testcase classname="HP404" name="HP404 /stores/old">
      <system-out>warning: store &quot;old&quot; is used by no rule</system-out>
    </testcase>
    <testcase classname="HP202" name="HP202 /domains/0/retenton a,b:c%.yaml:1:1" file="a,b:c%.yaml" line="1">
      <failure type="HP202" message="50 % of ::error::x &lt;b&gt;&quot;&amp;">a,b:c%.yaml:1:1</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it('is one passed test where nothing was found', () => {
    const parsed: unknown = new XMLParser({ ignoreAttributes: false }).parse(render('junit'));
    expect(parsed).toMatchObject({
      testsuites: {
        '@_tests': '1',
        '@_failures': '0',
        testsuite: { testcase: { '@_classname': 'holdfast', '@_name': 'validate policy.yaml' } },
      },
    });
  });
});

it('a plan tells its guards, at the line of their domain', () => {
  const guard = {
    code: 'G201',
    scope: 'domain/web01',
    effect: 'block',
    actions: [],
    overridable: true,
    facts: { how: 'percent', chains: 2, of: 4, limit: 30 },
  } as const;
  const found = planFindings(
    planWith({
      domains: [verdict(web01, 'blocked', { place: placeAt(21) })],
      guards: [
        guard,
        { ...guard, scope: 'nas:domain/web01', effect: 'withhold' },
        { ...guard, scope: 'store/main', effect: 'allowed' },
        {
          ...guard,
          code: 'G104',
          scope: 'host',
          overridable: false,
          facts: { policyHost: 'a', host: 'b' },
        },
      ],
    }),
  );
  const place = { file: 'policy.yaml', line: 21, column: 5, endColumn: null };
  expect(found).toMatchObject([
    { code: 'G201', severity: 'error', subject: 'domain/web01', place },
    { code: 'G201', severity: 'warning', subject: 'nas:domain/web01', place },
    { code: 'G104', severity: 'error', subject: 'host', place: null },
  ]);
  expect(found.map(({ message }) => message)).toEqual([
    'domain/web01 would lose 2 of 4 chains: 50 % > 30 % — if intended: holdfast apply --allow G201=domain/web01',
    'nas:domain/web01 would lose 2 of 4 chains: 50 % > 30 % — if intended: holdfast apply --allow G201=nas:domain/web01',
    'host policy is for host a, this is b — Use the policy of this host, or change its `host:`.',
  ]);
});
