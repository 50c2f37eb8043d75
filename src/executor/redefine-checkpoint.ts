import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RedefineCheckpoint } from '../model/checkpoint-action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Store } from '../store/store.ts';
import { underDomainLock } from './locked.ts';
import { idleDomain } from './look.ts';
import { during, failed } from './not-done.ts';
import type { Performer } from './performer.ts';
import type { Tools } from './tools.ts';

/** Tells libvirt again of a checkpoint whose bitmaps are still in the images. */
export const redefineCheckpoint: Performer<RedefineCheckpoint> = {
  async check({ domain, checkpoint }, tools) {
    const look = await idleDomain(domain, tools);
    if (!look.ok) return look;
    const { checkpoints } = look.value;
    if (!checkpoints.seen) return failed(during(`Looking at ${domain.name}`, checkpoints.failure));
    return ok(checkpoints.value.some(({ name }) => name === checkpoint) ? 'already' : 'ready');
  },

  async apply(action, tools) {
    return underDomainLock(action, tools, async (store) => {
      const definition = await savedDefinition(action, store, tools);
      if (!definition.ok) return failed(definition.error);
      const noted = tools.log.step('redefine-checkpoint', action.definition, action.store);
      if (!noted.ok) return failed(noted.error);
      const { hypervisor } = tools.drivers;
      const defined = await hypervisor.redefineCheckpoint(action.domain.uuid, definition.value);
      if (defined.ok) return ok({ code: 'done', bytes: null });
      return failed(
        during(`Redefining ${action.checkpoint} of ${action.domain.name}`, defined.error),
      );
    });
  },
};

/** The saved file, if it is the one that the point's manifest names and hashes. */
async function savedDefinition(
  action: RedefineCheckpoint,
  store: Store,
  { drivers }: Tools,
): Promise<Result<string, Failure>> {
  const [, directory = '', chain, pointDirectory = '', file = ''] = action.definition.split('/');
  const place = { directory, chain: action.chain, pointDirectory };
  const manifest = store.readManifest(place);
  if (!manifest.ok) return manifest;
  const { point, checkpoint, files } = manifest.value;
  const listed = files.find((entry) => entry.file === file);
  if (chain !== action.chain || point !== action.point || checkpoint !== action.checkpoint) {
    const message = `${action.definition} belongs to point ${point}, not to ${action.point}.`;
    return fail({ code: 'other-point', message });
  }
  const path = join(store.ref.path, action.definition);
  try {
    const text = (await drivers.files.read(path)).toString('utf8');
    const sha256 = createHash('sha256').update(text).digest('hex');
    if (sha256 === listed?.sha256) return ok(text);
    return fail({ code: 'corrupt', message: `${path} is not as its manifest says.` });
  } catch (error) {
    return fail({ code: 'unreadable', message: `${path} cannot be read: ${String(error)}` });
  }
}
