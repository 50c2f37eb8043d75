import { fail, ok, seen } from '../../src/model/result.ts';
import { secret } from '../../src/simulator/model-definition.ts';
import { contentOf } from '../../src/simulator/qemu.ts';
import type { Twist } from '../../src/simulator/story-run.ts';
import type { Step } from '../../src/simulator/story.ts';
import {
  actions,
  bound,
  drivers,
  files,
  happens,
  hours,
  killedHourly,
  hypervisor,
  looks,
  store,
} from './twists.ts';

/** One thing that is taken away from the program, and the oracles that must object. */
export interface MutationCase {
  readonly name: string;
  readonly twist: Twist;
  readonly caughtBy: readonly string[];
  /** The story of a seed; left out: one of those that all are told. */
  readonly story?: (seed: number) => readonly Step[];
}

/** Every mutation. */
export const mutationCases: readonly MutationCase[] = [
  {
    name: 'fsync of a file does nothing',
    twist: files(() => ({ syncFile: () => {} })),
    caughtBy: ['I1-published', 'I1-kept', 'I1-reads-back', 'I5'],
  },
  {
    name: 'fsync of a directory does nothing',
    twist: files(() => ({ syncDirectory: () => {} })),
    caughtBy: ['I1-published', 'I1-kept', 'I5', 'I6'],
  },
  {
    name: 'small files are written without an fsync',
    twist: files((real) => ({
      writeNew: (path, content) => {
        const file = real.create(path);
        file.add(Buffer.from(content));
      },
    })),
    caughtBy: ['I1-published', 'I1-kept', 'I5', 'live'],
  },
  {
    name: 'a tentative checkpoint stays, and the next increment counts from it',
    twist: hypervisor((real, host) => ({
      begin: async (request) => {
        const newest = host.domain(request.uuid)?.checkpoints.at(-1)?.name;
        const disks = request.disks.map((disk) =>
          disk.base === null || newest === undefined
            ? disk
            : { ...disk, base: newest as typeof disk.base },
        );
        const point = await real.begin({ ...request, disks });
        return point.ok ? ok({ ...point.value, abandon: () => point.value.end() }) : point;
      },
      dropCheckpoint: async ({ uuid, name, images }) => {
        const isNewest = host.domain(uuid)?.checkpoints.at(-1)?.name === name;
        return isNewest ? ok(undefined) : real.dropCheckpoint({ uuid, name, images });
      },
    })),
    caughtBy: ['I1-reads-back'],
  },
  {
    name: 'a chain is deleted without the trash',
    twist: store((real) => ({
      trashChain: (request) => {
        const trashed = real.trashChain(request);
        const { run, directory, chain } = request;
        return trashed.ok ? real.purgeTrash(`.trash/${run}/${directory}/${chain}`, chain) : trashed;
      },
    })),
    caughtBy: ['I1-kept'],
    story: hours((seed) => happens('domain', 'write', seed)),
  },
  {
    name: 'holds are neither seen nor kept',
    twist: drivers((real) => ({
      eyes: {
        ...real.eyes,
        list: async (path) =>
          (await real.eyes.list(path)).filter(({ name }) => name !== 'hold.json'),
      },
      openStore: (ref) => {
        const opened = real.openStore(ref);
        if (!opened.ok) return opened;
        const { value } = opened;
        return ok({
          ...value,
          trashChain: (request) => {
            const points = value.readChain(request.directory, request.chain);
            for (const { place } of points.ok ? points.value : []) {
              value.removeHold(place.directory, place.chain, place.pointDirectory);
            }
            return value.trashChain(request);
          },
        });
      },
    })),
    caughtBy: ['I7'],
    story: hours((seed) => happens('host', 'hold', seed)),
  },
  {
    name: 'what guards block is done',
    twist: actions((all) => all.map((action) => ({ ...action, blockedBy: [] }))),
    caughtBy: ['I4', 'I5'],
  },
  {
    name: 'every chain of a domain may go',
    twist: {
      plan: (plan, observed) => {
        const [state] = observed.stores.map((one) => one.state);
        const ready = state?.kind === 'ready' ? state : null;
        const [name] = observed.stores.map((one) => one);
        if (ready === null || name === undefined || !observed.hypervisor.seen) return plan;
        const trash = ready.directories.flatMap(({ uuid, name: domain, directory, chains }) =>
          chains.map((chain) => ({
            kind: 'trash-chain' as const,
            id: `trash:${uuid}:${chain.id}`,
            wave: 90 as const,
            address: `domain/${domain}`,
            dependsOn: [],
            reasons: [],
            place: null,
            blockedBy: [],
            bytes: null,
            domain: { uuid, name: domain },
            store: { name: name.name, path: name.path, id: ready.id },
            directory,
            chain: chain.id,
            points: chain.points.map(({ id }) => id),
            purgeAfter: observed.observedAt,
          })),
        );
        const others = plan.actions.filter(({ kind }) => kind === 'purge-trash');
        return { ...plan, actions: [...others, ...trash] };
      },
    },
    caughtBy: ['I5'],
  },
  {
    name: 'an image is known by its target, not by what it is',
    twist: looks((domain) => ({
      ...domain,
      disks: domain.disks.map((disk) => ({
        ...disk,
        images: disk.images.seen
          ? seen(
              disk.images.value.map(({ identity, stat }) => ({
                identity: { ...identity, inode: 1 },
                stat,
              })),
            )
          : disk.images,
      })),
    })),
    caughtBy: ['I1-reads-back'],
    story: hours((seed) => happens('domain', 'swap-disks', seed)),
  },
  {
    name: 'a bitmap that is in use counts as whole',
    twist: looks((domain) => ({
      ...domain,
      disks: domain.disks.map((disk) => ({
        ...disk,
        bitmaps:
          disk.bitmaps?.seen === true
            ? seen(disk.bitmaps.value.map((bitmap) => ({ ...bitmap, flags: ['auto'] })))
            : disk.bitmaps,
      })),
      checkpoints: domain.checkpoints.seen
        ? seen(
            domain.checkpoints.value.map((one) => ({
              ...one,
              disks: one.disks.map((disk) => ({ ...disk, dirtyBytes: disk.dirtyBytes ?? 0 })),
            })),
          )
        : domain.checkpoints,
    })),
    caughtBy: ['live'],
  },
  {
    name: 'what is copied is the disk of now, not of the point',
    twist: drivers((real, host) => ({
      images: {
        ...real.images,
        copy: async (request) => {
          const domain = host.domains.find(({ job }) => job?.socket === request.disk.socket);
          if (domain?.job !== null && domain !== undefined) {
            for (let ticks = 0; ticks < 40; ticks += 1) await Promise.resolve();
            const view = domain.job.view as Map<string, readonly number[]>;
            for (const [target, content] of contentOf(domain)) view.set(target, content);
          }
          return real.images.copy(request);
        },
      },
    })),
    caughtBy: ['I1-reads-back'],
  },
  {
    name: 'neither a run nor its guard thaws a guest',
    twist: hypervisor((real, host) => ({
      begin: async (request) => {
        const point = await real.begin(request);
        for (const { guarded } of host.processes) guarded.clear();
        return point;
      },
      thaw: async () => ok(undefined),
    })),
    caughtBy: ['I10'],
    story: (seed) => [
      {
        kind: 'apply',
        seed,
        faults: [{ of: 'drivers', at: seed, how: 'half' }],
        lies: [],
        beside: 'nobody',
      },
    ],
  },
  {
    name: 'a domain that was started for a point is left so',
    twist: hypervisor(() => ({ stopStarted: async () => ok('left-running' as const) })),
    caughtBy: ['I11'],
  },
  {
    name: 'intents are not journalled',
    twist: drivers((real) => ({
      journals: {
        ...real.journals,
        open: (run) => {
          const journal = real.journals.open(run);
          if (!journal.ok) return journal;
          const { value } = journal;
          return ok({
            ...value,
            append: (body, path) =>
              body.kind === 'intent' ? ok(undefined) : value.append(body, path),
          });
        },
      },
    })),
    caughtBy: ['I10', 'I11', 'I14', 'live'],
  },
  {
    name: 'a failure tells the definition',
    twist: hypervisor(() => ({
      definitions: async () => fail({ code: 'xml', message: `not well-formed: ${secret}` }),
    })),
    caughtBy: ['I12'],
  },
  {
    name: 'a domain that needs nothing is not listed',
    twist: {
      plan: (plan) => ({
        ...plan,
        domains: plan.domains.filter(({ verdict }) => verdict !== 'up-to-date'),
      }),
    },
    caughtBy: ['I13'],
  },
  {
    name: 'one domain waits for another',
    twist: actions((all) =>
      all.map((action, index) => {
        const before = all[index - 1];
        return action.kind === 'backup' && before !== undefined
          ? { ...action, dependsOn: [...action.dependsOn, before.id] }
          : action;
      }),
    ),
    caughtBy: ['I8'],
  },
  {
    name: 'a saved memory is not looked for',
    twist: {
      mutation: {
        hypervisor: (real, host) => {
          const blind = looks((domain) => ({ ...domain, managedSave: false })).mutation?.hypervisor;
          return {
            ...bound(blind?.(real, host) ?? real),
            startPaused: async (uuid) => {
              const domain = host.domain(uuid);
              if (domain !== null) domain.managedSave = false;
              return real.startPaused(uuid);
            },
          };
        },
      },
    },
    caughtBy: ['I11'],
  },
  {
    name: 'jobs are not ended',
    twist: hypervisor(() => ({ abortJob: async () => ok('aborted' as const) })),
    caughtBy: ['I14', 'live'],
    story: killedHourly,
  },
];
