/** The outcome of something that is expected to fail now and then: data, never an exception. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** A success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** An expected failure. */
export function fail<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/** A failure in one shape for every driver: a stable code for programs, a sentence for people. */
export interface Failure {
  /** Kebab-case and stable: it is in plans, events and tests. */
  readonly code: string;
  /** One sentence that says what happened, where, and the remedy if there is one. */
  readonly message: string;
}

/**
 * Something that was looked at. Unseen is not empty (I4): what could not be
 * seen can cause no deletion and no full backup.
 */
export type Seen<T> =
  | { readonly seen: true; readonly value: T }
  | { readonly seen: false; readonly failure: Failure };

/** What was looked at, and seen. */
export function seen<T>(value: T): { readonly seen: true; readonly value: T } {
  return { seen: true, value };
}

/** What could not be seen, and why. */
export function unseen(
  code: string,
  message: string,
): { readonly seen: false; readonly failure: Failure } {
  return { seen: false, failure: { code, message } };
}

/** Closes a switch: the compiler rejects the call while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable: ${JSON.stringify(value)}`);
}
