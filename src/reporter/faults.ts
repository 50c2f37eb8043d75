import type { PointFault } from '../model/observed-store.ts';

/** What is wrong with a point that is not valid, for the line and for `explain`. */
export const faults: Readonly<
  Record<PointFault, { readonly short: string; readonly explain: string }>
> = {
  'manifest-missing': {
    short: 'no manifest',
    explain:
      'The directory of the point holds no `point.json`. Its images may be whole, but nothing says so; look at the directory by hand.',
  },
  'manifest-unreadable': {
    short: 'manifest not readable',
    explain:
      '`point.json` is no valid manifest: cut off, changed by hand, or damaged. The images may be whole; they are never deleted while this is so.',
  },
  'manifest-newer': {
    short: 'manifest of a newer version',
    explain: 'A newer Holdfast wrote this point. Use that version or a later one.',
  },
  'manifest-misplaced': {
    short: 'manifest of another place',
    explain:
      '`point.json` names another store, domain, chain or point than the directory that it lies in: something was moved or copied by hand.',
  },
  'file-missing': {
    short: 'a file is missing',
    explain: 'A file that the manifest names is not there. The point cannot be restored whole.',
  },
  'file-size': {
    short: 'a file has another size',
    explain:
      'A file of the point does not have the size of the manifest: cut off or changed after it was published.',
  },
  'parent-missing': {
    short: 'its parent is missing',
    explain:
      'The point is an increment, and the point that it counts from is not there. It cannot be restored.',
  },
  'parent-faulty': {
    short: 'its parent is faulty',
    explain:
      'The point is an increment on a point that is not valid; `holdfast points` names the first faulty one of the chain.',
  },
  quarantined: {
    short: 'in quarantine',
    explain:
      'A check found the point damaged and marked it. It counts for nothing any more, and nothing is built on it. When its files are right again (copied back from elsewhere, say), `holdfast verify` takes the mark away.',
  },
};

/** What is wrong with a point, in words; an unknown code stands for itself. */
export function faultWords(code: string): string {
  const known = Object.entries(faults).find(([name]) => name === code);
  return known === undefined ? code : known[1].short;
}
