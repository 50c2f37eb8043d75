import type { DomainUuid } from '../../model/identity.ts';
import type { ObservedDomain } from '../../model/observed.ts';
import { seen, type Seen } from '../../model/result.ts';
import type { Hypervisor, KnownJob } from '../hypervisor.ts';
import { adaptDefinition } from './adapt-definition.ts';
import { abortOurJob } from './backup-job.ts';
import { beginPoint } from './begin.ts';
import { dropCheckpoint, redefineCheckpoint } from './checkpoints.ts';
import { define, definitions, undefine } from './definition.ts';
import { libvirtDrills } from './drill.ts';
import { copyFirmware } from './firmware.ts';
import { withVirsh, type LibvirtHost } from './host.ts';
import { observeLibvirt } from './observe.ts';
import { powerOff, start, startPaused, stopStarted } from './power.ts';
import { thawGuest } from './thaw.ts';
import { VirshPool } from './virsh-pool.ts';

/** What a libvirt driver is made with; all but the uri has a default. */
export interface LibvirtOptions {
  /** `qemu:///system`, or another one that virsh takes. */
  readonly uri: string;
  /** Private directory for the XML of commands. */
  readonly runDir?: string;
  /** Free space that the scratch file system must have at the start, and keep. */
  readonly scratchReserveBytes?: number;
  /** How long virsh may say nothing before a domain counts as not answering. */
  readonly stallSeconds?: number;
  /** The wall clock that points are dated by: milliseconds since 1970. */
  readonly now?: () => number;
}

// A guest that writes 500 MB/s fills this in half a second, which is three
// looks of the watcher.
const scratchReserveBytes = 256 * 1024 ** 2;

// libvirt waits 30 s for a domain's lock, then says so; longer silence is a hang.
const stallSeconds = 40;

/** libvirt through virsh: facts in one or two processes, points in pull mode over NBD. */
export function createLibvirt(options: LibvirtOptions): Hypervisor {
  const chosen = {
    runDir: '/run/holdfast',
    scratchReserveBytes,
    stallSeconds,
    now: Date.now,
    ...options,
  };
  const pool = new VirshPool(chosen.uri, chosen.stallSeconds);
  const host: LibvirtHost = { ...chosen, pool };
  const observe = (
    jobs: readonly KnownJob[],
    only?: DomainUuid,
  ): ReturnType<Hypervisor['observe']> => observeLibvirt(host.uri, pool, jobs, host.runDir, only);
  return {
    observe: (jobs) => observe(jobs),
    look: async (uuid, jobs): Promise<Seen<ObservedDomain | null>> => {
      const all = await observe(jobs, uuid);
      if (!all.seen) return all;
      const [unreadable] = all.value.unseenDomains;
      if (unreadable !== undefined) {
        return { seen: false, failure: { code: unreadable.code, message: unreadable.message } };
      }
      return seen(all.value.domains[0] ?? null);
    },
    begin: (request) => beginPoint(host, request),
    startPaused: (uuid) => startPaused(host, uuid),
    stopStarted: (uuid, runningId) => stopStarted(host, uuid, runningId),
    thaw: (uuid, agentSeconds) => thawGuest(host, uuid, agentSeconds),
    abortJob: (uuid, socket) => withVirsh(host, (virsh) => abortOurJob(virsh, uuid, socket)),
    dropCheckpoint: (request) => dropCheckpoint(host, request),
    redefineCheckpoint: (uuid, xml) => redefineCheckpoint(host, uuid, xml),
    definitions: (uuid) => definitions(host, uuid),
    copyFirmware: (uuid, directory) => copyFirmware(host, uuid, directory),
    adaptDefinition,
    define: (xml) => define(host, xml),
    undefine: (uuid) => undefine(host, uuid),
    start: (uuid) => start(host, uuid),
    drills: libvirtDrills(host),
    powerOff: (uuid, waitSeconds, signal) => powerOff(host, uuid, waitSeconds, signal),
  };
}
