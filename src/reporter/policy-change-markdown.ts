import type { PolicyChange } from '../model/policy-change.ts';
import { humanBytes } from './human-bytes.ts';
import { cutMiddle, fenced, planMarker } from './markdown.ts';
import { plural } from './plural.ts';
import { renderPolicyChange, summaryOf } from './policy-change.ts';
import { printable } from './printable.ts';

// Their number and bytes are in the summary; a reviewer reads no longer list.
const maxLost = 100;

/**
 * What a change of the policy alone does, as a comment on the request that
 * makes it, at most `limit` characters: what is lost survives, the middle of
 * the rest is cut. The first line is that of the host's plan, so that one
 * comment is changed in place.
 */
export function renderPolicyChangeMarkdown(
  change: PolicyChange,
  { limit }: { readonly limit: number },
): string {
  const text = renderPolicyChange(change, { color: false, width: null, verbose: false });
  const details = text.trimEnd().split('\n');
  const whole = write(change, details, false);
  if (whole.length <= limit) return whole;
  const bare = write(change, [], true);
  return write(change, cutMiddle(details, limit - bare.length - 12), true);
}

function write(change: PolicyChange, details: readonly string[], cut: boolean): string {
  const lost = change.lost.slice(0, maxLost).map(({ address, points, bytes }) => {
    const size = bytes === null ? '' : ` ${humanBytes(bytes)}`;
    return `- ${printable(address)}  ${plural(points, 'point')}${size}`;
  });
  const more = change.lost.length - lost.length;
  return `${[
    planMarker(change.plan, cut),
    '### Holdfast: what this change does',
    '',
    ...fenced([summaryOf(change)]),
    ...(lost.length === 0
      ? []
      : ['', '**Lost**', '', ...fenced([...lost, ...(more > 0 ? [`and ${more} more`] : [])])]),
    '',
    '**In detail**',
    '',
    ...fenced(details),
  ].join('\n')}\n`;
}
