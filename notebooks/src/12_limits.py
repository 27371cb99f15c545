# %% [markdown] lang="vi"
# # Bài 12 · Giới hạn của VAE
#
# *Một VAE tốt đến đâu, vì sao ảnh của nó mờ, và khi nào nó bỏ $z$ không dùng đến?* Bài này trả lời bằng những con số so sánh được, đo trên các mạng đã huấn luyện sẵn.
#
# ⏱ Học khoảng một giờ; máy tính toán chừng một phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 12 · The limits of the VAE
#
# *How good is a VAE, why are its images blurry, and when does it leave $z$ unused?* This lesson answers with numbers that can be compared, measured on networks that are trained already.
#
# ⏱ About an hour; computing takes about a minute on two CPU cores.

# %% [markdown] lang="vi"
# ## 1 · Một VAE tốt đến đâu? Đo $\log p(x)$
#
# Muốn so hai mô hình sinh (generative model), hãy hỏi mô hình nào gán xác suất cao hơn cho những ảnh kiểm tra mà nó chưa thấy. Con số ấy là $\log p_\theta(x)$, tính bằng nat (đơn vị thông tin với logarit tự nhiên, 1 nat ≈ 1,44 bit). Hai mô hình chỉ so được với nhau khi chúng nói về cùng một loại ảnh, với cùng một loại decoder:
#
# - **decoder Bernoulli** gán *xác suất* cho một ảnh gồm toàn 0 và 1, nên $\log p(x) \le 0$;
# - **decoder Gauss** gán *mật độ* cho một ảnh xám, nên $\log p(x)$ có thể dương.
#
# Vì thế bài này không bao giờ đặt hai loại vào chung một cột. Mục 1 và mục 5 dùng decoder Bernoulli. Ảnh của chúng được **nhị phân hóa (binarise)**: mỗi điểm ảnh thành 1 với xác suất bằng độ sáng của nó, làm một lần rồi giữ nguyên.

# %% [markdown] lang="en"
# ## 1 · How good is a VAE? Measuring $\log p(x)$
#
# To compare two generative models, ask which of them gives a higher probability to test images that it has not seen. That number is $\log p_\theta(x)$, in nats (the unit of information with natural logarithms, 1 nat ≈ 1.44 bits). Two models can only be compared when they speak of the same kind of images with the same kind of decoder:
#
# - a **Bernoulli decoder** gives a *probability* to an image of zeros and ones, so $\log p(x) \le 0$;
# - a **Gaussian decoder** gives a *density* to a grey image, so $\log p(x)$ may be positive.
#
# So this lesson never puts the two into one column. Sections 1 and 5 have Bernoulli decoders. Their images are **binarised**: each pixel becomes 1 with a probability equal to its brightness, once and for all.

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
plots.plot_images(
    {tr("ảnh xám", "grey"): x[:10], tr("nhị phân", "binary"): binary[:10]},
    title=tr("Ảnh xám và ảnh nhị phân", "Grey and binary images"),
)

# %% [markdown] lang="vi"
# *Hình: mười ảnh kiểm tra lấy ngẫu nhiên và bản nhị phân của chúng; mép nét chữ trở nên lởm chởm.*
#
# `mlp-vae` là VAE chỉ gồm các lớp kết nối đầy đủ (20 chiều tiềm ẩn, lớp ẩn 256 đơn vị, 20 epoch trên 60.000 ảnh nhị phân). Decoder của nó cho ra **logit**, tức giá trị trước sigmoid.
#
# ### Từ ELBO đến $\log p(x)$: trung bình nằm trong log
#
# ELBO chỉ là cận dưới (lower bound) của $\log p_\theta(x)$ (bài 04), và ta không biết khoảng hở. Burda và cộng sự (2016) cho một cận chặt hơn, vẫn dùng encoder ấy. Lấy $k$ mẫu $z_i \sim q_\phi(z|x)$, tính **trọng số quan trọng (importance weight)** của mỗi mẫu, rồi lấy trung bình *bên trong* log:
#
# $$w_i = \frac{p_\theta(x|z_i)\, p(z_i)}{q_\phi(z_i|x)}, \qquad \mathcal{L}_k = \mathbb{E}\left[\log \frac{1}{k}\sum_{i=1}^k w_i\right].$$
#
# Trung bình của $w$ là $\int q \cdot \frac{p(x|z)\,p(z)}{q}\,dz = p_\theta(x)$. Log của trung bình không nhỏ hơn trung bình của log (bất đẳng thức Jensen), nên $\mathcal{L}_k \le \log p_\theta(x)$ với mọi $k$. $\mathcal{L}_1$ chính là ELBO, và khi $k$ tăng, cận không bao giờ giảm.

# %% [markdown] lang="en"
# *The figure: ten test images drawn at random, and their binary versions; the edges of the strokes have become ragged.*
#
# `mlp-vae` is a VAE of fully connected layers alone (20 latent dimensions, a hidden layer of 256, 20 epochs of 60,000 binary images). Its decoder gives **logits**, the values before the sigmoid.
#
# ### From the ELBO to $\log p(x)$: the mean inside the log
#
# The ELBO is only a lower bound of $\log p_\theta(x)$ (lesson 04), and we do not know the gap. Burda et al. (2016) give a tighter bound with the very same encoder. Take $k$ samples $z_i \sim q_\phi(z|x)$, compute the **importance weight** of each, and put the mean *inside* the log:
#
# $$w_i = \frac{p_\theta(x|z_i)\, p(z_i)}{q_\phi(z_i|x)}, \qquad \mathcal{L}_k = \mathbb{E}\left[\log \frac{1}{k}\sum_{i=1}^k w_i\right].$$
#
# The mean of $w$ is $\int q \cdot \frac{p(x|z)\,p(z)}{q}\,dz = p_\theta(x)$. The log of a mean is no less than the mean of the logs (Jensen's inequality), so $\mathcal{L}_k \le \log p_\theta(x)$ for every $k$. $\mathcal{L}_1$ is the ELBO itself, and as $k$ grows the bound never falls.

# %%
vae, few = models.load_pretrained("mlp-vae"), binary[:500]


def log_likelihood(logits, x):
    return Bernoulli(logits=logits).log_prob(x).flatten(1).sum(dim=1)


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
# `log_w` có kích thước $(k, N)$, mỗi ảnh $k$ mẫu. Hãy trả về $\log\frac1k\sum_i w_i$ của từng ảnh, kích thước $(N,)$. Đừng tính $w$: từ khoảng $-104$ trở xuống, float32 coi $e^{\log w}$ là 0. `torch.logsumexp` tính $\log\sum_i e^{a_i}$ bằng cách tách số lớn nhất ra trước.

# %% [markdown] lang="en"
# ### Your turn
#
# `log_w` has shape $(k, N)$, $k$ samples of each image. Return $\log\frac1k\sum_i w_i$ of each image, of shape $(N,)$. Do not compute $w$: from about $-104$ down a 32-bit float takes $e^{\log w}$ for 0. `torch.logsumexp` computes $\log\sum_i e^{a_i}$ by taking the largest number out first.


# %% tags=["exercise"]
def iw_log_likelihood(log_w):
    ### BEGIN SOLUTION
    return torch.logsumexp(log_w, dim=0) - torch.tensor(len(log_w)).log()
    ### END SOLUTION


# %%
right = checks.check_iw_log_likelihood(iw_log_likelihood)
bound = iw_log_likelihood if right else losses.iw_log_likelihood

# %% [markdown] lang="vi"
# Hàm của bạn vẽ đường cong sau (khi nó chưa đúng, hàm có sẵn làm thay). Sai số chuẩn (standard error) là của trung bình trên các ảnh.

# %% [markdown] lang="en"
# Your function draws the next curve (until it is right, the course's own stands in). The standard error is that of the mean over the images.

# %%
ks, curve = (1, 2, 5, 10, 20, 50, 100, 200), []
for k in ks:
    each = torch.stack([bound(group) for group in log_w.split(k)]).mean(dim=0)  # (N,)
    curve.append(each.mean())
    if k in (1, 200):
        error = each.std() / len(each) ** 0.5
        print(f"k = {k:3}: {each.mean():.1f} ± {error:.1f} nat")
plots.curves(
    {"": (ks, torch.stack(curve))},
    log="x",
    markers=True,
    xlabel=tr("số mẫu k cho mỗi ảnh", "samples k of each image"),
    ylabel=tr("cận dưới của log p(x), nat", "lower bound of log p(x), nats"),
    title=tr("Càng nhiều mẫu, cận càng chặt", "More samples, a tighter bound"),
)

# %% [markdown] lang="vi"
# *Hình: cận tăng nhanh lúc đầu rồi chậm dần.* ELBO đánh giá mạng này thấp hơn thực tế hơn 3 nat. <!-- claim: elbo_underrates --> Sai số chuẩn khoảng 1 nat là do ảnh này khó hơn ảnh kia, nên phải so hai mạng trên cùng những ảnh ấy.
#
# Để so với bên ngoài: VAE một lớp của Burda và cộng sự đạt −86,76 nat. Bản huấn luyện lại của khóa học (`benchmarks/published.py`) đạt −88,15 trên cả 10.000 ảnh kiểm tra, mới qua 364 trong 3.280 epoch của bài báo.
#
# **Trả lời.** Một VAE tốt đến đâu thì $\log p(x)$ nói, đo bằng nhiều mẫu, trên cùng những ảnh và với cùng một loại decoder.
#
# ## 2 · Đường cong tốc độ–méo
#
# Từ đây đến mục 4 là ảnh xám, decoder Gauss và hàm mất mát $B \cdot \mathrm{SSE} + \mathrm{KL}$ của đề bài, với SSE là tổng bình phương sai số. Chia cho $B$, ta được $\mathrm{SSE} + \beta\,\mathrm{KL}$ với $\beta = 1/B$. Vậy $B$ của đề bài và $\beta$ của **$\beta$-VAE** (Higgins và cộng sự, 2017) là cùng một núm, xoay ngược chiều nhau. Nó chọn một điểm trên **đường cong tốc độ–méo (rate–distortion)**:
#
# - **tốc độ** là KL, vì $z$ mang nhiều nhất chừng ấy nat về ảnh;
# - **độ méo** là SSE khi vẽ lại từ *chính $z$ ấy*, một mẫu lấy từ $q_\phi(z|x)$.
#
# Năm mạng sau giống nhau ở mọi thứ trừ $B$. Autoencoder `ae-16d` có cùng kiến trúc mà không có KL.

# %% [markdown] lang="en"
# *The figure: the bound rises fast at first, then ever less.* The ELBO underrates this network by more than 3 nats. <!-- claim: elbo_underrates --> The standard error of about 1 nat comes from some images being harder than others, so two networks must be compared on the same images.
#
# To compare with the world outside: the one-layer VAE of Burda et al. reaches −86.76 nats. The course's own training of it (`benchmarks/published.py`) reaches −88.15 on all 10,000 test images, after 364 of the paper's 3,280 epochs.
#
# **The answer.** How good a VAE is, $\log p(x)$ tells, measured with many samples, on the same images and with the same kind of decoder.
#
# ## 2 · The rate–distortion curve
#
# From here to section 4 we have grey images, a Gaussian decoder and the handout's loss $B \cdot \mathrm{SSE} + \mathrm{KL}$, where SSE is the squared error summed over an image. Divide by $B$ and it is $\mathrm{SSE} + \beta\,\mathrm{KL}$ with $\beta = 1/B$. So the handout's $B$ and the $\beta$ of the **$\beta$-VAE** (Higgins et al., 2017) are one knob, turned in opposite directions. It chooses a point on the **rate–distortion** curve:
#
# - the **rate** is the KL, for $z$ carries at most that many nats about the image;
# - the **distortion** is the SSE of the picture drawn from *that same $z$*, a sample of $q_\phi(z|x)$.
#
# These five networks are alike in everything but $B$. The autoencoder `ae-16d` has the same architecture and no KL.

# %%
files = {f"B = {B}": f"vae-16d-b{B}" for B in (2, 5, 10, 40, 1000)}
files["B = 40"] = "vae-16d"
recon, measured = {}, {}
torch.manual_seed(0)
for name, file in files.items():
    model = models.load_pretrained(file)
    with torch.no_grad():
        recon[name], mu, logvar = model(x)  # drawn from a sampled z
        of_mu = losses.reconstruction_loss(model.decode(mu), x).item()
    kl = losses.kl_divergence(mu, logvar).mean().item()
    sse = losses.reconstruction_loss(recon[name], x).item()
    measured[name] = {"KL": kl, "SSE, z ~ q(z|x)": sse, "SSE, μ": of_mu}

# %%
with torch.no_grad():
    redrawn = models.load_pretrained("ae-16d")(x)[0]
of_ae = losses.reconstruction_loss(redrawn, x).item()
plots.table(measured | {"ae-16d": {"SSE, μ": of_ae}})

# %%
rates, of_z, of_mu = zip(*(row.values() for row in measured.values()), strict=True)
plots.curves(
    {"z ~ q(z|x)": (rates, of_z), "μ": (rates, of_mu)},
    markers=True,
    lines={"ae-16d": of_ae},
    notes={n: (r["KL"], r["SSE, z ~ q(z|x)"]) for n, r in measured.items()},
    xlim=(0, 1.15 * max(rates)),
    ylim=(0, 1.1 * max(of_z)),
    xlabel=tr("tốc độ: KL (nat)", "rate: KL (nats)"),
    ylabel=tr("độ méo: SSE mỗi ảnh", "distortion: SSE per image"),
    title=tr("Đường cong tốc độ–méo", "The rate–distortion curve"),
)

# %% [markdown] lang="vi"
# *Hình: mỗi dấu là một mạng; đường liền nét dùng $z$ lấy mẫu, đường kia dùng $\mu$, vạch nét đứt là autoencoder.* Từ $B = 2$ lên $B = 40$, thêm khoảng 31 nat thì SSE giảm một nửa. Từ $B = 40$ lên $B = 1000$, thêm 30 nat nữa mà SSE chỉ giảm 0,2, và autoencoder cũng chỉ đến đó.
#
# Đừng ghép KL với SSE của $\mu$. Là một điểm, $\mu$ có thể mang nhiều hơn số nat mà KL tính, nên với $B = 2$, sai số của $\mu$ trông nhỏ hơn hẳn. <!-- claim: sampled_z_pays_more -->
#
# **Trả lời.** VAE vẽ lại kém đến đâu là tùy số nat trong $z$, nhưng quá một mức thì thêm nat hầu như vô ích.
#
# ## 3 · Ảnh mờ từ đâu ra?
#
# Đề bài viết rằng ảnh mờ "do sự đánh đổi giữa sai số tái tạo và KL". Ta cần một thước đo. Toán tử Laplace cộng bốn điểm ảnh lân cận rồi trừ bốn lần điểm ảnh ở giữa, nên nó bằng 0 ở chỗ bằng phẳng và lớn ở mép nét chữ. **Độ nét** là trung bình bình phương của nó, so với ảnh thật:

# %% [markdown] lang="en"
# *The figure: a mark for each network; the solid line uses a sampled $z$, the other one $\mu$, the dashed line is the autoencoder.* From $B = 2$ to $B = 40$ some 31 nats more halve the SSE. From $B = 40$ to $B = 1000$ another 30 lower it by only 0.2, and the autoencoder comes no further either.
#
# Do not pair the KL with the SSE of $\mu$. Being a point, $\mu$ may carry more nats than the KL counts, so with $B = 2$ its error looks much smaller. <!-- claim: sampled_z_pays_more -->
#
# **The answer.** How badly a VAE redraws depends on the nats in $z$, but beyond some rate more nats are of hardly any use.
#
# ## 3 · Where does the blur come from?
#
# The handout says that blur comes "from the trade-off between reconstruction loss and KL". We need a measure. The Laplacian is the sum of a pixel's four neighbours less four times the pixel, so it is 0 where the image is flat and large at the edges of strokes. The **sharpness** is its mean square, relative to real images:

# %%
kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).view(1, 1, 3, 3)


def sharpness(images, reference):
    detail = F.conv2d(images, kernel).pow(2).mean()
    return (detail / F.conv2d(reference, kernel).pow(2).mean()).item()


# %% [markdown] lang="vi"
# **Nguồn thứ nhất có thể có là mã dùng chung.** Với một encoder cho trước, ảnh tốt nhất theo bình phương sai số tại $z$ là trung bình có trọng số của các ảnh huấn luyện, mà trung bình của nhiều ảnh thì mờ:
#
# $$\hat x^*(z) = \sum_n r_n\, x_n, \qquad r_n = \frac{q_\phi(z|x_n)}{\sum_m q_\phi(z|x_m)}.$$
#
# Số ảnh dùng chung mã ấy là $\exp(-\sum_n r_n \ln r_n)$. Nó bằng 1 khi chỉ có một ảnh, bằng $m$ khi $m$ ảnh dùng chung đều nhau. Ta đếm trong 10.000 ảnh huấn luyện:

# %% [markdown] lang="en"
# **A first possible source is shared codes.** For a given encoder the best picture in squared error at $z$ is a weighted mean of the training images, and a mean of many images is a blur:
#
# $$\hat x^*(z) = \sum_n r_n\, x_n, \qquad r_n = \frac{q_\phi(z|x_n)}{\sum_m q_\phi(z|x_m)}.$$
#
# That code is shared by $\exp(-\sum_n r_n \ln r_n)$ images: 1 when there is one alone, $m$ when $m$ share it equally. We count among 10,000 training images:

# %%
everything = data.load_mnist()
grey = data.split(everything, (min(1, 10_000 / len(everything)),), seed=0)[0]
black_white = torch.bernoulli(grey.images, generator=torch.Generator().manual_seed(0))


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
# *Hình: hàng trên cùng là ảnh huấn luyện. Sau đó, với $\beta = 4$ rồi $\beta = 1$, là ảnh mà decoder vẽ từ mã của chúng và trung bình các ảnh dùng chung mã ấy.* Hai mạng (ảnh nhị phân, decoder Bernoulli) chỉ khác nhau ở $\beta$.
#
# **Nguồn thứ hai có thể có** là mã có quá ít con số đối với một decoder trơn, **nguồn thứ ba** là mạng quá nhỏ hoặc huấn luyện quá ít. Để thấy nguồn thứ ba, ta huấn luyện lại đúng mạng `ae-16d` chỉ hai epoch trên 10.000 ảnh.
#
# ⏱ Khoảng 10 giây.

# %% [markdown] lang="en"
# *The figure: training images in the top row. Then, with $\beta = 4$ and with $\beta = 1$, what the decoder draws from their codes, and the mean of the images that share those codes.* The two networks (binary images, Bernoulli decoders) differ in $\beta$ alone.
#
# **A second possible source** is a code of too few numbers for a smooth decoder, **a third** a network too small or trained too little. To see the third, we train the very network of `ae-16d` anew, for only two epochs of 10,000 images.
#
# ⏱ About 10 seconds.


# %%
def bce(recon, x, z):
    return losses.reconstruction_loss(recon, x, kind="bce")


torch.manual_seed(0)
hurried = models.Autoencoder(latent_dim=16)
recipe = {"batch_size": 128, "lr": 4e-3, "schedule": "one-cycle", "seed": 0}
training.fit(hurried, grey, epochs=2, loss=bce, log_dir=None, **recipe)
hurried = hurried.cpu().eval()

# %%
numbers, shared, nets = tr("con số", "numbers"), tr("ảnh/mã", "images/code"), {}
for file in ("beta-vae", "mlp-vae", "vae-16d-b2", "vae-16d", "ae-16d", "ae-64d"):
    nets[file] = models.load_pretrained(file)
for file in ("vae-2d", "vae-2d-b1000", "ae-2d"):
    nets[file] = models.load_pretrained(file)
nets[tr("ae-16d, huấn luyện ít", "ae-16d, trained little")] = hurried


@torch.no_grad()
def look(model, real=x[:1000], b=binary[:1000]):
    logits = getattr(model, "logits", False)
    first, *code = model(b if logits else real)
    row = {numbers: model.latent_dim, "KL": None, shared: None}
    if len(code) == 2:
        row["KL"] = losses.kl_divergence(*code).mean().item()
        _, r = shares(model, black_white if logits else grey.images)
        row[shared] = torch.special.entr(r).sum(dim=1).exp().median().item()
    sharp = sharpness(torch.sigmoid(first) if logits else first, real)
    return row | {tr("độ nét", "sharpness"): f"{sharp:.0%}"}


# %%
plots.table({name: look(model) for name, model in nets.items()})

# %% [markdown] lang="vi"
# Bảng cho thấy cả ba nguồn, mỗi nguồn hiện ra ở những hàng chỉ khác nhau một điều:
#
# - **Mã dùng chung, tức là ít nat.** Từ $\beta = 1$ lên $\beta = 4$, nhiều ảnh cùng dùng một mã và độ nét giảm hơn một nửa. <!-- claim: few_nats_share_codes --> Từ $B = 40$ xuống $B = 2$, độ nét giảm gần một phần ba dù mỗi mã vẫn chỉ ứng với khoảng một ảnh huấn luyện, vậy mã dùng chung không giải thích hết.
# - **Mã có quá ít con số.** Với hai con số, ảnh nào cũng mờ như nhau, kể cả autoencoder không hề có KL. Với $B = 1000$, mỗi ảnh có mã riêng mà ảnh vẫn mờ. Tăng từ 16 lên 64 con số thì autoencoder nét hơn hẳn.
# - **Huấn luyện quá ít.** Cùng một mạng, cùng hàm mất mát, chỉ huấn luyện ít đi là độ nét gần như mất hết.
#
# Vậy câu của đề bài đúng một phần. Với chính mạng của đề bài (hai con số), KL hầu như không có lỗi. Với 16 con số, phần của KL là đáng kể khi $B$ nhỏ, còn với $B = 40$ thì chỉ là vài phần trăm. <!-- claim: three_sources_of_blur -->
#
# GAN (generative adversarial network) được cho là vẽ nét hơn; bài 14 huấn luyện một GAN và đo điều ấy.
#
# **Trả lời.** Ảnh mờ có ba nguồn, gồm quá ít nat, quá ít con số và mạng học chưa đủ; KL chỉ là nguồn đầu.
#
# ## 4 · Đừng chọn $B$ bằng tay: $\sigma$ tốt nhất có công thức
#
# $B = 1/(2\sigma^2)$, với $\sigma$ là độ lệch chuẩn của decoder (bài 04). Giữ lại số hạng thường bị bỏ đi, −log-likelihood của một ảnh có $D$ điểm ảnh là
#
# $$-\log p_\theta(x|z) = \frac{\mathrm{SSE}}{2\sigma^2} + D\log\sigma + \frac{D}{2}\log 2\pi.$$
#
# Đạo hàm theo $\sigma$ bằng 0 khi $\sigma^2 = \mathrm{SSE}/D$, tức là phương sai tốt nhất bằng **trung bình của bình phương sai số**. Rybkin và cộng sự (2021) tính lại nó trên từng batch và gọi cách ấy là *optimal σ-VAE* (`losses.sigma_vae_loss`); *σ-VAE* của họ là bản học một $\sigma$ chung.
#
# ### Lượt của bạn
#
# Viết $\sigma$ tốt nhất, một con số chung cho mọi điểm ảnh của mọi ảnh trong batch. `recon` và `x` có cùng kích thước.

# %% [markdown] lang="en"
# The table shows all three sources, each in rows that differ in one thing:
#
# - **Shared codes, which means few nats.** From $\beta = 1$ to $\beta = 4$ many images come to use one code, and the sharpness falls by more than half. <!-- claim: few_nats_share_codes --> From $B = 40$ down to $B = 2$ it falls by nearly a third although each code still belongs to about one training image, so sharing does not explain all of it.
# - **A code of too few numbers.** With two numbers all are equally blurry, the autoencoder without any KL among them. With $B = 1000$ each image has a code of its own, and the picture is a blur all the same. From 16 to 64 numbers the autoencoder becomes much sharper.
# - **Too little training.** The same network with the same loss, only trained less, has lost nearly all its sharpness.
#
# So the handout's sentence is right in part. With its own network (two numbers) the KL is hardly to blame. With 16 numbers the KL's share is considerable where $B$ is small, and with $B = 40$ a matter of a few per cent. <!-- claim: three_sources_of_blur -->
#
# GANs (generative adversarial networks) are known to draw sharper images; lesson 14 trains one and measures it.
#
# **The answer.** Blur has three sources, too few nats, too few numbers, and a network that has not learnt enough; the KL is only the first.
#
# ## 4 · Do not choose $B$ by hand: the best $\sigma$ has a formula
#
# $B = 1/(2\sigma^2)$, where $\sigma$ is the decoder's standard deviation (lesson 04). With the term that is usually dropped, the −log-likelihood of an image of $D$ pixels is
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
# Hàm của bạn cho biết mỗi mạng *nên* nói $\sigma$ bằng bao nhiêu; $B$ đã chọn khi huấn luyện cho biết nó *đang* nói bao nhiêu. Hai cột cuối là trung bình của $\log p(x|z)$ với hai $\sigma$ ấy.

# %% [markdown] lang="en"
# Your function tells what $\sigma$ each network *should* claim; the $B$ it was trained with tells what it *does* claim. The last two columns are the mean of $\log p(x|z)$ with either $\sigma$.

# %%
claims, best = tr("σ theo B", "σ by B"), tr("σ tốt nhất", "best σ")
sigmas = {}
for name, drawn in recon.items():
    said, sigma = (2 * float(name.split()[-1])) ** -0.5, float(best_sigma(drawn, x))
    sigmas[name] = {
        claims: plots.table.__globals__["tr"](f"{said:.3f}", f"{said:.3f}"),
        best: f"{sigma:.3f}",
        "1/(2σ²)": 1 / (2 * sigma**2),
        f"log p(x|z), {claims}": -losses.gaussian_nll(drawn, x, said).item(),
        f"log p(x|z), {best}": -losses.gaussian_nll(drawn, x, sigma).item(),
    }
plots.table(sigmas, digits=0)
