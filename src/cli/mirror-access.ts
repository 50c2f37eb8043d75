import type { MirrorAccess } from '../model/desired.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Refusal } from './context.ts';

/** Whether a text is a place and not a name of the policy: `/path`, `user@host:/path`, `rclone:remote:path`. */
export function isTarget(text: string): boolean {
  return text.startsWith('/') || text.includes(':');
}

/**
 * A mirror by its name in the policy, or, where the policy is lost, by its target:
 * `/path` and `[user@]host:/path` for rsync, `rclone:remote:path` for rclone.
 */
export function accessOf(
  mirrors: readonly MirrorAccess[],
  text: string,
): Result<MirrorAccess, Refusal> {
  const named = mirrors.find(({ name }) => name === text);
  if (named !== undefined) return ok(named);
  if (!isTarget(text)) {
    const names = mirrors.map(({ name }) => name).join(', ');
    const known = names === '' ? 'the policy names none' : `the policy has ${names}`;
    const message = `no mirror is called ${text}: ${known}; a place is written /path, user@host:/path or rclone:remote:path`;
    return fail({ exit: 1, code: 'no-mirror', message });
  }
  const isRclone = text.startsWith('rclone:');
  return ok({
    name: text,
    type: isRclone ? 'rclone' : 'rsync',
    target: isRclone ? text.slice('rclone:'.length) : text,
    bandwidthBytesPerSecond: null,
    // Nothing is deleted at a place that no policy knows.
    deletes: 'never',
    ssh: { identityFile: null, knownHosts: null, port: null },
    configFile: null,
  });
}
