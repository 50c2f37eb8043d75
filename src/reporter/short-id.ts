/** Writes ids short where that is unique among those in view, else whole. */
export type Shorten = (id: string) => string;

/** `20260601T020000Z-1f0e` → `20260601T02…-1f0e` */
const shortStamp = (id: string): string =>
  id.replace(/^(\d{8}T\d\d)\d{4}Z-([0-9a-f]{4})$/, '$1…-$2');

/** `holdfast-1a2b3c4d-20261120T020000Z-0019` → `holdfast-…-0019` */
const shortCheckpoint = (name: string): string =>
  name.replace(/^holdfast-[0-9a-f]{8}-\d{8}T\d{6}Z-([0-9a-f]{4})$/, 'holdfast-…-$1');

const short = (id: string): string => shortCheckpoint(shortStamp(id));

/** A shortener for a set of ids (chains, or checkpoints) that are seen together. */
export function shortener(ids: Iterable<string>): Shorten {
  const owners = new Map<string, Set<string>>();
  for (const id of ids) {
    owners.set(short(id), (owners.get(short(id)) ?? new Set<string>()).add(id));
  }
  return (id) => ((owners.get(short(id))?.size ?? 0) > 1 ? id : short(id));
}
