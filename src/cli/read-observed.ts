import type { ObservedState } from '../model/observed.ts';
import { ok, type Result } from '../model/result.ts';
import type { Context, Refusal } from './context.ts';
import { observedSchemaErrors } from './generated/observed-schema.ts';
import { usage } from './plan-options.ts';
import { readJson } from './read-json.ts';

/** Reads an observation that `observe --out` wrote, and checks its form. */
export async function readObserved(
  context: Context,
  file: string,
): Promise<Result<ObservedState, Refusal>> {
  const read = await readJson(context, file);
  if (!read.ok) return read;
  const { value } = read;
  if (isObserved(value)) return ok(value);
  const [error] = observedSchemaErrors(value);
  return usage(
    'not-an-observation',
    `${file} is no observation: ${error?.instancePath || 'it'} ${error?.message}; holdfast observe --out writes one`,
  );
}

function isObserved(value: unknown): value is ObservedState {
  return observedSchemaErrors(value).length === 0;
}
