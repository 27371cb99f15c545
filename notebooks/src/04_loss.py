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

from vae_helpers import (
    checks,
    data,
    diagrams,
    losses,
    models,
    plots,
    tr,
    training,
    widgets,
)

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
# 1. Với bất kỳ $z$ nào, $p_\theta(x) = \dfrac{p_\theta(x|z)\,p(z)}{p_\theta(z|x)}$ (công thức Bayes). Mẫu số là **hậu nghiệm** (posterior) thật: nó cho biết, theo mô hình, những $z$ nào có thể đã sinh ra ảnh $x$ này. Lấy log, rồi lấy kỳ vọng
#    $\mathbb{E}_q$, tức là trung bình trên các $z \sim q_\phi(z|x)$; vế trái không chứa $z$ nên giữ nguyên.
# 2. Nhân và chia cho $q_\phi(z|x)$ trong log:
#    $\log p_\theta(x) = \mathbb{E}_q\!\left[\log p_\theta(x|z) + \log\dfrac{p(z)}{q_\phi(z|x)} + \log\dfrac{q_\phi(z|x)}{p_\theta(z|x)}\right].$
# 3. Theo định nghĩa, **độ phân kỳ KL** (KL divergence) là $\mathrm{KL}(q\,\|\,p) = \mathbb{E}_q[\log (q/p)]$. Số hạng giữa có phân số lộn ngược, nên nó là $-\mathrm{KL}(q\,\|\,p(z))$; số hạng cuối là $+\mathrm{KL}(q\,\|\,p_\theta(z|x))$:
#
# $$\log p_\theta(x) \;=\; \underbrace{\mathbb{E}_{q}[\log p_\theta(x|z)] - \mathrm{KL}(q_\phi(z|x)\,\|\,p(z))}_{\text{ELBO}}
#   \;+\; \underbrace{\mathrm{KL}(q_\phi(z|x)\,\|\,p_\theta(z|x))}_{\ge\,0}.$$
#
# 4. Số hạng cuối chứa hậu nghiệm thật, ta không tính được. Nhưng KL không bao giờ âm, vì $\log t \le t - 1$ với mọi $t > 0$:
#    $-\mathrm{KL}(q\,\|\,p) = \mathbb{E}_q\!\left[\log\dfrac{p}{q}\right] \le \mathbb{E}_q\!\left[\dfrac{p}{q} - 1\right] = \displaystyle\int p\,dz - \int q\,dz = 1 - 1 = 0.$ Bỏ số hạng cuối đi, ta còn lại một **cận dưới** của
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
# 1. For any $z$, $p_\theta(x) = \dfrac{p_\theta(x|z)\,p(z)}{p_\theta(z|x)}$ (Bayes' rule). The denominator is the true **posterior**: it says which $z$, by the model, may have made this image $x$. Take the log, then the expectation
#    $\mathbb{E}_q$, the mean over $z \sim q_\phi(z|x)$; the left side has no $z$ in it and stays as it is.
# 2. Multiply and divide by $q_\phi(z|x)$ inside the log:
#    $\log p_\theta(x) = \mathbb{E}_q\!\left[\log p_\theta(x|z) + \log\dfrac{p(z)}{q_\phi(z|x)} + \log\dfrac{q_\phi(z|x)}{p_\theta(z|x)}\right].$
# 3. By definition the **KL divergence** is $\mathrm{KL}(q\,\|\,p) = \mathbb{E}_q[\log (q/p)]$. The middle term has its fraction upside down, so it is $-\mathrm{KL}(q\,\|\,p(z))$; the last one is $+\mathrm{KL}(q\,\|\,p_\theta(z|x))$:
#
# $$\log p_\theta(x) \;=\; \underbrace{\mathbb{E}_{q}[\log p_\theta(x|z)] - \mathrm{KL}(q_\phi(z|x)\,\|\,p(z))}_{\text{ELBO}}
#   \;+\; \underbrace{\mathrm{KL}(q_\phi(z|x)\,\|\,p_\theta(z|x))}_{\ge\,0}.$$
#
# 4. The last term holds the true posterior, which we cannot compute. But a KL is never negative, because $\log t \le t - 1$ for every $t > 0$:
#    $-\mathrm{KL}(q\,\|\,p) = \mathbb{E}_q\!\left[\log\dfrac{p}{q}\right] \le \mathbb{E}_q\!\left[\dfrac{p}{q} - 1\right] = \displaystyle\int p\,dz - \int q\,dz = 1 - 1 = 0.$ Drop the last term, and what is left
#    is a **lower bound** of $\log p_\theta(x)$: the *evidence lower bound*, or **ELBO**.
#
# The ELBO is to be *maximised*; the loss is **−ELBO**, to be minimised. Note that the expectation of $\log p_\theta(x|z)$ is a
# log-likelihood and not yet a loss; the reconstruction loss is its negative.

# %% [markdown] lang="vi"
# ### Cận dưới này chặt đến đâu?
#
# Hãy thử với một mô hình nhỏ mà mọi thứ đều tính được: $z \sim \mathcal{N}(0, 1)$, $x|z \sim \mathcal{N}(z, 1)$, và ta quan sát $x = 1$.
#
# - $x$ bằng $z$ cộng một nhiễu độc lập, mà phương sai (variance) của hai phần độc lập thì cộng lại: $p(x) = \mathcal{N}(0, 1 + 1)$ (số thứ hai là phương sai).
# - Hậu nghiệm thật tỉ lệ với $p(z)\,p(x|z)$, tức là với $e^{-z^2/2 - (1 - z)^2/2}$; số mũ bằng $-(z - \tfrac12)^2$ cộng một hằng số, nên đó là $\mathcal{N}(\tfrac12, \tfrac12)$.
#
# Ba encoder $q$, ghi theo (trung bình; phương sai), cho ba ELBO: $\mathcal{N}(-1;\ 1)$, $\mathcal{N}(0;\ 0{,}5)$ và chính hậu nghiệm thật $\mathcal{N}(0{,}5;\ 0{,}5)$.

# %% [markdown] lang="en"
# ### How tight is the bound?
#
# Try it on a small model in which everything can be computed: $z \sim \mathcal{N}(0, 1)$, $x|z \sim \mathcal{N}(z, 1)$, and we observe $x = 1$.
#
# - $x$ is $z$ plus independent noise, and the variances of independent parts add up: $p(x) = \mathcal{N}(0, 1 + 1)$ (the second number is the variance).
# - The true posterior is proportional to $p(z)\,p(x|z)$, that is to $e^{-z^2/2 - (1 - z)^2/2}$; the exponent equals $-(z - \tfrac12)^2$ plus a constant, so it is $\mathcal{N}(\tfrac12, \tfrac12)$.
#
# Three encoders $q$, written as (mean; variance), give three ELBOs: $\mathcal{N}(-1;\ 1)$, $\mathcal{N}(0;\ 0.5)$ and the true posterior itself, $\mathcal{N}(0.5;\ 0.5)$.

# %%
diagrams.plot_elbo()

# %% [markdown] lang="vi"
# *Hình: ba thanh ngang cùng dài đến vạch $\log p(x) = -1{,}516$. Đầu phải của phần tô trơn là ELBO, phần gạch chéo là khoảng hở. Encoder càng gần hậu nghiệm
# thật, khoảng hở càng nhỏ; khi trùng hẳn thì ELBO bằng đúng $\log p(x)$.*
#
# Kiểm tra lại thanh thứ hai bằng cách lấy mẫu (Monte Carlo), đúng theo định nghĩa $\mathbb{E}_q[\log p(x|z)] - \mathrm{KL}$.
# Chú ý: `Normal` nhận độ lệch chuẩn (standard deviation), nên phương sai $0{,}5$ phải viết là $\sqrt{0{,}5}$.

# %% [markdown] lang="en"
# *The figure: three bars, all reaching the line $\log p(x) = -1.516$. The plain part ends at the ELBO, the hatched part is the gap. The
# closer the encoder is to the true posterior, the smaller the gap; when they agree, the ELBO equals $\log p(x)$.*
#
# Check the second bar by sampling (Monte Carlo), straight from the definition $\mathbb{E}_q[\log p(x|z)] - \mathrm{KL}$.
# Note that `Normal` takes a standard deviation, so a variance of $0.5$ is written $\sqrt{0.5}$.

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
# Với $q = \mathcal{N}(\mu, \sigma^2)$ và $p = \mathcal{N}(0, 1)$, kỳ vọng của $\log q - \log p$ có công thức dạng đóng (closed form). Hai hằng số $\log\sqrt{2\pi}$ triệt tiêu nhau; phần còn lại chỉ cần
# $\mathbb{E}_q(z - \mu)^2 = \sigma^2$ và $\mathbb{E}_q z^2 = \mu^2 + \sigma^2$:
#
# $$\mathbb{E}_q\!\left[-\tfrac12\log\sigma^2 - \frac{(z-\mu)^2}{2\sigma^2} + \frac{z^2}{2}\right]
#   = -\tfrac12\log\sigma^2 - \tfrac12 + \tfrac12(\mu^2 + \sigma^2) = \tfrac12\left(\mu^2 + \sigma^2 - 1 - \log\sigma^2\right).$$
#
# Cộng lại theo từng chiều $j$, và đưa dấu trừ ra ngoài như các bài báo thường viết:
#
# $$\mathrm{KL} = -\tfrac12 \sum_j \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right).$$
#
# Thử bằng tay: một chiều với $\mu = 0{,}5$ và $\log\sigma^2 = 0{,}1$ (nên $\sigma^2 = e^{0{,}1} \approx 1{,}105$) góp $\tfrac12(0{,}25 + 1{,}105 - 1 - 0{,}1) \approx 0{,}128$. Vì log ở đây là log tự nhiên nên đơn vị là **nat**; 1 nat $= 1/\ln 2 \approx 1{,}44$ bit.
#
# Trong công thức này $\sigma^2$ là **phương sai**. Có bài viết dùng ký hiệu $\sigma$ cho chính phương sai, khi ấy $z = \mu + \varepsilon\odot\sqrt\sigma$; hãy luôn
# hỏi tác giả gọi cái gì là $\sigma$ trước khi chép công thức. Encoder của ta cho $\log\sigma^2$ (`logvar`), nên $\sigma^2 =$ `logvar.exp()`.

# %% [markdown] lang="en"
# ## 2 · The KL part, in three ways
#
# For $q = \mathcal{N}(\mu, \sigma^2)$ and $p = \mathcal{N}(0, 1)$ the expectation of $\log q - \log p$ has a closed form. The two constants $\log\sqrt{2\pi}$ cancel; the rest takes only
# $\mathbb{E}_q(z - \mu)^2 = \sigma^2$ and $\mathbb{E}_q z^2 = \mu^2 + \sigma^2$:
#
# $$\mathbb{E}_q\!\left[-\tfrac12\log\sigma^2 - \frac{(z-\mu)^2}{2\sigma^2} + \frac{z^2}{2}\right]
#   = -\tfrac12\log\sigma^2 - \tfrac12 + \tfrac12(\mu^2 + \sigma^2) = \tfrac12\left(\mu^2 + \sigma^2 - 1 - \log\sigma^2\right).$$
#
# Sum over the dimensions $j$, with the minus sign in front as papers usually write it:
#
# $$\mathrm{KL} = -\tfrac12 \sum_j \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right).$$
#
# By hand: a dimension with $\mu = 0.5$ and $\log\sigma^2 = 0.1$ (so $\sigma^2 = e^{0.1} \approx 1.105$) adds $\tfrac12(0.25 + 1.105 - 1 - 0.1) \approx 0.128$. The log is the natural one, so the unit is the **nat**; 1 nat $= 1/\ln 2 \approx 1.44$ bits.
#
# Here $\sigma^2$ is the **variance**. Some texts write $\sigma$ for the variance itself, and then $z = \mu + \varepsilon\odot\sqrt\sigma$; always ask what
# an author calls $\sigma$ before you copy a formula. Our encoder gives $\log\sigma^2$ (`logvar`), so $\sigma^2 =$ `logvar.exp()`.

# %% tags=["nbval-check-output"]
# three dimensions of one image
mu, logvar = torch.tensor([0.5, -0.2, 0.3]), torch.tensor([0.1, 0.3, -0.1])
sigma = torch.exp(0.5 * logvar)

closed_form = losses.kl_divergence(mu[None], logvar[None]).item()
library = kl_divergence(Normal(mu, sigma), Normal(0.0, 1.0)).sum()
print(
    f"{tr('công thức (losses.kl_divergence)', 'closed form (losses.kl_divergence)'):36} {closed_form:.4f}"
)
print(f"{'torch.distributions':36} {library:.4f}")

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
print(
    f"{tr('Monte Carlo, 20.000 mẫu', 'Monte Carlo, 20,000 samples'):36} {running_mean[-1]:.4f}"
)

plots.curves(
    {tr("trung bình Monte Carlo", "Monte Carlo mean"): (counts, running_mean)},
    lines={tr("công thức", "closed form"): closed_form},
    log="x",
    ylim=(-0.5, 1),
    xlabel=tr("số mẫu z", "samples z"),
    ylabel=tr("KL (nat)", "KL (nats)"),
    title=tr("Ước lượng KL bằng cách lấy mẫu", "Estimating the KL by sampling"),
)

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
contours = plt.contourf(
    M, L, surface, levels=levels, norm=BoundaryNorm(levels, 256), cmap="cividis"
)
plt.colorbar(contours, label=tr("KL (nat)", "KL (nats)"))
plt.plot(0, 0, "w*", markersize=14)
plt.xlabel("$\\mu$")
plt.ylabel("$\\log\\sigma^2$")
plt.title(tr("KL của một chiều tiềm ẩn", "The KL of one latent dimension"))
plt.show()

# %% [markdown] lang="vi"
# *Hình: một lòng chảo có đáy (ngôi sao) tại $\mu = 0$, $\log\sigma^2 = 0$, nơi $q$ trùng với tiên nghiệm và KL = 0. Rời xa theo $\mu$, KL tăng theo bình
# phương. Khi $\sigma$ nhỏ lại (phía dưới của hình), KL tăng chậm và đều: tại $\mu = 0$, xuống đến mép dưới, $\log\sigma^2 = -5$, KL mới được 2,0 nat. Khi $\sigma$ lớn lên (phía trên của hình), KL tăng rất nhanh: ở mép trên, $\log\sigma^2 = 3$, đã là 8,0 nat.*
#
# ### Lượt của bạn
#
# Viết KL của từng ảnh trong batch. Đầu vào `mu`, `logvar` có kích thước $(N, d)$, đầu ra có kích thước $(N,)$: cộng theo chiều tiềm ẩn (latent dimension), không cộng theo batch.

# %% [markdown] lang="en"
# *The figure: a bowl whose bottom (the star) is at $\mu = 0$, $\log\sigma^2 = 0$, where $q$ equals the prior and the KL is 0. Away from it
# in $\mu$, the KL grows with the square. With a smaller $\sigma$ (downwards) it grows slowly and steadily: at $\mu = 0$ the lower edge, $\log\sigma^2 = -5$, costs only 2.0 nats. With a larger
# $\sigma$ (upwards) it grows very fast: the upper edge, $\log\sigma^2 = 3$, costs 8.0 nats.*
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
# Giả sử decoder là một phân phối Gauss: $p_\theta(x|z) = \mathcal{N}(\hat x, \sigma_x^2 I)$, với $\hat x$ là ảnh decoder vẽ ra và $\sigma_x$ là một con số
# chung cho mọi điểm ảnh, nói rằng ta cho phép ảnh thật lệch khỏi $\hat x$ bao nhiêu. (Đừng nhầm $\sigma_x$ với $\sigma$ mà encoder cho ra: $\sigma$ nằm trong không gian tiềm ẩn (latent space), mỗi ảnh và mỗi chiều một khác.) Với $D = 784$ điểm ảnh:
#
# $$-\log p_\theta(x|z) = \frac{1}{2\sigma_x^2} \sum_i (x_i - \hat x_i)^2 + \frac{D}{2}\log(2\pi\sigma_x^2).$$
#
# Khi $\sigma_x$ được chọn cố định, số hạng sau là hằng số. Còn $\mathbb{E}_q$ trong ELBO thì ta ước lượng bằng *một* mẫu cho mỗi ảnh, $z = \mu + \sigma\odot\varepsilon$ (bài 03), rồi $\hat x = \mathrm{decoder}(z)$.
# Vậy −ELBO, bỏ hằng số và ước lượng bằng mẫu ấy, chính là
#
# $$\mathcal{L} = B\sum_i (x_i - \hat x_i)^2 + \mathrm{KL}, \qquad B = \frac{1}{2\sigma_x^2}.$$
#
# **$B$ không phải một con số tùy tiện: chọn $B$ là chọn độ lệch chuẩn của decoder.**
#
# ### Lượt của bạn
#
# Viết hàm đổi $B$ thành độ lệch chuẩn $\sigma_x$ của decoder. $B$ là một con số thường, không phải tensor, nên hãy dùng `math.sqrt`.

# %% [markdown] lang="en"
# ## 3 · The reconstruction part, and what $B$ means
#
# Let the decoder be a Gaussian: $p_\theta(x|z) = \mathcal{N}(\hat x, \sigma_x^2 I)$, where $\hat x$ is the image the decoder draws and $\sigma_x$ is one
# number for all pixels that says how far we allow the real image to be from $\hat x$. (It is not the $\sigma$ that the encoder gives: that one lives in the latent space and differs for every image and dimension.) With $D = 784$ pixels:
#
# $$-\log p_\theta(x|z) = \frac{1}{2\sigma_x^2} \sum_i (x_i - \hat x_i)^2 + \frac{D}{2}\log(2\pi\sigma_x^2).$$
#
# As long as $\sigma_x$ is fixed, the last term is a constant. And the $\mathbb{E}_q$ of the ELBO we estimate by *one* sample per image, $z = \mu + \sigma\odot\varepsilon$ (lesson 03), with $\hat x = \mathrm{decoder}(z)$.
# So −ELBO without its constant, estimated by that sample, is
#
# $$\mathcal{L} = B\sum_i (x_i - \hat x_i)^2 + \mathrm{KL}, \qquad B = \frac{1}{2\sigma_x^2}.$$
#
# **$B$ is no arbitrary number: to choose $B$ is to choose the decoder's standard deviation.**
#
# ### Your turn
#
# Write a function that turns $B$ into the decoder's standard deviation $\sigma_x$. $B$ is a plain number, not a tensor, so use `math.sqrt`.


# %% tags=["exercise"]
def sigma_of_B(B):
    ### BEGIN SOLUTION
    return 1 / math.sqrt(2 * B)
    ### END SOLUTION


# %%
checks.check_sigma_of_B(sigma_of_B)

# %% [markdown] lang="vi"
# Với $B = 1000$ của bài tập, $\sigma_x \approx 0{,}022$: ta đòi mỗi điểm ảnh chỉ được lệch khoảng hai phần trăm. Mạng chỉ có hai chiều tiềm ẩn không thể làm được thế: phần 4 sẽ đo được sai số khoảng 31 mỗi ảnh,
# tức là $\sqrt{31/784} \approx 0{,}20$ mỗi điểm ảnh, gấp chín lần. Trong $\mathcal{L}$, sai số ấy nặng $1000 \times 31 = 31.000$, còn KL chỉ chừng 10 đến 25 nat, nên mạng dồn hết sức vào tái tạo và gần như quên KL. Chia mọi thứ cho $B$ thì thấy rõ: trọng số của KL là
# $\beta = 1/B = 0{,}001$.
#
# ### Lượt của bạn
#
# Bây giờ viết trọn hàm mất mát, trả về bộ ba `(total, recon, kl)`, mỗi phần là một tensor vô hướng (scalar), trung bình trên batch:
# `recon` là tổng bình phương sai số *của một ảnh*, `kl` là KL của một ảnh, `total` $= B \cdot$ `recon` $+$ `kl`. Ảnh có thể có kích thước bất kỳ $(N, C, H, W)$, không chỉ $28 \times 28$.

# %% [markdown] lang="en"
# With the exercise's $B = 1000$, $\sigma_x \approx 0.022$: we demand that each pixel be only about two per cent off. A network with two latent
# dimensions cannot do that: part 4 will measure an error of about 31 per image, which is $\sqrt{31/784} \approx 0.20$ per pixel, nine times as much. In $\mathcal{L}$ that error weighs $1000 \times 31 = 31{,}000$ and the KL only some 10 to 25 nats,
# so the network puts all its effort into reconstruction and almost forgets the KL. Divide everything by $B$ and it is plain: the weight of the KL is $\beta = 1/B = 0.001$.
#
# ### Your turn
#
# Now write the whole loss. It returns three scalar tensors `(total, recon, kl)`, each a mean over the batch: `recon` is the squared error summed
# *over one image*, `kl` the KL of one image, `total` $= B \cdot$ `recon` $+$ `kl`. The images may have any size $(N, C, H, W)$, not only $28 \times 28$.


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
# Nói thì dễ, hãy đo. Ta lấy VAE có sẵn của khóa học, `vae-2d` (hai chiều tiềm ẩn, $B = 10$, đã huấn luyện 30 epoch), rồi từ đó huấn luyện tiếp một epoch với mỗi giá trị $B$ và đo trên ảnh kiểm tra (test), là những ảnh mà nó chưa thấy.
#
# ⏱ Khoảng 30 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# ## 4 · Turning the knob $B$: reconstruction against KL
#
# Let us measure it. We take the course's ready-made VAE, `vae-2d` (two latent dimensions, $B = 10$, trained for 30 epochs), go on from there for one epoch with each value of $B$, and measure on test images, which it has not seen.
#
# ⏱ About 30 seconds on two CPU cores; a GPU is much faster.

# %%
from tqdm.auto import tqdm

small_set, _ = data.split(data.load_mnist(), (0.2, 0.8), seed=0)
small_test, _ = data.split(data.load_mnist(train=False), (0.25, 0.75), seed=0)
start = models.load_pretrained("vae-2d")
recipe = {
    "epochs": 1,
    "batch_size": 128,
    "lr": 1e-3,
    "log_dir": None,
    "progress": False,
    "seed": 0,
}

B_values = (0.03, 0.3, 1, 10, 100, 1000)
swept, rows = {}, []
for B in tqdm(B_values, desc="B", leave=False):
    swept[B] = copy.deepcopy(start)
    run = training.fit(
        swept[B], small_set, small_test, loss=partial(losses.vae_loss, B=B), **recipe
    )
    rows.append((B, run["val_recon"][-1], run["val_kl"][-1]))
    print(
        f"B = {B:7}   σ_x = {1 / math.sqrt(2 * B):.3f}   "
        f"recon = {rows[-1][1]:5.1f}   KL = {rows[-1][2]:5.2f}"
    )

mean_image = small_set.images.mean(dim=0).expand_as(small_test.images)
mean_error = losses.reconstruction_loss(mean_image, small_test.images)
print(
    f"{tr('luôn trả lời ảnh trung bình', 'always the mean image')}: recon = {mean_error:.1f}"
)

# %%
_, recon_values, kl_values = zip(*rows, strict=True)
notes = {f"B = {B}": (kl, recon) for B, recon, kl in rows}
notes["B = 1000"] = kl_values[-1], recon_values[-1] - 3  # below its point
plots.curves(
    {"": (kl_values, recon_values)},
    markers=True,
    notes=notes,
    xlim=(-0.5, max(kl_values) + 2),
    ylim=(min(recon_values) - 4, max(recon_values) + 3),
    xlabel=tr("KL trên ảnh kiểm tra (nat)", "KL on test images (nats)"),
    ylabel=tr("sai số tái tạo mỗi ảnh", "reconstruction error per image"),
    title=tr("Đánh đổi giữa tái tạo và KL", "Reconstruction against KL"),
)

# %% [markdown] lang="vi"
# *Hình: mỗi điểm là một mô hình. Với $B = 0{,}03$, KL gần như bằng 0 và sai số không tốt hơn sai số của ảnh trung bình (dòng cuối của ô trên): $z$ không còn mang thông tin
# gì (**sụp đổ hậu nghiệm**, posterior collapse). Khi $B$ tăng, sai số giảm nhanh rồi từ khoảng $B = 1$ gần như đứng lại, còn KL cứ tiếp tục tăng.*
#
# Bây giờ bạn tự xoay núm: kéo thanh trượt và nhìn ảnh tái tạo (trên) cùng ảnh sinh ra từ $z \sim \mathcal{N}(0, I)$ (dưới). Thanh trượt cần kernel đang chạy;
# hình tĩnh ngay sau đó cho thấy ba nấc, và thêm `vae-2d-b1000`, một VAE được huấn luyện với $B = 1000$ *ngay từ đầu* (30 epoch).

# %% [markdown] lang="en"
# *The figure: each point is a model. With $B = 0.03$ the KL is almost 0 and the error no better than that of the mean image (the last line of the cell above): $z$ no longer carries any
# information (**posterior collapse**). As $B$ grows the error falls quickly and from about $B = 1$ on nearly stands still, while the KL goes on rising.*
#
# Now turn the knob yourself: drag the slider and watch the reconstructions (above) and the images made from $z \sim \mathcal{N}(0, I)$ (below). The slider
# needs a running kernel; the still picture after it shows three of its positions and, besides, `vae-2d-b1000`, a VAE trained with $B = 1000$ *from the start* (30 epochs).


# %%
def pictures(model):
    torch.manual_seed(0)
    x = small_test.images[:10]
    with torch.no_grad():
        recon, _, _ = model(x)
        samples = model.decode(torch.randn(10, 2))
    names = tr("gốc", "original"), tr("tái tạo", "rebuilt"), "z ~ N(0, I)"
    return dict(zip(names, (x, recon, samples), strict=True))


def draw(B):
    _, recon, kl = rows[B_values.index(B)]
    sigma_x = 1 / math.sqrt(2 * B)
    title = (
        f"B = {B}   $\\sigma_x$ = {sigma_x:.3f}   recon = {recon:.1f}   KL = {kl:.2f}"
    )
    return plots.plot_images(pictures(swept[B].cpu()), title=title)


widgets.figure_slider(B_values, draw, "B")

# %%
from_the_start = models.load_pretrained("vae-2d-b1000")
shown = {f"B = {B}": swept[B].cpu() for B in (0.03, 10, 1000)}
shown[tr("B = 1000 từ đầu", "B = 1000 throughout")] = from_the_start

pictures_of = {}
for name, model in shown.items():
    original, rebuilt, sampled = pictures(model).values()
    pictures_of |= {
        tr("gốc", "original"): original,
        f"{name}, x": rebuilt,
        f"{name}, z": sampled,
    }
plots.plot_images(
    pictures_of, title=tr("Tái tạo (x) và sinh ra (z)", "Rebuilt (x) and sampled (z)")
)

# %% [markdown] lang="vi"
# *Hình: hàng trên cùng là ảnh gốc; dưới đó, mỗi mô hình một cặp hàng, ảnh tái tạo ($x$) rồi ảnh sinh ra ($z$). Với $B = 0{,}03$, mọi ảnh tái tạo lẫn ảnh sinh ra đều gần như cùng một vệt xám. Với $B = 10$, phần lớn ảnh tái tạo đọc được (trong lần chạy này, số 5 ở cột bốn ra giống số 3 hay số 8, số 8 cuối cùng ra giống số 5); ảnh sinh ra gồm khoảng năm loại chữ số, có vài ảnh lưng chừng giữa hai số.
# Thêm một epoch với $B = 1000$, ảnh hầu như không đổi, chỉ có KL tăng. Còn với $B = 1000$ ngay từ đầu, ảnh tái tạo không đẹp hơn, mà ảnh sinh ra thì quanh đi quẩn lại chỉ có vài chữ số, hầu hết giống 0, 5 hay 6.* Vì sao?

# %% [markdown] lang="en"
# *The figure: the originals on top; below them a pair of rows for each model, first the reconstructions ($x$), then the generated images ($z$). With $B = 0.03$ all reconstructions and all generated images are nearly the same grey patch. With $B = 10$ most reconstructions can be read (in this run the 5 in the fourth column came out like a 3 or an 8, the last 8 like a 5); the generated images are of about five kinds of digits, a few of them halfway between two.
# One more epoch with $B = 1000$ hardly changes the pictures, only the KL has grown. With $B = 1000$ from the start the reconstructions are no better, but the generated images show only a few digits over and over, most of them like 0, 5 or 6.* Why?

# %%
for name, model in (("vae-2d", start), ("vae-2d-b1000", from_the_start)):
    with torch.no_grad():
        recon, mu, logvar = model(small_test.images)
    sigma = torch.exp(0.5 * logvar)
    _, S, kl = losses.vae_loss(recon, small_test.images, mu, logvar)
    spread = ", ".join(f"{value:.1f}" for value in mu.std(dim=0))
    print(
        f"{name:13}  std(μ) = {spread}   σ = {sigma.median():.3f}   "
        f"recon = {S:.1f}   KL = {kl:.1f}"
    )

# %% [markdown] lang="vi"
# Với $B = 10$, các $\mu$ trải ra gần bằng tiên nghiệm (độ lệch chuẩn hơn 1 một chút), nên mẫu từ $\mathcal{N}(0, I)$ phủ phần lớn bản đồ. Với $B = 1000$ ngay từ đầu, các $\mu$ tản ra rộng gấp ba tiên nghiệm và $\sigma$ rất nhỏ: mỗi ảnh là một đốm, gần như một autoencoder. Mẫu từ $\mathcal{N}(0, I)$ chỉ chạm tới
# phần giữa bản đồ, và KL gấp gần ba lần chỉ đổi được một chút sai số. Bài 06 vẽ ra bản đồ ấy.
#
# ### Vậy chọn $B$ bao nhiêu?
#
# Hãy để dữ liệu trả lời. Giờ $\sigma_x$ được phép thay đổi, nên số hạng thứ hai của $-\log p_\theta(x|z)$ không còn là hằng số. Gọi $S$ là sai số mỗi ảnh và $v = \sigma_x^2$; ta cần $v$ làm nhỏ nhất
#
# $$\frac{S}{2v} + \frac{D}{2}\log v, \qquad \text{đạo hàm:}\quad -\frac{S}{2v^2} + \frac{D}{2v} = 0 \quad\Longrightarrow\quad \sigma_x^2 = v = \frac{S}{D}, \quad B = \frac{1}{2v} = \frac{D}{2S}.$$
#
# Vậy phương sai khớp nhất là sai số bình phương trung bình (MSE) của một điểm ảnh. Nhưng $S$ lại đo trên một mô hình đã được huấn luyện với một $B$ nào đó: có luẩn quẩn không?

# %% [markdown] lang="en"
# With $B = 10$ the $\mu$ spread about as wide as the prior (a standard deviation a little over 1), so samples from $\mathcal{N}(0, I)$ cover most of the map. With $B = 1000$ from the start the $\mu$ spread three times as wide as the prior and $\sigma$ is tiny: each image is a dot, nearly as in an autoencoder. Samples from $\mathcal{N}(0, I)$ reach only
# the middle of the map, and a KL almost three times as large has bought only a little less error. Lesson 06 draws that map.
#
# ### So which $B$?
#
# Let the data answer. Now $\sigma_x$ may change, so the second term of $-\log p_\theta(x|z)$ is no longer a constant. Call the error per image $S$ and $v = \sigma_x^2$; we want the $v$ that minimises
#
# $$\frac{S}{2v} + \frac{D}{2}\log v, \qquad \text{derivative:}\quad -\frac{S}{2v^2} + \frac{D}{2v} = 0 \quad\Longrightarrow\quad \sigma_x^2 = v = \frac{S}{D}, \quad B = \frac{1}{2v} = \frac{D}{2S}.$$
#
# So the variance that fits best is the mean squared error of a pixel. But $S$ is measured on a model that was trained with some $B$ already: is that not circular?

# %%
D = 784
for B, S, _ in rows:
    print(
        f"B = {B:7}   S = {S:5.1f}   σ_x = √(S/D) = {math.sqrt(S / D):.2f}   "
        f"D / (2S) = {D / (2 * S):4.1f}"
    )

# %% [markdown] lang="vi"
# Không luẩn quẩn: từ $B = 1$ đến $B = 1000$, $S$ gần như không đổi, nên dù huấn luyện với $B$ nào trong số đó, câu trả lời vẫn là khoảng 12 đến 13; với `vae-2d-b1000` cũng thế ($S = 30{,}6$). Vậy một decoder **hiệu chỉnh đúng** (calibrated) có $B$ khoảng một chục, như $B = 10$ của `vae-2d`, nhỏ hơn con số của bài tập cả trăm lần.
#
# ## 5 · MSE hay BCE?
#
# Nếu đầu ra của decoder được hiểu là *xác suất một điểm ảnh sáng* (phân phối Bernoulli), số đối của log-hợp lý là **BCE** (công thức 2) thay vì bình phương sai số. So sánh hai
# hàm cho một điểm ảnh:

# %% [markdown] lang="en"
# It is not: from $B = 1$ to $B = 1000$, $S$ hardly changes, so whichever of these $B$ the training used, the answer is about 12 to 13; the same goes for `vae-2d-b1000` ($S = 30.6$). A **calibrated** decoder, then, has a $B$ of about a dozen, like the $B = 10$ of `vae-2d`, a hundred times smaller than the exercise's.
#
# ## 5 · MSE or BCE?
#
# If the decoder speaks of the *probability that a pixel is lit* (a Bernoulli distribution), the negative log-likelihood is **BCE** (eq. 2) instead of the squared
# error. Compare the two for one pixel:

# %%
recon = torch.linspace(0.02, 0.98, 481)
squared, bce = {}, {}
for target in (0.0, 0.5, 1.0):
    x = torch.full_like(recon, target)
    squared[f"x = {target:g}"] = recon, (x - recon) ** 2
    bce[f"x = {target:g}"] = recon, F.binary_cross_entropy(recon, x, reduction="none")
plots.curves(
    {tr("Bình phương sai số", "Squared error"): squared, "BCE": bce},
    xlabel="$\\hat{x}$",
    ylabel=[tr("mất mát", "loss")] * 2,
)

# %% [markdown] lang="vi"
# *Hình: ở cả hai khung, cả ba đường đều thấp nhất tại $\hat x = x$. Nhưng BCE phạt gần như vô hạn khi mô hình chắc chắn mà sai (hai mép), và với điểm ảnh xám $x = 0{,}5$, giá trị thấp nhất
# của nó là 0,693 chứ không phải 0.* Vì thế đừng so con số BCE với con số MSE, và đừng mong BCE của ảnh xám về 0.
#
# Vậy chọn hàm nào? Cả hai đều là log-hợp lý đổi dấu, của hai giả thiết khác nhau về điểm ảnh. Ba điều cần nhớ:
#
# - Công thức 1 và 2 của bài tập là *trung bình* trên các điểm ảnh, còn log-hợp lý của một ảnh là *tổng*. Phải nhân với $D$ rồi mới cộng với KL, nếu không thì KL nặng gấp 784 lần. `losses.reconstruction_loss` cho sẵn tổng ấy.
# - Với BCE thì không có núm $B$: phân phối Bernoulli không có $\sigma_x$ để chọn.
# - Bài 01 kể rằng autoencoder với MSE hay kẹt ở ảnh đen. VAE thì không: chúng tôi thử ba seed với $B = 10$ và tốc độ học (learning rate) $10^{-3}$, sau 141 bước autoencoder vẫn ở sai số 87,9 (đen hoàn toàn; con số 87,5 ở bài 01 là của những ảnh khác), còn VAE đã xuống dưới 50. Chính KL cứu nó: bỏ KL đi thì VAE cũng kẹt
#   (còn bỏ nhiễu mà giữ KL thì không). Không có KL, các $z$ bị đẩy ra rất xa gốc, sigmoid bão hòa ở 0 và gradient tắt; KL kéo $z$ trở lại.
#
# Khóa học này giữ bình phương sai số cho VAE, như bài tập.
#
# ### Một lỗi kinh điển: sigmoid hai lần
#
# Decoder của bài tập kết thúc bằng sigmoid, nên đầu ra đã nằm trong $[0, 1]$. Hàm `binary_cross_entropy_with_logits` *tự áp sigmoid thêm một lần nữa*: nó dành cho decoder trả về logit
# (số thực bất kỳ, chưa qua sigmoid). Trộn hai thứ thì chương trình vẫn chạy, nhưng hàm mất mát đem $x$ so với một ảnh đã bị ép vào khoảng từ $0{,}5$ đến $0{,}731$:

# %% [markdown] lang="en"
# *The figure: in both panels all three curves are lowest at $\hat x = x$. But BCE punishes almost without limit when the model is sure and wrong (at the edges), and for a grey
# pixel, $x = 0.5$, its lowest value is 0.693 and not 0.* So do not compare a BCE with an MSE, and do not expect the BCE of grey images to reach 0.
#
# Which one, then? Both are log-likelihoods with the sign turned, under two different assumptions about the pixels. Three things to remember:
#
# - The exercise's eq. 1 and 2 are *means* over the pixels, while the log-likelihood of an image is a *sum*. Multiply by $D$ before you add the KL, or the KL weighs 784 times too much. `losses.reconstruction_loss` gives that sum.
# - With BCE there is no knob $B$: a Bernoulli distribution has no $\sigma_x$ to choose.
# - Lesson 01 says that an autoencoder with MSE tends to get stuck at the black picture. The VAE does not: we tried three seeds with $B = 10$ and a learning rate of $10^{-3}$, and after 141 steps the autoencoder was still at an error of 87.9 (all black; the 87.5 of lesson 01 is that of other images), the VAE below 50. It is the KL that saves it: without the KL the VAE gets stuck too
#   (without the noise but with the KL it does not). With no KL the $z$ are pushed very far from the origin, the sigmoid saturates at 0 and the gradient dies; the KL pulls $z$ back.
#
# This course keeps the squared error for the VAE, as the exercise does.
#
# ### A classic mistake: sigmoid twice
#
# The exercise's decoder ends with a sigmoid, so its output lies in $[0, 1]$ already. `binary_cross_entropy_with_logits` *applies a sigmoid of its own*: it is for
# decoders that return logits (any real number, before the sigmoid). Mix the two and the program still runs, but the loss compares $x$ with a picture squeezed into $0.5 \ldots 0.731$:

# %% tags=["nbval-check-output"]
x = torch.tensor([0.0, 1.0, 0.0, 1.0])
perfect = x.clone()
print(f"{F.binary_cross_entropy(perfect, x):.4f}")
print(f"{F.binary_cross_entropy_with_logits(perfect, x):.4f}")
print([round(value, 4) for value in torch.sigmoid(torch.tensor([0.0, 1.0])).tolist()])

# %% [markdown] lang="vi"
# Ảnh tái tạo hoàn hảo đáng lẽ có mất mát 0, vậy mà bị tính 0,5032: hàm mất mát tưởng rằng đầu ra 0 và 1 là 0,5 và 0,7311, và không có đầu ra nào làm nó nhỏ hơn. Decoder vẫn vẽ được màu đen; thứ hỏng là màu xám. Đầu ra nào có mất mát nhỏ nhất cho một điểm ảnh $x$?

# %% [markdown] lang="en"
# A perfect reconstruction should cost 0 but is charged 0.5032: the loss takes the outputs 0 and 1 for 0.5 and 0.7311, and no output makes it any smaller. The decoder can still draw black; what goes wrong is the greys. Which output has the smallest loss for a pixel $x$?

# %% tags=["nbval-check-output"]
output = torch.linspace(0, 1, 101, dtype=torch.float64)
for target in (0.0, 0.3, 0.6, 0.7, 0.8, 1.0):
    x = torch.full_like(output, target)
    right = F.binary_cross_entropy(output, x, reduction="none").argmin()
    wrong = F.binary_cross_entropy_with_logits(output, x, reduction="none").argmin()
    print(f"x = {target}   BCE: {output[right]:.2f}   with logits: {output[wrong]:.2f}")

# %% [markdown] lang="vi"
# Với BCE đúng, đầu ra tốt nhất là chính $x$. Với sigmoid hai lần, đó là $\text{logit}(x) = \log\frac{x}{1-x}$ cắt vào $[0, 1]$: mọi $x$ dưới 0,5 thành đen, mọi $x$ trên 0,731 thành trắng, các mức xám ở giữa bị kéo giãn ra.
# Hàm `losses.reconstruction_loss(kind="bce")` của khóa học từ chối giá trị ngoài $[0, 1]$ để bạn khỏi mắc lỗi ngược lại.

# %% [markdown] lang="en"
# With the right BCE the best output is $x$ itself. With sigmoid twice it is $\text{logit}(x) = \log\frac{x}{1-x}$ clipped to $[0, 1]$: every $x$ below 0.5 turns black, every $x$ above 0.731 white, and the greys between are stretched apart.
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
# Đáp án của bài tập: cân bằng giữa học đặc trưng và nén dữ liệu. Nói chính xác hơn: nó kéo q(z|x) của từng ảnh về gần tiên nghiệm N(0, I), tức là giới hạn lượng thông tin về x (tính bằng nat) mà z được phép mang. Vì sao? Lấy trung bình trên các ảnh, KL bằng lượng thông tin ấy cộng với KL(q(z)‖p(z)), trong đó q(z) là trung bình của mọi q(z|x); số hạng thứ hai không âm, nên KL trung bình là cận trên (Hoffman & Johnson, <i>ELBO surgery</i>, 2016).
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
# - $B = 1/(2\sigma_x^2)$ là cách chọn độ lệch chuẩn của decoder; $B = 1000$ cho một mô hình gần như autoencoder, $B$ khoảng một chục thì hiệu chỉnh đúng.
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
# The exercise's answer: it balances learning features against compressing the data. More precisely: it pulls the q(z|x) of each image towards the prior N(0, I), and so limits how many nats of information about x the z may carry. Why? Averaged over the images, the KL equals that information plus KL(q(z)‖p(z)), where q(z) is the mean of all q(z|x); the second term is never negative, so the mean KL is an upper limit (Hoffman & Johnson, <i>ELBO surgery</i>, 2016).
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
# - $B = 1/(2\sigma_x^2)$ chooses the decoder's standard deviation; $B = 1000$ makes the model nearly an autoencoder, a $B$ of about a dozen is calibrated.
#
# **Next:** [Lesson 05 · Training](05_training.ipynb)
