import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Files, Look } from './files.ts';

/**
 * Looks at a path below a store without leaving it (G212): every directory on
 * the way must be a real one, on the store's own file system. null if there is
 * nothing. The way to the store itself may have symlinks; below it there are none.
 */
export function lookInside(files: Files, root: string, path: string): Result<Look | null, Failure> {
  // The dot makes lstat look at what a symlink to the store points to.
  const store = files.look(`${root}/.`);
  if (store === null) return fail({ code: 'not-found', message: `${root} is not there` });
  const names = path.split('/');
  if (path.startsWith('/') || names.some((name) => ['', '.', '..'].includes(name))) {
    return fail({
      code: 'bad-path',
      message: `${JSON.stringify(path)} is not a path below ${root}`,
    });
  }
  let found: Look | null = store;
  let at = root;
  for (const name of names) {
    if (found.kind !== 'directory') {
      return fail({ code: 'not-a-directory', message: `${at} is not a directory` });
    }
    at = `${at}/${name}`;
    found = files.look(at);
    if (found === null) return ok(null);
    const refused = refusal(at, found, store.device);
    if (refused !== null) return fail(refused);
  }
  return ok(found);
}

/** Why something in a store is not touched, whatever it is called; null if nothing speaks against it. */
export function refusal(path: string, look: Look, device: number): Failure | null {
  if (look.kind === 'symlink') {
    return {
      code: 'symlink',
      message: `${path} is a symbolic link, and Holdfast follows none in a store; put the directory or file itself there`,
    };
  }
  if (look.kind === 'other') {
    return { code: 'not-a-file', message: `${path} is neither a file nor a directory` };
  }
  if (look.device !== device) {
    return {
      code: 'other-device',
      message: `${path} is on another file system than its store; a store lies on one`,
    };
  }
  return null;
}

/** The same for something that must be there and be a directory. */
export function directoryInside(files: Files, root: string, path: string): Result<Look, Failure> {
  const look = lookInside(files, root, path);
  if (!look.ok) return look;
  if (look.value === null) {
    return fail({ code: 'not-found', message: `${root}/${path} is not there` });
  }
  if (look.value.kind !== 'directory') {
    return fail({ code: 'not-a-directory', message: `${root}/${path} is not a directory` });
  }
  return ok(look.value);
}
