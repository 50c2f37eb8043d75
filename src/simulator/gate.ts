import type { Dice } from './dice.ts';
import { Death, type Fault, systemError } from './fault.ts';
import type { ModelHost, ModelProcess } from './model-host.ts';
import { guestWrites } from './qemu.ts';

/** What a call is about, for the count of faults. */
export interface Call {
  /** `files.rename`, `hypervisor.begin`. */
  readonly place: string;
  /** What it is counted with; left out: a change of files. */
  readonly of?: Fault['of'];
  /** A call that grows a file: the only ones that can find no room. */
  readonly grows?: boolean;
}

// A run with backups takes some seconds, as real ones do: no two steps of it are at one instant.
const turnSeconds = 0.02;

/**
 * The way of every call of one process to its host. Counts them, and lets each
 * go wrong as the story says; a process that is dead gets nothing done.
 */
export class Gate {
  readonly host: ModelHost;
  readonly process: ModelProcess;
  readonly #faults: readonly Fault[];
  readonly #dice: Dice;
  readonly #counts = { changes: 0, looks: 0, drivers: 0, mirrors: 0 };
  /** Faults that were met, as `place how`. */
  readonly met: string[] = [];

  constructor(host: ModelHost, faults: readonly Fault[], dice: Dice) {
    this.host = host;
    this.process = host.startProcess();
    this.#faults = faults;
    this.#dice = dice;
  }

  get calls(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
  }

  /** A synchronous call, of files. `half` is what is left of it when it is cut off. */
  sync<T>(call: Call, path: string, effect: () => T, half?: () => void): T {
    const { grows = false } = call;
    const how = this.#arrive(call);
    if (how === 'error-before') throw systemError('EIO', path);
    if (how === 'no-space' && grows) throw systemError('ENOSPC', path);
    if (how === 'half') {
      half?.();
      throw systemError('EIO', path);
    }
    const value = effect();
    if (how === 'error-after') throw systemError('EIO', path);
    this.#leave(how);
    return value;
  }

  /** An asynchronous call of another driver; guests go on writing while it takes its time. */
  async call<T>(
    place: string,
    effect: () => T | Promise<T>,
    broken: (how: 'before' | 'half' | 'after', effect: () => T | Promise<T>) => T | Promise<T>,
    of: 'drivers' | 'mirrors' = 'drivers',
  ): Promise<T> {
    const how = this.#arrive({ place, of });
    await this.turn();
    this.alive();
    if (how === 'error-before' || how === 'no-space') return broken('before', effect);
    if (how === 'half') return broken('half', effect);
    if (how === 'error-after') return broken('after', effect);
    const value = await effect();
    this.#leave(how);
    await this.turn();
    this.alive();
    return value;
  }

  /** Lets others go on: guests, and the other process. */
  async turn(): Promise<void> {
    const { domains } = this.host;
    this.host.pass(turnSeconds);
    const [first, ...rest] = domains;
    if (first !== undefined && this.#dice.chance(0.4)) {
      const domain = this.#dice.pick([first, ...rest]);
      const disk = domain.disks[this.#dice.below(domain.disks.length)];
      if (disk !== undefined) {
        const block = this.#dice.below(disk.image.blocks);
        guestWrites(domain, disk, block, this.host.number());
      }
    }
    // A person finds a domain up that was off, and takes it into use (I11).
    const started = domains.find(({ neverRan, state }) => neverRan && state === 'paused');
    if (started !== undefined && this.#dice.chance(0.003)) {
      started.state = 'running';
      started.neverRan = false;
      started.wanted = 'running';
    }
    for (let ticks = this.#dice.below(4); ticks > 0; ticks -= 1) await Promise.resolve();
  }

  /** Throws if this process is no more. */
  alive(): void {
    if (!this.process.alive) throw new Death();
  }

  #arrive({ place, of = 'changes' }: Call): Fault['how'] | null {
    this.alive();
    const number = this.#counts[of];
    this.#counts[of] += 1;
    const fault = this.#faults.find((one) => one.of === of && one.at === number);
    if (fault === undefined) return null;
    this.met.push(`${place} ${fault.how}`);
    if (fault.how === 'process-before') this.die(false);
    if (fault.how === 'host-before') this.die(true);
    return fault.how;
  }

  #leave(how: Fault['how'] | null): void {
    if (how === 'process-after') this.die(false);
    if (how === 'host-after') this.die(true);
  }

  /** The end, at this very place. */
  die(withHost: boolean): never {
    if (withHost) this.host.crash(this.#dice.below(2 ** 31));
    else {
      this.process.guardsDie = this.#dice.chance(0.3);
      this.host.endProcess(this.process);
    }
    throw new Death();
  }
}
