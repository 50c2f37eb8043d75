import type { Definitions } from './definitions.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { WrittenSettings } from './policy-file.ts';
import type { Path, Source } from './source.ts';

/** A rule, or `defaults:`, and where it stands. */
export interface WrittenAt {
  readonly written: WrittenSettings;
  readonly source: Source;
  readonly path: Path;
}

/** What a rule's settings are made from. */
export interface SettingsInput {
  readonly rule: WrittenAt;
  readonly defaults: WrittenAt | null;
  readonly definitions: Definitions;
  readonly timezone: string;
  readonly found: Diagnostic[];
}
