"""The convolutional network of the exercise, shared by the autoencoder and the VAE."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
        self.to(memory_format=torch.channels_last)  # same numbers in another order in memory: convolutions run faster

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

    torchsummary runs the model on random images: here in eval mode and with the random state kept, so that looking
    at a model changes neither its weights nor the training that follows. input_size is (C, H, W).
    """
    from torchsummary import summary as torchsummary_summary

    was_training = model.training
    device = next(model.parameters()).device.type
    model.eval()
    try:
        with torch.random.fork_rng(), torch.no_grad():
            torchsummary_summary(model, input_size, device=device)
    finally:
        model.train(was_training)
