import type { Approval } from '../model/approval.ts';
import { canonicalJson, digestOf } from '../model/canonical.ts';
import { millisecondsOf } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { formatOne, instant, listOf, parseShape, record, text, textLike } from '../store/shape.ts';

/** What is signed: an approval without who made it, which the signature says. */
export type Statement = Omit<Approval, 'id' | 'by' | 'how'> & {
  /** The plan that was looked at, for those who ask later. */
  readonly plan: string;
  readonly reason: string;
};

/** ssh-keygen's namespace: a signature for a commit or a file is none for this. */
export const approvalNamespace = 'holdfast-approval';

/** Whoever approves should remember what; a fortnight covers a holiday and a review. */
export const longestDays = 14;

// Clocks of a laptop and a host differ by minutes; the form has no room for more.
const skewMs = 3_600_000;

const subject = textLike(
  (value): value is string => /^[0-9a-f]{16}$/.test(value),
  '',
  '16 hex digits',
);

const statementShape = record((field) => ({
  formatVersion: field('formatVersion', formatOne),
  kind: field(
    'kind',
    textLike((value): value is 'approval' => value === 'approval', 'approval', '"approval"'),
  ),
  host: field('host', text),
  code: field('code', text),
  scope: field('scope', text),
  subjects: field('subjects', listOf(subject)),
  madeAt: field('madeAt', instant),
  until: field('until', instant),
  plan: field('plan', text),
  reason: field('reason', text),
}));

/** The bytes that are signed. */
export function statementText(statement: Statement): string {
  return `${canonicalJson({ formatVersion: 1, kind: 'approval', ...statement })}\n`;
}

/** Reads them again. */
export function parseStatement(content: string): Result<Statement, Failure> {
  const parsed = parseShape(content, statementShape);
  if (!parsed.ok) return fail({ code: 'not-an-approval', message: parsed.error });
  const { formatVersion: _format, kind: _kind, ...statement } = parsed.value;
  return ok(statement);
}

/** The name of what was said. */
export function statementId(statement: Statement): string {
  return digestOf(statement).slice(0, 16);
}

/** Why a statement counts no longer, or not at all; null if it does. */
export function whyNot(
  { madeAt, until, subjects }: Pick<Statement, 'madeAt' | 'until' | 'subjects'>,
  nowMs: number,
): string | null {
  const [from, end] = [millisecondsOf(madeAt), millisecondsOf(until)];
  if (end <= nowMs) return `it expired at ${until}`;
  if (from > nowMs + skewMs) return `it is dated ${madeAt}, which is to come`;
  if (end - from > longestDays * 86_400_000)
    return `it is good for more than ${longestDays} days, from ${madeAt} to ${until}`;
  return subjects.length === 0 ? 'it approves nothing' : null;
}
