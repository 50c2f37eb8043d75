import type { Entry, Eyes } from '../store/eyes.ts';
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

/** Room on the disk that is mounted there. */
export function freeOn({ host }: Gate, path: string): number {
  return host.mountOf(path)?.isFull === true ? 0 : diskBytes / 2;
}
