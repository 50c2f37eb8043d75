import type { Manifest } from '../model/point.ts';
import { parseManifest, type ManifestPlace } from '../store/manifest.ts';

// Some stories' worth; a manifest is looked at after every step, and never changes.
const most = 4000;

const known = new Map<string, Manifest | null>();

/** A manifest's text as the store reads it, each text once; null if it is none of that place. */
export function knownManifest(text: string, place: ManifestPlace): Manifest | null {
  const key = `${place.store} ${place.chain} ${place.pointDirectory} ${text}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const parsed = parseManifest(text, place);
  if (known.size >= most) known.clear();
  const manifest = parsed.ok ? parsed.value : null;
  known.set(key, manifest);
  return manifest;
}
