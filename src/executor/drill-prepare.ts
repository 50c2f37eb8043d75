import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DrillHost } from '../hypervisor/drill-host.ts';
import { unpackArchive } from '../image/archive.ts';
import { createOverlay, serveImage } from '../image/serve.ts';
import type { Drill } from '../model/drill-action.ts';
import type { Manifest } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { parseManifest } from '../store/manifest.ts';
import { drilledPoint, type DrillPlace } from './drill-place.ts';
import { readPointFile } from './point-files.ts';
import type { Tools } from './tools.ts';

/** A machine that is ready to be booted. */
export interface PreparedDrill {
  readonly xml: string;
  readonly overlays: readonly string[];
}

/** The manifest of the point that is meant, wherever it lies. */
export function readDrilled(action: Drill): Result<Manifest, Failure> {
  const { store, chain, pointDirectory, point, domain } = action;
  const path = join(drilledPoint(action), 'point.json');
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
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
  const manifest = readDrilled(action);
  if (!manifest.ok) return manifest;
  const directory = drilledPoint(action);
  const definition = readPointFile(directory, manifest.value, 'domain.xml');
  if (!definition.ok) return definition;
  try {
    for (const path of [place.files, place.sockets]) {
      await tools.drivers.files.makeJobDirectory(path);
    }
  } catch (error) {
    const message = `${place.files} could not be made: ${String(error)}`;
    return fail({ code: 'no-directory', message });
  }
  const disks: { target: string; path: string }[] = [];
  for (const { target, file, sizeBytes } of manifest.value.disks) {
    const socket = join(place.sockets, `${target}.sock`);
    const served = await serveImage(join(directory, file), target, socket);
    if (!served.ok) return served;
    // QEMU's user has to reach it.
    chmodSync(socket, 0o666);
    const path = join(place.files, `${target}.qcow2`);
    const made = await createOverlay(path, { target, socket, sizeBytes });
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
  const names = manifest.files.map(({ file }) => file);
  if (names.includes('nvram.fd')) {
    const variables = readPointFile(directory, manifest, 'nvram.fd');
    if (!variables.ok) return variables;
    const made = making(nvram, () =>
      writeFileSync(nvram, variables.value, { mode: 0o600, flag: 'wx' }),
    );
    if (!made.ok) return made;
  }
  if (!names.includes('tpm.tar')) return ok(undefined);
  const state = readPointFile(directory, manifest, 'tpm.tar');
  if (!state.ok) return state;
  const made = making(tpm, () => {
    mkdirSync(dirname(tpm), { recursive: true, mode: 0o711 });
    mkdirSync(tpm, { mode: 0o711 });
  });
  if (!made.ok) return made;
  return unpackArchive(join(directory, 'tpm.tar'), tpm, tools.signal);
}

/** A place of this host may be read-only, or full. */
function making(path: string, make: () => void): Result<void, Failure> {
  try {
    make();
    return ok(undefined);
  } catch (error) {
    return fail({ code: 'not-made', message: `${path} could not be made: ${String(error)}` });
  }
}
