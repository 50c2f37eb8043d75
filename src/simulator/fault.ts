/**
 * How a driver's call goes wrong. `error-*`: it reports a failure, before or
 * after its effect, or with half of it. `process-*` and `host-*`: who calls, or
 * the whole machine, dies at that place. `no-space`: what grows finds no room.
 */
export type FaultHow =
  | 'error-before'
  | 'error-after'
  | 'half'
  | 'no-space'
  | 'process-before'
  | 'process-after'
  | 'host-before'
  | 'host-after';

/** A fault at the n-th call of a run: of files that change, of looks at files, of the hypervisor and the images, or of far ends. */
export interface Fault {
  readonly of: 'changes' | 'looks' | 'drivers' | 'mirrors';
  readonly at: number;
  readonly how: FaultHow;
}

/** What a listing says instead of the truth. Only lies that somebody could notice: see `Step`. */
export type Lie =
  | 'hypervisor-fails'
  | 'hypervisor-empty'
  | 'hypervisor-stale'
  | 'one-domain-unseen'
  | 'one-domain-missing'
  | 'checkpoints-unseen'
  | 'images-unseen'
  | 'store-unlisted'
  | 'domains-unlisted'
  | 'journals-unlisted'
  | 'mirror-fails'
  | 'mirror-empty'
  | 'mirror-hollow'
  | 'mirror-stale';

/** The process, or its whole machine, died: thrown by every call from then on. */
export class Death extends Error {
  override readonly name = 'Death';
}

/** The operating system's error for a call, as node:fs throws it. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path, syscall: 'model' });
}
