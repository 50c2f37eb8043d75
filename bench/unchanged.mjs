// A host where nothing has changed: a store and a mirror of 1,000 chains are looked at, and planned; how many processes
// a look at the mirror takes.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createStore } from '../dist/store/create.js';
import { markerName } from '../dist/store/layout.js';
import { openLocalMirror } from './local-mirror.mjs';
import { compare, measure, seconds, table, text, verdict } from './measure.mjs';
import { stampOf, store, uuidOf, writePoint } from './write-point.mjs';

export const title = 'Nothing to do: a store and a mirror of 10,000 points';

const [chains, pointsEach, domains] = [1000, 10, 250];
const cli = join(import.meta.dirname, '..', 'dist', 'bin', 'main.js');

export async function run() {
  const dir = mkdtempSync('/var/tmp/holdfast-bench-');
  // No disk is measured here, and one that discards at each removal takes minutes for 60,000 files.
  text('mount', '-t', 'tmpfs', '-o', 'size=1g,mode=700', 'tmpfs', dir);
  try {
    return await looks(dir);
  } finally {
    text('umount', dir);
    rmdirSync(dir);
  }
}

function smallImage(path) {
  writeFileSync(path, 'image');
  return { bytes: 5, sha256: 'a'.repeat(64) };
}

/** A store's directory with all chains, and the same at a mirror. */
function writeAll(dir) {
  const below = join(dir, 'mirror', store);
  for (let at = 0; at < chains; at += 1) {
    const chain = `${stampOf(1 + (at % 28), at)}-4f7a`;
    for (let step = 0; step < pointsEach; step += 1) {
      writePoint(below, `vm${at % domains}`, chain, step, smallImage);
    }
  }
  mkdirSync(join(dir, 'store'));
  const createdAt = '2026-01-01T00:00:00.000Z';
  const marker = { format: 1, id: 'b'.repeat(32), store, createdAt };
  writeFileSync(join(below, 'holdfast-mirror.json'), JSON.stringify(marker));
  // With the id that the manifests have.
  const made = createStore({ name: 'main', path: join(dir, 'store') }, createdAt);
  if (!made.ok) throw new Error(made.error.message);
  writeFileSync(
    join(dir, 'store', markerName),
    `${JSON.stringify({ format: 1, id: store, createdAt })}\n`,
  );
  cpSync(join(below, 'domains'), join(dir, 'store', 'domains'), {
    recursive: true,
    preserveTimestamps: true,
  });
}

/** Notes each program that is started at the far end: all of them begin with setpriv. */
function countProcesses(dir) {
  const [bin, log] = [join(dir, 'bin'), join(dir, 'started')];
  mkdirSync(bin);
  const real = text('sh', '-c', 'command -v setpriv');
  const script = `#!/bin/sh\necho >>'${log}'\nexec ${real} "$@"\n`;
  writeFileSync(join(bin, 'setpriv'), script, { mode: 0o755 });
  return {
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    /** Since the last time that it was asked. */
    count: () => {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').length : 0;
      rmSync(log, { force: true });
      return lines;
    },
  };
}

async function looks(dir) {
  writeAll(dir);
  const { env, count } = countProcesses(dir);
  const processes = new Map();
  const look = (name, state) => ({
    name,
    run: async (round) => {
      const words = [import.meta.filename, 'observe', join(dir, 'mirror'), state(round)];
      const done = await measure(process.execPath, words, { env });
      processes.set(name, count());
      return done;
    },
  });
  const plan = (name, policy) => ({
    name,
    run: () => measure(process.execPath, [cli, ...hostOf(dir, policy), 'plan']),
  });
  const mirrors = { nas: { type: 'rsync', target: join(dir, 'mirror') } };
  const results = await compare([
    look('the first look of a host', (round) => join(dir, `cold-${round}`)),
    look('a look at what has not changed', () => join(dir, 'cold-0')),
    plan('`plan` of the unchanged store', {}),
    plan('`plan` of the unchanged store and its mirror', { mirrors }),
  ]);
  return table(
    [
      `${chains} chains, ${chains * pointsEach} points`,
      's',
      'target',
      'verdict',
      'processes',
      'memory',
    ],
    results.map((each, index) => [
      each.name,
      seconds(each.seconds),
      ...(index === 0 ? ['', ''] : ['under 3 s', verdict(each.seconds < 3)]),
      processes.get(each.name) ?? '',
      `${each.peakMiB.toFixed(0)} MiB`,
    ]),
  );
}

/** A host of libvirt's test driver whose domains all have chains in the store, and no point due before a 29 February. */
function hostOf(dir, { mirrors }) {
  const at = (name) => join(dir, name);
  const image = at('vda.qcow2');
  if (!existsSync(image)) text('qemu-img', 'create', '-q', '-f', 'qcow2', image, '1M');
  const defined = Array.from(
    { length: domains },
    (_, number) =>
      `<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>vm${number}</name><uuid>${uuidOf(number)}</uuid><memory>8192</memory><vcpu>1</vcpu>
<os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${image}'/><target dev='vda' bus='virtio'/></disk></devices><test:runstate>5</test:runstate></domain>`,
  );
  writeFileSync(at('node.xml'), `<node>${defined.join('\n')}</node>`);
  const host = { uri: `test://${at('node.xml')}`, stateDir: at('state'), runtimeDir: at('run') };
  writeFileSync(at('host.yaml'), JSON.stringify(host));
  const rule = { match: '*', schedule: '0 0 29 2 *', retention: 'all' };
  const policy = {
    version: 1,
    stores: { main: { path: at('store'), reserve: '1MiB' } },
    retention: { all: { keep: { chains: 1000 } } },
    domains: [mirrors === undefined ? rule : { ...rule, mirrors: Object.keys(mirrors) }],
    ...(mirrors === undefined ? {} : { mirrors }),
  };
  writeFileSync(at('policy.yaml'), JSON.stringify(policy));
  return ['--host-config', at('host.yaml'), '--policy', at('policy.yaml')];
}

/** One look, as a program of its own: with Node's start, as a user has it. */
async function observeOnce(target, stateDir) {
  const seen = await openLocalMirror(target, stateDir).observe({
    signal: new AbortController().signal,
  });
  if (!seen.seen) throw new Error(seen.failure.message);
  const points = seen.value.directories
    .flatMap((each) => each.chains)
    .flatMap((each) => each.points)
    .filter(({ fault }) => fault === undefined);
  if (points.length !== chains * pointsEach) throw new Error(`${points.length} points were seen`);
}

const [way, ...given] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && way === 'observe') await observeOnce(...given);
