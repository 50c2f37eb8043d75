import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml, type XmlElement } from '../../src/hypervisor/libvirt/xml.ts';
import { escapeXml } from '../../src/model/escape-xml.ts';

const element = (name: string, more: Partial<XmlElement> = {}): XmlElement => ({
  name,
  attributes: {},
  children: [],
  text: '',
  ...more,
});

// Line ends and tabs of an attribute become blanks, as XML says; libvirt writes them as numbers.
const textArbitrary = fc.string({
  unit: fc.constantFrom('a', 'ü', '😀', ' ', '<', '>', '&', "'", '"', ']]>', '&lt;'),
  maxLength: 8,
});
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
    '<a>&other;</a>',
    '<a>\u0001</a>',
    '<!DOCTYPE a><a/>',
    '<!doctype a [<!ENTITY x "y">]><a/>',
  ])('takes %j for no document', (text) => expect(parseXml(text)).toBeNull());

  it('keeps characters as they are, decoded once', () => {
    expect(parseXml(`<a b='&lt;&#10;&#x1F600;&amp;amp;'>x<![CDATA[<&lt;]]>&gt;</a>`)).toEqual(
      element('a', { attributes: { b: '<\n😀&amp;' }, text: 'x<&lt;>' }),
    );
  });

  it('does not fall over a tree that is nested without end', () => {
    const deep = 100_000;
    expect(parseXml('<a>'.repeat(deep) + '</a>'.repeat(deep))).toBeNull();
  });
});
