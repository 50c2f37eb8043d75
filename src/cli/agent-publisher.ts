import { secondsBetween, type Instant } from '../model/instant.ts';
import { fail, type Failure, type Result } from '../model/result.ts';
import type { HostPublish } from '../policy/host-file.ts';
import { readPublishState, type PublishState } from '../source/publish-state.ts';
import type { PublishPlace } from '../source/publish.ts';
import type { DeskRound } from './agent-desk.ts';
import type { Context } from './context.ts';
import { stateAfter } from './state-now.ts';
import {
  leftOutWords,
  publishPlace,
  stateDigest,
  toldFiles,
  type ToldFiles,
} from './told-state.ts';

// A branch that stands still for longer is one of a host that nobody looks after.
const silenceSeconds = 24 * 3600;

/**
 * Whether a state is to be told: it is news, or nothing was told for a day; and the last commit, or the
 * last failure, is not more recent than the host file allows.
 */
export function isToTell(
  { told, failed }: PublishState,
  { url, branch }: Pick<PublishPlace, 'url' | 'branch'>,
  digest: string,
  { everySeconds, now }: Pick<HostPublish, 'everySeconds'> & { readonly now: Instant },
): boolean {
  // What is dated later was written by a clock that was ahead: it holds nothing up.
  const isOver = (at: Instant, seconds: number): boolean =>
    at > now || secondsBetween(at, now) >= seconds;
  if (failed !== null && !isOver(failed.at, everySeconds)) return false;
  if (told === null || told.url !== url || told.branch !== branch) return true;
  return isOver(told.at, told.digest === digest ? silenceSeconds : everySeconds);
}

/** What the publisher tells of itself. */
export interface PublisherEars {
  /** Told of a failure that is not the one before, and of its end. */
  readonly note: (message: string) => void;
  /** Told of each attempt. */
  readonly tried: (isTold: boolean) => void;
}

/**
 * Tells the agent's state on the host's branch, beside the loop: no backup waits for a git server. What
 * fails is tried again, and said once.
 */
export class AgentPublisher implements AsyncDisposable {
  readonly #context: Context;
  readonly #ears: PublisherEars;
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;
  #said: string | null = null;

  constructor(context: Context, ears: PublisherEars) {
    this.#context = context;
    this.#ears = ears;
  }

  /** Begins to tell what a round has left, where the host file names a branch and it is news. */
  take(round: DeskRound): void {
    const { publish } = round.session.host;
    // A server that is slow is not waited for: a later round tells what then is.
    if (publish === null || this.#running !== null) return;
    this.#running = this.#tell(round, publish).finally(() => {
      this.#running = null;
    });
  }

  /** Fulfilled when what was begun has ended. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #tell(round: DeskRound, publish: HostPublish): Promise<void> {
    const { stateDir } = round.session.host;
    const state = stateAfter(round);
    const place = publishPlace(publish, state.plan.host);
    const before = readPublishState(stateDir);
    if (!before.ok) return this.#say(before.error.message);
    const digest = stateDigest(state);
    const { everySeconds } = publish;
    const now = state.observed.observedAt;
    if (!isToTell(before.value, place, digest, { everySeconds, now })) return;
    const told = await this.#publish(stateDir, place, toldFiles(state, digest));
    if (this.#stop.signal.aborted) return;
    this.#ears.tried(told.ok);
    this.#say(told.ok ? null : told.error.message);
  }

  async #publish(
    stateDir: string,
    place: PublishPlace,
    { told, leftOut }: ToldFiles,
  ): Promise<Result<string, Failure>> {
    if (leftOut.length > 0) this.#ears.note(leftOutWords(leftOut));
    const { now } = this.#context.clock;
    try {
      // Loaded here: an agent that tells nothing stays small.
      const { publish } = await import('../source/publish.ts');
      return await publish({ stateDir, now, signal: this.#stop.signal }, place, told);
    } catch (error) {
      // The loop goes on: what is told to others is no reason to take no backup.
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return fail({ code: 'fault', message });
    }
  }

  /** Says a failure that is not the one before, and its end. */
  #say(failure: string | null): void {
    if (failure === this.#said) return;
    this.#said = failure;
    this.#ears.note(
      failure === null ? 'the state is told again' : `the state was not told: ${failure}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.settled();
  }
}
