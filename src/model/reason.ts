/**
 * Why something is done, not done, or kept: a stable code and the facts that
 * the sentence is made of. Prose is made in the reporter only.
 */
export interface Reason {
  readonly code: string;
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>;
}
