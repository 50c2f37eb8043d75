import type { RunEvent } from '../../src/model/event.ts';
import { eventually } from './eventually.ts';
import type { HostChild, LiveHost } from './host.ts';

/** A line of the agent's own, as far as tests read it. */
interface AgentLine {
  readonly kind: string;
  readonly wakes?: readonly { readonly why: string }[];
  readonly round?: { readonly why: readonly string[] };
  readonly message?: string;
  readonly url?: string;
}

/** The agent in a process of its own, and what it has said. */
export class AgentChild {
  readonly #child: HostChild;
  #seen = 0;

  private constructor(child: HostChild) {
    this.#child = child;
  }

  static start(host: LiveHost, main: string, ...args: readonly string[]): AgentChild {
    return AgentChild.startUnder([], host, main, ...args);
  }

  /** The same, as the last words of another command line. */
  static startUnder(
    wrap: readonly string[],
    host: LiveHost,
    main: string,
    ...args: readonly string[]
  ): AgentChild {
    return new AgentChild(host.childUnder(wrap, main, '--json', 'agent', ...args));
  }

  get err(): string {
    return this.#child.err;
  }

  get out(): string {
    return this.#child.out;
  }

  get events(): readonly RunEvent[] {
    return this.#child.events;
  }

  get #lines(): readonly AgentLine[] {
    return this.#child.events as readonly unknown[] as readonly AgentLine[];
  }

  /** Told of each line that it says. */
  set onEvent(hear: () => void) {
    this.#child.onEvent = hear;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  killAt(signal: NodeJS.Signals, isIt: (event: RunEvent) => boolean): void {
    this.#child.killAt(signal, isIt);
  }

  ended(): Promise<number | NodeJS.Signals | null> {
    return this.#child.ended();
  }

  /** Kinds of all lines. */
  kinds(): readonly string[] {
    return this.#lines.map(({ kind }) => kind);
  }

  /** Why it looked, so far. */
  reasons(): readonly string[] {
    return this.#lines.flatMap(({ wakes = [] }) => wakes.map(({ why }) => why));
  }

  /** `backup done` of each action that ended. */
  outcomes(): readonly string[] {
    const what = new Map(
      this.events.flatMap((event) =>
        event.kind === 'action-started' ? [[event.action, event.what] as const] : [],
      ),
    );
    return this.events.flatMap((event) =>
      event.kind === 'action-finished'
        ? [`${what.get(event.action) ?? event.action} ${event.outcome.code}`]
        : [],
    );
  }

  /** Messages of its lines of a kind. */
  said(kind: 'agent-note' | 'agent-warning'): readonly string[] {
    return this.#lines.flatMap((line) => (line.kind === kind ? [line.message ?? ''] : []));
  }

  /** Where it tells its metrics, once it has said so. */
  url(): string {
    return this.#lines.find(({ kind }) => kind === 'agent-listening')?.url ?? '';
  }

  /** Waits until so many rounds are over. */
  async rounds(count: number): Promise<void> {
    await this.#until(`${count} rounds`, () => {
      return this.kinds().filter((kind) => kind === 'agent-round').length >= count;
    });
  }

  /** Waits for a round that such a reason began, after the last one that was waited for. */
  async round(why: string): Promise<void> {
    await this.#until(`a round because of ${why}`, () => {
      const at = this.#lines.findIndex(
        ({ round }, index) => index >= this.#seen && round?.why.includes(why) === true,
      );
      if (at !== -1) this.#seen = at + 1;
      return at !== -1;
    });
  }

  /** Waits until an action of this kind and address has succeeded. */
  async done(kind: string, address: string): Promise<void> {
    await this.#until(`${kind} ${address}`, () => {
      const started = this.events.flatMap((event) =>
        event.kind === 'action-started' && event.what === kind && event.address === address
          ? [event.action]
          : [],
      );
      return this.events.some(
        (event) =>
          event.kind === 'action-finished' &&
          event.outcome.code === 'done' &&
          started.includes(event.action),
      );
    });
  }

  /** Waits for words in a line. */
  async says(words: string): Promise<void> {
    await this.#until(words, () => this.#child.out.includes(words));
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    try {
      await eventually(what, async () => isSo());
    } catch (error) {
      throw new Error(`${String(error)}\n${this.#child.out}\n${this.err}`, { cause: error });
    }
  }
}
