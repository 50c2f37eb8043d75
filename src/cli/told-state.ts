import { digestOf } from '../model/canonical.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { StatusReport } from '../model/status-report.ts';
import type { HostPublish } from '../policy/host-file.ts';
import { renderPlanMarkdown } from '../reporter/plan-markdown.ts';
import type { Published, PublishPlace } from '../source/publish.ts';
import { jsonText } from './json-pieces.ts';
import { markdownLimit } from './print-plan.ts';

/** What a host tells on its branch: a look, the plan that is made from it, and the health of all. */
export interface ToldState {
  readonly observed: ObservedState;
  readonly plan: Plan;
  readonly status: StatusReport;
}

/** Where a host tells it. */
export function publishPlace(publish: HostPublish, host: string): PublishPlace {
  return { ...publish, branch: publish.branch ?? `holdfast/state/${branchWord(host)}` };
}

/** A host's name as a part of a branch's name, as git-check-ref-format(1) allows. */
function branchWord(host: string): string {
  return host.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+/, '') || 'host';
}

// Git servers complain above 50 MiB a file. The state of a thousand points is a tenth of one.
const maxFileCharacters = 32 * 1024 ** 2;

/** The files that are told, and the names of those that are too large for it. */
export interface ToldFiles {
  readonly told: Published;
  readonly leftOut: readonly string[];
}

/** A state as files; `digest` is what `stateDigest` says of it. */
export function toldFiles(
  { observed, plan, status }: ToldState,
  digest: string,
  maxCharacters: number = maxFileCharacters,
): ToldFiles {
  const all = {
    'observed.json': boundedText(observed, maxCharacters),
    'plan.json': boundedText(plan, maxCharacters),
    'plan.md': renderPlanMarkdown(plan, { limit: markdownLimit }),
    'status.json': boundedText(status, maxCharacters),
  };
  const files = Object.entries(all).flatMap(([name, text]) =>
    text === null ? [] : [[name, text] as const],
  );
  return {
    told: {
      files: Object.fromEntries(files),
      subject: `State of ${plan.host} at ${observed.observedAt}`,
      author: `holdfast on ${plan.host}`,
      digest,
    },
    leftOut: Object.entries(all).flatMap(([name, text]) => (text === null ? [name] : [])),
  };
}

/** Why a file is missing on the branch. */
export function leftOutWords(names: readonly string[]): string {
  return `${names.join(', ')} not told: longer than 32 MiB`;
}

/** A value as a file's text; null: it is longer than that. Not made to its end then. */
function boundedText(value: unknown, maxCharacters: number): string | null {
  let text = '';
  for (const piece of jsonText(value)) {
    text += piece;
    if (text.length > maxCharacters) return null;
  }
  return text;
}

/**
 * A digest of what a reader would call news: work, guards, health, and what lies where. Instants of
 * looks, ages and free space change with each look, and are none.
 */
export function stateDigest({ plan, status }: Pick<ToldState, 'plan' | 'status'>): string {
  return digestOf({
    policy: plan.policy,
    request: plan.request.agent?.mode ?? null,
    actions: plan.actions.map(({ id, blockedBy }) => [id, blockedBy]),
    guards: plan.guards.map(({ code, scope, effect }) => [code, scope, effect]),
    notes: plan.notes.map(({ code, address }) => [code, address]),
    domains: status.domains.map(({ uuid, name, verdict, freshAt, rpo, points, faulty, ...own }) => [
      [uuid, name, verdict, freshAt, rpo, points, faulty],
      (own.copies ?? []).map(({ mirror, newestAt, behind, failure }) => [
        [mirror, newestAt, behind?.points, failure?.code],
      ]),
      [own.checks?.never, own.checks?.overdue, own.checks?.oldestAt, own.drill?.drill?.last],
    ]),
    stores: status.stores.map(({ name, points, bytes, trashBytes, failure }) => [
      [name, points, bytes, trashBytes, failure?.code],
    ]),
    unseen: status.unseen.map(({ part, failure }) => [part, failure.code]),
  });
}
