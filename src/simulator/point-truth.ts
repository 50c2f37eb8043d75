import { hashOfText } from '../model/canonical.ts';
import type { StoredPoint } from './inventory.ts';
import type { ModelHost } from './model-host.ts';
import { sameVersions } from './model-images.ts';

/** Whether a restore of a point gives back the disks as they were at its instant. */
export function readsWell(host: ModelHost, { uuid, manifest, content }: StoredPoint): boolean {
  const truth = host.truthOf(uuid, manifest.point);
  return [...content].every(([target, versions]) => {
    const was = truth?.disks.get(target);
    return versions !== null && was !== undefined && sameVersions(versions, was);
  });
}

/** Whether a point's own images are what its manifest says, whatever they stand on. */
export function isWholeAsWritten({ files }: ModelHost, { path, manifest }: StoredPoint): boolean {
  return manifest.disks.every(({ file, sha256 }) => {
    const image = `${path}/${file}`;
    return files.look(image) !== null && hashOfText(files.read(image)) === sha256;
  });
}
