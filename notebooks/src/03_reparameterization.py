# %% [markdown] lang="vi"
# # Bài 03 · Tái tham số hóa
#
# *Mạng nơ-ron học nhờ gradient. Nhưng làm sao gradient đi qua được một cú tung xúc xắc?* VAE lấy mẫu ngẫu nhiên $z$ ngay giữa
# encoder và decoder. Bài này cho thấy mẹo **tái tham số hóa** (reparameterization trick) biến bước ngẫu nhiên ấy thành một phép tính lấy đạo hàm được, và
# nếu không có mẹo thì mất gì.
#
# Cả bài chạy trong vài giây và không cần dữ liệu.

# %% [markdown] lang="en"
# # Lesson 03 · Reparameterization
#
# *A network learns by gradients. But how can a gradient pass through a roll of the dice?* A VAE draws a random $z$ right
# between encoder and decoder. This lesson shows how the **reparameterization trick** turns that random step into a computation that can be
# differentiated, and what is lost without it.
#
# The whole lesson runs in a few seconds and needs no data.

# %%
import matplotlib.pyplot as plt
import torch
from torch.distributions import Normal

from vae_helpers import checks, losses, models, tr
from vae_helpers.plots import TEN_COLOURS

# %% [markdown] lang="vi"
# ## 1 · Tính $z$ bằng tay
#
# Encoder cho ra trung bình $\mu$ và độ lệch chuẩn (standard deviation) $\sigma$. Ta cần một mẫu $z \sim \mathcal{N}(\mu, \sigma^2)$. Thay vì hỏi thẳng phân phối ấy, ta lấy nhiễu
# $\varepsilon$ từ một phân phối *cố định* $\mathcal{N}(0, I)$, rồi co giãn và dời đi (công thức 3 của bài tập):
#
# $$z = \mu + \sigma \odot \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, I),$$
#
# trong đó $\odot$ là phép nhân từng phần tử. Bốn ví dụ với nhiễu cho trước:

# %% [markdown] lang="en"
# ## 1 · Computing $z$ by hand
#
# The encoder gives a mean $\mu$ and a standard deviation $\sigma$. We need a sample $z \sim \mathcal{N}(\mu, \sigma^2)$. Instead of asking that distribution itself,
# we draw noise $\varepsilon$ from a *fixed* distribution $\mathcal{N}(0, I)$, then scale it and shift it (the handout's eq. 3):
#
# $$z = \mu + \sigma \odot \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, I),$$
#
# where $\odot$ multiplies element by element. Four examples with the noise given:

# %% tags=["nbval-check-output"]
examples = [
    ([1.0, 2.0], [0.5, 0.1], [0.2, -1.5]),
    ([2.0, 3.0], [1.0, 0.5], [0.5, -0.2]),
    ([2.5, 3.0], [1.0, 0.5], [0.5, -0.3]),
    ([2.0], [1.0], [0.5]),
]
for mu, sigma, epsilon in examples:
    z = torch.tensor(mu) + torch.tensor(sigma) * torch.tensor(epsilon)
    print(f"μ={mu}  σ={sigma}  ε={epsilon}  →  z={[round(value, 4) for value in z.tolist()]}")

# %% [markdown] lang="vi"
# Hãy thử nhẩm dòng đầu: $1 + 0{,}5 \times 0{,}2 = 1{,}1$ và $2 + 0{,}1 \times (-1{,}5) = 1{,}85$.
#
# Trong VAE, encoder không cho $\sigma$ mà cho $\log\sigma^2$ (biến `logvar`): số thực nào cũng được, nên mạng không phải lo giữ cho $\sigma$ dương. Để lấy lại $\sigma$:
#
# $$\sigma = \exp\!\left(\tfrac12 \log \sigma^2\right).$$

# %% [markdown] lang="en"
# Check the first line in your head: $1 + 0.5 \times 0.2 = 1.1$ and $2 + 0.1 \times (-1.5) = 1.85$.
#
# In a VAE the encoder does not give $\sigma$ but $\log\sigma^2$ (the variable `logvar`): any real number will do, so the network need not take care to keep $\sigma$ positive. To get $\sigma$ back:
#
# $$\sigma = \exp\!\left(\tfrac12 \log \sigma^2\right).$$

# %% tags=["nbval-check-output"]
mu, logvar = torch.tensor([0.5, -0.2, 0.3]), torch.tensor([0.1, 0.3, -0.1])
epsilon = torch.tensor([0.2, -0.4, 0.1])
sigma = torch.exp(0.5 * logvar)
z = mu + sigma * epsilon
print("σ =", [round(value, 4) for value in sigma.tolist()])
print("z =", [round(value, 4) for value in z.tolist()])

# %% [markdown] lang="vi"
# Chú ý: $\sigma$ là độ lệch chuẩn, $\sigma^2$ mới là phương sai (variance), và **mỗi chiều có $\sigma$ riêng**. Có bài viết ghi $z = \mu + \varepsilon \odot \sqrt{\sigma}$: ở đó
# chữ $\sigma$ chỉ phương sai. Hai công thức nói cùng một điều bằng hai ký hiệu; trộn chúng lại mới là sai.
#
# ### Lượt của bạn
#
# Viết công thức 3 thành hàm, với nhiễu cho trước.

# %% [markdown] lang="en"
# Note: $\sigma$ is the standard deviation, $\sigma^2$ is the variance, and **every dimension has a $\sigma$ of its own**. Some texts write $z = \mu + \varepsilon \odot \sqrt{\sigma}$: there
# the letter $\sigma$ means the variance. Both formulas say the same in different symbols; the mistake is to mix them.
#
# ### Your turn
#
# Write eq. 3 as a function, with the noise given.


# %% tags=["exercise"]
def shift_and_scale(mu, sigma, epsilon):
    ### BEGIN SOLUTION
    return mu + sigma * epsilon
    ### END SOLUTION


# %%
checks.check_reparameterize_fixed(shift_and_scale)

# %% [markdown] lang="vi"
# Một số $\varepsilon$ thì cho một số $z$. Nhiều $\varepsilon$ thì cho cả phân phối mà ta muốn:

# %% [markdown] lang="en"
# One $\varepsilon$ gives one $z$. Many $\varepsilon$ give the whole distribution we wanted:

# %%
torch.manual_seed(0)
mu, sigma = 2.0, 0.5
epsilon = torch.randn(20_000)
z = mu + sigma * epsilon

axis = torch.linspace(-4, 5, 400)
plt.figure(figsize=(7, 3))
plt.hist(epsilon.numpy(), bins=80, density=True, color=TEN_COLOURS[0], alpha=0.5, label="ε")
plt.hist(z.numpy(), bins=80, density=True, color=TEN_COLOURS[1], alpha=0.6, label="z = 2 + 0.5 ε")
plt.plot(axis, Normal(0.0, 1.0).log_prob(axis).exp(), color=TEN_COLOURS[0], label="N(0, 1)")
plt.plot(axis, Normal(mu, sigma).log_prob(axis).exp(), color=TEN_COLOURS[6], label="N(2, 0.5²)")
plt.title(tr("Co giãn và dời nhiễu", "Scaling and shifting the noise"))
plt.xlabel(tr("giá trị", "value"))
plt.ylabel(tr("mật độ", "density"))
plt.legend()
plt.show()

# %% [markdown] lang="vi"
# *Hình: bên trái là biểu đồ của nhiễu $\varepsilon$, khớp với đường chuẩn tắc $\mathcal{N}(0, 1)$; bên phải là $z$, hẹp hơn và dời sang 2, khớp với $\mathcal{N}(2, 0{,}5^2)$.*
#
# ## 2 · `sample` và `rsample`: gradient dừng ở đâu?
#
# PyTorch có hai cách lấy mẫu một phân phối. `sample()` trả về một con số ngẫu nhiên *trần trụi*; `rsample()` ("r" là *reparameterized*) tính
# chính $\mu + \sigma\varepsilon$ và ghi nhớ phép tính ấy.

# %% [markdown] lang="en"
# *The figure: on the left the histogram of the noise $\varepsilon$, which matches the standard curve $\mathcal{N}(0, 1)$; on the right $z$, narrower and shifted to 2, which matches $\mathcal{N}(2, 0.5^2)$.*
#
# ## 2 · `sample` and `rsample`: where does the gradient stop?
#
# PyTorch has two ways to draw from a distribution. `sample()` returns a *bare* random number; `rsample()` (r for *reparameterized*) computes
# $\mu + \sigma\varepsilon$ itself and remembers that it did.

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
mu = torch.tensor(2.0, requires_grad=True)
sigma = torch.tensor(1.0, requires_grad=True)
q = Normal(mu, sigma)
for name, z in (("sample", q.sample()), ("rsample", q.rsample())):
    print(f"{name:8} requires_grad={z.requires_grad!s:5}  grad_fn={type(z.grad_fn).__name__}")

# %% [markdown] lang="vi"
# `sample()` không có `grad_fn`: chuỗi phép tính bị cắt ở đó. Cho hàm mất mát (loss) là $z^2$ rồi lan truyền ngược (backpropagation): với `sample()` thì PyTorch báo lỗi; với `rsample()` thì
#
# $$\frac{\partial z^2}{\partial \mu} = 2z \cdot \underbrace{\frac{\partial z}{\partial \mu}}_{1} = 2z, \qquad
#   \frac{\partial z^2}{\partial \sigma} = 2z \cdot \underbrace{\frac{\partial z}{\partial \sigma}}_{\varepsilon} = 2z\varepsilon.$$

# %% [markdown] lang="en"
# `sample()` has no `grad_fn`: the chain of computations is cut there. Let the loss be $z^2$ and backpropagate: with `sample()` PyTorch raises an error; with `rsample()`
#
# $$\frac{\partial z^2}{\partial \mu} = 2z \cdot \underbrace{\frac{\partial z}{\partial \mu}}_{1} = 2z, \qquad
#   \frac{\partial z^2}{\partial \sigma} = 2z \cdot \underbrace{\frac{\partial z}{\partial \sigma}}_{\varepsilon} = 2z\varepsilon.$$

# %% tags=["nbval-check-output"]
try:
    (q.sample() ** 2).backward()
except RuntimeError as error:
    print("sample :", str(error).split("\n")[0])

z = q.rsample()
epsilon = (z - mu) / sigma
(z**2).backward()
print("rsample:", torch.allclose(mu.grad, 2 * z), torch.allclose(sigma.grad, 2 * z * epsilon))

# %% [markdown] lang="vi"
# Cùng một điều, vẽ ra bằng **đồ thị tính toán** (computation graph):

# %% [markdown] lang="en"
# The same, drawn as a **computation graph**:


# %%
def node(ax, x, y, text, colour):
    ax.text(x, y, text, ha="center", va="center", bbox={"boxstyle": "round,pad=0.5", "fc": colour, "ec": "black"})


def arrow(ax, start, end, colour="black", **style):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, **style})


def back(ax, start, end, bend):
    arrow(ax, start, end, "#bd1f01", linestyle="--", connectionstyle=f"arc3,rad={bend}")


figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
for ax, trick in zip(axes, (False, True), strict=True):
    node(ax, 0, 1, "μ", "#fff2ae")
    node(ax, 0, 0, "σ", "#fff2ae")
    node(ax, 1.6, 0.5, "z = μ + σ ⊙ ε" if trick else tr("z: lấy mẫu", "z: sampled"), "#a6cee3" if trick else "#d9c2e9")
    node(ax, 3.3, 0.5, tr("mất mát", "loss"), "#fdcdac")
    arrow(ax, (0.2, 0.95), (1.0, 0.62))
    arrow(ax, (0.2, 0.05), (1.0, 0.38))
    arrow(ax, (2.2, 0.5), (2.9, 0.5))
    back(ax, (2.95, 0.68), (2.15, 0.68), 0.3)
    if trick:
        node(ax, 1.6, -0.5, "ε ~ N(0, I)", "#d9c2e9")
        arrow(ax, (1.6, -0.3), (1.6, 0.28))
        back(ax, (1.0, 0.72), (0.2, 1.1), 0.2)
        back(ax, (1.0, 0.28), (0.2, -0.1), -0.2)
    else:
        ax.text(0.75, 0.5, "✗", color="#bd1f01", fontsize=22, ha="center", va="center")
    ax.set(xlim=(-0.4, 3.8), ylim=(-0.8, 1.4))
    ax.set_title(
        tr("Có tái tham số hóa (rsample)", "Reparameterized (rsample)")
        if trick
        else tr("Lấy mẫu thẳng (sample)", "Sampled (sample)")
    )
    ax.axis("off")
plt.show()

# %% [markdown] lang="vi"
# *Hình: mũi tên đen là chiều tính, mũi tên đỏ đứt nét là gradient chạy ngược. Bên trái, nút ngẫu nhiên nằm chắn giữa đường nên gradient dừng ở $z$ (dấu ✗). Bên phải,
# sự ngẫu nhiên được dời sang đầu vào $\varepsilon$ ở bên cạnh, và gradient về được tới $\mu$ lẫn $\sigma$.*
#
# ## 3 · Cái gì được cập nhật: tham số hay đầu ra?
#
# Người mới học hay nói "gradient descent cập nhật $\mu$ và $\sigma$". Nghe hợp lý, nhưng chưa đúng. Hãy hỏi PyTorch:

# %% [markdown] lang="en"
# *The figure: black arrows show the computation, dashed red ones the gradient on its way back. On the left the random node blocks the road and the gradient stops at $z$ (the ✗). On the right the
# randomness has moved aside into the input $\varepsilon$, and the gradient reaches both $\mu$ and $\sigma$.*
#
# ## 3 · What is updated: parameters or outputs?
#
# Beginners often say "gradient descent updates $\mu$ and $\sigma$". That sounds right but is not. Ask PyTorch:

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
model = models.VAE(channels=1, latent_dim=2)
x = torch.rand(3, 1, 28, 28)
mu, logvar = model.encode(x)

print("fc_mu.weight", tuple(model.fc_mu.weight.shape), "is_leaf:", model.fc_mu.weight.is_leaf)
print("mu          ", tuple(mu.shape), "is_leaf:", mu.is_leaf, "grad_fn:", type(mu.grad_fn).__name__)
print([name for name, _ in model.named_parameters() if "mu" in name])

# %% [markdown] lang="vi"
# - `fc_mu.weight` là **tham số** (parameter): một lá (leaf) của đồ thị, thuộc về mô hình, dùng chung cho mọi ảnh. Bộ tối ưu (optimizer) giữ nó.
# - `mu` là **đầu ra**: được tính lại cho mỗi ảnh, nên ba ảnh có ba $\mu$ khác nhau. Không bộ tối ưu nào giữ nó.
#
# Gradient có *đi qua* $\mu$, nhưng thứ được thay đổi là trọng số (weight). Làm thử một bước:

# %% [markdown] lang="en"
# - `fc_mu.weight` is a **parameter**: a leaf of the graph, it belongs to the model and serves all images. The optimizer holds it.
# - `mu` is an **output**: computed anew for each image, so three images have three different $\mu$. No optimizer holds it.
#
# The gradient does *pass through* $\mu$, but what is changed are the weights. Take one step:

# %% tags=["nbval-check-output"]
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
mu.retain_grad()
recon = model.decode(model.reparameterize(mu, logvar))
total, _, _ = losses.vae_loss(recon, x, mu, logvar)
total.backward()
print("mu.grad:", mu.grad is not None, "· fc_mu.weight.grad:", model.fc_mu.weight.grad is not None)

weight_before, mu_before = model.fc_mu.weight.clone(), mu.clone()
optimizer.step()
print(tr("trọng số đổi:", "weights changed:"), not torch.equal(weight_before, model.fc_mu.weight))
print(tr("mu vừa tính đổi:", "the mu just computed changed:"), not torch.equal(mu_before, mu))
print(tr("mu tính lại đổi:", "mu computed anew changed:"), not torch.equal(mu_before, model.encode(x)[0]))

# %% [markdown] lang="vi"
# Bước cập nhật không đụng đến tensor `mu` đã tính. Chỉ khi đưa ảnh qua encoder lần nữa, $\mu$ mới khác đi, vì trọng số đã khác.
#
# ## 4 · Không có mẹo này thì sao?
#
# Không có mẹo thì vẫn **lấy mẫu được**, và vẫn **huấn luyện được**, bằng một ước lượng khác cho gradient. Bài toán mẫu: $z \sim \mathcal{N}(\mu, \sigma^2)$, tìm
# $\frac{d}{d\mu}\mathbb{E}[z^2]$. Vì $\mathbb{E}[z^2] = \mu^2 + \sigma^2$, đáp án đúng là $2\mu$.
#
# - **Theo đường đi** (pathwise, tức là dùng mẹo): $\dfrac{d}{d\mu}\mathbb{E}[(\mu + \sigma\varepsilon)^2] = \mathbb{E}[2z]$. Mỗi mẫu cho ước lượng $2z$.
# - **Hàm điểm** (score function, còn gọi là REINFORCE): đạo hàm của mật độ là $\frac{d}{d\mu}q(z) = q(z)\,\frac{d}{d\mu}\log q(z)$, nên
#   $\dfrac{d}{d\mu}\mathbb{E}[z^2] = \mathbb{E}\!\left[z^2\,\dfrac{d}{d\mu}\log q(z)\right]$. Cách này không cần đạo hàm của $z^2$, chỉ cần giá trị của nó.
#
# ### Lượt của bạn
#
# Với phân phối Gauss, $\log q(z) = -\dfrac{(z-\mu)^2}{2\sigma^2} + \text{hằng số}$. Tính $\frac{d}{d\mu}\log q(z)$, nhân với giá trị `value` của hàm tại $z$, và viết thành hàm. Đầu vào `z`, `value`
# là các tensor nhiều mẫu; hãy trả về một ước lượng cho mỗi mẫu.

# %% [markdown] lang="en"
# The update does not touch the tensor `mu` that was computed. Only when the image goes through the encoder again does $\mu$ differ, because the weights do.
#
# ## 4 · And without the trick?
#
# Without it one **can still sample** and even **still train**, with another estimate of the gradient. A model problem: $z \sim \mathcal{N}(\mu, \sigma^2)$, find
# $\frac{d}{d\mu}\mathbb{E}[z^2]$. Since $\mathbb{E}[z^2] = \mu^2 + \sigma^2$, the right answer is $2\mu$.
#
# - **Pathwise** (that is, with the trick): $\dfrac{d}{d\mu}\mathbb{E}[(\mu + \sigma\varepsilon)^2] = \mathbb{E}[2z]$. Each sample gives the estimate $2z$.
# - **Score function** (also called REINFORCE): the density's derivative is $\frac{d}{d\mu}q(z) = q(z)\,\frac{d}{d\mu}\log q(z)$, so
#   $\dfrac{d}{d\mu}\mathbb{E}[z^2] = \mathbb{E}\!\left[z^2\,\dfrac{d}{d\mu}\log q(z)\right]$. This needs no derivative of $z^2$, only its value.
#
# ### Your turn
#
# For a Gaussian, $\log q(z) = -\dfrac{(z-\mu)^2}{2\sigma^2} + \text{constant}$. Work out $\frac{d}{d\mu}\log q(z)$, multiply it by the function's `value` at $z$, and write that as a function. The inputs `z` and `value`
# are tensors of many samples; return one estimate for each sample.


# %% tags=["exercise"]
def score_gradient(z, mu, sigma, value):
    ### BEGIN SOLUTION
    return value * (z - mu) / sigma**2
    ### END SOLUTION


# %%
checks.check_score_gradient(score_gradient)

# %% [markdown] lang="vi"
# Hai ước lượng có cùng trung bình, nhưng **phương sai** khác nhau một trời một vực. Ô dưới dùng autograd để lấy $\frac{d}{d\mu}\log q(z)$, nên chạy được cả khi bạn chưa làm bài tập.

# %% [markdown] lang="en"
# Both estimates have the same mean, but their **variances** are worlds apart. The next cell lets autograd find $\frac{d}{d\mu}\log q(z)$, so it runs even if you have not done the exercise.


# %%
def estimates(mu, sigma, samples=200_000):
    mus = torch.full((samples,), mu, requires_grad=True)
    q = Normal(mus, sigma)
    z = q.sample()
    (score,) = torch.autograd.grad(q.log_prob(z).sum(), mus)
    return 2 * z, z**2 * score  # pathwise, score function


torch.manual_seed(0)
pathwise, score_function = estimates(mu=2.0, sigma=1.0)
for name, values in (("pathwise", pathwise), ("score function", score_function)):
    print(
        f"{name:15} {tr('trung bình', 'mean')} {values.mean():5.2f}   {tr('phương sai', 'variance')} {values.var():6.1f}"
    )

# %% [markdown] lang="vi"
# Giá trị đúng của trung bình là $2\mu = 4$. Phương sai chính xác là $4\sigma^2 = 4$ cho cách theo đường đi, và $103 - 16 = 87$ cho hàm điểm (từ các mô-men của phân phối Gauss: $\mathbb{E}[(2+\varepsilon)^4\varepsilon^2] = 16 + 24\cdot 3 + 15 = 103$).
#
# Khi $\sigma$ nhỏ, chuyện còn tệ hơn:

# %% [markdown] lang="en"
# The true mean is $2\mu = 4$. The exact variance is $4\sigma^2 = 4$ for the pathwise estimate and $103 - 16 = 87$ for the score function (from the moments of a Gaussian: $\mathbb{E}[(2+\varepsilon)^4\varepsilon^2] = 16 + 24\cdot 3 + 15 = 103$).
#
# With a small $\sigma$ it is worse still:

# %%
sigmas = torch.logspace(-1.7, 0.5, 12)
variances = torch.tensor([[values.var() for values in estimates(2.0, sigma.item())] for sigma in sigmas])

figure, axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
bins = torch.linspace(-30, 60, 91).numpy()
axes[0].hist(
    score_function.numpy(),
    bins=bins,
    density=True,
    color=TEN_COLOURS[1],
    alpha=0.7,
    label=tr("hàm điểm", "score function"),
)
axes[0].hist(
    pathwise.numpy(), bins=bins, density=True, color=TEN_COLOURS[0], alpha=0.7, label=tr("theo đường đi", "pathwise")
)
axes[0].axvline(4, color="black", linestyle="--", label="2μ = 4")
axes[0].set(
    title=tr("Ước lượng từ một mẫu (μ=2, σ=1)", "One-sample estimates (μ=2, σ=1)"),
    xlabel="d/dμ",
    ylabel=tr("mật độ", "density"),
)
axes[1].loglog(sigmas, variances[:, 1], "s-", color=TEN_COLOURS[6], label=tr("hàm điểm", "score function"))
axes[1].loglog(sigmas, variances[:, 0], "o-", color=TEN_COLOURS[0], label=tr("theo đường đi", "pathwise"))
axes[1].loglog(sigmas, 16 / sigmas**2, ":", color="black", label="$\\mu^4/\\sigma^2$")
axes[1].set(
    title=tr("Phương sai theo σ (μ=2)", "Variance against σ (μ=2)"), xlabel="σ", ylabel=tr("phương sai", "variance")
)
for ax in axes:
    ax.legend(fontsize=8)
plt.show()

# %% [markdown] lang="vi"
# *Hình trái: ước lượng theo đường đi tụ quanh 4, còn hàm điểm trải dài từ số âm đến tận mấy chục. Hình phải (hai trục log): khi $\sigma$ nhỏ dần, phương sai của hàm điểm tăng như $\mu^4/\sigma^2$, còn của cách theo
# đường đi giảm như $4\sigma^2$.*
#
# Muốn trung bình của $n$ mẫu có cùng độ chính xác, số mẫu phải tỉ lệ với phương sai:

# %% [markdown] lang="en"
# *Left: the pathwise estimates crowd around 4, while the score function spreads from negative numbers to several dozen. Right (both axes logarithmic): as $\sigma$ shrinks, the variance of the score function grows like $\mu^4/\sigma^2$, while the
# pathwise one falls like $4\sigma^2$.*
#
# For the mean of $n$ samples to be equally precise, $n$ must be proportional to the variance:

# %%
for sigma in (1.0, 0.1, 0.02):
    pathwise, score_function = estimates(mu=2.0, sigma=sigma)
    print(
        f"σ = {sigma:4}   {tr('cần gấp', 'needs')} {score_function.var() / pathwise.var():,.0f} {tr('lần số mẫu', 'times as many samples')}"
    )

# %% [markdown] lang="vi"
# Trong VAE đã huấn luyện của bài 05, $\sigma$ cỡ vài phần trăm. Với mẹo, **một** mẫu cho mỗi ảnh là đủ để học; không có mẹo, phải cần hàng nghìn, hàng triệu mẫu. Đó mới là điều mẹo tái tham số hóa mang lại.
#
# ## 5 · Hàm của VAE
#
# ### Lượt của bạn
#
# Ghép tất cả lại: nhận `mu`, `logvar` (kích thước $(N, d)$), lấy nhiễu *mới cho từng phần tử*, trả về `z` cùng kích thước, để gradient đi qua được.

# %% [markdown] lang="en"
# In the trained VAE of lesson 05, $\sigma$ is a few hundredths or less. With the trick, **one** sample per image is enough to learn from; without it, thousands or millions would be needed. That is what reparameterization buys.
#
# ## 5 · The VAE's function
#
# ### Your turn
#
# Put it all together: take `mu` and `logvar` (shape $(N, d)$), draw *fresh noise for every entry*, and return `z` of the same shape so that gradients can pass.


# %% tags=["exercise"]
def reparameterize(mu, logvar):
    ### BEGIN SOLUTION
    sigma = torch.exp(0.5 * logvar)
    epsilon = torch.randn_like(sigma)
    return mu + sigma * epsilon
    ### END SOLUTION


# %%
checks.check_reparameterize(reparameterize)

# %% [markdown] lang="vi"
# Dùng `reparameterize` của gói trợ giúp, vẽ một nghìn mẫu $z$ cho hai ảnh có $\mu$ và $\sigma$ khác nhau:

# %% [markdown] lang="en"
# With the package's own `reparameterize`, draw a thousand samples $z$ for two images with different $\mu$ and $\sigma$:

# %%
from matplotlib.patches import Ellipse

torch.manual_seed(0)
mu = torch.tensor([[-1.5, 0.5], [1.5, -0.5]])
logvar = torch.tensor([[-1.0, -2.5], [-3.0, -1.5]])
sigma = torch.exp(0.5 * logvar)
z = torch.stack([model.reparameterize(mu, logvar) for _ in range(1000)])  # (1000, 2, 2)

figure, ax = plt.subplots(figsize=(6.4, 3.6))
for i in range(2):
    ax.scatter(z[:, i, 0], z[:, i, 1], s=4, alpha=0.5, color=TEN_COLOURS[i], label=tr(f"ảnh {i + 1}", f"image {i + 1}"))
    for k in (1, 2):
        ax.add_patch(Ellipse(mu[i].tolist(), *(2 * k * sigma[i]).tolist(), fill=False))
ax.set(xlabel="$z_1$", ylabel="$z_2$", title=tr("Mỗi ảnh là một đám mây", "Each image is a cloud"), aspect="equal")
ax.legend()
plt.show()

# %% [markdown] lang="vi"
# *Hình: hai đám mây điểm, mỗi đám bao quanh $\mu$ của một ảnh; hai elip ở mức $1\sigma$ và $2\sigma$. Mỗi đám dẹt theo một hướng khác nhau vì mỗi chiều có $\sigma$ riêng.*
#
# ## Tự kiểm tra
#
# <details><summary><b>Mẹo tái tham số hóa dùng để làm gì?</b> (câu 7 của bài trắc nghiệm)</summary>
#
# Để gradient lan truyền qua được bước lấy mẫu ngẫu nhiên.
# </details>
#
# <details><summary><b>Trong VAE, thành phần nào giúp mô hình tạo ra dữ liệu mới thay vì chỉ chép lại đầu vào?</b> (câu 4)</summary>
#
# Đáp án của bài tập là bước lấy mẫu với tái tham số hóa. Nói chặt chẽ hơn: sinh được ảnh mới là nhờ phân phối tiềm ẩn được KL giữ gần N(0, I), nên ta biết phải lấy z ở đâu; mẹo tái tham số hóa giúp huấn luyện được mô hình như vậy.
# </details>
#
# ## Tóm tắt
#
# - $z = \mu + \sigma \odot \varepsilon$ với $\sigma = \exp(\tfrac12\log\sigma^2)$; nhiễu mới cho từng ảnh, từng chiều.
# - $\mu$ và $\sigma$ là đầu ra của encoder; thứ được cập nhật là trọng số, nhờ gradient đi qua $\mu$ và $\sigma$.
# - Không có mẹo vẫn còn ước lượng hàm điểm, nhưng phương sai của nó lớn gấp hàng nghìn lần khi $\sigma$ nhỏ.
#
# **Tiếp theo:** [Bài 04 · Hàm mất mát](04_loss.ipynb)

# %% [markdown] lang="en"
# *The figure: two clouds of points, each around the $\mu$ of one image, with ellipses at $1\sigma$ and $2\sigma$. Each cloud is flat in a different direction because every dimension has its own $\sigma$.*
#
# ## Test yourself
#
# <details><summary><b>What is the reparameterization trick for?</b> (quiz question 7)</summary>
#
# It lets gradients propagate through the random sampling step.
# </details>
#
# <details><summary><b>Which part of a VAE lets it make new data instead of only copying its input?</b> (question 4)</summary>
#
# The exercise's answer is the sampling with reparameterization. More strictly: new images are possible because the KL keeps the latent distribution near N(0, I), so that we know where to draw z; the trick makes such a model trainable.
# </details>
#
# ## Recap
#
# - $z = \mu + \sigma \odot \varepsilon$ with $\sigma = \exp(\tfrac12\log\sigma^2)$; fresh noise for each image and each dimension.
# - $\mu$ and $\sigma$ are outputs of the encoder; what is updated are the weights, by gradients that pass through $\mu$ and $\sigma$.
# - Without the trick there is still the score-function estimator, but with a small $\sigma$ its variance is thousands of times larger.
#
# **Next:** [Lesson 04 · The loss](04_loss.ipynb)
