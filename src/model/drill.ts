import { isRunId, type ChainId, type DomainUuid, type PointId, type RunId } from './identity.ts';
import type { Instant } from './instant.ts';

/** What is waited for after the boot of a drill. */
export type DrillWait = 'agent' | 'port' | 'none';

/** How one drill ended: `drilled.json` in the point that was booted. */
export interface DrillRecord {
  readonly formatVersion: 1;
  /** When it ended. */
  readonly at: Instant;
  readonly chain: ChainId;
  readonly point: PointId;
  readonly sequence: number;
  /** The instant that the point shows. */
  readonly frozenAt: Instant;
  readonly result: 'passed' | 'failed';
  /** Why it failed; null when it passed. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** From the start of the machine to the answer; null when none came. */
  readonly usableSeconds: number | null;
  readonly wait: DrillWait;
  /** The host file's script that was asked; null: none. */
  readonly script: string | null;
  /** Path of the picture of its screen below the store; null without one. */
  readonly screenshot: string | null;
  /** Where it was booted. */
  readonly host: string;
  /** The mirror whose copy was booted; null: the store's own point. */
  readonly mirror: string | null;
}

/** `drilled.json` in a domain's directory: its newest drill, and the newest that passed; it outlives their points. */
export interface DrillMemory {
  readonly formatVersion: 1;
  readonly last: DrillRecord;
  readonly passed: DrillRecord | null;
}

/** What this host allows drills, and has for them now. */
export interface ObservedDrills {
  /** A drill's machine gets no more memory than this. */
  readonly memoryLimitBytes: number;
  /** Memory that the host can give without swapping. */
  readonly availableMemoryBytes: number;
  /** libvirt's isolated network for drills; null: they have none. */
  readonly network: string | null;
  /** Names of the scripts that the host file knows. */
  readonly scripts: readonly string[];
}

/** The machine that a drill boots: transient, so that libvirt keeps no definition. */
export interface DrillGuest {
  readonly uuid: DomainUuid;
  readonly name: string;
}

const mark = '-drill-';

// libvirt names a log file after a machine: 40 characters of four bytes and the rest stay below the 255 bytes of a file name.
const longestName = 40;

/** The name of a drill's machine: `web01-drill-RUN`. */
export function drillName(domain: string, run: RunId): string {
  return `${Array.from(domain).slice(0, longestName).join('')}${mark}${run}`;
}

/** The run that a machine was booted by for a drill; null if it is another machine. */
export function runOfDrill(machine: {
  readonly name: string;
  readonly persistent: boolean;
}): RunId | null {
  const at = machine.name.lastIndexOf(mark);
  // Whoever defines a domain of such a name keeps it: ours are never defined.
  if (at <= 0 || machine.persistent) return null;
  const run = machine.name.slice(at + mark.length);
  return isRunId(run) ? run : null;
}
