import type { Hypervisor } from '../../src/hypervisor/hypervisor.ts';
import type { Action } from '../../src/model/action.ts';
import type { ObservedDomain } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import { fail, ok, seen } from '../../src/model/result.ts';
import type { ModelHost } from '../../src/simulator/model-host.ts';
import { secret } from '../../src/simulator/model-hypervisor.ts';
import type { ProcessDrivers } from '../../src/simulator/process-drivers.ts';
import { contentOf } from '../../src/simulator/qemu.ts';
import type { Twist } from '../../src/simulator/run-story.ts';
import type { JournalFiles } from '../../src/store/journal-files.ts';
import type { Store } from '../../src/store/store.ts';

/** One thing that is taken away from the program, and the oracles that must object. */
export interface MutationCase {
  readonly name: string;
  readonly twist: Twist;
  readonly caughtBy: readonly string[];
}

const files = (change: (files: JournalFiles) => Partial<JournalFiles>): Twist => ({
  mutation: { files: (real) => ({ ...real, ...change(real) }) },
});

/** A hypervisor with some of its calls replaced: its methods live on a prototype. */
const hypervisor = (change: (real: Hypervisor, host: ModelHost) => Partial<Hypervisor>): Twist => ({
  mutation: {
    hypervisor: (real, host) =>
      Object.assign(Object.create(real) as Hypervisor, bound(real), change(real, host)),
  },
});

/** The methods of a hypervisor as properties of their own. */
function bound(real: Hypervisor): Hypervisor {
  return {
    observe: (jobs) => real.observe(jobs),
    look: (uuid, jobs) => real.look(uuid, jobs),
    begin: (request) => real.begin(request),
    startPaused: (uuid) => real.startPaused(uuid),
    stopStarted: (uuid, id) => real.stopStarted(uuid, id),
    thaw: (uuid, seconds) => real.thaw(uuid, seconds),
    abortJob: (uuid, socket) => real.abortJob(uuid, socket),
    dropCheckpoint: (drop) => real.dropCheckpoint(drop),
    redefineCheckpoint: (uuid, xml) => real.redefineCheckpoint(uuid, xml),
    definitions: (uuid) => real.definitions(uuid),
    copyFirmware: (uuid, directory) => real.copyFirmware(uuid, directory),
    adaptDefinition: (xml, changes) => real.adaptDefinition(xml, changes),
    define: (xml) => real.define(xml),
    undefine: (uuid) => real.undefine(uuid),
    start: (uuid) => real.start(uuid),
    powerOff: (uuid, seconds, signal) => real.powerOff(uuid, seconds, signal),
  };
}

const drivers = (
  change: (drivers: ProcessDrivers, host: ModelHost) => Partial<ProcessDrivers>,
): Twist => ({
  mutation: { drivers: (real, host) => ({ ...real, ...change(real, host) }) },
});

const store = (change: (store: Store) => Partial<Store>): Twist =>
  drivers((real) => ({
    openStore: (ref) => {
      const opened = real.openStore(ref);
      return opened.ok ? ok({ ...opened.value, ...change(opened.value) }) : opened;
    },
  }));

const actions = (change: (actions: readonly Action[], plan: Plan) => readonly Action[]): Twist => ({
  plan: (plan) => ({ ...plan, actions: change(plan.actions, plan) }),
});

/** Looks that show a domain otherwise than it is. */
const looks = (change: (domain: ObservedDomain) => ObservedDomain): Twist =>
  hypervisor((real) => ({
    observe: async (jobs) => {
      const all = await real.observe(jobs);
      return all.seen ? seen({ ...all.value, domains: all.value.domains.map(change) }) : all;
    },
    look: async (uuid, jobs) => {
      const one = await real.look(uuid, jobs);
      return one.seen && one.value !== null ? seen(change(one.value)) : one;
    },
  }));

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
    name: 'an increment counts from the newest checkpoint, and tentative ones stay',
    twist: hypervisor((real, host) => ({
      begin: async (request) => {
        const newest = host.domain(request.uuid)?.checkpoints.at(-1)?.name;
        const disks = request.disks.map((disk) =>
          disk.base === null || newest === undefined
            ? disk
            : { ...disk, base: newest as typeof disk.base },
        );
        const point = await real.begin({ ...request, disks });
        if (!point.ok) return point;
        const { end } = point.value;
        return ok({ ...point.value, end, abandon: end });
      },
      dropCheckpoint: async () => ok(undefined),
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
  },
  {
    name: 'what guards block is done',
    twist: actions((all) => all.map((action) => ({ ...action, blockedBy: [] }))),
    caughtBy: ['I4', 'I5', 'I1-kept', 'live', 'I3'],
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
    caughtBy: ['live', 'I3'],
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
    name: 'a guest that a dead run froze is not thawed',
    twist: hypervisor(() => ({ thaw: async () => ok(undefined) })),
    caughtBy: ['I10'],
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
    caughtBy: ['I14', 'live', 'I3'],
  },
];
