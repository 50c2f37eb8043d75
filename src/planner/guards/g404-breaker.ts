import { actionKey } from '../../model/agent.ts';
import { finding, isUrgent, type GuardRule } from './guard-context.ts';

/** G404: the agent does not repeat what failed three times while nothing changed, until its pause is over. */
export const g404Breaker: GuardRule = ({ planning, actions }) =>
  (planning.request.agent?.stalled ?? []).flatMap(({ action: key, times, retryAt }) => {
    if (retryAt <= planning.asOf) return [];
    const own = actions.filter((action) => actionKey(action) === key && !isUrgent(action));
    return own.slice(0, 1).map(({ address }) =>
      finding({
        code: 'G404',
        scope: address,
        effect: 'withhold',
        overridable: false,
        actions: own,
        facts: { times, retryAt },
      }),
    );
  });
