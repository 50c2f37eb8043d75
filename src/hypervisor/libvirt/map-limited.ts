/** Maps with at most so many under way at once; results in the order of the inputs. */
export async function mapLimited<T, R>(
  inputs: readonly T[],
  limit: number,
  map: (input: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const entries = inputs.entries();
  const worker = async (): Promise<void> => {
    for (const [at, input] of entries) results[at] = await map(input);
  };
  await Promise.all(Array.from({ length: Math.min(limit, inputs.length) }, worker));
  return results;
}
