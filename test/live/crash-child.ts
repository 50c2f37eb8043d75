import { kill } from 'node:process';
import type { Drivers } from '../../src/executor/drivers.ts';
import type { Hypervisor } from '../../src/hypervisor/hypervisor.ts';
import { ok } from '../../src/model/result.ts';
import { ApplyWorld } from './apply-world.ts';

/**
 * A run that is killed at its Nth moment: an event that was journalled, or a
 * call of a driver that has just had its effect. Prints the moments, so that
 * a test can say where it was. Arguments: root, name, target, moment.
 */
const [root = '', name = '', target = '', at = ''] = process.argv.slice(2);
const world = new ApplyWorld(name, [{ target, format: 'qcow2', sizeBytes: 64 * 1024 ** 2 }], root);
let count = 0;

function moment(what: string): void {
  count += 1;
  process.stdout.write(`${what}\n`);
  if (count === Number(at)) kill(process.pid, 'SIGKILL');
}

/** A call that counts as a moment when it is over. */
function counted<A extends readonly unknown[], R>(
  what: string,
  call: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    const result = await call(...args);
    moment(what);
    return result;
  };
}

function countedHypervisor(real: Hypervisor): Hypervisor {
  return {
    ...real,
    begin: async (request) => {
      const begun = await real.begin(request);
      moment('begin');
      if (!begun.ok) return begun;
      return ok({ ...begun.value, end: counted('end', () => begun.value.end()) });
    },
    startPaused: counted('start', (uuid) => real.startPaused(uuid)),
    stopStarted: counted('stop', (uuid, id) => real.stopStarted(uuid, id)),
    dropCheckpoint: counted('drop', (drop) => real.dropCheckpoint(drop)),
  };
}

const real = world.drivers();
const drivers: Drivers = {
  ...real,
  hypervisor: countedHypervisor(real.hypervisor),
  images: { ...real.images, copy: counted('copy', (request) => real.images.copy(request)) },
  openStore: (ref) => {
    const store = real.openStore(ref);
    if (!store.ok) return store;
    return ok({
      ...store.value,
      beginPoint: (place, point, uuid) => {
        const incoming = store.value.beginPoint(place, point, uuid);
        if (!incoming.ok) return incoming;
        moment('incoming');
        return ok({
          ...incoming.value,
          publish: (manifest) => {
            const published = incoming.value.publish(manifest);
            moment('publish');
            return published;
          },
        });
      },
    });
  },
};
world.onEvent = (event) => {
  if (event.kind !== 'progress') {
    const detail = event.kind === 'intent' ? event.intent.kind : '';
    moment(`${event.kind} ${event.kind === 'step' ? event.step : detail}`.trim());
  }
};
await world.takePoint({ drivers });
process.stdout.write('whole\n');
