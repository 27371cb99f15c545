# %% [markdown] lang="vi"
# # Bài 04 · Hàm mất mát
#
# *Một VAE phải cực tiểu hóa đại lượng nào, và hằng số $B = 1000$ trong hàm mất mát của đề bài thật ra có nghĩa gì?* Ta đi từ một câu hỏi xác suất đến **ELBO**, viết nó thành code, rồi in ra một giá trị đầy đủ của nó.
#
# Trên CPU hai nhân, máy chạy cả bài hết nửa phút; còn bạn, hãy dành ra một giờ đến một giờ rưỡi.

# %% [markdown] lang="en"
# # Lesson 04 · The loss
#
# *What must a VAE minimise, and what does the constant $B = 1000$ in the handout's loss really say?* We go from a question about probability to the **ELBO**, write it as code, and print one whole value of it.
#
# Computing takes half a minute on two CPU cores; allow yourself an hour to an hour and a half.

# %%
import math

import torch
from torch.distributions import Normal, kl_divergence

from vae_helpers import checks, data, losses, models, page, plots, tr, widgets

# %% [markdown] lang="vi"
# ## 1 · Từ $\log p(x)$ đến ELBO
#
# VAE là một **mô hình sinh** (generative model): lấy $z$ từ **phân phối tiên nghiệm** (prior) $p(z) = \mathcal{N}(0, I)$, rồi bộ giải mã (decoder) vẽ ảnh theo $p_\theta(x|z)$. Mô hình tốt là mô hình gán cho ảnh thật một mật độ xác suất cao, tức là $\log p_\theta(x)$ lớn, với
#
# $$p_\theta(x) = \int p_\theta(x|z)\, p(z)\, dz.$$
#
# Lấy thật nhiều $z$ từ prior rồi tính trung bình của $p_\theta(x|z)$ có được không? Hãy thử với mạng đã huấn luyện `vae-2d`, trong đó $-\log p_\theta(x|z)$ bằng 10 lần tổng bình phương sai số (SSE), cộng một hằng số (phần 4 giải thích số 10). Ta lấy 4.000 giá trị $z$ và tính xem mỗi giá trị góp bao nhiêu phần vào trung bình ấy. Vì $p_\theta(x|z)$ tỉ lệ với $\exp(-10 \cdot \text{SSE})$, phần ấy là mỗi giá trị chia cho tổng, đúng là việc `softmax` làm.

# %% [markdown] lang="en"
# ## 1 · From $\log p(x)$ to the ELBO
#
# A VAE is a **generative model**: draw $z$ from the **prior** $p(z) = \mathcal{N}(0, I)$, then the decoder draws an image by $p_\theta(x|z)$. A good model gives real images a high probability density, that is a large $\log p_\theta(x)$, where
#
# $$p_\theta(x) = \int p_\theta(x|z)\, p(z)\, dz.$$
#
# Could we draw many $z$ from the prior and average $p_\theta(x|z)$? Try it with the trained network `vae-2d`, for which $-\log p_\theta(x|z)$ is 10 times the summed squared error plus a constant (part 4 explains the 10). We draw 4,000 values of $z$ and ask which share of that average each one supplies. As $p_\theta(x|z)$ is proportional to $\exp(-10 \cdot \text{SSE})$, each value divided by their sum is its share, and that is what `softmax` computes.

# %%
test, _ = data.split(data.load_mnist(train=False), (0.2, 0.8), seed=0)
x = test.images  # tr("2000 ảnh, chọn ngẫu nhiên", "2000 images, chosen at random")
vae = models.load_pretrained("vae-2d")

torch.manual_seed(0)
z = torch.randn(4000, 2)
with torch.no_grad():
    drawn = vae.decode(z)

for image in x[:8]:
    errors = (drawn - image).pow(2).flatten(1).sum(dim=1)
    share = torch.softmax(-10 * errors, dim=0)
    print(f"{1 / share.pow(2).sum():.1f} {tr('trong', 'of')} 4000")

# %% [markdown] lang="vi"
# $1/\sum_i w_i^2$, với $w_i$ là phần đóng góp của từng $z$, là **cỡ mẫu hiệu dụng** (effective sample size): nếu mọi $z$ góp như nhau thì nó bằng 4.000. Ở đây nó chỉ từ 1 đến 4; với những mạng $B = 10$ khác và ảnh khác, cũng chỉ có vài mẫu đáng kể. <!-- claim: prior_ess --> Với ảnh cuối cùng của vòng lặp, đây là những ảnh do các $z$ góp nhiều nhất cho ra:

# %% [markdown] lang="en"
# $1/\sum_i w_i^2$, with $w_i$ the share of each $z$, is the **effective sample size**: it would be 4,000 if all $z$ supplied the same. Here it is from 1 to 4, and with other networks of $B = 10$ and other images, too, only a few draws count. <!-- claim: prior_ess --> For the last image of the loop, the $z$ with the largest shares draw these:

# %%
largest = share.topk(8)
plots.plot_images(
    {
        tr("ảnh x", "image x"): image[None],
        tr("góp nhiều nhất", "largest shares"): drawn[largest.indices],
        tr("tám z đầu tiên", "the first eight z"): drawn[:8],
    },
    ["", *(f"{100 * part:.0f}%" for part in [*largest.values, *share[:8]])],
    title=tr("Mỗi z góp bao nhiêu phần?", "How much does each z supply?"),
)

# %% [markdown] lang="vi"
# *Hình: chỉ vài $z$ cho ra ảnh gần giống $x$, và chúng góp gần như tất cả; những $z$ khác cho ra ảnh chẳng liên quan gì đến $x$ và góp 0%.*
#
# Vì thế mới cần bộ mã hóa (encoder) $q_\phi(z|x)$: nó cho biết nên xét những $z$ nào. Bốn bước đưa nó vào công thức:
#
# 1. Công thức Bayes: với bất kỳ $z$ nào, $p_\theta(x) = p_\theta(x|z)\,p(z) / p_\theta(z|x)$. Mẫu số là **phân phối hậu nghiệm** (posterior) thật; nó cho biết, theo mô hình, những $z$ nào có thể đã sinh ra $x$. Lấy log, rồi lấy trung bình $\mathbb{E}_q$ trên các $z \sim q_\phi(z|x)$; vế trái không chứa $z$ nên giữ nguyên.
# 2. Nhân và chia cho $q_\phi(z|x)$ trong log:
#    $\log p_\theta(x) = \mathbb{E}_q\!\left[\log p_\theta(x|z) + \log\frac{p(z)}{q_\phi(z|x)} + \log\frac{q_\phi(z|x)}{p_\theta(z|x)}\right].$
# 3. Theo định nghĩa, **độ phân kỳ KL** (KL divergence) là $\mathrm{KL}(q\,\|\,p) = \mathbb{E}_q[\log (q/p)]$, nên
#
# $$\log p_\theta(x) \;=\; \underbrace{\mathbb{E}_{q}[\log p_\theta(x|z)] - \mathrm{KL}(q_\phi(z|x)\,\|\,p(z))}_{\text{ELBO}}
#   \;+\; \underbrace{\mathrm{KL}(q_\phi(z|x)\,\|\,p_\theta(z|x))}_{\text{khoảng hở}\ \ge\,0}.$$
#
# 4. Khoảng hở chứa posterior thật, ta không tính được. Nhưng KL không bao giờ âm, vì $\log t \le t - 1$:
#    $-\mathrm{KL}(q\,\|\,p) = \mathbb{E}_q\!\left[\log\frac{p}{q}\right] \le \mathbb{E}_q\!\left[\frac{p}{q} - 1\right] = \int p\,dz - \int q\,dz = 0.$ Bỏ khoảng hở đi, ta còn lại một **cận dưới** (lower bound) của $\log p_\theta(x)$, gọi là *evidence lower bound*, viết tắt **ELBO**.
#
# ELBO (công thức 4 của đề bài) cần được *cực đại hóa*; hàm mất mát là **−ELBO**. Số hạng đầu của ELBO là trung bình của một log-likelihood, và số đối của nó mới là mất mát tái tạo (reconstruction loss). Nhiều tài liệu, kể cả đề bài, gọi phần KL là *thành phần điều chuẩn* (regularization loss).

# %% [markdown] lang="en"
# *The figure: the few $z$ that draw something close to $x$ supply nearly everything; the others have nothing to do with $x$ and supply 0%.*
#
# That is why there is an encoder $q_\phi(z|x)$: it says which $z$ to look at. Four steps bring it into the formula:
#
# 1. Bayes' rule: for any $z$, $p_\theta(x) = p_\theta(x|z)\,p(z) / p_\theta(z|x)$. The denominator is the true **posterior**: which $z$, by the model, may have made $x$. Take the log, then the mean $\mathbb{E}_q$ over $z \sim q_\phi(z|x)$; the left side has no $z$ and stays as it is.
# 2. Multiply and divide by $q_\phi(z|x)$ inside the log:
#    $\log p_\theta(x) = \mathbb{E}_q\!\left[\log p_\theta(x|z) + \log\frac{p(z)}{q_\phi(z|x)} + \log\frac{q_\phi(z|x)}{p_\theta(z|x)}\right].$
# 3. By definition the **KL divergence** is $\mathrm{KL}(q\,\|\,p) = \mathbb{E}_q[\log (q/p)]$, so
#
# $$\log p_\theta(x) \;=\; \underbrace{\mathbb{E}_{q}[\log p_\theta(x|z)] - \mathrm{KL}(q_\phi(z|x)\,\|\,p(z))}_{\text{ELBO}}
#   \;+\; \underbrace{\mathrm{KL}(q_\phi(z|x)\,\|\,p_\theta(z|x))}_{\text{gap}\ \ge\,0}.$$
#
# 4. The gap holds the true posterior, which we cannot compute. But a KL is never negative, because $\log t \le t - 1$:
#    $-\mathrm{KL}(q\,\|\,p) = \mathbb{E}_q\!\left[\log\frac{p}{q}\right] \le \mathbb{E}_q\!\left[\frac{p}{q} - 1\right] = \int p\,dz - \int q\,dz = 0.$ Drop the gap, and a **lower bound** of $\log p_\theta(x)$ is left: the *evidence lower bound*, or **ELBO**.
#
# The ELBO (the handout's eq. 4) is to be *maximised*; the loss is **−ELBO**. Its first term is the mean of a log-likelihood, and only the negative of that is a reconstruction loss. Many texts, the handout among them, call the KL the *regularization loss*.

# %% [markdown] lang="vi"
# ## 2 · Phần KL, bằng ba cách
#
# Với $q = \mathcal{N}(\mu, \sigma^2)$ và $p = \mathcal{N}(0, 1)$, hai hằng số $\log\sqrt{2\pi}$ trong $\log q - \log p$ triệt tiêu nhau. Phần còn lại chỉ cần $\mathbb{E}_q(z - \mu)^2 = \sigma^2$ và $\mathbb{E}_q z^2 = \mu^2 + \sigma^2$:
#
# $$\mathbb{E}_q\!\left[-\tfrac12\log\sigma^2 - \frac{(z-\mu)^2}{2\sigma^2} + \frac{z^2}{2}\right]
#   = \tfrac12\left(\mu^2 + \sigma^2 - 1 - \log\sigma^2\right).$$
#
# Cộng theo các chiều $j$, với dấu trừ ở ngoài như các bài báo thường viết:
#
# $$\mathrm{KL} = -\tfrac12 \sum_j \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right).$$
#
# Tính thử bằng tay: một chiều với $\mu = 0{,}5$ và $\log\sigma^2 = 0{,}1$ (nên $\sigma^2 \approx 1{,}105$) góp $\tfrac12(0{,}25 + 1{,}105 - 1 - 0{,}1) \approx 0{,}128$. Vì log ở đây là log tự nhiên nên đơn vị là **nat**; 1 nat ≈ 1,44 bit. KL không đối xứng: $\mathrm{KL}(p\,\|\,q)$ là một số khác.

# %% [markdown] lang="en"
# ## 2 · The KL part, in three ways
#
# For $q = \mathcal{N}(\mu, \sigma^2)$ and $p = \mathcal{N}(0, 1)$ the two constants $\log\sqrt{2\pi}$ in $\log q - \log p$ cancel. The rest takes only $\mathbb{E}_q(z - \mu)^2 = \sigma^2$ and $\mathbb{E}_q z^2 = \mu^2 + \sigma^2$:
#
# $$\mathbb{E}_q\!\left[-\tfrac12\log\sigma^2 - \frac{(z-\mu)^2}{2\sigma^2} + \frac{z^2}{2}\right]
#   = \tfrac12\left(\mu^2 + \sigma^2 - 1 - \log\sigma^2\right).$$
#
# Sum over the dimensions $j$, with the minus sign in front as papers write it:
#
# $$\mathrm{KL} = -\tfrac12 \sum_j \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right).$$
#
# By hand: a dimension with $\mu = 0.5$ and $\log\sigma^2 = 0.1$ (so $\sigma^2 \approx 1.105$) adds $\tfrac12(0.25 + 1.105 - 1 - 0.1) \approx 0.128$. The log is the natural one, so the unit is the **nat**; 1 nat ≈ 1.44 bits. The KL is not symmetric: $\mathrm{KL}(p\,\|\,q)$ is another number.

# %% tags=["nbval-check-output"]
# tr("ba chiều của một ảnh", "three dimensions of one image")
mu, logvar = torch.tensor([0.5, -0.2, 0.3]), torch.tensor([0.1, 0.3, -0.1])
q, p = Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)

torch.manual_seed(0)
z = q.sample((100_000,))
sampled = (q.log_prob(z) - p.log_prob(z)).sum(dim=1).mean()
closed_form = losses.kl_divergence(mu[None], logvar[None]).item()
print(f"{tr('công thức', 'closed form'):20} {closed_form:.4f}")
print(f"{'torch.distributions':20} {kl_divergence(q, p).sum():.4f}")
print(f"{tr('lấy mẫu', 'by sampling'):20} {sampled:.2f}")

# %%
axis = torch.linspace(-5, 3, 161)  # log σ²
plots.curves(
    {f"μ = {m}": (axis, 0.5 * (m**2 + axis.exp() - 1 - axis)) for m in (0, 1, 2)},
    xlabel="log σ²",
    ylabel=tr("KL (nat)", "KL (nats)"),
    title=tr("KL của một chiều tiềm ẩn", "The KL of one latent dimension"),
)

# %% [markdown] lang="vi"
# *Hình: đáy nằm ở $\mu = 0$, $\log\sigma^2 = 0$, nơi $q$ trùng với prior.* Khi $\mu$ rời khỏi 0, đường cong được nâng lên một đoạn $\mu^2/2$. $\sigma$ nhỏ đi thì KL tăng chậm (2,0 nat ở mép trái), $\sigma$ lớn lên thì KL tăng rất nhanh (8,0 nat ở mép phải).
#
# ### Lượt của bạn
#
# Viết KL của từng ảnh trong batch. `mu`, `logvar` có kích thước $(N, d)$, kết quả có kích thước $(N,)$: cộng theo chiều tiềm ẩn (latent dimension), không cộng theo batch.

# %% [markdown] lang="en"
# *The figure: the bottom is at $\mu = 0$, $\log\sigma^2 = 0$, where $q$ equals the prior.* Away from $\mu = 0$ the curve is lifted by $\mu^2/2$. With a smaller $\sigma$ the KL grows slowly (2.0 nats at the left edge), with a larger one very fast (8.0 nats at the right edge).
#
# ### Your turn
#
# Write the KL of each image in the batch. `mu` and `logvar` have shape $(N, d)$, the result has shape $(N,)$: sum over the latent dimensions, not over the batch.


# %% tags=["exercise"]
def my_kl_divergence(mu, logvar):
    ### BEGIN SOLUTION
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1)
    ### END SOLUTION


# %%
checks.check_kl_divergence(my_kl_divergence)

# %% [markdown] lang="vi"
# ## 3 · Vì sao phải làm cho ELBO lớn?
#
# Vì như thế được hai điều lợi cùng lúc. Hãy xem trên VAE nhỏ nhất có thể có: $z \sim \mathcal{N}(0, 1)$, decoder $x|z \sim \mathcal{N}(z + \theta, 1)$ chỉ có một tham số, và ta quan sát được $x = 1$. Ở đây mọi thứ đều tính được: $p_\theta(x) = \mathcal{N}(\theta, 2)$ (phương sai của hai phần độc lập thì cộng lại), còn posterior thật là $\mathcal{N}(\frac{1 - \theta}{2}, \frac12)$.
#
# ### Lượt của bạn
#
# Cho encoder $q = \mathcal{N}(m, v)$, với $v$ là phương sai. Vì $\mathbb{E}_q(x - \theta - z)^2 = (x - \theta - m)^2 + v$, nên
#
# $$\text{ELBO} = -\tfrac12\log 2\pi - \tfrac12\left((x - \theta - m)^2 + v\right) - \mathrm{KL}(\mathcal{N}(m, v)\,\|\,\mathcal{N}(0, 1)).$$
#
# Viết nó thành hàm. `m`, `v` là những tensor một chiều chứa các giá trị cần thử, nên hãy viết KL của một chiều với $\sigma^2 = v$; `my_kl_divergence` sẽ cộng dọc theo chúng. Hình bên dưới sẽ được vẽ bằng hàm của bạn.

# %% [markdown] lang="en"
# ## 3 · Why make the ELBO large?
#
# Because it does two good things at once. See it on the smallest VAE there is: $z \sim \mathcal{N}(0, 1)$, a decoder $x|z \sim \mathcal{N}(z + \theta, 1)$ with a single parameter, and we observe $x = 1$. Here everything can be computed: $p_\theta(x) = \mathcal{N}(\theta, 2)$ (the variances of independent parts add up), and the true posterior is $\mathcal{N}(\frac{1 - \theta}{2}, \frac12)$.
#
# ### Your turn
#
# Let the encoder be $q = \mathcal{N}(m, v)$ with variance $v$. Since $\mathbb{E}_q(x - \theta - z)^2 = (x - \theta - m)^2 + v$,
#
# $$\text{ELBO} = -\tfrac12\log 2\pi - \tfrac12\left((x - \theta - m)^2 + v\right) - \mathrm{KL}(\mathcal{N}(m, v)\,\|\,\mathcal{N}(0, 1)).$$
#
# Write that as a function. `m` and `v` are one-dimensional tensors of values to try, so write out the KL of one dimension with $\sigma^2 = v$; `my_kl_divergence` would sum along them. The figure below will be drawn by it.


# %% tags=["exercise"]
def elbo(m, v, theta, x=1.0):
    ### BEGIN SOLUTION
    log_likelihood = -0.5 * math.log(2 * math.pi) - 0.5 * ((x - theta - m) ** 2 + v)
    kl = 0.5 * (m**2 + v - 1 - torch.log(v))
    return log_likelihood - kl
    ### END SOLUTION


# %%
elbo_is_right = checks.check_elbo(elbo)

# %%
bound = elbo if elbo_is_right else losses.toy_elbo
m, v = torch.linspace(-1.5, 2, 141), torch.full((141,), 0.5)
lines, notes = {}, {}
for theta in (0, 1):
    log_p = Normal(theta, math.sqrt(2)).log_prob(torch.tensor(1.0)).item()
    best = bound(m, v, theta).max()
    print(f"θ = {theta}   log p(x) = {log_p:.3f}   max ELBO = {best:.3f}")
    notes[f"log p, θ = {theta}"] = (1.4, log_p if theta else log_p - 0.35)
    lines["log p(x)" if theta else ""] = log_p

# %%
plots.curves(
    {f"ELBO, θ = {theta}": (m, bound(m, v, theta)) for theta in (0, 1)},
    lines=lines,
    notes=notes,
    ylim=(-5.6, -0.8),
    xlabel=tr("m, trung bình của encoder", "m, the encoder's mean"),
    ylabel=tr("nat", "nats"),
    title=tr("ELBO của hai decoder (v = ½)", "The ELBO of two decoders (v = ½)"),
)

# %% [markdown] lang="vi"
# *Hình: mỗi đường cong là một decoder, vạch nét đứt màu đen là $\log p(x)$ của nó; đường cong chạm vạch ở đúng chỗ $q$ là posterior thật.* Làm cho ELBO lớn lên có nghĩa là:
#
# - khi đổi $\phi$ (ở đây là $m$): $\log p(x)$ đứng yên, khoảng hở khép lại, encoder tiến gần posterior thật;
# - khi đổi $\theta$: chính $\log p(x)$ có thể tăng, tức là decoder tốt lên ($-1{,}516 \to -1{,}266$).
#
# Nhưng chỉ nhìn ELBO tăng thì không biết điều nào trong hai điều ấy đã xảy ra.

# %% [markdown] lang="en"
# *The figure: each curve is a decoder, the black dashed line is its $\log p(x)$; the curve touches the line exactly at the true posterior.* To raise the ELBO means:
#
# - over $\phi$ (here $m$): $\log p(x)$ stays, the gap closes, the encoder approaches the true posterior;
# - over $\theta$: $\log p(x)$ itself can rise, the decoder improves ($-1.516 \to -1.266$).
#
# But a rising ELBO alone does not tell which of the two has happened.

# %% [markdown] lang="vi"
# ## 4 · Phần tái tạo, và $B$ nghĩa là gì
#
# Giả sử decoder là một phân phối Gauss: $p_\theta(x|z) = \mathcal{N}(\hat x, \sigma_x^2 I)$. Con số $\sigma_x$ dùng chung cho mọi điểm ảnh; nó cho biết ta chờ đợi ảnh thật lệch khỏi $\hat x$ bao nhiêu. (Nó khác $\sigma$ của encoder, vốn nằm trong không gian tiềm ẩn (latent space).) Với $D = 784$ điểm ảnh:
#
# $$-\log p_\theta(x|z) = \frac{1}{2\sigma_x^2} \sum_i (x_i - \hat x_i)^2 + \frac{D}{2}\log(2\pi\sigma_x^2).$$
#
# Khi $\sigma_x$ cố định, số hạng sau là hằng số. Còn $\mathbb{E}_q$ thì ta ước lượng bằng *một* mẫu $z = \mu + \sigma\odot\varepsilon$ cho mỗi ảnh (bài 03). Bỏ hằng số đi, −ELBO chính là
#
# $$\mathcal{L} = B\sum_i (x_i - \hat x_i)^2 + \mathrm{KL}, \qquad B = \frac{1}{2\sigma_x^2}.$$
#
# **Chọn $B$ là chọn độ lệch chuẩn của decoder.**
#
# ### Lượt của bạn
#
# Đổi $B$ thành $\sigma_x$. $B$ là một con số thường, nên hãy dùng `math.sqrt`.

# %% [markdown] lang="en"
# ## 4 · The reconstruction part, and what $B$ means
#
# Let the decoder be a Gaussian: $p_\theta(x|z) = \mathcal{N}(\hat x, \sigma_x^2 I)$. The number $\sigma_x$, one for all pixels, says how far from $\hat x$ we expect the real image to be. (It is not the encoder's $\sigma$, which lives in the latent space.) With $D = 784$ pixels:
#
# $$-\log p_\theta(x|z) = \frac{1}{2\sigma_x^2} \sum_i (x_i - \hat x_i)^2 + \frac{D}{2}\log(2\pi\sigma_x^2).$$
#
# With $\sigma_x$ fixed, the last term is a constant. The $\mathbb{E}_q$ we estimate by *one* sample $z = \mu + \sigma\odot\varepsilon$ per image (lesson 03). Without its constant, −ELBO is then
#
# $$\mathcal{L} = B\sum_i (x_i - \hat x_i)^2 + \mathrm{KL}, \qquad B = \frac{1}{2\sigma_x^2}.$$
#
# **To choose $B$ is to choose the decoder's standard deviation.**
#
# ### Your turn
#
# Turn $B$ into $\sigma_x$. $B$ is a plain number, so use `math.sqrt`.


# %% tags=["exercise"]
def sigma_of_B(B):
    ### BEGIN SOLUTION
    return 1 / math.sqrt(2 * B)
    ### END SOLUTION


# %%
sigma_is_right = checks.check_sigma_of_B(sigma_of_B)

# %% [markdown] lang="vi"
# ### Decoder chờ đợi điều gì?
#
# Hàng trên là phần mà `vae-2d` vẽ thiếu hay thừa, $x - \hat x$. Hàng dưới là nhiễu mà một decoder với $B$ ấy chờ đợi, $\sigma_x\,\varepsilon$. Hãy kéo thanh trượt: với $B$ nào thì hai hàng đậm như nhau?

# %% [markdown] lang="en"
# ### What the decoder expects
#
# The upper row is what `vae-2d` draws too little or too much of, $x - \hat x$. The lower row is the noise that a decoder with this $B$ expects, $\sigma_x\,\varepsilon$. Drag the slider: for which $B$ are both rows equally strong?

# %%
with torch.no_grad():
    missing = x[:8] - vae.eval()(x[:8])[0]
noise = torch.randn(8, 1, 28, 28)


def draw(B):
    sigma_x = sigma_of_B(B) if sigma_is_right else (2 * B) ** -0.5
    return plots.plot_images(
        {"$x - \\hat{x}$": missing, "$\\sigma_x\\,\\varepsilon$": sigma_x * noise},
        title=f"B = {B}   $\\sigma_x$ = {sigma_x:.3f}",
        vmin=-1,
        vmax=1,
    )


widgets.figure_slider([1, 3, 10, 30, 100, 1000], draw, "B", start=10)

# %% [markdown] lang="vi"
# *Hình: xám vừa là 0, trắng là dương, đen là âm.* Sai số thật nằm ở nét bút, còn $\sigma_x$ là chung cho mọi điểm ảnh nên nhiễu rải đều. Với $B = 1000$ như đề bài, $\sigma_x \approx 0{,}022$: decoder đòi hỏi sai số ở mỗi điểm ảnh chỉ khoảng 2%. Sai số thật lớn gấp chín lần: khoảng 31 cho mỗi ảnh, tức là $\sqrt{31/784} \approx 0{,}20$ cho mỗi điểm ảnh.
#
# ### Lượt của bạn
#
# Viết trọn hàm mất mát. Nó trả về bộ ba `(total, recon, kl)`, mỗi phần là một tensor vô hướng, trung bình trên batch: `recon` là SSE *của một ảnh*, `kl` là KL của một ảnh, `total` $= B \cdot$ `recon` $+$ `kl`. Ảnh có thể có kích thước bất kỳ $(N, C, H, W)$.

# %% [markdown] lang="en"
# *The figure: middle grey is 0, white is positive, black is negative.* Real errors lie on the strokes; one $\sigma_x$ for all pixels spreads them evenly. With the handout's $B = 1000$, $\sigma_x \approx 0.022$: the decoder demands errors of some 2% per pixel. The real ones are nine times as large: about 31 per image, which is $\sqrt{31/784} \approx 0.20$ per pixel.
#
# ### Your turn
#
# Write the whole loss. It returns three scalar tensors `(total, recon, kl)`, each a mean over the batch: `recon` is the squared error summed *over one image*, `kl` the KL of one image, `total` $= B \cdot$ `recon` $+$ `kl`. Images may have any size $(N, C, H, W)$.


# %% tags=["exercise"]
def my_vae_loss(recon, x, mu, logvar, B):
    ### BEGIN SOLUTION
    recon_loss = (recon - x).pow(2).flatten(1).sum(dim=1).mean()
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1).mean()
    return B * recon_loss + kl, recon_loss, kl
    ### END SOLUTION


# %%
loss_is_right = checks.check_vae_loss(my_vae_loss)

# %% [markdown] lang="vi"
# ### Một giá trị −ELBO đầy đủ
#
# Bây giờ cộng lại hằng số đã bỏ, $\frac{D}{2}\log(2\pi\sigma_x^2) = \frac{D}{2}\log\frac{\pi}{B}$, cho hai mạng cùng kiến trúc: `vae-2d` (huấn luyện với $B = 10$) và `vae-2d-b1000` ($B = 1000$).

# %% [markdown] lang="en"
# ### One whole −ELBO
#
# Now put the dropped constant back, $\frac{D}{2}\log(2\pi\sigma_x^2) = \frac{D}{2}\log\frac{\pi}{B}$, for two networks of one architecture: `vae-2d` (trained with $B = 10$) and `vae-2d-b1000` ($B = 1000$).

# %%
D = 784
loss = my_vae_loss if loss_is_right else losses.vae_loss


def measured(name, B):
    torch.manual_seed(0)
    with torch.no_grad():
        recon, mu, logvar = models.load_pretrained(name)(x)
    return loss(recon, x, mu, logvar, B)


for name, B in (("vae-2d", 10), ("vae-2d-b1000", 1000), ("vae-2d-b1000", 10)):
    total, recon, kl = measured(name, B)
    whole = total + D / 2 * math.log(math.pi / B)
    print(f"{name:13} B = {B:4}  recon {recon:.1f}  KL {kl:4.1f}  −ELBO {whole:8.1f}")

# %% [markdown] lang="vi"
# Hai mạng tái tạo gần như nhau, vậy mà −ELBO cách nhau hơn 28.000 nat. (Số âm là bình thường, vì mật độ có thể lớn hơn 1.) Dòng cuối cho biết nguyên nhân: cũng mạng ấy, tính với $B = 10$, chỉ kém `vae-2d` chừng một chục nat. Ảnh thật gần như không thể xảy ra dưới một decoder chỉ chờ đợi sai số 2%.
#
# ## 5 · Vậy chọn $B$ bao nhiêu?
#
# Hãy để dữ liệu quyết định. Gọi $S$ là sai số mỗi ảnh và $v = \sigma_x^2$; ta tìm $v$ làm cho biểu thức đầu dưới đây nhỏ nhất, tức là cho đạo hàm của nó bằng 0:
#
# $$\frac{S}{2v} + \frac{D}{2}\log v, \qquad -\frac{S}{2v^2} + \frac{D}{2v} = 0 \quad\Longrightarrow\quad \sigma_x^2 = \frac{S}{D}, \quad B = \frac{D}{2S}.$$
#
# Decoder như thế gọi là **được hiệu chuẩn** (calibrated), tức là $\sigma_x$ của nó bằng đúng sai số thật. Hãy đo $S$ trên bảy mạng, mỗi mạng được huấn luyện từ đầu với $B$ riêng của nó (20 hoặc 30 epoch; riêng `vae-2d-b0.3` chỉ 3 epoch):

# %% [markdown] lang="en"
# Both networks reconstruct almost equally well, yet their −ELBO are more than 28,000 nats apart. (A negative value is nothing unusual, for a density may exceed 1.) The last line says what does it: the same network, judged with $B = 10$, is only some ten nats behind `vae-2d`. Real images are all but impossible under a decoder that expects errors of 2%.
#
# ## 5 · So which $B$?
#
# Let the data decide. Call the error per image $S$ and $v = \sigma_x^2$; we want the $v$ that minimises
#
# $$\frac{S}{2v} + \frac{D}{2}\log v, \qquad -\frac{S}{2v^2} + \frac{D}{2v} = 0 \quad\Longrightarrow\quad \sigma_x^2 = \frac{S}{D}, \quad B = \frac{D}{2S}.$$
#
# Such a decoder is called **calibrated**: its $\sigma_x$ is its real error. Measure $S$ for seven networks, each trained from scratch with its own $B$ (20 or 30 epochs; `vae-2d-b0.3` only 3):

# %%
trained_with = {"vae-2d-b0.3": 0.3, "vae-2d-b1": 1, "vae-2d": 10}
trained_with |= {"vae-2d-b100": 100, "vae-2d-b1000": 1000}
trained_with |= {"vae-16d": 40, "vae-16d-b1000": 1000}
for name, B in trained_with.items():
    _, S, kl = measured(name, B)
    print(f"{name:14} B = {B:5} S = {S:4.1f} KL {kl:4.1f} D/(2S) = {D / (2 * S):4.1f}")

# %% [markdown] lang="vi"
# $B$ được hiệu chuẩn tùy thuộc vào từng mạng: ở đây khoảng 9 đến 13 với hai chiều tiềm ẩn và 76 đến 80 với mười sáu chiều; ở các mạng khác, mười sáu chiều cũng đòi $B$ lớn hơn. <!-- claim: calibrated_B --> $B = 1000$ của đề bài lớn hơn nhiều trong cả hai trường hợp. Với nó, KL được phép tăng thêm 1 nat chỉ để sai số giảm 0,001. Quả vậy, KL của `vae-2d-b1000` lớn gần gấp ba mà sai số hầu như chẳng nhỏ đi.

# %% [markdown] lang="en"
# The calibrated $B$ belongs to the network: here about 9 to 13 with two latent dimensions and 76 to 80 with sixteen; in other networks, too, sixteen dimensions ask for a larger one. <!-- claim: calibrated_B --> The handout's $B = 1000$ is far above both. It lets the network spend one more nat of KL for 0.001 less error: `vae-2d-b1000` has almost three times the KL and hardly anything to show for it.

# %%
torch.manual_seed(0)
z, rows = torch.randn(10, 2), {tr("gốc", "original"): x[:10]}
for name in ("vae-2d-b0.3", "vae-2d", "vae-2d-b1000"):
    B, model = trained_with[name], models.load_pretrained(name)
    with torch.no_grad():
        rows[f"B = {B}, " + tr("tái tạo", "rebuilt")] = model(x[:10])[0]
        rows[f"B = {B}, " + tr("mới", "new")] = model.decode(z)
plots.plot_images(
    rows,
    title=tr("Tái tạo, và ảnh mới từ z ~ N(0, I)", "Rebuilt, and new from z ~ N(0, I)"),
)

# %%
# tr("Đoán trước: B lớn dần thì đám mây, sai số và KL đổi ra sao?", "Guess first: as B grows, what becomes of cloud, error and KL?")
# tr("Vẽ một chữ số, rồi xoay núm B.", "Draw a digit, then turn the knob B.")
ladder = ("vae-2d-b1", "vae-2d", "vae-2d-b100", "vae-2d-b1000")
page.live({f"B = {trained_with[k]}": models.load_pretrained(k) for k in ladder})

# %%
# tr("Còn khi B nhỏ nữa? Kéo B của VAE nhỏ này xuống 0,3, bấm Chạy, đợi;", "And a smaller B? Take this toy's B down to 0.3, press Run, wait;")
# tr("rồi kéo B lên 1000.", "then take it up to 1000.")
page.toy()

# %% [markdown] lang="vi"
# *Hình: ba VAE được huấn luyện từ đầu với ba giá trị $B$, cùng những ảnh gốc và cùng những $z$.* Với $B = 0{,}3$, ảnh tái tạo mờ hơn và hay thành chữ số khác hơn; sai số cũng lớn hơn cả khi so với một mạng $B = 10$ huấn luyện ngắn như thế. <!-- claim: small_B_underfits --> $B = 10$ và $B = 1000$ tái tạo ngang nhau, nhưng ảnh mới của $B = 1000$ gồm ít loại chữ số hơn: <!-- claim: prior_misses_digits --> các mã của nó trải rộng gấp ba lần prior hoặc hơn, <!-- claim: wide_codes --> nên $z \sim \mathcal{N}(0, I)$ chỉ chạm tới những mã gần gốc tọa độ.
#
# *Hai trang: núm $B$ trên bốn mạng, rồi một VAE nhỏ huấn luyện ngay trong trang.*
#
# <details><summary>Đoán xong rồi hãy mở</summary>
#
# Ở bốn mạng này, với gần như mọi chữ số, $B$ càng lớn thì đám mây càng nhỏ và KL càng lớn. Từ $B = 10$ trở lên, đám mây quá nhỏ so với bản đồ, nên hãy đọc $\sigma$ bên dưới. Sai số hầu như không đổi: từ $B = 10$ lên 1000, số ảnh có sai số tăng cũng ngang số ảnh có sai số giảm. <!-- claim: knob_of_B --> Với $B = 0{,}3$, mọi đám mây của VAE nhỏ phồng lên, chồng lên nhau và trùng prior: $z$ không còn nói gì về $x$ (bài 12 gọi đó là *sụp đổ*). Với $B = 1000$, chúng chỉ còn là những chấm. <!-- claim: toy_B -->
# </details>
#
# Code VAE nào cộng bình phương sai số với KL cũng có hằng số như thế, chỉ là ít ai gọi tên nó. Đưa về dạng $B \cdot$ SSE $+$ KL:
#
# | code | hàm mất mát | $B$ |
# | --- | --- | --- |
# | đề bài | $1000 \cdot$ SSE $+$ KL | 1000 |
# | pythae | $0{,}5 \cdot$ SSE $+$ KL | 0,5 |
# | *Generative Deep Learning* (Foster), ảnh khuôn mặt | $2000 \cdot$ MSE trên 3.072 số $+$ KL | 0,65 |
# | PyTorch-VAE | MSE trên 12.288 số $+\; 0{,}00025 \cdot$ KL | 0,33 |
# | ví dụ của PyTorch | tổng BCE $+$ KL | không có $B$ |
#
# Chia cả hàm mất mát cho $B$ thì KL có trọng số $1/B$, nhưng đó là so với SSE. Còn $\beta$ của β-VAE (bài 13) là so với một log-likelihood: nếu lấy decoder được hiệu chuẩn làm mốc thì $B = 1000$ ứng với $\beta \approx 12{,}7/1000 \approx 0{,}013$.

# %% [markdown] lang="en"
# *The figure: three VAEs trained from scratch with three values of $B$, the same originals and the same $z$.* With $B = 0.3$ the reconstructions are blurrier and more often another digit; the error is larger also beside a $B = 10$ trained as briefly. <!-- claim: small_B_underfits --> $B = 10$ and $B = 1000$ reconstruct alike, but the new images of $B = 1000$ hold fewer kinds of digit: <!-- claim: prior_misses_digits --> its codes spread three times as wide as the prior or more, <!-- claim: wide_codes --> so $z \sim \mathcal{N}(0, I)$ reaches only those near the origin.
#
# *The two pages: a knob for $B$ over four networks, then a small VAE that trains in the page.*
#
# <details><summary>Open this after your guess</summary>
#
# In these four, the larger $B$, the smaller the cloud and the larger the KL, for nearly every digit. From $B = 10$ on the cloud is too small for this map, so read $\sigma$ below it. The error hardly changes: from $B = 10$ to 1000 about as many digits lose by it as gain. <!-- claim: knob_of_B --> With $B = 0.3$ the toy's clouds swell, overlap and become the prior: $z$ says nothing of $x$ any more (lesson 12 calls that *collapse*). With $B = 1000$ they are mere dots. <!-- claim: toy_B -->
# </details>
#
# A constant like this is in every VAE code that weighs a squared error against the KL, though few call it by a name. In the form $B \cdot$ SSE (the summed squared error) $+$ KL:
#
# | code | loss | $B$ |
# | --- | --- | --- |
# | handout | $1000 \cdot$ SSE $+$ KL | 1000 |
# | pythae | $0.5 \cdot$ SSE $+$ KL | 0.5 |
# | *Generative Deep Learning* (Foster), faces | $2000 \cdot$ MSE over 3,072 values $+$ KL | 0.65 |
# | PyTorch-VAE | MSE over 12,288 values $+\; 0.00025 \cdot$ KL | 0.33 |
# | PyTorch's example | summed BCE $+$ KL | has no $B$ |
#
# Divide the loss by $B$ and the KL has the weight $1/B$, but against the plain summed error. The $\beta$ of the β-VAE (lesson 13) weighs it against a log-likelihood: beside the calibrated decoder, $B = 1000$ is a $\beta$ of $12.7/1000 \approx 0.013$.

# %% [markdown] lang="vi"
# ## 6 · MSE hay BCE?
#
# **BCE** (công thức 2, cộng trên các điểm ảnh) là số đối của một log-likelihood khi mỗi điểm ảnh là đen hoặc trắng (phân phối Bernoulli). Còn ảnh xám thì sao? Hãy tính BCE của những ảnh tái tạo *hoàn hảo*:

# %% [markdown] lang="en"
# ## 6 · MSE or BCE?
#
# **BCE** (eq. 2, summed over the pixels) is the negative of a log-likelihood when each pixel is black or white (a Bernoulli distribution). And for greys? Take the BCE of *perfect* reconstructions:

# %%
black_and_white = x.round()
for pixels in (x, black_and_white):
    print(f"{losses.reconstruction_loss(pixels, pixels, kind='bce'):.1f}")

# %% [markdown] lang="vi"
# Với ảnh đen trắng, BCE ấy bằng 0; với ảnh xám của MNIST, nó vào khoảng 46 nat. Vậy với ảnh xám, BCE không ứng với log-likelihood của phân phối nào cả, chỉ là một cách thay thế dùng được; phân phối đúng là *continuous Bernoulli* (Loaiza-Ganem & Cunningham, 2019). Bình phương sai số thì đúng là một log-likelihood, của decoder Gauss. Khóa học giữ nó cho VAE, như đề bài; đừng so con số BCE với con số MSE.
#
# <details><summary><b>Ba cái bẫy hay gặp</b></summary>
#
# - **Sigmoid hai lần.** Decoder của đề bài kết thúc bằng sigmoid. <code>binary_cross_entropy_with_logits</code> tự áp sigmoid thêm một lần nữa: chương trình vẫn chạy, nhưng đầu ra tốt nhất không còn là x nữa. Mọi x dưới 0,5 thành đen, mọi x trên 0,731 thành trắng.
# - **Trung bình thay vì tổng.** Công thức 1 và 2 chia cho số điểm ảnh. Cộng thẳng với KL thì trọng số của KL lớn gấp 784 lần.
# - **Một chữ, hai nghĩa.** Có bài viết gọi phương sai là σ. Hãy xem tác giả gọi cái gì là σ trước khi chép công thức.
# </details>
#
# ## Tự kiểm tra
#
# <details><summary><b>Hàm mất mát của VAE gồm những thành phần nào?</b> (câu 5 của bài trắc nghiệm)</summary>
#
# Mất mát tái tạo và độ phân kỳ KL; tổng của chúng là −ELBO (bỏ đi hằng số).
# </details>
#
# <details><summary><b>KL đóng vai trò gì?</b> (câu 8)</summary>
#
# Theo đáp án của đề bài: cân bằng giữa học đặc trưng và nén dữ liệu. Nói chính xác hơn: nó kéo q(z|x) của từng ảnh về gần prior, nhờ đó giới hạn lượng thông tin về x mà z được mang.
#
# Vì sao? Lấy trung bình trên các ảnh, KL bằng lượng thông tin ấy cộng với KL(q(z)‖p(z)), trong đó q(z) là trung bình của mọi q(z|x). Số hạng thứ hai không âm, nên KL trung bình là cận trên (Hoffman & Johnson, <i>ELBO surgery</i>, 2016).
# </details>
#
# <details><summary><b>Nếu KL chiếm trọng số quá cao thì sao?</b> (câu 10)</summary>
#
# Mô hình bị dưới khớp (underfitting), vì z được mang quá ít thông tin. <code>vae-2d-b0.3</code> là một ví dụ, với KL chỉ khoảng 2 nat; và sau cùng một cách huấn luyện, B nhỏ cũng cho sai số lớn hơn.
# </details>
#
# ## Tóm tắt
#
# - Một VAE cực tiểu hóa −ELBO, tức là $B \cdot$ SSE $+$ KL và một hằng số; $B = 1000$ nói rằng decoder chỉ chờ đợi sai số 2% mỗi điểm ảnh, trong khi sai số thật là 20%.
# - $\log p(x) = \text{ELBO} + \text{khoảng hở}$; encoder khép khoảng hở, decoder nâng $\log p(x)$.
# - Decoder được hiệu chuẩn có $B = D/(2S)$, mỗi mạng một khác.
#
# *Đọc thêm:* Kingma & Welling, *An Introduction to Variational Autoencoders* (2019), chương 2; Doersch, *Tutorial on Variational Autoencoders* (2016); Prince, *Understanding Deep Learning*, chương 17; Rybkin và cộng sự, *Simple and Effective VAE Training with Calibrated Decoders* (2021).

# %% [markdown] lang="en"
# It is 0 for black and white, about 46 nats for MNIST's greys. For greys, then, BCE is the log-likelihood of no distribution, only a useful stand-in; the proper one is the *continuous Bernoulli* (Loaiza-Ganem & Cunningham, 2019). The squared error is a log-likelihood, that of the Gaussian decoder. This course keeps it for the VAE, as the handout does; never compare a BCE with an MSE.
#
# <details><summary><b>Three common traps</b></summary>
#
# - **Sigmoid twice.** The handout's decoder ends with a sigmoid. <code>binary_cross_entropy_with_logits</code> applies one of its own: the program runs, but the best output is no longer x. Every x below 0.5 turns black, every x above 0.731 white.
# - **A mean instead of a sum.** Eqs. 1 and 2 divide by the number of pixels. Add the KL to that and it weighs 784 times too much.
# - **One letter, two meanings.** Some texts call the variance σ. See what the author calls σ before you copy a formula.
# </details>
#
# ## Test yourself
#
# <details><summary><b>Which parts does the loss of a VAE have?</b> (quiz question 5)</summary>
#
# The reconstruction loss and the KL divergence; their sum is −ELBO, up to a constant.
# </details>
#
# <details><summary><b>What is the KL for?</b> (question 8)</summary>
#
# The option meant: it balances learning features against compressing the data. More precisely: it pulls the q(z|x) of each image towards the prior, and so limits how much information about x the z may carry.
#
# Why? Averaged over the images, the KL equals that information plus KL(q(z)‖p(z)), where q(z) is the mean of all q(z|x). The second term is never negative, so the mean KL is an upper limit (Hoffman & Johnson, <i>ELBO surgery</i>, 2016).
# </details>
#
# <details><summary><b>What happens if the KL weighs too much?</b> (question 10)</summary>
#
# The model underfits, because z may carry too little information. So does <code>vae-2d-b0.3</code>: a KL of only about 2 nats; and small B means more error after the same training, too.
# </details>
#
# ## Recap
#
# - A VAE minimises −ELBO, that is $B \cdot$ (summed squared error) $+$ KL and a constant; $B = 1000$ says that the decoder expects errors of only 2% per pixel, while the real ones are 20%.
# - $\log p(x) = \text{ELBO} + \text{gap}$; the encoder closes the gap, the decoder raises $\log p(x)$.
# - A calibrated decoder has $B = D/(2S)$, another one for each network.
#
# *Further reading:* Kingma & Welling, *An Introduction to Variational Autoencoders* (2019), chapter 2; Doersch, *Tutorial on Variational Autoencoders* (2016); Prince, *Understanding Deep Learning*, chapter 17; Rybkin et al., *Simple and Effective VAE Training with Calibrated Decoders* (2021).
