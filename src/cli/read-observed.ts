import type { ObservedState } from '../model/observed.ts';
import { ok, type Result } from '../model/result.ts';
import type { Context, Refusal } from './context.ts';
import { observedSchemaErrors } from './generated/observed-schema.ts';
import { usage } from './plan-options.ts';
import { readJson } from './read-json.ts';

const remedy = 'holdfast observe --out FILE writes one';

/** Reads an observation that `observe --out` wrote, and checks its form. */
export async function readObserved(
  context: Context,
  file: string,
  wholeUpTo?: number,
): Promise<Result<ObservedState, Refusal>> {
  const read = await readJson(context, file, remedy, wholeUpTo);
  if (!read.ok) return read;
  const { value } = read;
  if (isObserved(value)) return ok(value);
  const [error] = observedSchemaErrors(value);
  return usage(
    'not-an-observation',
    `${file} is no observation: ${error?.instancePath || 'it'} ${error?.message}; ${remedy}`,
  );
}

function isObserved(value: unknown): value is ObservedState {
  return observedSchemaErrors(value).length === 0;
}
