// Every gradient tfjs-core has; its main entry registers none.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { registerGradients } from '@crossweave/tfjs-backend-onnx/graph';
import { registerOpenvinoBackend } from './registration';

registerGradients();
registerOpenvinoBackend();
registerOpenvinoBackend({ precision: 'bf16' });
