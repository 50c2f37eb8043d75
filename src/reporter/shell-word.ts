/** A text as one word of a POSIX shell: quoted unless it is plainly harmless. For lines that people copy. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9._/@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
