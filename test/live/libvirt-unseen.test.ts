import { expect, it } from 'vitest';
import { createLibvirt } from '../../src/hypervisor/libvirt/libvirt.ts';
import { unseen } from '../../src/model/result.ts';
import { Lab, type LabDomain } from './lab.ts';
import { checkpoint, driverOf, track } from './look.ts';
import { PrivateLibvirt } from './private-libvirt.ts';

it('has unseen checkpoints where QEMU does not answer, and sees the domains around it', async () => {
  // Of its own: everybody else who looks would wait for the one that hangs.
  await using _ = await new PrivateLibvirt().start();
  await using lab = await Lab.create();
  const [before, hung, after] = [
    await lab.defineDomain(),
    await lab.defineDomain({ name: '-hung' }),
    await lab.defineDomain(),
  ];
  // Counting dirty bytes is what asks QEMU itself; the rest libvirt knows.
  for (const domain of [before, hung, after]) await track(domain);
  const pid = await hung.pid();
  process.kill(pid, 'SIGSTOP');
  try {
    const driver = driverOf(lab, { stallSeconds: 5 });
    const seen = await driver.observe([]);
    if (!seen.seen) throw new Error(seen.failure.message);
    const checkpointsOf = (domain: LabDomain) =>
      seen.value.domains.find(({ uuid }) => uuid === domain.uuid)?.checkpoints;
    // Its checkpoints, or all of it where somebody else waits for it as well.
    const unseenPart =
      checkpointsOf(hung) ??
      unseen(
        'no-answer',
        seen.value.unseenDomains.find(({ uuid }) => uuid === hung.uuid)?.message ?? '',
      );
    expect(unseenPart).toEqual(unseen('no-answer', 'virsh did not answer for 5 s'));
    expect(checkpointsOf(before)).toMatchObject({ seen: true, value: [{ name: checkpoint }] });
    expect(checkpointsOf(after)).toMatchObject({ seen: true, value: [{ name: checkpoint }] });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});

it('is unseen as a whole when libvirt cannot be reached', async () => {
  const seen = await createLibvirt({ uri: 'qemu+unix:///system?socket=/nowhere' }).observe([]);
  expect(seen).toEqual({
    seen: false,
    failure: {
      code: 'libvirt-unreachable',
      message:
        "libvirt cannot be asked: failed to connect to the hypervisor: Failed to connect socket to '/nowhere': No such file or directory",
    },
  });
});
