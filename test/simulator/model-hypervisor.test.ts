import { expect, it } from 'vitest';
import { createDice } from '../../src/simulator/dice.ts';
import { Gate } from '../../src/simulator/gate.ts';
import { newDomain } from '../../src/simulator/model-domain.ts';
import { ModelHost } from '../../src/simulator/model-host.ts';
import { ModelHypervisor } from '../../src/simulator/model-hypervisor.ts';
import { powerDown } from '../../src/simulator/qemu.ts';

// As test/live/libvirt-power.test.ts sees it of libvirt.
it('stops what it started, and nothing that a person resumed, paused again or not', async () => {
  const host = new ModelHost();
  const disks = [{ target: 'vda', blocks: 2, inode: 1 }];
  const domain = newDomain(host.newUuid(), 'vm1', disks, host.number());
  host.domains.push(domain);
  powerDown(domain);
  const hypervisor = new ModelHypervisor(new Gate(host, [], createDice(1)));
  const start = async (): Promise<number> => {
    const started = await hypervisor.startPaused(domain.uuid);
    if (!started.ok) throw new Error(started.error.message);
    return started.value.runningId ?? 0;
  };
  const untouched = await start();
  expect(await hypervisor.stopStarted(domain.uuid, untouched)).toEqual({
    ok: true,
    value: 'stopped',
  });
  const resumed = await start();
  domain.neverRan = false;
  for (const state of ['running', 'paused'] as const) {
    domain.state = state;
    expect(await hypervisor.stopStarted(domain.uuid, resumed)).toEqual({
      ok: true,
      value: 'left-running',
    });
  }
});
