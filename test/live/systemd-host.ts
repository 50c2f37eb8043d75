import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/process/run.ts';

const repo = join(import.meta.dirname, '..', '..');

// What a host starts beside, and what would reach out of the namespaces: into the kernel, say.
const masked = [
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'sys-fs-fuse-connections.mount',
  'proc-sys-fs-binfmt_misc.automount',
  'modprobe@.service',
  'systemd-modules-load.service',
  'systemd-sysctl.service',
  'systemd-udevd.service',
  'systemd-networkd.service',
  'systemd-logind.service',
  'dbus.service',
  'dbus.socket',
  'getty.target',
  'timers.target',
];

// A root of its own: this machine's programs, read-only, with own settings, state and devices.
const boot = `set -e
root=$1/root; repo=$2
mount --bind "$root" "$root"; cd "$root"
mkdir -p usr var/lib/libvirt/images proc sys dev run tmp root old
chmod 1777 tmp
for link in bin sbin lib lib32 lib64; do [ ! -e "/usr/$link" ] || ln -s "usr/$link" "$link"; done
mount --bind /usr usr; mount -o remount,bind,ro usr
mount -t tmpfs -o mode=755 tmpfs usr/local
for file in passwd group shadow nsswitch.conf ld.so.cache alternatives libvirt; do cp -a "/etc/$file" etc/; done
rm -rf etc/libvirt/qemu
echo kvm01 > etc/hostname; : > etc/machine-id
for unit in ${masked.join(' ')}; do ln -s /dev/null "etc/systemd/system/$unit"; done
mount -t proc proc proc
mount --bind proc/sys proc/sys; mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do touch "dev/$device"; mount --bind "/dev/$device" "dev/$device"; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts; ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm; ln -s /proc/self/fd dev/fd
pivot_root . old; umount -l /old
exec env -i container=holdfast-test PATH=/usr/local/bin:/usr/bin:/usr/sbin \\
  /lib/systemd/systemd --system --unit=multi-user.target --show-status=0 </dev/null
`;

// The pipe ends with the test, and with the pipe the first process of the namespace, so all of it.
const keep = `set -e
dir=$1
mount -t cgroup2 cgroup2 "$dir/cgroup"
group=$dir/cgroup/holdfast-test-$$
mkdir "$group"
sh -c 'echo $$ > "$1/cgroup.procs"; exec unshare --pid --fork --mount --propagation private --uts --ipc --net --cgroup sh "$2/boot.sh" "$2" "$3"' \\
  sh "$group" "$dir" "$2" </dev/null >"$dir/log" 2>&1 &
outer=$!
init=
until [ -n "$init" ]; do read -r init <"/proc/$outer/task/$outer/children" || true; done
echo $init >"$dir/init.new"; mv "$dir/init.new" "$dir/init"
cat
kill -9 $init; wait $outer || true
until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; do sleep 0.1; done
umount "$dir/cgroup"
until rm -rf --one-file-system "$dir"; do sleep 0.1; done
`;

/** How a command ended, and what it said on both streams. */
export interface Said {
  readonly exit: number | null;
  readonly text: string;
}

/**
 * A host with systemd as its first process, in namespaces of its own: processes, mounts, names, network
 * (none) and control groups. It has this machine's programs, and nothing else: no settings, no state.
 */
export class SystemdHost implements AsyncDisposable {
  readonly #dir: string;
  readonly #keeper: ChildProcess;

  private constructor(dir: string, keeper: ChildProcess) {
    this.#dir = dir;
    this.#keeper = keeper;
  }

  static async start(): Promise<SystemdHost> {
    const dir = mkdtempSync(join(tmpdir(), 'hf-systemd-'));
    mkdirSync(join(dir, 'root', 'etc', 'systemd', 'system'), { recursive: true });
    mkdirSync(join(dir, 'cgroup'));
    writeFileSync(join(dir, 'boot.sh'), boot);
    writeFileSync(join(dir, 'keep.sh'), keep);
    const words = ['--mount', '--propagation', 'private', 'sh', join(dir, 'keep.sh'), dir, repo];
    const keeper = spawn('unshare', words, { stdio: ['pipe', 'ignore', 'inherit'] });
    const host = new SystemdHost(dir, keeper);
    await host.until('systemd', async () => existsSync(join(dir, 'init')) && host.#isSystemd());
    await host.until('the end of booting', async () => {
      const { text } = await host.try('systemctl is-system-running');
      return ['running', 'degraded'].includes(text.trim());
    });
    await host.do('ip link set lo up');
    return host;
  }

  get #init(): string {
    return readFileSync(join(this.#dir, 'init'), 'utf8').trim();
  }

  #isSystemd(): boolean {
    return readFileSync(`/proc/${this.#init}/comm`, 'utf8') === 'systemd\n';
  }

  /** A file of the host, as this test reaches it. */
  path(file: string): string {
    return join(`/proc/${this.#init}/root`, file);
  }

  write(file: string, text: string): void {
    writeFileSync(this.path(file), text);
  }

  /** Runs a line of shell on the host as its root, whatever comes of it. */
  async try(line: string): Promise<Said> {
    const spaces = ['--mount', '--pid', '--net', '--uts', '--ipc', '--cgroup'];
    const env = ['HOME=/root', 'LC_ALL=C.UTF-8', 'PATH=/usr/local/bin:/usr/sbin:/usr/bin'];
    const shell = ['env', '-i', ...env, 'npm_config_prefix=/usr/local', 'sh', '-c'];
    const said = await run({
      program: 'nsenter',
      args: [
        '--target',
        this.#init,
        ...spaces,
        '-r',
        '-w',
        ...shell,
        `cd /root; { ${line}\n} 2>&1`,
      ],
      timeoutSeconds: 200,
    });
    if (said.ok) return { exit: 0, text: said.value.stdout };
    const { error } = said;
    if (error.code !== 'exit') throw new Error(`${line}: ${error.message}`);
    return { exit: error.exitCode, text: error.stdout };
  }

  /** Runs a line that must succeed; what it said. */
  async do(line: string): Promise<string> {
    const { exit, text } = await this.try(line);
    if (exit !== 0) throw new Error(`${line}: ${exit}\n${text}${await this.#log()}`);
    return text;
  }

  /** Asks until it is true. */
  async until(what: string, ask: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 120_000;
    while (!(await ask())) {
      if (performance.now() > end) throw new Error(`in vain: ${what}\n${await this.#log()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #log(): Promise<string> {
    const { text } = await this.try('journalctl --no-pager -n 60');
    return `${readFileSync(join(this.#dir, 'log'), 'utf8')}${text}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keeper.stdin?.end();
    await this.until('the end of the host', async () => !existsSync(this.#dir));
  }
}
