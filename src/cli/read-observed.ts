import type { ObservedState } from '../model/observed.ts';
import { ok, type Result } from '../model/result.ts';
import type { Context, Refusal } from './context.ts';
import { usage } from './plan-options.ts';
import { isRecord, readJson } from './read-json.ts';

/** Reads an observation that `observe --out` wrote. */
export async function readObserved(
  context: Context,
  file: string,
): Promise<Result<ObservedState, Refusal>> {
  const value = await readJson(context, file);
  if (!value.ok) return value;
  return isObserved(value.value)
    ? ok(value.value)
    : usage('not-an-observation', `${file} is no observation: holdfast observe --out writes one`);
}

/** The parts that make an observation; a file of another kind lacks some of them. */
function isObserved(value: unknown): value is ObservedState {
  return (
    isRecord(value) &&
    value['formatVersion'] === 1 &&
    typeof value['observedAt'] === 'string' &&
    isRecord(value['host']) &&
    [value['hypervisor'], value['scratch'], value['runs']].every(isSeen) &&
    Array.isArray(value['stores']) &&
    Array.isArray(value['mirrors'])
  );
}

function isSeen(value: unknown): boolean {
  return isRecord(value) && typeof value['seen'] === 'boolean';
}
