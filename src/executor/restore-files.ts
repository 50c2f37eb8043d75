import type { OpenIntent } from '../model/observed.ts';
import type { Restore } from '../model/restore-action.ts';
import { onHost } from './on-host.ts';
import { devicesOf } from './restore-devices.ts';
import { temporaryOf } from './restore-swap.ts';
import type { Tools } from './tools.ts';

type FilesIntent = Extract<OpenIntent, { kind: 'restore-files' }>;

/** Everything that a restore writes under a name of its own, to be noted before any of it is there. */
export function filesIntent(
  action: Restore,
  instant: FilesIntent['instant'],
  tools: Tools,
): FilesIntent {
  const { domain, images, firmware, define } = action;
  const written = [...images.filter(({ toKind }) => toKind === 'file'), ...firmware];
  return {
    kind: 'restore-files',
    ...domain,
    files: [
      ...written.map(({ to, asideAs }) => ({
        path: temporaryOf(to, tools),
        // Without a domain to define, an image in its place is all that was asked for.
        place: asideAs === null && define !== null ? to : null,
      })),
      // The copy of a device's old content.
      ...devicesOf(action).flatMap(({ asideAs }) =>
        asideAs === null ? [] : [{ path: temporaryOf(asideAs, tools), place: null }],
      ),
    ],
    instant,
  };
}

/** Removes what was written and not put in place; false, with a warning, if something of it is left. */
export async function dropFiles({ files }: FilesIntent, { drivers, log }: Tools): Promise<boolean> {
  let isClean = true;
  for (const { path } of files) {
    // One that is gone too: the fsync after its rename may be what failed, and a crash would bring it back unnamed.
    const removed = await onHost(`Removing ${path}`, () => drivers.files.remove(path));
    if (!removed.ok) log.warn(removed.error);
    isClean &&= removed.ok;
  }
  return isClean;
}
