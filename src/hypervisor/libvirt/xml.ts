import {
  parseXml as parseDocument,
  XmlElement as ParsedElement,
  XmlText as ParsedText,
} from '@rgrove/parse-xml';

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

/**
 * Reads one document; null if it is none, is too large, or brings a DTD: entities are the five of XML and numbers, so
 * that no document can define one. What was cut off or mixed up anywhere is no document.
 */
export function parseXml(text: string): XmlElement | null {
  if (text.length > maxXmlCharacters || /<!(?:DOCTYPE|ENTITY)/i.test(text)) return null;
  try {
    const { root } = parseDocument(text);
    return root === null ? null : elementOf(root);
  } catch {
    // The parser's words are about its own state; "is no XML" is all a caller can use.
    return null;
  }
}

function elementOf({ name, attributes, children }: ParsedElement): XmlElement {
  let text = '';
  const elements: XmlElement[] = [];
  for (const node of children) {
    if (node instanceof ParsedElement) elements.push(elementOf(node));
    else if (node instanceof ParsedText) text += node.text;
  }
  return { name, attributes, children: elements, text };
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
