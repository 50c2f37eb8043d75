import type { SentenceTable, Teller } from './sentence.ts';

/** How a tracker was lost, in words. */
const lostWords: Readonly<Record<string, string>> = {
  crashed: 'domain crashed',
  'in-use': 'QEMU died without writing it',
  'bitmap-missing': 'no bitmap in the image',
  'checkpoint-missing': 'libvirt lists no checkpoint',
};

/** `tracker lost` and, where not all disks are meant, on which: ` on vda, vdb`. */
const on = (t: Teller): string => (t.has('disk') ? ` on ${t.text('disk')}` : '');

/** Why a point is taken now, and why it is a full. */
export const backupReasons: SentenceTable = {
  due: {
    say: (t) =>
      t.has('newestAt')
        ? `due ${t.at('dueAt')}, newest is ${t.age('newestAt')} old`
        : `due ${t.at('dueAt')}`,
    explain:
      'The schedule says that a point should exist by now, and the newest one is older than that. A slot that was missed (downtime, the night that summer time begins) is caught up once, not once per slot.',
  },
  asked: {
    say: (t) => {
      if (t.has('at')) return `asked: the point of ${t.at('at')}`;
      return t.has('note') ? `asked: ${t.text('note')}` : 'asked';
    },
    explain:
      'Somebody asked for it on the command line (`--now`, `restore`, `untrack`, `trash empty`), whatever the schedule says.',
  },
  'asked-full': {
    say: () => 'a full was asked for',
    explain: 'Somebody asked for a full with `--now ADDRESS --full`. It begins another chain.',
  },
  'no-chain': {
    say: () => 'no restore point yet',
    explain: 'The store holds no point of this domain, so the first one is a full.',
  },
  'no-valid-point': {
    say: () => 'no valid restore point left',
    explain:
      'The store holds points of this domain, but none of them is valid, so nothing can be built on them: the next point is a full. `holdfast points` says what is wrong with each. They are not deleted.',
  },
  'parent-faulty': {
    say: () => 'newer points are faulty',
    explain:
      'A point after the newest valid one is faulty. An increment would leave it in the middle of the chain, so the next point is a full and begins another chain.',
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
    say: (t) => `tracker lost${on(t)}: ${lostWords[t.text('how')] ?? t.text('how')}`,
    explain:
      'The dirty bitmap that says which blocks changed since the newest point is missing or broken, mostly because QEMU crashed or was killed: it writes bitmaps down only when it ends in order. What changed since is not known, so a full is needed. Older points are untouched.',
  },
  'no-tracker': {
    say: (t) => `newest point has no tracker${on(t)}`,
    explain:
      'The newest point was taken without a checkpoint for this disk, so nobody recorded what changed since. The disk is copied whole this once.',
  },
  'tracker-never': {
    say: () => 'rule says tracker: never',
    explain:
      'The rule of this domain takes no checkpoint, so that snapshots can be reverted at any time. The price is that every point is a full. A checkpoint that is still there is dropped.',
  },
  'disk-new': {
    say: (t) => `new disk${t.has('disk') ? ` ${t.text('disk')}` : ''}`,
    explain: 'The newest point holds no image of this disk, so it is copied whole.',
  },
  'disk-removed': {
    say: (t) => `no disk ${t.text('disk')} any more`,
    explain:
      'The newest point holds an image of a disk that the domain no longer has, or that the rule now leaves out. Older points keep theirs.',
  },
  'source-changed': {
    say: (t) => `another image behind ${t.has('disk') ? t.text('disk') : 'every disk'}`,
    explain:
      'The image behind the disk is not the one that the newest point was taken from (other file, format or serial number). An increment would be a mixture of two disks, so the disk is copied whole.',
  },
  raw: {
    say: (t) => `raw${t.has('disk') ? ` ${t.text('disk')}` : ''}: no tracker possible`,
    explain:
      'Changed blocks are tracked in a bitmap inside the qcow2 image. A raw disk has no room for one, so each point of it is a full. `qemu-img convert -O qcow2` makes it trackable.',
  },
  format: {
    say: (t) =>
      `${t.text('format')}${t.has('disk') ? ` ${t.text('disk')}` : ''}: no tracker possible`,
    explain:
      'Only qcow2 images can carry the bitmap that says which blocks changed. A disk of another format is copied whole at each point.',
  },
  restored: {
    say: () => 'chain was closed by a restore in place',
    explain:
      'The domain was put back to an older point. What the trackers recorded belongs to the disks that are gone; the next point is a full and begins another chain.',
  },
  untracked: {
    say: () => 'chain was closed by untrack',
    explain:
      'Somebody dropped the checkpoints of this domain with `holdfast untrack`. The next point is a full and begins another chain.',
  },
};
