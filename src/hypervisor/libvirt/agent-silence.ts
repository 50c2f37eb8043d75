import type { PointRequest } from '../hypervisor.ts';
import { withVirsh, type LibvirtHost } from './host.ts';
import { freezeCode } from './quiesce.ts';

/**
 * Asks the guest's agent for something harmless, the time, before it is told
 * to freeze; libvirt's words if it says nothing. What it is told while it
 * hangs it does when it goes on: libvirt gives up waiting and cannot take a
 * command back, and a guest that freezes minutes later is thawed by nobody
 * (seen: 9.0.0, which asks whether the agent is there once a connection only).
 */
export function agentSilence(
  host: LibvirtHost,
  { uuid, agentSeconds }: Pick<PointRequest, 'uuid' | 'agentSeconds'>,
): Promise<string | null> {
  // The agent's own limit, libvirt's five seconds for a first sign of life, and some for virsh.
  const stallSeconds = agentSeconds + host.stallSeconds;
  return withVirsh({ ...host, stallSeconds }, async (virsh) => {
    const [, answer] = await virsh.askAll([
      ['guest-agent-timeout', uuid, '--timeout', String(Math.max(1, Math.ceil(agentSeconds)))],
      ['domtime', uuid],
      // libvirt's own default again, for other tools.
      ['guest-agent-timeout', uuid],
    ]);
    // Any other answer, an agent that knows no time too, is a sign of life.
    const silent = answer?.ok === false && freezeCode(answer.error.message) === 'agent-timeout';
    return silent ? answer.error.message : null;
  });
}
