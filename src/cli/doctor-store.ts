import { bytesOfAmount } from '../model/amount.ts';
import type { DesiredState, DesiredStore } from '../model/desired.ts';
import { secondsBetween, type Instant } from '../model/instant.ts';
import type { ObservedStore, ReadyStore } from '../model/observed-store.ts';
import type { DoctorFinding } from '../model/report.ts';
import { unreachable } from '../model/result.ts';
import { bearsOnPlan } from '../planner/completeness.ts';
import { defaultAlertSeconds, forecastOf } from '../planner/forecast.ts';
import { finding } from './doctor-programs.ts';

/** How a store is: there, writable, with space, readable. One that no rule uses and that was not seen is a warning. */
export function storeFindings(
  store: ObservedStore,
  desired: DesiredStore | undefined,
  all: Pick<DesiredState, 'removed'>,
  now: Instant,
): readonly DoctorFinding[] {
  const isUnused = desired !== undefined && !bearsOnPlan(desired, all);
  const subject = `store/${store.name}`;
  const { state } = store;
  switch (state.kind) {
    case 'unseen':
      return [
        isUnused
          ? finding(
              'warning',
              state.failure.code,
              subject,
              `${state.failure.message}; no rule uses it`,
              'mount it, or take it out of the policy',
            )
          : finding(
              'error',
              state.failure.code,
              subject,
              state.failure.message,
              'mount or repair it',
            ),
      ];
    case 'blank':
      return state.knownId === null
        ? [finding('warning', 'store-blank', subject, `${store.path} is empty`, 'holdfast apply')]
        : [
            finding(
              'error',
              'store-vanished',
              subject,
              `${store.path} is empty, but this host knows a store there`,
              'mount the disk that holds it',
            ),
          ];
    case 'ready':
      return readyFindings(store.path, state, subject, desired, now);
    default:
      return unreachable(state);
  }
}

/** That the store fills soon. */
function fillFindings(
  state: ReadyStore,
  subject: string,
  desired: DesiredStore | undefined,
  now: Instant,
): readonly DoctorFinding[] {
  const forecast = desired === undefined ? null : forecastOf(state, desired, now);
  if (desired === undefined || forecast === null) return [];
  const { fillsAt, bytesPerDay, sinceAt } = forecast;
  if (fillsAt === null || fillsAt <= now) return [];
  const { alertSeconds = defaultAlertSeconds } = desired;
  if (secondsBetween(now, fillsAt) > alertSeconds) return [];
  const message = `it will be full on ${fillsAt.slice(0, 10)}, at ${bytesPerDay} bytes a day since ${sinceAt.slice(0, 10)}`;
  return [finding('warning', 'store-fills', subject, message, 'add space, or keep fewer points')];
}

function readyFindings(
  path: string,
  state: ReadyStore,
  subject: string,
  desired: DesiredStore | undefined,
  now: Instant,
): readonly DoctorFinding[] {
  const reserve = desired === undefined ? 0 : bytesOfAmount(desired.reserve, state.totalBytes);
  return [
    state.writable
      ? finding('ok', 'store', subject, `${path} is ready`)
      : finding('error', 'store-read-only', subject, `${path} cannot be written`, 'remount it'),
    ...(state.freeBytes < reserve
      ? [
          finding(
            'error',
            'store-full',
            subject,
            `${state.freeBytes} bytes are free, less than the reserve of ${reserve}`,
            'add space, or keep fewer points',
          ),
        ]
      : []),
    ...fillFindings(state, subject, desired, now),
    ...state.unreadable.map(({ path: place, code, message }) =>
      finding(
        'error',
        code,
        subject,
        `${place}: ${message}`,
        'deletions are withheld until it is readable',
      ),
    ),
  ];
}
