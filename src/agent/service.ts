import { run } from '../process/run.ts';

/** Tells the service manager how the agent is; does nothing where there is none. */
export interface Service {
  /** Lines like `READY=1`; told in the order of the calls. Failures are nobody's business: the loop goes on. */
  tell(...lines: readonly string[]): void;
  /** How often it wants to hear that all is well, in milliseconds; null: it does not ask. */
  readonly watchdogMilliseconds: number | null;
  /** Fulfilled when all was told. */
  told(): Promise<void>;
}

// Datagrams are taken at once by a manager that lives; one that does not must hold up nobody.
const timeoutSeconds = 10;

/**
 * systemd, as sd_notify(3) says. Node has no unix datagram sockets, so systemd's own
 * `systemd-notify` sends: some milliseconds a message, and it waits until the message
 * is read, so that its sender is still known (decision 0021).
 */
export function systemdService(env: Readonly<Record<string, string | undefined>>): Service {
  const socket = env['NOTIFY_SOCKET'] ?? '';
  if (socket === '') return { tell: () => {}, watchdogMilliseconds: null, told: async () => {} };
  const micros = Number(env['WATCHDOG_USEC'] ?? '0');
  let last: Promise<unknown> = Promise.resolve();
  return {
    tell: (...lines) => {
      const command = {
        program: 'systemd-notify',
        args: ['--', ...lines],
        env: { NOTIFY_SOCKET: socket },
        timeoutSeconds,
      };
      last = last.then(async () => run(command));
    },
    watchdogMilliseconds: micros > 0 ? micros / 1000 : null,
    told: async () => void (await last),
  };
}

// The longest silence of a loop that works: a mirror is waited for 5 minutes, libvirt and a disk that
// stalls for as long. Twice that and more is a loop that hangs.
const silenceMilliseconds = 15 * 60 * 1000;

/**
 * Pings the service manager, but only while the loop makes progress: it sleeps and its time has not
 * come, or something was heard of its work lately. One that hangs is ended and started anew.
 */
export class Watchdog implements Disposable {
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout | null;
  #aliveUntil: number;

  constructor(service: Service, now: () => number) {
    this.#now = now;
    this.#aliveUntil = now() + silenceMilliseconds;
    const period = service.watchdogMilliseconds;
    // Half of it, as sd_watchdog_enabled(3) recommends.
    this.#timer =
      period === null
        ? null
        : setInterval(() => {
            if (now() <= this.#aliveUntil) service.tell('WATCHDOG=1');
          }, period / 2);
  }

  /** Something was done. */
  readonly progress = (): void => {
    this.#aliveUntil = this.#now() + silenceMilliseconds;
  };

  /** It sleeps until then. */
  sleepsUntil(milliseconds: number): void {
    this.#aliveUntil = milliseconds + silenceMilliseconds;
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
