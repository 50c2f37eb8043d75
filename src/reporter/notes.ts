import type { SentenceTable } from './sentence.ts';

/** What is said of a plan but not done. */
export const notes: SentenceTable = {};
