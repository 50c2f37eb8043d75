import type { MirrorAccess } from '../model/desired.ts';
import { unreachable, type Result } from '../model/result.ts';
import type { MirrorFailure, MirrorPlace } from './mirror.ts';
import { openRclone } from './rclone.ts';
import { openRsync } from './rsync.ts';

/** Opens what a policy names as a mirror; starts nothing. Fails with `bad-target`, `bad-path` or `not-supported`. */
export type OpenMirrorPlace = (access: MirrorAccess) => Result<MirrorPlace, MirrorFailure>;

/**
 * Opens mirrors, each once: what a place has learned (that its rsync cannot fsync, whose
 * turn it is to make the marker) is shared by all who work with it in this process.
 */
export function mirrorPlaces(stateDir: string): OpenMirrorPlace {
  const opened = new Map<string, Result<MirrorPlace, MirrorFailure>>();
  return ({ name, type, target, bandwidthBytesPerSecond, deletes, ssh, configFile }) => {
    const key = JSON.stringify([
      name,
      type,
      target,
      bandwidthBytesPerSecond,
      deletes,
      ssh,
      configFile,
    ]);
    const known = opened.get(key);
    if (known !== undefined) return known;
    const settings = { name, target, bandwidthBytesPerSecond, deletes, stateDir };
    const open = (): Result<MirrorPlace, MirrorFailure> => {
      switch (type) {
        case 'rsync':
          return openRsync({ ...settings, ssh });
        case 'rclone':
          return openRclone({ ...settings, configFile });
        default:
          return unreachable(type);
      }
    };
    const place = open();
    opened.set(key, place);
    return place;
  };
}
