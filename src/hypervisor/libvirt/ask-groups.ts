import { fail, type Failure } from '../../model/result.ts';
import type { VirshPool } from './virsh-pool.ts';
import type { Block, VirshCommand, VirshSession } from './virsh.ts';

/** What is asked about one domain. */
export interface Group<Key> {
  readonly key: Key;
  readonly commands: readonly VirshCommand[];
}

// Each hung QEMU costs one stall; a host where this many hang is not worth
// more waiting, and the rest is unseen.
const maxRestarts = 5;

/** One virsh for many questions; a new one only where a hung QEMU stopped the last. */
export class Asker {
  readonly #pool: VirshPool;
  #session: VirshSession;
  #restarts = 0;

  constructor(pool: VirshPool) {
    this.#pool = pool;
    this.#session = pool.take();
  }

  /** Asks in one go, with no second try. */
  askAll(commands: readonly VirshCommand[]): Promise<readonly Block[]> {
    return this.#session.askAll(commands);
  }

  /**
   * Asks all groups. A domain whose QEMU does not answer gets its failure, and
   * the domains after it are asked by a new virsh.
   */
  async askGroups<Key>(groups: readonly Group<Key>[]): Promise<ReadonlyMap<Key, readonly Block[]>> {
    const answers = new Map<Key, readonly Block[]>();
    let left = groups;
    while (left.length > 0) {
      const blocks = await Promise.all(left.map((group) => this.#session.askAll(group.commands)));
      const failure = this.#session.failure;
      const broken =
        failure === null ? left.length : left.findIndex((_, at) => isBroken(blocks[at], failure));
      const done = broken < 0 ? left.length : broken;
      for (const [at, group] of left.entries()) {
        // What was asked of the one that hangs is all unseen, and so is the rest when it is the last try.
        if (at <= done || this.#restarts >= maxRestarts) answers.set(group.key, blocks[at] ?? []);
      }
      if (failure !== null) {
        if (this.#restarts >= maxRestarts || done >= left.length - 1) {
          if (this.#restarts < maxRestarts) this.#restart();
          break;
        }
        this.#restart();
      }
      left = left.slice(done + 1);
    }
    return answers;
  }

  /** Nothing more will be asked. */
  leave(): void {
    this.#pool.give(this.#session);
  }

  #restart(): void {
    this.#restarts += 1;
    this.#session = this.#pool.take();
  }
}

const isBroken = (blocks: readonly Block[] | undefined, failure: Failure): boolean =>
  blocks === undefined || blocks.some((block) => !block.ok && block.error === failure);

/** The first failure of several answers that all must be there. */
export function firstFailure(blocks: readonly (Block | undefined)[]): Failure | null {
  for (const block of blocks) {
    if (block === undefined)
      return fail({ code: 'no-answer', message: 'virsh did not answer' }).error;
    if (!block.ok) return block.error;
  }
  return null;
}
