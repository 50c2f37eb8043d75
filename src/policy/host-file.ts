import type { AgentMode } from '../model/agent.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { sortDiagnostics, type Diagnostics } from './diagnostic.ts';
import { hostSchemaErrors } from './generated/host-schema.ts';
import { parseYaml } from './parse-yaml.ts';
import { durationSeconds, rateBytesPerSecond, sizeBytes } from './quantity.ts';
import { schemaDiagnostics } from './schema-diagnostics.ts';
import { diagnose, type Source } from './source.ts';

/** What belongs to a host and not to git (`/etc/holdfast/host.yaml`), every default filled in. */
export interface HostFile {
  /** The policy that is taken without `--policy`; null: `./policy.yaml`. */
  readonly policy: string | null;
  /** The git repository that the policy comes from; null: a file. */
  readonly source: HostSource | null;
  /** Who may approve what a guard blocks; null: nobody, and only `--allow` lifts it. */
  readonly approvals: HostSigners | null;
  /** The branch on which this host tells its state; null: nowhere. */
  readonly publish: HostPublish | null;
  readonly uri: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly scratch: { readonly path: string; readonly limitBytes: number | null };
  readonly limits: { readonly jobs: number; readonly rateBytesPerSecond: number | null };
  readonly notify: readonly HostNotification[];
  readonly agent: HostAgent;
  readonly drill: HostDrills;
}

/** What machines that a drill boots may use. */
export interface HostDrills {
  readonly memoryLimitBytes: number;
  /** libvirt's name of an isolated network; null: none. */
  readonly network: string | null;
  /** Programs by the names that a policy may use. */
  readonly scripts: Readonly<Record<string, readonly [string, ...string[]]>>;
}

export interface HostNotification {
  readonly on: readonly ('failed' | 'blocked' | 'rpo')[];
  /** The program by its absolute path, and its arguments. */
  readonly command: readonly [string, ...string[]];
}

/** Whose signatures count: files in the forms of ssh-keygen(1). */
export interface HostSigners {
  /** ALLOWED SIGNERS. */
  readonly signers: string;
  /** Public keys or a KRL that count no more; null: none. */
  readonly revoked: string | null;
}

/** A git repository that the policy comes from. */
export interface HostSource {
  readonly url: string;
  readonly branch: string;
  /** The policy's file in the repository. */
  readonly path: string;
  readonly verify: HostSigners;
  readonly ssh: { readonly identityFile: string | null; readonly knownHosts: string | null };
  /** For a whole fetch. */
  readonly timeoutSeconds: number;
  /** When a source that could not be fetched is more than a passing trouble. */
  readonly maxAgeSeconds: number;
}

/** How the agent works here. */
export interface HostAgent {
  /** The highest mode that a policy may set. */
  readonly maxMode: AgentMode;
  /** How often it looks when nothing wakes it. */
  readonly intervalSeconds: number;
  /** Where it tells metrics and status; null: nowhere. */
  readonly listen: string | null;
  /** File of the token that whoever asks must give; null: none, and only this host may ask. */
  readonly tokenFile: string | null;
}

/** A branch of a git repository that this host alone writes. */
export interface HostPublish {
  readonly url: string;
  /** null: `holdfast/state/HOST`, by the policy's host. */
  readonly branch: string | null;
  readonly ssh: HostSource['ssh'];
  /** For a whole push. */
  readonly timeoutSeconds: number;
  /** The agent tells what changed not more often than this. */
  readonly everySeconds: number;
}

/** The host file as it is written, once the schema accepts it (schema/host.v1.schema.json). */
export interface WrittenHostFile {
  readonly version?: 1;
  readonly policy?: string;
  readonly source?: WrittenSource;
  readonly approvals?: WrittenSigners;
  readonly publish?: WrittenPublish;
  readonly uri?: string;
  readonly stateDir?: string;
  readonly runtimeDir?: string;
  readonly scratch?: { readonly path?: string; readonly limit?: string };
  readonly limits?: { readonly jobs?: number; readonly rate?: string };
  readonly notify?: readonly HostNotification[];
  readonly drill?: {
    readonly memory?: string;
    readonly network?: string;
    readonly scripts?: HostDrills['scripts'];
  };
  readonly agent?: {
    readonly maxMode?: AgentMode;
    readonly interval?: string;
    readonly listen?: string;
    readonly tokenFile?: string;
  };
}

interface WrittenSigners {
  readonly signers: string;
  readonly revoked?: string;
}

interface WrittenPublish {
  readonly url: string;
  readonly branch?: string;
  readonly ssh?: WrittenSsh;
  readonly timeout?: string;
  readonly every?: string;
}

interface WrittenSsh {
  readonly identityFile?: string;
  readonly knownHosts?: string;
}

interface WrittenSource {
  readonly url: string;
  readonly branch?: string;
  readonly path?: string;
  readonly verify: WrittenSigners;
  readonly ssh?: WrittenSsh;
  readonly timeout?: string;
  readonly maxAge?: string;
}

// libvirt's own limit of jobs is far higher; a host of 500 domains has the
// disks and the network for a few at once.
const defaultJobs = 4;

// A server without a desktop boots with it; one drill at a time leaves the rest to what runs here.
const defaultDrillMemory = '2GiB';
// A domain that came is seen within minutes even where no event was heard; a look costs a second.
const defaultInterval = '5m';

/** A host without a host file. */
export const defaultHostFile: HostFile = withDefaults({});

/** Reads the text of a host file; `file` is for messages. A file of comments only is one without keys. */
export function parseHostFile(text: string, file: string): Result<HostFile, Diagnostics> {
  const { source, diagnostics } = parseYaml(text, file);
  // Unlike a policy, a host file may say nothing.
  if (diagnostics.some(({ code }) => code === 'HP108')) return ok(defaultHostFile);
  if (source === null) return fail(sortDiagnostics(diagnostics));
  const errors = [...schemaDiagnostics(source, hostSchemaErrors(source.data)), ...twice(source)];
  const { data } = source;
  return isHostFile(data) && diagnostics.length + errors.length === 0
    ? ok(withDefaults(data))
    : fail(sortDiagnostics([...diagnostics, ...errors]));
}

/** Whether a value is a host file: the schema objects to nothing. */
export function isHostFile(data: unknown): data is WrittenHostFile {
  return hostSchemaErrors(data).length === 0;
}

function withDefaults(written: WrittenHostFile): HostFile {
  const { scratch, limits, agent, drill } = written;
  const stateDir = written.stateDir ?? '/var/lib/holdfast';
  return {
    policy: written.policy ?? null,
    source: written.source === undefined ? null : sourceOf(written.source),
    approvals: written.approvals === undefined ? null : signersOf(written.approvals),
    publish: written.publish === undefined ? null : publishOf(written.publish),
    uri: written.uri ?? 'qemu:///system',
    stateDir,
    runtimeDir: written.runtimeDir ?? '/run/holdfast',
    scratch: {
      path: scratch?.path ?? `${stateDir}/scratch`,
      limitBytes: scratch?.limit === undefined ? null : sizeBytes(scratch.limit),
    },
    limits: {
      jobs: limits?.jobs ?? defaultJobs,
      rateBytesPerSecond: limits?.rate === undefined ? null : rateBytesPerSecond(limits.rate),
    },
    notify: written.notify ?? [],
    drill: {
      memoryLimitBytes: sizeBytes(drill?.memory ?? defaultDrillMemory),
      network: drill?.network ?? null,
      scripts: drill?.scripts ?? {},
    },
    agent: {
      maxMode: agent?.maxMode ?? 'full',
      intervalSeconds: durationSeconds(agent?.interval ?? defaultInterval),
      listen: agent?.listen ?? null,
      tokenFile: agent?.tokenFile ?? null,
    },
  };
}

function signersOf({ signers, revoked }: WrittenSigners): HostSigners {
  return { signers, revoked: revoked ?? null };
}

function sshOf(ssh: WrittenSsh | undefined): HostSource['ssh'] {
  return { identityFile: ssh?.identityFile ?? null, knownHosts: ssh?.knownHosts ?? null };
}

function publishOf({ url, branch, ssh, timeout, every }: WrittenPublish): HostPublish {
  return {
    url,
    branch: branch ?? null,
    ssh: sshOf(ssh),
    timeoutSeconds: durationSeconds(timeout ?? '60s'),
    everySeconds: durationSeconds(every ?? '10m'),
  };
}

function sourceOf(written: WrittenSource): HostSource {
  return {
    url: written.url,
    branch: written.branch ?? 'main',
    path: written.path ?? 'policy.yaml',
    verify: signersOf(written.verify),
    ssh: sshOf(written.ssh),
    timeoutSeconds: durationSeconds(written.timeout ?? '60s'),
    maxAgeSeconds: durationSeconds(written.maxAge ?? '24h'),
  };
}

/** A policy in a file beside one in git: nobody could tell which of them counts. */
function twice(source: Source): Diagnostics {
  const { data } = source;
  const isBoth = typeof data === 'object' && data !== null && 'policy' in data && 'source' in data;
  return isBoth
    ? [
        diagnose(
          source,
          ['policy'],
          {
            code: 'HP330',
            summary: 'policy and source exclude each other',
            detail: 'remove the one that is not meant',
          },
          'key',
        ),
      ]
    : [];
}
