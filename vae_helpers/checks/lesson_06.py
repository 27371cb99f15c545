"""Lesson 06, reconstructions and samples: the error of each image, new images from the prior."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .. import metrics
from .engine import Failure, Mistake, Result, Task, call, judged, refuse, run
from .examples import drawn
from .random import flaw


def squares(recon: Tensor, x: Tensor) -> Tensor:
    return (recon - x) ** 2


def pairs():
    """Batches of several sizes, also one image, and colour."""
    for n, channels in ((5, 1), (1, 1), (3, 3), (8, 1)):
        yield torch.rand(n, channels, 28, 28), torch.rand(n, channels, 28, 28)


# fmt: off
IMAGE_ERRORS = Task(
    cases=pairs,
    right=metrics.image_errors,
    arguments="recon, x",
    small=lambda: [drawn(shape, shape, low=0.1, high=0.9) for shape in ((1, 1, 1, 1), (1, 1, 1, 2), (2, 1, 1, 2))],
    mistakes=[
        Mistake("mean_over_pixels", lambda r, x: squares(r, x).flatten(1).mean(1),
                "Bạn lấy trung bình trên các điểm ảnh. Ở đây cần tổng trên mọi điểm ảnh của một ảnh.",
                "You average over the pixels. Here the sum over all pixels of an image is needed."),
        Mistake("mse", lambda r, x: squares(r, x).mean(),
                "Đó là MSE: một số duy nhất, trung bình trên mọi điểm ảnh của mọi ảnh. Hàm này trả về một số cho mỗi ảnh.",
                "That is the MSE: one single number, the mean over all pixels of all images. This function returns one number per image."),
        Mistake("sum_over_batch", lambda r, x: squares(r, x).sum(),
                "Bạn cộng cả batch thành một số. Hàm này trả về một số cho mỗi ảnh.",
                "You sum the whole batch into one number. This function returns one number per image."),
        Mistake("mean_over_batch", lambda r, x: squares(r, x).sum() / len(x),
                "Bạn lấy trung bình trên cả batch. Hãy giữ lại một số cho mỗi ảnh; trung bình để sau hãy lấy.",
                "You average over the batch. Keep one number per image; the mean can be taken later."),
        Mistake("wrong_axis", lambda r, x: squares(r, x).sum(0),
                "Bạn cộng dọc theo batch (dim=0), nên các ảnh lẫn vào nhau. Cần cộng theo ba chiều còn lại: kênh, hàng, cột.",
                "You sum along the batch (dim=0), which mixes the images. Sum over the three other dimensions: channels, rows, columns."),
        Mistake("one_axis", lambda r, x: squares(r, x).sum(-1),
                "Bạn mới cộng theo một chiều. Một ảnh có ba: kênh, hàng, cột. flatten(1) gộp chúng làm một.",
                "You sum over one dimension only. An image has three: channels, rows, columns. flatten(1) makes one of them."),
        Mistake("channels_kept", lambda r, x: squares(r, x).sum((2, 3)),
                "Kết quả còn chiều của kênh màu. Hãy cộng cả theo kênh (dim=1).",
                "The result still has the dimension of the channels. Sum over the channels (dim=1) as well."),
        Mistake("not_summed", squares,
                "Bạn có bình phương sai số của từng điểm ảnh. Còn thiếu phép cộng trên mỗi ảnh.",
                "You have the squared error of each pixel. The sum over each image is missing."),
        Mistake("no_square", lambda r, x: (r - x).flatten(1).sum(1),
                "Chưa bình phương: sai số âm và sai số dương triệt tiêu nhau.",
                "Nothing is squared: negative and positive errors cancel."),
        Mistake("absolute", lambda r, x: (r - x).abs().flatten(1).sum(1),
                "Bạn lấy trị tuyệt đối. Ở đây cần bình phương.",
                "You take absolute values. Here squares are needed."),
        Mistake("square_of_sum", lambda r, x: (r - x).flatten(1).sum(1) ** 2,
                "Bạn cộng trước rồi mới bình phương. Hãy bình phương từng điểm ảnh trước.",
                "You sum first and square afterwards. Square each pixel first."),
        Mistake("root", lambda r, x: squares(r, x).flatten(1).sum(1).sqrt(),
                "Bạn đã lấy căn: đó là khoảng cách giữa hai ảnh. Ở đây để nguyên tổng các bình phương.",
                "You took the root: that is the distance between the two images. Here the sum of squares stays as it is."),
        Mistake("halved", lambda r, x: squares(r, x).flatten(1).sum(1) / 2,
                "Kết quả chỉ bằng một nửa. Ở đây không có hệ số ½.",
                "The result is half of what it should be. There is no ½ here."),
    ],
)
# fmt: on


def check_image_errors(function: Callable) -> Result:
    """function(recon, x), each (N, C, H, W) → (N,): the squared error summed over the pixels of each image.

    Lesson 06: How large is the error?
    """
    return run(function, IMAGE_ERRORS)


# ---------------------------------------------------------------------------------------------- new images

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
    "uniform": ("z không có trung bình 0. Hãy xem lại: rand cho số phân bố đều trong [0, 1), còn prior là N(0, I).",
                "z does not have mean 0. Look again: rand gives uniform numbers in [0, 1), but the prior is N(0, I)."),
    "not_standard": ("z không tuân theo phân phối chuẩn có độ lệch chuẩn 1. Prior là N(0, I), không nhân thêm gì.",
                     "z does not follow a normal distribution with standard deviation 1. The prior is N(0, I), with nothing multiplied."),
    "shared_by_dimensions": ("Mọi chiều của z mang cùng một con số. Mỗi chiều cần một số ngẫu nhiên của riêng nó.",
                             "All dimensions of z hold the same number. Each dimension needs a random number of its own."),
    "clipped": ("z bị chặn lại: trong một trăm nghìn số từ N(0, 1) phải có những số vượt quá ±3,7, mà ở đây không có số nào. Hãy tìm clamp.",
                "z is cut off: among a hundred thousand numbers from N(0, 1) some lie beyond ±3.7, and here none does. Look for a clamp."),
    "reused": ("Có những số ngẫu nhiên được dùng lại, cho ảnh khác hay với dấu ngược lại. Mỗi phần tử của z cần một số mới.",
               "Some random numbers are used again, for another image or with the sign flipped. Every entry of z needs a fresh one."),
    "dependent": ("Các số trong z phụ thuộc nhau: biết số này là đoán được phần nào số kia. Hãy lấy tất cả bằng một lệnh randn, đừng trộn hay cộng dồn chúng.",
                  "The numbers in z depend on each other: one tells something of the next. Draw them all with one randn, and neither mix nor add them up."),
    "repeated": ("Gọi hai lần mà z y hệt nhau. Đừng đặt seed bên trong hàm.",
                 "Two calls give exactly the same z. Do not set a seed inside the function."),
    "changed": ("Ảnh trả về không phải là ảnh mà decoder đưa ra.",
                "The images returned are not those that the decoder gave."),
}
OTHER_LATENT_DIM = Failure("latent_dim", r"z: \(\d+, (2|16)\)",
                           "Ô chấm dùng latent_dim khác; hãy lấy nó từ model.latent_dim.",
                           "This check uses another latent_dim; take it from model.latent_dim.")
# fmt: on


# what noise may lack → the mistake, where z has a name of its own for it
NAMES = {"shared_by_batch": "same_z", "mean": "uniform", "scale": "not_standard", "not_gaussian": "not_standard"}


class RecordingDecoder(nn.Module):
    """Stands in for a trained model: decode remembers every z it is given; encode and forward remember that they ran.

    It tells its latent size as the kit's VAE does (latent_dim) and as the handout's does (by the sizes of its layers).
    """

    def __init__(self, latent_dim: int):
        super().__init__()
        self.latent_dim, self.latents, self.encoded, self.z_device = latent_dim, [], False, None
        self.weight = nn.Parameter(torch.randn(latent_dim, 784) / 8)
        self.fc_mu, self.fc_logvar = nn.Linear(64 * 7 * 7, latent_dim), nn.Linear(64 * 7 * 7, latent_dim)
        self.fc_decode = nn.Linear(latent_dim, 64 * 7 * 7)

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
    """Where the lesson's model stands."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def check_sample_prior(function: Callable) -> Result:
    """function(model, n) → n images decoded from z ~ N(0, I). Tried with stand-in models that remember their z.

    They stand on the GPU if there is one, as the lesson's model does. z is judged by its statistics over 100,000 entries.

    Lesson 06: Making new images
    """
    return judged(function, judge_prior_samples)


def judge_prior_samples(function: Callable) -> None:
    for n, latent_dim in ((5, 2), (3, 7)):
        first, again = (prior_samples(function, n, latent_dim)[1] for _ in range(2))
        refuse(torch.equal(first, again), "repeated", SAMPLE_PRIOR)
    images, z, model = prior_samples(function, 4000, 25)  # enough for statistics
    name = flaw(z.cpu())
    refuse(name, NAMES.get(name, name), SAMPLE_PRIOR)
    refuse(
        not torch.allclose(images.detach().flatten(1), model.decode(z).detach().flatten(1), atol=1e-4),
        "changed",
        SAMPLE_PRIOR,
    )


def prior_samples(function: Callable, n: int, latent_dim: int) -> tuple[Tensor, Tensor, RecordingDecoder]:
    """The student's images, the z that they were decoded from, and the model that did it."""
    model = RecordingDecoder(latent_dim).to(usual_device())
    images, _ = call(function, (model, n), [OTHER_LATENT_DIM])
    refuse(model.encoded, "encoder", SAMPLE_PRIOR)
    refuse(not model.latents, "no_decoder", SAMPLE_PRIOR)
    z_device, device = model.z_device, model.weight.device
    refuse(z_device != device, "device", SAMPLE_PRIOR, z=z_device, model=device)
    got = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
    refuse(got not in ((n, 1, 28, 28), (n, 784)), "shape", SAMPLE_PRIOR, got=got, n=n, wanted=(n, 1, 28, 28))
    z = torch.cat(model.latents)
    refuse(len(z) > 1 and (z - z[0]).abs().max() < 1e-6, "same_z", SAMPLE_PRIOR)
    return images, z, model
