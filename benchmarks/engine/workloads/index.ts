import type { Workload } from '../workload';
import { bertBaseStep } from './bert-base';
import { crossAttention } from './cross-attention';
import { gemm } from './gemm';
import { mlp } from './mlp';
import { resnet50Features, resnet50Step, resnetSmallStep } from './resnet';

export const workloads: Readonly<Record<string, Workload>> = {
  'cross-attention': crossAttention,
  'bert-base': bertBaseStep,
  resnet50: resnet50Step,
  'resnet50-features': resnet50Features,
  'resnet-small': resnetSmallStep,
  mlp,
  'gemm-512': gemm(512),
  'gemm-1024': gemm(1024),
  'gemm-2048': gemm(2048),
};
