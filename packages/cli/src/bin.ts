#!/usr/bin/env node
import { main } from './main';

// The last words of a command may fail after `main` has listened: a reader that left is no error.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.exitCode = await main(process.argv.slice(2), process);
