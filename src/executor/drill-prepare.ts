import { dirname, join } from 'node:path';
import type { DrillHost } from '../hypervisor/drill-host.ts';
import type { Drill } from '../model/drill-action.ts';
import type { Manifest } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { parseManifest } from '../store/manifest.ts';
import { drilledPoint, type DrillPlace } from './drill-place.ts';
import { onHost } from './on-host.ts';
import { readPointFile } from './point-files.ts';
import type { Tools } from './tools.ts';

/** A machine that is ready to be booted. */
export interface PreparedDrill {
  readonly xml: string;
  readonly overlays: readonly string[];
}

/** The manifest of the point that is meant, wherever it lies. */
export async function readDrilled(
  action: Drill,
  { drivers }: Tools,
): Promise<Result<Manifest, Failure>> {
  const { store, chain, pointDirectory, point, domain } = action;
  const path = join(drilledPoint(action), 'point.json');
  let content: string;
  try {
    content = (await drivers.files.read(path)).toString('utf8');
  } catch (error) {
    return fail({ code: 'manifest-missing', message: `${path} cannot be read: ${String(error)}` });
  }
  const manifest = parseManifest(content, { store: store.id, chain, pointDirectory, path });
  if (!manifest.ok) return manifest;
  if (manifest.value.point === point && manifest.value.domain.uuid === domain.uuid) return manifest;
  return fail({ code: 'other-point', message: `${path} is of another point` });
}

/** Serves the point's images, makes an overlay on each, and adapts its definition. What fails is cleaned up by the caller. */
export async function prepareDrill(
  action: Drill,
  place: DrillPlace,
  host: DrillHost,
  tools: Tools,
): Promise<Result<PreparedDrill, Failure>> {
  const { files, pointImages } = tools.drivers;
  const manifest = await readDrilled(action, tools);
  if (!manifest.ok) return manifest;
  const directory = drilledPoint(action);
  const definition = await readPointFile(directory, manifest.value, 'domain.xml', files);
  if (!definition.ok) return definition;
  try {
    for (const path of [place.files, place.sockets]) {
      await files.makeJobDirectory(path);
    }
  } catch (error) {
    const message = `${place.files} could not be made: ${String(error)}`;
    return fail({ code: 'no-directory', message });
  }
  const disks: { target: string; path: string }[] = [];
  for (const { target, file, sizeBytes } of manifest.value.disks) {
    const socket = join(place.sockets, `${target}.sock`);
    const served = await pointImages.serve(join(directory, file), target, socket);
    if (!served.ok) return served;
    const path = join(place.files, `${target}.qcow2`);
    const made = await pointImages.overlay(path, { target, socket, sizeBytes });
    if (!made.ok) return made;
    disks.push({ target, path });
  }
  const nvram = join(place.files, 'nvram.fd');
  const firmware = await copyFirmware(directory, manifest.value, place, nvram, tools);
  if (!firmware.ok) return firmware;
  const { memoryLimitBytes, network } = action;
  const adapted = host.adapt(definition.value.toString('utf8'), {
    guest: place.guest,
    memoryLimitBytes,
    network,
    disks,
    nvram,
  });
  if (!adapted.ok) return adapted;
  const { xml, leftOut } = adapted.value;
  if (leftOut.length > 0) {
    const noted = tools.log.step('left-out', leftOut.join(', '), null);
    if (!noted.ok) return noted;
  }
  return ok({ xml, overlays: disks.map(({ path }) => path) });
}

/** UEFI variables and TPM state are copies: what the guest writes there is nobody's. */
async function copyFirmware(
  directory: string,
  manifest: Manifest,
  { tpm }: DrillPlace,
  nvram: string,
  tools: Tools,
): Promise<Result<void, Failure>> {
  const { files, pointImages } = tools.drivers;
  const names = manifest.files.map(({ file }) => file);
  if (names.includes('nvram.fd')) {
    const variables = await readPointFile(directory, manifest, 'nvram.fd', files);
    if (!variables.ok) return variables;
    const made = await onHost(`Making ${nvram}`, () => files.writeNew(nvram, variables.value));
    if (!made.ok) return made;
  }
  if (!names.includes('tpm.tar')) return ok(undefined);
  const state = await readPointFile(directory, manifest, 'tpm.tar', files);
  if (!state.ok) return state;
  const above = dirname(tpm);
  const made = await onHost(`Making ${above}`, () => files.makeJobDirectory(above));
  if (!made.ok) return made;
  const options = { mode: 0o711, signal: tools.signal };
  return pointImages.unpack(join(directory, 'tpm.tar'), tpm, options);
}
