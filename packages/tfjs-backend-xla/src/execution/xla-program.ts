import type { Buffer, Constants, Node, Plan, Program } from '@crossweave/tfjs-backend-onnx/graph';
import type { Module } from '../lowering/lower-plan';
import { lowerPlan } from '../lowering/lower-plan';
import type { Precision } from '../lowering/precision';
import { precisionsOn } from '../lowering/precision';
import type { Slot } from '../pjrt/device-memory';
import type { Executable } from '../pjrt/executable';
import type { Client } from '../pjrt/client';
import type { DeviceTable } from './device-table';
import { own } from './xla-buffer';
import { Run } from './run';

const VERDICT: Slot = { dtype: 'int32', length: 1, isSplit: false };
/** Beside its code, what a program of so many operators keeps, by estimate. */
const BYTES_PER_OPERATOR = 2000;

/** Platforms whose memory holds the elements of any shape in order; a TPU's has tiles. */
const DENSE: ReadonlySet<string> = new Set(['cpu', 'cuda', 'rocm']);
/** Platforms whose compiler joins slices to products by Triton, and ends the process for some strides. */
const WITHOUT_STRIDES: ReadonlySet<string> = new Set(['cuda', 'rocm']);

/** What programs are compiled with. */
export interface Compiler {
  readonly client: Client;
  readonly precision: Precision;
  compile(module: string): Executable;
  /** The same while JavaScript goes on. */
  compileLater(module: string): Promise<Executable>;
}

/** The module of a plan, of whose leaves some are split among the devices. */
export function moduleOf(
  plan: Plan,
  constants: Constants,
  { client: { devices, platform }, precision }: Pick<Compiler, 'client' | 'precision'>,
  isSplit: readonly boolean[] = [],
): Module {
  const precisions = precisionsOn(platform, precision);
  return lowerPlan(plan, constants, {
    devices,
    isSplit,
    precisions,
    isShaped: DENSE.has(platform),
    hasStrides: !WITHOUT_STRIDES.has(platform),
  });
}

/** A plan compiled for inputs of which some are split among the devices. */
interface Compiled {
  readonly module: Omit<Module, 'text'>;
  readonly executable: Executable;
  readonly takes: readonly Slot[];
  readonly gives: readonly Slot[];
}

/** A plan compiled by XLA: on several devices for each way in which its inputs are split. */
export class XlaProgram implements Program {
  /** By which leaves are split. */
  private readonly compiled = new Map<string, Compiled>();
  private readonly constants: Constants;
  private readonly operators: number;

  /**
   * On several devices it is compiled when it runs, since only then it is known what is split.
   * @throws XlaBackendError for a graph that has no lowering, or that XLA refuses.
   */
  constructor(
    private readonly plan: Plan,
    constants: Constants,
    private readonly compiler: Compiler,
    private readonly table: DeviceTable,
  ) {
    this.operators = plan.nodes.length;
    const isLater = compiler.client.devices > 1;
    this.constants = isLater ? constants.map((values) => values?.slice() ?? null) : constants;
    if (!isLater) this.compiledFor(plan.leaves.map(() => false));
  }

  get bytes(): number {
    const code = [...this.compiled.values()].map(({ executable }) => executable.bytes);
    return code.reduce((sum, bytes) => sum + bytes, this.operators * BYTES_PER_OPERATOR);
  }

  run(buffers: readonly (Buffer | null)[], donated: readonly boolean[]): Buffer[] {
    const isSplit = buffers.map((buffer) => buffer !== null && own(buffer).isSplit);
    const { module, executable, takes, gives } = this.compiledFor(isSplit);
    const { inputs, isDonor, refusals } = module;
    const given = inputs.map((leaf) => own(buffers[leaf]));
    const memory = given.map((buffer) => this.table.memoryOf(buffer));
    const isTaken = inputs.map((leaf, i) => isDonor[i] === true && donated[leaf] === true);
    const kept: number[] = [];
    // A loop: `flatMap` over hundreds of inputs takes a tenth of a launch.
    const parents = new Set<Run>();
    given.forEach(({ run: parent }, i) => {
      if (parent !== null) parents.add(parent);
      if (isDonor[i] === true && isTaken[i] !== true) kept.push(i);
    });
    const { outputs, done } = executable.launch(memory, takes, gives, kept);
    given.forEach((buffer, i) => {
      if (isTaken[i] === true) this.table.lose(buffer);
    });
    const count = outputs.length - (refusals.length === 0 ? 0 : 1);
    const verdict = outputs[count];
    const run = new Run(
      done,
      verdict === undefined ? null : { memory: verdict, reasons: refusals },
      [...parents],
      this.operators,
    );
    this.table.started(run);
    return outputs.slice(0, count).map((each) => this.table.computed(each, run));
  }

  dispose(): void {
    for (const { executable } of this.compiled.values()) executable.destroy();
    this.compiled.clear();
  }

  private compiledFor(isSplit: readonly boolean[]): Compiled {
    const key = this.compiler.client.devices === 1 ? '' : isSplit.map(Number).join('');
    const known = this.compiled.get(key);
    if (known !== undefined) return known;
    const { plan, compiler } = this;
    const { text, ...module } = moduleOf(plan, this.constants, compiler, isSplit);
    const slot = ({ dtype, size }: Node, split: boolean): Slot => ({
      dtype,
      length: size,
      isSplit: split,
    });
    const results = plan.outputs.map((output) => slot(output, false));
    const made: Compiled = {
      module,
      executable: compiler.compile(text),
      takes: module.inputs.map((leaf) => slot(plan.leaves[leaf] as Node, isSplit[leaf] === true)),
      gives: module.refusals.length === 0 ? results : [...results, VERDICT],
    };
    this.compiled.set(key, made);
    return made;
  }
}
