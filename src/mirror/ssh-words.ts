import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { SshSettings } from './mirror.ts';
import type { RsyncTarget } from './target.ts';

// Longer than any TCP handshake over a slow line; a run has other mirrors to serve.
const connectSeconds = 10;

// A line that drops is noticed after 45 s, not after the two hours of TCP.
const aliveSeconds = 15;
const aliveCount = 3;

/**
 * The words of an ssh that asks nothing, trusts no unknown host, forwards
 * nothing, up to the host, which comes after `--`.
 */
export function sshWords(settings: SshSettings): Result<readonly string[], Failure> {
  const { identityFile, knownHosts, port } = settings;
  for (const file of [identityFile, knownHosts]) {
    const refused = file === null ? null : whyNoFile(file);
    if (refused !== null) return fail({ code: 'bad-path', message: refused });
  }
  if (port !== null && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    return fail({ code: 'bad-target', message: `${port} is no port` });
  }
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `ConnectTimeout=${connectSeconds}`,
    `ServerAliveInterval=${aliveSeconds}`,
    `ServerAliveCountMax=${aliveCount}`,
    'ClearAllForwardings=yes',
    'ForwardAgent=no',
    'PermitLocalCommand=no',
    ...(knownHosts === null
      ? []
      : [`UserKnownHostsFile=${quotedValue(knownHosts)}`, 'GlobalKnownHostsFile=none']),
    ...(identityFile === null
      ? []
      : [`IdentityFile=${quotedValue(identityFile)}`, 'IdentitiesOnly=yes']),
  ];
  return ok([
    'ssh',
    '-T',
    '-x',
    ...options.flatMap((option) => ['-o', option]),
    ...(port === null ? [] : ['-p', String(port)]),
  ]);
}

/** ssh_config(5): arguments may be in double quotes; `%` begins a token, and `${` a variable. */
function quotedValue(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

function whyNoFile(path: string): string | null {
  if (!path.startsWith('/')) return `${JSON.stringify(path)} must be an absolute path`;
  // Neither can be written in an ssh option so that it stands for itself.
  if (/["\\]|\$\{|\p{Cc}/u.test(path)) {
    return `${JSON.stringify(path)} has a character that ssh would not take as it is; use another path`;
  }
  return null;
}

/** Where ssh goes: the user and the host, which nothing after `--` can turn into an option. */
export function sshDestination(target: RsyncTarget & { readonly kind: 'ssh' }): readonly string[] {
  // rsync writes [::1], ssh wants it bare.
  const host = target.host.replace(/^\[(.*)\]$/, '$1');
  return [...(target.user === null ? [] : ['-l', target.user]), '--', host];
}

/**
 * The words as rsync's `-e` splits them again (rsync(1): quotes as in a shell,
 * a quote inside quotes is doubled).
 */
export function asRemoteShell(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "''")}'`).join(' ');
}

/** One word for the far end's login shell, whichever that is: a single-quoted text without a newline. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
