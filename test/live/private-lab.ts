import { afterAll, beforeAll } from 'vitest';
import { Lab } from './lab.ts';
import { PrivateLibvirt, type PrivateOptions } from './private-libvirt.ts';

/**
 * A lab with a libvirt of its own, for all tests of the file that calls this at
 * its head: both are there in every hook and test of it, and end after its last
 * hook. `before` runs when there is a directory and no libvirt yet: QEMU sees
 * nothing that is mounted later.
 */
export function privateLab(
  options: PrivateOptions & { readonly before?: (lab: Lab) => Promise<void> } = {},
): { readonly lab: Lab; readonly libvirt: PrivateLibvirt } {
  const [lab, libvirt] = [new Lab(), new PrivateLibvirt(options)];
  beforeAll(async () => {
    await lab.open();
    await options.before?.(lab);
    await libvirt.start();
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    await libvirt[Symbol.asyncDispose]();
  });
  return { lab, libvirt };
}
