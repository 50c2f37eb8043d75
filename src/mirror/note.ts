import { ok, type Failure, type Result } from '../model/result.ts';
import { checkedTimes, noteOfCheck } from '../model/verification.ts';
import { jsonText } from '../store/durable.ts';
import { checkedName, manifestName, quarantineName } from '../store/layout.ts';
import { checkShape, type Quarantine } from '../store/records.ts';
import { parseShape } from '../store/shape.ts';
import { lookThere, refuseWithoutMarker, type FarLook } from './look.ts';
import type { CopyNote, NotesOfChain } from './mirror.ts';
import { placesOf } from './places.ts';
import { withScratch, writeScratch, type Work } from './work.ts';

/** `Mirror.note`: two processes, and a third where a quarantine ends. */
export function notePoints(work: Work, request: NotesOfChain): Promise<Result<void, Failure>> {
  const { directory, chain, notes, signal } = request;
  return withScratch(work, async (scratch) => {
    const pointDirectories = notes.map(({ pointDirectory }) => pointDirectory);
    const place = placesOf({ directory, chain, pointDirectories });
    if (!place.ok) return place;
    const { points } = place.value;
    const names = [manifestName, checkedName, quarantineName];
    const asked = points.flatMap(({ path }) => names.map((name) => `${path}/${name}`));
    const look = await lookThere(work, scratch, asked, signal);
    if (!look.ok) return look;
    const ours = refuseWithoutMarker(work, look.value);
    if (!ours.ok) return ours;
    const { read } = look.value;
    const written: string[] = [];
    const lifted: string[] = [];
    for (const { name, path } of points) {
      const note = notes.find((one) => one.pointDirectory === name);
      // Deleted meanwhile: a mark alone would be a point that nobody copied.
      if (note === undefined || read(`${path}/${manifestName}`) === null) continue;
      const mark = `${path}/${note.result === 'sound' ? checkedName : quarantineName}`;
      writeScratch(work, scratch, `outgoing/${mark}`, textOf(note, path, look.value));
      written.push(mark);
      const quarantine = `${path}/${quarantineName}`;
      const isProven = note.result === 'sound' && note.depth !== 'structure';
      if (isProven && read(quarantine) !== null) lifted.push(quarantine);
    }
    if (written.length === 0) return ok(undefined);
    const sent = await work.end.push({
      local: `${scratch}/outgoing`,
      far: work.store,
      paths: written,
      compare: 'content',
      onBytes: () => undefined,
      signal,
    });
    if (!sent.ok) return sent;
    // The note first: dead in between, the copy is in quarantine still, and looked at again.
    return lifted.length === 0 ? ok(undefined) : work.end.remove(work.store, [lifted], [], signal);
  });
}

function textOf(note: CopyNote, path: string, { read }: FarLook): string {
  if (note.result === 'sound') {
    const text = read(`${path}/${checkedName}`);
    const known = text === null ? null : parseShape(text, checkShape);
    const before = known?.ok === true ? checkedTimes(known.value) : null;
    return jsonText(noteOfCheck(note.at, note.depth, before));
  }
  const { at, code, message, files } = note;
  const mark: Quarantine = { formatVersion: 1, at, code, message, files };
  return jsonText(mark);
}
