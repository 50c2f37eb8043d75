import type { SentenceTable, Teller } from './sentence.ts';
import { withoutName } from './without-name.ts';

const message = (t: Teller): string => (t.has('message') ? `: ${t.text('message')}` : '');
const storeMessage = (t: Teller): string => withoutName(message(t), t.text('store'));

/** Why a domain waits, is blocked, not supported, not seen, or left alone. */
export const domainReasons: SentenceTable = {
  'not-due': {
    say: () => 'not due',
    explain: 'The newest point is newer than the last slot of the schedule.',
  },
  unchanged: {
    say: () => 'off, and unchanged since the newest point',
    explain:
      'The domain is off, and every image of it has the same identity, size and times as at the last look, which came after the newest point. A new point would hold nothing new; the look itself meets schedule and RPO.',
  },
  'nothing-tracked': {
    say: () => 'no tracker of ours is there',
    explain: 'The domain has no checkpoint and no bitmap of Holdfast, so there is nothing to drop.',
  },
  'not-targeted': {
    say: () => 'due, but left out by --target',
    explain: 'A point is due, but the plan was made for other addresses only.',
  },
  unmanaged: {
    say: (t) => `not in ${t.setting.policyFile}: kept, unmanaged`,
    explain:
      'No rule of the policy selects this domain. Its points, if there are any, are kept for ever; nothing is taken and nothing is deleted. Write a rule for it, or list it under `ignore:`.',
  },
  gone: {
    say: () => 'not on this host any more: kept',
    explain:
      'The stores hold points of this domain, but the hypervisor does not know it. They are kept for ever. `removed:` in the policy, with its uuid, is the only way to delete them.',
  },
  unseen: {
    say: (t) => {
      if (t.has('part')) return `${t.text('part')} was not seen${message(t)}`;
      return t.has('message') ? t.text('message') : 'was not seen';
    },
    explain:
      'It could not be looked at, so nothing is known of it. Unseen is not taken for gone: nothing is deleted and no full begins because of it.',
  },
  dependency: {
    say: () => 'waits for something that a guard blocks',
    explain:
      'The action needs another one of the same plan that a guard blocks (a backup whose store is not made, say). Lift or mend that guard.',
  },
  'put-back-first': {
    say: () => 'waits until a restore that died is put back',
    explain:
      'A restore in place died before the new definition stood. This plan puts the set-aside images back; what they are is known by the next plan.',
  },
  'restore-first': {
    say: (t) => `${t.text('device')} may be half written: restore it again`,
    explain:
      'A restore died while it overwrote a block device of the domain. A point of it would hold neither the old disk nor the new one. Restore it again with `--overwrite-device`, or start the domain if its disks are right: of one that runs points are taken.',
  },
  'store-unknown': {
    say: () => 'its store is not in the policy',
    explain: 'The rule of this domain names a store that the policy does not define.',
  },
  'store-unseen': {
    say: (t) => `store ${t.text('store')} was not seen${storeMessage(t)}`,
    explain:
      'The store could not be looked at. Nothing is written to it and nothing is deleted from it until it is seen again.',
  },
  'store-lost': {
    say: (t) => `store ${t.text('store')} is not there${storeMessage(t)}`,
    explain:
      'This host knew a store at the path, and now the directory has no marker file: an unmounted disk, most likely. Nothing is done there. Mount it.',
  },
  'store-replaced': {
    say: (t) => `store ${t.text('store')} is another one${storeMessage(t)}`,
    explain:
      'The marker at the path carries another id than the store that this host knew there. Mount the right disk; if it was exchanged on purpose, take the line of its path out of stores.json in the state directory.',
  },
  'store-read-only': {
    say: (t) => `store ${t.text('store')} cannot be written${storeMessage(t)}`,
    explain: 'The file system of the store is read-only or refuses writes. `dmesg` often says why.',
  },
  'directory-unreadable': {
    say: (t) => `its directory in the store cannot be read${message(t)}`,
    explain:
      'Something in the directory of this domain cannot be read as ours. What is there may be its points, so no full is begun beside it.',
  },
  transient: {
    say: () => 'transient: libvirt keeps no definition',
    explain:
      'The domain lives only as long as it runs; libvirt keeps no definition that a restore could start from. `virsh define` makes it persistent.',
  },
  'no-disks': {
    say: () => 'no disk to back up',
    explain:
      'The domain has no disk, or its rule and its kinds of disk leave none (CD-ROM, read-only, shared and passed-through disks are left out).',
  },
  crashed: {
    say: () => 'crashed, and not off',
    explain:
      'The domain crashed, and libvirt keeps it for a post-mortem. End it (`virsh destroy`) or start it; then it is backed up again.',
  },
  migrating: {
    say: () => 'being migrated',
    explain: 'The domain moves between hosts. It is backed up when that is over.',
  },
  'managed-save': {
    say: () => 'saved by managedsave: starting it would use that up',
    explain:
      "The guest's memory is saved on disk (`virsh managedsave`). Starting the domain, even paused, would consume it, so Holdfast does not. Start the domain, or drop the saved state with `virsh managedsave-remove`.",
  },
  suspended: {
    say: () => 'suspended by its own power management',
    explain:
      'The guest went to sleep (ACPI S3). It is backed up when it wakes: `virsh dompmwakeup`.',
  },
  stopping: {
    say: () => 'shutting down',
    explain: 'The domain is on its way to off. The next plan finds it there.',
  },
  'state-unknown': {
    say: (t) => `in a state that is not known: ${t.text('state')}`,
    explain:
      'The state that libvirt names is one that this version of Holdfast does not know. Nothing is done, so as not to harm it.',
  },
  'our-job': {
    say: (t) => `run ${t.text('run')} works on it`,
    explain:
      'A backup job of another run of Holdfast is open on the domain, and its process is alive. It is waited for.',
  },
  'foreign-job': {
    say: (t) => `another program's job works on it: ${t.text('operation')}`,
    explain:
      'The domain has a job that is not of Holdfast (another backup program, a dump, a save). One is allowed at a time, so it is waited for.',
  },
  'block-job': {
    say: (t) => `block job on ${t.text('disks')}`,
    explain:
      'A copy, commit or pull runs on a disk of the domain. libvirt begins no backup while that is so. `virsh blockjob DOMAIN DISK` shows how far it is.',
  },
  'disk-unseen': {
    say: (t) => `image of ${t.text('disk')} was not seen${message(t)}`,
    explain:
      'The image behind a disk could not be looked at, so nobody can tell whether it is the one that the newest point was taken from. Guessing could make a wrong increment or a needless full.',
  },
  'checkpoints-unseen': {
    say: (t) => `checkpoints were not seen${message(t)}`,
    explain:
      'It is not known which checkpoints the domain has. Without them nobody can tell whether an increment is possible; unseen is not taken for lost.',
  },
  'bitmaps-unseen': {
    say: (t) => `bitmaps of ${t.text('disk')} were not seen${message(t)}`,
    explain:
      'The image of a domain that is off could not be read for its bitmaps. Unseen is not taken for lost, so no full is begun either.',
  },
  'plaintext-backup': {
    say: (t) => `encrypted disk ${t.text('disks')} would be stored in plain text`,
    explain:
      'QEMU decrypts a LUKS disk for the guest, and a backup of it would hold plain text. If the store is trusted with that, say `encryptedDisks: plaintext` on the rule of this domain; or leave the disk out.',
  },
};
