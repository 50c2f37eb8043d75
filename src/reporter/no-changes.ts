import { secondsBetween } from '../model/instant.ts';
import type { DomainVerdict, Plan } from '../model/plan.ts';
import { humanAge } from './human-duration.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';

/** The one line of a plan without actions: `No changes. kvm01 matches policy.yaml; next due: mail01 in 12m.` */
export function noChangesLine(plan: Plan): string {
  const next = nextDue(plan);
  const due = next === null ? '' : `; next due: ${next}`;
  const host = printable(plan.host);
  const unmanaged = plan.domains.filter(({ verdict }) => verdict === 'unmanaged').length;
  const left =
    unmanaged === 0
      ? ''
      : ` ${plural(unmanaged, 'domain')} not in ${printable(plan.policy.file)}: kept, unmanaged.`;
  if (plan.incomplete) {
    return `No changes to what was seen of ${host}${due}.${unseenWords(plan)}${left}`;
  }
  const hindered = hinderedWords(plan);
  return hindered === ''
    ? `No changes. ${host} matches ${printable(plan.policy.file)}${due}.${left}`
    : `No changes now: ${hindered}${due}.${left}`;
}

/** What follows from what was not seen; empty when everything was. Of a mirror alone, nothing for this host's other points. */
export function unseenWords({ incomplete, onlyMirrorsUnseen }: Plan): string {
  if (!incomplete) return '';
  return onlyMirrorsUnseen === true
    ? ' A mirror was not seen: nothing is deleted there, nor here what it has still to get.'
    : ' Not everything was seen: deletions are withheld.';
}

const uncopiedCodes: ReadonlySet<string> = new Set(['mirror-behind', 'mirror-name-taken']);

/** What keeps a host from matching its policy: guards, and domains that should have a point and cannot get one. */
function hinderedWords({ domains, guards, notes }: Plan): string {
  const codes = guards.filter(({ effect }) => effect === 'block').map(({ code }) => code);
  const counted = (['blocked', 'waiting'] as const).flatMap((kind) => {
    const count = domains.filter(({ verdict }) => verdict === kind).length;
    return count === 0 ? [] : [`${plural(count, 'domain')} ${kind}`];
  });
  const missing = domains.filter(isMissing).length;
  const copies = notes.filter(
    ({ code, severity }) => severity === 'warning' && uncopiedCodes.has(code),
  ).length;
  // A domain that is blocked says by whom.
  const isAlone = codes.length > 0 && !domains.some(({ verdict }) => verdict === 'blocked');
  return [
    ...(!isAlone ? [] : [`blocked by ${[...new Set(codes)].map(printable).join(', ')}`]),
    ...counted,
    ...(copies === 0 ? [] : [`${plural(copies, 'domain')} not whole at a mirror`]),
    ...(missing === 0 ? [] : [`${plural(missing, 'domain')} of the policy not on this host`]),
  ].join(', ');
}

/** Whether a rule selects a domain that is gone. */
export function isMissing({ verdict, place }: DomainVerdict): boolean {
  return verdict === 'gone' && place !== null;
}

// A slot of a domain that cannot get a point is nothing to look forward to.
const isServed: ReadonlySet<DomainVerdict['verdict']> = new Set([
  'acted-on',
  'up-to-date',
  'waiting',
]);

/** The domain that is due next, and when: `mail01 in 12m`; null when none will be. */
export function nextDue(plan: Plan): string | null {
  const [next] = plan.domains
    .filter(
      (domain): domain is DomainVerdict & { readonly nextDueAt: string } =>
        domain.nextDueAt !== null && isServed.has(domain.verdict),
    )
    .toSorted((a, b) =>
      a.nextDueAt === b.nextDueAt
        ? a.domain.name < b.domain.name
          ? -1
          : 1
        : a.nextDueAt < b.nextDueAt
          ? -1
          : 1,
    );
  if (next === undefined) return null;
  const seconds = secondsBetween(plan.plannedAt, next.nextDueAt);
  return `${printable(next.domain.name)} ${seconds <= 0 ? 'now' : `in ${humanAge(seconds)}`}`;
}
