import { fromRuntime } from '../errors';
import type { Buffer, CompileHints, Program } from '../execution/executor';
import type { Constants } from '../execution/program-cache';
import type { Node } from '../graph/node';
import type { Plan } from '../graph/plan';
import type { Values } from '../graph/types';
import type { ResolvedOptions } from '../options';
import type { HostBuffer } from './host-buffer';
import type { InPlace } from './in-place';
import { findInPlace } from './in-place';
import type { Memory, OrtBuffer, Slot } from './memory';
import { encodeModel, nameOf } from './model';
import { stopsCopies } from './run-into';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';

/** With fewer output elements over all operators than this, one thread is faster than several. */
const SINGLE_THREAD_WORK = 50_000;
/** Estimated bytes in memory per output element (of 4), since most values are short-lived. */
const BYTES_KEPT = 1.5;

/** A plan compiled to an ONNX Runtime session. */
export class OrtProgram implements Program {
  readonly bytes: number;
  private readonly session: NativeSession;
  /** The input slot of each leaf; null for a constant. */
  private readonly inputs: readonly (Slot | null)[];
  private readonly outputs: readonly Slot[];
  private readonly inPlace: readonly InPlace[];
  private readonly operators: number;
  private readonly isProfiled: boolean;

  /** @throws OnnxBackendError if ONNX Runtime refuses the graph. */
  constructor(
    plan: Plan,
    constants: Constants,
    options: ResolvedOptions,
    private readonly memory: Memory,
    hints: CompileHints = {},
  ) {
    this.operators = plan.nodes.length;
    const work = plan.nodes.reduce((sum, node) => sum + node.size, 0);
    this.bytes = work * BYTES_KEPT;
    this.inputs = plan.leaves.map((leaf, i) => (constants[i] === null ? slotOf(plan, leaf) : null));
    this.outputs = plan.outputs.map((output) => slotOf(plan, output));
    this.inPlace = memory.intoArrays ? findInPlace(plan, constants) : [];
    this.isProfiled = options.profile !== null;
    const model = encodeModel(plan, constants, { stop: memory.intoArrays && stopsCopies() });
    this.session = new (loadRuntime().Session)();
    try {
      this.session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
        ...sessionOptions(options, work, hints),
        ...memory.sessionOptions(plan),
      });
    } catch (cause) {
      throw fromRuntime(cause, `compiling a graph of ${this.operators} operators`);
    }
  }

  run(buffers: readonly (Buffer | null)[], donated: readonly boolean[]): Buffer[] {
    const feeds: Record<string, RuntimeTensor> = {};
    const taken = this.memoryToTake(donated);
    const arrays = this.outputs.map((_, i): Values | null => {
      const place = taken.get(i);
      return place === undefined ? null : (buffers[place] as HostBuffer).array;
    });
    try {
      this.inputs.forEach((slot, i) => {
        if (slot === null) return;
        feeds[slot.name] = this.memory.input(buffers[i] as OrtBuffer, slot.shape);
      });
      return this.memory.run(this.session, feeds, this.outputs, arrays);
    } catch (cause) {
      throw fromRuntime(cause, `computing a graph of ${this.operators} operators`);
    } finally {
      for (const place of taken.values()) (buffers[place] as HostBuffer).isLost = true;
    }
  }

  dispose(): void {
    if (this.isProfiled) this.session.endProfiling();
    this.memory.close(this.session);
  }

  /** For each output that reuses memory, the donated input. */
  private memoryToTake(donated: readonly boolean[]): ReadonlyMap<number, number> {
    const taken = new Map<number, number>();
    const used = new Set<number>();
    for (const { output, leaves } of this.inPlace) {
      const found = leaves.find((place) => donated[place] === true && !used.has(place));
      if (found === undefined) continue;
      used.add(found);
      taken.set(output, found);
    }
    return taken;
  }
}

function slotOf(plan: Plan, node: Node): Slot {
  const { dtype, shape, size } = node;
  return { name: nameOf(plan, node), dtype, shape, size };
}

function sessionOptions(
  options: ResolvedOptions,
  work: number,
  { releasesMemory = false }: CompileHints,
): Record<string, unknown> {
  return {
    intraOpNumThreads: work < SINGLE_THREAD_WORK ? 1 : options.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    enableMemPattern: false,
    enableCpuMemArena: !releasesMemory,
    logSeverityLevel: 3,
    enableProfiling: options.profile !== null,
    profileFilePrefix: options.profile ?? '',
  };
}
