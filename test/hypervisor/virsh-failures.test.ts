import { expect, it } from 'vitest';
import { failureOf } from '../../src/hypervisor/libvirt/virsh.ts';

it.each([
  ["failed to get domain 'x'", 'domain-gone'],
  // Seen under load, of a domain whose backup job was just ending: look again.
  ['internal error: backup job data missing', 'changed-meanwhile'],
  ["Requested operation is not valid: disk 'vda' has a blockjob assigned", 'busy'],
  ['something that nobody has seen', 'virsh-failed'],
])('libvirt says "%s": %s', (message, code) => {
  expect(failureOf(message)).toEqual({ code, message });
});
