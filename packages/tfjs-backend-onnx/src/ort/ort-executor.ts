import type { Buffer, CompileHints, Executor, Program } from '../execution/executor';
import type { Constants } from '../execution/program-cache';
import type { Plan } from '../graph/plan';
import type { ElementType, Values } from '../graph/types';
import { optimise } from '../optimise/optimise';
import type { Rule } from '../optimise/rule';
import { rules } from '../optimise/rules';
import { webgpuRules } from '../optimise/webgpu-rules';
import type { ResolvedOptions } from '../options';
import type { Provider } from '../providers';
import { HostBuffer } from './host-buffer';
import type { Memory, OrtBuffer } from './memory';
import { openMemory } from './open-memory';
import { OrtProgram } from './ort-program';
import { ArrayPool } from './pool';
import { loadRuntime } from '../runtime';

/** The rules that optimise graphs, by provider. */
const RULES: Readonly<Record<Provider, readonly Rule[]>> = {
  cpu: rules,
  cuda: rules,
  webgpu: webgpuRules,
};

/**
 * ONNX Runtime with one of its providers. On the CPU `run` returns after the computation; a device
 * computes asynchronously and in order.
 */
export class OrtExecutor implements Executor {
  private readonly pool: ArrayPool;
  private readonly memory: Memory;

  /**
   * @throws OnnxBackendError `runtime` if ONNX Runtime does not load, `provider` if the provider
   *   does not start.
   */
  constructor(private readonly options: ResolvedOptions) {
    loadRuntime();
    this.pool = new ArrayPool(options.maxPooledBytes);
    this.memory = openMemory(options.provider, this.pool);
  }

  get deviceBytes(): number {
    return this.memory.deviceBytes;
  }

  get pooledBytes(): number {
    return this.pool.bytes;
  }

  compile(plan: Plan, constants: Constants, hints: CompileHints = {}): Program {
    const cheaper = optimise(plan, constants, RULES[this.options.provider]);
    return new OrtProgram(cheaper, constants, this.options, this.memory, hints);
  }

  allocate(dtype: ElementType, length: number): Values {
    return this.pool.take(dtype, length);
  }

  adopt(values: Values, dtype: ElementType): Buffer {
    return new HostBuffer(values, dtype);
  }

  read(buffer: Buffer): Values {
    return this.memory.read(buffer as OrtBuffer);
  }

  readLater(buffer: Buffer): Promise<Values> {
    return Promise.resolve(this.read(buffer).slice());
  }

  peek(buffer: Buffer): Values | null {
    return buffer instanceof HostBuffer ? buffer.array : null;
  }

  free(buffer: Buffer): void {
    if (!buffer.isLost) this.memory.free(buffer as OrtBuffer);
  }

  finish(): void {
    this.memory.finish();
  }

  dispose(): void {
    this.memory.dispose();
  }
}
