/** What `holdfast explain CODE` says of a diagnostic of the policy or of the host file. */
export const policyCodes = {
  // HP1: the text, and its YAML.
  HP100:
    'A file cannot be read. The message has the reason; the path is relative to the file that includes it.',
  HP101:
    'A file is larger than 1 MiB. A policy of a thousand domains has 100 KiB, so this is another file; it is not parsed.',
  HP102:
    'A value that starts with * stands without quotes. YAML takes * for the name of an anchor. Write "*/15 * * * *" or "*" in quotes.',
  HP103:
    'Anchors (&name), aliases (*name) and merge keys (<<) are not used in a policy: what a line means must be readable on that line. Say it once under defaults:, or give a schedule or retention a name.',
  HP104: 'Tags (!name) are not used in a policy: values are texts, numbers, true and false.',
  HP105: 'A key stands twice in the same place. Only one of them could count, so remove the other.',
  HP106: 'A line is indented with a tab. YAML allows only spaces there.',
  HP107:
    'The file has more than one document (a line ---). A policy is one document; use include: for several files.',
  HP108:
    'The file is empty, or nothing but comments. An empty policy is never read as "back up nothing".',
  HP109:
    'The text is not YAML. The message says what the parser found; it is often the line before that lacks a quote or a colon.',
  HP110: 'A key is not a text: YAML reads 7, null or [a] as something else. Put it in quotes.',
  HP111: 'The text is nested deeper than any policy is; it is not read.',
  HP112:
    'Directives (%YAML, %TAG) are not used: a policy is YAML 1.2, in which yes and on are texts.',
  HP113: 'Files include each other in a circle.',
  HP114: 'Files include files more than four deep. Include them from the main file.',
  HP115:
    'None of the outermost keys of the file is one of a policy, so it is something else, and fmt does not write it.',
  // HP2: the form, from the JSON Schema.
  HP201:
    'A value has another type than is needed: text, number, true or false, a list, or keys with values. A number such as 0230 becomes a text in quotes.',
  HP202:
    'A key is unknown. Keys are checked so that a typing error cannot turn a rule off in silence. Keys of later versions are unknown too.',
  HP203: 'A key is missing that cannot be left out.',
  HP204: 'A value is none of the words that are possible there.',
  HP205: 'A value has not the form that is needed. The message says which, with an example.',
  HP206: 'A number is too small or too large.',
  HP207: 'A list is too short, or holds a value twice.',
  HP208:
    'A name has characters that names of stores, schedules, retentions and mirrors may not have: letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
  HP209:
    'The version of the file is not one that this program reads. A newer one needs a newer Holdfast; nothing is guessed.',
  HP210: 'A rule selects domains by exactly one of name, uuid and match.',
  // HP3: the meaning.
  HP301:
    'The policy selects no domain at all (guard G105). Write "- match: \\"*\\"" under domains: to back up every domain. To stop backing up, stop the agent; to delete points, use removed:.',
  HP302: 'A store is named that is not defined under stores:.',
  HP303: 'A schedule is named that is not defined under schedules:.',
  HP304: 'A retention is named that is not defined under retention:.',
  HP305: 'A mirror is named that is not defined under mirrors:.',
  HP306:
    'A rule of retention that keeps nothing. To keep everything, write keep: all; to keep nothing by one rule, leave its key out.',
  HP307:
    'A cron expression is not one. It has five fields: minute, hour, day of month, month, day of week.',
  HP308: 'A cron expression never fires: no year has such a day.',
  HP309: 'A time zone is not in the tz database. Names look like Europe/Berlin.',
  HP310:
    'The rpo is shorter than the time between two points, so that it is missed even if every backup succeeds.',
  HP311:
    "Two stores share a directory, or one lies inside the other. Each would take the other's points for foreign files.",
  HP312: 'Two rules name the same domain. Only one could count, so merge them.',
  HP313:
    "A pattern cannot be compiled. Globs know *, ? and [ab]; /regexes/ have RE2's syntax, which has neither lookahead nor back-references.",
  HP314: 'A domain has a rule of its own and is ignored by its own name too.',
  HP315:
    'Entries of moved: contradict each other: a circle, two old names for one domain, or two new ones.',
  HP316: 'All points of a domain are to be removed, and yet it has a rule of its own.',
  HP317: 'A rule has no store, and there is not exactly one to take.',
  HP318: 'A rule has no schedule, and defaults: has none either.',
  HP319: 'A disk is included and excluded at once.',
  HP320: 'A name is defined in two files.',
  HP321:
    'host, timezone and defaults stand only in the main file: an included file must mean the same wherever it is read.',
  HP322:
    "A mirror's target is not one that its program can be given. For rsync: user@host:/path, host:/path, or an absolute path. For rclone: remote:path, with a remote that its configuration names; a connection string (:s3,…) would put secrets on a command line. A path has no .. in it and is not the root of a file system.",
  HP323:
    'The path of a store is a directory of the operating system (/, /etc, /var, /proc, /home and the like). A store has a directory or a disk of its own, so that nothing else writes into it and nothing of the system is taken for a foreign file.',
  HP324:
    'A mirror in a directory of this host is a store or another mirror, lies inside one, or contains one; or two mirrors have one target. Each copy has a place of its own, or it is no second copy.',
  HP325:
    'A setting does not belong to this kind of mirror: ssh is for rsync over ssh, configFile for rclone.',
  HP326: 'The time that checks of a store or a mirror may take in 24 hours is longer than that.',
  HP330:
    'The host file names a policy in a file and one in git. Only one of them can be in force: remove policy: or source:.',
  HP341:
    'A drill says nothing of how often. Write every: 30d in its rule, or under drill: of defaults:.',
  HP342:
    'A drill waits for a port and names none, or names one and waits for something else. The three ways to wait are agent (the guest agent answers), port (something listens on it) and none (the machine is still up at the end of the timeout, or the script says so).',
  HP343:
    'A drill is to boot the copy at a mirror, and the rule copies nothing there, or the mirror is no directory of this host. A copy is booted where it lies, over nothing but the file system.',
  // HP4: warnings.
  HP401:
    'A pattern can never match: an earlier pattern, or ignore:, takes all that it could. The first pattern that matches wins, so put the narrower one first.',
  HP402:
    'The rpo is shorter than the longest time between two points (a weekend, for example), so that it is missed then.',
  HP403:
    'The jitter is not shorter than the time between two points, so that a domain may be due twice in a row.',
  HP404: 'A store or mirror is defined and used by no rule.',
  HP405:
    "A mirror has trash.keepFor and deletes: never. This host deletes nothing there, so that nothing comes into its trash; what the mirror's retention would let go is only reported.",
  HP406:
    'A depth is given for verify but no every, in the rule and in defaults: nothing is checked on a schedule then.',
} as const satisfies Readonly<Record<string, string>>;

export type PolicyCode = keyof typeof policyCodes;
