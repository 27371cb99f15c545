# %% [markdown] lang="vi"
# # Bài 02 · Variational autoencoder (VAE)
#
# *Đưa cho autoencoder một mã $z$ bất kỳ, nó vẽ ra một hình, nhưng nó không cho biết nên lấy $z$ ở đâu. Có thể huấn luyện một mạng sao cho ta biết trước điều đó không?*
# Bài này kể chuyện một bức ảnh được sinh ra qua hai bước, rồi từ đó dựng **bộ tự mã hóa biến phân** (variational autoencoder, VAE) trong đề bài.
# Sau cùng, ta làm thí nghiệm để biết hai điểm mới của VAE, mỗi điểm có tác dụng gì.
#
# Phần tính toán mất khoảng 20 giây trên CPU hai nhân; cả bài bạn cần khoảng 60 phút.

# %% [markdown] lang="en"
# # Lesson 02 · The variational autoencoder (VAE)
#
# *Give an autoencoder any code $z$ and it draws a picture, but it does not say where to take a $z$ from. Can a network be trained so that we know beforehand?*
# This lesson tells how a picture comes about in two steps, builds the handout's **variational autoencoder** (VAE) from that story,
# and finds out by experiment what each of the VAE's two novelties does.
#
# Computing takes about 20 seconds on two CPU cores; you will need about 60 minutes.

# %%
import torch
import torch.nn.functional as F
from torch import nn

from vae_helpers import checks, data, diagrams, losses, metrics, models, page, plots, tr

# %% [markdown] lang="vi"
# ## 1 · Trước hết là $z$, sau đó là $x$
#
# **Mô hình sinh** (generative model) kể lại ảnh được sinh ra thế nào. Với VAE, câu chuyện ấy có hai bước: lấy một mã $z$ từ phân phối tiên nghiệm (prior) $p(z) = \mathcal{N}(0, I)$, rồi lấy một ảnh $x$ từ $p_\theta(x \mid z)$, phân phối mà bộ giải mã (decoder) mô tả. Theo câu chuyện này, ta biết ngay phải lấy $z$ ở đâu.
#
# Ví dụ nhỏ nhất chỉ có hai con số: $z \sim \mathcal{N}(0, 1)$, rồi $x \sim \mathcal{N}(z, 1)$. Ta lặp lại 100.000 lần rồi hỏi ngược: những $z$ nào đã dẫn đến $x \approx 1$?

# %% [markdown] lang="en"
# ## 1 · First $z$, then $x$
#
# A **generative model** tells how a picture comes about. The VAE's story has two steps: draw a code $z$ from the **prior** $p(z) = \mathcal{N}(0, I)$, then draw a picture $x$ from $p_\theta(x \mid z)$, the distribution that the **decoder** describes. In this story we know at once where a $z$ is to be taken from.
#
# The smallest example has two numbers: $z \sim \mathcal{N}(0, 1)$, then $x \sim \mathcal{N}(z, 1)$. Do it 100,000 times, then ask backwards: which $z$ led to $x \approx 1$?

# %%
torch.manual_seed(0)
z = torch.randn(100_000)  # z ~ N(0, 1)
x = z + torch.randn(100_000)  # tr("x khi biết z ~ N(z, 1)", "x given z ~ N(z, 1)")
near = (x - 1).abs() < 0.1
print(f"x ≈ 1: {near.float().mean():.1%}")

# %%
plots.histograms(
    {tr("mọi z", "all z"): z, tr("z dẫn đến x ≈ 1", "z that led to x ≈ 1"): z[near]},
    xlabel="z", title=tr("Trước và sau khi thấy x", "Before and after seeing x"),
    bins=40, limits=(-4, 4), density=True,
)  # fmt: skip

# %% [markdown] lang="vi"
# *Hình: màu xanh là $z$ của cả 100.000 lần; màu cam chỉ là những $z$ có $x$ gần 1, chúng dồn lại quanh 0,5.* Màu xanh là prior. Màu cam là **phân phối hậu nghiệm** (posterior) $p(z \mid x = 1)$, tức là những gì ta biết về $z$ sau khi đã thấy $x$. Ở ví dụ này, posterior tính được chính xác: trung bình $\tfrac12$, phương sai (variance) $\tfrac12$. Bài 03 và bài 04 sẽ dùng lại nó.
#
# Hãy nhìn con số in ra: chỉ khoảng 4% số lần cho $x$ gần 1, những lần còn lại phải bỏ đi. Mà ở đây $z$ mới chỉ là một con số. Với hai chiều tiềm ẩn (latent dimension) và một bức ảnh cho trước, trong hàng nghìn $z$ chỉ có vài giá trị đáng kể (bài 04 đo điều này). Muốn huấn luyện, ta cần ngay những $z$ hợp với ảnh ấy. Vì thế VAE có thêm mạng thứ hai, bộ mã hóa (encoder): nhìn ảnh $x$, nó đoán posterior.
#
# | ký hiệu | tên | trong ví dụ | trong VAE |
# | --- | --- | --- | --- |
# | $p(z)$ | prior: $z$ ở đâu khi chưa thấy ảnh | $\mathcal{N}(0, 1)$ | $\mathcal{N}(0, I)$ |
# | $p_\theta(x \mid z)$ | decoder: từ $z$ ra ảnh nào | $\mathcal{N}(z, 1)$ | một mạng, trọng số $\theta$ |
# | $p(z \mid x)$ | posterior: $z$ ở đâu khi đã thấy ảnh | trung bình $x/2$, phương sai $1/2$ | không có công thức |
# | $q_\phi(z \mid x)$ | posterior xấp xỉ, do encoder tính | không cần | $\mathcal{N}(\mu(x), \sigma^2(x))$: một mạng, trọng số $\phi$ |
#
# Phân phối Gauss còn gọi là *phân phối chuẩn*; riêng $\mathcal{N}(0, I)$ là *phân phối chuẩn tắc* (standard normal distribution): các phần tử của $z$ độc lập với nhau, trung bình 0, phương sai 1. Ở $q_\phi(z \mid x)$ các phần tử cũng độc lập, nhưng phần tử thứ $j$ có trung bình $\mu_j(x)$ và phương sai $\sigma_j^2(x)$ riêng.

# %% [markdown] lang="en"
# *The figure: blue, the $z$ of all 100,000 rounds; orange, only those whose $x$ came near 1: they gather around 0.5.* Blue is the prior. Orange is the **posterior** $p(z \mid x = 1)$, what we know of $z$ once we have seen $x$. Here it can be computed exactly: mean $\tfrac12$, variance $\tfrac12$. Lessons 03 and 04 will use it again.
#
# Look at the number printed: only some 4% of the rounds gave an $x$ near 1, and all others were thrown away. And here $z$ is a single number. With two latent dimensions and a given picture, of thousands of $z$ only a few count (lesson 04 measures this). Training needs a $z$ that fits this picture straight away. So a VAE has a second network, the **encoder**, which looks at $x$ and guesses the posterior.
#
# | symbol | name | in the example | in a VAE |
# | --- | --- | --- | --- |
# | $p(z)$ | prior: where $z$ is before we see a picture | $\mathcal{N}(0, 1)$ | $\mathcal{N}(0, I)$ |
# | $p_\theta(x \mid z)$ | decoder: which picture comes of $z$ | $\mathcal{N}(z, 1)$ | a network with weights $\theta$ |
# | $p(z \mid x)$ | posterior: where $z$ is once we see the picture | mean $x/2$, variance $1/2$ | no formula |
# | $q_\phi(z \mid x)$ | approximate posterior, from the encoder | not needed | $\mathcal{N}(\mu(x), \sigma^2(x))$: a network with weights $\phi$ |
#
# A Gaussian is also called a *normal distribution*, and $\mathcal{N}(0, I)$ the *standard normal* one: the entries of $z$ are independent, with mean 0 and variance 1. In $q_\phi(z \mid x)$ they are independent too, but entry $j$ has a mean $\mu_j(x)$ and a variance $\sigma_j^2(x)$ of its own.

# %%
diagrams.plot_vae()

# %% [markdown] lang="vi"
# *Hình: cũng câu chuyện ấy, vẽ thành mạng. Encoder cho ra hai vector $\mu$ và $\log\sigma^2$, từ đó ta lấy $z = \mu + \sigma \odot \varepsilon$, rồi decoder vẽ ảnh $\hat x$.* Ở đây $\odot$ là phép nhân từng phần tử, $\varepsilon \sim \mathcal{N}(0, I)$ là nhiễu không phụ thuộc vào ảnh. Autoencoder của bài 01 biến mỗi ảnh thành một điểm; VAE biến mỗi ảnh thành một đám mây.
#
# ## 2 · Lớp `VAE`
#
# Đây là các lớp mạng của đề bài (bước III.5), giữ nguyên cả tên. Kích thước sau mỗi lớp ghi ở cuối dòng.
#
# ### Vì sao là $\log\sigma^2$ chứ không phải $\sigma$?
#
# Một lớp tuyến tính có thể cho ra số âm, còn độ lệch chuẩn (standard deviation) $\sigma$ thì phải dương. Logarit thì nhận giá trị nào cũng được, và từ giá trị nào ta cũng tính lại được $\sigma = \exp(\tfrac12 \log\sigma^2) > 0$.

# %% [markdown] lang="en"
# *The figure: the same story as a network: the encoder gives two vectors, $\mu$ and $\log\sigma^2$, a $z = \mu + \sigma \odot \varepsilon$ is drawn from them, and the decoder draws the picture $\hat x$.* Here $\odot$ multiplies entry by entry, and $\varepsilon \sim \mathcal{N}(0, I)$ is noise that knows nothing of the picture. Lesson 01's autoencoder turned each picture into a point; a VAE turns it into a cloud.
#
# ## 2 · The class `VAE`
#
# These are the layers of the handout (step III.5) under its names, with the shapes at the ends of the lines.
#
# ### Why $\log\sigma^2$ and not $\sigma$?
#
# A linear layer may give negative numbers, but a standard deviation $\sigma$ must be positive. A logarithm may be anything, and from any number we get back a $\sigma = \exp(\tfrac12 \log\sigma^2) > 0$.


# %%
class VAE(nn.Module):
    def __init__(self, channels=1, latent_dim=2):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1)  # 28×28 → 28×28
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)  # → 14×14
        self.conv3 = nn.Conv2d(32, 64, 3, stride=2, padding=1)  # → 7×7
        self.fc_mu = nn.Linear(64 * 7 * 7, latent_dim)
        self.fc_logvar = nn.Linear(64 * 7 * 7, latent_dim)

        up = {"stride": 2, "padding": 1, "output_padding": 1}
        self.fc_decode = nn.Linear(latent_dim, 64 * 7 * 7)
        self.deconv1 = nn.ConvTranspose2d(64, 32, 3, **up)  # 7×7 → 14×14
        self.deconv2 = nn.ConvTranspose2d(32, 16, 3, **up)  # → 28×28
        self.conv_final = nn.Conv2d(16, channels, 3, padding=1)

    def encode(self, x):
        h = F.relu(self.conv1(x))
        h = F.relu(self.conv2(h))
        h = F.relu(self.conv3(h)).flatten(1)
        return self.fc_mu(h), self.fc_logvar(h)

    def reparameterize(self, mu, logvar):
        sigma = torch.exp(0.5 * logvar)
        return mu + sigma * torch.randn_like(sigma)

    def decode(self, z):
        h = F.relu(self.fc_decode(z)).view(-1, 64, 7, 7)
        h = F.relu(self.deconv1(h))
        h = F.relu(self.deconv2(h))
        return torch.sigmoid(self.conv_final(h))


# %% [markdown] lang="vi"
# ### Lượt của bạn: nối ba phần lại
#
# Lớp còn thiếu `forward`, con đường từ ảnh đến ảnh tái tạo. Hãy viết nó: mã hóa $x$, lấy một mẫu $z \sim q_\phi(z \mid x)$, giải mã $z$. Hàm trả về `recon`, `mu` và `logvar`, theo thứ tự ấy; hàm mất mát (loss) sẽ cần cả ba.

# %% [markdown] lang="en"
# ### Your turn: the way through
#
# The class lacks `forward`, the way from a picture to its reconstruction. Write it: encode $x$, draw one sample $z \sim q_\phi(z \mid x)$, decode $z$. It returns `recon`, `mu` and `logvar`, in this order; the loss will need all three.


# %% tags=["exercise"]
def forward(self, x):
    ### BEGIN SOLUTION
    mu, logvar = self.encode(x)
    z = self.reparameterize(mu, logvar)
    return self.decode(z), mu, logvar
    ### END SOLUTION


# %%
done = checks.check_forward(forward)

# %% [markdown] lang="vi"
# Gắn hàm của bạn vào lớp (khi nó chưa đúng, hàm có sẵn của khóa học được dùng thay). Sau đó, đếm số tham số và nạp trọng số đã huấn luyện sẵn.

# %% [markdown] lang="en"
# Put your function into the class (until it is right, the course's own is used instead). Then count the parameters and load weights that are trained already.

# %% tags=["nbval-check-output"]
VAE.forward = forward if done else models.VAE.forward
vae = VAE().eval()
print(sum(p.numel() for p in vae.parameters()))
print(vae.load_state_dict(models.load_pretrained("vae-2d").state_dict()))

# %% [markdown] lang="vi"
# Các lớp trong đề bài có tổng cộng **68.485** tham số. Một lớp tuyến tính nối $3136$ số với $d$ số có $3136 \cdot d$ trọng số và $d$ hệ số điều chỉnh (bias), mỗi đầu ra một hệ số. Vậy thêm một chiều tiềm ẩn (latent dimension) thì mỗi lớp `fc_mu`, `fc_logvar` thêm 3.137 tham số, còn `fc_decode` thêm 3.136.
#
# Lớp tích chập chuyển vị (transposed convolution) với kernel $k$, stride $s$, padding $p$ đưa cạnh $n$ thành $(n - 1)s - 2p + k$, ở đây là từ 7 thành 13. `output_padding=1` thêm vào một hàng và một cột còn thiếu, thành 14.
#
# ### Một batch ba ảnh, mười chiều tiềm ẩn
#
# Mạng xử lý cả batch cùng lúc. Hãy đoán kích thước của mỗi tensor trước khi xem kết quả; ở đây $d = 10$.

# %% [markdown] lang="en"
# The handout's layers add up to **68,485** parameters. A linear layer from 3,136 numbers to $d$ has $3136 \cdot d$ weights and $d$ biases. So one more latent dimension adds 3,137 parameters to `fc_mu`, as many to `fc_logvar`, and 3,136 to `fc_decode`.
#
# A transposed convolution with kernel $k$, stride $s$ and padding $p$ turns a side $n$ into $(n - 1)s - 2p + k$: 7 becomes 13. `output_padding=1` adds the missing row and column, which makes 14.
#
# ### A batch of three images, ten latent dimensions
#
# The network works on a whole batch at once. Guess the shape of each tensor before you look; here $d = 10$.

# %% tags=["nbval-check-output"]
vae10 = VAE(latent_dim=10)
x = torch.rand(3, 1, 28, 28)
h = F.relu(vae10.conv1(x))
print("conv1  ", tuple(h.shape))
h = F.relu(vae10.conv3(F.relu(vae10.conv2(h))))
print("conv3  ", tuple(h.shape))

# %% tags=["nbval-check-output"]
mu, logvar = vae10.encode(x)
z = vae10.reparameterize(mu, logvar)
recon = vae10.decode(z)
shapes = {"mu": mu, "logvar": logvar, "z": z, "recon": recon}
for name, tensor in shapes.items():
    print(f"{name:7}", tuple(tensor.shape))

# %% [markdown] lang="vi"
# Hai cột của `mu` **không phải** hai loại chữ số, và mười cột ở đây cũng không phải mười chữ số: số chiều là do ta chọn.
#
# ## 3 · Mỗi ảnh một đám mây
#
# Cho ba ảnh kiểm tra đi qua `vae-2d`, mạng vừa nạp, và lấy cho mỗi ảnh hai mẫu $z$:

# %% [markdown] lang="en"
# The two columns of `mu` are **not** two kinds of digits, nor are the ten columns here ten digits: the number of dimensions is our choice.
#
# ## 3 · A cloud for each image
#
# Send three test images through `vae-2d`, the network just loaded, and draw two samples $z$ for each:

# %%
torch.manual_seed(0)
test_set = data.load_mnist(train=False)
images = test_set.images[
    torch.randperm(len(test_set))
]  # tr("theo thứ tự ngẫu nhiên", "in random order")
with torch.no_grad():
    mu, logvar = vae.encode(images[:3])
    draws = [vae.reparameterize(mu, logvar) for _ in range(2)]

# %%
sigma = torch.exp(0.5 * logvar)
names = ("μ₁", "μ₂", "σ₁", "σ₂", "z₁", "z₂", "z₁", "z₂")
print("".join(f"{name:>8}" for name in names))
for row in torch.cat([mu, sigma, *draws], dim=1).tolist():
    print("".join(f"{value:8.3f}" for value in row))

# %% [markdown] lang="vi"
# Bảng này gỡ ba chỗ hay nhầm:
#
# - **$z$ không phải là một phân phối.** $q_\phi(z \mid x)$ mới là phân phối; $z$ là một mẫu lấy từ đó, mỗi lần một khác.
# - **$z$ không phải là xác suất của các chữ số.** Phần tử của $z$ có thể âm, có thể lớn hơn 1, và tổng không cần bằng 1.
# - **Không có một $\sigma$ chung.** Mỗi ảnh và mỗi chiều có $\sigma$ riêng.
#
# Đám mây rộng hay hẹp là do hàm mất mát quyết định. VAE được huấn luyện để giảm đại lượng sau, trong đó SSE là tổng bình phương sai số:
#
# $$B \times (\text{SSE của ảnh}) + \mathrm{KL}.$$
#
# **Độ phân kỳ KL** (KL divergence) đo xem đám mây $q_\phi(z \mid x)$ khác prior $\mathcal{N}(0, I)$ bao nhiêu. Nó không bao giờ âm, và chỉ bằng 0 khi $\mu = 0$, $\sigma = 1$. $B$ cho biết sai số được coi trọng đến đâu; đề bài dùng $B = 1000$, còn `vae-2d` dùng $B = 10$. Bài 04 sẽ suy ra công thức này và ý nghĩa của $B$.
#
# ### Lượt của bạn: nhìn vào đám mây
#
# Viết hàm lấy $n$ mẫu $z \sim q_\phi(z \mid x)$ của một ảnh $x$, kích thước $(1, 1, 28, 28)$, rồi giải mã chúng thành $n$ ảnh. Hình tiếp theo được vẽ bằng hàm của bạn.

# %% [markdown] lang="en"
# This table clears up three confusions:
#
# - **$z$ is not a distribution.** $q_\phi(z \mid x)$ is; $z$ is one sample of it, another one each time.
# - **$z$ does not hold the digits' probabilities.** Its entries may be negative or larger than 1, and need not sum to 1.
# - **There is no common $\sigma$.** Each image and each dimension has its own.
#
# The loss decides how wide. A VAE is trained to lower
#
# $$B \times (\text{squared error of the picture}) + \mathrm{KL}.$$
#
# The **KL divergence** measures how much the cloud $q_\phi(z \mid x)$ differs from the prior $\mathcal{N}(0, I)$. It is never negative, and 0 only for $\mu = 0$, $\sigma = 1$. $B$ says how much the error counts; the handout has $B = 1000$, `vae-2d` has $B = 10$. Lesson 04 derives the formula and the meaning of $B$.
#
# ### Your turn: look at the cloud
#
# Write a function that draws $n$ samples $z \sim q_\phi(z \mid x)$ of one image $x$, of shape $(1, 1, 28, 28)$, and decodes them into $n$ pictures. Your function draws the next figure.


# %% tags=["exercise"]
def sample_and_decode(model, x, n):
    ### BEGIN SOLUTION
    mu, logvar = model.encode(x)
    z = model.reparameterize(mu.repeat(n, 1), logvar.repeat(n, 1))
    return model.decode(z)
    ### END SOLUTION


# %%
done = checks.check_sample_and_decode(sample_and_decode)

# %% [markdown] lang="vi"
# Cùng một ảnh, ba mạng được huấn luyện với ba giá trị của $B$. (Khi hàm của bạn chưa đúng, `kit` được dùng thay.)

# %% [markdown] lang="en"
# The same image, and three networks trained with three values of $B$. (Until your function is right, `kit` is used instead.)


# %%
def kit(model, x, n):
    return model(x.expand(n, -1, -1, -1))[0]


draw = sample_and_decode if done else kit

# %%
files = {
    "B = 1000": "vae-2d-b1000",
    "B = 10": "vae-2d",
    tr("B = 0,3", "B = 0.3"): "vae-2d-b0.3",
}
vaes = {name: models.load_pretrained(file) for name, file in files.items()}

# %%
torch.manual_seed(0)
with torch.no_grad():
    rows = {tr("ảnh x", "image x"): images[:1]}
    rows |= {name: draw(model, images[:1], 10) for name, model in vaes.items()}
title = tr("Mười mẫu từ đám mây của một ảnh", "Ten samples from one image's cloud")
plots.plot_images(rows, title=title)

# %% [markdown] lang="vi"
# *Hình: với $B = 1000$ và $B = 10$, mười ảnh gần như một; với $B = 0{,}3$, chúng khác nhau thấy rõ.* Khi huấn luyện, decoder nhận những điểm như thế chứ không nhận $\mu$. Vì thế nó được huấn luyện trên cả đám mây; các ảnh ở đó được phép khác nhau bao nhiêu là tùy $B$.
#
# ## 4 · Mọi đám mây trên nền prior
#
# Lúc sinh ảnh, $z$ được lấy từ $\mathcal{N}(0, I)$. Vậy các đám mây của mọi ảnh, gộp lại, có nằm đúng chỗ ấy không? Mỗi hình elip dưới đây là đám mây của một ảnh, vẽ đến $2\sigma$; với autoencoder (AE) thì mỗi ảnh chỉ là một chấm.

# %% [markdown] lang="en"
# *The figure: with $B = 1000$ and $B = 10$ the ten pictures are nearly one; with $B = 0.3$ they clearly differ.* In training the decoder is given such points, not $\mu$. So it is trained on the whole cloud; how much its pictures may differ there is a matter of $B$.
#
# ## 4 · All clouds over the prior
#
# To make new pictures, $z$ is drawn from $\mathcal{N}(0, I)$. Do the clouds of all images together lie there? Each ellipse below is the cloud of one image, drawn out to $2\sigma$; for the autoencoder (AE) each image is only a dot.


# %%
def cloud(model, x):
    with torch.no_grad():
        mu, logvar = model.encode(x)
    return mu, torch.exp(0.5 * logvar)


# %%
x = images[:2000]
with torch.no_grad():
    mu = {"AE": models.load_pretrained("ae-2d").encode(x)}
sigma = {}
for name, model in vaes.items():
    mu[name], sigma[name] = cloud(model, x)

# %%
for name, codes in mu.items():
    print(f"{name:9} {metrics.gaussian_kl(codes):5.2f} nat")

# %%
title = tr("Mã của 400 ảnh trên nền prior", "Codes of 400 images over the prior")
dots = {name: {"": codes[:400]} for name, codes in mu.items()}
widths = {name: {"": values[:400]} for name, values in sigma.items()}
plots.clouds(dots, sigmas=widths, limits=(-10, 10), columns=2, title=title)

# %%
# tr("Cùng một nét vẽ, AE cho một điểm, VAE cho một đám mây.", "One drawing is a point for the AE and a cloud for the VAE.")
# tr("Xoay núm B: đám mây và KL đổi ra sao?", "Turn the knob B: what becomes of cloud and KL?")
knob = dict(reversed(vaes.items()))  # B = 0.3, 10, 1000
page.live(models.load_pretrained("ae-2d"), beside=knob, names=("AE", "VAE"))

# %% [markdown] lang="vi"
# *Hình (bốn khung cùng một thang đo; ba vòng nét đứt là 1, 2, 3 độ lệch chuẩn của prior): mã của AE và của $B = 1000$ vượt xa các vòng, vài chấm ra cả ngoài khung.* Với $B = 10$, mã hầu như nằm gọn bên trong; với $B = 0{,}3$, những đám mây rộng phủ kín các vòng. *Trang: chỉ với $B = 0{,}3$ đám mây mới rộng hơn một chấm; với hai mạng kia, hãy đọc $\sigma$ dưới bản đồ.* <!-- claim: knob_of_B -->
#
# Để đo mức lệch này, `metrics.gaussian_kl` khớp một phân phối Gauss với các $\mu$ rồi tính KL giữa nó và $\mathcal{N}(0, I)$. Khớp hoàn toàn thì bằng 0 nat (nat là đơn vị thông tin tính bằng log tự nhiên). AE và $B = 1000$ đều hơn 9 nat, $B = 10$ khoảng 0,4, $B = 0{,}3$ gần 0.
#
# Vậy về chuyện nên lấy $z$ ở đâu, VAE hai chiều với $B = 1000$ như đề bài cũng không biết gì hơn AE. $B$ quá nhỏ thì phải chịu thiệt ở chỗ khác: sau cùng một cách huấn luyện, với $B = 0{,}3$ sai số tái tạo lớn hơn (bài 04).
#
# Đề bài viết rằng VAE không có bottleneck cố định. Thật ra chỗ hẹp vẫn còn: $z$ vẫn có $d$ con số. Điểm mới là nhiễu làm giới hạn lượng thông tin mà các con số ấy mang được về $x$: trung bình không quá giá trị KL trung bình, khoảng 23 nat với $B = 1000$, 8 nat với $B = 10$ và 2 nat với $B = 0{,}3$.
#
# ## 5 · Nhiễu làm gì, KL làm gì?
#
# So với autoencoder, VAE có hai điểm mới: nhiễu trong $z$ và phần KL trong hàm mất mát. Để tách riêng tác dụng của chúng, ta bật tắt từng cái. Bốn mạng có cùng cấu trúc, cùng phần tái tạo (BCE), cùng 48.000 ảnh, cùng ba epoch. Mạng "không có gì" chính là một autoencoder; mạng "chỉ KL" đưa thẳng $\mu$ vào decoder.

# %% [markdown] lang="en"
# *The figure (four panels on one scale; the dashed circles are 1, 2 and 3 standard deviations of the prior): the codes of the AE and of $B = 1000$ go far beyond the circles, a few out of the frame.* With $B = 10$ the codes are mostly within; with $B = 0.3$ wide clouds cover the circles. *The page: only with $B = 0.3$ is the cloud wider than a dot; else read $\sigma$ below.* <!-- claim: knob_of_B -->
#
# To measure the mismatch, `metrics.gaussian_kl` fits a Gaussian to the $\mu$ and takes its KL against $\mathcal{N}(0, I)$. A perfect match gives 0 nats (a nat is the unit of information with the natural logarithm). AE and $B = 1000$ have more than 9 nats, $B = 10$ about 0.4, $B = 0.3$ nearly 0.
#
# So a two-dimensional VAE with the handout's $B = 1000$ knows no better than the AE where to take $z$ from. Too small a $B$ has a drawback too: with $B = 0.3$ reconstructions are worse after equal training (lesson 04).
#
# The handout says that a VAE has no fixed bottleneck. The narrow place is still there: $z$ still has $d$ numbers. What is new is that noise limits how much these numbers can tell of $x$: on average no more than the mean KL, about 23 nats with $B = 1000$, 8 with $B = 10$ and 2 with $B = 0.3$.
#
# ## 5 · What does the noise do, what the KL?
#
# A VAE adds two things to an autoencoder: noise in $z$, and a KL part in the loss. To tell them apart we switch each on and off: four networks of the same build, with the same reconstruction loss (BCE), the same 48,000 images and three epochs. The network "neither" is an autoencoder; "KL only" hands $\mu$ itself to the decoder.

# %%
files = {
    tr("không có gì", "neither"): "vae-2d-neither",
    tr("chỉ nhiễu", "noise only"): "vae-2d-no-kl",
    tr("chỉ KL", "KL only"): "vae-2d-no-noise",
    tr("nhiễu và KL", "noise and KL"): "vae-2d-bce",
}
four = {name: models.load_pretrained(file) for name, file in files.items()}

# %%
heads = tr(
    "độ phân tán, σ trung vị, gaussian_kl, sai số",
    "spread, median σ, gaussian_kl, error",
)
print(" " * 13 + "".join(f"{head:>14}" for head in heads.split(", ")))
for name, model in four.items():
    mu[name], sigma[name] = cloud(model, x)
    with torch.no_grad():
        error = losses.reconstruction_loss(model.decode(mu[name]), x)
    spread, kl = mu[name].std(dim=0).mean(), metrics.gaussian_kl(mu[name])
    print(f"{name:13}{spread:14.2f}{sigma[name].median():14.3f}{kl:14.2f}{error:14.1f}")

# %%
title = tr("Bật tắt nhiễu và KL", "Noise and KL, on and off")
dots = {name: {"": mu[name][:400]} for name in four}
noisy = list(four)[1::2]
widths = {name: {"": sigma[name][:400]} for name in noisy}
plots.clouds(dots, sigmas=widths, columns=2, title=title)

# %% [markdown] lang="vi"
# *Hình (bốn khung cùng một thang đo): ở hai khung trên, không có KL, mã trải rộng và lệch khỏi prior.* Ở hai khung dưới, có KL, mã nằm trong các vòng, nhưng thiếu nhiễu thì chúng co cụm lại. Bảng cho biết ba điều <!-- claim: noise_and_kl -->:
#
# - **KL quyết định mã nằm ở đâu.** Không có nó, `gaussian_kl` từ 5 nat trở lên; có nó thì dưới 1.
# - **Chỉ có nhiễu thì nhiễu bị vô hiệu.** Mạng thu $\sigma$ xuống chỉ còn khoảng một phần nghìn độ phân tán của các mã, hoặc nhỏ hơn nhiều, thế là nó lại thành một autoencoder.
# - **Nhiễu giữ cho các mã cách xa nhau và làm cho $\sigma$ có ý nghĩa.** Chỉ có KL thì các mã nằm gần nhau hơn, vì ngoài sai số ra không còn gì giữ chúng xa nhau. Khi ấy $\sigma$ của mọi ảnh bằng 1, chẳng nói lên điều gì.
#
# Cả bốn mạng tái tạo tốt như nhau. Còn ảnh mới, vẽ từ cùng những $z \sim \mathcal{N}(0, I)$, thì sao?

# %% [markdown] lang="en"
# *The figure (four panels on one scale): in the two upper panels, without KL, the codes are wide and off the prior.* In the two lower ones, with KL, they lie within the circles, but without noise they huddle together. The table tells three things <!-- claim: noise_and_kl -->:
#
# - **The KL decides where the codes lie.** Without it `gaussian_kl` is 5 nats or more; with it, below 1.
# - **Noise alone is put out of action.** The network shrinks $\sigma$ to about a thousandth of the codes' spread, or far less: it is an autoencoder again.
# - **Noise keeps the codes apart and gives $\sigma$ a meaning.** With the KL alone the codes lie closer together: but for the error itself, nothing keeps them apart. Then $\sigma$ is 1 for every image and says nothing.
#
# All four reconstruct equally well. And new pictures, from the same $z \sim \mathcal{N}(0, I)$?

# %%
torch.manual_seed(0)
z = torch.randn(10, 2)
with torch.no_grad():
    new = {name: model.decode(z) for name, model in four.items()}
plots.plot_images(
    new, title=tr("Cùng mười z từ N(0, I)", "The same ten z from N(0, I)")
)

# %% [markdown] lang="vi"
# *Hình: cùng những $z$ ấy, hai hàng trên (không có KL) có nhiều hình nhòe và rối hơn hai hàng dưới (có KL).* Với ba seed của một mạng thứ hai, khoảng cách Fréchet (Fréchet distance, bài 11) đến ảnh thật khi không có KL lớn hơn gấp đôi khi có; chỉ có KL hay có cả hai thì ngang nhau. <!-- claim: noise_and_kl --> Vậy riêng KL đã đủ để đặt các mã vào đúng chỗ. Nhiễu thì thay các chấm bằng đám mây: mỗi ảnh chiếm một vùng, và decoder được huấn luyện ở cả vùng ấy.
#
# **Xem tận mắt.** Dưới đây, một VAE nhỏ học các điểm trên mặt phẳng, ngay trong trang. Hãy đoán trước rồi mới thử: bấm *Chạy*, đợi sai số đứng yên, rồi tắt **KL**. Các hình bầu dục $q(z|x)$ sẽ ra sao? Còn các mã sẽ ra sao khi bật lại KL và tắt **nhiễu**?

# %% [markdown] lang="en"
# *The figure: from the same $z$ the two upper rows (without KL) hold more smeared and tangled shapes than the two lower ones (with KL).* In three seeds of a second network the Fréchet distance to real images (lesson 11) is more than twice as large without the KL as with it; KL alone and both are a draw. <!-- claim: noise_and_kl --> So the KL alone is enough to put the codes in place. Noise turns the dots into clouds: each image takes up a region, and the decoder is trained all over it.
#
# **See it happen.** Below, a small VAE learns points in the plane, in the page itself. Guess first: press *Run*, wait until the error settles, and switch the **KL** off. What becomes of the ellipses $q(z|x)$? And of the codes, with the KL on again and the **noise** off?

# %%
page.toy()

# %% [markdown] lang="vi"
# *Trang: dữ liệu, rồi đến các mã.*
#
# <details><summary>Đoán xong rồi hãy mở</summary>
#
# Tắt KL thì các hình bầu dục co lại gần thành điểm. Tắt nhiễu mà vẫn bật KL thì các mã tụ lại quanh 0. <!-- claim: toy_knobs -->
# </details>
#
# ## 6 · "Prior đã là $\mathcal{N}(0, I)$, vậy học $\mu$ và $\sigma$ làm gì?"
#
# Nếu mọi ảnh đều có $\mu = 0$, $\sigma = 1$ thì KL bằng 0, nhưng $z$ không nói gì về $x$. Hãy đo thử với `vae-2d` bằng $z$ từ encoder, bằng $z$ từ prior, và bằng một ảnh duy nhất cho mọi $x$ là ảnh trung bình.

# %% [markdown] lang="en"
# *The page: the data, then the codes.*
#
# <details><summary>Open this after your guess</summary>
#
# Without the KL the ellipses shrink nearly to points; without the noise the codes huddle around 0. <!-- claim: toy_knobs -->
# </details>
#
# ## 6 · "The prior is $\mathcal{N}(0, I)$ already, so why learn $\mu$ and $\sigma$?"
#
# If every image had $\mu = 0$ and $\sigma = 1$, the KL would be 0, but $z$ would say nothing of $x$. Measure it with `vae-2d`: a $z$ from the encoder, a $z$ from the prior, and one and the same picture for every $x$, the mean image.

# %%
torch.manual_seed(0)
with torch.no_grad():
    recon = vae(x)[0]
    guess = vae.decode(torch.randn(len(x), 2))
mean_image = x.mean(dim=0).expand_as(x)

# %%
mean = tr("ảnh trung bình", "mean image")
pictures = {"z ~ q(z|x)": recon, "z ~ N(0, I)": guess, mean: mean_image}
print(" " * 16 + tr("sai số", "error"))
for name, picture in pictures.items():
    print(f"{name:15} {losses.reconstruction_loss(picture, x):6.1f}")

# %% [markdown] lang="vi"
# Không nhìn ảnh, decoder vẽ một chữ số bất kỳ; nét đặt sai chỗ thì sai hai lần, ở chỗ thừa và ở chỗ thiếu, ngay cả khi vẽ đúng chữ số. Kết quả còn tệ hơn ảnh trung bình. Vậy $\mu$ và $\sigma$ được học để mang thông tin về $x$; prior chỉ cho biết *tất cả* các đám mây, gộp lại, nên nằm ở đâu.
#
# ## Trả lời câu hỏi đầu bài
#
# Được: nếu biến mỗi ảnh thành một đám mây và dùng KL giữ các đám mây gần prior, với $B$ không quá lớn, thì ta biết trước phải lấy $z$ từ $\mathcal{N}(0, I)$.
#
# ## Tự kiểm tra
#
# <details><summary><b>Encoder của VAE cho ra những gì?</b> (câu 6 của bài trắc nghiệm)</summary>
#
# Hai vector: trung bình μ và log của phương sai, log σ². (Đề bài gọi tắt logvar là "phương sai".)
# </details>
#
# <details><summary><b>VAE khác autoencoder thường ở điểm chính nào?</b> (câu 9)</summary>
#
# VAE mã hóa đầu vào thành một phân phối xác suất, thay vì một vector cố định.
# </details>
#
# <details><summary><b>Bỏ phần KL nhưng giữ nhiễu thì sao?</b></summary>
#
# Mạng thu nhỏ σ cho đến khi nhiễu không còn đáng kể so với độ phân tán của các mã; ta lại có một autoencoder.
# </details>
#
# ## Tóm tắt
#
# - Câu chuyện của VAE: $z \sim \mathcal{N}(0, I)$, rồi $x \sim p_\theta(x \mid z)$. Encoder đoán posterior: $q_\phi(z \mid x) = \mathcal{N}(\mu(x), \sigma^2(x))$.
# - $z$ là một mẫu, không phải phân phối hay xác suất. Với batch $N$ ảnh, $\mu$, $\log\sigma^2$ và $z$ có kích thước $(N, d)$.
# - KL đặt các mã vào chỗ của prior; nhiễu biến các chấm thành đám mây. Với $B = 1000$ như đề bài, nhiễu gần như biến mất, và sau 30 epoch các mã vẫn còn lệch khỏi prior.
#
# **Đọc thêm:** Kingma & Welling 2013 (*Auto-Encoding Variational Bayes*) và 2019 (*An Introduction to Variational Autoencoders*); Rezende, Mohamed & Wierstra 2014; Doersch 2016 (*Tutorial on Variational Autoencoders*); Prince, *Understanding Deep Learning*, chương 17.

# %% [markdown] lang="en"
# Without looking, the decoder draws any digit; strokes in the wrong place are wrong twice, where there is ink too much and where there is too little, even when the digit is right. It does worse than the mean image. So $\mu$ and $\sigma$ are learnt in order to carry information about $x$; the prior only says where *all* clouds together should lie.
#
# ## The answer
#
# Yes: if each image becomes a cloud and the KL keeps the clouds near the prior, with a $B$ that is not too large, we know beforehand that $z$ is to be drawn from $\mathcal{N}(0, I)$.
#
# ## Test yourself
#
# <details><summary><b>What does the encoder of a VAE put out?</b> (quiz question 6)</summary>
#
# Two vectors: the mean μ and the log of the variance, log σ². (The handout calls logvar "variance" for short.)
# </details>
#
# <details><summary><b>What is the main difference between a VAE and a plain autoencoder?</b> (question 9)</summary>
#
# A VAE encodes its input as a probability distribution instead of a fixed vector.
# </details>
#
# <details><summary><b>What if the KL part is left out and the noise kept?</b></summary>
#
# The network shrinks σ until the noise hardly matters beside the spread of the codes: an autoencoder again.
# </details>
#
# ## Recap
#
# - The VAE's story: $z \sim \mathcal{N}(0, I)$, then $x \sim p_\theta(x \mid z)$. The encoder guesses the posterior: $q_\phi(z \mid x) = \mathcal{N}(\mu(x), \sigma^2(x))$.
# - $z$ is one sample, not a distribution and no probabilities. For a batch of $N$ images $\mu$, $\log\sigma^2$ and $z$ have shape $(N, d)$.
# - The KL puts the codes where the prior is; noise turns the dots into clouds. With the handout's $B = 1000$ the noise nearly vanishes, and after 30 epochs the codes are still off the prior.
#
# **Read on:** Kingma & Welling 2013 (*Auto-Encoding Variational Bayes*) and 2019 (*An Introduction to Variational Autoencoders*); Rezende, Mohamed & Wierstra 2014; Doersch 2016 (*Tutorial on Variational Autoencoders*); Prince, *Understanding Deep Learning*, chapter 17.
