import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { PointRow } from '../../src/model/report.ts';
import { LiveHost, type HostOptions } from './host.ts';
import { compareImages, type Lab, type LabDomain, virsh } from './lab.ts';

const MiB = 1024 ** 2;

/** Which state a story's domain is in while the command runs. */
export type StoryState = 'running' | 'off';

// Each has a directory of its own: a second try of a test does not meet what the first one left.
let worlds = 0;

/** One domain of one host, the copies of the instants of its points, and the question whether all is well. */
export class CrashWorld {
  readonly main: string;
  readonly host: LiveHost;
  readonly domain: LabDomain;
  readonly state: StoryState;
  /** Points that were compared so far. */
  compared = 0;
  /** Whether QEMU was killed: its bitmaps die with it. */
  trackerMayBeLost = false;
  /** A copy of the disk by point. */
  readonly truths = new Map<string, string>();
  #writes = 0;
  #copy: string | null = null;
  #listed: readonly string[] = [];

  private constructor(main: string, host: LiveHost, domain: LabDomain, state: StoryState) {
    this.main = main;
    this.host = host;
    this.domain = domain;
    this.state = state;
  }

  static async create(
    main: string,
    lab: Lab,
    name: string,
    state: StoryState,
    options: HostOptions = {},
  ): Promise<CrashWorld> {
    const domain = await lab.defineDomain({
      disks: [{ target: 'vda', sizeBytes: 16 * MiB }],
      start: state === 'running',
    });
    worlds += 1;
    const host = new LiveHost(lab, `${name}-${worlds}`, { rule: { quiesce: 'never' }, ...options });
    host.writePolicy([domain]);
    return new CrashWorld(main, host, domain, state);
  }

  get address(): string {
    return `domain/${this.domain.name}`;
  }

  /** Something new on the disk, and a copy of it. */
  async write(): Promise<void> {
    this.#writes += 1;
    const at = (this.#writes % 15) * MiB;
    if (this.state === 'off') await this.domain.start();
    await this.domain.write('vda', at, 3 * 65536, 1 + (this.#writes % 250));
    if (this.state === 'off') await this.domain.stop();
    if (this.#copy !== null && ![...this.truths.values()].includes(this.#copy)) rmSync(this.#copy);
    this.#copy = await this.domain.copyOf('vda');
  }

  /** The copy of the last write. */
  get copy(): string {
    if (this.#copy === null) throw new Error('nothing was written yet');
    return this.#copy;
  }

  /** Runs the program, which must go well. */
  async program(...args: readonly string[]): Promise<string> {
    const child = this.host.child(this.main, ...args);
    const ended = await child.ended();
    if (ended !== 0) {
      throw new Error(`holdfast ${args.join(' ')}: ${ended}\n${child.out}\n${child.err}`);
    }
    return child.out;
  }

  /** `kind address` of each action of the plan of the program, which has seen everything. */
  async planned(): Promise<readonly string[]> {
    const plan = JSON.parse(await this.program('plan', '--json')) as Plan;
    expect(plan.incomplete).toBe(false);
    return plan.actions.map(({ kind, address }) => `${kind} ${address}`);
  }

  /**
   * Applies what there is to do; whether there was anything. Exit 9 is right where a restore died between setting the
   * image aside and bringing the new one: what the old one holds is seen when it is back.
   */
  async #applyOnce(said: string[]): Promise<boolean> {
    const child = this.host.child(this.main, 'plan', '--json');
    const exit = await child.ended();
    const plan = JSON.parse(child.out) as Plan;
    const isAside = exit === 9 && plan.actions.some(({ kind }) => kind === 'put-back');
    expect(isAside ? 0 : exit, child.err).toBe(0);
    expect(plan.notes.map(({ code }) => code).includes('unseen'), child.out).toBe(isAside);
    if (plan.actions.length === 0) return false;
    const apply = this.host.child(this.main, 'apply', '--auto-approve');
    const ended = await apply.ended();
    said.push(apply.out);
    expect(isAside ? [0, 9] : [0], `${apply.out}${apply.err}`).toContain(ended);
    return true;
  }

  /** Takes a point of what is on the disk now. */
  async take(...args: readonly string[]): Promise<void> {
    await this.program('apply', '--auto-approve', '--now', this.address, ...args);
    await this.meet();
  }

  /** Learns new points, which show the last copy; the points that there are. */
  async meet(): Promise<readonly PointRow[]> {
    const points = await this.host.points(this.domain.name);
    this.#listed = points.map(({ point }) => point);
    for (const { point } of points) {
      if (!this.truths.has(point)) this.truths.set(point, this.copy);
    }
    return points;
  }

  /**
   * The next run after a crash: it plans, applies, and then nothing is left to
   * do, no point is lost or changed, and nothing lies around.
   */
  async settle(): Promise<readonly PointRow[]> {
    await this.converge();
    const before = this.#listed;
    const points = await this.meet();
    const isListed = (id: string): boolean => points.some(({ point }) => point === id);
    const newest = before.at(-1);
    expect(newest === undefined || isListed(newest) || points.length > 0).toBe(true);
    // What the trash keeps for a second only may be gone for good.
    if (this.host.options.trashKeepFor === undefined) {
      expect(before.filter((id) => !isListed(id) && !this.isInTrash(id))).toEqual([]);
    }
    await this.compare(points);
    await this.nothingLeft(points);
    return points;
  }

  /** Applies until the plan is empty: once, or twice where the first run of a store deletes nothing (G153). */
  async converge(): Promise<void> {
    const said: string[] = [];
    for (let loop = 0; loop < 2 && (await this.#applyOnce(said)); loop += 1);
    // What a trash keeps for a second only may be due for its purge by the time of this look.
    const isShort = this.host.options.trashKeepFor !== undefined;
    const left = (await this.planned()).filter(
      (action) => !isShort || !action.startsWith('purge-trash '),
    );
    expect(left.join(', '), said.join('\n')).toBe('');
  }

  /** Whether the trash has a point. */
  isInTrash(point: string): boolean {
    // Directories are named after the instant, which is the first half of an id.
    const [instant = point] = point.split('-');
    return this.files('.trash').some((path) => path.includes(`-${instant}-`));
  }

  /** Compares every point with the copy of its instant, as qemu-img reads the store's own chain. */
  async compare(points: readonly PointRow[]): Promise<void> {
    for (const row of points) {
      expect(row.fault, row.address).toBeNull();
      const truth = this.truths.get(row.point);
      if (truth === undefined) throw new Error(`${row.address} was not expected`);
      const image = join(this.host.pointDirectory(row), 'vda.qcow2');
      expect(`${row.address} ${await compareImages(truth, image)}`).toBe(
        `${row.address} identical`,
      );
      this.compared += 1;
    }
  }

  /** No job, no tracker of no point, no half-written file; the domain as it was. */
  async nothingLeft(points: readonly PointRow[]): Promise<void> {
    await expect(virsh('backup-dumpxml', this.domain.uuid)).rejects.toThrow(/no domain backup job/);
    const checkpoints = await virsh('checkpoint-list', this.domain.uuid, '--name');
    const names = checkpoints.split('\n').filter((name) => name !== '');
    expect(names.length).toBeLessThanOrEqual(1);
    for (const name of names) {
      expect(
        points.some(({ point }) => name.endsWith(point)),
        `${name} is of no point`,
      ).toBe(true);
    }
    // A record's temporary may stay: the next write of that record takes its place.
    expect([this.host.incoming(), this.host.jobFiles()]).toEqual([[], []]);
    expect(await this.domain.state()).toMatch(this.state === 'off' ? /^shut off/ : /^running/);
  }

  /** Everything below a directory of the store. */
  files(directory: string): readonly string[] {
    const place = join(this.host.store, directory);
    return existsSync(place) ? readdirSync(place, { recursive: true, encoding: 'utf8' }) : [];
  }

  /** As if Holdfast had never been here. */
  async forget(): Promise<void> {
    const names = await virsh('checkpoint-list', this.domain.uuid, '--name');
    for (const name of names.split('\n').filter((each) => each !== '')) {
      await virsh('checkpoint-delete', this.domain.uuid, name);
    }
    for (const place of [this.host.store, join(this.host.dir, 'state')]) {
      rmSync(place, { recursive: true, force: true });
    }
    mkdirSync(this.host.store);
    this.truths.clear();
    this.#listed = [];
  }
}
