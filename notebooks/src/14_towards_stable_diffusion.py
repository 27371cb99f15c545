# %% [markdown] lang="vi"
# # Bài 14 · Đến với Stable Diffusion
#
# *Ảnh mà VAE sinh ra kém ảnh mà nó tái tạo: còn thiếu điều gì, và Stable Diffusion bổ sung điều ấy ra sao?* Ta thử ba cách: một prior tốt hơn, một GAN, rồi một mô hình khuếch tán (diffusion) trên mã của VAE. Cách thứ ba chính là Stable Diffusion thu nhỏ.
#
# ⏱ Học khoảng một giờ; phần tính toán mất chừng một phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 14 · Towards Stable Diffusion
#
# *A VAE's samples are worse than its reconstructions: what is missing, and how does Stable Diffusion supply it?* We try three ways: a better prior, a GAN, and a diffusion model on a VAE's codes, which is Stable Diffusion in miniature.
#
# ⏱ About an hour; computing takes about a minute on two CPU cores.

# %%
import math
from functools import partial

import torch
import torch.nn.functional as F
from sklearn.mixture import GaussianMixture
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from tqdm.auto import tqdm

from vae_helpers import checks, data, metrics, models, plots, tr

train, test = data.load_mnist(), data.load_mnist(train=False)
order = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))[:1000]
x = test.images[order]

# %%
torch.manual_seed(0)
vae = models.load_pretrained("vae-16d-b1000")
with torch.no_grad():
    pictures = {
        tr("tái tạo", "reconstructed"): vae.decode(vae.encode(x)[0]),
        "N(0, I)": vae.decode(torch.randn(1000, 16)),
    }
rows = {name: drawn[:12] for name, drawn in pictures.items()}
plots.plot_images(rows, title="vae-16d-b1000")

# %% [markdown] lang="vi"
# *Hình: cùng một decoder; trên là ảnh tái tạo, dưới là ảnh từ $z \sim \mathcal{N}(0, I)$.*
#
# ## 1 · Một prior tốt hơn
#
# Decoder vẽ được chữ số; ảnh kém là do *lấy mã sai chỗ*, như ở bài 13. Ta lấy mã từ một phân phối Gauss khớp với mã của 10.000 ảnh huấn luyện, rồi từ một **hỗn hợp** (mixture) mười phân phối Gauss.
#
# Ta dùng ba thước đo: độ nét, khoảng cách Fréchet (Fréchet distance; bài 11, 12) và **độ phủ** (coverage; Naeem và cộng sự, 2020). Độ phủ là tỉ lệ ảnh thật có một ảnh sinh ra ở gần. *Gần* là gần hơn láng giềng thật thứ năm của ảnh thật ấy, theo đặc trưng của giám khảo. Mô hình bỏ sót một loại ảnh thì độ phủ thấp đi, dù ảnh nào nó vẽ cũng đẹp.

# %% [markdown] lang="en"
# *The figure: one decoder; above reconstructions, below pictures from $z \sim \mathcal{N}(0, I)$.*
#
# ## 1 · A better prior
#
# The decoder can draw digits; what is wrong is *where the code comes from*, as in lesson 13. We take codes from one Gaussian fitted to the codes of 10,000 training images, then from a **mixture** of ten.
#
# The measures are sharpness, the Fréchet distance (lessons 11, 12) and **coverage** (Naeem et al., 2020): the share of real images that have a drawn one nearby, nearer than their fifth real neighbour, by the judge's features. A model that leaves a kind of image out covers less, however fine each picture is.

# %%
judge = models.load_pretrained("judge")
real = judge.features(x).detach()


@torch.no_grad()
def measured(pictures):
    features = judge.features(pictures)
    return {
        tr("độ nét, %", "sharpness, %"): 100 * metrics.sharpness(pictures, x),
        "Fréchet": metrics.frechet_distance(features, real),
        tr("độ phủ, %", "coverage, %"): 100 * metrics.coverage(features, real),
    }


# %%
def mixture(codes, gaussians):
    """1,000 new codes from so many Gaussians fitted to codes, (N, …)."""
    fitted = GaussianMixture(gaussians, reg_covar=1e-3, random_state=0)
    fitted.fit(codes.flatten(1).double().numpy())
    new = torch.from_numpy(fitted.sample(1000)[0]).float()
    return new[torch.randperm(1000)].view(1000, *codes.shape[1:])


# %%
ONE, TEN = tr("một Gauss", "one Gaussian"), tr("mười Gauss", "ten Gaussians")
with torch.no_grad():
    codes = vae.encode(train.images[:10_000])[0]
    pictures |= {
        ONE: vae.decode(mixture(codes, 1)),
        TEN: vae.decode(mixture(codes, 10)),
    }
plots.table({name: measured(drawn) for name, drawn in pictures.items()}, digits=0)

# %% [markdown] lang="vi"
# Chỉ đổi nơi lấy mã mà khoảng cách Fréchet giảm từ 637 xuống 22. `vae-16d` cũng cho kết quả tương tự. <!-- claim: a_better_prior -->
# **Đổi prior là cách khắc phục rất nhanh:** chỉ vài giây, không phải huấn luyện lại mạng nào.
#
# ## 2 · Một GAN
#
# **GAN** (generative adversarial network, mạng đối sinh; Goodfellow và cộng sự, 2014) không có encoder. **Generator** $G$ biến $z \sim \mathcal{N}(0, I)$ thành ảnh; **discriminator** $D$ cho xác suất một ảnh là thật. Hai hàm mất mát ngược nhau:
#
# $$\mathcal{L}_D = -\log D(x) - \log\bigl(1 - D(G(z))\bigr), \qquad \mathcal{L}_G = -\log D(G(z)).$$
#
# Trong code, $D$ cho ra logit, nên mỗi số hạng là BCE-with-logits với mục tiêu 1 hay 0. `detach()` không cho gradient của $\mathcal{L}_D$ truyền vào $G$; `spectral_norm` giữ cho $D$ không quá dốc (Miyato và cộng sự, 2018). Ta huấn luyện 60 bước, chừng 10 giây.

# %% [markdown] lang="en"
# Only the source of the codes changed, and the Fréchet distance falls from 637 to 22. The same holds for `vae-16d`. <!-- claim: a_better_prior -->
# **A better prior is a quick remedy:** seconds, no network trained again.
#
# ## 2 · A GAN
#
# A **GAN** (generative adversarial network; Goodfellow et al., 2014) has no encoder. A **generator** $G$ turns $z \sim \mathcal{N}(0, I)$ into a picture; a **discriminator** $D$ gives the probability that a picture is real. Their losses pull against each other:
#
# $$\mathcal{L}_D = -\log D(x) - \log\bigl(1 - D(G(z))\bigr), \qquad \mathcal{L}_G = -\log D(G(z)).$$
#
# In code $D$ gives logits, so each term is BCE-with-logits against 1 or 0. `detach()` keeps the gradient of $\mathcal{L}_D$ out of $G$; `spectral_norm` keeps $D$ from being too steep (Miyato et al., 2018). We train for 60 steps, about 10 seconds.

# %%
torch.manual_seed(0)
G = nn.Sequential(
    nn.Linear(64, 96 * 49, bias=False), nn.Unflatten(1, (96, 7, 7)),
    nn.BatchNorm2d(96), nn.ReLU(),
    nn.ConvTranspose2d(96, 48, 4, stride=2, padding=1, bias=False),
    nn.BatchNorm2d(48), nn.ReLU(),
    nn.ConvTranspose2d(48, 1, 4, stride=2, padding=1), nn.Sigmoid(),
)  # fmt: skip
D = nn.Sequential(
    spectral_norm(nn.Conv2d(1, 48, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
    spectral_norm(nn.Conv2d(48, 96, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
    nn.Flatten(), spectral_norm(nn.Linear(96 * 49, 1)),
)  # fmt: skip

# %%
adam_G, adam_D = (
    torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
    for network in (G, D)
)
bce = F.binary_cross_entropy_with_logits
ones, zeros = torch.ones(64, 1), torch.zeros(64, 1)

# %%
for _ in tqdm(range(60)):
    photos = train.images[torch.randint(len(train), (64,))]
    drawn = G(torch.randn(64, 64))

    loss_D = bce(D(photos), ones) + bce(D(drawn.detach()), zeros)
    adam_D.zero_grad()
    loss_D.backward()
    adam_D.step()

    loss_G = bce(D(drawn), ones)
    adam_G.zero_grad()
    loss_G.backward()
    adam_G.step()

# %% [markdown] lang="vi"
# `gan` được huấn luyện bằng vòng lặp ấy trong 25 epoch, mỗi batch 128 ảnh, tốc độ học (learning rate) giảm dần về 0. Bên cạnh là VAE tốt nhất ở mục 1.

# %% [markdown] lang="en"
# `gan` comes from 25 epochs of this loop (batches of 128, learning rate falling to 0). Beside it: the best VAE of section 1.

# %%
gan, z = models.load_pretrained("gan"), torch.randn(1000, 64)
with torch.no_grad():
    early, late = G.eval()(z), gan(z)
best = pictures[TEN]
rows = {
    tr("GAN, 60 bước", "GAN, 60 steps"): early[:12],
    "GAN": late[:12],
    f"VAE, {TEN}": best[:12],
}
plots.plot_images(rows, title=tr("GAN và VAE", "GAN and VAE"))

# %% [markdown] lang="vi"
# *Hình: sau 60 bước, GAN mới chỉ vẽ hoa văn; sau 25 epoch, nét vẽ sắc hơn ảnh của VAE, nhưng không phải hình nào cũng là chữ số.*

# %% [markdown] lang="en"
# *The figure: after 60 steps a texture; after 25 epochs strokes crisper than the VAE's, though not every picture is a digit.*

# %%
plots.table({"GAN": measured(late), f"VAE, {TEN}": measured(best)}, digits=0)

# %%
count = torch.bincount(judge.read(late)[0], minlength=10)
print(*(f"{digit}: {n}" for digit, n in enumerate(count.tolist())), sep="   ")

# %% [markdown] lang="vi"
# GAN này nét hơn VAE, nét hơn cả ảnh thật (110%): *nhiều chi tiết* chưa phải là *giống thật*. Những điểm yếu:
#
# - **Độ phủ** chỉ 39%, so với 94%. Khoảng một phần ba số ảnh của nó không gần ảnh thật nào, và các chữ số không đều (hiếm nhất khoảng 6%, hay gặp nhất khoảng 15%). <!-- claim: gan_beside_the_others -->
# Vẽ 5.000 ảnh thì độ phủ tăng lên 72 đến 75%; `vae-16d` lấy mã từ một phân phối Gauss cũng được chừng ấy, từ $\mathcal{N}(0, I)$ thì chỉ khoảng 50%. <!-- claim: why_the_gan_covers_little -->
# GAN bỏ hẳn một loại ảnh thì gọi là **mode dropping** (bỏ sót kiểu ảnh): không số hạng nào trong $\mathcal{L}_G$ cấm điều đó.
# - **Không có encoder**: không tái tạo, nén hay đọc được một ảnh cho trước.
# - **Không có loss nào giảm dần** để cho biết mạng đang tốt lên hay đã hỏng.
#
# ## 3 · Mã là một bức ảnh nhỏ
#
# Stable Diffusion bắt đầu từ một VAE mà mã là một **bản đồ**: mỗi vị trí trên đó chủ yếu ứng với một vùng của ảnh. `spatial-vae` bỏ các lớp kết nối đầy đủ của đề bài; mã của nó gồm 4 × 7 × 7 số. Hàm mất mát là $\mathrm{BCE} + 0{,}001 \cdot \mathrm{KL}$: trọng số của KL rất nhỏ, ở Stable Diffusion cũng vậy (10⁻⁶).

# %% [markdown] lang="en"
# This GAN is sharper than the VAE, even than real images (110%): *detailed* does not mean *realistic*. Its weak points:
#
# - **Coverage** is only 39%, against 94%. About a third of its pictures lie near no real image, and the digits come unevenly (the rarest about 6%, the commonest about 15%). <!-- claim: gan_beside_the_others -->
# With 5,000 pictures coverage rises to 72–75%; so it does for `vae-16d` from one Gaussian, from $\mathcal{N}(0, I)$ only to about 50%. <!-- claim: why_the_gan_covers_little -->
# A GAN that leaves a kind of image out shows **mode dropping**: no term of $\mathcal{L}_G$ forbids it.
# - **No encoder**: it cannot reconstruct, compress or read a given image.
# - **No falling loss** to say whether it improves or has broken.
#
# ## 3 · A code that is a small picture
#
# Stable Diffusion starts from a VAE whose code is a **map**: each place in it describes mainly one part of the image. `spatial-vae` leaves out the handout's fully connected layers; its code is 4 × 7 × 7 numbers. Its loss is $\mathrm{BCE} + 0.001 \cdot \mathrm{KL}$: the KL has hardly any weight, as in Stable Diffusion (10⁻⁶).


# %%
class SpatialVAE(nn.Module):
    def __init__(self, maps=4):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(64, 2 * maps, 1),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Conv2d(maps, 64, 3, padding=1), nn.ReLU(),
            nn.ConvTranspose2d(64, 32, 3, 2, padding=1, output_padding=1), nn.ReLU(),
            nn.ConvTranspose2d(32, 16, 3, 2, padding=1, output_padding=1), nn.ReLU(),
            nn.Conv2d(16, 1, 3, padding=1), nn.Sigmoid(),
        )  # fmt: skip

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=1)  # mu, logvar: (N, 4, 7, 7)

    def decode(self, z):
        return self.decoder(z)


# %%
spatial = SpatialVAE().eval()
spatial.load_state_dict(models.load_pretrained("spatial-vae").state_dict())
with torch.no_grad():
    codes = spatial.encode(train.images[:10_000])[0]
    by_map = {
        tr("tái tạo", "reconstructed"): spatial.decode(spatial.encode(x)[0]),
        "N(0, I)": spatial.decode(torch.randn(1000, 4, 7, 7)),
        ONE: spatial.decode(mixture(codes, 1)),
    }
rows = {name: drawn[:12] for name, drawn in by_map.items()}
plots.plot_images(rows, title="spatial-vae")

# %% [markdown] lang="vi"
# *Hình: VAE này tái tạo rất tốt, nhưng mã lấy từ prior chỉ cho ra những đốm rời rạc.*

# %% [markdown] lang="en"
# *The figure: this VAE reconstructs very well, but codes from the prior give only specks.*

# %%
plots.table({name: measured(drawn) for name, drawn in by_map.items()}, digits=0)

# %% [markdown] lang="vi"
# Ảnh sinh từ một phân phối Gauss khác xa ảnh thật. Dùng mười phân phối Gauss, khoảng cách Fréchet là 86 đến 98, vẫn kém xa VAE có mã 16 chiều (20 đến 27). <!-- claim: a_better_prior -->
# **VAE này giữ gần hết chi tiết; điều còn thiếu là một prior cho 196 con số phải khớp với nhau.** Ở Stable Diffusion, prior ấy là một mạng.
#
# ## 4 · Khuếch tán
#
# Lấy mẫu từ một phân phối phức tạp chỉ trong một bước thì khó. **Khuếch tán** (diffusion; Ho và cộng sự, 2020) chia việc ấy thành nhiều bước dễ: mỗi bước *bớt đi một ít nhiễu*.
#
# **Bước 1, trộn nhiễu vào.** Thời gian là một góc $\theta$ (ở đây không phải trọng số) từ 0° đến 86°; với $\varepsilon \sim \mathcal{N}(0, I)$,
#
# $$z_t = \cos\theta \; z_0 + \sin\theta \; \varepsilon.$$
#
# Đó là một **lịch nhiễu** (noise schedule). Nếu các số của $z_0$ có phương sai 1 thì $z_t$ cũng thế, vì $\cos^2 + \sin^2 = 1$. Ở cuối, $\cos 86^\circ \approx 0{,}07$: gần như chỉ còn nhiễu, mà nhiễu thì ta biết cách lấy mẫu.
#
# ### Lượt của bạn
#
# `z_0` và `epsilon` có kích thước $(N, C, H, W)$, `theta` có kích thước $(N)$, tính bằng radian, mỗi mã một góc.

# %% [markdown] lang="en"
# Pictures from one Gaussian are far off. Ten Gaussians (Fréchet 86 to 98) stay far behind the 16-number code (20 to 27). <!-- claim: a_better_prior -->
# **This VAE keeps nearly all detail; what is missing is a prior for 196 numbers that must fit together.** Stable Diffusion's is a network.
#
# ## 4 · Diffusion
#
# Drawing from a complicated distribution in one go is hard. **Diffusion** (Ho et al., 2020) splits it into many easy tasks: *take away a little noise*.
#
# **Step 1, mix noise in.** Time is an angle $\theta$ (not the weights) from 0 to 86°; with $\varepsilon \sim \mathcal{N}(0, I)$,
#
# $$z_t = \cos\theta \; z_0 + \sin\theta \; \varepsilon.$$
#
# This is a **noise schedule**. If the numbers in $z_0$ have variance 1, so do those in $z_t$, since $\cos^2 + \sin^2 = 1$. At the end $\cos 86^\circ \approx 0.07$: almost pure noise, which we can draw.
#
# ### Your turn
#
# `z_0` and `epsilon` have shape $(N, C, H, W)$; `theta` has shape $(N)$, in radians, one angle per code.


# %% tags=["exercise"]
def q_sample(z_0, theta, epsilon):
    ### BEGIN SOLUTION
    theta = theta[:, None, None, None]
    return theta.cos() * z_0 + theta.sin() * epsilon
    ### END SOLUTION


# %%
right = checks.check_q_sample(q_sample)
mix = q_sample if right else models.q_sample

# %% [markdown] lang="vi"
# ### Hệ số tỉ lệ
#
# Mã nên có phương sai 1. Không có KL thì không gì cố định độ lớn của mã: mã của `ae-16d` có độ lệch chuẩn khoảng 8. Có KL, dù trọng số chỉ 0,001, thì trung bình của $\mu^2 + \sigma^2$ bị kéo về gần 1: mã của `spatial-vae` có độ lệch chuẩn 0,92 đến 0,99. <!-- claim: scale_of_codes -->
# Ở Stable Diffusion (10⁻⁶) thì khoảng 5,5. Vì vậy người ta nhân mã với **hệ số tỉ lệ** (scale factor) $s$ trước khi khuếch tán, và chia lại cho $s$ trước khi giải mã: đó là con số 0,18215 trong code của Stable Diffusion.
#
# Ta đổi sang đơn vị ấy: `encode` nhân 5,5, `decode` chia 5,5.
#
# ### Lượt của bạn
#
# Trả về $s$ sao cho sau khi nhân, độ lệch chuẩn của *tất cả* các số trong mã bằng 1.

# %% [markdown] lang="en"
# ### The scale factor
#
# The codes should have variance 1. Without a KL nothing fixes their scale: those of `ae-16d` have a standard deviation of about 8. A KL, even of weight 0.001, pulls the mean of $\mu^2 + \sigma^2$ near 1: the codes of `spatial-vae` have 0.92 to 0.99. <!-- claim: scale_of_codes -->
# In Stable Diffusion (10⁻⁶) it is about 5.5. So codes are multiplied by a **scale factor** $s$ before diffusion and divided by it before decoding: the 0.18215 in Stable Diffusion's source.
#
# We change to that unit: `encode` multiplies by 5.5, `decode` divides by it.
#
# ### Your turn
#
# Return $s$: times $s$, *all* numbers in the codes together have standard deviation 1.


# %%
UNIT = 5.5


@torch.no_grad()
def encode(x):
    return UNIT * spatial.encode(x)[0]


@torch.no_grad()
def decode(z):
    return spatial.decode(z / UNIT)


# %% tags=["exercise"]
def scale_factor(codes):
    ### BEGIN SOLUTION
    return 1 / codes.std()
    ### END SOLUTION


# %%
diffusion = models.load_pretrained("latent-diffusion")
codes = encode(train.images[:10_000])
right = checks.check_scale_factor(scale_factor)
s = scale_factor(codes) if right else diffusion.scale / UNIT
print(f"{s:.3f}".replace(".", tr(",", ".")))

# %%
angles, noise = torch.tensor([0, 15, 30, 45, 60, 75, 86]), torch.randn(1, 4, 7, 7)
z_t = mix(s * codes[:1].repeat(7, 1, 1, 1), torch.deg2rad(angles), noise)
rows = {
    tr("chia cho s", "divided by s"): decode(z_t / s),
    tr("quên chia", "forgotten"): decode(z_t),
}
titles = [f"{angle}°" for angle in angles]
plots.plot_images(
    rows, titles, title=tr("Trộn nhiễu vào mã", "Noise mixed into a code")
)

# %% [markdown] lang="vi"
# *Hình: $z_t$ giải mã ở bảy góc; hàng dưới quên chia cho $s$.* Quên chia thì ảnh chỉ còn là một lưới chấm nhạt, chữ số chỉ thấy lờ mờ. Thư viện diffusers từng có đúng lỗi này trong một pipeline ([issue 5166](https://github.com/huggingface/diffusers/issues/5166)). <!-- claim: forgotten_scale -->
# Còn nếu quên $s$ khi huấn luyện thì ở 45°, mã vẫn lớn gấp 5,3 lần nhiễu; ngay ở 86°, mã vẫn bằng 0,4 lần nhiễu, trong khi lúc sinh ta bắt đầu từ nhiễu thuần túy.
#
# **Bước 2, học đoán nhiễu.** Một mạng $\hat\varepsilon$ nhận $z_t$, $\theta$ và nhãn $y$ rồi đoán $\varepsilon$:
#
# $$\mathcal{L} = \mathbb{E}_{z_0, \theta, \varepsilon}\bigl[(\hat\varepsilon(z_t, \theta, y) - \varepsilon)^2\bigr].$$
#
# ### Lượt của bạn
#
# `network(z_t, theta)` đoán ε. Trả về trung bình của bình phương sai số trên mọi con số; dùng `mix`.

# %% [markdown] lang="en"
# *The figure: $z_t$ decoded at seven angles; below, without dividing by $s$.* Without it a pale grid of dots is left, the digit faint. One pipeline of diffusers had this bug ([issue 5166](https://github.com/huggingface/diffusers/issues/5166)). <!-- claim: forgotten_scale -->
# If $s$ were forgotten in training, at 45° the code would still be 5.3 times as large as the noise, and even at 86° 0.4 times, while generation starts from pure noise.
#
# **Step 2, learn to guess the noise.** A network $\hat\varepsilon$ is given $z_t$, $\theta$ and the label $y$ and guesses $\varepsilon$:
#
# $$\mathcal{L} = \mathbb{E}_{z_0, \theta, \varepsilon}\bigl[(\hat\varepsilon(z_t, \theta, y) - \varepsilon)^2\bigr].$$
#
# ### Your turn
#
# `network(z_t, theta)` guesses ε. Return the mean of the squared error over all numbers; use `mix`.


# %% tags=["exercise"]
def epsilon_loss(network, z_0, theta, epsilon):
    ### BEGIN SOLUTION
    z_t = q_sample(z_0, theta, epsilon)
    return ((network(z_t, theta) - epsilon) ** 2).mean()
    ### END SOLUTION


# %%
right = checks.check_epsilon_loss(epsilon_loss)
loss_of = epsilon_loss if right else models.epsilon_loss

# %% [markdown] lang="vi"
# Mạng là một **U-Net**: thu bản đồ còn nửa kích thước, phóng to trở lại, rồi ghép (`cat`) với bản đồ trước khi thu nhỏ. Mỗi khối gồm hai lớp tích chập và nhận $\theta$, $y$ qua vector `told`.

# %% [markdown] lang="en"
# The network is a **U-Net**: down to half the size, up again, and joined (`cat`) with the maps from before. Each block is two convolutions; the vector `told` gives them $\theta$ and $y$.


# %%
class UNet(models.LatentDiffusion):
    def noise(self, z_t, theta, y):
        told = self.told(theta, y)  # (N, 80)
        full = self.before(self.enter(z_t), told)  # (N, 40, 7, 7)
        half = self.down(full)  # (N, 80, 4, 4)
        for block in self.middle:
            half = block(half, told)
        back = self.up(F.interpolate(half, size=7))  # (N, 40, 7, 7)
        return self.leave(self.after(torch.cat([full, back], dim=1), told))


# %% [markdown] lang="vi"
# Huấn luyện 150 bước (chừng 15 giây); một phần mười số nhãn được giấu đi (thay bằng 10); mục 5 cho biết vì sao.

# %% [markdown] lang="en"
# We train for 150 steps (about 15 seconds); one label in ten is withheld (replaced by 10); section 5 shows why.

# %%
torch.manual_seed(0)
own, history, END = UNet(), [], math.radians(86)
adam = torch.optim.Adam(own.parameters(), lr=2e-3)
for _ in tqdm(range(150)):
    i, theta = torch.randint(len(codes), (64,)), END * torch.rand(64)
    y = torch.where(torch.rand(64) < 0.1, 10, train.labels[i])
    network, epsilon = partial(own.noise, y=y), torch.randn(64, 4, 7, 7)
    loss = loss_of(network, s * codes[i], theta, epsilon)
    adam.zero_grad()
    loss.backward()
    adam.step()
    history.append(loss.item())

# %%
unet = UNet().eval()
unet.load_state_dict(diffusion.state_dict())
plots.curves(
    {"ε": history}, xlabel=tr("bước", "step"), ylabel="loss", ylim=(0, 1.2),
    title=tr("Học đoán nhiễu", "Learning to guess the noise"),
    lines={tr("luôn đoán 0", "always 0"): 1.0},
)  # fmt: skip

# %% [markdown] lang="vi"
# *Hình: loss của 150 bước đầu; mạng luôn đoán 0 có loss bằng 1.* `unet` có trọng số sau 50 epoch.
#
# **Bước 3, đi ngược lại.** Từ $\varepsilon$ đoán được, giải phương trình của bước 1 theo $z_0$, rồi trộn lại với một góc nhỏ hơn:
#
# $$\hat z_0 = \frac{z_t - \sin\theta\;\hat\varepsilon}{\cos\theta}, \qquad z_{t'} = \cos\theta' \; \hat z_0 + \sin\theta' \; \hat\varepsilon, \qquad \theta' < \theta.$$
#
# Đó là **DDIM** (Song và cộng sự, 2021), ở đây mười bước. Sao không dùng luôn $\hat z_0$ đầu tiên? Vì lời đoán tối ưu theo bình phương sai số là *trung bình* (bài 01): khi gần như chỉ có nhiễu, đó gần như là trung bình của mọi mã có nhãn ấy; phép chia cho $\cos 86^\circ$ lại phóng đại sai số của mạng lên mười bốn lần. <!-- claim: one_step -->
# Mỗi bước lại loại bớt những mã không hợp.
#
# ## 5 · Prompt
#
# Mạng biết đoán cả khi có nhãn lẫn khi không. **Classifier-free guidance** (Ho & Salimans, 2022) đi từ lời đoán không nhãn về phía lời đoán có nhãn, và đi *quá* lời đoán ấy nếu $w > 1$:
#
# $$\hat\varepsilon_w = \hat\varepsilon(z_t, \theta) + w\,\bigl(\hat\varepsilon(z_t, \theta, y) - \hat\varepsilon(z_t, \theta)\bigr).$$
#
# ### Lượt của bạn

# %% [markdown] lang="en"
# *The figure: the loss of the first 150 steps; always saying 0 gives 1.* `unet` has the weights after 50 epochs.
#
# **Step 3, go back.** With the guessed $\varepsilon$, solve step 1 for $z_0$ and mix again at a smaller angle:
#
# $$\hat z_0 = \frac{z_t - \sin\theta\;\hat\varepsilon}{\cos\theta}, \qquad z_{t'} = \cos\theta' \; \hat z_0 + \sin\theta' \; \hat\varepsilon, \qquad \theta' < \theta.$$
#
# This is **DDIM** (Song et al., 2021), here in ten steps. Why not take the first $\hat z_0$? Under squared error the best guess is a *mean* (lesson 01): from almost pure noise, about that of all codes with that label; and dividing by $\cos 86^\circ$ magnifies the network's error fourteenfold. <!-- claim: one_step -->
# Each step rules some out.
#
# ## 5 · The prompt
#
# The network guesses with a label and without. **Classifier-free guidance** (Ho & Salimans, 2022) goes from the guess without the label towards the one with it, and *past* that for $w > 1$:
#
# $$\hat\varepsilon_w = \hat\varepsilon(z_t, \theta) + w\,\bigl(\hat\varepsilon(z_t, \theta, y) - \hat\varepsilon(z_t, \theta)\bigr).$$
#
# ### Your turn


# %% tags=["exercise"]
def guided(without, labelled, w):
    ### BEGIN SOLUTION
    return without + w * (labelled - without)
    ### END SOLUTION


# %%
right = checks.check_guided(guided)
guide = guided if right else diffusion.towards


# %%
@torch.no_grad()
def draw(model, y, w=2.0, z=None, steps=10):
    """Labels (N,) → pictures, from noise z."""
    z = torch.randn(len(y), 4, 7, 7) if z is None else z
    angles = torch.linspace(END, 0, steps + 1)[:, None].repeat(1, len(y))
    for theta, smaller in zip(angles, angles[1:], strict=False):
        without, labelled = model.noise(z, theta, 0 * y + 10), model.noise(z, theta, y)
        epsilon = guide(without, labelled, w)
        z_0 = (z - theta[0].sin() * epsilon) / theta[0].cos()
        z = mix(z_0, smaller, epsilon)
    return decode(z / s)


# %%
WORDS = tr(
    "không một hai ba bốn năm sáu bảy tám chín",
    "zero one two three four five six seven eight nine",
).split()
prompt = tr("số bảy", "seven")
y = torch.tensor([WORDS.index(prompt.split()[-1])] * 12)
z = torch.randn(12, 4, 7, 7, generator=torch.Generator().manual_seed(0))
rows = {
    tr("150 bước", "150 steps"): draw(own.eval(), y, z=z),
    tr("50 epoch", "50 epochs"): draw(unet, y, z=z),
}
plots.plot_images(rows, title=f"“{prompt}”")

# %% [markdown] lang="vi"
# *Hình: mạng sau 150 bước và mạng sau 50 epoch, cùng prompt, cùng nhiễu.* Hãy đổi `prompt` rồi chạy lại. Giờ thay đổi $w$, giữ nguyên nhiễu:

# %% [markdown] lang="en"
# *The figure: the network after 150 steps and after 50 epochs, same prompt, same noise.* Change `prompt` and run again. Now vary $w$, same noise:

# %%
digits = torch.arange(10)
noise = torch.randn(10, 4, 7, 7, generator=torch.Generator().manual_seed(1))
rows = {f"w = {w}": draw(unet, digits, w, noise) for w in (0, 1, 2, 4, 8)}
plots.plot_images(rows, WORDS, title=tr("Cùng nhiễu, nhiều w", "One noise, several w"))

# %%
asked, table = digits.repeat(30), {}
for w in (0, 1, 2, 4):
    drawn = draw(unet, asked, w)
    table[f"w = {w}"] = {
        tr("đúng chữ số, %", "right digit, %"): 100
        * (judge.read(drawn)[0] == asked).float().mean().item()
    } | measured(drawn)
plots.table(table, digits=0)

# %% [markdown] lang="vi"
# Mỗi hàng chỉ đo trên 300 ảnh, nên chỉ so các hàng trong bảng này với nhau. Với $w = 0$, nhãn bị bỏ qua; với $w = 2$, hầu như ảnh nào cũng đúng. Nhưng tăng nữa thì ảnh đậm hơn, phủ ít hơn và xa ảnh thật hơn. <!-- claim: guidance -->
# **Vậy là đủ các phần của một Stable Diffusion thu nhỏ:**
#
# | ở đây | trong [Stable Diffusion 1](https://github.com/CompVis/stable-diffusion) |
# | --- | --- |
# | `spatial-vae`: 1 × 28 × 28 → 4 × 7 × 7 | VAE: 3 × 512 × 512 → 4 × 64 × 64 |
# | hàm mất mát $\mathrm{BCE} + 0{,}001 \cdot \mathrm{KL}$ | sai số tuyệt đối, LPIPS (đặc trưng), một discriminator, $10^{-6} \cdot \mathrm{KL}$ |
# | hệ số tỉ lệ $s$ = 0,189 (do đơn vị ta chọn) | 0,18215 |
# | U-Net, 0,5 triệu trọng số | U-Net, 860 triệu trọng số, có thêm attention |
# | mười nhãn, mỗi nhãn một vector | CLIP đọc prompt: 77 vector |
# | giấu 10% số nhãn | giấu 10% số prompt (từ bản 1.3) |
# | $w = 2$, 10 bước | $w = 7{,}5$, 50 bước |
# | $\cos\theta = 0{,}07$ ở cuối | cũng 0,07 |
#
# ## 6 · Tất cả trong một bảng
#
# Mỗi cách vẽ 1.000 ảnh; trung bình ± độ lệch chuẩn trên ba seed. Huấn luyện: số giây trên một H100 dùng chung với các lần huấn luyện khác (GRU và khuếch tán tính cả VAE đứng trước). Vẽ: mili giây trên một nhân CPU, kể cả lúc khớp Gauss (chia cho 1.000 ảnh). <!-- claim: all_in_one_table -->
#
# | | độ nét, % | Fréchet | độ phủ, % | đúng chữ số, % | huấn luyện, s | vẽ một ảnh, ms |
# | --- | --- | --- | --- | --- | --- | --- |
# | `vae-16d`, $\mathcal{N}(0, I)$ | 53 ± 1 | 281 ± 10 | 29 ± 1 | – | 61 | 0,4 |
# | `vae-16d`, mười Gauss | 64 ± 1 | 24 ± 3 | 91 ± 0 | – | 61 | 3,7 |
# | VQ-VAE, GRU | 87 ± 3 | 99 ± 2 | 71 ± 2 | – | 70 | 0,1 |
# | GAN | 109 ± 2 | 100 ± 5 | 43 ± 2 | – | 178 | 0,3 |
# | `spatial-vae`, hai Gauss mỗi chữ số | 78 ± 1 | 43 ± 5 | 90 ± 1 | 95 ± 1 | 80 | 10,4 |
# | khuếch tán, $w = 2$ | 87 ± 0 | 25 ± 4 | 94 ± 2 | 100 ± 0 | 268 | 7,6 |
#
# **Trong những cách có độ phủ khoảng 90% trở lên, khuếch tán cho ảnh nét nhất, lại vẽ đúng chữ số được yêu cầu.** Đổi lại, phải huấn luyện hai mạng, và mỗi ảnh cần hai mươi lượt qua U-Net. Với đúng các mã ấy, hai phân phối Gauss cho mỗi chữ số vẽ đúng 94 đến 96%, khoảng cách Fréchet 39 đến 48, so với 20 đến 27 của khuếch tán. <!-- claim: diffusion_beside_a_mixture -->
# Nhưng *mười* phân phối Gauss cho mỗi chữ số, khớp với 48.000 mã, thì ngang khuếch tán về khoảng cách Fréchet và độ phủ, và vẽ đúng 98%; khuếch tán chỉ còn hơn về độ nét (3 đến 5 điểm) và độ đúng. Với mã nhỏ như ở đây, mạng không hơn nhiều. <!-- claim: ten_gaussians_for_each_digit -->
# Khuếch tán huấn luyện chỉ ba epoch đã đạt 28 đến 33, <!-- claim: diffusion_beside_a_mixture -->
# và mất chưa đến ba phút trên CPU hai nhân. <!-- claim: three_epochs_on_a_cpu -->
#
# ## 7 · Tài liệu nói gì, ta đo được gì
#
# Các câu dưới đây lấy từ đề bài, README của nó, một bài báo và một trang về VAE.
#
# | tài liệu nói | ta đo được |
# | --- | --- |
# | Ảnh VAE mờ vì KL | Phần lớn là không. Với mã hai chiều, autoencoder cũng mờ như thế; với mã 16 chiều, KL chỉ gây mờ rõ khi $B$ nhỏ (bài 12). <!-- claim: three_sources_of_blur --> |
# | GAN nét hơn | GAN ở đây thì đúng, nhưng độ phủ chưa đến một nửa; VAE có prior khuếch tán nét gần bằng ảnh thật mà bỏ sót rất ít. <!-- claim: gan_beside_the_others --> |
# | Các biến thể cải thiện chất lượng ảnh | Có khi, và tùy thước đo. Với VAE thường, CVAE và AVAE, nơi lấy mã quan trọng hơn; β-VAE với phân phối Gauss khớp với mã thì vẫn xa gấp đôi (bài 13). <!-- claim: source_of_codes --> |
# | VAE không kiểm soát được ảnh sinh ra | VAE thường với một phân phối Gauss cho mỗi chữ số làm được, đúng nhiều hơn CVAE lấy $z$ từ prior; khi CVAE cũng có các phân phối Gauss riêng, nó lại dẫn trước (bài 13). <!-- claim: digits_asked_for --> |
# | AE không sinh được dữ liệu mới; AE sinh được | Mỗi câu đúng một nửa: từ $\mathcal{N}(0, I)$ thì không, từ phân phối Gauss khớp với mã thì được (bài 01, 09). <!-- claim: prior_or_fitted_gaussian --> |
# | AE đưa ảnh giống nhau đến những mã xa nhau | Không: mã của chúng cũng ở gần nhau (bài 01). <!-- claim: alike_lie_close --> |
# | KL có thể gây posterior collapse | Có, khi decoder tự vẽ được mà không cần $z$ (bài 12). <!-- claim: strong_decoder_leaves_z --> |
# | VAE là nền tảng của Stable Diffusion | Đúng: nó cho mã và decoder. Nhưng trọng số KL của nó rất nhỏ; prior là mạng khuếch tán. |
#
# ## Trả lời
#
# *Còn thiếu điều gì, và Stable Diffusion bổ sung điều ấy ra sao?* Thiếu một prior khớp với nơi các mã nằm. Stable Diffusion học prior ấy sau khi huấn luyện VAE, bằng một mạng khử nhiễu (denoising) cho mã; prompt cho mạng biết phải đi về đâu.
#
# ## Tự kiểm tra
#
# <details><summary><b>Vì sao Stable Diffusion khuếch tán trên mã mà không trên điểm ảnh?</b></summary>
#
# Mã nhỏ hơn: chỉ 16.384 số thay vì 786.432, nên mỗi bước rẻ hơn nhiều. Chi tiết nhỏ do decoder vẽ.
# </details>
#
# <details><summary><b>Vì sao khi huấn luyện phải giấu một phần mười số nhãn?</b></summary>
#
# Guidance cần cả lời đoán không nhãn. Không giấu nhãn thì mạng chưa bao giờ học đoán như thế.
# </details>
#
# ## Tóm tắt
#
# - Học thêm một prior khớp với mã thì ảnh VAE sinh ra tốt hơn hẳn.
# - GAN ở đây vẽ nét nhưng phủ ít; hãy đo cả độ phủ.
# - Khuếch tán: trộn nhiễu theo một cung tròn, học đoán nhiễu, đi ngược lại từng bước; mã nên có phương sai 1.
#
# **Đọc thêm:** khuếch tán tiềm ẩn: Rombach và cộng sự, [2112.10752](https://arxiv.org/abs/2112.10752); DDPM: [2006.11239](https://arxiv.org/abs/2006.11239); DDIM: [2010.02502](https://arxiv.org/abs/2010.02502); guidance: [2207.12598](https://arxiv.org/abs/2207.12598); GAN: [1406.2661](https://arxiv.org/abs/1406.2661); độ phủ: [2002.09797](https://arxiv.org/abs/2002.09797).

# %% [markdown] lang="en"
# 300 pictures a row: compare within the table. $w = 0$ ignores the label; at $w = 2$ nearly every picture is right. Beyond that they grow bolder, cover less and lie farther from real images. <!-- claim: guidance -->
# **Stable Diffusion in miniature is complete:**
#
# | here | in [Stable Diffusion 1](https://github.com/CompVis/stable-diffusion) |
# | --- | --- |
# | `spatial-vae`: 1 × 28 × 28 → 4 × 7 × 7 | VAE: 3 × 512 × 512 → 4 × 64 × 64 |
# | its loss: $\mathrm{BCE} + 0.001 \cdot \mathrm{KL}$ | absolute error, LPIPS (features), a discriminator, $10^{-6} \cdot \mathrm{KL}$ |
# | scale factor $s$ = 0.189 (our unit) | 0.18215 |
# | U-Net, 0.5 million weights | U-Net, 860 million, plus attention |
# | ten labels, a vector each | CLIP reads the prompt: 77 vectors |
# | 10% of the labels withheld | 10% of the prompts withheld (from 1.3) |
# | $w = 2$, 10 steps | $w = 7.5$, 50 steps |
# | $\cos\theta = 0.07$ at the end | 0.07 too |
#
# ## 6 · All in one table
#
# 1,000 pictures each; mean ± standard deviation over three seeds. Training: seconds on an H100 shared with other trainings (GRU and diffusion include the VAE before them). One picture: milliseconds on one CPU core, the fitting of Gaussians (over 1,000 pictures) included. <!-- claim: all_in_one_table -->
#
# | | sharpness, % | Fréchet | coverage, % | right digit, % | training, s | one picture, ms |
# | --- | --- | --- | --- | --- | --- | --- |
# | `vae-16d`, $\mathcal{N}(0, I)$ | 53 ± 1 | 281 ± 10 | 29 ± 1 | – | 61 | 0.4 |
# | `vae-16d`, ten Gaussians | 64 ± 1 | 24 ± 3 | 91 ± 0 | – | 61 | 3.7 |
# | VQ-VAE, GRU | 87 ± 3 | 99 ± 2 | 71 ± 2 | – | 70 | 0.1 |
# | GAN | 109 ± 2 | 100 ± 5 | 43 ± 2 | – | 178 | 0.3 |
# | `spatial-vae`, two Gaussians a digit | 78 ± 1 | 43 ± 5 | 90 ± 1 | 95 ± 1 | 80 | 10.4 |
# | diffusion, $w = 2$ | 87 ± 0 | 25 ± 4 | 94 ± 2 | 100 ± 0 | 268 | 7.6 |
#
# **Where coverage is about 90% or more, diffusion is the sharpest, and draws the digit asked for.** The price: two networks, twenty passes through the U-Net a picture. On the same codes two Gaussians a digit are 94 to 96% right, at a Fréchet distance of 39 to 48 against diffusion's 20 to 27. <!-- claim: diffusion_beside_a_mixture -->
# But *ten* a digit, fitted to 48,000 codes, are level with it in Fréchet distance and coverage, and 98% right; diffusion leads only in sharpness (3 to 5 points) and right digits. On codes this small the network gains little. <!-- claim: ten_gaussians_for_each_digit -->
# Three epochs of diffusion reach 28 to 33, <!-- claim: diffusion_beside_a_mixture -->
# in less than three minutes on two CPU cores. <!-- claim: three_epochs_on_a_cpu -->
#
# ## 7 · What texts say, what we measured
#
# From the handout, its README, an article and a page about VAEs:
#
# | the text says | we measured |
# | --- | --- |
# | VAEs blur because of the KL | Mostly not. With a code of two numbers an autoencoder blurs as much; with sixteen the KL blurs visibly only where $B$ is small (lesson 12). <!-- claim: three_sources_of_blur --> |
# | GANs are sharper | This one yes, but it covers less than half; a VAE with a diffusion prior is nearly as sharp as real images and leaves little out. <!-- claim: gan_beside_the_others --> |
# | Variants improve the pictures | Sometimes, and by some measures. For plain VAE, CVAE and AVAE the source of the codes matters more; fitted Gaussians leave the β-VAE twice as far (lesson 13). <!-- claim: source_of_codes --> |
# | What a VAE draws cannot be controlled | A plain VAE with a Gaussian for each digit does it, right more often than the CVAE from its prior; with Gaussians of its own the CVAE leads again (lesson 13). <!-- claim: digits_asked_for --> |
# | An AE cannot make new data; an AE makes new data | Each half right: not from $\mathcal{N}(0, I)$, but from a Gaussian fitted to its codes (lessons 01, 09). <!-- claim: prior_or_fitted_gaussian --> |
# | An AE puts similar images far apart | No: their codes lie close as well (lesson 01). <!-- claim: alike_lie_close --> |
# | The KL may cause posterior collapse | Yes, where the decoder can draw without $z$ (lesson 12). <!-- claim: strong_decoder_leaves_z --> |
# | The VAE is a foundation of Stable Diffusion | Yes: it gives code and decoder. But its KL has hardly any weight; the prior is a diffusion network. |
#
# ## The answer
#
# *What is missing, and how does Stable Diffusion supply it?* A prior that fits where the codes lie; Stable Diffusion learns it after the VAE, as a network that takes noise out of codes, and the prompt tells it where to go.
#
# ## Test yourself
#
# <details><summary><b>Why does Stable Diffusion work on codes and not on pixels?</b></summary>
#
# The code is smaller: 16,384 numbers instead of 786,432, so each step is far cheaper. The decoder draws the fine detail.
# </details>
#
# <details><summary><b>Why is one label in ten withheld in training?</b></summary>
#
# Guidance needs the guess without a label too. If none were withheld, the network would never learn it.
# </details>
#
# ## Recap
#
# - A prior fitted to the codes makes a VAE's samples far better.
# - This GAN draws sharply but covers little: measure coverage too.
# - Diffusion: mix noise in along an arc, learn to guess it, go back step by step; on codes of variance 1.
#
# **Further reading:** latent diffusion: Rombach et al., [2112.10752](https://arxiv.org/abs/2112.10752); DDPM: [2006.11239](https://arxiv.org/abs/2006.11239); DDIM: [2010.02502](https://arxiv.org/abs/2010.02502); guidance: [2207.12598](https://arxiv.org/abs/2207.12598); GAN: [1406.2661](https://arxiv.org/abs/1406.2661); coverage: [2002.09797](https://arxiv.org/abs/2002.09797).
