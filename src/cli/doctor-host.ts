import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { instantOf } from '../model/instant.ts';
import type { DoctorFinding } from '../model/report.ts';
import { run } from '../process/run.ts';
import { zonedClock } from '../reporter/zoned-clock.ts';
import { finding } from './doctor-programs.ts';

/** A user, as the kernel knows it. */
interface User {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whether QEMU's user can go the whole way to a directory: the search bit of
 * every directory on it. Access lists are not looked at.
 */
export function checkWay(path: string, user: User, subject: string): DoctorFinding {
  const way: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    way.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const directory of way) {
    // What is not there yet is made by apply, with the right mode.
    if (!existsSync(directory)) break;
    const stat = statSync(directory);
    const bit = stat.uid === user.uid ? 0o100 : stat.gid === user.gid ? 0o010 : 0o001;
    if ((stat.mode & bit) === 0)
      return finding(
        'error',
        'scratch-reachable',
        subject,
        `QEMU's user (${user.uid}) cannot go through ${directory} (mode ${(stat.mode & 0o7777).toString(8)})`,
        `chmod o+x ${directory}`,
      );
  }
  return finding('ok', 'scratch-reachable', subject, `QEMU's user (${user.uid}) can reach ${path}`);
}

/** Whether others than this user could put points into a store, or take them out of it; null when nobody else can. */
export function checkStoreAccess(path: string, subject: string, uid: number): DoctorFinding | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  const others = (stat.mode & 0o022) !== 0;
  if (stat.uid !== uid && stat.uid !== 0)
    return finding(
      'warning',
      'store-owner',
      subject,
      `${path} belongs to user ${stat.uid}, who can delete or replace every point in it`,
      `chown ${uid} ${path}`,
    );
  return others
    ? finding(
        'warning',
        'store-writable-by-others',
        subject,
        `${path} can be written by other users (mode ${(stat.mode & 0o7777).toString(8)}): they can delete or replace points`,
        `chmod go-w ${path}`,
      )
    : null;
}

const appArmorFile = '/etc/apparmor.d/abstractions/libvirt-qemu';
const appArmorDirectories = [
  '/etc/apparmor.d/abstractions/libvirt-qemu.d',
  '/etc/apparmor.d/local/abstractions',
];

/** Whether AppArmor's rules for QEMU name our directories, where AppArmor confines it. */
export function checkAppArmor(directories: readonly string[]): DoctorFinding {
  const files = [
    appArmorFile,
    ...appArmorDirectories.flatMap((directory) =>
      existsSync(directory) ? readdirSync(directory).map((name) => `${directory}/${name}`) : [],
    ),
  ];
  const text = files
    .filter((file) => existsSync(file) && statSync(file).isFile())
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const missing = directories.filter((directory) => !text.includes(`${directory}/`));
  if (missing.length === 0)
    return finding('ok', 'apparmor', 'host', 'AppArmor lets QEMU use the directories of Holdfast');
  return finding(
    'warning',
    'apparmor',
    'host',
    `AppArmor confines QEMU, and no rule names ${missing.join(' or ')}: a backup may fail with "Permission denied"`,
    `add to /etc/apparmor.d/local/abstractions/libvirt-qemu: ${missing.map((directory) => `${directory}/** rwk,`).join(' ')}`,
  );
}

// Before this year the program did not exist: the clock is not set.
const earliestYear = 2026;

/** What the clock says, as people of this host read it: `2026-11-22 10:30:02+01:00 (Europe/Berlin)`. */
export function clockWords(now: Date, zone: string): string {
  return `the clock says ${zonedClock(zone).full(instantOf(now.getTime()))} (${zone})`;
}

/** Whether the clock is set, and kept by somebody. */
export async function checkClock(now: Date): Promise<DoctorFinding> {
  const said = clockWords(now, Intl.DateTimeFormat().resolvedOptions().timeZone);
  if (now.getUTCFullYear() < earliestYear)
    return finding(
      'error',
      'clock',
      'host',
      said,
      'set the clock, and keep it with chrony or systemd-timesyncd',
    );
  const asked = await run({
    program: 'timedatectl',
    args: ['show', '--property=NTPSynchronized', '--value'],
    timeoutSeconds: 5,
  });
  // No answer (no systemd) says nothing about the clock.
  if (asked.ok && asked.value.stdout.trim() === 'no')
    return finding(
      'warning',
      'clock',
      'host',
      'the clock is not synchronized: schedules and guard G154 depend on it',
      'apt install chrony',
    );
  return finding('ok', 'clock', 'host', said);
}
