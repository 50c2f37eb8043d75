import type { Instant } from './instant.ts';

/**
 * What the looking commands print: plain JSON, the same with `--json` as what
 * the text is made from. Bytes and seconds are whole numbers, instants UTC.
 */
export interface ReportBase {
  readonly formatVersion: 1;
  readonly host: string;
  /** The instant that ages are counted to. */
  readonly at: Instant;
  /** Zone in which people read times; `UTC` without a policy. */
  readonly timezone: string;
}

/** How far one domain's copies at one mirror are behind the points of this host. */
export interface CopiesAge {
  /** Of the newest valid copy; null: there is none, or nobody could look. */
  readonly newestAt: Instant | null;
  /** Valid points here that are newer than that, and their bytes; null: one of both sides was not seen. */
  readonly behind: { readonly points: number; readonly bytes: number } | null;
}
