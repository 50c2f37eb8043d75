import type { HostFiles } from '../executor/host-files.ts';
import { makeWay } from '../store/durable.ts';
import { parentOf } from '../store/layout.ts';
import { systemError } from './fault.ts';
import type { Gate } from './gate.ts';
import { freeOn } from './gated-eyes.ts';
import { lookOn } from './gated-files.ts';

/** The executor's own calls, on the model's disks. */
export function gatedHostFiles(gate: Gate): HostFiles {
  return { ...looksOf(gate), ...changesOf(gate) };
}

type Looks = Pick<HostFiles, 'list' | 'read' | 'exists' | 'isDirectory' | 'freeBytes'>;

function looksOf(gate: Gate): Looks {
  const { host } = gate;
  const looking = <T>(place: string, path: string, effect: () => T): Promise<T> =>
    Promise.resolve().then(() =>
      gate.sync({ place: `host-files.${place}`, of: 'looks' }, path, effect),
    );
  return {
    list: (path) => looking('list', path, () => host.files.list(host.realPath(path))),
    read: (path) => looking('read', path, () => Buffer.from(host.files.read(host.realPath(path)))),
    exists: (path) => lookOn(gate, path) !== null,
    isDirectory: (path) => lookOn(gate, path)?.kind === 'directory',
    freeBytes: async (path) => freeOn(gate, path),
  };
}

function changesOf(gate: Gate): Omit<HostFiles, keyof Looks> {
  const { host } = gate;
  const doing = (place: string, path: string, effect: () => void): Promise<void> =>
    Promise.resolve().then(() => gate.sync({ place: `host-files.${place}` }, path, effect));
  const growing = (path: string, content: () => string): Promise<void> =>
    Promise.resolve().then(() =>
      gate.sync(
        { place: 'host-files.write', grows: true },
        path,
        () => host.files.writeLoose(host.realPath(path), content()),
        () => host.files.writeLoose(host.realPath(path), content().slice(0, content().length >> 1)),
      ),
    );
  const syncParent = (path: string): void => {
    const parent = parentOf(host.realPath(path));
    if (host.files.look(parent) !== null) host.files.syncDirectory(parent);
  };
  return {
    makeJobDirectory: (path) => doing('make', path, () => makeWay(host.files, host.realPath(path))),
    async makeLastingDirectory(path) {
      for (const at of missingOf(gate, path)) {
        await doing('make', at, () => host.files.makeDirectory(at));
        await doing('sync-directory', at, () => syncParent(at));
      }
    },
    remove: (path) =>
      doing('remove', path, () => {
        removeTree(gate, host.realPath(path));
        syncParent(path);
      }),
    syncNames: (path) => doing('sync-directory', path, () => syncParent(path)),
    removeEmpty: (path) =>
      doing('remove-empty', path, () => {
        host.files.removeDirectory(path);
        syncParent(path);
      }),
    // The rename and its fsync are two calls: a machine may die between them.
    async rename(from, to) {
      await doing('rename', from, () => host.files.rename(host.realPath(from), host.realPath(to)));
      await doing('sync-directory', to, () => syncParent(to));
    },
    async placeNew(from, to) {
      await doing('place-new', from, () => {
        if (lookOn(gate, to) !== null) throw systemError('EEXIST', to);
        host.files.rename(host.realPath(from), host.realPath(to));
      });
      await doing('sync-directory', to, () => syncParent(to));
    },
    copy: (from, to) => growing(to, () => host.files.read(host.realPath(from))),
    writeNew: (path, content) => growing(path, () => content.toString('utf8')),
    async makeLasting(fresh) {
      await doing('sync', fresh, () => host.files.syncFile(host.realPath(fresh)));
      await doing('sync-directory', fresh, () => syncParent(fresh));
    },
    syncDevice: (path) => doing('sync', path, () => host.files.syncFile(host.realPath(path))),
    claimDevice: () => ({ letGo: () => {} }),
  };
}

/** Directories that are missing on the way to one, from above. */
function missingOf(gate: Gate, path: string): readonly string[] {
  const real = gate.host.realPath(path);
  if (real === '' || gate.host.files.look(real) !== null) return [];
  return [...missingOf(gate, parentOf(real)), real];
}

/** Removes a file or a whole tree of the model's disks, by real path. */
export function removeTree(gate: Gate, path: string): void {
  const { files } = gate.host;
  const look = files.look(path);
  if (look === null) return;
  if (look.kind !== 'directory') {
    files.removeFile(path);
    return;
  }
  for (const name of files.list(path)) removeTree(gate, `${path}/${name}`);
  files.removeDirectory(path);
}
