import { XMLParser } from 'fast-xml-parser';

/** An element: what libvirt's XML is made of. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Character data of this element itself. */
  readonly text: string;
}

// libvirt's own limit for a message is 32 MiB, and a domain with 500 disks has
// 300 KiB; what is larger was not written by libvirt.
const maxXmlCharacters = 32 * 1024 ** 2;

// Entities are decoded below: only the five of XML and numbers, so that no
// document can define one.
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

const named: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named.get(name) ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Reads one document; null if it is none, is too large, or brings a DTD. */
export function parseXml(text: string): XmlElement | null {
  if (text.length > maxXmlCharacters || /<!(?:DOCTYPE|ENTITY)/i.test(text)) return null;
  let tree: unknown;
  try {
    tree = parser.parse(text, true);
  } catch {
    // The parser's words are about its own state; "is no XML" is all a caller can use.
    return null;
  }
  const elements = Array.isArray(tree) ? tree.flatMap(elementOf) : [];
  return elements.length === 1 ? (elements[0] ?? null) : null;
}

/** An element from the parser's form `{name: [children], ':@': {attributes}}`. */
function elementOf(node: unknown): readonly XmlElement[] {
  if (!isRecord(node)) return [];
  const name = Object.keys(node).find((key) => key !== ':@');
  const content = name === undefined ? undefined : node[name];
  if (name === undefined || name === '#text' || !Array.isArray(content)) return [];
  const attributes = isRecord(node[':@']) ? node[':@'] : {};
  let text = '';
  for (const part of content) {
    if (isRecord(part) && typeof part['#text'] === 'string') text += part['#text'];
  }
  return [
    {
      name,
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([key, value]) => [key, decode(String(value))]),
      ),
      children: content.flatMap(elementOf),
      text: decode(text),
    },
  ];
}

/** The first child on a way of names: `child(domain, 'os', 'nvram')`. */
export function child(element: XmlElement | null, ...names: readonly string[]): XmlElement | null {
  let found = element;
  for (const name of names) found = found?.children.find((one) => one.name === name) ?? null;
  return found;
}

/** All children of a name. */
export function childrenOf(element: XmlElement | null, name: string): readonly XmlElement[] {
  return element?.children.filter((one) => one.name === name) ?? [];
}

/** An attribute; null without it. */
export function attribute(element: XmlElement | null, name: string): string | null {
  return element?.attributes[name] ?? null;
}

/** The text of an element; null without it, or when it is empty. */
export function textOf(element: XmlElement | null): string | null {
  const text = element?.text.trim() ?? '';
  return text === '' ? null : text;
}

/** Text for use inside an element or an attribute in either quotes, as libvirt writes it. */
export function escapeXml(text: string): string {
  return text.replaceAll(
    /[<>&'"]/g,
    (mark) => `&${[...named].find(([, character]) => character === mark)?.[0]};`,
  );
}
