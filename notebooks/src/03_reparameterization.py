# %% [markdown] lang="vi"
# # Bài 03 · Tái tham số hóa
#
# *Mạng nơ-ron học nhờ gradient, nhưng làm sao gradient đi qua được một lần gieo xúc xắc?* VAE lấy mẫu ngẫu nhiên $z$ ngay giữa bộ mã hóa (encoder) và bộ giải mã (decoder). Bài này cho thấy mẹo **tái tham số hóa** (reparameterization) biến bước ấy thành một phép tính có đạo hàm, và đo xem không có mẹo thì mất gì.
#
# Máy tính chạy hết khoảng nửa phút trên CPU hai nhân; bạn hãy dành ra một giờ đến một giờ rưỡi.

# %% [markdown] lang="en"
# # Lesson 03 · Reparameterization
#
# *A network learns by gradients, but how can a gradient pass through a roll of the dice?* A VAE draws a random $z$ right between encoder and decoder. This lesson shows how the **reparameterization** trick turns that step into a computation that can be differentiated, and measures what is lost without it.
#
# Computing takes about half a minute on two CPU cores; allow yourself an hour to an hour and a half.

# %%
import math
from functools import partial

import torch
from torch.distributions import Normal
from tqdm.auto import tqdm

from vae_helpers import (
    checks,
    data,
    diagrams,
    losses,
    models,
    page,
    plots,
    tr,
    training,
)

# %% [markdown] lang="vi"
# ## 1 · Tính $z$ bằng tay
#
# Encoder cho ra trung bình $\mu$ và độ lệch chuẩn $\sigma$. Ta cần một mẫu $z \sim \mathcal{N}(\mu, \sigma^2)$. Thay vì lấy mẫu thẳng từ phân phối ấy, ta lấy nhiễu $\varepsilon$ từ một phân phối *cố định* $\mathcal{N}(0, I)$, rồi co giãn và dời đi (công thức 3 của đề bài), với $\odot$ là phép nhân từng phần tử:
#
# $$z = \mu + \sigma \odot \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, I).$$
#
# Mỗi $\varepsilon$ cho một $z$. Lấy thật nhiều $\varepsilon$ thì được cả phân phối mà ta muốn:

# %% [markdown] lang="en"
# ## 1 · Computing $z$ by hand
#
# The encoder gives a mean $\mu$ and a standard deviation $\sigma$. We need a sample $z \sim \mathcal{N}(\mu, \sigma^2)$. Instead of asking that distribution itself, we draw noise $\varepsilon$ from a *fixed* distribution $\mathcal{N}(0, I)$, then scale it and shift it (the handout's eq. 3; $\odot$ multiplies element by element):
#
# $$z = \mu + \sigma \odot \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, I).$$
#
# One $\varepsilon$ gives one $z$. Many $\varepsilon$ give the whole distribution we wanted:

# %%
torch.manual_seed(0)
mu, sigma = 2.0, 0.5
epsilon = torch.randn(20_000)
z = mu + sigma * epsilon
axis = torch.linspace(-4, 5, 400)
densities = {"N(0, 1)": Normal(0.0, 1.0), "N(μ, σ²)": Normal(mu, sigma)}

# %%
plots.histograms(
    {"ε": epsilon, "z = 2 + 0.5 ε": z},
    density=True,
    curves={name: (axis, p.log_prob(axis).exp()) for name, p in densities.items()},
    xlabel=tr("giá trị", "value"),
    title=tr("Co giãn và dời nhiễu", "Scaling and shifting the noise"),
)

# %% [markdown] lang="vi"
# *Hình: bên trái là biểu đồ tần suất của nhiễu $\varepsilon$; bên phải là $z$, hẹp hơn và dời sang 2, khớp với $\mathcal{N}(2;\ 0{,}5^2)$.*
#
# ### Lượt của bạn
#
# Viết công thức 3 thành hàm, với nhiễu cho trước. Hãy tính nhẩm trước: với $\mu = (1;\ 2)$, $\sigma = (0{,}5;\ 0{,}1)$ và $\varepsilon = (0{,}2;\ -1{,}5)$, chiều thứ nhất cho $1 + 0{,}5 \times 0{,}2 = 1{,}1$. Chiều thứ hai cho bao nhiêu?

# %% [markdown] lang="en"
# *The figure: on the left the histogram of the noise $\varepsilon$; on the right $z$, narrower and shifted to 2, which matches $\mathcal{N}(2, 0.5^2)$.*
#
# ### Your turn
#
# Write eq. 3 as a function, with the noise given. First in your head: with $\mu = (1, 2)$, $\sigma = (0.5, 0.1)$ and $\varepsilon = (0.2, -1.5)$ the first dimension gives $1 + 0.5 \times 0.2 = 1.1$. What does the second give?


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
# Trong VAE, encoder không cho $\sigma$ mà cho $\log\sigma^2$ (biến `logvar`; bài 02 nói vì sao). Để lấy lại $\sigma$:
#
# $$\sigma = \exp\!\left(\tfrac12 \log \sigma^2\right).$$
#
# Ba chiều của một ảnh, mỗi chiều một dòng:

# %% [markdown] lang="en"
# In a VAE the encoder does not give $\sigma$ but $\log\sigma^2$ (the variable `logvar`; lesson 02 says why). To get $\sigma$ back:
#
# $$\sigma = \exp\!\left(\tfrac12 \log \sigma^2\right).$$
#
# Three dimensions of one image, one to a line:

# %% tags=["nbval-check-output"]
for mu, logvar, epsilon in ((0.5, 0.1, 0.2), (-0.2, 0.3, -0.4), (0.3, -0.1, 0.1)):
    variance = math.exp(logvar)
    sigma = math.sqrt(variance)
    print(
        f"μ = {mu:4}  log σ² = {logvar:4}  →  σ² = {variance:.4f}  σ = {sigma:.4f}  "
        f"z = {mu + sigma * epsilon:7.4f}"
    )

# %% [markdown] lang="vi"
# Chú ý: $\sigma$ là độ lệch chuẩn, $\sigma^2$ mới là phương sai, và **mỗi chiều có $\sigma$ riêng**. Có bài viết ghi $z = \mu + \varepsilon \odot \sqrt{\sigma}$, vì ở đó ký hiệu $\sigma$ là phương sai. Hai công thức nói cùng một điều; trộn lẫn chúng mới là sai.
#
# Và $z$ là *một mẫu*, không phải một phân phối hay các xác suất: các phần tử của nó là những số bất kỳ, tổng không cần bằng 1.
#
# ## 2 · `sample` và `rsample`: gradient dừng ở đâu?
#
# PyTorch có hai cách lấy mẫu từ một phân phối. `sample()` trả về một con số ngẫu nhiên *đơn thuần*, không nhớ nó được tính từ đâu; `rsample()` ("r" là *reparameterized*) tính chính $\mu + \sigma\varepsilon$ và ghi nhớ phép tính ấy.

# %% [markdown] lang="en"
# Note: $\sigma$ is the standard deviation, $\sigma^2$ is the variance, and **every dimension has a $\sigma$ of its own**. Some texts write $z = \mu + \varepsilon \odot \sqrt{\sigma}$: there the letter $\sigma$ means the variance. Both formulas say the same; the mistake is to mix them.
#
# And $z$ is *one sample*, neither a distribution nor probabilities: its entries are any numbers and need not sum to 1.
#
# ## 2 · `sample` and `rsample`: where does the gradient stop?
#
# PyTorch has two ways to draw from a distribution. `sample()` returns a *bare* random number; `rsample()` (r for *reparameterized*) computes $\mu + \sigma\varepsilon$ itself and remembers that it did.

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
mu = torch.tensor(2.0, requires_grad=True)
sigma = torch.tensor(1.0, requires_grad=True)
q = Normal(mu, sigma)
for name, z in (("sample", q.sample()), ("rsample", q.rsample())):
    print(f"{name:8} {z.requires_grad!s:5} grad_fn: {type(z.grad_fn).__name__}")

# %% [markdown] lang="vi"
# `sample()` không có `grad_fn`: chuỗi phép tính bị cắt ở đó. Cho loss là $z^2$ rồi lan truyền ngược (backpropagation). Với `sample()` thì PyTorch báo lỗi; với `rsample()` thì
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

# %% tags=["nbval-check-output"]
z = q.rsample()
epsilon = (z - mu) / sigma
(z**2).backward()
right = torch.allclose(mu.grad, 2 * z), torch.allclose(sigma.grad, 2 * z * epsilon)
print("rsample:", *right)

# %% [markdown] lang="vi"
# Cùng một điều, vẽ ra bằng **đồ thị tính toán** (computation graph):

# %% [markdown] lang="en"
# The same, drawn as a **computation graph**:


# %%
diagrams.plot_reparameterization()

# %% [markdown] lang="vi"
# *Hình: mũi tên đen là chiều tính, mũi tên đỏ nét đứt là gradient chạy ngược.* Bên trái, $z$ được lấy mẫu nên gradient không về được đến $\mu$ và $\sigma$ (dấu ✗). Bên phải, sự ngẫu nhiên nằm ở một đầu vào riêng là $\varepsilon$, và gradient về được đến cả hai.
#
# ### Hai cách vô tình cắt đứt đường về
#
# Viết đúng công thức vẫn chưa đủ. `.detach()` và `torch.no_grad()` cũng cắt chuỗi phép tính hệt như `sample()`, và chúng dễ lọt vào khi ta dùng lại code vốn viết để vẽ hình:

# %% [markdown] lang="en"
# *The figure: black arrows show the computation, dashed red ones the gradient on its way back.* On the left $z$ is sampled and the gradient does not get back to $\mu$ and $\sigma$ (the ✗). On the right the randomness is an input of its own, $\varepsilon$, and the gradient reaches both.
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
# Ba con số y hệt nhau: nhìn giá trị thì không thể nhận ra lỗi. Phần 3 cho thấy lỗi ấy gây ra điều gì ở một VAE.
#
# ## 3 · Cái gì được cập nhật: tham số hay đầu ra?
#
# Bạn có thể đã nghe: "$\mu$ và $\sigma$ là tham số, gradient descent cập nhật chúng". Chúng đúng là tham số *của phân phối Gauss*, nhưng không phải *của mạng*. Hãy hỏi PyTorch:

# %% [markdown] lang="en"
# Three identical numbers: their values do not give the mistake away. Part 3 shows what it does to a VAE.
#
# ## 3 · What is updated: parameters or outputs?
#
# You may have heard: "$\mu$ and $\sigma$ are parameters, and gradient descent updates them". They are indeed parameters *of the Gaussian*, but not *of the network*. Ask PyTorch:

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
model = models.VAE(channels=1, latent_dim=2)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
x = torch.rand(3, 1, 28, 28)
mu, logvar = model.encode(x)

for name, tensor in (("fc_mu.weight", model.fc_mu.weight), ("mu", mu)):
    held = any(tensor is p for p in optimizer.param_groups[0]["params"])
    print(
        f"{name:12} {tuple(tensor.shape)}  is_leaf={tensor.is_leaf}  optimizer: {held}"
    )

# %% [markdown] lang="vi"
# - `fc_mu.weight` là **tham số** (parameter): một **lá** (leaf) của đồ thị tính toán, tức là một tensor không được tính ra từ tensor nào khác. Nó thuộc về mô hình, dùng chung cho mọi ảnh. Bộ tối ưu (optimizer) giữ nó.
# - `mu` là **đầu ra**: được tính lại cho mỗi ảnh, ba ảnh thì có ba hàng. Không bộ tối ưu nào giữ nó. ($\sigma$ tính từ `logvar` nên cũng vậy.)
#
# Vậy gradient làm gì với $\mu$? Nó *đi qua*. Ở lớp cuối của encoder, $\mu = h W^\top + b$: mỗi hàng của $h$ $(3, 3136)$ là các đặc trưng của một ảnh, $W$ $(2, 3136)$ là `fc_mu.weight`, $b$ $(2)$ được cộng vào từng hàng, và $\mu$ có kích thước $(3, 2)$.
# Gọi $\mathcal{L}$ là loss, một con số duy nhất. Quy tắc đạo hàm của hàm hợp (chain rule) cho
#
# $$\underbrace{\frac{\partial \mathcal{L}}{\partial W}}_{(2,\ 3136)} = \underbrace{\left(\frac{\partial \mathcal{L}}{\partial \mu}\right)^{\!\top}}_{(2,\ 3)} \underbrace{h}_{(3,\ 3136)} .$$
#
# Ở đây $\mathcal{L}$ là hàm mất mát của VAE, `losses.vae_loss`, mà bài 04 sẽ suy ra: sai số tái tạo nhân với $B$, cộng với **độ phân kỳ KL** (KL divergence) giữa $\mathcal{N}(\mu, \sigma^2)$ và $\mathcal{N}(0, I)$. Bình thường PyTorch không giữ gradient của những tensor ở giữa đường; `retain_grad()` bảo nó giữ lại.

# %% [markdown] lang="en"
# - `fc_mu.weight` is a **parameter**: a **leaf** of the computation graph, a tensor not computed from any other. It belongs to the model and serves all images. The optimizer holds it.
# - `mu` is an **output**: computed anew for each image, so three images have three rows. No optimizer holds it. ($\sigma$ is computed from `logvar`, so the same goes for it.)
#
# What, then, does the gradient do with $\mu$? It *passes through*. In the last layer of the encoder $\mu = h W^\top + b$: each row of $h$ $(3, 3136)$ holds the features of one image, $W$ $(2, 3136)$ is `fc_mu.weight`, $b$ $(2)$ is added to every row, and $\mu$ has shape $(3, 2)$.
# Call the loss $\mathcal{L}$; it is a single number. By the chain rule
#
# $$\underbrace{\frac{\partial \mathcal{L}}{\partial W}}_{(2,\ 3136)} = \underbrace{\left(\frac{\partial \mathcal{L}}{\partial \mu}\right)^{\!\top}}_{(2,\ 3)} \underbrace{h}_{(3,\ 3136)} .$$
#
# Here $\mathcal{L}$ is the loss of the VAE, `losses.vae_loss`, which lesson 04 will derive: the reconstruction error times $B$ plus the **KL divergence** of $\mathcal{N}(\mu, \sigma^2)$ from $\mathcal{N}(0, I)$. PyTorch does not normally keep gradients of tensors along the way; `retain_grad()` tells it to.

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
# Mỗi ảnh góp một hàng vào `mu.grad`; phần đóng góp của các hàng ấy (mỗi hàng nhân với $h$ của ảnh) cộng lại thành *một* gradient cho *một* bộ trọng số (weight). Giờ cho bộ tối ưu cập nhật một bước. Cái gì đã đổi?

# %% [markdown] lang="en"
# Each image adds a row to `mu.grad`; their contributions (each row times the $h$ of its image) sum up to *one* gradient for *one* set of weights. Now let the optimizer take a step. What has changed?

# %% tags=["nbval-check-output"]
W_before, mu_before = W.detach().clone(), mu.detach().clone()
optimizer.step()
with torch.no_grad():
    mu_again, _ = model.encode(x)

print(tr("trọng số đổi:", "weights changed:"), not torch.equal(W_before, W))
print(tr("mu đã tính:", "mu already computed:"), not torch.equal(mu_before, mu))
print(tr("mu tính lại:", "mu computed again:"), not torch.equal(mu_before, mu_again))

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
# Không có báo lỗi nào! Ở phần 2, trong loss không còn thứ gì cần gradient, nên `backward()` báo lỗi. Ở đây loss vẫn phụ thuộc vào trọng số của decoder: vẫn có cái để lấy đạo hàm, và PyTorch không thể biết rằng bạn muốn nhiều hơn thế.
#
# Vậy huấn luyện như thế thì ra sao? Hãy đo: huấn luyện hai VAE giống hệt nhau trên 1.438 chữ số nhỏ có sẵn trong scikit-learn, một mạng nguyên vẹn, một mạng bị cắt đường.
#
# ⏱ Khoảng 15 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# No error at all! In part 2 nothing in the loss needed a gradient any more, so `backward()` raised an error. Here the loss still depends on the decoder's weights: there is something to differentiate, and PyTorch cannot know that you wanted more.
#
# What becomes of such a training? Let us measure: train two identical VAEs on 1,438 small digits that come with scikit-learn, one of them whole, one with the road cut.
#
# ⏱ About 15 seconds on two CPU cores.


# %%
class CutVAE(models.VAE):
    def reparameterize(self, mu, logvar):
        return super().reparameterize(mu, logvar).detach()


digits = data.load_digits()
recipe = {"epochs": 10, "batch_size": 64, "lr": 3e-3, "log_dir": None, "seed": 0}
recipe |= {"loss": partial(losses.vae_loss, B=10), "progress": False}
for network in tqdm((models.VAE, CutVAE), leave=False):
    torch.manual_seed(0)
    run = training.fit(network(), digits, **recipe)
    print(f"{network.__name__:6}  recon {run['recon'][-1]:.1f}  KL {run['kl'][-1]:.2f}")

mean_image = digits.images.mean(dim=0).expand_as(digits.images)
mean_error = losses.reconstruction_loss(mean_image, digits.images)
print(f"{tr('ảnh trung bình', 'the mean image')}: {mean_error:.1f}")

# %% [markdown] lang="vi"
# Mạng bị cắt vẫn học, nhưng chỉ decoder học: sai số tái tạo chỉ giảm đến mức của ảnh trung bình (dòng cuối). Sai số ấy không còn tác động được đến encoder; chỉ KL đến được đó, và kéo mọi ảnh về cùng $\mu = 0$, $\sigma = 1$. KL = 0,00 nói đúng điều ấy: $z$ không còn mang thông tin gì về $x$. Nếu VAE của bạn tái tạo ảnh nào cũng như nhau, hãy xem lại cả chỗ này. (Một nguyên nhân khác là KL có trọng số quá lớn, bài 04.)

# %% [markdown] lang="en"
# The cut network still learns, but only its decoder does: the reconstruction error comes down no further than that of the mean image (last line). That error has no more say in the encoder; only the KL reaches it, and pulls every image to the same $\mu = 0$, $\sigma = 1$. That is what KL = 0.00 says: $z$ carries nothing about $x$ any more. If your VAE reconstructs all images alike, look here too. (Another cause is a KL that weighs too much, lesson 04.)

# %%
# tr("Bấm Chạy, đợi sai số ổn định rồi tắt KL. Hãy đoán trước: khi chỉ còn", "Press Run, wait until the error settles, take the KL off. Guess first:")
# tr("sai số gửi gradient đến σ, các hình bầu dục sẽ ra sao?", "when only the error sends σ a gradient, what becomes of the ellipses?")
page.toy()

# %% [markdown] lang="vi"
# *Trang: một VAE nhỏ huấn luyện ngay trong đó.* Tắt KL thì chúng co lại gần thành điểm: gradient của sai số thu nhỏ $\sigma$, gradient của KL giữ $\sigma$ lớn. <!-- claim: toy_knobs -->
#
# ## 4 · Không có mẹo này thì sao?
#
# Không có mẹo này, ta vẫn **lấy mẫu được** (`sample()` đó thôi), và vẫn **huấn luyện được**, bằng một ước lượng khác cho gradient. Bài toán mẫu: $z \sim \mathcal{N}(\mu, \sigma^2)$, tìm $\frac{d}{d\mu}\mathbb{E}[z^2]$, với $\mathbb{E}$ là **kỳ vọng** (trung bình trên mọi lần lấy mẫu). Vì $\mathbb{E}[z^2] = \mu^2 + \sigma^2$, đáp án đúng là $2\mu$.
#
# - **Theo đường đi** (pathwise, tức là dùng mẹo): viết $z = \mu + \sigma\varepsilon$. Kỳ vọng giờ lấy theo $\varepsilon$, vốn không phụ thuộc vào $\mu$, nên đưa được đạo hàm thẳng vào trong:
#   $\frac{d}{d\mu}\mathbb{E}[(\mu + \sigma\varepsilon)^2] = \mathbb{E}[2(\mu + \sigma\varepsilon)] = \mathbb{E}[2z]$. Mỗi mẫu cho ước lượng $2z$.
# - **Hàm điểm** (score function, còn gọi là REINFORCE): viết kỳ vọng thành tích phân, $\mathbb{E}[z^2] = \int z^2\, q(z)\, dz$. Ở đây $z$ chỉ là biến lấy tích phân; $\mu$ nằm trong mật độ $q$, nên phải lấy đạo hàm của $q$. Vì $\frac{dq}{d\mu} = q\,\frac{d}{d\mu}\log q$, ta lại được một kỳ vọng:
#
# $$\frac{d}{d\mu}\mathbb{E}[z^2] = \int z^2\, \frac{dq(z)}{d\mu}\, dz = \mathbb{E}\!\left[z^2\,\frac{d}{d\mu}\log q(z)\right].$$
#
# Cách thứ hai không cần đạo hàm của $z^2$, chỉ cần giá trị của nó.
#
# ### Lượt của bạn
#
# Với phân phối Gauss, $\log q(z) = -\frac{(z-\mu)^2}{2\sigma^2} + \text{hằng số}$. Tính $\frac{d}{d\mu}\log q(z)$, nhân với giá trị `value` của hàm tại $z$, và viết thành hàm. `z`, `value` là các tensor nhiều mẫu; hãy trả về một ước lượng cho mỗi mẫu.

# %% [markdown] lang="en"
# *The page: a small VAE trains in it.* Without the KL they shrink nearly to points: the gradient of the error makes $\sigma$ small, that of the KL keeps it large. <!-- claim: toy_knobs -->
#
# ## 4 · And without the trick?
#
# Without the trick one **can still sample** (`sample()` does) and **still train**, with another estimate of the gradient. A model problem: $z \sim \mathcal{N}(\mu, \sigma^2)$, find $\frac{d}{d\mu}\mathbb{E}[z^2]$, where the **expectation** $\mathbb{E}$ is the mean over all draws. Since $\mathbb{E}[z^2] = \mu^2 + \sigma^2$, the right answer is $2\mu$.
#
# - **Pathwise** (that is, with the trick): write $z = \mu + \sigma\varepsilon$. The expectation is now over $\varepsilon$, which does not depend on $\mu$, so the derivative goes straight inside:
#   $\frac{d}{d\mu}\mathbb{E}[(\mu + \sigma\varepsilon)^2] = \mathbb{E}[2(\mu + \sigma\varepsilon)] = \mathbb{E}[2z]$. Each sample gives the estimate $2z$.
# - **Score function** (also called REINFORCE): write the expectation as an integral, $\mathbb{E}[z^2] = \int z^2\, q(z)\, dz$. Here $z$ is only the variable of integration; $\mu$ sits in the density $q$, so the derivative falls on $q$. Because $\frac{dq}{d\mu} = q\,\frac{d}{d\mu}\log q$, we get an expectation again:
#
# $$\frac{d}{d\mu}\mathbb{E}[z^2] = \int z^2\, \frac{dq(z)}{d\mu}\, dz = \mathbb{E}\!\left[z^2\,\frac{d}{d\mu}\log q(z)\right].$$
#
# The second way needs no derivative of $z^2$, only its value.
#
# ### Your turn
#
# For a Gaussian, $\log q(z) = -\frac{(z-\mu)^2}{2\sigma^2} + \text{constant}$. Work out $\frac{d}{d\mu}\log q(z)$, multiply it by the function's `value` at $z$, and write that as a function. `z` and `value` are tensors of many samples; return one estimate for each.


# %% tags=["exercise"]
def score_gradient(z, mu, sigma, value):
    ### BEGIN SOLUTION
    return value * (z - mu) / sigma**2
    ### END SOLUTION


# %%
score_is_right = checks.check_score_gradient(score_gradient)

# %% [markdown] lang="vi"
# Bây giờ ta đo cả hai. Pathwise lấy đạo hàm xuyên qua `rsample()`. Score function gọi `sample()` rồi dùng hàm của bạn (khi hàm chưa đúng thì autograd, bộ tính đạo hàm tự động của PyTorch, làm thay).

# %% [markdown] lang="en"
# Now measure both: the pathwise estimate differentiates through `rsample()`; the score function takes `sample()` and then your function (until that is right, autograd, PyTorch's own differentiation, stands in).


# %%
def estimates(f, mu, sigma, samples=200_000):
    # tr("mỗi mẫu một mu, để mỗi gradient là một ước lượng riêng", "one mu per sample, so that each gradient is an estimate of its own")
    mus = torch.full((samples,), mu, requires_grad=True)
    q = Normal(mus, sigma)
    (pathwise,) = torch.autograd.grad(f(q.rsample()).sum(), mus)
    z = q.sample()
    if score_is_right:
        return pathwise, score_gradient(z, mu, sigma, f(z))
    (score,) = torch.autograd.grad(q.log_prob(z).sum(), mus)
    return pathwise, f(z) * score


# %%
torch.manual_seed(0)
names = tr("pathwise", "pathwise"), tr("score function", "score function")
both = dict(zip(names, estimates(torch.square, mu=2.0, sigma=1.0), strict=True))
for name, values in both.items():
    print(f"{name:14}  {tr('trung bình', 'mean')} {values.mean():.2f}", end="  ")
    print(f"{tr('phương sai', 'variance')} {values.var():.1f}")

# %%
plots.histograms(
    dict(reversed(both.items())),
    bins=100,
    limits=(-5, 45),
    density=True,
    lines={"2μ = 4": 4},
    xlabel=tr("ước lượng của d/dμ E[z²]", "estimate of d/dμ E[z²]"),
    title=tr("Ước lượng từ một mẫu", "Estimates from one sample"),
)

# %% [markdown] lang="vi"
# *Hình: cả hai biểu đồ có trung bình 4 (nét đứt).* Pathwise tụ quanh đó; score function thì phần lớn nằm sát 0, bù lại bằng một cái đuôi dài kéo đến vài chục.
#
# Vì sao là 4 và 87? Với $z = 2 + \varepsilon$, cách pathwise có $\mathrm{Var}(2z) = 4\sigma^2 = 4$. Còn score function cho $g = (2+\varepsilon)^2\varepsilon$. Khai triển $g^2$, rồi dùng $\mathbb{E}\,\varepsilon^2 = 1$, $\mathbb{E}\,\varepsilon^4 = 3$, $\mathbb{E}\,\varepsilon^6 = 15$ (các bậc lẻ cho 0):
#
# $$\mathbb{E}[g^2] = \mathbb{E}[16\varepsilon^2 + 24\varepsilon^4 + \varepsilon^6] = 16 + 24 \cdot 3 + 15 = 103, \qquad
#   \mathrm{Var}(g) = 103 - 4^2 = 87.$$
#
# ### $\sigma$ càng nhỏ thì sao?
#
# Tính như trên cho $\mu$, $\sigma$ bất kỳ: phương sai là $4\sigma^2$ với pathwise, và $\dfrac{\mu^4}{\sigma^2} + 14\mu^2 + 15\sigma^2$ với score function. Mạng đã huấn luyện thì có $\sigma$ cỡ nào? Hãy hỏi bốn VAE hai chiều của khóa học (trung vị trên các ảnh và các chiều; `vae-2d-bce` có decoder Bernoulli; hai mạng cuối chỉ huấn luyện 3 epoch):

# %% [markdown] lang="en"
# *The figure: both histograms have mean 4 (dashed line).* The pathwise estimates crowd around it; those of the score function mostly lie close to 0, made up for by a long tail that reaches several dozen.
#
# Why 4 and 87? With $z = 2 + \varepsilon$ the pathwise estimate has $\mathrm{Var}(2z) = 4\sigma^2 = 4$. The score function gives $g = (2+\varepsilon)^2\varepsilon$. Expand $g^2$ and use $\mathbb{E}\,\varepsilon^2 = 1$, $\mathbb{E}\,\varepsilon^4 = 3$, $\mathbb{E}\,\varepsilon^6 = 15$ (odd powers give 0):
#
# $$\mathbb{E}[g^2] = \mathbb{E}[16\varepsilon^2 + 24\varepsilon^4 + \varepsilon^6] = 16 + 24 \cdot 3 + 15 = 103, \qquad
#   \mathrm{Var}(g) = 103 - 4^2 = 87.$$
#
# ### And with a smaller $\sigma$?
#
# The same computation for any $\mu$ and $\sigma$: the variance is $4\sigma^2$ for the pathwise estimate and $\dfrac{\mu^4}{\sigma^2} + 14\mu^2 + 15\sigma^2$ for the score function. And which $\sigma$ do trained networks have? Ask four of the course's two-dimensional VAEs (medians over images and dimensions; `vae-2d-bce` has a Bernoulli decoder; the last two trained for only 3 epochs):

# %%
x, sigma_of = data.load_mnist(train=False).images[::10], {}
for name in ("vae-2d-b1000", "vae-2d", "vae-2d-bce", "vae-2d-b0.3"):
    with torch.no_grad():
        _, logvar = models.load_pretrained(name).encode(x)
    sigma_of[name] = torch.exp(0.5 * logvar).median().item()
    print(f"{name:13} σ = {sigma_of[name]:.3f}")

# %%
mu, axis = 2.0, torch.logspace(-2.7, 0.3, 61)  # 0.002 … 2
measured = {}
for name, sigma in sigma_of.items():
    variances = [values.var() for values in estimates(torch.square, mu, sigma)]
    measured[name] = [sigma, sigma], variances

score_variance = mu**4 / axis**2 + 14 * mu**2 + 15 * axis**2
plots.curves(
    {names[1]: (axis, score_variance), names[0]: (axis, 4 * axis**2)},
    points=measured,
    log="xy",
    xlabel="σ",
    ylabel=tr("phương sai", "variance"),
    title=tr("Phương sai của ước lượng (μ = 2)", "Variance of the estimate (μ = 2)"),
)

# %% [markdown] lang="vi"
# *Hình (hai trục log): đường là công thức, chấm là phương sai đo tại $\sigma$ của từng mạng.* $\sigma$ càng nhỏ, hai đường càng xa nhau.
#
# Muốn trung bình của $n$ mẫu có cùng độ chính xác, $n$ phải tỉ lệ với phương sai. Vậy score function cần nhiều mẫu gấp bao nhiêu lần? Để công bằng, ta tính cả bản cải tiến quen thuộc nhất của nó: trừ một **baseline** $b$ khỏi giá trị, $(z^2 - b)\,\frac{d}{d\mu}\log q(z)$, ở đây $b = \mu^2$. Trung bình không đổi, vì $\mathbb{E}\!\left[\frac{d}{d\mu}\log q(z)\right] = 0$.

# %% [markdown] lang="en"
# *The figure (both axes logarithmic): lines are the formulas, dots the variances measured at the $\sigma$ of each network.* The smaller $\sigma$, the further apart the two lines.
#
# For the mean of $n$ samples to be equally precise, $n$ must be proportional to the variance. How many times as many samples does the score function need, then? To be fair we include its best-known improvement: subtract a **baseline** $b$ from the value, $(z^2 - b)\,\frac{d}{d\mu}\log q(z)$, here $b = \mu^2$. The mean stays the same, because $\mathbb{E}\!\left[\frac{d}{d\mu}\log q(z)\right] = 0$.


# %%
def times_as_many(f, sigma):
    pathwise, score_function = estimates(f, mu, sigma)
    return float(f"{score_function.var() / pathwise.var():.1g}")


for name, sigma in (sigma_of | {"σ = 1": 1.0}).items():
    plain = times_as_many(torch.square, sigma)
    with_baseline = times_as_many(lambda z: z**2 - mu**2, sigma)
    print(f"{name:13} {plain:12.0f}   {tr('có', 'with')} baseline {with_baseline:7.0f}")

# %% [markdown] lang="vi"
# Ở $\sigma$ của `vae-2d`, score function cần số mẫu gấp hơn mười triệu lần, có baseline thì vẫn hơn mười nghìn lần; ở `vae-2d-b0.3`, vài trăm lần và vài chục lần. Với mẹo tái tham số hóa, **một** mẫu cho mỗi ảnh trong mỗi bước là đủ để học. Điều mẹo này mang lại không phải khả năng lấy mẫu, mà là một gradient ít nhiễu.
#
# Đó là kết quả cho một hàm trơn, không phải một định lý. Với hàm dao động nhiều lần trong khoảng $\sigma$, như $\sin 20z$ với $\sigma = 1$, pathwise lại kém hơn (Mohamed và cộng sự, *Monte Carlo Gradient Estimation in Machine Learning*, 2020). Mẹo này còn đòi hỏi hàm phải lấy đạo hàm được và $z$ phải liên tục; khi $z$ rời rạc, người ta vẫn dùng score function.

# %% [markdown] lang="en"
# At the $\sigma$ of `vae-2d` the score function needs more than ten million times as many samples, with a baseline still more than ten thousand times; at that of `vae-2d-b0.3` some hundreds and some dozens. With the trick, **one** sample per image and step is enough to learn from. What reparameterization buys is not the ability to sample but a gradient with little noise.
#
# That holds for a smooth function; it is no theorem. For one that oscillates many times within $\sigma$, such as $\sin 20z$ at $\sigma = 1$, the pathwise estimate is the worse one (Mohamed et al., *Monte Carlo Gradient Estimation in Machine Learning*, 2020). The trick also needs a function that can be differentiated and a continuous $z$; for a discrete $z$ the score function is still in use.

# %%
for name, values in zip(
    names, estimates(lambda z: torch.sin(20 * z), 2.0, 1.0), strict=True
):
    print(f"sin 20z  {name:14}  {tr('phương sai', 'variance')} {values.var():.1f}")

# %% [markdown] lang="vi"
# ## 5 · Hàm của VAE
#
# ### Lượt của bạn
#
# Ghép tất cả lại: nhận hai tensor `mu`, `logvar` (kích thước $(N, d)$), lấy nhiễu *mới cho từng phần tử và ở mỗi lần gọi*, trả về `z` cùng kích thước, để gradient đi qua được đến cả hai. Trước khi viết, hãy tự hỏi: nhiễu phải có kích thước nào?
# Với `torch.randn(d)`, chương trình vẫn chạy; vậy nó sai ở đâu?

# %% [markdown] lang="en"
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
reparameterize_is_right = checks.check_reparameterize(reparameterize)

# %% [markdown] lang="vi"
# Lấy một nghìn mẫu $z$ cho một batch hai ảnh có $\mu$ và $\sigma$ khác nhau, bằng hàm của bạn (hoặc của `models.VAE`, khi hàm chưa đúng):

# %% [markdown] lang="en"
# Draw a thousand samples $z$ for a batch of two images with different $\mu$ and $\sigma$, by your function (or that of `models.VAE` until yours is right):

# %%
torch.manual_seed(0)
mu = torch.tensor([[-1.5, 0.5], [1.5, -0.5]])
logvar = torch.tensor([[-1.0, -2.5], [-3.0, -1.5]])
draw = reparameterize if reparameterize_is_right else model.reparameterize
z = torch.stack([draw(mu, logvar) for _ in range(1000)])  # (1000, 2, 2)
plots.clouds(
    {tr("ảnh 1", "image 1"): z[:, 0], tr("ảnh 2", "image 2"): z[:, 1]},
    limits=(-3.3, 3.3),
    title=tr("Mỗi ảnh là một đám mây", "Each image is a cloud"),
)

# %% [markdown] lang="vi"
# *Hình: hai đám mây điểm, mỗi đám bao quanh $\mu$ của một ảnh; các vòng nét đứt là $\mathcal{N}(0, I)$.* Đám thứ nhất trải ngang, đám thứ hai trải dọc, vì mỗi ảnh và mỗi chiều có $\sigma$ riêng.
#
# ## 6 · Nhờ mẹo này mà sinh được ảnh mới?
#
# Câu 4 của bài trắc nghiệm ghi công cho bước lấy mẫu với tái tham số hóa. Nói chặt chẽ thì có ba việc khác nhau:
#
# - **Phần KL** (bài 04) cho biết lấy $z$ ở đâu: nó giữ cho đám mây của mọi ảnh, *gộp chung lại*, gần $\mathcal{N}(0, I)$, dù có nhiễu hay không. <!-- claim: kl_says_where -->
# - **Nhiễu khi lấy mẫu** làm cho $\sigma$ có ý nghĩa: nhờ nó, mạng phải chọn mỗi đám mây rộng bao nhiêu. Bỏ nhiễu mà giữ KL thì $\sigma$ đứng ở 1, lớn hơn cả độ phân tán của các mã. <!-- claim: noise_gives_sigma_meaning --> Còn chất lượng của ảnh sinh từ $\mathcal{N}(0, I)$ thì ngang nhau, có nhiễu hay không. <!-- claim: noise_and_kl -->
# - **Mẹo tái tham số hóa** làm cho việc huấn luyện ấy hiệu quả. Lúc sinh ảnh thì chỉ cần $z \sim \mathcal{N}(0, I)$ và decoder: không có $\mu$, $\sigma$ nào, cũng không cần gradient.
#
# Vậy sao không dùng luôn $\mathcal{N}(0, I)$ khi huấn luyện, mà phải học $\mu$ và $\sigma$? Vì $z$ lấy từ đó không biết gì về ảnh cần tái tạo (bài 02, phần 6 đo điều này).
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
# Lựa chọn được chờ đợi là bước lấy mẫu với tái tham số hóa. Nói chặt chẽ hơn: KL cho biết lấy z ở đâu, nhiễu khi lấy mẫu làm cho σ có ý nghĩa, còn mẹo tái tham số hóa giúp huấn luyện được mô hình như vậy.
# </details>
#
# ## Tóm tắt
#
# - Gradient đi qua được lần gieo xúc xắc nhờ cách viết $z = \mu + \sigma \odot \varepsilon$: sự ngẫu nhiên nằm ở $\varepsilon$, còn $\mu$ và $\sigma$ đi vào $z$ bằng phép cộng và phép nhân. Nhiễu mới cho từng ảnh, từng chiều, từng lần gọi.
# - $\mu$ và $\sigma$ là đầu ra của encoder; thứ được cập nhật là trọng số, nhờ gradient đi qua $\mu$ và $\sigma$.
# - Không có mẹo vẫn còn score function, nhưng $\sigma$ càng nhỏ thì nó càng cần nhiều mẫu hơn so với khi dùng mẹo.
#
# *Đọc thêm:* Kingma & Welling, *Auto-Encoding Variational Bayes* (2014); Rezende, Mohamed & Wierstra, *Stochastic Backpropagation* (2014); Kingma & Welling, *An Introduction to Variational Autoencoders* (2019), mục 2.4.

# %% [markdown] lang="en"
# *The figure: two clouds of points, each around the $\mu$ of one image; the dashed circles are $\mathcal{N}(0, I)$.* The first is wide and the second tall, because every image and every dimension has its own $\sigma$.
#
# ## 6 · Is it the trick that makes new images possible?
#
# Quiz question 4 gives the credit to the sampling with reparameterization. Strictly, there are three different matters:
#
# - **The KL** (lesson 04) says where to draw $z$: it keeps the clouds of all images, *taken together*, near $\mathcal{N}(0, I)$, with the noise or without. <!-- claim: kl_says_where -->
# - **The sampling noise** gives $\sigma$ its meaning: it makes the network choose how wide each cloud is. Without the noise, but with the KL, $\sigma$ stays at 1, wider than the spread of the codes. <!-- claim: noise_gives_sigma_meaning --> Images from $\mathcal{N}(0, I)$ are as good with the noise as without. <!-- claim: noise_and_kl -->
# - **The trick** makes that training efficient. Making an image takes only $z \sim \mathcal{N}(0, I)$ and the decoder: no $\mu$, no $\sigma$, no gradients.
#
# Why learn $\mu$ and $\sigma$, then, and not train with $\mathcal{N}(0, I)$ itself? Because such a $z$ knows nothing of the image to be rebuilt (lesson 02, part 6 measures this).
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
# The option meant is the sampling with reparameterization. More strictly: the KL says where to draw z, the sampling noise gives σ its meaning, and the trick makes such a model trainable.
# </details>
#
# ## Recap
#
# - The gradient passes through the roll of the dice because we write $z = \mu + \sigma \odot \varepsilon$: the randomness sits in $\varepsilon$, and $\mu$ and $\sigma$ enter $z$ by a sum and a product. Fresh noise for each image, each dimension and each call.
# - $\mu$ and $\sigma$ are outputs of the encoder; what is updated are the weights, by gradients that pass through $\mu$ and $\sigma$.
# - Without the trick there is still the score function, but the smaller $\sigma$, the more samples it needs compared with the trick.
#
# *Further reading:* Kingma & Welling, *Auto-Encoding Variational Bayes* (2014); Rezende, Mohamed & Wierstra, *Stochastic Backpropagation* (2014); Kingma & Welling, *An Introduction to Variational Autoencoders* (2019), section 2.4.
