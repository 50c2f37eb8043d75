import type { WrittenMirror } from './policy-file.ts';
import type { Saying } from './source.ts';

// What rsync or ssh takes as an option, a daemon's module or a path in somebody's home is none.
const rsyncForm =
  /^(?:(?:[A-Za-z_][A-Za-z0-9._-]*@)?(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):)?(\/.*)$/;
// Names that rclone allows in its configuration; a connection string would carry secrets.
const rcloneForm = /^[A-Za-z0-9_.+@][A-Za-z0-9_.+@ -]*:(.+)$/;

/** Why a target cannot be given to the mirror's program; null if it can. */
export function targetMistake({ type, target }: WrittenMirror): Saying | null {
  const [, path = ''] = (type === 'rsync' ? rsyncForm : rcloneForm).exec(target) ?? [];
  const isPlace = path.replaceAll('/', '') !== '' && !path.split('/').some((step) => step === '..');
  if (isPlace) return null;
  return {
    code: 'HP322',
    summary: `"${target}" is not a place that ${type} can copy to`,
    detail:
      type === 'rsync'
        ? 'write user@host:/path, host:/path or an absolute path'
        : "write remote:path, with a remote of rclone's configuration",
  };
}

/** The directory of this host that a mirror is, without a slash at its end; null if it is elsewhere. */
export function localPathOf({ type, target }: WrittenMirror): string | null {
  if (type !== 'rsync' || !target.startsWith('/')) return null;
  return target.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
}
