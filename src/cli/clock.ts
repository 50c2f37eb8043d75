/** What time it is: of this host, or of a test in which days pass. */
export interface Clock {
  /** The wall clock: milliseconds since 1970. */
  readonly now: () => number;
  /** Seconds since boot by a clock that nobody sets; left out: the kernel's. */
  readonly bootClockSeconds?: () => number;
}

/** The clock of this host. */
export const systemClock: Clock = { now: Date.now };
