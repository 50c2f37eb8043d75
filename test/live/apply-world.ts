import { join } from 'node:path';
import { applyPlan, type ApplyOptions } from '../../src/executor/apply-plan.ts';
import type { Drivers } from '../../src/executor/drivers.ts';
import { realFileChecks } from '../../src/executor/file-checks.ts';
import { realHostFiles } from '../../src/executor/host-files.ts';
import { hostJournals } from '../../src/executor/host-journals.ts';
import { nbdImages } from '../../src/executor/nbd-images.ts';
import { realPointImages } from '../../src/executor/point-images.ts';
import type { RunReport } from '../../src/executor/run-report.ts';
import { createLibvirt } from '../../src/hypervisor/libvirt/libvirt.ts';
import { mirrorPlaces } from '../../src/mirror/open-mirror.ts';
import type { DesiredDomain, DesiredState } from '../../src/model/desired.ts';
import type { RunEvent } from '../../src/model/event.ts';
import { runId } from '../../src/model/identity.ts';
import { addSeconds, compactInstant, instantOf } from '../../src/model/instant.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import { ok } from '../../src/model/result.ts';
import { observe } from '../../src/observer/observe.ts';
import { memoryOf } from '../../src/planner/memory.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { createStore } from '../../src/store/create.ts';
import { observeStore } from '../../src/store/observe.ts';
import { openStore } from '../../src/store/open.ts';
import { readRuns } from '../../src/store/runs.ts';
import { ApplyDomain, uri } from './apply-domain.ts';

const place = { file: 'policy.yaml', line: 1, column: 1 };

/** Such a domain, and the whole of Holdfast but its command line. */
export class ApplyWorld extends ApplyDomain {
  readonly events: RunEvent[] = [];
  onEvent: (event: RunEvent) => void = () => {};
  quiesce: DesiredDomain['quiesce'] = 'try';
  verify: DesiredDomain['verify'] = 'structure';
  private runs = 0;
  private readonly openMirrorPlace = mirrorPlaces(join(this.root, 'state'));

  readonly clock = (): string => instantOf(Date.now());

  drivers(): Drivers {
    return {
      hypervisor: createLibvirt({ uri, runDir: join(this.root, 'virsh') }),
      openStore: (ref) => openStore(ref),
      createStore: (ref, at) => createStore(ref, at),
      openMirror: (ref) => {
        const opened = this.openMirrorPlace(ref);
        return opened.ok ? ok(opened.value.of(ref.store)) : opened;
      },
      images: nbdImages,
      pointImages: realPointImages,
      checks: realFileChecks,
      journals: hostJournals(join(this.root, 'state'), this.clock),
      files: realHostFiles,
      clock: this.clock,
      tool: 'holdfast test',
      host: 'kvm01',
      who: 'tester',
      scratchDir: join(this.root, 'scratch'),
      scratchLimitBytes: null,
      runtimeDir: join(this.root, 'run'),
    };
  }

  desired(): DesiredState {
    return {
      policy: { file: 'policy.yaml', digest: 'e'.repeat(64), branch: null, commit: null, rules: 1 },
      host: null,
      timezone: 'UTC',
      stores: [
        {
          name: 'main',
          path: join(this.root, 'store'),
          place,
          reserve: { kind: 'bytes', bytes: 0 },
          trashKeepSeconds: 3600,
          requireMount: false,
          limits: { jobs: 2, rateBytesPerSecond: null },
        },
      ],
      mirrors: [],
      domains: [
        {
          uuid: this.uuid,
          name: this.name,
          place,
          store: 'main',
          schedule: { name: 'yearly', cron: '0 0 1 1 *', timezone: 'UTC', jitterSeconds: 0 },
          retention: {
            name: 'all',
            chain: { maxPoints: 100, maxAgeSeconds: null },
            keep: null,
            minPoints: 1,
          },
          mirrors: [],
          rpoSeconds: null,
          quiesce: this.quiesce,
          tracker: 'auto',
          encryptedDisks: 'refuse',
          disks: { include: null, exclude: [] },
          verify: this.verify,
          timeouts: { jobSeconds: 60, stallSeconds: 30, agentSeconds: 5 },
        },
      ],
      ignored: [],
      moved: [],
      removed: [],
    };
  }

  /** What is, but for the domains of others on this libvirt. */
  async observe(): Promise<ObservedState> {
    const state = await observe({
      tool: 'holdfast test',
      stores: [
        {
          name: 'main',
          path: join(this.root, 'store'),
          requireMount: false,
          stateDir: join(this.root, 'state'),
        },
      ],
      mirrors: [],
      scratch: { path: this.root, limitBytes: null },
      hypervisor: this.drivers().hypervisor,
      observeStore,
      deadRuns: () => readRuns(join(this.root, 'state')),
      now: () => Date.now(),
    });
    if (!state.hypervisor.seen) throw new Error(state.hypervisor.failure.message);
    const domains = state.hypervisor.value.domains.filter(({ uuid }) => uuid === this.uuid);
    return {
      ...state,
      hypervisor: { seen: true, value: { ...state.hypervisor.value, domains, unseenDomains: [] } },
    };
  }

  /** The plan; `now` asks for a point whatever the schedule says. */
  async plan(now = true): Promise<Plan> {
    const request = {
      targets: null,
      now: now ? [{ address: `domain/${this.name}`, full: false, note: null, hold: null }] : [],
      allow: [],
      unattended: false,
    };
    return planPolicy(this.desired(), await this.observe(), request);
  }

  /** The plan of what is now, as if it were seen in two years: everything is due. */
  async planLater(): Promise<Plan> {
    const observed = await this.observe();
    const observedAt = addSeconds(observed.observedAt, 2 * 366 * 24 * 3600);
    const request = { targets: null, now: [], allow: [], unattended: false };
    return planPolicy(this.desired(), { ...observed, observedAt }, request);
  }

  /** Applies a plan, and notes in the store what the next one compares with. */
  async apply(plan: Plan, options: Partial<ApplyOptions> = {}): Promise<RunReport> {
    this.runs += 1;
    const number = String(this.runs).padStart(8, '0');
    const report = await applyPlan({
      plan,
      drivers: this.drivers(),
      run: runId(`${compactInstant(this.clock())}-${number}`),
      parallelism: 2,
      hostRateBytesPerSecond: null,
      limits: new Map([['main', { jobs: 2, rateBytesPerSecond: null, reserveBytes: 0 }]]),
      emit: (event) => {
        this.events.push(event);
        this.onEvent(event);
      },
      signal: new AbortController().signal,
      ...options,
    });
    const after = await this.observe();
    const [store] = after.stores;
    const memory = memoryOf(plan, this.desired(), after, null)['main'];
    if (store?.state.kind !== 'ready' || memory === undefined) return report;
    const opened = openStore({ name: 'main', path: store.path, id: store.state.id });
    const written = opened.ok ? opened.value.writeMemory(memory) : opened;
    if (!written.ok) throw new Error(written.error.message);
    return report;
  }

  /** Plans a point and takes it; the outcomes, in the plan's order. */
  async takePoint(options: Partial<ApplyOptions> = {}): Promise<readonly string[]> {
    return outcomesOf(await this.apply(await this.plan(), options));
  }
}

/** `backup done`, or why not. */
export function outcomesOf(report: RunReport): readonly string[] {
  return report.actions.map(({ kind, outcome }) =>
    outcome.code === 'failed' || outcome.code === 'stale' || outcome.code === 'waiting'
      ? `${kind} ${outcome.code}: ${outcome.failure.code}: ${outcome.failure.message}`
      : `${kind} ${outcome.code}`,
  );
}
