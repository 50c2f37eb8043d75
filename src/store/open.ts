import { isAbsolute } from 'node:path';
import type { StoreRef } from '../model/action-base.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from './attempt.ts';
import { discardIncoming } from './discard.ts';
import { readDrill, writeDrill } from './drills.ts';
import { makeDirectories } from './durable.ts';
import { realFiles, type Files } from './files.ts';
import { beginHeal, endHeal, healFile } from './heal.ts';
import { checkMarker, type Home } from './home.ts';
import { lookInside } from './inside.ts';
import { locksPath } from './layout.ts';
import { takeLock, type TakeLock } from './lock.ts';
import {
  closeChain,
  isHeld,
  liftQuarantine,
  quarantine,
  readCheck,
  readHold,
  removeHold,
  writeCheck,
  writeHold,
  writeLastLook,
  writeMemory,
} from './marks.ts';
import { beginPoint } from './publish.ts';
import { readChain, readPoint } from './read-chain.ts';
import type { Lock, Locked, Store } from './store.ts';
import { trashChain } from './trash.ts';
import { purgeTrash, restoreTrash } from './untrash.ts';

/** Opens a store whose marker has the id of the reference. */
export function openStore(
  ref: StoreRef,
  files: Files = realFiles,
  take: TakeLock = takeLock,
): Result<Store, Failure> {
  if (!isAbsolute(ref.path)) {
    return fail({ code: 'bad-path', message: `store ${ref.name}: ${ref.path} is not absolute` });
  }
  const home: Home = { files, root: ref.path, name: ref.name, id: ref.id };
  const marker = attempt(`opening store ${ref.name}`, () => checkMarker(home));
  return marker.ok ? ok(storeOf(ref, home, take)) : marker;
}

function storeOf(ref: StoreRef, home: Home, take: TakeLock): Store {
  const lockIn = lockedBy(take);
  return {
    ref,
    lock: (waitSeconds) => lockIn(home, 'store.lock', `store ${ref.name}`, waitSeconds),
    lockDomain: (uuid, waitSeconds) =>
      lockIn(home, `${uuid}.lock`, `domain ${uuid} in store ${ref.name}`, waitSeconds),
    beginPoint: (place, point, uuid) => beginPoint(home, place, point, uuid),
    discardIncoming: (path) => discardIncoming(home, path),
    readManifest: (place) =>
      attempt(`reading a point of store ${ref.name}`, () => readPoint(home, place)),
    readChain: (directory, chain) =>
      attempt(`reading chain ${chain} of store ${ref.name}`, () =>
        readChain(home, directory, chain),
      ),
    trashChain: (request) => trashChain(home, request),
    purgeTrash: (path, chain) => purgeTrash(home, path, chain),
    restoreTrash: (path, chain, hold) => restoreTrash(home, path, chain, hold),
    writeHold: (directory, chain, pointDirectory, hold) =>
      writeHold(home, directory, chain, pointDirectory, hold),
    isHeld: (directory, chain, pointDirectory) =>
      attempt(`looking for a hold in store ${ref.name}`, () =>
        isHeld(home, directory, chain, pointDirectory),
      ),
    readHold: (directory, chain, pointDirectory) =>
      attempt(`reading a hold in store ${ref.name}`, () =>
        readHold(home, directory, chain, pointDirectory),
      ),
    removeHold: (directory, chain, pointDirectory) =>
      removeHold(home, directory, chain, pointDirectory),
    closeChain: (directory, chain, code, at) => closeChain(home, directory, chain, code, at),
    beginHeal: (place) => beginHeal(home, place),
    healFile: (place, file) => healFile(home, place, file),
    endHeal: (place) => endHeal(home, place),
    quarantine: (place, failure, at, files) => quarantine(home, place, failure, at, files),
    liftQuarantine: (place) => liftQuarantine(home, place),
    writeCheck: (place, check) => writeCheck(home, place, check),
    readCheck: (place) =>
      attempt(`reading a check in store ${ref.name}`, () => readCheck(home, place)),
    writeDrill: (place, drill, picture) => writeDrill(home, place, drill, picture),
    readDrill: (place) =>
      attempt(`reading a drill in store ${ref.name}`, () => readDrill(home, place)),
    writeLastLook: (directory, look) => writeLastLook(home, directory, look),
    writeMemory: (memory) => writeMemory(home, memory),
  };
}

/** Locks below a store's root, with the directory that they lie in. */
function lockedBy(take: TakeLock) {
  return async (
    home: Home,
    name: string,
    what: string,
    waitSeconds: number,
  ): Promise<Result<Lock, Locked | Failure>> => {
    const ready = attempt(`locking ${what}`, () => {
      const marker = checkMarker(home);
      if (!marker.ok) return marker;
      const inside = lookInside(home.files, home.root, `${locksPath}/${name}`);
      if (inside.ok) makeDirectories(home.files, home.root, locksPath);
      return inside;
    });
    return ready.ok ? take(`${home.root}/${locksPath}/${name}`, what, waitSeconds) : ready;
  };
}
