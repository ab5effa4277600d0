import { maskedCrc32c } from './crc32c';

/** What the name of an event file begins with. */
export const eventFile = 'events.out.tfevents.';

/** What an event file holds, the part of `tensorboard/compat/proto/event.proto` that is used here. */
export interface Event {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  /** `brain.Event:2`, in a file's first event. */
  readonly fileVersion?: string;
  /** The run begins or goes on at `step`: TensorBoard then forgets what an earlier file has from there on. */
  readonly isStart?: boolean;
  /** Values by tag. */
  readonly scalars?: Readonly<Record<string, number>>;
}

/** One TFRecord: length, its sum, the data, its sum. */
export function recordOf(event: Event): Uint8Array {
  const data = encodeEvent(event);
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

function encodeEvent({ wallTime, step, fileVersion, isStart, scalars }: Event): Uint8Array {
  const values = Object.entries(scalars ?? {}).map(([tag, value]) =>
    message(1, [text(1, tag), fixed32(2, value)]),
  );
  return joined([
    fixed64(1, wallTime),
    ...(step === undefined ? [] : [varint(2, step)]),
    ...(fileVersion === undefined ? [] : [text(3, fileVersion)]),
    ...(scalars === undefined ? [] : [message(5, values)]),
    // SessionLog { status: START }.
    ...(isStart === true ? [message(7, [varint(1, 1)])] : []),
  ]);
}

/** The wire types of protocol buffers. */
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

function field(number: number, type: number): Uint8Array {
  return Uint8Array.of((number << 3) | type);
}

function varint(number: number, value: number): Uint8Array {
  return joined([field(number, wire.varint), digits(value)]);
}

/** Seven bits a byte, the lowest first; for whole numbers up to 2^53. */
function digits(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}

function bytes(number: number, content: Uint8Array): Uint8Array {
  return joined([field(number, wire.bytes), digits(content.length), content]);
}

function text(number: number, value: string): Uint8Array {
  return bytes(number, new TextEncoder().encode(value));
}

function message(number: number, fields: readonly Uint8Array[]): Uint8Array {
  return bytes(number, joined(fields));
}

function fixed32(number: number, value: number): Uint8Array {
  const content = new Uint8Array(4);
  new DataView(content.buffer).setFloat32(0, value, true);
  return joined([field(number, wire.fixed32), content]);
}

function fixed64(number: number, value: number): Uint8Array {
  const content = new Uint8Array(8);
  new DataView(content.buffer).setFloat64(0, value, true);
  return joined([field(number, wire.fixed64), content]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
