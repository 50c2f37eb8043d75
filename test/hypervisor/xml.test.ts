import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { escapeXml, parseXml, type XmlElement } from '../../src/hypervisor/libvirt/xml.ts';

const captures = join(import.meta.dirname, '..', 'captures', 'libvirt-9.0.0');
const documents = readdirSync(captures, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.xml'))
  .map((file) => readFileSync(join(captures, file), 'utf8'));

const element = (name: string, more: Partial<XmlElement> = {}): XmlElement => ({
  name,
  attributes: {},
  children: [],
  text: '',
  ...more,
});

const textArbitrary = fc
  .string({ unit: 'binary', maxLength: 8 })
  .filter((text) => !/[\0\uFFFE\uFFFF]/.test(text));
const nameArbitrary = fc
  .stringMatching(/^[A-Za-z_][A-Za-z0-9_.:-]{0,6}$/)
  .filter((name) => name !== '__proto__');

/** A tree, and a document that says it, with blanks and asides where they may be. */
const { tree } = fc.letrec<{ readonly tree: readonly [XmlElement, string] }>((tie) => ({
  tree: fc
    .tuple(
      nameArbitrary,
      fc.dictionary(nameArbitrary, textArbitrary, { maxKeys: 3, noNullPrototype: true }),
      fc.array(
        fc.oneof({ depthSize: 'small' }, textArbitrary, fc.constant('<!-- a > b -->'), tie('tree')),
        { maxLength: 4 },
      ),
      fc.constantFrom('', ' ', '\n\t'),
    )
    .map(([name, attributes, content, blank]): readonly [XmlElement, string] => {
      const pairs = Object.entries(attributes).map(
        ([key, value]) => ` ${key}${blank}=${blank}"${escapeXml(value)}"`,
      );
      const inner = content.map((part) =>
        typeof part === 'string' ? (isAside(part) ? part : escapeXml(part)) : part[1],
      );
      const text = content
        .filter((part): part is string => typeof part === 'string' && !isAside(part))
        .join('');
      const children = content.flatMap((part) => (typeof part === 'string' ? [] : [part[0]]));
      const start = `<${name}${pairs.join('')}${blank}`;
      const written =
        content.length === 0 ? `${start}/>` : `${start}>${inner.join('')}</${name}${blank}>`;
      return [element(name, { attributes, children, text }), written];
    }),
}));

/** Each element with the names of its attributes, in the order of the document. */
const namesOf = ({ name, attributes, children }: XmlElement): readonly string[] => [
  [name, ...Object.keys(attributes)].join(' '),
  ...children.flatMap(namesOf),
];

/** The same of the other parser's tree: `{name: [children], ':@': {attributes}}`. */
const namesOfTheirs = (nodes: readonly Record<string, object>[]): readonly string[] =>
  nodes.flatMap((node) => {
    const [name = ''] = Object.keys(node).filter((key) => key !== ':@' && key !== '#text');
    const children = node[name];
    if (!Array.isArray(children)) return [];
    return [[name, ...Object.keys(node[':@'] ?? {})].join(' '), ...namesOfTheirs(children)];
  });

const isAside = (part: string): boolean => part.startsWith('<!--');

describe('parseXml', () => {
  it('reads any tree as it was written', () => {
    fc.assert(
      fc.property(tree, ([expected, text]) => {
        expect(parseXml(`<?xml version='1.0'?>\n<!-- x -->${text}\n`)).toEqual(expected);
      }),
    );
  });

  it('takes nothing that was cut off for a document', () => {
    fc.assert(
      fc.property(
        tree,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        ([, text], where) => {
          expect(parseXml(text.slice(0, Math.floor(text.length * where)))).toBeNull();
        },
      ),
    );
  });

  it('reads what libvirt wrote as another parser does', () => {
    expect(documents.length).toBeGreaterThan(5);
    const other = new XMLParser({
      preserveOrder: true,
      ignoreAttributes: false,
      attributeNamePrefix: '',
      parseTagValue: false,
      ignoreDeclaration: true,
    });
    for (const text of documents) {
      const root = parseXml(text);
      const ours = root === null ? [] : namesOf(root);
      expect(ours.length).toBeGreaterThan(1);
      expect(ours).toEqual(namesOfTheirs(other.parse(text)));
    }
  });

  it.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '</a>',
    '<a/><b/>',
    '<a/>text',
    'text<a/>',
    '<a><b></a></b>',
    '<a x=1/>',
    '<a x="1" x="2"/>',
    '<a x="<"/>',
    '<a x="1"y="2"/>',
    '<1a/>',
    '< a/>',
    '<a <b/>',
    '<a><!-- </a>',
    '<a><![CDATA[</a>',
    '<a><?pi</a>',
    '<!DOCTYPE a><a/>',
    '<!doctype a [<!ENTITY x "y">]><a/>',
  ])('takes %j for no document', (text) => expect(parseXml(text)).toBeNull());

  it('keeps characters as they are, decoded once', () => {
    expect(
      parseXml(`<a b='&lt;&#10;&#x1F600;&amp;amp;&other;'>x<![CDATA[<&lt;]]>&gt;</a>`),
    ).toEqual(element('a', { attributes: { b: '<\n😀&amp;&other;' }, text: 'x<&lt;>' }));
  });

  it('reads a tree of any depth', () => {
    const deep = 100_000;
    expect(parseXml('<a>'.repeat(deep) + '</a>'.repeat(deep))?.name).toBe('a');
  });
});
