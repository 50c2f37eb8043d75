import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { domainUuid, type DomainUuid } from '../../src/model/identity.ts';
import { libvirtMustAnswer } from './lab.ts';

export const uri = 'qemu:///system';
export const virsh = (...args: string[]): string =>
  execFileSync('virsh', ['-q', '-c', uri, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const qemuImg = (...args: string[]): string => execFileSync('qemu-img', args, { encoding: 'utf8' });

/** A disk of a domain, and a raw file that gets the same writes: the truth about what a point must hold. */
interface LiveDisk {
  readonly target: string;
  readonly format: 'qcow2' | 'raw';
  readonly sizeBytes: number;
}

/** What is written to a disk, in qemu-io's words. */
export type Write = readonly [target: string, command: string];

const quietly = (...args: string[]): void => {
  try {
    virsh(...args);
  } catch {
    // It may be off already, or have no checkpoints.
  }
};

/** A domain without an operating system, its disks, and a directory beside for a store. */
export class ApplyDomain implements Disposable {
  readonly root: string;
  readonly name: string;
  readonly uuid: DomainUuid;
  readonly disks: readonly LiveDisk[];

  constructor(name: string, disks: readonly LiveDisk[], root?: string) {
    this.disks = disks;
    this.root = root ?? mkdtempSync('/var/tmp/hf-exec-');
    // What an earlier test could not remove must not be in the way.
    this.name = `hf-exec-${name}-${this.root.slice(-6)}`;
    if (root === undefined) {
      libvirtMustAnswer();
      // QEMU runs as another user and must get to its images.
      chmodSync(this.root, 0o711);
      for (const dir of ['images', 'truth', 'store', 'state']) mkdirSync(join(this.root, dir));
      for (const { target, format, sizeBytes } of disks) {
        qemuImg('create', '-q', '-f', format, this.image(target), String(sizeBytes));
        qemuImg('create', '-q', '-f', 'raw', this.truth(target), String(sizeBytes));
      }
      try {
        virsh('define', this.definition());
      } catch (error) {
        rmSync(this.root, { recursive: true, force: true });
        throw error;
      }
    }
    this.uuid = domainUuid(virsh('domuuid', this.name).trim());
  }

  /** The definition that libvirt gets, as a file. */
  private definition(): string {
    const disks = this.disks.map(
      ({ target, format }) => `<disk type='file' device='disk'>
        <driver name='qemu' type='${format}' discard='unmap'/>
        <source file='${this.image(target)}'/><target dev='${target}' bus='virtio'/>
        <alias name='ua-${target}'/></disk>`,
    );
    const path = join(this.root, 'definition.xml');
    writeFileSync(
      path,
      `<domain type='qemu'><name>${this.name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices>${disks.join('')}</devices></domain>`,
    );
    return path;
  }

  image(target: string): string {
    return join(this.root, 'images', `${target}.img`);
  }

  private truth(target: string): string {
    return join(this.root, 'truth', `${target}.raw`);
  }

  [Symbol.dispose](): void {
    libvirtMustAnswer();
    quietly('destroy', this.name);
    quietly('undefine', this.name, '--checkpoints-metadata');
    rmSync(this.root, { recursive: true, force: true });
  }

  get state(): string {
    return virsh('domstate', this.name).trim();
  }

  get checkpoints(): readonly string[] {
    return virsh('checkpoint-list', '--name', this.name)
      .trim()
      .split('\n')
      .filter((name) => name !== '');
  }

  /** Whether a backup job is on the domain, whoever began it. */
  get hasJob(): boolean {
    try {
      virsh('backup-dumpxml', this.name);
      return true;
    } catch {
      return false;
    }
  }

  /** The id of the domain's QEMU. */
  get qemuPid(): number {
    return Number(readFileSync(`/run/libvirt/qemu/${this.name}.pid`, 'utf8'));
  }

  /** Writes to disks of a running domain as its guest would, and to the truth. */
  write(...writes: readonly Write[]): void {
    for (const [target, command] of writes) {
      const device = `/machine/peripheral/ua-${target}/virtio-backend`;
      const said = virsh(
        'qemu-monitor-command',
        this.name,
        '--hmp',
        `qemu-io -d ${device} "${command}"`,
      );
      if (/error|fail/i.test(said)) throw new Error(said);
      this.writeTruth([target, command]);
    }
  }

  /** Moves the store onto a file system of its own, with no more room than that. */
  fillStore(freeBytes: number): Disposable {
    const store = join(this.root, 'store');
    const aside = join(this.root, 'store-aside');
    cpSync(store, aside, { recursive: true });
    const usedBytes = Number(
      execFileSync('du', ['-sB1', store], { encoding: 'utf8' }).split('\t')[0],
    );
    const size = usedBytes + freeBytes;
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', store]);
    cpSync(aside, store, { recursive: true });
    return { [Symbol.dispose]: () => void execFileSync('umount', ['-l', store]) };
  }

  /** Exchanges the files behind two targets. */
  swapImages(one: string, other: string): void {
    const aside = join(this.root, 'images', 'aside');
    renameSync(this.image(one), aside);
    renameSync(this.image(other), this.image(one));
    renameSync(aside, this.image(other));
  }

  /** A backup job of another program. */
  beginForeignJob(): void {
    const path = join(this.root, 'foreign.xml');
    const socket = join(this.root, 'images', 'foreign.sock');
    writeFileSync(
      path,
      `<domainbackup mode='pull'><server transport='unix' socket='${socket}'/></domainbackup>`,
    );
    chmodSync(join(this.root, 'images'), 0o777);
    virsh('backup-begin', this.name, path);
  }

  /** Writes to the images of a domain that is off. */
  writeOff(...writes: readonly Write[]): void {
    for (const [target, command] of writes) {
      const format = this.disks.find((disk) => disk.target === target)?.format ?? 'raw';
      execFileSync('qemu-io', ['-f', format, '-c', command, this.image(target)]);
      this.writeTruth([target, command]);
    }
  }

  private writeTruth([target, command]: Write): void {
    // What is discarded reads as zeros; a raw file keeps it unless told so.
    const plain = command.replace(/^discard/, 'write -z');
    execFileSync('qemu-io', ['-f', 'raw', '-c', plain, this.truth(target)]);
  }

  /** Holds what a point must show, for later. */
  remember(label: string): void {
    for (const { target } of this.disks) {
      execFileSync('cp', [
        '--sparse=always',
        this.truth(target),
        join(this.root, 'truth', `${label}-${target}`),
      ]);
    }
  }

  /** Compares every disk of the chain's point of that number with what was remembered; the chain's last by default. */
  compare(sequence: number, label: string): void {
    const directory = this.pointDirectories().find((path) =>
      path.includes(`/${String(sequence).padStart(4, '0')}-`),
    );
    if (directory === undefined)
      throw new Error(`No point ${sequence} among ${this.pointDirectories().join()}`);
    this.compareAt(directory, label);
  }

  /** Compares every disk of a point with what was remembered. */
  compareAt(directory: string, label: string): void {
    for (const { target } of this.disks) {
      const path = join(directory, `${target}.qcow2`);
      qemuImg('check', '-q', path);
      qemuImg(
        'compare',
        '-f',
        'qcow2',
        '-F',
        'raw',
        path,
        join(this.root, 'truth', `${label}-${target}`),
      );
    }
  }

  /** Published points and leftovers of the domain, absolute, in order. */
  pointDirectories(): readonly string[] {
    const domains = join(this.root, 'store', 'domains');
    return readdirSync(domains, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.split('/').length === 3 && statSync(join(domains, path)).isDirectory())
      .toSorted()
      .map((path) => join(domains, path));
  }

  /** Scratch files and sockets that are left. */
  jobFiles(): readonly string[] {
    return ['scratch', 'run'].flatMap((name) => {
      try {
        return readdirSync(join(this.root, name), { recursive: true, encoding: 'utf8' });
      } catch {
        return [];
      }
    });
  }
}
