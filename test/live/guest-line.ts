import { connect, type Socket } from 'node:net';
import type { Guest } from './guest.ts';
import { connection, virsh } from './lab.ts';

/** The device of a guest that a `GuestLine` talks through; for `startGuest`. */
export const guestLineDevice =
  "<channel type='unix'><target type='virtio' name='hf.line'/></channel>";

/** A shell in a guest that needs no agent: for tests in which the agent hangs, or is busy. */
export class GuestLine implements Disposable {
  readonly #socket: Socket;
  #text = '';
  #asked = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => void (this.#text += String(data)));
  }

  /** Starts the shell with the agent's help, once a boot, and connects to it. */
  static async open(guest: Guest): Promise<GuestLine> {
    const port = '/dev/virtio-ports/hf.line';
    const shell = `while :; do while read -r line; do eval "$line"; done <&3 >&3 2>&1; sleep 1; done`;
    await guest.exec(`(setsid sh -c '${shell}' 3<>${port}) </dev/null >/dev/null 2>&1 &`);
    const xml = await virsh('dumpxml', guest.domain.uuid);
    const [, path = ''] = /path='([^']+hf\.line)'/.exec(xml) ?? [];
    const socket = connect(`${connection.root}${path}`);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new GuestLine(socket);
  }

  /** Runs a shell command in the guest; what it printed. */
  async run(command: string): Promise<string> {
    this.#asked += 1;
    const [begin, end] = [`begin-${this.#asked}:`, `end-${this.#asked}:`];
    // Split by quotes, so that an echo of the line is not taken for the mark.
    const marks = [begin, end].map((mark) => `${mark.slice(0, 2)}''${mark.slice(2)}`);
    this.#socket.write(`echo ${marks[0]}; ${command}; echo ${marks[1]}\n`);
    const last = performance.now() + 120_000;
    for (;;) {
      const said = this.#text.replaceAll('\r', '');
      const [from, to] = [said.indexOf(begin), said.lastIndexOf(end)];
      if (from >= 0 && to >= 0) return said.slice(from + begin.length, to).trim();
      if (performance.now() > last) throw new Error(`in the guest: ${command}: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
