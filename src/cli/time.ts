import { instantOf, type Instant } from '../model/instant.ts';
import { ok, unreachable, type Result } from '../model/result.ts';
import { localInstants } from '../schedule/zone.ts';
import type { Refusal } from './context.ts';
import { usage } from './plan-options.ts';

const form =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2}(?:\.\d+)?))?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Reads a time of the command line: `2026-11-22`, `2026-11-22 10:30`,
 * `2026-11-22T10:30:00Z`, `…+01:00`. Without an offset it is in the policy's
 * zone; a date alone is its last second. Of an hour that comes twice the later one.
 * Milliseconds count: the instant of a point, as `points --json` has it, is that point's.
 */
export function readTime(text: string, timezone: string): Result<Instant, Refusal> {
  const [, date, minute, second = '00', offset] = form.exec(text) ?? [];
  const clock = minute === undefined ? '23:59:59' : `${minute}:${second}`;
  const parse = (zone: string): number =>
    date === undefined ? Number.NaN : Date.parse(`${date}T${clock}${zone}`);
  const local = parse('Z');
  // `-99:99` has the form of an offset and is none.
  const absolute = offset === undefined ? local : parse(offset);
  if (Number.isNaN(local) || Number.isNaN(absolute))
    return usage('bad-time', `${text} is no time: write 2026-11-22 10:30, or 2026-11-22T09:30:00Z`);
  if (offset !== undefined) return ok(instantOf(absolute));
  const found = localInstants(local, timezone);
  switch (found.kind) {
    case 'once':
      return ok(instantOf(found.at));
    case 'twice':
      return ok(instantOf(found.second));
    case 'never':
      return ok(instantOf(found.gapEnd));
    default:
      return unreachable(found);
  }
}
