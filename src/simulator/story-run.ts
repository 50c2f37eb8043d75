import type { Heal } from '../model/check-action.ts';
import type { Actor } from './actor.ts';
import { askedOf } from './asks.ts';
import { copiesOf, copyKeyOf, parentAt, type StoredCopy } from './copies.ts';
import { createDice, type Dice } from './dice.ts';
import { doToDomain } from './domain-deeds.ts';
import { doToHost } from './host-deeds.ts';
import { plugImages } from './image-files.ts';
import { inventoryOf, parentOf, type StoredPoint } from './inventory.ts';
import { doToMirror } from './mirror-deeds.ts';
import { violationsOf } from './oracles.ts';
import { isWholeAsWritten, readsWell } from './point-truth.ts';
import { editPolicy } from './policy-deeds.ts';
import type { Mutation } from './process-drivers.ts';
import { forgetRestores, imagesOf, noteRestores } from './restore-oracles.ts';
import { type LoopRequest, type LoopResult, runLoop } from './run-loop.ts';
import { keyOf, type Scene, type Violation } from './scene.ts';
import type { Step } from './story.ts';
import { noteWaysBack } from './ways-back.ts';
import { newWorld, pointKey, type World } from './world.ts';

/** What tests take away from the program, to see the oracles object. */
export interface Twist {
  readonly mutation?: Mutation;
  readonly plan?: LoopRequest['twist'];
}

/** A story on its way. */
export class StoryRun {
  readonly world: World = newWorld();
  readonly violations: Violation[] = [];
  readonly faults: string[] = [];
  steps = 0;
  crashes = 0;
  compared = 0;
  readonly #twist: Twist;
  /** Who does the runs; null: a person, with `apply`. */
  readonly actor: Actor | null;
  #before: readonly StoredPoint[] = [];
  #copiesBefore: readonly StoredCopy[] = [];

  constructor(twist: Twist, actorOf: (world: World) => Actor | null = () => null) {
    this.#twist = twist;
    this.actor = actorOf(this.world);
  }

  /** Does one step, and asks all oracles. */
  async step(step: Step): Promise<Scene> {
    const { world } = this;
    const bornBefore = world.host.number();
    const frozenBefore = new Set(
      world.host.domains.filter(({ frozen }) => frozen).map(({ uuid }) => uuid),
    );
    plugImages(world.host);
    world.broughtBack = [];
    const imagesBefore = imagesOf(step, world.host);
    const results = await this.#do(step);
    plugImages(world.host);
    if (step.kind === 'domain') forgetRestores(world, step.deed);
    for (const result of results) this.#count(step, result);
    const after = inventoryOf(world.host);
    const copiesAfter = copiesOf(world.host);
    spreadDamage(world, after, copiesAfter);
    const scene: Scene = {
      world,
      step,
      before: this.#before,
      after,
      copiesBefore: this.#copiesBefore,
      copiesAfter,
      frozenBefore,
      imagesBefore,
      bornBefore,
      isOnlyLooking: this.actor?.isOnlyLooking() ?? false,
      results,
    };
    for (const result of results) this.violations.push(...acknowledge(world, after, result));
    this.violations.push(...violationsOf(scene), ...(this.actor?.violationsOf(scene) ?? []));
    noteRestores(scene);
    noteWaysBack(scene);
    this.steps += 1;
    this.compared += [...after, ...copiesAfter].filter(({ isValid }) => isValid).length;
    this.#before = after;
    this.#copiesBefore = copiesAfter;
    return scene;
  }

  async #do(step: Step): Promise<readonly LoopResult[]> {
    const { world } = this;
    const dice = createDice(step.seed);
    switch (step.kind) {
      case 'domain':
        doToDomain(world, step.deed, dice);
        return [];
      case 'policy':
        editPolicy(world, step.deed, dice);
        return [];
      case 'mirror':
        doToMirror(world, step.deed, dice);
        this.#copiesBefore = copiesOf(world.host);
        return [];
      case 'host': {
        if (step.deed === 'reboot') this.crashes += 1;
        const isDone = ['damage', 'flip', 'quarantine'].includes(step.deed);
        doToHost(world, step.deed, dice);
        // What a person damaged was no deed of ours.
        if (isDone) this.#before = inventoryOf(world.host);
        return [];
      }
      case 'agent':
        await this.actor?.meets(step.deed, dice);
        return [];
      case 'ask':
        return this.#ask(step, dice);
      default:
        return this.#apply(step);
    }
  }

  async #apply(step: Extract<Step, { kind: 'apply' }>): Promise<readonly LoopResult[]> {
    const { world } = this;
    const request = (beside: boolean): LoopRequest => ({
      host: world.host,
      policy: world.policy,
      seed: step.seed + (beside ? 1 : 0),
      faults: beside ? [] : step.faults,
      lies: beside ? [] : step.lies,
      stale: world.stale,
      stateDir: beside && step.beside === 'other-host' ? '/var/lib/other' : '/var/lib/holdfast',
      mutation: this.#twist.mutation ?? {},
      ...(this.#twist.plan === undefined ? {} : { twist: this.#twist.plan }),
    });
    // An agent comes as often while somebody else is at work as somebody else while it is.
    const isLate = this.actor !== null && step.beside !== 'nobody' && step.seed % 2 === 0;
    const early = isLate ? [runLoop(request(true))] : [];
    const loops = [this.actor?.run(request(false)) ?? runLoop(request(false)), ...early];
    if (step.beside !== 'nobody' && !isLate) loops.push(runLoop(request(true)));
    const results = await Promise.all(loops);
    const seen = results[0]?.observed?.hypervisor;
    if (seen?.seen === true && step.lies.length === 0) world.stale = seen.value;
    world.host.pass(1);
    if (!step.lies.includes('mirror-stale')) {
      for (const mirror of world.host.mirrors) mirror.late = new Map(mirror.files);
    }
    return results;
  }

  async #ask(
    { deed, seed, faults }: Extract<Step, { kind: 'ask' }>,
    dice: Dice,
  ): Promise<readonly LoopResult[]> {
    const { world } = this;
    const result = await runLoop({
      host: world.host,
      policy: world.policy,
      seed,
      faults,
      lies: [],
      stale: null,
      stateDir: '/var/lib/holdfast',
      mutation: this.#twist.mutation ?? {},
      ...(this.#twist.plan === undefined ? {} : { twist: this.#twist.plan }),
      asked: askedOf(world, deed, dice),
    });
    world.host.pass(1);
    return [result];
  }

  #count(step: Step, { met, died }: LoopResult): void {
    this.faults.push(...met, ...(step.kind === 'apply' ? step.lies : []));
    if (died) this.crashes += 1;
  }
}

/** A point that was reported as done, in whatever run, is there; and from now on for ever. */
function acknowledge(
  world: World,
  after: readonly StoredPoint[],
  { plan, events }: LoopResult,
): readonly Violation[] {
  return events.flatMap((event): readonly Violation[] => {
    if (event.kind !== 'action-finished' || event.outcome.code !== 'done') return [];
    const action = plan?.actions.find(({ id }) => id === event.action);
    if (action?.kind === 'heal') return healed(world, after, action);
    if (action?.kind !== 'backup' && action?.kind !== 'trash-chain') return [];
    const disk = world.host.realPath(action.store.path);
    if (action.kind === 'trash-chain') {
      // What stays when a chain goes must be as certain as a point that was reported.
      const stays = after.filter((one) => one.disk === disk && one.uuid === action.domain.uuid);
      for (const one of stays) if (one.isValid && !one.isTrash) world.acknowledged.add(keyOf(one));
      return [];
    }
    const key = pointKey(disk, action.domain.uuid, action.point);
    world.acknowledged.add(key);
    // A check of the same run may have found damaged what it stands on: it is there, and no point.
    const isThere = after.some(
      (point) => (point.isValid || world.damaged.has(key)) && keyOf(point) === key,
    );
    if (isThere) return [];
    return [{ id: 'I1-published', message: `${action.id} is done, and its point is not there` }];
  });
}

/** What is taken, or copied, on top of something damaged is no better: nobody has found that yet. */
function spreadDamage(
  { damaged, damagedCopies }: World,
  points: readonly StoredPoint[],
  copies: readonly StoredCopy[],
): void {
  if (damaged.size === 0 && damagedCopies.size === 0) return;
  for (const point of points.toSorted((a, b) => a.sequence - b.sequence)) {
    const parent = parentOf(point, points);
    if (parent !== undefined && damaged.has(keyOf(parent))) damaged.add(keyOf(point));
  }
  const bad = new Set(
    points.flatMap((point) =>
      damaged.has(keyOf(point)) ? [`${point.uuid} ${point.manifest.point}`] : [],
    ),
  );
  for (const copy of copies.toSorted((a, b) => a.sequence - b.sequence)) {
    const parent = parentAt(copy, copies);
    const isBad = parent !== undefined && damagedCopies.has(copyKeyOf(parent));
    // A copy is made of what the store has, found to be damaged or not.
    const isOfBad = bad.has(`${copy.uuid} ${copy.manifest.point}`);
    if (isBad || (isOfBad && !copy.isIntact)) damagedCopies.add(copyKeyOf(copy));
  }
}

/** A point that was healed is what its manifest says, file by file; what reads well again is watched again. */
function healed(
  world: World,
  after: readonly StoredPoint[],
  { id, store, domain, point }: Heal,
): readonly Violation[] {
  const disk = world.host.realPath(store.path);
  const own = after.filter((one) => one.disk === disk && !one.isTrash && one.uuid === domain.uuid);
  for (const one of own)
    if (one.isValid && readsWell(world.host, one)) world.damaged.delete(keyOf(one));
  const found = own.find(({ manifest }) => manifest.point === point.id);
  // Moved to the trash by another one, or taken back by a crash.
  if (found === undefined || isWholeAsWritten(world.host, found)) return [];
  return [{ id: 'heal', message: `${id} is done, and a file of it is not what was written` }];
}
