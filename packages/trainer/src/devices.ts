import { Tensor, backend, type TensorInfo } from '@tensorflow/tfjs-core';
import { ConfigError, DataError, type Batch } from '@crossweave/core';

interface BackendOfDevices {
  readonly devices: number;
  split(tensor: TensorInfo): void;
}

/** Number of devices that the engine in use computes every step on together. */
export function engineDevices(): number {
  return (backend() as Partial<BackendOfDevices>).devices ?? 1;
}

/** @throws ConfigError for batches that do not divide among the engine's devices. */
export function checkBatchSize(batchSize: number): void {
  const devices = engineDevices();
  if (batchSize % devices === 0) return;
  throw new ConfigError('batches do not divide among the devices of the engine', {
    where: 'train',
    expected: `a batch size that is a multiple of ${devices}`,
    got: batchSize,
    advice: 'Change the batch size, or the number of devices of useEngine.',
  });
}

/**
 * Gives each device of the engine an equal part of the rows of a batch: of pairs, and of false texts.
 * The step computes the same as on one device, the loss and the statistics of batch norm over the
 * whole batch. On one device it does nothing.
 *
 * @throws DataError for a batch that does not divide.
 */
export function splitBatch(where: string, batch: Batch<unknown, unknown>): void {
  const devices = engineDevices();
  if (devices === 1) return;
  if (batch.size % devices !== 0) {
    throw new DataError('a batch does not divide among the devices of the engine', {
      where,
      expected: `a multiple of ${devices} pairs`,
      got: batch.size,
      advice: 'Leave out the last pairs of an epoch, or change the number of devices of useEngine.',
    });
  }
  const current = backend() as unknown as BackendOfDevices;
  for (const input of [batch.image, batch.text, batch.negatives]) {
    for (const tensor of tensorsOf(input)) current.split(tensor);
  }
}

function tensorsOf(input: unknown): Tensor[] {
  const values: unknown[] = isTensor(input) ? [input] : Object.values(Object(input) as object);
  return values.filter(isTensor);
}

function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}
