import { follow, type Followed } from '../../process/follow.ts';

/** Something that happened to a domain and that a new plan may answer. */
export interface DomainEvent {
  readonly name: string;
  /** libvirt's words: `Defined Added`, `Stopped Crashed`. */
  readonly what: string;
}

// A domain that starts or pauses changes nothing that a plan waits for; `Shutdown` comes before `Stopped`.
const lifecycle =
  /^\S+ \S+: event 'lifecycle' for domain '(.*)': ((?:Defined|Undefined|Stopped|Crashed)\b.*)$/;

/** Reads a line of `virsh event --timestamp`; null: it is no event that matters here. */
export function parseEvent(line: string): DomainEvent | null {
  const [, name, what] = lifecycle.exec(line) ?? [];
  return name === undefined || what === undefined ? null : { name, what: what.trim() };
}

/** Who hears events, and learns when nothing is heard. */
export interface EventListener {
  readonly onEvent: (event: DomainEvent) => void;
  /** libvirt is away, or back: what happened meanwhile was not heard. */
  readonly onSilence: (why: string) => void;
}

// libvirtd is back within seconds after an upgrade; one that is away for longer is asked once a minute.
const firstPauseMilliseconds = 1000;
const longestPauseMilliseconds = 60_000;

// One that lived so long was not refused: the pause begins anew.
const soundMilliseconds = 60_000;

// `uri` answers once there is a connection; `event` registers right after it, and a look that is asked
// for then begins a second later: what it does not see is heard.
const script = 'uri; event --loop --all --timestamp';

/** Listens to libvirt with one `virsh event`, and starts it again when it ends. */
export function listenToEvents(uri: string, { onEvent, onSilence }: EventListener): Disposable {
  let pause = firstPauseMilliseconds;
  let timer: NodeJS.Timeout | null = null;
  let running: Followed | null = null;
  let isOver = false;
  const start = async (isAgain: boolean): Promise<void> => {
    const begun = performance.now();
    let isConnected = false;
    running = follow({ program: 'virsh', args: ['-q', '-c', uri, script] }, (line) => {
      if (!isConnected && isAgain) onSilence('libvirt answers again');
      isConnected = true;
      const event = parseEvent(line);
      if (event !== null) onEvent(event);
    });
    const said = await running.ended;
    running = null;
    if (isOver) return;
    if (performance.now() - begun > soundMilliseconds) pause = firstPauseMilliseconds;
    // Said once: a libvirtd that stays away is found by the interval.
    if (isConnected || !isAgain) onSilence(said === '' ? 'virsh event ended' : said);
    timer = setTimeout(() => void start(true), pause);
    pause = Math.min(pause * 2, longestPauseMilliseconds);
  };
  void start(false);
  return {
    [Symbol.dispose]() {
      isOver = true;
      if (timer !== null) clearTimeout(timer);
      running?.stop();
    },
  };
}
