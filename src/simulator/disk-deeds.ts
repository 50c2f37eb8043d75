import { unreachable } from '../model/result.ts';
import type { Dice } from './dice.ts';
import type { ModelDisk, ModelDomain } from './model-domain.ts';
import type { ModelHost } from './model-host.ts';
import { type ModelImage, newImage } from './model-image.ts';
import { canStart, plugIn, plugOut, powerDown, powerUp } from './qemu.ts';
import type { DomainDeed } from './story.ts';
import type { World } from './world.ts';

/** Deeds that change what is behind a disk. */
export type DiskDeed = Extract<
  DomainDeed,
  | 'snapshot'
  | 'copy-aside'
  | 'revert'
  | 'resize'
  | 'add-disk'
  | 'remove-disk'
  | 'replace-disk'
  | 'swap-disks'
>;

/** Changes a disk, or two; what a job is reading is left alone, as libvirt would. */
export function changeDisks(world: World, domain: ModelDomain, deed: DiskDeed, dice: Dice): void {
  if (domain.job !== null || domain.foreignJob || domain.state === 'paused') return;
  const { host } = world;
  const disk = domain.disks[dice.below(domain.disks.length)];
  if (disk === undefined) return;
  const isOff = domain.state === 'off';
  switch (deed) {
    case 'snapshot':
      snapshot(host, disk);
      return;
    case 'copy-aside':
      whileOff(host, domain, () => {
        const { inode } = disk.image;
        world.copies.set(`${domain.uuid} ${disk.target}`, copyOf(disk.image, inode));
      });
      return;
    case 'revert':
      whileOff(host, domain, () => revert(world, domain, disk, dice.chance(0.5)));
      return;
    case 'resize':
      disk.image.blocks += 1 + dice.below(3);
      disk.image.changes += 1;
      return;
    case 'add-disk':
      if (domain.disks.length < 3) addDisk(host, domain, dice);
      return;
    case 'remove-disk':
      if (domain.disks.length > 1) {
        plugOut(disk);
        domain.disks.splice(domain.disks.indexOf(disk), 1);
        domain.revision += 1;
      }
      return;
    case 'replace-disk':
      plugOut(disk);
      disk.image = newImage(disk.image.path, host.number(), 2 + dice.below(5));
      if (!isOff) plugIn(disk);
      return;
    case 'swap-disks':
      whileOff(host, domain, () => swap(domain));
      return;
    default:
      unreachable(deed);
  }
}

/** What people do with a domain that is off: they shut it down for it, and start it again. */
export function whileOff(host: ModelHost, domain: ModelDomain, deed: () => void): void {
  const isUp = domain.state === 'running' && domain.job === null && !domain.foreignJob;
  if (!isUp && domain.state !== 'off') return;
  if (isUp) powerDown(domain);
  deed();
  if (!isUp) return;
  if (canStart(domain)) powerUp(domain, 'running', host.number());
  else domain.wanted = 'off';
}

/** An external one: the bitmaps of a running QEMU move to the new top (seen), those of an image do not. */
function snapshot(host: ModelHost, disk: ModelDisk): void {
  const { image, live } = disk;
  const inode = host.number();
  const top = newImage(`/images/overlay-${inode}.qcow2`, inode, image.blocks, { backing: image });
  for (const name of live?.keys() ?? []) top.bitmaps.set(name, { dirty: new Set(), inUse: true });
  disk.image = top;
}

function copyOf(image: ModelImage, inode: number): ModelImage {
  return {
    ...image,
    inode,
    data: new Map(image.data),
    bitmaps: new Map(
      [...image.bitmaps].map(([name, { dirty, inUse }]) => [
        name,
        { dirty: new Set(dirty), inUse },
      ]),
    ),
  };
}

/** Puts an older copy of the file back: over the old one, or as a new file of its name. */
function revert(world: World, domain: ModelDomain, disk: ModelDisk, isOver: boolean): void {
  const copy = world.copies.get(`${domain.uuid} ${disk.target}`);
  if (copy === undefined) return;
  const inode = isOver ? disk.image.inode : world.host.number();
  const { path, changes } = disk.image;
  disk.image = { ...copyOf(copy, inode), path, changes: changes + 1 };
}

function addDisk(host: ModelHost, domain: ModelDomain, dice: Dice): void {
  const target = ['vda', 'vdb', 'vdc'].find((name) =>
    domain.disks.every((disk) => disk.target !== name),
  );
  if (target === undefined) return;
  const inode = host.number();
  const format = dice.chance(0.3) ? 'raw' : 'qcow2';
  const path = `/images/${domain.uuid.slice(-4)}-${target}-${inode}`;
  const disk: ModelDisk = {
    target,
    image: newImage(path, inode, 2 + dice.below(4), { format }),
    live: null,
  };
  if (domain.state !== 'off') plugIn(disk);
  domain.disks.push(disk);
  domain.revision += 1;
}

/** Two images change places between two targets (seen: an increment would succeed, and be wrong). */
function swap(domain: ModelDomain): void {
  const [one, other] = domain.disks;
  if (one === undefined || other === undefined) return;
  [one.image, other.image] = [other.image, one.image];
  domain.revision += 1;
}
