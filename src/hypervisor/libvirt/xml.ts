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

/** An element whose end has not come yet. */
interface Open {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const nameForm = String.raw`[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*`;
const startForm = new RegExp(`<(${nameForm})`, 'y');
const attributeForm = new RegExp(`\\s+(${nameForm})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'y');
const startEndForm = /\s*(\/?)>/y;
const endForm = new RegExp(`</(${nameForm})\\s*>`, 'y');

// What is neither an element nor text, by its beginning: how it ends.
const asides: readonly (readonly [string, string])[] = [
  ['<!--', '-->'],
  ['<?', '?>'],
];
const [cdata, cdataEnd] = ['<![CDATA[', ']]>'];

/**
 * Reads one document; null if it is none, is too large, or brings a DTD: what was cut off or mixed up anywhere is no
 * document. One pass, because of 2,000 domains a general parser took a fifth of the whole look.
 */
export function parseXml(text: string): XmlElement | null {
  if (text.length > maxXmlCharacters || /<!(?:DOCTYPE|ENTITY)/i.test(text)) return null;
  const top: Open = { name: '', attributes: {}, children: [], text: '' };
  const open: Open[] = [top];
  let at = 0;
  for (;;) {
    const inner = open.at(-1) ?? top;
    const mark = text.indexOf('<', at);
    if (mark !== at) inner.text += text.slice(at, mark < 0 ? text.length : mark);
    if (mark < 0) break;
    const next = readMark(text, mark, inner, open);
    if (next === null) return null;
    at = next;
  }
  const [root, ...more] = top.children;
  // Beside the one element there are only blanks.
  return open.length === 1 && more.length === 0 && top.text.trim() === '' ? (root ?? null) : null;
}

/** Takes what begins with `<` there: says where it ends; null if it is no XML. */
function readMark(text: string, mark: number, inner: Open, open: Open[]): number | null {
  if (text.startsWith(cdata, mark)) {
    const end = text.indexOf(cdataEnd, mark);
    if (end < 0) return null;
    // Decoded with the rest of the text, so that it comes out as it is.
    inner.text += text.slice(mark + cdata.length, end).replaceAll('&', '&amp;');
    return end + cdataEnd.length;
  }
  for (const [begins, ends] of asides) {
    if (!text.startsWith(begins, mark)) continue;
    const end = text.indexOf(ends, mark + begins.length);
    return end < 0 ? null : end + ends.length;
  }
  const end = matchAt(endForm, text, mark);
  if (end === null) return readStart(text, mark, inner, open);
  if (end[1] !== inner.name || open.length === 1) return null;
  open.pop();
  open.at(-1)?.children.push({ ...inner, text: decode(inner.text) });
  return endForm.lastIndex;
}

/** Takes a start tag with its attributes. */
function readStart(text: string, mark: number, inner: Open, open: Open[]): number | null {
  const name = matchAt(startForm, text, mark)?.[1];
  if (name === undefined) return null;
  let at = startForm.lastIndex;
  const attributes: Record<string, string> = {};
  for (;;) {
    const found = matchAt(attributeForm, text, at);
    if (found === null) break;
    const [, key = '', double, single] = found;
    if (Object.hasOwn(attributes, key)) return null;
    attributes[key] = decode(double ?? single ?? '');
    at = attributeForm.lastIndex;
  }
  const end = matchAt(startEndForm, text, at);
  if (end === null) return null;
  if (end[1] === '/') inner.children.push({ name, attributes, children: [], text: '' });
  else open.push({ name, attributes, children: [], text: '' });
  return startEndForm.lastIndex;
}

function matchAt(form: RegExp, text: string, at: number): RegExpExecArray | null {
  form.lastIndex = at;
  return form.exec(text);
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
