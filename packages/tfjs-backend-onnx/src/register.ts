// Registers all gradients of tfjs-core, whose main entry registers none.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { registerGradients } from './gradients';
import { registerOnnxBackend } from './registration';

registerGradients();
registerOnnxBackend();
