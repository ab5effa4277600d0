import type { Int8Figures } from './int8-towers';

/** What int8 costs, line by line, for people. */
export function describeInt8(figures: Int8Figures): string[] {
  const { cosine, recall, chance, split, bytes, processor } = figures;
  const mean = (side: 'image' | 'text'): string =>
    `${cosine[side].mean.toFixed(5)} (least ${cosine[side].least.toFixed(5)})`;
  const found = (side: 'i2t' | 't2i'): string => {
    const { float32, low, queries } = recall[side];
    const one = `one is ${(1 / queries).toFixed(4)}`;
    return `${low.toFixed(4)}, in float32 ${float32.toFixed(4)}, by chance ${chance[side].toFixed(4)}; ${queries} queries, ${one}`;
  };
  return [
    `Size of both towers: ${megabytes(bytes.int8)}, in float32 ${megabytes(bytes.float32)}`,
    `Measured on the split "${split}", ${recall.i2t.queries} images and ${recall.t2i.queries} texts, by ONNX Runtime on ${processor}`,
    `Cosine with float32, mean over images: ${mean('image')}`,
    `Cosine with float32, mean over texts: ${mean('text')}`,
    `Recall at 1, images as queries: ${found('i2t')}`,
    `Recall at 1, texts as queries: ${found('t2i')}`,
  ];
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
