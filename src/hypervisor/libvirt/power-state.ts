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

/** What a domain is doing, and libvirt's word for why. */
export interface Power {
  readonly state: PowerState;
  readonly reason: string;
}

/** Reads `domstate --reason`, `shut off (crashed)`; null if it is nothing of the kind. */
export function readPowerState(text: string): Power | null {
  const [, word, reason] = /^([a-z ]+) \(([^()\n]+)\)\s*$/.exec(text) ?? [];
  return word === undefined || reason === undefined
    ? null
    : { state: words[word] ?? 'unknown', reason };
}

// The numbers of include/libvirt/libvirt-domain.h, which never change, with
// virsh's words for them: state by state, reason by reason.
const numbered: readonly (readonly [PowerState, readonly string[]])[] = [
  ['unknown', []],
  [
    'running',
    [
      'unknown',
      'booted',
      'migrated',
      'restored',
      'from snapshot',
      'unpaused',
      'migration canceled',
      'save canceled',
      'event wakeup',
      'crashed',
      'post-copy',
      'post-copy failed',
    ],
  ],
  ['running', []],
  [
    'paused',
    [
      'unknown',
      'user',
      'migrating',
      'saving',
      'dumping',
      'I/O error',
      'watchdog',
      'from snapshot',
      'shutting down',
      'creating snapshot',
      'crashed',
      'starting up',
      'post-copy',
      'post-copy failed',
      'api error',
    ],
  ],
  ['stopping', ['unknown', 'user']],
  [
    'off',
    [
      'unknown',
      'shutdown',
      'destroyed',
      'crashed',
      'migrated',
      'saved',
      'failed',
      'from snapshot',
      'daemon',
    ],
  ],
  ['crashed', ['unknown', 'panicked']],
  ['suspended', []],
];

/** Reads `domstats --state` of many domains, by name: names are unique at one instant, and hold no line break. */
export function readPowerStates(text: string): ReadonlyMap<string, Power> {
  const form = /^Domain: '(.*)'\n\s+state\.state=(\d+)\n\s+state\.reason=(\d+)$/gm;
  return new Map(
    [...text.matchAll(form)].map(([, name = '', state, reason]) => {
      const [known, reasons] = numbered[Number(state)] ?? (['unknown', []] as const);
      return [name, { state: known, reason: reasons[Number(reason)] ?? 'unknown' }];
    }),
  );
}
