import { clipNormalisation, imagenetNormalisation, siglipNormalisation } from '@crossweave/data';

/** What `data.normalise` may name. */
export const normalisations = {
  imagenet: imagenetNormalisation,
  clip: clipNormalisation,
  siglip: siglipNormalisation,
};
