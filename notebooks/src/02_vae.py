# %% [markdown] lang="vi"
# # Bài 02 · Variational autoencoder (VAE)
#
# *Nếu bộ mã hóa (encoder) trả lời bằng một đám mây nhỏ thay vì một điểm thì sao?* Bài này dựng **bộ tự mã hóa biến phân** (variational autoencoder, VAE) của bài tập
# từng lớp một, theo chân một ảnh rồi một batch ba ảnh đi qua nó, và gỡ từng chỗ hay nhầm về $\mu$, $\sigma$ và $z$.
#
# Cả bài mất khoảng 50 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 02 · The variational autoencoder (VAE)
#
# *What if the encoder answered with a small cloud instead of a point?* This lesson builds the exercise's **variational autoencoder** (VAE)
# layer by layer, follows one image and then a batch of three through it, and clears up the usual confusions about $\mu$, $\sigma$ and $z$.
#
# The whole lesson takes about 50 seconds on two CPU cores.

# %%
from functools import partial

import matplotlib.pyplot as plt
import torch

from vae_helpers import checks, data, diagrams, losses, models, plots, tr, training

# %% [markdown] lang="vi"
# ## 1 · Từ một điểm đến một phân phối
#
# Autoencoder của bài 01 biến mỗi ảnh thành *một điểm*. VAE biến mỗi ảnh thành *một phân phối Gauss*: encoder cho ra trung bình $\mu(x)$ và phương sai (variance) $\sigma^2(x)$, rồi $z$ được
# **lấy mẫu** từ đó.
#
# | ký hiệu | tên | ý nghĩa |
# | --- | --- | --- |
# | $p(z) = \mathcal{N}(0, I)$ | tiên nghiệm (prior) | trước khi thấy ảnh, ta tin $z$ nằm ở đâu |
# | $q_\phi(z \mid x) = \mathcal{N}(\mu(x), \sigma^2(x))$ | hậu nghiệm xấp xỉ (approximate posterior), do encoder tính | thấy ảnh $x$ rồi, $z$ nằm ở đâu |
# | $p_\theta(x \mid z)$ | bộ giải mã (decoder) | biết $z$, ảnh trông ra sao |
#
# $\phi$ là trọng số của encoder, $\theta$ là trọng số của decoder. $\mathcal{N}(0, I)$: các phần tử của $z$ độc lập với nhau, mỗi phần tử có trung bình 0 và phương sai 1 ($I$ là ma trận đơn vị). $\mathcal{N}(\mu(x), \sigma^2(x))$: cũng độc lập, phần tử thứ $j$ có trung bình $\mu_j(x)$ và phương sai $\sigma_j^2(x)$.
#
# "Xấp xỉ" cái gì? Decoder và tiên nghiệm đã quy định một hậu nghiệm thật $p_\theta(z \mid x)$, nhưng ta không tính được nó; $q_\phi(z \mid x)$ đứng thay.

# %% [markdown] lang="en"
# ## 1 · From a point to a distribution
#
# The autoencoder of lesson 01 sends each image to *one point*. A VAE sends each image to *one Gaussian distribution*: the encoder gives a mean $\mu(x)$ and a variance $\sigma^2(x)$, and $z$ is
# **sampled** from there.
#
# | symbol | name | meaning |
# | --- | --- | --- |
# | $p(z) = \mathcal{N}(0, I)$ | prior | where we believe $z$ to be before seeing an image |
# | $q_\phi(z \mid x) = \mathcal{N}(\mu(x), \sigma^2(x))$ | approximate posterior, computed by the encoder | where $z$ is once we have seen $x$ |
# | $p_\theta(x \mid z)$ | decoder | what the image looks like, given $z$ |
#
# $\phi$ are the encoder's weights, $\theta$ the decoder's. $\mathcal{N}(0, I)$: the entries of $z$ are independent, each with mean 0 and variance 1 ($I$ is the identity matrix). $\mathcal{N}(\mu(x), \sigma^2(x))$: independent as well, entry $j$ with mean $\mu_j(x)$ and variance $\sigma_j^2(x)$.
#
# What does it approximate? The decoder and the prior already determine a true posterior $p_\theta(z \mid x)$, but we cannot compute that one; $q_\phi(z \mid x)$ stands in for it.

# %%
diagrams.plot_vae()

# %% [markdown] lang="vi"
# *Hình: ảnh $x$ vào encoder; encoder có hai đầu ra $\mu$ và $\log\sigma^2$; cùng với nhiễu $\varepsilon \sim \mathcal{N}(0, I)$, tức là những con số ngẫu nhiên không phụ thuộc vào ảnh, chúng tạo nên $z = \mu + \sigma \odot \varepsilon$ ($\odot$ là phép nhân từng phần tử); decoder biến $z$ thành ảnh $\hat x$.*
#
# ## 2 · Từng lớp một
#
# Cho một ảnh đi qua từng lớp của mạng và in kích thước sau mỗi bước. Như ở bài 01, sau mỗi lớp là một ReLU, trừ $\mu$ và $\log\sigma^2$, và cuối cùng là sigmoid; chúng không đổi kích thước.

# %% [markdown] lang="en"
# *The figure: the image $x$ enters the encoder, which has two outputs, $\mu$ and $\log\sigma^2$; with the noise $\varepsilon \sim \mathcal{N}(0, I)$, random numbers that know nothing of the image, they make $z = \mu + \sigma \odot \varepsilon$ ($\odot$ multiplies entry by entry); the decoder turns $z$ into the image $\hat x$.*
#
# ## 2 · Layer by layer
#
# Send one image through every layer of the network and print the shape after each step. As in lesson 01, a ReLU follows each layer, but not $\mu$ and $\log\sigma^2$, and a sigmoid comes last; they leave the shape as it is.

# %% tags=["nbval-check-output"]
model = models.VAE(channels=1, latent_dim=2)
shapes = {"x": (1, 28, 28)}
h = torch.zeros(1, 1, 28, 28)
for name in ("conv1", "conv2", "conv3"):
    h = torch.relu(getattr(model, name)(h))
    shapes[name] = tuple(h.shape[1:])
h = h.flatten(1)
mu, logvar = model.fc_mu(h), model.fc_logvar(h)
z = model.reparameterize(mu, logvar)
shapes |= {
    "flatten": tuple(h.shape[1:]),
    "mu, logvar": tuple(mu.shape[1:]),
    "z": tuple(z.shape[1:]),
}
h = torch.relu(model.fc_decode(z)).view(-1, 64, 7, 7)
shapes["fc_decode"] = tuple(h.shape[1:])
for name in ("deconv1", "deconv2"):
    h = torch.relu(getattr(model, name)(h))
    shapes[name] = tuple(h.shape[1:])
h = torch.sigmoid(model.conv_final(h))
shapes["conv_final"] = tuple(h.shape[1:])
for name, shape in shapes.items():
    print(f"{name:11} {shape}")

# %% [markdown] lang="vi"
# Vẽ lại các con số ấy: mỗi khối cao theo cạnh ảnh và rộng theo số kênh.

# %% [markdown] lang="en"
# The same numbers as a picture: each block is as high as the image's side and as wide as its channels.

# %%
colours = dict.fromkeys(shapes, "#a6cee3") | {
    "x": "#e6e6e6",
    "mu, logvar": "#fff2ae",
    "z": "#fff2ae",
}
colours |= dict.fromkeys(("fc_decode", "deconv1", "deconv2", "conv_final"), "#fdcdac")

figure, ax = plt.subplots(figsize=(11, 3.4), layout="constrained")
left = 0
for name, shape in shapes.items():
    channels, side = shape[:2] if len(shape) == 3 else (1, min(shape[0], 28))
    width = 0.6 + channels / 40
    ax.add_patch(
        plt.Rectangle(
            (left, -side / 2), width, side, facecolor=colours[name], edgecolor="black"
        )
    )
    ax.text(left + width / 2, 15, name, ha="center", va="bottom", fontsize=8)
    ax.text(
        left + width / 2,
        -15,
        "×".join(map(str, shape)),
        ha="center",
        va="top",
        fontsize=8,
    )
    left += width + 1.1
ax.set(
    xlim=(-0.5, left),
    ylim=(-18, 18),
    title=tr("Kích thước ảnh đi qua VAE", "Shapes on the way through the VAE"),
)
ax.axis("off")
plt.show()

# %% [markdown] lang="vi"
# *Hình: từ trái sang phải, các khối xanh (encoder) thấp dần và rộng dần, rồi một thanh mảnh và cao (vector 3.136 con số, không vẽ theo đúng tỉ lệ), đến hai khối vàng nhỏ xíu (khối đầu là $\mu$ và $\log\sigma^2$, khối sau là $z$; mỗi đại lượng có hai con số), rồi các khối cam (decoder) cao dần trở lại đến ảnh $28 \times 28$.*
#
# Một lớp tích chập (convolution) đổi cạnh ảnh thế nào? Cửa sổ (kernel) có cạnh $k$ trượt trên ảnh cạnh $n$ được đệm thêm (padding) $p$ ô ở mỗi phía, mỗi bước nhảy (stride) $s$ ô; cạnh đầu ra là số vị trí mà cửa sổ đứng được trọn vẹn.
# Ví dụ $n = 28$, $k = 3$, $s = 2$, $p = 1$: sau khi đệm, cạnh là 30, các ô đánh số từ 0 đến 29. Cửa sổ ba ô có thể bắt đầu ở ô 0, 2, 4, …, 26; nếu bắt đầu ở ô 28 thì nó thò ra ngoài. Đếm được 14 vị trí.
#
# ### Lượt của bạn
#
# Viết hàm tính cạnh đầu ra cho mọi $n$ (`size`), $k$, $s$, $p$.

# %% [markdown] lang="en"
# *The figure: from left to right the blue blocks (encoder) get lower and thicker, then comes a thin and tall bar (the vector of 3,136 numbers, not to scale), then two tiny yellow blocks (the first is $\mu$ and $\log\sigma^2$, the second $z$; two numbers each), and then the orange blocks (decoder) grow back to a $28 \times 28$ image.*
#
# How does a convolution change the side of an image? A window of side $k$ slides over an image of side $n$, padded with $p$ cells on each side, in jumps of $s$ cells; the side of the output is the number of places where the whole window fits.
# For example $n = 28$, $k = 3$, $s = 2$, $p = 1$: padded, the side is 30, with cells 0 to 29. A window of three cells can start at cell 0, 2, 4, …, 26; starting at 28 it would stick out. That makes 14 places.
#
# ### Your turn
#
# Write a function that gives the side of the output for any $n$ (`size`), $k$, $s$, $p$.


# %% tags=["exercise"]
def conv_size(size, kernel, stride, padding):
    ### BEGIN SOLUTION
    return (size + 2 * padding - kernel) // stride + 1
    ### END SOLUTION


# %%
checks.check_conv_size(conv_size)

# %% [markdown] lang="vi"
# `torchsummary` in toàn bộ kiến trúc. Bài tập yêu cầu đúng **68.485** tham số.

# %% [markdown] lang="en"
# `torchsummary` prints the whole architecture. The exercise asks for exactly **68,485** parameters.

# %% tags=["nbval-check-output"]
models.summary(model)

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Một lớp tuyến tính nối mọi đầu vào với mọi đầu ra, và cộng thêm một độ lệch (bias) cho mỗi đầu ra. Nó có bao nhiêu tham số? Hàm của bạn phải cho 6.274 với `fc_mu` (3.136 → 2).

# %% [markdown] lang="en"
# ### Your turn
#
# A linear layer connects every input with every output and adds a bias to each output. How many parameters does it have? Your function must give 6,274 for `fc_mu` (3,136 → 2).


# %% tags=["exercise"]
def parameter_count(inputs, outputs):
    ### BEGIN SOLUTION
    return inputs * outputs + outputs
    ### END SOLUTION


# %%
checks.check_parameter_count(parameter_count)

# %% [markdown] lang="vi"
# Bảng của `torchsummary` gọi các lớp bằng tên chung; đây là bảng ghi tên riêng của từng lớp. Lớp tích chập cũng theo quy tắc ấy: mỗi kênh đầu ra có một cửa sổ $3 \times 3$ trên mọi kênh đầu vào, và một độ lệch (bias). Riêng kích thước của trọng số thì lớp tích chập ghi số kênh đầu ra trước, còn lớp tích chập chuyển vị (transposed convolution) ghi số kênh đầu vào trước: `deconv1` đi từ 64 kênh đến 32 kênh, nên có 32 độ lệch.

# %% [markdown] lang="en"
# `torchsummary` calls the layers by general names; here is the table with their own. A convolution follows the same rule: each output channel has a $3 \times 3$ window on every input channel, and one bias. Mind the shape of the weights: a convolution puts the output channels first, a transposed convolution the input channels: `deconv1` goes from 64 to 32, and so has 32 biases.

# %% tags=["nbval-check-output"]
for name, layer in model.named_children():
    weights, biases = layer.weight.numel(), layer.bias.numel()
    shape = "×".join(map(str, layer.weight.shape))
    print(f"{name:10}  {shape:9} = {weights:5}   + {biases:4}   = {weights + biases:5}")
print(sum(parameter.numel() for parameter in model.parameters()))

# %% [markdown] lang="vi"
# ## 3 · Một ảnh đi qua VAE
#
# ### Vì sao là $\log\sigma^2$ chứ không phải $\sigma$?
#
# Một lớp tuyến tính có thể cho ra số âm, còn độ lệch chuẩn (standard deviation) $\sigma$ thì không được âm. Log thì nhận mọi giá trị: mạng cho ra số nào, $\sigma$ tính từ đó cũng dương.
#
# ### Lượt của bạn
#
# Viết hàm đổi `logvar` $= \log\sigma^2$ thành độ lệch chuẩn $\sigma$.

# %% [markdown] lang="en"
# ## 3 · One image through the VAE
#
# ### Why $\log\sigma^2$ and not $\sigma$?
#
# A linear layer may give negative numbers, but a standard deviation $\sigma$ must not be negative. A logarithm may be anything: whatever the network says, the $\sigma$ computed from it is positive.
#
# ### Your turn
#
# Write a function that turns `logvar` $= \log\sigma^2$ into the standard deviation $\sigma$.


# %% tags=["exercise"]
def sigma_from_logvar(logvar):
    ### BEGIN SOLUTION
    return torch.exp(0.5 * logvar)
    ### END SOLUTION


# %%
checks.check_sigma(sigma_from_logvar)

# %% [markdown] lang="vi"
# Thử với vài giá trị, rồi so với hàm của bạn:

# %% [markdown] lang="en"
# A few values, to compare your function with:

# %% tags=["nbval-check-output"]
for value in (-3.0, 0.0, 1.0):
    print(f"log σ² = {value:4}   σ = {torch.exp(0.5 * torch.tensor(value)):.4f}")

# %% [markdown] lang="vi"
# ### Huấn luyện
#
# Con số chỉ có nghĩa khi mạng đã học, nên ta huấn luyện trước khi cho ảnh đi qua. Hàm mất mát (loss) của VAE gói trong một dòng:
#
# $$B \times (\text{sai số bình phương của mỗi ảnh}) + \mathrm{KL}, \qquad \text{ở đây } B = 10.$$
#
# **Độ phân kỳ KL** (KL divergence) đo xem $q_\phi(z|x)$ cách $\mathcal{N}(0, I)$ bao xa: nó không bao giờ âm, và chỉ bằng 0 khi $\mu = 0$ và $\sigma = 1$. Bài 04 giải thích kỹ cả KL lẫn $B$. Trong mã, `partial(losses.vae_loss, B=10)` là hàm `losses.vae_loss` với `B` đặt sẵn bằng 10.
#
# Bài 01 nói rằng sai số bình phương có thể kẹt ở ảnh đen. Ở đây thì không, nhờ phần KL: nó không cho các mã chạy xa gốc tọa độ. Chúng tôi đã thử: với $B = 10$, cả năm lần chạy, ở hai tốc độ học (learning rate) $10^{-3}$ và $3 \cdot 10^{-3}$, đều thoát ra; bỏ phần KL đi thì mạng này lại kẹt. Sau 20 bước, khoảng cách trung bình từ $\mu$ đến gốc là gần 2 khi có KL và hơn 80 khi không có; mã xa như thế đẩy logit xuống tận vùng mà gradient bằng 0.
#
# ⏱ Khoảng 12 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# ### Training
#
# Numbers mean something only once the network has learnt, so we train it before we send an image through. A VAE's loss in one line:
#
# $$B \times (\text{squared error per image}) + \mathrm{KL}, \qquad \text{here with } B = 10.$$
#
# The **KL divergence** measures how far $q_\phi(z|x)$ is from $\mathcal{N}(0, I)$: it is never negative, and 0 only for $\mu = 0$ and $\sigma = 1$. Lesson 04 explains both KL and $B$ in full. In the code, `partial(losses.vae_loss, B=10)` is the function `losses.vae_loss` with its `B` set to 10.
#
# Lesson 01 said that the squared error can get stuck at the black picture. Here it does not, thanks to the KL part, which does not let the codes run far from the origin. We tried: with $B = 10$ all five runs (learning rates $10^{-3}$ and $3 \cdot 10^{-3}$) got out; without the KL part this network got stuck again. After 20 steps the mean distance of $\mu$ from the origin was about 2 with KL and more than 80 without it; codes that far off drive the logits down to where the gradient is 0.
#
# ⏱ About 12 seconds on two CPU cores; a GPU is much faster.

# %%
train_set, val_set = data.split(data.load_mnist(), (0.8, 0.2), seed=1)
small_set, _ = data.split(train_set, (0.25, 0.75), seed=0)
small_val, _ = data.split(val_set, (0.25, 0.75), seed=0)

torch.manual_seed(0)
vae = models.VAE(latent_dim=2)
training.fit(
    vae,
    small_set,
    small_val,
    epochs=4,
    batch_size=128,
    lr=3e-3,
    loss=partial(losses.vae_loss, B=10),
    log_dir=None,
    seed=0,
)
vae = vae.cpu().eval()

# %% [markdown] lang="vi"
# Kiểm tra lại dòng cuối của nhật ký: `val_loss` $= 10 \times$ `val_recon` $+$ `val_kl`. Cột `recon` là sai số bình phương của mỗi ảnh, nên so được với *bảng* của bài 01, nhưng không so được với nhật ký BCE ở đó.
#
# ### Ảnh đầu tiên

# %% [markdown] lang="en"
# Check the last line of the log: `val_loss` $= 10 \times$ `val_recon` $+$ `val_kl`. The column `recon` is the squared error per image, so it may be compared with the *table* of lesson 01, but not with the BCE in the log there.
#
# ### The first image

# %%
torch.manual_seed(0)
with torch.no_grad():
    mu, logvar = vae.encode(small_val.images[:1])
sigma = torch.exp(0.5 * logvar)
epsilon = torch.randn_like(sigma)
z = mu + sigma * epsilon
for name, value in (
    ("μ", mu),
    ("log σ²", logvar),
    ("σ", sigma),
    ("ε", epsilon),
    ("z = μ + σ ⊙ ε", z),
):
    print(f"{name:14} {[round(v, 3) for v in value[0].tolist()]}")

# %% [markdown] lang="vi"
# ## 4 · Những chỗ hay nhầm
#
# ### "$z$ là một phân phối"
#
# Không: $q(z|x)$ là phân phối, còn $z$ là **một mẫu** lấy từ đó. Cùng một ảnh, năm lần lấy mẫu cho năm $z$ khác nhau và năm ảnh gần giống nhau:

# %% [markdown] lang="en"
# ## 4 · The usual confusions
#
# ### "$z$ is a distribution"
#
# No: $q(z|x)$ is a distribution, and $z$ is **one sample** from it. For the same image, five draws give five different $z$ and five similar pictures:

# %%
torch.manual_seed(0)
with torch.no_grad():
    z = vae.reparameterize(mu.repeat(5, 1), logvar.repeat(5, 1))  # (5, 2)
    pictures = vae.decode(z)
titles = ["x"] + [f"({a:.2f}, {b:.2f})" for a, b in z.tolist()]
plots.plot_images(
    torch.cat([small_val.images[:1], pictures]),
    titles,
    columns=6,
    title=tr("Năm mẫu z của cùng một ảnh", "Five samples z of one image"),
)

# %% [markdown] lang="vi"
# *Hình: ảnh gốc, rồi năm ảnh giải mã từ năm mẫu $z$ (ghi phía trên). Chúng chỉ khác nhau rất ít vì $\sigma$ nhỏ.*
#
# $\sigma$ lớn hơn thì sao? Giữ nguyên $\mu$ của ảnh này, tăng $\sigma$ lên gấp 5 rồi gấp 20 lần, mỗi lần lấy 200 mẫu:

# %% [markdown] lang="en"
# *The figure: the original, then five pictures decoded from five samples $z$ (written above). They differ very little because $\sigma$ is small.*
#
# And with a larger $\sigma$? Keep this image's $\mu$, stretch its $\sigma$ 5 and 20 times, and draw 200 samples each:

# %%
torch.manual_seed(0)
clouds = {factor: mu + factor * sigma * torch.randn(200, 2) for factor in (20, 5, 1)}
with torch.no_grad():
    every_mu, _ = vae.encode(small_val.images)
plots.clouds(
    {f"{factor} σ": cloud for factor, cloud in clouds.items()},
    background=every_mu,
    prior=False,
    title=tr("Các mẫu z của một ảnh", "Samples z of one image"),
)

# %%
with torch.no_grad():
    centre = vae.decode(mu)
    rows = {factor: vae.decode(clouds[factor]) for factor in (1, 5, 20)}
for factor, row in rows.items():
    print(
        f"{factor:2} σ: {losses.reconstruction_loss(row, centre.expand_as(row)):4.1f}"
    )
plots.plot_images(
    {f"{factor} σ": row[:8] for factor, row in rows.items()},
    title=tr(
        "Mỗi hàng: tám mẫu của cùng một ảnh",
        "Each row: eight samples of the same image",
    ),
)

# %% [markdown] lang="vi"
# *Hai hình: các mẫu của một ảnh hợp thành một đám mây quanh $\mu$, rộng cỡ $\sigma$ (các chấm xám là $\mu$ của mọi ảnh). Với $\sigma$ của chính encoder, đám mây chỉ là một đốm nhỏ và các ảnh gần như không đổi; $\sigma$ càng lớn, đám mây càng loang rộng và các ảnh càng khác nhau (trong lần chạy này, với 5 σ có một số 9 gần thành số 7; với 20 σ có cả số 7, số 8 và số 1).* Ba con số in ở trên là độ lệch bình phương (tổng trên các điểm ảnh) so với ảnh giải mã từ $\mu$, lấy trung bình trên 200 mẫu.
#
# Khi huấn luyện, decoder không nhận $\mu$ mà nhận các điểm của đám mây này, nên cả vùng lân cận của $\mu$ phải giải mã ra cùng một ảnh. Đây chính là điều mà hàm mất mát của bài 01 không đòi hỏi.
#
# ### "$z$ là xác suất của các lớp phân loại (class)"
#
# Không: các phần tử của $z$ có thể âm, có thể lớn hơn 1, và tổng không cần bằng 1. Số phần tử là `latent_dim`, do ta chọn; nó không liên quan gì đến việc có mười chữ số:

# %% [markdown] lang="en"
# *Both figures: the samples of one image form a cloud around $\mu$, about $\sigma$ wide (the grey dots are the $\mu$ of all validation images). With the encoder's own $\sigma$ it is a small spot, and the pictures hardly change; the larger $\sigma$, the wider the cloud spreads, and the more the pictures differ (in this run, with 5 σ one 9 is nearly a 7; with 20 σ there are even 7s, an 8 and a 1).* The three numbers printed above are the squared difference (summed over the pixels) from the picture decoded from $\mu$, averaged over the 200 samples.
#
# In training the decoder is not given $\mu$ but points of this cloud, so the whole neighbourhood of $\mu$ must decode to the same image. That is just what the loss of lesson 01 did not ask for.
#
# ### "$z$ holds class probabilities"
#
# No: the entries of $z$ may be negative or larger than 1, and need not sum to 1. There are `latent_dim` of them, our choice; that has nothing to do with there being ten digits:

# %%
with torch.no_grad():
    z = vae.reparameterize(*vae.encode(small_val.images[:5]))
for label, row in zip(small_val.labels[:5].tolist(), z.tolist(), strict=True):
    print(
        f"{tr('chữ số', 'digit')} {label}:  z = ({row[0]:5.2f}, {row[1]:5.2f})   {tr('tổng', 'sum')} = {sum(row):5.2f}"
    )

# %% [markdown] lang="vi"
# Kể cả khi `latent_dim` = 10, phần tử thứ tư cũng không phải "xác suất là số 3". Kiểm chứng: nếu đúng là xác suất thì phần tử lớn nhất phải chỉ ra chữ số. Huấn luyện một VAE mười chiều và đếm xem nó chỉ đúng bao nhiêu lần.
#
# ⏱ Khoảng 6 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# Even with `latent_dim` = 10 the fourth entry is not "the probability of a 3". The test: if they were probabilities, the largest entry would name the digit. Train a VAE with ten dimensions and count how often it does.
#
# ⏱ About 6 seconds on two CPU cores; a GPU is much faster.

# %%
torch.manual_seed(0)
vae10 = models.VAE(latent_dim=10)
training.fit(
    vae10,
    small_set,
    small_val,
    epochs=2,
    batch_size=128,
    lr=3e-3,
    loss=partial(losses.vae_loss, B=10),
    log_dir=None,
    seed=0,
)
vae10 = vae10.cpu().eval()
with torch.no_grad():
    mu10, _ = vae10.encode(small_val.images)
share = (mu10.argmax(dim=1) == small_val.labels).float().mean()
print(
    tr("Phần tử lớn nhất chỉ đúng chữ số:", "The largest entry names the digit:"),
    f"{share:.0%}",
)

# %% [markdown] lang="vi"
# Đoán mò đã đúng khoảng 10 %; phần tử lớn nhất trong lần chạy này cũng chẳng hơn. Mười chiều ấy không có ý nghĩa định sẵn: mạng dùng chúng tùy ý, và huấn luyện lại từ một `seed` khác thì mỗi chiều lại mang một ý nghĩa khác.
#
# ### "Tiên nghiệm đã là $\mathcal{N}(0, I)$, vậy còn học $\mu$ và $\sigma$ làm gì?"
#
# Nếu mọi ảnh đều có $\mu = 0$ và $\sigma = 1$ thì $z$ không nói gì về $x$ cả, và decoder chỉ có thể đoán mò. Thử đo: giải mã $z$ lấy từ encoder, so với $z$ lấy từ tiên nghiệm mà không nhìn ảnh:

# %% [markdown] lang="en"
# Blind guessing is right about 10% of the time, and in this run the largest entry does no better. The ten dimensions have no meaning fixed beforehand: the network uses them as it likes, and training again from another `seed` gives each dimension another meaning.
#
# ### "The prior is $\mathcal{N}(0, I)$ already, so why learn $\mu$ and $\sigma$?"
#
# If every image had $\mu = 0$ and $\sigma = 1$, then $z$ would say nothing about $x$, and the decoder could only guess. Measure it: decode a $z$ from the encoder, and a $z$ from the prior without looking at the image:

# %%
torch.manual_seed(0)
x = small_val.images
with torch.no_grad():
    from_encoder, mu, logvar = vae(x)
    from_prior = vae.decode(torch.randn_like(mu))
mean_image = small_set.images.mean(dim=0).expand_as(x)
for name, guess in (
    ("z ~ q(z|x)", from_encoder),
    ("z ~ N(0, I)", from_prior),
    (tr("ảnh trung bình", "mean image"), mean_image),
):
    print(f"{name:16} {losses.reconstruction_loss(guess, x):5.1f}")

# %% [markdown] lang="vi"
# Không nhìn ảnh, decoder vẽ một chữ số bất kỳ, và vẽ sai chữ số thì bị phạt hai lần: ở chỗ sáng mà lẽ ra phải tối, và ở chỗ tối mà lẽ ra phải sáng. Vì thế nó còn tệ hơn ảnh trung bình (trong lần chạy này là khoảng 70 so với 52,5). Một decoder được *huấn luyện* với những $z$ không nói gì về $x$ thì, theo sai số bình phương, khôn ngoan nhất là luôn trả lời bằng ảnh trung bình: 52,5. Nhờ nhìn ảnh, sai số mới xuống được khoảng 41.
#
# Vậy $\mu$ và $\sigma$ mang thông tin về $x$; phần KL của hàm mất mát chỉ kéo chúng *về gần* tiên nghiệm, để ta biết chỗ mà lấy mẫu.
#
# ### "Có một $\sigma$ chung"
#
# Không: mỗi ảnh và mỗi chiều có $\sigma$ riêng.

# %% [markdown] lang="en"
# Without looking, the decoder draws any digit, and a wrong digit is punished twice: where it is lit and should be dark, and where it is dark and should be lit. So it does even worse than the mean image (in this run, about 70 against 52.5). A decoder *trained* on a $z$ that says nothing about $x$ would do best, by the squared error, to answer with the mean image all the time: 52.5. It is looking that brings the error down to about 41.
#
# So $\mu$ and $\sigma$ carry information about $x$; the KL part of the loss only pulls them *towards* the prior, so that we know where to sample.
#
# ### "There is one $\sigma$ for all"
#
# No: every image and every dimension has a $\sigma$ of its own.

# %%
sigma = torch.exp(0.5 * logvar)
plots.histograms(
    {"$\\sigma_1$": sigma[:, 0], "$\\sigma_2$": sigma[:, 1]},
    limits=(0, 0.2),
    xlabel="σ",
    ylabel=tr("số ảnh", "images"),
    title=tr("σ của các ảnh kiểm định", "σ of the validation images"),
)

# %% [markdown] lang="vi"
# *Hình: hai biểu đồ tần suất (histogram) của $\sigma_1$ và $\sigma_2$ trên các ảnh kiểm định (validation); mỗi ảnh một giá trị, hầu như tất cả dưới 0,1.*
#
# ### "$\mu$ và $\sigma$ là tham số (parameter)"
#
# Không: chúng là **đầu ra** của encoder, tính lại cho từng ảnh. Hai ảnh cho hai $\mu$ khác nhau; còn danh sách những gì việc huấn luyện thay đổi thì có trọng số của lớp `fc_mu`, lớp tính ra $\mu$, nhưng không có $\mu$ nào cả. Bài 03 nói kỹ hơn.

# %% [markdown] lang="en"
# *The figure: two histograms, of $\sigma_1$ and $\sigma_2$ over the validation images; one value for each image, nearly all of them below 0.1.*
#
# ### "$\mu$ and $\sigma$ are parameters"
#
# No: they are **outputs** of the encoder, computed anew for each image. Two images give two different $\mu$, and the list of what training changes holds the weights of `fc_mu`, the layer that computes $\mu$, but no $\mu$ at all. Lesson 03 goes into that.

# %%
for image_mu in mu[:2].tolist():
    print("μ =", [round(value, 3) for value in image_mu])
print(*(name for name, _ in vae.named_parameters()), sep="\n")

# %% [markdown] lang="vi"
# ## 5 · Một batch ba ảnh, mười chiều tiềm ẩn (latent dimensions)
#
# Mạng luôn xử lý cả batch: ba ảnh đi chung trong một tensor $x$ có kích thước $(3, 1, 28, 28)$. Mỗi ảnh có $\mu$, $\log\sigma^2$, $\varepsilon$ và $z$ của riêng nó, ở đây với mười chiều. Các tensor trên đường đi có kích thước thế nào? Hãy tự trả lời trước khi chạy ô in ra.
#
# ### Lượt của bạn
#
# Viết hàm nhận cỡ batch và số chiều tiềm ẩn (latent dimension), trả về bốn kích thước: của `mu`, `logvar`, `z` và `recon` (ảnh $1 \times 28 \times 28$), mỗi kích thước là một tuple.

# %% [markdown] lang="en"
# ## 5 · A batch of three images, ten latent dimensions
#
# The network always works on a whole batch: three images travel together in one tensor $x$ of shape $(3, 1, 28, 28)$. Each image has a $\mu$, $\log\sigma^2$, $\varepsilon$ and $z$ of its own, here with ten dimensions. What shapes do the tensors on the way have? Answer for yourself before you run the cell that prints them.
#
# ### Your turn
#
# Write a function that takes the batch size and the number of latent dimensions and returns four shapes, those of `mu`, `logvar`, `z` and `recon` (images $1 \times 28 \times 28$), each as a tuple.


# %% tags=["exercise"]
def latent_shapes(batch_size, latent_dim):
    ### BEGIN SOLUTION
    code = (batch_size, latent_dim)
    return code, code, code, (batch_size, 1, 28, 28)
    ### END SOLUTION


# %%
checks.check_latent_shapes(latent_shapes)

# %% [markdown] lang="vi"
# Và đây là các kích thước thật, với VAE mười chiều vừa huấn luyện:

# %% [markdown] lang="en"
# And here are the real shapes, with the ten-dimensional VAE we have just trained:

# %% tags=["nbval-check-output"]
x = small_val.images[:3]
mu, logvar = vae10.encode(x)
epsilon = torch.randn_like(mu)
z = mu + torch.exp(0.5 * logvar) * epsilon
recon = vae10.decode(z)
for name, value in (
    ("x", x),
    ("mu", mu),
    ("logvar", logvar),
    ("epsilon", epsilon),
    ("z", z),
    ("recon", recon),
):
    print(f"{name:8} {tuple(value.shape)}")

# %% [markdown] lang="vi"
# ## 6 · AE và VAE cạnh nhau
#
# Huấn luyện thêm một autoencoder và đặt hai không gian tiềm ẩn (latent space) cạnh nhau. Như ở bài 01, AE học bằng BCE: không có phần KL, nó dễ kẹt ở ảnh đen nếu dùng sai số bình phương. Vì hai hàm mất mát khác nhau, đừng so hai nhật ký huấn luyện; ta sẽ đo cả hai mạng bằng cùng một thước.
#
# ⏱ Khoảng 12 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# ## 6 · AE and VAE side by side
#
# Train an autoencoder and put the two latent spaces side by side. As in lesson 01, the AE learns with BCE: without a KL part the squared error tends to get stuck at the black picture. Because the two losses differ, do not compare the two training logs; we shall measure both networks with the same yardstick.
#
# ⏱ About 12 seconds on two CPU cores; a GPU is much faster.


# %%
def ae_loss(recon, x, z):
    return losses.reconstruction_loss(recon, x, kind="bce")


torch.manual_seed(0)
ae = models.Autoencoder(latent_dim=2)
training.fit(
    ae,
    small_set,
    small_val,
    epochs=4,
    batch_size=128,
    lr=3e-3,
    loss=ae_loss,
    log_dir=None,
    seed=0,
)
ae = ae.cpu().eval()

# %%
plots.plot_latent({"AE": ae, "VAE": vae}, small_val)

# %% [markdown] lang="vi"
# *Hình (hai khung cùng một thang đo; các vòng tròn có bán kính 1, 2, 3): trái, mã của AE trải ra theo hình thù tùy ý và phần lớn nằm ngoài vòng bán kính 3; phải, các $\mu$ của VAE gần gốc tọa độ hơn nhiều, hầu hết trong vòng bán kính 3. Nhưng chúng không lấp đầy vùng ấy: trong lần chạy này giữa đám mây ở gần $(0{,}8;\ -0{,}9)$, phía trên bên trái còn trống, và nhiều số 1 nằm ngoài vòng bán kính 3.*
#
# Bây giờ dùng cùng một thước cho cả hai: sai số bình phương của mỗi ảnh, và tỉ lệ "xa" của bài 01, tức là phần trăm số điểm $z \sim \mathcal{N}(0, I)$ nằm xa mọi mã (ngưỡng của mỗi mạng tính từ mã của chính nó).

# %% [markdown] lang="en"
# *The figure (both panels on one scale; the circles have radius 1, 2 and 3): on the left the AE's codes spread in an arbitrary shape, most of them outside the circle of radius 3; on the right the VAE's $\mu$ are much closer to the origin, most of them within radius 3. But they do not fill that region: in this run the middle of the cloud is near $(0.8, -0.9)$, the upper left is empty, and many of the 1s lie beyond radius 3.*
#
# Now one yardstick for both: the squared error per image, and the "far" share of lesson 01, the percentage of points $z \sim \mathcal{N}(0, I)$ that lie far from every code (each network's threshold comes from its own codes).


# %%
def far_share(points, codes):
    between_codes = (
        torch.cdist(codes, codes).fill_diagonal_(float("inf")).min(dim=1).values
    )
    return (
        (torch.cdist(points, codes).min(dim=1).values > between_codes.quantile(0.99))
        .float()
        .mean()
    )


torch.manual_seed(0)
points = torch.randn(2000, 2)
x = small_val.images
for name, network in (("AE", ae), ("VAE", vae)):
    with torch.no_grad():
        recon, codes = network(x)[:2]  # codes: z of the AE, mu of the VAE
    error, share = losses.reconstruction_loss(recon, x), far_share(points, codes[:2000])
    print(
        f"{name:4} {error:.1f}   {share:.0%}",
        tr("nằm xa mọi mã", "lie far from every code"),
    )

# %% [markdown] lang="vi"
# Trong lần chạy này, hai mạng tái tạo tốt ngang nhau, nhưng với VAE thì ít điểm rơi vào vùng trống hơn hẳn. Tốt hơn, chứ chưa hoàn hảo: với $B = 10$, trong hàm mất mát phần tái tạo vẫn lớn gấp mấy chục lần phần KL, nên lực kéo về $\mathcal{N}(0, I)$ còn yếu.
#
# Ảnh sinh ra thì sao? Cùng những $z \sim \mathcal{N}(0, I)$, hai decoder:

# %% [markdown] lang="en"
# In this run both reconstruct equally well, but with the VAE clearly fewer points fall into the empty part. Better, though not perfect: with $B = 10$ the reconstruction part of the loss is still dozens of times as large as the KL part, so the pull towards $\mathcal{N}(0, I)$ is weak.
#
# And the images generated from there? The same $z \sim \mathcal{N}(0, I)$ and two decoders:

# %%
torch.manual_seed(0)
z = torch.randn(10, 2)
with torch.no_grad():
    rows = {"AE": ae.decode(z), "VAE": vae.decode(z)}
plots.plot_images(rows, title=tr("Cùng các z ~ N(0, I)", "The same z ~ N(0, I)"))

# %% [markdown] lang="vi"
# *Hình: hàng trên của AE là các mảnh vỡ và một cái vòng lặp đi lặp lại, thỉnh thoảng có hình giống số 9; hàng dưới của VAE đa dạng hơn: khoảng một nửa đọc được, phần còn lại là vệt nhòe nằm giữa hai chữ số.*
#
# Một lưu ý: hàm mất mát của bài tập dùng $B = 1000$. Với $B$ lớn như vậy, VAE hoạt động gần như một AE; bài 04 và bài 06 cho thấy vì sao.
#
# ## Tự kiểm tra
#
# <details><summary><b>Encoder của VAE cho ra những gì?</b> (câu 6 của bài trắc nghiệm)</summary>
#
# Hai vector: trung bình μ và log của phương sai, log σ². (Bài tập gọi tắt logvar là "phương sai"; chính xác thì nó là logarit của phương sai.)
# </details>
#
# <details><summary><b>VAE khác autoencoder thường ở điểm chính nào?</b> (câu 9)</summary>
#
# VAE mã hóa đầu vào thành một phân phối xác suất, thay vì một vector cố định.
# </details>
#
# ## Tóm tắt
#
# - Encoder cho $\mu$ và $\log\sigma^2$ của từng ảnh; $z$ là một mẫu từ $\mathcal{N}(\mu, \sigma^2)$, không phải phân phối, không phải xác suất lớp.
# - Với batch $N$ và $d$ chiều: $\mu, \log\sigma^2, \varepsilon, z$ đều có kích thước $(N, d)$, ảnh tái tạo $(N, 1, 28, 28)$.
# - Nhờ được kéo về gần $\mathcal{N}(0, I)$, không gian tiềm ẩn của VAE cho ta biết, ít ra là gần đúng, nên lấy $z$ ở đâu để sinh ảnh.
#
# **Tiếp theo:** [Bài 03 · Tái tham số hóa](03_reparameterization.ipynb)

# %% [markdown] lang="en"
# *The figure: the AE's row holds shards and one ring again and again, with something like a 9 here and there; the VAE's row is more varied: about half of it can be read, and the rest smears between two digits.*
#
# One remark: the exercise's loss uses $B = 1000$. With so large a $B$ the VAE behaves almost like an AE; lessons 04 and 06 show why.
#
# ## Test yourself
#
# <details><summary><b>What does the encoder of a VAE put out?</b> (quiz question 6)</summary>
#
# Two vectors: the mean μ and the log of the variance, log σ². (The exercise calls logvar "variance" for short; to be exact, it is the logarithm of the variance.)
# </details>
#
# <details><summary><b>What is the main difference between a VAE and a plain autoencoder?</b> (question 9)</summary>
#
# A VAE encodes its input as a probability distribution instead of a fixed vector.
# </details>
#
# ## Recap
#
# - The encoder gives $\mu$ and $\log\sigma^2$ of each image; $z$ is one sample from $\mathcal{N}(\mu, \sigma^2)$, not a distribution and not class probabilities.
# - For a batch of $N$ and $d$ dimensions, $\mu, \log\sigma^2, \varepsilon, z$ all have shape $(N, d)$, the reconstruction $(N, 1, 28, 28)$.
# - Because it is pulled towards $\mathcal{N}(0, I)$, the VAE's latent space tells us, at least roughly, where to take a $z$ from to make images.
#
# **Next:** [Lesson 03 · Reparameterization](03_reparameterization.ipynb)
