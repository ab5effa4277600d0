import type { ElementType, Values } from '../graph/types';
import { ELEMENT_CODE, emptyValues } from '../graph/types';

/** Arrays of disposed tensors, which are reused for outputs of later runs. */
export class ArrayPool {
  private readonly shelves = new Map<number, Values[]>();
  bytes = 0;

  constructor(private readonly limit: number) {}

  take(dtype: ElementType, length: number): Values {
    const found = this.shelves.get(shelfOf(dtype, length))?.pop();
    if (found !== undefined) {
      this.bytes -= found.byteLength;
      return found;
    }
    return emptyValues(dtype, length);
  }

  give(dtype: ElementType, values: Values): void {
    const key = shelfOf(dtype, values.length);
    // The shelf is moved to the end, so that the order of the map is the order of use.
    const shelf = this.shelves.get(key) ?? [];
    this.shelves.delete(key);
    this.shelves.set(key, shelf);
    shelf.push(values);
    this.bytes += values.byteLength;
    for (const [old, arrays] of this.shelves) {
      if (this.bytes <= this.limit) break;
      for (const array of arrays) this.bytes -= array.byteLength;
      this.shelves.delete(old);
    }
  }

  /** All arrays that are kept. Their contents are arbitrary. */
  *arrays(): Iterable<Values> {
    for (const shelf of this.shelves.values()) yield* shelf;
  }

  clear(): void {
    this.shelves.clear();
    this.bytes = 0;
  }
}

/** A number for each type and length, as the codes of types are below 16. */
const shelfOf = (dtype: ElementType, length: number): number => 16 * length + ELEMENT_CODE[dtype];
