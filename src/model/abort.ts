import type { Failure } from './result.ts';

/** The failure that an aborted signal stands for: its reason if that is one, else `canceled`. */
export function failureOfAbort(signal: { readonly reason?: unknown }, what: string): Failure {
  const { reason } = signal;
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'message' in reason) {
    const { code, message } = reason;
    // A DOMException (`AbortController.abort()` without a reason) has a number as its code.
    if (typeof code === 'string' && typeof message === 'string') return { code, message };
  }
  return { code: 'canceled', message: `${what} was stopped` };
}
