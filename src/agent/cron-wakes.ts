import { createTask, validate, type ScheduledTask } from 'node-cron';
import type { Schedule } from '../model/desired.ts';

// It would write warnings of missed executions to our standard output; a missed one loses nothing.
const silent = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

/**
 * A node-cron task for each schedule of the policy. They only wake: what is due is decided by the
 * arithmetic of schedule/ (decision 0012), which node-cron's slots differ from in the nights
 * on which clocks move.
 */
export class CronWakes implements Disposable {
  readonly #ring: (name: string) => void;
  #tasks = new Map<string, ScheduledTask>();

  constructor(ring: (name: string) => void) {
    this.#ring = ring;
  }

  /** From now on these schedules wake, and no others. */
  set(schedules: readonly Schedule[]): void {
    const wanted = new Map<string, Schedule>(
      schedules.map((one) => [`${one.name} ${one.cron} ${one.timezone}`, one]),
    );
    for (const [key, task] of this.#tasks) {
      if (wanted.has(key)) continue;
      void task.destroy();
      this.#tasks.delete(key);
    }
    for (const [key, { name, cron, timezone }] of wanted) {
      // What our grammar knows and node-cron does not wakes by arithmetic alone.
      if (this.#tasks.has(key) || !validate(cron)) continue;
      const task = createTask(cron, () => this.#ring(name), {
        timezone,
        logger: silent,
        suppressMissedWarning: true,
      });
      void task.start();
      this.#tasks.set(key, task);
    }
  }

  /** How many schedules wake. */
  get size(): number {
    return this.#tasks.size;
  }

  [Symbol.dispose](): void {
    this.set([]);
  }
}
