import type { SentenceTable } from './sentence.ts';

/** Why something is repaired, deleted or removed for good. */
export const repairReasons: SentenceTable = {
  'left-by-run': {
    say: (t) => `left by the run of ${t.has('startedAt') ? t.at('startedAt') : t.text('run')}`,
    explain:
      'A run began this and ended (killed, power lost) before it could finish; its journal says so. The repair puts the host into the state that it would have had.',
  },
  'unfinished-point': {
    say: () => 'never published, nobody writes it',
    explain:
      'A directory that a run was writing a point into when it died. It was never a restore point, and the points beside it do not need it. No living process holds the lock of the domain.',
  },
  'no-point-uses-it': {
    say: () => 'no published point uses it',
    explain:
      'A checkpoint of ours that no published point of the store names: left by a run that died before it could publish, or replaced by a newer one. It costs QEMU memory and time, and no increment may ever be counted from it.',
  },
  'checkpoint-unlisted': {
    say: () => 'bitmaps are there, libvirt forgot it',
    explain:
      'The checkpoint of the newest point is no longer listed by libvirt (the domain was defined anew or migrated, or libvirt lost its state), but the bitmaps are whole in the images. Telling libvirt again saves a full.',
  },
  'store-new': {
    say: () => 'the directory is empty',
    explain:
      'The path of the store is an empty directory, and this host never knew a store there. A marker file is written; without one, nothing is ever changed there.',
  },
  'kept-by-no-rule': {
    say: (t) => `kept by no rule (${t.text('rule')})`,
    explain:
      'No rule under `retention.keep` keeps any point of the chain, it is not the live one, it does not hold the newest valid point, and nobody put a hold on it. Rules add up: one is enough to keep a point, and a point keeps what it is built on. `holdfast hold ADDRESS --reason TEXT` keeps it whatever the policy says.',
  },
  'removed-by-policy': {
    say: () => 'removed: asks for it',
    explain:
      'The policy names the domain under `removed:` with its uuid: the only way to delete all points of a domain. Taking the domain out of `domains:` deletes nothing.',
  },
  'makes-room': {
    say: (t) => `makes room: ${t.bytes('shortBytes')} too little for what follows`,
    explain:
      'What the plan writes would not fit above the reserve, and the time of something in the trash is over: it is removed first, and what needs the room waits for it. Nothing is removed that would not have been removed by this plan anyway.',
  },
  'trash-expired': {
    say: (t) =>
      t.has('trashedAt') ? `in the trash for ${t.age('trashedAt')}` : 'time in the trash is over',
    explain:
      'The chain was moved to the trash by an earlier run, and the time of `trash.keepFor` is over. Until it is purged, `holdfast trash restore` brings it back.',
  },
};
