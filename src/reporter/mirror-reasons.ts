import { faultWords } from './faults.ts';
import type { SentenceTable, Teller } from './sentence.ts';

/** `file-missing, file-size` in words. */
const faultsOf = (t: Teller): string =>
  [...new Set(t.text('faults').split(', ').map(faultWords))].join(', ');

/** Why points are copied to a mirror. */
export const mirrorReasons: SentenceTable = {
  'not-at-mirror': {
    say: () => 'not at the mirror',
    explain:
      'The store holds valid points of a chain that the mirror does not, and the mirror’s own retention would keep them. They are copied with everything that they stand on.',
  },
  'after-backup': {
    say: (t) => (t.has('address') ? `after ${t.text('address')}` : 'after its backup'),
    explain:
      'The point is made by the backup of the same plan and copied right after it. If the backup fails, there is nothing to copy.',
  },
  'copy-faulty': {
    say: (t) => `${t.count('points', 'copy is', 'copies are')} faulty: ${faultsOf(t)}`,
    explain:
      'The mirror holds the point, but a file of it is missing, short, or its manifest cannot be read, or a check has put the copy into quarantine. The store’s point is good, so it is copied again, and every byte is compared. Of a copy in quarantine only those files travel that are not what the manifest says, and only if the store’s are: each is read before. The quarantine ends when the copy was read again and every byte is right.',
  },
  'copy-interrupted': {
    say: (t) => `goes on with ${t.bytes('bytes')} that are there`,
    explain:
      'An earlier copy was interrupted. What arrived stays at the mirror, is no point yet, and does not travel again.',
  },
  'mirror-due': {
    say: (t) => `due ${t.at('dueAt')}`,
    explain:
      'The mirror has a schedule of its own, and a point that it lacks is as old as the last slot: everything that it lacks of the domain is copied.',
  },
};

/** What is said of mirrors but not done. */
export const mirrorNotes: SentenceTable = {
  'mirror-unseen': {
    say: (t) => `was not seen: ${t.text('message')}`,
    explain:
      'The mirror could not be looked at. Nothing is copied there and nothing deleted, and what it is to keep and may not hold yet is not deleted here either (G207). Local backups, and deletions that no mirror bears on, go on. The exit status is 9.',
  },
  'mirror-of-lost-store': {
    say: (t) =>
      `holds ${t.count('chains', 'chain')}, ${t.count('points', 'point')} of store ${t.text('store')}, which is not there`,
    explain:
      'The store is not at its path any more, and its copies are at this mirror. Mount the store if it is only unmounted; if it is lost, holdfast mirror fetch brings it back from its copies. Nothing is deleted there meanwhile.',
  },
  'mirror-name-taken': {
    say: () => 'nothing is copied: a directory of that name there holds another domain',
    explain:
      'The mirror has a directory of the same name with copies of another domain (another uuid), left from an earlier time. Two domains in one directory could not be told apart. Move the old directory away at the mirror; Holdfast never does.',
  },
  'mirror-behind': {
    say: (t) =>
      t.has('nextAt')
        ? `lacks ${t.count('points', 'point')}, ${t.bytes('bytes')}, the oldest of ${t.at('oldestAt')}: copied ${t.at('nextAt')}`
        : `lacks ${t.count('points', 'point')} that cannot be copied: what they stand on is not whole on either side`,
    explain:
      'The mirror does not hold all points that its retention would keep. With a schedule of its own that is so until the next slot. Without one, a copy there is faulty and the store has no good point to copy again; the chain ends there, and the next full begins another.',
  },
  'faulty-copies': {
    say: (t) => `has ${t.count('points', 'faulty copy', 'faulty copies')}: ${faultsOf(t)}`,
    explain:
      'Copies that are not valid, and that copying again would not mend, or cannot: the store has no good point of them. They count for nothing, heal nothing and are not deleted. A copy in quarantine was found to be other than its manifest says; holdfast verify of the copy, once it was mended, takes the mark away.',
  },
  'mirror-keeps': {
    say: (t) =>
      `its retention would let ${t.count('chains', 'chain')}, ${t.bytes('bytes')} go, but deletes: never`,
    explain:
      'The policy gives this host no right to delete at the mirror. What its retention no longer keeps is only reported; whoever may delete there decides.',
  },
  'deleted-unknown': {
    say: (t) =>
      `${t.count('points', 'deleted point')} of which nobody knows since when: never removed for good`,
    explain:
      'The mark that says when a copy was deleted (`deleted.json`) cannot be read, so nobody knows when its time is over. The data stay. Look at it, and remove it by hand if it may go.',
  },
  'deleted-later': {
    say: (t) => `${t.count('points', 'deleted point')} dated later than now`,
    explain:
      'Copies were deleted at an instant that lies after this observation: the clock was wrong then, or is wrong now. They stay until their time is over by this clock.',
  },
  'removed-copies-stay': {
    say: (t) =>
      `removed: deletes points of this host only: ${t.count('chains', 'copied chain')} stay`,
    explain:
      '`removed:` speaks of the points in the stores of this host. Copies at mirrors stay, for ever, so that one line cannot delete the last copy too. Whoever wants them gone deletes the directory at the mirror.',
  },
};
