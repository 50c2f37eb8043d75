/** Why a disk is left out of a point. */
export const exclusions: Readonly<Record<string, string>> = {
  excluded: 'the rule excludes it',
  'not-included': 'the rule does not include it',
  cdrom: 'a CD-ROM',
  floppy: 'a floppy disk',
  readonly: 'read-only',
  transient: 'transient, its changes are thrown away',
  shareable: 'shared with other domains',
  lun: 'a passed-through SCSI device, whose writes QEMU cannot see',
  'unsupported-kind': 'of a kind that cannot be read',
};

/** Why a disk is left out, in words; an unknown code stands for itself. */
export function exclusionWords(code: string): string {
  return Object.hasOwn(exclusions, code) ? (exclusions[code] ?? code) : code;
}
