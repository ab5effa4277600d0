import type {
  ArrayPool,
  Buffer,
  Constants,
  Node,
  Plan,
  Program,
  Values,
} from '@crossweave/tfjs-backend-onnx/graph';
import { emptyValues } from '@crossweave/tfjs-backend-onnx/graph';
import { OpenvinoBackendError } from '../errors';
import { exchangesEqualAxes } from '../lowering/exchanged-axes';
import { keepNormsFloat32 } from '../lowering/float-norms';
import { guardIndices } from '../lowering/guard-indices';
import { lowerPlan } from '../lowering/lower-plan';
import { copyReadOutputs } from '../lowering/read-outputs';
import type { CompiledModel, Slot } from '../openvino/compiled-model';
import type { CompileOptions, Core } from '../openvino/core';
import { compilePlan } from './compile-plan';
import { HostBuffer, own } from './host-buffer';
import type { InPlace } from './in-place';
import { findInPlace } from './in-place';

/** Estimated bytes in memory per output element (of 4), since most values are short-lived. */
const BYTES_KEPT = 1.5;
/** With fewer output elements over all operators than this, one thread is faster than several. */
const SINGLE_THREAD_WORK = 50_000;

const slot = ({ dtype, shape, size }: Node): Slot => ({ dtype, shape, size });

function probeOf(plain: Plan, lowered: Plan): { slot: Slot; numbers: Values } | null {
  const node = lowered.outputs[plain.outputs.length];
  return node === undefined
    ? null
    : { slot: slot(node), numbers: emptyValues(node.dtype, node.size) };
}

/** A plan compiled by OpenVINO. */
export class OpenvinoProgram implements Program {
  readonly bytes: number;
  /** Null for a plan without outputs, of which there is nothing to compute. */
  private readonly model: CompiledModel | null;
  /** The input slot of each leaf; null for a constant. */
  private readonly inputs: readonly (Slot | null)[];
  private readonly outputs: readonly Slot[];
  private readonly inPlace: readonly InPlace[];
  private readonly operators: number;
  /** The flags of refused indices, and their slot after all other outputs; null without flags. */
  private readonly verdict: { readonly slot: Slot; readonly flags: Values } | null;
  private readonly refusals: readonly string[];
  /** The output after all others that keeps norms in float32, which nobody reads; null without. */
  private readonly probe: { readonly slot: Slot; readonly numbers: Values } | null;

  /** @throws OpenvinoBackendError for a graph that OpenVINO refuses. */
  constructor(
    plan: Plan,
    constants: Constants,
    core: Core,
    { threads, precision }: CompileOptions,
    private readonly pool: ArrayPool,
  ) {
    this.operators = plan.nodes.length;
    const work = plan.nodes.reduce((sum, node) => sum + node.size, 0);
    this.bytes = work * BYTES_KEPT;
    this.inputs = plan.leaves.map((leaf, i) => (constants[i] === null ? slot(leaf) : null));
    this.outputs = plan.outputs.map(slot);
    const { plan: guarded, refusals } = guardIndices(plan, constants);
    this.refusals = refusals;
    const flags = new Int32Array(refusals.length);
    this.verdict =
      flags.length === 0
        ? null
        : { slot: { dtype: 'int32', shape: [flags.length], size: flags.length }, flags };
    const plain = copyReadOutputs(lowerPlan(guarded, constants));
    const lowered = precision === 'bf16' ? keepNormsFloat32(plain) : plain;
    this.probe = probeOf(plain, lowered);
    this.inPlace = findInPlace(lowered, constants);
    const options = {
      threads: work < SINGLE_THREAD_WORK ? 1 : threads,
      precision,
      snippets: !exchangesEqualAxes(lowered),
    };
    this.model =
      plan.outputs.length === 0 ? null : compilePlan(lowered, constants, core, options, pool);
  }

  run(buffers: readonly (Buffer | null)[], donated: readonly boolean[]): Buffer[] {
    const { model } = this;
    if (model === null) return [];
    const arrays: Values[] = [];
    this.inputs.forEach((slot, i) => {
      if (slot === null) return;
      const { array } = own(buffers[i]);
      model.setInput(arrays.length, slot, array);
      arrays.push(array);
    });
    const taken = this.memoryToTake(donated);
    const results = this.outputs.map((slot, i) => {
      const place = taken.get(i);
      const array =
        place === undefined ? this.pool.take(slot.dtype, slot.size) : own(buffers[place]).array;
      model.setOutput(i, slot, array);
      arrays.push(array);
      return new HostBuffer(array, slot.dtype);
    });
    if (this.verdict !== null) {
      model.setOutput(this.outputs.length, this.verdict.slot, this.verdict.flags);
      arrays.push(this.verdict.flags);
    }
    if (this.probe !== null) {
      const place = this.outputs.length + (this.verdict === null ? 0 : 1);
      model.setOutput(place, this.probe.slot, this.probe.numbers);
      arrays.push(this.probe.numbers);
    }
    try {
      model.run(arrays);
    } finally {
      for (const place of taken.values()) own(buffers[place]).isLost = true;
    }
    this.refuseIndices();
    return results;
  }

  dispose(): void {
    this.model?.destroy();
  }

  /** For each output that overwrites a donated input, that input. */
  private memoryToTake(donated: readonly boolean[]): ReadonlyMap<number, number> {
    const taken = new Map<number, number>();
    for (const { output, leaves } of this.inPlace) {
      const found = leaves.find((place) => donated[place] === true);
      if (found !== undefined) taken.set(output, found);
    }
    return taken;
  }

  private refuseIndices(): void {
    const found = this.verdict?.flags.findIndex((flag) => flag !== 0) ?? -1;
    if (found < 0) return;
    const refusal = this.refusals[found] as string;
    throw new OpenvinoBackendError(
      'runtime',
      `OpenVINO computed a graph of ${this.operators} operators in which ${refusal}. ` +
        'Indices must be at least 0 and less than the size of their axis. ' +
        'Dispose the tensor that failed and go on.',
      refusal.split(':')[0],
    );
  }
}
