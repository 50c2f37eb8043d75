import type { PointFault } from '../model/observed-store.ts';

/** What is wrong with a point that is not valid: for the line, what to do about it, and for `explain`. */
export const faults: Readonly<
  Record<PointFault, { readonly short: string; readonly remedy: string; readonly explain: string }>
> = {
  'manifest-missing': {
    short: 'no manifest',
    remedy:
      'copy its point.json back from another copy, or read its images by hand (README.txt in the store says how)',
    explain:
      'The directory of the point holds no `point.json`. Its images may be whole, but nothing says so; look at the directory by hand.',
  },
  'manifest-unreadable': {
    short: 'manifest not readable',
    remedy:
      'copy its point.json back from another copy, or read its images by hand (README.txt in the store says how)',
    explain:
      '`point.json` is no valid manifest: cut off, changed by hand, or damaged. The images may be whole; they are never deleted while this is so.',
  },
  'manifest-newer': {
    short: 'manifest of a newer version',
    remedy: 'use the Holdfast that wrote it, or a later one',
    explain: 'A newer Holdfast wrote this point. Use that version or a later one.',
  },
  'manifest-misplaced': {
    short: 'manifest of another place',
    remedy: 'move it back to the place that its point.json names, or out of the store',
    explain:
      '`point.json` names another store, domain, chain or point than the directory that it lies in: something was moved or copied by hand.',
  },
  'file-missing': {
    short: 'a file is missing',
    remedy: 'copy the file back from another copy; without it, the point cannot be restored',
    explain: 'A file that the manifest names is not there. The point cannot be restored whole.',
  },
  'file-size': {
    short: 'a file has another size',
    remedy: 'copy the file back from another copy; without it, the point cannot be restored',
    explain:
      'A file of the point does not have the size of the manifest: cut off or changed after it was published.',
  },
  'parent-missing': {
    short: 'its parent is missing',
    remedy:
      'copy the missing point back from another copy; without it, this one cannot be restored',
    explain:
      'The point is an increment, and the point that it counts from is not there. It cannot be restored.',
  },
  'parent-faulty': {
    short: 'its parent is faulty',
    remedy: 'mend the faulty point that it stands on',
    explain:
      'The point is an increment on a point that is not valid; `holdfast points` names the first faulty one of the chain.',
  },
  quarantined: {
    short: 'in quarantine',
    remedy:
      'where a mirror has the point, the next apply heals it; else copy its files back and run holdfast verify on it, which takes the mark away',
    explain:
      'A check found the point damaged and marked it. It counts for nothing any more, and nothing is built on it. Where a mirror of its domain has the point, the next apply heals it from there. When its files are right again in another way, `holdfast verify` takes the mark away.',
  },
};

/** What is wrong with a point, in words; an unknown code stands for itself. */
export function faultWords(code: string): string {
  const known = Object.entries(faults).find(([name]) => name === code);
  return known === undefined ? code : known[1].short;
}
