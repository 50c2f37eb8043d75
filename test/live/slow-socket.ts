import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** A unix socket in front of another: nothing that the server answers arrives while it is stalled. */
export class SlowSocket implements AsyncDisposable {
  readonly path: string;
  /** Answers that were kept back. */
  late = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #until = 0;

  private constructor(path: string, to: string) {
    this.path = path;
    this.#server = createServer((client) => {
      const server = createConnection(to);
      // In their order.
      let last = Promise.resolve();
      server.on('data', (answer) => {
        if (performance.now() < this.#until) this.late += 1;
        last = last.then(() => this.#goesOn()).then(() => void client.write(answer));
      });
      server.on('close', () => void last.then(() => client.destroy()));
      client.on('data', (question) => server.write(question));
      client.on('close', () => server.destroy());
      for (const socket of [client, server]) {
        socket.on('error', () => socket.destroy());
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
      }
    });
  }

  static async listen(path: string, to: string): Promise<SlowSocket> {
    const slow = new SlowSocket(path, to);
    await new Promise<void>((resolve) => slow.#server.listen(path, resolve));
    return slow;
  }

  /** Keeps every answer back for so many seconds from now on. */
  stall(seconds: number): void {
    this.#until = performance.now() + seconds * 1000;
  }

  async #goesOn(): Promise<void> {
    const left = this.#until - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
