import type { Note } from '../model/plan.ts';

/** One thing that is said but not done. */
export const note = (
  severity: Note['severity'],
  address: string,
  code: string,
  facts: NonNullable<Note['facts']> = {},
  place: Note['place'] = null,
): Note => ({ code, address, severity, facts, place });
