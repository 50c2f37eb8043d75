import { expect, it } from 'vitest';
import { renderPlanSummary } from '../../src/reporter/plan-counts.ts';
import { renderPlanMarkdown } from '../../src/reporter/plan-markdown.ts';
import { backup, domainRef, planWith, samplePlan, trash } from './sample-plan.ts';

it('is a comment with guards and deletions first', () => {
  expect(renderPlanMarkdown(samplePlan, { limit: 60_000 })).toBe(`\
<!-- holdfast-plan host=kvm01 id=${'ab'.repeat(32)} cut=false -->
### Holdfast plan

\`\`\`text
Plan: 3 to run, 1 to repair, 1 to delete (38.2 GiB, blocked); 38 unchanged.
\`\`\`

**Guards**

\`\`\`text
  block G201 domain/web01 would lose 3 of 6 chains: 50 % > 30 %
        if intended: holdfast apply --allow G201=domain/web01
\`\`\`

**Deletions**

\`\`\`text
! - domain/web01/20260601T02…-1f0e  30 points 38.2 GiB  kept by no rule (last 7 daily 14 monthly 12)
\`\`\`

**Everything else**

\`\`\`text
policy    policy.yaml at main 9f3c2b7 · 4 rules, 1 store, 1 mirror
observed  kvm01 2026-11-22 10:30:02+01:00 · libvirt ok · main ok (18 chains, 540 points) · nas ok

10 repair
  ~ domain/web01  drop checkpoint holdfast-…-0019       no published point uses it
20 backups
  > domain/mail01 full, about 48 GiB                    no restore point yet            policy.yaml:24
  > domain/web01  increment 0006 on 0005, 1.2 GiB       due 02:00, newest is 1d 8h old  policy.yaml:21
  > domain/db1    full, about 61 GiB                    tracker lost: domain crashed    policy.yaml:17

left alone
  . domain/old01  3 chains, 120 GiB                     not in policy.yaml: kept, unmanaged
    scratch-7     ignored                               policy.yaml:27
\`\`\`
`);
});

const manyBackups = Array.from({ length: 2000 }, (_, index) =>
  backup(domainRef(index, `vm${String(index).padStart(4, '0')}`), { id: `b${index}` }),
);
const deletions = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    trash(
      domainRef(index % 50, `vm${index % 50}`),
      `20260601T020000Z-${index.toString(16).padStart(4, '0')}`,
      {
        id: `t${index}`,
        blockedBy: index % 2 === 0 ? ['G201'] : [],
      },
    ),
  );

it('cuts the work in the middle and keeps guards and deletions', () => {
  const plan = planWith({
    actions: [...manyBackups, ...deletions(100)],
    guards: samplePlan.guards,
  });
  const text = renderPlanMarkdown(plan, { limit: 60_000 });
  expect(text.length).toBeLessThanOrEqual(60_000);
  // The room is used: a cut that left half of it empty would hide what could be shown.
  expect(text.length).toBeGreaterThan(59_500);
  expect(text).toContain('cut=true');
  expect(text).toContain('block G201 domain/web01');
  expect(text.match(/ - domain\//g)).toHaveLength(100);
  expect(text).toContain('domain/vm0000 ');
  expect(text).toContain('domain/vm1999 ');
  const shown = text.match(/ > domain\//g)?.length ?? 0;
  expect(text).toContain(
    `… ${2000 - shown} lines cut here: the saved plan has them all. A cut plan cannot approve. …`,
  );
});

it('tells deletions by domain where their list is too long', () => {
  const plan = planWith({ actions: [...manyBackups, ...deletions(2000)] });
  const text = renderPlanMarkdown(plan, { limit: 60_000 });
  expect(text.length).toBeLessThanOrEqual(60_000);
  expect(text).toContain('- vm7: 40 chains, 1.5 TiB\n');
  expect(text).toContain('- vm8: 40 chains, 1.5 TiB, 40 blocked\n');
});

it('stays below the limit whatever the plan', () => {
  const guards = Array.from({ length: 5000 }, (_, index) => ({
    code: index % 2 === 0 ? 'G201' : 'G202',
    scope: `domain/vm${index}`,
    effect: 'block' as const,
    actions: [],
    overridable: true,
    facts: { chains: 3, of: 6, left: 0, floor: 1 },
  }));
  const plan = planWith({ actions: deletions(2000), guards });
  const text = renderPlanMarkdown(plan, { limit: 60_000 });
  expect(text.length).toBeLessThanOrEqual(60_000);
  expect(text).toContain('G201: 2500 times\nG202: 2500 times\n');
  expect(text).toContain('2000 actions in this plan: too many to be shown here.');
});

it('shows backticks as they are', () => {
  const plan = planWith({ actions: [backup(domainRef(1, 'a````b'), {})] });
  expect(renderPlanMarkdown(plan, { limit: 60_000 })).toContain('`````text\npolicy ');
});

it('says a plan in one line', () => {
  expect(renderPlanSummary(samplePlan)).toBe(
    'kvm01: 3 to run, 1 to repair, 1 to delete (38.2 GiB, blocked); 38 unchanged.',
  );
  const unseen = { part: 'nas', seen: false, message: 'no route', chains: null, points: null };
  expect(renderPlanSummary(planWith({ observed: [unseen], incomplete: true }))).toBe(
    'kvm01: nothing to do. Not seen: nas.',
  );
});
