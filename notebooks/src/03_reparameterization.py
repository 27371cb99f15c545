# %% [markdown] lang="vi"
# # Bài 03 · Tái tham số hóa
#
# *Mạng nơ-ron học nhờ gradient. Nhưng làm sao gradient đi qua được một cú tung xúc xắc?* VAE lấy mẫu ngẫu nhiên $z$ ngay giữa bộ mã hóa (encoder) và bộ giải mã (decoder). Bài này cho thấy mẹo **tái tham số hóa** (reparameterization trick) biến bước ngẫu nhiên ấy thành một phép tính khả vi (differentiable), và
# nếu không có mẹo thì mất gì.
#
# Cả bài chạy trong khoảng nửa phút trên CPU hai nhân và không phải tải gì về.

# %% [markdown] lang="en"
# # Lesson 03 · Reparameterization
#
# *A network learns by gradients. But how can a gradient pass through a roll of the dice?* A VAE draws a random $z$ right
# between encoder and decoder. This lesson shows how the **reparameterization trick** turns that random step into a computation that can be
# differentiated, and what is lost without it.
#
# The whole lesson runs in about half a minute on two CPU cores and downloads nothing.

# %%
import math
from functools import partial

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Ellipse
from torch.distributions import Normal
from tqdm.auto import tqdm

from vae_helpers import checks, data, losses, models, plots, tr, training

# %% [markdown] lang="vi"
# ## 1 · Tính $z$ bằng tay
#
# Encoder cho ra trung bình $\mu$ và độ lệch chuẩn (standard deviation) $\sigma$. Ta cần một mẫu $z \sim \mathcal{N}(\mu, \sigma^2)$. Thay vì lấy mẫu thẳng từ phân phối ấy, ta lấy nhiễu
# $\varepsilon$ từ một phân phối *cố định* $\mathcal{N}(0, I)$, rồi co giãn và dời đi (công thức 3 của bài tập):
#
# $$z = \mu + \sigma \odot \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, I),$$
#
# trong đó $\odot$ là phép nhân từng phần tử. Hãy tính nhẩm một ví dụ: với $\mu = (1;\ 2)$, $\sigma = (0{,}5;\ 0{,}1)$ và nhiễu $\varepsilon = (0{,}2;\ -1{,}5)$,
# chiều thứ nhất cho $1 + 0{,}5 \times 0{,}2 = 1{,}1$. Chiều thứ hai cho bao nhiêu?
#
# ### Lượt của bạn
#
# Viết công thức 3 thành hàm, với nhiễu cho trước.

# %% [markdown] lang="en"
# ## 1 · Computing $z$ by hand
#
# The encoder gives a mean $\mu$ and a standard deviation $\sigma$. We need a sample $z \sim \mathcal{N}(\mu, \sigma^2)$. Instead of asking that distribution itself,
# we draw noise $\varepsilon$ from a *fixed* distribution $\mathcal{N}(0, I)$, then scale it and shift it (the exercise's eq. 3):
#
# $$z = \mu + \sigma \odot \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, I),$$
#
# where $\odot$ multiplies element by element. Do one example in your head: with $\mu = (1, 2)$, $\sigma = (0.5, 0.1)$ and the noise $\varepsilon = (0.2, -1.5)$,
# the first dimension gives $1 + 0.5 \times 0.2 = 1.1$. What does the second give?
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
# So kết quả nhẩm của bạn với dòng đầu dưới đây, rồi thử nhẩm ba ví dụ còn lại:

# %% [markdown] lang="en"
# Compare what you worked out with the first line below, then try the other three in your head:

# %% tags=["nbval-check-output"]
examples = [
    ([1.0, 2.0], [0.5, 0.1], [0.2, -1.5]),
    ([2.0, 3.0], [1.0, 0.5], [0.5, -0.2]),
    ([2.5, 3.0], [1.0, 0.5], [0.5, -0.3]),
    ([2.0], [1.0], [0.5]),
]
for mu, sigma, epsilon in examples:
    z = [round(m + s * e, 4) for m, s, e in zip(mu, sigma, epsilon, strict=True)]
    print(f"μ={mu}  σ={sigma}  ε={epsilon}  →  z={z}")

# %% [markdown] lang="vi"
# Trong VAE, encoder không cho $\sigma$ mà cho $\log\sigma^2$ (biến `logvar`): số thực nào cũng được, nên mạng không phải lo giữ cho $\sigma$ dương. Để lấy lại $\sigma$:
#
# $$\sigma = \exp\!\left(\tfrac12 \log \sigma^2\right).$$
#
# Ba chiều của một ảnh, mỗi chiều một dòng, với nhiễu $\varepsilon = (0{,}2;\ -0{,}4;\ 0{,}1)$:

# %% [markdown] lang="en"
# In a VAE the encoder does not give $\sigma$ but $\log\sigma^2$ (the variable `logvar`): any real number will do, so the network need not take care to keep $\sigma$ positive. To get $\sigma$ back:
#
# $$\sigma = \exp\!\left(\tfrac12 \log \sigma^2\right).$$
#
# Three dimensions of one image, one to a line, with the noise $\varepsilon = (0.2, -0.4, 0.1)$:

# %% tags=["nbval-check-output"]
for mu, logvar, epsilon in ((0.5, 0.1, 0.2), (-0.2, 0.3, -0.4), (0.3, -0.1, 0.1)):
    variance = math.exp(logvar)
    sigma = math.sqrt(variance)
    print(
        f"μ = {mu:4}  log σ² = {logvar:4}  →  σ² = {variance:.4f}  σ = {sigma:.4f}  "
        f"z = {mu + sigma * epsilon:7.4f}"
    )

# %% [markdown] lang="vi"
# Chú ý: $\sigma$ là độ lệch chuẩn, $\sigma^2$ mới là phương sai (variance), và **mỗi chiều có $\sigma$ riêng**. Có bài viết ghi $z = \mu + \varepsilon \odot \sqrt{\sigma}$: ở đó
# chữ $\sigma$ chỉ phương sai. Hai công thức nói cùng một điều bằng hai ký hiệu; trộn chúng lại mới là sai.
#
# Mỗi giá trị $\varepsilon$ cho một giá trị $z$. Lấy thật nhiều $\varepsilon$ thì được cả phân phối mà ta muốn:

# %% [markdown] lang="en"
# Note: $\sigma$ is the standard deviation, $\sigma^2$ is the variance, and **every dimension has a $\sigma$ of its own**. Some texts write $z = \mu + \varepsilon \odot \sqrt{\sigma}$: there
# the letter $\sigma$ means the variance. Both formulas say the same in different symbols; the mistake is to mix them.
#
# One $\varepsilon$ gives one $z$. Many $\varepsilon$ give the whole distribution we wanted:

# %%
torch.manual_seed(0)
mu, sigma = 2.0, 0.5
epsilon = torch.randn(20_000)
z = mu + sigma * epsilon

axis = torch.linspace(-4, 5, 400)
standard = Normal(0.0, 1.0).log_prob(axis).exp()
shifted = Normal(mu, sigma).log_prob(axis).exp()
plots.histograms(
    {"ε": epsilon, tr("z = 2 + 0,5 ε", "z = 2 + 0.5 ε"): z},
    density=True,
    curves={
        "N(0, 1)": (axis, standard),
        tr("N(2; 0,5²)", "N(2, 0.5²)"): (axis, shifted),
    },
    xlabel=tr("giá trị", "value"),
    title=tr("Co giãn và dời nhiễu", "Scaling and shifting the noise"),
)

# %% [markdown] lang="vi"
# *Hình: bên trái là biểu đồ tần suất (histogram) của nhiễu $\varepsilon$, khớp với đường chuẩn tắc $\mathcal{N}(0, 1)$; bên phải là $z$, hẹp hơn và dời sang 2, khớp với $\mathcal{N}(2;\ 0{,}5^2)$.*
#
# ## 2 · `sample` và `rsample`: gradient dừng ở đâu?
#
# PyTorch có hai cách lấy mẫu từ một phân phối. `sample()` trả về một con số ngẫu nhiên *đơn thuần*, không nhớ nó được tính từ đâu; `rsample()` ("r" là *reparameterized*) tính
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
    print(
        f"{name:8} requires_grad={z.requires_grad!s:5}  "
        f"grad_fn={type(z.grad_fn).__name__}"
    )

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
print(
    "rsample:",
    torch.allclose(mu.grad, 2 * z),
    torch.allclose(sigma.grad, 2 * z * epsilon),
)

# %% [markdown] lang="vi"
# Cùng một điều, vẽ ra bằng **đồ thị tính toán** (computation graph):

# %% [markdown] lang="en"
# The same, drawn as a **computation graph**:


# %%
def node(ax, x, y, text, colour):
    ax.text(
        x,
        y,
        text,
        ha="center",
        va="center",
        bbox={"boxstyle": "round,pad=0.5", "fc": colour, "ec": "black"},
    )


def arrow(ax, start, end, colour="black", **style):
    ax.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, **style}
    )


def back(ax, start, end, bend):
    arrow(ax, start, end, "#bd1f01", linestyle="--", connectionstyle=f"arc3,rad={bend}")


# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
for ax, trick in zip(axes, (False, True), strict=True):
    node(ax, 0, 1, "μ", "#fff2ae")
    node(ax, 0, 0, "σ", "#fff2ae")
    node(
        ax,
        1.6,
        0.5,
        "z = μ + σ ⊙ ε" if trick else tr("z: lấy mẫu", "z: sampled"),
        "#a6cee3" if trick else "#d9c2e9",
    )
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
# sự ngẫu nhiên được dời sang một đầu vào riêng là $\varepsilon$ (bên dưới), và gradient về được tới $\mu$ lẫn $\sigma$.*
#
# ### Hai cách vô tình cắt đứt đường về
#
# Viết đúng công thức vẫn chưa đủ. `.detach()` và `torch.no_grad()` cũng cắt chuỗi phép tính hệt như `sample()`, và chúng dễ lọt vào khi ta dùng lại một đoạn mã vốn viết để vẽ hình:

# %% [markdown] lang="en"
# *The figure: black arrows show the computation, dashed red ones the gradient on its way back. On the left the random node blocks the road and the gradient stops at $z$ (the ✗). On the right the
# randomness has moved aside into the input $\varepsilon$, and the gradient reaches both $\mu$ and $\sigma$.*
#
# ### Two ways to cut the road by accident
#
# The right formula is not enough. `.detach()` and `torch.no_grad()` cut the chain of computations just as `sample()` does, and they slip in easily when one reuses code that was written for drawing figures:

# %% tags=["nbval-check-output"]
epsilon = torch.tensor(0.5)
z = mu + sigma * epsilon
with torch.no_grad():
    z_no_grad = mu + sigma * epsilon

for name, value in (("z", z), ("z.detach()", z.detach()), ("no_grad()", z_no_grad)):
    print(f"{name:10} = {value.item()}   requires_grad={value.requires_grad}")

# %% [markdown] lang="vi"
# Ba con số y hệt nhau: nhìn giá trị thì không thể nhận ra lỗi. Cuối phần 3, ta sẽ xem lỗi ấy làm gì với một VAE.
#
# ## 3 · Cái gì được cập nhật: tham số hay đầu ra?
#
# Bạn có thể đã nghe: "$\mu$ và $\sigma$ là tham số, gradient descent cập nhật chúng". Nhầm lẫn này dễ hiểu, vì $\mu$ và $\sigma$ đúng là tham số *của phân phối Gauss*. Nhưng chúng không phải tham số *của mạng*. Hãy hỏi PyTorch:

# %% [markdown] lang="en"
# Three identical numbers: their values do not give the mistake away. At the end of part 3 we shall see what it does to a VAE.
#
# ## 3 · What is updated: parameters or outputs?
#
# You may have heard: "$\mu$ and $\sigma$ are parameters, and gradient descent updates them". The mix-up is easy to understand, for $\mu$ and $\sigma$ are indeed parameters *of the Gaussian*. But they are not parameters *of the network*. Ask PyTorch:

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
model = models.VAE(channels=1, latent_dim=2)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
held = {id(p) for group in optimizer.param_groups for p in group["params"]}

x = torch.rand(3, 1, 28, 28)
mu, logvar = model.encode(x)
named = [
    ("fc_mu.weight", model.fc_mu.weight),
    ("fc_logvar.weight", model.fc_logvar.weight),
]
for name, tensor in [*named, ("mu", mu), ("logvar", logvar)]:
    print(
        f"{name:16} {tuple(tensor.shape)!s:9}  is_leaf={tensor.is_leaf!s:5}  "
        f"optimizer: {id(tensor) in held}"
    )

# %% [markdown] lang="vi"
# - `fc_mu.weight` là **tham số** (parameter): một **lá** (leaf) của đồ thị tính toán, tức là một tensor nằm ở đầu đường, không được tính ra từ tensor nào khác. Nó thuộc về mô hình, dùng chung cho mọi ảnh. Bộ tối ưu (optimizer) giữ nó.
# - `mu` là **đầu ra**: được tính lại cho mỗi ảnh, ba ảnh thì có ba hàng. Không bộ tối ưu nào giữ nó. ($\sigma$ tính từ `logvar` nên cũng vậy.)
#
# Vậy gradient làm gì với $\mu$? Nó *đi qua*. Ở lớp cuối của encoder, $\mu = h W^\top + b$: mỗi hàng của $h$ $(3, 3136)$ là các đặc trưng của một ảnh, $W$ $(2, 3136)$ là `fc_mu.weight`, $b$ $(2)$ được cộng vào từng hàng, và $\mu$ có kích thước $(3, 2)$.
# Gọi $\mathcal{L}$ là mất mát, một con số duy nhất. Quy tắc đạo hàm của hàm hợp (chain rule) cho
#
# $$\underbrace{\frac{\partial \mathcal{L}}{\partial W}}_{(2,\ 3136)} = \underbrace{\left(\frac{\partial \mathcal{L}}{\partial \mu}\right)^{\!\top}}_{(2,\ 3)} \underbrace{h}_{(3,\ 3136)} .$$
#
# Ở đây $\mathcal{L}$ là hàm mất mát của VAE, `losses.vae_loss`, mà bài 04 sẽ suy ra: sai số tái tạo nhân với một hằng số $B$, cộng với **độ phân kỳ KL** (KL divergence), con số đo xem $\mathcal{N}(\mu, \sigma^2)$ của mỗi ảnh khác $\mathcal{N}(0, I)$ bao nhiêu. Bình thường PyTorch không giữ gradient của những tensor ở giữa đường; `retain_grad()` bảo nó giữ lại cho ta xem.

# %% [markdown] lang="en"
# - `fc_mu.weight` is a **parameter**: a **leaf** of the computation graph, that is, a tensor where a road begins, not computed from any other. It belongs to the model and serves all images. The optimizer holds it.
# - `mu` is an **output**: computed anew for each image, so three images have three rows. No optimizer holds it. ($\sigma$ is computed from `logvar`, so the same goes for it.)
#
# What, then, does the gradient do with $\mu$? It *passes through*. In the last layer of the encoder $\mu = h W^\top + b$: each row of $h$ $(3, 3136)$ holds the features of one image, $W$ $(2, 3136)$ is `fc_mu.weight`, $b$ $(2)$ is added to every row, and $\mu$ has shape $(3, 2)$.
# Call the loss $\mathcal{L}$; it is a single number. By the chain rule
#
# $$\underbrace{\frac{\partial \mathcal{L}}{\partial W}}_{(2,\ 3136)} = \underbrace{\left(\frac{\partial \mathcal{L}}{\partial \mu}\right)^{\!\top}}_{(2,\ 3)} \underbrace{h}_{(3,\ 3136)} .$$
#
# Here $\mathcal{L}$ is the loss of the VAE, `losses.vae_loss`, which lesson 04 will derive: the reconstruction error times a constant $B$, plus the **KL divergence** (the KL for short), a number that says how far the $\mathcal{N}(\mu, \sigma^2)$ of each image is from $\mathcal{N}(0, I)$. PyTorch does not normally keep the gradients of tensors along the way; `retain_grad()` tells it to keep them for us to see.

# %% tags=["nbval-check-output"]
mu.retain_grad()
recon = model.decode(model.reparameterize(mu, logvar))
total, _, _ = losses.vae_loss(recon, x, mu, logvar)
total.backward()

W, h = model.fc_mu.weight, model.features(x)  # (2, 3136), (3, 3136)
print("mu.grad", tuple(mu.grad.shape), " W.grad", tuple(W.grad.shape))
print(
    "W.grad = mu.grad.T @ h:",
    torch.allclose(W.grad, mu.grad.T @ h, rtol=1e-3, atol=1e-3),
)

# %% [markdown] lang="vi"
# Mỗi ảnh góp một hàng vào `mu.grad`; phần đóng góp của các hàng ấy (mỗi hàng nhân với $h$ của ảnh) cộng lại thành *một* gradient cho *một* bộ trọng số (weight). Giờ cho bộ tối ưu bước một bước:

# %% [markdown] lang="en"
# Each image adds a row to `mu.grad`; their contributions (each row times the $h$ of its image) sum up to *one* gradient for *one* set of weights. Now let the optimizer take a step:

# %% tags=["nbval-check-output"]
W_before, mu_before = W.detach().clone(), mu.detach().clone()
optimizer.step()
with torch.no_grad():
    mu_again, _ = model.encode(x)

print(tr("trọng số đổi:", "weights changed:"), not torch.equal(W_before, W))
print(
    tr("mu đã tính đổi:", "mu already computed changed:"),
    not torch.equal(mu_before, mu),
)
print(
    tr("mu tính lại khác mu cũ:", "mu computed again differs:"),
    not torch.equal(mu_before, mu_again),
)
print(
    tr("hai ảnh, hai mu khác nhau:", "two images, two different mu:"),
    not torch.equal(mu_again[0], mu_again[1]),
)

# %% [markdown] lang="vi"
# Bước cập nhật không đụng đến tensor `mu` đã tính. Chỉ khi đưa ảnh qua encoder lần nữa, $\mu$ mới khác đi, vì trọng số đã khác.
#
# ### Nếu con đường bị cắt
#
# Giờ hãy thử lỗi ở phần 2: thêm `.detach()` vào $z$, rồi xem sai số tái tạo gửi gradient đến những lớp nào.

# %% [markdown] lang="en"
# The update does not touch the tensor `mu` already computed. Only when the image goes through the encoder again does $\mu$ differ, because the weights do.
#
# ### If the road is cut
#
# Now try the mistake of part 2: add `.detach()` to $z$ and see which layers the reconstruction error sends a gradient to.


# %% tags=["nbval-check-output"]
def layers_reached(cut):
    model.zero_grad()
    z = model.reparameterize(*model.encode(x))
    recon = model.decode(z.detach() if cut else z)
    losses.reconstruction_loss(recon, x, "mse").backward()
    return [
        name for name, layer in model.named_children() if layer.weight.grad is not None
    ]


print("z         :", *layers_reached(cut=False))
print("z.detach():", *layers_reached(cut=True))

# %% [markdown] lang="vi"
# Không có báo lỗi nào! Ở phần 2, trong mất mát không còn thứ gì cần gradient, nên `backward()` không biết đi đâu và báo lỗi. Ở đây mất mát vẫn phụ thuộc vào trọng số của decoder: vẫn có cái để lấy đạo hàm, và PyTorch không thể biết rằng bạn muốn nhiều hơn thế.
#
# Vậy huấn luyện như thế thì ra sao? Hãy đo: huấn luyện hai VAE giống hệt nhau trên 1.438 chữ số nhỏ có sẵn trong scikit-learn, một mạng nguyên vẹn, một mạng bị cắt đường.
#
# ⏱ Khoảng 15 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# No error at all! In part 2 nothing in the loss needed a gradient any more, so `backward()` had nowhere to go and said so. Here the loss still depends on the decoder's weights: there is something to differentiate, and PyTorch cannot know that you wanted more.
#
# What becomes of such a training? Let us measure: train two identical VAEs on 1,438 small digits that come with scikit-learn, one of them whole, one with the road cut.
#
# ⏱ About 15 seconds on two CPU cores; a GPU is much faster.


# %%
class CutVAE(models.VAE):
    def reparameterize(self, mu, logvar):
        return super().reparameterize(mu, logvar).detach()


digits = data.load_digits()
loss = partial(losses.vae_loss, B=10)
for network in tqdm((models.VAE, CutVAE), leave=False):
    torch.manual_seed(0)
    run = training.fit(
        network(),
        digits,
        epochs=10,
        batch_size=64,
        lr=3e-3,
        loss=loss,
        log_dir=None,
        progress=False,
        seed=0,
    )
    for row in run.rows[::3]:
        print(
            f"{network.__name__:6}  epoch {row['epoch']:2}   "
            f"recon = {row['recon']:5.1f}   KL = {row['kl']:5.2f}"
        )

mean_image = digits.images.mean(dim=0).expand_as(digits.images)
print(
    tr("ảnh trung bình:", "the mean image:"),
    f"{losses.reconstruction_loss(mean_image, digits.images):.1f}",
)

# %% [markdown] lang="vi"
# Mất mát của mạng bị cắt vẫn giảm, vì decoder vẫn học. Nhưng sai số tái tạo (`recon`) chỉ giảm đến gần mức của ảnh trung bình (dòng cuối): nó không còn nói gì được với encoder, chỉ có KL đến được đó, và kéo mọi ảnh về cùng
# $\mu = 0$, $\sigma = 1$. KL = 0,00 nghĩa là đúng như vậy: $z$ không còn mang gì về $x$. Mạng nguyên vẹn thì xuống thấp hơn hẳn mức ấy. Nếu VAE của bạn tái tạo ảnh nào cũng như nhau, hãy kiểm tra chỗ này trước tiên.
#
# ## 4 · Không có mẹo này thì sao?
#
# Có người nói: không có mẹo thì không lấy mẫu được. Thật ra không có mẹo thì vẫn **lấy mẫu được** (`sample()` đó thôi), và thậm chí vẫn **huấn luyện được**, bằng một ước lượng khác cho gradient. Bài toán mẫu: $z \sim \mathcal{N}(\mu, \sigma^2)$, tìm
# $\frac{d}{d\mu}\mathbb{E}[z^2]$, trong đó **kỳ vọng** (expectation) $\mathbb{E}$ là trung bình trên mọi lần lấy mẫu $z$. Vì $\mathbb{E}[z^2] = \mu^2 + \sigma^2$, đáp án đúng là $2\mu$.
#
# - **Theo đường đi** (pathwise, tức là dùng mẹo): viết $z = \mu + \sigma\varepsilon$. Kỳ vọng giờ lấy theo $\varepsilon$, mà $\varepsilon$ không phụ thuộc vào $\mu$, nên đạo hàm đi thẳng vào trong:
#   $\dfrac{d}{d\mu}\mathbb{E}[(\mu + \sigma\varepsilon)^2] = \mathbb{E}[2(\mu + \sigma\varepsilon)] = \mathbb{E}[2z]$. Mỗi mẫu cho ước lượng $2z$.
# - **Hàm điểm** (score function, còn gọi là REINFORCE): viết kỳ vọng thành tích phân, $\mathbb{E}[z^2] = \int z^2\, q(z)\, dz$ với $q$ là mật độ của $\mathcal{N}(\mu, \sigma^2)$. Ở đây $z$ chỉ là biến chạy của tích phân; $\mu$ nằm trong $q$, nên đạo hàm rơi vào $q$.
#   Vì $\frac{d}{d\mu}\log q = \frac{1}{q}\frac{dq}{d\mu}$, tức $\frac{dq}{d\mu} = q\,\frac{d}{d\mu}\log q$, ta lại được một kỳ vọng:
#
# $$\frac{d}{d\mu}\mathbb{E}[z^2] = \int z^2\, \frac{dq(z)}{d\mu}\, dz = \int z^2 \left(\frac{d}{d\mu}\log q(z)\right) q(z)\, dz = \mathbb{E}\!\left[z^2\,\frac{d}{d\mu}\log q(z)\right].$$
#
# Cách thứ hai không cần đạo hàm của $z^2$, chỉ cần giá trị của nó.
#
# ### Lượt của bạn
#
# Với phân phối Gauss, $\log q(z) = -\dfrac{(z-\mu)^2}{2\sigma^2} + \text{hằng số}$. Tính $\frac{d}{d\mu}\log q(z)$, nhân với giá trị `value` của hàm tại $z$, và viết thành hàm. Đầu vào `z`, `value`
# là các tensor nhiều mẫu; hãy trả về một ước lượng cho mỗi mẫu.

# %% [markdown] lang="en"
# The loss of the cut network still falls, because the decoder still learns. But the reconstruction error (`recon`) only comes down to about that of the mean image (last line): it has no more say in the encoder, only the KL reaches it, and pulls every image to the same
# $\mu = 0$, $\sigma = 1$. That is what KL = 0.00 says: $z$ carries nothing about $x$ any more. The whole network gets well below that level. If your VAE reconstructs all images alike, look here first.
#
# ## 4 · And without the trick?
#
# Some say that without the trick one cannot sample. In fact one **can still sample** (that is what `sample()` does) and even **still train**, with another estimate of the gradient. A model problem: $z \sim \mathcal{N}(\mu, \sigma^2)$, find
# $\frac{d}{d\mu}\mathbb{E}[z^2]$, where the **expectation** $\mathbb{E}$ is the mean over all draws of $z$. Since $\mathbb{E}[z^2] = \mu^2 + \sigma^2$, the right answer is $2\mu$.
#
# - **Pathwise** (that is, with the trick): write $z = \mu + \sigma\varepsilon$. The expectation is now over $\varepsilon$, which does not depend on $\mu$, so the derivative goes straight inside:
#   $\dfrac{d}{d\mu}\mathbb{E}[(\mu + \sigma\varepsilon)^2] = \mathbb{E}[2(\mu + \sigma\varepsilon)] = \mathbb{E}[2z]$. Each sample gives the estimate $2z$.
# - **Score function** (also called REINFORCE): write the expectation as an integral, $\mathbb{E}[z^2] = \int z^2\, q(z)\, dz$, where $q$ is the density of $\mathcal{N}(\mu, \sigma^2)$. Here $z$ is only the variable of integration; $\mu$ sits in $q$, so the derivative falls on $q$.
#   Because $\frac{d}{d\mu}\log q = \frac{1}{q}\frac{dq}{d\mu}$, that is $\frac{dq}{d\mu} = q\,\frac{d}{d\mu}\log q$, we get an expectation again:
#
# $$\frac{d}{d\mu}\mathbb{E}[z^2] = \int z^2\, \frac{dq(z)}{d\mu}\, dz = \int z^2 \left(\frac{d}{d\mu}\log q(z)\right) q(z)\, dz = \mathbb{E}\!\left[z^2\,\frac{d}{d\mu}\log q(z)\right].$$
#
# The second way needs no derivative of $z^2$, only its value.
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
# Hai ước lượng có cùng trung bình, nhưng **phương sai** khác nhau một trời một vực. Ô dưới dùng autograd để lấy $\frac{d}{d\mu}\log q(z)$, nên chạy được cả khi bạn chưa viết `score_gradient`.

# %% [markdown] lang="en"
# Both estimates have the same mean, but their **variances** are worlds apart. The next cell lets autograd find $\frac{d}{d\mu}\log q(z)$, so it runs even if you have not written `score_gradient` yet.


# %%
def estimates(mu, sigma, baseline=0.0, samples=200_000):
    mus = torch.full((samples,), mu, requires_grad=True)
    q = Normal(mus, sigma)
    z = q.sample()
    (score,) = torch.autograd.grad(q.log_prob(z).sum(), mus)
    return 2 * z, (z**2 - baseline) * score  # pathwise, score function


torch.manual_seed(0)
pathwise, score_function = estimates(mu=2.0, sigma=1.0)
for name, values in (
    (tr("theo đường đi", "pathwise"), pathwise),
    (tr("hàm điểm", "score function"), score_function),
):
    print(
        f"{name:14}  {tr('trung bình', 'mean')} {values.mean():.2f}  {tr('phương sai', 'variance')} {values.var():.1f}"
    )

# %% [markdown] lang="vi"
# Trung bình đúng là $2\mu = 4$. Còn phương sai thì sao? Ở đây $\mu = 2$, $\sigma = 1$, nên $z = 2 + \varepsilon$. Cách theo đường đi: $\mathrm{Var}(2z) = 4\sigma^2 = 4$.
# Hàm điểm: $\frac{d}{d\mu}\log q(z) = \frac{z - \mu}{\sigma^2} = \varepsilon$, nên mỗi mẫu cho $g = (2+\varepsilon)^2\varepsilon$. Khai triển $g^2$, rồi dùng $\mathbb{E}\,\varepsilon^2 = 1$, $\mathbb{E}\,\varepsilon^4 = 3$, $\mathbb{E}\,\varepsilon^6 = 15$ (các bậc lẻ cho 0):
#
# $$\mathbb{E}[g^2] = \mathbb{E}[16\varepsilon^2 + 32\varepsilon^3 + 24\varepsilon^4 + 8\varepsilon^5 + \varepsilon^6] = 16 + 24 \cdot 3 + 15 = 103, \qquad
#   \mathrm{Var}(g) = \mathbb{E}[g^2] - (\mathbb{E}[g])^2 = 103 - 4^2 = 87.$$
#
# Hai phương sai đo được ở trên phải gần 4 và 87.

# %% [markdown] lang="en"
# The true mean is $2\mu = 4$. And the variances? Here $\mu = 2$ and $\sigma = 1$, so $z = 2 + \varepsilon$. Pathwise: $\mathrm{Var}(2z) = 4\sigma^2 = 4$.
# Score function: $\frac{d}{d\mu}\log q(z) = \frac{z - \mu}{\sigma^2} = \varepsilon$, so each sample gives $g = (2+\varepsilon)^2\varepsilon$. Expand $g^2$ and use $\mathbb{E}\,\varepsilon^2 = 1$, $\mathbb{E}\,\varepsilon^4 = 3$, $\mathbb{E}\,\varepsilon^6 = 15$ (odd powers give 0):
#
# $$\mathbb{E}[g^2] = \mathbb{E}[16\varepsilon^2 + 32\varepsilon^3 + 24\varepsilon^4 + 8\varepsilon^5 + \varepsilon^6] = 16 + 24 \cdot 3 + 15 = 103, \qquad
#   \mathrm{Var}(g) = \mathbb{E}[g^2] - (\mathbb{E}[g])^2 = 103 - 4^2 = 87.$$
#
# The two measured variances above should be near 4 and 87.

# %%
plots.histograms(
    {
        tr("hàm điểm", "score function"): score_function,
        tr("theo đường đi", "pathwise"): pathwise,
    },
    bins=100,
    limits=(-5, 45),
    density=True,
    lines={"2μ = 4": 4},
    xlabel=tr("ước lượng của d/dμ E[z²]", "estimate of d/dμ E[z²]"),
    title=tr(
        "Ước lượng từ một mẫu (μ = 2, σ = 1)",
        "Estimates from one sample (μ = 2, σ = 1)",
    ),
)

# %% [markdown] lang="vi"
# *Hình: cả hai biểu đồ có trung bình 4 (nét đứt). Ước lượng theo đường đi tụ quanh đó; hàm điểm thì phần lớn nằm sát 0, bù lại bằng một cái đuôi dài kéo đến vài chục.*
#
# ### $\sigma$ càng nhỏ thì sao?
#
# Tính như trên cho $\mu$, $\sigma$ bất kỳ (khi ấy $\frac{d}{d\mu}\log q(z) = \varepsilon/\sigma$): phương sai của cách theo đường đi là $4\sigma^2$, của hàm điểm là $\dfrac{\mu^4}{\sigma^2} + 14\mu^2 + 15\sigma^2$. Ta đo để kiểm chứng:

# %% [markdown] lang="en"
# *The figure: both histograms have mean 4 (dashed line). The pathwise estimates crowd around it; those of the score function mostly lie close to 0, made up for by a long tail that reaches several dozen.*
#
# ### And with a smaller $\sigma$?
#
# The same computation for any $\mu$ and $\sigma$ (now $\frac{d}{d\mu}\log q(z) = \varepsilon/\sigma$): the variance is $4\sigma^2$ for the pathwise estimate and $\dfrac{\mu^4}{\sigma^2} + 14\mu^2 + 15\sigma^2$ for the score function. Let us measure to confirm:

# %%
mu = 2.0
sigmas = torch.logspace(-1.7, 0.3, 11)  # 0.02 … 2
variances = torch.tensor(
    [[values.var() for values in estimates(mu, sigma.item())] for sigma in sigmas]
)

exact = {
    tr("hàm điểm", "score function"): (
        sigmas,
        mu**4 / sigmas**2 + 14 * mu**2 + 15 * sigmas**2,
    ),
    tr("theo đường đi", "pathwise"): (sigmas, 4 * sigmas**2),
}
figure = plots.curves(
    exact,
    points={
        tr("hàm điểm, đo", "score function, measured"): (sigmas, variances[:, 1]),
        tr("theo đường đi, đo", "pathwise, measured"): (sigmas, variances[:, 0]),
    },
    log="xy",
    xlabel="σ",
    ylabel=tr("phương sai", "variance"),
    title=tr(
        "Phương sai của ước lượng theo σ (μ = 2)",
        "Variance of the estimate against σ (μ = 2)",
    ),
)
figure.axes[0].axvspan(0.02, 0.1, color="grey", alpha=0.2)
figure

# %% [markdown] lang="vi"
# *Hình (hai trục log): các điểm đo nằm trên hai đường tính theo công thức. Khi $\sigma$ nhỏ dần, phương sai của hàm điểm tăng như $\mu^4/\sigma^2$, còn của cách theo đường đi giảm như $4\sigma^2$: hai đường xa nhau mãi.
# Dải xám là cỡ $\sigma$ của nhiều VAE đã huấn luyện, từ 0,02 đến 0,1; với $B = 1000$ của bài tập, $\sigma$ còn có thể nhỏ hơn.*
#
# Muốn trung bình của $n$ mẫu có cùng độ chính xác, $n$ phải tỉ lệ với phương sai. Vậy hàm điểm cần nhiều mẫu gấp bao nhiêu lần? Cho công bằng, ta tính cả bản cải tiến quen thuộc nhất của nó: trừ một **mốc** (baseline) $b$ khỏi giá trị,
# $(z^2 - b)\,\frac{d}{d\mu}\log q(z)$, ở đây $b = \mu^2$. Trung bình không đổi, vì $\mathbb{E}\!\left[\frac{d}{d\mu}\log q(z)\right] = 0$.

# %% [markdown] lang="en"
# *The figure (both axes logarithmic): the measured points lie on the lines of the formulas. As $\sigma$ shrinks, the variance of the score function grows like $\mu^4/\sigma^2$ while the pathwise one falls like $4\sigma^2$: the two keep drifting apart.
# The grey band is the size of $\sigma$ in many trained VAEs, from 0.02 to 0.1; with the exercise's $B = 1000$ it can be smaller still.*
#
# For the mean of $n$ samples to be equally precise, $n$ must be proportional to the variance. How many times as many samples does the score function need, then? To be fair we include its best-known improvement: subtract a **baseline** $b$ from the value,
# $(z^2 - b)\,\frac{d}{d\mu}\log q(z)$, here with $b = \mu^2$. The mean stays the same, because $\mathbb{E}\!\left[\frac{d}{d\mu}\log q(z)\right] = 0$.


# %%
def times_as_many(sigma, baseline):
    pathwise, score_function = estimates(mu, sigma, baseline)
    ratio = float(f"{score_function.var() / pathwise.var():.2g}")
    return f"{ratio:,.0f}".replace(",", tr(".", ","))


print(
    f"{'σ':>6} {tr('hàm điểm', 'score function'):>16} {tr('có mốc', 'with baseline'):>16}"
)
for sigma in (1.0, 0.1, 0.02):
    name = str(sigma).replace(".", tr(",", "."))
    print(
        f"{name:>6} {times_as_many(sigma, 0.0):>16} {times_as_many(sigma, mu**2):>16}"
    )

# %% [markdown] lang="vi"
# Ở $\sigma = 0{,}1$, hàm điểm cần gấp hàng chục nghìn lần số mẫu; ở $\sigma = 0{,}02$, hàng chục triệu lần; có mốc thì vẫn là hàng trăm đến hàng chục nghìn lần. Với mẹo tái tham số hóa, **một** mẫu cho mỗi ảnh trong mỗi bước là đủ để học. Đó mới là điều mẹo này mang lại: không phải
# khả năng lấy mẫu, mà là một gradient ít nhiễu. (Đổi lại, nó cần một hàm lấy đạo hàm được và một $z$ liên tục; khi $z$ rời rạc, người ta vẫn dùng hàm điểm.)
#
# ## 5 · Hàm của VAE
#
# ### Lượt của bạn
#
# Ghép tất cả lại: nhận hai tensor `mu`, `logvar` (kích thước $(N, d)$), lấy nhiễu *mới cho từng phần tử và ở mỗi lần gọi*, trả về `z` cùng kích thước, để gradient đi qua được đến cả hai. Trước khi viết, hãy tự hỏi: nhiễu phải có kích thước nào?
# Với `torch.randn(d)`, chương trình vẫn chạy; vậy nó sai ở đâu?

# %% [markdown] lang="en"
# At $\sigma = 0.1$ the score function needs tens of thousands of times as many samples, at $\sigma = 0.02$ tens of millions of times; with a baseline it is still hundreds to tens of thousands. With the trick, **one** sample per image and step is enough to learn from. That is what reparameterization buys: not
# the ability to sample, but a gradient with little noise. (In return it needs a function that can be differentiated and a continuous $z$; for a discrete $z$ the score function is still in use.)
#
# ## 5 · The VAE's function
#
# ### Your turn
#
# Put it all together: take two tensors `mu` and `logvar` (shape $(N, d)$), draw *fresh noise for every entry and in every call*, and return `z` of the same shape so that gradients pass to both. Before you write, ask yourself: which shape must the noise have?
# With `torch.randn(d)` the program still runs; what would be wrong with it?


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
# Dùng `reparameterize` của gói trợ giúp, lấy một nghìn mẫu $z$ cho một batch hai ảnh có $\mu$ và $\sigma$ khác nhau:

# %% [markdown] lang="en"
# With the package's own `reparameterize`, draw a thousand samples $z$ for a batch of two images with different $\mu$ and $\sigma$:

# %%
torch.manual_seed(0)
mu = torch.tensor([[-1.5, 0.5], [1.5, -0.5]])
logvar = torch.tensor([[-1.0, -2.5], [-3.0, -1.5]])
sigma = torch.exp(0.5 * logvar)
z = torch.stack([model.reparameterize(mu, logvar) for _ in range(1000)])  # (1000, 2, 2)

figure = plots.clouds(
    {tr("ảnh 1", "image 1"): z[:, 0], tr("ảnh 2", "image 2"): z[:, 1]},
    prior=False,
    title=tr("Mỗi ảnh là một đám mây", "Each image is a cloud"),
)
for i in range(2):
    for k, style in ((1, "-"), (2, "--")):
        width, height = (2 * k * sigma[i]).tolist()
        figure.axes[0].add_patch(
            Ellipse(mu[i].tolist(), width, height, fill=False, linestyle=style)
        )
figure

# %% [markdown] lang="vi"
# *Hình: hai đám mây điểm, mỗi đám bao quanh $\mu$ của một ảnh; mỗi đám có hai elip, ở mức $1\sigma$ (nét liền) và $2\sigma$ (nét đứt). Đám thứ nhất trải ngang, đám thứ hai trải dọc, vì mỗi ảnh và mỗi chiều có $\sigma$ riêng.*
#
# ## 6 · Nhờ mẹo này mà sinh được ảnh mới?
#
# Câu 4 của bài trắc nghiệm ghi công cho mẹo tái tham số hóa. Nói chặt chẽ thì có hai việc khác nhau:
#
# - **Sinh ảnh** được là vì phần KL giữ cho đám mây của mọi ảnh, *gộp chung lại*, gần $\mathcal{N}(0, I)$ (từng đám một thì hẹp hơn nhiều), nên ta biết phải lấy $z$ ở đâu. Lúc sinh ảnh chỉ cần $z \sim \mathcal{N}(0, I)$ và decoder: không có $\mu$, $\sigma$ nào để tái tham số hóa, cũng không cần gradient.
# - **Huấn luyện** được một mô hình như vậy một cách hiệu quả là nhờ mẹo: gradient của sai số tái tạo về được tới encoder, với ít nhiễu.
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
# Đáp án của bài tập là bước lấy mẫu với tái tham số hóa. Nói chặt chẽ hơn: sinh được ảnh mới là nhờ KL giữ cho đám mây của mọi ảnh, gộp chung lại, gần N(0, I); mẹo tái tham số hóa giúp huấn luyện được mô hình như vậy.
# </details>
#
# ## Tóm tắt
#
# - $z = \mu + \sigma \odot \varepsilon$ với $\sigma = \exp(\tfrac12\log\sigma^2)$; nhiễu mới cho từng ảnh, từng chiều, từng lần gọi.
# - $\mu$ và $\sigma$ là đầu ra của encoder; thứ được cập nhật là trọng số, nhờ gradient đi qua $\mu$ và $\sigma$.
# - Không có mẹo vẫn còn ước lượng hàm điểm, nhưng khi $\sigma$ nhỏ, nó cần gấp rất nhiều lần số mẫu. Trong bài toán mẫu, với $\sigma = 0{,}1$ rồi $0{,}02$: gấp khoảng 40.000 rồi 25 triệu lần; có mốc thì khoảng 800 rồi 20.000 lần.
#
# **Tiếp theo:** [Bài 04 · Hàm mất mát](04_loss.ipynb)

# %% [markdown] lang="en"
# *The figure: two clouds of points, each around the $\mu$ of one image, with ellipses at $1\sigma$ (solid) and $2\sigma$ (dashed). The first is wide and the second tall, because every image and every dimension has its own $\sigma$.*
#
# ## 6 · Is it the trick that makes new images possible?
#
# Quiz question 4 gives the credit to the reparameterization trick. Strictly, there are two different matters:
#
# - **Making images** works because the KL keeps the clouds of all images, *taken together*, near $\mathcal{N}(0, I)$ (each cloud alone is much narrower), so that we know where to draw $z$. It takes only $z \sim \mathcal{N}(0, I)$ and the decoder: there is no $\mu$ or $\sigma$ to reparameterize and no need for gradients.
# - **Training** such a model efficiently is what the trick does: the gradient of the reconstruction error reaches the encoder, with little noise.
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
# The exercise's answer is the sampling with reparameterization. More strictly: new images are possible because the KL keeps the clouds of all images, taken together, near N(0, I); the trick makes such a model trainable.
# </details>
#
# ## Recap
#
# - $z = \mu + \sigma \odot \varepsilon$ with $\sigma = \exp(\tfrac12\log\sigma^2)$; fresh noise for each image, each dimension and each call.
# - $\mu$ and $\sigma$ are outputs of the encoder; what is updated are the weights, by gradients that pass through $\mu$ and $\sigma$.
# - Without the trick there is still the score-function estimator, but with a small $\sigma$ it needs many times as many samples. In the model problem, at $\sigma = 0.1$ and then $0.02$: about 40,000 and 25 million times; with a baseline still about 800 and 20,000 times.
#
# **Next:** [Lesson 04 · The loss](04_loss.ipynb)
