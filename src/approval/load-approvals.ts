import type { Approval } from '../model/approval.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import type { HostSigners } from '../policy/host-file.ts';
import type { Files } from '../store/files.ts';
import { keptApprovals } from './kept.ts';
import { trailerApprovals } from './trailers.ts';
import { unused } from './used.ts';

/** What approvals are looked for with. */
export interface ApprovalSetting {
  readonly stateDir: string;
  /** null: the host file names nobody, and no approval counts. */
  readonly approvers: HostSigners | null;
  readonly host: string;
  /** The commit in force of a git source; null: the policy is a file. */
  readonly commit: string | null;
  readonly nowMs: number;
  readonly files: Files;
  /** Told, in one sentence, of what does not count. */
  readonly warn: (message: string) => void;
}

/**
 * The approvals that count now on this host, signed by those whom the host file
 * names: an input of the planner. What cannot be checked does not count (G304 of the notes).
 */
export async function loadApprovals(setting: ApprovalSetting): Promise<readonly Approval[]> {
  const { stateDir, approvers, host, commit, nowMs, files, warn } = setting;
  if (approvers === null) return [];
  const kept = await keptApprovals(stateDir, approvers, { host, nowMs }, warn);
  const trailers =
    commit === null ? ok([]) : await trailerApprovals({ stateDir, commit, host, nowMs }, approvers);
  const found: readonly Result<readonly Approval[], Failure>[] = [kept, trailers];
  for (const one of found) if (!one.ok) warn(`approvals do not count: ${one.error.message}`);
  const left = unused(
    stateDir,
    found.flatMap((one) => (one.ok ? one.value : [])),
    files,
  );
  if (left.ok) return left.value;
  warn(`approvals do not count: ${left.error.message}`);
  return [];
}
