import type { EventBody, RunEvent } from '../model/event.ts';
import type { RunId } from '../model/identity.ts';
import type { OpenIntent } from '../model/observed.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Drivers } from './drivers.ts';
import type { ActionLog } from './tools.ts';

/** Where the events of a run go: the host's journal, those of stores, and whoever listens. */
export interface Recorder {
  /** On disk when it returns; the listener is told in any case. */
  record(body: EventBody, storePath?: string): Result<void, Failure>;
  /** To the listener alone: not worth a line in the journal. */
  tell(body: EventBody): void;
  /** Whether an intent is open: then the run must not be given an end, for the next one to see it. */
  hasOpenIntent(): boolean;
  noteIntent(action: string, kind: OpenIntent['kind'], isOpen: boolean): void;
  close(): void;
}

/** Opens the journal of a run; if that fails, so does each `record`. */
export function openRecorder(
  drivers: Drivers,
  run: RunId,
  emit: (event: RunEvent) => void,
): Recorder {
  const journal = drivers.journals.open(run);
  const open = new Set<string>();
  let number = 0;
  const tell = (body: EventBody): void =>
    emit({ formatVersion: 1, run, number, at: drivers.clock(), ...body });
  return {
    record(body, storePath) {
      const written = journal.ok ? journal.value.append(body, storePath) : journal;
      number += 1;
      tell(body);
      return written;
    },
    tell,
    hasOpenIntent: () => open.size > 0,
    noteIntent(action, kind, isOpen) {
      if (isOpen) open.add(`${kind} ${action}`);
      else open.delete(`${kind} ${action}`);
    },
    close: () => {
      if (journal.ok) journal.value.close();
    },
  };
}

// Often enough for an eye, seldom enough that a reader of `--json` is not flooded.
const progressMilliseconds = 200;

const refused = (written: Result<void, Failure>): Result<void, Failure> =>
  written.ok ? ok(undefined) : fail(notNoted(written.error));

/** The journal as one action sees it. */
export function actionLog(action: string, recorder: Recorder): ActionLog {
  let toldAt = -Infinity;
  const noteAfter = (body: EventBody): Result<void, Failure> => {
    const written = recorder.record(body);
    // The effect is there already: a journal that is broken by now stops nothing.
    if (!written.ok) recorder.tell({ kind: 'warning', action, failure: written.error });
    return written;
  };
  return {
    step: (step, path, store) =>
      refused(recorder.record({ kind: 'step', action, step, path }, store?.path)),
    open: (intent) => {
      const written = recorder.record({ kind: 'intent', action, intent });
      if (written.ok) recorder.noteIntent(action, intent.kind, true);
      return refused(written);
    },
    close: (intent) => {
      const written = noteAfter({ kind: 'intent-closed', action, intent });
      if (written.ok) recorder.noteIntent(action, intent, false);
      return written;
    },
    warn: (failure) => void noteAfter({ kind: 'warning', action, failure }),
    progress: (doneBytes, totalBytes) => {
      const now = performance.now();
      if (now - toldAt < progressMilliseconds && doneBytes !== totalBytes) return;
      toldAt = now;
      recorder.tell({ kind: 'progress', action, doneBytes, totalBytes });
    },
  };
}

/** An action that cannot be journalled does not start. */
export function notNoted(failure: Failure): Failure {
  const message = `The journal cannot be written, so nothing was begun: ${failure.message}`;
  return { code: 'journal-failed', message };
}
