import { drilledName } from '../store/layout.ts';
import type { StoredPoint } from './inventory.ts';
import { sameVersions } from './model-images.ts';
import type { ModelMachine } from './model-machine.ts';
import { isQuiet, type Oracle, type Violation } from './scene.ts';
import type { World } from './world.ts';

/** A machine stands on overlays of its own alone: never on an image of a domain, nor on a file of a store. */
const standsAlone: Oracle = ({ world: { host } }) =>
  host.booted.flatMap(({ guest, overlays, sockets }) => {
    const isApart =
      overlays.every((path) => path.startsWith('/scratch/drill-')) &&
      sockets.every((path) => path.startsWith('/run/hf/drill-')) &&
      host.domains.every(({ uuid, name }) => uuid !== guest.uuid && name !== guest.name);
    return isApart ? [] : [`${guest.name} stands on ${[...overlays, ...sockets].join()}`];
  });

/** What is noted as passed was booted: that point of that domain, and its guest answered. */
const provesBoot: Oracle = ({ world, after }) => {
  const { host, drillsSeen } = world;
  return recordsOf(world).flatMap(({ path, text }) => {
    if (drillsSeen.has(text)) return [];
    drillsSeen.add(text);
    const record: unknown = JSON.parse(text);
    const [point, result] = [fieldOf(record, 'point'), fieldOf(record, 'result')];
    if (result !== 'passed') return [];
    const isProven = host.booted.some(
      (machine) => machine.answers && after.some((one) => isOf(machine, one, point, world)),
    );
    return isProven ? [] : [`${path} says that ${point} was booted, and no machine answered`];
  });
};

/** Whether a machine had what a point has, or had at its instant. */
function isOf(
  { of, content }: ModelMachine,
  { uuid, manifest, content: now }: StoredPoint,
  point: string,
  { host }: World,
): boolean {
  if (uuid !== of || manifest.point !== point) return false;
  const truth = host.truthOf(uuid, manifest.point)?.disks;
  return [...content].every(([target, versions]) =>
    [truth?.get(target), now.get(target)].some(
      (one) => one !== undefined && one !== null && sameVersions(one, versions),
    ),
  );
}

/** The notes of drills in points; those in a domain's own directory outlive them. */
function recordsOf({ host }: World): readonly { readonly path: string; readonly text: string }[] {
  return ['/disks/mnt', '/nothing/mnt'].flatMap((disk) =>
    host.files.tree(disk).flatMap(([path, text]) => {
      const isRecord = /\/domains\/[^/]+\/[^/]+\/[^/]+\/[^/]+$/.test(path);
      return isRecord && path.endsWith(`/${drilledName}`) && text !== null ? [{ path, text }] : [];
    }),
  );
}

function fieldOf(record: unknown, name: string): string {
  return String(Object.getOwnPropertyDescriptor(Object(record), name)?.value);
}

/** After a run in which nothing went wrong no machine of ours is up, and nobody serves an image. */
const leavesNoMachine: Oracle = (scene) => (isQuiet(scene) ? machinesOf(scene.world) : []);

function machinesOf({ host }: World): readonly string[] {
  return [
    ...host.machines.map(({ guest }) => `${guest.name} is up`),
    ...[...host.servers.keys()].map((socket) => `${socket} is served`),
  ];
}

/** Oracles that look at drills. */
export const drillOracles: readonly { readonly id: string; readonly oracle: Oracle }[] = [
  { id: 'drill-alone', oracle: standsAlone },
  { id: 'drill-proven', oracle: provesBoot },
  { id: 'drill-left', oracle: leavesNoMachine },
];

/** No drill left anything that is up. */
export function undrilled(world: World): readonly Violation[] {
  return machinesOf(world).map((message) => ({ id: 'drill-left', message }));
}
