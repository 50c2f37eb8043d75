import { checkNotes } from './check-reasons.ts';
import { drillNotes } from './drill-reasons.ts';
import { exclusionWords } from './exclusions.ts';
import { faultWords } from './faults.ts';
import { mirrorNotes } from './mirror-reasons.ts';
import type { SentenceTable } from './sentence.ts';
import { withoutName } from './without-name.ts';

/** What is said of a plan but not done. */
export const notes: SentenceTable = {
  ...mirrorNotes,
  ...drillNotes,
  ...checkNotes,
  unseen: {
    say: (t) =>
      `${t.text('part') === 'domain' ? '' : `${t.text('part')} `}was not seen${t.has('message') ? `: ${withoutName(t.text('message'), t.text('part'))}` : ''}`,
    explain:
      'A part could not be looked at. What was decided does not rest on it: nothing is deleted and no full begins because of it, and the exit status is 9.',
  },
  unreadable: {
    say: (t) => `${t.text('path')} cannot be read as ours: ${t.text('message')}`,
    explain:
      'Something in the store, or at the mirror, should be ours and cannot be read: a damaged manifest, a directory with other permissions. Deletions that it could bear on are withheld. Look at the path.',
  },
  'store-read-only': {
    say: (t) => `${t.text('path')} cannot be written`,
    explain: 'The file system of the store is read-only or refuses writes. `dmesg` often says why.',
  },
  'store-fills': {
    say: (t) =>
      `will be full in ${t.age('fillsAt')}, at ${t.bytes('bytesPerDay')} a day: ${t.bytes('freeBytes')} free, reserve ${t.bytes('reserveBytes')}`,
    explain:
      'Each apply notes once a day how much of the file system is in use. The line through these looks (the median of all slopes of the last sixty days) reaches the reserve within `alert` of the store: then no backup would start (G407). Make room, keep fewer points, or set `alert` lower.',
  },
  'foreign-entries': {
    say: (t) => `holds ${t.count('entries', 'entry', 'entries')} that are not ours: never touched`,
    explain:
      'Files or directories in the store, or at the mirror, are not of Holdfast. They are reported and never changed; `holdfast observe` lists them.',
  },
  'double-directory': {
    say: (t) => `${t.text('directory')} holds points of a domain that has another directory too`,
    explain:
      'Two directories of one store hold points of the same uuid, as after a copy by hand. The one with the newest point is used; the other one is kept and never touched.',
  },
  'trash-held': {
    say: (t) => `${t.text('path')} was on its way back, and stays there: run trash restore again`,
    explain:
      'A `trash restore` was cut off when it had held the chain and the chain was not back yet. What is held is not removed for good, however long it has been in the trash. Run `holdfast trash restore` again, or remove the `hold.json` in that directory.',
  },
  'no-such-address': {
    say: () => 'nothing is called that',
    explain:
      'The command line names an address that neither the policy nor the host nor a store knows: a typing mistake, most often.',
  },
  'asked-unmanaged': {
    say: () => 'a point was asked for, but no rule of the policy selects it',
    explain:
      'A point can be taken only of a domain that the policy selects: store and retention come from its rule.',
  },
  'removed-managed': {
    say: () => 'removed: names it, but a rule still selects it: nothing is removed',
    explain:
      'The policy asks for the points of a domain to be removed and for new ones to be taken. Take it out of `domains:` first, or out of `removed:`.',
  },
  'removed-name-differs': {
    say: (t) =>
      `removed: says ${t.text('name')}, but the uuid belongs to this domain: nothing is removed`,
    explain:
      'Name and uuid under `removed:` do not belong together. Both must match, so that a wrong copy of a line deletes nothing.',
  },
  'removed-nothing': {
    say: (t) => `removed: names ${t.text('name')}, of which nothing is left`,
    explain: 'What `removed:` asks for is done. The line can go.',
  },
  'left-running': {
    say: (t) => `was started by run ${t.text('run')} and resumed since: left running`,
    explain:
      'A run started the domain, paused, to take a point, and died. Somebody resumed it meanwhile, so it is in use and is not stopped.',
  },
  'not-put-back': {
    say: (t) => `runs on images that the restore of run ${t.text('run')} left: nothing is put back`,
    explain:
      'A restore in place died before the new definition stood, and the domain was started since. Exchanging its images now would lose what the guest wrote. Shut it down to have the old images put back.',
  },
  'device-half-written': {
    say: (t) =>
      `may be half written: run ${t.text('run')} died while it restored onto ${t.text('device')}; restore it again`,
    explain:
      'A restore had begun to overwrite a block device when it died, and nothing can put back what the device held. Do not start the domain; restore it again with `--overwrite-device`, and this is said no more. While it is off no point is taken of it. If the device is right all the same (somebody wrote it by hand, say), move the journal of that run, `runs/RUN.ndjson` in the state directory, away.',
  },
  'restored-not-defined': {
    say: (t) => `restored by run ${t.text('run')}, which died: no domain uses ${t.text('path')}`,
    explain:
      'A restore had brought the image into its place and died before the domain was defined. It is whole, and nothing removes it. Delete it, or move it away, and restore again.',
  },
  'hold-left': {
    say: (t) => `run ${t.text('run')} died and its hold on ${t.text('chain')} stays`,
    explain:
      'An instant restore held its chain and died before its domain was defined. Holds are removed by people only: `holdfast release ADDRESS`.',
  },
  moved: {
    say: (t) => `was called ${t.text('from')}; its directory stays ${t.text('directory')}`,
    explain:
      '`moved:` says that the domain has a new name. Its points stay where they are; manifests from now on carry the new name.',
  },
  'other-store': {
    say: (t) => `has ${t.count('chains', 'chain')} in store ${t.text('store')} too: kept`,
    explain:
      'Points of this domain lie in another store than the one that its rule names. They are kept, and no rule counts them.',
  },
  'disk-left-out': {
    say: (t) => `disk ${t.text('disk')} is left out: ${exclusionWords(t.text('why'))}`,
    explain:
      'A disk of the domain is in no point, and nobody said so. Exclude it in the rule (`disks: { exclude: […] }`) if that is meant.',
  },
  'internal-snapshots': {
    say: (t) =>
      `has ${t.count('snapshots', 'internal snapshot')}: they cannot be reverted while it is tracked`,
    explain:
      'QEMU refuses to revert an internal snapshot while a dirty bitmap is in the image, and libvirt leaves the domain off after such a try. Run `holdfast untrack DOMAIN` before a revert, or write `tracker: never` on its rule.',
  },
  'faulty-points': {
    say: (t) =>
      `has ${t.count('points', 'faulty point')}: ${t.text('faults').split(', ').map(faultWords).join(', ')}; holdfast verify says more`,
    explain:
      'Points that are not valid count for nothing: not for the RPO, not for retention, and nothing is built on them. They are not deleted. `holdfast points` names them.',
  },
  'points-later': {
    say: (t) => `has ${t.count('points', 'point')} dated later than now: kept, not counted`,
    explain:
      'Points carry an instant that lies after this observation: the clock was wrong then, or is wrong now. They are kept and not counted.',
  },
};
