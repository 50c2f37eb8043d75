import type { Action } from '../../model/action.ts';
import type { AgentLimits } from '../../model/agent.ts';
import { unreachable } from '../../model/result.ts';
import { finding, type GuardRule } from './guard-context.ts';

/** G405: what the agent's mode does not allow is shown, and left to a person. */
export const g405Mode: GuardRule = ({ planning, actions }) => {
  const { agent } = planning.request;
  if (agent === undefined) return [];
  const held = actions.filter((action) => !isAllowed(agent, action));
  if (held.length === 0) return [];
  const facts = { mode: agent.mode };
  return [
    finding({
      code: 'G405',
      scope: 'host',
      effect: 'withhold',
      overridable: false,
      actions: held,
      facts,
    }),
  ];
};

const deletions: ReadonlySet<Action['kind']> = new Set([
  'trash-chain',
  'hide-copies',
  'purge-copies',
]);

function isAllowed({ mode, ownTrash }: AgentLimits, action: Action): boolean {
  switch (mode) {
    case 'observe':
    case 'plan-only':
      return false;
    case 'additive':
      // What a person deleted goes in its time; what the agent did, in another mode, stays. Nobody
      // knows who deleted a copy at a mirror.
      if (action.kind === 'purge-trash') return !ownTrash.includes(action.run);
      return !deletions.has(action.kind);
    case 'full':
      return true;
    default:
      return unreachable(mode);
  }
}
