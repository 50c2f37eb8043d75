import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { paint, type Style } from './color.ts';
import { maskSecrets } from './mask-secrets.ts';
import { printable } from './printable.ts';

/** Names of the two sides of a diff. */
export interface DiffNames {
  readonly old: string;
  readonly new: string;
}

// The search takes time in the square of the differing lines: two policies of
// 1 MiB with nothing in common would take minutes, and nobody reads that diff.
const maxDifferingLines = 5000;

/** What changed between two texts of a policy, as a unified diff; empty if nothing did. Ends in a newline. */
export function renderPolicyDiff(
  oldText: string,
  newText: string,
  names: DiffNames,
  options: { readonly color: boolean },
): string {
  if (oldText === newText) return '';
  const patch = createTwoFilesPatch(
    printable(names.old),
    printable(names.new),
    oldText,
    newText,
    undefined,
    undefined,
    { context: 3, headerOptions: FILE_HEADERS_ONLY, maxEditLength: maxDifferingLines },
  );
  if (patch === undefined) {
    return `${printable(names.old)} and ${printable(names.new)} differ in more than ${maxDifferingLines} lines.\n`;
  }
  return patch
    .split('\n')
    .map((line) => paint(printableLine(line), styleOf(line), options.color))
    .join('\n');
}

/** What changed between two definitions of a domain, without secrets; empty if nothing did. */
export function renderDefinitionDiff(
  oldXml: string,
  newXml: string,
  names: DiffNames,
  options: { readonly color: boolean },
): string {
  if (oldXml === newXml) return '';
  const diff = renderPolicyDiff(maskSecrets(oldXml), maskSecrets(newXml), names, options);
  return diff === '' ? 'Only secrets differ.\n' : diff;
}

/** A line of a file: its tabs stay, for they may be the difference. */
function printableLine(line: string): string {
  return line.split('\t').map(printable).join('\t');
}

function styleOf(line: string): Style | null {
  if (line.startsWith('+++') || line.startsWith('---')) return 'bold';
  if (line.startsWith('@@')) return 'cyan';
  if (line.startsWith('+')) return 'green';
  return line.startsWith('-') ? 'red' : null;
}
