import { expect, it } from 'vitest';
import { topics, type Topic } from '../../src/reporter/explain.ts';

const titles: Readonly<Record<Topic['family'], string>> = {
  guard: 'Guards',
  reason: 'Reasons',
  note: 'Notes',
  outcome: 'Outcomes of an action',
  'fault of a point': 'Faults of a point',
  'exit status': 'Exit statuses',
};

/** The reference of all codes, for those who read it in a browser. */
function codesDocument(): string {
  const families = [...new Set(topics.map(({ family }) => family))];
  const sections = families.flatMap((family) => [
    `## ${titles[family]}`,
    ...topics
      .filter((topic) => topic.family === family)
      .flatMap(({ code, text }) => [`### ${code}`, text]),
  ]);
  return `${[
    '# Codes',
    'Every code that Holdfast prints, as `holdfast explain CODE` tells it. Made from `src/reporter/` by `npx vitest run --config test/vitest.config.ts codes-document -u`; change it there.',
    ...sections,
  ].join('\n\n')}\n`;
}

it('docs/codes.md says what explain says', async () => {
  expect(topics.length).toBeGreaterThan(80);
  await expect(codesDocument()).toMatchFileSnapshot('../../docs/codes.md');
});
