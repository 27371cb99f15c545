# %% [markdown] lang="vi"
# # Bài 04 · Hàm mất mát
#
# *Một VAE phải cực tiểu hóa điều gì?* Bài này đi từ một câu hỏi xác suất đến một dòng mã: suy ra **ELBO**, tính phần
# **KL** bằng ba cách, rồi tìm xem hằng số $B = 1000$ của bài tập thật ra nói điều gì.
#
# Cả bài mất khoảng một phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 04 · The loss
#
# *What must a VAE minimise?* This lesson goes from a question about probability to one line of code: it derives the
# **ELBO**, computes the **KL** part in three ways, and then finds out what the exercise's constant $B = 1000$ really says.
#
# The whole lesson takes about a minute on two CPU cores.

# %%
import copy
import math
from functools import partial

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.colors import BoundaryNorm
from torch.distributions import Normal, kl_divergence

from vae_helpers import checks, data, diagrams, losses, models, plots, tr, training, widgets

# %% [markdown] lang="vi"
# ## 1 · Từ $\log p(x)$ đến ELBO
#
# VAE là một **mô hình sinh** (generative model): lấy $z$ từ **tiên nghiệm** (prior) $p(z) = \mathcal{N}(0, I)$, rồi bộ giải mã (decoder) vẽ ảnh theo $p_\theta(x|z)$. Mô hình tốt là mô hình gán xác suất cao cho ảnh thật, tức là $\log p_\theta(x)$ lớn, với
#
# $$p_\theta(x) = \int p_\theta(x|z)\, p(z)\, dz.$$
#
# Tích phân này chạy qua *mọi* $z$, mà hầu hết $z$ chẳng liên quan gì đến ảnh $x$. Bộ mã hóa (encoder) $q_\phi(z|x)$ cho ta biết nên nhìn vào những
# $z$ nào. Bốn bước:
#
# 1. Với bất kỳ $z$ nào, $p_\theta(x) = \dfrac{p_\theta(x|z)\,p(z)}{p_\theta(z|x)}$ (công thức Bayes). Lấy log, rồi lấy kỳ vọng theo
#    $z \sim q_\phi(z|x)$; vế trái không chứa $z$ nên giữ nguyên.
# 2. Nhân và chia cho $q_\phi(z|x)$ trong log:
#    $\log p_\theta(x) = \mathbb{E}_q\!\left[\log p_\theta(x|z) + \log\dfrac{p(z)}{q_\phi(z|x)} + \log\dfrac{q_\phi(z|x)}{p_\theta(z|x)}\right].$
# 3. Hai số hạng sau là hai **độ phân kỳ KL** (KL divergence), vì $\mathrm{KL}(q\,\|\,p) = \mathbb{E}_q[\log (q/p)]$:
#
# $$\log p_\theta(x) \;=\; \underbrace{\mathbb{E}_{q}[\log p_\theta(x|z)] - \mathrm{KL}(q_\phi(z|x)\,\|\,p(z))}_{\text{ELBO}}
#   \;+\; \underbrace{\mathrm{KL}(q_\phi(z|x)\,\|\,p_\theta(z|x))}_{\ge\,0}.$$
#
# 4. Số hạng cuối chứa **hậu nghiệm** (posterior) thật, ta không tính được, nhưng nó không bao giờ âm. Bỏ nó đi, ta còn lại một **cận dưới** của
#    $\log p_\theta(x)$: *evidence lower bound*, viết tắt **ELBO**.
#
# ELBO cần được *cực đại hóa*; hàm mất mát (loss) là **−ELBO**, để cực tiểu hóa. Chú ý: kỳ vọng của $\log p_\theta(x|z)$ là một
# log-hợp lý (log-likelihood), chưa phải mất mát; mất mát tái tạo là số đối của nó.

# %% [markdown] lang="en"
# ## 1 · From $\log p(x)$ to the ELBO
#
# A VAE is a **generative model**: draw $z$ from the **prior** $p(z) = \mathcal{N}(0, I)$, then the decoder draws an image by
# $p_\theta(x|z)$. A good model gives real images a high probability, a large $\log p_\theta(x)$, where
#
# $$p_\theta(x) = \int p_\theta(x|z)\, p(z)\, dz.$$
#
# The integral runs over *all* $z$, and most of them have nothing to do with the image $x$. The encoder $q_\phi(z|x)$ tells us which
# $z$ to look at. Four steps:
#
# 1. For any $z$, $p_\theta(x) = \dfrac{p_\theta(x|z)\,p(z)}{p_\theta(z|x)}$ (Bayes' rule). Take the log, then the expectation over
#    $z \sim q_\phi(z|x)$; the left side has no $z$ in it and stays as it is.
# 2. Multiply and divide by $q_\phi(z|x)$ inside the log:
#    $\log p_\theta(x) = \mathbb{E}_q\!\left[\log p_\theta(x|z) + \log\dfrac{p(z)}{q_\phi(z|x)} + \log\dfrac{q_\phi(z|x)}{p_\theta(z|x)}\right].$
# 3. The last two terms are **KL divergences**, because $\mathrm{KL}(q\,\|\,p) = \mathbb{E}_q[\log (q/p)]$:
#
# $$\log p_\theta(x) \;=\; \underbrace{\mathbb{E}_{q}[\log p_\theta(x|z)] - \mathrm{KL}(q_\phi(z|x)\,\|\,p(z))}_{\text{ELBO}}
#   \;+\; \underbrace{\mathrm{KL}(q_\phi(z|x)\,\|\,p_\theta(z|x))}_{\ge\,0}.$$
#
# 4. The last term holds the true **posterior**, which we cannot compute, but it is never negative. Drop it, and what is left
#    is a **lower bound** of $\log p_\theta(x)$: the *evidence lower bound*, or **ELBO**.
#
# The ELBO is to be *maximised*; the loss is **−ELBO**, to be minimised. Note that the expectation of $\log p_\theta(x|z)$ is a
# log-likelihood and not yet a loss; the reconstruction loss is its negative.

# %% [markdown] lang="vi"
# ### Cận dưới này chặt đến đâu?
#
# Hãy thử với một mô hình nhỏ mà mọi thứ đều tính được: $z \sim \mathcal{N}(0, 1)$, $x|z \sim \mathcal{N}(z, 1)$, và ta quan sát
# $x = 1$. Khi đó $p(x) = \mathcal{N}(0, 2)$ (số thứ hai là phương sai, variance) và hậu nghiệm thật là $\mathcal{N}(\tfrac12, \tfrac12)$. Ba encoder $q$ cho ba ELBO:

# %% [markdown] lang="en"
# ### How tight is the bound?
#
# Try it on a small model in which everything can be computed: $z \sim \mathcal{N}(0, 1)$, $x|z \sim \mathcal{N}(z, 1)$, and we
# observe $x = 1$. Then $p(x) = \mathcal{N}(0, 2)$ (the second number is the variance) and the true posterior is
# $\mathcal{N}(\tfrac12, \tfrac12)$. Three encoders $q$ give three ELBOs:

# %%
diagrams.plot_elbo()

# %% [markdown] lang="vi"
# *Hình: ba thanh ngang cùng dài đến vạch $\log p(x) = -1{,}516$. Phần tô trơn là ELBO, phần gạch chéo là khoảng hở. Encoder càng gần hậu nghiệm
# thật, khoảng hở càng nhỏ; khi trùng hẳn thì ELBO bằng đúng $\log p(x)$.*
#
# Kiểm tra lại thanh thứ hai bằng cách lấy mẫu (Monte Carlo), đúng theo định nghĩa $\mathbb{E}_q[\log p(x|z)] - \mathrm{KL}$:

# %% [markdown] lang="en"
# *The figure: three bars, all reaching the line $\log p(x) = -1.516$. The plain part is the ELBO, the hatched part the gap. The
# closer the encoder is to the true posterior, the smaller the gap; when they agree, the ELBO equals $\log p(x)$.*
#
# Check the second bar by sampling (Monte Carlo), straight from the definition $\mathbb{E}_q[\log p(x|z)] - \mathrm{KL}$:

# %%
torch.manual_seed(0)
x = torch.tensor(1.0)
q, p = Normal(0.0, math.sqrt(0.5)), Normal(0.0, 1.0)
z = q.sample((100_000,))
elbo = Normal(z, 1.0).log_prob(x).mean() - kl_divergence(q, p)
print(f"ELBO = {elbo:.2f}   log p(x) = {Normal(0.0, math.sqrt(2)).log_prob(x):.3f}")

# %% [markdown] lang="vi"
# ## 2 · Phần KL, bằng ba cách
#
# Với $q = \mathcal{N}(\mu, \sigma^2)$ và $p = \mathcal{N}(0, 1)$, kỳ vọng của $\log q - \log p$ có công thức dạng đóng (closed form); cộng lại theo từng chiều $j$:
#
# $$\mathrm{KL} = -\tfrac12 \sum_j \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right).$$
#
# Trong công thức này $\sigma^2$ là **phương sai**. Có bài viết dùng ký hiệu $\sigma$ cho chính phương sai, khi ấy $z = \mu + \varepsilon\odot\sqrt\sigma$; hãy luôn
# hỏi tác giả gọi cái gì là $\sigma$ trước khi chép công thức. Encoder của ta cho $\log\sigma^2$ (`logvar`), nên $\sigma^2 =$ `logvar.exp()`.

# %% [markdown] lang="en"
# ## 2 · The KL part, in three ways
#
# For $q = \mathcal{N}(\mu, \sigma^2)$ and $p = \mathcal{N}(0, 1)$ the expectation of $\log q - \log p$ has a closed form; summed over the dimensions $j$:
#
# $$\mathrm{KL} = -\tfrac12 \sum_j \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right).$$
#
# Here $\sigma^2$ is the **variance**. Some texts write $\sigma$ for the variance itself, and then $z = \mu + \varepsilon\odot\sqrt\sigma$; always ask what
# an author calls $\sigma$ before you copy a formula. Our encoder gives $\log\sigma^2$ (`logvar`), so $\sigma^2 =$ `logvar.exp()`.

# %% tags=["nbval-check-output"]
mu, logvar = torch.tensor([0.5, -0.2, 0.3]), torch.tensor([0.1, 0.3, -0.1])
sigma = torch.exp(0.5 * logvar)

closed_form = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp())
library = kl_divergence(Normal(mu, sigma), Normal(0.0, 1.0)).sum()
print(f"{closed_form:.4f} {library:.4f} {losses.kl_divergence(mu[None], logvar[None]).item():.4f}")

# %% [markdown] lang="vi"
# Cách thứ ba không cần công thức: lấy nhiều $z \sim q$ rồi tính trung bình của $\log q(z) - \log p(z)$.

# %% [markdown] lang="en"
# The third way needs no formula: draw many $z \sim q$ and average $\log q(z) - \log p(z)$.

# %%
torch.manual_seed(0)
q, p = Normal(mu, sigma), Normal(0.0, 1.0)
z = q.sample((20_000,))
log_ratio = (q.log_prob(z) - p.log_prob(z)).sum(dim=1)
counts = torch.arange(1, len(z) + 1)
running_mean = log_ratio.cumsum(dim=0) / counts

plt.figure(figsize=(7, 3))
plt.plot(counts, running_mean, label=tr("trung bình Monte Carlo", "Monte Carlo mean"))
plt.axhline(closed_form, color="black", linestyle="--", label=tr("công thức", "closed form"))
plt.xscale("log")
plt.ylim(-0.5, 1)
plt.xlabel(tr("số mẫu z", "samples z"))
plt.ylabel(tr("KL (nat)", "KL (nats)"))
plt.title(tr("Ước lượng KL bằng cách lấy mẫu", "Estimating the KL by sampling"))
plt.legend()
plt.show()

# %% [markdown] lang="vi"
# *Hình: đường trung bình dao động mạnh khi mới có vài mẫu (có lúc còn âm), rồi ổn định quanh vạch đứt. Công thức cho ngay giá trị
# đúng, không nhiễu; vì thế hàm mất mát dùng công thức.*
#
# ### KL dưới dạng một mặt cong

# %% [markdown] lang="en"
# *The figure: the mean swings widely over the first few samples (it even goes below zero) and settles on the dashed line. The
# closed form gives the right value at once and without noise, which is why the loss uses it.*
#
# ### The KL as a surface

# %%
mu_axis, logvar_axis = torch.linspace(-3, 3, 121), torch.linspace(-5, 3, 121)
M, L = torch.meshgrid(mu_axis, logvar_axis, indexing="ij")
surface = losses.kl_divergence(M[..., None], L[..., None])

plt.figure(figsize=(6.4, 4.2))
levels = [0, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 12, 16]
contours = plt.contourf(M, L, surface, levels=levels, norm=BoundaryNorm(levels, 256), cmap="cividis")
plt.colorbar(contours, label=tr("KL (nat)", "KL (nats)"))
plt.plot(0, 0, "w*", markersize=14)
plt.xlabel("$\\mu$")
plt.ylabel("$\\log\\sigma^2$")
plt.title(tr("KL của một chiều tiềm ẩn", "The KL of one latent dimension"))
plt.show()

# %% [markdown] lang="vi"
# *Hình: một lòng chảo có đáy (ngôi sao) tại $\mu = 0$, $\log\sigma^2 = 0$, nơi $q$ trùng với tiên nghiệm và KL = 0. Rời xa theo $\mu$, KL tăng theo bình
# phương. Khi $\sigma$ nhỏ lại (phía dưới của hình), KL tăng chậm và đều; khi $\sigma$ lớn lên (phía trên của hình), KL tăng rất nhanh.*
#
# ### Lượt của bạn
#
# Viết KL của từng ảnh trong batch. Đầu vào `mu`, `logvar` có kích thước $(N, d)$, đầu ra có kích thước $(N,)$: cộng theo chiều tiềm ẩn (latent dimension), không cộng theo batch.

# %% [markdown] lang="en"
# *The figure: a bowl whose bottom (the star) is at $\mu = 0$, $\log\sigma^2 = 0$, where $q$ equals the prior and the KL is 0. Away from it
# in $\mu$, the KL grows with the square. With a smaller $\sigma$ (downwards) it grows slowly and steadily; with a larger
# $\sigma$ (upwards) it grows very fast.*
#
# ### Your turn
#
# Write the KL of each image in the batch. The inputs `mu` and `logvar` have shape $(N, d)$, the output has shape $(N,)$: sum over the latent dimensions,
# not over the batch.


# %% tags=["exercise"]
def my_kl_divergence(mu, logvar):
    ### BEGIN SOLUTION
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1)
    ### END SOLUTION


# %%
checks.check_kl_divergence(my_kl_divergence)

# %% [markdown] lang="vi"
# ## 3 · Phần tái tạo, và $B$ nghĩa là gì
#
# Giả sử decoder là một phân phối Gauss: $p_\theta(x|z) = \mathcal{N}(\hat x, \sigma^2 I)$, với $\hat x$ là ảnh decoder vẽ ra và $\sigma$ là một con số
# chung cho mọi điểm ảnh, nói rằng ta cho phép ảnh thật lệch khỏi $\hat x$ bao nhiêu. Với $D = 784$ điểm ảnh:
#
# $$-\log p_\theta(x|z) = \frac{1}{2\sigma^2} \sum_i (x_i - \hat x_i)^2 + \frac{D}{2}\log(2\pi\sigma^2).$$
#
# Số hạng sau không phụ thuộc vào mạng. Vậy −ELBO, bỏ hằng số, chính là
#
# $$\mathcal{L} = B\sum_i (x_i - \hat x_i)^2 + \mathrm{KL}, \qquad B = \frac{1}{2\sigma^2}.$$
#
# **$B$ không phải một con số tùy tiện: chọn $B$ là chọn độ lệch chuẩn (standard deviation) của decoder.**
#
# ### Lượt của bạn
#
# Viết hàm đổi $B$ thành độ lệch chuẩn $\sigma$ của decoder.

# %% [markdown] lang="en"
# ## 3 · The reconstruction part, and what $B$ means
#
# Let the decoder be a Gaussian: $p_\theta(x|z) = \mathcal{N}(\hat x, \sigma^2 I)$, where $\hat x$ is the image the decoder draws and $\sigma$ is one
# number for all pixels that says how far we allow the real image to be from $\hat x$. With $D = 784$ pixels:
#
# $$-\log p_\theta(x|z) = \frac{1}{2\sigma^2} \sum_i (x_i - \hat x_i)^2 + \frac{D}{2}\log(2\pi\sigma^2).$$
#
# The last term does not depend on the network. So −ELBO without its constant is
#
# $$\mathcal{L} = B\sum_i (x_i - \hat x_i)^2 + \mathrm{KL}, \qquad B = \frac{1}{2\sigma^2}.$$
#
# **$B$ is no arbitrary number: to choose $B$ is to choose the decoder's standard deviation.**
#
# ### Your turn
#
# Write a function that turns $B$ into the decoder's standard deviation $\sigma$.


# %% tags=["exercise"]
def sigma_of_B(B):
    ### BEGIN SOLUTION
    return 1 / math.sqrt(2 * B)
    ### END SOLUTION


# %%
checks.check_sigma_of_B(sigma_of_B)

# %% [markdown] lang="vi"
# Với $B = 1000$ của bài tập, $\sigma \approx 0{,}022$: ta đòi mỗi điểm ảnh chỉ được lệch khoảng hai phần trăm. Mạng chỉ có hai chiều tiềm ẩn không thể làm được thế
# (sai số thật lớn hơn nhiều), nên nó dồn hết sức vào tái tạo và gần như quên KL. Chia mọi thứ cho $B$ thì thấy rõ: trọng số của KL là
# $\beta = 1/B = 0{,}001$.
#
# ### Lượt của bạn
#
# Bây giờ viết trọn hàm mất mát, trả về bộ ba `(total, recon, kl)`, mỗi phần là một số, trung bình trên batch:
# `recon` là tổng bình phương sai số *của một ảnh*, `kl` là KL của một ảnh, `total` $= B \cdot$ `recon` $+$ `kl`.

# %% [markdown] lang="en"
# With the exercise's $B = 1000$, $\sigma \approx 0.022$: we demand that each pixel be only about two per cent off. A network with two latent
# dimensions cannot do that (its real error is much larger), so it puts all its effort into reconstruction and almost forgets the KL. Divide
# everything by $B$ and it is plain: the weight of the KL is $\beta = 1/B = 0.001$.
#
# ### Your turn
#
# Now write the whole loss. It returns three numbers `(total, recon, kl)`, each a mean over the batch: `recon` is the squared error summed
# *over one image*, `kl` the KL of one image, `total` $= B \cdot$ `recon` $+$ `kl`.


# %% tags=["exercise"]
def my_vae_loss(recon, x, mu, logvar, B):
    ### BEGIN SOLUTION
    recon_loss = (recon - x).pow(2).flatten(1).sum(dim=1).mean()
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1).mean()
    return B * recon_loss + kl, recon_loss, kl
    ### END SOLUTION


# %%
checks.check_vae_loss(my_vae_loss)

# %% [markdown] lang="vi"
# ## 4 · Xoay núm $B$: tái tạo đổi lấy KL
#
# Nói thì dễ, hãy đo. Ta huấn luyện một VAE với $B = 10$, rồi từ đó huấn luyện tiếp một epoch cho mỗi giá trị $B$.
#
# ⏱ Khoảng 40 giây cho hai ô dưới đây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# ## 4 · Turning the knob $B$: reconstruction against KL
#
# Let us measure it. We train one VAE with $B = 10$, and from there go on for one epoch with each value of $B$.
#
# ⏱ About 40 seconds for the next two cells on two CPU cores; a GPU is much faster.

# %%
train_set, val_set = data.split(data.load_mnist(), (0.8, 0.2), seed=1)
small_set, _ = data.split(train_set, (0.25, 0.75), seed=0)
small_val, _ = data.split(val_set, (0.25, 0.75), seed=0)


recipe = {"batch_size": 128, "log_dir": None, "seed": 0}
torch.manual_seed(0)
start = models.VAE()
loss = partial(losses.vae_loss, B=10)
history = training.fit(start, small_set, small_val, epochs=4, lr=3e-3, loss=loss, **recipe)

# %%
from tqdm.auto import tqdm

B_values = (0.03, 0.3, 1, 10, 100, 1000)
swept, rows = {}, []
for B in tqdm(B_values, desc="B", leave=False):
    swept[B] = copy.deepcopy(start)
    loss = partial(losses.vae_loss, B=B)
    run = training.fit(swept[B], small_set, small_val, epochs=1, lr=1e-3, loss=loss, progress=False, **recipe)
    last = run.rows[-1]
    rows.append((B, last["val_recon"], last["val_kl"]))
    print(f"B = {B:7}   σ = {1 / math.sqrt(2 * B):.3f}   recon = {last['val_recon']:5.1f}   KL = {last['val_kl']:5.2f}")

# %%
_, recon_values, kl_values = zip(*rows, strict=True)
plt.figure(figsize=(6, 3.6))
plt.plot(kl_values, recon_values, "o-")
for B, recon_value, kl_value in rows:
    plt.annotate(f"B={B}", (kl_value, recon_value), textcoords="offset points", xytext=(6, 6))
plt.xlim(-0.5, max(kl_values) + 2)
plt.ylim(top=max(recon_values) + 2)
plt.xlabel(tr("KL trên tập kiểm định (nat)", "validation KL (nats)"))
plt.ylabel(tr("sai số tái tạo mỗi ảnh", "reconstruction error per image"))
plt.title(tr("Đánh đổi giữa tái tạo và KL", "Reconstruction against KL"))
plt.grid(alpha=0.3)
plt.show()

# %% [markdown] lang="vi"
# *Hình: mỗi điểm là một mô hình. Khi $B$ rất nhỏ, KL về 0 và sai số bằng sai số của ảnh trung bình: $z$ không còn mang thông tin
# gì (**sụp đổ hậu nghiệm**, posterior collapse). Khi $B$ tăng, sai số giảm nhanh rồi đứng lại, còn KL cứ tiếp tục tăng.*
#
# Bây giờ bạn tự xoay núm: kéo thanh trượt và nhìn ảnh tái tạo (trên) cùng ảnh sinh ra từ $z \sim \mathcal{N}(0, I)$ (dưới). Thanh trượt cần kernel đang chạy;
# hình tĩnh ngay sau đó cho thấy ba nấc.

# %% [markdown] lang="en"
# *The figure: each point is a model. With a very small $B$ the KL is 0 and the error is that of the mean image: $z$ no longer carries any
# information (**posterior collapse**). As $B$ grows the error falls quickly and then stands still, while the KL goes on rising.*
#
# Now turn the knob yourself: drag the slider and watch the reconstructions (above) and the images made from $z \sim \mathcal{N}(0, I)$ (below). The slider
# needs a running kernel; the still picture after it shows three of its positions.


# %%
def pictures(B):
    model = swept[B].cpu()
    torch.manual_seed(0)
    with torch.no_grad():
        x = small_val.images[:10]
        recon, _, _ = model(x)
        samples = model.decode(torch.randn(10, 2))
    return torch.cat([x, recon, samples])  # (30, 1, 28, 28)


def draw(B):
    _, recon_value, kl_value = rows[B_values.index(B)]
    title = f"B = {B}   σ = {1 / math.sqrt(2 * B):.3f}   recon = {recon_value:.1f}   KL = {kl_value:.2f}"
    return plots.plot_images(pictures(B), columns=10, title=title)


widgets.figure_slider(B_values, draw, "B")

# %%
from torchvision.utils import make_grid

figure, axes = plt.subplots(1, 3, figsize=(11, 1.8), layout="constrained")
for ax, B in zip(axes, (0.03, 10, 1000), strict=True):
    ax.imshow(make_grid(pictures(B), nrow=10)[0], cmap="gray", vmin=0, vmax=1)
    ax.set_title(f"B = {B}")
    ax.axis("off")
plt.show()

# %% [markdown] lang="vi"
# *Hình: ba khối ảnh cho $B = 0{,}03$, $10$ và $1000$; trong mỗi khối, hàng một là ảnh gốc, hàng hai là ảnh tái tạo, hàng ba là ảnh sinh ra. Với $B = 0{,}03$ mọi ảnh
# tái tạo giống hệt nhau; với $B = 10$ ảnh tái tạo rõ chữ số và ảnh sinh ra đa dạng.*
#
# ### Vậy chọn $B$ bao nhiêu?
#
# Hãy để dữ liệu trả lời. Nếu sai số mỗi ảnh là $S$ thì phương sai khớp nhất là sai số bình phương trung bình (MSE) của một điểm ảnh,
# $\sigma^2 = S / D$, tức $B = D / (2S)$:

# %% [markdown] lang="en"
# *The figure: three blocks for $B = 0.03$, $10$ and $1000$; in each, row one holds the originals, row two the reconstructions, row three the images made.
# With $B = 0.03$ all reconstructions are the same; with $B = 10$ the reconstructions are clear digits and the images made are varied.*
#
# ### So which $B$?
#
# Let the data answer. If the error per image is $S$, the variance that fits best is the mean squared error of a pixel, $\sigma^2 = S / D$, that is
# $B = D / (2S)$:

# %%
S, D = history["val_recon"][-1], 784
print(f"S = {S:.1f}   σ = {math.sqrt(S / D):.2f}   B = {D / (2 * S):.1f}")

# %% [markdown] lang="vi"
# Một decoder **hiệu chỉnh đúng** (calibrated) có $B$ khoảng 10, nhỏ hơn con số của bài tập cả trăm lần. Với $B$ ấy, các $\mu$ nằm gọn trong tiên nghiệm, và mẫu từ
# $\mathcal{N}(0, I)$ cho ra chữ số. Với $B = 1000$ huấn luyện từ đầu, bài 06 cho thấy các $\mu$ tản ra xa, gần như một autoencoder.
#
# ## 5 · MSE hay BCE?
#
# Nếu đầu ra của decoder được hiểu là *xác suất một điểm ảnh sáng* (phân phối Bernoulli), số đối của log-hợp lý là **BCE** (công thức 2) thay vì bình phương sai số. So sánh hai
# hàm cho một điểm ảnh:

# %% [markdown] lang="en"
# A **calibrated** decoder has a $B$ of about 10, a hundred times smaller than the exercise's. With that $B$ the $\mu$ stay within the prior, and samples from
# $\mathcal{N}(0, I)$ give digits. With $B = 1000$ from the start, lesson 06 shows the $\mu$ spread far out, nearly an autoencoder.
#
# ## 5 · MSE or BCE?
#
# If the decoder speaks of the *probability that a pixel is lit* (a Bernoulli distribution), the negative log-likelihood is **BCE** (eq. 2) instead of the squared
# error. Compare the two for one pixel:

# %%
recon = torch.linspace(0.001, 0.999, 500)
figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.2), layout="constrained")
for target, style in ((0.0, "-"), (0.5, "--"), (1.0, ":")):
    x = torch.full_like(recon, target)
    axes[0].plot(recon, (x - recon) ** 2, style, label=f"x = {target:g}")
    axes[1].plot(recon, F.binary_cross_entropy(recon, x, reduction="none"), style, label=f"x = {target:g}")
axes[0].set(title=tr("Bình phương sai số", "Squared error"), ylabel=tr("mất mát", "loss"))
axes[1].set(title="BCE", ylim=(0, 4))
for ax in axes:
    ax.set_xlabel("$\\hat{x}$")
    ax.legend()
    ax.grid(alpha=0.3)
plt.show()

# %% [markdown] lang="vi"
# *Hình: cả hai đường đều thấp nhất tại $\hat x = x$. Nhưng BCE phạt gần như vô hạn khi mô hình chắc chắn mà sai (hai mép), và với điểm ảnh xám $x = 0{,}5$, giá trị thấp nhất
# của nó là 0,693 chứ không phải 0.* Vì thế đừng so con số BCE với con số MSE, và đừng mong BCE của ảnh xám về 0.
#
# ### Một lỗi kinh điển: sigmoid hai lần
#
# Decoder của bài tập kết thúc bằng sigmoid, nên đầu ra đã nằm trong $[0, 1]$. Hàm `binary_cross_entropy_with_logits` *tự áp sigmoid thêm một lần nữa*: nó dành cho decoder trả về logit
# (số thực bất kỳ, chưa qua sigmoid). Trộn hai thứ thì chương trình vẫn chạy, nhưng mạng không bao giờ vẽ được màu đen:

# %% [markdown] lang="en"
# *The figure: both curves are lowest at $\hat x = x$. But BCE punishes almost without limit when the model is sure and wrong (at the edges), and for a grey
# pixel, $x = 0.5$, its lowest value is 0.693 and not 0.* So do not compare a BCE with an MSE, and do not expect the BCE of grey images to reach 0.
#
# ### A classic mistake: sigmoid twice
#
# The exercise's decoder ends with a sigmoid, so its output lies in $[0, 1]$ already. `binary_cross_entropy_with_logits` *applies a sigmoid of its own*: it is for
# decoders that return logits (any real number, before the sigmoid). Mix the two and the program still runs, but the network can never draw black:

# %% tags=["nbval-check-output"]
x = torch.tensor([0.0, 1.0, 0.0, 1.0])
perfect = x.clone()
print(f"{F.binary_cross_entropy(perfect, x):.4f}")
print(f"{F.binary_cross_entropy_with_logits(perfect, x):.4f}")
print([round(value, 4) for value in torch.sigmoid(torch.tensor([0.0, 1.0])).tolist()])

# %% [markdown] lang="vi"
# Ảnh tái tạo hoàn hảo đáng lẽ có mất mát 0, vậy mà bị tính 0,5032: đầu ra 0 và 1 bị sigmoid biến thành 0,5 và 0,7311, toàn màu xám.
# Hàm `losses.reconstruction_loss(kind="bce")` của khóa học từ chối giá trị ngoài $[0, 1]$ để bạn khỏi mắc lỗi ngược lại.

# %% [markdown] lang="en"
# A perfect reconstruction should cost 0 but is charged 0.5032: the sigmoid turns the outputs 0 and 1 into 0.5 and 0.7311, grey everywhere.
# The course's `losses.reconstruction_loss(kind="bce")` refuses values outside $[0, 1]$, to save you from the opposite slip.

# %% [markdown] lang="vi"
# ## Tự kiểm tra
#
# <details><summary><b>Hàm mất mát của VAE gồm những thành phần nào?</b> (câu 5 của bài trắc nghiệm)</summary>
#
# Mất mát tái tạo và độ phân kỳ KL; tổng của chúng là −ELBO (bỏ đi hằng số).
# </details>
#
# <details><summary><b>KL đóng vai trò gì?</b> (câu 8)</summary>
#
# Đáp án của bài tập: cân bằng giữa học đặc trưng và nén dữ liệu. Nói chính xác hơn: nó kéo q(z|x) của từng ảnh về gần tiên nghiệm N(0, I), tức là giới hạn lượng thông tin về x (tính bằng nat) mà z được phép mang.
# </details>
#
# <details><summary><b>Nếu KL chiếm trọng số quá cao thì sao?</b> (câu 10)</summary>
#
# Mô hình học chưa tới (underfitting), vì biến tiềm ẩn (latent variable) bị bó quá chặt: chính là điểm B = 0,03 trong hình đánh đổi, nơi mọi ảnh tái tạo giống nhau.
# </details>
#
# ## Tóm tắt
#
# - $\log p(x) = \text{ELBO} + \text{khoảng hở}$, khoảng hở không âm; huấn luyện VAE là cực tiểu hóa −ELBO.
# - KL có công thức dạng đóng theo $\mu$ và $\log\sigma^2$; cộng theo chiều tiềm ẩn, trung bình theo batch.
# - $B = 1/(2\sigma^2)$ là cách chọn độ lệch chuẩn của decoder; $B = 1000$ cho một mô hình gần như autoencoder, $B \approx 10$ thì hiệu chỉnh đúng.
#
# **Tiếp theo:** [Bài 05 · Huấn luyện](05_training.ipynb)

# %% [markdown] lang="en"
# ## Test yourself
#
# <details><summary><b>Which parts does the loss of a VAE have?</b> (quiz question 5)</summary>
#
# The reconstruction loss and the KL divergence; their sum is −ELBO, up to a constant.
# </details>
#
# <details><summary><b>What is the KL for?</b> (question 8)</summary>
#
# The exercise's answer: it balances learning features against compressing the data. More precisely: it pulls the q(z|x) of each image towards the prior N(0, I), and so limits how many nats of information about x the z may carry.
# </details>
#
# <details><summary><b>What happens if the KL weighs too much?</b> (question 10)</summary>
#
# The model underfits, because the latent variable is held too tightly: that is the point B = 0.03 in the trade-off figure, where all reconstructions are the same.
# </details>
#
# ## Recap
#
# - $\log p(x) = \text{ELBO} + \text{gap}$, and the gap is never negative; training a VAE means minimising −ELBO.
# - The KL has a closed form in $\mu$ and $\log\sigma^2$; sum over the latent dimensions, average over the batch.
# - $B = 1/(2\sigma^2)$ chooses the decoder's standard deviation; $B = 1000$ makes the model nearly an autoencoder, $B \approx 10$ is calibrated.
#
# **Next:** [Lesson 05 · Training](05_training.ipynb)
