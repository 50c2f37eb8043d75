import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { DrillGuest } from '../../model/drill.ts';
import { fail, ok, unreachable, type Failure, type Result } from '../../model/result.ts';
import { watchRoom, type RoomEnd } from '../../process/room-watch.ts';
import { run } from '../../process/run.ts';
import type { DrillHost, DrillMachine } from '../drill-host.ts';
import { readDomainXml } from './domain-xml.ts';
import { drillDefinition } from './drill-definition.ts';
import { until, withVirsh, type LibvirtHost } from './host.ts';
import { pngOf } from './picture.ts';
import { inPrivateFile } from './private-file.ts';

/** Drills through virsh. */
export function libvirtDrills(host: LibvirtHost): DrillHost {
  return {
    availableMemoryBytes,
    checkNetwork: (name) => checkNetwork(host, name),
    adapt: drillDefinition,
    boot: (xml, guest, overlays) => boot(host, xml, guest, overlays),
    endLeft: (guest) => endLeft(host, guest),
    portAnswers,
    runScript,
  };
}

/** What the kernel can give without swapping (proc(5)). */
async function availableMemoryBytes(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8');
  const [, kibibytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(text) ?? [];
  return Number(kibibytes ?? '0') * 1024;
}

async function checkNetwork(host: LibvirtHost, name: string): Promise<Result<void, Failure>> {
  const answer = await withVirsh(host, (virsh) => virsh.ask('net-dumpxml', name));
  if (!answer.ok) {
    const message = `drill.network ${name} of the host file: ${answer.error.message}`;
    return fail({ code: 'network-missing', message });
  }
  if (!/<forward[\s/>]/.test(answer.value)) return ok(undefined);
  return fail({
    code: 'network-not-isolated',
    message: `drill.network ${name} of the host file is not isolated: it has <forward>, and a drill must not meet the original`,
  });
}

/**
 * Boots a transient machine. The virsh that creates it stays as long as it does: `--autodestroy` ties the
 * machine to its connection, and a pipe that only we hold ties virsh to us, so that SIGKILL of this process
 * ends the machine too. (libvirtd forgets the tie when it is restarted; then the next plan ends it.)
 */
async function boot(
  host: LibvirtHost,
  xml: string,
  guest: DrillGuest,
  overlays: { readonly files: readonly string[]; readonly limitBytes: number | null },
): Promise<Result<DrillMachine, Failure>> {
  const keeper = host.pool.take(host.stallSeconds);
  const created = await inPrivateFile(host.runDir, xml, (file) =>
    keeper.ask('create', file, '--autodestroy'),
  );
  if (!created.ok) {
    // Whatever it may have begun ends with its connection.
    await keeper.close();
    const left = await endMachine(host, guest);
    return left.ok ? created : left;
  }
  const lost = new AbortController();
  const stopWatch = watchRoom(
    {
      ...overlays,
      directory: dirname(overlays.files[0] ?? host.runDir),
      reserveBytes: host.scratchReserveBytes,
      script: 'virsh -q -c "$1" destroy "$2" >/dev/null 2>&1 </dev/null',
      args: [host.uri, guest.uuid],
    },
    (end) => lost.abort(noRoom(end, overlays.limitBytes)),
  );
  return ok({
    lost: lost.signal,
    isUp: () => isUp(host, guest),
    agentAnswers: () => agentAnswers(host, guest),
    addresses: () => addresses(host, guest),
    screenshot: () => screenshot(host, guest, dirname(overlays.files[0] ?? host.runDir)),
    end: async () => {
      stopWatch();
      const ended = await endMachine(host, guest);
      await keeper.close();
      return ended;
    },
  });
}

function noRoom(end: RoomEnd, limitBytes: number | null): Failure {
  switch (end.kind) {
    case 'limit':
      return {
        code: 'scratch-full',
        message: `The machine wrote nearly ${limitBytes} bytes, which is scratch.limit; raise it.`,
      };
    case 'full':
      return {
        code: 'scratch-full',
        message: `The file system of the overlays has ${end.freeBytes} bytes left; make room, or move scratch.path.`,
      };
    case 'broken':
      return {
        code: 'scratch-unwatched',
        message: `The overlays could not be watched: ${end.message}.`,
      };
    default:
      return unreachable(end);
  }
}

async function isUp(host: LibvirtHost, { uuid }: DrillGuest): Promise<Result<boolean, Failure>> {
  const state = await withVirsh(host, (virsh) => virsh.ask('domstate', uuid));
  if (state.ok) return ok(!/^(?:shut off|crashed)/.test(state.value));
  return state.error.code === 'domain-gone' ? ok(false) : state;
}

// An agent that is up answers in milliseconds; one that hangs must not keep the others of the host waiting.
const pingSeconds = 5;

async function agentAnswers(host: LibvirtHost, { uuid }: DrillGuest): Promise<boolean> {
  const ping = '{"execute":"guest-ping"}';
  const answer = await withVirsh(host, (virsh) =>
    virsh.ask('qemu-agent-command', uuid, ping, '--timeout', String(pingSeconds)),
  );
  return answer.ok;
}

async function addresses(host: LibvirtHost, { uuid }: DrillGuest): Promise<readonly string[]> {
  const answer = await withVirsh(host, (virsh) =>
    virsh.ask('domifaddr', uuid, '--source', 'lease'),
  );
  if (!answer.ok) return [];
  return [...answer.value.matchAll(/\s(?:ipv4|ipv6)\s+(\S+?)\/\d+/g)].map(([, one]) => one ?? '');
}

async function screenshot(
  host: LibvirtHost,
  { uuid }: DrillGuest,
  directory: string,
): Promise<Result<Buffer | null, Failure>> {
  const file = join(directory, 'screen');
  const taken = await withVirsh(host, (virsh) => virsh.ask('screenshot', uuid, file));
  if (!taken.ok) {
    const hasNone = /no (?:screens|graphics|video)|cannot take a screenshot|no console/i.test(
      taken.error.message,
    );
    return hasNone ? ok(null) : taken;
  }
  return pngOf(await readFile(file));
}

// QEMU flushes nothing of a drill; libvirt sends SIGTERM, waits ten seconds, then SIGKILL.
const goneSeconds = 30;

async function endMachine(host: LibvirtHost, { uuid }: DrillGuest): Promise<Result<void, Failure>> {
  return withVirsh(host, async (virsh) => {
    const gone = await until(goneSeconds, async () => {
      const destroyed = await virsh.ask('destroy', uuid);
      const code = destroyed.ok ? 'destroyed' : destroyed.error.code;
      if (code === 'domain-gone') return ok(undefined);
      // Another destroy may be under way, or it has just ended by itself.
      return code === 'destroyed' || code === 'busy' || code === 'domain-off' ? null : destroyed;
    });
    return gone.ok ? (gone.value.ok ? ok(undefined) : gone.value) : gone;
  });
}

async function endLeft(
  host: LibvirtHost,
  guest: DrillGuest,
): Promise<Result<'ended' | 'gone' | 'kept', Failure>> {
  const found = await withVirsh(host, (virsh) =>
    virsh.askAll([
      ['dumpxml', guest.uuid],
      ['dominfo', guest.uuid],
    ]),
  );
  const [definition, facts] = found;
  if (definition === undefined || facts === undefined) return ok('gone');
  const failure = definition.ok ? (facts.ok ? null : facts.error) : definition.error;
  if (failure !== null) return failure.code === 'domain-gone' ? ok('gone') : fail(failure);
  const isOurs =
    definition.ok &&
    facts.ok &&
    readDomainXml(definition.value)?.name === guest.name &&
    /^Persistent:\s+no$/m.test(facts.value);
  if (!isOurs) return ok('kept');
  const ended = await endMachine(host, guest);
  return ended.ok ? ok('ended') : ended;
}

// A guest on a network of this host answers within milliseconds, or not at all.
const connectMilliseconds = 2000;

function portAnswers(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: connectMilliseconds });
    const end = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

// A script says why it failed in a line or two; a megabyte of log is no reason.
const mostOutputBytes = 1024 ** 2;

const runScript: DrillHost['runScript'] = async ([program, ...args], facts, limits) => {
  const done = await run({
    program,
    args,
    input: `${JSON.stringify(facts)}\n`,
    timeoutSeconds: limits.timeoutSeconds,
    signal: limits.signal,
    endsWithUs: true,
    maxOutputBytes: mostOutputBytes,
  });
  return done.ok ? ok(undefined) : fail({ code: done.error.code, message: done.error.message });
};
