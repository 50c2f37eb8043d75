import type { Target } from './target.ts';
import { argumentsTarget } from './targets/arguments.ts';
import { damagedStoreTarget } from './targets/damaged-store.ts';
import { xmlTarget, virshTextTarget } from './targets/libvirt.ts';
import { nbdTarget } from './targets/nbd.ts';
import { observedTarget, planTarget } from './targets/plan-files.ts';
import { hostFileTarget, policyTarget } from './targets/policy.ts';
import { qcow2Target } from './targets/qcow2.ts';
import { cronTarget, timeTarget } from './targets/schedule.ts';
import { journalTarget, manifestTarget, recordsTarget } from './targets/store-records.ts';

/** Every reader of input that somebody else may have written. */
export const targets: readonly Target[] = [
  policyTarget,
  hostFileTarget,
  cronTarget,
  timeTarget,
  manifestTarget,
  recordsTarget,
  journalTarget,
  damagedStoreTarget,
  xmlTarget,
  virshTextTarget,
  qcow2Target,
  nbdTarget,
  planTarget,
  observedTarget,
  argumentsTarget,
];
