import { basename, join } from 'node:path';
import type { Restore } from '../model/restore-action.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { readPointFile } from './point-files.ts';
import type { Tools } from './tools.ts';

/** The new definition, made before anything is written: what cannot be defined is not restored. */
export async function readDefinition(
  action: Restore,
  tools: Tools,
): Promise<Result<string | null, Failure>> {
  if (action.define === null) return ok(null);
  const saved = await readSaved(action, tools);
  if (!saved.ok) return saved;
  const nvram = action.firmware.find(({ kind }) => kind === 'nvram');
  return tools.drivers.hypervisor.adaptDefinition(saved.value, {
    name: action.define.name,
    uuid: action.define.uuid,
    newMacs: action.define.newMacs,
    disks: action.images.map(({ target, to, toKind, format }) => ({
      target,
      path: to,
      kind: toKind,
      format: action.mode === 'instant' ? 'qcow2' : format,
    })),
    nvram: nvram?.to ?? null,
  });
}

/** The point's definition, if it is the one that its manifest knows. */
async function readSaved(action: Restore, tools: Tools): Promise<Result<string, Failure>> {
  const { store: ref, directory, chain, pointPath } = action;
  const store = tools.store(ref);
  if (!store.ok) return store;
  const pointDirectory = basename(pointPath);
  const manifest = store.value.readManifest({ directory, chain, pointDirectory });
  if (!manifest.ok) return manifest;
  const path = join(ref.path, pointPath);
  const saved = await readPointFile(path, manifest.value, 'domain.xml', tools.drivers.files);
  return saved.ok ? ok(saved.value.toString('utf8')) : saved;
}
