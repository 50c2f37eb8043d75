import { expect, it } from 'vitest';
import { adaptDefinition } from '../../src/hypervisor/libvirt/adapt-definition.ts';
import { domainUuid } from '../../src/model/identity.ts';

const xml = `<?xml version="1.0"?>
<!-- a comment -->
<domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>web &amp; &lt;01&gt;</name>
  <uuid>11111111-1111-1111-1111-111111111111</uuid>
  <description>one &amp; two &quot;three&quot;&#10;&#x27;</description>
  <os><type arch='x86_64'>hvm</type><nvram template='/usr/share/OVMF/VARS.fd'>/var/old.fd</nvram></os>
  <devices>
    <disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/old'/><target dev='vda' bus='virtio'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='a'/></interface>
    <disk type='file' device='cdrom'><source file='/iso'/><target dev='sda'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:02'/><source network='b'/></interface>
    <graphics type='vnc' passwd='a&amp;b'/>
  </devices>
  <qemu:commandline><qemu:arg value='-foo'/></qemu:commandline>
</domain>`;

const changes = {
  name: 'neu "ü" & <x>',
  uuid: domainUuid('22222222-2222-2222-2222-222222222222'),
  newMacs: true,
  disks: [{ target: 'vda', path: `/a b/&'".qcow2`, kind: 'file', format: 'qcow2' }],
  nvram: '/var/new.fd',
} as const;

it('changes what is named, and keeps the rest in its order', () => {
  expect(adaptDefinition(xml, changes)).toEqual({
    ok: true,
    value: `<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <name>neu &quot;ü&quot; &amp; &lt;x&gt;</name>
  <uuid>22222222-2222-2222-2222-222222222222</uuid>
  <description>one &amp; two &quot;three&quot;&#10;&#x27;</description>
  <os><type arch="x86_64">hvm</type><nvram template="/usr/share/OVMF/VARS.fd">/var/new.fd</nvram></os>
  <devices>
    <disk type="file" device="disk"><driver name="qemu" type="qcow2"/><target dev="vda" bus="virtio"/><source file="/a b/&amp;&apos;&quot;.qcow2"/></disk>
    <interface type="network"><source network="a"/></interface>
    <disk type="file" device="cdrom"><source file="/iso"/><target dev="sda"/></disk>
    <interface type="network"><source network="b"/></interface>
    <graphics type="vnc" passwd="a&amp;b"/>
  </devices>
  <qemu:commandline><qemu:arg value="-foo"/></qemu:commandline>
</domain>`,
  });
});

it('refuses a definition without the disk, and what is no definition', () => {
  const disks = [{ target: 'vdz', path: '/x', kind: 'file', format: 'qcow2' }] as const;
  expect(adaptDefinition(xml, { ...changes, disks })).toEqual({
    ok: false,
    error: { code: 'definition-differs', message: 'The saved definition has no disk vdz' },
  });
  expect(adaptDefinition('<network/>', changes)).toEqual({
    ok: false,
    error: { code: 'definition-unreadable', message: 'The saved definition holds no <domain>' },
  });
});
