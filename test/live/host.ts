import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runProgram } from '../../src/cli/program.ts';
import type { RunEvent } from '../../src/model/event.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { PointRow } from '../../src/model/report.ts';
import { compareImages, type Lab, type LabDomain } from './lab.ts';

/** What a command printed, and its exit status. */
export interface Ran {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** What a test's policy says, beside the domains. */
export interface HostOptions {
  /** Where the store is; default: a directory of the lab. */
  readonly store?: string;
  readonly scratch?: string;
  readonly stateDir?: string;
  readonly reserve?: string;
  /** Bytes a second of the store, as `16MiB/s`. */
  readonly rate?: string;
  readonly retention?: object;
  /** Default: once a year, so that only `--now` takes points. */
  readonly schedule?: string;
  readonly requireMount?: boolean;
  readonly trashKeepFor?: string;
  /** Mirrors by name; a rule of `rule` names them. */
  readonly mirrors?: object;
  /** More keys of every rule. */
  readonly rule?: object;
  /** `drill` of the host file. */
  readonly drill?: object;
}

/** A Holdfast host that is thrown away: host file, policy, state, scratch and store of its own. */
export class LiveHost {
  readonly lab: Lab;
  readonly dir: string;
  readonly store: string;
  /** How far the injected clock is ahead of this host's. */
  aheadSeconds = 0;
  /** How far the wall clock alone is from what it should be. */
  wrongBySeconds = 0;
  /** The domains that the policy names; the others of this libvirt are ignored. */
  domains: readonly string[] = [];
  options: HostOptions;
  readonly #truths = new Map<string, ReadonlyMap<string, string>>();

  constructor(lab: Lab, name: string, options: HostOptions = {}) {
    this.lab = lab;
    this.options = options;
    // A second try finds what the first one left.
    const dir = join(lab.dir, name);
    this.dir = existsSync(dir) ? mkdtempSync(`${dir}-`) : dir;
    mkdirSync(this.dir, { recursive: true });
    chmodSync(this.dir, 0o711);
    this.store = options.store ?? join(this.dir, 'store');
    mkdirSync(this.store, { recursive: true });
    const scratch = options.scratch ?? join(this.dir, 'scratch');
    mkdirSync(scratch, { recursive: true, mode: 0o711 });
    const file = {
      version: 1,
      uri: lab.uri,
      stateDir: options.stateDir ?? join(this.dir, 'state'),
      runtimeDir: join(this.dir, 'run'),
      scratch: { path: scratch },
      ...(options.drill === undefined ? {} : { drill: options.drill }),
    };
    writeFileSync(this.hostFile, JSON.stringify(file));
  }

  get hostFile(): string {
    return join(this.dir, 'host.yaml');
  }

  get policyFile(): string {
    return join(this.dir, 'policy.yaml');
  }

  /** Writes the policy: these domains, and what the options say now. */
  writePolicy(domains: readonly (LabDomain | string)[], changes: HostOptions = {}): void {
    this.options = { ...this.options, ...changes };
    this.domains = domains.map((each) => (typeof each === 'string' ? each : each.name));
    const { reserve = '1MiB', rate, retention = {}, schedule, requireMount } = this.options;
    const { trashKeepFor = '72h', rule = {}, mirrors } = this.options;
    const policy = {
      version: 1,
      timezone: 'UTC',
      stores: {
        main: {
          path: this.store,
          reserve,
          trash: { keepFor: trashKeepFor },
          ...(requireMount === undefined ? {} : { requireMount }),
          ...(rate === undefined ? {} : { limits: { rate } }),
        },
      },
      schedules: { often: schedule ?? '0 0 1 1 *' },
      retention: { standard: retention },
      ...(mirrors === undefined ? {} : { mirrors }),
      defaults: { store: 'main', schedule: 'often', retention: 'standard' },
      domains: this.domains.map((name) => ({ name, ...rule })),
      ignore: ['*'],
    };
    // JSON is YAML, and no name of a domain has to be quoted by hand.
    writeFileSync(this.policyFile, JSON.stringify(policy, null, 1));
  }

  /** The arguments with the files of this host. */
  #args(args: readonly string[]): readonly string[] {
    return ['--host-config', this.hostFile, '--policy', this.policyFile, ...args];
  }

  /** Runs a command in this process, at the injected time. */
  async run(...args: readonly string[]): Promise<Ran> {
    let [out, err] = ['', ''];
    const terminal = {
      out: (text: string) => void (out += text),
      err: (text: string) => void (err += text),
      outIsTty: false,
      errIsTty: false,
      inIsTty: false,
      columns: null,
      errColumns: null,
      env: {},
      cwd: this.dir,
      readInput: async () => '',
      ask: async () => '',
    };
    const clock = {
      now: () => Date.now() + (this.aheadSeconds + this.wrongBySeconds) * 1000,
      bootClockSeconds: () =>
        Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) + this.aheadSeconds,
    };
    const exit = await runProgram(this.#args(args), terminal, '0.0.0', clock);
    return { exit, out, err };
  }

  /** Runs a command that must succeed; what it printed. */
  async ok(...args: readonly string[]): Promise<string> {
    const ran = await this.run(...args);
    if (ran.exit !== 0) {
      throw new Error(`holdfast ${args.join(' ')}: exit ${ran.exit}\n${ran.out}\n${ran.err}`);
    }
    return ran.out;
  }

  /** Runs a command that must succeed; its JSON. */
  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.ok('--json', ...args)) as T;
  }

  /** The plan of what is now. */
  async plan(...args: readonly string[]): Promise<Plan> {
    const { out, err } = await this.run('plan', '--json', ...args);
    try {
      return JSON.parse(out) as Plan;
    } catch {
      throw new Error(`no plan: ${err}`);
    }
  }

  /** `kind address` of each action of the plan of now. */
  async planned(...args: readonly string[]): Promise<readonly string[]> {
    return (await this.plan(...args)).actions.map(({ kind, address }) => `${kind} ${address}`);
  }

  /** Points of all domains, or of one, by chain and sequence. */
  async points(domain?: string): Promise<readonly PointRow[]> {
    const { out } = await this.run('--json', 'points');
    const { points } = JSON.parse(out) as { points: readonly PointRow[] };
    return points
      .filter(({ name }) => domain === undefined || name === domain)
      .toSorted((a, b) =>
        a.chain === b.chain ? a.sequence - b.sequence : a.chain < b.chain ? -1 : 1,
      );
  }

  /** Copies a domain's disks, then takes a point now; the point. What it holds is remembered. */
  async takePoint(domain: LabDomain, ...args: readonly string[]): Promise<PointRow> {
    const truth = await this.truthOf(domain);
    const ran = await this.run(
      'apply',
      '--auto-approve',
      '--now',
      `domain/${domain.name}`,
      ...args,
    );
    // 9: another domain of this libvirt went while it was looked at.
    if (ran.exit !== 0 && ran.exit !== 9) throw new Error(`${ran.exit}: ${ran.out}${ran.err}`);
    return this.newPoint(domain, truth);
  }

  /** Copies of a domain's disks as they are now, by target. */
  async truthOf(domain: LabDomain): Promise<ReadonlyMap<string, string>> {
    const truth = new Map<string, string>();
    for (const { target } of domain.disks) truth.set(target, await domain.copyOf(target));
    return truth;
  }

  /** The one point that has appeared, which must show these disks. */
  async newPoint(domain: LabDomain, truth: ReadonlyMap<string, string>): Promise<PointRow> {
    const fresh = (await this.points(domain.name)).filter(({ point }) => !this.#truths.has(point));
    const [point] = fresh;
    if (point === undefined || fresh.length > 1) {
      throw new Error(`${fresh.length} new points of ${domain.name}`);
    }
    this.#truths.set(point.point, truth);
    return point;
  }

  /**
   * Restores the images of every point of a domain and compares them with the
   * copies that were taken at its instant; how many images were the same.
   */
  async compareAll(domain: LabDomain): Promise<number> {
    let compared = 0;
    for (const { address, point } of await this.points(domain.name)) {
      const truth = this.#truths.get(point);
      if (truth === undefined) throw new Error(`${address} was not expected`);
      const to = join(this.dir, `restored-${point}`);
      await this.ok('restore', address, '--images-only', '--to', to, '--auto-approve');
      const files = readdirSync(to);
      if (files.length !== truth.size) throw new Error(`${address} restored ${files.join()}`);
      for (const [target, copy] of truth) {
        const file = files.find((name) => name.startsWith(`${target}.`)) ?? 'none';
        const verdict = await compareImages(copy, join(to, file));
        if (verdict !== 'identical') throw new Error(`${address} ${target}: ${verdict}`);
        compared += 1;
      }
      rmSync(to, { recursive: true });
    }
    return compared;
  }

  /** Names of unfinished points in the store. */
  incoming(): readonly string[] {
    if (!existsSync(join(this.store, 'domains'))) return [];
    return readdirSync(join(this.store, 'domains'), { recursive: true, encoding: 'utf8' }).filter(
      (path) => /\/\.incoming-[^/]*$/.test(path),
    );
  }

  /** Files of jobs that are left in scratch and runtime directories. */
  jobFiles(): readonly string[] {
    const places = [this.options.scratch ?? join(this.dir, 'scratch'), join(this.dir, 'run')];
    return places.flatMap((place) =>
      existsSync(place) ? readdirSync(place).filter((name) => name !== 'lost+found') : [],
    );
  }

  /** Absolute path of a point's directory. */
  pointDirectory({ name, chain, point }: PointRow): string {
    const domains = join(this.store, 'domains');
    for (const directory of readdirSync(domains)) {
      const place = join(domains, directory, chain);
      if (!existsSync(place)) continue;
      for (const each of readdirSync(place)) {
        const file = join(place, each, 'point.json');
        if (existsSync(file) && readFileSync(file, 'utf8').includes(point))
          return join(place, each);
      }
    }
    throw new Error(`${name} has no ${point}`);
  }

  /** Starts the built program in a process of its own. */
  child(main: string, ...args: readonly string[]): HostChild {
    return this.childUnder([], main, ...args);
  }

  /** The same, as the last words of another command line, `strace -D …` say. */
  childUnder(wrap: readonly string[], main: string, ...args: readonly string[]): HostChild {
    const [program = '', ...rest] = [...wrap, process.execPath, main, ...this.#args(args)];
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
    return new HostChild(spawn(program, rest, { cwd: this.dir, stdio }));
  }
}

/** The program in a process of its own. */
export class HostChild {
  readonly events: RunEvent[] = [];
  out = '';
  err = '';
  onEvent: (event: RunEvent) => void = () => {};
  readonly #child: ChildProcess;
  readonly #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(child: ChildProcess) {
    this.#child = child;
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error('a child without pipes');
    createInterface({ input: stdout }).on('line', (line) => {
      this.out += `${line}\n`;
      if (!line.startsWith('{"formatVersion"')) return;
      const event = JSON.parse(line) as RunEvent;
      this.events.push(event);
      this.onEvent(event);
    });
    stderr.on('data', (data) => void (this.err += String(data)));
    this.#ended = new Promise((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal })),
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal when such an event is printed, once. */
  killAt(signal: NodeJS.Signals, isIt: (event: RunEvent) => boolean): void {
    this.onEvent = (event) => {
      if (!isIt(event)) return;
      this.onEvent = () => {};
      this.kill(signal);
    };
  }

  /** Waits until it takes such a step, and says what the step is about. */
  async reaches(step: string): Promise<string> {
    const reached = new Promise<string>((resolve) => {
      this.onEvent = (event) => {
        if (event.kind === 'step' && event.step === step) resolve(event.path ?? '');
      };
    });
    const ended = this.ended().then((how) => {
      throw new Error(`ended before ${step}: ${how}\n${this.out}${this.err}`);
    });
    return Promise.race([reached, ended]);
  }

  /** Its exit status, or the signal that ended it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    const { code, signal } = await this.#ended;
    return signal ?? code;
  }
}
