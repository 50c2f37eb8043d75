import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { chainPath, parsePointDirectory, pointPath } from '../store/layout.ts';
import type { PointsOfChain } from './mirror.ts';

/** Names at a mirror beside those of a store. */
export const deletedManifestName = 'point.deleted.json';
export const deletedName = 'deleted.json';

/** Points of one chain as paths below the store's directory. */
export interface ChainPlace {
  readonly chainPath: string;
  /** By sequence, oldest first. */
  readonly points: readonly { readonly name: string; readonly path: string }[];
}

const sequenceOf = (name: string): number => parsePointDirectory(name)?.sequence ?? 0;

/** The checked paths of a request (G408). */
export function placesOf(
  request: Pick<PointsOfChain, 'directory' | 'chain' | 'pointDirectories'>,
): Result<ChainPlace, Failure> {
  const { directory, chain, pointDirectories } = request;
  const above = chainPath(directory, chain);
  if (!above.ok) return above;
  const points: { readonly name: string; readonly path: string }[] = [];
  for (const name of new Set(pointDirectories)) {
    const path = pointPath({ directory, chain, pointDirectory: name });
    if (!path.ok) return path;
    points.push({ name, path: path.value });
  }
  if (points.length === 0)
    return fail({ code: 'bad-path', message: `no point of ${above.value} is named` });
  points.sort((a, b) => sequenceOf(a.name) - sequenceOf(b.name));
  return ok({ chainPath: above.value, points });
}
