import { fail, ok, type Failure, type Result } from '../model/result.ts';

/** A directory of this host, or one that ssh reaches. */
export type RsyncTarget =
  | { readonly kind: 'local'; readonly path: string }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly user: string | null;
      readonly path: string;
    };

const bad = (target: string, why: string) =>
  fail({ code: 'bad-target', message: `target ${JSON.stringify(target)}: ${why}` });

// A name that begins with a dash would be an option of ssh (`-oProxyCommand=…`).
const hostForm = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;
const userForm = /^[A-Za-z_][A-Za-z0-9._-]{0,63}$/;

// What separates lines or ends texts would change what the far end is asked.
const control = /\p{Cc}/u;

/** Reads `/path` or `[user@]host:/path`; refuses whatever a shell, ssh or rsync could take for something else. */
export function parseRsyncTarget(target: string): Result<RsyncTarget, Failure> {
  if (control.test(target)) return bad(target, 'it has a control character');
  if (target.startsWith('/')) return pathOf(target, target, (path) => ({ kind: 'local', path }));
  if (target.startsWith('rsync://') || /^[^/]*::/.test(target.replace(/\[[^\]]*\]/, ''))) {
    return fail({
      code: 'not-supported',
      message: `target ${JSON.stringify(target)}: an rsync daemon has no encryption and no host keys; use ssh, as in user@host:/path`,
    });
  }
  const [, user = null, host = '', path = ''] =
    /^(?:([^@:/]+)@)?(\[[^\]]*\]|[^:/@]*):(.*)$/s.exec(target) ?? [];
  if (path === '') return bad(target, 'it must be /path or user@host:/path');
  if (user !== null && !userForm.test(user)) return bad(target, `${user} is no user name`);
  if (!hostForm.test(host)) return bad(target, `${host} is no host name`);
  return pathOf(target, path, (absolute) => ({ kind: 'ssh', host, user, path: absolute }));
}

function pathOf(
  target: string,
  path: string,
  make: (path: string) => RsyncTarget,
): Result<RsyncTarget, Failure> {
  if (!path.startsWith('/')) return bad(target, 'the path must begin with /');
  if (path.split('/').includes('..')) return bad(target, 'the path has .. in it');
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed === '')
    return bad(target, 'the root of a file system is no mirror; name a directory');
  return ok(make(trimmed));
}

// The names that rclone allows in its configuration. No connection string
// (`:s3,secret=…:`): secrets do not belong on a command line (I12).
const remoteForm = /^[A-Za-z0-9_.+@][A-Za-z0-9_.+@ -]*$/;

/** Reads `remote:path`; the path without a slash at its end. */
export function parseRcloneTarget(target: string): Result<string, Failure> {
  if (control.test(target)) return bad(target, 'it has a control character');
  const colon = target.indexOf(':');
  if (colon < 0)
    return bad(target, 'it must be remote:path, with a remote of rclone’s configuration');
  const [remote, path] = [target.slice(0, colon), target.slice(colon + 1)];
  if (remote === '') {
    return bad(
      target,
      'give the remote a name in rclone’s configuration, so that no secret is in a policy or on a command line',
    );
  }
  if (!remoteForm.test(remote)) return bad(target, `${remote} is no name of a remote`);
  if (path.split('/').includes('..')) return bad(target, 'the path has .. in it');
  const trimmed = path.replace(/(?<=[^/])\/+$/, '');
  if (trimmed === '' || trimmed === '/')
    return bad(target, 'name a directory or bucket of the remote');
  return ok(`${remote}:${trimmed}`);
}
