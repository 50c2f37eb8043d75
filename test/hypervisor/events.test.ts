import { expect, it } from 'vitest';
import { parseEvent } from '../../src/hypervisor/libvirt/events.ts';

// Printed by virsh 9.0.0.
const lines = `2026-11-22 09:57:29.368+0000: event 'job-completed' for domain 'a':
	operation: 9
	errmsg: Operation canceled
2026-11-22 09:57:29.368+0000: event 'block-job' for domain 'a': Backup for /a.qcow2 canceled
2026-11-22 09:57:29.415+0000: event 'lifecycle' for domain 'b': Shutdown Finished after host request
2026-11-22 09:57:29.440+0000: event 'lifecycle' for domain 'b': Stopped Destroyed
2026-11-22 09:57:32.297+0000: event 'lifecycle' for domain 'it's: Stopped': Defined Added
2026-11-22 09:57:33.882+0000: event 'lifecycle' for domain 'b': Started Booted
2026-11-22 09:57:33.882+0000: event 'lifecycle' for domain 'b': Suspended Paused
2026-11-22 09:57:35.600+0000: event 'lifecycle' for domain 'b': Undefined Removed
2026-11-22 09:57:36.000+0000: event 'lifecycle' for domain 'b': Crashed Panicked
2026-11-22 09:57:36.000+0000: event 'agent-lifecycle' for domain 'b': state: 'connected' reason: 'channel event'
`.split('\n');

it('reads the events that a plan may answer, and no others', () => {
  expect(lines.flatMap((line) => parseEvent(line) ?? [])).toEqual([
    { name: 'b', what: 'Stopped Destroyed' },
    { name: "it's: Stopped", what: 'Defined Added' },
    { name: 'b', what: 'Undefined Removed' },
    { name: 'b', what: 'Crashed Panicked' },
  ]);
});
