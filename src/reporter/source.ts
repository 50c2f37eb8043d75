import type { Instant } from '../model/instant.ts';
import type { CommitVerdict, SourceRefusal } from '../model/policy-source.ts';
import type { SourceReport } from '../model/report.ts';
import { paint } from './color.ts';
import { guards } from './guards.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { sentenceOf } from './sentence.ts';
import { renderTable, type TableLine } from './table.ts';
import { zonedClock } from './zoned-clock.ts';

/** Why a git source is not followed, as one sentence with the guard's code: `G101 policy has a commit …`. */
export function sourceRefusalWords(
  { code, facts }: SourceRefusal,
  { at, timezone }: { readonly at: Instant; readonly timezone: string },
): string {
  const setting = { clock: zonedClock(timezone), now: at, policyFile: 'policy' };
  return `${code} policy ${sentenceOf(guards, code, facts, setting)}`;
}

const verdicts: Readonly<Record<CommitVerdict, string>> = {
  signed: 'signed',
  sealed: 'sealed',
  unsigned: 'REFUSED: not signed',
  unlisted: 'REFUSED: the key is not listed',
  expired: "REFUSED: the key's time is over",
  bad: 'REFUSED: no valid signature, or revoked',
};

/** What a look at the policy's branch found, for people. Ends in a newline. */
export function renderSource(report: SourceReport, options: RenderOptions): string {
  const { inForce, refused, failure } = report;
  const clock = zonedClock(report.timezone);
  const label = (word: string): string => paint(word.padEnd(10), 'bold', options.color);
  const since = (at: Instant): string => clock.minute(at);
  const bad = (text: string): string => paint(text, 'red', options.color);
  return [
    `${label('source')}${printable(report.url)} · ${printable(report.branch)} · ${printable(report.path)}`,
    inForce === null
      ? `${label('in force')}${bad('nothing yet')}`
      : `${label('in force')}${inForce.commit.slice(0, 7)} signed by ${printable(inForce.signer)}, ${
          report.changed ? 'new' : `since ${since(inForce.since)}`
        }`,
    ...(failure === null
      ? []
      : [
          `${label('failed')}${bad(printable(failure.message))}; last seen ${
            report.fetchedAt === null ? 'never' : since(report.fetchedAt)
          }`,
        ]),
    ...(refused === null
      ? []
      : [
          `${label('refused')}${bad(sourceRefusalWords(refused.refusal, report))}`,
          `          since ${since(refused.at)}. ${guards[refused.refusal.code]?.remedy ?? ''}`,
        ]),
    ...commitLines(report, options),
    '',
  ].join('\n');
}

function commitLines({ commits }: SourceReport, options: RenderOptions): readonly string[] {
  if (commits.length === 0) return [];
  const lines = commits.map(({ commit, verdict, signer, key, author, subject }): TableLine => ({
    cells: [
      commit.slice(0, 7),
      verdicts[verdict],
      printable(signer ?? key ?? ''),
      printable(author),
      printable(subject),
    ],
    ...(verdict === 'signed' || verdict === 'sealed' ? {} : { style: 'red' as const }),
  }));
  const titles = ['COMMIT', 'VERDICT', 'SIGNER', 'AUTHOR', 'SUBJECT'];
  return [
    '',
    ...renderTable(
      titles.map((title) => ({ title })),
      lines,
      { color: options.color, width: options.width, indent: 0 },
    ),
  ];
}
