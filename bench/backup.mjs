// A backup end to end, as a user types it, against virtnbdbackup on the same content: full, empty
// increment, an increment of 256 MiB, restore.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare, measure, ratio, seconds, table, text, verdict } from './measure.mjs';

const virsh = (...args) => text('virsh', '-q', '-c', 'qemu:///system', ...args);
const cli = join(import.meta.dirname, '..', 'dist', 'bin', 'main.js');

export const title = 'Backup and restore, end to end, against virtnbdbackup';

/** The size of the data; `HOLDFAST_BENCH_MIB` makes a quick run of it. */
const dataMiB = Number(process.env.HOLDFAST_BENCH_MIB ?? 4096);

export async function run() {
  const work = mkdtempSync('/var/tmp/holdfast-bench-');
  execFileSync('chmod', ['755', work]);
  const names = { ours: `hf-bench-ours-${process.pid}`, theirs: `hf-bench-theirs-${process.pid}` };
  try {
    fillDisk(work, 'ours');
    execFileSync('cp', ['--sparse=always', join(work, 'ours.qcow2'), join(work, 'theirs.qcow2')]);
    for (const [key, name] of Object.entries(names)) defineGuest(work, key, name);
    return await contest(work, names);
  } finally {
    for (const name of Object.values(names)) {
      tolerate(() => virsh('destroy', name));
      tolerate(() => virsh('undefine', name, '--checkpoints-metadata'));
    }
    rmSync(work, { recursive: true, force: true });
  }
}

/** A disk of 20 GiB with random, so incompressible, data. */
function fillDisk(work, key) {
  const raw = join(work, 'fill.raw');
  execFileSync('bash', [
    '-c',
    `openssl enc -aes-128-ctr -pass pass:x -nosalt -pbkdf2 < /dev/zero 2>/dev/null | head -c ${dataMiB}M > "$1"; truncate -s 20G "$1"`,
    'fill',
    raw,
  ]);
  execFileSync('qemu-img', ['convert', '-O', 'qcow2', raw, join(work, `${key}.qcow2`)]);
  rmSync(raw);
}

function defineGuest(work, key, name) {
  const disk = join(work, `${key}.qcow2`);
  execFileSync('chmod', ['666', disk]);
  const xml = join(work, `${key}.xml`);
  writeFileSync(
    xml,
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/><source file='${disk}'/>
<target dev='vda' bus='virtio'/></disk></devices></domain>`,
  );
  virsh('define', xml);
  virsh('start', name);
}

const write = (name, offsetMiB, sizeMiB) =>
  virsh(
    'qemu-monitor-command',
    name,
    '--hmp',
    `qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend "write -P ${1 + (offsetMiB % 200)} ${offsetMiB}M ${sizeMiB}M"`,
  );

async function contest(work, names) {
  const ours = oursOf(work, names.ours);
  const theirs = theirsOf(work, names.theirs);
  const rows = [];
  const add = (what, target, [mine, other]) =>
    rows.push([
      what,
      seconds(mine.seconds),
      seconds(other.seconds),
      `${ratio(other.seconds, mine.seconds)} ×`,
      `${target} ×`,
      verdict(other.seconds / mine.seconds >= target),
      `${mine.peakMiB.toFixed(0)} MiB`,
    ]);
  const both = (a, b) =>
    compare([
      { name: 'Holdfast', run: a },
      { name: 'virtnbdbackup', run: b },
    ]);

  add(`full, ${dataMiB} MiB of 20 GiB`, 1.8, await both(ours.full, theirs.full));
  add('increment, nothing written', 1.5, await both(ours.increment, theirs.increment));
  add(
    'increment, 256 MiB written',
    1.5,
    await both(
      (round) => (write(names.ours, 256 * (round % 8), 256), ours.increment()),
      (round) => (write(names.theirs, 256 * (round % 8), 256), theirs.increment()),
    ),
  );
  add('restore of the newest point', 1.5, await both(ours.restore, theirs.restore));
  return table(
    ['job', 'Holdfast s', 'virtnbdbackup s', 'as fast', 'target', 'verdict', 'our memory'],
    rows,
  );
}

function oursOf(work, name) {
  const policy = join(work, 'policy.yaml');
  const host = join(work, 'host.yaml');
  writeFileSync(
    host,
    `stateDir: ${work}/state\nruntimeDir: ${work}/run\nscratch: { path: ${work}/scratch }\n`,
  );
  let store = 0;
  const usePolicy = () =>
    writeFileSync(
      policy,
      `version: 1\ntimezone: UTC\nstores:\n  main: { path: ${work}/store${store} }\nschedules: { never: "0 0 1 1 *" }\n` +
        `retention: { all: { chain: { maxPoints: 100 } } }\n` +
        `defaults: { store: main, schedule: never, retention: all }\ndomains:\n  - name: ${name}\n`,
    );
  const holdfast = (...args) =>
    measure(process.execPath, [cli, '--host-config', host, '--policy', policy, ...args]);
  const now = (...more) =>
    holdfast('apply', '--now', `domain/${name}`, ...more, '--auto-approve', '--quiet');
  return {
    full: async () => {
      // A new store each time: a full into an empty one, as theirs is.
      rmSync(join(work, `store${store}`), { recursive: true, force: true });
      store += 1;
      mkdirSync(join(work, `store${store}`));
      usePolicy();
      return now('--full');
    },
    increment: () => now(),
    restore: async (round) => {
      const to = join(work, `restored-ours-${round}`);
      const result = await holdfast(
        'restore',
        `domain/${name}`,
        '--images-only',
        '--to',
        to,
        '--auto-approve',
        '--quiet',
      );
      rmSync(to, { recursive: true });
      return result;
    },
  };
}

function theirsOf(work, name) {
  const directory = join(work, 'theirs');
  const backup = (level) =>
    measure('virtnbdbackup', ['-d', name, '-l', level, '-o', directory, '--noprogress']);
  return {
    full: async () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory);
      const result = await backup('full');
      if (!readdirSync(directory).some((file) => file.endsWith('.data')))
        throw new Error('no data');
      return result;
    },
    increment: () => backup('inc'),
    restore: async (round) => {
      const to = join(work, `restored-theirs-${round}`);
      mkdirSync(to);
      const result = await measure('virtnbdrestore', ['-i', directory, '-o', to, '--noprogress']);
      if (!existsSync(to)) throw new Error('nothing restored');
      rmSync(to, { recursive: true });
      return result;
    },
  };
}

function tolerate(work) {
  try {
    work();
  } catch {
    // Cleaning up what may not be there.
  }
}
