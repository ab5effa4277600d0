import { STRUCTS } from './layout';
import { ffi } from './ffi';

export type StructName = keyof typeof STRUCTS;
type FieldOf<Name extends StructName> = keyof (typeof STRUCTS)[Name]['fields'] & string;
type Kind = 'pointer' | 'int' | 'float' | 'bool';
/** What a field is given; an 8-byte one, be it a pointer or a size, is a bigint. */
export type FieldValues<Name extends StructName> = Partial<
  Record<FieldOf<Name>, bigint | number | boolean>
>;

/** C memory of our own, which stays where it is until it is freed. */
export class Block {
  readonly pointer: bigint;
  readonly view: DataView;
  private readonly bytes: Uint8Array;

  constructor(readonly size: number) {
    // koffi gives memory as an address; zero bytes would have none.
    const held = ffi().alloc('uint8_t', Math.max(size, 8)) as bigint;
    this.pointer = held;
    const buffer = ffi().view(held, Math.max(size, 8));
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
    this.clear();
  }

  /** A copy of these bytes. */
  static of(bytes: Uint8Array): Block {
    const block = new Block(bytes.length);
    block.bytes.set(bytes);
    return block;
  }

  /** A list of pointers or of 8-byte integers. */
  static list(values: readonly bigint[]): Block {
    const block = new Block(8 * values.length);
    values.forEach((value, i) => block.view.setBigInt64(8 * i, value, true));
    return block;
  }

  setPointer(place: number, pointer: bigint): void {
    this.view.setBigUint64(8 * place, pointer, true);
  }

  /** The pointer at a place of a list. */
  pointerAt(place: number): bigint {
    return this.view.getBigUint64(8 * place, true);
  }

  clear(): void {
    this.bytes.fill(0);
  }

  free(): void {
    ffi().free(this.pointer);
  }
}

/** A struct of the C interface in memory of our own. */
export class Struct<Name extends StructName> {
  readonly block: Block;

  constructor(
    private readonly type: Name,
    values: FieldValues<Name> = {},
  ) {
    this.block = new Block(STRUCTS[type].size);
    this.reset(values);
  }

  get pointer(): bigint {
    return this.block.pointer;
  }

  /** Empties it and fills these fields in. */
  reset(values: FieldValues<Name>): void {
    this.block.clear();
    this.block.view.setBigInt64(0, BigInt(STRUCTS[this.type].own), true);
    for (const name in values) this.set(name as FieldOf<Name>, values[name as FieldOf<Name>] ?? 0);
  }

  set(field: FieldOf<Name>, value: bigint | number | boolean): void {
    const [at, kind] = this.place(field);
    const { view } = this.block;
    if (kind === 'pointer') view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
    else if (kind === 'int') view.setInt32(at, Number(value), true);
    else if (kind === 'float') view.setFloat32(at, Number(value), true);
    else view.setUint8(at, Number(value));
  }

  /** A field of 8 bytes. */
  pointerAt(field: FieldOf<Name>): bigint {
    return this.block.view.getBigUint64(this.place(field)[0], true);
  }

  /** A field that counts something. */
  countAt(field: FieldOf<Name>): number {
    return Number(this.pointerAt(field));
  }

  intAt(field: FieldOf<Name>): number {
    return this.block.view.getInt32(this.place(field)[0], true);
  }

  boolAt(field: FieldOf<Name>): boolean {
    return this.block.view.getUint8(this.place(field)[0]) !== 0;
  }

  /** The text that one field points to and another one gives the length of. */
  textAt(field: FieldOf<Name>, length: FieldOf<Name>): string {
    const count = this.countAt(length);
    return count === 0 ? '' : Buffer.from(bytesAt(this.pointerAt(field), count)).toString('utf8');
  }

  free(): void {
    this.block.free();
  }

  private place(field: FieldOf<Name>): readonly [number, Kind] {
    const fields: Readonly<Record<string, readonly [number, Kind]>> = STRUCTS[this.type].fields;
    return fields[field] as readonly [number, Kind];
  }
}

/** Memory of the plugin's, as long as it is there. */
export function bytesAt(pointer: bigint, length: number): Uint8Array {
  return new Uint8Array(ffi().view(pointer, length));
}

/** Pointers that lie one behind another. */
export function pointersAt(pointer: bigint, count: number): bigint[] {
  if (count === 0) return [];
  const view = new DataView(ffi().view(pointer, 8 * count));
  return Array.from({ length: count }, (_, i) => view.getBigUint64(8 * i, true));
}
