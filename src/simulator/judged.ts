/** Adds to each of a tree's points whether it is sound by itself, and so is all that it stands on. */
export function judged<Draft extends { readonly manifest: { readonly parent: unknown } }>(
  drafts: readonly Draft[],
  isSound: (draft: Draft) => boolean,
  parentOf: (draft: Draft) => Draft | undefined,
): readonly (Draft & { readonly isValid: boolean })[] {
  const isValid = (draft: Draft): boolean => {
    if (!isSound(draft)) return false;
    if (draft.manifest.parent === null) return true;
    const parent = parentOf(draft);
    return parent !== undefined && isValid(parent);
  };
  return drafts.map((draft) => ({ ...draft, isValid: isValid(draft) }));
}
