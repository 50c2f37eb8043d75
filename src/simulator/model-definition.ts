import type { DefinitionChanges } from '../hypervisor/hypervisor.ts';
import { type DomainUuid, isDomainUuid } from '../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { plugImages } from './image-files.ts';
import { type ModelDomain, newDomain } from './model-domain.ts';
import type { ModelHost } from './model-host.ts';
import { goneImage } from './model-image.ts';

/** A password in every definition: nothing but a point's own files may ever show it (I12). */
export const secret = 'passwd-7f3a9';

/** What the model's definitions say. */
export interface Definition {
  readonly name: string;
  readonly uuid: DomainUuid;
  readonly disks: readonly { readonly target: string; readonly path: string }[];
}

/** A domain's definition, with a secret in it. */
export function definitionOf({ name, uuid, disks }: ModelDomain): string {
  return textOf({
    name,
    uuid,
    disks: disks.map(({ target, image }) => ({ target, path: image.path })),
  });
}

const textOf = (definition: Definition): string => JSON.stringify({ ...definition, secret });

/** A saved definition with other names and paths. */
export function adaptModel(
  text: string,
  { name, uuid, disks }: Pick<DefinitionChanges, 'name' | 'uuid' | 'disks'>,
): Result<string, Failure> {
  const saved = parseDefinition(text);
  if (saved === null) return fail({ code: 'bad-xml', message: 'no definition' });
  const paths = new Map(disks.map(({ target, path }) => [target, path]));
  const changed = saved.disks.map((disk) => ({
    ...disk,
    path: paths.get(disk.target) ?? disk.path,
  }));
  return ok(textOf({ name, uuid, disks: changed }));
}

/** Defines a domain that is off, or another one in its place: checkpoints and what a person wants of it stay. */
export function defineModel(
  host: ModelHost,
  text: string,
): Result<{ readonly uuid: DomainUuid }, Failure> {
  const definition = parseDefinition(text);
  if (definition === null) return fail({ code: 'bad-xml', message: 'no definition' });
  const { name, uuid, disks } = definition;
  if (host.domains.some((one) => one.name === name && one.uuid !== uuid)) {
    return fail({ code: 'exists', message: `a domain ${name} exists` });
  }
  let domain = host.domain(uuid);
  if (domain === null) {
    domain = newDomain(uuid, name, [], host.number());
    Object.assign(domain, { state: 'off', runningId: null, wanted: 'off' });
    host.domains.push(domain);
  }
  domain.name = name;
  domain.revision += 1;
  domain.disks = disks.map(({ target, path }) => ({ target, image: goneImage(path), live: null }));
  plugImages(host);
  return ok({ uuid });
}

/** Reads one; null if it is none. */
export function parseDefinition(text: string): Definition | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    if (!('name' in value && 'uuid' in value && 'disks' in value)) return null;
    const { name, uuid, disks } = value;
    if (typeof uuid !== 'string' || !isDomainUuid(uuid) || !Array.isArray(disks)) return null;
    const read = disks.map((disk: unknown) => {
      const { target, path } = Object(disk);
      return { target: String(target), path: String(path) };
    });
    return { name: String(name), uuid, disks: read };
  } catch {
    return null;
  }
}
