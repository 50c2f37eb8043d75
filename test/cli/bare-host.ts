import type { ObservedDomain, ObservedState } from '../../src/model/observed.ts';
import { seen } from '../../src/model/result.ts';

/** A host with these domains, and nothing else to be seen on it. */
export const bareHost = (domains: readonly ObservedDomain[] = []): ObservedState => ({
  formatVersion: 1,
  observedAt: '2026-11-22T10:00:00.000Z',
  tool: 'holdfast 0.0.0',
  host: { name: 'kvm01', bootId: 'b', bootClockSeconds: 1 },
  hypervisor: seen({
    kind: 'libvirt',
    uri: 'qemu:///system',
    version: '9.0.0',
    domains,
    unseenDomains: [],
  }),
  stores: [],
  scratch: seen({ path: '/scratch', freeBytes: 5000, limitBytes: null }),
  runs: seen([]),
  mirrors: [],
});
