import stringWidth from 'string-width';

/** How many columns of a terminal a text fills: 2 for most CJK and emoji, 0 for combining marks. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** A text and as many spaces as fill the width; a longer one stays whole, for names are copied. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Breaks a text at spaces into lines of at most that width; a longer word gets a line of its own. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || displayWidth(longer) <= width) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}
