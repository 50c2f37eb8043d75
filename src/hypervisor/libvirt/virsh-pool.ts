import { VirshSession } from './virsh.ts';

// From one step of a backup to its next; a long copy needs none.
const idleMilliseconds = 2000;

/**
 * virsh processes that wait for their next use: the start of one costs as much
 * as ten questions. One that waits keeps nobody alive and ends with us.
 */
export class VirshPool {
  readonly #uri: string;
  readonly #stallSeconds: number;
  readonly #idle = new Map<VirshSession, NodeJS.Timeout>();

  constructor(uri: string, stallSeconds: number) {
    this.#uri = uri;
    this.#stallSeconds = stallSeconds;
  }

  /** One for the caller alone, until it is given back. */
  take(stallSeconds = this.#stallSeconds): VirshSession {
    for (const [virsh, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(virsh);
      // It may have ended, or lost libvirtd, while it waited.
      if (virsh.failure !== null) {
        void virsh.close();
        continue;
      }
      virsh.stallSeconds = stallSeconds;
      virsh.wake();
      return virsh;
    }
    return new VirshSession(this.#uri, stallSeconds);
  }

  /** Takes one back of which every answer has come. */
  give(virsh: VirshSession): void {
    if (virsh.failure !== null) {
      void virsh.close();
      return;
    }
    virsh.rest();
    const timer = setTimeout(() => {
      this.#idle.delete(virsh);
      void virsh.close();
    }, idleMilliseconds);
    this.#idle.set(virsh, timer.unref());
  }
}
