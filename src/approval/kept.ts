import type { Approval } from '../model/approval.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { HostSigners } from '../policy/host-file.ts';
import { run } from '../process/run.ts';
import { readGuarded } from '../source/signers.ts';
import { attempt } from '../store/attempt.ts';
import { makeWay, writeDurable } from '../store/durable.ts';
import { realFiles } from '../store/files.ts';
import { approvalsDirectory } from './approvals-directory.ts';
import {
  approvalNamespace,
  parseStatement,
  statementId,
  statementText,
  whyNot,
  type Statement,
} from './statement.ts';

// A statement of a thousand chains has 20 KiB; nothing else belongs there.
const maxBytes = 1024 ** 2;

// Three signatures are checked in the time that one program takes to start.
const timeoutSeconds = 20;

/** A signed approval as it was handed over. */
export interface SignedApproval {
  readonly statement: string;
  readonly signature: string;
}

/** Signs a statement with a key (its file, or the public half of one that an ssh agent has). */
export async function signApproval(
  file: string,
  key: string,
  agentSocket: string | undefined,
): Promise<Result<void, Failure>> {
  const signed = await run({
    program: '/usr/bin/ssh-keygen',
    args: ['-Y', 'sign', '-n', approvalNamespace, '-f', key, file],
    timeoutSeconds: 120,
    ...(agentSocket === undefined ? {} : { env: { SSH_AUTH_SOCK: agentSocket } }),
  });
  return signed.ok ? ok(undefined) : fail({ code: 'not-signed', message: signed.error.message });
}

/** Keeps an approval on this host, if an approver signed it and it counts now. */
export async function keepApproval(
  stateDir: string,
  approvers: HostSigners,
  { statement: content, signature }: SignedApproval,
  here: { readonly host: string; readonly nowMs: number },
): Promise<Result<Approval, Failure>> {
  const statement = parseStatement(content);
  if (!statement.ok) return statement;
  const id = statementId(statement.value);
  if (statementText(statement.value) !== content)
    return fail({
      code: 'not-an-approval',
      message: 'it is not written as holdfast approve writes it',
    });
  if (statement.value.host !== here.host)
    return fail({
      code: 'other-host',
      message: `it is for host ${statement.value.host}, and this is ${here.host}`,
    });
  const why = whyNot(statement.value, here.nowMs);
  if (why !== null) return fail({ code: 'not-in-force', message: why });
  const directory = approvalsDirectory(stateDir);
  const kept = attempt(`writing ${directory}`, () => {
    makeWay(realFiles, directory);
    // The statement last: without it the signature is nothing.
    writeDurable(realFiles, directory, `${id}.approval.sig`, signature);
    writeDurable(realFiles, directory, `${id}.approval`, content);
    return ok(undefined);
  });
  if (!kept.ok) return kept;
  const signer = await signerOf(`${directory}/${id}.approval`, content, approvers);
  if (signer.ok) return ok(approvalOf(statement.value, signer.value));
  const removed = attempt('removing it again', () => {
    realFiles.removeFile(`${directory}/${id}.approval`);
    realFiles.removeFile(`${directory}/${id}.approval.sig`);
    return ok(undefined);
  });
  return removed.ok ? signer : removed;
}

/**
 * The approvals that are kept here and count now, each checked anew: a key that was revoked since counts
 * no more. `told` hears of those that do not count, but for the expired ones.
 */
export async function keptApprovals(
  stateDir: string,
  approvers: HostSigners,
  here: { readonly host: string; readonly nowMs: number },
  told: (message: string) => void,
): Promise<Result<readonly Approval[], Failure>> {
  const directory = approvalsDirectory(stateDir);
  const files = attempt(`reading ${directory}`, () =>
    ok(realFiles.look(directory) === null ? [] : realFiles.list(directory)),
  );
  if (!files.ok) return files;
  const found: Approval[] = [];
  for (const name of files.value.filter((one) => /^[0-9a-f]{16}\.approval$/.test(one)).toSorted()) {
    const path = `${directory}/${name}`;
    const content = readSmall(path);
    const statement = content.ok ? parseStatement(content.value) : content;
    if (!content.ok || !statement.ok) {
      told(`${path} is no approval${statement.ok ? '' : `: ${statement.error.message}`}`);
      continue;
    }
    const isHere = statement.value.host === here.host;
    if (!isHere || whyNot(statement.value, here.nowMs) !== null) continue;
    const signer = await signerOf(path, content.value, approvers);
    if (signer.ok) found.push(approvalOf(statement.value, signer.value));
    else told(`${path} does not count: ${signer.error.message}`);
  }
  return ok(found);
}

/** What plans are told of it: plan and reason stay in the statement. */
function approvalOf(statement: Statement, by: string): Approval {
  const { host, code, scope, subjects, madeAt, until } = statement;
  const id = statementId(statement);
  return { id, host, code, scope, subjects, madeAt, until, by, how: 'signature' };
}

function readSmall(path: string): Result<string, Failure> {
  return attempt(`reading ${path}`, () => {
    const look = realFiles.look(path);
    return look?.kind === 'file' && look.sizeBytes <= maxBytes
      ? ok(realFiles.read(path))
      : fail({ code: 'not-a-file', message: 'it is no file of at most 1 MiB' });
  });
}

/** What ssh-keygen prints; null if it does not end with 0. */
async function keygen(args: readonly string[], input = ''): Promise<string | null> {
  const ran = await run({ program: '/usr/bin/ssh-keygen', args, input, timeoutSeconds });
  return ran.ok ? ran.value.stdout : null;
}

/** Who signed, as the file of approvers calls them. */
async function signerOf(
  path: string,
  statement: string,
  { signers, revoked }: HostSigners,
): Promise<Result<string, Failure>> {
  for (const file of [signers, revoked]) {
    const guarded = file === null ? null : readGuarded(file);
    if (guarded?.ok === false) return guarded;
  }
  const signature = `${path}.sig`;
  const names = await keygen(['-Y', 'find-principals', '-s', signature, '-f', signers]);
  const [principal = ''] = (names ?? '').split(/[\n,]/);
  const unlisted = fail({
    code: 'not-an-approver',
    message: `no key of ${signers} that counts today signed it`,
  });
  if (principal === '') return unlisted;
  const verified = await keygen(
    [
      '-Y',
      'verify',
      '-n',
      approvalNamespace,
      '-I',
      principal,
      '-s',
      signature,
      '-f',
      signers,
      ...(revoked === null ? [] : ['-r', revoked]),
    ],
    statement,
  );
  return verified === null ? unlisted : ok(principal);
}
