import { STRUCTS } from './layout';
import { Block } from './memory';

/** `PJRT_NamedValue_Type` */
const INT64 = 1;
const BOOL = 4;

/** What a plugin is told at its start: whole numbers and switches. */
export type NamedValues = Readonly<Record<string, number | boolean>>;

/** A list of `PJRT_NamedValue` in memory of our own, until `free` is called. */
export function namedValues(options: NamedValues) {
  const { size, own, fields } = STRUCTS.NamedValue;
  const entries = Object.entries(options);
  const list = new Block(size * entries.length);
  const names = entries.map(([name, value], i) => {
    const text = Block.of(Buffer.from(name));
    const put = (at: number, given: bigint): void =>
      list.view.setBigInt64(i * size + at, given, true);
    put(0, BigInt(own));
    put(fields.name[0], text.pointer);
    put(fields.name_size[0], BigInt(text.size));
    const isSwitch = typeof value === 'boolean';
    list.view.setInt32(i * size + fields.type[0], isSwitch ? BOOL : INT64, true);
    // Values are a union; a switch is its first byte.
    put(fields.int64_value[0], BigInt(value));
    put(fields.value_size[0], 1n);
    return text;
  });
  return {
    given: list.pointer,
    count: entries.length,
    free: () => {
      for (const block of [list, ...names]) block.free();
    },
  };
}
