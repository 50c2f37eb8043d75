import { accessSync, constants } from 'node:fs';
import type { DrillHost } from '../hypervisor/drill-host.ts';
import { addressOf } from '../model/address.ts';
import type { DesiredState } from '../model/desired.ts';
import type { ObservedState } from '../model/observed.ts';
import type { DoctorFinding } from '../model/report.ts';
import type { HostDrills } from '../policy/host-file.ts';
import { finding } from './doctor-programs.ts';

/** What drills need of this host, where the policy asks for any, and those that failed. */
export async function drillFindings(
  { domains }: Pick<DesiredState, 'domains'>,
  observed: ObservedState,
  host: HostDrills,
  drills: DrillHost | undefined,
): Promise<readonly DoctorFinding[]> {
  const wanted = domains.flatMap(({ drill }) => (drill === undefined ? [] : [drill]));
  const failed = failedDrills(observed);
  if (wanted.length === 0) return failed;
  const scripts = [...new Set(wanted.flatMap(({ script }) => (script === null ? [] : [script])))];
  const found = [
    ...scripts.toSorted().flatMap((name) => scriptFinding(name, host)),
    ...(await networkFinding(
      wanted.some(({ wait }) => wait === 'port'),
      host,
      drills,
    )),
    ...memoryFinding(observed),
  ];
  const ok = finding(
    'ok',
    'drills',
    'host',
    `drills: this host has what ${wanted.length} of its domains ask for`,
    null,
  );
  return [...(found.length === 0 ? [ok] : found), ...failed];
}

function scriptFinding(name: string, { scripts }: HostDrills): readonly DoctorFinding[] {
  const command = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
  if (command === undefined) {
    const remedy = `write it under drill.scripts: in the host file, or take it out of the policy`;
    return [
      finding(
        'error',
        'drill-script',
        'host',
        `the policy's drills name the script ${name}, which the host file does not have`,
        remedy,
      ),
    ];
  }
  try {
    accessSync(command[0], constants.X_OK);
    return [];
  } catch {
    const message = `script ${name} of the host file cannot be run: ${command[0]}`;
    return [
      finding('error', 'drill-script', 'host', message, 'correct its path, or make it executable'),
    ];
  }
}

async function networkFinding(
  isNeeded: boolean,
  { network }: HostDrills,
  drills: DrillHost | undefined,
): Promise<readonly DoctorFinding[]> {
  if (network === null) {
    if (!isNeeded) return [];
    const message = 'drills of the policy wait for a port, and the host file has no drill.network';
    return [
      finding(
        'error',
        'drill-network',
        'host',
        message,
        'define an isolated libvirt network (without <forward>) and name it there',
      ),
    ];
  }
  const checked = await drills?.checkNetwork(network);
  if (checked === undefined || checked.ok) return [];
  return [
    finding(
      'error',
      'drill-network',
      'host',
      checked.error.message,
      'name an isolated network that is defined, or none',
    ),
  ];
}

function memoryFinding({ drills }: ObservedState): readonly DoctorFinding[] {
  if (drills === undefined || drills.availableMemoryBytes >= drills.memoryLimitBytes) return [];
  const message = `drills may take ${drills.memoryLimitBytes} bytes of memory, and the host has ${drills.availableMemoryBytes} to give now`;
  return [
    finding('warning', 'drill-memory', 'host', message, 'lower drill.memory in the host file'),
  ];
}

function failedDrills({ stores }: ObservedState): readonly DoctorFinding[] {
  return stores.flatMap(({ path, state }) =>
    state.kind !== 'ready'
      ? []
      : state.directories.flatMap(({ name, drills }) => {
          const last = drills?.last;
          if (last === undefined || last.failure === null) return [];
          const picture = last.screenshot === null ? '' : `look at ${path}/${last.screenshot}; `;
          const address = addressOf(name);
          return [
            finding(
              'warning',
              'drill-failed',
              address,
              `its newest drill failed at ${last.at}: ${last.failure.message}`,
              `${picture}holdfast drill ${address} --keep leaves it running to be looked at`,
            ),
          ];
        }),
  );
}
