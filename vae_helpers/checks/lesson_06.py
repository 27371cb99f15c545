"""Lesson 06, samples: new images from the prior."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .engine import Result, call, judged, refuse
from .random import kurtosis

# fmt: off
SAMPLE_PRIOR = {  # name → hints
    "encoder": ("Hàm của bạn gọi encoder (hay cả mô hình). Sinh ảnh mới không cần ảnh đầu vào: chỉ cần z và decoder.",
                "Your function uses the encoder (or the whole model). New images need no input image: only z and the decoder."),
    "no_decoder": ("Decoder chưa được gọi.", "The decoder has not been called."),
    "device": ("z nằm trên {z}, còn mô hình trên {model}. Hãy tạo z trên thiết bị của mô hình.",
               "z is on {z} and the model on {model}. Make z on the model's device."),
    "shape": ("Kết quả có kích thước {got}; cần {n} ảnh, tức là {wanted}.",
              "The result has shape {got}; {n} images are needed, that is {wanted}."),
    "same_z": ("Mọi ảnh dùng chung một z, nên giống hệt nhau. Mỗi ảnh cần một z của riêng nó.",
               "All images share one z and are identical. Each image needs a z of its own."),
    "uniform": ("z không có trung bình 0. Hãy xem lại: rand cho số phân bố đều trong [0, 1), còn tiên nghiệm là N(0, I).",
                "z does not have mean 0. Look again: rand gives uniform numbers in [0, 1), but the prior is N(0, I)."),
    "not_standard": ("z không tuân theo phân phối chuẩn có độ lệch chuẩn 1. Tiên nghiệm là N(0, I), không nhân thêm gì.",
                     "z does not follow a normal distribution with standard deviation 1. The prior is N(0, I), with nothing multiplied."),
    "changed": ("Ảnh trả về không phải là ảnh mà decoder đưa ra.",
                "The images returned are not those that the decoder gave."),
}
# fmt: on


class RecordingDecoder(nn.Module):
    """Stands in for a trained model: decode remembers every z it is given; encode and forward remember that they ran."""

    def __init__(self, latent_dim: int):
        super().__init__()
        self.latent_dim, self.latents, self.encoded, self.z_device = latent_dim, [], False, None
        self.weight = nn.Parameter(torch.randn(latent_dim, 784) / 8)

    def decode(self, z: Tensor) -> Tensor:
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z: {tuple(z.shape)} ≠ (n, {self.latent_dim})")
        self.z_device, z = z.device, z.to(self.weight.device)
        self.latents.append(z.detach())
        return torch.sigmoid(z @ self.weight).view(-1, 1, 28, 28)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.encoded = True
        return x.new_zeros(len(x), self.latent_dim), x.new_zeros(len(x), self.latent_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu, logvar = self.encode(x)
        return self.decode(torch.randn(len(x), self.latent_dim)), mu, logvar


def usual_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def check_sample_prior(function: Callable) -> Result:
    """function(model, n) → n images decoded from z ~ N(0, I). Tried with stand-in models that remember their z.

    They stand on the GPU if there is one, as the lesson's model does.
    """
    return judged(function, judge_prior_samples, devices=None)


def judge_prior_samples(function: Callable) -> None:
    for n, latent_dim in ((5, 2), (3, 7)):
        prior_samples(function, n, latent_dim)
    images, z, model = prior_samples(function, 4000, 3)  # enough for statistics
    refuse(abs(z.mean()) > 0.05, "uniform", SAMPLE_PRIOR)
    refuse(abs(z.std() - 1) > 0.05 or abs(kurtosis(z) - 3) > 0.4, "not_standard", SAMPLE_PRIOR)
    refuse(not torch.allclose(images.detach(), model.decode(z).detach(), atol=1e-4), "changed", SAMPLE_PRIOR)


def prior_samples(function: Callable, n: int, latent_dim: int) -> tuple[Tensor, Tensor, RecordingDecoder]:
    """The student's images, the z that they were decoded from, and the model that did it."""
    model = RecordingDecoder(latent_dim).to(usual_device())
    images, _ = call(function, (model, n))
    refuse(model.encoded, "encoder", SAMPLE_PRIOR)
    refuse(not model.latents, "no_decoder", SAMPLE_PRIOR)
    z_device, device = model.z_device, model.weight.device
    refuse(z_device != device, "device", SAMPLE_PRIOR, z=z_device, model=device)
    got = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
    refuse(got != (n, 1, 28, 28), "shape", SAMPLE_PRIOR, got=got, n=n, wanted=(n, 1, 28, 28))
    z = torch.cat(model.latents)
    refuse(len(z) > 1 and (z - z[0]).abs().max() < 1e-6, "same_z", SAMPLE_PRIOR)
    return images, z, model
