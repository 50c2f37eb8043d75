import type { Action } from '../model/action.ts';
import type { EventBody, Outcome, RunEvent } from '../model/event.ts';
import type { OpenIntent } from '../model/observed.ts';
import { unreachable, type Failure } from '../model/result.ts';
import { checkpointShape, pointShape, runShape, uuidShape } from './identity-shape.ts';
import {
  absentOr,
  finiteNumber,
  flag,
  formatOne,
  instant,
  keyOf,
  listOf,
  orNull,
  record,
  text,
  type Field,
  wholeNumber,
} from './shape.ts';

const failureShape = record((field): Failure => ({
  code: field('code', text),
  message: field('message', text),
}));

const swapShape = record((field) => ({
  to: field('to', text),
  aside: field('aside', orNull(text)),
}));

const restoredFileShape = record((field) => ({
  path: field('path', text),
  place: field('place', orNull(text)),
}));

const instantShape = record((field) => ({
  sockets: field('sockets', text),
  held: field('held', orNull(text)),
}));

const guestShape = record((field) => ({
  uuid: field('uuid', uuidShape),
  name: field('name', text),
}));

const intentKind = keyOf<OpenIntent['kind']>(
  {
    'started-domain': true,
    'frozen-domain': true,
    'backup-job': true,
    'restore-swap': true,
    'restore-files': true,
    drill: true,
    'device-write': true,
  },
  'frozen-domain',
);

const intentShape = record((field): OpenIntent => {
  const kind = field('kind', intentKind);
  const domain = { uuid: field('uuid', uuidShape), name: field('name', text) };
  switch (kind) {
    case 'started-domain':
      return { kind, ...domain, runningId: field('runningId', orNull(wholeNumber)) };
    case 'frozen-domain':
      return { kind, ...domain };
    case 'backup-job':
      return {
        kind,
        ...domain,
        socket: field('socket', text),
        scratch: field('scratch', listOf(text)),
        checkpoint: field('checkpoint', orNull(checkpointShape)),
        point: field('point', pointShape),
      };
    case 'restore-swap':
      return { kind, ...domain, swaps: field('swaps', listOf(swapShape)) };
    case 'device-write':
      return { kind, ...domain, devices: field('devices', listOf(text)) };
    case 'restore-files':
      return {
        kind,
        ...domain,
        files: field('files', listOf(restoredFileShape)),
        instant: field('instant', orNull(instantShape)),
      };
    case 'drill':
      return {
        kind,
        ...domain,
        guest: field('guest', guestShape),
        paths: field('paths', listOf(text)),
      };
    default:
      return unreachable(kind);
  }
});

const outcomeCode = keyOf<Outcome['code']>(
  {
    done: true,
    already: true,
    stale: true,
    waiting: true,
    skipped: true,
    failed: true,
    interrupted: true,
  },
  'already',
);

const outcomeShape = record((field): Outcome => {
  const code = field('code', outcomeCode);
  switch (code) {
    case 'done': {
      const usableSeconds = field('usableSeconds', absentOr(finiteNumber));
      return {
        code,
        bytes: field('bytes', orNull(wholeNumber)),
        seconds: field('seconds', finiteNumber),
        ...(usableSeconds === null ? {} : { usableSeconds }),
      };
    }
    case 'stale':
    case 'waiting':
    case 'failed':
      return { code, failure: field('failure', failureShape) };
    case 'skipped':
      return { code, because: field('because', text) };
    case 'already':
    case 'interrupted':
      return { code };
    default:
      return unreachable(code);
  }
});

const actionKind = keyOf<Action['kind']>(
  {
    'create-store': true,
    'abort-job': true,
    'thaw-domain': true,
    'restore-power-state': true,
    'put-back': true,
    'discard-files': true,
    'discard-incoming': true,
    'drop-checkpoint': true,
    'redefine-checkpoint': true,
    backup: true,
    'trash-chain': true,
    'purge-trash': true,
    restore: true,
    untrack: true,
    'copy-points': true,
    'hide-copies': true,
    'purge-copies': true,
    drill: true,
    'end-drill': true,
    'verify-points': true,
    'verify-copies': true,
    heal: true,
  },
  'backup',
);

const eventKind = keyOf<EventBody['kind']>(
  {
    'run-started': true,
    'action-started': true,
    intent: true,
    'intent-closed': true,
    step: true,
    progress: true,
    warning: true,
    'action-finished': true,
    'run-finished': true,
  },
  'step',
);

/** The part of an event that its kind decides. */
function bodyOf(field: Field): EventBody {
  const kind = field('kind', eventKind);
  switch (kind) {
    case 'run-started':
      return {
        kind,
        plan: field('plan', text),
        purpose: field('purpose', text),
        host: field('host', text),
        pid: field('pid', wholeNumber),
        actions: field('actions', wholeNumber),
      };
    case 'run-finished':
      return {
        kind,
        done: field('done', wholeNumber),
        failed: field('failed', wholeNumber),
        skipped: field('skipped', wholeNumber),
        interrupted: field('interrupted', flag),
        converged: field('converged', orNull(flag)),
      };
    case 'warning':
      return {
        kind,
        action: field('action', orNull(text)),
        failure: field('failure', failureShape),
      };
    case 'action-started':
    case 'intent':
    case 'intent-closed':
    case 'step':
    case 'progress':
    case 'action-finished':
      return actionBody(kind, field('action', text), field);
    default:
      return unreachable(kind);
  }
}

function actionBody(
  kind: Exclude<EventBody['kind'], 'run-started' | 'run-finished' | 'warning'>,
  action: string,
  field: Field,
): EventBody {
  switch (kind) {
    case 'action-started':
      return { kind, action, what: field('what', actionKind), address: field('address', text) };
    case 'intent':
      return { kind, action, intent: field('intent', intentShape) };
    case 'intent-closed':
      return { kind, action, intent: field('intent', intentKind) };
    case 'step':
      return { kind, action, step: field('step', text), path: field('path', orNull(text)) };
    case 'progress':
      return {
        kind,
        action,
        doneBytes: field('doneBytes', wholeNumber),
        totalBytes: field('totalBytes', orNull(wholeNumber)),
      };
    case 'action-finished':
      return { kind, action, outcome: field('outcome', outcomeShape) };
    default:
      return unreachable(kind);
  }
}

/** One line of a journal: the same as schema/events.v1.schema.json, which a test checks. */
export const eventShape = record((field): RunEvent => ({
  formatVersion: field('formatVersion', formatOne),
  run: field('run', runShape),
  number: field('number', wholeNumber),
  at: field('at', instant),
  ...bodyOf(field),
}));
