/** A day of the Gregorian calendar. */
export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

export const dayMilliseconds = 86_400_000;

/** Day of the week of a day number (days since 1 January 1970): 0 is Sunday, as in cron. */
export function weekdayOf(dayNumber: number): number {
  // 1 January 1970 was a Thursday.
  return (((dayNumber + 4) % 7) + 7) % 7;
}

/**
 * The date of a day number. Integer arithmetic on eras of 400 years (Howard
 * Hinnant, "chrono-Compatible Low-Level Date Algorithms"): a million points
 * are sorted into months without a million Date objects.
 */
export function civilDateOf(dayNumber: number): CivilDate {
  const shifted = dayNumber + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}
