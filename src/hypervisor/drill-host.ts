import type { DrillGuest } from '../model/drill.ts';
import type { Failure, Result } from '../model/result.ts';

/** What a saved definition becomes for a drill. */
export interface DrillDefinition {
  readonly guest: DrillGuest;
  readonly memoryLimitBytes: number;
  /** libvirt's isolated network; null: no network card at all. */
  readonly network: string | null;
  /** The overlay of each disk of the point; the domain's other disks are left out. */
  readonly disks: readonly { readonly target: string; readonly path: string }[];
  /** Where the UEFI variables are, or are made if the point has none. */
  readonly nvram: string;
}

/** A definition for a drill, and the names of the devices that it lacks. */
export interface DrilledDefinition {
  readonly xml: string;
  readonly leftOut: readonly string[];
}

/** A machine that was booted for a drill. It ends with this process, whatever ends that. */
export interface DrillMachine {
  /** False when it has ended: the guest shut down, or its QEMU died. */
  isUp(): Promise<Result<boolean, Failure>>;
  agentAnswers(): Promise<boolean>;
  /** Addresses that the network has leased to it. */
  addresses(): Promise<readonly string[]>;
  /** Its screen as PNG; null if it has none. */
  screenshot(): Promise<Result<Buffer | null, Failure>>;
  /** Aborted when what it writes has no room any more: it was ended for that. Its reason is a `Failure`. */
  readonly lost: AbortSignal;
  /** Ends it; a success means that a new look does not find it. */
  end(): Promise<Result<void, Failure>>;
}

/** What the executor asks of the host for drills. */
export interface DrillHost {
  /** Memory that the host can give without swapping. */
  availableMemoryBytes(): Promise<number>;
  /** Refuses a network that leads anywhere. */
  checkNetwork(name: string): Promise<Result<void, Failure>>;
  adapt(xml: string, definition: DrillDefinition): Result<DrilledDefinition, Failure>;
  boot(
    xml: string,
    guest: DrillGuest,
    overlays: { readonly files: readonly string[]; readonly limitBytes: number | null },
  ): Promise<Result<DrillMachine, Failure>>;
  /** Ends a machine that a dead run booted; `kept` if somebody has defined it meanwhile. */
  endLeft(guest: DrillGuest): Promise<Result<'ended' | 'gone' | 'kept', Failure>>;
  /** Whether something listens on a TCP port. */
  portAnswers(address: string, port: number): Promise<boolean>;
  /** Runs a script of the host file, with JSON on its standard input. */
  runScript(
    command: readonly [string, ...string[]],
    facts: object,
    limits: { readonly timeoutSeconds: number; readonly signal: AbortSignal },
  ): Promise<Result<void, Failure>>;
}
