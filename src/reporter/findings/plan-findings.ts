import type { SourcePlace } from '../../model/desired.ts';
import type { Finding } from '../../model/finding.ts';
import type { Guard, Plan } from '../../model/plan.ts';
import { guards, noOverride } from '../guards.ts';
import { planWords } from '../plan-text.ts';
import { printable } from '../printable.ts';
import { sentenceOf } from '../sentence.ts';
import { shellWord } from '../shell-word.ts';

/**
 * Guards of a plan as findings, at the line of the policy that their domain is
 * under: what blocks is an error, what withholds a warning. A plan itself is no
 * finding: that something is due is no mistake.
 */
export function planFindings(plan: Plan): readonly Finding[] {
  const places = placesOf(plan);
  const { setting } = planWords(plan, false);
  return plan.guards
    .filter(({ effect }) => effect !== 'allowed')
    .map((guard) => {
      const { code, scope, effect, facts } = guard;
      const known = Object.hasOwn(guards, code) ? guards[code] : undefined;
      // A mirror's scope is the domain's behind the mirror's name: `nas:domain/web01`.
      const place = places.get(scope.replace(/^[^/]*:/, '')) ?? null;
      const said = `${printable(scope)} ${sentenceOf(guards, code, facts, setting)}`;
      return {
        code,
        severity: effect === 'block' ? 'error' : 'warning',
        message: [said, remedyOf(guard)].filter((part) => part !== null).join(' — '),
        help: known?.explain ?? code,
        subject: scope,
        place: place === null ? null : { ...place, endColumn: null },
      };
    });
}

function remedyOf({ code, scope, overridable }: Guard): string | null {
  return overridable
    ? `if intended: holdfast apply --allow ${shellWord(printable(`${code}=${scope}`))}`
    : noOverride(code);
}

/** The line of the policy that each domain is under, by the addresses that guards use. */
function placesOf(plan: Plan): ReadonlyMap<string, SourcePlace> {
  return new Map(
    plan.domains.flatMap(({ domain, place }) =>
      place === null ? [] : [[`domain/${domain.name}`, place] as const],
    ),
  );
}
