import type { Wake } from '../agent/alarm.ts';
import type { Service } from '../agent/service.ts';
import type { AgentLog } from './agent-log.ts';
import { StopSignals, type StopSignal } from './stop-signals.ts';

/** SIGTERM and SIGINT end the loop, a second one the process; SIGHUP makes it look. */
export class AgentSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #signals: StopSignals;
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
    this.#signals = new StopSignals((by, which) => this.#onStop(by, which === 'again'));
    process.on('SIGHUP', this.#onHangup);
  }

  get stop(): AbortSignal {
    return this.#controller.signal;
  }

  #onStop(by: StopSignal, atOnce: boolean): void {
    this.#log.say({ kind: 'agent-stopping', by, atOnce });
    if (this.stop.aborted) return;
    this.#service.tell('STOPPING=1', 'STATUS=ending what runs');
    this.#controller.abort();
  }

  readonly #onHangup = (): void => {
    // No RELOADING=1: a look after a run of hours would be a reload that timed out.
    this.#ring('hangup', null);
  };

  [Symbol.dispose](): void {
    this.#signals[Symbol.dispose]();
    process.off('SIGHUP', this.#onHangup);
  }
}
