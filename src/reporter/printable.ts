import { stripVTControlCharacters } from 'node:util';

/**
 * A text from outside (a name, a path, another program's message) as one
 * harmless line: white space of any kind becomes one space; escape sequences,
 * control characters, direction marks and half characters are dropped. So no
 * name can forge a line of ours, colour it, or turn it round (I12).
 */
export function printable(text: string): string {
  return (
    stripVTControlCharacters(text)
      .replaceAll(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
      // The joiner U+200D stays: without it one emoji is printed as several.
      .replaceAll(/(?!\u200D)[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
  );
}
