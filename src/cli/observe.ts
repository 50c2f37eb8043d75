import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DesiredState } from '../model/desired.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Failure } from '../model/result.ts';
import { bearsOnPlan } from '../planner/completeness.ts';
import { refuse, say, type Go } from './context.ts';
import { writeTrouble } from './file-trouble.ts';
import { jsonText, writeJsonText } from './json-pieces.ts';
import { desiredOf } from './load-policy.ts';
import { openSession } from './session.ts';

/** `holdfast observe` */
export function defineObserve(command: Command, go: Go): void {
  command
    .option('--out <file>', 'write it to a file, for `plan --observed`')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast observe | jq .hypervisor\n  holdfast observe --out observed.json',
    )
    .action(async ({ out }: { readonly out?: string }) =>
      go(async (context) => {
        const session = await openSession(context);
        if (!session.ok) return refuse(context, session.error);
        const observed = await session.value.look();
        if (out === undefined) {
          for (const text of jsonText(observed)) context.terminal.out(text);
        } else {
          const path = resolve(context.terminal.cwd, out);
          try {
            writeJsonText(path, observed);
          } catch (error) {
            const message = `${out} was not written: ${writeTrouble(error, path)}`;
            return refuse(context, { exit: 1, code: 'not-saved', message });
          }
        }
        const { unseen, unused } = unseenParts(observed, desiredOf(session.value.policy, observed));
        for (const { message } of unseen) say(context, `not seen: ${message}`);
        for (const { message } of unused) say(context, `not seen, and no rule uses it: ${message}`);
        return unseen.length > 0 ? 9 : 0;
      }),
    );
}

/** What could not be looked at: what a plan needs, and stores that nothing is decided by. */
export function unseenParts(
  { hypervisor, scratch, runs, stores, mirrors }: ObservedState,
  desired: Pick<DesiredState, 'stores' | 'removed'>,
): { readonly unseen: readonly Failure[]; readonly unused: readonly Failure[] } {
  const unseen = [hypervisor, scratch, runs].flatMap((part) => (part.seen ? [] : [part.failure]));
  const unused: Failure[] = [];
  for (const { name, state } of stores) {
    if (state.kind !== 'unseen') continue;
    const store = desired.stores.find((one) => one.name === name);
    const bears = store === undefined || bearsOnPlan(store, desired);
    (bears ? unseen : unused).push(state.failure);
  }
  for (const look of mirrors.flatMap((mirror) => mirror.stores)) {
    if (!look.state.seen) unseen.push(look.state.failure);
  }
  return { unseen, unused };
}
