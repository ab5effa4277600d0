/** The module that registers the engine: `bundle.ts` says which one it is. */
declare module 'engine-under-test';
