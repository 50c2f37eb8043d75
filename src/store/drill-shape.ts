import type { DrillMemory, DrillRecord } from '../model/drill.ts';
import { chainShape, pointShape } from './identity-shape.ts';
import {
  finiteNumber,
  formatOne,
  instant,
  oneOf,
  orNull,
  record,
  text,
  wholeNumber,
} from './shape.ts';

/** `drilled.json` in a point. */
export const drillShape = record((field): DrillRecord => ({
  formatVersion: field('formatVersion', formatOne),
  at: field('at', instant),
  chain: field('chain', chainShape),
  point: field('point', pointShape),
  sequence: field('sequence', wholeNumber),
  frozenAt: field('frozenAt', instant),
  result: field('result', oneOf('passed', 'failed')),
  failure: field(
    'failure',
    orNull(record((of) => ({ code: of('code', text), message: of('message', text) }))),
  ),
  usableSeconds: field('usableSeconds', orNull(finiteNumber)),
  wait: field('wait', oneOf('agent', 'port', 'none')),
  script: field('script', orNull(text)),
  screenshot: field('screenshot', orNull(text)),
  host: field('host', text),
  mirror: field('mirror', orNull(text)),
}));

/** `drilled.json` in a domain's directory. */
export const drillMemoryShape = record((field): DrillMemory => ({
  formatVersion: field('formatVersion', formatOne),
  last: field('last', drillShape),
  passed: field('passed', orNull(drillShape)),
}));
