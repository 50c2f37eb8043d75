import type { DomainVerdict, Plan } from '../model/plan.ts';
import { verdictRow, type PlanWords } from './plan-rows.ts';
import type { Row } from './row.ts';

const isIgnored = ({ first }: { readonly first: DomainVerdict }): boolean =>
  first.verdict === 'ignored';

/** Rows of the domains that no action is planned for; those that one line of the policy ignores share a row. */
export function leftAloneRows(plan: Plan, words: PlanWords): readonly Row[] {
  const acted = new Set(
    plan.actions.flatMap((action) => ('domain' in action ? [action.domain.uuid] : [])),
  );
  // A plan that was asked for by hand and does nothing must say why.
  const showsAll = plan.purpose !== 'policy' && plan.actions.length === 0;
  const shown = plan.domains.filter(
    ({ verdict, domain }) =>
      verdict !== 'acted-on' &&
      (verdict !== 'up-to-date' || showsAll) &&
      !(verdict === 'blocked' && acted.has(domain.uuid)),
  );
  const together = new Map<string, DomainVerdict[]>();
  for (const verdict of shown) {
    const { place } = verdict;
    const key =
      verdict.verdict === 'ignored' && place !== null && !words.verbose
        ? `${place.file}:${place.line}`
        : verdict.domain.uuid;
    together.set(key, [...(together.get(key) ?? []), verdict]);
  }
  const rows = [...together.values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [{ first, row: verdictRow(first, more.length, words) }],
  );
  return [...rows.filter((row) => !isIgnored(row)), ...rows.filter(isIgnored)].map(
    ({ row }) => row,
  );
}
