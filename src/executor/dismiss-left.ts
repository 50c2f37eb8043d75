import { dirname } from 'node:path';
import type { DomainUuid } from '../model/identity.ts';
import { leftPaths } from '../model/leftover.ts';
import type { ObservedRun, OpenIntent } from '../model/observed.ts';
import { type Failure, type Result } from '../model/result.ts';
import type { Drivers } from './drivers.ts';
import { onHost } from './on-host.ts';

/**
 * Notes in a dead run's journal that what it left of a domain and kind is handled. What is not
 * there now is made durable before: the run may have died between a rename and its fsync, and
 * a crash would bring back a file that no journal names any more.
 */
export async function dismissLeft(
  { files, journals }: Pick<Drivers, 'files' | 'journals'>,
  { run, open }: Pick<ObservedRun, 'run' | 'open'>,
  uuid: DomainUuid,
  kind: OpenIntent['kind'],
): Promise<Result<void, Failure>> {
  const paths = open
    .filter((intent) => intent.uuid === uuid && intent.kind === kind)
    .flatMap((intent) => leftPaths(run, intent));
  const byDirectory = new Map(paths.map((path) => [dirname(path), path]));
  for (const path of byDirectory.values()) {
    const synced = await onHost(`Making ${path} durable`, () => files.syncNames(path));
    if (!synced.ok) return synced;
  }
  return journals.dismiss(run, uuid, kind);
}
