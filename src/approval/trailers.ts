import { existsSync } from 'node:fs';
import type { Approval } from '../model/approval.ts';
import { digestOf } from '../model/canonical.ts';
import { instantOf } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { HostSigners } from '../policy/host-file.ts';
import { candidate, cloneDirectory } from '../source/clone.ts';
import { gitIn, type Git } from '../source/git.ts';
import { readSigners } from '../source/signers.ts';
import { verifyCommits } from '../source/verify-commits.ts';
import { longestDays, whyNot } from './statement.ts';

const trailer = 'Holdfast-Approve';

/** The line of a commit's message that approves: host, end, subjects, guard and scope. */
export function trailerLine(
  approval: Pick<Approval, 'host' | 'until' | 'subjects' | 'code' | 'scope'>,
): string {
  const { host, until, subjects, code, scope } = approval;
  return `${trailer}: ${host} ${until} ${subjects.join(',')} ${code}=${scope}`;
}

const lineForm =
  /^(\S+) (\d{4}-\d\d-\d\dT[\d:.]+Z) ([0-9a-f]{16}(?:,[0-9a-f]{16})*) ([A-Za-z][\w-]*)=(.+)$/;

// Whoever approves does so in the newest commits; older ones have expired.
const maxCommits = 200;

/**
 * Approvals in commits of the last fortnight that are in force, or below what is: each
 * such commit must be signed by an approver, who may be fewer than those who may commit.
 */
export async function trailerApprovals(
  {
    stateDir,
    commit,
    host,
    nowMs,
  }: {
    readonly stateDir: string;
    readonly commit: string;
    readonly host: string;
    readonly nowMs: number;
  },
  approvers: HostSigners,
): Promise<Result<readonly Approval[], Failure>> {
  const directory = cloneDirectory(stateDir);
  // A clone that was lost is made again by the next fetch.
  if (!existsSync(`${directory}/${candidate}`)) return ok([]);
  const signers = readSigners(approvers.signers, nowMs);
  if (!signers.ok) return signers;
  const git = approversGit(gitIn(directory), approvers);
  const since = instantOf(nowMs - longestDays * 86_400_000);
  const log = await git([
    'log',
    '-z',
    `--max-count=${maxCommits}`,
    `--since=${since}`,
    `--format=tformat:%H%x00%cI%x00%(trailers:key=${trailer},valueonly,unfold,separator=%x01)`,
    commit,
    '--',
  ]);
  if (!log.ok) return log;
  if (log.value.exit !== 0)
    return fail({ code: 'clone', message: `the clone does not hold commit ${commit.slice(0, 7)}` });
  const cells = log.value.out.split('\0');
  const found: Approval[] = [];
  for (let at = 0; at + 2 < cells.length; at += 3) {
    const [name = '', date = '', lines = ''] = cells.slice(at, at + 3);
    if (lines === '') continue;
    const checked = await verifyCommits(git, { inForce: null, tip: name }, signers.value);
    if (!checked.ok) return checked;
    const [head] = checked.value ?? [];
    if (head?.verdict !== 'signed' || head.signer === null) continue;
    const by = head.signer;
    const madeAt = instantOf(Date.parse(date));
    found.push(
      ...lines
        .split('\u0001')
        .flatMap((line) => approvalIn(line.trim(), { commit: name, madeAt, by }))
        .filter((approval) => approval.host === host && whyNot(approval, nowMs) === null),
    );
  }
  return ok(found);
}

function approvalIn(
  line: string,
  { commit, madeAt, by }: { readonly commit: string; readonly madeAt: string; readonly by: string },
): readonly Approval[] {
  const [, host = '', end = '', subjects = '', code = '', scope = ''] = lineForm.exec(line) ?? [];
  const untilMs = Date.parse(end);
  if (host === '' || Number.isNaN(untilMs)) return [];
  return [
    {
      id: digestOf([commit, line]).slice(0, 16),
      host,
      code,
      scope,
      subjects: subjects.split(','),
      madeAt,
      until: instantOf(untilMs),
      by,
      how: 'commit',
    },
  ];
}

/** Git that knows the approvers instead of those who may commit. */
function approversGit(git: Git, { signers, revoked }: HostSigners): Git {
  const config = [
    `gpg.ssh.allowedSignersFile=${signers}`,
    ...(revoked === null ? [] : [`gpg.ssh.revocationFile=${revoked}`]),
  ].flatMap((value) => ['-c', value]);
  return async (args, timeoutSeconds) => git([...config, ...args], timeoutSeconds);
}
