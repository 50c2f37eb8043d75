import type { Sentence, Teller } from './sentence.ts';

/** What a guard says, and what to do where no `--allow` exists. */
export interface GuardSentence extends Sentence {
  readonly remedy: string | null;
  /** Whether `--allow` can lift it, for one run and not always. */
  readonly liftable: boolean;
}

const percent = (t: Teller, part: string, whole: string): string =>
  `${Math.round((100 * t.number(part)) / t.number(whole))} %`;

/** Why a commit does not count, behind its name. */
const commitWhy: Readonly<Record<string, string>> = {
  unsigned: 'is not signed',
  unlisted: 'is signed by a key that is not listed',
  expired: 'is signed by a key whose time is over',
  bad: 'has a signature that is not valid, or revoked',
};

/** The rules that can block (5-safety.md). */
export const guards: Readonly<Record<string, GuardSentence>> = {
  G101: {
    say: (t) => {
      const why = t.text('why');
      return why === 'too-many'
        ? `is more than ${t.text('limit')} commits ahead, too many to verify`
        : `has a commit that does not count: ${t.text('commit')} ${commitWhy[why] ?? why}`;
    },
    remedy:
      'Let an allowed signer sign the commit anew, or seal it; holdfast verify-source lists all.',
    liftable: false,
    explain:
      'Every commit since the one in force must carry a valid ssh signature of a key in the file of allowed signers that the host file names. A signed head over an unsigned commit is not enough. A signed commit with a line "Holdfast-Seal: REASON" vouches for what is below it. The policy that was in force stays in force.',
  },
  G102: {
    say: (t) =>
      `${t.text('tip')} does not follow from ${t.text('applied')}, which is in force: the branch was rewound or rewritten`,
    remedy:
      'Bring the branch forward again; if it was rewritten on purpose: holdfast source reset --reason TEXT.',
    liftable: false,
    explain:
      'The branch must be a fast-forward from the commit that is in force. A rewound or rewritten branch could bring back an old policy with old, valid signatures. If somebody meant it, holdfast source reset says so.',
  },
  G103: {
    say: (t) =>
      `${t.text('path')} is ${t.has('why') ? t.text('why') : 'no plain file of at most 1 MiB'} in the commit ${t.text('commit')}`,
    remedy: 'Commit the policy as a plain file of at most 1 MiB.',
    liftable: false,
    explain:
      'The policy is read from the verified commit as a plain blob: no symbolic link, no submodule, at most 1 MiB. A link could make us print a file of the host.',
  },
  G104: {
    say: (t) => `policy is for host ${t.text('policyHost')}, this is ${t.text('host')}`,
    remedy: 'Use the policy of this host, or change its `host:`.',
    liftable: false,
    explain:
      'The policy (or saved plan) names another host. Applied here, it would take the domains of this host for unmanaged ones. Only what ends the trouble of a dead run (a frozen guest, an orphaned job) is done.',
  },
  G105: {
    say: (t) =>
      t.number('rules') === 0
        ? 'has no rule for any domain'
        : `selects none of ${t.count('domains', 'domain')}`,
    remedy: 'Write at least one rule under `domains:` that matches a domain.',
    liftable: false,
    explain:
      'A policy that is empty or matches nothing is taken for a mistake, never for "back up nothing".',
  },
  G106: {
    say: (t) =>
      `is not valid in the commit ${t.text('commit')}: ${t.text('first')}${
        t.number('errors') > 1 ? `, and ${t.number('errors') - 1} more` : ''
      }`,
    remedy: 'Correct it in a further commit; holdfast validate lists all mistakes.',
    liftable: false,
    explain:
      'The newest commit is signed as it should be, and its policy has mistakes. The last policy without mistakes stays in force.',
  },
  G151: {
    say: (t) => {
      const part = t.text('part');
      const what = part === 'domain' ? 'was' : `${part} was`;
      const why = t.has('message') ? `: ${t.text('message')}` : '';
      return `${what} not seen${why}; ${part === 'scratch' ? 'no backup starts' : 'deletions are withheld'}`;
    },
    remedy: 'Make it visible again; nothing is lost meanwhile.',
    liftable: false,
    explain:
      'What could not be looked at is not taken for empty. In the scope of an unseen part nothing is deleted (points, checkpoints) and no new full begins. It goes away by itself when the part is seen again.',
  },
  G152: {
    say: (t) =>
      t.text('how') === 'mount-changed'
        ? `is mounted from ${t.text('now')}, it was ${t.text('before')}; deletions wait`
        : `is not the store that it was: ${t.text('message')}`,
    remedy:
      'Mount the right disk. If the store was replaced on purpose, take the line of its path out of stores.json in the state directory.',
    liftable: true,
    explain:
      'The marker file of the store is missing, carries another id, or the path lies on another file system than at the last run. An unmounted disk shows an empty directory, which must not look like "no backups".',
  },
  G153: {
    say: (t) =>
      t.text('how') === 'no-memory'
        ? `has no memory of an earlier run${t.has('store') ? ` with store ${t.text('store')}` : ''}: the first one deletes nothing`
        : `has ${t.text('found')} of the ${t.count('known', 'point')}${t.has('store') ? ` of store ${t.text('store')}` : ''} that it had at the last apply`,
    remedy: 'The next run remembers; deletions go on then.',
    liftable: true,
    explain:
      'More than half of the points that the last run knew are gone, and no run of ours deleted them. That looks like a wrong disk or an accident; nothing more is deleted until somebody has looked. Without a memory of an earlier run nobody can tell, so the first run on a store deletes nothing.',
  },
  G154: {
    say: (t) =>
      t.text('how') === 'behind'
        ? `clock is behind ${t.at('newestAt')}, which is written in a store`
        : `clock was moved by ${t.period('seconds')} since the last apply`,
    remedy: null,
    liftable: true,
    explain:
      'The wall clock moved by more than an hour against the clock that counts from boot, or is behind the newest instant that the stores know. Ages would be wrong, so nothing is deleted by age. Set the clock right; if it is right now, allow it for one run.',
  },
  G201: {
    say: (t) => {
      if (t.text('how') === 'later') {
        return `${t.count('chains', 'deletion')} in all, ${t.text('limit')} a run: the rest comes later`;
      }
      return t.has('of')
        ? `would lose ${t.text('chains')} of ${t.count('of', 'chain')}: ${percent(t, 'chains', 'of')} > 30 %`
        : `would lose ${t.count('chains', 'chain')} at once, ${t.text('limit')} is the limit`;
    },
    remedy: null,
    liftable: true,
    explain:
      'The plan deletes more than 30 % of the chains of a domain and more than one of them, or more than 5 chains of a host. A changed retention rule or a wrong clock does that; so does a wish. If it is one, allow it for this one run. Chains that the policy in force at the last apply had doomed already, and that a newer full replaces, are not counted.',
  },
  G202: {
    say: (t) =>
      `cannot lose this: its newest valid point and ${t.count('minPoints', 'valid point')} in all must stay`,
    remedy: 'Take a new point first.',
    liftable: true,
    explain:
      'No plan, and no part of a plan that was interrupted, leaves a domain with fewer valid points than `minPoints` of its retention (1 if it says nothing), nor without its newest one.',
  },
  G205: {
    say: () => 'is held',
    remedy: 'To let it go: holdfast release ADDRESS.',
    liftable: false,
    explain:
      'A hold lies beside the data and forbids deleting it, whatever the policy says. `holdfast points` shows it; it goes with `holdfast release ADDRESS` only.',
  },
  G207: {
    say: (t) =>
      `keeps ${t.count('chains', 'chain')} that ${
        t.has('behind')
          ? `${t.text('behind')} does not hold whole`
          : `may not be at ${t.text('unseen')}, which was not seen`
      }`,
    remedy: 'It is deleted when the mirror holds it.',
    liftable: true,
    explain:
      'A mirror of this domain is to keep the chain by its own retention, and does not hold all valid points of it: its schedule is not due yet, a point cannot be copied, or the mirror was not seen. Retention deletes a chain here only when every mirror that wants it holds it; a chain that is copied by the same plan goes after that.',
  },
  G208: {
    say: () => 'waits for the backup or the copies of the same domain in this plan',
    remedy: 'It is done by the next plan after these have succeeded.',
    liftable: false,
    explain:
      'Deletions run last, and only if every backup of the same domain in the same plan succeeded, and every copy that they rest on.',
  },
  G210: {
    say: (t) => `keeps less than at the last apply: ${t.text('reduced')}`,
    remedy: null,
    liftable: true,
    explain:
      'A number under `retention` was made smaller, or a rule was taken away, since the last apply. What the old rule kept would go now. If that is meant, allow it for one run.',
  },
  G211: {
    say: (t) => `has points under the name ${t.text('from')} (same uuid)`,
    remedy: 'Say so in the policy: moved: [{ from: OLD, to: NEW }].',
    liftable: true,
    explain:
      'A domain with the same uuid has points under another name. `moved:` in the policy says that this is meant; without it, a clone or a mistake could write into the wrong chains.',
  },
  G212: {
    say: (t) => `path is not plainly inside the store: ${t.text('path')}`,
    remedy: 'Look at the path; a symbolic link or another file system is never followed.',
    liftable: false,
    explain:
      'A symbolic link, another device, or a path outside the store is in the way of a deletion. It is refused.',
  },
  G213: {
    say: (t) =>
      t.text('how') === 'unseen'
        ? `has images that were not seen, and may stand on what goes: ${t.text('message')}`
        : `is in use: domain ${t.text('usedBy')} stands on ${t.text('path')}`,
    remedy: 'Remove the overlay or the domain that uses it first.',
    liftable: true,
    explain:
      'A defined domain (an instant restore, or an overlay that somebody made) runs on a file of this chain. It is not moved, merged or deleted while that is so. Of a domain whose images could not be seen nobody knows what it stands on, so it counts as standing on all.',
  },
  G301: {
    say: (t) => `saved plan cannot be applied: ${t.text('why')}`,
    remedy: 'Make a new plan: holdfast plan --out FILE.',
    liftable: false,
    explain:
      'A saved plan is for one host, is valid for 12 hours, and must be what it was when it was made.',
  },
  G401: {
    say: (t) => `is locked by ${t.text('holder')}`,
    remedy: 'Wait for the other run, or use --lock-timeout.',
    liftable: false,
    explain:
      'One run at a time changes a store. The kernel takes the lock away when its process ends, so there is never a stale one.',
  },
  G404: {
    say: (t) =>
      `failed ${t.text('times')} times on the same observation: stalled until ${t.at('retryAt')}`,
    remedy: 'Correct the cause; holdfast resume ADDRESS tries again at once.',
    liftable: false,
    explain:
      'The agent stops repeating an action that failed three times while nothing changed, and tries again after a growing time of at most one hour, or as soon as something changes.',
  },
  G405: {
    say: (t) => `withheld: mode ${t.text('mode')}`,
    remedy: 'A person does it with holdfast apply, or the mode is raised.',
    liftable: false,
    explain:
      'The mode of the agent does not allow it. `observe` looks, `plan-only` shows what it would do, `additive` takes and copies points and repairs, but deletes none, `full` does all that the policy says. The policy sets the mode, and the host file or --max-mode the highest one. `holdfast apply` by hand is not bound by it.',
  },
  G406: {
    say: (t) =>
      t.text('how') === 'window'
        ? `waits for the window that opens ${t.at('opensAt')}`
        : `suspended by ${t.text('who')} until ${t.at('until')}: ${t.text('reason')}`,
    remedy: 'It goes on by itself then; holdfast resume ADDRESS ends a suspension before.',
    liftable: false,
    explain:
      'A person told the agent to leave a domain, or the host, alone until a time (`holdfast suspend`), or the policy allows it to work only in windows, and none is open. A frozen guest is thawed and an orphaned job ended all the same. `holdfast apply` by hand is not bound by it.',
  },
  G407: {
    say: (t) =>
      `has ${t.bytes('freeBytes')} free${
        t.number('reserveBytes') > 0 ? ` (reserve ${t.bytes('reserveBytes')})` : ''
      }${
        t.has('purgedBytes') ? ` and ${t.bytes('purgedBytes')} once the trash is purged` : ''
      }, ${t.bytes('neededBytes')} are needed`,
    remedy: 'Make room, or lower `reserve`. Nothing is deleted to make room.',
    liftable: true,
    explain:
      'A backup does not start if the free space would fall below `reserve` of the store plus what the backup is about to write, nor a copy that would fall below that of its mirror, nor a backup if the scratch directory has no room for what a running guest overwrites meanwhile, nor a drill, whose machine writes there. What is due to leave the trash leaves it first; Holdfast never deletes points to make room.',
  },
  G408: {
    say: (t) => `has a name that cannot be used: ${t.text('name')}`,
    remedy: 'Rename it.',
    liftable: false,
    explain:
      'Names and paths from the policy or from libvirt never reach a shell, an option or a path unchecked.',
  },
  G410: {
    say: (t) =>
      `has ${t.bytes('availableBytes')} of memory to give, a drill needs ${t.bytes('neededBytes')}`,
    remedy: 'Lower `drill.memory` in the host file, or wait: the next plan asks again.',
    liftable: true,
    explain:
      'A drill boots a machine with at most `drill.memory` of the host file. It does not start while the host could not give that without swapping, for the machines that run here come first.',
  },
  'plaintext-backup': {
    say: (t) => `encrypted disk ${t.text('disks')} would be stored in plain text`,
    remedy: 'Say `encryptedDisks: plaintext` on its rule, or exclude the disk.',
    liftable: false,
    explain:
      'QEMU decrypts a LUKS disk for the guest, and a backup of it would hold plain text. The rule of the domain must say that the store is trusted with that.',
  },
};

/** What to do about a guard that has no override. */
export function noOverride(code: string): string | null {
  return Object.hasOwn(guards, code) ? (guards[code]?.remedy ?? null) : null;
}
