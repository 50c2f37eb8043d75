import type { Look } from './files.ts';
import type { JournalFiles } from './journal-files.ts';
import { isFinished, strangeJournal } from './journal-read.ts';

/**
 * Journals that this process saw to have their end, by path, each as the file that it was.
 * What has its end is never written again, so its end need not be read again; a file of the
 * same name that is another one, or has another size, is not the one that was seen.
 */
export type EndedRuns = Map<string, string>;

/** What a journal is before it is read: it has its end, it has none yet, or it is none of ours. */
export type Beginning = 'ended' | 'open' | { readonly strange: string };

/** Looks at a journal; reads no more than its end, and that once. */
export function lookAtJournal(path: string, files: JournalFiles, ended: EndedRuns): Beginning {
  // The look before the end: of what changes in between, the end is read again.
  const look = files.look(path);
  const mark = look === null ? null : markOf(look);
  if (mark !== null && ended.get(path) === mark) return 'ended';
  const strange = strangeJournal(path, files);
  if (strange !== null) return { strange };
  if (!isFinished(path, files)) return 'open';
  if (mark !== null) ended.set(path, mark);
  return 'ended';
}

/** Forgets journals that are gone: an agent of years remembers as many as are kept. */
export function forgetGone(ended: EndedRuns, paths: readonly string[]): void {
  if (ended.size <= paths.length) return;
  const there = new Set(paths);
  for (const path of ended.keys()) if (!there.has(path)) ended.delete(path);
}

const markOf = ({ device, inode, sizeBytes }: Look): string => `${device} ${inode} ${sizeBytes}`;
