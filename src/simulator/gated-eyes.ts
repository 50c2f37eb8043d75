import type { HostFiles } from '../executor/host-files.ts';
import type { Entry, Eyes } from '../store/eyes.ts';
import { parentOf } from '../store/layout.ts';
import { type Lie, systemError } from './fault.ts';
import type { Gate } from './gate.ts';
import { lookOn } from './gated-files.ts';

/** A disk so large that only a story fills it. */
export const diskBytes = 10 * 1024 ** 4;

/** How the model's stores are looked at; a listing may lie. */
export function gatedEyes(gate: Gate, lies: ReadonlySet<Lie>): Eyes {
  const { host } = gate;
  const need = (path: string) => {
    const look = lookOn(gate, path);
    if (look === null) throw systemError('ENOENT', path);
    return look;
  };
  const reading = async <T>(place: string, path: string, effect: () => T): Promise<T> =>
    gate.sync({ place: `eyes.${place}`, of: 'looks' }, path, effect);
  return {
    root: (path) =>
      reading('root', path, () => {
        const { device, kind } = need(path);
        return { device, isDirectory: kind === 'directory' };
      }),
    list: (path) =>
      reading('list', path, () => {
        if (lies.has('store-unlisted') && host.mountOf(path)?.path === path) {
          throw systemError('EIO', path);
        }
        if (lies.has('domains-unlisted') && path.endsWith('/domains'))
          throw systemError('EIO', path);
        const names = host.files.list(host.realPath(path));
        return names.map((name) => entryOf(name, need(`${path}/${name}`).kind));
      }),
    look: (path) => gate.sync({ place: 'eyes.look', of: 'looks' }, path, () => need(path)),
    read: (path) => reading('read', path, () => host.files.read(host.realPath(path))),
    space: async (path) => ({
      freeBytes: freeOn(gate, path),
      totalBytes: diskBytes,
      sharesBlocks: false,
    }),
    mount: async (path) => {
      const mount = host.mountOf(path);
      if (mount === null || mount.disk === null) return { mount: null, isMountPoint: false };
      const { disk, isReadOnly } = mount;
      return { mount: { source: disk, point: path, readOnly: isReadOnly }, isMountPoint: true };
    },
    isWritable: async (path) => host.mountOf(path)?.isReadOnly !== true,
    isLocked: async (path) => host.locks.has(host.realPath(path)),
  };
}

function entryOf(name: string, kind: string): Entry {
  return { name, isFile: () => kind === 'file', isDirectory: () => kind === 'directory' };
}

function freeOn({ host }: Gate, path: string): number {
  return host.mountOf(path)?.isFull === true ? 0 : diskBytes / 2;
}

/** The executor's own few calls, on the model. */
export function gatedHostFiles(gate: Gate): HostFiles {
  const { host } = gate;
  const doing = <T>(place: string, path: string, effect: () => T): Promise<T> =>
    Promise.resolve().then(() => gate.sync({ place: `host-files.${place}` }, path, effect));
  const syncParent = (path: string): void => {
    const parent = parentOf(host.realPath(path));
    if (host.files.look(parent) !== null) host.files.syncDirectory(parent);
  };
  const make = (path: string): void => {
    if (path === '' || host.files.look(path) !== null) return;
    make(parentOf(path));
    host.files.makeDirectory(path);
  };
  return {
    makeJobDirectory: (path) => doing('make', path, () => make(path)),
    remove: (path) =>
      doing('remove', path, () => {
        removeTree(gate, host.realPath(path));
        syncParent(path);
      }),
    removeEmpty: (path) =>
      doing('remove-empty', path, () => {
        host.files.removeDirectory(path);
        syncParent(path);
      }),
    list: (path) => doing('list', path, () => host.files.list(path)),
    read: (path) => doing('read', path, () => Buffer.from(host.files.read(host.realPath(path)))),
    exists: (path) => lookOn(gate, path) !== null,
    freeBytes: async (path) => freeOn(gate, path),
  };
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
