import type { Look } from './files.ts';

/**
 * Journals that this process saw to have their end, by path, each as the file that it was.
 * What has its end is never written again, so its end need not be read again; a file of the
 * same name that is another one, or has another size, is not the one that was seen.
 */
export type EndedRuns = Map<string, string>;

/** Whether the file at a path is one whose end was seen. */
export function isKnownEnded(ended: EndedRuns, path: string, look: Look): boolean {
  return ended.get(path) === markOf(look);
}

/** Notes an end. `look` is from before the end was read: what changed meanwhile is read again. */
export function noteEnded(ended: EndedRuns, path: string, look: Look): void {
  ended.set(path, markOf(look));
}

/** Forgets journals that are gone: an agent of years remembers as many as are kept. */
export function forgetGone(ended: EndedRuns, paths: readonly string[]): void {
  if (ended.size <= paths.length) return;
  const there = new Set(paths);
  for (const path of ended.keys()) if (!there.has(path)) ended.delete(path);
}

const markOf = ({ device, inode, sizeBytes }: Look): string => `${device} ${inode} ${sizeBytes}`;
