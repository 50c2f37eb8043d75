// The tiny guest of the live tests (test/live/guest.ts makes it) with a second disk full of data, for the chapters that
// need a guest which really boots and writes.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from './measure.mjs';

export const virsh = (...args) => text('virsh', '-q', '-c', 'qemu:///system', ...args);

const made = join(import.meta.dirname, '..', '.lab', 'guest-v2');
const bash = (script, ...args) =>
  execFileSync('bash', ['-euc', script, 'bench', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });

/** Defines the guest in a directory of its own, lets `body` work, and removes all of it whatever happens. */
export async function withTinyGuest({ label, dataMiB, packages = [] }, body) {
  if (!existsSync(made)) throw new Error('run npm test first: it makes the tiny guest');
  // Not in /tmp, which may be memory.
  const work = mkdtempSync('/var/tmp/holdfast-bench-');
  const name = `hf-bench-${label}-${process.pid}`;
  try {
    defineGuest(work, name, dataMiB, packages);
    return await body({ work, name });
  } finally {
    for (const words of [['destroy'], ['undefine', '--checkpoints-metadata']])
      tolerate(words, name);
    rmSync(work, { recursive: true, force: true });
  }
}

function defineGuest(work, name, dataMiB, packages) {
  execFileSync('chmod', ['755', work]);
  cpSync(join(made, 'vmlinuz'), join(work, 'vmlinuz'));
  cpSync(join(made, 'initrd.gz'), join(work, 'initrd.gz'));
  for (const one of packages) addPackage(work, one);
  bash(
    `cd "$1"; truncate -s 256M vda.raw; PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q vda.raw; qemu-img convert -O qcow2 vda.raw vda.qcow2
     openssl enc -aes-128-ctr -pass pass:x -nosalt -pbkdf2 < /dev/zero 2>/dev/null | head -c "$2M" > vdb.raw || true
     qemu-img convert -O qcow2 vdb.raw vdb.qcow2; rm vda.raw vdb.raw; chmod 666 ./*.qcow2`,
    work,
    String(dataMiB),
  );
  const disk = (target) =>
    `<disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/><source file='${work}/${target}.qcow2'/><target dev='${target}' bus='virtio'/></disk>`;
  const file = join(work, 'guest.xml');
  writeFileSync(
    file,
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type><kernel>${work}/vmlinuz</kernel><initrd>${work}/initrd.gz</initrd>
<cmdline>console=ttyS0 quiet</cmdline></os><features><acpi/></features><devices>${disk('vda')}${disk('vdb')}
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices></domain>`,
  );
  virsh('define', file);
}

/** A Debian package's programs; the kernel unpacks several archives one after the other. */
function addPackage(work, one) {
  bash(
    `cd "$1"; mkdir deb extra; cd deb; apt-get download -qq "$2"; dpkg -x ./*.deb tree; mkdir -p ../extra/bin; cp tree/usr/bin/* ../extra/bin/
     cd ../extra; find . | cpio -o -H newc 2>/dev/null | gzip -1 >>../initrd.gz; cd ..; rm -r deb extra`,
    work,
    one,
  );
}

/** Starts the guest; seconds until its agent answers. */
export async function boot(name) {
  const begun = performance.now();
  virsh('start', name);
  for (;;) {
    try {
      virshQuietly('qemu-agent-command', name, '{"execute":"guest-ping"}');
      return (performance.now() - begun) / 1000;
    } catch (error) {
      if (performance.now() - begun > 180_000) throw error;
      await sleep(100);
    }
  }
}

const virshQuietly = (...args) =>
  execFileSync('virsh', ['-q', '-c', 'qemu:///system', ...args], { stdio: 'ignore' });

function tolerate([verb, ...options], name) {
  try {
    virshQuietly(verb, name, ...options);
  } catch {
    // It is off, or was never defined.
  }
}
