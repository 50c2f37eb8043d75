import type { Action } from '../model/action.ts';
import { addressOf } from '../model/address.ts';
import type { Restore } from '../model/restore-action.ts';
import { printable } from './printable.ts';
import { shellWord } from './shell-word.ts';

/**
 * What a restore that was done left for a person: files kept aside, and how a domain on overlays is ended.
 * A hold that was there before (`heldBefore`) is somebody else's, who alone knows when it may go.
 */
export function restoreAftermath(action: Action, heldBefore: boolean): readonly string[] {
  if (action.kind !== 'restore') return [];
  const kept = [...action.images, ...action.firmware].flatMap(({ asideAs }) =>
    asideAs === null ? [] : [`  kept     ${printable(asideAs)}`],
  );
  return [...kept, ...(action.mode === 'instant' ? endOf(action, heldBefore) : [])];
}

function endOf(
  { define, domain, chain, images, firmware }: Restore,
  heldBefore: boolean,
): readonly string[] {
  if (define === null) return [];
  const name = word(define.name);
  const undefine = `virsh undefine ${name}${firmware.length === 0 ? '' : ' --nvram'}`;
  return [
    heldBefore
      ? '  to end   it (the hold of the chain was there before, and stays):'
      : '  to end   it, for the chain stays held until then:',
    ...(define.start ? [`           virsh destroy ${name}`] : []),
    `           ${undefine}`,
    `           rm ${images.map(({ to }) => word(to)).join(' ')}`,
    ...(heldBefore ? [] : [`           holdfast release ${word(addressOf(domain.name, chain))}`]),
  ];
}

const word = (text: string): string => shellWord(printable(text));
