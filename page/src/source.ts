// SPDX-License-Identifier: MIT
// A tournament live from a node, which a worker reads and replays.
import type { ModelHistory, PoolShard, RoundRow, Source, SuiteRecord, Summary } from "./snapshot";
import type { Outcome } from "./compare";
import { Work, type Told } from "./work";

export class NodeSource implements Source {
  readonly kind = "node";

  private constructor(readonly node: string, private readonly work: Work, private found: Summary) {}

  static async open(node: string, record: SuiteRecord, told: Told): Promise<NodeSource> {
    const work = new Work();
    try {
      return new NodeSource(node, work, await work.ask({ kind: "follow", node, record }, told));
    } catch (error) {
      work.end();
      throw error;
    }
  }

  get summary(): Summary {
    return this.found;
  }

  /** Read what came since. */
  async refresh(told?: Told): Promise<void> {
    this.found = await this.work.ask({ kind: "follow", node: this.node, record: this.found.record }, told);
  }

  confirm(): Promise<Outcome> {
    return this.work.ask({ kind: "confirm" });
  }

  history(tournament: string, model: number): Promise<ModelHistory> {
    return this.work.ask({ kind: "history", tournament, number: model });
  }

  rows(tournament: string, round: number): Promise<RoundRow[]> {
    return this.work.ask({ kind: "rows", tournament, number: round });
  }

  pool(tournament: string, model: number): Promise<PoolShard> {
    return this.work.ask({ kind: "pool", tournament, number: model });
  }

  end(): void {
    this.work.end();
  }
}
