import { assert, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderPlanMarkdown } from '../../src/reporter/plan-markdown.ts';
import { renderPlan } from '../../src/reporter/plan.ts';
import { printable } from '../../src/reporter/printable.ts';
import { backup, domainRef, placeAt, planWith, trash, verdict } from './sample-plan.ts';

const plain = { color: false, width: null, verbose: true };

/** A plan in which one name stands wherever a name can stand. */
function planOf(name: string) {
  const domain = domainRef(1, name);
  return planWith({
    host: name,
    policy: { ...planWith({}).policy, file: name, branch: name, commit: name },
    observed: [{ part: name, seen: false, message: name, chains: null, points: null }],
    request: {
      targets: [`domain/${name}`],
      now: [{ address: name, full: false, note: name, hold: null }],
      allow: [{ code: 'G201', scope: name }],
      unattended: false,
    },
    actions: [
      backup(domain, {
        place: { ...placeAt(1), file: name },
        reasons: [{ code: 'tracker-lost', facts: { how: name } }, { code: name }],
        note: name,
        hold: name,
      }),
      trash(domain, '20260601T020000Z-1f0e', {
        reasons: [{ code: name, facts: { [name]: name } }],
      }),
    ],
    notes: [{ code: name, address: name, severity: 'warning', place: null, facts: { a: name } }],
    guards: [
      {
        code: 'G212',
        scope: name,
        effect: 'block',
        actions: [],
        overridable: true,
        facts: { path: name },
      },
    ],
    domains: [verdict(domain, 'ignored', { place: { ...placeAt(1), file: name } })],
  });
}

describe('a name', () => {
  it('loses what could forge, colour or turn a line', () => {
    expect(printable('a\nPlan: 0 to delete.\r\n\tb')).toBe('a Plan: 0 to delete. b');
    expect(printable('\u001B[31mred\u001B[0m \u001B]0;title\u0007x\u009B2J')).toBe('red x');
    expect(printable('a\u202Egpj.exe\u2066\u200B\uFEFF\uD800b\u2028c')).toBe('agpj.exeb c');
    expect(printable('👩‍💻 é 日本')).toBe('👩‍💻 é 日本');
  });

  it('never adds a line to a plan, nor a control character', () => {
    const lines = renderPlan(planOf('web01'), plain).split('\n').length;
    const markdownLines = renderPlanMarkdown(planOf('web01'), { limit: 60_000 }).split('\n').length;
    expect(lines).toBeGreaterThan(20);
    const hostile = oneof(
      string({ unit: 'binary' }),
      constantFrom('a\nb', '\u001B[2J', '```\n# x', '::error::x', '<!-- -->', '\r', '\u0085'),
    );
    assert(
      property(hostile, (name) => {
        const text = renderPlan(planOf(`n${name}`), plain);
        expect(text.split('\n').length).toBe(lines);
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E]/u);
        const markdown = renderPlanMarkdown(planOf(`n${name}`), { limit: 60_000 });
        expect(markdown.split('\n').length).toBe(markdownLines);
      }),
    );
  });
});

describe('wide characters', () => {
  it('keep the columns of a plan straight', () => {
    const names = ['web01', '日本語', '👩‍💻', 'cafe\u0301', '한국'];
    const plan = planWith({
      actions: names.map((name, index) =>
        backup(domainRef(index, name), { id: String(index), place: placeAt(7) }),
      ),
    });
    expect(renderPlan(plan, { ...plain, verbose: false })).toContain(`\
  > domain/web01  full, size not known                  no restore point yet  policy.yaml:7
  > domain/日本語 full, size not known                  no restore point yet  policy.yaml:7
  > domain/👩‍💻     full, size not known                  no restore point yet  policy.yaml:7
  > domain/cafe\u0301   full, size not known                  no restore point yet  policy.yaml:7
  > domain/한국   full, size not known                  no restore point yet  policy.yaml:7
`);
  });

  it('of a very long name push that line only', () => {
    const plan = planWith({
      actions: [
        backup(domainRef(1, 'x'.repeat(60)), {}),
        backup(domainRef(2, 'web01'), { id: 'b' }),
      ],
    });
    const lines = renderPlan(plan, { ...plain, verbose: false }).split('\n');
    expect(lines).toContain(
      `  > domain/${'x'.repeat(60)}  full, size not known  no restore point yet`,
    );
    expect(lines).toContain(
      '  > domain/web01 full, size not known                  no restore point yet',
    );
  });
});
