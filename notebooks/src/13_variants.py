# %% [markdown] lang="vi"
# # Bài 10 · Giới hạn và các biến thể
#
# *VAE vẽ được chữ số mới, nhưng mờ; nén được ảnh, nhưng có khi bỏ hẳn $z$, không dùng đến. Những điều ấy từ đâu ra, đo bằng gì, và chữa thế nào?* Bài cuối của khóa học đo các giới hạn của VAE
# bằng những con số so sánh được, rồi lần lượt huấn luyện các biến thể: $\beta$-VAE, VAE có điều kiện, VQ-VAE và AVAE.
#
# Cả bài mất khoảng hai phút rưỡi trên CPU (một luồng tính).

# %% [markdown] lang="en"
# # Lesson 10 · Limits and variants
#
# *A VAE draws new digits, but blurry ones; it compresses images, but sometimes leaves $z$ unused altogether. Where does that come from, how is it measured, and what cures it?* The last lesson of the course measures
# the limits of the VAE with numbers that can be compared, and then trains its variants one by one: the $\beta$-VAE, the conditional VAE, the VQ-VAE and the AVAE.
#
# The whole lesson takes about two and a half minutes on a CPU (one thread).

# %%
import copy
import math
from functools import partial

import torch
import torch.nn.functional as F
from IPython.display import Markdown
from sklearn.neighbors import KNeighborsClassifier
from torch.distributions import Bernoulli, Normal
from tqdm.auto import tqdm

from vae_helpers import checks, data, losses, models, plots, tr, training

N, EPOCHS = 12_000, 6  # 60_000 images and 60 epochs are the full training
everything = data.load_mnist()
grey = data.split(everything, [min(1, N / len(everything))], seed=0)[0]
# without a network there are fewer images, and they are shown more often
repeat = N // len(grey)
test = data.load_mnist(train=False)
x_test, y_test = test.images[:2000], test.labels[:2000]
print(grey, "·", tuple(x_test.shape))

# %% [markdown] lang="vi"
# ## 1 · Một VAE tốt đến đâu? Đo $\log p(x)$
#
# Muốn so hai mô hình sinh (generative model), hãy hỏi: mô hình nào gán xác suất cao hơn cho những ảnh kiểm tra (test) mà nó chưa thấy? Con số ấy là $\log p_\theta(x)$, tính bằng nat. Nhưng hai mô hình chỉ so được với nhau khi chúng nói về **cùng một loại dữ liệu, với cùng một loại decoder**:
#
# - **decoder Bernoulli** gán *xác suất* cho một ảnh gồm toàn 0 và 1, nên $\log p(x) \le 0$;
# - **decoder Gauss** gán *mật độ* cho một ảnh xám, nên $\log p(x)$ có thể dương.
#
# So con số của loại này với con số của loại kia là vô nghĩa. Vì vậy bài này có hai bảng, không gộp chung.
#
# Bắt đầu với Bernoulli. Một ảnh xám không phải là ảnh 0/1, và BCE trên ảnh xám (như nhiều bài viết vẫn dùng) tuy huấn luyện được nhưng không phải là một log-likelihood (log của hàm hợp lý). Theo thông lệ, ta **nhị phân hóa** (binarise): mỗi điểm ảnh thành 1 với xác suất bằng độ sáng của nó, làm một lần rồi giữ nguyên.

# %% [markdown] lang="en"
# ## 1 · How good is a VAE? Measuring $\log p(x)$
#
# To compare two generative models, ask: which of them gives a higher probability to test images that it has not seen? That number is $\log p_\theta(x)$, in nats. But two models can only be compared when they speak of **the same kind of data with the same kind of decoder**:
#
# - a **Bernoulli decoder** gives a *probability* to an image of zeros and ones, so $\log p(x) \le 0$;
# - a **Gaussian decoder** gives a *density* to a grey image, so $\log p(x)$ may be positive.
#
# To hold a number of one kind against one of the other means nothing. So this lesson has two tables, and they are never merged.
#
# Begin with Bernoulli. A grey image is no image of zeros and ones, and the BCE of greys (which many texts use) does train a network but is no log-likelihood. As is usual, we **binarise**: each pixel becomes 1 with a probability equal to its brightness, once and for all.

# %%
torch.manual_seed(0)
binary = data.ImageDataset(torch.bernoulli(grey.images), grey.labels, "binary")
b_test = torch.bernoulli(x_test)
few = b_test[:500]  # for the measurements that decode each image many times
plots.plot_images(
    {tr("xám", "grey"): x_test[:10], tr("nhị phân", "binary"): b_test[:10]},
    title=tr("Ảnh xám và ảnh nhị phân", "Grey and binary images"),
)

# %% [markdown] lang="vi"
# *Hình: hàng trên là ảnh xám, hàng dưới là ảnh nhị phân; mép nét chữ, vốn xám, trở nên lởm chởm.*
#
# Mô hình gốc để so với mọi biến thể là loại VAE hay gặp nhất trong các bài hướng dẫn, chỉ gồm các lớp kết nối đầy đủ (MLP): lớp ẩn 512 đơn vị, $z$ có 20 chiều, decoder cho ra **logit** (chưa qua sigmoid), hàm mất mát (loss) là BCE-with-logits cộng KL:

# %% [markdown] lang="en"
# *The figure: grey images above, binary ones below; the edges of the strokes, which were grey, have become ragged.*
#
# The model that all variants are held against is the fully connected VAE (an MLP) that tutorials show most often: a hidden layer of 512, $z$ with 20 dimensions, a decoder that gives **logits** (no sigmoid yet), and BCE-with-logits plus KL as the loss:

# %%
print(models.MLPVAE(latent_dim=20, hidden=512))
recipe = {
    "epochs": EPOCHS * repeat,
    "batch_size": 128,
    "lr": 8e-3,
    "schedule": "one-cycle",
    "log_dir": None,
    "seed": 0,
}


def train(make_model, loss, images=binary, progress=False, **changes):
    torch.manual_seed(0)
    model = make_model()
    training.fit(model, images, loss=loss, progress=progress, **recipe | changes)
    return model.cpu().eval()


# %% [markdown] lang="vi"
# Một lỗi kinh điển: đưa logit vào BCE thông thường (vốn chờ xác suất), hoặc đưa ảnh đã qua sigmoid vào BCE-with-logits (sigmoid hai lần). Ở đây `forward` trả về logit cho hàm mất mát, còn `decode` trả về ảnh trong $[0, 1]$ để vẽ.
#
# ⏱ Khoảng 5 giây trên CPU; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# A classic bug: logits fed to the plain BCE, or images that have passed a sigmoid fed to BCE-with-logits (sigmoid twice). Here `forward` returns logits for the loss, and `decode` returns images in $[0, 1]$ to draw.
#
# ⏱ About 5 seconds on a CPU; a GPU is much faster.

# %%
vae = train(models.MLPVAE, losses.bernoulli_vae_loss, progress=True)

torch.manual_seed(0)
z_prior = torch.randn(10, 20)
with torch.no_grad():
    rows = {
        tr("ảnh kiểm tra", "test images"): b_test[:10],
        tr("tái tạo", "rebuilt"): vae.decode(vae.encode(b_test[:10])[0]),
        "z ~ N(0, I)": vae.decode(z_prior),
    }
plots.plot_images(rows, title=tr("VAE Bernoulli", "The Bernoulli VAE"))

# %% [markdown] lang="vi"
# *Hình: hàng giữa dựng lại được chữ số nhưng mềm nét, số 9 ở cột tám và số 5 bị nhòe; hàng dưới có vài hình đọc được, như số 8 cuối cùng, còn nhiều hình lai giữa các chữ số.*
#
# ### Từ ELBO đến $\log p(x)$: nhiều mẫu hơn, trung bình nằm trong log
#
# ELBO chỉ là cận dưới của $\log p_\theta(x)$ (bài 04), và khoảng hở thì ta không biết. Burda và cộng sự (2016) cho một cận chặt hơn, dùng chính encoder ấy (trong mô hình IWAE, importance weighted autoencoder). Lấy $k$ mẫu $z_i \sim q_\phi(z|x)$ và tính **trọng số** (importance weight) của mỗi mẫu,
#
# $$w_i = \frac{p_\theta(x|z_i)\, p(z_i)}{q_\phi(z_i|x)}, \qquad \mathcal{L}_k = \mathbb{E}\left[\log \frac{1}{k}\sum_{i=1}^k w_i\right].$$
#
# Trung bình của $w$ là $\mathbb{E}_q[w] = \int q \cdot \frac{p(x|z)p(z)}{q}\,dz = p_\theta(x)$, đúng bằng thứ ta cần. Vì log lõm, bất đẳng thức Jensen cho $\mathcal{L}_k \le \log p_\theta(x)$ với mọi $k$; $\mathcal{L}_1$ chính là ELBO, và $k$ lớn hơn thì cận không bao giờ giảm.
#
# Các $\log w$ ở đây trung bình khoảng $-109$, mà từ khoảng $-104$ trở xuống, số thực 32 bit coi $w = e^{\log w}$ là 0. Vì vậy người ta không bao giờ tính $w$, mà dùng $\log\sum_i e^{a_i}$ (`torch.logsumexp`), trong đó số lớn nhất được tách ra trước.
#
# ### Lượt của bạn
#
# `log_w` có kích thước $(k, N)$: $k$ mẫu của mỗi ảnh. Trả về $\log\frac1k\sum_i w_i$ của từng ảnh, kích thước $(N,)$.

# %% [markdown] lang="en"
# *The figure: the middle row rebuilds the digits but softly, and smears the eighth, a 9, and the 5; in the bottom row a few can be read, such as the 8 at the end, while many are mixtures of digits.*
#
# ### From the ELBO to $\log p(x)$: more samples, with the mean inside the log
#
# The ELBO is only a lower bound of $\log p_\theta(x)$ (lesson 04), and we do not know the gap. Burda et al. (2016) give a tighter bound with the very same encoder (in their importance weighted autoencoder, IWAE). Take $k$ samples $z_i \sim q_\phi(z|x)$ and compute the **weight** of each,
#
# $$w_i = \frac{p_\theta(x|z_i)\, p(z_i)}{q_\phi(z_i|x)}, \qquad \mathcal{L}_k = \mathbb{E}\left[\log \frac{1}{k}\sum_{i=1}^k w_i\right].$$
#
# The mean of $w$ is $\mathbb{E}_q[w] = \int q \cdot \frac{p(x|z)p(z)}{q}\,dz = p_\theta(x)$, just what we want. As the log is concave, Jensen's inequality gives $\mathcal{L}_k \le \log p_\theta(x)$ for every $k$; $\mathcal{L}_1$ is the ELBO itself, and with a larger $k$ the bound never falls.
#
# The $\log w$ here are around $-109$ on average, and from about $-104$ down a 32-bit float takes $w = e^{\log w}$ for 0. That is why nobody computes $w$; one uses $\log\sum_i e^{a_i}$ (`torch.logsumexp`), which takes the largest number out first.
#
# ### Your turn
#
# `log_w` has shape $(k, N)$: $k$ samples of each image. Return $\log\frac1k\sum_i w_i$ of each image, of shape $(N,)$.


# %% tags=["exercise"]
def iw_log_likelihood(log_w):
    ### BEGIN SOLUTION
    return torch.logsumexp(log_w, dim=0) - math.log(len(log_w))
    ### END SOLUTION


# %%
checks.check_iw_log_likelihood(iw_log_likelihood)

# %% [markdown] lang="vi"
# `losses.log_weights` tính các $\log w$; cho nó biết decoder nói gì về ảnh, ở đây là phân phối Bernoulli với các logit ấy:

# %% [markdown] lang="en"
# `losses.log_weights` computes the $\log w$; tell it what the decoder says of an image, here a Bernoulli distribution with those logits:


# %%
def log_prob(p, x):
    """p: z → a distribution over images. Returns z → log p(x|z) of each image."""
    return lambda z: p(z).log_prob(x).flatten(1).sum(dim=1)


torch.manual_seed(0)
with torch.no_grad():
    mu, logvar = vae.encode(few)
    log_w = losses.log_weights(
        log_prob(lambda z: Bernoulli(logits=vae.decoder(z)), few), mu, logvar, k=200
    )

ks = (1, 2, 5, 10, 20, 50, 100, 200)
bounds = [
    torch.stack([losses.iw_log_likelihood(group) for group in log_w.split(k)])
    .mean()
    .item()
    for k in ks
]
print(
    "   ".join(
        f"k = {k}: {bound:.2f}"
        for k, bound in zip(ks, bounds, strict=True)
        if k in (1, 5, 50, 200)
    )
)
plots.curves(
    {"": (ks, bounds)},
    log="x",
    markers=True,
    xlabel=tr("số mẫu k cho mỗi ảnh", "samples k of each image"),
    ylabel=tr("cận dưới của log p(x) (nat)", "lower bound of log p(x) (nats)"),
    title=tr("Càng nhiều mẫu, cận càng chặt", "More samples, a tighter bound"),
)

# %% [markdown] lang="vi"
# *Hình: đường đi lên, dốc lúc đầu rồi thoải dần: từ −108,58 nat với $k = 1$ (ELBO) lên −104,03 với $k = 50$ và −103,52 với $k = 200$. ELBO đã đánh giá mô hình này thấp hơn thực tế ít nhất 5 nat.*
#
# Từ đây mỗi mô hình được đo bằng cùng một hàm: ELBO, $\log p(x)$ ước lượng với $k = 50$ (vẫn là cận dưới), tổng bình phương sai số (SSE) mỗi ảnh khi tái tạo từ $\mu$, KL, và số **chiều hoạt động** (active units): những chiều mà $\mu_j$ thay đổi thật sự từ ảnh này sang ảnh khác, $\mathrm{Var}_x[\mu_j(x)] > 0{,}01$ (Burda và cộng sự). Còn một chiều không hoạt động thì với ảnh nào cũng cho gần đúng $\mathcal{N}(0, 1)$: nó hầu như không mang thông tin.

# %% [markdown] lang="en"
# *The figure: the curve rises, steeply at first and then ever less: from −108.58 nats with $k = 1$ (the ELBO) to −104.03 with $k = 50$ and −103.52 with $k = 200$. The ELBO has underrated this model by at least 5 nats.*
#
# From here on each model is measured by the same function: ELBO, $\log p(x)$ estimated with $k = 50$ (still a lower bound), squared error (SSE) per image of the reconstruction from $\mu$, KL, and the number of **active units**: the dimensions whose $\mu_j$ really changes from image to image, $\mathrm{Var}_x[\mu_j(x)] > 0.01$ (Burda et al.). A dimension that is not active says very nearly $\mathcal{N}(0, 1)$, whatever the image: it carries next to no information.


# %%
def active_units(mu):
    return int((mu.var(dim=0) > 0.01).sum())


@torch.no_grad()
def measure(encode, decode, p, x, k=50):
    """encode: x → mu, logvar; decode: z → images, or None.

    p: z → the decoder's distribution, for the first 500 images.
    """
    torch.manual_seed(0)
    log_w = losses.log_weights(log_prob(p, x[:500]), *encode(x[:500]), k)
    mu, logvar = encode(x)
    return {
        "ELBO": log_w.mean().item(),
        "log p": losses.iw_log_likelihood(log_w).mean().item(),
        "SSE": losses.reconstruction_loss(decode(mu), x).item() if decode else None,
        "KL": losses.kl_divergence(mu, logvar).mean().item(),
        "units": active_units(mu),
    }


def bernoulli_scores(model):
    return measure(
        model.encode, model.decode, lambda z: Bernoulli(logits=model.decoder(z)), b_test
    )


# %%
def cell(name, value):
    if value is None:
        return "—"
    return (
        str(value)
        if isinstance(value, (int, str))
        else f"{value:.3f}"
        if name == "σ"
        else f"{value:.1f}"
    )


def table(rows):
    """rows: name → scores, shown as a Markdown table."""
    columns = list(next(iter(rows.values())))
    heads = [
        tr("chiều hoạt động", "active units") if column == "units" else column
        for column in columns
    ]
    lines = [["", *heads], ["---", *(["---:"] * len(columns))]]
    lines += [
        [name, *(cell(column, row[column]) for column in columns)]
        for name, row in rows.items()
    ]
    return Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


bernoulli_table = {tr("VAE gốc", "plain VAE"): bernoulli_scores(vae)}
table(bernoulli_table)

# %% [markdown] lang="vi"
# ## 2 · Đường cong tốc độ–méo
#
# Bây giờ là decoder Gauss trên ảnh xám, với hàm mất mát $B \cdot \mathrm{SSE} + \mathrm{KL}$ của bài tập. Chia cho $B$, ta được $\mathrm{SSE} + \beta\,\mathrm{KL}$ với $\beta = 1/B$: $B$ của bài tập và $\beta$ của **$\beta$-VAE** (Higgins và cộng sự, 2017) là cùng một núm, chỉ xoay ngược chiều nhau. Núm ấy chọn một điểm trên **đường cong tốc độ–méo** (rate–distortion):
#
# - **tốc độ** (rate) là KL: $z$ mang theo nhiều nhất chừng ấy nat về ảnh;
# - **độ méo** (distortion) là SSE: phần không dựng lại được.
#
# Huấn luyện năm mạng từ đầu, giống nhau ở mọi thứ trừ $B$:
#
# ⏱ Khoảng 15 giây trên CPU; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# ## 2 · The rate–distortion curve
#
# Now the Gaussian decoder on grey images, with the exercise's loss $B \cdot \mathrm{SSE} + \mathrm{KL}$. Divide by $B$ and it is $\mathrm{SSE} + \beta\,\mathrm{KL}$ with $\beta = 1/B$: the exercise's $B$ and the $\beta$ of the **$\beta$-VAE** (Higgins et al., 2017) are one knob, turned in opposite directions. It chooses a point on the **rate–distortion** curve:
#
# - the **rate** is the KL: $z$ carries at most that many nats about the image;
# - the **distortion** is the SSE: what cannot be rebuilt.
#
# Train five networks from scratch, alike in everything but $B$:
#
# ⏱ About 15 seconds on a CPU; a GPU is much faster.


# %%
def grey_vae():
    return models.MLPVAE(latent_dim=16, hidden=256, logits=False)


B_values = (0.5, 2, 10, 40, 1000)
swept = {}
for B in tqdm(B_values, desc="B", leave=False):
    swept[B] = train(grey_vae, partial(losses.vae_loss, B=B), images=grey)


# %%
def gaussian_scores(model, sigma):
    scores = measure(
        model.encode, model.decode, lambda z: Normal(model.decode(z), sigma), x_test
    )
    return {"σ": sigma, **scores}


gaussian_table = {
    f"B = {B}": gaussian_scores(model, 1 / math.sqrt(2 * B))
    for B, model in swept.items()
}
for name, row in gaussian_table.items():
    print(
        f"{name:9}   KL {row['KL']:6.2f}   SSE {row['SSE']:5.2f}   "
        f"{tr('chiều hoạt động', 'active units')} {row['units']}"
    )

# %%
places = {name: (row["KL"], row["SSE"]) for name, row in gaussian_table.items()}
plots.curves(
    {"": tuple(zip(*places.values(), strict=True))},
    markers=True,
    notes=places,
    xlim=(0, 1.15 * max(kl for kl, _ in places.values())),
    ylim=(None, 1.1 * max(sse for _, sse in places.values())),
    xlabel=tr("tốc độ: KL (nat)", "rate: KL (nats)"),
    ylabel=tr("độ méo: SSE mỗi ảnh", "distortion: SSE per image"),
    title=tr(
        "Đường cong tốc độ–méo, trên ảnh kiểm tra",
        "The rate–distortion curve, on test images",
    ),
)

# %%
torch.manual_seed(0)
z_prior = torch.randn(6, 16)
rows = {tr("ảnh thật", "real"): x_test[:12]}
with torch.no_grad():
    for B, model in swept.items():
        recon = model.decode(model.encode(x_test[:6])[0])
        rows[f"B = {B}"] = torch.cat([recon, model.decode(z_prior)])
title = tr("Trái: tái tạo · Phải: mẫu", "Left: reconstructed · Right: samples")
plots.plot_images(rows, title=title)

# %% [markdown] lang="vi"
# *Hai hình: hình trên là đường cong, rơi dốc từ $B = 0{,}5$ xuống $B = 10$, rồi nằm ngang. Hình dưới, từ hàng hai trở đi, mỗi hàng một $B$: sáu ô trái tái tạo sáu ảnh đầu của hàng trên cùng, sáu ô phải là mẫu, không liên quan gì đến sáu ảnh thật phía trên chúng. Với $B = 0{,}5$, ảnh tái tạo nhòe, số 2 giống số 3 và số 4 thành số 9, nhưng các mẫu đọc được nhất; $B$ càng lớn, ảnh tái tạo càng rõ còn mẫu càng vỡ, đến $B = 1000$ chỉ còn những vệt mờ.*
#
# Đọc các con số: từ $B = 0{,}5$ đến $B = 2$, thêm 11 nat thì SSE giảm từ 26,2 xuống 15,3. Từ $B = 40$ đến $B = 1000$ của bài tập, thêm 87 nat mà SSE chỉ giảm 0,1. Với một mạng nhỏ, luyện ít như ở đây (phần 3 sẽ nói thêm), những nat cuối ấy gần như không mua được gì, mà giá lại đắt: mã đi xa khỏi $\mathcal{N}(0, I)$, nên $z$ lấy từ phân phối này rơi vào chỗ decoder chưa từng được luyện. Và ở đầu kia, với $B = 0{,}5$, năm trong 16 chiều không còn hoạt động.
#
# ## 3 · Vì sao ảnh mờ?
#
# Đo độ nét trước: toán tử Laplace lấy mỗi điểm ảnh trừ đi trung bình bốn điểm quanh nó, nên lớn ở mép nét chữ và bằng 0 ở chỗ bằng phẳng. Trung bình bình phương của nó, so với ảnh thật, là **độ nét** (100 % là nét như ảnh thật):

# %% [markdown] lang="en"
# *Two figures: first the curve, which drops steeply from $B = 0.5$ to $B = 10$ and then lies flat. In the second one, from its second row on, each row is a $B$: the six on the left redraw the first six images of the top row, the six on the right are samples and have nothing to do with the real images above them. With $B = 0.5$ the reconstructions are smeared, the 2 looks like a 3 and the 4 becomes a 9, but the samples are the most readable; the larger $B$, the clearer the reconstructions and the more broken the samples, until at $B = 1000$ there are only faint smears.*
#
# Read the numbers: from $B = 0.5$ to $B = 2$, 11 nats more lower the SSE from 26.2 to 15.3. From $B = 40$ to the exercise's $B = 1000$, 87 nats more lower it by only 0.1. With this small network and short training (more in section 3) those last nats buy next to nothing, but their price is high: the codes move far from $\mathcal{N}(0, I)$, so a $z$ drawn from $\mathcal{N}(0, I)$ falls where the decoder was never trained. And at the other end, with $B = 0.5$, five of the 16 dimensions are no longer active.
#
# ## 3 · Why are the images blurry?
#
# Measure the sharpness first: the Laplacian subtracts from each pixel the mean of the four around it, so it is large at the edges of strokes and 0 where the image is flat. Its mean square, relative to real images, is the **sharpness** (100% is as sharp as real images):

# %%
laplacian = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]).view(
    1, 1, 3, 3
)


def sharpness(images):
    return (
        F.conv2d(images, laplacian).pow(2).mean()
        / F.conv2d(x_test, laplacian).pow(2).mean()
    )


torch.manual_seed(0)
z_prior = torch.randn(1000, 16)
print(f"B {'':10} {tr('tái tạo', 'reconstructions'):>16} {tr('mẫu', 'samples'):>8}")
with torch.no_grad():
    for B, model in swept.items():
        recon = model.decode(model.encode(x_test)[0])
        print(
            f"{B:<12} {sharpness(recon):16.0%} {sharpness(model.decode(z_prior)):8.0%}"
        )

# %% [markdown] lang="vi"
# Lý do nằm trong hàm mất mát. Với một encoder cho trước, decoder tốt nhất theo bình phương sai số là **trung bình có trọng số của các ảnh huấn luyện**, trong đó ảnh nào dùng mã $z$ ấy nhiều hơn thì có trọng số lớn hơn:
#
# $$\hat x^*(z) = \sum_n r_n\, x_n, \qquad r_n = \frac{q_\phi(z|x_n)}{\sum_m q_\phi(z|x_m)}.$$
#
# (Lấy đạo hàm của $\sum_n q_\phi(z|x_n)\,\|x_n - \hat x\|^2$ theo $\hat x$, cho bằng 0.) Nhiều ảnh chung một $z$ thì trung bình của chúng mờ. Bao nhiêu ảnh? $\exp(-\sum_n r_n \ln r_n)$ cho biết con số ấy: bằng 1 nếu chỉ một ảnh dùng mã này, bằng $m$ nếu $m$ ảnh dùng chung nó đều nhau.

# %% [markdown] lang="en"
# The reason lies in the loss. For a given encoder the best decoder in squared error is a **weighted mean of the training images**, in which each image weighs as much as it uses that code $z$:
#
# $$\hat x^*(z) = \sum_n r_n\, x_n, \qquad r_n = \frac{q_\phi(z|x_n)}{\sum_m q_\phi(z|x_m)}.$$
#
# (Differentiate $\sum_n q_\phi(z|x_n)\,\|x_n - \hat x\|^2$ by $\hat x$ and set it to 0.) When many images share a $z$, their mean is blurry. How many? $\exp(-\sum_n r_n \ln r_n)$ counts them: 1 if one image alone uses that code, $m$ if $m$ images share it equally.


# %%
@torch.no_grad()
def sharing(model, z):
    """r (M, N): the share that each of N training images has in each of M codes z."""
    mu, logvar = model.encode(grey.images)
    q = Normal(mu, torch.exp(0.5 * logvar))
    return torch.stack([q.log_prob(one).sum(dim=1).softmax(dim=0) for one in z])


torch.manual_seed(0)
pictures = {tr("ảnh", "image"): grey.images[:8]}
with torch.no_grad():
    for B in (0.5, 1000):
        z = swept[B].reparameterize(*swept[B].encode(grey.images[:100]))
        r = sharing(swept[B], z)
        # entr(r) = −r ln r
        share = torch.exp(torch.special.entr(r).sum(dim=1)).median()
        text = tr("ảnh chung một mã (trung vị)", "images share a code (median)")
        print(f"B = {B:<4}: {share:6.1f} {text}")
        mean_of = torch.einsum("mn,nchw->mchw", r[:8], grey.images)
        pictures[f"B = {B}: decoder"] = swept[B].decode(z[:8])
        pictures[f"B = {B}: {tr('trung bình', 'mean')}"] = mean_of
plots.plot_images(pictures, title=tr("Một mã, nhiều ảnh", "One code, many images"))

# %% [markdown] lang="vi"
# *Hình: hàng một là ảnh huấn luyện; hàng hai (decoder) và hàng ba (trung bình có trọng số) là của $B = 0{,}5$: mờ như nhau, và sai cùng một kiểu (số 3 ở cột hai giống số 8, số 4 ở cột bốn thành số 9). Hàng bốn và năm là của $B = 1000$: trung bình là chính bức ảnh, còn decoder thì mềm hơn và hỏng ở số 6 cuối.*
#
# Vậy ảnh mờ có hai nguồn khác nhau:
#
# - **Mã dùng chung.** Với $B = 0{,}5$, một mã điển hình được 162 trong 12.000 ảnh dùng chung, và decoder vẽ gần đúng trung bình của chúng. Muốn nét hơn thì $z$ phải mang nhiều nat hơn.
# - **Mạng chưa đủ giỏi.** Với $B = 1000$, mỗi ảnh có mã riêng (1,0), decoder tốt nhất sẽ trả lại đúng ảnh ấy; mạng của ta mới đạt độ nét 39 % (đo trên ảnh kiểm tra). Nguồn này chữa được bằng mạng lớn hơn và huấn luyện lâu hơn.
#
# Còn mẫu thì nét nhất ở $B = 2$ (17 %) rồi *giảm* xuống 7 % ở $B = 1000$, vì $z \sim \mathcal{N}(0, I)$ rơi vào giữa các mã. Và nhớ rằng ảnh ta xem là *trung bình* của $p_\theta(x|z)$; nếu thật sự lấy mẫu từ phân phối ấy thì phải cộng nhiễu $\sigma$ vào từng điểm ảnh, thêm hạt chứ không thêm nét. Các mô hình như GAN (generative adversarial network: một mạng vẽ, một mạng khác đoán ảnh thật hay giả) cho ảnh sắc hơn vì hàm mất mát của chúng không phải là sai số từng điểm ảnh; đổi lại, chúng không có encoder và không có ELBO.
#
# ## 4 · Đừng chọn $B$ bằng tay: $\sigma$ tốt nhất có công thức
#
# $B = 1/(2\sigma^2)$, với $\sigma$ là độ lệch chuẩn (standard deviation) của decoder (bài 04). Giữ lại số hạng thường bị bỏ đi, −log-likelihood của một ảnh với $D$ điểm ảnh là
#
# $$-\log p_\theta(x|z) = \frac{\mathrm{SSE}}{2\sigma^2} + D\log\sigma + \frac{D}{2}\log 2\pi.$$
#
# Đạo hàm theo $\sigma$: $-\mathrm{SSE}/\sigma^3 + D/\sigma = 0$, vậy $\sigma^2 = \mathrm{SSE}/D$: phương sai (variance) tốt nhất chính là **trung bình bình phương sai số**. Rybkin và cộng sự (2021) tính lại nó trên từng batch khi huấn luyện và gọi kết quả là **$\sigma$-VAE**. Không còn núm nào để chọn.
#
# ### Lượt của bạn
#
# Viết $\sigma$ tốt nhất, một con số chung cho mọi điểm ảnh của mọi ảnh trong batch. `recon` và `x` có cùng kích thước.

# %% [markdown] lang="en"
# *The figure: row one holds training images; rows two (the decoder) and three (the weighted mean) belong to $B = 0.5$: equally blurry, and wrong in the same way (the second, a 3, looks like an 8; the fourth, a 4, becomes a 9). Rows four and five belong to $B = 1000$: the mean is the image itself, while the decoder is softer and fails at the 6 on the right.*
#
# So the blur has two different sources:
#
# - **Shared codes.** With $B = 0.5$ a typical code is shared by 162 of the 12,000 images, and the decoder draws very nearly their mean. To be sharper, $z$ must carry more nats.
# - **A network that is not good enough yet.** With $B = 1000$ each image has a code of its own (1.0), and the best decoder would give that image back; ours reaches a sharpness of 39% (on test images). A larger network and a longer training help here.
#
# The samples are sharpest at $B = 2$ (17%) and then *fall* to 7% at $B = 1000$, because $z \sim \mathcal{N}(0, I)$ lands between the codes. And remember that the picture we look at is the *mean* of $p_\theta(x|z)$; a true sample of it has noise of $\sigma$ added to each pixel, which adds grain, not strokes. Models such as GANs (generative adversarial networks: one network draws, another guesses whether an image is real) give sharper images because their loss is no error pixel by pixel; in return they have no encoder and no ELBO.
#
# ## 4 · Do not choose $B$ by hand: the best $\sigma$ has a formula
#
# $B = 1/(2\sigma^2)$, where $\sigma$ is the decoder's standard deviation (lesson 04). With the term that is usually dropped, the −log-likelihood of an image of $D$ pixels is
#
# $$-\log p_\theta(x|z) = \frac{\mathrm{SSE}}{2\sigma^2} + D\log\sigma + \frac{D}{2}\log 2\pi.$$
#
# The derivative by $\sigma$: $-\mathrm{SSE}/\sigma^3 + D/\sigma = 0$, so $\sigma^2 = \mathrm{SSE}/D$: the best variance is the **mean squared error**. Rybkin et al. (2021) compute it afresh on every batch in training and call the result the **$\sigma$-VAE**. There is no knob left to choose.
#
# ### Your turn
#
# Write the best $\sigma$, one number for all pixels of all images in the batch. `recon` and `x` have the same shape.


# %% tags=["exercise"]
def optimal_sigma(recon, x):
    ### BEGIN SOLUTION
    return (x - recon).pow(2).mean().sqrt()
    ### END SOLUTION


# %%
checks.check_optimal_sigma(optimal_sigma)

# %% [markdown] lang="vi"
# Nhiều bài viết để decoder cho ra cả phương sai, *riêng cho từng điểm ảnh*: $p_\theta(x|z) = \mathcal{N}(\hat x(z), \mathrm{diag}\,\sigma^2(z))$. Ta huấn luyện cả hai: $\sigma$-VAE, và một mạng hai lớp ẩn với $\sigma$ riêng cho từng điểm ảnh. Mạng sau cần một cái sàn ($\sigma \ge 0{,}05$): điểm ảnh ở góc luôn bằng 0, nên nếu để tự do, $\sigma$ của nó tiến về 0 và mật độ tiến ra vô cùng.
#
# ⏱ Khoảng 8 giây trên CPU; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# Many texts let the decoder give the variance too, *one for each pixel*: $p_\theta(x|z) = \mathcal{N}(\hat x(z), \mathrm{diag}\,\sigma^2(z))$. We train both: the $\sigma$-VAE, and a network with two hidden layers and a $\sigma$ for each pixel. The latter needs a floor ($\sigma \ge 0.05$): a pixel in the corner is always 0, so if it were free, its $\sigma$ would go to 0 and the density to infinity.
#
# ⏱ About 8 seconds on a CPU; a GPU is much faster.


# %%
def gaussian_loss(recon, x, mu, logvar, sigma):
    kl = losses.kl_divergence(mu, logvar).mean()
    return (
        losses.gaussian_nll(recon, x, sigma) + kl,
        losses.reconstruction_loss(recon, x),
        kl,
    )


sigma_vae = train(grey_vae, losses.sigma_vae_loss, images=grey)
gauss = train(models.GaussianVAE, gaussian_loss, images=grey, lr=4e-3)

with torch.no_grad():
    # from training images, as it must be
    sigma = losses.optimal_sigma(sigma_vae(grey.images)[0], grey.images).item()
gaussian_table["σ-VAE"] = gaussian_scores(sigma_vae, sigma)
row = measure(
    gauss.encode, gauss.decode, lambda z: Normal(*gauss.distribution(z)), x_test
)
gaussian_table[tr("σ từng điểm ảnh", "σ per pixel")] = {"σ": None, **row}


# %%
table(gaussian_table)

# %% [markdown] lang="vi"
# Đọc bảng (chỉ so các hàng với nhau, không so với bảng Bernoulli):
#
# - **$B = 1000$** có SSE thấp nhất trong năm mạng đầu mà ELBO là −9475,7. Sai số thật mỗi điểm ảnh là $\sqrt{11{,}9/784} \approx 0{,}12$, còn nó khẳng định $\sigma = 0{,}022$: nó tự tin quá mức đến hơn năm lần, nên bị phạt nặng.
# - **$\sigma$-VAE** tự tìm ra $\sigma = 0{,}113$, ứng với $B \approx 39$, và có ELBO 521,9, hơn $B = 40$, mạng tốt nhất trong các mạng chọn $B$ bằng tay (467,7), với SSE 10,8 thay vì 12,1. $\sigma$ của hai mạng gần như nhau; có lẽ $\sigma$-VAE hơn vì $\sigma$ của nó lớn lúc đầu rồi nhỏ dần theo sai số, nên phần tái tạo chỉ dần dần mới nặng lên. Nhưng tốt nhất theo log-likelihood không có nghĩa là tốt nhất theo mẫu: ở $B = 40$, với $\sigma$ gần như thế, các mẫu ở phần 2 đã vỡ.
# - **$\sigma$ từng điểm ảnh** có ELBO cao nhất, 907,1, mà SSE tệ gấp ba (34,9). Mâu thuẫn ư? Không: mỗi điểm ảnh luôn bằng 0, với $\sigma$ ở sàn 0,05, góp $-\log(0{,}05\sqrt{2\pi}) \approx 2{,}08$ nat mà chẳng cần biết gì về $z$, còn ở nét chữ mạng cứ khai $\sigma$ lớn rồi bỏ mặc sai số. Hạ sàn xuống thì phần ấy còn tăng nữa. Mật độ cao không có nghĩa là ảnh đẹp.
#
# ## 5 · Sụp đổ hậu nghiệm
#
# **Sụp đổ hậu nghiệm** (posterior collapse): với mọi ảnh, $q_\phi(z|x)$ trùng với tiên nghiệm (prior) $\mathcal{N}(0, I)$, KL bằng 0, và $z$ không mang gì. Có hai con đường dẫn đến đó.
#
# **Đường thứ nhất: KL quá đắt.** Ở phần 2, $B$ nhỏ mới chỉ bắt đầu điều đó (với $B = 0{,}5$, năm trong 16 chiều đã tắt). Với decoder Bernoulli thì thủ phạm là $\beta$ lớn, và lần này ta đi đến cùng:
#
# ⏱ Khoảng 10 giây trên CPU; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# How to read the table (compare its rows with each other only, not with the Bernoulli table):
#
# - **$B = 1000$** has the lowest SSE of the first five networks and an ELBO of −9475.7. Its true error per pixel is $\sqrt{11.9/784} \approx 0.12$, but it claims $\sigma = 0.022$: over-confident more than five times, and punished for it.
# - The **$\sigma$-VAE** finds $\sigma = 0.113$ by itself, which is $B \approx 39$, and reaches an ELBO of 521.9, above $B = 40$, the best of the networks with a hand-set $B$ (467.7), with an SSE of 10.8 instead of 12.1. Their $\sigma$ is nearly the same; perhaps the $\sigma$-VAE is ahead because its $\sigma$ is large at first and shrinks with the error, so that the reconstruction gains its weight only little by little. But best in likelihood is not best in samples: with $B = 40$, nearly the same $\sigma$, the samples in section 2 were broken already.
# - **$\sigma$ per pixel** has the highest ELBO, 907.1, and an SSE three times as bad (34.9). A contradiction? No: each pixel that is always 0, with $\sigma$ at the floor of 0.05, gives $-\log(0.05\sqrt{2\pi}) \approx 2.08$ nats with no need of $z$, and on the strokes the network just declares a large $\sigma$ and lets the errors be. With a lower floor that part would rise further. A high density does not mean a good picture.
#
# ## 5 · Posterior collapse
#
# **Posterior collapse**: for every image $q_\phi(z|x)$ equals the prior $\mathcal{N}(0, I)$, the KL is 0, and $z$ carries nothing. Two roads lead there.
#
# **The first road: the KL is too dear.** In section 2 a small $B$ only began it (with $B = 0.5$ five of the 16 units had gone out). With a Bernoulli decoder it is a large $\beta$, and this time we go all the way:
#
# ⏱ About 10 seconds on a CPU; a GPU is much faster.

# %%
for beta in (4, 30):
    model = train(models.MLPVAE, partial(losses.bernoulli_vae_loss, beta=beta))
    bernoulli_table[f"β-VAE, β = {beta}"] = bernoulli_scores(model)
table(bernoulli_table)

# %% [markdown] lang="vi"
# *Bảng: mỗi hàng một mô hình.* Với $\beta = 4$, sáu trong 20 chiều đã tắt, và KL chỉ còn 7,5 nat thay vì 22,7. Với $\beta = 30$, KL bằng 0,0 và không chiều nào hoạt động, tức là sụp đổ hoàn toàn: $\mu$ gần như nhau với mọi ảnh, nên ảnh nào cũng được tái tạo thành gần như cùng một hình (SSE 65,7). (Decoder chưa hẳn điếc với $z$: $q$ đã trùng với prior, nên nếu decoder bỏ qua $z$ thì các trọng số $w_i$ bằng nhau và $\log p$ bằng ELBO, còn ở đây hai số cách nhau 5,7 nat. Nhưng $z$ không còn nói gì về bức ảnh.) Cách chữa thì rõ: giảm $\beta$. ($\beta$ lớn vừa phải được dùng khi người ta muốn mỗi chiều của $z$ mang một ý nghĩa riêng, và chịu mất độ chính xác.)
#
# **Đường thứ hai: decoder không cần $z$.** Cho decoder nhìn cả những điểm ảnh *trước* điểm nó đang vẽ, từng hàng từ trên xuống:
#
# $$\mathrm{logit}_i = \mathrm{decoder}(z)_i + \sum_{j<i} L_{ij}\, x_j, \qquad p_\theta(x|z) = \prod_i p_\theta(x_i \,|\, z, x_1, \ldots, x_{i-1}).$$
#
# $L$ là ma trận tam giác dưới, đường chéo bằng 0: `x @ L.T`, một dòng mã. Decoder như vậy gọi là **tự hồi quy** (autoregressive). Biết các điểm ảnh phía trên và bên trái thì điểm kế tiếp gần như đoán được; $z$ chỉ còn đáng giá ít nat, trong khi mỗi nat KL vẫn phải trả đủ. Lúc đầu, khi $z$ còn là nhiễu, gradient dạy decoder bỏ qua $z$ và dạy encoder tắt KL đi; tắt rồi thì hầu như không còn gradient nào gọi nó dậy, vì một decoder không nghe $z$ chẳng cho encoder biết phải sửa gì.
#
# Hai cách chữa thường gặp:
#
# - **KL warm-up** (tăng dần trọng số KL; Bowman và cộng sự, 2016): trọng số của KL tăng dần từ 0 đến 1, để $z$ kịp mang thông tin trước khi bị phạt.
# - **Free bits** (Kingma và cộng sự, 2016): mỗi chiều được miễn phí $\lambda$ nat. Phần KL trong hàm mất mát là
#
# $$\sum_j \max\Bigl(\lambda,\ \frac1N\sum_n \mathrm{KL}_j(x_n)\Bigr).$$
#
# Chẳng hạn với $\lambda = 0{,}5$ và ba chiều có KL bằng 0,1; 2,0 và 0,3 nat, kết quả là $0{,}5 + 2{,}0 + 0{,}5 = 3{,}0$. Dưới ngưỡng thì gradient bằng 0, nên không còn gì ép chiều ấy về 0.
#
# ### Lượt của bạn
#
# Viết hàm tính free bits. KL của một chiều, như ở các bài trước, là $\mathrm{KL}_j = -\frac12(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2)$ (`losses.kl_divergence` đã cộng các chiều lại, nên ở đây không dùng được). `mu`, `logvar` có kích thước $(N, d)$; với mỗi chiều, lấy trung bình KL trên batch *trước*, rồi mới áp ngưỡng `minimum`, rồi cộng lại thành một số. `t.clamp(min=a)` thay mọi phần tử nhỏ hơn $a$ bằng $a$.

# %% [markdown] lang="en"
# *The table: a model in each row.* With $\beta = 4$, six of the 20 dimensions have gone out, and the KL is 7.5 nats instead of 22.7. With $\beta = 30$ the KL is 0.0 and no unit is active, a total collapse: $\mu$ is nearly the same for every image, so all are rebuilt as nearly the same picture (SSE 65.7). (The decoder is not quite deaf to $z$: $q$ equals the prior by now, so if the decoder ignored $z$, all weights $w_i$ would be equal and $\log p$ would be the ELBO, but here the two are 5.7 nats apart. Only, $z$ no longer says anything about the image.) The cure is plain: a smaller $\beta$. (A moderately large $\beta$ is used where each dimension of $z$ should carry a meaning of its own, at the price of precision.)
#
# **The second road: the decoder has no need of $z$.** Let the decoder also see the pixels *before* the one it draws, row by row from the top:
#
# $$\mathrm{logit}_i = \mathrm{decoder}(z)_i + \sum_{j<i} L_{ij}\, x_j, \qquad p_\theta(x|z) = \prod_i p_\theta(x_i \,|\, z, x_1, \ldots, x_{i-1}).$$
#
# $L$ is a lower triangular matrix with a diagonal of 0: `x @ L.T`, one line of code. Such a decoder is called **autoregressive**. Given the pixels above and to the left the next one can nearly be guessed; $z$ is worth only a few nats, while each nat of KL still costs its full price. In the beginning, when $z$ is mere noise, the gradient teaches the decoder to ignore $z$ and the encoder to switch the KL off; once it is off, hardly any gradient calls it back, for a decoder that does not listen to $z$ tells the encoder nothing.
#
# Two common cures:
#
# - **KL warm-up** (Bowman et al., 2016): the weight of the KL rises from 0 to 1, so that $z$ can come to carry information before it is charged.
# - **Free bits** (Kingma et al., 2016): each dimension has $\lambda$ nats for free. The KL part of the loss is
#
# $$\sum_j \max\Bigl(\lambda,\ \frac1N\sum_n \mathrm{KL}_j(x_n)\Bigr).$$
#
# For example, with $\lambda = 0.5$ and three dimensions whose KLs are 0.1, 2.0 and 0.3 nats it is $0.5 + 2.0 + 0.5 = 3.0$. Below the threshold the gradient is 0, so nothing presses that dimension down any more.
#
# ### Your turn
#
# Write free bits. The KL of one dimension, as in earlier lessons, is $\mathrm{KL}_j = -\frac12(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2)$ (`losses.kl_divergence` has already summed over the dimensions, so it is of no use here). `mu` and `logvar` have shape $(N, d)$; for each dimension average the KL over the batch *first*, then apply the floor `minimum`, then sum to one number. `t.clamp(min=a)` replaces every entry below $a$ by $a$.


# %% tags=["exercise"]
def free_bits(mu, logvar, minimum):
    ### BEGIN SOLUTION
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp())
    return kl.mean(dim=0).clamp(min=minimum).sum()
    ### END SOLUTION


# %%
checks.check_free_bits(free_bits)

# %% [markdown] lang="vi"
# Trước hết ta *làm cho sụp đổ*: ba epoch với $\beta = 100$, để decoder học tự xoay xở mà không có $z$. Rồi từ đúng chỗ ấy, huấn luyện tiếp theo ba cách: chỉ −ELBO, KL warm-up trong nửa đầu, và free bits với $\lambda = 0{,}5$.
#
# ⏱ Khoảng 25 giây trên CPU; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# First we *make it collapse*: three epochs with $\beta = 100$, in which the decoder learns to get by without $z$. Then, from that very point, we train on in three ways: with −ELBO alone, with KL warm-up over the first half, and with free bits, $\lambda = 0.5$.
#
# ⏱ About 25 seconds on a CPU; a GPU is much faster.


# %%
class WarmUp:
    """−ELBO whose KL counts for more with each step: from 0 to 1 in `steps` steps."""

    def __init__(self, steps):
        self.step, self.steps = 0, steps

    def __call__(self, logits, x, mu, logvar):
        beta = min(1, self.step / self.steps)
        self.step += 1
        return losses.bernoulli_vae_loss(logits, x, mu, logvar, beta=beta)


def free_bits_loss(logits, x, mu, logvar):
    _, recon, kl = losses.bernoulli_vae_loss(logits, x, mu, logvar)
    return recon + losses.free_bits(mu, logvar, 0.5), recon, kl


def strong():
    return models.AutoregressiveVAE(latent_dim=20, hidden=256)


start = train(
    strong, partial(losses.bernoulli_vae_loss, beta=100), epochs=EPOCHS // 2 * repeat
)
half = recipe["epochs"] * math.ceil(len(binary) / recipe["batch_size"]) // 2
treatments = {
    tr("tự hồi quy, β = 100", "autoregressive, β = 100"): None,
    tr("… rồi −ELBO", "… then −ELBO"): losses.bernoulli_vae_loss,
    tr("… rồi khởi động KL", "… then KL warm-up"): WarmUp(half),
    tr("… rồi free bits", "… then free bits"): free_bits_loss,
}
strong_models = {}
for name, loss in tqdm(treatments.items(), desc="L x", leave=False):
    strong_models[name] = train(partial(copy.deepcopy, start), loss) if loss else start
    model = strong_models[name]
    p = partial(lambda model, z: Bernoulli(logits=model.pixel_logits(few, z)), model)
    # an image drawn pixel by pixel is no function of z
    bernoulli_table[name] = measure(model.encode, None, p, b_test)

table({name: bernoulli_table[name] for name in strong_models})

# %%
variances = {}
for name, model in strong_models.items():
    variance = model.encode(b_test)[0].detach().var(dim=0)
    variances[name] = variance.sort(descending=True).values
plots.curves(
    variances,
    log="y",
    markers=True,
    lines={"": 0.01},
    xlabel=tr("chiều của z, xếp từ tản nhất", "dimension of z, the most spread first"),
    ylabel=tr("phương sai của μ", "variance of μ"),
    title=tr("Chiều nào còn hoạt động?", "Which units are active?"),
)

# %%
torch.manual_seed(0)
z_prior = torch.randn(10, 20)
collapsed, _, _, cured = strong_models.values()
names = tr("sụp đổ", "collapsed"), "free bits"
one_z = z_prior[:1].expand(10, 20)
rows = {}
with torch.no_grad():
    for name, model in zip(names, (collapsed, cured), strict=True):
        rows[f"{name}: {tr('mười z', 'ten z')}"] = model.sample(z_prior)
        rows[f"{name}: {tr('một z', 'one z')}"] = model.sample(one_z)
figure = plots.plot_images(
    rows, title=tr("Mẫu của hai mạng", "Samples of two networks")
)

z_many = torch.randn(400, 20)
# twenty z, each of them twenty times
z_few = torch.randn(20, 20).repeat_interleave(20, dim=0)
for name, model in strong_models.items():
    same = model.sample(z_few).view(20, 20, 784).var(dim=1).sum(dim=1).mean()
    different = model.sample(z_many).flatten(1).var(dim=0).sum()
    left = tr("phương sai còn lại khi z cố định", "variance left when z is fixed")
    print(f"{name:24} {left}: {same / different:.0%}")
figure

# %% [markdown] lang="vi"
# *Hình trên: khi bị ép (xanh dương), cả 20 chiều nằm tít dưới ngưỡng 0,01; chỉ −ELBO (cam) kéo 8 chiều lên trên vạch; KL warm-up (xanh lục) có 7 chiều phân tán mạnh rồi tụt; free bits (tím) giữ cả 20 chiều ngang nhau. Hình dưới, mỗi hàng mười mẫu: hàng 1 và 3 là mười $z$ khác nhau, hàng 2 và 4 là **cùng một** $z$ dùng mười lần. Mạng sụp đổ (hàng 1, 2) thì trong cả hai trường hợp đều vẽ mỗi ô một kiểu; với free bits, hàng 4 đều là những hình hẹp chụm ở giữa, còn hàng 3 có cả những vòng tròn to. Dòng số đo điều đó: phần phương sai của ảnh còn lại khi cố định $z$ giảm từ 92 % (sụp đổ) xuống 66 % (free bits).*
#
# - **Bị ép sụp đổ** ($\beta = 100$): KL 0,0, không chiều nào hoạt động. Decoder tự vẽ lấy, và log-likelihood −115,2 chỉ thua VAE gốc 11 nat, dù nó mới học ba epoch và $z$ không nói gì về bức ảnh.
# - **Thôi ép, chỉ dùng −ELBO**: $z$ hầu như không thức dậy, 8 chiều với tổng cộng 2,2 nat. Decoder đã biết tự xoay xở, nên $z$ không còn bao nhiêu việc.
# - **KL warm-up**: 16 chiều, 5,9 nat, và $\log p$ tốt nhất trong bốn mạng (−96,2). Nhưng chỉ 7 chiều phân tán mạnh, chín chiều kia có phương sai dưới 0,1: có lẽ khi trọng số KL trở về 1, một phần thông tin lại bị bỏ. Nó chữa được một phần, không phải toàn bộ.
# - **Free bits**: cả 20 chiều, 10,0 nat: vừa bằng $20 \times 0{,}5$ nat được miễn phí, không hơn. ELBO (−99,1) chỉ bằng lúc không chữa, vì 10 nat ấy phải trả đủ; còn $\log p$ thì cao thêm được 2 nat (−96,6).
#
# Phải nói cho rõ: ở đây chính ta đã *ép* mạng sụp đổ trước, bằng ba epoch với $\beta = 100$. Huấn luyện từ đầu với −ELBO, cũng mạng này giữ được 20 chiều và 11,6 nat (đo riêng, 8 epoch): decoder này mạnh nhưng chưa đủ để tự nó làm $z$ sụp hẳn. Với decoder tự hồi quy mạnh hơn, như trong văn bản, sụp đổ thường đến mà không cần ép.
#
# So với VAE gốc (−104,0), cả ba mạng sau đều có log-likelihood cao hơn 5 đến 8 nat. So như vậy chưa hẳn công bằng (chúng đã học tổng cộng chín epoch, VAE gốc sáu; riêng $L$ thêm khoảng 300.000 trọng số), nhưng ngay mạng chỉ có 2,2 nat trong $z$ cũng hơn. Vậy **log-likelihood cao không có nghĩa là $z$ có ích**: hãy luôn xem cả KL và số chiều hoạt động.
#
# ## 6 · VAE có điều kiện
#
# Với VAE gốc, ta không chọn được chữ số: lấy $z \sim \mathcal{N}(0, I)$ rồi ra chữ số nào thì nhận chữ số ấy. **VAE có điều kiện** (conditional VAE, CVAE; Sohn và cộng sự, 2015) đưa nhãn $y$ vào cả encoder lẫn decoder, dưới dạng one-hot ghép vào đầu vào:
#
# $$\log p_\theta(x|y) \ge \mathbb{E}_{q_\phi(z|x,y)}[\log p_\theta(x|z,y)] - \mathrm{KL}(q_\phi(z|x,y)\,\|\,p(z)).$$
#
# Muốn một số 7 mới: lấy $z \sim \mathcal{N}(0, I)$, rồi đưa nó vào decoder kèm theo nhãn 7. Không cần ảnh nào, cũng không cần bộ phân loại nào.
#
# `fit` không đưa nhãn cho mô hình, nên ta tự viết vòng lặp huấn luyện (training loop), như ở bài 05:
#
# ⏱ Khoảng 6 giây trên CPU; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# *Above: forced (blue), all 20 units lie far below the threshold of 0.01; −ELBO alone (orange) lifts 8 over the line; with KL warm-up (green) 7 spread strongly and the rest drop; free bits (purple) keep all 20 level. Below, each row has ten samples: rows 1 and 3 have ten different $z$, rows 2 and 4 ten times the **same** $z$. The collapsed network (rows 1, 2) draws all sorts of things in both cases; with free bits, row 4 holds only narrow shapes gathered in the middle, while row 3 has large round loops too. The numbers measure it: the share of the variance of the images that is left when $z$ is fixed falls from 92% (collapsed) to 66% (free bits).*
#
# - **Forced to collapse** ($\beta = 100$): KL 0.0, no active unit. The decoder draws by itself, and its log-likelihood of −115.2 is only 11 nats behind the plain VAE, though it has learnt for three epochs only and $z$ says nothing about the image.
# - **No longer forced, with −ELBO alone**: $z$ hardly wakes up, 8 units with 2.2 nats in all. The decoder has learnt to get by, and little work is left for $z$.
# - **KL warm-up**: 16 units, 5.9 nats, and the best $\log p$ of the four (−96.2). But only 7 of them spread strongly, the other nine have a variance below 0.1: perhaps part of the information is dropped again when the price of the KL is back at 1. It cures in part, not wholly.
# - **Free bits**: all 20 units, 10.0 nats: just the $20 \times 0.5$ that are free, and no more. The ELBO (−99.1) is no better than without a cure, because those 10 nats are paid in full; $\log p$ is 2 nats better (−96.6).
#
# To be honest: here we *forced* the collapse first, by three epochs with $\beta = 100$. Trained from scratch with −ELBO the same network keeps 20 units and 11.6 nats (measured apart, 8 epochs): this decoder is strong, but not enough to make $z$ collapse by itself. With stronger autoregressive decoders, as for text, collapse often comes unforced.
#
# Compared with the plain VAE (−104.0) the last three all have a log-likelihood 5 to 8 nats higher. The race is not quite fair (they have learnt for nine epochs in all, the plain VAE for six, and $L$ alone adds some 300,000 weights), but even the one with only 2.2 nats in $z$ is ahead. So **a high log-likelihood does not mean that $z$ is of use**: always look at the KL and the active units as well.
#
# ## 6 · The conditional VAE
#
# With the plain VAE we cannot choose the digit: draw $z \sim \mathcal{N}(0, I)$ and take what comes. The **conditional VAE** (CVAE; Sohn et al., 2015) gives the label $y$ to both encoder and decoder, as a one-hot vector beside their input:
#
# $$\log p_\theta(x|y) \ge \mathbb{E}_{q_\phi(z|x,y)}[\log p_\theta(x|z,y)] - \mathrm{KL}(q_\phi(z|x,y)\,\|\,p(z)).$$
#
# To make a new 7: draw $z \sim \mathcal{N}(0, I)$ and give it to the decoder with the label 7. No image is needed, and no classifier.
#
# `fit` hands no labels to a model, so we write the loop out, as in lesson 05:
#
# ⏱ About 6 seconds on a CPU; a GPU is much faster.

# %%
torch.manual_seed(0)
device = training.default_device()
cvae = models.CVAE(latent_dim=4, hidden=256).to(device)
optimizer = torch.optim.Adam(cvae.parameters())
images, labels = binary.images.to(device), binary.labels.to(device)
longer = 2 * recipe["epochs"]
steps = longer * math.ceil(len(images) / 128)
schedule = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, max_lr=8e-3, total_steps=steps
)

for _ in tqdm(range(longer), desc="Epoch", leave=False):
    for batch in torch.randperm(len(images), device=device).split(128):
        x, y = images[batch], labels[batch]
        logits, mu, logvar = cvae(x, y)
        loss, _, _ = losses.bernoulli_vae_loss(logits, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()

# %%
cvae.cpu().eval()
torch.manual_seed(0)
z_prior = torch.randn(6, 4)
with torch.no_grad():
    # one z, ten labels
    rows = {
        f"z ({i})": cvae.decode(z.expand(10, 4), torch.arange(10))
        for i, z in enumerate(z_prior, start=1)
    }
titles = [f"y = {digit}" for digit in range(10)]
plots.plot_images(
    rows,
    titles,
    title=tr(
        "Mỗi cột một nhãn y, mỗi hàng một z", "Each column a label y, each row a z"
    ),
)

# %% [markdown] lang="vi"
# *Hình: mỗi cột một chữ số từ 0 đến 9, mỗi hàng một kiểu chữ: hàng hai và hàng cuối nghiêng và mảnh, hàng ba và hàng năm đứng thẳng. Nhãn quyết định chữ số, $z$ quyết định kiểu. Ở hàng đầu có mấy ô nhòe không đọc được.*
#
# Cần một con số. Giám khảo là bộ phân loại 3 láng giềng gần nhất trên ảnh xám, không cần huấn luyện gì. Và để so công bằng, một VAE không biết nhãn, cũng 4 chiều, cũng ngần ấy epoch:
#
# ⏱ Khoảng 8 giây trên CPU; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# *The figure: each column is a digit from 0 to 9, each row a style: the second and the last lean and are slim, the third and the fifth stand upright. The label decides the digit, $z$ the style. In the first row some cells are smears that cannot be read.*
#
# It takes a number. The judge is a 3-nearest-neighbour classifier on grey images, which needs no training. And for a fair comparison a VAE without labels, with 4 dimensions too and as many epochs:
#
# ⏱ About 8 seconds on a CPU; a GPU is much faster.

# %%
judge = KNeighborsClassifier(3).fit(grey.images.flatten(1), grey.labels)


def reads(images):
    """The digit that the judge reads in each image."""
    return torch.from_numpy(judge.predict(images.flatten(1)))


y = torch.arange(10).repeat(50)
torch.manual_seed(0)
with torch.no_grad():
    generated = cvae.decode(torch.randn(500, 4), y)
right = (reads(generated) == y).float().mean()
print(
    f"{tr('ảnh kiểm tra', 'test images')}: {(reads(x_test) == y_test).float().mean():.1%}   CVAE: {right:.1%}"
)

vae_4 = train(
    partial(models.MLPVAE, latent_dim=4, hidden=256),
    losses.bernoulli_vae_loss,
    epochs=longer,
)
names = (
    tr("VAE, 4 chiều", "VAE, 4 dimensions"),
    tr("CVAE, 4 chiều", "CVAE, 4 dimensions"),
)
bernoulli_table[names[0]] = bernoulli_scores(vae_4)
bernoulli_table[names[1]] = measure(
    lambda x: cvae.encode(x, y_test[: len(x)]),
    lambda z: cvae.decode(z, y_test[: len(z)]),
    lambda z: Bernoulli(logits=cvae.pixel_logits(z, y_test[: len(z)])),
    b_test,
)
table({name: bernoulli_table[name] for name in names})

# %% [markdown] lang="vi"
# Trong 500 ảnh sinh ra, giám khảo đọc đúng chữ số được yêu cầu ở 75,2 % số ảnh; đoán mò thì được 10 %, và chính giám khảo cũng chỉ đọc đúng 92,7 % ảnh thật. Biết nhãn cũng làm việc mô tả ảnh dễ hơn: $\log p$ tăng từ −132,9 lên −121,6 nat, với KL nhỏ hơn (7,6 so với 8,9), vì $z$ không còn phải nói đó là chữ số nào.
#
# Nhưng hãy so cho công bằng: −121,6 là $\log p(x|y)$. Muốn có $\log p(x)$ thì phải đoán cả nhãn; với mười lớp đồng đều, $\log p(x) \ge \log p(x|y) - \log 10$, tức là mất nhiều nhất 2,3 nat. Lợi thế vẫn còn 9 nat.
#
# Vì sao chỉ 4 chiều? Với 20 chiều và vài giây huấn luyện, $z$ tự mang luôn chữ số và decoder gần như bỏ qua nhãn: trong một lần đo riêng (20 chiều, 6 epoch, giám khảo trên ảnh nhị phân), chỉ 40,6 % ảnh sinh ra đúng chữ số. $z$ hẹp buộc decoder phải dùng nhãn.
#
# ## 7 · VQ-VAE: mã rời rạc
#
# Trong **VQ-VAE** (van den Oord và cộng sự, 2017), mã không phải là một điểm trong không gian liên tục mà là một *từ* gồm vài *chữ cái*. Encoder cho ra 16 vector $z_e$, mỗi vector 8 chiều; mỗi vector được **lượng tử hóa** (quantization): thay bằng vector gần nhất trong **codebook** gồm $K = 64$ vector, $z_q = e_k$ với $k = \arg\min_j \|z_e - e_j\|$. Decoder chỉ thấy $z_q$. Như vậy, một ảnh thành 16 chỉ số (index), nhiều nhất $16 \log_2 64 = 96$ bit.
#
# Chỉ số $k$ là số nguyên nên không có đạo hàm. Mẹo **straight-through** (chép thẳng gradient): khi lan truyền xuôi thì dùng $z_q$, khi lan truyền ngược (backpropagation) thì chép nguyên gradient của $z_q$ cho $z_e$, như thể không có bước lượng tử hóa. Với $\mathrm{sg}$ (stop-gradient, `detach`) là "coi như hằng số", hàm mất mát là
#
# $$\mathcal{L} = -\log p_\theta(x|z) + \|\mathrm{sg}(z_e) - z_q\|^2 + 0{,}25\,\|z_e - \mathrm{sg}(z_q)\|^2.$$
#
# Số hạng giữa kéo các vector của codebook về phía đầu ra của encoder; số hạng cuối giữ đầu ra ấy ở gần codebook.
#
# ### Lượt của bạn
#
# `z_e` có kích thước $(N, \text{dim})$, `codebook` có kích thước $(K, \text{dim})$. Trả về $z$: giá trị là vector gần nhất, còn gradient đi thẳng về `z_e` và *không* vào codebook. `torch.cdist(a, b)` cho khoảng cách từ mỗi hàng của $a$ đến mỗi hàng của $b$. Hãy cẩn thận xem cái nào nằm trong `detach()`.

# %% [markdown] lang="en"
# Of 500 generated images the judge reads the digit that was ordered in 75.2%; guessing gives 10%, and the judge itself reads only 92.7% of real images rightly. Knowing the label also makes images easier to describe: $\log p$ rises from −132.9 to −121.6 nats, with a smaller KL (7.6 against 8.9), because $z$ need no longer say which digit it is.
#
# But compare fairly: −121.6 is $\log p(x|y)$. For $\log p(x)$ the label must be guessed as well; with ten equal classes $\log p(x) \ge \log p(x|y) - \log 10$, a loss of 2.3 nats at most. That leaves an advantage of 9 nats.
#
# Why only 4 dimensions? With 20 and a few seconds of training, $z$ carries the digit by itself and the decoder nearly ignores the label: in a measurement apart (20 dimensions, 6 epochs, a judge on binary images) only 40.6% of the generated images were the right digit. A narrow $z$ forces the decoder to use the label.
#
# ## 7 · The VQ-VAE: discrete codes
#
# In a **VQ-VAE** (van den Oord et al., 2017) the code is no point of a continuous space but a *word* of a few *letters*. The encoder gives 16 vectors $z_e$ of 8 dimensions; each goes through **quantization**: it is replaced by the nearest vector of a **codebook** of $K = 64$ vectors, $z_q = e_k$ with $k = \arg\min_j \|z_e - e_j\|$. The decoder sees $z_q$ alone. So an image is 16 indices, at most $16 \log_2 64 = 96$ bits.
#
# The index $k$ is an integer and has no derivative. The **straight-through** trick: the forward pass uses $z_q$, and the backward pass copies the gradient of $z_q$ to $z_e$ as if there were no quantization. With $\mathrm{sg}$ (stop-gradient, `detach`) for "take it as a constant" the loss is
#
# $$\mathcal{L} = -\log p_\theta(x|z) + \|\mathrm{sg}(z_e) - z_q\|^2 + 0.25\,\|z_e - \mathrm{sg}(z_q)\|^2.$$
#
# The middle term pulls the codebook's vectors towards the encoder; the last one keeps the encoder near the codebook.
#
# ### Your turn
#
# `z_e` has shape $(N, \text{dim})$, `codebook` has shape $(K, \text{dim})$. Return $z$: its value is the nearest vector, while its gradient goes straight to `z_e` and *not* into the codebook. `torch.cdist(a, b)` gives the distance from each row of $a$ to each row of $b$. Mind what stands inside the `detach()`.


# %% tags=["exercise"]
def straight_through(z_e, codebook):
    ### BEGIN SOLUTION
    index = torch.cdist(z_e, codebook).argmin(dim=1)
    z_q = codebook[index]
    return z_e + (z_q - z_e).detach()
    ### END SOLUTION


# %%
checks.check_straight_through(straight_through)

# %% [markdown] lang="vi"
# Viết thành công thức: $z = z_e + \mathrm{sg}(z_q - z_e)$. Hai vector $z_e$ triệt tiêu nhau, nên giá trị là $z_q$; phần trong $\mathrm{sg}$ là hằng số, nên đạo hàm theo $z_e$ là 1.
#
# ⏱ Khoảng 6 giây trên CPU; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# As a formula: $z = z_e + \mathrm{sg}(z_q - z_e)$. The two $z_e$ cancel, so its value is $z_q$; what is inside $\mathrm{sg}$ is a constant, so its derivative by $z_e$ is 1.
#
# ⏱ About 6 seconds on a CPU; a GPU is much faster.

# %%
vq = train(models.VQVAE, losses.vq_loss, progress=True)
with torch.no_grad():
    words = vq.encode(binary.images)  # (12000, 16), whole numbers from 0 to 63
    test_words = vq.encode(b_test)
print(
    tr("ảnh đầu tiên viết thành:", "the word of the first image:"),
    *test_words[0].tolist(),
)

share = torch.bincount(words.flatten(), minlength=vq.codes) / words.numel()
perplexity = torch.exp(torch.special.entr(share).sum())
print(
    f"{tr('vector được dùng', 'vectors in use')}: {(share > 0).sum()} / {vq.codes}   perplexity: {perplexity:.1f}"
)

# %% [markdown] lang="vi"
# Trong log huấn luyện trên, cột `kl` không phải là KL: ở đó `vq_loss` ghi $\|z_e - z_q\|^2$, cộng trên 16 chữ cái; nó có mặt hai lần trong hàm mất mát, nên `loss` bằng `recon` + 1,25 · `kl`. **Perplexity** $\exp(-\sum_k p_k \ln p_k)$, với $p_k$ là tần suất của vector thứ $k$, cho biết codebook thật sự được dùng bao nhiêu: bằng $K$ nếu mọi vector được dùng đều nhau, bằng 1 nếu chỉ dùng một.
#
# ### Một tiên nghiệm cho các từ
#
# VQ-VAE không có KL kéo mã về $\mathcal{N}(0, I)$, nên ta chưa biết lấy đâu ra một *từ* để sinh ảnh. Phải học một prior trên các từ, *sau khi* encoder đã luyện xong. Hai ứng viên:
#
# - **tần suất**: mỗi vị trí một bảng tần suất riêng, các vị trí độc lập với nhau;
# - một **mạng nơ-ron hồi quy** (recurrent network) nhỏ, loại GRU: đoán chữ cái kế tiếp dựa vào các chữ cái trước đó, $p(k_1)\,p(k_2|k_1)\,p(k_3|k_1, k_2)\cdots$
#
# ⏱ Khoảng 3 giây trên CPU; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# In the log above the column `kl` is no KL: there `vq_loss` puts $\|z_e - z_q\|^2$, summed over the 16 letters; it stands in the loss twice, so `loss` is `recon` + 1.25 · `kl`. The **perplexity** $\exp(-\sum_k p_k \ln p_k)$, with $p_k$ the share of vector $k$, tells how much of the codebook is really in use: $K$ if all vectors are used equally, 1 if only one is.
#
# ### A prior for the words
#
# A VQ-VAE has no KL that pulls its codes to $\mathcal{N}(0, I)$, so we do not know yet where to take a word from to make an image. A prior over words must be learnt, *after* the encoder is done. Two candidates:
#
# - **frequencies**: a table of frequencies for each position, the positions independent of each other;
# - a **small recurrent network** (GRU): guess the next letter from the letters before it, $p(k_1)\,p(k_2|k_1)\,p(k_3|k_1, k_2)\cdots$
#
# ⏱ About 3 seconds on a CPU; a GPU is much faster.


# %%
def word_nats(logits, index):
    """−log p of each word, averaged over the words, in nats."""
    return F.cross_entropy(
        logits.flatten(0, 1), index.flatten(), reduction="sum"
    ) / len(index)


# one more than was seen, so that nothing is impossible
counts = F.one_hot(words, vq.codes).sum(dim=0) + 1
frequencies = (counts / counts.sum(dim=1, keepdim=True)).log()

word_set = data.ImageDataset(words, binary.labels, "words")
prior = train(models.CodePrior, word_nats, images=word_set, lr=1e-2)
with torch.no_grad():
    by_frequency = word_nats(
        frequencies.expand(len(test_words), -1, -1), test_words
    ).item()
    by_gru = word_nats(*prior(test_words), test_words).item()
uniform = vq.positions * math.log(vq.codes)
for name, nats in (
    (tr("đều", "uniform"), uniform),
    (tr("tần suất", "frequencies"), by_frequency),
    ("GRU", by_gru),
):
    print(f"{name:12} {nats:6.1f} nat = {nats / math.log(2):5.1f} bit")

# %%
torch.manual_seed(0)
with torch.no_grad():
    independent = torch.stack(
        [torch.multinomial(row, 10, replacement=True) for row in frequencies.exp()],
        dim=1,
    )
    rows = {
        tr("ảnh", "images"): b_test[:10],
        tr("tái tạo", "rebuilt"): vq.decode(test_words[:10]),
        tr("theo tần suất", "by frequencies"): vq.decode(independent),
        tr("theo GRU", "by GRU"): vq.decode(prior.sample(10, vq.positions)),
    }
plots.plot_images(
    rows, title=tr("VQ-VAE: tái tạo và mẫu", "VQ-VAE: rebuilt and sampled")
)

# %%
# the ELBO from the same 500 images as with every other model
few_words = test_words[: len(few)]
with torch.no_grad():
    recon_nats = F.binary_cross_entropy_with_logits(
        vq(few)[0], few, reduction="sum"
    ).item() / len(few)
    few_nats = (
        word_nats(frequencies.expand(len(few), -1, -1), few_words).item(),
        word_nats(*prior(few_words), few_words).item(),
    )
    sse = losses.reconstruction_loss(vq.decode(test_words), b_test).item()
    vae_nats = losses.kl_divergence(*vae.encode(few)).mean().item()

names = tr("VQ-VAE, tần suất", "VQ-VAE, frequencies"), "VQ-VAE, GRU"
for name, nats, kl in zip(names, few_nats, (by_frequency, by_gru), strict=True):
    bernoulli_table[name] = {
        "ELBO": -recon_nats - nats,
        "log p": None,
        "SSE": sse,
        "KL": kl,
        "units": None,
    }
vae_name = tr("VAE gốc", "plain VAE")
for name, nats in ((vae_name, vae_nats), ("VQ-VAE, GRU", few_nats[1])):
    recon = -bernoulli_table[name]["ELBO"] - nats
    print(
        f"{name:12} {tr('tái tạo', 'reconstruction')} {recon:.1f} + {tr('mã', 'code')} {nats:.1f} nat"
    )
table({name: row for name, row in bernoulli_table.items() if name.startswith("VQ")})

# %% [markdown] lang="vi"
# *Hình: hàng hai dựng lại được các chữ số từ 16 chữ cái (số 9 ở cột tám bị nhòe); hàng ba, các chữ cái lấy độc lập, có vài số đọc được (8, 3), còn lại là nét của nhiều chữ số chồng lên nhau; hàng bốn, theo GRU, nhiều hình đọc được hơn: 3, 7, 8, 6, 2.*
#
# 63 trong 64 vector được dùng, perplexity 55,9: codebook không sụp đổ. (Khi nhiều vector không bao giờ được chọn, người ta gọi là codebook collapse, và perplexity sẽ thấp.) Viết một từ tốn 96,0 bit nếu mọi chữ cái như nhau, 81,9 bit theo tần suất, 65,1 bit theo GRU: 17 bit chênh lệch giữa hai prior chính là thông tin mà chữ cái này cho biết về chữ cái kia, trong chừng mực mạng GRU này học được.
#
# VQ-VAE cũng có một ELBO đúng nghĩa: $\log p_\theta(x|z_q)$ cộng log của prior, vì $q$ dồn hết xác suất vào một từ duy nhất. Tiên nghiệm tốt hơn nâng nó thẳng từ −138,6 lên −126,6. Nó vẫn thua VAE gốc (−108,6, đo trên cùng 500 ảnh), và hai dòng in trên bảng cho biết vì sao: VQ-VAE tái tạo còn tốt hơn một chút (81,9 so với 86,0 nat), nhưng tốn 44,7 nat cho mã, còn VAE chỉ tốn 22,6. Thế mạnh của mã rời rạc nằm ở chỗ khác: với ảnh lớn và một prior mạnh, như trong bài báo gốc.
#
# ## 8 · AVAE: encoder có nhận ra ảnh do chính decoder vẽ không?
#
# Lấy $z$, giải mã thành ảnh $\tilde x$, rồi mã hóa lại. Encoder có đưa ta về $z$ không? Cemgil và cộng sự (2020) nhận thấy là không hẳn: VAE được luyện với ảnh thật, và không có gì bắt nó nhất quán trên ảnh do chính nó vẽ. **AVAE** (autoencoding VAE) thêm đòi hỏi ấy. Với $\tilde z \sim q_\phi(\cdot|\tilde x)$, phân phối mong muốn là một bước đi ngắn từ $z$, với hệ số tương quan $\rho$:
#
# $$p_\rho(\tilde z|z) = \mathcal{N}(\rho z,\ (1-\rho^2) I), \qquad \mathcal{L}_{\text{AVAE}} = -\mathrm{ELBO} + \mathrm{KL}\bigl(q_\phi(\tilde z|\tilde x)\,\|\,p_\rho(\tilde z|z)\bigr).$$
#
# Bước ấy giữ nguyên prior: nếu $z \sim \mathcal{N}(0, I)$ thì $\tilde z$ có phương sai $\rho^2 + (1 - \rho^2) = 1$. Gradient của số hạng mới không đi qua $\tilde x$, nên chỉ encoder phải sửa mình.
#
# ⏱ Khoảng 8 giây trên CPU; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# *The figure: row two rebuilds the digits from 16 letters (the eighth, a 9, is smeared); in row three, with letters drawn independently, a few can be read (8, 3), the others are strokes of several digits on top of each other; in row four, by the GRU, more can be read: 3, 7, 8, 6, 2.*
#
# 63 of the 64 vectors are in use, with a perplexity of 55.9: the codebook has not collapsed. (When many vectors are never chosen one speaks of codebook collapse, and the perplexity is low.) Writing a word takes 96.0 bits if all letters are alike, 81.9 by frequencies, 65.1 by the GRU: the 17 bits between the two priors are what the letters tell of each other, as far as this GRU has learnt it.
#
# A VQ-VAE has a true ELBO as well: $\log p_\theta(x|z_q)$ plus the log of the prior, for its $q$ puts everything on one word. A better prior lifts it at once from −138.6 to −126.6. It is still behind the plain VAE (−108.6 on the same 500 images), and the two lines printed above the table tell why: the VQ-VAE even rebuilds a little better (81.9 against 86.0 nats), but it spends 44.7 nats on the code, the VAE only 22.6. The strength of discrete codes lies elsewhere: with large images and a strong prior, as in the original paper.
#
# ## 8 · The AVAE: does the encoder recognise what its own decoder draws?
#
# Take a $z$, decode it to an image $\tilde x$, and encode that again. Does the encoder lead back to $z$? Cemgil et al. (2020) found that it does not quite: a VAE is trained on real images, and nothing makes it consistent on images that it has drawn itself. The **AVAE** (autoencoding VAE) adds that demand. For $\tilde z \sim q_\phi(\cdot|\tilde x)$ the distribution wanted is a short step from $z$, with a correlation $\rho$:
#
# $$p_\rho(\tilde z|z) = \mathcal{N}(\rho z,\ (1-\rho^2) I), \qquad \mathcal{L}_{\text{AVAE}} = -\mathrm{ELBO} + \mathrm{KL}\bigl(q_\phi(\tilde z|\tilde x)\,\|\,p_\rho(\tilde z|z)\bigr).$$
#
# The step leaves the prior as it is: with $z \sim \mathcal{N}(0, I)$, $\tilde z$ has variance $\rho^2 + (1 - \rho^2) = 1$. No gradient of the new term passes through $\tilde x$, so only the encoder has to mend its ways.
#
# ⏱ About 8 seconds on a CPU; a GPU is much faster.

# %%
avae = train(models.AVAE, losses.avae_loss, progress=True)  # rho = 0.975
bernoulli_table["AVAE"] = bernoulli_scores(avae)


@torch.no_grad()
def round_trips(model, z, times):
    """The codes after 0, 1, … round trips: draw an image, take its mu as the next z."""
    codes = [z]
    for _ in range(times):
        codes.append(model.encode(torch.bernoulli(model.decode(codes[-1])))[0])
    return codes


torch.manual_seed(0)
z = torch.randn(500, 20)
trips = {
    name: round_trips(model, z, 10) for name, model in (("VAE", vae), ("AVAE", avae))
}
for name, codes in trips.items():
    distance = (codes[1] - z).pow(2).mean().sqrt()
    correlation = torch.corrcoef(torch.stack([codes[1].flatten(), z.flatten()]))[0, 1]
    print(
        f"{name:4}   {tr('lệch mỗi chiều', 'off by, per dimension')} {distance:.3f}"
        f"   {tr('tương quan', 'correlation')} {correlation:.3f}"
    )

# %%
drift, kept = {}, {}
for (name, codes), model in zip(trips.items(), (vae, avae), strict=True):
    far = [(code - z).norm(dim=1).mean() / z.norm(dim=1).mean() for code in codes]
    with torch.no_grad():
        first, *later = (reads(model.decode(code)) for code in codes)
    drift[name] = range(11), far
    kept[name] = range(11), [1.0, *((digit == first).float().mean() for digit in later)]
plots.curves(
    {
        tr("Mã trôi xa bao nhiêu?", "How far does the code drift?"): drift,
        tr("Vẫn còn chữ số ban đầu?", "Still the same digit?"): kept,
    },
    markers=True,
    ylim=(0, None),
    xlabel=tr("số vòng vẽ rồi mã hóa lại", "round trips of drawing and encoding"),
    ylabel=[
        tr("khoảng cách tới z, so với |z|", "distance to z, relative to |z|"),
        tr("tỉ lệ ảnh giữ nguyên chữ số", "share that keeps its digit"),
    ],
)

# %% [markdown] lang="vi"
# *Hình: bên trái, một vòng đã đưa mã đi hơn nửa độ dài của $z$, ở cả hai mạng; sau mười vòng, mã của VAE trôi xa khoảng 1,0, của AVAE khoảng 0,9 lần độ dài ấy. Bên phải, cả hai đánh mất chữ số ban đầu gần như nhau: khoảng ba phần tư số ảnh giữ được chữ số sau một vòng, dưới một nửa sau mười vòng; từ vòng hai trở đi, AVAE còn thấp hơn VAE một chút.* (Trong log huấn luyện, `loss` lớn hơn `recon` + `kl`: phần dư, 8,4 nat ở epoch cuối, là số hạng mới.)
#
# Lời hứa thứ hai của AVAE là mã **bền** (robust) hơn: một thay đổi rất nhỏ của ảnh, dù cố ý gây hại, cũng không được đẩy mã đi xa. Ta thử tấn công (adversarial attack) encoder: trong phạm vi $\pm\epsilon$ cho mỗi điểm ảnh, tìm ảnh đẩy $\mu$ đi xa nhất, bằng 10 bước theo dấu của gradient, mỗi bước lại kéo về trong phạm vi ấy (PGD, projected gradient descent; ở đây đi lên). Cột "mã dịch" là quãng $\mu$ bị đẩy đi, so với khoảng cách trung bình từ các mã đến trung bình của chúng. Rồi hỏi: một bộ phân loại đọc $\mu$ (cũng 3 láng giềng gần nhất) còn đúng bao nhiêu?

# %% [markdown] lang="en"
# *The figure: on the left, one round trip takes the code more than half the length of $z$ away, with both networks; after ten the VAE's codes have drifted by about 1.0 times that length, the AVAE's by about 0.9. On the right both lose the first digit much alike: about three quarters keep it after one trip, less than half after ten; from the second trip on the AVAE even lies a little below the VAE.* (In the log `loss` is more than `recon` + `kl`: the rest, 8.4 nats in the last epoch, is the new term.)
#
# The second promise of the AVAE is a more **robust** code: a small, malicious change of the image must not push the code far. We attack the encoder: within $\pm\epsilon$ for each pixel, look for the image that pushes $\mu$ the farthest, by 10 steps along the sign of the gradient, each pulled back into that range (PGD, projected gradient descent; here it climbs). The column "code moves" is how far $\mu$ is pushed, relative to the mean distance of the codes from their mean. Then ask how often a classifier that reads $\mu$ (3 nearest neighbours again) is still right.


# %%
def attack(model, x, epsilon, steps=10):
    """Images within epsilon of x, pixel by pixel, whose mu PGD has pushed away."""
    target = model.encode(x)[0].detach()
    worst = x + epsilon * (2 * torch.rand_like(x) - 1)
    for _ in range(steps):
        worst = worst.clamp(0, 1).requires_grad_()
        (gradient,) = torch.autograd.grad(
            (model.encode(worst)[0] - target).pow(2).sum(), worst
        )
        worst = (worst + 0.25 * epsilon * gradient.sign()).detach()
        worst = torch.minimum(torch.maximum(worst, x - epsilon), x + epsilon)
    return worst.clamp(0, 1)


print(
    f"{'ε':>5}   "
    + "   ".join(
        f"{name:>4}: {tr('đúng', 'right')}, {tr('mã dịch', 'code moves')}"
        for name in trips
    )
)
readers = {}
for name, model in (("VAE", vae), ("AVAE", avae)):
    with torch.no_grad():
        readers[name] = KNeighborsClassifier(3).fit(
            model.encode(binary.images)[0], binary.labels
        )
for epsilon in (0, 0.05, 0.1, 0.2):
    cells = []
    for name, model in (("VAE", vae), ("AVAE", avae)):
        torch.manual_seed(0)
        with torch.no_grad():
            clean = model.encode(few)[0]
        hit = model.encode(attack(model, few, epsilon))[0].detach()
        accuracy = (readers[name].predict(hit) == y_test[: len(few)].numpy()).mean()
        moves = (hit - clean).norm(dim=1).mean() / (clean - clean.mean(dim=0)).norm(
            dim=1
        ).mean()
        cells.append(f"{accuracy:11.1%}, {moves:6.0%}")
    print(f"{epsilon:5}   " + "   ".join(cells))

# %% [markdown] lang="vi"
# Với ảnh sạch, mã của hai encoder dễ đọc như nhau (94,4 % và 94,2 %). Khi bị tấn công thì khác hẳn: ở $\epsilon = 0{,}1$, VAE chỉ còn 42,0 %, AVAE còn 68,6 %; ở $\epsilon = 0{,}2$, 19,8 % so với 44,0 %. Nhưng mã của AVAE dịch *ít hơn* không đáng kể (81 % so với 86 % ở $\epsilon = 0{,}1$), còn ở $\epsilon = 0{,}2$ thì nhiều hơn (142 % so với 128 %); điều khác là chúng bị đẩy sang vùng của một chữ số khác ít lần hơn.
#
# Về tính nhất quán, kết quả của ta khiêm tốn: sau một vòng, tương quan tăng từ 0,832 lên 0,876, còn độ lệch gần như không đổi (0,556 và 0,554). Có lẽ một lý do là với một mạng chỉ được luyện vài giây, nhiều mẫu chưa ra chữ số, nên không có mã nào thật đúng để tìm về. Và cái giá: $\log p$ giảm từ −104,0 xuống −108,7.
#
# ## 9 · Tất cả trong một bảng
#
# Cùng ảnh nhị phân, cùng loại decoder (Bernoulli), cùng 2.000 ảnh kiểm tra (ELBO và $\log p$ trên 500 ảnh đầu). Thời gian học thì khác nhau: phần lớn sáu epoch, hai mạng 4 chiều mười hai epoch, mạng tự hồi quy bị ép ba epoch, ba mạng luyện tiếp từ nó thêm sáu epoch nữa. Với VQ-VAE, cột KL là số nat cần để viết một từ khi dùng prior; mã của nó không ngẫu nhiên nên $k$ mẫu đều giống nhau, và ô $\log p$ để trống. Các mạng tự hồi quy thì bỏ trống ô SSE: chúng vẽ từng điểm ảnh một cách ngẫu nhiên, nên một $z$ không cho đúng một ảnh để so.

# %% [markdown] lang="en"
# On clean images the two encoders can be read equally well (94.4% and 94.2%). Under attack they cannot: at $\epsilon = 0.1$ the VAE is down to 42.0% and the AVAE to 68.6%; at $\epsilon = 0.2$ it is 19.8% against 44.0%. But the AVAE's codes move hardly *less* (81% against 86% at $\epsilon = 0.1$), and at $\epsilon = 0.2$ even more (142% against 128%); what differs is that they are less often pushed into the region of another digit.
#
# On consistency our result is modest: after one round trip the correlation rises from 0.832 to 0.876, while the distance hardly changes (0.556 and 0.554). One likely reason: many samples of a network trained for a few seconds are no digits, so there is no right code to find back to. And the price: $\log p$ falls from −104.0 to −108.7.
#
# ## 9 · All in one table
#
# The same binary images, the same kind of decoder (Bernoulli), the same 2,000 test images (ELBO and $\log p$ on the first 500). The training differs: six epochs for most, twelve for the two networks with 4 dimensions, three for the autoregressive one that was forced, and six more for the three that go on from it. For the VQ-VAE the KL column is the nats it takes to write the word by its prior; its code is not random, so all $k$ samples are alike and its $\log p$ is left blank. For the autoregressive networks the SSE is left blank: they draw pixel by pixel at random, so one $z$ does not give one image to compare.

# %%
table(bernoulli_table)

# %% [markdown] lang="vi"
# *Bảng: mỗi hàng một mô hình, mỗi cột một con số; chỉ hai cột ELBO và $\log p$ cho biết mô hình nào mô tả dữ liệu tốt hơn.* CVAE là ngoại lệ: nó được cho biết nhãn, nên con số của nó là $\log p(x|y)$, không phải $\log p(x)$.
#
# - **Decoder tự hồi quy** đứng đầu về $\log p$ (−96,2), chỉ với 5,9 nat trong $z$. **VAE gốc** (−104,0) để $z$ làm việc nhiều hơn.
# - **Biến thể nào cũng trả giá cho điều nó mua**: $\beta$-VAE mua một mã rẻ hơn (7,5 nat với $\beta = 4$), AVAE mua độ bền, VQ-VAE mua mã rời rạc; trong bảng này, cả ba đều có ELBO thấp hơn VAE gốc.
# - Tất cả đều học từ 12.000 ảnh trong vài giây. Đừng đọc bảng như một cuộc thi: nếu tăng `N` và `EPOCHS` ở ô có các lệnh `import`, các con số sẽ khác, và có thể cả thứ tự.
#
# ## Tự kiểm tra
#
# <details><summary><b>Tăng β (tức giảm B) thì KL và sai số tái tạo thay đổi ra sao?</b></summary>
#
# KL giảm, sai số tăng: $z$ mang ít nat hơn, nhiều ảnh phải chung một mã, và đầu ra tốt nhất theo bình phương sai số là trung bình của chúng, tức là một ảnh mờ. Không thể giảm cả hai cùng lúc chỉ bằng cách xoay núm này.
# </details>
#
# <details><summary><b>Một VAE có ELBO −100 nat trên ảnh nhị phân, một VAE khác có ELBO +700 nat trên ảnh xám. Cái nào tốt hơn?</b></summary>
#
# Không so được: một bên là xác suất của ảnh 0/1, một bên là mật độ của ảnh xám.
# </details>
#
# <details><summary><b>Vì sao cận của Burda không giảm khi k tăng, mà cũng không vượt quá log p(x)?</b></summary>
#
# Trung bình bên trong log luôn có kỳ vọng đúng bằng $p_\theta(x)$, nên theo Jensen, log của nó có kỳ vọng không quá $\log p_\theta(x)$. $k$ lớn hơn thì trung bình ấy dao động ít hơn, nên phần bị Jensen lấy đi nhỏ hơn.
# </details>
#
# <details><summary><b>Vì sao <code>z_q + (z_e - z_q).detach()</code> là sai?</b></summary>
#
# Hai vai trò bị đổi chỗ: giá trị của nó là $z_e$ (decoder không hề thấy codebook), còn gradient thì đi vào $z_q$, không về encoder.
# </details>
#
# ## Tóm tắt
#
# - So mô hình bằng $\log p(x)$ trên cùng dữ liệu và cùng loại decoder; cận của Burda chặt hơn ELBO, ở đây 4,5 nat với $k = 50$. Nhưng một con số chưa đủ: xem cả SSE, KL và số chiều hoạt động.
# - $B$ (hay $\beta$) chọn một điểm trên đường cong tốc độ–méo; $\sigma$ tính theo công thức chọn điểm ấy thay ta. Ảnh mờ vì đầu ra tốt nhất theo bình phương sai số là trung bình của những ảnh chung một mã.
# - Posterior collapse thấy được qua KL và số chiều hoạt động (0 trên 20); free bits đánh thức cả 20 chiều, KL warm-up 16. CVAE chọn được lớp, VQ-VAE cho mã rời rạc, AVAE cho encoder bền hơn.
#
# ## Nhìn lại cả khóa học
#
# Bạn đã bắt đầu với một mạng ép mỗi ảnh qua hai con số rồi dựng lại ([bài 01](01_autoencoder.ipynb)) và thấy bản đồ của nó đầy chỗ hổng. Thay điểm bằng phân phối ([bài 02](02_vae.ipynb)), cho gradient đi qua phép lấy mẫu ([bài 03](03_reparameterization.ipynb)), suy ra hàm mất mát từ $\log p(x)$ ([bài 04](04_loss.ipynb)), huấn luyện và đọc log huấn luyện cho đúng ([bài 05](05_training.ipynb)), nhìn kết quả ([bài 06](06_reconstructions.ipynb)) và tự tay điều khiển $z$ ([bài 07](07_latent_sliders.ipynb)).
# Rồi bạn đặt VAE giữa họ hàng của nó ([bài 08](08_kinds.ipynb)), đem mã ra dùng vào việc thật ([bài 09](09_uses.ipynb)), và hôm nay đo cả những chỗ nó chưa làm được. Một điều đi suốt các bài: *đừng tin một công thức trước khi thử nó với vài con số, và đừng tin một con số trước khi nhìn ảnh.*
#
# **Thử sức lần cuối:** [bộ câu hỏi trắc nghiệm](../../quiz/vi/quiz.ipynb).
#
# **Đọc thêm:**
#
# - D. Kingma, M. Welling, *An Introduction to Variational Autoencoders*, 2019, [arXiv:1906.02691](https://arxiv.org/abs/1906.02691): sách mỏng, đi từ đầu;
# - Y. Burda, R. Grosse, R. Salakhutdinov, *Importance Weighted Autoencoders*, ICLR 2016, [arXiv:1509.00519](https://arxiv.org/abs/1509.00519);
# - I. Higgins và cộng sự, *β-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework*, ICLR 2017;
# - A. Alemi và cộng sự, *Fixing a Broken ELBO*, ICML 2018, [arXiv:1711.00464](https://arxiv.org/abs/1711.00464): đường cong tốc độ–méo;
# - O. Rybkin, K. Daniilidis, S. Levine, *Simple and Effective VAE Training with Calibrated Decoders*, ICML 2021: $\sigma$-VAE;
# - S. Bowman và cộng sự, *Generating Sentences from a Continuous Space*, 2016: posterior collapse và KL warm-up;
# - D. Kingma và cộng sự, *Improved Variational Inference with Inverse Autoregressive Flow*, NeurIPS 2016: free bits;
# - A. van den Oord, O. Vinyals, K. Kavukcuoglu, *Neural Discrete Representation Learning*, NeurIPS 2017, [arXiv:1711.00937](https://arxiv.org/abs/1711.00937): VQ-VAE;
# - T. Cemgil và cộng sự, *The Autoencoding Variational Autoencoder*, NeurIPS 2020, [arXiv:2012.03715](https://arxiv.org/abs/2012.03715): AVAE.
#
# **Về đầu khóa học:** [Bài 00](00_start_here.ipynb)

# %% [markdown] lang="en"
# *The table: a model in each row, a number in each column; only ELBO and $\log p$ say who describes the data better.* The CVAE is an exception: it is told the label, so its number is $\log p(x|y)$ and not $\log p(x)$.
#
# - The **autoregressive decoder** leads in $\log p$ (−96.2), with only 5.9 nats in $z$. The **plain VAE** (−104.0) lets $z$ do more of the work.
# - **Every variant pays for what it buys**: the $\beta$-VAE buys a cheaper code (7.5 nats with $\beta = 4$), the AVAE robustness, the VQ-VAE discrete codes; in this table all three have a lower ELBO than the plain VAE.
# - All of them learnt from 12,000 images for a few seconds. Do not read the table as a contest: with a larger `N` and `EPOCHS` in the cell with the imports the numbers will differ, and perhaps the order too.
#
# ## Test yourself
#
# <details><summary><b>With a larger β (a smaller B), what happens to the KL and to the reconstruction error?</b></summary>
#
# The KL falls and the error rises: $z$ carries fewer nats, many images must share a code, and the best output in squared error is their mean, which is a blur. Turning this knob cannot lower both at once.
# </details>
#
# <details><summary><b>One VAE has an ELBO of −100 nats on binary images, another one +700 nats on grey ones. Which is better?</b></summary>
#
# They cannot be compared: one is a probability of images of zeros and ones, the other a density of grey images.
# </details>
#
# <details><summary><b>Why does Burda's bound not fall as k grows, and why does it never exceed log p(x)?</b></summary>
#
# The mean inside the log always has $p_\theta(x)$ as its expectation, so by Jensen its log has an expectation of at most $\log p_\theta(x)$. With a larger $k$ that mean fluctuates less, so Jensen takes less away.
# </details>
#
# <details><summary><b>Why is <code>z_q + (z_e - z_q).detach()</code> wrong?</b></summary>
#
# The roles are swapped: its value is $z_e$ (the decoder never sees the codebook), and its gradient goes into $z_q$ and not back to the encoder.
# </details>
#
# ## Recap
#
# - Compare models by $\log p(x)$ on the same data with the same kind of decoder; Burda's bound is tighter than the ELBO, here by 4.5 nats with $k = 50$. But one number is not enough: look at SSE, KL and active units too.
# - $B$ (or $\beta$) chooses a point on the rate–distortion curve; the closed-form $\sigma$ chooses it for us. Images are blurry because the best output in squared error is the mean of those that share a code.
# - Posterior collapse shows in the KL and the active units (0 of 20); free bits woke all 20 units, KL warm-up 16. The CVAE chooses the class, the VQ-VAE gives discrete codes, the AVAE a more robust encoder.
#
# ## A look back at the course
#
# You began with a network that copies images through two numbers ([lesson 01](01_autoencoder.ipynb)) and saw that its map is full of holes. You put distributions in the place of points ([lesson 02](02_vae.ipynb)), let the gradient pass through sampling ([lesson 03](03_reparameterization.ipynb)), derived the loss from $\log p(x)$ ([lesson 04](04_loss.ipynb)), trained and read the log rightly ([lesson 05](05_training.ipynb)), looked at the results ([lesson 06](06_reconstructions.ipynb)) and held $z$ in your hand ([lesson 07](07_latent_sliders.ipynb)).
# Then you placed the VAE among its relatives ([lesson 08](08_kinds.ipynb)), put the codes to work ([lesson 09](09_uses.ipynb)), and today you measured what it cannot do yet. One thing runs through all lessons: *do not trust a formula before you have tried it on a few numbers, and do not trust a number before you have looked at the pictures.*
#
# **One last test:** [the quiz](../../quiz/en/quiz.ipynb).
#
# **Further reading:**
#
# - D. Kingma, M. Welling, *An Introduction to Variational Autoencoders*, 2019, [arXiv:1906.02691](https://arxiv.org/abs/1906.02691): a slim book that starts at the beginning;
# - Y. Burda, R. Grosse, R. Salakhutdinov, *Importance Weighted Autoencoders*, ICLR 2016, [arXiv:1509.00519](https://arxiv.org/abs/1509.00519);
# - I. Higgins et al., *β-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework*, ICLR 2017;
# - A. Alemi et al., *Fixing a Broken ELBO*, ICML 2018, [arXiv:1711.00464](https://arxiv.org/abs/1711.00464): the rate–distortion curve;
# - O. Rybkin, K. Daniilidis, S. Levine, *Simple and Effective VAE Training with Calibrated Decoders*, ICML 2021: the $\sigma$-VAE;
# - S. Bowman et al., *Generating Sentences from a Continuous Space*, 2016: posterior collapse and KL warm-up;
# - D. Kingma et al., *Improved Variational Inference with Inverse Autoregressive Flow*, NeurIPS 2016: free bits;
# - A. van den Oord, O. Vinyals, K. Kavukcuoglu, *Neural Discrete Representation Learning*, NeurIPS 2017, [arXiv:1711.00937](https://arxiv.org/abs/1711.00937): the VQ-VAE;
# - T. Cemgil et al., *The Autoencoding Variational Autoencoder*, NeurIPS 2020, [arXiv:2012.03715](https://arxiv.org/abs/2012.03715): the AVAE.
#
# **To the beginning:** [Lesson 00](00_start_here.ipynb)
