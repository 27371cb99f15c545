# %% [markdown] lang="vi"
# # Bài 09 · Biến tiềm ẩn dùng để làm gì
#
# *Người ta nói autoencoder và VAE dùng để nén, khử nhiễu (denoising), giảm chiều (dimension reduction), phân loại, phát hiện bất thường (anomaly detection) và sinh ảnh. Dùng được, nhưng có **hơn** cách đơn giản nhất không?* Bài này làm cả sáu việc.
# Mỗi việc có một con số, một baseline (cách làm đơn giản để so, không cần mạng nơ-ron), và một nhận xét thẳng thắn: VAE kém ở chỗ nào. Bảng cuối bài gom lại tất cả.
#
# Cả bài mất khoảng một phút rưỡi trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 09 · What latents are for
#
# *Autoencoders and VAEs are said to be good for compression, denoising, dimension reduction, classification, anomaly detection and generation. They can do it, but do they do it **better** than the simplest way?* This lesson does all six.
# Each task has a number, a rival that needs no neural network, and a plain word on where the VAE loses. A table at the end gathers them all.
#
# The whole lesson takes about a minute and a half on two CPU cores.

# %%
import io

import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from IPython.display import Markdown
from PIL import Image, ImageDraw, ImageFont
from sklearn.decomposition import PCA
from torch import nn
from tqdm.auto import tqdm

from vae_helpers import checks, data, losses, metrics, models, plots, tr, training

N = 12_000  # training images; 60_000 is all of MNIST
everything, test_set = data.load_mnist(), data.load_mnist(train=False)
train_set = data.split(everything, [min(1, N / len(everything))], seed=0)[0]
# 1 on MNIST; without a network there are fewer images, shown more often
repeat = max(1, N // len(train_set))
# two sets that share no image
test, other = data.split(test_set, [min(0.5, 2000 / len(test_set))] * 2, seed=0)
x_train, y_train, x_test, y_test = (
    train_set.images,
    train_set.labels,
    test.images,
    test.labels,
)
print(train_set, "·", test)

# %% [markdown] lang="vi"
# Mô hình chính là `vae-16d` của bài 07: VAE tích chập (convolution), 16 chiều, đã học 60.000 ảnh huấn luyện, không dùng nhãn nào. Hai nghìn ảnh kiểm tra (test) lấy ngẫu nhiên ở trên thì nó chưa từng thấy. (Nếu máy không có Internet, bài học chạy trên những chữ số nhỏ của scikit-learn; đó là ảnh lạ đối với các mô hình học trên MNIST, nên các con số đo được không còn ý nghĩa.) Ba hàm nhỏ dùng suốt bài:

# %% [markdown] lang="en"
# The main model is `vae-16d` of lesson 07: a convolutional VAE with 16 dimensions that has learnt from the 60,000 training images, without any label. It has never seen the two thousand test images picked at random above. (Without a network the lesson runs on the small digits of scikit-learn; to models trained on MNIST those are foreign, and their numbers mean nothing then.) Three small helpers for the whole lesson:


# %%
@torch.no_grad()
def code(model, x):
    """The code of each image: mu of a VAE, z of an autoencoder."""
    z = model.encode(x)
    return z[0] if isinstance(z, tuple) else z


@torch.no_grad()
def recon(model, x):
    return model.decode(code(model, x))


def errors(recon, x):
    """Squared error of each image, summed over its pixels: (N,)."""
    return (recon - x).pow(2).flatten(1).sum(dim=1)


vae, vae_2d = models.load_pretrained("vae-16d"), models.load_pretrained("vae-2d")
for name, model in (("vae-16d", vae), ("vae-2d", vae_2d)):
    print(f"{name:8} {errors(recon(model, x_test), x_test).mean():.2f}")

# %% [markdown] lang="vi"
# ## 1 · Nén ảnh
#
# Một ảnh là 784 byte (mỗi điểm ảnh một byte), còn mã của nó là 16 số. Nhưng "16 số" là bao nhiêu byte? Không cần giữ đủ chữ số thập phân: chọn một bước $\Delta$ và làm tròn, $k_j = \mathrm{round}(z_j / \Delta)$. Đó là **lượng tử hóa** (quantization). Bên nhận giải mã $\Delta \cdot k$.
#
# Các số nguyên $k_j$ không xuất hiện đều nhau: số gần 0 thường gặp, số lớn hiếm gặp. Giá trị nào thường gặp thì cần được viết ngắn. Shannon (1948) cho biết ngắn đến đâu: tính trung bình cho mỗi ký hiệu, không cách mã hóa nào dùng ít bit hơn **entropy**
#
# $$H = -\sum_v p_v \log_2 p_v,$$
#
# với $p_v$ là tỉ lệ xuất hiện của giá trị $v$; và mã hóa số học (arithmetic coding) đạt gần đúng con số ấy. Tính tay: dãy $0, 0, 1, 2$ có $p = \tfrac12, \tfrac14, \tfrac14$, nên $H = \tfrac12 \cdot 1 + \tfrac14 \cdot 2 + \tfrac14 \cdot 2 = 1{,}5$ bit.
#
# ### Lượt của bạn
#
# `symbols` là một tensor số nguyên $(N,)$, có thể có số âm. Trả về $H$ tính bằng bit. Có sẵn `symbols.unique(return_counts=True)`.

# %% [markdown] lang="en"
# ## 1 · Compression
#
# An image is 784 bytes (one for each pixel), and its code is 16 numbers. But how many bytes are "16 numbers"? Not all the decimals are needed: choose a step $\Delta$ and round, $k_j = \mathrm{round}(z_j / \Delta)$. This is **quantization**. The receiver decodes $\Delta \cdot k$.
#
# The whole numbers $k_j$ are not equally frequent: those near 0 are common, large ones rare. What is common should be written short. Shannon (1948) tells how short: no coding takes fewer bits (on average for a symbol) than the **entropy**
#
# $$H = -\sum_v p_v \log_2 p_v,$$
#
# where $p_v$ is the share of the value $v$; and arithmetic coding comes close to it. By hand: the sequence $0, 0, 1, 2$ has $p = \tfrac12, \tfrac14, \tfrac14$, so $H = \tfrac12 \cdot 1 + \tfrac14 \cdot 2 + \tfrac14 \cdot 2 = 1.5$ bits.
#
# ### Your turn
#
# `symbols` is a tensor of whole numbers $(N,)$, which may be negative. Return $H$ in bits. You have `symbols.unique(return_counts=True)`.


# %% tags=["exercise"]
def entropy_bits(symbols):
    ### BEGIN SOLUTION
    counts = symbols.unique(return_counts=True)[1]
    p = counts / counts.sum()
    return -(p * torch.log2(p)).sum()
    ### END SOLUTION


# %%
checks.check_entropy_bits(entropy_bits)

# %% [markdown] lang="vi"
# Baseline thứ nhất là PCA: vẫn cách làm ấy, nhưng mã là 100 hệ số PCA. Bước $\Delta$ lớn biến phần lớn hệ số thành 0, mà một cột toàn số 0 thì tốn 0 bit, nên không cần chọn trước số hệ số đáng giữ: $\Delta$ tự làm việc ấy. Số byte của một ảnh là tổng entropy của các cột (mỗi số của mã là một cột, tính trên mọi ảnh kiểm tra), chia cho 8.
#
# ⏱ Khoảng 7 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# The first rival is PCA: the same way, but the code is 100 PCA coefficients. A large step $\Delta$ turns most of them into 0, and a column of zeros takes 0 bits, so it chooses by itself how many are worth keeping. The bytes of an image are the entropies of the columns (one for each number of the code, taken over all test images), summed and divided by 8.
#
# ⏱ About 7 seconds on two CPU cores.

# %%
from scipy.stats import entropy

pca = PCA(100, random_state=0).fit(x_train.flatten(1).numpy())


class PCAModel:
    """PCA with an autoencoder's encode and decode: its first d axes."""

    def __init__(self, d, pca=pca):
        self.mean, self.V = (
            torch.tensor(pca.mean_).view(1, 28, 28),
            torch.tensor(pca.components_[:d].T),
        )

    def encode(self, x):
        return (x - self.mean).flatten(1) @ self.V

    def decode(self, z):
        return (self.mean + (z @ self.V.T).view(-1, 1, 28, 28)).clamp(0, 1)


# %%
def rate_and_error(model, steps):
    """For each step: bytes per image (entropy of the rounded code) and error."""
    z, points = code(model, x_test), []
    for step in steps:
        k = (z / step).round()
        bits = sum(
            entropy(column.unique(return_counts=True)[1], base=2) for column in k.T
        )
        with torch.no_grad():
            points.append(
                (bits / 8, errors(model.decode(k * step), x_test).mean().item())
            )
    return np.array(points)


to_code = {
    "vae-16d": (vae, (0.25, 0.5, 1, 1.5)),
    "vae-2d": (vae_2d, (0.05, 0.3)),
    "PCA": (PCAModel(100), (0.4, 0.6, 0.8, 1, 1.3, 1.6, 2, 2.5, 3, 4)),
}
curves = {
    name: rate_and_error(*recipe) for name, recipe in tqdm(to_code.items(), leave=False)
}
for name, points in curves.items():
    cells = [f"{rate:.1f} B → {error:.1f}" for rate, error in points]
    for start in range(0, len(cells), 5):  # five to a line
        print(f"{'' if start else name:8}", "   ".join(cells[start : start + 5]))

# %% [markdown] lang="vi"
# Hai baseline nữa là JPEG và PNG. Tệp ảnh có **phần đầu** (header: kích thước, các bảng). Một ảnh 28 × 28 nhỏ đến mức phần đầu có thể lớn hơn chính ảnh; một tệp đen hoàn toàn cho biết phần đầu nặng bao nhiêu. Để công bằng, ta còn xếp mọi ảnh lên **một tấm** lớn, để cả nghìn ảnh chung một phần đầu.

# %% [markdown] lang="en"
# Two more rivals are JPEG and PNG. An image file has a **header** (size, tables). An image of 28 × 28 is so small that the header may outweigh it; the file of an all-black image tells how heavy it is. To be fair we also lay all images out on **one sheet**, so that thousands of them share a header.


# %%
def through_file(pixels, **options):
    """Pixels (H, W), uint8, to a file and back: its bytes, and the pixels read."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, optimize=True, **options)
    return len(file.getvalue()), np.asarray(Image.open(file))


def sheet(x):
    """All images on one, (H, W) uint8, in cells of 32: four by four JPEG blocks."""
    cells = F.pad(x, (2, 2, 2, 2))
    cells = torch.cat([cells, cells.new_zeros(-len(x) % 40, 1, 32, 32)]).view(
        -1, 40, 32, 32
    )
    return (cells.permute(0, 2, 1, 3).reshape(-1, 40 * 32) * 255).round().byte().numpy()


def cut(pixels):
    """A sheet back into the images (N, 1, 28, 28) of x_test."""
    cells = (
        torch.tensor(pixels).float().div(255).view(-1, 32, 40, 32).permute(0, 2, 1, 3)
    )
    return cells.reshape(-1, 1, 32, 32)[: len(x_test), :, 2:-2, 2:-2]


# %%
single = [(x * 255).round().byte().numpy() for x in x_test[:500, 0]]
black = np.zeros((28, 28), dtype=np.uint8)
for options in ({"format": "PNG"}, {"format": "JPEG", "quality": 10}):
    name = " ".join(map(str, options.values()))
    alone = np.mean([through_file(pixels, **options)[0] for pixels in single])
    shared = through_file(sheet(x_test), **options)[0] / len(x_test)
    print(
        f"{name:8} {tr('mỗi ảnh một tệp', 'one file each')}: {alone:.0f} B "
        f"({tr('ảnh đen', 'black')}: {through_file(black, **options)[0]} B)"
        f"   {tr('chung một tấm', 'on one sheet')}: {shared:.0f} B"
    )

# %%
curves["JPEG"], curves["PNG"] = [], []
for quality in (1, 5, 10, 20, 35, 50, 75, 95):
    size, pixels = through_file(sheet(x_test), format="JPEG", quality=quality)
    curves["JPEG"].append((size / len(x_test), errors(cut(pixels), x_test).mean()))
# PNG itself loses nothing; with fewer levels of grey it has less to write
for greys in (2, 3, 4, 8, 16, 256):
    rounded = (x_test * (greys - 1)).round() / (greys - 1)
    size, _ = through_file(sheet(rounded), format="PNG")
    curves["PNG"].append((size / len(x_test), errors(rounded, x_test).mean()))

plots.curves(
    {name: tuple(np.array(points).T) for name, points in curves.items()},
    log="x",
    markers=True,
    xlabel=tr("byte mỗi ảnh (thang log)", "bytes per image (log scale)"),
    ylabel=tr("sai số mỗi ảnh", "error per image"),
    title=tr(
        "Nén ảnh kiểm tra: càng gần góc dưới bên trái càng tốt",
        "Compressing test images: the lower left corner is best",
    ),
)

# %%
target = curves["vae-16d"][1][1]  # the error of vae-16d with Δ = 0.5
bytes_at_target = {"vae-16d": curves["vae-16d"][1][0]}
for name in ("PCA", "JPEG"):
    rate, error = np.array(sorted(curves[name], key=lambda point: point[1])).T
    bytes_at_target[name] = np.interp(target, error, rate)

print(
    tr(f"cùng sai số {target:.1f}:", f"at the same error {target:.1f}:"),
    {name: f"{size:.1f} B" for name, size in bytes_at_target.items()},
)
print(
    "PNG:", "   ".join(f"{rate:.1f} B → {error:.1f}" for rate, error in curves["PNG"])
)
decoder = sum(
    p.numel()
    for name, p in vae.named_parameters()
    if name.startswith(("fc_decode", "deconv", "conv_final"))
)
print(f"decoder: vae-16d {4 * decoder:,} B, PCA {4 * (pca.components_.size + 784):,} B")


# %%
def draw(letters, seed=0):
    """Letters as images (N, 1, 28, 28), each a little tilted and shifted."""
    font = ImageFont.truetype(
        f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", 22
    )
    random, images = np.random.default_rng(seed), []
    for letter in letters:
        image = Image.new("L", (28, 28))
        ImageDraw.Draw(image).text(
            (14, 14) + random.uniform(-1, 1, 2),
            letter,
            fill=255,
            font=font,
            anchor="mm",
        )
        images.append(
            np.asarray(image.rotate(random.uniform(-15, 15), Image.Resampling.BILINEAR))
        )
    return torch.tensor(np.stack(images)).float().div(255).unsqueeze(1)


both = torch.cat([x_test[:5], draw("AHKRW")])
rows = {
    tr("gốc", "original"): both,
    "vae-16d": recon(vae, both),
    "PCA 16": recon(PCAModel(16), both),
}
plots.plot_images(rows, title=tr("Chữ số và chữ cái", "Digits and letters"))

# %% [markdown] lang="vi"
# *Hình trên: mỗi đường là một cách nén; càng xuống thấp càng giống ảnh gốc, càng sang trái càng ít byte. Hình dưới: hàng giữa là `vae-16d`, hàng cuối là PCA với 16 số. Năm chữ số được vẽ lại gần như nguyên vẹn; trong năm chữ cái, A và R vẫn đọc được, còn H, K, W thành những hình giống chữ số mà không phải chữ số.*
#
# Với cùng sai số 7,6, `vae-16d` cần 5,8 byte, PCA 16,3, JPEG 41,1 (nội suy giữa các điểm), còn PNG thì không so được ở đúng mức ấy: nó vốn không làm mất gì, nên ta đưa cho nó những ảnh đã bớt số mức xám, và bớt đến mức chỉ còn đen với trắng (hình thoi trái nhất), nó vẫn cần 43,9 byte, với sai số 6,7. Bài 07 đã báo trước cỡ của những con số này, dù không phải đúng từng con số (bước $\Delta$ là do ta chọn): KL của `vae-16d` là 51 nat, tức 74 bit hay 9,2 byte; bước $\Delta = 0{,}25$ cần 7,8 byte. Nhưng còn những điều kiện kèm theo:
#
# - **VAE không bao giờ chính xác.** Thêm bao nhiêu byte, sai số cũng không xuống dưới 4,95. PCA với 29 byte đã xuống đến 4,5; PNG, với 168 byte, trả lại đúng từng điểm ảnh.
# - **Bên nhận phải có decoder**: 306.180 byte. So với JPEG, mỗi ảnh bớt được 35 byte, nên phải gửi khoảng 8.700 ảnh mới hòa vốn. (100 trục PCA cũng nặng chừng ấy: 316.736 byte.)
# - **Nó chỉ biết chữ số.** PNG và JPEG nén được mọi ảnh; phần lớn chữ cái đi qua VAE thì hỏng.
# - Số byte của VAE và PCA là entropy, ước lượng trên chính những ảnh này và chưa kể bảng xác suất; số byte của PNG và JPEG là của tệp thật. Nếu mỗi ảnh một tệp riêng thì PNG và JPEG còn thua xa hơn nữa: 276 và 241 byte, mà riêng một ảnh đen hoàn toàn đã là 73 và 164 byte.
#
# ## 2 · Khử nhiễu
#
# Trước hết cần một thước đo. Giới xử lý ảnh quen dùng **PSNR** (tỉ số tín hiệu đỉnh trên nhiễu, peak signal-to-noise ratio), tính bằng decibel (dB). Với ảnh có giá trị trong $[0, 1]$:
#
# $$\mathrm{PSNR} = 10 \log_{10} \frac{1}{\mathrm{MSE}}, \qquad \mathrm{MSE} = \frac{1}{784} \sum_i (\hat x_i - x_i)^2.$$
#
# Càng lớn càng tốt; MSE giảm mười lần thì PSNR tăng 10 dB. Tính tay: nếu mọi điểm ảnh đều lệch 0,1 thì $\mathrm{MSE} = 0{,}01$ và $\mathrm{PSNR} = 20$ dB.
#
# ### Lượt của bạn
#
# `recon` và `x` có kích thước $(N, C, H, W)$. Trả về PSNR của **từng ảnh**, kích thước $(N,)$; ảnh có thể không phải 28 × 28, nên 784 trong công thức thành số giá trị $C \cdot H \cdot W$ của một ảnh. Có sẵn `torch.log10` và `.flatten(1)`.

# %% [markdown] lang="en"
# *First figure: each curve is a way to compress; lower is closer to the original, further left is fewer bytes. Second figure: the middle row is `vae-16d`, the last is PCA with 16 numbers. The five digits are redrawn almost untouched; of the five letters A and R can still be read, while H, K, W turn into shapes that resemble digits and are none.*
#
# At the same error, 7.6, `vae-16d` takes 5.8 bytes, PCA 16.3, JPEG 41.1 (read off between two points). PNG cannot be compared at just that error: it loses nothing by itself, so we gave it images with fewer levels of grey, and even with black and white only (the leftmost diamond) it takes 43.9 bytes, at an error of 6.7. Lesson 07 foretold the order of magnitude, though not the exact numbers (the step $\Delta$ is our choice): the KL of `vae-16d` is 51 nats, that is 74 bits or 9.2 bytes; the step $\Delta = 0.25$ takes 7.8 bytes. But read the small print too:
#
# - **The VAE is never exact.** However many bytes are added, the error stays above 4.95. PCA reaches 4.5 with 29 bytes; PNG, with 168 bytes, returns every pixel as it was.
# - **The receiver needs the decoder**: 306,180 bytes. Against JPEG each image saves 35 bytes, so it takes some 8,700 images to break even. (100 axes of PCA weigh as much: 316,736 bytes.)
# - **It knows digits only.** PNG and JPEG compress any image; most letters do not survive the VAE.
# - The bytes of the VAE and of PCA are entropies, estimated on these very images and without the table of probabilities; those of PNG and JPEG are of real files. With one file for each image PNG and JPEG fall back further still: 276 and 241 bytes, where an all-black image is 73 and 164 bytes already.
#
# ## 2 · Denoising
#
# A measure first. People who work with images use the **PSNR** (peak signal-to-noise ratio), in decibels (dB). For images with values in $[0, 1]$:
#
# $$\mathrm{PSNR} = 10 \log_{10} \frac{1}{\mathrm{MSE}}, \qquad \mathrm{MSE} = \frac{1}{784} \sum_i (\hat x_i - x_i)^2.$$
#
# Larger is better; a tenth of the MSE is 10 dB more. By hand: if every pixel is off by 0.1, then $\mathrm{MSE} = 0.01$ and $\mathrm{PSNR} = 20$ dB.
#
# ### Your turn
#
# `recon` and `x` have shape $(N, C, H, W)$. Return the PSNR of **each image**, of shape $(N,)$; images need not be 28 × 28, so the 784 of the formula becomes the number $C \cdot H \cdot W$ of values in an image. You have `torch.log10` and `.flatten(1)`.


# %% tags=["exercise"]
def psnr(recon, x):
    ### BEGIN SOLUTION
    mse = ((recon - x) ** 2).flatten(1).mean(dim=1)
    return 10 * torch.log10(1 / mse)
    ### END SOLUTION


# %%
checks.check_psnr(psnr)

# %% [markdown] lang="vi"
# Hai mạng dự thi. `vae-16d` chưa từng thấy ảnh nhiễu. **Autoencoder khử nhiễu** của bài 08 thì được luyện cho việc này. Công thức luyện gồm ba điều, điều nào cũng có lý do:
#
# - đầu vào là ảnh **có nhiễu**;
# - đích để so sánh là ảnh **sạch**: nếu so với ảnh có nhiễu, mạng sẽ được thưởng vì giữ nhiễu lại;
# - mỗi batch rút nhiễu **mới**: nhiễu cố định có thể bị học thuộc.
#
# `fit` so kết quả với ảnh sạch, nên chỉ cần thêm nhiễu bên trong `forward`. (`add_noise` cắt ảnh về $[0, 1]$; phép cắt chỉ để các giá trị luôn hợp lệ, không khử được nhiễu.)
#
# ⏱ Khoảng 6 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# Two networks compete. `vae-16d` has never met a noisy image. The **denoising autoencoder** of lesson 08 is trained for it. The recipe has three parts, each for a reason:
#
# - the input is the **noisy** image;
# - the target is the **clean** one: compared with the noisy image the network would be rewarded for keeping the noise;
# - every batch draws **fresh** noise: fixed noise could be learnt by heart.
#
# `fit` compares the result with the clean image, so noise inside `forward` is all that is needed. (`add_noise` cuts the image off to $[0, 1]$; that only keeps values valid, it removes no noise.)
#
# ⏱ About 6 seconds on two CPU cores; a GPU is much faster.

# %%
amounts = {
    "gaussian": (0.1, 0.2, 0.35, 0.5),
    "mask": (0.1, 0.25, 0.5, 0.7),
    "salt-pepper": (0.05, 0.1, 0.2, 0.4),
}


def spoil(x):
    """The batch x with one kind of noise, of any amount up to the largest."""
    kind = list(amounts)[torch.randint(3, ())]
    return data.add_noise(x, kind, amounts[kind][-1] * torch.rand(()).item())


class DenoisingAutoencoder(models.MLPAutoencoder):
    def forward(self, x):
        return super().forward(spoil(x) if self.training else x)


def recon_loss(recon, x, z):
    return losses.reconstruction_loss(recon, x)


# 30 * repeat epochs, with N = 60_000 in the cell with the imports, is the full training
recipe = {
    "epochs": 8 * repeat,
    "batch_size": 128,
    "lr": 8e-3,
    "schedule": "one-cycle",
    "log_dir": None,
    "seed": 0,
}
torch.manual_seed(0)
denoiser = DenoisingAutoencoder(latent_dim=32)
history = training.fit(denoiser, train_set, loss=recon_loss, **recipe)

# %% [markdown] lang="vi"
# Ba baseline không có mạng nơ-ron. Thứ nhất: **không làm gì** cả. Thứ hai: **bộ lọc trung vị** (median filter), không học gì, thay mỗi điểm ảnh bằng giá trị đứng giữa trong ô 3 × 3 quanh nó. Thứ ba, một baseline cũng được học: **ánh xạ tuyến tính** (linear map) $\hat x = W^\top s$ tốt nhất từ ảnh nhiễu $s$ (thêm một số 1 ở cuối) sang ảnh sạch $x$. Tốt nhất nghĩa là tổng bình phương sai số nhỏ nhất; $W$ là nghiệm của $\left(\sum s s^\top\right) W = \sum s x^\top$, không cần gradient descent. Nó được xem đúng những gì mạng được xem: cùng 12.000 ảnh, cùng hỗn hợp ba loại nhiễu, cùng 8 epoch.
#
# ⏱ Khoảng 7 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# Three rivals without a neural network. First: **doing nothing**. Second: the **median filter**, which learns nothing: each pixel becomes the middle value of the 3 × 3 square around it. Third, a rival that may learn too: the best **linear map** $\hat x = W^\top s$ from a noisy image $s$ (with a 1 at its end) to the clean one $x$. Best means the least sum of squared errors; $W$ solves $\left(\sum s s^\top\right) W = \sum s x^\top$, and no gradient descent is needed. It gets to see just what the network sees: the same 12,000 images, the same mixture of three kinds of noise, the same 8 epochs.
#
# ⏱ About 7 seconds on two CPU cores.


# %%
def with_one(x):
    """Images as rows, each with a 1 at its end for the offset: (N, 785)."""
    return F.pad(x.flatten(1), (0, 1), value=1)


torch.manual_seed(0)
S_S = S_x = 0
for _ in range(recipe["epochs"]):
    for x in x_train.split(128):
        S = with_one(spoil(x))
        S_S, S_x = S_S + S.T @ S, S_x + S.T @ x.flatten(1)
W = torch.linalg.solve(S_S, S_x)

# %%
from scipy.ndimage import median_filter

denoiser.cpu().eval()
few = x_test[:500]
cleaners = {
    tr("không làm gì", "doing nothing"): lambda x: x,
    tr("lọc trung vị 3 × 3", "median filter 3 × 3"): lambda x: torch.tensor(
        median_filter(x.numpy(), size=(1, 1, 3, 3))
    ),
    tr("ánh xạ tuyến tính", "linear map"): lambda x: (
        (with_one(x) @ W).view_as(x).clamp(0, 1)
    ),
    "vae-16d": lambda x: recon(vae, x),
    tr("AE khử nhiễu", "denoising AE"): lambda x: recon(denoiser, x),
}
torch.manual_seed(0)
noisy = {
    kind: [data.add_noise(few, kind, amount) for amount in levels]
    for kind, levels in amounts.items()
}
scores = {
    kind: {
        name: [metrics.psnr(clean(x), few).mean().item() for x in images]
        for name, clean in cleaners.items()
    }
    for kind, images in noisy.items()
}

# %%
noise_names = {
    "gaussian": tr("nhiễu Gauss: σ", "Gaussian: σ"),
    "mask": tr("nhiễu che: tỉ lệ", "masking: share"),
    "salt-pepper": tr("nhiễu muối tiêu: tỉ lệ", "salt-and-pepper: share"),
}
panels = {}
for kind, name in noise_names.items():
    panels[name] = {}
    for cleaner, values in scores[kind].items():
        panels[name][cleaner] = amounts[kind], values
        cells = [f"{a}: {v:.1f}" for a, v in zip(amounts[kind], values, strict=True)]
        print(f"{name:25} {cleaner:20}", "  ".join(cells))
plots.curves(
    panels,
    markers=True,
    ylim=(5, 25),
    ylabel="PSNR (dB)",
    title=tr(
        "Ảnh sạch đến đâu sau khi khử nhiễu (trung bình 500 ảnh)",
        "How clean the images come out (mean of 500)",
    ),
)

# %%
shown = [
    x[5:8] for x in (noisy["gaussian"][2], noisy["mask"][2], noisy["salt-pepper"][1])
]
plots.plot_images(
    {name: torch.cat([clean(x) for x in shown]) for name, clean in cleaners.items()},
    title=tr("Ba chữ số, ba loại nhiễu", "Three digits, three kinds of noise"),
)

# %% [markdown] lang="vi"
# *Hình trên: càng sang phải càng nhiều nhiễu; đường màu lam là không làm gì. Đường của autoencoder khử nhiễu gần như nằm ngang, đường của ánh xạ tuyến tính dốc hơn: chúng cắt nhau khi nhiễu đã nặng. Hình dưới: ba chữ số, ba cột đầu với nhiễu Gauss ($\sigma = 0{,}35$), ba cột giữa với nhiễu che (masking noise; 50 %), ba cột cuối với nhiễu muối tiêu (salt-and-pepper noise; 10 %).*
#
# - **Nhiễu rất nặng: autoencoder khử nhiễu thắng**, khi che 50 % (16,9 dB, đứng nhì là ánh xạ tuyến tính: 16,1), khi che 70 % (15,1 và 13,9), khi nhiễu muối tiêu 40 % (16,1 và 15,7). Nó biết chữ số trông thế nào, nên vẽ lại được cả phần đã mất. Ở $\sigma = 0{,}5$ thì hòa (đều 17,0).
# - **Nhiễu vừa và nhẹ: nó thua một ánh xạ tuyến tính** (18,0 và 19,2 dB ở $\sigma = 0{,}35$; 18,3 và 19,5 khi che 25 %). Ở $\sigma = 0{,}1$, nó cho 18,8 dB, còn không làm gì đã là 22,7. Ảnh nào qua mạng cũng bị vẽ lại, kể cả những nét vốn đã sạch, và mạng này, mới học 8 epoch, vẽ chưa khéo. Với 30 epoch, chúng tôi đo được 21,1 dB ở $\sigma = 0{,}1$, vẫn thua ánh xạ tuyến tính (23,0), nhưng 19,6 ở $\sigma = 0{,}35$, tức là đã hơn. Vậy không thể chỉ đổ cho nút thắt cổ chai (bottleneck) 32 số; `vae-16d` chỉ có 16 số mà được 22,1 dB, nhưng nó là mạng tích chập và đã học cả 60.000 ảnh.
# - **Bộ lọc trung vị thắng khi nhiễu muối tiêu không quá 10 %** (22,4 và 21,0 dB), không cần huấn luyện: một chấm lẻ gần như không bao giờ đứng giữa 9 giá trị. Với nhiễu che thì nó làm ảnh xấu đi, vì nó coi nét chữ thủng là chấm lẻ.
# - **`vae-16d`** chưa từng học khử nhiễu. Khi nhiễu không nặng, bottleneck của nó cũng bỏ được hạt nhiễu ($\sigma = 0{,}2$: 19,1 dB, không làm gì 16,7), và với nhiễu che 10 % nó chỉ kém ánh xạ tuyến tính (21,2 và 21,8 dB). Khi nhiễu nặng, nó có thể vẽ ra chữ số khác: ở cột đầu, số 1 thành một hình giống số 2. VAE không tự nhiên mà biết khử nhiễu: muốn thế, phải luyện.
#
# Cũng nên nhớ đây là sân nhà của mạng khử nhiễu và của ánh xạ tuyến tính: chúng được luyện với đúng ba loại nhiễu này, đến đúng những mức này.
#
# ## 3 · Giảm chiều
#
# Một ảnh thành một điểm trên mặt phẳng: bản đồ nào giữ được láng giềng? Bốn cách vẽ bản đồ:
#
# - **PCA** với hai trục;
# - `ae-2d` và `vae-2d`: mã hai chiều của một autoencoder thường và của một VAE;
# - **t-SNE** (van der Maaten & Hinton, 2008): dời chính các *điểm* trên mặt phẳng sao cho láng giềng vẫn là láng giềng. Không có encoder, không có decoder.
#
# Ba con số, đều từ 0 đến 1:
#
# - **giữ láng giềng**: trong 10 điểm gần nhất trên bản đồ, tỉ lệ những điểm cũng thuộc 10 ảnh gần nhất (tính theo điểm ảnh);
# - **độ tin cậy** (trustworthiness; Venna & Kaski, 2001): như trên nhưng nhẹ tay hơn, một láng giềng giả bị trừ điểm theo thứ hạng thật của nó: thật ra càng ở xa thì trừ càng nặng;
# - **cùng nhãn**: trong 10 điểm gần nhất trên bản đồ, tỉ lệ những điểm cùng chữ số. Không bản đồ nào được biết nhãn.
#
# Để có mốc so, ta chấm thêm một bản đồ rải điểm ngẫu nhiên.
#
# ⏱ Khoảng 5 giây trên CPU hai nhân (t-SNE), trên GPU cũng vậy.

# %% [markdown] lang="en"
# *First figure: the further right, the more noise; the blue line is doing nothing. The line of the denoising autoencoder is nearly level, that of the linear map steeper: they cross when the noise is heavy. Second figure: three digits, with Gaussian noise ($\sigma = 0.35$) in the first three columns, masking noise (50%) in the next three, salt-and-pepper noise (10%) in the last three.*
#
# - **Very heavy noise: the denoising autoencoder wins**, with 50% masked (16.9 dB; the linear map comes second with 16.1), with 70% masked (15.1 and 13.9) and with 40% salt-and-pepper (16.1 and 15.7). It knows what digits look like, so it can redraw even what is lost. At $\sigma = 0.5$ it is a draw (both 17.0).
# - **Moderate and light noise: it loses to a linear map** (18.0 and 19.2 dB at $\sigma = 0.35$; 18.3 and 19.5 with 25% masked). At $\sigma = 0.1$ it gives 18.8 dB, where doing nothing is 22.7. Every image that passes the network is redrawn, strokes that were clean included, and this network, after 8 epochs, does not draw very well yet. With 30 epochs we measured 21.1 dB at $\sigma = 0.1$, still less than the linear map's 23.0, but 19.6 at $\sigma = 0.35$, now ahead of it. So the bottleneck of 32 numbers cannot take all the blame; `vae-16d` has only 16 and reaches 22.1 dB, but it is convolutional and has learnt from all 60,000 images.
# - **The median filter wins for salt-and-pepper noise up to 10%** (22.4 and 21.0 dB), with no training: a lone dot is hardly ever in the middle of 9 values. Under masking noise it makes things worse, because it takes a broken stroke for lone dots.
# - **`vae-16d`** has never learnt to denoise. With moderate noise its bottleneck drops the grain too ($\sigma = 0.2$: 19.1 dB, doing nothing 16.7), and with 10% masked it is second only to the linear map (21.2 and 21.8 dB). With heavy noise it may draw another digit: in the first column the 1 becomes something like a 2. A VAE does not denoise by nature: it must be trained to.
#
# Remember, too, that the denoising network and the linear map play at home: they were trained on just these three kinds of noise, up to just these amounts.
#
# ## 3 · Dimension reduction
#
# An image becomes a point in the plane: which map keeps the neighbours? Four ways to draw one:
#
# - **PCA** with two axes;
# - `ae-2d` and `vae-2d`: the two-dimensional codes of a plain autoencoder and of a VAE;
# - **t-SNE** (van der Maaten & Hinton, 2008): moves the *points* themselves about the plane until neighbours stay neighbours. No encoder, no decoder.
#
# Three numbers, all from 0 to 1:
#
# - **neighbours kept**: of the 10 nearest points on the map, the share that are also among the 10 nearest images (by their pixels);
# - **trustworthiness** (Venna & Kaski, 2001): the same with a lighter hand, where a false neighbour costs by its true rank: the farther, the more;
# - **same label**: of the 10 nearest points on the map, the share that show the same digit. No map is told the labels.
#
# As a yardstick we also score a map of points strewn at random.
#
# ⏱ About 5 seconds on two CPU cores (t-SNE), the same with a GPU.

# %%
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import NearestNeighbors

x_map, y_map = x_test[:1000], y_test[:1000]
flat = x_map.flatten(1).numpy()
maps = {
    "PCA": PCAModel(2).encode(x_map).numpy(),
    "ae-2d": code(models.load_pretrained("ae-2d"), x_map).numpy(),
    "vae-2d": code(vae_2d, x_map).numpy(),
    "t-SNE": TSNE(init="pca", random_state=0).fit_transform(flat),
}


# %%
def nearest(points, k=10):
    """For each point the indices of its k nearest others."""
    return NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False)


def judge_map(points):
    near, truly_near = nearest(points), nearest(flat)
    kept = np.mean(
        [len(set(a) & set(b)) / 10 for a, b in zip(near, truly_near, strict=True)]
    )
    same = (y_map[near] == y_map[:, None]).float().mean().item()
    return kept, trustworthiness(flat, points, n_neighbors=10), same


map_scores = {name: judge_map(points) for name, points in maps.items()}
map_scores[tr("điểm ngẫu nhiên", "random points")] = judge_map(
    np.random.default_rng(0).random((len(flat), 2))
)
head = tr(
    "bản đồ | giữ láng giềng | độ tin cậy | cùng nhãn",
    "map | neighbours kept | trustworthiness | same label",
)
rows = [head, "--- | ---: | ---: | ---:"] + [
    f"{name} | {a:.2f} | {b:.3f} | {c:.2f}" for name, (a, b, c) in map_scores.items()
]
Markdown("\n".join(f"| {row} |" for row in rows))

# %%
figure = plots.plot_latent(maps, y_map, limits="own")
figure.suptitle(
    tr("Một nghìn ảnh kiểm tra trên bốn bản đồ", "A thousand test images on four maps")
)
figure

# %% [markdown] lang="vi"
# *Hình: mỗi chấm là một ảnh, mỗi màu một chữ số; hình tròn trắng ghi chữ số, đặt ở trung vị các chấm của nó. Trên bản đồ PCA chỉ 0 và 1 đứng riêng; `ae-2d` tách thêm được một phần số 7 (phần kia lẫn với 9), `vae-2d` tách thêm 7 và 2, còn lại chen nhau ở giữa; t-SNE tách gần hết thành từng đảo, nhưng 4 và 9 lẫn vào nhau, còn 2 vỡ thành vài mảnh.*
#
# **VAE thua t-SNE** ở cả ba con số: nó giữ 29 % láng giềng, t-SNE giữ 53 %. Nó hơn PCA (12 %) rõ rệt, và ngang với autoencoder thường (28 %): KL không làm bản đồ tốt lên. Cuộc đua cũng không hoàn toàn cân sức: t-SNE được dời chính một nghìn điểm này, còn hai encoder chưa từng thấy chúng. Đổi lại, t-SNE không có encoder (thêm một ảnh thì phải chạy lại từ đầu), không có decoder (một điểm trên bản đồ không cho ảnh nào), và khoảng cách giữa các đảo không nói lên được bao nhiêu. Chỉ để nhìn dữ liệu thì dùng t-SNE; để mã hóa ảnh mới hay đi dạo trên bản đồ (bài 07) thì dùng VAE.
#
# ## 4 · Phân loại trên z
#
# Trong z không có sẵn xác suất của các lớp: z không phải là bộ phân loại. Nhưng có thể *đặt một bộ phân loại lên trên* z. Ảnh không nhãn thì nhiều và rẻ, nhãn thì đắt: VAE học từ mọi ảnh, bộ phân loại chỉ học từ vài ảnh có nhãn (đây là mô hình M1 của Kingma và cộng sự, 2014). Ta so ba cách mô tả một ảnh:
#
# - **điểm ảnh**: 784 số; **PCA 16**: 16 số; **z**: $\mu$ của `vae-16d`, 16 số,
#
# với hai bộ phân loại của scikit-learn, **hồi quy logistic** (logistic regression: một lớp tuyến tính rồi softmax) và **k-NN** (k láng giềng gần nhất, k-nearest neighbours; ở đây là nhãn của đa số trong 3 ảnh gần nhất), và với 100, 1.000 hay mọi nhãn. Khi chỉ có 100 nhãn, kết quả tùy vào *những* ảnh nào có nhãn, nên ta rút mười lần, ghi trung bình ± độ lệch chuẩn (standard deviation).
#
# ⏱ Khoảng 10 giây trên CPU hai nhân; scikit-learn không dùng GPU.

# %% [markdown] lang="en"
# *The figure: each dot is an image, each colour a digit; a white disc carries the digit, at its median. On PCA's map only 0 and 1 stand apart; `ae-2d` also sets part of the 7s apart (the rest mixes with the 9s), `vae-2d` 7 and 2, while the rest crowds together in the middle; t-SNE makes islands of nearly all, but 4 and 9 are mixed and the 2 is in several pieces.*
#
# **The VAE loses to t-SNE** by all three numbers: it keeps 29% of the neighbours, t-SNE 53%. It is clearly ahead of PCA (12%) and level with the plain autoencoder (28%): the KL does not improve the map. Nor is the race quite even: t-SNE may move these very thousand points, while the two encoders have never seen them. In return t-SNE has no encoder (one more image, and it must run again from the start), no decoder (a point on the map gives no image), and the distances between its islands tell little. To look at data, use t-SNE; to encode new images or to walk about the map (lesson 07), use a VAE.
#
# ## 4 · Classification on z
#
# There are no class probabilities in z: z is no classifier. But a classifier can be *put on top of* z. Images without labels are many and cheap, labels are dear: the VAE learns from all images, the classifier from the few with labels (model M1 of Kingma et al., 2014). Compare three descriptions of an image:
#
# - **pixels**: 784 numbers; **PCA 16**: 16 numbers; **z**: $\mu$ of `vae-16d`, 16 numbers,
#
# with two classifiers of scikit-learn, **logistic regression** (one linear layer with a softmax) and **k-NN** (k nearest neighbours; here the label that most of the 3 nearest images have), and with 100, 1,000 or all labels. With only 100 labels the result depends on *which* images have them, so we draw ten times and give the mean ± the standard deviation.
#
# ⏱ About 10 seconds on two CPU cores; scikit-learn does not use a GPU.

# %%
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

features = {
    tr("điểm ảnh", "pixels"): lambda x: x.flatten(1),
    "PCA 16": PCAModel(16).encode,
    "z": lambda x: torch.cat([code(vae, part) for part in x.split(2000)]),
}
seen = {name: describe(x_train).numpy() for name, describe in features.items()}
unseen = {name: describe(x_test).numpy() for name, describe in features.items()}
classifiers = {
    tr("hồi quy logistic", "logistic regression"): LogisticRegression(max_iter=1000),
    "k-NN": KNeighborsClassifier(3),
}
draws = {100: 10, 1000: 3, len(x_train): 1}  # labels: how many times they are drawn


def accuracies(name, classifier, labels):
    """Test images classified rightly (%), for each draw of the labelled images."""
    for draw in range(draws[labels]):
        chosen = torch.randperm(
            len(x_train), generator=torch.Generator().manual_seed(draw)
        )[:labels]
        classifier.fit(seen[name][chosen], y_train[chosen])
        yield 100 * classifier.score(unseen[name], y_test)


# %%
results = {}
for name in tqdm(features, leave=False):
    for kind, classifier in classifiers.items():
        results[name, kind] = [
            list(accuracies(name, classifier, labels)) for labels in draws
        ]

head = tr("cách mô tả ảnh | bộ phân loại", "the image as… | classifier") + "".join(
    f" | {n:,}".replace(",", tr(".", ",")) + tr(" nhãn", " labels") for n in draws
)
rows = [head, "--- | --- | ---: | ---: | ---:"]
for (name, kind), columns in results.items():
    cells = [
        f"{np.mean(values):.1f}"
        + (f" ± {np.std(values):.1f}" if len(values) > 1 else "")
        for values in columns
    ]
    rows.append(f"{name} | {kind} | {' | '.join(cells)}")
Markdown("\n".join(f"| {row} |" for row in rows))

# %% [markdown] lang="vi"
# Khi có đủ nhãn thì còn một baseline nữa: một mạng tích chập nhỏ học thẳng từ nhãn. Vòng lặp huấn luyện (training loop) gói gọn trong vài dòng. Mạng này còn được dùng lại ở phần 6, làm **giám khảo** của ảnh sinh ra.
#
# ⏱ Khoảng 5 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# One more rival when there are labels enough: a small convolutional network that learns from them directly. The training loop is a few lines. Section 6 uses this network again, as the **judge** of generated images.
#
# ⏱ About 5 seconds on two CPU cores; a GPU is much faster.

# %%
torch.manual_seed(0)
judge = nn.Sequential(
    *(
        nn.Conv2d(1, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
    ),
    *(nn.Flatten(), nn.Linear(32 * 7 * 7, 64), nn.ReLU(), nn.Linear(64, 10)),
)
optimizer = torch.optim.Adam(judge.parameters())
epochs, batches = 4 * repeat, -(-len(x_train) // 100)
schedule = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, max_lr=4e-3, total_steps=epochs * batches
)
for _ in tqdm(range(epochs), desc="Epoch", leave=False):
    for chosen in torch.randperm(len(x_train)).split(100):
        loss = F.cross_entropy(judge(x_train[chosen]), y_train[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()

with torch.no_grad():
    judge_accuracy = (judge(x_test).argmax(dim=1) == y_test).float().mean().item()
print(tr("giám khảo, mọi nhãn:", "judge, all labels:"), f"{100 * judge_accuracy:.1f}")

# %% [markdown] lang="vi"
# *Bảng: mỗi ô là phần trăm ảnh kiểm tra được đọc đúng.*
#
# - **100 nhãn: z thắng rõ.** Hồi quy logistic trên z đúng 83,8 %, trên điểm ảnh 72,1 %, với cùng mười lần rút nhãn cho cả ba cách mô tả. Và cũng không phải nhờ ít số hơn: PCA cũng 16 số, chỉ được 70,9 %.
# - **1.000 nhãn:** z vẫn dẫn (93,9 % so với 88,5 % của PCA, đều với k-NN), nhưng khoảng cách đã hẹp hơn.
# - **Mọi nhãn: z hết lợi thế.** k-NN trên z (96,9 %) còn hơn k-NN trên điểm ảnh (95,3 %), nhưng mạng học thẳng từ nhãn đạt 97,1 %. Khoảng cách ấy chưa lớn hơn sai số của phép đo (với 2.000 ảnh, khoảng 0,4 %). Với cả 60.000 nhãn (`N = 60_000`), chúng tôi đo được 98,2 % cho k-NN trên z, 97,1 % cho k-NN trên điểm ảnh, và 98,8 % cho mạng ấy: lúc này khoảng cách là thật. Khi nhãn không thiếu, VAE chẳng giúp gì: z giữ những gì cần để *vẽ lại* ảnh, không phải những gì cần để *phân biệt* các lớp.
#
# So sánh có công bằng không? VAE đã thấy 60.000 ảnh huấn luyện (PCA ở bài này: 12.000), nhưng không thấy nhãn, và chưa từng thấy ảnh kiểm tra. Đó đúng là tình huống bán giám sát (semi-supervised) hay gặp: nhiều ảnh, ít nhãn. (Hồi quy logistic trên điểm ảnh ở đây dùng mức phạt mặc định; với `C=0.1`, chúng tôi đo được 92,0 % thay cho 90,4 % khi có mọi nhãn, còn với 100 nhãn thì không khá hơn.)
#
# ## 5 · Phát hiện bất thường
#
# Một mô hình chỉ thấy ảnh bình thường; đưa cho nó một ảnh lạ, liệu nó có "ngạc nhiên"? Người ta dùng cách này để tìm giao dịch gian lận hay lỗi trong nhà máy, nơi cái bình thường thì nhiều, còn cái bất thường thì hiếm và không biết trước. Điểm số càng cao nghĩa là càng lạ:
#
# - **sai số** tái tạo $\|x - \hat x\|^2$;
# - **−ELBO** $= B \|x - \hat x\|^2 + \mathrm{KL}$ với một mẫu $z$ (bài 04): ước lượng của một cận trên của $-\log p(x)$, không kể hằng số.
#
# Hai baseline: sai số của **PCA**, và **khoảng cách** đến ảnh bình thường gần nhất trong tập huấn luyện.
#
# Khi chưa chọn ngưỡng, làm sao biết một điểm số tốt đến đâu? **AUROC** (area under the ROC curve: diện tích dưới đường cong ROC, mà ở đây ta không cần vẽ) là xác suất để một ảnh lạ có điểm cao hơn một ảnh bình thường, cả hai lấy ngẫu nhiên; bằng điểm thì tính một nửa. 1 là tách hoàn toàn, 0,5 là đoán mò, *dưới* 0,5 là tệ hơn đoán mò. Tính tay: bình thường 1, 2, 3; lạ 2, 4. Trong 6 cặp, ảnh lạ có điểm 4 thắng cả ba ảnh bình thường; ảnh lạ có điểm 2 thắng ảnh có điểm 1, hòa với ảnh có điểm 2 và thua ảnh có điểm 3. Vậy $(3 + 1 + 0{,}5) / 6 = 0{,}75$.
#
# ### Lượt của bạn
#
# `normal` có kích thước $(N,)$, `strange` có kích thước $(M,)$. Trả về AUROC, một số. Gợi ý: `strange[:, None] > normal` so mọi cặp một lúc.

# %% [markdown] lang="en"
# *The table: each cell is the percentage of test images that are read rightly.*
#
# - **100 labels: z clearly wins.** Logistic regression on z is right for 83.8%, on pixels for 72.1%, and all three descriptions get the same ten draws of labels. Nor is it that there are fewer numbers: PCA has 16, too, and reaches 70.9%.
# - **1,000 labels:** z still leads (93.9% against PCA's 88.5%, both with k-NN), but by less.
# - **All labels: z has lost its lead.** k-NN on z (96.9%) is still ahead of k-NN on pixels (95.3%), but the network that learns from the labels directly reaches 97.1%. That gap is no larger than the error of measurement (with 2,000 images, about 0.4%). With all 60,000 labels (`N = 60_000`) we measured 98.2% for k-NN on z, 97.1% for k-NN on pixels and 98.8% for that network: now the gap is real. When labels are plentiful the VAE is no help: z keeps what is needed to *redraw* an image, not what is needed to *tell* the classes *apart*.
#
# Is the comparison fair? The VAE has seen the 60,000 training images (the PCA of this lesson: 12,000), but not their labels, and it has never seen the test images. That is just the semi-supervised case that one meets: many images, few labels. (Logistic regression on pixels has its default penalty here; with `C=0.1` we measured 92.0% in place of 90.4% with all labels, and nothing better with 100.)
#
# ## 5 · Anomaly detection
#
# A model has seen normal images only; given a strange one, is it "surprised"? This is how people look for fraud or for faults in a factory, where the normal is plentiful and the abnormal rare and not known beforehand. A higher score means stranger:
#
# - the reconstruction **error** $\|x - \hat x\|^2$;
# - the **−ELBO** $= B \|x - \hat x\|^2 + \mathrm{KL}$ with one sampled $z$ (lesson 04): an estimate of an upper bound of $-\log p(x)$, up to a constant.
#
# Two rivals: the error of **PCA**, and the **distance** to the nearest normal image of the training set.
#
# How good is a score before a threshold is chosen? The **AUROC** (area under the ROC curve, which we need not draw here) is the probability that a strange image scores higher than a normal one, both drawn at random; a tie counts one half. 1 is perfect, 0.5 is guessing, *below* 0.5 is worse than guessing. By hand: normal 1, 2, 3; strange 2, 4. Of the 6 pairs the 4 wins all three; the 2 beats 1, ties with 2 and loses to 3. So $(3 + 1 + 0.5) / 6 = 0.75$.
#
# ### Your turn
#
# `normal` has shape $(N,)$, `strange` has shape $(M,)$. Return the AUROC, one number. Hint: `strange[:, None] > normal` compares all pairs at once.


# %% tags=["exercise"]
def auroc(normal, strange):
    ### BEGIN SOLUTION
    higher = (strange[:, None] > normal).float()
    ties = (strange[:, None] == normal).float()
    return (higher + 0.5 * ties).mean()
    ### END SOLUTION


# %%
checks.check_auroc(auroc)

# %% [markdown] lang="vi"
# scikit-learn có `roc_auc_score`. Chỉ giấu một chữ số thì kết quả tùy vào may rủi, nên ta làm cả mười: mỗi lần giấu một chữ số, huấn luyện một VAE nhỏ (mạng MLP 16 chiều của bài 08, $B = 10$) trên chín chữ số kia, rồi xem nó có nhận ra chữ số bị giấu không.
#
# ⏱ Khoảng 20 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# scikit-learn has `roc_auc_score`. Which digit is hidden would be a matter of luck, so we do all ten: each time hide one digit, train a small VAE (the MLP with 16 dimensions of lesson 08, $B = 10$) on the other nine, and see whether it notices the hidden one.
#
# ⏱ About 20 seconds on two CPU cores; a GPU is much faster.

# %%
from functools import partial

from sklearn.metrics import roc_auc_score


class MLPVAE(models.MLPAutoencoder):
    def __init__(self, latent_dim):
        super().__init__(latent_dim)
        self.encoder[-1] = nn.Linear(256, 2 * latent_dim)  # mu and logvar side by side

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=1)

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.decode(z), mu, logvar


@torch.no_grad()
def surprise(model, x, B):
    """Two scores of each image: reconstruction error, −ELBO (but for a constant)."""
    x_hat, mu, logvar = model(x)
    return errors(recon(model, x), x), B * errors(x_hat, x) + losses.kl_divergence(
        mu, logvar
    )


# %%
score_names = (
    tr("VAE: sai số", "VAE: error"),
    "VAE: −ELBO",
    tr("PCA: sai số", "PCA: error"),
    tr("ảnh gần nhất", "nearest image"),
)
M = 5000  # training images for each of the ten VAEs
distances = torch.cdist(x_test.flatten(1), x_train[:M].flatten(1))
hidden = np.zeros((10, 4))
for digit in tqdm(range(10), desc=tr("giấu chữ số", "hidden digit"), leave=False):
    keep = y_train[:M] != digit
    normal = data.ImageDataset(x_train[:M][keep], y_train[:M][keep], "nine digits")
    torch.manual_seed(0)
    model = MLPVAE(latent_dim=16)
    training.fit(
        model,
        normal,
        loss=partial(losses.vae_loss, B=10),
        progress=False,
        **recipe | {"epochs": 6 * repeat},
    )
    model.cpu().eval()
    pca_16 = PCAModel(16, PCA(16, random_state=0).fit(normal.images.flatten(1).numpy()))
    scores_of_all = (
        *surprise(model, x_test, B=10),
        errors(recon(pca_16, x_test), x_test),
        distances[:, keep].amin(dim=1),
    )
    hidden[digit] = [roc_auc_score(y_test == digit, score) for score in scores_of_all]

# %%
measured = {}
for name, column in zip(score_names, hidden.T, strict=True):
    measured[f"{name} ({tr('trung bình', 'mean')} {column.mean():.2f})"] = (
        range(10),
        column,
    )
    values = " ".join(f"{value:.2f}" for value in column)
    print(f"{name:14}", values, f" → {column.mean():.3f}")
plots.curves(
    {},
    points=measured,
    lines={tr("đoán mò", "guessing"): 0.5},
    xlabel=tr("chữ số bị giấu", "the hidden digit"),
    ylabel="AUROC",
    title=tr(
        "Nhận ra chữ số chưa từng thấy: 0,5 là đoán mò",
        "Noticing a digit never seen: 0.5 is guessing",
    ),
)

# %% [markdown] lang="vi"
# *Hình: mỗi cột một chữ số bị giấu, mỗi ký hiệu một điểm số; đường nét đứt là đoán mò. Ở hầu hết các cột, khoảng cách đến ảnh gần nhất có AUROC cao nhất; sai số của PCA gần như luôn có AUROC thấp nhất, tức là kém nhất.*
#
# **VAE kém cả baseline ngây thơ nhất**: trung bình 0,77 so với 0,82 của khoảng cách đến ảnh gần nhất, nhưng hơn PCA (0,71). −ELBO không hơn gì sai số (0,76). Một phần là do vội: mỗi VAE ở đây chỉ học 6 epoch trên khoảng 4.500 ảnh. Với 30 epoch, chúng tôi đo được 0,80 cho sai số và 0,79 cho −ELBO: khoảng cách còn 0,02, nhưng ảnh gần nhất vẫn dẫn (và số 1 vẫn chỉ được 0,40). Đổi lại, ảnh gần nhất phải giữ mọi ảnh huấn luyện và so với từng ảnh, còn VAE chỉ giữ một mạng.
#
# Và hãy nhìn số 1: cả bốn điểm số đều *dưới* 0,5 (VAE: 0,40). Một VAE chưa từng thấy số 1 lại thường tái tạo số 1 tốt hơn cả những chữ số nó đã học! Số 1 chỉ là một nét thẳng, mà mạng nào vẽ được 4, 7 và 9 thì vẽ được một nét thẳng. Số 9 cũng gần như vậy (0,56): mạng đã biết 4 và 7. Sai số không đo độ *lạ*, nó đo độ *khó vẽ*.
#
# Và những thứ lạ hẳn thì sao? Bây giờ cả mười chữ số đều được coi là bình thường, và mô hình là `vae-16d` ($B = 40$). Ảnh lạ do ta tự làm: chữ cái, chữ số lộn ngược, chữ số bị một vết xước (như lỗi sản phẩm), nhiễu, chữ số mờ nhạt, ảnh đen hoàn toàn.
#
# ⏱ Khoảng 5 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# *The figure: one hidden digit in each column, one score for each marker; the dashed line is guessing. The distance to the nearest image stands highest in nearly every column; PCA's error is nearly always the lowest.*
#
# **The VAE loses to the most naive rival**: 0.77 on average, against 0.82 for the distance to the nearest image, though it is ahead of PCA (0.71). The −ELBO is no better than the error (0.76). Haste is part of it: each VAE here has only 6 epochs on some 4,500 images. With 30 epochs we measured 0.80 for the error and 0.79 for the −ELBO: the gap shrinks to 0.02, but the nearest image still leads (and the 1 stays at 0.40). In return the nearest image needs all training images kept and compared, where the VAE keeps one network.
#
# And look at the 1: all four scores are *below* 0.5 (the VAE's is 0.40). A VAE that has never seen a 1 mostly reconstructs it better than the digits it has learnt! A 1 is one straight stroke, and a network that can draw 4, 7 and 9 can draw a straight stroke. The 9 is much the same (0.56): the network knows 4 and 7. The error does not measure how *strange* an image is, but how *hard to draw*.
#
# And what about things that are stranger still? Now all ten digits are normal, and the model is `vae-16d` ($B = 40$). The strange images are of our own making: letters, digits upside down, digits with a scratch (like a faulty product), noise, faint digits, an all-black image.
#
# ⏱ About 5 seconds on two CPU cores.

# %%
letters = "ABCDEFGHJKLMNPQRTUVWXY"  # not I, O, S, Z: they look like 1, 0, 5, 2
x_new = other.images[:500]
scratched = x_new.clone()
scratched[:, :, torch.arange(28), torch.arange(28)] = 1
torch.manual_seed(0)
strange = {
    tr("chữ cái", "letters"): draw(letters * 20),
    tr("lộn ngược", "upside down"): x_new.flip(2),
    tr("vết xước", "scratch"): scratched,
    tr("nhiễu", "noise"): torch.rand(200, 1, 28, 28),
    tr("mờ nhạt", "faint"): 0.4 * x_new,
    tr("đen tuyền", "black"): torch.zeros(10, 1, 28, 28),
}
pairs = torch.cat([x[:2] for x in strange.values()])
names = [name for pair in strange for name in (pair, "")]
plots.plot_images(
    pairs,
    names,
    columns=12,
    title=tr(
        "Sáu loại ảnh lạ, mỗi loại hai ảnh", "Six kinds of strange images, two of each"
    ),
)


# %%
def four_scores(x):
    nearest_image = torch.cdist(x.flatten(1), x_train.flatten(1)).amin(dim=1)
    return (*surprise(vae, x, B=40), errors(recon(PCAModel(16), x), x), nearest_image)


normal_scores = four_scores(x_test)
made = {}
for name, x in tqdm(strange.items(), leave=False):
    answers = np.repeat([0, 1], [len(x_test), len(x)])
    made[name] = [
        roc_auc_score(answers, torch.cat(pair))
        for pair in zip(normal_scores, four_scores(x), strict=True)
    ]
head = " | ".join((tr("ảnh lạ", "strange images"), *score_names))
rows = [head, "---" + " | ---:" * 4] + [
    f"{name} | " + " | ".join(f"{v:.2f}" for v in values)
    for name, values in made.items()
]
Markdown("\n".join(f"| {row} |" for row in rows))

# %% [markdown] lang="vi"
# *Hình: mỗi loại hai ảnh, từ trái sang phải: chữ cái, chữ số lộn ngược, chữ số có vết xước chéo, nhiễu, chữ số mờ nhạt, ảnh đen hoàn toàn. Bảng: mỗi hàng một loại ảnh lạ, mỗi cột một điểm số; 1 là nhận ra mọi ảnh, 0 là coi mọi ảnh lạ còn bình thường hơn ảnh thật.*
#
# - **VAE thắng** ở chữ cái (0,90 so với 0,81 của ảnh gần nhất) và, sát nút, ở vết xước (1,00 so với 0,98 của PCA): đúng loại việc của nhà máy. Ảnh lộn ngược thì gần như hòa (0,87 và 0,85). Nhiễu thì cách nào cũng nhận ra.
# - **Không cách nào qua được ảnh đen hoàn toàn**: AUROC của VAE bằng 0,00, tức là nó coi *mọi* ảnh đen là bình thường hơn gần như mọi chữ số; PCA cũng 0,00, ảnh gần nhất 0,21. Với ảnh mờ nhạt, VAE được 0,68: chẳng cao, nhưng vẫn hơn hẳn hai baseline (0,00 và 0,36). Ít mực thì ít sai số, bất kể lạ đến đâu.
#
# Chuyện này không riêng gì MNIST: Nalisnick và cộng sự (2019) thấy rằng những mô hình sinh (generative model) được huấn luyện trên ảnh CIFAR-10 lại gán cho ảnh số nhà (SVHN) một log-likelihood *cao hơn* cho chính ảnh CIFAR-10. Trước khi tin một bộ phát hiện bất thường, hãy thử nó với những ảnh lạ mà *đơn giản*.
#
# ## 6 · Sinh ảnh
#
# Việc cuối cùng là vẽ ảnh mới, việc mà một autoencoder loại thường không có sẵn cách làm. Tám nguồn ảnh, với số ảnh như nhau:
#
# - ảnh **thật**: ảnh kiểm tra khác, không trùng với ảnh nào trong tập dùng để so; đây là mức tốt nhất có thể;
# - `vae-16d`, `vae-2d`, và `vae-2d-b1000` (VAE của bài tập, $B = 1000$), với $z \sim \mathcal{N}(0, I)$;
# - `ae-2d`: autoencoder thường, với $z$ lấy từ phân phối chuẩn có trung bình và hiệp phương sai (covariance) của các mã;
# - **PCA 16** và **PCA 64**: cũng làm như thế với các hệ số PCA. Đây là baseline không cần mạng nơ-ron;
# - `vae-16d` **khớp mã**: cũng `vae-16d`, nhưng $z$ được lấy theo cách đã làm với PCA.
#
# ⏱ Khoảng 5 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# *The figure: two images of each kind, from the left: letters, digits upside down, digits with a diagonal scratch, noise, faint digits, all black. The table: one kind of strange image in each row, one score in each column; 1 means that all are noticed, 0 that all of them pass for more normal than the real ones.*
#
# - **The VAE wins** for letters (0.90 against 0.81 for the nearest image) and, narrowly, scratches (1.00 against 0.98 for PCA): the factory's kind of task. Digits upside down are nearly a draw (0.87 and 0.85). Noise is noticed by all.
# - **Nobody passes the black image**: the VAE's AUROC is 0.00, so it takes *every* black image for more normal than practically any digit; PCA has 0.00 too, the nearest image 0.21. For faint ones the VAE gets 0.68, not much, yet far more than its rivals (0.00 and 0.36). Little ink means little error, however strange it is.
#
# This is not peculiar to MNIST: Nalisnick et al. (2019) found that generative models trained on CIFAR-10 give images of house numbers (SVHN) a *higher* log-likelihood than those of CIFAR-10. Before you trust an anomaly detector, try it on strange images that are *simple*.
#
# ## 6 · Generation
#
# The last task, and the one for which a plain autoencoder has no way laid out: drawing new images. Eight sources, each with the same number of images:
#
# - **real** ones: other test images, none of which is in the set compared with; this is the best one can hope for;
# - `vae-16d`, `vae-2d`, and `vae-2d-b1000` (the exercise's VAE, $B = 1000$), with $z \sim \mathcal{N}(0, I)$;
# - `ae-2d`: a plain autoencoder, with $z$ from a Gaussian that has the mean and the covariance of the codes;
# - **PCA 16** and **PCA 64**: the same done with PCA coefficients. This is the rival that needs no neural network;
# - `vae-16d`, **fitted**: `vae-16d` again, but with its $z$ drawn as PCA's are.
#
# ⏱ About 5 seconds on two CPU cores.

# %%
n = len(x_test)


@torch.no_grad()
def from_gaussian(model):
    """n images from z ~ N(mean, covariance) of the model's codes of training images."""
    z = code(model, x_train[:1000])
    return model.decode(
        torch.distributions.MultivariateNormal(z.mean(dim=0), z.T.cov()).sample((n,))
    )


fitted = tr("vae-16d, khớp mã", "vae-16d, fitted")
torch.manual_seed(0)
with torch.no_grad():
    sources = {
        tr("thật", "real"): other.images,
        "vae-16d": vae.decode(torch.randn(n, 16)),
        fitted: from_gaussian(vae),
        "vae-2d": vae_2d.decode(torch.randn(n, 2)),
        "vae-2d-b1000": models.load_pretrained("vae-2d-b1000").decode(
            torch.randn(n, 2)
        ),
        "ae-2d": from_gaussian(models.load_pretrained("ae-2d")),
        "PCA 16": from_gaussian(PCAModel(16)),
        "PCA 64": from_gaussian(PCAModel(64)),
    }
plots.plot_images(
    {name: images[:12] for name, images in sources.items()},
    title=tr("Ảnh thật và ảnh sinh ra", "Real images and generated ones"),
)

# %% [markdown] lang="vi"
# *Hình, mỗi hàng một nguồn, trên cùng là ảnh thật: `vae-16d` (hàng hai) vẽ sắc nét, nhưng khoảng một nửa không phải chữ số; khi $z$ khớp với các mã (hàng ba) thì nhiều hình đọc được hơn; mẫu của ba mô hình 2 chiều phần lớn đọc được, nhưng nhòe và hay lặp lại (nhiều số 0, nhiều số 1); hai hàng PCA dưới cùng chỉ là những vệt chồng lên nhau, hầu như không đọc được.*
#
# Nhìn bằng mắt cũng thấy, nhưng vẫn cần con số. Giám khảo ở phần 4 cho ba con số:
#
# - **tự tin** (confidence): xác suất trung bình mà giám khảo gán cho chữ số nó chọn. Ảnh rõ thì cao. Nhưng vẽ mãi một số 0 thật rõ cũng được điểm cao;
# - **đa dạng** (diversity): entropy (phần 1) của các chữ số được chọn, nhiều nhất là $\log_2 10 = 3{,}32$ bit;
# - **khoảng cách Fréchet** (Fréchet distance; Heusel và cộng sự, 2017): so cả hai điều một lúc. Lấy 64 số mà giám khảo tính ra ngay trước lớp cuối, gọi là *đặc trưng* (feature), của ảnh thật ($a$) và ảnh sinh ra ($b$); coi mỗi bên là một phân phối chuẩn có trung bình $m$, hiệp phương sai $C$:
#
# $$d^2 = \|m_a - m_b\|^2 + \mathrm{Tr}\left(C_a + C_b - 2\,(C_a C_b)^{1/2}\right).$$
#
# Trong một chiều, đó là $(m_a - m_b)^2 + (\sigma_a - \sigma_b)^2$. Với đặc trưng của mạng Inception, con số này có tên là FID. Giám khảo của ta là một mạng khác, nên **đừng so số ở đây với FID trong các bài báo**.
#
# ### Lượt của bạn
#
# `a` có kích thước $(N, d)$, `b` có kích thước $(M, d)$. Không cần tính căn của ma trận: vết (trace) của $(C_a C_b)^{1/2}$ là tổng căn bậc hai của các trị riêng (eigenvalue) của $C_a C_b$, có trong `torch.linalg.eigvals(...)` (lấy phần `.real`, rồi `.clamp(min=0)`, vì làm tròn có thể cho số âm rất nhỏ). Trả về $d^2$, không lấy căn ở cuối: bảng dưới đây, như FID, ghi $d^2$. `torch.cov` coi mỗi *hàng* là một biến, và chia cho $N - 1$; cứ để như thế.

# %% [markdown] lang="en"
# *The figure, one source in each row, real images on top: `vae-16d` (row two) draws crisp strokes, but about half of its pictures are no digits; with $z$ fitted to the codes (row three) more can be read; those of the three models with 2 dimensions can mostly be read but are blurry and repeat themselves (many 0s, many 1s); the two rows of PCA at the bottom are smears laid over each other and can hardly be read.*
#
# The eye can tell, but a number is needed. The judge of section 4 gives three:
#
# - **confidence**: the mean probability that the judge gives to the digit it chooses. Clear images score high. But drawing one clear 0 again and again would, too;
# - **diversity**: the entropy (section 1) of the digits chosen, at most $\log_2 10 = 3.32$ bits;
# - the **Fréchet distance** (Heusel et al., 2017): compares both at once. Take the 64 numbers that the judge computes just before its last layer, the *features*, of real images ($a$) and of generated ones ($b$); treat either side as a Gaussian with mean $m$ and covariance $C$:
#
# $$d^2 = \|m_a - m_b\|^2 + \mathrm{Tr}\left(C_a + C_b - 2\,(C_a C_b)^{1/2}\right).$$
#
# In one dimension this is $(m_a - m_b)^2 + (\sigma_a - \sigma_b)^2$. With the features of the Inception network the number is called FID. Our judge is another network, so **do not compare numbers from here with the FID of papers**.
#
# ### Your turn
#
# `a` has shape $(N, d)$, `b` has shape $(M, d)$. No root of a matrix is needed: the trace of $(C_a C_b)^{1/2}$ is the sum of the square roots of the eigenvalues of $C_a C_b$, which `torch.linalg.eigvals(...)` gives (take their `.real`, then `.clamp(min=0)`, since rounding may give tiny negative numbers). Return $d^2$, with no root at the end: the table below, like FID, holds $d^2$. `torch.cov` takes each *row* for a variable, and divides by $N - 1$; leave it so.


# %% tags=["exercise"]
def frechet_distance(a, b):
    ### BEGIN SOLUTION
    C_a, C_b = torch.cov(a.T), torch.cov(b.T)
    eigenvalues = torch.linalg.eigvals(C_a @ C_b).real.clamp(min=0)
    return (
        ((a.mean(dim=0) - b.mean(dim=0)) ** 2).sum()
        + torch.trace(C_a + C_b)
        - 2 * eigenvalues.sqrt().sum()
    )
    ### END SOLUTION


# %%
checks.check_frechet_distance(frechet_distance)


# %%
@torch.no_grad()
def judged(images):
    """Confidence, diversity in bits, squared Fréchet distance to the test images."""
    probability, digit = judge(images).softmax(dim=1).max(dim=1)
    distance = metrics.frechet_distance(judge[:-1](images), judge[:-1](x_test))
    return probability.mean().item(), entropy(digit.bincount(), base=2), distance


verdicts = {name: judged(images) for name, images in sources.items()}
head = tr(
    "nguồn | tự tin | đa dạng (bit) | khoảng cách Fréchet",
    "source | confidence | diversity (bits) | Fréchet distance",
)
rows = [head, "--- | ---: | ---: | ---:"] + [
    f"{name} | {c:.2f} | {d:.2f} | {f:.1f}" for name, (c, d, f) in verdicts.items()
]
Markdown("\n".join(f"| {row} |" for row in rows))

# %%
with torch.no_grad():
    # were these N(0, I), their variance would be 1 in every direction
    z = vae.reparameterize(*vae.encode(x_test))
spread = torch.linalg.eigvalsh(z.T.cov())
print(
    tr("phương sai của z theo từng hướng:", "variance of z by direction:"),
    f"{spread.min():.2f} … {spread.max():.2f}",
)
with torch.no_grad():
    real, generated, reference = (
        judge[:-1](x) for x in (other.images, sources["vae-16d"], x_test)
    )
for m in (n // 8, n // 4, n // 2, n):
    print(
        f"{m:5} {tr('ảnh', 'images')}:  {tr('thật', 'real')} {metrics.frechet_distance(real[:m], reference[:m]):5.1f}"
        f"   vae-16d {metrics.frechet_distance(generated[:m], reference[:m]):5.1f}"
    )

# %% [markdown] lang="vi"
# Bây giờ đọc bảng phía trên, và đọc cho cẩn thận:
#
# - **Mốc dưới không phải là 0.** Hai tập ảnh thật cách nhau 3,2; với ít ảnh hơn, dù vẫn là cùng loại ảnh, con số lên tới 18,7 (250 ảnh), vì hiệp phương sai ước lượng từ ít ảnh thì sai nhiều. (Với `vae-16d`, vốn đã xa ảnh thật, thì không thấy rõ điều ấy: 130 đến 137, lúc lên lúc xuống.) Chỉ so những con số từ cùng một số lượng ảnh.
# - **Với $z \sim \mathcal{N}(0, I)$, VAE thua, theo giám khảo này:** `vae-16d` được 132,9; PCA 16 được 127,8 (càng nhỏ càng gần ảnh thật). Lý do thứ nhất: các $z$ mà encoder đưa ra không phân bố đúng theo $\mathcal{N}(0, I)$. Phương sai (variance) của chúng, đáng lẽ bằng 1 theo mọi hướng, thật ra đi từ 0,25 đến 1,98: mẫu lấy từ tiên nghiệm (prior) rơi cả vào những chỗ mà decoder chưa từng được luyện. PCA thì được lấy $z$ khớp với mã của chính nó. Cho `vae-16d` làm như vậy, con số rơi xuống **36,5**, thấp nhất trong bảng nếu không kể ảnh thật.
# - **Lý do thứ hai: giám khảo không vô tư.** Nó chỉ biết chữ số, nên ngay cả trước những vệt mờ của PCA, nó cũng "tự tin" đến 0,72, gần bằng khi xem ảnh của `vae-16d` (0,73). Với một giám khảo khác (cùng số lớp, dùng max pooling, đúng 97,3 %), chúng tôi đo được 128 cho `vae-16d` và 258 cho PCA 16: thứ tự đảo ngược. Còn chuyện cách khớp mã đứng đầu thì đúng với cả bốn giám khảo mà chúng tôi đã thử.
# - **`vae-2d-b1000`**, VAE của bài tập, tệ nhất (306,7) và kém đa dạng nhất (2,43 bit): mã của nó tản rộng hơn $\mathcal{N}(0, I)$ nhiều, nên mẫu lấy từ tiên nghiệm chỉ rơi vào phần giữa bản đồ (bài 06).
# - **Một autoencoder loại thường cũng sinh được ảnh**, nếu ta tìm ra chỗ lấy $z$ sau khi huấn luyện: `ae-2d` (144,9) còn hơn `vae-2d` (161,0). Điều mà VAE hứa là có sẵn chỗ ấy; lời hứa giữ được đến đâu thì phải đo.
# - Ba con số này không phát hiện được **chép bài**: chỉ cần nộp lại chính ảnh huấn luyện là được điểm gần như ảnh thật, mà chẳng có gì mới.
#
# ## 7 · Tất cả trong một bảng

# %% [markdown] lang="en"
# Now read the table above, and with care:
#
# - **The floor is not 0.** Two sets of real images are 3.2 apart; with fewer images, of the same kind still, the number climbs to 18.7 (250 images), because a covariance estimated from few images is far off. (For `vae-16d`, far from the real images anyway, it does not show: 130 to 137, up and down.) Compare only numbers from equally many images.
# - **With $z \sim \mathcal{N}(0, I)$ the VAE loses, by this judge:** `vae-16d` gets 132.9, PCA 16 gets 127.8. The first reason: the $z$ that the encoder gives do not fill $\mathcal{N}(0, I)$. Their variance, which should be 1 in every direction, goes from 0.25 to 1.98: the prior also falls where the decoder was never trained. PCA was given $z$ that fit its own codes. Give `vae-16d` the same, and the number drops to **36.5**, the lowest of all but the real images.
# - **The second reason: the judge is not impartial.** It knows digits only, so even PCA's smears leave it "confident" at 0.72, close to what it feels about `vae-16d` (0.73). With another judge (as many layers, with max pooling, right for 97.3%) we measured 128 for `vae-16d` and 258 for PCA 16: the order turns round. That the fitted codes come first held for all four judges we tried.
# - **`vae-2d-b1000`**, the exercise's VAE, is the worst (306.7) and the least diverse (2.43 bits): its codes spread far wider than $\mathcal{N}(0, I)$, so the prior reaches only the middle of the map (lesson 06).
# - **A plain autoencoder makes images, too**, once we have found after training where to take $z$ from: `ae-2d` (144.9) is even ahead of `vae-2d` (161.0). What the VAE promises is that this place is known beforehand; how well the promise is kept must be measured.
# - These three numbers do not notice **copying**: hand in the training images themselves, and they score nearly like real ones, with nothing new.
#
# ## 7 · All in one table


# %%
def compare(task, ours, rivals, highest=True, digits=1, tie=0):
    """A row of the table: the best of either side, and the winner unless within tie."""
    choose = max if highest else min
    (name, value), (rival, rival_value) = (
        choose(side.items(), key=lambda item: item[1]) for side in (ours, rivals)
    )
    winner = name if (value > rival_value) == highest else rival
    if abs(value - rival_value) < tie:
        winner = tr("hòa", "a draw")
    sides = f"{name}: {value:.{digits}f} | {rival}: {rival_value:.{digits}f}"
    return f"{task} | {sides} | {winner}"


def pick(table, names):
    return {name: table[name] for name in names}


def classified(column):
    """Accuracy of each features and classifier, in that column of section 4's table."""
    table = {
        " + ".join(key): np.mean(columns[column]) for key, columns in results.items()
    }
    if column == -1:
        table[tr("mạng tích chập", "convolutional net")] = 100 * judge_accuracy
    return {k: v for k, v in table.items() if k.startswith("z")}, {
        k: v for k, v in table.items() if not k.startswith("z")
    }


do_nothing, median, linear, _, clever = cleaners
average = dict(zip(score_names, hidden.mean(axis=0), strict=True))
letter_scores = dict(zip(score_names, next(iter(made.values())), strict=True))
kept, frechet = (
    {name: values[i] for name, values in table.items()}
    for table, i in ((map_scores, 0), (verdicts, 2))
)


def denoised(kind, i):
    table = {name: values[i] for name, values in scores[kind].items()}
    return pick(table, ["vae-16d", clever]), pick(table, [do_nothing, median, linear])


# %%
# of an accuracy, in %
error_of_measurement = (
    100 * (judge_accuracy * (1 - judge_accuracy) / len(x_test)) ** 0.5
)
task = tr(
    f"nén: byte mỗi ảnh khi sai số là {target:.1f} (↓)",
    f"compression: bytes per image at error {target:.1f} (↓)",
)
rows = [
    tr(
        "việc và thước đo | biến tiềm ẩn | đối thủ | tốt hơn",
        "task and measure | latents | rival | better",
    ),
    "--- | --- | --- | ---",
    compare(
        task,
        pick(bytes_at_target, ["vae-16d"]),
        pick(bytes_at_target, ["PCA", "JPEG"]),
        highest=False,
    ),
    compare(
        tr("khử nhiễu Gauss σ = 0.35: dB", "Gaussian noise σ = 0.35: dB"),
        *denoised("gaussian", 2),
    ),
    compare(
        tr("khử nhiễu che 70 %: dB", "masking noise 70%: dB"), *denoised("mask", 3)
    ),
    compare(
        tr("khử nhiễu muối tiêu 5 %: dB", "salt-and-pepper noise 5%: dB"),
        *denoised("salt-pepper", 0),
    ),
    compare(
        tr("giảm chiều: giữ láng giềng", "dimensions: neighbours kept"),
        pick(kept, ["vae-2d"]),
        pick(kept, ["PCA", "t-SNE"]),
        digits=2,
    ),
    compare(
        tr("phân loại, 100 nhãn: %", "classification, 100 labels: %"), *classified(0)
    ),
    compare(
        tr("phân loại, mọi nhãn: %", "classification, all labels: %"),
        *classified(-1),
        tie=error_of_measurement,
    ),
    compare(
        tr("chữ số bị giấu: AUROC", "hidden digit: AUROC"),
        pick(average, score_names[:2]),
        pick(average, score_names[2:]),
        digits=2,
    ),
    compare(
        tr("chữ cái: AUROC", "letters: AUROC"),
        pick(letter_scores, score_names[:2]),
        pick(letter_scores, score_names[2:]),
        digits=2,
    ),
    compare(
        tr(
            "sinh ảnh: Fréchet, z ~ N(0, I) (↓)", "generation: Fréchet, z ~ N(0, I) (↓)"
        ),
        pick(frechet, ["vae-16d"]),
        pick(frechet, ["PCA 16", "PCA 64"]),
        highest=False,
    ),
    compare(
        tr(
            "sinh ảnh: Fréchet, z khớp mã (↓)",
            "generation: Fréchet, z fitted to the codes (↓)",
        ),
        pick(frechet, [fitted]),
        pick(frechet, ["PCA 16", "PCA 64"]),
        highest=False,
    ),
]
Markdown("\n".join(f"| {row} |" for row in rows))

# %% [markdown] lang="vi"
# *Bảng: mỗi hàng một việc; cột hai và ba là phương pháp tốt nhất của mỗi bên và con số của nó. Mũi tên ↓ nghĩa là nhỏ hơn thì tốt hơn; những hàng khác, lớn hơn thì tốt hơn. "Hòa" là khi hai con số cách nhau ít hơn sai số của phép đo.*
#
# Biến tiềm ẩn (latent variable) thắng khi điều cần đến là *kiến thức về loại ảnh này*: nén chữ số, vẽ lại phần bị hỏng nặng, học từ ít nhãn, nhận ra chữ cái. Chúng thua khi baseline vốn được làm ra cho đúng việc ấy (t-SNE để vẽ bản đồ, mạng học thẳng từ cả 60.000 nhãn để phân loại, bộ lọc trung vị cho nhiễu muối tiêu nhẹ), khi một ánh xạ tuyến tính đã đủ (nhiễu vừa phải), hay khi cái lạ lại dễ vẽ; và với chữ số bị giấu, chúng thua cả cách thô sơ nhất là so với ảnh gần nhất. Cột cuối chỉ nói về MNIST, với những mạng nhỏ này: trên dữ liệu của bạn, hãy làm lại phép so.
#
# ## Tự kiểm tra
#
# <details><summary><b>z của VAE có phải là xác suất của các lớp không?</b></summary>
#
# Không. z là tọa độ trong không gian tiềm ẩn (latent space), có thể âm, không cần có tổng bằng 1. Muốn phân loại, phải đặt một bộ phân loại lên trên z và cho nó vài nhãn.
# </details>
#
# <details><summary><b>Huấn luyện autoencoder khử nhiễu, nhưng so ảnh đầu ra với chính ảnh có nhiễu. Chuyện gì xảy ra?</b></summary>
#
# Mạng được thưởng vì giữ lại nhiễu, và chỉ bỏ phần nhiễu không lọt được qua bottleneck. Đích phải là ảnh sạch; đầu vào là ảnh có nhiễu, với nhiễu mới ở mỗi batch.
# </details>
#
# <details><summary><b>Một điểm số cho AUROC bằng 0,4. Đảo dấu nó thì được 0,6. Vậy sao không đảo?</b></summary>
#
# Vì ngoài đời không có nhãn "lạ" để biết trước là phải đảo. Với số 1 thì nên đảo, với số 0 thì không: điểm số ấy không đo độ lạ.
# </details>
#
# <details><summary><b>Ai đó báo khoảng cách Fréchet 12 từ 500 ảnh, người khác báo 9 từ 5.000 ảnh. Mô hình nào tốt hơn?</b></summary>
#
# Chưa biết được: con số còn tùy vào số lượng ảnh. Ở đây, chính ảnh thật cũng được 18,7 với 250 ảnh và 3,2 với 2.000 ảnh. Phải đo lại với cùng số lượng ảnh, cùng giám khảo.
# </details>
#
# ## Tóm tắt
#
# - Mỗi lời khẳng định "dùng tốt cho…" cần một con số và một baseline đơn giản; ở đây biến tiềm ẩn thắng khi nén chữ số, khi nhãn hiếm, khi ảnh hỏng rất nặng, và thua hoặc hòa ở nhiều chỗ khác.
# - Sai số tái tạo đo độ khó vẽ, không đo độ lạ: ảnh đen hoàn toàn và số 1 lọt qua mọi bộ phát hiện dựa vào nó.
# - Thước đo cũng có chỗ yếu: PSNR tùy loại nhiễu, AUROC tùy loại ảnh lạ, khoảng cách Fréchet tùy giám khảo và số lượng ảnh.

# %% [markdown] lang="en"
# *The table: one task in each row; columns two and three hold the best method of either side and its number. The arrow ↓ means that less is better; in the other rows, more. "A draw": the two are closer than the error of measurement.*
#
# Latent variables win where *knowledge of this kind of image* is what it takes: compressing digits, redrawing what is badly damaged, learning from few labels, noticing letters. They lose where the rival is made for the very task (t-SNE for maps, a network trained with all 60,000 labels for classification, the median filter for light salt-and-pepper noise), where a linear map is enough (moderate noise), or where the strange is easy to draw; and with the hidden digits they lose even to the crudest way, the nearest image. The last column is about MNIST alone, with these small networks: on your own data, make the comparison again.
#
# ## Test yourself
#
# <details><summary><b>Is a VAE's z the probabilities of the classes?</b></summary>
#
# No. z is a place in the latent space; it may be negative and need not sum to 1. To classify, put a classifier on top of z and give it some labels.
# </details>
#
# <details><summary><b>A denoising autoencoder is trained, but its output is compared with the noisy image itself. What happens?</b></summary>
#
# The network is rewarded for keeping the noise, and drops only what does not fit through the bottleneck. The target must be the clean image; the input is the noisy one, with fresh noise in every batch.
# </details>
#
# <details><summary><b>A score has an AUROC of 0.4. Flip its sign and it has 0.6. So why not flip it?</b></summary>
#
# Because in real life there is no label "strange" to tell beforehand that it should be flipped. For the 1 it should, for the 0 it should not: the score does not measure strangeness.
# </details>
#
# <details><summary><b>Someone reports a Fréchet distance of 12 from 500 images, someone else 9 from 5,000. Which model is better?</b></summary>
#
# That cannot be told: the number depends on how many images there are. Real ones got 18.7 from 250 and 3.2 from 2,000 here. Measure again with equally many images and the same judge.
# </details>
#
# ## Recap
#
# - Every claim of "good for…" needs a number and a simple rival; here latents win at compressing digits, with few labels and with very bad damage, and lose or draw in many other places.
# - The reconstruction error measures how hard an image is to draw, not how strange it is: the black image and the 1 slip past every detector built on it.
# - Measures have weak spots, too: the PSNR by the kind of noise, the AUROC by the kind of strangeness, the Fréchet distance by its judge and the number of images.
