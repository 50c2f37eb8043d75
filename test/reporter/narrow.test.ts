import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, fitLine } from '../../src/reporter/display-width.ts';
import { renderPlan } from '../../src/reporter/plan.ts';
import { renderTable } from '../../src/reporter/table.ts';
import { samplePlan } from './sample-plan.ts';

const columns = [
  { title: '' },
  { title: 'DOMAIN' },
  { title: 'POINTS', align: 'right' as const },
  { title: 'RPO' },
  { title: 'STATE' },
];
const rows = [
  ['!', 'web01', '6', 'MISSED (26h)', 'damaged: 3 points (in quarantine, its parent is faulty)'],
  ['', 'db1', '12', 'met (26h)', ''],
];
const table = (width: number | null): string =>
  `${renderTable(
    columns,
    [{ heading: 'two domains of which the heading is long' }, ...rows.map((cells) => ({ cells }))],
    { color: false, indent: 2, width },
  ).join('\n')}\n`;

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** Lines that are too wide and could have been broken at a space. */
const overfull = (text: string, width: number): readonly string[] =>
  text.split('\n').filter((line) => displayWidth(line) > width && words(line).length > 1);

describe('a table', () => {
  it('is whole where it fits, and where there is no terminal', () => {
    const whole = `\
     DOMAIN  POINTS  RPO           STATE
two domains of which the heading is long
  !  web01        6  MISSED (26h)  damaged: 3 points (in quarantine, its parent is faulty)
     db1         12  met (26h)
`;
    expect(table(null)).toBe(whole);
    expect(table(140)).toBe(whole);
  });

  it('breaks its last column at spaces', () => {
    expect(table(64)).toBe(`\
     DOMAIN  POINTS  RPO           STATE
two domains of which the heading is long
  !  web01        6  MISSED (26h)  damaged: 3 points (in
                                   quarantine, its parent is
                                   faulty)
     db1         12  met (26h)
`);
  });

  it('puts it below the row where little room is left', () => {
    expect(table(50)).toBe(`\
     DOMAIN  POINTS  RPO
      STATE
two domains of which the heading is long
  !  web01        6  MISSED (26h)
      damaged: 3 points (in quarantine, its parent
      is faulty)
     db1         12  met (26h)
`);
  });

  it('names each text where not even the other columns fit', () => {
    expect(table(30)).toBe(`\
two domains of which the
      heading is long
  !  domain web01  points 6
    rpo MISSED (26h)
    state damaged: 3 points
      (in quarantine, its
      parent is faulty)
  domain db1  points 12
    rpo met (26h)
`);
  });

  it('loses and breaks no word at any width', () => {
    const cell = fc.array(fc.stringMatching(/^[a-z0-9/…-]{1,12}$/), { maxLength: 9 });
    const row = fc.array(
      cell.map((list) => list.join(' ')),
      { minLength: 5, maxLength: 5 },
    );
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 36, max: 140 }),
        (all, width) => {
          const lines = all.map((cells) => ({ cells }));
          const text = renderTable(columns, lines, { color: false, indent: 4, width }).join('\n');
          expect(overfull(text, width)).toEqual([]);
          const titles = new Set(columns.flatMap(({ title }) => [title, title.toLowerCase()]));
          const kept = (list: readonly string[]) =>
            list.filter((word) => !titles.has(word)).toSorted();
          expect(kept(words(text))).toEqual(kept(all.flat().flatMap(words)));
        },
      ),
    );
  });
});

it('a line is broken at spaces, further lines further in', () => {
  expect(fitLine('policy    policy.yaml at main · 4 rules', 30, 10)).toEqual([
    'policy    policy.yaml at main',
    '          · 4 rules',
  ]);
  expect(fitLine('short', 30, 10)).toEqual(['short']);
  expect(fitLine('x'.repeat(50), 30, 4)).toEqual(['x'.repeat(50)]);
});

describe.each([40, 50, 60, 80, 140])('a plan in %i columns', (width) => {
  const text = renderPlan(samplePlan, { color: false, verbose: false, width });

  it('has no line that the terminal would break, but for what is there to be copied', () => {
    const left = overfull(text, width).filter((line) => !line.includes('holdfast apply'));
    expect(left).toEqual([]);
  });

  it('says the same', () => {
    const whole = renderPlan(samplePlan, { color: false, verbose: false, width: null });
    expect(words(text)).toEqual(words(whole));
  });
});
