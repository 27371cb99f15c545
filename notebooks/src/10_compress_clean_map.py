# %% [markdown] lang="vi"
# # Bài 10 · Nén, làm sạch, vẽ bản đồ
#
# *Người ta nói autoencoder và VAE dùng được để nén ảnh, khử nhiễu (denoising) và giảm chiều (dimension reduction). Dùng được, nhưng có hơn cách đơn giản nhất không?* Bài này làm cả ba việc. Việc nào cũng có một con số và vài **baseline**, tức là những cách đơn giản để so.
# Trong mọi bảng, cạnh VAE có một autoencoder thường, cùng số chiều, để thấy kết quả tốt là nhờ VAE hay chỉ nhờ mã hẹp.
#
# ⏱ Học khoảng một giờ; phần tính toán mất chừng một phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 10 · Compress, clean, map
#
# *Autoencoders and VAEs are said to be good for compression, denoising and dimension reduction. They can do it, but better than the simplest way?* This lesson does all three, each with a number and **baselines**, simple ways to compare with.
# Beside the VAE always stands a plain autoencoder of as many dimensions: is the VAE needed?
#
# ⏱ About an hour; computing takes about a minute on two CPU cores.

# %% [markdown] lang="vi"
# ## Mười sáu con số cho một ảnh
#
# `vae-16d` và `ae-16d` là hai mạng tích chập (convolution) 16 chiều, huấn luyện 20 epoch trên cùng 60.000 ảnh, không dùng nhãn. Chúng khác nhau ở hai điểm: `vae-16d` có thêm KL và nhiễu trong $z$; nó học theo bình phương sai số ($B = 40$), còn `ae-16d` học theo BCE. PCA (bài 08) cũng được tính từ 60.000 ảnh ấy. Ta thử trên 2.000 ảnh kiểm tra (test) lấy ngẫu nhiên.

# %% [markdown] lang="en"
# ## Sixteen numbers for an image
#
# `vae-16d` and `ae-16d` are convolutional networks with 16 dimensions, trained for 20 epochs on the same 60,000 images, without labels. They differ in two things: `vae-16d` has KL and noise in $z$, and learnt by squared error ($B = 40$), `ae-16d` by BCE. PCA (lesson 08) is computed from those 60,000 too. We try them on 2,000 random test images.

# %%
import io
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import median_filter
from scipy.stats import entropy
from sklearn.manifold import TSNE

from vae_helpers import checks, data, losses, metrics, models, plots, tr, training

train_set, test_set = data.load_mnist(), data.load_mnist(train=False)
chosen = torch.randperm(len(test_set), generator=torch.Generator().manual_seed(0))
x, y = test_set.images[chosen[:2000]], test_set.labels[chosen[:2000]]

# %%
vae, ae = models.load_pretrained("vae-16d"), models.load_pretrained("ae-16d")
pixels = train_set.images.flatten(1)
mean = pixels.mean(dim=0)
# tr("các trục PCA, trục biến thiên mạnh nhất đứng đầu", "the axes of PCA, the widest first")
V = torch.linalg.eigh(pixels.T.cov()).eigenvectors.flip(1)


class PCA:
    """PCA with d numbers: encode and decode, as a network has them."""

    def __init__(self, d):
        self.axes = V[:, :d]

    def encode(self, x):
        return (x.flatten(1) - mean) @ self.axes

    def decode(self, z):
        return (mean + z @ self.axes.T).clamp(0, 1).view(-1, 1, 28, 28)


# %%
coders = {"vae-16d": vae, "ae-16d": ae, "PCA 16": PCA(16)}


def encode(coder, x):
    """The code of each image, (N, d): of a VAE its mean."""
    z = coder.encode(x)
    return z[0] if isinstance(z, tuple) else z


@torch.no_grad()
def redraw(name, images):
    return coders[name].decode(encode(coders[name], images))


plots.plot_images(
    {tr("Ảnh gốc", "Original"): x[:10]} | {name: redraw(name, x[:10]) for name in coders},
    title=tr("Mười sáu con số cho mỗi ảnh", "Sixteen numbers for each image"),
)  # fmt: skip

# %% [markdown] lang="vi"
# *Hình: mười ảnh kiểm tra, vẽ lại từ 16 con số.* Hai mạng vẽ lại tốt, chỉ sai vài chi tiết, còn ảnh của PCA nhòe.
#
# ## 1 · Nén ảnh
#
# Một ảnh chiếm 784 byte. Mã của nó có 16 số, nhưng 16 số ấy chiếm bao nhiêu byte? Ta không cần giữ đủ chữ số thập phân. Chọn một bước $\Delta$ rồi làm tròn, $k_j = \mathrm{round}(z_j / \Delta)$: đó là **lượng tử hóa** (quantization). Bên nhận giải mã $\Delta \cdot k$.
#
# Trong các số nguyên $k_j$, có giá trị thường gặp, có giá trị hiếm gặp. Giá trị nào thường gặp thì nên viết ngắn. Shannon (1948) cho biết ngắn đến đâu: nếu các ký hiệu độc lập với nhau thì tính trung bình cho mỗi ký hiệu, không cách mã hóa nào dùng ít bit hơn **entropy**
#
# $$H = -\sum_v p_v \log_2 p_v,$$
#
# với $p_v$ là tỉ lệ xuất hiện của giá trị $v$; mã hóa số học (arithmetic coding) đạt gần đúng con số ấy. Ví dụ, dãy $0, 0, 1, 2$ có $p = \tfrac12, \tfrac14, \tfrac14$, nên $H = \tfrac12 \cdot 1 + \tfrac14 \cdot 2 + \tfrac14 \cdot 2 = 1{,}5$ bit.
#
# ### Lượt của bạn
#
# `symbols` là một tensor số nguyên $(N,)$, có thể có số âm. Trả về $H$ tính bằng bit. Có sẵn `symbols.unique(return_counts=True)`.

# %% [markdown] lang="en"
# *The figure: ten test images, redrawn from 16 numbers.* Both networks redraw them well but for details, PCA smears.
#
# ## 1 · Compression
#
# An image is 784 bytes. How many are the 16 numbers of its code? Not all decimals are needed: choose a step $\Delta$ and round, $k_j = \mathrm{round}(z_j / \Delta)$. This is **quantization**. The receiver decodes $\Delta \cdot k$.
#
# Some whole numbers $k_j$ are common and should be written short. Shannon (1948) tells how short: if the symbols are independent, no coding takes fewer bits (on average for a symbol) than the **entropy**
#
# $$H = -\sum_v p_v \log_2 p_v,$$
#
# where $p_v$ is the share of the value $v$; and arithmetic coding comes close to it. The sequence $0, 0, 1, 2$ has $p = \tfrac12, \tfrac14, \tfrac14$, so $H = \tfrac12 \cdot 1 + \tfrac14 \cdot 2 + \tfrac14 \cdot 2 = 1.5$ bits.
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
right = checks.check_entropy_bits(entropy_bits)


def bits_of(symbols):
    if right:
        return float(entropy_bits(symbols))
    return entropy(symbols.unique(return_counts=True)[1], base=2)


# %% [markdown] lang="vi"
# Khi hàm của bạn đúng, chính nó vẽ hình dưới đây; trước đó `scipy.stats.entropy` làm thay. Mỗi con số của mã là một cột, tính trên 2.000 ảnh. Cộng entropy của các cột, chia cho 8, ta có số byte của một ảnh. PCA được phép giữ 100 hệ số, vì bước $\Delta$ lớn biến hệ số nhỏ thành 0, mà một cột toàn số 0 không tốn bit nào.
#
# ⏱ Khoảng 10 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# Once your function is right, it draws the figure below; until then `scipy.stats.entropy` stands in. Each number of the code is a column, over the 2,000 images. Their entropies, summed and divided by 8, are the bytes of an image. PCA may keep 100 coefficients: a large $\Delta$ rounds small ones to 0, and a column of zeros takes no bit.
#
# ⏱ About 10 seconds on two CPU cores.


# %%
@torch.no_grad()
def rounded(name, images, step):
    """The whole numbers that are sent, and the images that are received."""
    k = (encode(coders[name], images) / step).round()
    return k.long(), coders[name].decode(k * step)


# %%
def bytes_and_error(name, step):
    k, received = rounded(name, x, step)
    bits = sum(bits_of(column) for column in k.T)
    return bits / 8, metrics.image_errors(received, x).mean().item()


# %%
coders["PCA 100"] = PCA(100)
steps = {
    "vae-16d": (1.25, 1, 0.75, 0.5, 0.25),
    "ae-16d": (8, 6, 4, 3, 2, 1),
    "PCA 100": (3, 2, 1.3, 1, 0.8, 0.6),
}

# %%
curves = {
    name: np.array([bytes_and_error(name, step) for step in steps[name]]).T
    for name in steps
}

# %% [markdown] lang="vi"
# Công cụ mà máy nào cũng có sẵn là JPEG. Nếu mỗi ảnh là một tệp thì phần đầu (header) của tệp còn nặng hơn dữ liệu ảnh, nên để công bằng, ta xếp cả 2.000 ảnh lên một tấm để chúng dùng chung một phần đầu.

# %% [markdown] lang="en"
# The plain tool is JPEG. In a file of one such image the header outweighs the rest, so in fairness all 2,000 lie on one sheet and share one.

# %%
# tr("một cột ảnh, mỗi ảnh 32 × 32 (bốn khối JPEG mỗi chiều)", "a column of images of 32 × 32: four JPEG blocks each way")
sheet = (F.pad(x, (2, 2, 2, 2)).reshape(-1, 32) * 255).round().byte().numpy()


# %%
def as_jpeg(quality):
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "JPEG", quality=quality, optimize=True)
    cells = torch.tensor(np.asarray(Image.open(file))).view(-1, 1, 32, 32) / 255
    error = metrics.image_errors(cells[..., 2:-2, 2:-2], x).mean().item()
    return len(file.getvalue()) / len(x), error


curves["JPEG"] = np.array([as_jpeg(quality) for quality in (1, 3, 4, 5, 10, 20)]).T

# %%
plots.curves(
    {name: tuple(points) for name, points in curves.items()},
    title=tr("Nén ảnh kiểm tra", "Test images compressed"),
    xlabel=tr("byte mỗi ảnh (thang log)", "bytes per image (log scale)"),
    ylabel=tr("sai số mỗi ảnh", "error per image"), log="x", markers=True, ylim=(0, 20),
)  # fmt: skip

# %% [markdown] lang="vi"
# *Hình: mỗi đường là một cách nén; càng xuống thấp càng giống ảnh gốc, càng sang trái càng ít byte.* Hai đường của hai mạng gần như trùng nhau, nằm bên trái PCA và JPEG.
#
# Ta so số byte tại cùng một sai số, chẳng hạn 8 (nội suy giữa các điểm trên đường cong). Bên nhận còn phải có sẵn decoder, hay các trục PCA, mỗi trọng số 2 byte. JPEG thì không cần gửi thêm gì. Vậy phải gửi bao nhiêu ảnh thì số byte bớt được so với JPEG mới bù được decoder?

# %% [markdown] lang="en"
# *The figure: each curve is a way to compress; lower is closer to the original, further left is fewer bytes.* The curves of the two networks nearly coincide, to the left of PCA and JPEG.
#
# We compare the bytes at one error, 8 (interpolated). The receiver must also have the decoder, or the axes of PCA, 2 bytes a weight; JPEG is on every machine. After how many images does the decoder pay?

# %%
decoder_bytes = (
    2
    * sum(
        weights.numel()
        for name, weights in vae.named_parameters()  # ae-16d: tr("cũng bấy nhiêu", "as many")
        if name.startswith(("fc_decode", "deconv", "conv_final"))
    )
)
to_send = {"vae-16d": decoder_bytes, "ae-16d": decoder_bytes, "PCA 100": 2 * 101 * 784}
# tr("đọc trên đoạn thẳng nối hai điểm kề nhau;", "read off the straight line between two points;")
# tr("np.interp cần dãy tăng dần, nên có dấu trừ", "np.interp wants rising numbers, hence the minus signs")
at_8 = {name: np.interp(-8, -error, size) for name, (size, error) in curves.items()}

# %%
rows = {
    name: {tr("byte ở sai số 8", "bytes, error 8"): size} for name, size in at_8.items()
}
for name, size in to_send.items():
    rows[name][tr("phải có sẵn (kB)", "to have first (kB)")] = size / 1000
    error = metrics.image_errors(redraw(name, x), x).mean().item()
    rows[name][tr("sai số nhỏ nhất", "smallest error")] = error
    pays = size / (at_8["JPEG"] - at_8[name])
    rows[name][tr("hơn JPEG từ (số ảnh)", "beats JPEG from (images)")] = int(pays)
plots.table(rows)

# %% [markdown] lang="vi"
# Với sai số 8, hai mạng trong bảng cần chừng một phần sáu số byte của JPEG, và chưa đến một nửa của PCA. So với PCA thì mạng huấn luyện từ seed khác cũng vậy. `vae-16d` cần ít byte hơn `ae-16d`, mức chênh chưa đến một phần mười, <!-- claim: codes_need_fewer_bytes --> và chưa đến một phần hai mươi nếu trước khi làm tròn ta xoay mã của mỗi mạng theo các trục PCA của chính mã ấy. <!-- claim: turned_codes_are_nearly_equal --> Nhưng có ba hạn chế.
#
# - **Không bao giờ chính xác.** Thêm bao nhiêu byte, sai số của hai mạng cũng chỉ giảm đến khoảng 5; cột "sai số nhỏ nhất" là của mã không làm tròn. PCA thì cứ thêm trục là giảm, JPEG cứ thêm byte là giảm.
# - **Phải gửi decoder trước**, nên chỉ đáng làm khi có hàng nghìn ảnh. Số byte của JPEG là của tệp thật, còn ở ba cách kia là entropy, ước lượng trên chính những ảnh này.
# - **Chỉ dùng được cho chữ số.** Ta gửi thử 26 chữ cái, với đúng những bước $\Delta$ ấy:

# %% [markdown] lang="en"
# At an error of 8 the two networks of the table need about a sixth of JPEG's bytes, and less than half of PCA's. Beside PCA so do networks from other seeds. `vae-16d` needs less than `ae-16d`, by less than a tenth, <!-- claim: codes_need_fewer_bytes --> and by less than a twentieth if each code is turned to its own PCA axes before rounding. <!-- claim: turned_codes_are_nearly_equal --> But there are three conditions.
#
# - **Never exact.** However many bytes are added, the error of the two networks stays near 5: the column "smallest error" is of codes that are not rounded. PCA goes lower with more axes, JPEG with more bytes.
# - **The decoder must be sent first**, which pays only with thousands of images. JPEG's bytes are of a real file, the others are entropies, estimated on these images.
# - **Digits only.** We send the 26 letters, with the same steps $\Delta$:

# %%
font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 22)


def draw(letter):
    image = Image.new("L", (28, 28))
    ImageDraw.Draw(image).text((14, 14), letter, fill=255, font=font, anchor="mm")
    return torch.tensor(np.asarray(image)).view(1, 28, 28) / 255


letters = torch.stack([draw(letter) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"])

# %%
# tr("bước nào cho sai số 8 trên chữ số", "the step that gives an error of 8 on digits")
step_at_8 = {name: np.interp(-8, -curves[name][1], steps[name]) for name in steps}
rows = {}
for name, step in step_at_8.items():
    error = metrics.image_errors(rounded(name, letters, step)[1], letters).mean()
    rows[name] = {tr("sai số của chữ cái", "error of letters"): error.item()}
plots.table(rows)

# %%
both = torch.cat([x[:4], letters[[0, 7, 10, 17, 18, 22]]])
rows = {tr("Ảnh gốc", "Original"): both}
rows |= {name: rounded(name, both, step)[1] for name, step in step_at_8.items()}
plots.plot_images(rows, title=tr("Gửi đi rồi nhận về", "Sent and received"))

# %% [markdown] lang="vi"
# *Hình: bốn chữ số và sáu chữ cái, gửi với sai số trung bình 8 trên chữ số.* Qua hai mạng, chữ số vẫn đọc được, dù số 5 khép lại gần thành số 6; còn nhiều chữ cái hóa thành những hình giống chữ số. PCA với 100 hệ số thì vẫn cho ra chữ cái đọc được. Đo trên 26 chữ cái, sai số của hai mạng lớn gấp hơn hai lần sai số của PCA; với seed khác cũng vậy. <!-- claim: codes_need_fewer_bytes -->
#
# **Mã có nén tốt hơn cách đơn giản nhất không?** Có, nếu phải gửi hàng nghìn chữ số và không cần chính xác; nhưng VAE chỉ nhỉnh hơn một autoencoder thường.
#
# ## 2 · Khử nhiễu
#
# Trước hết cần một thước đo. Trong xử lý ảnh, người ta hay dùng **PSNR** (tỉ số tín hiệu cực đại trên nhiễu, peak signal-to-noise ratio), tính bằng decibel (dB). Với ảnh có giá trị trong $[0, 1]$:
#
# $$\mathrm{PSNR} = 10 \log_{10} \frac{1}{\mathrm{MSE}}, \qquad \mathrm{MSE} = \frac{1}{784} \sum_i (\hat x_i - x_i)^2.$$
#
# Càng lớn càng tốt; MSE giảm mười lần thì PSNR tăng 10 dB. Chẳng hạn, nếu mọi điểm ảnh đều lệch 0,1 thì $\mathrm{MSE} = 0{,}01$ và $\mathrm{PSNR} = 20$ dB.
#
# ### Lượt của bạn
#
# `recon` và `x` có kích thước $(N, C, H, W)$. Trả về PSNR của **từng ảnh**, kích thước $(N,)$. Ảnh có thể không phải 28 × 28, nên hãy thay 784 bằng số giá trị $C \cdot H \cdot W$ của một ảnh. Có sẵn `torch.log10` và `.flatten(1)`.

# %% [markdown] lang="en"
# *The figure: four digits and six letters, sent with a mean error of 8 on digits.* Through the networks the digits can be read, though the 5 closes almost into a 6; many letters turn into shapes that resemble digits. PCA with 100 coefficients still gives readable letters. Over all 26 letters the error of both networks is more than twice that of PCA, from other seeds too. <!-- claim: codes_need_fewer_bytes -->
#
# **Does the code compress better than the simplest way?** Yes, for thousands of digits that need not be exact; but the plain autoencoder does it nearly as well.
#
# ## 2 · Denoising
#
# Images are compared by the **PSNR** (peak signal-to-noise ratio), in decibels (dB). For images with values in $[0, 1]$:
#
# $$\mathrm{PSNR} = 10 \log_{10} \frac{1}{\mathrm{MSE}}, \qquad \mathrm{MSE} = \frac{1}{784} \sum_i (\hat x_i - x_i)^2.$$
#
# Larger is better; a tenth of the MSE is 10 dB more. If every pixel is off by 0.1, then $\mathrm{MSE} = 0.01$ and $\mathrm{PSNR} = 20$ dB.
#
# ### Your turn
#
# `recon` and `x` have shape $(N, C, H, W)$. Return the PSNR of **each image**, of shape $(N,)$. For other sizes the 784 becomes $C \cdot H \cdot W$. You have `torch.log10` and `.flatten(1)`.


# %% tags=["exercise"]
def psnr(recon, x):
    ### BEGIN SOLUTION
    mse = ((recon - x) ** 2).flatten(1).mean(dim=1)
    return 10 * torch.log10(1 / mse)
    ### END SOLUTION


# %%
right = checks.check_psnr(psnr)
psnr_of = psnr if right else metrics.psnr

# %% [markdown] lang="vi"
# ### Mạng được huấn luyện để khử nhiễu
#
# Hai mạng 16 chiều chưa từng thấy ảnh có nhiễu. **Autoencoder khử nhiễu** của bài 09 thì được huấn luyện cho đúng việc này: đầu vào là ảnh **có nhiễu**, ảnh mục tiêu (target) là ảnh **sạch**, và mỗi batch lấy nhiễu **mới**. `fit` so kết quả với ảnh sạch, nên chỉ cần thêm nhiễu bên trong `forward`.
#
# Có ba loại nhiễu: **nhiễu Gauss** cộng $\mathcal{N}(0, \sigma^2)$ vào mỗi điểm ảnh rồi cắt về $[0, 1]$; **nhiễu che** (masking noise) đưa một phần số điểm ảnh về 0; **nhiễu muối tiêu** (salt-and-pepper noise) đưa chúng về 0 hoặc 1.
#
# ⏱ Khoảng 30 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# ### A network trained to denoise
#
# The two networks have never met noise. The **denoising autoencoder** of lesson 09 is trained for it: its input is the **noisy** image, its target the **clean** one, and every batch draws **fresh** noise. `fit` compares the result with the clean image, so noise inside `forward` is enough.
#
# **Gaussian** noise adds $\mathcal{N}(0, \sigma^2)$ to each pixel and cuts off at 0 and 1; **masking noise** sets a share of the pixels to 0; **salt-and-pepper noise** sets them to 0 or 1.
#
# ⏱ About 30 seconds on two CPU cores.


# %%
def spoil(x):
    """The batch x with one kind of noise, up to a strength drawn anew."""
    kinds = [("gaussian", 0.5), ("mask", 0.7), ("salt-pepper", 0.4)]
    kind, most = kinds[torch.randint(3, ())]
    return data.add_noise(x, kind, most * torch.rand(()).item())


# %%
class Denoiser(models.MLPAutoencoder):
    def forward(self, x):
        return super().forward(spoil(x) if self.training else x)


# %%
torch.manual_seed(0)
denoiser = Denoiser(latent_dim=128, hidden=512)
training.fit(
    denoiser, train_set, epochs=6, batch_size=128, lr=3e-3, schedule="one-cycle",
    loss=lambda recon, x, z: losses.reconstruction_loss(recon, x),
    seed=0, log_dir=None,
)  # fmt: skip
denoiser = denoiser.cpu().eval()

# %% [markdown] lang="vi"
# ### Những cách đơn giản
#
# - **Không làm gì.**
# - **Bộ lọc trung vị** (median filter): mỗi điểm ảnh được thay bằng giá trị đứng giữa trong ô 3 × 3 quanh nó.
# - **PCA 16** và **PCA 100**: chiếu xuống các trục, như khi nén. Nhiễu nằm ngoài các trục ấy thì mất.
# - **10 ảnh gần nhất** trong 60.000 ảnh huấn luyện, lấy trung bình. Gần theo khoảng cách, hoặc theo **góc** giữa hai ảnh xem như hai vector. Không phải huấn luyện gì.
# - **Ánh xạ tuyến tính** (linear map) $\hat x = W^\top s$ tốt nhất từ ảnh nhiễu $s$ (thêm một số 1 ở cuối) sang ảnh sạch $x$. Nó được xem 60.000 ảnh với cùng loại nhiễu như mạng, chỉ một lượt; $W$ có tổng bình phương sai số nhỏ nhất, tức là nghiệm của $\left(\sum s s^\top\right) W = \sum s x^\top$.
#
# ⏱ Khoảng 15 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# ### Simple ways
#
# - **Doing nothing.**
# - The **median filter**: each pixel becomes the middle value of the 3 × 3 square around it.
# - **PCA 16** and **PCA 100**: project onto the axes, as in compression. Noise outside them is lost.
# - The **10 nearest** of the 60,000 training images, averaged: nearest by distance, or by the **angle** between two images as vectors.
# - The best **linear map** $\hat x = W^\top s$ from a noisy image $s$ (with a 1 at its end) to the clean one $x$. It sees 60,000 images with these kinds of noise, once: $W$ has the least squared error, so it solves $\left(\sum s s^\top\right) W = \sum s x^\top$.
#
# ⏱ About 15 seconds on two CPU cores.


# %%
def with_one(x):
    """Images as rows, each with a 1 at its end: (N, 785)."""
    return F.pad(x.flatten(1), (0, 1), value=1)


# %%
torch.manual_seed(0)
S_S, S_x = 1e-3 * torch.eye(785), 0
for clean in train_set.images.split(128):
    s = with_one(spoil(clean))
    S_S, S_x = S_S + s.T @ s, S_x + s.T @ clean.flatten(1)
W = torch.linalg.solve(S_S, S_x)


# %%
def median(noisy):
    return torch.tensor(median_filter(noisy.numpy(), size=(1, 1, 3, 3)))


def linear(noisy):
    return (with_one(noisy) @ W).clamp(0, 1).view_as(noisy)


# %%
lengths = pixels.norm(dim=1)


def ten_nearest(noisy, by_angle=False):
    found = []
    for s in noisy.flatten(1).split(250):
        inner = s @ pixels.T
        # tr("|s − t|² nhỏ nhất khi s·t − |t|²/2 lớn nhất", "|s − t|² is smallest where s·t − |t|²/2 is largest")
        near = inner / lengths if by_angle else inner - lengths**2 / 2
        found.append(pixels[near.topk(10).indices].mean(dim=1))
    return torch.cat(found).view_as(noisy)


# %%
cleaners = {
    tr("không làm gì", "doing nothing"): lambda noisy: noisy,
    tr("lọc trung vị", "median filter"): median,
    tr("ánh xạ tuyến tính", "linear map"): linear,
    tr("10 ảnh gần nhất", "10 nearest"): ten_nearest,
    tr("10 ảnh, theo góc", "10 by angle"): partial(ten_nearest, by_angle=True),
}
denoising = tr("AE khử nhiễu", "denoising AE")
coders[denoising] = denoiser
for name in ("PCA 16", "PCA 100", "ae-16d", "vae-16d", denoising):
    cleaners[name] = partial(redraw, name)

# %%
noises = {
    tr("Gauss, σ = 0,2", "Gauss, σ = 0.2"): ("gaussian", 0.2),
    tr("Gauss, σ = 0,5", "Gauss, σ = 0.5"): ("gaussian", 0.5),
    tr("che 50%", "mask 50%"): ("mask", 0.5),
    tr("muối tiêu 10%", "salt-pepper 10%"): ("salt-pepper", 0.1),
    tr("muối tiêu 40%", "salt-pepper 40%"): ("salt-pepper", 0.4),
}

# %%
torch.manual_seed(0)
clean_x = x[:1000]
noisy = {name: data.add_noise(clean_x, *how) for name, how in noises.items()}

# %%
plots.table({
    name: {kind: psnr_of(clean(noisy[kind]), clean_x).mean().item() for kind in noises}
    for name, clean in cleaners.items()
})  # fmt: skip

# %% [markdown] lang="vi"
# *Bảng: PSNR trung bình (dB) trên 1.000 ảnh, do hàm của bạn tính (khi chưa đúng thì `metrics.psnr` làm thay).*
#
# - **PCA 16 khử được một phần nhiễu nặng**, dù chưa từng thấy nhiễu. Với nhiễu Gauss $\sigma = 0{,}5$, nó đạt khoảng 14 dB, còn ảnh có nhiễu chỉ 9. Nhưng khi nhiễu nhẹ ($\sigma = 0{,}2$), nó làm ảnh kém đi, vì ngay cả chữ số sạch, 16 trục cũng không đủ để vẽ lại (hình đầu tiên); PCA 100 thì đạt 20 dB.
# - **`vae-16d` hơn hẳn `ae-16d`** ở $\sigma = 0{,}2$: khoảng 19 dB so với 14, còn không làm gì là 17. Với seed khác, VAE vẫn được trên 17, còn autoencoder chưa đến 14. Nhưng PCA 100, cũng chưa từng thấy nhiễu, và ánh xạ tuyến tính hơn cả hai; còn khi che 50%, VAE kém autoencoder. <!-- claim: vae_cleans_untrained --> Có phải nhờ KL và nhiễu trong $z$ không? Với hai mạng nhỏ chỉ khác nhau ở điểm ấy, cùng học theo BCE, VAE không hơn; <!-- claim: same_loss_cleans_alike --> còn `vae-16d-b1000`, với KL nhẹ hơn 25 lần, vẫn hơn `ae-16d` như vậy. <!-- claim: vae_cleans_untrained --> Có thể nguyên nhân là loss, nhưng điều ấy chưa được chứng tỏ.
# - **Không cách đơn giản nào ở đây tốt nhất ở mọi cột.** Ánh xạ tuyến tính đứng đầu ở $\sigma = 0{,}2$, bộ lọc trung vị khi muối tiêu 10%, mười ảnh gần nhất ở $\sigma = 0{,}5$ và khi muối tiêu 40%, mười ảnh gần nhất theo góc khi che 50%. Mỗi cách lại có ít nhất một cột kém cách đứng đầu hơn 2 dB. <!-- claim: no_simple_way_is_best -->
# - **AE khử nhiễu** sau 6 epoch chỉ chênh chưa đến nửa dB so với cách đơn giản tốt nhất ở bốn cột, và kém mười ảnh gần nhất khi muối tiêu 40%. Sau 10 epoch nó hơn ở bốn cột ấy, chưa đến 1,5 dB, nhưng ở cột cuối vẫn kém. <!-- claim: denoiser_is_near_the_best --> Vậy cái được là chỉ một mạng mà cột nào cũng gần với cách tốt nhất; nhưng nó được huấn luyện với đúng những loại nhiễu này.

# %% [markdown] lang="en"
# *The table: the mean PSNR (dB) over 1,000 images, by your function or `metrics.psnr`.*
#
# - **PCA 16 removes part of heavy noise**, though it has never met any: with Gaussian noise of $\sigma = 0.5$ it reaches about 14 dB, the noisy image only 9. But light noise ($\sigma = 0.2$) it makes worse: 16 axes cannot redraw even a clean digit (first figure); PCA 100 reaches 20 dB.
# - **`vae-16d` is well ahead of `ae-16d`** at $\sigma = 0.2$: about 19 dB against 14, doing nothing 17 (other seeds: over 17, under 14). But PCA 100, which never met noise either, and the linear map beat both; and with 50% masked the VAE is behind. <!-- claim: vae_cleans_untrained --> Is it the KL and the noise in $z$? Two small networks that differ in these alone, both trained with BCE, show no lead of the VAE; <!-- claim: same_loss_cleans_alike --> and `vae-16d-b1000`, whose KL counts 25 times less, leads as well. <!-- claim: vae_cleans_untrained --> The loss may be the cause, but that is not shown.
# - **None of these simple ways is best everywhere.** The linear map leads at $\sigma = 0.2$, the median filter with 10% salt-and-pepper, the ten nearest at $\sigma = 0.5$ and with 40%, the ten nearest by angle with 50% masked. Each is more than 2 dB behind the leader in some column. <!-- claim: no_simple_way_is_best -->
# - The **denoising autoencoder** after 6 epochs is within half a dB of the best in four columns, and behind the ten nearest at 40% salt-and-pepper. After 10 it is ahead in those four, by less than 1.5 dB, and still behind in the last. <!-- claim: denoiser_is_near_the_best --> So one network is near the best everywhere, but it was trained for these very noises.

# %%
pair = [3, 5]
rows = {tr("ảnh sạch", "clean image"): clean_x[pair].repeat(len(noises), 1, 1, 1)}
for name, clean in cleaners.items():
    rows[name] = torch.cat([clean(images[pair]) for images in noisy.values()])
plots.plot_images(
    rows,
    [name for kind in noises for name in (kind, "")],
    title=tr("Hai chữ số, năm trường hợp nhiễu", "Two digits, five kinds of noise"),
)

# %% [markdown] lang="vi"
# *Hình: mỗi hàng một cách khử nhiễu, mỗi cặp cột là một cột của bảng; hàng "không làm gì" là ảnh có nhiễu.* Khi nhiễu nặng, ánh xạ tuyến tính để lại nét nhòe, còn AE khử nhiễu và mười ảnh gần nhất phần lớn cho nét chữ liền. Mạng chưa từng thấy nhiễu thì có thể vẽ ra chữ số khác: `vae-16d` biến số 1 có nhiễu thành một hình giống số 8.
#
# **Mã có làm sạch ảnh tốt hơn cách đơn giản nhất không?** Chỉ khi mạng được huấn luyện cho đúng việc ấy, và không phải với mọi thứ nhiễu; còn mã của VAE và của autoencoder thường thì kém cả một ánh xạ tuyến tính.
#
# ## 3 · Giảm chiều
#
# Mỗi ảnh thành một điểm trên mặt phẳng. Bản đồ tốt thì giữ được láng giềng. Bốn cách vẽ bản đồ:
#
# - **PCA** với hai trục;
# - `ae-2d` và `vae-2d`, mã hai chiều của một autoencoder thường và của một VAE ($B = 10$);
# - **t-SNE** (van der Maaten & Hinton, 2008): dời chính các *điểm* trên mặt phẳng sao cho láng giềng vẫn là láng giềng.
#
# ⏱ Khoảng 5 giây trên CPU hai nhân (t-SNE).

# %% [markdown] lang="en"
# *The figure: the row "doing nothing" is the noisy image.* With heavy noise the linear map smears; the denoising autoencoder and the ten nearest mostly give whole strokes. A network that never met noise may draw another digit: `vae-16d` turns a noisy 1 almost into an 8.
#
# **Does a code clean images better than the simplest way?** Only if the network is trained for just that, and not for every noise; the codes of a VAE or of a plain autoencoder do worse than a linear map.
#
# ## 3 · Dimension reduction
#
# Each image becomes a point in the plane; a good map keeps the neighbours. Four ways to draw one:
#
# - **PCA** with two axes;
# - `ae-2d` and `vae-2d`, the two-dimensional codes of a plain autoencoder and of a VAE ($B = 10$);
# - **t-SNE** (van der Maaten & Hinton, 2008): moves the *points* themselves about the plane until neighbours stay neighbours.
#
# ⏱ About 5 seconds on two CPU cores (t-SNE).

# %%
x_map, y_map = x[:1000], y[:1000]
with torch.no_grad():
    maps = {
        "PCA": PCA(2).encode(x_map),
        "ae-2d": encode(models.load_pretrained("ae-2d"), x_map),
        "vae-2d": encode(models.load_pretrained("vae-2d"), x_map),
    }

# %%
tsne = TSNE(init="pca", random_state=0)
maps["t-SNE"] = torch.tensor(tsne.fit_transform(x_map.flatten(1).numpy()))
plots.plot_latent(maps, y_map, limits="own")

# %% [markdown] lang="vi"
# *Hình: một nghìn ảnh kiểm tra trên bốn bản đồ; mỗi chấm là một ảnh, mỗi màu một chữ số; hình tròn trắng ghi chữ số, đặt gần trung vị các chấm của nó.* Trên bản đồ PCA, chỉ số 1 tách hẳn, số 0 tách một phần; t-SNE tách rõ nhất, nhưng 4 và 9 nằm chung một đảo; hai mạng ở khoảng giữa.
#
# Để đo, ta tìm cho mỗi ảnh 10 láng giềng gần nhất, một lần theo điểm ảnh và một lần trên bản đồ:

# %% [markdown] lang="en"
# *The figure: a thousand test images on four maps; a colour and a white disc for each digit.* On PCA's map 1 stands apart, and 0 in part; t-SNE separates best, though 4 and 9 share an island; the networks lie in between.
#
# We find the 10 nearest neighbours of each image, by its pixels and on the map:


# %%
def nearest(points, k=10):
    """The numbers of the k nearest others of each point: (N, k)."""
    distances = torch.cdist(points, points).fill_diagonal_(torch.inf)
    return distances.topk(k, largest=False).indices


# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# `a` và `b` có kích thước $(N, k)$: hàng $i$ chứa số thứ tự của $k$ láng giềng của ảnh $i$, theo hai cách đo. Trả về tỉ lệ láng giềng trong `a` cũng có mặt ở **cùng hàng** của `b`, thứ tự nào cũng được: một số từ 0 đến 1. Ví dụ, $[[3, 7]]$ và $[[7, 5]]$ cho $\tfrac12$. Gợi ý: so `a[:, :, None]` với `b[:, None, :]`.

# %% [markdown] lang="en"
# ### Your turn
#
# `a` and `b` have shape $(N, k)$: row $i$ holds the numbers of the $k$ neighbours of image $i$, measured in two ways. Return the share of the neighbours in `a` that also stand in the **same row** of `b`, in any order, from 0 to 1. $[[3, 7]]$ and $[[7, 5]]$ give $\tfrac12$. Compare `a[:, :, None]` with `b[:, None, :]`.


# %% tags=["exercise"]
def neighbours_kept(a, b):
    ### BEGIN SOLUTION
    same = a[:, :, None] == b[:, None, :]  # (N, k, k)
    return same.any(dim=2).float().mean()
    ### END SOLUTION


# %%
right = checks.check_neighbours_kept(neighbours_kept)


def kept(a, b):
    if right:
        return float(neighbours_kept(a, b))
    pairs = zip(a.tolist(), b.tolist(), strict=True)
    return np.mean([len(set(p) & set(q)) / len(p) for p, q in pairs])


# %%
truly_near, rows = nearest(x_map.flatten(1)), {}
random_map = {tr("điểm ngẫu nhiên", "random points"): torch.rand(len(x_map), 2)}
for name, points in (maps | random_map).items():
    near = nearest(points)
    same = (y_map[near] == y_map[:, None]).float().mean()
    rows[name] = {
        tr("giữ láng giềng", "neighbours kept"): kept(near, truly_near),
        tr("cùng chữ số", "same digit"): same.item(),
    }
plots.table(rows, digits=2)

# %% [markdown] lang="vi"
# *Bảng: tỉ lệ láng giềng được giữ lại, do hàm của bạn tính, và tỉ lệ láng giềng trên bản đồ có cùng chữ số với ảnh đang xét.* Không bản đồ nào được biết nhãn.
#
# t-SNE giữ được khoảng một nửa số láng giềng, hai mạng chưa đến ba phần mười, PCA chỉ hơn một phần mười. Với seed khác, thứ tự cũng thế, và `vae-2d` hơn `ae-2d` một chút. <!-- claim: maps_keep_neighbours --> Hai mạng này khác nhau cả ở loss (BCE và bình phương sai số). Nhưng với hai mạng nhỏ cùng học theo BCE, VAE cũng hơn, chưa đến 0,01; mạng có KL mà không có nhiễu thì hơn từ 0,01 đến 0,02. <!-- claim: kl_keeps_a_few_more_neighbours --> Vậy nhờ KL, bản đồ giữ được nhiều láng giềng hơn một chút; riêng ở VAE nhỏ ấy, tỉ lệ láng giềng cùng chữ số lại giảm.
#
# Phép so này có lợi cho t-SNE: nó được xếp chính một nghìn điểm ấy, còn hai mạng chưa từng thấy chúng. Đổi lại, t-SNE không có encoder, nên thêm ảnh mới thì phải chạy lại từ đầu; và cũng không có decoder.
#
# **Mã có vẽ bản đồ tốt hơn cách đơn giản nhất không?** Hơn PCA nhiều, nhưng kém t-SNE; nên dùng mã khi cần mã hóa ảnh mới hay muốn dạo trên bản đồ (bài 07).
#
# ## Trả lời
#
# *Dùng được, nhưng có hơn cách đơn giản nhất không?* Nén chữ số thì hơn, khử nhiễu thì chỉ hơn khi được huấn luyện cho việc ấy và không phải với mọi thứ nhiễu, vẽ bản đồ thì hơn PCA mà kém t-SNE. Khi nén và khi vẽ bản đồ, VAE chỉ hơn autoencoder thường một chút.
#
# ## Tự kiểm tra
#
# <details><summary><b>Mã hóa một dãy gồm toàn số 0 tốn bao nhiêu bit cho mỗi ký hiệu?</b></summary>
#
# 0 bit: $p = 1$ nên $\log_2 p = 0$. Vì thế những hệ số PCA luôn làm tròn thành 0 không tốn bit nào.
# </details>
#
# <details><summary><b>Có người báo cáo: "Mạng của tôi khử nhiễu được 20 dB". Bạn hỏi lại điều gì?</b></summary>
#
# Nhiễu loại nào, mức nào, và trên cùng những ảnh ấy thì không làm gì và ánh xạ tuyến tính được bao nhiêu dB. Với nhiễu Gauss $\sigma = 0{,}2$, ánh xạ tuyến tính đã hơn 20 dB.
# </details>
#
# ## Tóm tắt
#
# - Nén: lượng tử hóa mã rồi tính entropy; ở sai số 8, mã cần ít byte nhất, nhưng phải gửi decoder trước, không bao giờ chính xác, và chỉ dùng được cho chữ số.
# - Khử nhiễu: đo bằng PSNR, nói rõ loại nhiễu và mức nhiễu; baseline mạnh nhất tùy vào loại nhiễu.
# - Giảm chiều: đếm láng giềng được giữ lại; muốn xem dữ liệu thì dùng t-SNE, muốn có encoder và decoder thì dùng mã.

# %% [markdown] lang="en"
# *The table: the share of neighbours kept, by your function, and the share of the neighbours on the map that show the same digit.* No map is told the labels.
#
# t-SNE keeps about half of the neighbours, the two networks less than three tenths, PCA little more than one tenth. From other seeds the order is the same, with `vae-2d` a little ahead of `ae-2d`. <!-- claim: maps_keep_neighbours --> These differ in their loss as well (BCE and squared error). But of two small networks with BCE the VAE is ahead too, by less than 0.01; one with the KL and no noise by 0.01 to 0.02. <!-- claim: kl_keeps_a_few_more_neighbours --> The KL keeps slightly more neighbours; in that VAE fewer show the same digit.
#
# The comparison favours t-SNE: it arranges these very points. In return it has no encoder (new images need a new run) and no decoder.
#
# **Does a code map better than the simplest way?** Much better than PCA, but not as well as t-SNE; use the code to encode new images or to walk about the map (lesson 07).
#
# ## Answer
#
# *They can do it, but better than the simplest way?* They compress digits better; clean better only if trained for it, not for every noise; map better than PCA, not than t-SNE. For compression and maps the plain autoencoder does nearly as well.
#
# ## Test yourself
#
# <details><summary><b>How many bits does each symbol of a sequence of zeros take?</b></summary>
#
# 0 bits: $p = 1$, so $\log_2 p = 0$. So coefficients of PCA that always round to 0 cost nothing.
# </details>
#
# <details><summary><b>A report says: "My network denoises to 20 dB." What do you ask?</b></summary>
#
# Which noise, at what strength, and what doing nothing and the linear map give on the same images. For Gaussian noise of $\sigma = 0.2$ the linear map has more than 20 dB already.
# </details>
#
# ## Recap
#
# - Compression: by its entropy a rounded code takes the fewest bytes at an error of 8, but needs its decoder, is never exact, and knows digits only.
# - Denoising: state the PSNR with the kind and strength of the noise; the strongest baseline depends on the noise.
# - Dimension reduction: count the neighbours kept; t-SNE to look at data, a code to have an encoder and a decoder.
