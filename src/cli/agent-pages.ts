import { readFileSync } from 'node:fs';
import { Endpoint, type Page } from '../agent/endpoint.ts';
import { metricsType, RunMetrics } from '../metrics/run-metrics.ts';
import type { Scraped } from '../metrics/state-metrics.ts';
import { instantOf } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { DeskRound } from './agent-desk.ts';
import { readTrouble } from './file-trouble.ts';
import { stateAfter } from './state-now.ts';

/** What the agent tells over HTTP: its last look, and what it has counted since it began. */
export class AgentPages implements Disposable {
  readonly #runs = new RunMetrics();
  #endpoint: Endpoint | null = null;
  #scraped: Scraped | null = null;

  /** Listens at an address; whoever asks must give the token of the file, if there is one. */
  static async open(
    address: string,
    tokenFile: string | null,
  ): Promise<Result<AgentPages, Failure>> {
    const token = readToken(tokenFile);
    if (!token.ok) return token;
    const pages = new AgentPages();
    const opened = await Endpoint.open({ address, token: token.value }, pages.#byPath());
    if (!opened.ok) return opened;
    pages.#endpoint = opened.value;
    return ok(pages);
  }

  get url(): string {
    return this.#endpoint?.url ?? '';
  }

  /** Takes in a round, or that there was none. */
  take(round: Result<DeskRound, Failure>, nowMilliseconds: number): void {
    const at = instantOf(nowMilliseconds);
    if (!round.ok) {
      this.#runs.round('refused', at, null);
      return;
    }
    const { performed } = round.value.result.round;
    for (const action of performed?.report?.actions ?? []) this.#runs.action(action);
    const failed = (performed?.report?.failed ?? 0) > 0;
    this.#runs.round(failed ? 'failed' : 'done', at, performed?.closing.converged ?? null);
    const { plan, status } = stateAfter(round.value);
    this.#scraped = { plan, status };
  }

  /** Takes in that the state was told on the host's branch, or was not. */
  told(isTold: boolean, nowMilliseconds: number): void {
    this.#runs.told(isTold, instantOf(nowMilliseconds));
  }

  #byPath(): ReadonlyMap<string, Page> {
    return new Map([
      ['/metrics', { type: metricsType, text: async () => this.#runs.text(this.#scraped) }],
      ['/status.json', { type: 'application/json', text: async () => this.#status() }],
      ['/healthz', { type: 'text/plain; charset=utf-8', text: async () => 'ok\n' }],
    ]);
  }

  #status(): string | null {
    return this.#scraped === null ? null : `${JSON.stringify(this.#scraped.status, null, 2)}\n`;
  }

  [Symbol.dispose](): void {
    this.#endpoint?.[Symbol.dispose]();
  }
}

function readToken(file: string | null): Result<string | null, Failure> {
  if (file === null) return ok(null);
  try {
    const token = readFileSync(file, 'utf8').trim();
    return token === ''
      ? fail({ code: 'no-token', message: `${file} is empty: write a token into it` })
      : ok(token);
  } catch (error) {
    return fail({ code: 'no-token', message: readTrouble(error, file) });
  }
}
