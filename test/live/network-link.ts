import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const ip = (...words: readonly string[]): string =>
  execFileSync('/sbin/ip', words, { encoding: 'utf8' });

/** A process that keeps a network of its own, for as long as this one lives. */
async function keepNetwork(): Promise<ChildProcess> {
  const script = '/sbin/ip link set lo up && echo ready && exec cat';
  const keeper = spawn('unshare', ['--net', 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(keeper.stdout, 'data');
  return keeper;
}

const into = ({ pid }: ChildProcess): readonly string[] => [
  'nsenter',
  `--net=/proc/${pid}/ns/net`,
  '--',
];

/** Two networks of their own that nothing but one cable joins. */
export class NetworkLink implements AsyncDisposable {
  readonly nearAddress = '10.77.0.1';
  readonly farAddress = '10.77.0.2';
  readonly #near: ChildProcess;
  readonly #far: ChildProcess;

  private constructor(near: ChildProcess, far: ChildProcess) {
    this.#near = near;
    this.#far = far;
  }

  static async lay(): Promise<NetworkLink> {
    const link = new NetworkLink(await keepNetwork(), await keepNetwork());
    const ends = [`netns ${link.#near.pid} type veth peer name cable`, `netns ${link.#far.pid}`];
    ip('link', 'add', 'cable', ...ends.join(' ').split(' '));
    for (const [end, address] of [
      [link.near, link.nearAddress],
      [link.far, link.farAddress],
    ] as const) {
      inside(end, 'address', 'add', `${address}/30`, 'dev', 'cable');
      inside(end, 'link', 'set', 'cable', 'up');
    }
    return link;
  }

  /** The first words of a command line that has this end for its network. */
  get near(): readonly string[] {
    return into(this.#near);
  }

  get far(): readonly string[] {
    return into(this.#far);
  }

  /** Pulls the cable at the far end, or plugs it in again. */
  set(state: 'up' | 'down'): void {
    inside(this.far, 'link', 'set', 'cable', state);
  }

  /** Bytes that have left the near end so far. */
  sent(): number {
    const said = inside(this.near, '-j', '-s', 'link', 'show', 'cable');
    const [cable] = JSON.parse(said) as readonly { stats64: { tx: { bytes: number } } }[];
    if (cable === undefined) throw new Error(`no cable: ${said}`);
    return cable.stats64.tx.bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const keeper of [this.#near, this.#far]) {
      const ended = once(keeper, 'exit');
      keeper.stdin?.end();
      await ended;
    }
  }
}

function inside([program = '', ...end]: readonly string[], ...words: readonly string[]): string {
  return execFileSync(program, [...end, '/sbin/ip', ...words], { encoding: 'utf8' });
}
