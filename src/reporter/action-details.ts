import type { Action } from '../model/action.ts';
import type { Backup } from '../model/backup-action.ts';
import type { HideCopies } from '../model/copy-action.ts';
import type { Restore } from '../model/restore-action.ts';
import type { TrashChain } from '../model/store-action.ts';
import { exclusionWords } from './exclusions.ts';
import { humanBytes } from './human-bytes.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import { reasonSentence } from './reasons.ts';
import type { Setting } from './sentence.ts';

/** Lines below an action: always where files of this host are overwritten or removed; else only with all details. */
export function actionDetails(
  action: Action,
  setting: Setting,
  verbose: boolean,
): readonly string[] {
  const special =
    action.kind === 'restore'
      ? restoreDetails(action)
      : action.kind === 'discard-files' || action.kind === 'end-drill'
        ? action.paths.map((path) => `removes ${printable(path)}`)
        : [];
  if (!verbose) return special;
  return [
    ...special,
    ...(action.kind === 'backup' ? backupDetails(action, setting) : []),
    ...(action.kind === 'discard-incoming' || action.kind === 'purge-trash'
      ? [`path ${printable(action.path)}`]
      : []),
    ...('mirror' in action ? [`mirror ${printable(action.mirror.target)}`] : []),
    ...(action.kind === 'copy-points'
      ? [
          `points ${printable(action.points.map(({ directory }) => directory).join(', '))}`,
          ...(action.compare === 'content' ? ['every byte there is compared'] : []),
        ]
      : []),
    ...(action.kind === 'trash-chain' || action.kind === 'hide-copies'
      ? [goodbyeWords(action, setting)]
      : []),
    ...(action.blockedBy.length > 0
      ? [`blocked by ${printable(action.blockedBy.join(', '))}`]
      : []),
    ...(action.dependsOn.length > 0 ? [`after ${printable(action.dependsOn.join(', '))}`] : []),
    `id ${printable(action.id)}`,
  ];
}

/** When a deletion frees its space, and how much. */
function goodbyeWords(action: TrashChain | HideCopies, { clock }: Setting): string {
  const isMost = action.kind === 'hide-copies' || action.freesAtMost === true;
  const frees =
    action.bytes === null
      ? ''
      : `, which frees ${isMost ? 'up to ' : ''}${humanBytes(action.bytes)}`;
  return `may be removed for good after ${clock.minute(action.purgeAfter)}${frees}`;
}

function backupDetails(action: Backup, setting: Setting): readonly string[] {
  const disks = action.disks.map((disk) => {
    const why = disk.reasons.map((reason) => reasonSentence(reason, setting));
    const size = disk.estimateBytes === null ? '' : `, ${humanBytes(disk.estimateBytes)}`;
    const because = why.length === 0 ? '' : `: ${why.join('; ')}`;
    return `${printable(disk.target)} ${disk.level}${size}${because}`;
  });
  const excluded = action.excluded.map(
    ({ target, code }) => `${printable(target)} left out: ${exclusionWords(code)}`,
  );
  return [
    ...disks,
    ...excluded,
    `power ${action.power}, quiesce ${action.quiesce}, verify ${action.verify}`,
    `chain ${action.chain}, point ${action.point}, store ${printable(action.store.name)}`,
    ...(action.release.length === 0
      ? []
      : [`then lets go of ${plural(action.release.length, 'checkpoint')}`]),
    ...(action.hold === null ? [] : [`held: ${printable(action.hold)}`]),
    ...(action.note === null ? [] : [`note: ${printable(action.note)}`]),
  ];
}

function restoreDetails(action: Restore): readonly string[] {
  const images = action.images.flatMap((image) => [
    `${printable(image.target)} to ${printable(image.to)}, ${humanBytes(image.sizeBytes)}, ${
      image.toKind === 'block' ? 'overwrites the device' : image.format
    }`,
    ...(image.asideAs === null ? [] : [`  what is there is kept as ${printable(image.asideAs)}`]),
    ...(image.tailBytes === undefined
      ? []
      : [`  the device is larger: its last ${humanBytes(image.tailBytes)} stay as they are`]),
  ]);
  const firmware = action.firmware.map(
    ({ kind, to }) => `${kind === 'nvram' ? 'UEFI variables' : 'TPM state'} to ${printable(to)}`,
  );
  const { define } = action;
  return [
    ...(action.powerOff ? ['powers the domain off first'] : []),
    ...images,
    ...firmware,
    ...(action.keepDir === null
      ? []
      : [`devices are copied to ${printable(action.keepDir)} before they are overwritten`]),
    ...(define === null
      ? ['defines no domain']
      : [
          `defines ${printable(define.name)} (${define.uuid}), ${
            define.newMacs ? 'new MAC addresses' : 'same MAC addresses'
          }, ${define.start ? 'and starts it' : 'left off'}`,
        ]),
    ...(action.closes === null ? [] : [`closes chain ${action.closes}: the next point is a full`]),
  ];
}
