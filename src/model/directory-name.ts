import type { DomainUuid } from './identity.ts';

// 80 bytes and the longest suffix (33) stay far below the 255 bytes that file
// systems allow, and leave a listing readable.
const maxBytes = 80;

const encoder = new TextEncoder();

/** One character as it stands in a name: itself, or the percent-escapes of its UTF-8 bytes. */
function escapeCharacter(character: string, index: number): string {
  // A leading dot would hide the directory, and `.` and `..` are not names at all.
  const plain = index === 0 ? /^[A-Za-z0-9_-]$/ : /^[A-Za-z0-9._-]$/;
  if (plain.test(character)) return character;
  return Array.from(
    encoder.encode(character),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}

/**
 * The directory of a domain below `domains/`, for a domain that has none yet:
 * its name, everything but `[A-Za-z0-9._-]` and a leading dot percent-encoded,
 * cut to 80 bytes between two characters. Where that is not simply the name,
 * or another uuid's directory is called so (`taken`), `~` and 8 hex digits of
 * the uuid follow; all 32 if even that is taken. `~` itself is always encoded,
 * so no name can look like another's suffix.
 */
export function directoryNameOf(
  name: string,
  uuid: DomainUuid,
  taken: ReadonlySet<string>,
): string {
  let encoded = '';
  for (const [index, character] of Array.from(name).entries()) {
    const next = escapeCharacter(character, index);
    if (encoded.length + next.length > maxBytes) break;
    encoded += next;
  }
  if (encoded === name && name !== '' && !taken.has(encoded)) return encoded;
  const digits = uuid.replaceAll('-', '');
  const short = `${encoded}~${digits.slice(0, 8)}`;
  return taken.has(short) ? `${encoded}~${digits}` : short;
}

/** Whether a text can be a domain's directory: one path component that is not hidden. */
export function isDirectoryName(text: string): boolean {
  return /^[A-Za-z0-9_%~-][A-Za-z0-9._%~-]{0,119}$/.test(text);
}
