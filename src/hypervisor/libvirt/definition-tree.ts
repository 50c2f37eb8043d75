import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { escapeXml } from '../../model/escape-xml.ts';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';

/**
 * An element as the parser gives it with `preserveOrder`: one key that is the
 * name with the children, and `:@` with the attributes. Order matters in a
 * definition: the order of interfaces is the order of a guest's cards.
 */
export interface Element {
  readonly name: string;
  attributes: Record<string, string>;
  children: Node[];
}
export type Node = Element | { readonly text: string };

// Entities pass through as they are: decoding and encoding would lose the likes
// of &#10;. What is put in is escaped here.
const options = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  trimValues: false,
  processEntities: false,
} as const;

/** Reads the `<domain>` of a saved definition. */
export function readDefinition(xml: string): Result<Element, Failure> {
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
  return domain === undefined
    ? fail({
        code: 'definition-unreadable',
        message: 'The saved definition holds no <domain>',
      })
    : ok(domain);
}

/** Writes it again. */
export function writeDefinition(domain: Element): Result<string, Failure> {
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

/** Children of that name, in their order. */
export const childrenNamed = (element: Element, name: string): Element[] =>
  element.children.filter((node): node is Element => 'name' in node && node.name === name);

/** Removes children. */
export function remove(element: Element, which: (node: Element) => boolean): void {
  element.children = element.children.filter((node) => !('name' in node && which(node)));
}

/** Gives the child of that name this text; makes it where there is none. */
export function setText(element: Element, name: string, text: string): void {
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
