// The store of the benchmarks at a mirror that is a directory of this host.
import { openRsync } from '../dist/mirror/rsync.js';
import { store } from './write-point.mjs';

export function openLocalMirror(target, stateDir) {
  const place = openRsync({
    name: 'nas',
    target,
    stateDir,
    bandwidthBytesPerSecond: null,
    deletes: 'never',
    ssh: { identityFile: null, knownHosts: null, port: null },
  });
  if (!place.ok) throw new Error(place.error.message);
  return place.value.of(store);
}
