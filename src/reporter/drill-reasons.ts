import type { SentenceTable, Teller } from './sentence.ts';

const proven = (t: Teller): string =>
  t.has('passedAt') ? `last proven bootable ${t.age('passedAt')} ago` : 'never proven bootable';

/** Why a point is booted. */
export const drillReasons: SentenceTable = {
  'never-drilled': {
    say: () => 'never booted',
    explain:
      'The policy wants the newest point of the domain to be booted from time to time, and none of its points ever was.',
  },
  'drill-due': {
    say: (t) => `${proven(t)}, wanted every ${t.period('everySeconds')}`,
    explain:
      'The last drill that passed is older than `every`. The newest sound point is booted on overlays, as another machine without a network.',
  },
  'drill-failed': {
    say: (t) => `failed ${t.age('at')} ago; ${proven(t)}`,
    explain:
      'The last drill failed. It is made again a day later (or after `every`, if that is shorter), with the newest point that is sound then.',
  },
  'drill-guest': {
    say: (t) => `booted for a drill by run ${t.text('run')}`,
    explain:
      'A machine that Holdfast booted from a point to prove that it can be. It is transient, ends with its drill, and is never backed up. Of a run that died the next apply ends it.',
  },
};

/** What is said of drills that are not made. */
export const drillNotes: SentenceTable = {
  'drill-failed': {
    say: (t) =>
      `its drill failed ${t.age('at')} ago: ${t.text('message').replace(/\.$/, '')}; again ${t.at('againAt')}`,
    explain:
      'The newest drill of the domain failed: nobody has proven that its newest point boots. The picture of its screen lies beside the point. `holdfast drill ADDR` tries again at once, and with --keep leaves the machine running to be looked at.',
  },
  'drill-script-unknown': {
    say: (t) => `no drill: the host file has no script ${t.text('script')}`,
    explain:
      'The rule names a script that `drill.scripts` of the host file does not have. A policy names no programs, so that who can write to the repository cannot run one here. Write it into the host file, or take it out of the rule.',
  },
  'drill-needs-network': {
    say: (t) =>
      `no drill: port ${t.text('port')} is asked for, and the host file has no drill.network`,
    explain:
      'A drill has no network, so that the copy never meets the original. `wait: port` needs one: an isolated libvirt network that the host file names under `drill.network`.',
  },
  'drill-needs-agent': {
    say: () => 'no drill: it waits for the guest agent, and the domain has none',
    explain:
      'The definition of the domain has no channel for a guest agent, so that nobody could answer. Add one and install qemu-guest-agent, or write `wait: none` with a script.',
  },
};
