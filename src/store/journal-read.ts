import type { RunEvent } from '../model/event.ts';
import type { OpenIntent } from '../model/observed.ts';
import { eventShape } from './event-shape.ts';
import { realJournalFiles, type JournalFiles } from './journal-files.ts';
import { parseShape } from './shape.ts';

/** What a journal says. */
export interface JournalText {
  readonly events: readonly RunEvent[];
  /** The first line that is whole and still cannot be read: reading stopped there. */
  readonly bad: { readonly line: number; readonly why: string } | null;
}

/**
 * Reads the lines of a journal. What follows the last newline was being written when the
 * run or the machine died; it was never acknowledged, and is left out.
 */
export function parseJournal(content: string): JournalText {
  const lines = content.split('\n').slice(0, -1);
  const events: RunEvent[] = [];
  for (const [index, line] of lines.entries()) {
    const event = parseShape(line, eventShape);
    if (!event.ok) return { events, bad: { line: index + 1, why: event.error } };
    events.push(event.value);
  }
  return { events, bad: null };
}

// A run over 2,000 domains of ten disks writes 12 MB; text of gigabytes could not even be held.
const mostBytes = 64 * 1024 ** 2;

/**
 * What is wrong with a journal before it is opened: a pipe would be waited for,
 * and what is too large is none of ours. null: it can be read.
 */
export function strangeJournal(path: string, files: JournalFiles): string | null {
  const look = files.look(path);
  if (look === null) return null;
  if (look.kind !== 'file') return `${path} is no regular file`;
  if (look.sizeBytes <= mostBytes || isFinished(path, files)) return null;
  return `${path} is too large for a journal (${look.sizeBytes} bytes)`;
}

/** Reads a journal file; throws the operating system's error. */
export function readJournal(path: string, files: JournalFiles = realJournalFiles): JournalText {
  return parseJournal(files.read(path));
}

// The last line is run-finished in all but a few: 200 bytes.
const tailBytes = 4096;

/** Whether the last whole line of a journal ends its run; reads no more than the end of the file. */
export function isFinished(path: string, files: JournalFiles = realJournalFiles): boolean {
  const last = files.readEnd(path, tailBytes).split('\n').at(-2) ?? '';
  const event = parseShape(last, eventShape);
  return event.ok && event.value.kind === 'run-finished';
}

/** An intent of a journal and the action that has it. */
export interface OpenEntry {
  readonly action: string;
  readonly intent: OpenIntent;
}

/** What a run began and did not end. A later intent of one action and kind replaces the earlier: it knows more. */
export function openEntries(events: readonly RunEvent[]): readonly OpenEntry[] {
  const open = new Map<string, OpenEntry>();
  for (const event of events) {
    if (event.kind === 'intent') {
      const { action, intent } = event;
      open.set(`${intent.kind} ${action}`, { action, intent });
    } else if (event.kind === 'intent-closed') {
      open.delete(`${event.intent} ${event.action}`);
    }
  }
  return [...open.values()];
}
