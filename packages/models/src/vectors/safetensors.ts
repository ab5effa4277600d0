import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { disposeParams } from '@crossweave/core';
import {
  loadSafetensors,
  readSafetensorsMetadata,
  saveSafetensors,
} from '@crossweave/checkpoints/node';
import { requireFinite } from './embeddings';
import { noVectors, parsed, vectorSetOf, type VectorSet } from './vector-set';

const tensorName = 'embeddings';

/** `embeddings` [N, E]; the rest is in the header, as JSON where it is no text. */
export async function saveSafetensorsVectors(path: string, set: VectorSet): Promise<void> {
  const { rows, dim, values } = set.embeddings;
  const tensor = tensor2d(values, [rows, dim]);
  try {
    await saveSafetensors(
      path,
      { [tensorName]: tensor },
      {
        ...{ ids: JSON.stringify(set.ids), model: set.model },
        ...(set.origin && { origin: JSON.stringify(set.origin) }),
        ...(set.contents && { contents: JSON.stringify(set.contents) }),
      },
    );
  } finally {
    tensor.dispose();
  }
}

/** @throws FileFormatError when the file holds no vectors; DataError when it is missing; NonFiniteError. */
export async function loadSafetensorsVectors(path: string): Promise<VectorSet> {
  const { ids = '', model, origin, contents } = await readSafetensorsMetadata(path);
  const tensors = await loadSafetensors(path);
  try {
    const tensor = tensors[tensorName];
    if (tensor?.rank !== 2) throw noVectors(path);
    const [rows, dim] = (tensor as Tensor2D).shape;
    const values = (await tensor.data()) as Float32Array;
    const embeddings = requireFinite(path, { rows, dim, values });
    return vectorSetOf(path, embeddings, {
      ...{ ids: parsed(ids), model, origin },
      contents: contents === undefined ? undefined : parsed(contents),
    });
  } finally {
    disposeParams(tensors);
  }
}
