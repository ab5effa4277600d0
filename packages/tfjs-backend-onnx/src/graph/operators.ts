/*
 * The operators that kernels record, named and meant as in ONNX (opset 19; `CropAndResize` and
 * `FusedMatMul` are ONNX Runtime's). Shapes are known, tensors have elements, and dimensions
 * broadcast as numpy does. What an executor adds when it optimises a plan is its own affair.
 */
// prettier-ignore
export const OPERATORS = [
  // arithmetic
  'Add', 'BitwiseAnd', 'Div', 'Max', 'Min', 'Mod', 'Mul', 'Pow', 'Sub',
  // comparisons and choices
  'And', 'Equal', 'Greater', 'GreaterOrEqual', 'IsInf', 'IsNaN', 'Less', 'LessOrEqual', 'Not',
  'Or', 'Where', 'Xor',
  // of one operand
  'Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Ceil', 'Cos', 'Cosh', 'Erf', 'Exp',
  'Floor', 'HardSigmoid', 'Log', 'Neg', 'Reciprocal', 'Relu', 'Round', 'Sigmoid', 'Sign', 'Sin',
  'Sinh', 'Softplus', 'Sqrt', 'Tanh',
  // layout
  'Cast', 'Concat', 'Expand', 'Identity', 'Pad', 'Reshape', 'Slice', 'Tile', 'Transpose',
  // products
  'FusedMatMul', 'Gemm', 'MatMul',
  // along axes
  'ArgMax', 'ArgMin', 'CumSum', 'LogSoftmax', 'ReduceMax', 'ReduceMean', 'ReduceMin',
  'ReduceProd', 'ReduceSum', 'Softmax',
  // by indices
  'Gather', 'GatherND', 'ScatterElements', 'ScatterND', 'TopK',
  // images
  'AveragePool', 'BatchNormalization', 'Conv', 'ConvTranspose', 'CropAndResize', 'MaxPool',
] as const;

/** An operator that a kernel may record. Every executor has each of them. */
export type Operator = (typeof OPERATORS)[number];
