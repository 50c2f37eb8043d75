import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/process/run.ts';
import { connection, sh } from './lab.ts';
import { withoutSickDisks } from './sick-disk.ts';

// Own state, logs and definitions, whatever the libvirtd of this machine has; QEMU logs to a file,
// because a virtlogd of ours would be one more process to end.
// A file system that is mounted here as well would keep its loop device busy when its test is done with it.
const enter = `set -e
${withoutSickDisks}
awk '$1 ~ "^/dev/loop" && $2 ~ "/hf" { print $2 }' /proc/self/mounts | while read -r place; do umount -l "$place" || true; done
for place in /run/libvirt /var/lib/libvirt /var/log/libvirt; do
  mkdir -p "$place"; mount -t tmpfs tmpfs "$place"
done
mkdir /run/libvirt/etc; cp /etc/libvirt/*.conf /run/libvirt/etc/
mount --bind /run/libvirt/etc /etc/libvirt
echo 'stdio_handler = "file"' >> /etc/libvirt/qemu.conf
if [ "$2" = own ]; then
  /sbin/ip link set lo up
  mkdir /run/libvirt/sys; mount -t sysfs sysfs /run/libvirt/sys
  for place in class/net devices/virtual/net; do mount --bind "/run/libvirt/sys/$place" "/sys/$place"; done
fi
touch "$1/ready"
cat
kill $(cat "$1/libvirtd.pid" 2>/dev/null) 2>/dev/null || true
for file in /run/libvirt/qemu/*.pid /run/libvirt/network/*.pid; do kill -9 $(cat "$file" 2>/dev/null) 2>/dev/null || true; done
until rm -rf "$1"; do sleep 0.1; done
`;

/** How a libvirt of one's own may differ. */
export interface PrivateOptions {
  /** A network of its own too, where it can make bridges; what asks them must be `inside`. Default: that of this host. */
  readonly network?: 'own';
}

/**
 * A libvirtd of root in a mount namespace of its own: it may be killed,
 * stopped and started again, and sees no domain of anybody else. While it
 * lives, `virsh` and the lab of this test file speak to it.
 */
export class PrivateLibvirt implements AsyncDisposable {
  readonly #options: PrivateOptions;
  #begun: { readonly dir: string; readonly keeper: ChildProcess } | null = null;

  constructor(options: PrivateOptions = {}) {
    this.#options = options;
  }

  get #own(): { readonly dir: string; readonly keeper: ChildProcess } {
    if (this.#begun === null) throw new Error('libvirt is there in hooks and tests alone');
    return this.#begun;
  }

  get dir(): string {
    return this.#own.dir;
  }

  /** Begins its life: once. */
  async start(): Promise<this> {
    const dir = mkdtempSync(join(tmpdir(), 'hf-libvirt-'));
    chmodSync(dir, 0o711);
    writeFileSync(join(dir, 'enter.sh'), enter);
    const conf = `unix_sock_dir = "${dir}"\nauth_unix_rw = "none"\nlog_outputs = "3:file:${dir}/log"\n`;
    writeFileSync(join(dir, 'libvirtd.conf'), conf);
    // The pipe ends with this process, and the namespace, libvirtd and QEMU with the pipe.
    const { network = 'shared' } = this.#options;
    const spaces = ['--mount', '--propagation', 'private', ...this.#ownNetwork];
    const keeper = spawn('unshare', [...spaces, 'sh', join(dir, 'enter.sh'), dir, network], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    this.#begun = { dir, keeper };
    await this.#until('the namespace', async () => existsSync(join(dir, 'ready')));
    await this.up();
    connection.uri = this.uri;
    connection.root = `/proc/${keeper.pid}/root`;
    return this;
  }

  get socket(): string {
    return join(this.dir, 'libvirt-sock');
  }

  get uri(): string {
    return `qemu+unix:///system?socket=${this.socket}`;
  }

  /** The first words of a command line that sees this libvirt's state and logs where it keeps them. */
  get inside(): readonly string[] {
    const { pid } = this.#own.keeper;
    return ['nsenter', '--target', String(pid), '--mount', ...this.#ownNetwork, '--'];
  }

  get #ownNetwork(): readonly string[] {
    return this.#options.network === 'own' ? ['--net'] : [];
  }

  /** Its process id. */
  get pid(): number {
    return Number(readFileSync(join(this.dir, 'libvirtd.pid'), 'utf8'));
  }

  /** Starts libvirtd, and waits until it answers. */
  async up(): Promise<void> {
    const [conf, pidFile] = [join(this.dir, 'libvirtd.conf'), join(this.dir, 'libvirtd.pid')];
    const [nsenter = '', ...target] = this.inside;
    await sh(nsenter, ...target, '/usr/sbin/libvirtd', '-d', '-f', conf, '-p', pidFile);
    await this.#until('libvirtd', () => this.#answers());
  }

  /** Ends libvirtd as a crash would. */
  async kill(): Promise<void> {
    const { pid } = this;
    process.kill(pid, 'SIGKILL');
    await this.#until('the end of libvirtd', async () => isGone(pid));
    rmSync(join(this.dir, 'libvirtd.pid'), { force: true });
  }

  #log(): string {
    const log = join(this.dir, 'log');
    return existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : '';
  }

  async #answers(): Promise<boolean> {
    const args = ['-q', '-c', this.uri, 'version'];
    return (await run({ program: 'virsh', args, timeoutSeconds: 20 })).ok;
  }

  async #until(what: string, ask: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; !(await ask()); tries += 1) {
      if (tries > 2400) throw new Error(`in vain: ${what}\n${this.#log()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#begun === null) return;
    const { dir, keeper } = this.#begun;
    keeper.stdin?.end();
    await this.#until('the end of libvirtd', async () => !existsSync(dir));
    connection.uri = 'qemu:///system';
    connection.root = '';
  }
}

/** Whether a process is no more, or only waits to be reaped. */
function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
}
