// How long a drill takes until the guest is usable, beside a normal boot of the same guest from its own image.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, ratio, table, text } from './measure.mjs';

export const title = 'A drill beside a normal boot';

const root = join(import.meta.dirname, '..');
const virsh = (...args) => text('virsh', '-q', '-c', 'qemu:///system', ...args);
const bash = (script, ...args) =>
  execFileSync('bash', ['-euc', script, 'bench', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });

/** Guest data in the image: a drill must not depend on how much it is. */
const dataMiB = 2048;

export async function run() {
  // Not in /tmp, which may be memory.
  const work = mkdtempSync('/var/tmp/holdfast-bench-');
  const name = `hf-bench-drill-${process.pid}`;
  try {
    defineGuest(work, name);
    const holdfast = hostOf(work, name);
    await boot(name);
    holdfast('apply', '--auto-approve', '--now', `domain/${name}`);
    virsh('destroy', name);
    const found = { boot: [], drill: [], whole: [] };
    for (let round = 0; round < 4; round += 1) {
      const booted = await boot(name);
      virsh('destroy', name);
      const begun = performance.now();
      const said = holdfast('--json', 'drill', `domain/${name}`, '--timeout', '5m');
      const whole = (performance.now() - begun) / 1000;
      // The first round is not counted.
      if (round === 0) continue;
      found.boot.push(booted);
      found.drill.push(usableSeconds(said));
      found.whole.push(whole);
    }
    const normal = median(found.boot);
    const row = (what, seconds) => [what, seconds.toFixed(1), `${ratio(seconds, normal)} ×`];
    return table(
      ['', 'seconds', 'of a normal boot'],
      [
        row('normal boot until the agent answers', normal),
        row('drill until the agent answers', median(found.drill)),
        row('the whole command, with clean-up', median(found.whole)),
      ],
    );
  } finally {
    bash(
      'virsh -q -c qemu:///system destroy "$1" 2>/dev/null || true; virsh -q -c qemu:///system undefine "$1" --checkpoints-metadata 2>/dev/null || true',
      name,
    );
    rmSync(work, { recursive: true, force: true });
  }
}

/** What the run said of its one action. */
function usableSeconds(said) {
  const events = said
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const outcome = events.find(({ kind }) => kind === 'action-finished')?.outcome;
  if (outcome?.code !== 'done') throw new Error(`the drill did not pass: ${said}`);
  return outcome.usableSeconds;
}

/** Seconds from the start of the domain until its agent answers. */
async function boot(name) {
  const begun = performance.now();
  virsh('start', name);
  for (;;) {
    try {
      execFileSync(
        'virsh',
        ['-q', '-c', 'qemu:///system', 'qemu-agent-command', name, '{"execute":"guest-ping"}'],
        { stdio: 'ignore' },
      );
      return (performance.now() - begun) / 1000;
    } catch {
      if (performance.now() - begun > 180_000) throw new Error(`${name} did not boot`);
      await sleep(100);
    }
  }
}

/** The program, with a host and a policy of its own. */
function hostOf(work, name) {
  const at = (...path) => join(work, ...path);
  mkdirSync(at('store'));
  mkdirSync(at('scratch'), { mode: 0o711 });
  const host = {
    stateDir: at('state'),
    runtimeDir: at('run'),
    scratch: { path: at('scratch') },
    drill: { memory: '256MiB' },
  };
  writeFileSync(at('host.yaml'), JSON.stringify(host));
  const policy = {
    version: 1,
    stores: { main: { path: at('store'), reserve: '1MiB' } },
    domains: [{ name, schedule: '0 0 1 1 *' }],
    ignore: ['*'],
  };
  writeFileSync(at('policy.yaml'), JSON.stringify(policy));
  const files = ['--host-config', at('host.yaml'), '--policy', at('policy.yaml')];
  return (...args) =>
    text(process.execPath, join(root, 'dist', 'bin', 'main.js'), ...files, ...args);
}

function defineGuest(work, name) {
  execFileSync('chmod', ['755', work]);
  const made = join(root, '.lab', 'guest-v1');
  if (!existsSync(made)) throw new Error('run npm test first: it makes the tiny guest');
  for (const file of ['vmlinuz', 'initrd.gz']) cpSync(join(made, file), join(work, file));
  bash(
    `cd "$1"; truncate -s 256M vda.raw; PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q vda.raw; qemu-img convert -O qcow2 vda.raw vda.qcow2
     openssl enc -aes-128-ctr -pass pass:x -nosalt -pbkdf2 < /dev/zero 2>/dev/null | head -c ${dataMiB}M > vdb.raw || true
     qemu-img convert -O qcow2 vdb.raw vdb.qcow2; rm vda.raw vdb.raw; chmod 666 ./*.qcow2`,
    work,
  );
  const disk = (target) =>
    `<disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/><source file='${work}/${target}.qcow2'/><target dev='${target}' bus='virtio'/></disk>`;
  writeFileSync(
    join(work, 'guest.xml'),
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type><kernel>${work}/vmlinuz</kernel><initrd>${work}/initrd.gz</initrd>
<cmdline>console=ttyS0 quiet</cmdline></os><features><acpi/></features><devices>${disk('vda')}${disk('vdb')}
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices></domain>`,
  );
  virsh('define', join(work, 'guest.xml'));
}
