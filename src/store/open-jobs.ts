import type { DomainUuid, RunId } from '../model/identity.ts';
import { lookAtJournal, type EndedRuns } from './ended-runs.ts';
import { realJournalFiles, type JournalFiles } from './journal-files.ts';
import { openEntries, parseJournal } from './journal-read.ts';
import { journalPath, listRuns } from './runs.ts';

/** A backup job of a run that has no end: how one of libvirt's is known for ours. */
export interface OpenJob {
  readonly run: RunId;
  readonly uuid: DomainUuid;
  readonly socket: string;
}

/**
 * Backup jobs that journals of this host have open, of runs at work as of those that died: an
 * intent is on disk before its job begins, and is closed after the job has ended. What cannot
 * be read names no job; that it cannot is told by `readRuns`.
 */
export function readOpenJobs(
  stateDir: string,
  files: JournalFiles = realJournalFiles,
  ended: EndedRuns = new Map(),
): readonly OpenJob[] {
  try {
    return listRuns(stateDir, files).flatMap((run) => jobsOf(stateDir, run, files, ended));
  } catch {
    return [];
  }
}

function jobsOf(
  stateDir: string,
  run: RunId,
  files: JournalFiles,
  ended: EndedRuns,
): readonly OpenJob[] {
  const path = journalPath(stateDir, run);
  if (lookAtJournal(path, files, ended) !== 'open') return [];
  // A run over thousands of domains has megabytes of other lines; the last one may be half written.
  const lines = files.read(path).split('\n').slice(0, -1);
  const told = lines.filter((line) => line.includes('"backup-job"'));
  return openEntries(parseJournal(told.map((line) => `${line}\n`).join('')).events).flatMap(
    ({ intent }) =>
      intent.kind === 'backup-job' ? [{ run, uuid: intent.uuid, socket: intent.socket }] : [],
  );
}
