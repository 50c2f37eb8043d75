import { fail, type Failure } from '../../model/result.ts';
import type { VirshPool } from './virsh-pool.ts';
import { noAnswer, type Block, type VirshCommand, type VirshSession } from './virsh.ts';

/** What is asked about one domain. */
export interface Group<Key> {
  readonly key: Key;
  readonly commands: readonly VirshCommand[];
}

/** Hears the answers about one domain. */
type Tell<Key> = (key: Key, blocks: readonly Block[]) => void;

// Each hung QEMU costs one stall; a host where this many hang is not worth
// more waiting, and the rest is unseen.
const maxRestarts = 5;

/** One virsh for many questions; a new one only where a hung QEMU stopped the last. */
export class Asker {
  readonly #pool: VirshPool;
  /** What this hypervisor's driver does not know, by the command: its first answer is everybody's. */
  readonly #unsupported = new Map<string, Block>();
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
   * Asks all groups, and tells of each as soon as its answers are there. A domain whose QEMU does not answer gets its failure, and
   * the domains after it are asked by a new virsh. What the driver does not
   * support is found with the first who are asked it, and not asked of the others.
   */
  async askGroups<Key>(groups: readonly Group<Key>[], tell: Tell<Key>): Promise<void> {
    const met = new Set<string>();
    const firsts = groups.filter(({ commands }) => {
      const before = met.size;
      for (const command of commands) met.add(wordOf(command));
      return met.size > before;
    });
    await this.#askThese(firsts, tell);
    await this.#askThese(
      groups.filter((group) => !firsts.includes(group)),
      tell,
    );
  }

  /** Nothing more will be asked. */
  leave(): void {
    this.#pool.give(this.#session);
  }

  async #askThese<Key>(groups: readonly Group<Key>[], tell: Tell<Key>): Promise<void> {
    let left = groups;
    while (left.length > 0) {
      const broken: { readonly key: Key; readonly blocks: readonly Block[] }[] = [];
      const session = this.#session;
      await Promise.all(
        left.map(async ({ key, commands }) => {
          const blocks = await this.#askGroup(commands);
          if (isBroken(blocks, session.failure)) broken.push({ key, blocks });
          else tell(key, blocks);
        }),
      );
      const [hung] = broken;
      if (hung === undefined) return;
      const canRestart = this.#restarts < maxRestarts;
      // What was asked of the one that hangs is all unseen, and so is the rest when it is the last try.
      for (const { key, blocks } of canRestart ? [hung] : broken) tell(key, blocks);
      if (!canRestart) return;
      this.#restart();
      left = left.slice(left.findIndex(({ key }) => key === hung.key) + 1);
    }
  }

  async #askGroup(commands: readonly VirshCommand[]): Promise<readonly Block[]> {
    const known = commands.map((command) => this.#unsupported.get(wordOf(command)));
    const given = await this.#session.askAll(commands.filter((_, at) => known[at] === undefined));
    const fresh = given.values();
    return commands.map((command, at) => {
      const block = known[at] ?? fresh.next().value ?? fail(noAnswer);
      if (!block.ok && block.error.code === 'not-supported')
        this.#unsupported.set(wordOf(command), block);
      return block;
    });
  }

  #restart(): void {
    this.#restarts += 1;
    // One that lost libvirtd while nobody asked lives on, and would keep us alive.
    this.#pool.give(this.#session);
    this.#session = this.#pool.take();
  }
}

const wordOf = ([word = '']: VirshCommand): string => word;

const isBroken = (blocks: readonly Block[], failure: Failure | null): boolean =>
  failure !== null && blocks.some((block) => !block.ok && block.error === failure);

/** The first failure of several answers that all must be there. */
export function firstFailure(blocks: readonly (Block | undefined)[]): Failure | null {
  for (const block of blocks) {
    if (block === undefined) return noAnswer;
    if (!block.ok) return block.error;
  }
  return null;
}
