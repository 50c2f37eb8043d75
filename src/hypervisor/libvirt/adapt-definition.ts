import { escapeXml } from '../../model/escape-xml.ts';
import { fail, type Failure, type Result } from '../../model/result.ts';
import type { DefinitionChanges } from '../hypervisor.ts';
import {
  childrenNamed,
  readDefinition,
  remove,
  setText,
  writeDefinition,
  type Element,
} from './definition-tree.ts';

/**
 * A saved definition made fit for its new place: name, uuid, images, firmware
 * variables, network addresses. Whatever is not named in the changes stays as it was.
 */
export function adaptDefinition(xml: string, changes: DefinitionChanges): Result<string, Failure> {
  const read = readDefinition(xml);
  if (!read.ok) return read;
  const domain = read.value;
  delete domain.attributes['id'];
  setText(domain, 'name', changes.name);
  setText(domain, 'uuid', changes.uuid);
  for (const devices of childrenNamed(domain, 'devices')) {
    const missing = adaptDisks(devices, changes);
    if (missing !== null) return fail(missing);
    if (changes.newMacs) dropAddresses(devices);
  }
  for (const os of childrenNamed(domain, 'os')) adaptFirmware(os, changes.nvram);
  return writeDefinition(domain);
}

/** Points each restored disk at its image; the backing chain of the old place is forgotten. */
function adaptDisks(devices: Element, changes: DefinitionChanges): Failure | null {
  for (const { target, path, kind, format } of changes.disks) {
    const disk = childrenNamed(devices, 'disk').find(
      (each) => childrenNamed(each, 'target')[0]?.attributes['dev'] === target,
    );
    if (disk === undefined) {
      return { code: 'definition-differs', message: `The saved definition has no disk ${target}` };
    }
    disk.attributes['type'] = kind;
    remove(disk, (node) => ['source', 'backingStore', 'mirror'].includes(node.name));
    const driver = childrenNamed(disk, 'driver')[0];
    if (driver !== undefined) driver.attributes['type'] = format;
    const attribute = kind === 'block' ? 'dev' : 'file';
    disk.children.push({
      name: 'source',
      attributes: { [attribute]: escapeXml(path) },
      children: [],
    });
  }
  return null;
}

/** libvirt makes new MAC addresses, and new host names for the interfaces, where none are given. */
function dropAddresses(devices: Element): void {
  for (const network of childrenNamed(devices, 'interface')) {
    remove(network, (node) => node.name === 'mac' || node.name === 'target');
  }
}

/** Gives the UEFI variables their new file; without one, libvirt makes a fresh one from the template. */
function adaptFirmware(os: Element, nvram: string | null): void {
  for (const element of childrenNamed(os, 'nvram')) {
    remove(element, (node) => node.name === 'source');
    element.children = nvram === null ? [] : [{ text: escapeXml(nvram) }];
    delete element.attributes['type'];
  }
}
