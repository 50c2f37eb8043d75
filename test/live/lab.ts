import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escapeXml } from '../../src/model/escape-xml.ts';
import { domainUuid, type DomainUuid } from '../../src/model/identity.ts';
import { run } from '../../src/process/run.ts';

/** A disk that a lab domain gets: a new one, or an image that is there. */
export interface LabDisk {
  readonly target: string;
  readonly format?: 'qcow2' | 'raw';
  readonly sizeBytes?: number;
  /** An image to use instead of a new one; with `block` a device. */
  readonly path?: string;
  readonly kind?: 'file' | 'block';
  readonly serial?: string;
}

/** A domain without an operating system: 32 MiB of memory, and disks that the monitor writes to. */
export interface LabDomainOptions {
  /** Beside the random part; may hold spaces, quotes and the like. */
  readonly name?: string;
  readonly disks?: readonly LabDisk[];
  /** A channel for a guest agent (nobody answers it, without a guest). */
  readonly agent?: boolean;
  /** Started at once; default true. */
  readonly start?: boolean;
  /** More elements for `<os>` and `<devices>`. */
  readonly os?: string;
  readonly devices?: string;
  readonly memoryMiB?: number;
  /** Created and not defined. */
  readonly transient?: boolean;
}

/** The libvirt of this test file, and the root directory that it sees; `PrivateLibvirt` changes both. */
export const connection = { uri: 'qemu:///system', root: '' };

/**
 * Starts the libvirtd that test files share if it has died, and says so: that of Debian 12 does, once in
 * some dozen runs (docs/decisions/0011), and all the files after it would fail for it.
 */
export function libvirtMustAnswer(): void {
  if (connection.root !== '') return;
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'lab.sh');
  // One after the other; `-o`, because a daemon would keep the lock.
  const words = ['-o', join(tmpdir(), 'hf-lab.lock'), 'bash', script, 'start'];
  const said = execFileSync('flock', words, { encoding: 'utf8' });
  if (said.includes('started')) process.stderr.write(`libvirt had died: ${said}`);
}

/** Runs a program; a failure is a failed test with its words. */
export async function sh(program: string, ...args: readonly string[]): Promise<string> {
  const result = await run({ program, args, timeoutSeconds: 120 });
  if (!result.ok) {
    throw new Error(
      `${program} ${args.join(' ')}\n${result.error.message}\n${result.error.stderr}`,
    );
  }
  return result.value.stdout;
}

/** Runs virsh on the lab's libvirt; its output without white space at the end. */
export async function virsh(...args: readonly string[]): Promise<string> {
  return (await sh('virsh', '-q', '-c', connection.uri, ...args)).trimEnd();
}

/** Runs virsh, whatever comes of it. */
const virshOnce = (...args: readonly string[]) =>
  run({ program: 'virsh', args: ['-q', '-c', connection.uri, ...args], timeoutSeconds: 60 });

/** A place for live tests: a directory that QEMU can enter, and domains that all go at the end. */
export class Lab implements AsyncDisposable {
  #dir: string | null = null;
  readonly #domains: LabDomain[] = [];
  readonly #owned: AsyncDisposable[] = [];

  get dir(): string {
    if (this.#dir === null) throw new Error('the lab is there in hooks and tests alone');
    return this.#dir;
  }

  get uri(): string {
    return connection.uri;
  }

  /** A lab at the libvirt that is spoken to now; `privateLab` is for files that want one of their own. */
  static async create(): Promise<Lab> {
    libvirtMustAnswer();
    const lab = new Lab();
    await lab.open();
    return lab;
  }

  /** Makes its directory. */
  async open(): Promise<void> {
    this.#dir = await mkdtemp(join(tmpdir(), 'hf-lab-'));
    await chmod(this.#dir, 0o711);
  }

  /** What ends with the lab, after its domains: a disk that they use, say. */
  own<T extends AsyncDisposable>(thing: T): T {
    this.#owned.push(thing);
    return thing;
  }

  /** Makes images, defines and (unless told not to) starts a domain. */
  async defineDomain(options: LabDomainOptions = {}): Promise<LabDomain> {
    const id = randomBytes(4).toString('hex');
    const name = `hf-${id}${options.name ?? ''}`;
    const disks: LabImage[] = [];
    for (const disk of options.disks ?? [{ target: 'vda' }]) {
      disks.push(await this.#image(id, disk));
    }
    const file = join(this.dir, `${id}.xml`);
    await writeFile(file, domainXml(name, disks, options));
    const domain = new LabDomain(this, name, disks);
    this.#domains.push(domain);
    if (options.transient === true) {
      await virsh('create', file);
    } else {
      await virsh('define', file);
    }
    await domain.learnUuid();
    if (options.start !== false && options.transient !== true) await domain.start();
    return domain;
  }

  async #image(id: string, disk: LabDisk): Promise<LabImage> {
    const format = disk.format ?? 'qcow2';
    const path = disk.path ?? join(this.dir, `${id}-${disk.target}.${format}`);
    if (disk.path === undefined) {
      await sh(
        'qemu-img',
        'create',
        '-q',
        '-f',
        format,
        path,
        String(disk.sizeBytes ?? 64 * 1024 ** 2),
      );
      await chmod(path, 0o666);
    }
    return {
      target: disk.target,
      format,
      path,
      kind: disk.kind ?? 'file',
      ...(disk.serial === undefined ? {} : { serial: disk.serial }),
    };
  }

  /** Destroys and undefines a domain: also others that a test made, restored ones say. */
  async forget(name: string): Promise<void> {
    // More than once: a job that ends, or a libvirtd that starts again, can be in the way.
    for (let tries = 0; tries < 20; tries += 1) {
      await virshOnce('destroy', name);
      await virshOnce(
        'undefine',
        name,
        '--checkpoints-metadata',
        '--snapshots-metadata',
        '--managed-save',
        '--nvram',
      );
      const state = await virshOnce('domstate', name);
      if (!state.ok && state.error.stderr.includes('failed to get domain')) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(`${name} could not be removed`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#dir === null) return;
    // Domains whose images are gone would stand in the way of everybody else's deletions (G213).
    libvirtMustAnswer();
    // Side by side: one that cannot be removed must not keep the others.
    const gone = await Promise.allSettled(
      this.#domains.map((domain) => this.forget(domain.uuidOrName)),
    );
    for (const thing of this.#owned.toReversed()) await thing[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true, force: true });
    const failed = gone.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

/** An image of a lab domain. */
export interface LabImage {
  readonly target: string;
  readonly format: 'qcow2' | 'raw';
  readonly path: string;
  readonly kind: 'file' | 'block';
  readonly serial?: string;
}

function domainXml(name: string, disks: readonly LabImage[], options: LabDomainOptions): string {
  const images = disks.map(
    ({ target, format, path, kind, serial }) =>
      `<disk type='${kind}' device='disk'><driver name='qemu' type='${format}' discard='unmap'/>` +
      `<source ${kind === 'block' ? 'dev' : 'file'}='${escapeXml(path)}'/><target dev='${target}' bus='virtio'/>` +
      `${serial === undefined ? '' : `<serial>${escapeXml(serial)}</serial>`}</disk>`,
  );
  const agent =
    options.agent === true
      ? `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>`
      : '';
  return `<domain type='qemu'><name>${escapeXml(name)}</name>
<memory unit='MiB'>${options.memoryMiB ?? 32}</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type>${options.os ?? ''}</os><features><acpi/></features>
<devices>${images.join('')}${agent}${options.devices ?? ''}<memballoon model='none'/></devices></domain>\n`;
}

/** A domain of the lab, and what a test does to it. */
export class LabDomain {
  readonly name: string;
  readonly disks: readonly LabImage[];
  readonly #lab: Lab;
  #uuid: DomainUuid | null = null;

  constructor(lab: Lab, name: string, disks: readonly LabImage[]) {
    this.#lab = lab;
    this.name = name;
    this.disks = disks;
  }

  get uuid(): DomainUuid {
    if (this.#uuid === null) throw new Error(`${this.name} has no uuid yet`);
    return this.#uuid;
  }

  get uuidOrName(): string {
    return this.#uuid ?? this.name;
  }

  async learnUuid(): Promise<void> {
    this.#uuid = domainUuid((await virsh('domuuid', this.name)).trim());
  }

  async start(...flags: readonly string[]): Promise<void> {
    await virsh('start', this.uuid, ...flags);
  }

  /** Stops it, with QEMU flushing its bitmaps. */
  async stop(): Promise<void> {
    await virsh('destroy', this.uuid, '--graceful');
  }

  async pause(): Promise<void> {
    await virsh('suspend', this.uuid);
  }

  async resume(): Promise<void> {
    await virsh('resume', this.uuid);
  }

  async state(): Promise<string> {
    return (await virsh('domstate', '--reason', this.uuid)).trim();
  }

  /** The process id of its QEMU. */
  async pid(): Promise<number> {
    return Number(await readFile(`${connection.root}/run/libvirt/qemu/${this.name}.pid`, 'utf8'));
  }

  /** What a crash of QEMU is; returns when libvirt has seen it. */
  async kill9(): Promise<void> {
    process.kill(await this.pid(), 'SIGKILL');
    while (!(await this.state()).startsWith('shut off')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Writes a pattern (1–255), as a guest would. */
  async write(target: string, offset: number, length: number, pattern = 0x11): Promise<void> {
    await this.#io(target, `write -P ${pattern} ${offset} ${length}`);
  }

  async zero(target: string, offset: number, length: number): Promise<void> {
    await this.#io(target, `write -z -u ${offset} ${length}`);
  }

  async discard(target: string, offset: number, length: number): Promise<void> {
    await this.#io(target, `discard ${offset} ${length}`);
  }

  /** One command of qemu-io on a disk; with qemu-io's words when it fails. */
  async #io(target: string, command: string): Promise<void> {
    const at = this.disks.findIndex((disk) => disk.target === target);
    const device = `/machine/peripheral/virtio-disk${at}/virtio-backend`;
    const said = await virsh(
      'qemu-monitor-command',
      this.uuid,
      '--hmp',
      `qemu-io -d ${device} "${command}"`,
    );
    if (/failed|error|invalid|not found/i.test(said))
      throw new Error(`qemu-io ${command}: ${said}`);
  }

  /** The file behind a target now: an external snapshot moves it. */
  async activeImage(target: string): Promise<string> {
    const line = (await virsh('domblklist', this.uuid))
      .split('\n')
      .find((one) => one.trim().startsWith(`${target} `));
    return line?.trim().slice(target.length).trim() ?? '';
  }

  /** A raw copy of a disk as it is at this instant, to compare with. */
  async copyOf(target: string): Promise<string> {
    const state = await this.state();
    const copy = join(this.#lab.dir, `copy-${randomBytes(4).toString('hex')}.raw`);
    if (state.startsWith('running')) await this.pause();
    const format = this.disks.find((disk) => disk.target === target)?.format ?? 'qcow2';
    const image = await this.activeImage(target);
    await sh('qemu-img', 'convert', '-U', '-f', format, '-O', 'raw', image, copy);
    if (state.startsWith('running')) await this.resume();
    return copy;
  }
}

/** A loop device of a test: a block device with a file behind it, detached at the end. */
export class LoopDevice implements AsyncDisposable {
  readonly path: string;
  readonly file: string;

  private constructor(path: string, file: string) {
    this.path = path;
    this.file = file;
  }

  static async attach(file: string, sizeBytes: number): Promise<LoopDevice> {
    await sh('truncate', '-s', String(sizeBytes), file);
    const path = (await losetup('-f', '--show', file)).trim();
    return new LoopDevice(path, file);
  }

  /** Tells the kernel that the file has another size. */
  async resized(): Promise<void> {
    await losetup('-c', this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await losetup('-d', this.path);
  }
}

const losetup = (...args: readonly string[]): Promise<string> =>
  sh('sh', '-c', 'PATH=$PATH:/sbin:/usr/sbin losetup "$@"', 'sh', ...args);

/** `identical` if two images show a guest the same, else qemu-img's words; formats where they are not to be guessed. */
export async function compareImages(
  a: string,
  b: string,
  formats?: readonly [string, string],
): Promise<string> {
  const said = formats === undefined ? [] : ['-f', formats[0], '-F', formats[1]];
  const result = await run({
    program: 'qemu-img',
    args: ['compare', '-U', ...said, a, b],
    timeoutSeconds: 120,
  });
  return result.ok ? 'identical' : `${result.error.stdout}${result.error.stderr}`;
}
