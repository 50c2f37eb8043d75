import type { DomainUuid } from '../../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import type { Definitions } from '../hypervisor.ts';
import { readDomainXml } from './domain-xml.ts';
import { withVirsh, type LibvirtHost } from './host.ts';
import { inPrivateFile } from './private-file.ts';

/** The definitions with their secrets. */
export function definitions(
  host: LibvirtHost,
  uuid: DomainUuid,
): Promise<Result<Definitions, Failure>> {
  return withVirsh(host, async (virsh) => {
    const inactive = await virsh.ask('dumpxml', '--inactive', '--security-info', uuid);
    if (!inactive.ok) return inactive;
    const current = await virsh.ask('dumpxml', '--security-info', uuid);
    if (!current.ok) return current;
    const runs = readDomainXml(current.value)?.runningId ?? null;
    return ok({ inactive: inactive.value, live: runs === null ? null : current.value });
  });
}

/** Defines a domain; its definition must say its uuid, so that no other one of that name is meant. */
export async function define(
  host: LibvirtHost,
  xml: string,
): Promise<Result<{ readonly uuid: DomainUuid }, Failure>> {
  const domain = readDomainXml(xml);
  if (domain === null) {
    return fail({
      code: 'unreadable-definition',
      message: 'The definition is no domain with a name and a uuid.',
    });
  }
  return inPrivateFile(host.runDir, xml, (file) =>
    withVirsh(host, async (virsh) => {
      const answer = await virsh.ask('define', file);
      if (!answer.ok) return answer;
      // What counts is what a new look finds.
      const found = await virsh.ask('dumpxml', '--inactive', domain.uuid);
      return found.ok ? ok({ uuid: domain.uuid }) : found;
    }),
  );
}

/** Forgets a definition and its checkpoints' metadata; images, UEFI variables and TPM state stay. */
export function undefine(host: LibvirtHost, uuid: DomainUuid): Promise<Result<void, Failure>> {
  return withVirsh(host, async (virsh) => {
    const before = await virsh.ask('dumpxml', '--inactive', uuid);
    if (!before.ok) return before.error.code === 'domain-gone' ? ok(undefined) : before;
    const domain = readDomainXml(before.value);
    const answer = await virsh.ask(
      'undefine',
      uuid,
      '--checkpoints-metadata',
      ...(domain?.nvram === null ? [] : ['--keep-nvram']),
      // Known since libvirt 8.9; a domain without a TPM must not need it.
      ...(domain?.tpm === true ? ['--keep-tpm'] : []),
    );
    return answer.ok ? ok(undefined) : answer;
  });
}
