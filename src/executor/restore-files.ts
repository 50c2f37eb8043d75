import type { Restore } from '../model/action.ts';
import type { OpenIntent } from '../model/observed.ts';
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
