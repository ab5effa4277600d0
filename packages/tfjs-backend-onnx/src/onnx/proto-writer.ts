/**
 * A writer for the part of the protobuf wire format that an ONNX model needs. Field numbers are
 * those of onnx.proto (https://github.com/onnx/onnx).
 */
export class ProtoWriter {
  private bytes: Uint8Array;
  private position = 0;
  private static readonly text = new TextEncoder();

  /** @param capacity initial number of bytes; the buffer grows. */
  constructor(capacity = 1 << 14) {
    this.bytes = new Uint8Array(capacity);
  }

  varint(field: number, value: number): void {
    this.raw(field << 3);
    if (value >= 0) this.raw(value);
    else this.negative(value);
  }

  float(field: number, value: number): void {
    this.raw((field << 3) | 5);
    this.reserve(4);
    new DataView(this.bytes.buffer).setFloat32(this.position, value, true);
    this.position += 4;
  }

  string(field: number, value: string): void {
    this.reserve(value.length * 3 + 10);
    this.raw((field << 3) | 2);
    if (value.length < 128) {
      const at = this.position++;
      const { written } = ProtoWriter.text.encodeInto(value, this.bytes.subarray(this.position));
      if (written < 128) {
        this.bytes[at] = written;
        this.position += written;
        return;
      }
      this.position = at;
    }
    const encoded = ProtoWriter.text.encode(value);
    this.raw(encoded.length);
    this.append(encoded);
  }

  data(field: number, value: Uint8Array): void {
    this.raw((field << 3) | 2);
    this.raw(value.length);
    this.append(value);
  }

  /** A nested message. Its length is written as a padded varint, so nothing is copied. */
  message(field: number, write: () => void): void {
    this.raw((field << 3) | 2);
    this.reserve(5);
    const at = this.position;
    this.position += 5;
    write();
    let length = this.position - at - 5;
    for (let i = 0; i < 5; i++) {
      this.bytes[at + i] = i < 4 ? (length & 127) | 128 : length & 127;
      length = Math.floor(length / 128);
    }
  }

  finish(): Uint8Array {
    // No copy: a model may hold the weights of a whole encoder.
    return this.bytes.subarray(0, this.position);
  }

  private raw(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest > 127) {
      this.bytes[this.position++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.position++] = rest;
  }

  private negative(value: number): void {
    this.reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.bytes[this.position++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.bytes[this.position++] = Number(rest);
  }

  private append(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.position);
    this.position += value.length;
  }

  private reserve(count: number): void {
    if (this.position + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.position + count));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
