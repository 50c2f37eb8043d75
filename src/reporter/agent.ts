import { secondsBetween } from '../model/instant.ts';
import type { StatusAgent, StatusReport } from '../model/status-report.ts';
import { humanAge } from './human-duration.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { ZonedClock } from './zoned-clock.ts';

/** A line of `status` about the agent; bad: nobody should take it for well. */
interface AgentLine {
  readonly label: string;
  readonly text: string;
  readonly isBad: boolean;
}

/** The agent, what it has put off, and what people suspended; none where there is no agent and no suspension. */
export function agentLines(report: StatusReport, clock: ZonedClock): readonly AgentLine[] {
  const { agent, suspended = [] } = report;
  const begins = { label: 'agent    ', text: 'running; at work on its first round', isBad: false };
  return [
    ...(report.firstRound === true ? [begins] : []),
    ...(agent === undefined ? [] : [lineOf(agent, report.at)]),
    ...(agent?.stalled ?? []).map(({ action, times, message }) => ({
      label: 'stalled  ',
      text: `${printable(action)} failed ${times} times: ${printable(message)}`,
      isBad: true,
    })),
    ...suspended.map(({ address, reason, who, until }) => ({
      label: 'suspended',
      text: `${printable(address)} until ${clock.minute(until)} by ${printable(who)}: ${printable(reason)}`,
      isBad: true,
    })),
  ];
}

/** `running, mode additive; looked 2m ago: nothing to do; next look in 3m`. */
function lineOf(agent: StatusAgent, now: string): AgentLine {
  const { running, mode, lastAt, nextAt, trouble } = agent;
  const parts = [
    `${running ? 'running' : 'NOT RUNNING'}, mode ${mode}`,
    `looked ${humanAge(secondsBetween(lastAt, now))} ago: ${printable(trouble ?? outcome(agent))}`,
    ...(running ? [nextAt === null ? 'at work' : nextWords(nextAt, now)] : []),
  ];
  const isBad = !running || trouble !== null || agent.failed > 0;
  return { label: 'agent    ', text: parts.join('; '), isBad };
}

function nextWords(nextAt: string, now: string): string {
  const ahead = secondsBetween(now, nextAt);
  return ahead <= 0 ? 'next look now' : `next look in ${humanAge(ahead)}`;
}

function outcome({ done, failed, withheld }: StatusAgent): string {
  const parts = [
    ...(done === 0 ? [] : [`${plural(done, 'action')} done`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(withheld === 0 ? [] : [`${withheld} withheld`]),
  ];
  return parts.length === 0 ? 'nothing to do' : parts.join(', ');
}
