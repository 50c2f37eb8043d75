/** Where a finding is in a file: one-based lines, and columns in UTF-16 units as editors count. */
export interface FindingPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The column after the last one, on the same line; null when only the beginning is known. */
  readonly endColumn: number | null;
}

/** Something that a CI system shows beside a line: a mistake of a policy, or a guard of a plan. */
export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** What is wrong and what to do about it. */
  readonly message: string;
  /** What the code means everywhere. */
  readonly help: string;
  /** What it is about, in words that stay when lines move: a JSON pointer, or a guard's scope. */
  readonly subject: string;
  readonly place: FindingPlace | null;
}
