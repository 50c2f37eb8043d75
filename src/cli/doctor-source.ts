import { statSync } from 'node:fs';
import { instantOf } from '../model/instant.ts';
import type { DoctorFinding } from '../model/report.ts';
import type { HostFile, HostSigners, HostSource } from '../policy/host-file.ts';
import { run } from '../process/run.ts';
import { sourceRefusalWords } from '../reporter/source.ts';
import { protocolOf } from '../source/git-config.ts';
import type { SourceSetting } from '../source/look-at-source.ts';
import { readPublishState } from '../source/publish-state.ts';
import { reachSource } from '../source/reach-source.ts';
import { readGuarded, readSigners } from '../source/signers.ts';
import { readSourceState } from '../source/state.ts';
import { finding, isAtLeast } from './doctor-programs.ts';

// They only say their version.
const timeoutSeconds = 20;

// The first git that verifies ssh signatures; fetches without files are older.
const minimumGit = '2.34.0';

/** The git repositories of the host file: programs, keys, who may sign, and whether the source can be reached. */
export async function sourceFindings(
  host: HostFile,
  settingOf: (source: HostSource) => SourceSetting,
  now: () => number,
): Promise<readonly DoctorFinding[]> {
  const { source, publish, approvals } = host;
  const needsGit = source !== null || publish !== null;
  return [
    ...(needsGit ? [await checkGit()] : []),
    ...(source === null && approvals === null ? [] : await checkKeygen()),
    ...(source === null ? [] : await checkSource(source, settingOf(source))),
    ...(approvals === null ? [] : signerFindings('approvals', approvals, now())),
    ...(publish === null
      ? []
      : [...sshFindings('publish', publish), ...publishFindings(host.stateDir)]),
  ];
}

async function checkGit(): Promise<DoctorFinding> {
  const asked = await run({ program: 'git', args: ['--version'], timeoutSeconds });
  return asked.ok
    ? gitFinding(asked.value.stdout)
    : finding('error', 'git', 'host', asked.error.message, 'apt install git');
}

/** Reads `git --version`. */
export function gitFinding(text: string): DoctorFinding {
  const version = /^git version (\d+(?:\.\d+)*)/.exec(text)?.[1] ?? '0';
  return isAtLeast(version, minimumGit)
    ? finding('ok', 'git', 'host', `git ${version}`)
    : finding(
        'error',
        'git',
        'host',
        `git ${version} is older than ${minimumGit}: it cannot verify ssh signatures`,
        `install git ${minimumGit} or newer`,
      );
}

/** ssh-keygen, which git lets verify; it has no word that only says its version. */
async function checkKeygen(): Promise<readonly DoctorFinding[]> {
  const asked = await run({ program: 'ssh-keygen', args: ['-Q'], timeoutSeconds });
  return asked.ok || asked.error.code !== 'not-started'
    ? []
    : [finding('error', 'ssh-keygen', 'host', asked.error.message, 'apt install openssh-client')];
}

async function checkSource(
  source: HostSource,
  setting: SourceSetting,
): Promise<readonly DoctorFinding[]> {
  const files = [
    ...signerFindings('source', source.verify, setting.now()),
    ...sshFindings('source', source),
  ];
  const state = readSourceState(setting.stateDir);
  if (!state.ok) {
    const { code, message } = state.error;
    return [
      ...files,
      finding('error', code, 'source', message, 'holdfast source reset --reason TEXT'),
    ];
  }
  const { inForce, refused } = state.value;
  const at = instantOf(setting.now());
  const { timeZone: timezone } = Intl.DateTimeFormat().resolvedOptions();
  const refusals =
    refused === null
      ? []
      : [
          finding(
            'warning',
            'source-refused',
            'source',
            `${sourceRefusalWords(refused.refusal, { at, timezone })}; the last good policy stays in force`,
            'holdfast verify-source lists all new commits; docs/source.md says what mends each',
          ),
        ];
  // Who may not sign, or has no key, is not asked over the net.
  if (files.some(({ severity }) => severity === 'error')) return [...files, ...refusals];
  const reached = await reachSource(setting);
  if (reached.ok) {
    const said = `${source.branch} of ${source.url} can be reached`;
    return [...files, ...refusals, finding('ok', 'source', 'source', said)];
  }
  const { code, message } = reached.error;
  // What is in force goes on counting: that nothing new comes is no reason for a red light.
  const severity = inForce === null ? 'error' : 'warning';
  return [...files, ...refusals, finding(severity, code, 'source', message, remedyOf(message))];
}

function remedyOf(message: string): string {
  if (message.includes('Host key verification failed'))
    return "compare the git server's key with what its operator says, and put it into ssh.knownHosts (ssh-keyscan)";
  if (message.includes('Permission denied ('))
    return 'give the public key of ssh.identityFile to the git server, to read only';
  return 'look whether the git server is up, and the url and the branch are right; then holdfast verify-source';
}

/** Whose signatures count: the files must be there, name a key, and be nobody else's to write. */
function signerFindings(
  subject: string,
  { signers, revoked }: HostSigners,
  nowMs: number,
): readonly DoctorFinding[] {
  const remedy =
    'write the keys into it, as ssh-keygen(1) says under ALLOWED SIGNERS, and chmod 644';
  const read = readSigners(signers, nowMs);
  const lists = revoked === null ? null : readGuarded(revoked);
  return [
    ...(read.ok ? [] : [finding('error', read.error.code, subject, read.error.message, remedy)]),
    ...(read.ok && read.value.listed.size === read.value.expired.size
      ? [
          finding(
            'error',
            'signers-expired',
            subject,
            `${signers}: the time of every key in it is over`,
            'add a line for a key that counts today',
          ),
        ]
      : []),
    ...(lists === null || lists.ok
      ? []
      : [
          finding(
            'error',
            lists.error.code,
            subject,
            lists.error.message,
            'make it, or take revoked out of the host file',
          ),
        ]),
  ];
}

/** The key that is shown, and the keys of servers that are known. */
function sshFindings(
  subject: string,
  { url, ssh }: Pick<HostSource, 'url' | 'ssh'>,
): readonly DoctorFinding[] {
  if (protocolOf(url) !== 'ssh') return [];
  const { identityFile, knownHosts } = ssh;
  return [
    ...(identityFile === null ? [] : checkIdentity(subject, identityFile)),
    ...(knownHosts === null ? [] : checkKnownHosts(subject, knownHosts)),
  ];
}

function checkIdentity(subject: string, file: string): readonly DoctorFinding[] {
  const stat = statSync(file, { throwIfNoEntry: false });
  const bad = (message: string, remedy: string): readonly DoctorFinding[] => [
    finding('error', 'identity-file', subject, message, remedy),
  ];
  if (stat === undefined)
    return bad(
      `the key ${file} is not there`,
      `ssh-keygen -t ed25519 -N '' -f ${file}, and give ${file}.pub to the git server`,
    );
  return (stat.mode & 0o077) === 0
    ? []
    : bad(
        `the key ${file} is open to other users (mode ${(stat.mode & 0o7777).toString(8)}): ssh does not use it`,
        `chmod 600 ${file}`,
      );
}

function checkKnownHosts(subject: string, file: string): readonly DoctorFinding[] {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat !== undefined && stat.size > 0) return [];
  const how = stat === undefined ? 'is not there' : 'is empty';
  return [
    finding(
      'error',
      'known-hosts',
      subject,
      `${file} ${how}: no git server is known, and none is trusted`,
      `ssh-keyscan SERVER > ${file}, and compare its fingerprint with the server's`,
    ),
  ];
}

function publishFindings(stateDir: string): readonly DoctorFinding[] {
  const state = readPublishState(stateDir);
  const failed = state.ok ? state.value.failed : { message: state.error.message };
  return failed === null
    ? []
    : [
        finding(
          'warning',
          'not-published',
          'publish',
          failed.message,
          'holdfast publish tries again',
        ),
      ];
}
