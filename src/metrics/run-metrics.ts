import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Action } from '../model/action.ts';
import type { Outcome } from '../model/event.ts';
import type { Instant } from '../model/instant.ts';
import { stateMetrics, type Scraped } from './state-metrics.ts';

/** One action of a run that has ended. */
export interface EndedAction {
  readonly kind: Action['kind'];
  readonly outcome: Outcome;
}

// From a trash that is one rename to a full of a few terabytes.
const secondsBuckets = [1, 5, 30, 120, 600, 1800, 7200, 28_800, 86_400];

/** Content type of the text. */
export const metricsType: string = Registry.PROMETHEUS_CONTENT_TYPE;

/** What a process that goes on has done since it began, as counters, told beside what it saw last. */
export class RunMetrics {
  readonly #registry = new Registry();
  readonly #actions: Counter<'kind' | 'outcome'>;
  readonly #bytes: Counter<'kind'>;
  readonly #seconds: Histogram<'kind'>;
  readonly #rounds: Counter<'result'>;
  readonly #round: Gauge;
  readonly #converged: Gauge;
  readonly #publications: Counter<'result'>;
  #told: Gauge | null = null;

  constructor() {
    const registers = [this.#registry];
    this.#actions = new Counter({
      name: 'holdfast_actions_total',
      help: 'Actions that ended, by kind and outcome.',
      labelNames: ['kind', 'outcome'],
      registers,
    });
    this.#bytes = new Counter({
      name: 'holdfast_action_bytes_total',
      help: 'Bytes that finished actions wrote, sent or freed.',
      labelNames: ['kind'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'holdfast_action_duration_seconds',
      help: 'How long finished actions took.',
      labelNames: ['kind'],
      buckets: secondsBuckets,
      registers,
    });
    this.#rounds = new Counter({
      name: 'holdfast_rounds_total',
      help: 'Rounds of the loop: observe, plan, apply, look again.',
      labelNames: ['result'],
      registers,
    });
    this.#round = new Gauge({
      name: 'holdfast_round_timestamp_seconds',
      help: 'When the last round ended.',
      registers,
    });
    this.#converged = new Gauge({
      name: 'holdfast_converged',
      help: '1: a look after the last round found nothing left to do. 0: something is left, or could not be seen.',
      registers,
    });
    this.#publications = new Counter({
      name: 'holdfast_publications_total',
      help: "Attempts to tell the state on the host's branch: told, failed.",
      labelNames: ['result'],
      registers,
    });
  }

  /** The state was told on the host's branch, or was not. */
  told(isTold: boolean, at: Instant): void {
    this.#publications.inc({ result: isTold ? 'told' : 'failed' });
    if (!isTold) return;
    // Made now: a gauge that was never set would say 0.
    this.#told ??= new Gauge({
      name: 'holdfast_told_timestamp_seconds',
      help: "When this agent last told the state on the host's branch.",
      registers: [this.#registry],
    });
    this.#told.set(Date.parse(at) / 1000);
  }

  /** A round ended; `result` is what became of it, in one word. */
  round(result: string, at: Instant, converged: boolean | null): void {
    this.#rounds.inc({ result });
    this.#round.set(Date.parse(at) / 1000);
    this.#converged.set(converged === true ? 1 : 0);
  }

  action({ kind, outcome }: EndedAction): void {
    this.#actions.inc({ kind, outcome: outcome.code });
    if (outcome.code !== 'done') return;
    this.#bytes.inc({ kind }, outcome.bytes ?? 0);
    this.#seconds.observe({ kind }, outcome.seconds);
  }

  /** The text format; without a look, what was counted alone. */
  async text(scraped: Scraped | null): Promise<string> {
    const state = scraped === null ? [] : [stateMetrics(scraped)];
    return Registry.merge([...state, this.#registry]).metrics();
  }
}
