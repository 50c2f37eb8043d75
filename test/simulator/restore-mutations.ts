import type { Restore } from '../../src/model/restore-action.ts';
import { ok } from '../../src/model/result.ts';
import { createDice } from '../../src/simulator/dice.ts';
import type { Fault } from '../../src/simulator/fault.ts';
import type { Step } from '../../src/simulator/story.ts';
import { trashRecordName } from '../../src/store/layout.ts';
import type { MutationCase } from './mutations.ts';
import {
  actions,
  apply,
  drivers,
  files as storeFiles,
  happens,
  hypervisor,
  store,
} from './twists.ts';

const asks = (
  deed: Extract<Step, { kind: 'ask' }>['deed'],
  seed: number,
  ...faults: Fault[]
): Step => ({ kind: 'ask', deed, seed, faults });

/** Points of two hours, what is asked for, and what comes after it. */
const restores =
  (after: (seed: number) => readonly Step[]): ((seed: number) => readonly Step[]) =>
  (seed) => [
    happens('domain', 'write', seed),
    apply(seed),
    happens('domain', 'write', seed + 1),
    happens('host', 'wait', seed),
    apply(seed + 1),
    happens('domain', 'write', seed + 2),
    ...after(seed),
  ];

/** A restore in place that ends in good order, and a power failure soon after it. */
const powerFails = restores((seed) => [
  asks('restore-in-place', seed),
  happens('host', 'reboot', seed),
  apply(seed + 2),
]);

/** Restores in place that are killed somewhere, the process or its machine. */
const killed = restores((seed) => {
  const dice = createDice(seed);
  const how = dice.pick(['process-before', 'process-after', 'host-before'] as const);
  return [
    asks('restore-in-place', seed, { of: 'changes', at: 8 + dice.below(24), how }),
    apply(seed + 2),
  ];
});

/** Every hour a drill of each domain, one of which does not boot; now and then it is killed. */
const drills = restores((seed) => {
  const dice = createDice(seed);
  return [
    { kind: 'policy', deed: 'drill', seed },
    happens('domain', 'break-boot', seed),
    ...Array.from({ length: 4 }, (_none, hour): readonly Step[] => [
      happens('domain', 'write', seed + hour),
      happens('host', 'wait', seed + hour),
      {
        kind: 'apply',
        seed: seed + hour,
        lies: [],
        beside: 'nobody',
        faults: hour === 0 ? [] : [{ of: 'drivers', at: dice.below(40), how: 'process-after' }],
      },
    ]).flat(),
  ];
});

/** Retention fills the trash, and a person brings back what is in it. */
const broughtBack = (seed: number): readonly Step[] => [
  ...Array.from({ length: 8 }, (_none, hour): readonly Step[] => [
    happens('domain', 'write', seed + hour),
    happens('host', 'wait', seed + hour),
    apply(seed + hour),
  ]).flat(),
  asks('trash-restore', seed),
  apply(seed),
];

/** A way back from the trash that is killed after its rename; later another chain goes there, and power fails. */
const cutOff = (seed: number): readonly Step[] => {
  const at = 8 + createDice(seed).below(6);
  return [
    ...broughtBack(seed).slice(0, -2),
    asks('trash-restore', seed, { of: 'changes', at, how: 'process-before' }),
    ...Array.from({ length: 6 }, (_none, hour): readonly Step[] => [
      happens('domain', 'write', seed + hour),
      happens('host', 'wait', seed + hour),
      apply(seed + hour),
    ]).flat(),
    happens('host', 'reboot', seed),
  ];
};

const restoring = (change: (action: Restore) => Restore) =>
  actions((all) => all.map((action) => (action.kind === 'restore' ? change(action) : action)));

/** Mutations of restores, of what comes back from the trash, and of drills. */
export const restoreMutations: readonly MutationCase[] = [
  {
    name: 'a restored image takes its place before it is on disk',
    twist: drivers((real) => ({ files: { ...real.files, makeLasting: async () => {} } })),
    caughtBy: ['restore-stays', 'restore-rest'],
    story: powerFails,
  },
  {
    name: 'the directory of restored images is not durable',
    twist: drivers(({ files }) => ({
      files: { ...files, makeLastingDirectory: (path) => files.makeJobDirectory(path) },
    })),
    caughtBy: ['restore-stays'],
    story: restores((seed) => [
      asks('restore-images', seed),
      happens('host', 'reboot', seed),
      apply(seed + 2),
    ]),
  },
  {
    name: 'a restored image is put over the old one',
    twist: drivers(({ files }) => ({
      files: {
        ...files,
        rename: async (from, to) => {
          if (!to.includes('.before-restore-')) await files.rename(from, to);
        },
      },
    })),
    caughtBy: ['restore-images'],
    story: powerFails,
  },
  {
    name: 'an older point is restored than was asked for',
    twist: restoring((action) => ({
      ...action,
      images: action.images.map((image) => ({
        ...image,
        layers: image.layers.length > 1 ? image.layers.slice(1) : image.layers,
      })),
    })),
    caughtBy: ['restore'],
    story: powerFails,
  },
  {
    name: 'what a killed restore set aside is not put back',
    twist: actions((all) => all.filter(({ kind }) => kind !== 'put-back')),
    caughtBy: ['restore-rest'],
    story: killed,
  },
  {
    name: 'of two images one is put back',
    twist: actions((all) =>
      all.map((action) =>
        action.kind === 'put-back' ? { ...action, swaps: action.swaps.slice(1) } : action,
      ),
    ),
    caughtBy: ['restore-rest'],
    story: killed,
  },
  {
    name: 'what a killed restore wrote for itself stays',
    twist: actions((all) => all.filter(({ kind }) => kind !== 'discard-files')),
    caughtBy: ['restore-rest', 'I3'],
    story: killed,
  },
  {
    name: 'a chain from the trash comes back without a hold',
    twist: store((real) => ({
      restoreTrash: (path, chain, hold) => {
        const restored = real.restoreTrash(path, chain, hold);
        const [, , directory = ''] = path.split('/');
        return restored.ok ? real.removeHold(directory, chain, null) : restored;
      },
    })),
    caughtBy: ['trash-restore'],
    story: broughtBack,
  },
  {
    name: 'a chain from the trash is said to be back, and is not',
    twist: store(() => ({ restoreTrash: () => ok(undefined) })),
    caughtBy: ['trash-restore'],
    story: broughtBack,
  },
  {
    name: 'a chain on its way back is not made certain before another one goes',
    twist: storeFiles((real) => ({
      look: (path) =>
        path.includes('/domains/') && path.endsWith(`/${trashRecordName}`) ? null : real.look(path),
    })),
    caughtBy: ['I1-kept', 'I5'],
    story: cutOff,
  },
  {
    name: 'what a drill stood on stays',
    twist: drivers(({ files }) => ({
      files: {
        ...files,
        remove: async (path) => (path.includes('/drill-') ? undefined : files.remove(path)),
      },
    })),
    caughtBy: ['I14'],
    story: drills,
  },
  {
    name: 'a drill that was killed is not ended',
    twist: actions((all) => all.filter(({ kind }) => kind !== 'end-drill')),
    caughtBy: ['I3', 'I14', 'drill-left'],
    story: drills,
  },
  {
    name: 'the machine of a drill is not ended, neither by the drill nor with its process',
    twist: hypervisor((real, model) => {
      const host = real.drills;
      if (host === undefined) throw new Error('no drills');
      return {
        drills: {
          ...host,
          boot: async (xml, guest, overlays) => {
            const booted = await host.boot(xml, guest, overlays);
            Object.assign(model.machines.at(-1) ?? {}, { process: model.startProcess() });
            return booted.ok ? ok({ ...booted.value, end: async () => ok(undefined) }) : booted;
          },
        },
      };
    }),
    caughtBy: ['drill-left'],
    story: drills,
  },
  {
    name: 'a machine that did not answer is noted as booted',
    twist: store((real) => ({
      writeDrill: (place, record, picture) =>
        real.writeDrill(place, { ...record, result: 'passed', failure: null }, picture),
    })),
    caughtBy: ['drill-proven'],
    story: drills,
  },
  {
    name: 'a drill boots the first point of the chain, and notes the last',
    twist: drivers(({ pointImages }, host) => ({
      pointImages: {
        ...pointImages,
        serve: (image, target, socket) => {
          const [file = '', , ...above] = image.split('/').toReversed();
          const chain = above.toReversed().join('/');
          const [first = ''] = host.files
            .list(host.realPath(chain))
            .filter((name) => name.startsWith('0000-'));
          return pointImages.serve(`${chain}/${first}/${file}`, target, socket);
        },
      },
    })),
    caughtBy: ['drill-proven'],
    story: drills,
  },
];
