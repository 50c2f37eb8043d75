import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { destructiveKinds, type Action } from '../../../src/model/action.ts';
import type { DesiredState } from '../../../src/model/desired.ts';
import type { ObservedStore } from '../../../src/model/observed-store.ts';
import { runnableActions } from '../../../src/model/plan.ts';
import { checkPlan } from '../../../src/planner/check.ts';
import { planPolicy } from '../../../src/planner/plan-policy.ts';
import { observeStore } from '../../../src/store/observe.ts';
import { domain } from '../../planner/build-domain.ts';
import { desiredDomain, desiredState, request, retentionOf } from '../../planner/build-policy.ts';
import { memoryFor, observedState } from '../../planner/build.ts';
import {
  chainOn,
  db1,
  later,
  madeStore,
  must,
  publishPoints,
  theRun,
  web01,
} from '../../store/fixture.ts';
import { damage } from '../damage.ts';
import { mustHold, Violation, type Target } from '../target.ts';

const domains = [
  { ...domain(1, 'web01'), uuid: web01 },
  { ...domain(2, 'db1'), uuid: db1 },
];
const allow = ['host', 'domain/web01', 'domain/db1'].flatMap((scope) =>
  ['G201', 'G210', 'G407'].map((code) => ({ code, scope })),
);

function desiredIn(path: string): DesiredState {
  const rule = { retention: retentionOf({ chains: 2 }), store: 'main' };
  const state = desiredState([
    { ...desiredDomain(1, 'web01', rule), uuid: web01 },
    { ...desiredDomain(2, 'db1', rule), uuid: db1 },
  ]);
  const [main] = state.stores;
  if (main === undefined) throw new Error('no store');
  return { ...state, stores: [{ ...main, path, reserve: { kind: 'percent', percent: 0 } }] };
}

const observedIn = (store: ObservedStore) =>
  observedState(domains, [store], { observedAt: later, runs: { seen: true, value: [] } });

const look = (root: string): Promise<ObservedStore> =>
  observeStore({
    name: 'main',
    path: join(root, 'store'),
    requireMount: false,
    stateDir: join(root, 'state'),
  });

/** What a deletion takes away, and from whom: each point for itself. */
const taken = (action: Action): readonly string[] =>
  action.kind === 'trash-chain'
    ? action.points.map((point) => `trash ${action.directory} ${action.chain} ${point}`)
    : action.kind === 'purge-trash'
      ? [`purge ${action.path}`]
      : [`${action.kind} ${action.id}`];

async function deletionsIn(root: string, original: string): Promise<readonly string[]> {
  const store = await look(root);
  const observed = observedIn({ ...store, path: original });
  const plan = planPolicy(desiredIn(original), observed, request({ allow }));
  const [problem] = checkPlan(plan, observed);
  if (problem !== undefined) throw new Violation(problem.message);
  return runnableActions(plan)
    .filter(({ kind }) => destructiveKinds.has(kind))
    .flatMap(taken);
}

/** A store of two domains with four chains each, one more in the trash, and a memory of all that. */
async function build(): Promise<{
  readonly root: string;
  readonly deletions: ReadonlySet<string>;
}> {
  const root = mkdtempSync(join(tmpdir(), 'hf-fuzz-store-'));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  const path = join(root, 'store');
  for (const each of [path, join(root, 'elsewhere')]) mkdirSync(each);
  writeFileSync(join(root, 'elsewhere', 'mine'), 'mine');
  const store = madeStore({
    path,
    stateDir: join(root, 'state'),
    ref: { name: 'main', path, id: '0123456789abcdef0123456789abcdef' as never },
    [Symbol.dispose]() {},
  });
  for (const [directory, uuid] of [
    ['web01', web01],
    ['db1', db1],
  ] as const)
    for (const day of [1, 6, 11, 16, 21])
      publishPoints(store, chainOn(day), [0, 1, 2], undefined, { uuid, directory });
  const seen = await look(root);
  if (seen.state.kind !== 'ready') throw new Error('the store cannot be seen');
  const [first] = seen.state.directories;
  const [chain] = first?.chains ?? [];
  if (first === undefined || chain === undefined) throw new Error('no chain');
  must(
    store.trashChain({
      directory: first.directory,
      chain: chain.id,
      uuid: first.uuid,
      points: chain.points.map(({ id }) => id),
      run: theRun,
      at: '2026-11-01T00:00:00.000Z',
    }),
  );
  const again = await look(root);
  if (again.state.kind !== 'ready') throw new Error('the store cannot be seen');
  must(
    store.writeMemory(memoryFor(desiredIn(path), again.state, { at: '2026-11-25T01:00:00.000Z' })),
  );
  const deletions = new Set(await deletionsIn(root, path));
  if (deletions.size < 4) throw new Error(`too few deletions: ${[...deletions].join('\n')}`);
  return { root, deletions };
}

let built: ReturnType<typeof build> | null = null;

/** A store whose files are damaged at random is never planned more deletions than the whole one. */
export const damagedStoreTarget: Target = {
  name: 'damaged-store',
  slow: true,
  seeds: () => [Buffer.from('0000'), Buffer.from('0001')],
  words: [],
  async run(input) {
    built ??= build();
    const { root, deletions } = await built;
    const copy = mkdtempSync(join(tmpdir(), 'hf-fuzz-copy-'));
    try {
      cpSync(root, copy, { recursive: true, verbatimSymlinks: true });
      const told = damage(join(copy, 'store'), input, join(copy, 'elsewhere'));
      for (const one of await deletionsIn(copy, join(root, 'store')))
        mustHold(deletions.has(one), `${told.join('; ')}: ${one}`);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  },
};
