import { unreachable } from '../model/result.ts';
import type { Dice } from './dice.ts';
import { changeDisks, whileOff } from './disk-deeds.ts';
import { type ModelDomain, newDomain } from './model-domain.ts';
import type { ModelHost } from './model-host.ts';
import { layersOf } from './model-image.ts';
import { canStart, guestWrites, kill, loseJob, powerDown, powerUp } from './qemu.ts';
import type { DomainDeed } from './story.ts';
import type { World } from './world.ts';

/** Does to one domain what people and guests do; a deed that does not fit its state does nothing. */
export function doToDomain(world: World, deed: DomainDeed, dice: Dice): void {
  const { host } = world;
  if (deed === 'new-domain') {
    addDomain(host, dice);
    return;
  }
  const domain = host.domains[dice.below(host.domains.length)];
  if (domain === undefined) return;
  switch (deed) {
    case 'write':
      writeSome(host, domain, dice, 1 + dice.below(3));
      return;
    case 'write-all':
      writeSome(host, domain, dice, 40);
      return;
    case 'start':
    case 'shut-down':
    case 'kill':
    case 'pause':
    case 'save-memory':
      changePower(host, domain, deed);
      return;
    case 'agent-away':
    case 'agent-back':
      domain.agent = deed === 'agent-away' ? 'disconnected' : 'connected';
      return;
    case 'rename':
      whileOff(host, domain, () => rename(domain, `vm${host.number()}`));
      return;
    case 'define-again':
      // virsh undefine --checkpoints-metadata, then define: the bitmaps stay in the images.
      whileOff(host, domain, () => forgetCheckpoints(world, domain));
      return;
    case 'undefine':
      if (domain.state === 'off' && host.domains.length > 1) {
        host.domains.splice(host.domains.indexOf(domain), 1);
        // Its checkpoints go with it: a domain that is restored under its uuid has none.
        forgetCheckpoints(world, domain);
        // virsh undefine --remove-all-storage, now and then.
        if (dice.chance(0.5)) removeStorage(host, domain);
      }
      return;
    case 'lose-bitmaps':
    case 'break-bitmaps':
      loseBitmaps(domain, deed === 'break-bitmaps');
      return;
    case 'lose-checkpoints':
      forgetCheckpoints(world, domain);
      return;
    case 'foreign-job':
      if (domain.state !== 'off' && domain.job === null) domain.foreignJob = !domain.foreignJob;
      return;
    case 'break-boot':
      if (!host.unbootable.delete(domain.uuid)) host.unbootable.add(domain.uuid);
      return;
    case 'foreign-checkpoint':
      addForeignCheckpoint(world, domain);
      return;
    case 'snapshot':
    case 'copy-aside':
    case 'revert':
    case 'resize':
    case 'add-disk':
    case 'remove-disk':
    case 'replace-disk':
    case 'swap-disks':
      changeDisks(world, domain, deed, dice);
      return;
    default:
      unreachable(deed);
  }
}

function addDomain(host: ModelHost, dice: Dice): void {
  if (host.domains.length >= 4) return;
  const disks = [{ target: 'vda', blocks: 2 + dice.below(6), inode: host.number() }];
  host.domains.push(newDomain(host.newUuid(), `vm${host.number()}`, disks, host.number()));
}

function writeSome(host: ModelHost, domain: ModelDomain, dice: Dice, times: number): void {
  for (let count = 0; count < times; count += 1) {
    const disk = domain.disks[dice.below(domain.disks.length)];
    if (disk === undefined) return;
    // Now and then zeros: a block that was data and is none must not come back from an older point.
    const version = dice.chance(0.2) ? 0 : host.number();
    guestWrites(domain, disk, dice.below(disk.image.blocks), version);
  }
}

function changePower(
  host: ModelHost,
  domain: ModelDomain,
  deed: 'start' | 'shut-down' | 'kill' | 'pause' | 'save-memory',
): void {
  const { state } = domain;
  if (deed === 'start') {
    // A person may resume what a run had started paused.
    if (!canStart(domain)) return;
    if (state === 'off') powerUp(domain, 'running', host.number());
    domain.state = 'running';
    domain.keepsMemory = false;
    domain.neverRan = false;
    domain.wanted = 'running';
    return;
  }
  // What a run has started is its own until a person starts it: nobody shuts down a domain that was off.
  if (state === 'off' || domain.wanted === 'off') return;
  if (deed === 'pause') {
    if (state === 'running') domain.state = 'paused';
    domain.wanted = domain.state === 'paused' ? 'paused' : domain.wanted;
    return;
  }
  if (deed === 'kill') kill(domain);
  else {
    loseJob(domain);
    powerDown(domain);
  }
  domain.wanted = 'off';
  if (deed === 'save-memory') {
    domain.managedSave = true;
    domain.keepsMemory = true;
  }
}

function rename(domain: ModelDomain, name: string): void {
  domain.name = name;
  domain.revision += 1;
}

function forgetCheckpoints(world: World, domain: ModelDomain): void {
  for (const { name } of domain.checkpoints) {
    world.foreignCheckpoints.delete(`${domain.uuid} ${name}`);
  }
  domain.checkpoints = [];
}

/** Detectable: a bitmap that is gone, or marked in use, says so itself. */
function loseBitmaps(domain: ModelDomain, keepBroken: boolean): void {
  for (const { live, image } of domain.disks) {
    if (live !== null) {
      for (const name of live.keys()) {
        if (keepBroken) live.set(name, null);
        else live.delete(name);
      }
    } else if (keepBroken) for (const bitmap of image.bitmaps.values()) bitmap.inUse = true;
    else image.bitmaps.clear();
  }
}

function addForeignCheckpoint(world: World, domain: ModelDomain): void {
  const name = `nightly-of-another-tool-${world.host.number()}`;
  const targets = domain.disks.map(({ target }) => target);
  domain.checkpoints.push({ name, parent: domain.checkpoints.at(-1)?.name ?? null, targets });
  for (const { live, image } of domain.disks)
    if (image.format === 'qcow2') live?.set(name, new Set());
  world.foreignCheckpoints.add(`${domain.uuid} ${name}`);
}

function removeStorage({ files }: ModelHost, { disks }: ModelDomain): void {
  for (const { path } of disks.flatMap(({ image }) => layersOf(image))) {
    if (files.look(path) !== null) files.removeFile(path);
  }
  files.syncDirectory('/images');
}
