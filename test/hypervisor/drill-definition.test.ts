import { describe, expect, it } from 'vitest';
import { drillDefinition } from '../../src/hypervisor/libvirt/drill-definition.ts';
import { domainUuid } from '../../src/model/identity.ts';

const drill = {
  guest: { uuid: domainUuid('0d0d0d0d-1111-4222-8333-444444444444'), name: 'web01-drill' },
  memoryLimitBytes: 512 * 1024 ** 2,
  network: null,
  disks: [{ target: 'vda', path: '/scratch/drill/vda.qcow2' }],
  nvram: '/scratch/drill/nvram.fd',
};

/** A definition that ties a machine to all kinds of things of its host. */
const tied = `<domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
<name>web01</name><uuid>11111111-2222-4333-8444-555555555555</uuid><genid>8d8fc2b6-64ad-4f36-9d94-8f1cbb6cbd30</genid>
<metadata><app xmlns='urn:app'>x</app></metadata>
<maxMemory slots='4' unit='GiB'>64</maxMemory><memory unit='GiB'>8</memory><currentMemory unit='GiB'>8</currentMemory>
<memoryBacking><hugepages/><locked/></memoryBacking><vcpu placement='static' cpuset='2-5'>4</vcpu>
<cputune><vcpupin vcpu='0' cpuset='2'/></cputune><numatune><memory mode='strict' nodeset='0'/></numatune>
<sysinfo type='smbios'><system><entry name='uuid'>11111111-2222-4333-8444-555555555555</entry><entry name='serial'>s</entry></system></sysinfo>
<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>
<features><acpi/></features><cpu mode='host-passthrough'><numa><cell id='0' cpus='0-3' memory='8' unit='GiB'/></numa></cpu>
<on_poweroff>restart</on_poweroff><on_crash>preserve</on_crash>
<devices><emulator>/usr/bin/qemu</emulator>
<disk type='block' device='lun' snapshot='external'><driver name='qemu' type='raw' cache='none' io='native'/><source dev='/dev/sdb'/><backingStore/><target dev='vda' bus='virtio'/><iotune/><shareable/><serial>S1</serial><encryption format='luks'/></disk>
<disk type='file' device='disk'><source file='/images/other.qcow2'/><target dev='vdb'/></disk>
<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/iso/x.iso'/><target dev='sda' bus='sata'/><readonly/></disk>
<controller type='pci' model='pcie-root'/>
<interface type='bridge'><mac address='52:54:00:aa:bb:cc'/><source bridge='br0'/><target dev='vnet7'/><model type='virtio'/><vlan><tag id='7'/></vlan><filterref filter='clean'/><boot order='2'/></interface>
<interface type='hostdev'><source><address type='pci'/></source></interface>
<filesystem type='mount'><source dir='/srv/share'/><target dir='share'/></filesystem>
<hostdev mode='subsystem' type='pci'><source><address bus='3'/></source></hostdev>
<serial type='tcp'><source mode='bind' host='0.0.0.0' service='4555'/><protocol type='telnet'/><target port='0'/></serial>
<console type='file'><source path='/var/log/c'/><log file='/var/log/d'/><target type='serial' port='0'/></console>
<channel type='unix'><source mode='bind' path='/run/agent.sock'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
<input type='tablet' bus='usb'/><input type='passthrough'><source evdev='/dev/input/event1'/></input>
<graphics type='spice' port='5900' passwd='secret'/><sound model='ich9'/><video><model type='qxl' ram='65536'><acceleration accel3d='yes'/></model></video>
<redirdev bus='usb' type='spicevmc'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng><rng model='virtio'><backend model='egd' type='tcp'/></rng>
<tpm model='tpm-crb'><backend type='emulator' version='2.0' persistent_state='yes'/></tpm><tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>
<watchdog model='i6300esb' action='reset'/><vsock><cid auto='no' address='3'/></vsock><shmem name='s'/><lease><key>k</key></lease>
</devices><seclabel type='static' model='dac'><label>0:0</label></seclabel>
<qemu:commandline><qemu:arg value='-device'/></qemu:commandline></domain>`;

const adapted = (more: Partial<Parameters<typeof drillDefinition>[1]> = {}, xml = tied) => {
  const done = drillDefinition(xml, { ...drill, ...more });
  if (!done.ok) throw new Error(done.error.message);
  return done.value;
};

describe('drillDefinition', () => {
  it('keeps what a boot needs, and nothing that leads to the host or to the original', () => {
    const { xml, leftOut } = adapted();
    expect(xml.replaceAll(/\n\s*/g, '\n').replaceAll(/\n+/g, '\n')).toMatchInlineSnapshot(`
      "<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
      <name>web01-drill</name><uuid>0d0d0d0d-1111-4222-8333-444444444444</uuid>
      <memory unit="KiB">524288</memory><currentMemory unit="KiB">524288</currentMemory>
      <vcpu>4</vcpu>
      <sysinfo type="smbios"><system><entry name="serial">s</entry></system></sysinfo>
      <os firmware="efi"><type arch="x86_64" machine="q35">hvm</type><boot dev="hd"/><nvram>/scratch/drill/nvram.fd</nvram></os>
      <features><acpi/></features><cpu mode="host-passthrough"/>
      <on_poweroff>destroy</on_poweroff><on_crash>destroy</on_crash>
      <devices><emulator>/usr/bin/qemu</emulator>
      <disk type="file" device="disk"><driver name="qemu" type="qcow2" cache="unsafe"/><target dev="vda" bus="virtio"/><serial>S1</serial><source file="/scratch/drill/vda.qcow2"/></disk>
      <disk type="file" device="cdrom"><driver name="qemu" type="raw" cache="unsafe"/><target dev="sda" bus="sata"/><readonly/></disk>
      <controller type="pci" model="pcie-root"/>
      <serial type="pty"><target port="0"/></serial>
      <console type="pty"><target type="serial" port="0"/></console>
      <channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>
      <input type="tablet" bus="usb"/>
      <video><model type="vga"/></video>
      <rng model="virtio"><backend model="random">/dev/urandom</backend></rng>
      <tpm model="tpm-crb"><backend type="emulator" version="2.0"/></tpm>
      </devices>
      </domain>"
    `);
    expect(leftOut).toEqual([
      'channel',
      'disk',
      'filesystem',
      'graphics',
      'hostdev',
      'input',
      'interface',
      'lease',
      'redirdev',
      'rng',
      'shmem',
      'sound',
      'tpm',
      'vsock',
      'watchdog',
    ]);
    for (const secret of [
      'secret',
      '11111111-2222',
      'br0',
      '52:54',
      '/dev/sdb',
      '/srv/share',
      'evdev',
      '4555',
    ]) {
      expect(xml).not.toContain(secret);
    }
  });

  it('connects its cards to the isolated network, with addresses of their own', () => {
    const { xml, leftOut } = adapted({ network: "drill & 'co'" });
    expect(leftOut).not.toContain('interface');
    expect(xml.match(/<interface[\s\S]*?<\/interface>/g)).toEqual([
      `<interface type="network"><model type="virtio"/><boot order="2"/><source network="drill &amp; &apos;co&apos;"/></interface>`,
      `<interface type="network"><source network="drill &amp; &apos;co&apos;"/></interface>`,
    ]);
  });

  it('takes no more memory than is allowed, and no more than it had', () => {
    expect(adapted().xml).toContain('<memory unit="KiB">524288</memory>');
    expect(adapted({ memoryLimitBytes: 64 * 1024 ** 3 }).xml).toContain(
      '<memory unit="KiB">8388608</memory>',
    );
    const bare =
      '<domain><name>a</name><memory>262144</memory><devices><disk><target dev="vda"/></disk></devices></domain>';
    expect(adapted({}, bare).xml).toContain('<currentMemory unit="KiB">262144</currentMemory>');
  });

  it('refuses a definition that does not have the disks of the point', () => {
    expect(drillDefinition(tied, { ...drill, disks: [{ target: 'vdz', path: '/x' }] })).toEqual({
      ok: false,
      error: { code: 'definition-differs', message: 'The saved definition has no disk vdz' },
    });
  });
});
