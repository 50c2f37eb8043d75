import { addressOf } from '../model/address.ts';
import { nearest } from '../policy/nearest.ts';
import { printable } from '../reporter/printable.ts';

/** What is added to a message about a domain that nobody knows: `; did you mean domain/web01?`, or nothing if none is near. */
export function nearbyDomain(name: string, known: readonly string[]): string {
  const near = nearest(name, [...new Set(known)]);
  return near === null ? '' : `; did you mean ${printable(addressOf(near))}?`;
}
