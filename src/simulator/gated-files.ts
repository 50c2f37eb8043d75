import { fail, ok } from '../model/result.ts';
import type { Files } from '../store/files.ts';
import type { Appended, JournalFiles } from '../store/journal-files.ts';
import { parentOf } from '../store/layout.ts';
import type { TakeLock } from '../store/lock.ts';
import { systemError } from './fault.ts';
import type { Gate } from './gate.ts';

/** The calls of `Files` and of journals as one process has them, on the model's disks. */
export function gatedFiles(gate: Gate): JournalFiles {
  const { host } = gate;
  const real = (path: string): string => host.realPath(path);
  const writable = (path: string, grows = false): string => {
    const mount = host.mountOf(path);
    if (mount?.isReadOnly === true) throw systemError('EROFS', path);
    if (grows && mount?.isFull === true) throw systemError('ENOSPC', path);
    return real(path);
  };
  const changing = (place: string, path: string, effect: () => void, half?: () => void): void =>
    gate.sync({ place: `files.${place}`, grows: half !== undefined }, path, effect, half);
  const reading = <T>(place: string, path: string, effect: () => T): T =>
    gate.sync({ place: `files.${place}`, of: 'looks' }, path, effect);
  const files: Files = {
    makeDirectory: (path) =>
      changing('make-directory', path, () => host.files.makeDirectory(writable(path, true))),
    writeNew: (path, content) =>
      changing(
        'write',
        path,
        () => host.files.writeNew(writable(path, true), content),
        () => {
          const text = Buffer.from(content).toString('utf8');
          host.files.writeLoose(writable(path, true), text.slice(0, text.length >> 1));
        },
      ),
    syncFile: (path) => changing('sync', path, () => host.files.syncFile(real(path))),
    syncDirectory: (path) =>
      changing('sync-directory', path, () => host.files.syncDirectory(real(path))),
    rename: (from, to) =>
      changing('rename', from, () => host.files.rename(writable(from), writable(to))),
    removeFile: (path) => changing('remove', path, () => host.files.removeFile(writable(path))),
    removeDirectory: (path) =>
      changing('remove-directory', path, () => host.files.removeDirectory(writable(path))),
    read: (path) => reading('read', path, () => host.files.read(real(path))),
    list: (path) => reading('list', path, () => host.files.list(real(path))),
    look: (path) => reading('look', path, () => lookOn(gate, path)),
  };
  const left = async (paths: readonly string[]) =>
    [...new Set(paths)]
      .filter((path) => lookOn(gate, path) !== null)
      .map((path) => ({ path, bytes: 0 }));
  return { ...files, ...appending(gate, files, writable, changing), left };
}

/** lstat, with the device of the disk that is mounted there. */
export function lookOn({ host }: Gate, path: string) {
  const look = host.files.look(host.realPath(path));
  const mount = host.mountOf(path);
  return look === null || mount === null
    ? look
    : { ...look, device: deviceOf(mount.disk ?? '/nothing') };
}

/** A number for each disk. */
export function deviceOf(disk: string): number {
  return (
    Array.from(disk).reduce((sum, letter) => sum * 31 + (letter.codePointAt(0) ?? 0), 7) % 9973
  );
}

function appending(
  gate: Gate,
  files: Files,
  writable: (path: string, grows?: boolean) => string,
  changing: (place: string, path: string, effect: () => void, half?: () => void) => void,
): Pick<JournalFiles, 'create' | 'reopen' | 'readEnd' | 'isLocked'> {
  const { host } = gate;
  const appended = (path: string): Appended => ({
    add: (bytes) =>
      changing(
        'append',
        path,
        () => host.files.append(writable(path, true), bytes),
        () => host.files.append(writable(path, true), bytes.subarray(0, bytes.length >> 1)),
      ),
    sync: () => changing('sync', path, () => host.files.syncFile(host.realPath(path))),
    cut: (bytes) => changing('cut', path, () => host.files.cut(writable(path), bytes)),
    wholeLines: () => Buffer.from(files.read(path)).lastIndexOf(10) + 1,
    lock() {
      gate.alive();
      host.locks.set(host.realPath(path), gate.process);
      return ok(undefined);
    },
    close: () => void host.locks.delete(host.realPath(path)),
  });
  return {
    create(path) {
      changing('create', path, () => host.files.writeLoose(writable(path, true), ''));
      changing('sync-directory', path, () =>
        host.files.syncDirectory(host.realPath(parentOf(path))),
      );
      return appended(path);
    },
    reopen: appended,
    readEnd: (path, bytes) => files.read(path).slice(-bytes),
    isLocked: async (path) => {
      gate.alive();
      return host.locks.has(host.realPath(path));
    },
  };
}

// So many turns are a long time for whoever holds a lock for a publish, and soon over for a test.
const patience = 2000;

/** Locks as the kernel keeps them; who waits lets others go on. */
export function gatedLocks(gate: Gate): TakeLock {
  const { host, process } = gate;
  return async (path, what, waitSeconds) => {
    const real = host.realPath(path);
    for (let turns = waitSeconds > 0 ? patience : 1; turns > 0; turns -= 1) {
      await gate.turn();
      gate.alive();
      if (!host.locks.has(real)) break;
    }
    const holder = host.locks.get(real);
    if (holder !== undefined) {
      const message = `${what} is locked by process ${holder.number}`;
      return fail({ code: 'locked', holder: String(holder.number), message });
    }
    if (host.files.look(real) === null) host.files.writeLoose(real, '');
    host.locks.set(real, process);
    return ok({
      descriptor: -1,
      release: () => {
        if (host.locks.get(real) === process) host.locks.delete(real);
      },
    });
  };
}
