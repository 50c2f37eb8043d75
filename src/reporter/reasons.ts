import type { SentenceTable } from './sentence.ts';

/** Why a point is taken, why it is a full, why something is repaired, kept, deleted or left. */
export const reasons: SentenceTable = {
  due: {
    say: (t) =>
      t.has('newestAt')
        ? `due ${t.at('dueAt')}, newest is ${t.age('newestAt')} old`
        : `due ${t.at('dueAt')}`,
    explain:
      'The schedule says that a point should exist by now, and the newest one is older than that. A slot that was missed (downtime, the night that summer time begins) is caught up once, not once per slot.',
  },
  asked: {
    say: (t) => (t.has('at') ? `asked: the point of ${t.at('at')}` : 'asked'),
    explain:
      'Somebody asked for it on the command line (`--now`, `restore`, `untrack`, `trash empty`), whatever the schedule says.',
  },
  'no-chain': {
    say: () => 'no restore point yet',
    explain: 'The store holds no point of this domain, so the first one is a full.',
  },
  'chain-complete': {
    say: (t) => `chain is complete: ${t.count('points', 'point')}`,
    explain:
      'The live chain has as many points as `retention.chain.maxPoints` allows. The next point is a full and begins another chain, so that the old one can go as a whole one day.',
  },
  'chain-too-old': {
    say: (t) => `chain is too old: began ${t.age('beganAt')} ago`,
    explain:
      'The full of the live chain is older than `retention.chain.maxAge`. The next point is a full and begins another chain.',
  },
  'tracker-lost': {
    say: (t) => `tracker lost: ${t.text('how')}`,
    explain:
      'The dirty bitmap that says which blocks changed since the newest point is missing or broken, mostly because QEMU crashed or was killed: it writes bitmaps down only when it ends in order. What changed since is not known, so a full is needed. Older points are untouched.',
  },
  'tracker-never': {
    say: () => 'rule says tracker: never',
    explain:
      'The rule of this domain takes no checkpoint, so that snapshots can be reverted at any time. The price is that every point is a full.',
  },
  'disk-new': {
    say: (t) => `${t.text('disk')} is new`,
    explain: 'The newest point holds no image of this disk, so it is copied whole.',
  },
  'source-changed': {
    say: (t) => `${t.text('disk')} has another image`,
    explain:
      'The image behind the disk is not the one that the newest point was taken from (other file, format or serial number). An increment would be a mixture of two disks, so the disk is copied whole.',
  },
  raw: {
    say: (t) => (t.has('disk') ? `${t.text('disk')} is raw` : 'raw disks have no tracker'),
    explain:
      'Changed blocks are tracked in a bitmap inside the qcow2 image. A raw disk has no room for one, so each point of it is a full. `qemu-img convert -O qcow2` makes it trackable.',
  },
  restored: {
    say: () => 'chain was closed by a restore in place',
    explain:
      'The domain was put back to an older point. What the trackers recorded belongs to the disks that are gone; the next point is a full and begins another chain.',
  },
  untracked: {
    say: () => 'trackers were dropped by untrack',
    explain:
      'Somebody dropped the checkpoints of this domain with `holdfast untrack`. The next point is a full and begins another chain.',
  },
  'kept-by-no-rule': {
    say: (t) => `kept by no rule (${t.text('rule')})`,
    explain:
      'No rule under `retention.keep` keeps any point of the chain, it is not the live one, it does not hold the newest valid point, and nobody put a hold on it. Rules add up: one is enough to keep a point, and a point keeps what it is built on. `holdfast hold ADDRESS` keeps it whatever the policy says.',
  },
  'removed-by-policy': {
    say: () => 'removed: asks for it',
    explain:
      'The policy names the domain under `removed:` with its uuid: the only way to delete all points of a domain. Taking the domain out of `domains:` deletes nothing.',
  },
  'trash-expired': {
    say: (t) => `in the trash for ${t.age('trashedAt')}`,
    explain:
      'The chain was moved to the trash by an earlier run, and the time of `trash.keepFor` is over. Until it is purged, `holdfast trash restore` brings it back.',
  },
  'no-point-uses-it': {
    say: () => 'no published point uses it',
    explain:
      'A checkpoint of ours that no published point of the store names: left by a run that died before it could publish, or replaced by a newer one. It costs QEMU memory and time, and no increment may ever be counted from it.',
  },
  'left-by-run': {
    say: (t) => `left by run ${t.text('run')}`,
    explain:
      'A run began this and ended (killed, power lost) before it could finish; its journal says so. The repair puts the host into the state that it would have had.',
  },
};
