import type { Approval } from '../model/approval.ts';
import { actionsOf, subjectDigest } from '../model/approved-subjects.ts';
import { instantOf, type Instant } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { jsonText, makeDurableWay, writeDurable } from '../store/durable.ts';
import type { Files } from '../store/files.ts';
import { formatOne, instant, listOf, mapOf, parseShape, record, text } from '../store/shape.ts';
import { approvalsDirectory } from './approvals-directory.ts';

const fileName = 'used.json';

const usedShape = record((field) => ({
  formatVersion: field('formatVersion', formatOne),
  used: field(
    'used',
    mapOf(
      record((own) => ({
        until: own('until', instant),
        subjects: own('subjects', listOf(text)),
      })),
    ),
  ),
}));

interface Use {
  readonly until: Instant;
  readonly subjects: readonly string[];
}

type Uses = Readonly<Record<string, Use>>;

function readUses(stateDir: string, files: Files): Result<Uses, Failure> {
  const path = `${approvalsDirectory(stateDir)}/${fileName}`;
  return attempt(`reading ${path}`, () => {
    if (files.look(path) === null) return ok({});
    const read = parseShape(files.read(path), usedShape);
    return read.ok
      ? ok(read.value.used)
      : fail({
          code: 'used-unreadable',
          message: `${path}: ${read.error}; it says which approvals were used. Remove it and all approvals beside it`,
        });
  });
}

/** Approvals without what was done by them: each allows each of its subjects once. */
export function unused(
  stateDir: string,
  approvals: readonly Approval[],
  files: Files,
): Result<readonly Approval[], Failure> {
  const uses = readUses(stateDir, files);
  if (!uses.ok) return uses;
  return ok(
    approvals.flatMap((approval) => {
      const gone = uses.value[approval.id]?.subjects ?? [];
      const subjects = approval.subjects.filter((subject) => !gone.includes(subject));
      return subjects.length === 0 ? [] : [{ ...approval, subjects }];
    }),
  );
}

/**
 * Notes before a run that its approvals are used: a run that dies has used them, for nobody
 * knows how far it came. What was not done is given back afterwards (`giveBack`).
 */
export function useApprovals(
  stateDir: string,
  plan: Plan,
  nowMs: number,
  files: Files,
): Result<void, Failure> {
  return change(stateDir, plan, nowMs, files, (subjects, own) => [
    ...new Set([...subjects, ...own]),
  ]);
}

/** Gives back what a run did not do after all. */
export function giveBack(
  stateDir: string,
  plan: Plan,
  {
    done,
    nowMs,
    files,
  }: { readonly done: ReadonlySet<string>; readonly nowMs: number; readonly files: Files },
): Result<void, Failure> {
  const left = { ...plan, actions: plan.actions.filter(({ id }) => !done.has(id)) };
  return change(stateDir, left, nowMs, files, (subjects, own) =>
    subjects.filter((subject) => !own.includes(subject)),
  );
}

/** Whether a plan does anything by an approval. */
export function isByApproval({ guards }: Plan): boolean {
  return guards.some(({ approved }) => approved !== undefined);
}

function change(
  stateDir: string,
  plan: Plan,
  nowMs: number,
  files: Files,
  next: (subjects: readonly string[], own: readonly string[]) => readonly string[],
): Result<void, Failure> {
  const uses = readUses(stateDir, files);
  if (!uses.ok) return uses;
  const now = instantOf(nowMs);
  const used = new Map(Object.entries(uses.value).filter(([, { until }]) => until > now));
  for (const guard of plan.guards) {
    const { approved } = guard;
    if (approved === undefined) continue;
    const own = actionsOf(plan, guard)
      .filter(({ blockedBy }) => blockedBy.length === 0)
      .map(subjectDigest);
    const { id, until } = approved;
    used.set(id, { until, subjects: next(used.get(id)?.subjects ?? [], own) });
  }
  const directory = approvalsDirectory(stateDir);
  return attempt(`writing ${directory}/${fileName}`, () => {
    makeDurableWay(files, directory);
    const content = jsonText({ formatVersion: 1, used: Object.fromEntries(used) });
    writeDurable(files, directory, fileName, content);
    return ok(undefined);
  });
}
