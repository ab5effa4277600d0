let gradients;

export function initialize(data) {
  ({ gradients } = data);
}

export function resolve(specifier, context, next) {
  return specifier === '@tensorflow/tfjs-core/dist/register_all_gradients.js'
    ? { url: gradients, format: 'module', shortCircuit: true }
    : next(specifier, context);
}
