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
  readonly message: string;
}

/** Says a refusal, as JSON too where that was asked for, and hands its exit status back. */
export function refuse(context: Context, refusal: Refusal): ExitCode {
  context.terminal.err(`holdfast: ${refusal.message}\n`);
  if (context.globals.json === true) printError(context.terminal, refusal);
  return refusal.exit;
}

/** Prints a refusal as JSON: one line, for it may follow the events of a run. */
export function printError(terminal: Terminal, { code, message, exit }: Refusal): void {
  const error = { formatVersion: 1, kind: 'error', code, message, exit };
  terminal.out(`${JSON.stringify(error)}\n`);
}

/** Prints a result as JSON, with its kind and the version of its form. */
export function printJson(context: Context, kind: string, body: object): void {
  context.terminal.out(`${JSON.stringify({ formatVersion: 1, kind, ...body }, null, 2)}\n`);
}

/** Says something beside the result, unless `--quiet`. */
export function say(context: Context, text: string): void {
  if (context.globals.quiet !== true) context.terminal.err(`${text}\n`);
}

/** A command's own options are declared here, and its body handed to `go`. */
export type Go = (body: (context: Context) => Promise<ExitCode>) => Promise<void>;
