"""The convolutional network of the exercise, shared by the autoencoder and the VAE."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._inference import device_of, looking_at
from .._language import tr
from ._sizes import check_images, whole


class ConvNet(nn.Module):
    """Convolutions down from an image to a quarter of its side, linear heads to the latent space, and the way back.

    The layers carry the handout's names and are made in its order, so that weights pass both ways between this class
    and one typed from the handout, and one random seed gives both the same first weights.

    img_size: pixels on a side, a multiple of 4: the handout's 28 becomes 64 maps of 7×7, 32 becomes 8×8, 64 16×16.
    """

    def __init__(self, channels: int, latent_dim: int, img_size: int, heads: tuple[str, ...]):
        super().__init__()
        channels, latent_dim, img_size = whole(self, channels=channels, latent_dim=latent_dim, img_size=img_size)
        if img_size % 4:
            raise ValueError(
                f"{type(self).__name__}(img_size): got {img_size}, expected a multiple of 4, such as 28, 32 or 64: "
                "two layers halve it."
            )
        self.channels, self.latent_dim, self.img_size = channels, latent_dim, img_size
        self.map_size = img_size // 4
        self.flatten_dim = 64 * self.map_size**2
        # encoder, with the sizes of the handout's images
        self.conv1 = nn.Conv2d(channels, 16, kernel_size=3, padding=1)  # 28×28 → 28×28
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1)  # 28×28 → 14×14
        self.conv3 = nn.Conv2d(32, 64, kernel_size=3, stride=2, padding=1)  # 14×14 → 7×7
        for head in heads:
            self.add_module(head, nn.Linear(self.flatten_dim, latent_dim))
        # decoder
        self.fc_decode = nn.Linear(latent_dim, self.flatten_dim)
        self.deconv1 = nn.ConvTranspose2d(64, 32, kernel_size=3, stride=2, padding=1, output_padding=1)  # 7×7 → 14×14
        self.deconv2 = nn.ConvTranspose2d(32, 16, kernel_size=3, stride=2, padding=1, output_padding=1)  # → 28×28
        self.conv_final = nn.Conv2d(16, channels, kernel_size=3, padding=1)

    def features(self, x: Tensor) -> Tensor:
        """(N, channels, img_size, img_size) → (N, flatten_dim). Raises ValueError for any other image shape."""
        check_images(self, x)
        h = F.relu(self.conv1(x))
        h = F.relu(self.conv2(h))
        h = F.relu(self.conv3(h))
        return h.flatten(start_dim=1)

    def decode(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → images (N, channels, img_size, img_size) in [0, 1]. Raises ValueError for another shape."""
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(
                f"{type(self).__name__}.decode(z): z has shape {tuple(z.shape)}, expected (N, {self.latent_dim})."
            )
        h = F.relu(self.fc_decode(z)).view(-1, 64, self.map_size, self.map_size)
        h = F.relu(self.deconv1(h))
        h = F.relu(self.deconv2(h))
        return torch.sigmoid(self.conv_final(h))


def summary(model: nn.Module, input_size: tuple[int, ...] = (1, 28, 28)) -> None:
    """Print torchsummary's table of layers, output shapes and parameters.

    torchsummary runs the model on two random images: here in eval mode, with the random state kept and each layer's mode
    put back, so that looking at a model changes neither it nor the training that follows. input_size: (C, H, W).
    Raises ValueError for a model without layers that have weights, and for layers that give neither a tensor nor a tuple
    of tensors, which torchsummary cannot show; an error of the model's own, for a wrong input_size say, as it is.

    Lesson 05: III.5 · The model
    """
    from torchsummary import summary as torchsummary_summary

    layers = [layer for layer in model.modules() if layer is not model]
    if not any(isinstance(getattr(layer, name, None), Tensor) for layer in layers for name in ("weight", "bias")):
        raise ValueError(
            tr(
                f"summary: {type(model).__name__} không có lớp nào có tham số để đếm. Các lớp phải được gán vào self trong __init__.",
                f"summary: {type(model).__name__} has no layers with parameters to count. Layers must be assigned to self in __init__.",
            )
        )
    home = device_of(model)
    device = home if home.type in ("cpu", "cuda") else torch.device("cpu")  # torchsummary knows no other
    hooks = [(layer, set(layer._forward_hooks)) for layer in layers]
    try:
        with looking_at(model):
            model.to(device)(torch.rand(2, *input_size, device=device))  # an error of the model's own comes up as it is
            try:
                torchsummary_summary(model, tuple(input_size), device=device.type)
            except (AttributeError, TypeError) as problem:
                raise ValueError(
                    tr(
                        f"summary: torchsummary không hiển thị được {type(model).__name__} ({problem}). Mỗi lớp bên trong phải trả về "
                        "một tensor hoặc một tuple gồm các tensor, không phải dict hay tuple lồng nhau.",
                        f"summary: torchsummary cannot show {type(model).__name__} ({problem}). Each layer in it must give a tensor or "
                        "a tuple of tensors, no dict and no nested tuple.",
                    )
                ) from problem
    finally:
        model.to(home)
        for layer, before in hooks:  # where it fails, torchsummary leaves its own behind, and they would fail again
            for number in set(layer._forward_hooks) - before:
                del layer._forward_hooks[number]
