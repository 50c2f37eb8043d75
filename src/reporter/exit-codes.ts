/** What each exit status means, in full. One meaning each. */
export const exitCodes: Readonly<Record<string, string>> = {
  '0': 'It went well. `plan` without --detailed-exitcode exits 0 whether there is something to do or not.',
  '1': 'It failed: nothing of what was asked for was done, or `status` found a missed RPO or a damaged point, or `doctor` an error.',
  '2': 'The plan holds changes. Only with --detailed-exitcode, so that scripts that do not ask for it see 0.',
  '3': 'The policy is invalid, or `fmt --check` found a difference. Nothing was looked at and nothing was changed.',
  '4': 'A guard blocks something. The plan shows which one, and the exact `--allow CODE=SCOPE` if there is one.',
  '5': 'The saved plan is stale, older than 12 hours, or for another host. Make a new one.',
  '6': 'Another run holds the lock. Wait for it, or give --lock-timeout.',
  '7': 'Partly applied: some actions were done, others failed, were skipped, or found the world changed. The next plan has what is left.',
  '8': 'The git source was refused: an unsigned commit, a rewound branch, or no plain file. The last good policy stays in force.',
  '9': 'Not everything could be looked at. What was seen was planned or done; deletions were withheld.',
  '64': 'The command line was wrong; see --help.',
  '130':
    'Stopped by Ctrl-C (SIGINT). Running jobs were ended and guests thawed; the next plan shows what is left.',
  '143':
    'Stopped by SIGTERM. Running jobs were ended and guests thawed; the next plan shows what is left.',
};
