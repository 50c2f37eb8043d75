import type { PowerState } from '../../model/observed.ts';

// virsh's words for VIR_DOMAIN_STATE_*, in the C locale.
const words: Readonly<Record<string, PowerState>> = {
  running: 'running',
  // Of Xen only: runs, and waits for the guest.
  idle: 'running',
  paused: 'paused',
  'in shutdown': 'stopping',
  'shut off': 'off',
  crashed: 'crashed',
  pmsuspended: 'suspended',
};

/** Reads `domstate --reason`, `shut off (crashed)`; null if it is nothing of the kind. */
export function readPowerState(
  text: string,
): { readonly state: PowerState; readonly reason: string } | null {
  const [, word, reason] = /^([a-z ]+) \(([a-z ]+)\)\s*$/.exec(text) ?? [];
  return word === undefined || reason === undefined
    ? null
    : { state: words[word] ?? 'unknown', reason };
}
