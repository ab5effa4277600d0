/**
 * Lets tsx run the packages from their sources: tfjs-core's gradients, which Node cannot import
 * by themselves, come from the bundle the tests use. `tsx --import ./source.mjs …`
 */
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { register as registerTsx, tsImport } from 'tsx/esm/api';

// tsx itself passes over threads, though a thread may begin with TypeScript.
if (!isMainThread) registerTsx();
const { bundledGradients } = await tsImport('../tooling/tfjs-gradients.ts', import.meta.url);
const data = { gradients: pathToFileURL(await bundledGradients()).href };
register('./source-hooks.mjs', import.meta.url, { data });
