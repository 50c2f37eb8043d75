import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { listOf, parseShape, record, text, finiteNumber } from '../store/shape.ts';
import type { FarListing } from './far-end.ts';

const entriesShape = listOf(
  record((field) => ({
    path: field('Path', text),
    bytes: field('Size', finiteNumber),
    version: field('ModTime', text),
  })),
);

/** Reads `rclone lsjson --files-only`. A size that the remote does not tell is -1, and so no manifest's. */
export function parseRcloneList(name: string, stdout: string): Result<FarListing, Failure> {
  const entries = parseShape(stdout, entriesShape);
  if (!entries.ok) {
    const message = `mirror ${name}: rclone lsjson printed no list of files: its output${entries.error}`;
    return fail({ code: 'mirror-failed', message });
  }
  const files = entries.value.map((entry) => ({ ...entry, kind: 'file' as const }));
  return ok({ present: true, files, freeBytes: null });
}
