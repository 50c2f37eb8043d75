/** Edits (insert, delete, replace, swap of neighbours) from one text to another: Damerau-Levenshtein, adjacent swaps. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (before[column - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The candidate that was probably meant: at most a third of its letters differ, or it alone begins so. null if none is near. */
export function nearest(text: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let least = Infinity;
  const low = text.toLowerCase();
  for (const candidate of candidates) {
    const limit = Math.max(1, Math.floor(Math.max(text.length, candidate.length) / 3));
    // Long texts differ too much in length alone; this keeps a megabyte of text from being compared.
    if (Math.abs(candidate.length - text.length) > limit) continue;
    const found = distance(low, candidate.toLowerCase());
    if (found > limit || found >= least) continue;
    best = candidate;
    least = found;
  }
  if (best !== null || text.length < 3) return best;
  const begun = candidates.filter((candidate) => candidate.toLowerCase().startsWith(low));
  return begun.length === 1 ? (begun[0] ?? null) : null;
}

/** `did you mean "x"?`, or what there is to choose from. */
export function suggestion(text: string, candidates: readonly string[]): string | null {
  const near = nearest(text, candidates);
  if (near !== null) return `did you mean "${near}"?`;
  if (candidates.length === 0) return null;
  // A dozen names fit a line; more are no help.
  const shown = candidates.slice(0, 12).join(', ');
  return `possible: ${shown}${candidates.length > 12 ? ', …' : ''}`;
}
