import { join } from 'node:path';

/**
 * Where libvirt keeps what it and QEMU say of a machine of the system (`log_outputs` does not move it); it
 * stays when the machine goes. Null for a name that libvirt gives no machine.
 */
export function machineLog(name: string): string | null {
  return name.includes('/') ? null : join('/var/log/libvirt/qemu', `${name}.log`);
}
