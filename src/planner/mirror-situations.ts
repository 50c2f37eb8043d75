import type { MirrorRef } from '../model/copy-action.ts';
import type { DesiredMirror, DesiredState } from '../model/desired.ts';
import type { StoreId } from '../model/identity.ts';
import type { ObservedMirrorContent } from '../model/observed-mirror.ts';
import type { ObservedState } from '../model/observed.ts';
import { seen, unseen, type Seen } from '../model/result.ts';
import type { MirrorSituation, StoreSituation } from './planning.ts';

/**
 * Puts each mirror of the policy beside what was seen of it, store by store:
 * the stores whose domains are copied there, and those of which something was
 * seen there although no domain is copied any more.
 */
export function mirrorSituations(
  desired: DesiredState,
  observed: ObservedState,
  stores: readonly StoreSituation[],
): readonly MirrorSituation[] {
  const used = new Set(
    desired.domains.flatMap(({ store, mirrors }) => mirrors.map((name) => `${name}/${store}`)),
  );
  return desired.mirrors.flatMap((mirror) => {
    const looks = observed.mirrors.find(({ name }) => name === mirror.name)?.stores ?? [];
    return stores.flatMap((store): readonly MirrorSituation[] => {
      const look = looks.find((one) => one.store === store.name)?.state ?? null;
      const isUsed = used.has(`${mirror.name}/${store.name}`);
      if (!isUsed && look?.seen !== true) return [];
      return [situationOf(mirror, store, look, isUsed)];
    });
  });
}

function situationOf(
  desired: DesiredMirror,
  store: StoreSituation,
  look: Seen<ObservedMirrorContent> | null,
  used: boolean,
): MirrorSituation {
  const state = stateOf(desired, store, look);
  const content = state?.seen === true ? state.value : null;
  const id = store.trouble === null ? (store.ref?.id ?? null) : null;
  return {
    name: desired.name,
    desired,
    store,
    ref: id === null || content === null ? null : refOf(desired, id),
    content,
    unseen: state?.seen === false ? state.failure : null,
    used,
    directories: new Map(content?.directories.map((one) => [one.directory, one])),
  };
}

/** What is known of the copies; null where nobody could look, for the store itself is not to be seen. */
function stateOf(
  { name }: DesiredMirror,
  { ref, toCreate }: StoreSituation,
  look: Seen<ObservedMirrorContent> | null,
): Seen<ObservedMirrorContent> | null {
  if (look !== null && !look.seen) return look;
  // An id that was made a moment ago is known nowhere else.
  if (ref !== null && toCreate) return seen(nothingThere(ref.id));
  if (ref === null) return look;
  if (look === null) return unseen('mirror-unseen', `mirror ${name} was not looked at`);
  return look.value.store === ref.id || look.value.kind === 'blank'
    ? look
    : unseen('mirror-unseen', `mirror ${name} showed another store than ${ref.id}`);
}

const nothingThere = (store: StoreId): ObservedMirrorContent => ({
  store,
  kind: 'blank',
  directories: [],
  freeBytes: null,
  unreadable: [],
  foreign: 0,
});

function refOf(mirror: DesiredMirror, store: StoreId): MirrorRef {
  const { name, type, target, bandwidthBytesPerSecond, deletes, ssh, configFile } = mirror;
  const { identityFile, knownHosts, port } = ssh;
  return {
    name,
    type,
    target,
    bandwidthBytesPerSecond,
    deletes,
    ssh: { identityFile, knownHosts, port },
    configFile,
    store,
  };
}
