import type { SentenceTable, Teller } from './sentence.ts';

const message = (t: Teller): string => (t.has('message') ? `: ${t.text('message')}` : '');

/** Why a domain waits, is blocked, not supported, not seen, or left alone. */
export const domainReasons: SentenceTable = {
  'not-in-policy': {
    say: (t) => `not in ${t.setting.policyFile}: kept, unmanaged`,
    explain:
      'No rule of the policy selects this domain. Its points, if there are any, are kept for ever; nothing is taken and nothing is deleted. Write a rule for it, or list it under `ignore:`.',
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
      'libvirt says that the domain crashed and keeps it for a post-mortem. End it (`virsh destroy`) or start it; then it is backed up again.',
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
      'libvirt names a state that this version of Holdfast does not know. Nothing is done, so as not to harm it.',
  },
  'our-job': {
    say: (t) => `run ${t.text('run')} works on it`,
    explain:
      'A backup job of another run of Holdfast is open on the domain, and its process is alive. It is waited for.',
  },
  'foreign-job': {
    say: (t) => `another program's job works on it: ${t.text('operation')}`,
    explain:
      'libvirt runs a job on the domain that is not of Holdfast (another backup program, a dump, a save). libvirt allows one at a time, so it is waited for.',
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
      'libvirt did not say which checkpoints the domain has. Without them nobody can tell whether an increment is possible; unseen is not taken for lost.',
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
