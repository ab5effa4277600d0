import { compileOptions } from './compile-options';
import type { FieldValues, StructName } from './memory';
import { Block, Struct } from './memory';

/** Arguments of a function, and the memory that they point to, which is freed at the end of its scope. */
export interface Arguments<Name extends StructName> extends Disposable {
  readonly values: FieldValues<Name>;
}

const freed = (...memory: readonly { free(): void }[]): Disposable => ({
  [Symbol.dispose]() {
    for (const each of memory) each.free();
  },
});

/** To compile a StableHLO module for so many devices. */
export function toCompile(
  client: bigint,
  module: string,
  devices: number,
): Arguments<'Client_Compile'> {
  const code = Block.of(Buffer.from(module));
  const format = Block.of(Buffer.from('mlir'));
  const options = Block.of(compileOptions(devices));
  const program = new Struct('Program', {
    code: code.pointer,
    code_size: BigInt(code.size),
    format: format.pointer,
    format_size: BigInt(format.size),
  });
  const values = {
    client,
    program: program.pointer,
    compile_options: options.pointer,
    compile_options_size: BigInt(options.size),
  };
  return { values, ...freed(code, format, options, program) };
}

/** To load a program that was serialised. */
export function toLoad(
  client: bigint,
  bytes: Uint8Array,
): Arguments<'Executable_DeserializeAndLoad'> {
  const block = Block.of(bytes);
  const values = {
    client,
    serialized_executable: block.pointer,
    serialized_executable_size: BigInt(block.size),
  };
  return { values, ...freed(block) };
}
