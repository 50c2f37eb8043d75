const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** The two largest units of a number of whole seconds; zeros are left out. */
function twoUnits(seconds: number): string {
  const first = units.findIndex(([, length]) => seconds >= length);
  let rest = seconds;
  return units
    .slice(first, first + 2)
    .map(([unit, length]) => {
      const count = Math.floor(rest / length);
      rest -= count * length;
      return count === 0 ? '' : `${count}${unit}`;
    })
    .filter((part) => part !== '')
    .join(' ');
}

/** How long something took: `41 s`, `1m 12s`, `2h 5m`. Parts of a second only below ten. */
export function humanDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1).replace(/\.0$/, '')} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  return twoUnits(Math.round(seconds));
}

/** How old something is, or how far ahead, to the minute: `1d 8h`, `12m`, `40 s`. */
export function humanAge(seconds: number): string {
  const whole = Math.abs(Math.trunc(seconds));
  return whole < 60 ? `${whole} s` : twoUnits(whole - (whole % 60));
}

/** A period as a policy would say it: `72h`, `14d`, `90m`. Hours up to three days, then whole days. */
export function humanPeriod(seconds: number): string {
  if (seconds % 86_400 === 0 && seconds > 72 * 3600) return `${seconds / 86_400}d`;
  if (seconds % 3600 === 0 && seconds > 0) return `${seconds / 3600}h`;
  if (seconds % 60 === 0 && seconds > 0) return `${seconds / 60}m`;
  return humanDuration(seconds);
}
