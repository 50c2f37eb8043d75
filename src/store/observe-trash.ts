import type { ObservedTrash } from '../model/observed-store.ts';
import { listDirectory, noteUnreadable, readRecordText, type Inspection } from './inspect.ts';
import { holdName, parseTrashPath, purgingName, trashName, trashRecordName } from './layout.ts';
import { trashShape } from './records.ts';
import { parseShape } from './shape.ts';

/** Directories of a directory; whatever else is in it is foreign. */
async function directoriesIn(inspection: Inspection, path: string): Promise<readonly string[]> {
  const entries = (await listDirectory(inspection, path)) ?? [];
  const others = entries.filter((entry) => !entry.isDirectory());
  inspection.foreign.push(...others.map(({ name }) => `${path}/${name}`));
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${path}/${name}`);
}

/** What is in the trash, oldest run first. */
export async function observeTrash(inspection: Inspection): Promise<readonly ObservedTrash[]> {
  const trash: ObservedTrash[] = [];
  for (const run of await directoriesIn(inspection, trashName)) {
    for (const directory of await directoriesIn(inspection, run)) {
      for (const path of await directoriesIn(inspection, directory)) {
        if (parseTrashPath(path) === null) inspection.foreign.push(path);
        else trash.push(...(await observeTrashed(inspection, path)));
      }
    }
  }
  return trash;
}

async function observeTrashed(
  inspection: Inspection,
  path: string,
): Promise<readonly ObservedTrash[]> {
  const entries = await listDirectory(inspection, path);
  // Empty: a purge died before its last step. There is nothing left to lose or to restore.
  if (entries === null || entries.length === 0) return [];
  const recordName = [purgingName, trashRecordName].find((record) =>
    entries.some(({ name }) => name === record),
  );
  if (recordName === undefined) {
    noteUnreadable(inspection, path, {
      code: 'not-trash',
      message: `it has no ${trashRecordName} that says where it came from; look at it, then move it away`,
    });
    return [];
  }
  const content = await readRecordText(inspection, `${path}/${recordName}`);
  if (content === null) return [];
  const record = parseShape(content, trashShape);
  if (!record.ok) {
    const failure = { code: 'unreadable', message: record.error };
    noteUnreadable(inspection, `${path}/${recordName}`, failure);
    return [];
  }
  const { run, domain, chain, points, bytes, at } = record.value;
  return [
    {
      run,
      path,
      uuid: domain.uuid,
      name: domain.name,
      chain,
      points: points.length,
      bytes,
      trashedAt: at,
      ...(entries.some(({ name }) => name === holdName) ? { held: true } : {}),
    },
  ];
}
