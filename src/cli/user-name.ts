import { userInfo } from 'node:os';

/** Who asks, for holds and manifests: the person behind sudo, else the process's user. */
export function userName(env: Readonly<Record<string, string | undefined>>): string {
  const behind = env['SUDO_USER'] ?? '';
  if (behind !== '') return behind;
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return String(process.getuid?.() ?? 'unknown');
  }
}
