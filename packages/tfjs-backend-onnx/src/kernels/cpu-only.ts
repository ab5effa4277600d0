const STRINGS = 'Strings never enter a graph.';
const SHAPE = 'The shape of the result depends on values.';
const RAGGED = 'Ragged tensors: lists of splits to be checked value by value.';
const DILATION = 'Morphology has no ONNX operator.';

/** Kernels that run on tfjs's cpu kernels, and the reason why they have no ONNX form. */
export const CPU_ONLY: Readonly<Record<string, string>> = {
  BroadcastArgs: 'A few integers that must be checked against one another at once.',
  Dilation2D: DILATION,
  Dilation2DBackpropFilter: DILATION,
  Dilation2DBackpropInput: DILATION,
  Draw: 'Writes to a canvas.',
  FFT: 'Complex numbers never enter a graph.',
  IFFT: 'Complex numbers never enter a graph.',
  Multinomial: "Draws with tfjs's own generator, so that a seed gives the same on every backend.",
  NonMaxSuppressionV3: SHAPE,
  NonMaxSuppressionV4: SHAPE,
  NonMaxSuppressionV5: SHAPE,
  RaggedGather: RAGGED,
  RaggedRange: RAGGED,
  RaggedTensorToTensor: RAGGED,
  RotateWithOffset: 'No ONNX operator samples as tfjs does.',
  SearchSorted: 'Binary search has no ONNX operator.',
  SparseFillEmptyRows: SHAPE,
  SparseReshape: 'A few integers that must be checked against one another at once.',
  SparseSegmentMean: SHAPE,
  SparseSegmentSum: SHAPE,
  StaticRegexReplace: STRINGS,
  StringNGrams: STRINGS,
  StringSplit: STRINGS,
  StringToHashBucketFast: STRINGS,
  Transform: 'No ONNX operator samples as tfjs does.',
  Unique: SHAPE,
};

const COMPOSED = "tfjs-core builds the op from other kernels; no backend of tfjs's has this one.";

/** Kernel names of tfjs-core that this backend does not support, and the reason. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  FromPixels: "Reads a browser's picture or canvas.",
  LogicalXor: COMPOSED,
  LowerBound: COMPOSED,
  MatrixBandPart: COMPOSED,
  Pool: COMPOSED,
  UpperBound: COMPOSED,
};
