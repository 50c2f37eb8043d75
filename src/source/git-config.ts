import { sshWords, shellWord } from '../mirror/ssh-words.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import type { HostSource } from '../policy/host-file.ts';

/** By which protocol a url is fetched: the only one that git may use. */
export function protocolOf(url: string): 'ssh' | 'https' | 'file' {
  if (url.startsWith('https://')) return 'https';
  return url.startsWith('/') || url.startsWith('file://') ? 'file' : 'ssh';
}

// What runs when a signature has a form that we do not take: nothing.
const nothing = '/bin/false';

/** A repository elsewhere, and how it is reached. */
export interface GitPlace {
  readonly url: string;
  readonly ssh: { readonly identityFile: string | null; readonly knownHosts: string | null };
  readonly timeoutSeconds: number;
}

type Sections = readonly (readonly [string, Readonly<Record<string, string>>])[];

/**
 * The whole configuration of the bare repository: what git may not do here, and
 * by whose signatures. It is written anew before each look, so that nobody's
 * change to it lasts, and no other configuration is read.
 */
export function gitConfig(source: HostSource, signersFile: string): Result<string, Failure> {
  const confined = confinedSections(source);
  if (!confined.ok) return confined;
  return ok(
    configText([
      ...confined.value,
      ['extensions', { partialClone: 'origin' }],
      [
        'remote "origin"',
        {
          url: source.url,
          promisor: 'true',
          partialCloneFilter: 'blob:none',
          tagOpt: '--no-tags',
        },
      ],
      ['fetch', { recurseSubmodules: 'false', writeCommitGraph: 'false' }],
      [
        'gpg "ssh"',
        {
          program: '/usr/bin/ssh-keygen',
          allowedSignersFile: signersFile,
          ...(source.verify.revoked === null ? {} : { revocationFile: source.verify.revoked }),
        },
      ],
    ]),
  );
}

/** The configuration of a bare repository out of which a branch is pushed: it signs nothing, and checks nothing. */
export function pushConfig(
  place: GitPlace,
  author: { readonly name: string; readonly email: string },
): Result<string, Failure> {
  const confined = confinedSections(place);
  if (!confined.ok) return confined;
  return ok(
    configText([
      ...confined.value,
      ['remote "origin"', { url: place.url }],
      ['user', author],
      ['commit', { gpgSign: 'false' }],
      ['gpg "ssh"', { program: nothing }],
    ]),
  );
}

/** What holds for every repository of ours: no hook, no filter, no question, one protocol. */
function confinedSections({ url, ssh, timeoutSeconds }: GitPlace): Result<Sections, Failure> {
  const words = sshWords({ ...ssh, port: null });
  if (!words.ok) return words;
  // A git that is ended leaves its ssh behind, which a silent server can keep alive for ever.
  const sshCommand = ['/usr/bin/timeout', '-k', '5', String(timeoutSeconds), ...words.value];
  return ok([
    [
      'core',
      {
        repositoryFormatVersion: '1',
        bare: 'true',
        hooksPath: '/dev/null',
        attributesFile: '/dev/null',
        excludesFile: '/dev/null',
        fsmonitor: 'false',
        askPass: nothing,
        // What a signature covers is the commit itself, not a summary of it.
        commitGraph: 'false',
        fsync: 'committed',
        sshCommand: sshCommand.map(shellWord).join(' '),
      },
    ],
    ['protocol', { allow: 'never' }],
    [`protocol "${protocolOf(url)}"`, { allow: 'always' }],
    ['transfer', { fsckObjects: 'true', credentialsInUrl: 'die' }],
    ['http', { lowSpeedLimit: '100', lowSpeedTime: String(timeoutSeconds) }],
    ['gc', { auto: '0' }],
    ['maintenance', { auto: 'false' }],
    ['gpg', { program: nothing }],
    ['gpg "x509"', { program: nothing }],
  ]);
}

function configText(sections: Sections): string {
  return sections
    .map(([name, values]) => {
      const lines = Object.entries(values).map(([key, value]) => `\t${key} = ${quoted(value)}\n`);
      return `[${name}]\n${lines.join('')}`;
    })
    .join('');
}

/** git-config(1): in double quotes only these two are special. Newlines cannot be in a host file's texts. */
function quoted(value: string): string {
  return `"${value.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`)}"`;
}
