import { randomBytes } from 'node:crypto';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import { converse, type Conversation } from '../../process/conversation.ts';

/** One virsh command and its arguments; uuids instead of names (a domain may be *named* 7). */
export type VirshCommand = readonly string[];

/** What one command printed, or its error in virsh's words. */
export type Block = Result<string, Failure>;

/** Variables for every virsh: no terminal tricks, no history of ours in the user's file. */
export const virshEnv = { TERM: 'dumb', VIRSH_HISTSIZE: '0' } as const;

/** A word of a virsh command line; null if it cannot be written safely (a line break would end the command). */
export function virshWord(text: string): string | null {
  // A tab or an escape would be taken as an editing key by readline.
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return null;
  if (/^[A-Za-z0-9_./:@%+=,-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** Commands that were asked together, and what became of them. */
interface Pending {
  readonly lines: readonly string[];
  readonly answers: Block[];
  readonly resolve: (blocks: readonly Block[]) => void;
}

// libvirt's own limit for what it says at once is 32 MiB. A virsh that never
// ends would fill the memory, and is no silence that a stall would end.
const maxAnswerCharacters = 40 * 1024 ** 2;

// What is asked at once goes on lines of as many questions as this: of each
// line virsh prints all that it read, up to a mark.
const questionsPerLine = 16;

/**
 * One virsh process with commands on its standard input. Each answer stands
 * between two echoes of a 128-bit nonce, so that no description of a domain
 * can pass for the end of an answer; on the input line, which virsh prints as
 * well, quotes break the nonce in two. virsh goes on after a failing command,
 * and its exit status says nothing here. It reads its input one byte at a
 * time (seen with strace), so what is asked is kept short.
 */
export class VirshSession {
  // With a letter first: echo would take a leading dash for an option (seen, once in 64 runs).
  readonly #nonce = `m${randomBytes(16).toString('base64url')}`;
  /** How long it may say nothing while it is asked something. */
  stallSeconds: number;
  readonly #conversation: Conversation;
  readonly #pending: Pending[] = [];
  /** Not written yet: what is asked in the same moment goes on one line. */
  #unwritten: Pending[] = [];
  /** The first question of each line that was written. */
  readonly #firstOfLine = new Set<Pending>();
  #text = '';
  /** The last characters that came: a mark may come in two pieces. */
  #end = '';
  #timer: NodeJS.Timeout | null = null;
  #failure: Failure | null = null;
  /** Its caller has no answer yet, so that a libvirtd which came back meanwhile is none of his doubts. */
  #isFresh = true;

  constructor(uri: string, stallSeconds: number) {
    this.stallSeconds = stallSeconds;
    this.#conversation = converse(
      { program: 'virsh', args: ['-q', '-c', uri], env: virshEnv },
      (text) => this.#receive(text),
    );
    void this.#conversation.ended.then(() =>
      this.#break(failureOf(errorIn(this.#text) ?? 'virsh ended before it answered')),
    );
  }

  /** Why nothing can be asked any more; null while all is well. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** Asks one thing. */
  async ask(...command: VirshCommand): Promise<Block> {
    const [block] = await this.askAll([command]);
    return block ?? fail(noAnswer);
  }

  /** Asks several things in one go; the answers in their order. */
  askAll(commands: readonly VirshCommand[]): Promise<readonly Block[]> {
    const lines = commands.map((command) => {
      const words = command.map(virshWord);
      return words.includes(null) ? null : words.join(' ');
    });
    const safe = lines.filter((line) => line !== null);
    // The refused ones get their place among the answers of the others.
    return this.#send(safe).then((blocks) => {
      const answers = blocks.values();
      return lines.map((line, at) =>
        line === null ? fail(unsafeName(commands[at])) : (answers.next().value ?? fail(noAnswer)),
      );
    });
  }

  /** Waits for its next use, without keeping this process alive. */
  rest(): void {
    this.#conversation.unref();
  }

  wake(): void {
    this.#isFresh = true;
    this.#conversation.ref();
  }

  /** Ends virsh after its last command. */
  async close(): Promise<void> {
    this.#conversation.finish();
    // A killed one may leave a transport (ssh) behind, which is not waited for.
    if (this.#failure === null) await this.#conversation.ended;
  }

  /** Ends virsh at once. What it has asked for, libvirt goes on with. */
  abort(): void {
    this.#break(noAnswer);
    this.#conversation.kill();
  }

  #send(lines: readonly string[]): Promise<readonly Block[]> {
    const failure = this.#failure;
    if (failure !== null) return Promise.resolve(lines.map(() => fail(failure)));
    if (lines.length === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      const asked = { lines, answers: [], resolve };
      this.#pending.push(asked);
      this.#watch();
      if (this.#unwritten.length === 0) queueMicrotask(() => this.#write());
      this.#unwritten.push(asked);
    });
  }

  #write(): void {
    const mark = `echo '${this.#nonce.slice(0, 1)}'${this.#nonce.slice(1)}`;
    const all = this.#unwritten;
    this.#unwritten = [];
    for (let at = 0; at < all.length; at += questionsPerLine) {
      const onLine = all.slice(at, at + questionsPerLine);
      const [first] = onLine;
      if (first !== undefined) this.#firstOfLine.add(first);
      const commands = onLine.flatMap(({ lines }) => lines.map((line) => `${line};${mark}`));
      this.#conversation.write(`${mark};${commands.join(';')}\n`);
    }
  }

  #receive(text: string): void {
    this.#text += text;
    const end = this.#end + text;
    this.#end = end.slice(-this.#nonce.length);
    this.#watch();
    if (this.#text.length > maxAnswerCharacters) {
      this.#text = '';
      this.#break({ code: 'answer-too-long', message: 'virsh goes on and on in one answer' });
      this.#conversation.kill();
      return;
    }
    // An answer of megabytes is not searched again from its beginning with each piece.
    if (this.#pending.length > 0 && !end.includes(this.#nonce)) return;
    let from = 0;
    for (;;) {
      const pending = this.#pending[0];
      const mark = this.#text.indexOf(this.#nonce, from);
      if (pending === undefined || mark < 0) break;
      const answer = this.#text.slice(from, mark);
      from = mark + this.#nonce.length;
      // Before the first mark of a line stands the line itself.
      if (this.#firstOfLine.delete(pending)) continue;
      pending.answers.push(blockOf(this.#isFresh ? withoutReconnect(answer) : answer));
      this.#isFresh = false;
      if (pending.answers.length < pending.lines.length) continue;
      this.#pending.shift();
      pending.resolve(pending.answers);
    }
    this.#text = this.#text.slice(from);
    this.#watch();
    // Unasked, it says that it has lost libvirtd; what it says when it has found it again would be in an answer.
    const unasked = this.#pending.length === 0 ? errorIn(this.#text) : null;
    if (unasked !== null) this.#break(failureOf(unasked));
  }

  /** Starts the wait for the next sign of life, or stops waiting when nothing is asked. */
  #watch(): void {
    if (this.#pending.length === 0 || this.#failure !== null) {
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      return;
    }
    if (this.#timer !== null) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#break({
        code: 'no-answer',
        message: `virsh did not answer for ${this.stallSeconds} s`,
      });
      this.#conversation.kill();
    }, this.stallSeconds * 1000);
  }

  #break(failure: Failure): void {
    this.#failure ??= failure;
    const why = this.#failure;
    const left = this.#pending.splice(0);
    this.#watch();
    for (const { answers, lines, resolve } of left) {
      resolve([...answers, ...lines.slice(answers.length).map(() => fail(why))]);
    }
  }
}

/** virsh ended, or said nothing, before an answer was whole. */
export const noAnswer: Failure = { code: 'no-answer', message: 'virsh did not answer' };

const unsafeName = (command: VirshCommand | undefined): Failure => ({
  code: 'unsafe-name',
  message: `virsh cannot be told a name with control characters: ${JSON.stringify(command?.at(-1))}`,
});

/**
 * virsh finds that it had lost libvirtd when it is asked the next thing: it
 * says so, and then answers. Who had asked it before must know of it, for a
 * job may have been lost.
 */
function withoutReconnect(answer: string): string {
  return answer.replace(/^(\n?)error: Reconnected to the hypervisor\n/, '$1');
}

/** What an answer says: an error if virsh said one, else the text. */
function blockOf(text: string): Block {
  const trimmed = text.startsWith('\n') ? text.slice(1) : text;
  if (!trimmed.startsWith('error: ')) return ok(trimmed);
  return fail(failureOf(errorIn(trimmed) ?? trimmed));
}

/** The lines of an error, without the word, as one sentence. */
function errorIn(text: string): string | null {
  const lines = [...text.matchAll(/^(?:virsh [#>] )?error: (.*)$/gm)].map(
    (found) => found[1] ?? '',
  );
  return lines.length === 0 ? null : lines.join(': ');
}

/** libvirt's sentences by which a program can tell what happened; measured with 9.0.0. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/failed to get domain|Domain not found|no domain with matching/, 'domain-gone'],
  [
    /failed to connect to the hypervisor|Failed to connect socket|Disconnected from|Reconnected to the hypervisor|client socket is closed/,
    'libvirt-unreachable',
  ],
  [/not supported by the connection driver/, 'not-supported'],
  [/missing or broken bitmap|Bitmap .* does not exist|not found in backing chain/, 'tracker-lost'],
  [
    /has a blockjob assigned|already in active block job|cannot acquire state change lock|another job|job is active|in use by another/,
    'busy',
  ],
  [/Bitmap already exists/, 'bitmap-exists'],
  [/No space left/, 'scratch-full'],
  [/domain is not running|for inactive domain/, 'domain-off'],
  // domjobinfo, while a backup job is just beginning or ending (seen under load).
  [/backup job data missing/, 'changed-meanwhile'],
];

/** A failure of virsh, with its own sentence as the message. */
export function failureOf(message: string): Failure {
  const found = meanings.find(([form]) => form.test(message));
  return { code: found?.[1] ?? 'virsh-failed', message };
}
