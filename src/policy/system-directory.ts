// Filesystem Hierarchy Standard 3.0: what boots and runs the host, what the kernel makes up (proc, sys, dev), and what
// packages own. Nothing at or below these can be a store.
const whole = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/proc',
  '/sbin',
  '/sys',
];
// Only these themselves: below them people do keep disks and directories of their own.
const alone = [
  '/',
  '/home',
  '/root',
  '/run',
  '/run/media',
  '/tmp',
  '/usr',
  '/usr/local',
  '/var',
  '/var/cache',
  '/var/lib',
  '/var/lib/libvirt',
  '/var/log',
  '/var/spool',
  '/var/tmp',
];
// Of /usr, all but the place for what packages do not own.
const wholeOfUsr = [
  'bin',
  'games',
  'include',
  'lib',
  'lib32',
  'lib64',
  'libexec',
  'libx32',
  'sbin',
  'share',
  'src',
];

/** Whether a path (absolute, without a slash at its end) belongs to the operating system, so that no store may be made there. */
export function isSystemDirectory(path: string): boolean {
  const isAtOrBelow = (directory: string): boolean =>
    path === directory || path.startsWith(`${directory}/`);
  return (
    alone.includes(path) ||
    whole.some(isAtOrBelow) ||
    wholeOfUsr.some((name) => isAtOrBelow(`/usr/${name}`))
  );
}
