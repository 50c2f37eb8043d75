import type { CopyPoints } from '../model/copy-action.ts';
import type { ChainId, DomainUuid } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import { lastDueAt } from '../schedule/due.ts';
import { directoryFor } from './backup.ts';
import { chainsBeside, type ChainBeside } from './chains-beside.ts';
import { copiesOfChain } from './copy-actions.ts';
import type { CopyQuestion } from './copy-question.ts';
import type { DomainDecision } from './domain-decision.ts';
import type { DomainSituation, MirrorSituation, Planning } from './planning.ts';
import { rawOnly } from './raw-only.ts';
import { judge } from './retention.ts';

/** What is copied of one domain to one of its mirrors, and what is not. */
export interface CopyDecision {
  readonly domain: DomainSituation;
  readonly mirror: MirrorSituation;
  /**
   * `unseen`: nobody knows what is there, or the store has no id; `taken`: the
   * directory of that name there is another domain's; `later`: its schedule is
   * not due; `now`: everything that is wanted and missing is copied.
   */
  readonly when: 'unseen' | 'taken' | 'later' | 'now';
  /** null while unseen or taken. */
  readonly question: CopyQuestion | null;
  readonly chains: readonly ChainBeside[];
  /** Chains that the mirror's retention keeps, if they are there. */
  readonly wanted: ReadonlySet<ChainId>;
  readonly copies: readonly CopyPoints[];
  /** The slot that was due; null without a schedule of its own. */
  readonly dueAt: Instant | null;
}

/** Decisions by `MIRROR/UUID`. */
export type CopyDecisions = ReadonlyMap<string, CopyDecision>;

/** The key of a decision. */
export const copyKey = (mirror: string, uuid: DomainUuid): string => `${mirror}/${uuid}`;

/**
 * Decides what each domain of the policy copies to each of its mirrors.
 * `blocked`: ids of backups that do not come, so that nothing is judged by them.
 */
export function decideCopies(
  planning: Planning,
  decisions: ReadonlyMap<DomainUuid, DomainDecision>,
  blocked: ReadonlySet<string>,
): CopyDecisions {
  const found = new Map<string, CopyDecision>();
  for (const domain of planning.domains) {
    const { desired } = domain;
    if (desired === null) continue;
    for (const mirror of planning.mirrors) {
      if (mirror.store !== domain.store || !desired.mirrors.includes(mirror.name)) continue;
      const planned = decisions.get(domain.uuid)?.backup ?? null;
      const backup = planned === null || blocked.has(planned.id) ? null : planned;
      const backupId = planned?.id ?? null;
      const decision = decide(planning, { domain, desired, mirror, backup, backupId });
      found.set(copyKey(mirror.name, domain.uuid), decision);
    }
  }
  return found;
}

function decide(
  planning: Planning,
  about: Pick<CopyQuestion, 'domain' | 'desired' | 'mirror' | 'backup' | 'backupId'>,
): CopyDecision {
  const { domain, mirror, backup } = about;
  const none: CopyDecision = {
    domain,
    mirror,
    when: 'unseen',
    question: null,
    chains: [],
    wanted: new Set(),
    copies: [],
    dueAt: null,
  };
  if (mirror.ref === null || mirror.content === null) return none;
  const directory = backup?.directory ?? directoryFor(domain, mirror.store);
  const there = mirror.directories.get(directory) ?? null;
  // A name that had another owner once: two domains in one directory could not be told apart.
  if (there !== null && there.uuid !== domain.uuid) return { ...none, when: 'taken' };
  const tip = backup ?? domain.directory?.tip ?? null;
  const question: CopyQuestion = {
    planning,
    ...about,
    directory,
    there,
    rule: {
      retention: mirror.desired.retention,
      timezone: planning.desired.timezone,
      rawOnly: rawOnly(domain),
    },
    tip: tip === null ? null : { chain: tip.chain },
  };
  return { ...none, question, ...decideChains(question) };
}

/**
 * What is wanted is judged over what is at the mirror and what is missing
 * there together: a rule that marks a point in more points marks it in fewer
 * too, so that what is copied is not deleted for what was copied beside it.
 */
function decideChains(
  question: CopyQuestion,
): Pick<CopyDecision, 'when' | 'chains' | 'wanted' | 'copies' | 'dueAt'> {
  const { planning, domain, mirror, there, backup, rule, tip } = question;
  const chains = chainsBeside(domain.directory, there, backup, planning.asOf);
  const union = { chains: chains.map(({ whole }) => whole), incoming: [], tip };
  const { line, doomed } = judge(union, planning, [], rule);
  const gone = new Set(doomed.map((index) => line.chains[index]?.id));
  const wanted = new Set(
    chains.flatMap(({ id, whole }) => (gone.has(id) || whole.points.length === 0 ? [] : [id])),
  );
  const missing = chains.filter((chain) => wanted.has(chain.id) && chain.missing.length > 0);
  const { schedule } = mirror.desired;
  const dueAt = schedule === null ? null : lastDueAt(schedule, planning.asOf, domain.uuid);
  const isDue =
    dueAt === null ||
    missing.some((chain) => chain.missing.some(({ planned, at }) => !planned && at <= dueAt));
  return {
    when: isDue || missing.length === 0 ? 'now' : 'later',
    chains,
    wanted,
    copies: isDue ? missing.flatMap((chain) => copiesOfChain(question, chain, dueAt)) : [],
    dueAt,
  };
}
