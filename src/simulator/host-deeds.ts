import { unreachable } from '../model/result.ts';
import { createDice, type Dice } from './dice.ts';
import { Gate } from './gate.ts';
import { inventoryOf, type StoredPoint } from './inventory.ts';
import type { ModelMount } from './model-host.ts';
import { flipped } from './model-store-image.ts';
import { processDrivers } from './process-drivers.ts';
import type { HostDeed } from './story.ts';
import { pointKey, type World } from './world.ts';

/** What happens to the host, its clock, its disks and the points on them. */
export function doToHost(world: World, deed: HostDeed, dice: Dice): void {
  const { host } = world;
  switch (deed) {
    case 'wait':
      host.pass(3600 * (1 + dice.below(5)));
      return;
    case 'wait-days':
      host.pass(86_400 * (1 + dice.below(3)));
      return;
    case 'clock-ahead':
      host.wallMs += 3_600_000 * (1 + dice.below(48));
      return;
    case 'clock-back':
      host.wallMs -= 3_600_000 * (1 + dice.below(48));
      return;
    case 'reboot':
      host.crash(dice.below(2 ** 31));
      return;
    case 'hold':
    case 'release':
    case 'damage':
    case 'flip':
    case 'quarantine':
      doToPoint(world, deed, dice);
      return;
    default: {
      const mount = host.mounts[dice.below(host.mounts.length)];
      if (mount !== undefined) doToMount(world, mount, deed);
    }
  }
}

function doToMount(
  world: World,
  mount: ModelMount,
  deed: Exclude<
    HostDeed,
    | 'wait'
    | 'wait-days'
    | 'clock-ahead'
    | 'clock-back'
    | 'reboot'
    | 'hold'
    | 'release'
    | 'damage'
    | 'flip'
    | 'quarantine'
  >,
): void {
  const { host } = world;
  switch (deed) {
    case 'unmount':
      mount.disk = null;
      return;
    case 'mount':
      mount.disk = `/disks${mount.path}`;
      return;
    case 'other-disk': {
      const disk = `/disks${mount.path}-other`;
      if (host.files.look(disk) === null) host.files.makeDirectory(disk);
      host.files.settle();
      mount.disk = disk;
      return;
    }
    case 'read-only':
    case 'writable':
      mount.isReadOnly = deed === 'read-only';
      return;
    case 'fill':
    case 'make-room':
      mount.isFull = deed === 'fill';
      return;
    case 'foreign-file':
      putForeignFile(world, mount);
      return;
    default:
      unreachable(deed);
  }
}

/** Somebody's own file, somewhere in a store (I7). */
function putForeignFile({ host, foreignFiles }: World, { disk }: ModelMount): void {
  if (disk === null) return;
  const places = host.files
    .tree(disk)
    .flatMap(([path, content]) => (content === null && !path.includes('.incoming-') ? [path] : []));
  const place = places[host.number() % (places.length + 1)] ?? disk;
  const path = `${place}/notes-${host.number()}.txt`;
  host.files.writeLoose(path, 'not a backup');
  host.files.settle();
  foreignFiles.set(path, 'not a backup');
}

/** A person holds a point, or an image of it is damaged, or a check found it bad. */
function doToPoint(
  world: World,
  deed: 'hold' | 'release' | 'damage' | 'flip' | 'quarantine',
  dice: Dice,
): void {
  const { host } = world;
  const points = inventoryOf(host).filter(({ isTrash, isValid }) => !isTrash && isValid);
  const point = points[dice.below(points.length)];
  const mount = host.mounts.find(({ disk }) => disk === point?.disk);
  if (point === undefined || mount === undefined || mount.isReadOnly || mount.isFull) return;
  if (deed === 'damage') {
    const [disk] = point.manifest.disks;
    if (disk !== undefined) host.files.removeFile(`${point.path}/${disk.file}`);
    host.files.settle();
    spoil(world, points, point);
    return;
  }
  if (deed === 'flip') {
    const [disk] = point.manifest.disks;
    const path = `${point.path}/${disk?.file}`;
    if (disk === undefined || host.files.look(path) === null) return;
    // A block reads, and reads wrong; size and names stay.
    const text = flipped(host.files.read(path));
    host.files.removeFile(path);
    host.files.writeLoose(path, text);
    host.files.settle();
    spoil(world, points, point);
    return;
  }
  mark(world, mount, point, deed);
  if (deed === 'quarantine') spoil(world, points, point);
}

/** What stands on a damaged point is damaged too. */
function spoil({ damaged }: World, points: readonly StoredPoint[], bad: StoredPoint): void {
  const after = points.filter(
    ({ disk, uuid, chain, sequence }) =>
      disk === bad.disk && uuid === bad.uuid && chain === bad.chain && sequence >= bad.sequence,
  );
  for (const { disk, uuid, manifest } of after) damaged.add(pointKey(disk, uuid, manifest.point));
}

/** Through the real store, as the commands `hold` and `verify` do it. */
function mark(
  world: World,
  mount: ModelMount,
  { manifest, directory, pointDirectory }: StoredPoint,
  deed: 'hold' | 'release' | 'quarantine',
): void {
  const { host } = world;
  const gate = new Gate(host, [], createDice(1));
  const drivers = processDrivers(gate, '/var/lib/holdfast', new Set(), {});
  const { chain, store: id } = manifest;
  const store = drivers.openStore({ name: 'main', path: mount.path, id });
  if (store.ok) {
    const at = host.now;
    const hold = { formatVersion: 1, who: 'a person', at, reason: 'wanted' } as const;
    if (deed === 'hold') store.value.writeHold(directory, chain, pointDirectory, hold);
    else if (deed === 'release') store.value.removeHold(directory, chain, pointDirectory);
    else {
      const failure = { code: 'hash', message: 'a check found it bad' };
      store.value.quarantine({ directory, chain, pointDirectory }, failure, at);
    }
  }
  host.endProcess(gate.process);
}
