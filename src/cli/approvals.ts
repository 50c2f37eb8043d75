import { loadApprovals } from '../approval/load-approvals.ts';
import type { Request } from '../model/plan.ts';
import { realFiles } from '../store/files.ts';
import { complain, type Context } from './context.ts';
import type { Session } from './session.ts';

/** What was asked for, with the approvals that count on this host now; those of a saved plan never count. */
export async function withApprovals(
  context: Context,
  { host, hostName, policy }: Session,
  { approvals: _old, ...request }: Request,
  warn: (message: string) => void = (message) => complain(context, message),
): Promise<Request> {
  const approvals = await loadApprovals({
    stateDir: host.stateDir,
    approvers: host.approvals,
    host: hostName,
    // Only a commit whose signature was checked can approve.
    commit: host.source !== null && context.globals.policy === undefined ? policy.git.commit : null,
    nowMs: context.clock.now(),
    files: realFiles,
    warn,
  });
  return approvals.length === 0 ? request : { ...request, approvals };
}
