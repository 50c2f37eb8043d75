import type { DesiredState, DesiredStore } from '../model/desired.ts';
import type { ObservedStore, ReadyStore } from '../model/observed-store.ts';
import type { DoctorFinding } from '../model/report.ts';
import { unreachable } from '../model/result.ts';
import { bearsOnPlan } from '../planner/completeness.ts';
import { amountOf } from './amount.ts';
import { finding } from './doctor-programs.ts';

/** How a store is: there, writable, with space, readable. One that no rule uses and that was not seen is a warning. */
export function storeFindings(
  store: ObservedStore,
  desired: DesiredStore | undefined,
  all: Pick<DesiredState, 'removed'>,
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
      return readyFindings(store.path, state, subject, desired);
    default:
      return unreachable(state);
  }
}

function readyFindings(
  path: string,
  state: ReadyStore,
  subject: string,
  desired: DesiredStore | undefined,
): readonly DoctorFinding[] {
  const reserve = desired === undefined ? 0 : amountOf(desired.reserve, state.totalBytes);
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
