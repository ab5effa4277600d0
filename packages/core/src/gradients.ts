/**
 * tfjs-core registers no gradients by itself. Node cannot import the module that registers them (it
 * is ESM with extensionless paths), so the build bundles it. The gradient registry is global to the
 * process, so the bundled copy serves the program's tfjs-core.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
