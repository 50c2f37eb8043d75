/** Why the agent looks. */
export type WakeReason =
  | 'start'
  | 'interval'
  | 'due'
  | 'schedule'
  | 'libvirt'
  | 'policy'
  | 'hangup'
  | 'work-left'
  | 'locked';

/** One reason to look now. */
export interface Wake {
  readonly why: WakeReason;
  /** What happened, for people; null: the reason says it all. */
  readonly detail: string | null;
}

// libvirt tells of a domain that starts in three events, and an editor writes a file in
// several steps: what comes within a second of the first is looked at once.
const settleMilliseconds = 1000;

/**
 * Collects wake-ups. Level-triggered: a wake-up says that one should look, never what will be
 * found, so any number of them are one look, and one that is missed costs nothing but time.
 */
export class Alarm {
  readonly #pending = new Map<WakeReason, Wake>();
  #onRing: (() => void) | null = null;

  /** Asks for a look. */
  readonly ring = (wake: Wake): void => {
    this.#pending.set(wake.why, wake);
    this.#onRing?.();
  };

  /** Forgets a reason: what it stands for is seen by a look that begins now. */
  forget(why: WakeReason): void {
    this.#pending.delete(why);
  }

  /** The wake-ups since the last call, the first first. */
  take(): readonly Wake[] {
    const wakes = [...this.#pending.values()];
    this.#pending.clear();
    return wakes;
  }

  /** Waits for a wake-up, at most so long; then there is one: `otherwise`. Ends at once when stopped. */
  async wait(milliseconds: number, otherwise: Wake, stop: AbortSignal): Promise<void> {
    if (stop.aborted) return;
    await new Promise<void>((resolve) => {
      let timer = setTimeout(() => {
        this.ring(otherwise);
        finish();
      }, milliseconds);
      const finish = (): void => {
        clearTimeout(timer);
        this.#onRing = null;
        stop.removeEventListener('abort', finish);
        resolve();
      };
      const settle = (): void => {
        // The first one counts: a domain that comes and goes all the time must not put the look off.
        this.#onRing = null;
        clearTimeout(timer);
        timer = setTimeout(finish, settleMilliseconds);
      };
      this.#onRing = settle;
      stop.addEventListener('abort', finish);
      if (this.#pending.size > 0) settle();
    });
  }
}
