import {
  fastestFor,
  speedOf,
  timesAsFast,
  type EngineSpeed,
  type EngineUse,
} from '@crossweave/core/engine';

/** What was measured of the engines, and which is fastest for what, a line each. */
export function speedLines(speeds: readonly EngineSpeed[]): string[] {
  if (speeds.length === 0) {
    return ['not measured: other programs use the processor. Run doctor again when it is idle.'];
  }
  const rows = speeds.map((speed) =>
    [nameOf(speed).padEnd(20), ...[speed.product, speed.convolution, speed.elementwise].map(shown)]
      .join('')
      .trimEnd(),
  );
  return [
    `${''.padEnd(20)}${['product', 'convolution', 'elementwise'].map((title) => title.padStart(13)).join('')}`,
    ...rows,
    ...(['training', 'features'] as const).map((use) => verdict(speeds, use)),
  ];
}

const nameOf = ({ engine, precision }: EngineSpeed): string =>
  precision === 'bf16' ? `${engine} bf16` : engine;

const shown = (milliseconds: number): string => milliseconds.toPrecision(3).padStart(13);

function verdict(speeds: readonly EngineSpeed[], use: EngineUse): string {
  const fastest = fastestFor(speeds, use)!;
  const onnx = speedOf(speeds, 'onnx');
  const beside =
    onnx === undefined || onnx === fastest
      ? ''
      : `, ${timesAsFast(fastest, onnx, use).toFixed(1)} times as fast as onnx`;
  return `fastest for ${use}: ${nameOf(fastest)}${beside}`;
}
