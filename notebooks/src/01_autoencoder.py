# %% [markdown] lang="vi"
# # Bài 01 · Autoencoder
#
# *Có thể ghi lại ảnh một chữ số chỉ bằng hai con số mà vẫn đọc được không? Còn mười sáu con số thì sao?* Bạn sẽ tự viết một **bộ tự mã hóa** (autoencoder, AE), huấn luyện nó, rồi xem các mã của nó nằm ở đâu và giúp ta sinh ảnh mới được đến mức nào.
#
# Bạn cần 60 đến 90 phút; phần tính toán chưa mất đến một phút trên CPU hai nhân. *Đề bài* là bản bài tập in sẵn của khóa học (bài 00).

# %% [markdown] lang="en"
# # Lesson 01 · Autoencoder
#
# *Can a picture of a digit be written down with just two numbers and still be read? And with sixteen?* You write an **autoencoder** (AE) yourself, train it, and see where its codes lie and how far they will do for making new pictures.
#
# Allow 60 to 90 minutes; the computing takes less than one on two CPU cores. *The handout* is the course's printed exercise.

# %%
import torch
import torch.nn.functional as F
from torch import nn
from tqdm.auto import tqdm

from vae_helpers import checks, data, diagrams, losses, metrics, models, page, plots, tr

# %%
# tr("3000 ảnh chọn ngẫu nhiên", "3000 images drawn at random")
test, _ = data.split(data.load_mnist(train=False), (0.3, 0.7), seed=0)
ae_2d = models.load_pretrained("ae-2d")
plots.plot_reconstructions(ae_2d, test)

# %% [markdown] lang="vi"
# *Hình: hàng trên là ảnh kiểm tra (test), hàng dưới là ảnh mà một mạng vẽ lại khi chỉ được biết hai con số về mỗi ảnh.* Có hình đọc được ngay, có hình không. Mạng đã học điều ấy bằng cách nào?
#
# ## 1 · Ý tưởng
#
# Một autoencoder gồm ba phần:
#
# - **bộ mã hóa** (encoder) biến ảnh $x$ gồm 784 con số thành một mã tiềm ẩn $z$ gồm $d$ con số (trong code, $d$ là `latent_dim`), với $d \ll 784$;
# - **nút thắt cổ chai** (bottleneck) là chỗ hẹp nhất, nơi có mã $z$. Tập hợp mọi mã có thể có là **không gian tiềm ẩn** (latent space; nhiều tài liệu gọi là *không gian ẩn*);
# - **bộ giải mã** (decoder) vẽ ảnh $\hat x$ từ $z$.
#
# Mạng học không cần nhãn, vì đầu ra mong muốn chính là đầu vào. Nếu mã dài bằng ảnh, mạng chỉ cần chép lại; bottleneck buộc nó phải chọn xem nên ghi lại điều gì.

# %% [markdown] lang="en"
# *The figure: test images in the top row, and below each what a network drew when it was told just two numbers about that image.* Some can be read at once, some cannot. How did the network learn this?
#
# ## 1 · The idea
#
# An autoencoder has three parts:
#
# - the **encoder** turns an image $x$ of 784 numbers into a latent code $z$ of $d$ numbers, with $d \ll 784$ (`latent_dim` in code);
# - the **bottleneck** is the narrowest place, where the code $z$ is. All codes that there can be make up the **latent space**;
# - the **decoder** draws an image $\hat x$ from $z$.
#
# The network learns without labels, for the output we want is the input itself. If the code were as long as the image, copying would do; the bottleneck makes the network choose what to write down.

# %%
diagrams.plot_autoencoder()

# %% [markdown] lang="vi"
# *Hình: ảnh $x$ qua encoder thành mã $z$ ở chỗ hẹp nhất, rồi qua decoder thành ảnh $\hat x$.* Sai số tái tạo cho biết hai đầu khác nhau bao nhiêu.
#
# ## 2 · Ảnh tái tạo sai bao nhiêu?
#
# ### Sai số bình phương trung bình (mean squared error, MSE), công thức 1
#
# $$L_{MSE} = \frac1M \sum_{i=1}^{M} \frac1N \sum_{j=1}^{N} (x_{j,i} - \hat x_{j,i})^2,$$
#
# với $M$ ảnh, mỗi ảnh $N$ điểm ảnh. (Trong kích thước $(N, C, H, W)$ của PyTorch, $N$ lại là số ảnh.)
#
# Tính tay cho một "ảnh" bốn điểm ảnh $x = (0;\ 0{,}5;\ 1;\ 1)$, được tái tạo thành $\hat x = (0{,}1;\ 0{,}5;\ 0{,}8;\ 0{,}6)$: các hiệu là $-0{,}1;\ 0;\ 0{,}2;\ 0{,}4$, bình phương của chúng là $0{,}01;\ 0;\ 0{,}04;\ 0{,}16$, trung bình là $0{,}21 / 4 = 0{,}0525$.

# %% [markdown] lang="en"
# *The figure: the image $x$ passes through the encoder to the code $z$ at the narrowest place, and through the decoder to the image $\hat x$.* The reconstruction error says how much the two ends differ.
#
# ## 2 · How wrong is a reconstruction?
#
# ### Mean squared error (MSE), eq. 1
#
# $$L_{MSE} = \frac1M \sum_{i=1}^{M} \frac1N \sum_{j=1}^{N} (x_{j,i} - \hat x_{j,i})^2,$$
#
# for $M$ images of $N$ pixels each. (In PyTorch's shape $(N, C, H, W)$, $N$ is the number of images.)
#
# By hand, for a "picture" of four pixels $x = (0,\ 0.5,\ 1,\ 1)$ that was rebuilt as $\hat x = (0.1,\ 0.5,\ 0.8,\ 0.6)$: the differences are $-0.1,\ 0,\ 0.2,\ 0.4$, their squares $0.01,\ 0,\ 0.04,\ 0.16$, and the mean is $0.21 / 4 = 0.0525$.

# %% tags=["nbval-check-output"]
x = torch.tensor([[0.0, 0.5, 1.0, 1.0]])  # (M, N) = (1, 4)
recon = torch.tensor([[0.1, 0.5, 0.8, 0.6]])
print(f"{F.mse_loss(recon, x):.4f}")

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Viết công thức 1 bằng phép tính trên tensor (đừng gọi `F.mse_loss`). Đầu vào có kích thước bất kỳ, chiều đầu là batch.

# %% [markdown] lang="en"
# ### Your turn
#
# Write eq. 1 with tensor operations (without `F.mse_loss`). The inputs may have any shape, batch first.


# %% tags=["exercise"]
def mse(recon, x):
    ### BEGIN SOLUTION
    return ((x - recon) ** 2).mean()
    ### END SOLUTION


# %%
mse_right = checks.check_mse(mse)

# %% [markdown] lang="vi"
# ### Entropy chéo nhị phân (binary cross-entropy, BCE), công thức 2
#
# $$L_{BCE} = -\frac1M \sum_{i=1}^{M} \frac1N \sum_{j=1}^{N} \left[ x_{j,i} \log \hat x_{j,i} + (1 - x_{j,i}) \log(1 - \hat x_{j,i}) \right].$$
#
# Ở đây $\hat x$ được hiểu là xác suất để điểm ảnh sáng. Điểm ảnh tối ($x = 0$) chỉ dùng số hạng sau, điểm ảnh sáng ($x = 1$) chỉ dùng số hạng trước. Với $x$ và $\hat x$ vừa rồi: $-(\log 0{,}9 + \log 0{,}5 + \log 0{,}8 + \log 0{,}6)/4 = 0{,}3831$.

# %% [markdown] lang="en"
# ### Binary cross-entropy (BCE), eq. 2
#
# $$L_{BCE} = -\frac1M \sum_{i=1}^{M} \frac1N \sum_{j=1}^{N} \left[ x_{j,i} \log \hat x_{j,i} + (1 - x_{j,i}) \log(1 - \hat x_{j,i}) \right].$$
#
# Here $\hat x$ is read as the probability that the pixel is lit. A dark pixel ($x = 0$) uses only the second term, a lit one ($x = 1$) only the first. With the $x$ and $\hat x$ above: $-(\log 0.9 + \log 0.5 + \log 0.8 + \log 0.6)/4 = 0.3831$.

# %% tags=["nbval-check-output"]
print(f"{F.binary_cross_entropy(recon, x):.4f}")
print(f"{F.binary_cross_entropy(x, x):.4f}")  # recon = x

# %% [markdown] lang="vi"
# Dòng thứ hai là BCE của ảnh tái tạo *hoàn hảo*, và nó không bằng 0: điểm ảnh xám $0{,}5$ góp $\log 2 \approx 0{,}693$, chia bốn được $0{,}1733$. BCE của ảnh này không thể nhỏ hơn nữa.
#
# Đề bài dùng MSE cho giá trị liên tục, BCE cho giá trị 0/1 hoặc trong $[0, 1]$. Cả hai đều dùng được với MNIST, nhưng chỉ với ảnh đen trắng BCE mới đúng là một log-likelihood (bài 04).
#
# ### Lượt của bạn
#
# Viết công thức 2 bằng phép tính trên tensor. `torch.log` là logarit tự nhiên; ô chấm chỉ đưa vào $\hat x$ nằm hẳn giữa 0 và 1.

# %% [markdown] lang="en"
# The second line is the BCE of a *perfect* reconstruction, and it is not 0: the grey pixel of $0.5$ adds $\log 2 \approx 0.693$, and a quarter of that is $0.1733$. That is the minimum.
#
# The handout takes MSE for continuous values, and BCE for values that are 0 or 1, or in $[0, 1]$. Both will do for MNIST, but only for black-and-white pixels is BCE really a log-likelihood (lesson 04).
#
# ### Your turn
#
# Write eq. 2 with tensor operations. `torch.log` is the natural logarithm; the check only passes $\hat x$ strictly between 0 and 1.


# %% tags=["exercise"]
def bce(recon, x):
    ### BEGIN SOLUTION
    return -(x * torch.log(recon) + (1 - x) * torch.log(1 - recon)).mean()
    ### END SOLUTION


# %%
bce_right = checks.check_bce(bce)

# %% [markdown] lang="vi"
# Cả hai công thức lấy trung bình trên điểm ảnh. Còn khi nói sai số **của một ảnh**, ta thường lấy tổng trên 784 điểm ảnh của nó (tổng bình phương sai số, SSE). Các ô dưới đây ghép hai hàm của bạn thành một thước đo (hàm nào chưa đúng thì PyTorch làm thay) và đo ba cách đoán không cần mạng.

# %% [markdown] lang="en"
# Both formulas average over the pixels. We usually give the error **of an image**, the sum over its 784 pixels (SSE, the sum of squared errors). The next cells make a yardstick of your two functions (PyTorch stands in for one that is not right yet) and measure three guesses that need no network.

# %%
my_mse = mse if mse_right else F.mse_loss
my_bce = bce if bce_right else F.binary_cross_entropy


def report(name, recon, x=test.images):
    recon = recon.clamp(1e-6, 1 - 1e-6)  # log 0 = -inf
    sse, nats = 784 * my_mse(recon, x), 784 * my_bce(recon, x)
    print(f"{name:22} SSE {sse:5.1f}   BCE {nats:6.1f}")


# %%
x = test.images
report(tr("đen hoàn toàn", "all black"), torch.zeros_like(x))
report(tr("ảnh trung bình", "mean image"), x.mean(dim=0).expand_as(x))
report(tr("chính ảnh gốc", "the image itself"), x)

# %% [markdown] lang="vi"
# Ảnh tái tạo hoàn hảo có BCE khoảng 46 nat (nat là đơn vị khi dùng logarit tự nhiên), do các điểm ảnh xám của MNIST. BCE của ảnh đen hoàn toàn bằng vô cùng; `clamp` giữ cho nó hữu hạn.
#
# ## 3 · Dựng mạng
#
# | encoder | kích thước ra | decoder | kích thước ra |
# | --- | --- | --- | --- |
# | `Conv2d` 1 → 16, padding 1 | (16, 28, 28) | `Linear` $d$ → 3136 | (3136,) |
# | `Conv2d` 16 → 32, stride 2, padding 1 | (32, 14, 14) | `Unflatten(1, (64, 7, 7))` | (64, 7, 7) |
# | `Conv2d` 32 → 64, stride 2, padding 1 | (64, 7, 7) | `ConvTranspose2d` 64 → 32 | (32, 14, 14) |
# | `Flatten()` | (3136,) | `ConvTranspose2d` 32 → 16 | (16, 28, 28) |
# | `Linear` 3136 → $d$ | ($d$,) | `Conv2d` 16 → 1, padding 1 | (1, 28, 28) |
#
# Mọi lớp tích chập (convolution) có `kernel_size=3`. Sau mỗi lớp có trọng số là một `nn.ReLU()`, trừ lớp cuối: encoder kết thúc bằng lớp tuyến tính, decoder kết thúc bằng `nn.Sigmoid()` để điểm ảnh nằm trong $[0, 1]$.
#
# `ConvTranspose2d` (**tích chập chuyển vị**, transposed convolution) với `stride=2, padding=1, output_padding=1` tăng gấp đôi cạnh ảnh. Vì sao cần `output_padding`? Với stride 2, cả cạnh 13 lẫn cạnh 14 đều thành 7, nên khi phóng to trở lại, ta phải nói rõ muốn cạnh nào:

# %% [markdown] lang="en"
# A perfect reconstruction has a BCE of about 46 nats (the unit of natural logarithms), because of MNIST's grey pixels. That of all black is infinite; `clamp` keeps it finite.
#
# ## 3 · Building the network
#
# | encoder | gives | decoder | gives |
# | --- | --- | --- | --- |
# | `Conv2d` 1 → 16, padding 1 | (16, 28, 28) | `Linear` $d$ → 3136 | (3136,) |
# | `Conv2d` 16 → 32, stride 2, padding 1 | (32, 14, 14) | `Unflatten(1, (64, 7, 7))` | (64, 7, 7) |
# | `Conv2d` 32 → 64, stride 2, padding 1 | (64, 7, 7) | `ConvTranspose2d` 64 → 32 | (32, 14, 14) |
# | `Flatten()` | (3136,) | `ConvTranspose2d` 32 → 16 | (16, 28, 28) |
# | `Linear` 3136 → $d$ | ($d$,) | `Conv2d` 16 → 1, padding 1 | (1, 28, 28) |
#
# Every convolution has `kernel_size=3`. After each layer with weights comes an `nn.ReLU()`, but not after the last one: the encoder ends with its linear layer, the decoder with an `nn.Sigmoid()`, so that pixels lie in $[0, 1]$.
#
# `ConvTranspose2d` (a **transposed convolution**) with `stride=2, padding=1, output_padding=1` doubles the side. Why `output_padding`? With stride 2 a side of 13 becomes 7 just as one of 14 does, so the way back must be told which:

# %% tags=["nbval-check-output"]
maps = torch.zeros(5, 64, 7, 7)
for output_padding in (0, 1):
    up = nn.ConvTranspose2d(
        64, 32, kernel_size=3, stride=2, padding=1, output_padding=output_padding
    )
    print(output_padding, tuple(up(maps).shape))

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Viết hai hàm, mỗi hàm trả về một `nn.Sequential` mới gồm các lớp trong bảng.

# %% [markdown] lang="en"
# ### Your turn
#
# Write two functions, each returning a new `nn.Sequential` of the table's layers.


# %% tags=["exercise"]
def make_encoder(latent_dim):
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3136, latent_dim),
    )
    ### END SOLUTION


# %%
encoder_right = checks.check_encoder(make_encoder)


# %% tags=["exercise"]
def make_decoder(latent_dim):
    ### BEGIN SOLUTION
    up = {"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}
    return nn.Sequential(
        nn.Linear(latent_dim, 3136),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, **up),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, **up),
        nn.ReLU(),
        nn.Conv2d(16, 1, kernel_size=3, padding=1),
        nn.Sigmoid(),
    )
    ### END SOLUTION


# %%
decoder_right = checks.check_decoder(make_decoder)

# %% [markdown] lang="vi"
# Ghép hai nửa thành một mạng. Khi cả hai ô chấm đã báo ✅, mạng được huấn luyện dưới đây là mạng **của bạn**; trước đó, `models.Autoencoder`, gồm đúng những lớp ấy, được dùng thay.

# %% [markdown] lang="en"
# Put the halves together. Once both checks say ✅, **your** network is trained below; until then `models.Autoencoder`, with these very layers, stands in.


# %%
class MyAutoencoder(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.encode = make_encoder(latent_dim)
        self.decode = make_decoder(latent_dim)

    def forward(self, x):
        z = self.encode(x)
        return self.decode(z), z


def new_network():
    torch.manual_seed(0)
    yours = encoder_right and decoder_right
    return MyAutoencoder(2) if yours else models.Autoencoder(latent_dim=2)


# %% tags=["nbval-check-output"]
model = new_network()
recon, z = model(test.images[:5])
print(tuple(z.shape), tuple(recon.shape))
print(sum(p.numel() for p in model.parameters()), tr("tham số", "parameters"))

# %% [markdown] lang="vi"
# ## 4 · Huấn luyện
#
# Đây là vòng lặp huấn luyện (training loop), sáu dòng từ `for` đến `step`. Từ bài 03, `training.fit` làm việc này; bài 05 nói kỹ hơn.

# %% [markdown] lang="en"
# ## 4 · Training
#
# This is the training loop, six lines from `for` to `step`. From lesson 03 on `training.fit` does this; lesson 05 has the details.


# %%
def train(model, images, kind, lr=1e-3):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    batches = images[torch.randperm(len(images))].split(64)
    for x in tqdm(batches, desc=kind, leave=False):
        recon, z = model(x)
        loss = losses.reconstruction_loss(recon, x, kind=kind)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


# tr("12000 ảnh", "12000 images")
images = data.split(data.load_mnist(), (0.2, 0.8), seed=0)[0].images
train(model, images[:3840], "mse")  # tr("60 bước", "60 steps")
with torch.no_grad():
    report("MSE", model(test.images)[0])

# %% [markdown] lang="vi"
# Sau 60 bước với MSE, sai số vẫn đúng bằng sai số của ảnh đen hoàn toàn. Với tốc độ học (learning rate) này, mạng kẹt lại ở đó, đổi seed cũng vậy; với BCE thì không. <!-- claim: mse_freezes --> Vì phần lớn điểm ảnh là đen, mạng nhanh chóng đẩy *mọi* điểm ảnh về 0. Muốn quay lại, nó cần gradient. Gọi $a$ là giá trị trước sigmoid (logit) và $p = \text{sigmoid}(a)$, có đạo hàm $p(1 - p)$. Với một điểm ảnh trắng ($x = 1$):
#
# $$\frac{\partial}{\partial a}(p - 1)^2 = 2(p - 1)\,p\,(1 - p), \qquad \frac{\partial}{\partial a}\bigl(-\log p\bigr) = p - 1.$$

# %% [markdown] lang="en"
# After 60 steps with MSE the error is just that of all black. At this learning rate it freezes there, whatever the seed; with BCE it does not. <!-- claim: mse_freezes --> As most pixels are black, it soon pushes *every* pixel to 0. To come back it needs a gradient. Call $a$ the value before the sigmoid (the logit) and $p = \text{sigmoid}(a)$, whose derivative is $p(1 - p)$. For a white pixel ($x = 1$):
#
# $$\frac{\partial}{\partial a}(p - 1)^2 = 2(p - 1)\,p\,(1 - p), \qquad \frac{\partial}{\partial a}\bigl(-\log p\bigr) = p - 1.$$

# %%
a = torch.linspace(-10, 10, 400)
p = torch.sigmoid(a)
plots.curves(
    {"MSE": (a, 2 * (p - 1) * p * (1 - p)), "BCE": (a, p - 1)},
    xlabel=tr("logit a của một điểm ảnh trắng", "logit a of a white pixel"),
    ylabel="∂loss/∂a",
    title=tr("Gradient tại một điểm ảnh trắng", "The gradient at a white pixel"),
)

# %% [markdown] lang="vi"
# *Hình: ở bên trái, nơi mạng cho ra gần 0 dù điểm ảnh trắng, gradient của BCE vẫn là $-1$, còn gradient của MSE gần như bằng 0.* Vì thế ta huấn luyện lại từ đầu với BCE.
#
# ⏱ Khoảng 20 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# *The figure: on the left, where the network says nearly 0 although the pixel is white, the gradient of BCE is still $-1$, that of MSE almost 0.* So we train anew, with BCE.
#
# ⏱ About 20 seconds on two CPU cores.

# %%
model = new_network()
for epoch in range(2):
    train(model, images, "bce", lr=3e-3)
    with torch.no_grad():
        report(f"epoch {epoch + 1}", model(test.images)[0])

# %% [markdown] lang="vi"
# Chỉ sau hai epoch trên một phần năm số ảnh, sai số đã thấp hơn nhiều so với ảnh trung bình (khoảng 53).
#
# ## 5 · Hai con số, hay mười sáu?
#
# Có sẵn hai mạng cùng loại được huấn luyện lâu hơn, 30 và 20 epoch trên 60.000 ảnh: `ae-2d` với hai con số, `ae-16d` với mười sáu.

# %% [markdown] lang="en"
# After two epochs on a fifth of the images the error is already well below that of the mean image (about 53).
#
# ## 5 · Two numbers, or sixteen?
#
# Two such networks were trained for longer, 30 and 20 epochs on 60,000 images: `ae-2d` with two numbers, `ae-16d` with sixteen.

# %%
networks = {
    tr("2 số, vừa huấn luyện", "2, just trained"): model,
    tr("2 số, ae-2d", "2, ae-2d"): ae_2d,
    tr("16 số, ae-16d", "16, ae-16d"): models.load_pretrained("ae-16d"),
}
rows = {tr("Ảnh gốc", "Original"): test.images[:10]}
with torch.no_grad():
    for name, network in networks.items():
        recon, _ = network(test.images)
        rows[name] = recon[:10]
        report(name, recon)
plots.plot_images(
    rows,
    title=tr(
        "Ảnh tái tạo từ hai và mười sáu con số",
        "Rebuilt from two and from sixteen numbers",
    ),
)

# %% [markdown] lang="vi"
# *Hình: hàng đầu là ảnh gốc; bên dưới là ảnh tái tạo của ba mạng.* Sai số giảm từ khoảng 53 (không con số nào, chỉ có ảnh trung bình) xuống 31 với hai con số và 5 với mười sáu.
#
# Hình nào đọc được? Hãy để một mạng khác, được huấn luyện để đọc chữ số, làm giám khảo. Nó đọc đúng khoảng 95% ảnh gốc, còn trong bốn ảnh tái tạo từ hai con số thì đọc đúng hai đến ba ảnh, tùy mạng. Với mười sáu con số, tỉ lệ đọc đúng gần bằng tỉ lệ của ảnh gốc. <!-- claim: two_numbers_read --> Vậy hai con số đủ để đọc được *hai đến ba trong bốn* ảnh, mười sáu con số đủ để đọc gần như tất cả.
#
# Đề bài nói thêm rằng bottleneck giúp tránh quá khớp (overfitting). Ở đây gần như không có gì phải tránh. Sai số trên những ảnh chưa từng thấy chỉ cao hơn sai số trên những ảnh đã học khoảng 4% với hai con số, 7% với mười sáu. <!-- claim: gap_on_new_images -->
#
# ## 6 · Các mã nằm ở đâu?
#
# Đây là mã của 3.000 ảnh kiểm tra trong `ae-2d`.

# %% [markdown] lang="en"
# *The figure: the originals in the first row; below them what the three networks make of these.* The error falls from about 53 (no number at all, just the mean image) to 31 with two numbers and 5 with sixteen.
#
# Which can be read? Let another network judge, one trained to read digits. It reads about 95% of the originals rightly and two to three in four of the pictures from two numbers, depending on the network; from sixteen, nearly as many as of the originals. <!-- claim: two_numbers_read --> So two numbers will do for *two to three in four* images, sixteen for nearly all.
#
# The handout adds that a narrow bottleneck helps against overfitting. Here there is little to prevent: on new images the error is about 4% higher than on those learnt from with two numbers, 7% with sixteen. <!-- claim: gap_on_new_images -->
#
# ## 6 · Where do the codes lie?
#
# Here are the codes of 3,000 test images in `ae-2d`.

# %%
with torch.no_grad():
    z = ae_2d.encode(test.images)
groups = {
    name: {d: z[test.labels == int(d)] for d in name.split(", ")}
    for name in ("0, 1, 6", "4, 7, 9", "3, 5, 8")
}
plots.clouds(
    groups,
    background=z,
    title=tr("Mã của ae-2d, theo chữ số", "The codes of ae-2d, by digit"),
)

# %% [markdown] lang="vi"
# *Hình: mỗi chấm là mã của một ảnh, mỗi bản đồ tô màu ba chữ số, còn lại là màu xám.* (Các vòng tròn nét đứt có bán kính 1, 2, 3.) Các chữ số tụ thành vùng dù mạng chưa từng thấy nhãn: 0, 1 và 6 tách nhau; 4 và 9 thì lẫn vào nhau, 7 ít hơn; 3, 5, 8 cũng lẫn.
#
# Đề bài nói rằng AE đưa những dữ liệu *giống nhau* ra xa nhau và những dữ liệu *khác nhau* lại gần nhau. Ta đo vế thứ hai: mã gần nhất có phải là mã của một chữ số khác không? Để so sánh, ta đo cả VAE của bài sau, `vae-2d`.

# %% [markdown] lang="en"
# *The figure: each dot is the code of an image; each map has three digits in colour and the others in grey.* (The dashed circles have radius 1, 2 and 3.) The digits gather in regions although the network has never seen a label: 0, 1 and 6 apart, while 4 and 9 are mixed, 7 less so, and 3, 5 and 8 are mixed too.
#
# The handout says that an AE sends *similar* data far apart and *different* data close together. Measure the second half: does the nearest code belong to another digit? To compare, take the next lesson's VAE, `vae-2d`, as well.


# %%
def another_digit(z, y):
    nearest = torch.cdist(z, z).fill_diagonal_(torch.inf).argmin(dim=1)
    return (y[nearest] != y).float().mean()


# %%
vae_2d = models.load_pretrained("vae-2d")
with torch.no_grad():
    codes = {"ae-2d": z, "vae-2d": vae_2d.encode(test.images)[0]}
    codes["ae-16d"] = networks[tr("16 số, ae-16d", "16, ae-16d")].encode(test.images)
for name, code in codes.items():
    print(
        f"{name:8} {another_digit(code, test.labels):.0%}",
        tr("là chữ số khác", "another digit"),
    )

# %% [markdown] lang="vi"
# Với hai con số, vế thứ hai đúng trong khoảng một phần ba trường hợp. Nhưng VAE hai chiều cũng thế, còn AE mười sáu chiều thì hầu như không. Vậy nguyên nhân là mã quá hẹp, chứ không phải bản thân AE. <!-- claim: nearest_is_another_digit --> Vế thứ nhất thì không đúng: những ảnh giống nhau có mã cách nhau chưa đến một phần tư khoảng cách của một cặp ngẫu nhiên. <!-- claim: alike_lie_close -->
#
# ## 7 · Lấy z ở đâu?
#
# Decoder vẽ được từ *bất kỳ* $z$ nào, vậy nó có sinh được ảnh mới không? Muốn thế, ta cần **tính đầy đủ** (completeness): $z$ nào lấy từ một phân phối đã chọn cũng cho ra ảnh có nghĩa. VAE chọn $\mathcal{N}(0, I)$, tức là các phần tử của $z$ độc lập, có trung bình 0 và phương sai (variance) 1. Các mã của AE có phân bố như vậy không?

# %% [markdown] lang="en"
# The second half holds for two numbers, about one time in three. But the two-dimensional VAE is no better, and the AE with sixteen hardly does it: the narrow code is to blame, not the AE. <!-- claim: nearest_is_another_digit --> The first half does not hold: images that look alike have codes less than a quarter as far apart as a random pair. <!-- claim: alike_lie_close -->
#
# ## 7 · Where to take z from?
#
# The decoder draws from *any* $z$. Can it make new images? For that we need **completeness**: any $z$ drawn from a distribution that we choose gives a meaningful image. The VAE chooses $\mathcal{N}(0, I)$, where the entries of $z$ are independent with mean 0 and variance 1. Do the AE's codes lie like that?

# %%
torch.manual_seed(0)
drawn = torch.randn(300, 2)
panels = {
    name: {tr("mã", "codes"): codes[name], "N(0, I)": drawn}
    for name in ("ae-2d", "vae-2d")
}
plots.clouds(panels, title=tr("Mã của ảnh và N(0, I)", "Codes of images and N(0, I)"))

# %%
# tr("Vẽ một chữ số, rồi kéo trên hai bản đồ: ra ngoài các vòng,", "Draw a digit, then drag on both maps: beyond the circles,")
# tr("vào chỗ trống giữa các chấm.", "into the gaps between the dots.")
# tr("Ở đâu ảnh thôi là chữ số?", "Where do the pictures stop being digits?")
page.live(ae_2d, test, beside=vae_2d, names=("AE", "VAE"))

# %% [markdown] lang="vi"
# *Hình: mã của ảnh thật (xanh) và các điểm lấy từ $\mathcal{N}(0, I)$ (cam), hai bản đồ cùng thang đo.* Đám mây của AE rộng gấp mấy lần và lệch khỏi gốc tọa độ; đám mây của VAE thì gần như trùng. *Trang: cả hai mạng dưới tay bạn.* Ta đo mức lệch ấy bằng độ phân kỳ KL (KL divergence, bài 04) giữa phân phối Gauss khớp với các mã và $\mathcal{N}(0, I)$. KL tính bằng nat, và bằng 0 khi hai bên trùng nhau:

# %% [markdown] lang="en"
# *The figure: codes of real images (blue) and points drawn from $\mathcal{N}(0, I)$ (orange), both maps on one scale.* The AE's cloud is several times as wide and off the origin; the VAE's nearly agrees. *The page: both networks under your hand.* Measure the mismatch in nats: the KL divergence (lesson 04) between a Gaussian fitted to the codes and $\mathcal{N}(0, I)$, 0 where they agree:

# %%
vae_b1000 = models.load_pretrained("vae-2d-b1000")
with torch.no_grad():
    codes["vae-2d-b1000"] = vae_b1000.encode(test.images)[0]
for name in ("ae-2d", "vae-2d", "vae-2d-b1000"):
    print(f"{name:14} {metrics.gaussian_kl(codes[name]):4.1f} nat")

# %% [markdown] lang="vi"
# Với AE, con số ấy là khoảng 9 nat, với VAE khoảng 0,4. <!-- claim: ae_mismatch --> Nhưng không phải VAE nào cũng khớp: `vae-2d-b1000`, huấn luyện với $B = 1000$ như đề bài, cũng lệch nhiều như AE (bài 02).
#
# Hàm mất mát (loss) của AE chỉ phạt sai số tái tạo, nên *không nói gì về chỗ đặt các mã*. Đó là điều AE còn thiếu. Nhưng ta có thể tự tìm ra chỗ ấy bằng cách khớp một phân phối Gauss với các mã, rồi lấy $z$ từ đó.

# %% [markdown] lang="en"
# The AE has about 9 nats, the VAE about 0.4. <!-- claim: ae_mismatch --> Not every VAE agrees, though: `vae-2d-b1000`, trained with the handout's $B = 1000$, is as far off as the AE (lesson 02).
#
# The AE's loss only punishes wrong reconstructions, so it *says nothing about where to put the codes*. That is what an AE lacks. But we can find out for ourselves: fit a Gaussian to the codes, and draw $z$ from it.

# %%
fitted = torch.distributions.MultivariateNormal(z.mean(dim=0), z.T.cov())
with torch.no_grad():
    rows = {
        "z ~ N(0, I)": ae_2d.decode(drawn[:12]),
        tr("z ~ Gauss đã khớp", "z ~ fitted Gaussian"): ae_2d.decode(
            fitted.sample((12,))
        ),
    }
plots.plot_images(rows, title=tr("Ảnh mới từ ae-2d", "New images from ae-2d"))

# %% [markdown] lang="vi"
# *Hình: hàng trên lấy $z$ từ $\mathcal{N}(0, I)$, hàng dưới lấy $z$ từ phân phối Gauss khớp với các mã.* Hàng dưới đa dạng hơn, và tập ảnh sinh ra gần với ảnh thật hơn. <!-- claim: fitted_gaussian_generates --> Vậy "AE không sinh được dữ liệu mới" và "AE sinh được dữ liệu mới" đều đúng một nửa. Bản thân AE không cho biết lấy $z$ ở đâu, nhưng ta có thể khớp thêm một phân phối với các mã của nó (*ex-post density estimation*, Ghosh và cộng sự 2020). VAE đưa luôn việc ấy vào quá trình huấn luyện.
#
# ## 8 · Đi từ ảnh này sang ảnh kia
#
# Tính chất thứ hai mà tài liệu thường nhắc đến là **tính liên tục** (continuity): hai điểm gần nhau thì cho hai ảnh giống nhau. Ta đi thẳng từ mã $z_a$ của một ảnh đến mã $z_b$ của ảnh khác.
#
# ### Lượt của bạn
#
# Viết hàm cho điểm nằm trên đoạn thẳng từ $z_a$ đến $z_b$: khi $\alpha = 0$ thì ở $z_a$, khi $\alpha = 1$ thì ở $z_b$, ở giữa thì đi đều. Đừng gọi `torch.lerp`.

# %% [markdown] lang="en"
# *The figure: $z$ from $\mathcal{N}(0, I)$ in the top row, from the Gaussian fitted to the codes in the bottom row.* The bottom row is more varied, and its images as a whole are nearer to real ones. <!-- claim: fitted_gaussian_generates --> So "an AE cannot make new data" and "an AE makes new data" are both half right: the AE itself does not say where to take $z$ from, but one may fit a distribution to its codes afterwards (*ex-post density estimation*, Ghosh et al. 2020). The VAE makes that a part of its training.
#
# ## 8 · A walk from one picture to another
#
# The other property that texts ask for is **continuity**: two points that are close give similar images. Walk straight from the code $z_a$ of one image to the code $z_b$ of another.
#
# ### Your turn
#
# Write a function that gives the point on the straight line from $z_a$ to $z_b$: at $z_a$ for $\alpha = 0$, at $z_b$ for $\alpha = 1$, moving evenly in between. Do not call `torch.lerp`.


# %% tags=["exercise"]
def interpolate(z_a, z_b, alpha):
    ### BEGIN SOLUTION
    return (1 - alpha) * z_a + alpha * z_b
    ### END SOLUTION


# %%
walk_right = checks.check_interpolate(interpolate)

# %%
walk = interpolate if walk_right else torch.lerp
a, b = ((test.labels == digit).nonzero()[0].item() for digit in (0, 1))


def pictures(model, z, steps):
    alphas = torch.linspace(0, 1, steps).tolist()
    with torch.no_grad():
        return model.decode(torch.stack([walk(z[a], z[b], alpha) for alpha in alphas]))


plots.plot_images(
    {
        "AE": pictures(ae_2d, codes["ae-2d"], 11),
        "VAE": pictures(vae_2d, codes["vae-2d"], 11),
    },
    title=tr("Đi thẳng từ một số 0 đến một số 1", "A straight walk from a 0 to a 1"),
)

# %% [markdown] lang="vi"
# *Hình: mỗi hàng là một đường đi thẳng từ mã của số 0 đến mã của số 1, chia đều.* Giờ chia đường thành 40 bước dài bằng nhau và đo xem mỗi bước làm ảnh đổi bao nhiêu.

# %% [markdown] lang="en"
# *The figure: each row is a straight walk from the code of the 0 to the code of the 1, in equal steps.* Now cut the walk into 40 steps of one length, and measure how much each step changes the image.

# %%
alpha = torch.linspace(0, 1, 40)
steps = {}
for name, network in (("ae-2d", ae_2d), ("vae-2d", vae_2d)):
    path = pictures(network, codes[name], 41)
    steps[name] = (alpha, path.diff(dim=0).flatten(1).norm(dim=1))
plots.curves(
    steps,
    xlabel="α",
    ylabel=tr("ảnh thay đổi bao nhiêu", "change of the image"),
    title=tr("Mỗi bước trên đường đi", "Each step of the walk"),
    ylim=(0, None),
)

# %% [markdown] lang="vi"
# *Hình: mức thay đổi của ảnh ở mỗi bước; trong không gian tiềm ẩn, các bước dài như nhau.* Không có bước nhảy nào, vì decoder được ghép từ các hàm liên tục, do đó hai điểm *đủ gần* luôn cho hai ảnh giống nhau. Nhưng trong AE, các bước bằng nhau không làm ảnh đổi như nhau. VAE cũng không khác, <!-- claim: uneven_steps --> và nói chung decoder phi tuyến nào cũng vậy (Arvanitidis và cộng sự 2018). Hãy thận trọng với khoảng cách trong mọi không gian tiềm ẩn.
#
# **Ứng dụng và lịch sử.** AE dùng để nén, khử nhiễu (denoising) và giảm số chiều của dữ liệu; các bài [08](08_pca.ipynb), [09](09_kinds.ipynb) và [10](10_compress_clean_map.ipynb) làm thử và so với những cách đơn giản hơn. VAE không ra đời để sửa AE. Kingma & Welling (2013) và Rezende và cộng sự (2014) tìm cách suy luận và học thật nhanh trong các mô hình có biến tiềm ẩn (latent variable), và đi đến một mạng trông giống như autoencoder.

# %% [markdown] lang="en"
# *The figure: how much the image changes at each of these equal steps.* Nothing jumps: the decoder consists of continuous functions, so points that are close *enough* always give similar images. But equal steps do not change the image equally in the AE. Nor do they in the VAE, <!-- claim: uneven_steps --> nor in general with other non-linear decoders (Arvanitidis et al. 2018), so take care with distances in any latent space.
#
# **Uses and history.** AEs are used for compression, denoising and dimension reduction; lessons [08](08_pca.ipynb), [09](09_kinds.ipynb) and [10](10_compress_clean_map.ipynb) try them beside simple methods. The VAE was not invented to mend the AE: Kingma & Welling (2013) and Rezende et al. (2014) looked for fast inference and learning in models with latent variables, and arrived at a network that looks like an autoencoder.

# %% [markdown] lang="vi"
# ## Tự kiểm tra
#
# <details><summary><b>Mục tiêu chính của autoencoder là gì?</b> (câu 1 của bài trắc nghiệm)</summary>
#
# Nén dữ liệu vào không gian tiềm ẩn rồi tái tạo lại chính đầu vào.
# </details>
#
# <details><summary><b>Encoder làm nhiệm vụ gì?</b> (câu 2)</summary>
#
# Biến đầu vào thành một mã ít chiều hơn.
# </details>
#
# ## Tóm tắt
#
# - **Hai con số đủ để đọc được hai đến ba trong bốn ảnh chữ số, mười sáu con số đủ để đọc gần như tất cả.**
# - Autoencoder (encoder, bottleneck, decoder) học không cần nhãn, bằng cách giảm sai số tái tạo (MSE hoặc BCE).
# - AE không cho biết lấy $z$ ở đâu để sinh ảnh. Có thể khớp một phân phối với các mã; VAE thì học luôn điều đó.
#
# *Đọc thêm:* [Hinton & Salakhutdinov 2006](https://www.science.org/doi/10.1126/science.1127647) · [UvA, Tutorial 9](https://uvadlc-notebooks.readthedocs.io/en/latest/tutorial_notebooks/tutorial9/AE_CIFAR10.html) · [Ghosh và cộng sự 2020](https://arxiv.org/abs/1903.12436) · [Arvanitidis và cộng sự 2018](https://arxiv.org/abs/1710.11379) · [Kingma & Welling 2013](https://arxiv.org/abs/1312.6114) · [Rezende và cộng sự 2014](https://arxiv.org/abs/1401.4082)

# %% [markdown] lang="en"
# ## Test yourself
#
# <details><summary><b>What is the main aim of an autoencoder?</b> (quiz question 1)</summary>
#
# To compress data into a latent space and reconstruct the input itself from there.
# </details>
#
# <details><summary><b>What is the encoder's task?</b> (question 2)</summary>
#
# To turn the input into a code of fewer dimensions.
# </details>
#
# ## Recap
#
# - **Two numbers are enough to read two to three of four pictures of digits, sixteen to read nearly all.**
# - An autoencoder (encoder, bottleneck, decoder) learns without labels, by bringing down its reconstruction error (MSE or BCE).
# - An AE does not say where to take a $z$ from to make images. One can fit a distribution to its codes; the VAE learns that at once.
#
# *Further reading:* [Hinton & Salakhutdinov 2006](https://www.science.org/doi/10.1126/science.1127647) · [UvA, Tutorial 9](https://uvadlc-notebooks.readthedocs.io/en/latest/tutorial_notebooks/tutorial9/AE_CIFAR10.html) · [Ghosh et al. 2020](https://arxiv.org/abs/1903.12436) · [Arvanitidis et al. 2018](https://arxiv.org/abs/1710.11379) · [Kingma & Welling 2013](https://arxiv.org/abs/1312.6114) · [Rezende et al. 2014](https://arxiv.org/abs/1401.4082)
