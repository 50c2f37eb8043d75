import type { Wake } from '../agent/alarm.ts';
import type { Service } from '../agent/service.ts';
import type { AgentLog } from './agent-log.ts';

/** SIGTERM and SIGINT end the loop, SIGHUP makes it look. */
export class AgentSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #service: Service;
  readonly #log: AgentLog;
  readonly #ring: (why: Wake['why'], detail: string | null) => void;

  constructor(
    service: Service,
    log: AgentLog,
    ring: (why: Wake['why'], detail: string | null) => void,
  ) {
    this.#service = service;
    this.#log = log;
    this.#ring = ring;
    process.on('SIGINT', this.#onStop);
    process.on('SIGTERM', this.#onStop);
    process.on('SIGHUP', this.#onHangup);
  }

  get stop(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #onStop = (by: NodeJS.Signals): void => {
    this.#log.say({ kind: 'agent-stopping', by });
    if (this.stop.aborted) return;
    this.#service.tell('STOPPING=1', 'STATUS=ending what runs');
    this.#controller.abort();
  };

  readonly #onHangup = (): void => {
    // No RELOADING=1: a look after a run of hours would be a reload that timed out.
    this.#ring('hangup', null);
  };

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onStop);
    process.off('SIGTERM', this.#onStop);
    process.off('SIGHUP', this.#onHangup);
  }
}
