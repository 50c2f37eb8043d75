import type { DoctorFinding } from '../model/report.ts';
import { run } from '../process/run.ts';

/** A finding in short. */
export function finding(
  severity: DoctorFinding['severity'],
  code: string,
  subject: string,
  message: string,
  remedy: string | null = null,
): DoctorFinding {
  return { severity, code, subject, message, remedy };
}

// Every program here answers at once; libvirtd may be starting, and is given the time for it.
const timeoutSeconds = 20;

// 20.19 is what Debian 13 ships, and the oldest that is tested.
const minimumNode = '20.19.0';
// Since 7.6 libvirt supports incremental backup without a patched capability;
// older ones list it for no machine.
const minimumLibvirt = '7.6.0';
// The first QEMU in which a pull job of several disks and its bitmaps are stable with that libvirt.
const minimumQemu = '6.0.0';

/** Whether a version is not older than another; both dotted numbers. */
export function isAtLeast(version: string, minimum: string): boolean {
  const have = version.split('.').map(Number);
  const want = minimum.split('.').map(Number);
  for (const [index, number] of want.entries()) {
    const part = have[index] ?? 0;
    if (part !== number) return part > number;
  }
  return true;
}

/** Node, qemu-img and flock: what the program itself needs. */
export async function checkPrograms(): Promise<readonly DoctorFinding[]> {
  const node = process.versions.node;
  const findings = [
    isAtLeast(node, minimumNode)
      ? finding('ok', 'node-version', 'host', `Node.js ${node}`)
      : finding(
          'error',
          'node-version',
          'host',
          `Node.js ${node} is older than ${minimumNode}`,
          `install Node.js ${minimumNode} or newer`,
        ),
  ];
  const programs = [
    { program: 'qemu-img', install: 'apt install qemu-utils' },
    { program: 'flock', install: 'apt install util-linux' },
  ];
  for (const { program, install } of programs) {
    const asked = await run({ program, args: ['--version'], timeoutSeconds });
    const first = asked.ok ? (asked.value.stdout.split('\n')[0] ?? '') : '';
    findings.push(
      asked.ok
        ? finding('ok', program, 'host', first)
        : finding('error', program, 'host', asked.error.message, install),
    );
  }
  return findings;
}

/** What libvirt says of itself, for further checks. */
export interface LibvirtFacts {
  readonly findings: readonly DoctorFinding[];
  /** The user and group that QEMU runs as; null when not known. */
  readonly qemuUser: { readonly uid: number; readonly gid: number } | null;
  readonly appArmor: boolean;
}

/** Whether libvirt answers, is new enough, and can do backups. */
export async function checkLibvirt(uri: string): Promise<LibvirtFacts> {
  const virsh = async (...args: readonly string[]) =>
    run({ program: 'virsh', args: ['--connect', uri, ...args], timeoutSeconds });
  const version = await virsh('version', '--daemon');
  if (!version.ok) {
    const remedy =
      version.error.code === 'not-started'
        ? 'apt install libvirt-clients'
        : 'start libvirtd, or run as root or as a member of the group libvirt';
    const failed = finding('error', 'libvirt', 'libvirt', version.error.message, remedy);
    return { findings: [failed], qemuUser: null, appArmor: false };
  }
  const [capabilities, machine] = await Promise.all([
    virsh('capabilities'),
    virsh('domcapabilities'),
  ]);
  const host = capabilities.ok ? capabilities.value.stdout : '';
  const base = /<baselabel type='(?:kvm|qemu)'>\+(\d+):\+(\d+)<\/baselabel>/.exec(host);
  return {
    findings: [
      ...versionFindings(version.value.stdout),
      backupFinding(machine.ok ? machine.value.stdout : null),
    ],
    qemuUser: base === null ? null : { uid: Number(base[1]), gid: Number(base[2]) },
    appArmor: host.includes('<model>apparmor</model>'),
  };
}

/** Reads `virsh version --daemon`. */
export function versionFindings(text: string): readonly DoctorFinding[] {
  const libvirt =
    /^Running against daemon: (\S+)/m.exec(text)?.[1] ??
    /^Using library: libvirt (\S+)/m.exec(text)?.[1] ??
    '0';
  const qemu = /^Running hypervisor: QEMU (\S+)/m.exec(text)?.[1];
  return [
    isAtLeast(libvirt, minimumLibvirt)
      ? finding('ok', 'libvirt-version', 'libvirt', `libvirt ${libvirt}`)
      : finding(
          'error',
          'libvirt-version',
          'libvirt',
          `libvirt ${libvirt} is older than ${minimumLibvirt}: it cannot take incremental backups`,
          `upgrade libvirt to ${minimumLibvirt} or newer`,
        ),
    qemu === undefined || !isAtLeast(qemu, minimumQemu)
      ? finding(
          'error',
          'qemu-version',
          'libvirt',
          qemu === undefined
            ? 'libvirt does not run QEMU'
            : `QEMU ${qemu} is older than ${minimumQemu}`,
          `use QEMU ${minimumQemu} or newer`,
        )
      : finding('ok', 'qemu-version', 'libvirt', `QEMU ${qemu}`),
  ];
}

/** Reads `virsh domcapabilities` (formatdomaincaps: `features/backup`). */
export function backupFinding(text: string | null): DoctorFinding {
  if (text?.includes("<backup supported='yes'/>") === true)
    return finding('ok', 'libvirt-backup', 'libvirt', 'libvirt supports backup jobs');
  return finding(
    'error',
    'libvirt-backup',
    'libvirt',
    text === null
      ? 'libvirt does not say what its machines can do'
      : 'libvirt does not support backup jobs with this QEMU',
    'upgrade libvirt and QEMU',
  );
}
