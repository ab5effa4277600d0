/** Registers the backend on XLA for the platform of the command line, with every gradient: `--platform cuda`. */
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { registerGradients } from '@crossweave/tfjs-backend-onnx/graph';
import { registerXlaBackend, type XlaBackendOptions } from '@crossweave/tfjs-backend-xla';
import { values } from './cases';

registerGradients();
registerXlaBackend({ platform: values.platform as XlaBackendOptions['platform'] });
