import type { DomainUuid } from '../../model/identity.ts';
import { ok, type Failure, type Result } from '../../model/result.ts';
import { withVirsh, type LibvirtHost } from './host.ts';

// An agent that was too slow to say "frozen" is still busy with it: a few
// tries, each as long as the agent may take.
const thawTries = 5;

/** Thaws a guest's file systems. A guest that is not frozen, or off, is a success. */
export function thawGuest(
  host: LibvirtHost,
  uuid: DomainUuid,
  agentSeconds: number,
): Promise<Result<void, Failure>> {
  // The agent's own limit, libvirt's five seconds for a first sign of life, and some for virsh.
  const stallSeconds = agentSeconds + host.stallSeconds;
  return withVirsh({ ...host, stallSeconds }, async (virsh) => {
    const [, answer] = await virsh.askAll([
      ['guest-agent-timeout', uuid, '--timeout', String(Math.max(1, Math.ceil(agentSeconds)))],
      ['domfsthaw', uuid],
      // libvirt's own default again, for other tools.
      ['guest-agent-timeout', uuid],
    ]);
    if (answer?.ok === true) return ok(undefined);
    const state = await virsh.ask('domstate', uuid);
    if (state.ok && state.value.startsWith('shut off')) return ok(undefined);
    return answer ?? ok(undefined);
  });
}

/** Tries several times. */
export async function thawUntilDone(
  host: LibvirtHost,
  uuid: DomainUuid,
  agentSeconds: number,
): Promise<Result<void, Failure>> {
  let last = await thawGuest(host, uuid, agentSeconds);
  for (let tries = 1; !last.ok && tries < thawTries; tries += 1) {
    last = await thawGuest(host, uuid, agentSeconds);
  }
  return last;
}
