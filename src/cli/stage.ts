import type { Planned, Stage } from '../loop/means.ts';
import type { RunEvent } from '../model/event.ts';
import { runnableActions, type Plan } from '../model/plan.ts';
import { decideColor } from '../reporter/color.ts';
import { eventWords, renderEvent } from '../reporter/event.ts';
import { approved } from './approve.ts';
import { say, type Context } from './context.ts';
import { Display } from './display.ts';
import { Interrupt } from './interrupt.ts';

/** Where a run is asked for, shown and stopped: from the question to the last line that is told of it. */
export class RunStage implements Disposable {
  readonly events: RunEvent[] = [];
  readonly #context: Context;
  #interrupt: Interrupt | null = null;
  #display: Display | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  /** The signal that stopped the run; null if none did. */
  get interruptedBy(): Interrupt['by'] {
    return this.#interrupt?.by ?? null;
  }

  /** Asks if there is a question and anything to do, and opens the display; null: the answer was not yes. */
  async open({ plan }: Pick<Planned, 'plan'>, question: string | null): Promise<Stage | null> {
    const idle = { emit: () => {}, signal: new AbortController().signal };
    if (runnableActions(plan).length === 0) return idle;
    const interrupt = new Interrupt(this.#context);
    this.#interrupt = interrupt;
    const { signal } = interrupt;
    if (question !== null && !(await approved(this.#context, question, signal))) {
      say(this.#context, 'Nothing was done.');
      return null;
    }
    const display = this.#show(plan);
    this.#display = display;
    interrupt.tellBy(display.saySignal);
    const emit = (event: RunEvent): void => {
      if (event.kind !== 'progress') this.events.push(event);
      display.emit(event);
    };
    return { emit, signal };
  }

  /** The run is over: what is printed now stands below its lines. */
  close(): void {
    this.#display?.[Symbol.dispose]();
  }

  #show(plan: Plan): Display {
    const { terminal, globals } = this.#context;
    const color = decideColor({ flag: globals.color, env: terminal.env, isTTY: terminal.errIsTty });
    const words = eventWords(plan, { color, verbose: globals.verbose === true });
    return new Display({
      terminal,
      json: globals.json === true,
      quiet: globals.quiet === true,
      render: (event) => renderEvent(event, words),
    });
  }

  [Symbol.dispose](): void {
    this.close();
    this.#interrupt?.[Symbol.dispose]();
  }
}
