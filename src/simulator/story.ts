import type { AgentDeed } from './agent-deeds.ts';
import { createDice, type Dice } from './dice.ts';
import type { Fault, FaultHow, Lie } from './fault.ts';

/** What people and guests do to a domain. */
export const domainDeeds = [
  'write',
  'write-all',
  'start',
  'shut-down',
  'kill',
  'pause',
  'save-memory',
  'agent-away',
  'agent-back',
  'snapshot',
  'copy-aside',
  'revert',
  'resize',
  'add-disk',
  'remove-disk',
  'replace-disk',
  'swap-disks',
  'rename',
  'define-again',
  'new-domain',
  'undefine',
  'lose-bitmaps',
  'lose-checkpoints',
  'break-bitmaps',
  'foreign-job',
  'foreign-checkpoint',
  'break-boot',
] as const;

/** Edits of the policy. */
export const policyDeeds = [
  'retention',
  'schedule',
  'leave',
  'ignore',
  'take-back',
  'move-store',
  'trash-keep',
  'tracker',
  'quiesce',
  'verify',
  'verify-again',
  'drill',
  'drill',
  'require-mount',
] as const;

/** What happens to disks, points and the host. */
export const hostDeeds = [
  'unmount',
  'mount',
  'other-disk',
  'read-only',
  'writable',
  'fill',
  'make-room',
  'foreign-file',
  'hold',
  'release',
  'damage',
  'flip',
  'quarantine',
  'reboot',
  'wait',
  'wait-days',
  'clock-ahead',
  'clock-back',
] as const;

/** Edits of what the policy says of mirrors. */
export const mirrorPolicyDeeds = [
  'add-mirror',
  'drop-mirror',
  'mirror-retention',
  'mirror-schedule',
  'mirror-deletes',
  'mirror-trash',
  'mirror-verify',
  'mirror-verify',
] as const;

/** What happens at mirrors, and on the way to them. */
export const mirrorDeeds = [
  'away',
  'back',
  'fill',
  'make-room',
  'wipe',
  'wipe-data',
  'put-file',
  'flip',
  'lose-file',
  'cut-manifest',
  'remove-chain',
  'hold',
  'release',
] as const;

/** What people ask for by name. */
export const askDeeds = [
  'restore-in-place',
  'restore-in-place',
  'restore-disk',
  'restore-as',
  'restore-again',
  'restore-images',
  'untrack',
  'trash-restore',
  'trash-restore',
] as const;

export type AskDeed = (typeof askDeeds)[number];
export type RestoreDeed = Extract<AskDeed, `restore-${string}`>;
export type DomainDeed = (typeof domainDeeds)[number];
export type PolicyDeed = (typeof policyDeeds)[number] | (typeof mirrorPolicyDeeds)[number];
export type MirrorDeed = (typeof mirrorDeeds)[number];
export type HostDeed = (typeof hostDeeds)[number];

/** One step of a story. Each has a seed of its own: with others taken out it does the same. */
export type Step =
  | { readonly kind: 'domain'; readonly deed: DomainDeed; readonly seed: number }
  | { readonly kind: 'policy'; readonly deed: PolicyDeed; readonly seed: number }
  | { readonly kind: 'mirror'; readonly deed: MirrorDeed; readonly seed: number }
  | { readonly kind: 'host'; readonly deed: HostDeed; readonly seed: number }
  | { readonly kind: 'agent'; readonly deed: AgentDeed; readonly seed: number }
  | {
      readonly kind: 'ask';
      readonly deed: AskDeed;
      readonly seed: number;
      readonly faults: readonly Fault[];
    }
  | {
      readonly kind: 'apply';
      readonly seed: number;
      readonly faults: readonly Fault[];
      readonly lies: readonly Lie[];
      /** A second one begins at the same time; of another host, or of this one and so kept out by the lock. */
      readonly beside: 'nobody' | 'same-host' | 'other-host';
    };

const hows: readonly [FaultHow, ...FaultHow[]] = [
  'error-before',
  'error-after',
  'half',
  'no-space',
  'process-before',
  'process-after',
  'host-before',
  'host-after',
];

const lies: readonly [Lie, ...Lie[]] = [
  'hypervisor-fails',
  'hypervisor-empty',
  'hypervisor-stale',
  'one-domain-unseen',
  'one-domain-missing',
  'checkpoints-unseen',
  'images-unseen',
  'store-unlisted',
  'domains-unlisted',
  'journals-unlisted',
];

const mirrorLies: readonly [Lie, ...Lie[]] = [
  'mirror-fails',
  'mirror-empty',
  'mirror-hollow',
  'mirror-stale',
];

/** A story from a seed: the same each time. */
export function storyOf(seed: number): readonly Step[] {
  const dice = createDice(seed);
  // Most defects need few steps; now and then a long story, for what months of retention do.
  const length = dice.chance(0.1) ? 60 + dice.below(40) : 8 + dice.below(24);
  if (dice.chance(0.5)) return Array.from({ length }, () => stepOf(dice, false));
  return [
    { kind: 'policy', deed: 'add-mirror', seed: dice.below(2 ** 31) },
    ...Array.from({ length }, () => stepOf(dice, true)),
  ];
}

function stepOf(dice: Dice, isMirrored: boolean): Step {
  const throwOf = dice.next();
  const seed = dice.below(2 ** 31);
  if (throwOf < 0.45) return applyOf(dice, seed, isMirrored);
  if (isMirrored && dice.chance(0.3)) {
    return dice.chance(0.3)
      ? { kind: 'policy', deed: dice.pick(mirrorPolicyDeeds), seed }
      : { kind: 'mirror', deed: dice.pick(mirrorDeeds), seed };
  }
  if (throwOf < 0.6) {
    // Time must pass, and guests must write, or nothing is ever due.
    return dice.chance(0.5)
      ? { kind: 'host', deed: 'wait', seed }
      : { kind: 'domain', deed: 'write', seed };
  }
  if (throwOf < 0.78) return { kind: 'domain', deed: dice.pick(domainDeeds), seed };
  if (throwOf < 0.88) return askOf(dice, seed);
  if (throwOf < 0.93) return { kind: 'policy', deed: dice.pick(policyDeeds), seed };
  return { kind: 'host', deed: dice.pick(hostDeeds), seed };
}

/** A restore has some twenty changes and as many calls of drivers: its faults come early, and often. */
function askOf(dice: Dice, seed: number): Step {
  const faults = dice.chance(0.6)
    ? Array.from({ length: 1 + dice.below(2) }, (): Fault => {
        const of = dice.pick(['changes', 'changes', 'drivers', 'looks'] as const);
        return {
          of,
          at: dice.below({ changes: 40, drivers: 16, looks: 60 }[of]),
          how: dice.pick(hows),
        };
      })
    : [];
  return { kind: 'ask', deed: dice.pick(askDeeds), seed, faults };
}

function applyOf(dice: Dice, seed: number, isMirrored: boolean): Step {
  const faults = dice.chance(0.55)
    ? Array.from({ length: 1 + dice.below(3) }, () => faultOf(dice, isMirrored))
    : [];
  const beside = dice.chance(0.08)
    ? dice.pick(['same-host', 'other-host'] as const)
    : ('nobody' as const);
  const told = isMirrored && dice.chance(0.3) ? mirrorLies : lies;
  return { kind: 'apply', seed, faults, lies: dice.chance(0.12) ? [dice.pick(told)] : [], beside };
}

/** A run with two backups has some 150 changes of files, some hundred looks at them, 20 calls of drivers. */
function faultOf(dice: Dice, isMirrored: boolean): Fault {
  // A run asks a mirror some thirty things.
  if (isMirrored && dice.chance(0.35)) {
    return { of: 'mirrors', at: dice.below(40), how: dice.pick(hows) };
  }
  const of = dice.pick(['changes', 'changes', 'changes', 'drivers', 'drivers', 'looks'] as const);
  // Where little is to do, there are few calls.
  const most = { changes: dice.pick([30, 90, 160]), looks: 300, drivers: 30 }[of];
  return { of, at: dice.below(most), how: dice.pick(hows) };
}

/** A step in a few words. */
export function stepText(step: Step): string {
  const isRun = step.kind === 'apply' || step.kind === 'ask';
  const faults = (isRun ? step.faults : []).map(({ of, at, how }) => `${how}@${of} ${at}`);
  if (step.kind !== 'apply') {
    const wrong = faults.length === 0 ? '' : ` with ${faults.join(', ')}`;
    return `${step.kind} ${step.deed} ${step.seed}${wrong}`;
  }
  const { lies: told, beside, seed } = step;
  const wrong = [...faults, ...told];
  const two = beside === 'nobody' ? '' : ` beside ${beside}`;
  return `apply ${seed}${two}${wrong.length === 0 ? '' : ` with ${wrong.join(', ')}`}`;
}
