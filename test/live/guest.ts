import { access, chmod, copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sh, virsh, type Lab, type LabDomain } from './lab.ts';

/**
 * A guest of 4 MB that boots in about 6 s under TCG: Debian's cloud kernel,
 * busybox, the guest agent, and an ext4 file system on /dev/vda at /data. With
 * a virtio network card it asks for an address, and echoes what port 7 is told.
 */
export interface Guest {
  readonly domain: LabDomain;
  /** Runs a shell command in the guest; its output. */
  exec(command: string): Promise<string>;
}

const cache = join(import.meta.dirname, '..', '..', '.lab', 'guest-v2');
const modules = [
  'virtio_ring',
  'virtio',
  'virtio_pci_legacy_dev',
  'virtio_pci_modern_dev',
  'virtio_pci',
  'virtio_blk',
  'virtio_console',
  'failover',
  'net_failover',
  'virtio_net',
  'af_packet',
];

const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in ${modules.join(' ')}; do insmod /lib/modules/$m.ko 2>/dev/null; done
sleep 1; mount -t ext4 /dev/vda /data
mkdir -p /dev/virtio-ports
for p in /sys/class/virtio-ports/*; do ln -sf /dev/$(basename $p) /dev/virtio-ports/$(cat $p/name); done
if [ -e /sys/class/net/eth0 ]; then
  ip link set eth0 up; (udhcpc -i eth0 -s /lease; nc -ll -p 7 -e /bin/cat) >/dev/null 2>&1 &
fi
while true; do qemu-ga -m virtio-serial -p /dev/virtio-ports/org.qemu.guest_agent.0 -t /var/run; sleep 1; done
`;

const lease = `#!/bin/sh
[ "$1" = bound ] && ip address add "$ip/$mask" dev "$interface"
`;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Kernel and initramfs, made once and kept in `.lab`, which git ignores. */
async function guestFiles(): Promise<{ readonly kernel: string; readonly initrd: string }> {
  const files = { kernel: join(cache, 'vmlinuz'), initrd: join(cache, 'initrd.gz') };
  if (await exists(files.initrd)) return files;
  const work = `${cache}.part-${process.pid}`;
  const root = join(work, 'root');
  for (const dir of ['bin', 'proc', 'sys', 'dev', 'data', 'run', 'tmp', 'var/run', 'lib/modules']) {
    await mkdir(join(root, dir), { recursive: true });
  }
  const depends = await sh('apt-cache', 'depends', 'linux-image-cloud-amd64');
  const [, kernelPackage = ''] = /Depends: (linux-image-\S+)/.exec(depends) ?? [];
  await sh(
    'sh',
    '-c',
    'cd "$1" && apt-get download -qq "$2" && dpkg -x ./*.deb tree',
    'sh',
    work,
    kernelPackage,
  );
  const [kernel = ''] = (await readdir(join(work, 'tree/boot'))).filter((name) =>
    name.startsWith('vmlinuz-'),
  );
  await copyFile(join(work, 'tree/boot', kernel), join(work, 'vmlinuz'));
  for (const module of modules) {
    await sh(
      'find',
      join(work, 'tree'),
      '-name',
      `${module}.ko`,
      '-exec',
      'cp',
      '{}',
      join(root, 'lib/modules/'),
      ';',
    );
  }
  const agentProgram = (await sh('sh', '-c', 'PATH=$PATH:/usr/sbin command -v qemu-ga')).trim();
  await copyFile((await sh('sh', '-c', 'command -v busybox')).trim(), join(root, 'bin/busybox'));
  await copyFile(agentProgram, join(root, 'bin/qemu-ga'));
  for (const line of (await sh('ldd', agentProgram)).split('\n')) {
    const [library] = /\/\S+/.exec(line.split('=>').at(-1) ?? '') ?? [];
    if (library === undefined) continue;
    await mkdir(join(root, library, '..'), { recursive: true });
    await copyFile(library, join(root, library));
  }
  await writeFile(join(root, 'init'), init, { mode: 0o755 });
  await writeFile(join(root, 'lease'), lease, { mode: 0o755 });
  await sh(
    'sh',
    '-c',
    'cd "$1" && find . | cpio -o -H newc 2>/dev/null | gzip -1 >"$2"',
    'sh',
    root,
    join(work, 'initrd.gz'),
  );
  await rm(root, { recursive: true });
  await rm(join(work, 'tree'), { recursive: true });
  // Another file's tests may have made it meanwhile.
  await rename(work, cache).catch(async (error: unknown) => {
    if (!(await exists(files.initrd))) throw error;
    await rm(work, { recursive: true });
  });
  return files;
}

/** Defines a guest with an ext4 disk (and more devices), starts it, and waits until its agent answers. */
export async function startGuest(
  lab: Lab,
  sizeBytes = 64 * 1024 ** 2,
  devices = '',
): Promise<Guest> {
  const files = await guestFiles();
  // QEMU's user must be able to read them, wherever the repository is.
  const kernel = join(lab.dir, 'vmlinuz');
  const initrd = join(lab.dir, 'initrd.gz');
  await copyFile(files.kernel, kernel);
  await copyFile(files.initrd, initrd);
  const raw = join(lab.dir, 'guest.raw');
  const disk = join(lab.dir, 'guest.qcow2');
  await sh('truncate', '-s', String(sizeBytes), raw);
  await sh('sh', '-c', 'PATH=$PATH:/usr/sbin:/sbin mkfs.ext4 -q "$1"', 'sh', raw);
  await sh('qemu-img', 'convert', '-O', 'qcow2', raw, disk);
  await rm(raw);
  await chmod(disk, 0o666);
  const domain = await lab.defineDomain({
    name: '-guest',
    disks: [{ target: 'vda', path: disk }],
    agent: true,
    memoryMiB: 192,
    devices,
    os: `<kernel>${kernel}</kernel><initrd>${initrd}</initrd><cmdline>console=ttyS0 quiet</cmdline>`,
  });
  const guest = { domain, exec: (command: string) => guestExec(domain, command) };
  await agentAnswers(domain);
  return guest;
}

/** Waits until the agent answers. */
export async function agentAnswers(domain: LabDomain): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await virsh('qemu-agent-command', domain.uuid, '{"execute":"guest-ping"}');
      return;
    } catch (error) {
      if (tries >= 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function agent(domain: LabDomain, execute: string, given: object): Promise<unknown> {
  const answer = await virsh(
    'qemu-agent-command',
    domain.uuid,
    JSON.stringify({ execute, arguments: given }),
  );
  return (JSON.parse(answer) as { return: unknown }).return;
}

async function guestExec(domain: LabDomain, command: string): Promise<string> {
  const { pid } = (await agent(domain, 'guest-exec', {
    path: '/bin/sh',
    arg: ['-c', command],
    'capture-output': true,
  })) as { pid: number };
  for (;;) {
    const status = (await agent(domain, 'guest-exec-status', { pid })) as {
      exited: boolean;
      exitcode?: number;
      'out-data'?: string;
      'err-data'?: string;
    };
    if (status.exited) {
      const output = Buffer.from(status['out-data'] ?? '', 'base64').toString();
      if (status.exitcode === 0) return output;
      throw new Error(
        `in the guest: ${command}: ${status.exitcode} ${output}${Buffer.from(status['err-data'] ?? '', 'base64').toString()}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
