import { XlaBackendError } from '../errors';
import { API_VERSION, FUNCTIONS } from './layout';
import { withPluginEnvironment } from './environment';
import type { FieldValues, StructName } from './memory';
import { Struct } from './memory';
import { ffi } from './ffi';

type FunctionName = keyof typeof FUNCTIONS;
/** Every function takes one struct and gives null or an error; `async` calls it in Node's pool. */
interface Call {
  (args: bigint): bigint | number;
  async: (args: bigint, done: (failure: unknown, error: bigint | number) => void) => void;
}

/** Where the first function stands in the table; before it come sizes and the version. */
const FIRST = 40;
const RTLD_NOW = 2;
/** The library stays: XLA's threads outlive the last call, and unloading it under them is fatal. */
const RTLD_NODELETE = 0x1000;
/** `RESOURCE_EXHAUSTED` among the codes of absl's statuses. */
const OUT_OF_MEMORY = 8;

/** What to do when there is no memory left on the device. */
const MORE_MEMORY =
  'Dispose tensors, those that were not computed among them, or use a smaller batch.';

/** These return nothing, so that what is in the register means nothing. */
const WITHOUT_RESULT: ReadonlySet<FunctionName> = new Set(['Error_Destroy', 'Error_Message']);

/** These a plugin may lack, see `has`. */
const OPTIONAL: ReadonlySet<FunctionName> = new Set([
  'Executable_GetCompiledMemoryStats',
  'Executable_Serialize',
  'Executable_DeserializeAndLoad',
]);

const loaded = new Map<string, Plugin>();

/** A PJRT plugin: a library that compiles and runs XLA programs on one kind of device. */
export class Plugin {
  private readonly calls = new Map<FunctionName, Call>();
  /** Arguments by function, used again by each call. */
  private readonly blocks = new Map<FunctionName, Struct<StructName>>();
  /** The version of the interface that it was built with. */
  readonly minor: number;
  readonly destroyBuffer: (buffer: bigint) => void;
  private waiting = false;

  /**
   * The plugin in a file; one for the whole process.
   * @throws XlaBackendError `plugin` if it does not load or is none.
   */
  static load(path: string): Plugin {
    const known = loaded.get(path);
    if (known !== undefined) return known;
    const plugin = withPluginEnvironment(() => new Plugin(path));
    loaded.set(path, plugin);
    return plugin;
  }

  private constructor(readonly path: string) {
    const table = this.open();
    const head = new DataView(ffi().view(table, FIRST));
    const size = Number(head.getBigUint64(0, true));
    const major = head.getInt32(32, true);
    this.minor = head.getInt32(36, true);
    if (major !== API_VERSION.major) {
      throw this.refused(`has version ${major}.${this.minor} of the PJRT interface`);
    }
    const entries = new DataView(ffi().view(table, size));
    const type = ffi().proto('uintptr_t (uintptr_t)');
    for (const [name, place] of Object.entries(FUNCTIONS)) {
      const at = FIRST + 8 * place;
      const address = at < size ? entries.getBigUint64(at, true) : 0n;
      if (address === 0n) {
        if (OPTIONAL.has(name as FunctionName)) continue;
        throw this.refused(`has no PJRT_${name}`);
      }
      this.calls.set(name as FunctionName, ffi().decode(address, type) as Call);
    }
    this.call('Plugin_Initialize', {});
    this.destroyBuffer = this.pointerCall('Buffer_Destroy', 'buffer');
  }

  /**
   * Calls a function. The struct that is returned holds its results until the same function is
   * called again.
   * @throws XlaBackendError for the plugin's own error.
   */
  call<Name extends FunctionName>(name: Name, values: FieldValues<Name>): Struct<Name> {
    const known = this.blocks.get(name) as Struct<Name> | undefined;
    const block = known ?? new Struct(name);
    if (known === undefined) this.blocks.set(name, block);
    block.reset(values);
    const error = BigInt((this.calls.get(name) as Call)(block.pointer));
    if (error !== 0n && !WITHOUT_RESULT.has(name)) throw this.take(error, name);
    return block;
  }

  /**
   * A function of one pointer that is called for each tensor of a step: its struct is filled in once but for
   * that field. It throws as `call` does.
   */
  pointerCall<Name extends FunctionName>(
    name: Name,
    field: keyof FieldValues<Name>,
  ): (pointer: bigint) => void {
    const block = new Struct(name);
    const call = this.calls.get(name) as Call;
    return (pointer) => {
      block.set(field, pointer);
      const error = call(block.pointer);
      // koffi gives small numbers as numbers, and addresses as bigints.
      if (error !== 0 && error !== 0n) throw this.take(BigInt(error), name);
    };
  }

  /**
   * The same in a thread of Node's pool, so that JavaScript goes on. The struct belongs to the caller.
   * @throws XlaBackendError for the plugin's own error.
   */
  async callLater<Name extends FunctionName>(
    name: Name,
    values: FieldValues<Name>,
  ): Promise<Struct<Name>> {
    const block = new Struct(name, values);
    try {
      const error = await this.inThread(name, block.pointer);
      if (error !== 0n) throw this.take(error, name);
      return block;
    } catch (error) {
      block.free();
      throw error;
    }
  }

  /** Whether a thread waits for an event. */
  get isAwaited(): boolean {
    return this.waiting;
  }

  /** Waits for an event in a thread of Node's pool. What failed is told by whoever reads the event. */
  async await(event: bigint): Promise<void> {
    const block = new Struct('Event_Await', { event });
    this.waiting = true;
    try {
      const error = await this.inThread('Event_Await', block.pointer);
      if (error !== 0n) this.call('Error_Destroy', { error });
    } finally {
      this.waiting = false;
      block.free();
    }
  }

  private inThread(name: FunctionName, argument: bigint): Promise<bigint> {
    const call = this.calls.get(name) as Call;
    return new Promise((resolve, reject) => {
      call.async(argument, (failure, given) => {
        if (failure === null) resolve(BigInt(given));
        else reject(new Error(`A thread could not call ${name} of PJRT.`, { cause: failure }));
      });
    });
  }

  /** Whether it has a function that plugins may lack. */
  has(name: FunctionName): boolean {
    return this.calls.has(name);
  }

  /** Calls a function that the plugin gave, which frees what is at an address. */
  callBack(address: bigint, argument: bigint): void {
    const type = ffi().proto('void (uintptr_t)');
    (ffi().decode(address, type) as (given: bigint) => void)(argument);
  }

  /** Turns the plugin's error into ours and frees it. */
  private take(error: bigint, during: FunctionName): XlaBackendError {
    const message = this.call('Error_Message', { error });
    const text = shortened(message.textAt('message', 'message_size').trim());
    const code = this.call('Error_GetCode', { error }).intAt('code');
    this.call('Error_Destroy', { error });
    const isMemory = code === OUT_OF_MEMORY || /out of memory/i.test(text);
    return new XlaBackendError(
      isMemory ? 'out-of-memory' : 'runtime',
      `XLA failed in ${during} (code ${code}): ${text}`,
      undefined,
      isMemory ? { advice: MORE_MEMORY } : {},
    );
  }

  /** The address of its table of functions. */
  private open(): bigint {
    const { load } = ffi();
    try {
      const c = load(null);
      // Looked up first: a lookup forgets the error before it.
      const dlerror = c.func('const char *dlerror()') as () => string | null;
      const dlopen = c.func('uintptr_t dlopen(const char *path, int flags)') as (
        path: string,
        flags: number,
      ) => bigint | number;
      if (BigInt(dlopen(this.path, RTLD_NOW | RTLD_NODELETE)) === 0n) {
        throw new Error(dlerror() ?? 'dlopen says no reason');
      }
      const get = load(this.path).func('uintptr_t GetPjrtApi()') as () => bigint | number;
      return BigInt(get());
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw this.refused(`does not load: ${reason}`, cause);
    }
  }

  private refused(why: string, cause?: unknown): XlaBackendError {
    return new XlaBackendError(
      'plugin',
      `The PJRT plugin ${this.path} ${why.replace(/\.?$/, '.')} Expected the library of a plugin ` +
        `with version ${API_VERSION.major}.${API_VERSION.minor} of the interface or a later one.`,
      undefined,
      {
        cause,
        advice: 'Let CROSSWEAVE_PJRT name such a library, or a Python environment that has one.',
      },
    );
  }
}

/** What a message is cut to: of a module that it refuses, XLA quotes all. */
const MAX_MESSAGE = 2000;

/** A message without the middle of one that is too long: what is wrong stands first or last. */
function shortened(text: string): string {
  if (text.length <= MAX_MESSAGE) return text;
  const half = MAX_MESSAGE / 2;
  return `${text.slice(0, half)} … ${text.slice(-half)}`;
}
