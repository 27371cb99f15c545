# %% [markdown] lang="vi"
# # Bài 12 · Giới hạn của VAE
#
# *Một VAE tốt đến đâu, vì sao ảnh của nó mờ, và khi nào nó bỏ $z$ không dùng đến?* Ta đo những điều ấy trên các mạng đã huấn luyện sẵn.
#
# ⏱ Học khoảng một giờ; phần tính toán mất chừng một phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 12 · The limits of the VAE
#
# *How good is a VAE, why are its images blurry, and when does it leave $z$ unused?* We measure trained networks.
#
# ⏱ About an hour; computing takes about a minute on two CPU cores.

# %% [markdown] lang="vi"
# ## 1 · Một VAE tốt đến đâu? Đo $\log p(x)$
#
# Trong hai mô hình sinh (generative model), mô hình nào gán xác suất cao hơn cho những ảnh kiểm tra mà nó chưa thấy? Con số ấy là $\log p_\theta(x)$, tính bằng nat (1 nat ≈ 1,44 bit). Chỉ nên dùng nó để so các mô hình trên cùng những ảnh, với cùng một loại decoder:
#
# - **decoder Bernoulli** gán *xác suất* cho một ảnh gồm toàn 0 và 1, nên $\log p(x) \le 0$;
# - **decoder Gauss** gán *mật độ* cho một ảnh xám, nên $\log p(x)$ có thể dương.
#
# Vì thế hai loại không bao giờ nằm chung một cột. Mục 1 và mục 5 dùng decoder Bernoulli với ảnh **nhị phân hóa (binarise)**: mỗi điểm ảnh thành 1 với xác suất bằng độ sáng của nó, làm một lần rồi giữ nguyên.

# %% [markdown] lang="en"
# ## 1 · How good is a VAE? Measuring $\log p(x)$
#
# Which of two generative models gives the higher probability to test images that it has not seen? That number is $\log p_\theta(x)$, in nats (1 nat ≈ 1.44 bits). It compares only models of the same images with the same kind of decoder:
#
# - a **Bernoulli decoder** gives a *probability* to an image of zeros and ones, so $\log p(x) \le 0$;
# - a **Gaussian decoder** gives a *density* to a grey image, so $\log p(x)$ may be positive.
#
# They never share a column. Sections 1 and 5 have Bernoulli decoders and **binarised** images: each pixel becomes 1 with a probability equal to its brightness, once and for all.

# %%
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Bernoulli, Normal

from vae_helpers import checks, data, losses, metrics, models, plots, tr, training

test = data.load_mnist(train=False)
chosen = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))[:2000]
x, y = test.images[chosen], test.labels[chosen]
binary = torch.bernoulli(x, generator=torch.Generator().manual_seed(0))

# %%
plots.plot_images(
    {tr("ảnh xám", "grey"): x[:10], tr("nhị phân", "binary"): binary[:10]},
    title=tr("Ảnh xám và ảnh nhị phân", "Grey and binary images"),
)

# %% [markdown] lang="vi"
# *Hình: mười ảnh kiểm tra lấy ngẫu nhiên và bản nhị phân của chúng.*
#
# `mlp-vae` là VAE chỉ gồm các lớp kết nối đầy đủ (20 chiều tiềm ẩn (latent dimension), lớp ẩn 256 nơ-ron, 20 epoch trên 60.000 ảnh nhị phân). Decoder của nó cho ra **logit** (chưa qua sigmoid).
#
# ### Từ ELBO đến $\log p(x)$: trung bình nằm trong log
#
# ELBO là cận dưới (lower bound) của $\log p_\theta(x)$, với khoảng hở chưa biết (bài 04). Burda và cộng sự (2016) cho một cận chặt hơn, vẫn dùng encoder ấy. Lấy $k$ mẫu $z_i \sim q_\phi(z|x)$, tính **trọng số quan trọng (importance weight)** của mỗi mẫu, rồi lấy trung bình *bên trong* log:
#
# $$w_i = \frac{p_\theta(x|z_i)\, p(z_i)}{q_\phi(z_i|x)}, \qquad \mathcal{L}_k = \mathbb{E}\left[\log \frac{1}{k}\sum_{i=1}^k w_i\right].$$
#
# Trung bình của $w$ là $\int q \cdot \frac{p(x|z)\,p(z)}{q}\,dz = p_\theta(x)$. Log của trung bình không nhỏ hơn trung bình của log (bất đẳng thức Jensen), nên $\mathcal{L}_k \le \log p_\theta(x)$ với mọi $k$. $\mathcal{L}_1$ chính là ELBO, và khi $k$ tăng, cận không bao giờ giảm.

# %% [markdown] lang="en"
# *The figure: ten random test images and their binary versions.*
#
# `mlp-vae` is a VAE of fully connected layers alone (20 latent dimensions, 256 hidden units, 20 epochs of 60,000 binary images). Its decoder gives **logits** (no sigmoid yet).
#
# ### From the ELBO to $\log p(x)$: the mean inside the log
#
# The ELBO is a lower bound of $\log p_\theta(x)$ with an unknown gap (lesson 04). Burda et al. (2016) give a tighter one with the same encoder. Take $k$ samples $z_i \sim q_\phi(z|x)$, compute the **importance weight** of each, and put the mean *inside* the log:
#
# $$w_i = \frac{p_\theta(x|z_i)\, p(z_i)}{q_\phi(z_i|x)}, \qquad \mathcal{L}_k = \mathbb{E}\left[\log \frac{1}{k}\sum_{i=1}^k w_i\right].$$
#
# The mean of $w$ is $\int q \cdot \frac{p(x|z)\,p(z)}{q}\,dz = p_\theta(x)$. The log of a mean is no less than the mean of the logs (Jensen's inequality), so $\mathcal{L}_k \le \log p_\theta(x)$ for every $k$. $\mathcal{L}_1$ is the ELBO itself, and as $k$ grows the bound never falls.

# %%
vae, few = models.load_pretrained("mlp-vae"), binary[:500]


def log_likelihood(logits, x):
    return Bernoulli(logits=logits).log_prob(x).flatten(1).sum(dim=1)


# %%
torch.manual_seed(0)
log_w = []
with torch.no_grad():
    mu, logvar = vae.encode(few)
    q, prior = Normal(mu, torch.exp(0.5 * logvar)), Normal(0, 1)
    for z in q.sample((200,)):
        log_ratio = (prior.log_prob(z) - q.log_prob(z)).sum(dim=1)
        log_w.append(log_likelihood(vae.decoder(z), few) + log_ratio)
log_w = torch.stack(log_w)

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# `log_w` có kích thước $(k, N)$, mỗi ảnh $k$ mẫu. Hãy trả về $\log\frac1k\sum_i w_i$ của từng ảnh, kích thước $(N,)$. Hãy dùng `torch.logsumexp`, vì từ khoảng $-104$ trở xuống, float32 coi $e^{\log w}$ là 0.

# %% [markdown] lang="en"
# ### Your turn
#
# `log_w` has shape $(k, N)$, $k$ samples of each image. Return $\log\frac1k\sum_i w_i$ of each image, of shape $(N,)$. Use `torch.logsumexp`: from about $-104$ down a 32-bit float takes $e^{\log w}$ for 0.


# %% tags=["exercise"]
def iw_log_likelihood(log_w):
    ### BEGIN SOLUTION
    return torch.logsumexp(log_w, dim=0) - torch.tensor(len(log_w)).log()
    ### END SOLUTION


# %%
right = checks.check_iw_log_likelihood(iw_log_likelihood)
bound = iw_log_likelihood if right else losses.iw_log_likelihood

# %% [markdown] lang="vi"
# Hàm của bạn vẽ đường cong sau (khi nó chưa đúng, hàm có sẵn làm thay).

# %% [markdown] lang="en"
# Your function draws the next curve (until it is right, ours stands in).

# %%
ks, curve = (1, 2, 5, 10, 20, 50, 100, 200), []
for k in ks:
    each = torch.stack([bound(group) for group in log_w.split(k)]).mean(dim=0)  # (N,)
    curve.append(each.mean())
    if k in (1, 200):
        error = each.std() / len(each) ** 0.5
        print(f"k = {k:3}: {each.mean():.1f} ± {error:.1f} nat")

# %%
plots.curves(
    {"": (ks, torch.stack(curve))},
    log="x",
    markers=True,
    xlabel=tr("số mẫu k cho mỗi ảnh", "samples k of each image"),
    ylabel=tr("cận dưới của log p(x), nat", "lower bound of log p(x), nats"),
    title=tr("Càng nhiều mẫu, cận càng chặt", "More samples, a tighter bound"),
)

# %% [markdown] lang="vi"
# *Hình: cận tăng nhanh lúc đầu rồi chậm dần.* ELBO thấp hơn $\log p(x)$ của mạng này trên 3 nat. <!-- claim: elbo_underrates --> Số đứng sau ± là sai số chuẩn (standard error) trên các ảnh; hãy so các mạng trên cùng những ảnh.
#
# VAE một lớp ngẫu nhiên trong bài báo ấy đạt −86,76 nat. Một mạng cùng loại (không phải mạng ở trên) của khóa học (`benchmarks/published.py`) đạt −88,15, mới qua 364 trong 3.280 epoch của bài báo. Cả hai học từ những ảnh được nhị phân hóa lại ở mỗi lần dùng.
#
# Vậy $\log p(x)$ cho biết VAE mô tả ảnh tốt đến đâu, chứ không cho biết ảnh sinh ra đẹp đến đâu (Theis và cộng sự, 2016); phải đo bằng nhiều mẫu và trên cùng những ảnh.
#
# ## 2 · Đường cong tốc độ–méo
#
# Bây giờ là ảnh xám, decoder Gauss và hàm mất mát $B \cdot \mathrm{SSE} + \mathrm{KL}$ của đề bài (SSE là tổng bình phương sai số của một ảnh). Chia cho $B$, ta được $\mathrm{SSE} + \beta\,\mathrm{KL}$ với $\beta = 1/B$. Vậy $B$ của đề bài và $\beta$ của **$\beta$-VAE** (Higgins và cộng sự, 2017) là cùng một núm chỉnh, xoay theo hai chiều ngược nhau. Nó chọn một điểm trên **đường cong tốc độ–méo (rate–distortion)**:
#
# - **tốc độ** là KL, vì $z$ mang nhiều nhất chừng ấy nat về ảnh;
# - **độ méo** là SSE khi vẽ lại từ *chính $z$ ấy*, một mẫu lấy từ $q_\phi(z|x)$.
#
# Năm mạng sau chỉ khác nhau ở $B$. Các autoencoder, 16 và 64 con số, không có KL (và hàm mất mát của chúng là BCE).

# %% [markdown] lang="en"
# *The figure: the bound rises fast at first, then ever less.* The ELBO underrates this network by more than 3 nats. <!-- claim: elbo_underrates --> The ± is the standard error over the images; compare networks on the same ones.
#
# The paper's one-layer VAE reaches −86.76 nats; another, trained by our code (`benchmarks/published.py`), −88.15 after 364 of its 3,280 epochs. Both learn from images binarised anew each time.
#
# So $\log p(x)$, from many samples and on the same images, tells how well a VAE describes images, not how good its own look (Theis et al., 2016).
#
# ## 2 · The rate–distortion curve
#
# Now grey images, a Gaussian decoder and the handout's loss $B \cdot \mathrm{SSE} + \mathrm{KL}$ (SSE: the squared error summed over an image). Divided by $B$ it is $\mathrm{SSE} + \beta\,\mathrm{KL}$ with $\beta = 1/B$: the handout's $B$ and the $\beta$ of the **$\beta$-VAE** (Higgins et al., 2017) are one knob, turned in opposite directions. It chooses a point on the **rate–distortion** curve:
#
# - the **rate** is the KL, for $z$ carries at most that many nats about the image;
# - the **distortion** is the SSE of the picture from *that same $z$*, a sample of $q_\phi(z|x)$.
#
# The five networks differ in $B$ alone. The autoencoders, with 16 and 64 numbers, have no KL (and BCE for their loss).

# %%
files = {f"B = {B}": f"vae-16d-b{B}" for B in (2, 5, 10, 40, 1000)}
files["B = 40"] = "vae-16d"
recon, measured = {}, {}

# %%
torch.manual_seed(0)
for name, file in files.items():
    model = models.load_pretrained(file)
    with torch.no_grad():
        recon[name], mu, logvar = model(
            x
        )  # tr("vẽ từ một z lấy mẫu", "drawn from a sampled z")
        of_mu = losses.reconstruction_loss(model.decode(mu), x).item()
    kl = losses.kl_divergence(mu, logvar).mean().item()
    sse = losses.reconstruction_loss(recon[name], x).item()
    measured[name] = {"KL": kl, "SSE, z ~ q(z|x)": sse, "SSE, μ": of_mu}

# %%
of_ae = {}
for file in ("ae-16d", "ae-64d"):
    with torch.no_grad():
        redrawn = models.load_pretrained(file)(x)[0]
    of_ae[file] = losses.reconstruction_loss(redrawn, x).item()
plots.table(measured | {file: {"SSE, μ": sse} for file, sse in of_ae.items()})

# %%
rates, of_z, of_mu = zip(*(row.values() for row in measured.values()), strict=True)
plots.curves(
    {"z ~ q(z|x)": (rates, of_z), "μ": (rates, of_mu)},
    markers=True,
    lines={"ae-16d": of_ae["ae-16d"]},
    notes={n: (r["KL"], r["SSE, z ~ q(z|x)"]) for n, r in measured.items()},
    xlim=(0, 1.15 * max(rates)),
    ylim=(0, 1.1 * max(of_z)),
    xlabel=tr("tốc độ: KL (nat)", "rate: KL (nats)"),
    ylabel=tr("độ méo: SSE mỗi ảnh", "distortion: SSE per image"),
    title=tr("Đường cong tốc độ–méo", "The rate–distortion curve"),
)

# %% [markdown] lang="vi"
# *Hình: mỗi dấu là một mạng, với $z$ lấy mẫu hoặc với $\mu$; vạch nét đứt màu đen là `ae-16d`.* Từ $B = 2$ lên $B = 40$, thêm khoảng 31 nat thì SSE giảm một nửa. Từ $B = 40$ lên $B = 1000$, thêm 30 nat nữa mà SSE chỉ giảm 0,2, và autoencoder 16 con số cũng chỉ đến đó; có 64 con số thì nó đi xa hơn.
#
# Đừng ghép KL với SSE của $\mu$. Vì chỉ là một điểm, $\mu$ có thể mang nhiều hơn số nat mà KL tính, nên với $B = 2$, sai số của $\mu$ trông nhỏ hơn hẳn. <!-- claim: sampled_z_pays_more -->
#
# Vậy VAE vẽ lại tốt đến đâu là tùy số nat trong $z$, cho đến khi 16 con số và chính mạng ấy trở thành giới hạn.
#
# ## 3 · Ảnh mờ từ đâu ra?
#
# Đề bài viết rằng ảnh mờ "xuất phát từ sự đánh đổi giữa hai thành phần chính trong hàm mất mát", tức là phần tái tạo và phần KL. Hãy đo điều ấy. Toán tử Laplace cộng bốn điểm ảnh lân cận rồi trừ bốn lần điểm ảnh ở giữa, nên nó bằng 0 ở chỗ bằng phẳng và lớn ở mép nét chữ. **Độ nét** là trung bình bình phương của nó, so với ảnh thật:

# %% [markdown] lang="en"
# *The figure: a mark for each network, with $z$ sampled or $\mu$; the black dashed line is `ae-16d`.* From $B = 2$ to $B = 40$ the KL rises by some 31 nats and the SSE is halved. Another 30, up to $B = 1000$, lower it by only 0.2, and the autoencoder with 16 numbers comes no further either; with 64 it does.
#
# Do not pair the KL with the SSE of $\mu$. Being a point, $\mu$ may carry more nats than the KL counts, so with $B = 2$ its error looks much smaller. <!-- claim: sampled_z_pays_more -->
#
# So how well a VAE redraws depends on the nats in $z$, until its 16 numbers and the network are the limit.
#
# ## 3 · Where does the blur come from?
#
# The handout says that blur comes "from the trade-off between the two main parts of the loss", reconstruction and KL. Measure it: the Laplacian is the sum of a pixel's four neighbours less four times the pixel: 0 where the image is flat, large at the edges of strokes. The **sharpness** is its mean square, relative to real images:

# %%
kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).view(1, 1, 3, 3)


def sharpness(images, reference):
    detail = F.conv2d(images, kernel).pow(2).mean()
    return (detail / F.conv2d(reference, kernel).pow(2).mean()).item()


# %% [markdown] lang="vi"
# **Khả năng thứ nhất là ít nat**, khiến nhiều ảnh dùng chung một mã. Với một encoder cho trước, ảnh tốt nhất theo bình phương sai số tại $z$ là trung bình có trọng số của các ảnh huấn luyện, mà trung bình của nhiều ảnh thì mờ:
#
# $$\hat x^*(z) = \sum_n r_n\, x_n, \qquad r_n = \frac{q_\phi(z|x_n)}{\sum_m q_\phi(z|x_m)}.$$
#
# Số ảnh dùng chung mã ấy là $\exp(-\sum_n r_n \ln r_n)$. Nó bằng $m$ khi $m$ ảnh dùng chung đều nhau. Ta đếm trong 10.000 ảnh huấn luyện:

# %% [markdown] lang="en"
# **Suspect one: few nats,** so images share codes. For a given encoder the best picture in squared error at $z$ is a weighted mean of the training images, and a mean of many images is a blur:
#
# $$\hat x^*(z) = \sum_n r_n\, x_n, \qquad r_n = \frac{q_\phi(z|x_n)}{\sum_m q_\phi(z|x_m)}.$$
#
# That code is shared by $\exp(-\sum_n r_n \ln r_n)$ images, $m$ when $m$ share it equally. We count among 10,000 training images:

# %%
everything = data.load_mnist()
grey = data.split(everything, (min(1, 10_000 / len(everything)),), seed=0)[0]
black_white = torch.bernoulli(grey.images, generator=torch.Generator().manual_seed(0))


# %%
@torch.no_grad()
def shares(model, images, n=100):
    """Codes z of the first n images, and r (n, N): who uses them."""
    torch.manual_seed(0)
    parts = [torch.stack(model.encode(part)) for part in images.split(2000)]
    mu, logvar = torch.cat(parts, dim=1)
    z = model.reparameterize(mu[:n], logvar[:n])
    q = Normal(mu, torch.exp(0.5 * logvar))
    return z, torch.stack([q.log_prob(one).sum(dim=1).softmax(dim=0) for one in z])


# %%
pictures = {tr("ảnh", "image"): grey.images[:8]}
for name, file in (("β = 4", "beta-vae"), ("β = 1", "mlp-vae")):
    model = models.load_pretrained(file)
    z, r = shares(model, black_white, n=8)
    pictures[f"{name}: decoder"] = model.decode(z).detach()
    mean = (r @ grey.images.flatten(1)).view(-1, 1, 28, 28)
    pictures[f"{name}: {tr('trung bình', 'mean')}"] = mean.clamp(0, 1)
plots.plot_images(pictures, title=tr("Một mã, nhiều ảnh", "One code, many images"))

# %% [markdown] lang="vi"
# *Hình: hàng đầu là các ảnh huấn luyện. Với mỗi $\beta$, một hàng là ảnh decoder vẽ từ mã của chúng, một hàng là trung bình các ảnh dùng chung mã ấy.* Hai mạng (trên ảnh nhị phân) chỉ khác nhau ở $\beta$.
#
# **Khả năng thứ hai** là mã có quá ít con số, trong khi decoder là một hàm trơn. **Khả năng thứ ba** là mạng được huấn luyện quá ít. Để thử điều này, ta huấn luyện lại đúng mạng `ae-16d`, chỉ hai epoch trên 10.000 ảnh.
#
# ⏱ Khoảng 10 giây.

# %% [markdown] lang="en"
# *The figure: training images; then, for $\beta = 4$ and for $\beta = 1$, what the decoder draws from their codes, and the mean of the images that share those codes.* The two networks (on binary images) differ in $\beta$ alone.
#
# **Suspect two:** a code of too few numbers for a smooth decoder. **Suspect three:** a network trained too little. Here `ae-16d`'s network trains anew: two epochs of 10,000 images.
#
# ⏱ About 10 seconds.


# %%
def bce(recon, x, z):
    return losses.reconstruction_loss(recon, x, kind="bce")


# %%
torch.manual_seed(0)
hurried = models.Autoencoder(latent_dim=16)
recipe = {"batch_size": 64, "lr": 4e-3, "schedule": "one-cycle", "seed": 0}
training.fit(hurried, grey, epochs=2, loss=bce, log_dir=None, **recipe)
hurried = hurried.cpu().eval()

# %%
nets = {
    tr("VAE, β = 4 (ảnh nhị phân)", "VAE, β = 4 (binary images)"): "beta-vae",
    tr("VAE, β = 1 (ảnh nhị phân)", "VAE, β = 1 (binary images)"): "mlp-vae",
    "VAE, B = 2": "vae-16d-b2",
    "VAE, B = 40": "vae-16d",
    "VAE, B = 1000": "vae-16d-b1000",
    "AE": "ae-16d",
    tr("AE, 64 số", "AE, 64 numbers"): "ae-64d",
    tr("AE, 2 số", "AE, 2 numbers"): "ae-2d",
    tr("VAE, 2 số, B = 10", "VAE, 2 numbers, B = 10"): "vae-2d",
    tr("VAE, 2 số, B = 1000", "VAE, 2 numbers, B = 1000"): "vae-2d-b1000",
}
nets = {name: models.load_pretrained(file) for name, file in nets.items()}
nets[tr("AE, huấn luyện ít", "AE, trained little")] = hurried


# %%
@torch.no_grad()
def look(model, real=x[:1000], b=binary[:1000]):
    logits = getattr(model, "logits", False)
    first, *code = model(b if logits else real)
    row = {"d": model.latent_dim, "KL": None, tr("ảnh/mã", "images/code"): None}
    if len(code) == 2:
        row["KL"] = losses.kl_divergence(*code).mean().item()
        _, r = shares(model, black_white if logits else grey.images)
        row[tr("ảnh/mã", "images/code")] = (
            torch.special.entr(r).sum(dim=1).exp().median().item()
        )
    sharp = sharpness(torch.sigmoid(first) if logits else first, real)
    return row | {tr("độ nét", "sharpness"): f"{sharp:.0%}"}


# %%
plots.table({name: look(model) for name, model in nets.items()})

# %% [markdown] lang="vi"
# Cả ba đều là nguồn gây mờ:
#
# - **Ít nat.** Từ $\beta = 1$ lên $\beta = 4$, vài ảnh cùng dùng một mã và độ nét giảm hơn một nửa. Từ $B = 40$ xuống $B = 2$, độ nét giảm gần một phần ba dù mỗi mã vẫn chỉ ứng với khoảng một ảnh huấn luyện; việc ảnh huấn luyện dùng chung mã hầu như không giải thích được điều đó. <!-- claim: few_nats_share_codes -->
# - **Mã có quá ít con số.** Với hai con số, ảnh nào cũng mờ như nhau, kể cả autoencoder (AE) không hề có KL và VAE với $B = 1000$, nơi mỗi ảnh có mã riêng. Tăng từ 16 lên 64 con số thì AE nét hơn hẳn.
# - **Huấn luyện quá ít.** Cùng AE ấy mà huấn luyện ít thì độ nét chưa bằng một nửa `ae-16d`.
#
# Vậy câu của đề bài đúng một phần. Với chính mạng của đề bài (hai con số), ảnh mờ hầu như không phải do KL. Với 16 con số, phần do KL gây ra là đáng kể khi $B$ nhỏ, còn với $B = 40$ thì chỉ là một, hai phần trăm so với $B = 1000$ (AE có hàm mất mát khác). Một AE nhỏ, kết nối đầy đủ, cũng 16 con số, sau tám epoch chỉ nét bằng khoảng một nửa `ae-16d`. <!-- claim: three_sources_of_blur -->
#
# Vậy ít nhất có ba nguồn gây mờ ấy; KL chỉ là nguồn đầu.
#
# ## 4 · Đừng chọn $B$ bằng tay: $\sigma$ tốt nhất có công thức
#
# $B = 1/(2\sigma^2)$, với $\sigma$ là độ lệch chuẩn của decoder (bài 04). Viết đầy đủ, −log-likelihood của một ảnh có $D$ điểm ảnh là
#
# $$-\log p_\theta(x|z) = \frac{\mathrm{SSE}}{2\sigma^2} + D\log\sigma + \frac{D}{2}\log 2\pi.$$
#
# Đạo hàm theo $\sigma$ bằng 0 khi $\sigma^2 = \mathrm{SSE}/D$, tức là phương sai tốt nhất bằng **trung bình của bình phương sai số**. Rybkin và cộng sự (2021) tính lại nó trên từng batch và gọi cách ấy là *optimal σ-VAE* (`losses.sigma_vae_loss`); *σ-VAE* của họ là bản học một $\sigma$ chung.
#
# ### Lượt của bạn
#
# Viết $\sigma$ tốt nhất, một con số chung cho mọi điểm ảnh của mọi ảnh trong batch. `recon` và `x` có cùng kích thước.

# %% [markdown] lang="en"
# All three are guilty:
#
# - **Few nats.** From $\beta = 1$ to $\beta = 4$ several images come to share a code, and the sharpness falls by more than half. From $B = 40$ to $B = 2$ it falls by nearly a third although each code still has about one image; sharing among training images hardly explains that. <!-- claim: few_nats_share_codes -->
# - **A code of too few numbers.** With two numbers all are equally blurry, even the autoencoder (AE), which has no KL, and the VAE with $B = 1000$, where each image has a code of its own. From 16 to 64 numbers the AE becomes much sharper.
# - **Too little training.** The same AE trained less has less than half the sharpness of `ae-16d`.
#
# So the handout's sentence is right in part. With its own network (two numbers) the KL is hardly to blame. With 16 numbers its share is large where $B$ is small, and one or two per cent with $B = 40$, against $B = 1000$ (the AE has another loss). A small fully connected AE with 16 numbers, after eight epochs, has about half of `ae-16d`'s sharpness. <!-- claim: three_sources_of_blur -->
#
# Blur has at least these three sources; the KL is only the first.
#
# ## 4 · Do not choose $B$ by hand: the best $\sigma$ has a formula
#
# $B = 1/(2\sigma^2)$, where $\sigma$ is the decoder's standard deviation (lesson 04). In full, the −log-likelihood of an image of $D$ pixels is
#
# $$-\log p_\theta(x|z) = \frac{\mathrm{SSE}}{2\sigma^2} + D\log\sigma + \frac{D}{2}\log 2\pi.$$
#
# Its derivative by $\sigma$ is 0 where $\sigma^2 = \mathrm{SSE}/D$: the best variance is the **mean squared error**. Rybkin et al. (2021) compute it afresh on every batch and call that the *optimal σ-VAE* (`losses.sigma_vae_loss`); their *σ-VAE* learns one shared $\sigma$.
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
right = checks.check_optimal_sigma(optimal_sigma)
best_sigma = optimal_sigma if right else losses.optimal_sigma

# %% [markdown] lang="vi"
# Hàm của bạn cho biết $\sigma$ của mỗi mạng *nên* bằng bao nhiêu; $B$ đã chọn khi huấn luyện cho biết nó *đang* bằng bao nhiêu. Hai cột cuối là trung bình của $\log p(x|z)$ với hai $\sigma$ ấy.

# %% [markdown] lang="en"
# Your function tells what $\sigma$ each network *should* claim, its $B$ what it *does* claim. The last columns: the mean of $\log p(x|z)$ with either.

# %%
claimed, best = tr("σ theo B", "σ by B"), tr("σ tốt nhất", "best σ")
sigmas = {}
for name, drawn in recon.items():
    said, sigma = (2 * float(name.split()[-1])) ** -0.5, float(best_sigma(drawn, x))
    sigmas[name] = {
        claimed: said,
        best: sigma,
        "1/(2σ²)": round(1 / (2 * sigma**2)),
        f"log p(x|z), {claimed}": -round(losses.gaussian_nll(drawn, x, said).item()),
        f"log p(x|z), {best}": -round(losses.gaussian_nll(drawn, x, sigma).item()),
    }
plots.table(sigmas, digits=2)

# %% [markdown] lang="vi"
# Mạng có $B = 1000$ coi sai số mỗi điểm ảnh là 0,02, trong khi thật ra là 0,08. Tự tin quá mức như thế làm $\log p(x|z)$ thấp đi hàng nghìn nat. Mạng có $B = 40$ lại coi 0,08 là 0,11, và mất gần 70 nat.
#
# Đây là mật độ của những ảnh chỉ có 256 mức xám. Nếu không cộng nhiễu phân phối đều rộng 1/256 vào ảnh (dequantization; Theis và cộng sự, 2016), các mật độ này có thể lớn tùy ý, nên chỉ so được với nhau.
#
# Vậy không cần đoán $\sigma$ tốt nhất.
#
# ## 5 · Posterior collapse
#
# **Sụp đổ hậu nghiệm (posterior collapse)** là hiện tượng $q_\phi(z|x)$ trùng với phân phối tiên nghiệm (prior) $\mathcal{N}(0, I)$ ở mọi ảnh. Khi ấy KL bằng 0, và $z$ không cho biết gì về ảnh. $\beta$ lớn đẩy mạng về phía đó, mà một decoder *không cần* $z$ cũng vậy. Hãy cho decoder thấy cả những điểm ảnh đứng trước điểm ảnh nó đang vẽ, từng hàng từ trên xuống:
#
# $$p_\theta(x|z) = \prod_i p_\theta(x_i \,|\, z, x_1, \ldots, x_{i-1}).$$
#
# Decoder như vậy gọi là **tự hồi quy (autoregressive)**. Ở đây nó là một PixelCNN nhỏ (van den Oord và cộng sự, 2016). Trong các lớp tích chập của nó, trọng số ứng với điểm ảnh đứng sau luôn bằng 0.

# %% [markdown] lang="en"
# The network with $B = 1000$ claims an error of 0.02 per pixel, and has 0.08. Being over-confident costs it thousands of nats. The one with $B = 40$ claims 0.11 for 0.08, losing almost 70.
#
# These are densities of images with only 256 greys: without uniform noise of width 1/256 added (dequantization; Theis et al., 2016) they can grow at will, so compare them only with each other.
#
# So the best $\sigma$ need not be guessed.
#
# ## 5 · Posterior collapse
#
# **Posterior collapse** is when $q_\phi(z|x)$ equals the prior $\mathcal{N}(0, I)$ for every image. Then the KL is 0, and $z$ says nothing of the image. A large $\beta$ presses towards it, but so does a decoder that has *no need* of $z$. Let it see the pixels before the one it draws, row by row from the top:
#
# $$p_\theta(x|z) = \prod_i p_\theta(x_i \,|\, z, x_1, \ldots, x_{i-1}).$$
#
# Such a decoder is **autoregressive**. Ours is a small PixelCNN (van den Oord et al., 2016): convolutions whose weights of later pixels are 0.


# %%
class MaskedConv2d(nn.Conv2d):
    def __init__(self, inputs, outputs, size, own):
        super().__init__(inputs, outputs, size, padding=size // 2)
        mask = torch.ones(size, size)
        mask[size // 2 + 1 :] = 0  # tr("các hàng bên dưới", "the rows below")
        mask[size // 2, size // 2 + own :] = (
            0  # tr("bên phải; cả chính nó, trừ khi own", "right; also itself unless own")
        )
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


# %% [markdown] lang="vi"
# Chỉ lớp đầu nhìn vào chính ảnh, nên chỉ ở đó mới phải che điểm ảnh đang vẽ. Mỗi lớp cộng thêm một vector tính từ $z$:

# %% [markdown] lang="en"
# Only the first layer sees the image itself, so only there the pixel to draw is hidden. Each layer adds a vector made of $z$:


# %%
class StrongVAE(models.MLPVAE):
    def __init__(self, latent_dim=20, hidden=128, width=16):
        super().__init__(latent_dim, hidden)
        layers = [MaskedConv2d(width, width, 5, own=True) for _ in range(3)]
        layers.insert(0, MaskedConv2d(1, width, 7, own=False))
        self.masked = nn.ModuleList(layers)
        self.from_z = nn.ModuleList(nn.Linear(latent_dim, width) for _ in self.masked)
        self.decoder = nn.Conv2d(width, 1, 1)

    def pixel_logits(self, x, z):
        h = 0
        for layer, told in zip(self.masked, self.from_z, strict=True):
            h = h + F.relu(layer(x) + told(z)[:, :, None, None])
            x = h  # tr("lớp kế tiếp thấy đặc trưng", "the next layer sees features")
        return self.decoder(h)


# %%
strong = StrongVAE().eval()
strong.load_state_dict(models.load_pretrained("ar-vae").state_dict())

# %% [markdown] lang="vi"
# `ar-vae` được huấn luyện 16 epoch với chính −ELBO. Ta đặt nó cạnh `mlp-vae`, trên cùng những ảnh ấy. Các cột là cận dưới của $\log p$ (200 ảnh, 20 mẫu; ở đây KL lớn thì cận lỏng hơn), KL, **số chiều hoạt động (active units)**, tức là số chiều có $\mathrm{Var}_x[\mu_j(x)] > 0{,}01$, và tỉ lệ ảnh được đoán đúng chữ số nhờ ba mã gần nhất trong 1.000 mã khác.

# %% [markdown] lang="en"
# `ar-vae` was trained for 16 epochs with −ELBO itself. Beside `mlp-vae`, on the same images: a bound of $\log p$ (200 images, 20 samples; looser here where the KL is large), the KL, the **active units** (dimensions with $\mathrm{Var}_x[\mu_j(x)] > 0.01$), and how often the three nearest of 1,000 other codes tell the digit.

# %%
few = binary[:200]
units, digits = tr("hoạt động", "active"), tr("đúng chữ số", "digits")


def digits_told(mu):
    half = len(mu) // 2
    near = torch.cdist(mu[half:], mu[:half]).topk(3, largest=False).indices
    return (y[:half][near].mode(dim=1).values == y[half:]).float().mean()


# %%
@torch.no_grad()
def use_of_z(model):
    def p(z):
        strong = hasattr(model, "pixel_logits")
        logits = model.pixel_logits(few, z) if strong else model.decoder(z)
        return log_likelihood(logits, few)

    torch.manual_seed(0)
    log_w = losses.log_weights(p, *model.encode(few), k=20)
    mu, logvar = model.encode(binary)
    row = {"log p": bound(log_w).mean().item()}
    row["KL"] = losses.kl_divergence(mu, logvar).mean().item()
    active = int((mu.var(dim=0) > 0.01).sum())
    return row | {units: active, digits: f"{digits_told(mu):.0%}"}


# %%
plots.table({"mlp-vae": use_of_z(vae), "ar-vae": use_of_z(strong)})

# %% [markdown] lang="vi"
# Decoder mạnh hơn thì mô tả ảnh *tốt hơn*, nhưng $z$ gần như bị bỏ không. <!-- claim: strong_decoder_leaves_z --> Hai cách chữa thường gặp là:
#
# - **KL warm-up** (Bowman và cộng sự, 2016), trong đó trọng số của KL tăng dần từ 0 đến 1, để $z$ kịp mang thông tin trước khi bị phạt;
# - **free bits** (Kingma và cộng sự, 2016), trong đó mỗi chiều được miễn phạt $\lambda$ nat. Phần KL trong hàm mất mát là
#
# $$\sum_j \max\Bigl(\lambda,\ \frac1N\sum_n \mathrm{KL}_j(x_n)\Bigr).$$
#
# Chẳng hạn, với $\lambda = 0{,}5$ và ba chiều có KL là 0,1; 2,0 và 0,3 nat, ta được $0{,}5 + 2{,}0 + 0{,}5 = 3{,}0$. Dưới ngưỡng thì gradient bằng 0, nên không còn gì ép chiều ấy về 0.
#
# ### Lượt của bạn
#
# Viết phần KL ấy. `mu`, `logvar` có kích thước $(N, d)$, và $\mathrm{KL}_j = -\frac12(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2)$. Với mỗi chiều, lấy trung bình trên batch *trước*, rồi áp ngưỡng `minimum`, rồi cộng lại. `t.clamp(min=a)` thay mọi phần tử nhỏ hơn $a$ bằng $a$.

# %% [markdown] lang="en"
# The stronger decoder describes the images *better*, and $z$ is all but left aside. <!-- claim: strong_decoder_leaves_z --> Two common cures:
#
# - **KL warm-up** (Bowman et al., 2016): the weight of the KL rises from 0 to 1, so that $z$ can come to carry information before it is punished;
# - **free bits** (Kingma et al., 2016): $\lambda$ nats of each dimension go unpunished. The KL part of the loss is
#
# $$\sum_j \max\Bigl(\lambda,\ \frac1N\sum_n \mathrm{KL}_j(x_n)\Bigr).$$
#
# For example, with $\lambda = 0.5$ and three dimensions whose KLs are 0.1, 2.0 and 0.3 nats it is $0.5 + 2.0 + 0.5 = 3.0$. Below the threshold the gradient is 0, so nothing presses that dimension down.
#
# ### Your turn
#
# Write it. `mu` and `logvar` have shape $(N, d)$, and $\mathrm{KL}_j = -\frac12(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2)$. For each dimension average over the batch *first*, then apply the floor `minimum`, then sum. `t.clamp(min=a)` replaces every entry below $a$ by $a$.


# %% tags=["exercise"]
def free_bits(mu, logvar, minimum):
    ### BEGIN SOLUTION
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp())
    return kl.mean(dim=0).clamp(min=minimum).sum()
    ### END SOLUTION


# %%
right = checks.check_free_bits(free_bits)
floor = free_bits if right else losses.free_bits

# %% [markdown] lang="vi"
# Một cách chữa phải được so với việc *không làm gì* trong cùng số epoch. Ba hàng đầu được huấn luyện từ đầu 16 epoch; ba hàng sau bắt đầu từ cùng một mạng đã qua 8 epoch với −ELBO, rồi thêm 8 epoch. Hàm của bạn tính cột cuối. Cột ấy không thể dưới $20 \cdot 0{,}5 = 10$.
#
# ⏱ Khoảng 15 giây.

# %% [markdown] lang="en"
# A cure must be held against *doing nothing* for as many epochs: 16 from scratch (three rows), or 8 more for one network that had 8 of −ELBO (three rows). Your function computes the last column. It cannot fall below $20 \cdot 0.5 = 10$.
#
# ⏱ About 15 seconds.

# %%
scratch = tr("từ đầu", "from scratch")
later = tr("8 epoch, rồi", "8 epochs, then")
nets = {
    f"{scratch}: −ELBO": "ar-vae",
    f"{scratch}: warm-up": "ar-vae-warm-up",
    f"{scratch}: free-bits": "ar-vae-free-bits",
    f"{later}: −ELBO": "ar-vae-half-then-elbo",
    f"{later}: warm-up": "ar-vae-half-then-warm-up",
    f"{later}: free-bits": "ar-vae-half-then-free-bits",
}
nets = {name: models.load_pretrained(file) for name, file in nets.items()}

# %%
rows = {}
for name, model in nets.items():
    rows[name] = use_of_z(model)
    with torch.no_grad():
        floored = floor(*model.encode(binary), 0.5)
    rows[name][tr("KL, λ = 0,5", "KL, λ = 0.5")] = float(floored)
plots.table(rows)

# %%
spread = {}
for name, model in {"mlp-vae": vae, **dict(list(nets.items())[:3])}.items():
    mu = model.encode(binary)[0].detach()
    spread[name] = mu.var(dim=0).sort(descending=True).values

# %%
plots.curves(
    spread,
    log="y",
    markers=True,
    lines={"": 0.01},
    ylim=(1e-4, 1e3),
    xlabel=tr(
        "chiều của z, xếp theo độ phân tán giảm dần",
        "dimension of z, most spread first",
    ),
    ylabel=tr("phương sai của μ", "variance of μ"),
    title=tr("Chiều nào còn hoạt động?", "Which units are active?"),
)

# %% [markdown] lang="vi"
# *Hình: phương sai của $\mu$ theo từng chiều; trên vạch nét đứt 0,01 là chiều hoạt động.* Với −ELBO chỉ có hai chiều, với KL warm-up thêm vài chiều, với free bits thì đủ cả 20.
#
# Với mỗi ảnh trong hai ảnh kiểm tra, chín ảnh vẽ từ mã $\mu$ của nó:

# %% [markdown] lang="en"
# *The figure: the variance of $\mu$ in each dimension; above the dashed line, 0.01, a unit is active.* With −ELBO there are two, with KL warm-up a few more, with free bits all 20.
#
# Nine drawings from the code $\mu$ of each of two test images:

# %%
torch.manual_seed(0)
pictures = {}
for name in list(nets)[:3:2]:  # tr("−ELBO và free bits", "−ELBO and free bits")
    for i in (2, 4):
        image = binary[i : i + 1]
        z = nets[name].encode(image)[0].expand(9, -1).detach()
        label = f"{name}, {tr('ảnh', 'image')} {i // 2}"
        pictures[label] = torch.cat([image, nets[name].sample(z)])
plots.plot_images(
    pictures,
    title=tr("Một ảnh, và chín ảnh từ mã của nó", "An image, and nine from its code"),
)

# %% [markdown] lang="vi"
# *Hình: cột đầu là ảnh kiểm tra, sau đó là chín ảnh vẽ từ $\mu$ của nó.* Với −ELBO, chúng chẳng mấy liên quan đến ảnh ấy. Với free bits, nhiều ảnh hơn giữ được hình dáng chung, còn đúng chữ số thì ít hơn.
#
# So với không làm gì, KL warm-up giữ $\log p$ không thấp hơn; $z$ chỉ mang hơn hai nat, nhưng năm đến bảy phần mười số mã cho biết đúng chữ số, thay vì ba đến năm. Free bits giữ mọi chiều ở sát ngưỡng (tổng cộng 9,7 nat). Khi ấy tám đến chín phần mười số mã cho biết đúng chữ số; đổi lại, $\log p$ chỉ thấp hơn khoảng một nat hoặc ít hơn khi đo bằng 400 mẫu (20 mẫu phóng đại mức giảm này). <!-- claim: cures_beside_doing_nothing -->
#
# Vậy decoder không cần $z$ thì bỏ $z$, và $\log p(x)$ cao không có nghĩa là $z$ có ích.
#
# ## Trả lời câu hỏi đầu bài
#
# $\log p(x)$ cho biết một VAE mô tả ảnh tốt đến đâu; ảnh của nó mờ vì quá ít nat, quá ít con số hoặc học chưa đủ; và nó bỏ $z$ khi decoder không cần đến $z$.
#
# ## Tự kiểm tra
#
# <details><summary><b>Một VAE có ELBO −100 nat trên ảnh nhị phân, một VAE khác có ELBO +700 nat trên ảnh xám. Cái nào tốt hơn?</b></summary>
#
# Không so được. Một bên là xác suất của ảnh 0/1, một bên là mật độ của ảnh xám.
# </details>
#
# <details><summary><b>Bạn muốn ảnh tái tạo nét hơn. Giảm trọng số của KL có giúp không?</b></summary>
#
# Chỉ khi $z$ đang mang quá ít nat. Nếu một autoencoder cùng số chiều cũng mờ như thế thì cần nhiều con số hơn, một mạng mạnh hơn hoặc huấn luyện lâu hơn.
# </details>
#
# ## Tóm tắt
#
# - So các VAE bằng $\log p(x)$ trên cùng những ảnh; cận dùng trọng số quan trọng chặt hơn ELBO.
# - Ảnh mờ có nhiều nguồn, và KL chỉ là một; $\sigma$ tốt nhất của decoder có công thức.
# - Posterior collapse hiện ra ở KL và số chiều hoạt động, không hiện ra ở $\log p(x)$.
#
# **Đọc thêm:** [Burda và cộng sự](https://arxiv.org/abs/1509.00519) · [Alemi và cộng sự](https://arxiv.org/abs/1711.00464) về tốc độ–méo · [Rybkin và cộng sự](https://arxiv.org/abs/2006.13202) · [Theis và cộng sự](https://arxiv.org/abs/1511.01844)

# %% [markdown] lang="en"
# *The figure: a test image in the first column, then nine drawings from its $\mu$.* With −ELBO they have little to do with it; with free bits more of them share its shape, less often its digit.
#
# Against doing nothing, KL warm-up keeps $\log p$ as high; $z$ carries little more than two nats, but five to seven codes in ten tell the digit instead of three to five. Free bits hold every dimension near its floor (9.7 nats in all): eight to nine tell it, for about one nat of $\log p$ or less with 400 samples (20 overstate it). <!-- claim: cures_beside_doing_nothing -->
#
# So a decoder with no need of $z$ leaves it unused, and a high $\log p(x)$ does not mean that $z$ is of use.
#
# ## The answer
#
# How well a VAE describes images, $\log p(x)$ tells; its images are blurry for too few nats, too few numbers or too little training; and $z$ goes unused where the decoder does without it.
#
# ## Test yourself
#
# <details><summary><b>One VAE has an ELBO of −100 nats on binary images, another one +700 nats on grey ones. Which is better?</b></summary>
#
# They cannot be compared. One is a probability of images of zeros and ones, the other a density of grey images.
# </details>
#
# <details><summary><b>You want sharper reconstructions. Will a smaller weight of the KL help?</b></summary>
#
# Only if $z$ carries too few nats. If an equal autoencoder is as blurry, you need more numbers, a stronger network or longer training.
# </details>
#
# ## Recap
#
# - Compare VAEs by $\log p(x)$ on the same images; importance weights tighten the ELBO.
# - Blur has several sources, and the KL is only one; the decoder's best $\sigma$ has a formula.
# - Posterior collapse shows in the KL and the active units, not in $\log p(x)$.
#
# **Further reading:** [Burda et al.](https://arxiv.org/abs/1509.00519) · [Alemi et al.](https://arxiv.org/abs/1711.00464) on rate–distortion · [Rybkin et al.](https://arxiv.org/abs/2006.13202) · [Theis et al.](https://arxiv.org/abs/1511.01844)
