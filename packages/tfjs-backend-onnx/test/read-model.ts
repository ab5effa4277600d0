/** The fields of a protobuf message by number; what is not a varint stays bytes. */
type Message = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

interface Shaped {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

interface Stored extends Shaped {
  readonly bytes: Uint8Array;
  /** By key: location, offset, length. */
  readonly external: Readonly<Record<string, string>>;
}

interface Operator {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface ReadModel {
  readonly irVersion: number;
  readonly producer: readonly [name: string, version: string];
  readonly description: string;
  readonly opsets: readonly (readonly [domain: string, version: number])[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly operators: readonly Operator[];
  readonly initialisers: readonly Stored[];
  readonly inputs: readonly Shaped[];
  readonly outputs: readonly Shaped[];
  readonly values: readonly Shaped[];
}

/** Reads what the tests look at in an ONNX file; field numbers as in onnx.proto. */
export function readModel(bytes: Uint8Array): ReadModel {
  const model = decode(bytes);
  const graph = messages(model, 7)[0] as Message;
  return {
    irVersion: number(model, 1),
    producer: [text(model, 2), text(model, 3)],
    description: text(model, 6),
    opsets: messages(model, 8).map((opset) => [text(opset, 1), number(opset, 2)]),
    metadata: entries(model, 14),
    operators: messages(graph, 1).map((node) => ({
      op: text(node, 4),
      domain: text(node, 7),
      inputs: texts(node, 1),
      outputs: texts(node, 2),
    })),
    initialisers: messages(graph, 5).map((tensor) => ({
      name: text(tensor, 8),
      shape: (tensor.get(1) ?? []) as number[],
      bytes: (tensor.get(9)?.[0] ?? new Uint8Array()) as Uint8Array,
      external: entries(tensor, 13),
    })),
    inputs: messages(graph, 11).map(shaped),
    outputs: messages(graph, 12).map(shaped),
    values: messages(graph, 13).map(shaped),
  };
}

function decode(bytes: Uint8Array): Message {
  const fields = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    let value: number | Uint8Array;
    if ((tag & 7) === 0) value = varint();
    else {
      const length = (tag & 7) === 5 ? 4 : varint();
      value = bytes.subarray(at, at + length);
      at += length;
    }
    const field = Math.floor(tag / 8);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

const messages = (message: Message, field: number): Message[] =>
  (message.get(field) ?? []).map((value) => decode(value as Uint8Array));

const texts = (message: Message, field: number): string[] =>
  (message.get(field) ?? []).map((value) => new TextDecoder().decode(value as Uint8Array));

const text = (message: Message, field: number): string => texts(message, field)[0] ?? '';

const number = (message: Message, field: number): number => message.get(field)?.[0] as number;

const entries = (message: Message, field: number): Record<string, string> =>
  Object.fromEntries(messages(message, field).map((entry) => [text(entry, 1), text(entry, 2)]));

function shaped(info: Message): Shaped {
  const [tensor] = messages(messages(info, 2)[0] as Message, 1) as [Message];
  const [shape] = messages(tensor, 2) as [Message];
  const sizes = messages(shape, 1).map((size) => (size.has(2) ? text(size, 2) : number(size, 1)));
  return { name: text(info, 1), shape: sizes };
}
