// Control characters but tab and newline; format characters (direction marks,
// zero widths, tags) but the joiner without which one emoji is shown as
// several; line and paragraph separators.
const steering = /(?![\t\n\u200D])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * A text in which what steers a terminal or turns a line round is written as
 * JSON writes it: `\u001b`. Of a JSON text it is the same value: such
 * characters stand only inside its strings.
 */
export function escapeSteering(text: string): string {
  return text.replaceAll(steering, (character) =>
    Array.from({ length: character.length }, (_, index) => {
      const unit = character.charCodeAt(index).toString(16).padStart(4, '0');
      return `\\u${unit}`;
    }).join(''),
  );
}
