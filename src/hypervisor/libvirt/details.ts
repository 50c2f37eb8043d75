import type { ObservedCheckpoint, ObservedDomain } from '../../model/observed.ts';
import { seen, unseen, type Failure, type Seen } from '../../model/result.ts';
import type { KnownJob } from '../hypervisor.ts';
import { firstFailure, type Asker, type Group } from './ask-groups.ts';
import { readCheckpointXml } from './checkpoint-xml.ts';
import { ownedJob, readBackupSocket, readBlockJob } from './job.ts';
import { valueOf, type Known } from './known.ts';
import type { Block, VirshCommand } from './virsh.ts';

/** What the second questions gave of one domain. */
export interface Details {
  readonly checkpoints: Seen<readonly ObservedCheckpoint[]>;
  readonly blockJobs: readonly string[];
  readonly job: ObservedDomain['job'];
  readonly capacities: ReadonlyMap<string, number>;
  readonly failure: Failure | null;
}

/** Block jobs, checkpoints with their dirty bytes, the owner of a job: what takes names from the first answers. */
export async function askSecond(
  asker: Asker,
  known: readonly Known[],
  jobs: readonly KnownJob[],
): Promise<ReadonlyMap<Known, Details>> {
  const questions = known.map((one) => ({ key: one, questions: questionsOf(one) }));
  const answers = await asker.askGroups(
    questions
      .filter((one) => one.questions.length > 0)
      .map((one): Group<Known> => ({
        key: one.key,
        commands: one.questions.map((question) => question.command),
      })),
  );
  return new Map(
    questions.map((one) => [
      one.key,
      answersOf(one.key, one.questions, answers.get(one.key) ?? [], jobs),
    ]),
  );
}

/** A question and what its answer is about. */
interface Question {
  readonly about: 'block-job' | 'checkpoint' | 'backup' | 'sizes';
  readonly name: string;
  readonly command: VirshCommand;
}

function questionsOf(known: Known): readonly Question[] {
  const { uuid } = known.listed;
  const { defined, checkpointNames } = known;
  const active = defined.runningId !== null;
  const disks = active
    ? defined.disks.filter((disk) => disk.device === 'disk' || disk.device === 'lun')
    : [];
  const names = checkpointNames.seen ? checkpointNames.value : [];
  return [
    ...disks.map((disk): Question => ({
      about: 'block-job',
      name: disk.target,
      command: ['blockjob', '--raw', uuid, disk.target],
    })),
    ...names.map((name): Question => ({
      about: 'checkpoint',
      name,
      command: [
        'checkpoint-dumpxml',
        '--no-domain',
        ...(active ? ['--size'] : []),
        uuid,
        `--checkpointname=${name}`,
      ],
    })),
    ...(known.operation === 'backup'
      ? [{ about: 'backup', name: '', command: ['backup-dumpxml', uuid] } as const]
      : []),
    ...(defined.disks.some((disk) => disk.source.kind === 'network')
      ? [{ about: 'sizes', name: '', command: ['domstats', '--block', '--nowait', uuid] } as const]
      : []),
  ];
}

function answersOf(
  known: Known,
  questions: readonly Question[],
  blocks: readonly Block[],
  jobs: readonly KnownJob[],
): Details {
  const of = (about: Question['about']): readonly { name: string; block: Block | undefined }[] =>
    questions.flatMap((question, at) =>
      question.about === about ? [{ name: question.name, block: blocks[at] }] : [],
    );
  const blockJobs = of('block-job').filter(({ block }) => {
    const type = block?.ok === true ? readBlockJob(block.value) : null;
    return type !== null && type !== 'backup';
  });
  const [backup] = of('backup');
  const [sizes] = of('sizes');
  const { operation } = known;
  const refused = [...of('block-job'), ...of('backup')].find(
    ({ block }) =>
      block?.ok !== true && block?.error.code !== 'not-supported' && !isNoBackup(block),
  );
  return {
    checkpoints: known.checkpointNames.seen
      ? checkpointsOf(of('checkpoint'))
      : known.checkpointNames,
    blockJobs: blockJobs.map(({ name }) => name),
    job:
      operation === null
        ? null
        : ownedJob(operation, readBackupSocket(valueOf(backup?.block)), known.listed.uuid, jobs),
    capacities: capacitiesOf(valueOf(sizes?.block)),
    failure: refused === undefined ? null : firstFailure([refused.block]),
  };
}

// The job ended between the two questions: a job without a socket is a foreign one, and the next look says more.
const isNoBackup = (block: Block | undefined): boolean =>
  block?.ok === false && /no domain backup job present/.test(block.error.message);

function checkpointsOf(
  answers: readonly { readonly name: string; readonly block: Block | undefined }[],
): Seen<readonly ObservedCheckpoint[]> {
  const checkpoints: ObservedCheckpoint[] = [];
  for (const { name, block } of answers) {
    // A foreign name that virsh cannot be told is one we never use: it is listed without its disks.
    if (block?.ok === false && block.error.code === 'unsafe-name') {
      checkpoints.push({ name, parent: null, disks: [] });
      continue;
    }
    const failure = firstFailure([block]);
    if (failure !== null) return { seen: false, failure };
    const checkpoint = readCheckpointXml(valueOf(block));
    if (checkpoint === null)
      return unseen('unreadable-checkpoint', `checkpoint ${name} cannot be read`);
    checkpoints.push(checkpoint);
  }
  return seen(checkpoints);
}

/** Virtual sizes by target, from `domstats --block`. */
export function capacitiesOf(text: string): ReadonlyMap<string, number> {
  const targets = new Map(
    [...text.matchAll(/block\.(\d+)\.name=(.+)/g)].map(([, at = '', name = '']) => [at, name]),
  );
  return new Map(
    [...text.matchAll(/block\.(\d+)\.capacity=(\d+)/g)].flatMap(([, at = '', bytes]) => {
      const target = targets.get(at);
      return target === undefined ? [] : [[target, Number(bytes)] as const];
    }),
  );
}
