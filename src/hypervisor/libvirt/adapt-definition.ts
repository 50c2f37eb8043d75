import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import type { DefinitionChanges } from '../hypervisor.ts';

/**
 * An element as the parser gives it with `preserveOrder`: one key that is the
 * name with the children, and `:@` with the attributes. Order matters in a
 * definition: the order of interfaces is the order of a guest's cards.
 */
interface Element {
  readonly name: string;
  attributes: Record<string, string>;
  children: Node[];
}
type Node = Element | { readonly text: string };

// Entities pass through as they are: decoding and encoding would lose the likes
// of &#10;. What is put in is escaped here.
const options = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  trimValues: false,
  processEntities: false,
} as const;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
const escapeXml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);

/**
 * A saved definition made fit for its new place: name, uuid, images, firmware
 * variables, network addresses. Whatever is not named in the changes stays as it was.
 */
export function adaptDefinition(xml: string, changes: DefinitionChanges): Result<string, Failure> {
  const parser = new XMLParser({
    ...options,
    parseTagValue: false,
    parseAttributeValue: false,
  });
  let nodes: Node[];
  try {
    nodes = readNodes(parser.parse(xml));
  } catch (error) {
    return fail({
      code: 'definition-unreadable',
      message: `The saved definition is not XML: ${String(error)}`,
    });
  }
  const domain = nodes.find((node): node is Element => 'name' in node && node.name === 'domain');
  if (domain === undefined) {
    return fail({
      code: 'definition-unreadable',
      message: 'The saved definition holds no <domain>',
    });
  }
  delete domain.attributes['id'];
  setText(domain, 'name', changes.name);
  setText(domain, 'uuid', changes.uuid);
  for (const devices of childrenNamed(domain, 'devices')) {
    const missing = adaptDisks(devices, changes);
    if (missing !== null) return fail(missing);
    if (changes.newMacs) dropAddresses(devices);
  }
  for (const os of childrenNamed(domain, 'os')) adaptFirmware(os, changes.nvram);
  try {
    return ok(new XMLBuilder({ ...options, suppressEmptyNode: true }).build(writeNodes([domain])));
  } catch (error) {
    // The builder refuses what is nested deeper than the parser reads.
    return fail({
      code: 'definition-unreadable',
      message: `The saved definition cannot be written again: ${String(error)}`,
    });
  }
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

const childrenNamed = (element: Element, name: string): Element[] =>
  element.children.filter((node): node is Element => 'name' in node && node.name === name);

function remove(element: Element, which: (node: Element) => boolean): void {
  element.children = element.children.filter((node) => !('name' in node && which(node)));
}

function setText(element: Element, name: string, text: string): void {
  const [child] = childrenNamed(element, name);
  if (child === undefined)
    element.children.unshift({ name, attributes: {}, children: [{ text: escapeXml(text) }] });
  else child.children = [{ text: escapeXml(text) }];
}

function readNodes(parsed: unknown): Node[] {
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((item: unknown): Node[] => {
    if (item === null || typeof item !== 'object') return [];
    const entries = Object.entries(item);
    const attributes = Object.fromEntries(entries)[':@'];
    const [name, content] = entries.find(([key]) => key !== ':@') ?? ['', []];
    if (name === '#text') return [{ text: String(content) }];
    if (name.startsWith('?') || name === '') return [];
    return [{ name, attributes: readAttributes(attributes), children: readNodes(content) }];
  });
}

function readAttributes(attributes: unknown): Record<string, string> {
  if (attributes === null || typeof attributes !== 'object') return {};
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)]));
}

function writeNodes(nodes: readonly Node[]): unknown[] {
  return nodes.map((node) =>
    'text' in node
      ? { '#text': node.text }
      : { [node.name]: writeNodes(node.children), ':@': node.attributes },
  );
}
