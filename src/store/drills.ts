import type { DrillMemory, DrillRecord } from '../model/drill.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { drillMemoryShape, drillShape } from './drill-shape.ts';
import { jsonText, writeDurable } from './durable.ts';
import { change, readRecord, type Home } from './home.ts';
import { directoryInside, lookInside } from './inside.ts';
import { domainPath, drilledName, drillPictureName, pointPath } from './layout.ts';
import type { PointPlace } from './store.ts';

/**
 * Notes how a drill ended: beside its point, if that is in this store, with the picture of its screen; and in
 * the domain's directory, where it outlives the point.
 */
export function writeDrill(
  home: Home,
  place: PointPlace,
  given: Omit<DrillRecord, 'screenshot'>,
  picture: Buffer | null,
): Result<void, Failure> {
  const point = pointPath(place);
  const domain = domainPath(place.directory);
  if (!point.ok) return point;
  if (!domain.ok) return domain;
  return change(home, `noting a drill in ${home.root}/${domain.value}`, () => {
    const owner = directoryInside(home.files, home.root, domain.value);
    if (!owner.ok) return owner;
    const there = lookInside(home.files, home.root, point.value);
    if (!there.ok) return there;
    const isHere = there.value?.kind === 'directory';
    const screenshot = isHere && picture !== null ? `${point.value}/${drillPictureName}` : null;
    const drill: DrillRecord = { ...given, screenshot };
    if (isHere) {
      const directory = `${home.root}/${point.value}`;
      // First what the record speaks of; an older picture is not this drill's.
      if (picture !== null) writeDurable(home.files, directory, drillPictureName, picture);
      else if (home.files.look(`${directory}/${drillPictureName}`) !== null) {
        home.files.removeFile(`${directory}/${drillPictureName}`);
      }
      writeDurable(home.files, directory, drilledName, jsonText(drill));
    }
    // A record that cannot be read is as good as none.
    const before = readRecord(home, `${domain.value}/${drilledName}`, drillMemoryShape);
    const passed =
      drill.result === 'passed' ? drill : before.ok ? (before.value?.passed ?? null) : null;
    const memory: DrillMemory = { formatVersion: 1, last: drill, passed };
    writeDurable(home.files, `${home.root}/${domain.value}`, drilledName, jsonText(memory));
    return ok(undefined);
  });
}

/** How the last drill of a point ended; null: it was never booted. */
export function readDrill(home: Home, place: PointPlace): Result<DrillRecord | null, Failure> {
  const path = pointPath(place);
  return path.ok ? readRecord(home, `${path.value}/${drilledName}`, drillShape) : path;
}
