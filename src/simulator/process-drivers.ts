import type { Drivers } from '../executor/drivers.ts';
import { hostJournals } from '../executor/host-journals.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { FarEnd } from '../mirror/far-end.ts';
import type { MirrorPlace } from '../mirror/mirror.ts';
import type { MirrorAccess } from '../model/desired.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { createStore } from '../store/create.ts';
import type { EndedRuns } from '../store/ended-runs.ts';
import type { Eyes } from '../store/eyes.ts';
import type { JournalFiles } from '../store/journal-files.ts';
import { openStore } from '../store/open.ts';
import type { Lie } from './fault.ts';
import type { Gate } from './gate.ts';
import { gatedEyes } from './gated-eyes.ts';
import { gatedFiles, gatedLocks } from './gated-files.ts';
import { gatedHostFiles } from './gated-host-files.ts';
import { modelChecks } from './model-checks.ts';
import type { ModelHost } from './model-host.ts';
import { ModelHypervisor } from './model-hypervisor.ts';
import { modelImages } from './model-images.ts';
import { modelMirrors } from './model-mirrors.ts';
import { modelPointImages } from './model-point-images.ts';

/** All that one run works with: the real store, journals and executor on a model of the host. */
export interface ProcessDrivers extends Drivers {
  readonly stateDir: string;
  readonly eyes: Eyes;
  readonly journalFiles: JournalFiles;
  readonly openPlace: (
    access: MirrorAccess,
    lies: ReadonlySet<Lie>,
  ) => Result<MirrorPlace, Failure>;
}

/**
 * Takes something away from the drivers, or twists it: how the tests prove that
 * the oracles see (a disk that does not sync, a store that ignores holds).
 */
export interface Mutation {
  readonly files?: (files: JournalFiles, host: ModelHost) => JournalFiles;
  readonly hypervisor?: (hypervisor: Hypervisor, host: ModelHost) => Hypervisor;
  readonly farEnd?: (end: FarEnd, host: ModelHost) => FarEnd;
  readonly drivers?: (drivers: ProcessDrivers, host: ModelHost) => ProcessDrivers;
}

/** The drivers of a new process, or of one that goes on and remembers which runs have their end. */
export function processDrivers(
  gate: Gate,
  stateDir: string,
  lies: ReadonlySet<Lie>,
  mutation: Mutation,
  ended: EndedRuns = new Map(),
): ProcessDrivers {
  const { host } = gate;
  const journalFiles = (mutation.files ?? same)(gatedFiles(gate), host);
  const hypervisor = (mutation.hypervisor ?? same)(new ModelHypervisor(gate), host);
  const locks = gatedLocks(gate);
  const clock = () => host.now;
  const openPlace = modelMirrors(gate, stateDir, journalFiles, mutation.farEnd ?? same);
  const drivers: ProcessDrivers = {
    stateDir,
    eyes: gatedEyes(gate, lies),
    journalFiles,
    hypervisor,
    openStore: (ref) => openStore(ref, journalFiles, locks),
    createStore: (ref, at) => createStore(ref, at, journalFiles),
    openPlace,
    openMirror: (ref) => {
      const place = openPlace(ref, new Set());
      return place.ok ? ok(place.value.of(ref.store)) : place;
    },
    images: modelImages(gate),
    pointImages: modelPointImages(gate),
    checks: modelChecks(gate),
    journals: hostJournals(stateDir, clock, journalFiles, ended),
    files: gatedHostFiles(gate),
    clock,
    tool: 'holdfast model',
    host: 'model',
    who: 'story',
    scratchDir: '/scratch',
    scratchLimitBytes: null,
    runtimeDir: '/run/hf',
  };
  return (mutation.drivers ?? same)(drivers, host);
}

function same<T>(value: T): T {
  return value;
}
