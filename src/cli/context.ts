import { printable } from '../reporter/printable.ts';
import type { Clock } from './clock.ts';
import type { ExitCode } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** The global flags, as they were given. */
export interface Globals {
  readonly policy?: string;
  readonly hostConfig?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: 'auto' | 'always' | 'never';
  /** False with `--no-input`. */
  readonly input: boolean;
}

/** What every command gets. */
export interface Context {
  readonly terminal: Terminal;
  readonly globals: Globals;
  /** `holdfast 0.1.0`, for plans and manifests. */
  readonly tool: string;
  readonly clock: Clock;
}

/** Why a command cannot go on: said on standard error, and its exit status. */
export interface Refusal {
  readonly exit: ExitCode;
  /** Stable, kebab-case. */
  readonly code: string;
  /** One sentence. */
  readonly message: string;
  /** Lines below it, ready for a terminal: what is wrong with a file, with its places. */
  readonly below?: string;
}

/** Says a refusal, as JSON too where that was asked for, and hands its exit status back. */
export function refuse(context: Context, refusal: Refusal): ExitCode {
  complain(context, refusal.message);
  if (refusal.below !== undefined) context.terminal.err(`${refusal.below}\n`);
  if (context.globals.json === true) printError(context.terminal, refusal);
  return refusal.exit;
}

/** The sentence of a refusal with the lines below it. */
export function wholeMessage({ message, below }: Refusal): string {
  return below === undefined ? message : `${message}\n${below}`;
}

/** Prints a refusal as JSON: one line, for it may follow the events of a run. */
export function printError(terminal: Terminal, refusal: Refusal): void {
  const { code, exit } = refusal;
  const message = wholeMessage(refusal);
  const error = { formatVersion: 1, kind: 'error', code, message, exit };
  terminal.out(`${JSON.stringify(error)}\n`);
}

/** Prints a result as JSON, with its kind and the version of its form. */
export function printJson(context: Context, kind: string, body: object): void {
  context.terminal.out(`${JSON.stringify({ formatVersion: 1, kind, ...body }, null, 2)}\n`);
}

/** Says something beside the result, unless `--quiet`. */
export function say(context: Context, text: string): void {
  if (context.globals.quiet !== true) context.terminal.err(`${printable(text)}\n`);
}

/** Says what is wrong, in one line whatever the names in it are. */
export function complain({ terminal }: Pick<Context, 'terminal'>, message: string): void {
  terminal.err(`holdfast: ${printable(message)}\n`);
}

/** A command's own options are declared here, and its body handed to `go`. */
export type Go = (body: (context: Context) => Promise<ExitCode>) => Promise<void>;
