import type { AgentMode } from '../model/agent.ts';
import type {
  DesiredDomain,
  DesiredMirror,
  DesiredStore,
  Moved,
  Removed,
  SourcePlace,
} from '../model/desired.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { Window } from '../schedule/window.ts';
import type { Diagnostics } from './diagnostic.ts';
import type { Pattern } from './pattern.ts';

/** What a rule means for a domain that it selects, defaults filled in. */
export type Settings = Omit<DesiredDomain, 'uuid' | 'name' | 'place'>;

/** How a rule selects domains. */
export type Selector =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'uuid'; readonly uuid: DomainUuid }
  | { readonly kind: 'match'; readonly pattern: Pattern };

export interface Rule {
  readonly selector: Selector;
  readonly place: SourcePlace;
  readonly settings: Settings;
}

/** A policy that was read and found to be without errors; not yet about particular domains. */
export interface Policy {
  /** The main file, as it was named. */
  readonly file: string;
  /** Every file that was read, the main one first. */
  readonly texts: readonly { readonly file: string; readonly text: string }[];
  /** SHA-256 of what it means: comments, order of keys and spelling of numbers do not count. */
  readonly digest: string;
  readonly host: string | null;
  readonly timezone: string;
  readonly stores: readonly DesiredStore[];
  readonly mirrors: readonly DesiredMirror[];
  /** In the order in which patterns are tried. */
  readonly rules: readonly Rule[];
  readonly ignore: readonly { readonly pattern: Pattern; readonly place: SourcePlace }[];
  readonly moved: readonly Moved[];
  readonly removed: readonly Removed[];
  /** What the agent may do, and when; no windows: always. */
  readonly agent: { readonly mode: AgentMode; readonly windows: readonly Window[] };
  readonly warnings: Diagnostics;
}
