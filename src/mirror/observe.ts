import { isDirectoryName } from '../model/directory-name.ts';
import type { ObservedMirrorContent } from '../model/observed-mirror.ts';
import { seen, unseen, type Seen } from '../model/result.ts';
import { errorNumber, systemFailure } from '../store/attempt.ts';
import { mapLimited, type Inspection } from '../store/inspect.ts';
import { domainsName, manifestName } from '../store/layout.ts';
import { observeDirectory } from '../store/observe-domain.ts';
import { refreshCache } from './cache.ts';
import { sortListing, type SortedListing } from './far-points.ts';
import { observeRests } from './far-rests.ts';
import { farEyes, treeOf } from './far-tree.ts';
import { judgeMarker, markerName } from './known-mirrors.ts';
import { mirrorFailure, readScratch, type Work } from './work.ts';

// Reading the cache waits for a disk of this host, as looking at a store does.
const domainsAtOnce = 4;

/** `Mirror.observe`: a listing, and then the manifests and marks that are new, if any. */
export async function observeMirror(
  work: Work,
  signal: AbortSignal,
): Promise<Seen<ObservedMirrorContent>> {
  try {
    return await observed(work, signal);
  } catch (error) {
    if (errorNumber(error) === null) throw error;
    const { code, message } = systemFailure(`looking at mirror ${work.settings.name}`, error);
    return unseen(code, message);
  }
}

async function observed(work: Work, signal: AbortSignal): Promise<Seen<ObservedMirrorContent>> {
  const { end, store } = work;
  const listing = await end.list(store, signal);
  if (!listing.ok) return unseen(listing.error.code, listing.error.message);
  const sorted = sortListing(listing.value.files);
  const { freeBytes, totalBytes } = listing.value;
  const space = { freeBytes, ...(totalBytes === undefined ? {} : { totalBytes }) };
  const cached = sorted.hasMarker ? await refreshCache(work, sorted.small, signal) : null;
  if (cached?.ok === false) return unseen(cached.error.code, cached.error.message);
  const directory = cached?.value ?? '';
  const marker = judgeMarker(
    work,
    cached === null ? null : readScratch(work, directory, markerName),
  );
  if (!marker.ok) return unseen(marker.error.code, marker.error.message);
  if (marker.value === 'ours') return seen(await contentOf(work, sorted, directory, space));
  if (sorted.published.some(({ path }) => path.endsWith(`/${manifestName}`))) {
    const words = `there are points of store ${store} and no ${markerName}: they were not copied by Holdfast; move ${store} there out of the way`;
    const { error } = mirrorFailure(work, 'marker-missing', words);
    return unseen(error.code, error.message);
  }
  const foreign = listing.value.files.length;
  return seen({ store, kind: 'blank', directories: [], ...space, unreadable: [], foreign });
}

async function contentOf(
  work: Work,
  sorted: SortedListing,
  cache: string,
  space: Pick<ObservedMirrorContent, 'freeBytes' | 'totalBytes'>,
): Promise<ObservedMirrorContent> {
  const { store } = work;
  const tree = treeOf(sorted.published);
  const root = `${work.end.target}/${store}`;
  const inspection: Inspection = {
    eyes: farEyes(tree, root, (path) => work.local.files.read(`${cache}/${path}`)),
    root,
    id: store,
    device: 0,
    unreadable: [],
    foreign: [],
  };
  const names = new Set(tree.names(domainsName).filter(isDirectoryName));
  const found = await mapLimited([...names], domainsAtOnce, (name) =>
    observeDirectory(inspection, name),
  );
  const rests = observeRests(
    work,
    sorted.rests,
    cache,
    found.filter((each) => each !== null),
  );
  return {
    store,
    kind: 'ready',
    directories: rests.directories,
    ...space,
    unreadable: inspection.unreadable.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    foreign: sorted.foreign + inspection.foreign.length + rests.foreign,
  };
}
