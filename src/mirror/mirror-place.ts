import { isStoreId, type StoreId } from '../model/identity.ts';
import { seen, unseen } from '../model/result.ts';
import { copyPoints } from './copy.ts';
import type { FarEnd } from './far-end.ts';
import { fetchPoints } from './fetch.ts';
import { hidePoints } from './hide.ts';
import { holdThing, releaseThing } from './hold.ts';
import { realLocalFiles, type LocalFiles } from './local-files.ts';
import type { Mirror, MirrorPlace, MirrorSettings } from './mirror.ts';
import { notePoints } from './note.ts';
import { observeMirror } from './observe.ts';
import { purgePoints } from './purge.ts';
import { verifyPoints } from './verify.ts';
import type { Work } from './work.ts';

/** A mirror of what one kind of far end can do. */
export function placeOf(
  settings: MirrorSettings,
  end: FarEnd,
  local: LocalFiles = realLocalFiles,
): MirrorPlace {
  const turns = { last: Promise.resolve() };
  return {
    name: settings.name,
    target: settings.target,
    async stores({ signal }) {
      const names = await end.directories(signal);
      if (!names.ok) return unseen(names.error.code, names.error.message);
      return seen(names.value.filter(isStoreId).toSorted());
    },
    of: (store) => mirrorOf({ settings, end, local, store, turns }),
  };
}

function mirrorOf(work: Work & { readonly store: StoreId }): Mirror {
  const { settings, end, store } = work;
  return {
    name: settings.name,
    store,
    localPath: end.localRoot === null ? null : `${end.localRoot}/${store}`,
    observe: ({ signal }) => observeMirror(work, signal),
    copy: (request) => copyPoints(work, request),
    verify: (request) => verifyPoints(work, request),
    note: (request) => notePoints(work, request),
    fetch: (request) => fetchPoints(work, request),
    hide: (request) => hidePoints(work, request),
    purge: (request) => purgePoints(work, request),
    hold: (request) => holdThing(work, request),
    release: (request) => releaseThing(work, request),
  };
}
