import { adaptDefinition } from '../../../src/hypervisor/libvirt/adapt-definition.ts';
import { readBeginOutput } from '../../../src/hypervisor/libvirt/begin-output.ts';
import { readCheckpointXml } from '../../../src/hypervisor/libvirt/checkpoint-xml.ts';
import { capacitiesOf } from '../../../src/hypervisor/libvirt/details.ts';
import { readDomainXml } from '../../../src/hypervisor/libvirt/domain-xml.ts';
import {
  readBackupSocket,
  readBlockJob,
  readJobOperation,
} from '../../../src/hypervisor/libvirt/job.ts';
import { definitionDigest } from '../../../src/hypervisor/libvirt/known.ts';
import { readPowerState, readPowerStates } from '../../../src/hypervisor/libvirt/power-state.ts';
import { freezeCode } from '../../../src/hypervisor/libvirt/quiesce.ts';
import { failureOf, virshWord } from '../../../src/hypervisor/libvirt/virsh.ts';
import { domainUuid } from '../../../src/model/identity.ts';
import { filesBelow } from '../seeds.ts';
import { mustHold, type Target } from '../target.ts';

const uuid = domainUuid('6a1d0f3e-1111-4222-8333-444455556666');
const hostileName = '<evil> & "two" \'one\' ]]>';
const isText = (value: unknown): boolean => value === null || typeof value === 'string';

/** XML of libvirt, or of a point's `domain.xml`: null or a failure for what is none, never a throw. */
export const xmlTarget: Target = {
  name: 'libvirt-xml',
  seeds: () => [
    ...filesBelow('test/captures/libvirt-9.0.0', '.xml'),
    Buffer.from(`<domain>${'<a>'.repeat(99)}${'</a>'.repeat(99)}</domain>`),
    Buffer.from(`<domain>${'<a>'.repeat(4000)}${'</a>'.repeat(4000)}</domain>`),
  ],
  words: [
    '<disk type="file">',
    '</disk>',
    '<source file="/x"/>',
    '<target dev="vda"/>',
    '<domain>',
    '<!DOCTYPE x [',
    '<!ENTITY a "b">',
    '&a;',
    '&#0;',
    '&#x110000;',
    '&constructor;',
    '<a>',
    '<![CDATA[',
    ']]>',
    '<?xml version="1.1"?>',
    '<name>',
    '<uuid>',
    'size="',
    "socket='",
  ],
  run(input) {
    const text = input.toString();
    const domain = readDomainXml(text);
    for (const disk of domain?.disks ?? [])
      mustHold(isText(disk.target) && isText(disk.serial) && isText(disk.format), 'not a text');
    for (const disk of readCheckpointXml(text)?.disks ?? [])
      mustHold(isText(disk.target) && isText(disk.bitmap), 'a bitmap is no text');
    mustHold(isText(readBackupSocket(text)), 'a socket is no text');
    definitionDigest(text);
    const changed = adaptDefinition(text, {
      name: hostileName,
      uuid,
      disks: [],
      nvram: null,
      newMacs: false,
    });
    const adapted = changed.ok && domain !== null ? readDomainXml(changed.value) : null;
    if (adapted === null) return;
    mustHold(adapted.uuid === uuid && adapted.name === hostileName, 'a copy has another name');
  },
};

const nonce = 'm0123456789abcdef';

/** What virsh prints that is no XML. */
export const virshTextTarget: Target = {
  name: 'virsh-text',
  seeds: () => [
    ...filesBelow('test/captures/libvirt-9.0.0', '.txt'),
    Buffer.from(`${nonce}\n\n(Time: 1.5 ms)\n\nBackup started\n\n(Time: 30.1 ms)\n${nonce}\n`),
    Buffer.from(`${nonce}\nerror: Timed out during operation: cannot acquire state\n${nonce}\n`),
  ],
  words: [
    "Domain: '",
    '\n  state.state=',
    '\n  state.reason=',
    'error: ',
    nonce,
    'Job type:',
    '(Time: ',
    ' ms)',
    'block.0.name=',
    'block.0.capacity=',
    'type=',
    'Operation:',
    'shut off',
  ],
  run(input) {
    const text = input.toString();
    mustHold(isText(readJobOperation(text)) && isText(readBlockJob(text)), 'a job is no text');
    const power = readPowerState(text);
    mustHold(power === null || typeof power.state === 'string', 'a state is no text');
    for (const [, { state, reason }] of readPowerStates(text))
      mustHold(typeof state === 'string' && typeof reason === 'string', 'a state is no text');
    capacitiesOf(text);
    freezeCode(text);
    failureOf(text);
    for (const frozen of [true, false]) {
      const begun = readBeginOutput(text, nonce, frozen);
      if (begun.ok) mustHold((begun.value.thaw === null) === !frozen, 'a thaw is lost');
    }
    const word = virshWord(text);
    mustHold(word === null || !/[\n\r\0]/.test(word), 'a word of virsh is two lines');
  },
};
