import type { TrainerWorkload, Workload } from '../workload';
import { bertBaseFeatures, bertBaseStep } from './bert-base';
import { crossAttention } from './cross-attention';
import { fusionSteps } from './fusions';
import { gemm } from './gemm';
import { mlp } from './mlp';
import { quickstartSteps } from './quickstart';
import { resnet50Features, resnet50Step, resnetSmallStep } from './resnet';
import { vitB16Features, vitB16Step } from './vit-b16';

export const workloads: Readonly<Record<string, Workload | TrainerWorkload>> = {
  'cross-attention': crossAttention,
  'bert-base': bertBaseStep,
  'bert-base-features': bertBaseFeatures,
  resnet50: resnet50Step,
  'resnet50-features': resnet50Features,
  'resnet-small': resnetSmallStep,
  'vit-b16': vitB16Step,
  'vit-b16-features': vitB16Features,
  mlp,
  ...fusionSteps,
  ...quickstartSteps,
  'gemm-512': gemm(512),
  'gemm-1024': gemm(1024),
  'gemm-2048': gemm(2048),
};
