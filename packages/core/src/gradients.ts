/**
 * tfjs-core registers no gradients by itself. Its registering module is ESM that Node cannot
 * import (extensionless paths), so the build bundles it; the registry and the engine it talks to
 * are process-wide, so a bundled copy serves the one tfjs-core the program uses.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
