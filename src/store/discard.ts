import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { syncUp } from './durable.ts';
import { change, type Home } from './home.ts';
import { directoryInside, lookInside } from './inside.ts';
import { chainOfIncoming, domainsName, parentOf } from './layout.ts';

/** Removes one `.incoming-` directory, and the chain and domain directories that it leaves empty. */
export function discardIncoming(home: Home, path: string): Result<void, Failure> {
  return change(home, `discarding ${home.root}/${path}`, () => {
    const chain = chainOfIncoming(path);
    if (chain === null) {
      return fail({
        code: 'bad-path',
        message: `${JSON.stringify(path)} is not the path of an incoming point`,
      });
    }
    const directory = directoryInside(home.files, home.root, path);
    if (!directory.ok) return directory;
    const names = home.files.list(`${home.root}/${path}`);
    // All looked at before the first is removed: a refusal leaves everything as it was.
    for (const name of names) {
      const look = lookInside(home.files, home.root, `${path}/${name}`);
      if (!look.ok) return look;
      if (look.value?.kind === 'directory') {
        return fail({
          code: 'not-a-file',
          message: `${home.root}/${path}/${name} is a directory, and Holdfast makes none there; move it away`,
        });
      }
    }
    for (const name of names) home.files.removeFile(`${home.root}/${path}/${name}`);
    home.files.removeDirectory(`${home.root}/${path}`);
    syncUp(home.files, home.root, chain);
    removeEmpty(home, chain, domainsName);
    return ok(undefined);
  });
}

/** Removes a directory and those above it while they are empty, up to one that stays. */
export function removeEmpty(home: Home, path: string, stays: string): void {
  for (let at = path; at !== stays; at = parentOf(at)) {
    const look = home.files.look(`${home.root}/${at}`);
    if (look !== null) {
      if (look.kind !== 'directory' || home.files.list(`${home.root}/${at}`).length > 0) return;
      home.files.removeDirectory(`${home.root}/${at}`);
    }
    syncUp(home.files, home.root, parentOf(at));
  }
}
