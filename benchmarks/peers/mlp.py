"""The peer of steps/workloads/mlp.ts: layer norm and two linear layers, batch 32."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from measure import measure, training_step

B, D, FF = 32, 256, 1024
model = nn.Sequential(nn.LayerNorm(D), nn.Linear(D, FF), nn.GELU(), nn.Linear(FF, D))
x, y = torch.randn(B, D), torch.randn(B, D)
measure(training_step(model, lambda forward: F.mse_loss(forward(x), y), lr=1e-4))
