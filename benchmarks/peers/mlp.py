"""The peer of engine/workloads/mlp.ts: two linear layers with a layer norm between, batch 32."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from measure import measure, training_step

B, D, FF = 32, 256, 1024
model = nn.Sequential(nn.Linear(D, FF), nn.LayerNorm(FF), nn.GELU(), nn.Linear(FF, D))
x, y = torch.randn(B, D), torch.randn(B, D)
measure(training_step(model, lambda forward: F.mse_loss(forward(x), y), lr=1e-4, clip=None))
