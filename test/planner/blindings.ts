import type { ObservedState } from '../../src/model/observed.ts';
import { seen, unseen } from '../../src/model/result.ts';

/** Takes the sight of one part of an observation; the number picks a domain. */
export type Blinding = (observed: ObservedState, which: number) => ObservedState;

const onDomains =
  (change: 'checkpoints' | 'images' | 'whole'): Blinding =>
  (observed, which) => {
    if (!observed.hypervisor.seen) return observed;
    const { domains } = observed.hypervisor.value;
    const one = domains[which % Math.max(1, domains.length)];
    if (one === undefined) return observed;
    const gone = unseen('virsh', 'no answer');
    const rest = domains.filter((each) => each !== one);
    const blind =
      change === 'checkpoints'
        ? { ...one, checkpoints: gone }
        : { ...one, disks: one.disks.map((disk) => ({ ...disk, images: gone })) };
    const unseenDomains = [{ uuid: one.uuid, name: one.name, code: 'virsh', message: 'no answer' }];
    return {
      ...observed,
      hypervisor: seen({
        ...observed.hypervisor.value,
        domains: change === 'whole' ? rest : [...rest, blind],
        unseenDomains: change === 'whole' ? unseenDomains : [],
      }),
    };
  };

const unreadable =
  (path: (directory: string) => string): Blinding =>
  (observed, which) => ({
    ...observed,
    stores: observed.stores.map((store) =>
      store.state.kind === 'ready'
        ? {
            ...store,
            state: {
              ...store.state,
              unreadable: [{ path: path(`vm${which + 1}`), code: 'EIO', message: 'I/O error' }],
            },
          }
        : store,
    ),
  });

/** Ways in which an observation can be incomplete. */
export const blindings: readonly Blinding[] = [
  (observed) => ({ ...observed, hypervisor: unseen('libvirt', 'no answer') }),
  (observed) => ({ ...observed, runs: unseen('journal', 'I/O error') }),
  (observed) => ({ ...observed, scratch: unseen('scratch', 'I/O error') }),
  (observed) => ({
    ...observed,
    stores: observed.stores.map((store) => ({
      ...store,
      state: { kind: 'unseen' as const, failure: { code: 'EIO', message: 'I/O error' } },
    })),
  }),
  onDomains('checkpoints'),
  onDomains('images'),
  onDomains('whole'),
  unreadable((directory) => `domains/${directory}/x`),
  unreadable(() => '.trash'),
  (observed) => ({
    ...observed,
    mirrors: observed.mirrors.map(({ name, stores }) => ({
      name,
      stores: stores.map(({ store }) => ({
        store,
        state: unseen('mirror-unreachable', 'no route to host'),
      })),
    })),
  }),
  (observed, which) => ({
    ...observed,
    mirrors: observed.mirrors.map(({ name, stores }) => ({
      name,
      stores: stores.map(({ store, state }) => ({
        store,
        state: state.seen
          ? seen({
              ...state.value,
              unreadable: [
                ...state.value.unreadable,
                { path: `domains/vm${which + 1}/x`, code: 'EIO', message: 'I/O error' },
              ],
            })
          : state,
      })),
    })),
  }),
];
