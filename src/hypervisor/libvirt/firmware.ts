import { createHash } from 'node:crypto';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DomainUuid } from '../../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import { run } from '../../process/run.ts';
import { readDomainXml } from './domain-xml.ts';
import { withVirsh, type LibvirtHost } from './host.ts';

/** A file that was made, and what a person must know of it. */
export interface FirmwareFile {
  readonly file: string;
  readonly note: string | null;
}

// UEFI variables are at most 4 MiB in every build of OVMF; this is no such file.
const maxNvramBytes = 64 * 1024 ** 2;
// A guest writes its TPM a few times during boot and hardly ever after.
const copyTries = 5;
const tarSeconds = 60;

/** Where libvirt keeps the state of emulated TPMs of the system's domains. */
export const swtpmDirectory = '/var/lib/libvirt/swtpm';

/** Copies UEFI variables and TPM state; a domain without either gives no files. */
export async function copyFirmware(
  host: LibvirtHost,
  uuid: DomainUuid,
  directory: string,
  tpmDirectory = swtpmDirectory,
): Promise<Result<readonly FirmwareFile[], Failure>> {
  const answer = await withVirsh(host, (virsh) => virsh.ask('dumpxml', uuid));
  if (!answer.ok) return answer;
  const domain = readDomainXml(answer.value);
  if (domain === null) {
    return fail({
      code: 'unreadable-definition',
      message: 'The definition that virsh printed cannot be read.',
    });
  }
  const note = domain.runningId === null ? null : 'live-copy';
  const files: FirmwareFile[] = [];
  if (domain.nvram !== null) {
    const { nvram } = domain;
    const copied = await copyStable(join(directory, 'nvram.fd'), () => readBounded(nvram));
    if (!copied.ok) return copied;
    files.push({ file: 'nvram.fd', note });
  }
  if (domain.tpm) {
    const copied = await copyTpm(join(tpmDirectory, uuid), join(directory, 'tpm.tar'));
    if (!copied.ok) return copied;
    if (copied.value) files.push({ file: 'tpm.tar', note });
  }
  return ok(files);
}

const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** Reads until two readings are equal: what is written meanwhile would be torn. */
async function copyStable(
  to: string,
  read: () => Promise<Result<Buffer, Failure>>,
): Promise<Result<void, Failure>> {
  let last = '';
  for (let tries = 0; tries < copyTries; tries += 1) {
    const data = await read();
    if (!data.ok) return data;
    const now = digest(data.value);
    if (now === last) {
      await writeFile(to, data.value, { mode: 0o600 });
      return ok(undefined);
    }
    last = now;
  }
  return fail({
    code: 'firmware-changing',
    message: `The guest writes its firmware state all the time; ${to} was not made.`,
  });
}

async function readBounded(path: string): Promise<Result<Buffer, Failure>> {
  try {
    const data = await readFile(path);
    return data.length <= maxNvramBytes
      ? ok(data)
      : fail({ code: 'firmware-unreadable', message: `${path} is too large for UEFI variables.` });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail({ code: 'firmware-unreadable', message: `${path} cannot be read: ${message}` });
  }
}

/** False when there is no state yet: a domain that never ran. */
async function copyTpm(state: string, to: string): Promise<Result<boolean, Failure>> {
  const there = await access(state).then(
    () => true,
    () => false,
  );
  if (!there) return ok(false);
  const copy = `${to}.part`;
  const copied = await copyStable(to, async () => {
    const made = await run({
      program: 'tar',
      // The same bytes for the same files: names sorted, as they are on disk; no lock file.
      args: [
        '--create',
        '--format=posix',
        '--pax-option=delete=atime,delete=ctime',
        '--sort=name',
        '--exclude=./tpm2/.lock',
        '--exclude=./tpm1.2/.lock',
        `--file=${copy}`,
        `--directory=${state}`,
        '.',
      ],
      timeoutSeconds: tarSeconds,
    });
    // tar fails when a file changes while it reads: the next try sees it whole.
    if (!made.ok && made.error.exitCode !== 1) return made;
    return readBounded(copy);
  });
  await rm(copy, { force: true });
  return copied.ok ? ok(true) : copied;
}
