import type { Buffer, Constants, Plan, Program } from '@crossweave/tfjs-backend-onnx/graph';
import { lowerPlan } from '../lowering/lower-plan';
import type { Module } from '../lowering/lower-plan';
import type { Executable, Slot } from '../pjrt/executable';
import type { Client } from '../pjrt/client';
import type { DeviceTable } from './device-table';
import { own } from './xla-buffer';
import { Run } from './run';

const VERDICT: Slot = { dtype: 'int32', length: 1 };
/** Beside its code, what a program of so many operators keeps, by estimate. */
const BYTES_PER_OPERATOR = 2000;

/** A plan compiled by XLA. */
export class XlaProgram implements Program {
  readonly bytes: number;
  private readonly module: Omit<Module, 'text'>;
  private readonly executable: Executable;
  private readonly takes: readonly Slot[];
  private readonly gives: readonly Slot[];
  private readonly operators: number;

  /** @throws XlaBackendError for a graph that has no lowering, or that XLA refuses. */
  constructor(
    plan: Plan,
    constants: Constants,
    client: Client,
    private readonly table: DeviceTable,
  ) {
    const { text, ...module } = lowerPlan(plan, constants);
    const slot = ({ dtype, size }: Plan['leaves'][number]): Slot => ({ dtype, length: size });
    this.module = module;
    this.operators = plan.nodes.length;
    this.takes = module.inputs.map((leaf) => slot(plan.leaves[leaf] as Plan['leaves'][number]));
    this.gives = [...plan.outputs.map(slot), ...(module.refusals.length === 0 ? [] : [VERDICT])];
    this.executable = client.compile(text);
    this.bytes = this.executable.bytes + this.operators * BYTES_PER_OPERATOR;
  }

  run(buffers: readonly (Buffer | null)[], donated: readonly boolean[]): Buffer[] {
    const { inputs, isDonor, refusals } = this.module;
    const given = inputs.map((leaf) => own(buffers[leaf]));
    const memory = given.map((buffer) => this.table.memoryOf(buffer));
    const isTaken = inputs.map((leaf, i) => isDonor[i] === true && donated[leaf] === true);
    const kept = isDonor.flatMap((is, i) => (is && isTaken[i] !== true ? [i] : []));
    const { outputs, done } = this.executable.launch(memory, this.takes, this.gives, kept);
    given.forEach((buffer, i) => {
      if (isTaken[i] === true) this.table.lose(buffer);
    });
    const count = outputs.length - (refusals.length === 0 ? 0 : 1);
    const verdict = outputs[count];
    const run = new Run(
      done,
      verdict === undefined ? null : { memory: verdict, reasons: refusals },
      [...new Set(given.flatMap(({ run: parent }) => parent ?? []))],
      this.operators,
    );
    this.table.started(run);
    return outputs.slice(0, count).map((each) => this.table.computed(each, run));
  }

  dispose(): void {
    this.executable.destroy();
  }
}
