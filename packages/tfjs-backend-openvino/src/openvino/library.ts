import { OpenvinoBackendError } from '../errors';
import { giveBackFreedMemory } from './allocator';
import { ffi } from './ffi';

/** Every function of the C interface that is called. Each pointer is a `uintptr_t`. */
const FUNCTIONS = {
  ov_core_create: 'int ov_core_create(_Out_ uintptr_t *core)',
  ov_core_free: 'void ov_core_free(uintptr_t core)',
  ov_core_get_property:
    'int ov_core_get_property(uintptr_t core, const char *device, const char *name, _Out_ uintptr_t *text)',
  ov_core_read_model:
    'int ov_core_read_model(uintptr_t core, const char *path, const char *weights, _Out_ uintptr_t *model)',
  ov_core_read_model_from_memory_buffer:
    'int ov_core_read_model_from_memory_buffer(uintptr_t core, const uint8_t *bytes, size_t length, uintptr_t weights, _Out_ uintptr_t *model)',
  // The pairs of names and values follow as variadic arguments.
  ov_core_compile_model:
    'int ov_core_compile_model(uintptr_t core, uintptr_t model, const char *device, size_t count, _Out_ uintptr_t *compiled, ...)',
  ov_model_free: 'void ov_model_free(uintptr_t model)',
  ov_compiled_model_create_infer_request:
    'int ov_compiled_model_create_infer_request(uintptr_t compiled, _Out_ uintptr_t *request)',
  ov_compiled_model_free: 'void ov_compiled_model_free(uintptr_t compiled)',
  ov_infer_request_set_input_tensor_by_index:
    'int ov_infer_request_set_input_tensor_by_index(uintptr_t request, size_t index, uintptr_t tensor)',
  ov_infer_request_set_output_tensor_by_index:
    'int ov_infer_request_set_output_tensor_by_index(uintptr_t request, size_t index, uintptr_t tensor)',
  ov_infer_request_infer: 'int ov_infer_request_infer(uintptr_t request)',
  ov_infer_request_free: 'void ov_infer_request_free(uintptr_t request)',
  // `ov_shape_t`, which is passed by value, has the two fields rank and dims.
  ov_tensor_create_from_host_ptr:
    'int ov_tensor_create_from_host_ptr(int type, CrossweaveOvShape shape, uintptr_t data, _Out_ uintptr_t *tensor)',
  ov_tensor_free: 'void ov_tensor_free(uintptr_t tensor)',
  ov_free: 'void ov_free(uintptr_t text)',
  ov_get_last_err_msg: 'uintptr_t ov_get_last_err_msg()',
} as const;

export type FunctionName = keyof typeof FUNCTIONS;
type CFunction = (...args: readonly unknown[]) => unknown;

const RTLD_NOW = 2;
/** The library stays loaded: its threads outlive the last call. */
const RTLD_NODELETE = 0x1000;

const loaded = new Map<string, Library>();
let shapeType: unknown;

/** OpenVINO's C library. */
export class Library {
  private readonly functions = new Map<FunctionName, CFunction>();

  /**
   * The library in a file. There is one object for each file in a process.
   * @throws OpenvinoBackendError `library` if it does not load or lacks a function.
   */
  static load(path: string): Library {
    const known = loaded.get(path);
    if (known !== undefined) return known;
    const library = new Library(path);
    loaded.set(path, library);
    return library;
  }

  private constructor(readonly path: string) {
    const { load, struct } = ffi();
    shapeType ??= struct('CrossweaveOvShape', { rank: 'int64_t', dims: 'uintptr_t' });
    try {
      giveBackFreedMemory();
      keepLoaded(path);
      const library = load(path);
      for (const [name, prototype] of Object.entries(FUNCTIONS)) {
        this.functions.set(name as FunctionName, library.func(prototype) as CFunction);
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new OpenvinoBackendError(
        'library',
        `OpenVINO's library ${path} does not load: ${reason.replace(/\.?$/, '.')} ` +
          'Expected libopenvino_c of the Python package openvino 2026.4.',
        undefined,
        { cause, advice: 'npx crossweave engine add openvino installs it.' },
      );
    }
  }

  /** Calls a function that returns nothing. */
  free(name: FunctionName, pointer: bigint): void {
    (this.functions.get(name) as CFunction)(pointer);
  }

  /**
   * Calls a function that returns a status.
   * @param doing what fails if it fails, for the message.
   * @throws OpenvinoBackendError with OpenVINO's message.
   */
  call(doing: string, name: FunctionName, ...args: readonly unknown[]): void {
    const status = (this.functions.get(name) as CFunction)(...args) as number;
    if (status !== 0) throw this.failure(doing, status);
  }

  /** The same for a function whose result is a pointer. @param place the argument it is written to. */
  make(doing: string, name: FunctionName, place: number, ...args: readonly unknown[]): bigint {
    const result = [0n];
    this.call(doing, name, ...args.slice(0, place), result, ...args.slice(place));
    return BigInt(result[0] as bigint | number);
  }

  /** The text at an address, which is freed. */
  takeText(pointer: bigint): string {
    if (pointer === 0n) return '';
    const text = ffi().decode(pointer, 'char', -1) as string;
    this.free('ov_free', pointer);
    return text;
  }

  private failure(doing: string, status: number): OpenvinoBackendError {
    const last = this.functions.get('ov_get_last_err_msg') as CFunction;
    const text = this.takeText(BigInt(last() as bigint | number)).trim();
    const isMemory = /bad_alloc|out of memory|allocat/i.test(text);
    return new OpenvinoBackendError(
      isMemory ? 'out-of-memory' : 'runtime',
      `OpenVINO failed while ${doing} (status ${status}): ${shorten(text).replace(/\.?$/, '.')}`,
      /\bName:? *'?\d+_(\w+)'?/.exec(text)?.[1],
      {
        advice: isMemory
          ? 'Free tensors, or use a smaller batch.'
          : 'Tensors that were computed before remain valid: dispose the tensor that failed and go on.',
      },
    );
  }
}

/** OpenVINO's messages have a line for each function that passed the error on. The last lines have the reason. */
function shorten(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const telling = lines.filter(
    (line) => line !== '' && !/^(Exception from|Check '.*' failed at)/.test(line),
  );
  return (telling.length > 0 ? telling : lines).join(' ').slice(0, 600);
}

/** Loads the library so that it is never unloaded. On Windows and macOS koffi's own loading suffices. */
function keepLoaded(path: string): void {
  if (process.platform !== 'linux') return;
  const c = ffi().load(null);
  const dlopen = c.func('uintptr_t dlopen(const char *path, int flags)') as CFunction;
  if (BigInt(dlopen(path, RTLD_NOW | RTLD_NODELETE) as bigint | number) === 0n) {
    throw new Error((c.func('const char *dlerror()') as () => string)());
  }
}
