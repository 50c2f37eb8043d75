import type { Command } from 'commander';
import type { Go } from './context.ts';

/** Declares a command's arguments, options and examples. */
export type Define = (command: Command, go: Go) => void;

/** A command as the list in `--help` knows it; its module is loaded only when it is chosen. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: 'The policy' | 'Plan and apply' | 'Points' | 'Restore' | 'Looking';
  readonly load: () => Promise<Define>;
}

/** Every command, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'look at this host and write a policy to start from',
    group: 'The policy',
    load: async () => (await import('./init.ts')).defineInit,
  },
  {
    name: 'validate',
    summary: 'check the policy, all errors at once',
    group: 'The policy',
    load: async () => (await import('./validate.ts')).defineValidate,
  },
  {
    name: 'fmt',
    summary: 'write the policy in its usual form',
    group: 'The policy',
    load: async () => (await import('./fmt.ts')).defineFmt,
  },
  {
    name: 'schema',
    summary: 'print a JSON Schema',
    group: 'The policy',
    load: async () => (await import('./schema.ts')).defineSchema,
  },
  {
    name: 'explain',
    summary: 'explain a part of the policy, a code, or an address',
    group: 'The policy',
    load: async () => (await import('./explain.ts')).defineExplain,
  },
  {
    name: 'verify-source',
    summary: "fetch the policy's branch and check its signatures",
    group: 'The policy',
    load: async () => (await import('./verify-source.ts')).defineVerifySource,
  },
  {
    name: 'source',
    summary: "follow the policy's branch anew after it was rewritten",
    group: 'The policy',
    load: async () => (await import('./verify-source.ts')).defineSource,
  },
  {
    name: 'plan',
    summary: 'show what apply would do, and why',
    group: 'Plan and apply',
    load: async () => (await import('./plan.ts')).definePlan,
  },
  {
    name: 'show',
    summary: 'show a saved plan',
    group: 'Plan and apply',
    load: async () => (await import('./show.ts')).defineShow,
  },
  {
    name: 'apply',
    summary: 'do what the plan says',
    group: 'Plan and apply',
    load: async () => (await import('./apply.ts')).defineApply,
  },
  {
    name: 'approve',
    summary: 'allow what a guard blocks, with a signature',
    group: 'Plan and apply',
    load: async () => (await import('./approve-plan.ts')).defineApprove,
  },
  {
    name: 'agent',
    summary: 'plan and apply again and again, for ever',
    group: 'Plan and apply',
    load: async () => (await import('./agent.ts')).defineAgent,
  },
  {
    name: 'suspend',
    summary: 'let the agent leave a domain alone for a time',
    group: 'Plan and apply',
    load: async () => (await import('./suspend.ts')).defineSuspend,
  },
  {
    name: 'resume',
    summary: 'end a suspension, or let what failed be tried again',
    group: 'Plan and apply',
    load: async () => (await import('./suspend.ts')).defineResume,
  },
  {
    name: 'simulate',
    summary: 'show what the policy will do over a time, day by day',
    group: 'Plan and apply',
    load: async () => (await import('./simulate.ts')).defineSimulate,
  },
  {
    name: 'points',
    summary: 'list restore points, and why each is kept',
    group: 'Points',
    load: async () => (await import('./points.ts')).definePoints,
  },
  {
    name: 'verify',
    summary: 'check that points are what their manifests say',
    group: 'Points',
    load: async () => (await import('./verify.ts')).defineVerify,
  },
  {
    name: 'drill',
    summary: 'boot a point, and say whether it is usable',
    group: 'Points',
    load: async () => (await import('./drill.ts')).defineDrill,
  },
  {
    name: 'hold',
    summary: 'forbid deleting a chain or a point',
    group: 'Points',
    load: async () => (await import('./hold.ts')).defineHold,
  },
  {
    name: 'release',
    summary: 'take a hold away',
    group: 'Points',
    load: async () => (await import('./hold.ts')).defineRelease,
  },
  {
    name: 'untrack',
    summary: "drop a domain's checkpoints; its next point is a full",
    group: 'Points',
    load: async () => (await import('./untrack.ts')).defineUntrack,
  },
  {
    name: 'restore',
    summary: 'bring a point back: as a machine, in place, or as images',
    group: 'Restore',
    load: async () => (await import('./restore.ts')).defineRestore,
  },
  {
    name: 'mount',
    summary: "show a point's disks and files, read-only",
    group: 'Restore',
    load: async () => (await import('./mount.ts')).defineMount,
  },
  {
    name: 'unmount',
    summary: 'end a mount',
    group: 'Restore',
    load: async () => (await import('./mount.ts')).defineUnmount,
  },
  {
    name: 'trash',
    summary: 'list, restore or empty the trash',
    group: 'Restore',
    load: async () => (await import('./trash.ts')).defineTrash,
  },
  {
    name: 'mirror',
    summary: 'list the copies at mirrors, or fetch a lost store back',
    group: 'Restore',
    load: async () => (await import('./mirror.ts')).defineMirror,
  },
  {
    name: 'observe',
    summary: 'print everything that a plan is made from',
    group: 'Looking',
    load: async () => (await import('./observe.ts')).defineObserve,
  },
  {
    name: 'status',
    summary: 'how old the newest point of each domain is',
    group: 'Looking',
    load: async () => (await import('./status.ts')).defineStatus,
  },
  {
    name: 'metrics',
    summary: 'print what a monitoring system asks for',
    group: 'Looking',
    load: async () => (await import('./metrics.ts')).defineMetrics,
  },
  {
    name: 'publish',
    summary: 'tell state and plan of this host on a git branch, for CI',
    group: 'Looking',
    load: async () => (await import('./publish.ts')).definePublish,
  },
  {
    name: 'history',
    summary: 'what earlier runs did',
    group: 'Looking',
    load: async () => (await import('./history.ts')).defineHistory,
  },
  {
    name: 'doctor',
    summary: 'what is wrong with this host, and the remedy',
    group: 'Looking',
    load: async () => (await import('./doctor.ts')).defineDoctor,
  },
];
