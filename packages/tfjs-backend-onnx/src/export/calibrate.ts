import type { ExportedModel } from './export-onnx';
import { ExportSession } from './open-export';
import type { GraphOutput } from './build';
import type { OnnxGraph } from './onnx-graph';
import type { Ranges } from './quantise';

/** Writes the body of a graph with these outputs. */
export type Write = (
  body: Pick<OnnxGraph, 'operators' | 'initialisers' | 'values'>,
  outputs: readonly GraphOutput[],
) => ExportedModel;

/**
 * The ranges of values over samples, from runs of the graph on ONNX Runtime.
 *
 * @param samples inputs of the exported function.
 */
export function calibrate(
  graph: OnnxGraph,
  names: readonly string[],
  samples: readonly object[],
  write: Write,
): Ranges {
  const ranges = new Map<string, [number, number]>();
  if (names.length === 0) return ranges;
  const extreme = (op: string, name: string): string => `${name} ${op}`;
  const operators = names.flatMap((name) =>
    ['ReduceMin', 'ReduceMax'].map((op) => ({
      op,
      inputs: [name],
      outputs: [extreme(op, name)],
      attributes: { keepdims: 0 },
    })),
  );
  const outputs = operators.map(({ outputs: [name] }) => ({
    name: name!,
    path: name!,
    dtype: 'float32' as const,
    shape: [],
  }));
  const { initialisers, values } = graph;
  const measured = write(
    { operators: [...graph.operators, ...operators], initialisers, values },
    outputs,
  );
  const session = new ExportSession(measured);
  try {
    for (const sample of samples) {
      const results = session.run(sample);
      for (const name of names) {
        const [least, largest] = ['ReduceMin', 'ReduceMax'].map(
          (op) => results[extreme(op, name)]!.data[0] as number,
        ) as [number, number];
        const known = ranges.get(name) ?? [Infinity, -Infinity];
        ranges.set(name, [Math.min(known[0], least), Math.max(known[1], largest)]);
      }
    }
  } finally {
    session.dispose();
  }
  return ranges;
}
