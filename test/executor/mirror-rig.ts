import type { Backup } from '../../src/model/backup-action.ts';
import type {
  CopyPoints,
  HideCopies,
  MirrorRef,
  PurgeCopies,
} from '../../src/model/copy-action.ts';
import { runId } from '../../src/model/identity.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { backupOf, FakeWorld } from './fake-world.ts';

const secondRun = runId('20261122T030000Z-00000002');

export const mirrorOf = (world: FakeWorld, name: string): MirrorRef => ({
  name,
  type: 'rsync',
  target: `${name}:/vol`,
  bandwidthBytesPerSecond: null,
  deletes: 'allowed',
  ssh: { identityFile: null, knownHosts: null, port: null },
  configFile: null,
  store: world.store.id,
});

/** What all actions on the copies of a backup's chain have. */
function about(world: FakeWorld, backups: readonly Backup[], mirror: string, what: string) {
  const [first] = backups;
  if (first === undefined) throw new Error('no backups');
  return {
    id: `${what}:${mirror}:${first.directory}`,
    address: `${mirror}:domain/${first.domain.name}`,
    dependsOn: [],
    reasons: [],
    place: null,
    blockedBy: [],
    bytes: 100 * backups.length,
    domain: first.domain,
    mirror: mirrorOf(world, mirror),
    directory: first.directory,
    chain: first.chain,
    points: backups.map(({ point, pointDirectory, sequence }) => ({
      id: point,
      directory: pointDirectory,
      sequence,
      bytes: 100,
    })),
  };
}

/** The copy of a backup's chain. */
export const copyOf = (
  world: FakeWorld,
  backups: readonly Backup[],
  mirror = 'nas',
): CopyPoints => ({
  ...about(world, backups, mirror, 'copy'),
  kind: 'copy-points',
  wave: 30,
  store: world.store,
  compare: 'quick',
});

/** Its deletion there. */
export const hideOf = (
  world: FakeWorld,
  backups: readonly Backup[],
  mirror = 'nas',
): HideCopies => ({
  ...about(world, backups, mirror, 'hide'),
  kind: 'hide-copies',
  wave: 90,
  purgeAfter: '2026-11-25T02:00:00.000Z',
});

/** Its removal for good. */
export const purgeOf = (
  world: FakeWorld,
  backups: readonly Backup[],
  mirror = 'nas',
): PurgeCopies => ({
  ...about(world, backups, mirror, 'purge'),
  kind: 'purge-copies',
  wave: 90,
});

/** How the actions of a run ended. */
export const codesOf = (report: { readonly actions: readonly { outcome: { code: string } }[] }) =>
  report.actions.map(({ outcome }) => outcome.code);

/** Two points of one chain of vm1, and where they are. */
export async function setUp() {
  const vm = fakeDomain(1);
  const world = new FakeWorld([vm, fakeDomain(2)]);
  const full = backupOf(world, vm);
  const increment = backupOf(world, vm, {}, full);
  await world.apply([full]);
  await world.apply([increment], { run: secondRun });
  world.events.length = 0;
  const paths = [full, increment].map(
    ({ directory, chain, pointDirectory }) => `${directory}/${chain}/${pointDirectory}`,
  );
  return { world, vm, backups: [full, increment], paths, nas: world.mirror('nas') };
}

/** Ids of later runs. */
export const run = (n: number) => runId(`20261122T0${n}0000Z-0000000${n}`);
