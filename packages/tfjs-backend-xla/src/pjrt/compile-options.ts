/*
 * xla.CompileOptionsProto (openxla/xla: xla/pjrt/proto/compile_options.proto), as far as it is
 * needed.
 */
const BUILD_OPTIONS = 3;
const DEVICE_ORDINAL = 1;
const REPLICAS = 4;
const PARTITIONS = 5;
const BY_SHARDINGS = 6;
const BY_SHARDY = 19;

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 128);
  } while (rest !== 0n);
  return bytes;
}

const number = (field: number, value: bigint): number[] => [
  ...varint(BigInt(field << 3)),
  ...varint(value),
];

/** For a program on the first device, or on the first of several by the shardings of its module. */
export function compileOptions(devices = 1): Uint8Array {
  const build = [
    ...number(DEVICE_ORDINAL, -1n),
    ...number(REPLICAS, 1n),
    ...number(PARTITIONS, BigInt(devices)),
    ...(devices === 1 ? [] : [...number(BY_SHARDINGS, 1n), ...number(BY_SHARDY, 1n)]),
  ];
  return Uint8Array.from([(BUILD_OPTIONS << 3) | 2, build.length, ...build]);
}
