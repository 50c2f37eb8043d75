import type { Keep } from '../model/desired.ts';
import { unreachable } from '../model/result.ts';
import type { Verification } from '../model/verification.ts';
import type { Dice } from './dice.ts';
import { newMirror } from './model-mirror.ts';
import type { ModelMirrorPolicy, ModelPolicy } from './model-policy.ts';
import type { PolicyDeed } from './story.ts';
import type { World } from './world.ts';

const keeps: readonly [Keep | null, ...(Keep | null)[]] = [
  null,
  { chains: 0 },
  { chains: 1 },
  { last: 2 },
  { last: 5 },
  { daily: 2 },
  { hourly: 3, daily: 1 },
  { withinSeconds: 6 * 3600 },
];

const verifications: readonly [Verification | null, ...(Verification | null)[]] = [
  { everySeconds: 3600, depth: 'hash' },
  { everySeconds: 6 * 3600, depth: 'replay' },
  { everySeconds: 86_400, depth: 'structure' },
  null,
];

// Behind ssh copies are read for their hashes alone.
const copyVerifications: readonly [Verification | null, ...(Verification | null)[]] = [
  { everySeconds: 3600, depth: 'hash' },
  { everySeconds: 6 * 3600, depth: 'hash' },
  null,
];

/** Edits the policy as people do, between two runs. */
export function editPolicy(world: World, deed: PolicyDeed, dice: Dice): void {
  world.policy = { ...world.policy, ...edited(world, deed, dice) };
}

function edited(world: World, deed: PolicyDeed, dice: Dice): Partial<ModelPolicy> {
  const { policy, host } = world;
  const domain = host.domains[dice.below(host.domains.length)];
  const one = domain === undefined ? [] : [domain.uuid];
  switch (deed) {
    case 'retention':
      return {
        maxPoints: 1 + dice.below(4),
        keep: dice.pick(keeps),
        minPoints: 1 + dice.below(2),
      };
    case 'schedule':
      return { cron: dice.pick(['0 * * * *', '0 */6 * * *', '0 2 * * *', '30 1,13 * * *']) };
    case 'leave':
      return { left: new Set([...policy.left, ...one]) };
    case 'ignore':
      return { ignored: new Set([...policy.ignored, ...one]) };
    case 'take-back':
      return { left: new Set(), ignored: new Set() };
    case 'move-store':
      if (policy.stores.length === 1) host.addMount('/mnt/second');
      return {
        stores: [
          { name: 'main', path: '/mnt/main' },
          { name: 'second', path: '/mnt/second' },
        ],
        moved: new Set(policy.moved.size === 0 ? one : []),
      };
    case 'trash-keep':
      return { trashKeepHours: dice.pick([0, 1, 24, 72]) };
    case 'tracker':
      return { tracker: dice.pick(['auto', 'auto', 'never']) };
    case 'quiesce':
      return { quiesce: dice.pick(['try', 'never', 'required']) };
    case 'verify':
      return { verify: dice.pick(['structure', 'source']) };
    case 'verify-again':
      return { verification: dice.pick(verifications) };
    case 'drill':
      return { drillSeconds: dice.pick([3600, 6 * 3600, 86_400, null]) };
    case 'require-mount':
      return { requireMount: !policy.requireMount };
    case 'add-mirror':
    case 'drop-mirror':
    case 'mirror-retention':
    case 'mirror-schedule':
    case 'mirror-deletes':
    case 'mirror-trash':
    case 'mirror-verify':
      return { mirrors: editedMirrors(world, deed, dice) };
    default:
      return unreachable(deed);
  }
}

type MirrorEdit = Extract<PolicyDeed, `${string}mirror${string}`>;

/** The policy's mirrors after an edit; one that is taken out and comes back has what it had. */
function editedMirrors(
  { policy: { mirrors }, host }: World,
  deed: MirrorEdit,
  dice: Dice,
): readonly ModelMirrorPolicy[] {
  const at = dice.below(mirrors.length);
  const change = (edit: Partial<ModelMirrorPolicy>): readonly ModelMirrorPolicy[] =>
    mirrors.map((mirror, index) => (index === at ? { ...mirror, ...edit } : mirror));
  switch (deed) {
    case 'add-mirror': {
      const name = ['nas', 'offsite'].find((one) => mirrors.every((known) => known.name !== one));
      if (name === undefined) return mirrors;
      if (host.mirrors.every((one) => one.name !== name)) host.mirrors.push(newMirror(name));
      return [...mirrors, newMirrorPolicy(name, dice)];
    }
    case 'drop-mirror':
      return mirrors.toSpliced(at, 1);
    case 'mirror-retention':
      return change({ keep: dice.pick(keeps), minPoints: 1 + dice.below(2) });
    case 'mirror-schedule':
      return change({ cron: dice.pick(mirrorCrons) });
    case 'mirror-deletes':
      return change({ deletes: dice.pick(['allowed', 'never']) });
    case 'mirror-trash':
      return change({ trashKeepHours: dice.pick([0, 1, 24]) });
    case 'mirror-verify':
      return change({ verification: dice.pick(copyVerifications) });
    default:
      return unreachable(deed);
  }
}

const mirrorCrons: readonly [string | null, ...(string | null)[]] = [
  null,
  null,
  '0 */3 * * *',
  '0 4 * * *',
];

function newMirrorPolicy(name: string, dice: Dice): ModelMirrorPolicy {
  return {
    name,
    keep: dice.pick(keeps),
    minPoints: 1,
    cron: dice.pick(mirrorCrons),
    deletes: dice.chance(0.8) ? 'allowed' : 'never',
    trashKeepHours: dice.pick([0, 1, 24]),
    verification: null,
  };
}
