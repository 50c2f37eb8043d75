import stringWidth from 'string-width';

/** How many columns of a terminal a text fills: 2 for most CJK and emoji, 0 for combining marks. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** A text and as many spaces as fill the width; a longer one stays whole, for names are copied. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Breaks a text at spaces into lines of at most that width (the first one of another); a longer word gets a line of its own. */
export function wrapWords(text: string, width: number, firstWidth = width): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || displayWidth(longer) <= (lines.length === 0 ? firstWidth : width)) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

// Narrower than this a terminal breaks what it likes; lines of two words help nobody.
const leastWidth = 20;

/** A line as it is where it fits, or broken at spaces, its further lines that many columns in; never within a word. */
export function fitLine(line: string, width: number | null, hang: number): readonly string[] {
  if (width === null || displayWidth(line) <= width) return [line];
  const [lead = ''] = /^ */.exec(line) ?? [];
  const room = (indent: number): number => Math.max(leastWidth, width - indent);
  const text = line.slice(lead.length);
  const [first = '', ...more] = wrapWords(text, room(hang), room(lead.length));
  return [lead + first.trimEnd(), ...more.map((rest) => ' '.repeat(hang) + rest.trim())];
}
