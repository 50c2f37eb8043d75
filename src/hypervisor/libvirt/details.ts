import { isCheckpointName } from '../../model/identity.ts';
import type { ObservedCheckpoint, ObservedDomain } from '../../model/observed.ts';
import { seen, unseen, type Failure, type Seen } from '../../model/result.ts';
import type { KnownJob } from '../hypervisor.ts';
import { firstFailure, type Asker } from './ask-groups.ts';
import { readCheckpointXml } from './checkpoint-xml.ts';
import { ownedJob, readBackupSocket, readBlockJob, readJobOperation } from './job.ts';
import { valueOf, type Known } from './known.ts';
import { monitorBusy, withMonitorLock } from './monitor-lock.ts';
import type { Block, VirshCommand } from './virsh.ts';

/** What the second questions gave of one domain. */
export interface Details {
  readonly checkpoints: Seen<readonly ObservedCheckpoint[]>;
  readonly blockJobs: readonly string[];
  readonly job: ObservedDomain['job'];
  readonly capacities: ReadonlyMap<string, number>;
  readonly failure: Failure | null;
}

/** A question, what its answer is about, and the answer. */
interface Question {
  readonly about: 'block-job' | 'checkpoint' | 'job' | 'sizes';
  readonly name: string;
  readonly command: VirshCommand;
}
type Answered = Question & { readonly block: Block | undefined };

/**
 * Block jobs, the owner of a job, and checkpoints with their dirty bytes: what
 * takes names from the first answers. Dirty bytes are asked last and on lines
 * of their own, because only they need QEMU itself to answer: of one that
 * hangs, the rest is seen.
 */
export async function askSecond(
  asker: Asker,
  known: readonly Known[],
  jobs: readonly KnownJob[],
  runDir: string,
): Promise<ReadonlyMap<Known, Details>> {
  const facts = await askQuestions(asker, known, factQuestions);
  const sized = known.some(
    ({ defined, checkpointNames }) =>
      defined.runningId !== null && checkpointNames.seen && checkpointNames.value.length > 0,
  );
  const ask = () => askQuestions(asker, known, checkpointQuestions);
  const checkpoints =
    (sized ? await withMonitorLock(runDir, 'shared', ask) : await ask()) ?? notAsked(known);
  return new Map(
    known.map((one) => [
      one,
      detailsOf(one, [...(facts.get(one) ?? []), ...(checkpoints.get(one) ?? [])], jobs),
    ]),
  );
}

/** The questions on checkpoints without their answers: unseen, and not none. */
function notAsked(known: readonly Known[]): ReadonlyMap<Known, readonly Answered[]> {
  const { error } = monitorBusy('Checkpoints were not looked at');
  const block: Block = { ok: false, error };
  return new Map(
    known.map((one) => [one, checkpointQuestions(one).map((each) => ({ ...each, block }))]),
  );
}

async function askQuestions(
  asker: Asker,
  known: readonly Known[],
  questionsOf: (one: Known) => readonly Question[],
): Promise<ReadonlyMap<Known, readonly Answered[]>> {
  const asked = known
    .map((one) => ({ key: one, questions: questionsOf(one) }))
    .filter(({ questions }) => questions.length > 0);
  const answered = new Map<Known, readonly Answered[]>();
  await asker.askGroups(
    asked.map((each) => ({
      key: each,
      commands: each.questions.map(({ command }) => command),
    })),
    ({ key, questions }, blocks) =>
      answered.set(
        key,
        questions.map((question, at) => ({ ...question, block: blocks[at] })),
      ),
  );
  return answered;
}

function factQuestions({ listed, defined, backup }: Known): readonly Question[] {
  const { uuid } = listed;
  const disks = defined.disks.filter(
    ({ device }) => defined.runningId !== null && (device === 'disk' || device === 'lun'),
  );
  return [
    ...disks.map((disk): Question => ({
      about: 'block-job',
      name: disk.target,
      command: ['blockjob', '--raw', uuid, disk.target],
    })),
    ...(defined.runningId !== null && backup === null
      ? [{ about: 'job', name: '', command: ['domjobinfo', uuid] } as const]
      : []),
    ...(defined.disks.some((disk) => disk.source.kind === 'network')
      ? [{ about: 'sizes', name: '', command: ['domstats', '--block', '--nowait', uuid] } as const]
      : []),
  ];
}

function checkpointQuestions({ listed, defined, checkpointNames }: Known): readonly Question[] {
  const running = defined.runningId !== null;
  const names = checkpointNames.seen ? checkpointNames.value : [];
  return names.map((name) => ({
    about: 'checkpoint',
    name,
    command: [
      'checkpoint-dumpxml',
      '--no-domain',
      // Of ours only: nobody needs the others' sizes, and each is a question to QEMU itself.
      ...(running && isCheckpointName(name) ? ['--size'] : []),
      listed.uuid,
      `--checkpointname=${name}`,
    ],
  }));
}

function detailsOf(known: Known, answers: readonly Answered[], jobs: readonly KnownJob[]): Details {
  const of = (about: Question['about']): readonly Answered[] =>
    answers.filter((answer) => answer.about === about);
  const blockJobs = of('block-job').filter(({ block }) => {
    const type = block?.ok === true ? readBlockJob(block.value) : null;
    return type !== null && type !== 'backup';
  });
  const [job] = of('job');
  const [sizes] = of('sizes');
  const refused = [...of('block-job'), ...of('job')].find(
    ({ block }) => block?.ok !== true && block?.error.code !== 'not-supported',
  );
  return {
    checkpoints: known.checkpointNames.seen
      ? checkpointsOf(of('checkpoint'))
      : known.checkpointNames,
    blockJobs: blockJobs.map(({ name }) => name),
    job: jobOf(known, valueOf(job?.block), jobs),
    capacities: capacitiesOf(valueOf(sizes?.block)),
    failure: refused === undefined ? null : firstFailure([refused.block]),
  };
}

/** The job that runs on a domain. A backup that began between the two questions has no socket yet: somebody's, until the next look. */
function jobOf(
  { backup, listed }: Known,
  info: string,
  jobs: readonly KnownJob[],
): ObservedDomain['job'] {
  if (backup !== null) return ownedJob('backup', readBackupSocket(backup), listed.uuid, jobs);
  const operation = readJobOperation(info);
  return operation === null ? null : ownedJob(operation, null, listed.uuid, jobs);
}

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
    // Deleted since it was listed.
    if (block?.ok === false && /Domain checkpoint not found/.test(block.error.message)) continue;
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
