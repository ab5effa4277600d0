import type { Node } from './node';
import type { Plan } from './plan';
import { makePlan } from './plan';
import { Value } from './value';

/** Values that are not computed, and the plan that computes them. */
export interface Pending {
  readonly wanted: readonly Value[];
  readonly plan: Plan;
}

/** @param operators that are pending, in the order in which they were created. */
export function pendingFor(operators: readonly Node[], wanted: readonly Value[]): Pending {
  const nodes = wanted.map(({ node }) => node);
  return { wanted, plan: makePlan(operators, nodes) };
}

/** The value of each pending operator that tensors hold. */
export class PendingValues {
  private readonly values = new Map<Node, Value>();

  of(node: Node): Value {
    let value = this.values.get(node);
    if (value === undefined) {
      value = new Value(node, true);
      this.values.set(node, value);
    }
    return value;
  }

  /** Those that something holds. */
  held(): Value[] {
    return [...this.values.values()].filter(({ holders }) => holders > 0);
  }

  /** Operators have taken the places of others; the value of `computed` is pending no longer. */
  move(computed: Node, moved: Iterable<readonly [from: Node, to: Node]>): void {
    this.values.delete(computed);
    for (const [from, to] of moved) {
      const value = this.values.get(from);
      if (value === undefined) continue;
      this.values.delete(from);
      value.node = to;
      this.values.set(to, value);
    }
  }

  clear(): void {
    this.values.clear();
  }
}
