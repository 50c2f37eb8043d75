import { onMirror, addressOf } from '../model/address.ts';
import type { DesiredState } from '../model/desired.ts';
import type { ObservedMirrorContent } from '../model/observed-mirror.ts';
import type { ObservedMirror } from '../model/observed.ts';
import type { DoctorFinding } from '../model/report.ts';
import { run } from '../process/run.ts';
import { plural } from '../reporter/plural.ts';
import { finding } from './doctor-programs.ts';

// They only say their version.
const timeoutSeconds = 20;

const programs = {
  rsync: { args: ['--version'], install: 'apt install rsync' },
  ssh: { args: ['-V'], install: 'apt install openssh-client' },
  rclone: { args: ['version'], install: 'apt install rclone' },
} as const;

/** The programs that the policy's mirrors need. */
export async function mirrorPrograms(
  mirrors: DesiredState['mirrors'],
): Promise<readonly DoctorFinding[]> {
  const isRemote = mirrors.some(({ type, target }) => type === 'rsync' && !target.startsWith('/'));
  const needed = [
    ...(mirrors.some(({ type }) => type === 'rsync') ? (['rsync'] as const) : []),
    ...(isRemote ? (['ssh'] as const) : []),
    ...(mirrors.some(({ type }) => type === 'rclone') ? (['rclone'] as const) : []),
  ];
  return Promise.all(
    needed.map(async (program) => {
      const { args, install } = programs[program];
      const asked = await run({ program, args, timeoutSeconds });
      if (!asked.ok) return finding('error', program, 'host', asked.error.message, install);
      // ssh says its version on standard error.
      const said = `${asked.value.stdout}\n${asked.value.stderr}`.trim().split('\n')[0] ?? '';
      return finding('ok', program, 'host', said.trim());
    }),
  );
}

const remedies: Readonly<Record<string, string>> = {
  'mirror-unreachable':
    'look whether the far end is up, its name and port are right, and ssh gets in',
  'host-key-unknown':
    'ssh to it once as the user that runs holdfast, compare the fingerprint with the one that the far end shows at its own console, and accept it',
  permission:
    'put the public key of the identity file into authorized_keys there, or give that user the directory',
  'mirror-missing': 'make the directory there, or mount its disk',
  'mirror-lost': 'bring back what was there; what the message names begins it anew',
  'mirror-full': 'free space there, or keep fewer points',
  'not-supported': 'use a newer version of the program, here or there',
  'bad-target': 'correct the target in the policy',
};

/** Whether each mirror can be seen, and what is wrong there. */
export function mirrorFindings(mirrors: readonly ObservedMirror[]): readonly DoctorFinding[] {
  return mirrors.flatMap(({ name, stores }) =>
    stores.flatMap(({ state }) => {
      const subject = `mirror/${name}`;
      if (state.seen) return contentFindings(name, subject, state.value);
      const { code, message } = state.failure;
      const remedy = remedies[code] ?? 'do what the message says, then holdfast mirror list';
      return [finding('error', code, subject, message, remedy)];
    }),
  );
}

function contentFindings(
  name: string,
  subject: string,
  { directories, unreadable }: ObservedMirrorContent,
): readonly DoctorFinding[] {
  const points = directories.flatMap(({ chains }) => chains.flatMap((chain) => chain.points));
  return [
    finding('ok', 'mirror', subject, `can be seen: ${plural(points.length, 'copy', 'copies')}`),
    ...unreadable.map(({ code, path, message }) =>
      finding(
        'error',
        code,
        subject,
        `${path}: ${message}`,
        'make it readable there, or move it away',
      ),
    ),
    ...directories.flatMap(({ name: domain, chains }) => {
      const faulty = chains.flatMap((chain) =>
        chain.points.filter((each) => each.fault !== undefined),
      );
      if (faulty.length === 0) return [];
      const address = onMirror(name, addressOf(domain));
      const words = `${plural(faulty.length, 'copy is', 'copies are')} faulty`;
      return [finding('error', 'faulty-copies', address, words, `holdfast verify ${address}`)];
    }),
  ];
}
