import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-backend-cpu';
import { env, ready, setBackend } from '@tensorflow/tfjs-core';

// tfjs checks every kernel call for leaked memory when this flag is on.
env().set('IS_TEST', true);
// The backend of tests that choose none. Another one tries the same fixtures on another engine.
const backend = process.env['CROSSWEAVE_ENGINE'] ?? 'cpu';
if (backend.startsWith('xla:')) await import('../packages/tfjs-backend-xla/src/register');
if (backend.startsWith('onnx')) await import('../packages/tfjs-backend-onnx/src/register');
if (backend.startsWith('onnx:openvino')) {
  await import('../packages/tfjs-backend-openvino/src/register');
}
if (!(await setBackend(backend))) throw new Error(`the backend ${backend} does not start`);
await ready();
