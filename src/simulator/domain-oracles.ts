import type { DomainUuid } from '../model/identity.ts';
import { isQuiet, type Oracle, type Scene } from './scene.ts';

/**
 * Whether a run in which nothing went wrong had to leave the domain as a person had it. Who was told to change
 * nothing (G405) shows the repair, and owes no more.
 */
function isOwed(scene: Scene, uuid: DomainUuid, repair: Repair): boolean {
  if (!isQuiet(scene)) return false;
  const isShown = scene.results.some(({ plan }) =>
    plan?.actions.some((action) => action.kind === repair && action.domain.uuid === uuid),
  );
  return !scene.isOnlyLooking || !isShown;
}

type Repair = 'thaw-domain' | 'restore-power-state' | 'abort-job';

/**
 * I10: no run leaves a guest frozen, whatever failed in it, unless the thaw did
 * or it died; after a run in which nothing went wrong, none is frozen at all.
 */
const isThawed: Oracle = (scene) => {
  const { results, world, frozenBefore } = scene;
  const hasThawed = results.every(
    ({ died, met }) => !died && !met.some((one) => one.startsWith('hypervisor.thaw')),
  );
  return (
    world.host.domains
      // Without its agent nobody can thaw a guest: the next run tries again.
      .filter((domain) => domain.frozen && domain.agent === 'connected')
      .filter(
        ({ uuid }) => isOwed(scene, uuid, 'thaw-domain') || (hasThawed && !frozenBefore.has(uuid)),
      )
      .map(({ name }) => `${name} is frozen`)
  );
};

/** I11: every domain is as a person left it, and a guest's saved memory is there. */
const hasItsPower: Oracle = (scene) => {
  const { domains } = scene.world.host;
  const consumed = domains
    .filter(({ keepsMemory, managedSave }) => keepsMemory && !managedSave)
    .map(({ name }) => `the saved memory of ${name} was consumed`);
  const other = domains
    // One on which another program works stays up until that ends: settle ends it, and asks again.
    .filter(({ state, wanted, foreignJob }) => state !== wanted && !foreignJob)
    .filter(({ uuid }) => isOwed(scene, uuid, 'restore-power-state'))
    .map(({ name, state, wanted }) => `${name} is ${state}, and a person left it ${wanted}`);
  return [...consumed, ...other];
};

/** I13: each domain that was seen ends in exactly one list. */
const isListedOnce: Oracle = ({ results }) =>
  results.flatMap(({ observed, plan }) => {
    // A plan of what was asked for by name is about nothing else.
    if (plan?.purpose !== 'policy' || observed?.hypervisor.seen !== true) return [];
    const { domains, unseenDomains } = observed.hypervisor.value;
    return [...domains, ...unseenDomains].flatMap(({ uuid, name }) => {
      const times = plan.domains.filter(({ domain }) => domain.uuid === uuid).length;
      return times === 1 ? [] : [`${name} is in ${times} lists`];
    });
  });

/** I14: after a run in which nothing went wrong no job of ours is left, and no scratch file. */
const leavesNoJob: Oracle = (scene) => {
  const { host } = scene.world;
  const jobs = host.domains
    .filter(({ uuid, job }) => job !== null && isOwed(scene, uuid, 'abort-job'))
    .map(({ name }) => `${name} has a job`);
  return jobs;
};

/** Oracles that look at domains. */
export const domainOracles: readonly { readonly id: string; readonly oracle: Oracle }[] = [
  { id: 'I10', oracle: isThawed },
  { id: 'I11', oracle: hasItsPower },
  { id: 'I13', oracle: isListedOnce },
  { id: 'I14', oracle: leavesNoJob },
];
