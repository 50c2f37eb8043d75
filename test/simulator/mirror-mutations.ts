import type { FarEnd } from '../../src/mirror/far-end.ts';
import type { Mirror } from '../../src/mirror/mirror.ts';
import type { Action } from '../../src/model/action.ts';
import type { HideCopies } from '../../src/model/copy-action.ts';
import { pointDirectory, type StoreId } from '../../src/model/identity.ts';
import type { ObservedMirrorContent } from '../../src/model/observed-mirror.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import { fail, ok, seen } from '../../src/model/result.ts';
import type { Step } from '../../src/simulator/story.ts';
import type { MutationCase } from './mutations.ts';
import { actions, apply, drivers, happens } from './twists.ts';

/** Some runs with a mirror, and something at it in between. */
const mirrored =
  (...between: readonly string[]): ((seed: number) => readonly Step[]) =>
  (seed) => [
    happens('policy', 'add-mirror', seed),
    happens('policy', 'mirror-retention', seed),
    apply(seed),
    ...Array.from({ length: 14 }, (_none, hour) => [
      happens('domain', 'write', seed + hour),
      happens('domain', 'lose-bitmaps', seed + hour),
      ...between.map((deed) => happens('mirror', deed, seed * 31 + hour)),
      happens('host', 'wait', seed + hour),
      apply(seed + hour),
    ]).flat(),
  ];

/** The same with a fault at some call of a mirror in each run. */
const broken =
  (how: 'half' | 'error-after' | 'error-before'): ((seed: number) => readonly Step[]) =>
  (seed) =>
    mirrored()(seed).map((step, index) =>
      step.kind === 'apply'
        ? { ...step, faults: [{ of: 'mirrors', at: (seed + index) % 24, how }] }
        : step,
    );

/** Mirrors with some of their calls replaced. */
const mirror = (change: (real: Mirror) => Partial<Mirror>): MutationCase['twist'] =>
  drivers((real) => ({
    openMirror: (ref) => {
      const opened = real.openMirror(ref);
      return opened.ok ? ok({ ...opened.value, ...change(opened.value) }) : opened;
    },
  }));

/** Far ends with some of their calls replaced: below the driver's own rules. */
const farEnd = (change: (real: FarEnd) => Partial<FarEnd>): MutationCase['twist'] => ({
  mutation: { farEnd: (real) => ({ ...real, ...change(real) }) },
});

const withoutBlock =
  (...codes: readonly string[]) =>
  (all: readonly Action[]): readonly Action[] =>
    all.map((action) => ({
      ...action,
      blockedBy: action.blockedBy.filter((code) => !codes.includes(code)),
    }));

/** A plan that deletes the oldest chain of each domain at each mirror, whatever the policy says. */
function withHides(plan: Plan, observed: ObservedState): Plan {
  const hides = observed.mirrors.flatMap(({ name, stores }) =>
    stores.flatMap(({ state }) => (state.seen ? hidesOf(name, state.value) : [])),
  );
  return { ...plan, actions: [...plan.actions, ...hides] };
}

function hidesOf(
  name: string,
  { store, directories }: ObservedMirrorContent,
): readonly HideCopies[] {
  return directories.flatMap(({ directory, uuid, name: domain, chains }) =>
    chains.slice(0, -1).map((chain) => ({
      kind: 'hide-copies' as const,
      id: `hide:${name}:${uuid}:${chain.id}`,
      wave: 90 as const,
      address: `${name}:domain/${domain}`,
      dependsOn: [],
      reasons: [],
      place: null,
      blockedBy: [],
      bytes: null,
      domain: { uuid, name: domain },
      mirror: {
        name,
        type: 'rsync' as const,
        target: `far:/${name}`,
        bandwidthBytesPerSecond: null,
        deletes: 'allowed' as const,
        ssh: { identityFile: null, knownHosts: null, port: null },
        configFile: null,
        store,
      },
      directory,
      chain: chain.id,
      points: chain.points.map(({ id, sequence, level, bytes }) => ({
        id,
        directory: pointDirectory(sequence, id, level),
        sequence,
        bytes,
      })),
      purgeAfter: '2026-11-22T02:00:00.000Z',
    })),
  );
}

const blankMirror = (store: StoreId): ObservedMirrorContent => ({
  store,
  kind: 'blank',
  directories: [],
  freeBytes: null,
  unreadable: [],
  foreign: 0,
});

/** Mutations of what keeps copies at mirrors. */
export const mirrorMutations: readonly MutationCase[] = [
  {
    name: 'manifests travel before their data',
    twist: farEnd((real) => {
      let waiting: Parameters<FarEnd['push']>[0] | null = null;
      return {
        push: async (request) => {
          waiting = request;
          return ok({ files: 0, bytes: 0, durability: 'synced' });
        },
        pushNew: async (request) => {
          const done = await real.pushNew(request);
          const data = waiting;
          waiting = null;
          return done.ok && data !== null ? real.push(data) : done;
        },
      };
    }),
    caughtBy: ['mirror-point'],
    story: broken('half'),
  },
  {
    name: 'a copy that broke off is called done',
    twist: mirror((real) => ({
      copy: async (request) => {
        const done = await real.copy(request);
        return done.ok ? done : ok({ files: 1, bytes: 1, durability: 'synced' });
      },
    })),
    caughtBy: ['mirror-copied', 'live', 'G207'],
    story: broken('half'),
  },
  {
    name: 'holds at a mirror are not looked for',
    twist: {
      mutation: {
        farEnd: (real) => ({
          ...real,
          list: async (below, signal) => {
            const listed = await real.list(below, signal);
            if (!listed.ok) return listed;
            const files = listed.value.files.filter(({ path }) => !path.endsWith('/hold.json'));
            return ok({ ...listed.value, files });
          },
          pullSmall: (request) => {
            const paths = request.paths.filter((path) => !path.endsWith('/hold.json'));
            return real.pullSmall({ ...request, paths });
          },
        }),
      },
    },
    caughtBy: ['mirror-foreign'],
    story: mirrored('hold'),
  },
  {
    name: 'a copy is deleted past its trash',
    twist: mirror((real) => ({
      hide: async (request) => {
        const hidden = await real.hide(request);
        return hidden.ok ? real.purge(request) : hidden;
      },
    })),
    caughtBy: ['mirror-kept'],
    story: mirrored(),
  },
  {
    name: 'a deletion takes the chain beside it too',
    twist: mirror((real) => ({
      hide: async (request) => {
        const look = await real.observe(request);
        const own = look.seen
          ? look.value.directories.find(({ directory }) => directory === request.directory)
          : undefined;
        const other = own?.chains.find(({ id }) => id !== request.chain);
        if (other !== undefined) {
          const pointDirectories = other.points.map(({ sequence, id, level }) =>
            pointDirectory(sequence, id, level),
          );
          await real.hide({ ...request, chain: other.id, pointDirectories });
        }
        return real.hide(request);
      },
    })),
    caughtBy: ['mirror-kept', 'mirror-floor'],
    story: mirrored(),
  },
  {
    name: 'G207 does not ask the mirrors',
    twist: actions(withoutBlock('G207')),
    caughtBy: ['G207'],
    story: mirrored('away', 'back', 'away'),
  },
  {
    name: 'a chain goes here before its copy is there',
    twist: actions((all) =>
      withoutBlock('G207')(all).map((action) =>
        action.kind === 'trash-chain'
          ? {
              ...action,
              dependsOn: action.dependsOn.filter((id) => !id.startsWith('copy-points:')),
            }
          : action,
      ),
    ),
    caughtBy: ['G207'],
    story: broken('error-before'),
  },
  // Two lines stand behind this one, so it is put past both of them, and seen by what is planned there. A far end that
  // shows nothing is no blank mirror to a host that has copied there (`judgeMarker`: mirror-lost). And nothing is lost
  // by the plan: without copies at the mirror the planner wants more of what is here to go there, not less (`decideChains`
  // judges the union), each deletion here waits for those copies (`afterCopies`), which fail, or, where a schedule
  // puts them off, is blocked (G207); at the mirror there is nothing to delete, and G153 misses what was remembered.
  {
    name: 'a mirror that was not seen is taken for an empty one',
    twist: drivers((real) => ({
      openPlace: (access, known) => {
        const place = real.openPlace(access, known);
        if (!place.ok) return place;
        const of = (store: StoreId): Mirror => {
          const opened = place.value.of(store);
          return {
            ...opened,
            observe: async (request) => {
              const look = await opened.observe(request);
              return look.seen ? look : seen(blankMirror(store));
            },
          };
        };
        return ok({ ...place.value, of });
      },
    })),
    caughtBy: ['mirror-unseen'],
    story: mirrored('away'),
  },
  {
    name: 'what the policy calls never is allowed',
    twist: { plan: withHides },
    caughtBy: ['mirror-kept'],
    story: mirrored(),
  },
  {
    name: 'a mirror that fails stops the backups after it',
    twist: actions((all) => {
      const copy = all.find(({ kind }) => kind === 'copy-points');
      return all.map((action) =>
        copy !== undefined && action.kind === 'trash-chain'
          ? { ...action, dependsOn: [...new Set([...action.dependsOn, copy.id])] }
          : action,
      );
    }),
    caughtBy: ['I9'],
    story: broken('error-before'),
  },
  {
    name: 'a domain gets no point while its mirror is away',
    twist: {
      plan: (plan, observed) => {
        const isAway = observed.mirrors.some(({ stores }) =>
          stores.some(({ state }) => !state.seen),
        );
        if (!isAway) return plan;
        return { ...plan, actions: plan.actions.filter(({ kind }) => kind !== 'backup') };
      },
    },
    caughtBy: ['I9'],
    story: mirrored('away'),
  },
  {
    name: 'increments are copied without what they stand on',
    twist: actions((all) =>
      all.map((action) =>
        action.kind === 'copy-points'
          ? { ...action, points: action.points.slice(-1), dependsOn: [] }
          : action,
      ),
    ),
    caughtBy: ['mirror-point'],
    story: (seed) =>
      mirrored('remove-chain')(seed).filter(
        (step) => !(step.kind === 'domain' && step.deed === 'lose-bitmaps'),
      ),
  },
  {
    name: 'a file of the same size and name is taken for the same',
    twist: farEnd((real) => ({
      push: async (request) => {
        const listed = await real.list(request.far, request.signal);
        if (!listed.ok) return fail(listed.error);
        const there = new Set(listed.value.files.map(({ path }) => path));
        return real.push({ ...request, paths: request.paths.filter((path) => !there.has(path)) });
      },
    })),
    caughtBy: ['mirror-reads-back', 'mirror-point', 'live'],
    story: mirrored('remove-chain', 'lose-file', 'cut-manifest'),
  },
];
