import { join } from 'node:path';
import { readAgentState } from '../agent/agent-state.ts';
import { stallsOf } from '../agent/breaker.ts';
import { readSuspensions } from '../agent/suspensions.ts';
import { instantOf } from '../model/instant.ts';
import type { StatusReport } from '../model/status-report.ts';
import { isLocked } from '../store/lock.ts';
import { complain, type Context } from './context.ts';

/** The agent of this host and what is suspended; nothing of what is not there. A file that cannot be read is said. */
export async function agentStatus(
  context: Context,
  stateDir: string,
): Promise<Pick<StatusReport, 'agent' | 'firstRound' | 'suspended'>> {
  const suspensions = readSuspensions(stateDir);
  if (!suspensions.ok) complain(context, suspensions.error.message);
  const now = instantOf(context.clock.now());
  const suspended = suspensions.ok
    ? suspensions.value.suspended.filter(({ until }) => until > now)
    : [];
  const state = readAgentState(stateDir);
  if (!state.ok) complain(context, state.error.message);
  const last = state.ok ? (state.value?.last ?? null) : null;
  const known = suspended.length === 0 ? {} : { suspended };
  if (!state.ok) return known;
  const running = await isLocked(join(stateDir, 'agent.lock'));
  if (state.value === null || last === null)
    return running ? { ...known, firstRound: true } : known;
  const { failing, nextAt } = state.value;
  const stalled = stallsOf(failing).map(({ action, times }) => ({
    action,
    times,
    message: failing.find((one) => one.action === action)?.message ?? '',
  }));
  const { at: lastAt, why, mode, done, failed, withheld, trouble, commit } = last;
  const round = { mode, lastAt, why, done, failed, withheld, trouble, commit };
  return { ...known, agent: { running, ...round, nextAt: running ? nextAt : null, stalled } };
}
