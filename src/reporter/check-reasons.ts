import { faultWords } from './faults.ts';
import type { SentenceTable } from './sentence.ts';

/** Why points are checked or healed. */
export const checkReasons: SentenceTable = {
  'never-checked': {
    say: (t) => `${t.count('points', 'was', 'were')} never checked`,
    explain:
      'Points, or copies at a mirror, that no check has ever found sound at the depth of `verify.depth`. They come first, the newest before all. What a plan takes or copies is checked by the next one at the earliest.',
  },
  'check-due': {
    say: (t) =>
      `${t.count('points', 'was', 'were')} last checked ${t.age('checkedAt')} ago, every ${t.period('everySeconds')}`,
    explain:
      'The last check of these points, or copies, at this depth or a deeper one, is longer ago than `verify.every`. Those that were checked longest ago come first.',
  },
  'point-damaged': {
    say: (t) => `${faultWords(t.text('fault'))}; ${t.text('mirror')} has a copy`,
    explain:
      'The point counts for nothing here: a check has put it into quarantine, or a file of it is missing or short. A mirror of its domain holds exactly that point. Each of its files is compared with the manifest; those that differ are fetched, compared before they take their places, and the quarantine ends with that. A copy that is damaged too heals nothing: the action says so, and the next plan takes the next mirror, or notes `no-sound-copy`.',
  },
};

/** What is said of checks but not done. */
export const checkNotes: SentenceTable = {
  'copies-unchecked': {
    say: () => 'its copies are not checked: it was not seen',
    explain:
      'The policy has the copies at this mirror checked on a schedule (`mirrors.NAME.verify`), and the mirror could not be looked at. What is due is checked by the next plan that sees it.',
  },
  'no-sound-copy': {
    say: (t) =>
      `${faultWords(t.text('fault'))}, and no mirror has a sound copy: ${t.text('mirrors')} damaged too`,
    explain:
      'Every mirror of the domain was seen, and each copy of the point there is faulty too: a check, or a heal that fetched it, has put it into quarantine at the mirror (`quarantine.json` beside it), so that no run fetches it again. The point cannot be restored, nor what stands on it. If its files are anywhere else, copy them back and run holdfast verify on the point. If a copy at a mirror was mended, run holdfast verify on that copy (nas:domain/NAME/…): it is in quarantine no more when every byte is right, and the next plan heals the point from it.',
  },
  'checks-later': {
    say: (t) =>
      `${t.count('points', 'more point')}, ${t.bytes('bytes')} due for a check: ${t.number('days') === 1 ? 'within a day' : `over ${t.count('days', 'day')}`}`,
    explain:
      'More is due than checks may read in 24 hours (`verify.maxRate` and `verify.maxTime` of the store, or of the mirror). The rest is checked by the plans of the next days, the most urgent first. If this goes on, checks are never as recent as `verify.every` says: raise the budget, or the interval.',
  },
};
