import type {
  Buffer,
  Constants,
  ElementType,
  Executor,
  Plan,
  Program,
  Values,
} from '@crossweave/tfjs-backend-onnx/graph';
import { ArrayPool } from '@crossweave/tfjs-backend-onnx/graph';
import type { CompileOptions, Core } from '../openvino/core';
import { HostBuffer, own } from './host-buffer';
import { OpenvinoProgram } from './openvino-program';

/** OpenVINO on the CPU. Buffers are JavaScript arrays; `run` returns after the computation. */
export class OpenvinoExecutor implements Executor {
  readonly deviceBytes = 0;
  private readonly pool: ArrayPool;

  /** @param core is closed with the executor. */
  constructor(
    private readonly core: Core,
    private readonly options: CompileOptions,
    maxPooledBytes: number,
  ) {
    this.pool = new ArrayPool(maxPooledBytes);
  }

  get pooledBytes(): number {
    return this.pool.bytes;
  }

  compile(plan: Plan, constants: Constants): Program {
    return new OpenvinoProgram(plan, constants, this.core, this.options, this.pool);
  }

  allocate(dtype: ElementType, length: number): Values {
    return this.pool.take(dtype, length);
  }

  adopt(values: Values, dtype: ElementType): Buffer {
    return new HostBuffer(values, dtype);
  }

  read(buffer: Buffer): Values {
    return own(buffer).array;
  }

  readLater(buffer: Buffer): Promise<Values> {
    return Promise.resolve(this.read(buffer).slice());
  }

  peek(buffer: Buffer): Values | null {
    return own(buffer).array;
  }

  free(buffer: Buffer): void {
    if (!buffer.isLost) this.pool.give(buffer.dtype, own(buffer).array);
  }

  finish(): void {
    // Nothing to wait for: a run returns after the computation.
  }

  dispose(): void {
    this.pool.clear();
    this.core.destroy();
  }
}
