import { exitCodes } from './exit-codes.ts';
import { faults } from './faults.ts';
import { guards } from './guards.ts';
import { notes } from './notes.ts';
import { outcomeTexts } from './outcomes.ts';
import { reasons } from './reasons.ts';

/** Something that `explain` can explain: a code, what kind of code it is, and the text. */
export interface Topic {
  readonly code: string;
  readonly family: 'guard' | 'reason' | 'note' | 'outcome' | 'fault of a point' | 'exit status';
  readonly text: string;
}

/** Everything that can be explained, by family. A code may be in two of them. */
export const topics: readonly Topic[] = [
  ...Object.entries(guards).map(([code, { explain: text, remedy, liftable }]): Topic => ({
    code,
    family: 'guard',
    text: [
      text,
      ...(remedy === null ? [] : [remedy]),
      liftable
        ? `Where the plan says "if intended", --allow ${code}=SCOPE lifts it for one run; on a host with approvers, so does holdfast approve PLAN --guard ${code}=SCOPE, signed.`
        : 'It cannot be lifted.',
    ].join(' '),
  })),
  ...Object.entries(reasons).map(([code, sentence]): Topic => ({
    code,
    family: 'reason',
    text: sentence.explain,
  })),
  ...Object.entries(notes).map(([code, sentence]): Topic => ({
    code,
    family: 'note',
    text: sentence.explain,
  })),
  ...Object.entries(outcomeTexts).map(([code, text]): Topic => ({ code, family: 'outcome', text })),
  ...Object.entries(faults).map(([code, fault]): Topic => ({
    code,
    family: 'fault of a point',
    text: fault.explain,
  })),
  ...Object.entries(exitCodes).map(([code, text]): Topic => ({
    code: `exit-${code}`,
    family: 'exit status',
    text,
  })),
];

/** What a code means, why it exists and what to do; null if nothing is called that. `4` is `exit-4`, `g201` is `G201`. */
export function explain(topic: string): string | null {
  const wanted = /^\d+$/.test(topic) ? `exit-${topic}` : topic.toLowerCase();
  const found = topics.filter(({ code }) => code.toLowerCase() === wanted.toLowerCase());
  if (found.length === 0) return null;
  return `${found.map(({ code, family, text }) => `${code} (${family})\n\n${text}`).join('\n\n')}\n`;
}
