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

function isAllowed({ mode, ownTrash }: AgentLimits, action: Action): boolean {
  switch (mode) {
    case 'observe':
    case 'plan-only':
      return false;
    case 'additive':
      // What a person deleted goes in its time; what the agent did, in another mode, stays.
      if (action.kind === 'purge-trash') return !ownTrash.includes(action.run);
      return action.kind !== 'trash-chain' && action.kind !== 'hide-copies';
    case 'full':
      return true;
    default:
      return unreachable(mode);
  }
}
