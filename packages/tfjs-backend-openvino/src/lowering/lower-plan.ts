import type { Constants, Node, Plan, Rule } from '@crossweave/tfjs-backend-onnx/graph';
import { foldScales, optimise } from '@crossweave/tfjs-backend-onnx/graph';
import { absoluteConstants, knownNodes } from './known-nodes';
import { sharedFilters } from './convolutions';
import { cropping } from './crop';
import { integerRules } from './integers';
import { numberRules } from './numbers';
import { ownTranspose, transposedProducts } from './products';
import { reshapedReductions } from './reshaped-reductions';
import { flatSums, residualSums } from './residual-sums';
import { scatterBases } from './scatter-bases';

/** The plan in operators and forms that OpenVINO computes. Leaves and outputs keep their places. */
export function lowerPlan(plan: Plan, constants: Constants): Plan {
  const leaves = plan.leaves.filter((_, i) => (constants[i] ?? null) !== null);
  const isKnown = knownNodes(new Set<Node>(leaves));
  const rules: readonly Rule[] = [
    foldScales,
    transposedProducts,
    ownTranspose,
    cropping,
    absoluteConstants(isKnown),
    ...numberRules(isKnown),
    ...integerRules,
    sharedFilters,
    scatterBases(isKnown),
    reshapedReductions,
    residualSums,
    flatSums,
  ];
  return optimise(plan, constants, rules);
}
