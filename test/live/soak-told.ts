/** What `soak-child.ts` looked like at the end of a day. */
export interface SoakDay {
  /** Since the beginning. */
  readonly rounds: number;
  /** Of Node, since the beginning: of more listeners than there should be. */
  readonly warnings: number;
  /** After a collection of garbage. */
  readonly heapBytes: number;
  /** On the signal that stops the agent. */
  readonly listeners: number;
  /** That are set while the loop has nothing set for itself. */
  readonly timers: number;
  readonly resources: readonly string[];
  readonly stateFiles: number;
  readonly stateBytes: number;
  readonly hostJournals: number;
  readonly storeJournals: number;
  readonly knownEnds: number;
}

/** What became of its days. */
export interface SoakTold {
  readonly days: readonly SoakDay[];
  readonly rounds: number;
  readonly longestGapSeconds: number;
  /** Instants that were due and at which it did not look. */
  readonly missedWakes: readonly string[];
  readonly wakes: Readonly<Record<string, number>>;
  /** Actions that were done, by kind, and all others. */
  readonly done: Readonly<Record<string, number>>;
  readonly notDone: readonly string[];
  readonly warnings: readonly string[];
  /** Lines of the log, and of the metrics at the end. */
  readonly logLines: number;
  readonly metricLines: number;
}
