# %% [markdown] lang="vi"
# # Bài 02 · Variational autoencoder (VAE)
#
# *Nếu bộ mã hóa (encoder) trả lời bằng một đám mây nhỏ thay vì một điểm thì sao?* Bài này dựng **bộ tự mã hóa biến phân** (variational autoencoder, VAE) của bài tập
# từng lớp một, theo chân một ảnh rồi một batch ba ảnh đi qua nó, và gỡ từng chỗ hay nhầm về $\mu$, $\sigma$ và $z$.
#
# Cả bài mất khoảng 40 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 02 · The variational autoencoder (VAE)
#
# *What if the encoder answered with a small cloud instead of a point?* This lesson builds the exercise's **variational autoencoder** (VAE)
# layer by layer, follows one image and then a batch of three through it, and clears up the usual confusions about $\mu$, $\sigma$ and $z$.
#
# The whole lesson takes about 40 seconds on two CPU cores.

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
# $\phi$ là trọng số của encoder, $\theta$ là trọng số của decoder.

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
# $\phi$ are the encoder's weights, $\theta$ the decoder's.

# %%
diagrams.plot_vae()

# %% [markdown] lang="vi"
# *Hình: ảnh $x$ vào encoder; encoder có hai đầu ra $\mu$ và $\log\sigma^2$; cùng với nhiễu $\varepsilon$, chúng tạo nên $z$; decoder biến $z$ thành ảnh $\hat x$.*
#
# ## 2 · Từng lớp một
#
# Cho một ảnh đi qua từng lớp của mạng và in kích thước sau mỗi bước.

# %% [markdown] lang="en"
# *The figure: the image $x$ enters the encoder, which has two outputs, $\mu$ and $\log\sigma^2$; with the noise $\varepsilon$ they make $z$; the decoder turns $z$ into the image $\hat x$.*
#
# ## 2 · Layer by layer
#
# Send one image through every layer of the network and print the shape after each step.

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
shapes |= {"flatten": tuple(h.shape[1:]), "mu, logvar": tuple(mu.shape[1:]), "z": tuple(z.shape[1:])}
h = torch.relu(model.fc_decode(z)).view(-1, 64, 7, 7)
shapes["fc_decode"] = tuple(h.shape[1:])
for name in ("deconv1", "deconv2", "conv_final"):
    h = getattr(model, name)(h)
    shapes[name] = tuple(h.shape[1:])
for name, shape in shapes.items():
    print(f"{name:11} {shape}")

# %% [markdown] lang="vi"
# Vẽ lại các con số ấy: mỗi khối cao theo cạnh ảnh và rộng theo số kênh.

# %% [markdown] lang="en"
# The same numbers as a picture: each block is as high as the image's side and as wide as its channels.

# %%
colours = dict.fromkeys(shapes, "#a6cee3") | {"x": "#e6e6e6", "mu, logvar": "#fff2ae", "z": "#fff2ae"}
colours |= dict.fromkeys(("fc_decode", "deconv1", "deconv2", "conv_final"), "#fdcdac")

figure, ax = plt.subplots(figsize=(11, 3.4), layout="constrained")
left = 0
for name, shape in shapes.items():
    channels, side = shape[:2] if len(shape) == 3 else (1, min(shape[0], 28))
    width = 0.6 + channels / 40
    ax.add_patch(plt.Rectangle((left, -side / 2), width, side, facecolor=colours[name], edgecolor="black"))
    ax.text(left + width / 2, 15, name, ha="center", va="bottom", fontsize=8)
    ax.text(left + width / 2, -15, "×".join(map(str, shape)), ha="center", va="top", fontsize=8)
    left += width + 1.1
ax.set(xlim=(-0.5, left), ylim=(-18, 18), title=tr("Kích thước ảnh đi qua VAE", "Shapes on the way through the VAE"))
ax.axis("off")
plt.show()

# %% [markdown] lang="vi"
# *Hình: từ trái sang phải, các khối xanh (encoder) thấp dần và rộng dần, rồi một thanh mảnh và cao (vector 3.136 con số), đến hai khối vàng nhỏ xíu (khối đầu là $\mu$ và $\log\sigma^2$, khối sau là $z$; mỗi đại lượng có hai con số), rồi các khối cam (decoder) cao dần trở lại đến ảnh $28 \times 28$.*
#
# Một lớp tích chập (convolution) đổi cạnh ảnh thế nào? Cửa sổ (kernel) có cạnh $k$ trượt trên ảnh cạnh $n$ được đệm thêm (padding) $p$ ô ở mỗi phía, mỗi bước nhảy (stride) $s$ ô; cạnh đầu ra là số vị trí mà cửa sổ đứng được trọn vẹn.
# Ví dụ $n = 28$, $k = 3$, $s = 2$, $p = 1$ cho $14$.
#
# ### Lượt của bạn

# %% [markdown] lang="en"
# *The figure: from left to right the blue blocks (encoder) get lower and thicker, down to the tiny yellow ones ($\mu$, $\log\sigma^2$ and $z$, two numbers each); then the orange blocks (decoder) grow back to a $28 \times 28$ image.*
#
# How does a convolution change the side of an image? A window of side $k$ slides over an image of side $n$, padded with $p$ cells on each side, in jumps of $s$ cells; the side of the output is the number of places where the whole window fits.
# For example $n = 28$, $k = 3$, $s = 2$, $p = 1$ gives $14$.
#
# ### Your turn


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
# ## 3 · Một ảnh đi qua VAE
#
# Con số chỉ có nghĩa khi mạng đã học, nên ta huấn luyện trước. Ở đây $B = 10$ (bài 04 giải thích $B$).
#
# ⏱ Khoảng 12 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# ## 3 · One image through the VAE
#
# Numbers mean something only once the network has learnt, so we train it first. Here $B = 10$ (lesson 04 explains $B$).
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

# %%
torch.manual_seed(0)
with torch.no_grad():
    mu, logvar = vae.encode(small_val.images[:1])
sigma = torch.exp(0.5 * logvar)
epsilon = torch.randn_like(sigma)
z = mu + sigma * epsilon
for name, value in (("μ", mu), ("log σ²", logvar), ("σ", sigma), ("ε", epsilon), ("z = μ + σ ⊙ ε", z)):
    print(f"{name:14} {[round(v, 3) for v in value[0].tolist()]}")

# %% [markdown] lang="vi"
# ### Vì sao là $\log\sigma^2$ chứ không phải $\sigma$?
#
# Một lớp tuyến tính có thể cho ra số âm, còn độ lệch chuẩn (standard deviation) thì không được âm. Log thì nhận mọi giá trị: dù mạng cho ra $-3$ hay $+1$, $\sigma$ tính từ đó luôn dương.

# %% [markdown] lang="en"
# ### Why $\log\sigma^2$ and not $\sigma$?
#
# A linear layer may give negative numbers, but a standard deviation must not be negative. A logarithm may be anything: whether the network says $-3$ or $+1$, the $\sigma$ computed from it is positive.

# %% tags=["nbval-check-output"]
for value in (-3.0, 0.0, 1.0):
    print(f"log σ² = {value:4}   σ = {torch.exp(0.5 * torch.tensor(value)):.4f}")

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Viết hàm đổi `logvar` $= \log\sigma^2$ thành độ lệch chuẩn $\sigma$.

# %% [markdown] lang="en"
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
# ### "$z$ là xác suất của các lớp phân loại (class)"
#
# Không: các phần tử của $z$ có thể âm, có thể lớn hơn 1, và tổng không cần bằng 1. Số phần tử là `latent_dim`, do ta chọn; nó không liên quan gì đến việc có mười chữ số. Kể cả khi `latent_dim` = 10, phần tử thứ tư cũng không phải "xác suất là số 3":

# %% [markdown] lang="en"
# *The figure: the original, then five pictures decoded from five samples $z$ (written above). They differ very little because $\sigma$ is small.*
#
# ### "$z$ holds class probabilities"
#
# No: the entries of $z$ may be negative or larger than 1, and need not sum to 1. There are `latent_dim` of them, our choice; that has nothing to do with there being ten digits. Even with `latent_dim` = 10 the fourth entry is not "the probability of a 3":

# %%
with torch.no_grad():
    z = vae.reparameterize(*vae.encode(small_val.images[:5]))
for label, row in zip(small_val.labels[:5].tolist(), z.tolist(), strict=True):
    print(
        f"{tr('chữ số', 'digit')} {label}:  z = ({row[0]:5.2f}, {row[1]:5.2f})   {tr('tổng', 'sum')} = {sum(row):5.2f}"
    )

# %% [markdown] lang="vi"
# ### "Tiên nghiệm đã là $\mathcal{N}(0, I)$, vậy còn học $\mu$ và $\sigma$ làm gì?"
#
# Nếu mọi ảnh đều có $\mu = 0$ và $\sigma = 1$ thì $z$ không nói gì về $x$ cả, và decoder chỉ có thể đoán mò. Thử đo: giải mã $z$ lấy từ encoder, so với $z$ lấy từ tiên nghiệm mà không nhìn ảnh:

# %% [markdown] lang="en"
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
# Không nhìn ảnh, decoder vẽ một chữ số bất kỳ, nên còn tệ hơn cả ảnh trung bình. $\mu$ và $\sigma$ mang thông tin về $x$; phần độ phân kỳ KL (KL divergence) của hàm mất mát (loss) chỉ kéo chúng *về gần* tiên nghiệm, để ta biết chỗ mà lấy mẫu.
#
# ### "Có một $\sigma$ chung"
#
# Không: mỗi ảnh và mỗi chiều có $\sigma$ riêng.

# %% [markdown] lang="en"
# Without looking, the decoder draws any digit, which is even worse than the mean image. $\mu$ and $\sigma$ carry the information about $x$; the KL part of the loss only pulls them *towards* the prior, so that we know where to sample.
#
# ### "There is one $\sigma$ for all"
#
# No: every image and every dimension has a $\sigma$ of its own.

# %%
sigma = torch.exp(0.5 * logvar)
plt.figure(figsize=(6.5, 2.8))
for j in range(2):
    plt.hist(
        sigma[:, j].numpy(), bins=60, range=(0, 0.2), alpha=0.6, color=plots.TEN_COLOURS[j], label=f"$\\sigma_{j + 1}$"
    )
plt.xlabel("σ")
plt.ylabel(tr("số ảnh", "images"))
plt.title(tr("σ của các ảnh kiểm định", "σ of the validation images"))
plt.legend()
plt.show()

# %% [markdown] lang="vi"
# *Hình: hai biểu đồ tần suất (histogram) của $\sigma_1$ và $\sigma_2$ trên các ảnh kiểm định (validation); mỗi ảnh một giá trị, phần lớn dưới 0,1.*
#
# Và $\mu$, $\sigma$ là **đầu ra** của encoder, tính lại cho từng ảnh. Thứ mà việc huấn luyện thay đổi là trọng số; bài 03 nói kỹ.
#
# ## 5 · Một batch ba ảnh, mười chiều tiềm ẩn (latent dimensions)

# %% [markdown] lang="en"
# *The figure: two histograms, of $\sigma_1$ and $\sigma_2$ over the validation images; one value for each image, most of them below 0.1.*
#
# And $\mu$ and $\sigma$ are **outputs** of the encoder, computed anew for each image. What training changes are the weights; lesson 03 goes into that.
#
# ## 5 · A batch of three images, ten latent dimensions

# %% tags=["nbval-check-output"]
model = models.VAE(latent_dim=10)
x = torch.zeros(3, 1, 28, 28)
mu, logvar = model.encode(x)
epsilon = torch.randn_like(mu)
z = mu + torch.exp(0.5 * logvar) * epsilon
recon = model.decode(z)
for name, value in (("x", x), ("mu", mu), ("logvar", logvar), ("epsilon", epsilon), ("z", z), ("recon", recon)):
    print(f"{name:8} {tuple(value.shape)}")

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Viết hàm nhận cỡ batch và số chiều tiềm ẩn (latent dimension), trả về bốn kích thước: của `mu`, `logvar`, `z` và `recon` (ảnh $1 \times 28 \times 28$), mỗi kích thước là một tuple.

# %% [markdown] lang="en"
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
# ## 6 · AE và VAE cạnh nhau
#
# Huấn luyện thêm một autoencoder như ở bài 01 và đặt hai không gian tiềm ẩn (latent space) cạnh nhau.
#
# ⏱ Khoảng 12 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# ## 6 · AE and VAE side by side
#
# Train an autoencoder as in lesson 01 and put the two latent spaces side by side.
#
# ⏱ About 12 seconds on two CPU cores; a GPU is much faster.


# %%
def ae_loss(recon, x, z):
    return losses.reconstruction_loss(recon, x, kind="bce")


torch.manual_seed(0)
ae = models.Autoencoder(latent_dim=2)
training.fit(ae, small_set, small_val, epochs=4, batch_size=128, lr=3e-3, loss=ae_loss, log_dir=None, seed=0)
ae = ae.cpu().eval()

# %%
figure, axes = plt.subplots(1, 2, figsize=(11.5, 4.6), layout="constrained")
for ax, name, network in zip(axes, ("AE", "VAE"), (ae, vae), strict=True):
    plots.plot_latent(network, small_val, ax=ax)
    ax.set_title(name)
plt.show()

# %% [markdown] lang="vi"
# *Hình: trái, mã của AE nằm lệch một bên và trải ra theo hình thù tùy ý; phải, các $\mu$ của VAE lấp đầy vùng quanh gốc tọa độ, hầu như trọn trong ba vòng tròn của $\mathcal{N}(0, I)$.*
#
# Điều này quyết định chất lượng ảnh sinh ra. Cùng những $z \sim \mathcal{N}(0, I)$, hai decoder:

# %% [markdown] lang="en"
# *The figure: on the left the AE's codes lie off to one side and spread in an arbitrary shape; on the right the VAE's $\mu$ fill the region around the origin, nearly all within the three circles of $\mathcal{N}(0, I)$.*
#
# That decides how good the images made from it are. The same $z \sim \mathcal{N}(0, I)$ and two decoders:

# %%
torch.manual_seed(0)
z = torch.randn(10, 2)
with torch.no_grad():
    rows = torch.cat([ae.decode(z), vae.decode(z)])
plots.plot_images(rows, ["AE"] * 10 + ["VAE"] * 10, title=tr("Cùng các z ~ N(0, I)", "The same z ~ N(0, I)"))

# %% [markdown] lang="vi"
# *Hình: hàng trên của AE lặp lại vài hình méo mó; hàng dưới của VAE là những chữ số đa dạng, tuy mờ.*
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
# - Nhờ được kéo về gần $\mathcal{N}(0, I)$, không gian tiềm ẩn của VAE cho ta biết lấy $z$ ở đâu để sinh ảnh.
#
# **Tiếp theo:** [Bài 03 · Tái tham số hóa](03_reparameterization.ipynb)

# %% [markdown] lang="en"
# *The figure: the AE's row repeats a few distorted shapes; the VAE's row shows varied, if blurry, digits.*
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
# - Because it is pulled towards $\mathcal{N}(0, I)$, the VAE's latent space tells us where to take a $z$ from to make images.
#
# **Next:** [Lesson 03 · Reparameterization](03_reparameterization.ipynb)
