import type { Context, Refusal } from './context.ts';

/**
 * Whether a person can be asked; if not, why not. Looked at before anything is
 * planned: nobody should wait for a plan that cannot be approved. `remedy` says what there is instead.
 */
export function cannotAsk(context: Context, remedy = 'give --auto-approve'): Refusal | null {
  const { terminal, globals } = context;
  const reason = !terminal.inIsTty
    ? 'there is no terminal'
    : globals.json === true
      ? '--json was given'
      : globals.input
        ? null
        : '--no-input was given';
  if (reason === null) return null;
  return {
    exit: 64,
    code: 'cannot-ask',
    message: `this asks before it changes anything, and ${reason}: ${remedy}`,
  };
}

/** Asks; only a whole `yes` is one. */
export async function approved(
  context: Context,
  question: string,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await context.terminal.ask(`${question} Only yes is taken: `, signal);
  return answer.trim() === 'yes';
}
