import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-backend-cpu';
import { env, ready, setBackend } from '@tensorflow/tfjs-core';

// tfjs checks every kernel call for leaked memory when this flag is on.
env().set('IS_TEST', true);
await setBackend('cpu');
await ready();
