import { OpenvinoBackendError } from '../errors';
import { CompiledModel } from './compiled-model';
import { Handle } from './handle';
import { Library } from './library';
import { multipliesBf16 } from './processor';

const DEVICE = 'CPU';

/** The numbers in which products are computed. */
export type Precision = 'float32' | 'bf16';

/** How a model is compiled. */
export interface CompileOptions {
  readonly threads: number;
  readonly precision: Precision;
  /** Whether elementwise operators and attention are fused by OpenVINO's snippets. Default true. */
  readonly snippets?: boolean;
}

/** OpenVINO with its plugin for the CPU. */
export class Core extends Handle {
  protected readonly what = "OpenVINO's core";
  /** The processor's name as OpenVINO gives it. */
  readonly processor: string;
  /** Whether the processor has instructions for bf16 (AVX512-BF16, AMX, or arm64's). */
  readonly hasBf16: boolean;

  /** @throws OpenvinoBackendError `library` if its plugin for the CPU is missing. */
  static open(path: string): Core {
    const library = Library.load(path);
    return new Core(library, library.make('starting', 'ov_core_create', 0));
  }

  private constructor(
    private readonly library: Library,
    pointer: bigint,
  ) {
    super(pointer);
    try {
      this.processor = this.property('FULL_DEVICE_NAME');
      const capabilities = this.property('OPTIMIZATION_CAPABILITIES').split(' ');
      this.hasBf16 = capabilities.includes('BF16') && multipliesBf16() !== false;
    } catch (cause) {
      this.destroy();
      throw new OpenvinoBackendError(
        'library',
        `OpenVINO's library ${library.path} has no plugin for the CPU beside it: ` +
          (cause instanceof Error ? cause.message : String(cause)),
        undefined,
        { cause },
      );
    }
  }

  /**
   * Compiles an ONNX model.
   * @throws OpenvinoBackendError `runtime` if OpenVINO refuses the model.
   */
  compile(model: Uint8Array, options: CompileOptions): CompiledModel {
    const { library } = this;
    const read = library.make(
      'reading a graph',
      'ov_core_read_model_from_memory_buffer',
      4,
      ...[this.pointer, model, model.byteLength, 0n],
    );
    return this.compileRead(read, options);
  }

  /**
   * Compiles the ONNX model of a file. Weights in files of its folder are mapped, not copied.
   * @param onRead is called when the files are no longer needed.
   * @throws OpenvinoBackendError `runtime` if OpenVINO refuses the model.
   */
  compileFile(path: string, options: CompileOptions, onRead: () => void): CompiledModel {
    const read = this.library.make(
      'reading a graph',
      'ov_core_read_model',
      3,
      ...[this.pointer, path, null],
    );
    onRead();
    return this.compileRead(read, options);
  }

  /** @param model is freed. */
  private compileRead(model: bigint, options: CompileOptions): CompiledModel {
    try {
      return this.compileModel(model, options);
    } finally {
      this.library.free('ov_model_free', model);
    }
  }

  private compileModel(model: bigint, options: CompileOptions): CompiledModel {
    try {
      return this.compileWith(model, propertiesOf(options));
    } catch (error) {
      // A fault of the pass that fuses elementwise operators. Without the pass the results are the
      // same and the elementwise operators are slower.
      if (!OpenvinoBackendError.is(error) || !error.message.includes('Topological order'))
        throw error;
      return this.compileWith(model, { ...propertiesOf(options), SNIPPETS_MODE: 'DISABLE' });
    }
  }

  private compileWith(model: bigint, properties: Readonly<Record<string, string>>): CompiledModel {
    const entries = Object.entries(properties);
    const pairs = entries.flatMap((pair) => pair.flatMap((text) => ['const char *', text]));
    const compiled = this.library.make(
      'compiling a graph',
      'ov_core_compile_model',
      4,
      ...[this.pointer, model, DEVICE, 2 * entries.length, ...pairs],
    );
    return new CompiledModel(this.library, compiled);
  }

  protected release(pointer: bigint): void {
    this.library.free('ov_core_free', pointer);
  }

  private property(name: string): string {
    const text = this.library.make(
      `reading ${name}`,
      'ov_core_get_property',
      3,
      ...[this.pointer, DEVICE, name],
    );
    return this.library.takeText(text);
  }
}

function propertiesOf({
  threads,
  precision,
  snippets = true,
}: CompileOptions): Readonly<Record<string, string>> {
  return {
    // One step at a time, on all threads. The program does not say on which cores.
    PERFORMANCE_HINT: 'LATENCY',
    NUM_STREAMS: '1',
    INFERENCE_NUM_THREADS: String(threads),
    ENABLE_CPU_PINNING: 'NO',
    // Without a hint, products are in bf16 wherever the processor has it.
    INFERENCE_PRECISION_HINT: precision === 'bf16' ? 'bf16' : 'f32',
    ...(!snippets && { SNIPPETS_MODE: 'DISABLE' }),
  };
}
