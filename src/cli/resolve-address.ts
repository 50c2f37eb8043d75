import type { StoreRef } from '../model/action-base.ts';
import { addressOf, parseAddress, type Address } from '../model/address.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ObservedPoint,
  ObservedStore,
} from '../model/observed-store.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Refusal } from './context.ts';
import { nearbyDomain } from './did-you-mean.ts';
import { usage } from './plan-options.ts';

/** A chain or a point that an address means. */
export interface Place {
  readonly store: StoreRef;
  readonly directory: ObservedDirectory;
  readonly chain: ObservedChain;
  /** null: the whole chain. */
  readonly point: ObservedPoint | null;
  /** Its address in full. */
  readonly address: string;
}

/** Reads an address from the command line. */
export function readAddress(text: string): Result<Address, Refusal> {
  const address = parseAddress(text);
  if (address !== null) return ok(address);
  return usage('bad-address', `${text} is no address: write domain/NAME[/CHAIN[/SEQ]]`);
}

/**
 * What an address means in these stores: all chains of a domain, one chain, or
 * one point. `none` begins the sentence that there is nothing.
 */
export function resolveAddress(
  stores: readonly ObservedStore[],
  text: string,
  none = 'no store holds',
): Result<readonly Place[], Refusal> {
  const address = readAddress(text);
  if (!address.ok) return address;
  const { mirror, domain, chain, sequence } = address.value;
  if (mirror !== null)
    return refused('on-a-mirror', `${text} is on a mirror; this works on the stores of this host`);
  const directories = stores.flatMap(({ name, path, state }) =>
    state.kind === 'ready'
      ? state.directories
          .filter((directory) => [directory.name, directory.uuid].includes(domain))
          .map((directory) => ({ store: { name, path, id: state.id }, directory }))
      : [],
  );
  if (directories.length === 0) return unknownDomain(stores, domain, none);
  const chains = directories.flatMap(({ store, directory }) =>
    directory.chains
      .filter(({ id }) => chain === null || id.startsWith(chain))
      .map((found) => ({ store, directory, chain: found })),
  );
  if (chain !== null && chains.length !== 1)
    return chains.length === 0
      ? refused(
          'no-chain',
          `${text}: ${addressOf(domain)} has no chain that begins with ${chain}; holdfast points ${addressOf(domain)} lists them`,
        )
      : refused(
          'chain-ambiguous',
          `${text} means ${chains.map((found) => found.chain.id).join(' or ')}: write more of it`,
        );
  if (sequence === null)
    return ok(
      chains.map((found) => ({
        ...found,
        point: null,
        address: addressOf(found.directory.name, found.chain.id),
      })),
    );
  const places = chains.flatMap((found) =>
    found.chain.points
      .filter((point) => point.sequence === sequence)
      .map((point) => ({
        ...found,
        point,
        address: addressOf(found.directory.name, found.chain.id, sequence),
      })),
  );
  return places.length === 0
    ? refused(
        'no-point',
        `${text}: the chain has no point ${sequence}; holdfast points ${addressOf(domain)} lists them`,
      )
    : ok(places);
}

function unknownDomain(
  stores: readonly ObservedStore[],
  domain: string,
  none: string,
): Result<never, Refusal> {
  const unseen = stores.flatMap(({ name, path, state }) => {
    if (state.kind === 'unseen') return [state.failure.message];
    // An unmounted disk shows an empty directory.
    return state.kind === 'blank' && state.knownId !== null
      ? [`store ${name}: ${path} is empty, but this host knows a store there; mount its disk`]
      : [];
  });
  const known = stores.flatMap(({ state }) =>
    state.kind === 'ready' ? state.directories.map(({ name }) => name) : [],
  );
  return unseen.length === 0
    ? refused('no-domain', `${none} points of ${addressOf(domain)}${nearbyDomain(domain, known)}`)
    : fail({
        exit: 9,
        code: 'not-seen',
        message: `points of ${addressOf(domain)} were not found, and not everything could be seen: ${unseen.join('; ')}`,
      });
}

function refused(code: string, message: string): Result<never, Refusal> {
  return fail({ exit: 1, code, message });
}
