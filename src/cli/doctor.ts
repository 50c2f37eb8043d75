import { hostname } from 'node:os';
import type { Command } from 'commander';
import { instantOf } from '../model/instant.ts';
import type { DoctorFinding } from '../model/report.ts';
import { defaultHostFile, type HostFile, type HostSource } from '../policy/host-file.ts';
import { renderDoctor } from '../reporter/doctor.ts';
import { type Context, type Go, wholeMessage } from './context.ts';
import { drillFindings } from './doctor-drills.ts';
import { checkAppArmor, checkClock, checkStoreAccess, checkWay } from './doctor-host.ts';
import { mirrorFindings, mirrorPrograms } from './doctor-mirrors.ts';
import { observedFindings } from './doctor-observed.ts';
import { checkLibvirt, checkPrograms, finding } from './doctor-programs.ts';
import type { ExitCode } from './exit.ts';
import { loadHost } from './host.ts';
import { desiredOf } from './load-policy.ts';
import { printReport } from './print-report.ts';
import { openSession } from './session.ts';
import { sourceSetting } from './source-policy.ts';

/** `holdfast doctor` */
export function defineDoctor(command: Command, go: Go): void {
  command
    .addHelpText('after', '\nExit status: 0 when nothing is wrong (warnings aside), else 1.')
    .action(async () => go(examine));
}

const hostFileRemedy =
  'correct that place in the host file, or name another one with --host-config; holdfast schema host says what may be in it';

async function examine(context: Context): Promise<ExitCode> {
  const loaded = loadHost(context);
  const host = loaded.ok ? loaded.value : defaultHostFile;
  const [programs, libvirt, clock, seen] = await Promise.all([
    checkPrograms(),
    checkLibvirt(host.uri),
    checkClock(new Date()),
    // Without its host file nobody knows where the policy is.
    loaded.ok ? policyFindings(context) : { findings: [], timezone: 'UTC' },
  ]);
  const sources = await gitFindings(context, host);
  const findings: readonly DoctorFinding[] = [
    ...programs,
    ...sources,
    ...(loaded.ok
      ? []
      : [finding('error', loaded.error.code, 'host', wholeMessage(loaded.error), hostFileRemedy)]),
    ...libvirt.findings,
    clock,
    ...wayFindings(host, libvirt.qemuUser),
    ...(libvirt.appArmor ? [checkAppArmor([host.scratch.path, host.runtimeDir])] : []),
    ...seen.findings,
  ];
  const report = {
    formatVersion: 1,
    host: hostname(),
    at: instantOf(context.clock.now()),
    timezone: seen.timezone,
    findings,
  } as const;
  printReport(context, 'doctor', report, renderDoctor);
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** What the host file says of git repositories and signatures. */
async function gitFindings(context: Context, host: HostFile): Promise<readonly DoctorFinding[]> {
  if (host.source === null && host.publish === null && host.approvals === null) return [];
  // Loaded here: where there is none of them there is no use for git.
  const { sourceFindings } = await import('./doctor-source.ts');
  const settingOf = (source: HostSource) => sourceSetting(context, host, source);
  return sourceFindings(host, settingOf, context.clock.now);
}

function wayFindings(
  host: HostFile,
  user: { readonly uid: number; readonly gid: number } | null,
): readonly DoctorFinding[] {
  if (user === null) return [];
  return [checkWay(host.scratch.path, user, 'scratch'), checkWay(host.runtimeDir, user, 'sockets')];
}

/** What the policy and an observation say; that there is no policy yet is a finding too. */
async function policyFindings(
  context: Context,
): Promise<{ readonly findings: readonly DoctorFinding[]; readonly timezone: string }> {
  const session = await openSession(context);
  if (!session.ok) {
    const { code } = session.error;
    const message = wholeMessage(session.error);
    const remedy = code === 'no-policy' ? 'holdfast init' : 'holdfast validate';
    return { findings: [finding('warning', code, 'policy', message, remedy)], timezone: 'UTC' };
  }
  const observed = await session.value.look();
  const desired = desiredOf(session.value.policy, observed);
  const { policy } = session.value;
  const uid = process.getuid?.() ?? 0;
  const open = observed.stores.flatMap(
    ({ path, name }) => checkStoreAccess(path, `store/${name}`, uid) ?? [],
  );
  const findings = [
    ...observedFindings(observed, desired),
    ...open,
    ...(await mirrorPrograms(policy.mirrors)),
    ...mirrorFindings(observed.mirrors),
    ...(await drillFindings(
      desired,
      observed,
      session.value.host.drill,
      session.value.hypervisor.drills,
    )),
  ];
  return { findings, timezone: policy.timezone };
}
