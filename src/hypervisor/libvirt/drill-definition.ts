import { escapeXml } from '../../model/escape-xml.ts';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import type { DrillDefinition, DrilledDefinition } from '../drill-host.ts';
import {
  childrenNamed,
  readDefinition,
  remove,
  setText,
  writeDefinition,
  type Element,
} from './definition-tree.ts';

/**
 * What a machine needs to boot and what only describes it. All else is left out: what ties it to memory, processors,
 * leases or programs of this host (memoryBacking, numatune, cputune, qemu:commandline …), and its metadata.
 */
const keptParts: ReadonlySet<string> = new Set([
  'name',
  'uuid',
  'memory',
  'currentMemory',
  'vcpu',
  'iothreads',
  'iothreadids',
  'sysinfo',
  'os',
  'features',
  'cpu',
  'clock',
  'on_poweroff',
  'on_reboot',
  'on_crash',
  'pm',
  'devices',
]);

/** Devices that a drill keeps; the others belong to the original, to a person's desktop, or to the network. */
const keptDevices: ReadonlySet<string> = new Set([
  'emulator',
  'disk',
  'controller',
  'input',
  'interface',
  'channel',
  'serial',
  'console',
  'video',
  'memballoon',
  'rng',
  'tpm',
  'iommu',
  'panic',
  'nvram',
]);

/**
 * A saved definition made fit for a drill: another machine, with the overlays for disks, no way to anything of
 * the original or of this host, no network but an isolated one, bounded memory, and no state that stays.
 */
export function drillDefinition(
  xml: string,
  drill: DrillDefinition,
): Result<DrilledDefinition, Failure> {
  const read = readDefinition(xml);
  if (!read.ok) return read;
  const domain = read.value;
  delete domain.attributes['id'];
  remove(domain, ({ name }) => !keptParts.has(name));
  setText(domain, 'name', drill.guest.name);
  setText(domain, 'uuid', drill.guest.uuid);
  boundMemory(domain, drill.memoryLimitBytes);
  loosenProcessors(domain);
  for (const sysinfo of childrenNamed(domain, 'sysinfo')) dropIdentity(sysinfo);
  // It ends by itself and not otherwise; a guest that restarts while it boots may.
  setText(domain, 'on_poweroff', 'destroy');
  setText(domain, 'on_crash', 'destroy');
  for (const os of childrenNamed(domain, 'os')) adaptFirmware(os, drill.nvram);
  const leftOut = new Set<string>();
  for (const devices of childrenNamed(domain, 'devices')) {
    const missing = adaptDevices(devices, drill, leftOut);
    if (missing !== null) return fail(missing);
  }
  const written = writeDefinition(domain);
  return written.ok ? ok({ xml: written.value, leftOut: [...leftOut].toSorted() }) : written;
}

const kibibytes: Readonly<Record<string, number>> = {
  b: 1 / 1024,
  bytes: 1 / 1024,
  KB: 1000 / 1024,
  k: 1,
  KiB: 1,
  MB: 1000 ** 2 / 1024,
  M: 1024,
  MiB: 1024,
  GB: 1000 ** 3 / 1024,
  G: 1024 ** 2,
  GiB: 1024 ** 2,
  TB: 1000 ** 4 / 1024,
  T: 1024 ** 3,
  TiB: 1024 ** 3,
};

const textOf = (element: Element): string =>
  element.children.map((node) => ('text' in node ? node.text : '')).join('');

/** No more than is allowed, and no less than it has where that is less. */
function boundMemory(domain: Element, limitBytes: number): void {
  const [memory] = childrenNamed(domain, 'memory');
  const unit = kibibytes[memory?.attributes['unit'] ?? 'KiB'] ?? 1;
  const own = memory === undefined ? Infinity : Number(textOf(memory)) * unit;
  const bound = Math.floor(Math.min(own, limitBytes / 1024));
  for (const name of ['memory', 'currentMemory']) {
    setText(domain, name, String(bound));
    for (const each of childrenNamed(domain, name)) each.attributes = { unit: 'KiB' };
  }
}

/** Memory of NUMA cells would have to add up; processors of the host are not tied down. */
function loosenProcessors(domain: Element): void {
  for (const cpu of childrenNamed(domain, 'cpu')) remove(cpu, ({ name }) => name === 'numa');
  for (const vcpu of childrenNamed(domain, 'vcpu')) {
    delete vcpu.attributes['cpuset'];
    delete vcpu.attributes['placement'];
  }
}

/** libvirt wants this uuid to be the machine's own. */
function dropIdentity(sysinfo: Element): void {
  for (const system of childrenNamed(sysinfo, 'system')) {
    remove(system, ({ attributes }) => attributes['name'] === 'uuid');
  }
}

/** UEFI variables have a file of the drill's own, also where libvirt would choose one. */
function adaptFirmware(os: Element, nvram: string): void {
  const [own] = childrenNamed(os, 'nvram');
  const isUefi =
    own !== undefined ||
    os.attributes['firmware'] === 'efi' ||
    childrenNamed(os, 'loader').some(({ attributes }) => attributes['type'] === 'pflash');
  if (!isUefi) return;
  const template = own?.attributes['template'];
  remove(os, ({ name }) => name === 'nvram');
  os.children.push({
    name: 'nvram',
    attributes: template === undefined ? {} : { template },
    children: [{ text: escapeXml(nvram) }],
  });
}

function adaptDevices(
  devices: Element,
  drill: DrillDefinition,
  leftOut: Set<string>,
): Failure | null {
  const drop = (which: (device: Element) => boolean): void =>
    remove(devices, (device) => {
      if (!which(device)) return false;
      leftOut.add(device.name);
      return true;
    });
  drop(({ name }) => !keptDevices.has(name));
  drop((device) => device.name === 'interface' && drill.network === null);
  drop((device) => device.name === 'channel' && !isAgent(device));
  drop((device) => device.name === 'rng' && !isRandom(device));
  drop((device) => device.name === 'tpm' && !isEmulated(device));
  drop(
    (device) =>
      device.name === 'input' &&
      !['mouse', 'tablet', 'keyboard'].includes(device.attributes['type'] ?? ''),
  );
  drop((device) => device.name === 'disk' && !isWanted(device, drill));
  for (const { target } of drill.disks) {
    if (diskOf(devices, target) === undefined) {
      return { code: 'definition-differs', message: `The saved definition has no disk ${target}` };
    }
  }
  for (const disk of childrenNamed(devices, 'disk')) adaptDisk(disk, drill);
  for (const card of childrenNamed(devices, 'interface')) adaptCard(card, drill.network ?? '');
  for (const channel of childrenNamed(devices, 'channel')) detach(channel, 'unix');
  for (const port of [...childrenNamed(devices, 'serial'), ...childrenNamed(devices, 'console')]) {
    detach(port, 'pty');
  }
  for (const video of childrenNamed(devices, 'video')) adaptVideo(video);
  for (const tpm of childrenNamed(devices, 'tpm')) {
    // libvirt removes the state of a transient machine, unless it is told to keep it.
    for (const backend of childrenNamed(tpm, 'backend'))
      delete backend.attributes['persistent_state'];
  }
  return null;
}

const targetOf = (disk: Element): string =>
  childrenNamed(disk, 'target')[0]?.attributes['dev'] ?? '';

const diskOf = (devices: Element, target: string): Element | undefined =>
  childrenNamed(devices, 'disk').find((disk) => targetOf(disk) === target);

const isEmptied = (disk: Element): boolean =>
  disk.attributes['device'] === 'cdrom' || disk.attributes['device'] === 'floppy';

const isWanted = (disk: Element, { disks }: DrillDefinition): boolean =>
  isEmptied(disk) || disks.some(({ target }) => target === targetOf(disk));

const isAgent = (channel: Element): boolean =>
  childrenNamed(channel, 'target')[0]?.attributes['name'] === 'org.qemu.guest_agent.0';

const isRandom = (rng: Element): boolean =>
  childrenNamed(rng, 'backend').every(({ attributes }) => attributes['model'] !== 'egd');

const isEmulated = (tpm: Element): boolean =>
  childrenNamed(tpm, 'backend').some(({ attributes }) => attributes['type'] === 'emulator');

/** A disk of the point stands on its overlay, which nobody needs after a crash; a CD-ROM drive is empty. */
function adaptDisk(disk: Element, { disks }: DrillDefinition): void {
  const path = disks.find(({ target }) => target === targetOf(disk))?.path;
  const keeps = new Set([
    'driver',
    'target',
    'address',
    'boot',
    'serial',
    'wwn',
    'blockio',
    'alias',
    'readonly',
    'vendor',
    'product',
    'geometry',
  ]);
  remove(disk, ({ name }) => !keeps.has(name));
  for (const { attributes } of childrenNamed(disk, 'driver')) {
    attributes['type'] = path === undefined ? 'raw' : 'qcow2';
    attributes['cache'] = 'unsafe';
    // Asynchronous I/O of the kernel's own needs a cache of another kind.
    delete attributes['io'];
    delete attributes['queues'];
  }
  delete disk.attributes['snapshot'];
  disk.attributes['type'] = 'file';
  if (path === undefined) return;
  disk.attributes['device'] = 'disk';
  disk.children.push({ name: 'source', attributes: { file: escapeXml(path) }, children: [] });
}

/** The same card on the isolated network, with an address of its own and no filter, bandwidth or switch of the original. */
function adaptCard(card: Element, network: string): void {
  const keeps = new Set(['model', 'address', 'boot', 'rom', 'mtu']);
  remove(card, ({ name }) => !keeps.has(name));
  card.attributes = { type: 'network' };
  card.children.push({
    name: 'source',
    attributes: { network: escapeXml(network) },
    children: [],
  });
}

/** What led to a file, a socket or a device of the host leads nowhere now. */
function detach(device: Element, type: 'pty' | 'unix'): void {
  remove(device, ({ name }) => ['source', 'protocol', 'log'].includes(name));
  device.attributes = { type };
}

// What needs neither spice nor a graphics card of the host.
const plainVideo: ReadonlySet<string> = new Set([
  'vga',
  'cirrus',
  'bochs',
  'virtio',
  'ramfb',
  'none',
]);

function adaptVideo(video: Element): void {
  for (const model of childrenNamed(video, 'model')) {
    remove(model, ({ name }) => name === 'acceleration');
    if (!plainVideo.has(model.attributes['type'] ?? '')) model.attributes = { type: 'vga' };
  }
}
