import type { AgentDeed } from './agent-deeds.ts';
import type { Dice } from './dice.ts';
import type { LoopRequest, LoopResult } from './run-loop.ts';
import type { Scene, Violation } from './scene.ts';

/** Who does the runs of a story in place of a person with `apply`: an agent, which lives in a room above this one. */
export interface Actor {
  /** One round, in which goes wrong what the request says. */
  readonly run: (request: LoopRequest) => Promise<LoopResult>;
  readonly meets: (deed: AgentDeed, dice: Dice) => Promise<void>;
  /** It was told to look only (G405): it repairs nothing, and shows what it would. */
  readonly isOnlyLooking: () => boolean;
  /** Nothing holds it back any more: everything that people told it is taken back. */
  readonly release: () => Promise<void>;
  /** What oracles that know what it was told object to. */
  readonly violationsOf: (scene: Scene) => readonly Violation[];
}
