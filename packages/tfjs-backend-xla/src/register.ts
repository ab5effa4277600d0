// Every gradient tfjs-core has; its main entry registers none.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { registerGradients } from '@crossweave/tfjs-backend-onnx/graph';
import { registerXlaBackend } from './registration';

registerGradients();
registerXlaBackend();
