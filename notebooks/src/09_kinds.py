# %% [markdown] lang="vi"
# # Bài 09 · Năm loại autoencoder
#
# *Không có gì cản trở thì một autoencoder có thể chỉ chép lại ảnh. Mỗi loại autoencoder bị ràng buộc bằng cách nào, và đổi lại ta được gì?* Bài 08 đã dùng mã hẹp.
# Ở đây mã được phép rộng hơn ảnh, nên ta cần những ràng buộc khác, đó là sparse, contractive, denoising và variational.
#
# ⏱ Học khoảng một giờ; phần tính toán mất chừng một phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 09 · Five kinds of autoencoder
#
# *With nothing in its way, an autoencoder may just copy its images. What brake does each kind of autoencoder put on that, and what does one get for it?* Lesson 08 used a narrow code.
# Here it may be wider than the image, with other brakes: sparse, contractive, denoising, variational.
#
# ⏱ About an hour; computing takes about a minute on two CPU cores.

# %%
import torch
from sklearn.decomposition import PCA

from vae_helpers import checks, data, losses, metrics, models, plots, tr, training

train_set = data.split(data.load_mnist(), [0.2], seed=0)[0]  # 12,000 images
mean_image = train_set.images.mean(dim=0)
x_test = data.load_mnist(train=False).images
order = torch.randperm(len(x_test), generator=torch.Generator().manual_seed(0))
x_test = x_test[order[:2000]]
print(train_set, "·", tuple(x_test.shape))

# %% [markdown] lang="vi"
# ## 1 · Mã rộng, không ràng buộc
#
# Mạng của bài này có mã *rộng* hơn ảnh (overcomplete), gồm 800 nơ-ron cho 784 điểm ảnh, encoder và decoder mỗi bên một lớp:
#
# $$z = s(W x + b), \qquad \hat x = \text{sigmoid}(W^\top z + c).$$
#
# Ở đây $s$ là hàm kích hoạt (activation function), $b$ và $c$ là bias. Hai bên dùng chung một ma trận $W$ (tied weights). Nếu decoder có trọng số riêng, mạng có thể chia mã cho 1000 rồi nhân decoder với 1000. Khi ấy hàm phạt (penalty) L1 lên $z$ gần như biến mất mà mạng chẳng học được gì.
# Một hàng của $W$ ứng với một nơ-ron, nên nó vừa là thứ nơ-ron ấy tìm trong ảnh, vừa là nét nơ-ron ấy vẽ ra.
#
# Hàm `train` huấn luyện một mạng như thế với loss là bình phương sai số, cộng thêm một hàm phạt nếu có. Trước hết, chưa phạt gì (khoảng 6 giây).

# %% [markdown] lang="en"
# ## 1 · A wide code with nothing in its way
#
# The network of this lesson has a code *wider* than the image (overcomplete): 800 units for 784 pixels, with one layer each way,
#
# $$z = s(W x + b), \qquad \hat x = \text{sigmoid}(W^\top z + c).$$
#
# ($s$ is the activation function, $b$ and $c$ are biases.) Both sides share one matrix $W$ (tied weights). With a free decoder, the network could divide its code by 1000 and multiply the decoder by 1000: an L1 penalty on $z$ would all but vanish with nothing learnt.
# Each row of $W$ is both what one unit looks for in an image and what it draws.
#
# `train` trains such a network on the squared error, plus a penalty if there is one. First without any (about 6 seconds).

# %%
recipe = {"epochs": 5, "batch_size": 128, "lr": 8e-3, "schedule": "one-cycle"}
recipe |= {"weight_decay": 0, "log_dir": None, "seed": 0}


def train(penalty=None, activation=torch.sigmoid, kind=models.TiedAutoencoder):
    torch.manual_seed(0)
    model = kind(800, activation, mean_image=mean_image)

    def loss(recon, x, z):
        error = (recon - x).pow(2).flatten(1).sum(dim=1).mean()
        return error if penalty is None else error + penalty(z, model.weight)

    training.fit(model, train_set, loss=loss, **recipe)
    return model.cpu().eval()


# %%
wide = train()
with torch.no_grad():
    rows = {"x": x_test[:8], tr("tái tạo", "redrawn"): wide(x_test[:8])[0]}
title = tr("800 số cho 784 điểm ảnh", "800 numbers for 784 pixels")
plots.plot_images(rows, title=title)

# %% [markdown] lang="vi"
# *Hình: ảnh kiểm tra ở trên, ảnh tái tạo ở dưới; chữ số nào cũng rất giống bản gốc.* Bản thân sai số thấp chưa phải là mục tiêu, bởi chỉ cần chép nguyên 784 điểm ảnh là sai số bằng 0. Một **ràng buộc** (nói rộng ra là *điều chuẩn*, regularization) đòi hỏi nhiều hơn thế, và mã hẹp chỉ là một loại.
#
# **Bias bắt đầu từ ảnh trung bình.** `mean_image` đặt giá trị ban đầu của $c$ là logit của ảnh trung bình, như code của Burda và cộng sự. Nếu $c$ bắt đầu từ 0, tức màu xám, các nơ-ron còn phải vẽ cả nền đen.
# Chúng tôi chỉ đổi một điều ấy ở mạng ReLU không phạt. Bắt đầu từ ảnh trung bình thay vì từ 0, sai số giảm từ 4,7 xuống 2,1 trên ảnh sạch, và từ khoảng 143 xuống 33 khi ảnh có nhiễu Gauss. <!-- claim: pixel_bias_at_the_mean -->
#
# Vậy nếu không có ràng buộc, mạng rộng vẽ lại ảnh rất giống.
#
# ## 2 · Có nhất thiết phải hẹp không? Sparse autoencoder
#
# **Sparse autoencoder** (sparse: thưa) cho phép mã rộng, miễn là mỗi ảnh chỉ dùng **vài** nơ-ron. Có hai hàm phạt thường gặp:
#
# - **L1**, tức $\lambda \sum_j |z_j|$. Riêng ReLU đã đưa hơn một nửa số giá trị về *đúng* 0; có thêm L1 thì hơn chín phần mười. <!-- claim: sparse_codes -->
# - **KL theo $\rho$** (bài giảng CS294A của A. Ng) cho các nơ-ron sigmoid. Gọi $\hat\rho_j$ là trung bình của $z_j$ trên batch; mỗi nơ-ron chỉ nên bật ở một tỉ lệ nhỏ $\rho$ số ảnh, chẳng hạn 5%:
#
# $$\sum_j \mathrm{KL}(\rho \,\|\, \hat\rho_j) = \sum_j \left[ \rho \log\frac{\rho}{\hat\rho_j} + (1-\rho)\log\frac{1-\rho}{1-\hat\rho_j} \right].$$
#
# Đây là độ phân kỳ KL (KL divergence) giữa hai đồng xu, không phải KL của VAE. Tính tay với $\rho = 0{,}05$ và $\hat\rho = 0{,}5$: $0{,}05 \log 0{,}1 + 0{,}95 \log 1{,}9 \approx 0{,}4946$.
#
# ### Lượt của bạn
#
# Viết hàm phạt này. `z` có kích thước $(N, d)$, giá trị nằm giữa 0 và 1; kết quả là một số. Trung bình lấy theo chiều nào, tổng lấy theo chiều nào?

# %% [markdown] lang="en"
# *The figure: test images above, reconstructions below; every digit looks much like the original.* A low error is no aim by itself: copying all 784 pixels would have an error of 0. A **brake** (in general: *regularization*) asks for more; a narrow code is only one.
#
# **The bias starts at the mean image.** `mean_image` starts $c$ at the logit of the mean training image, as Burda et al.'s code does. If $c$ starts at 0, mid-grey, the units must paint the black background too.
# In the ReLU network without a penalty this alone lowers the error from 4.7 to 2.1 on clean images, and from about 143 to 33 under Gaussian noise. <!-- claim: pixel_bias_at_the_mean -->
#
# So with no brake the wide network redraws its images closely.
#
# ## 2 · Must it be narrow? The sparse autoencoder
#
# A **sparse autoencoder** may have a wide code, provided that each image uses only **a few** units. Two penalties are common:
#
# - **L1**: $\lambda \sum_j |z_j|$. With ReLU, which puts more than half of the values to *exactly* 0 by itself, it puts over nine tenths there. <!-- claim: sparse_codes -->
# - **KL to $\rho$** (A. Ng's CS294A notes), for sigmoid units. Call $\hat\rho_j$ the mean of $z_j$ over the batch; each unit should be on for a small share $\rho$ of the images only, such as 5%:
#
# $$\sum_j \mathrm{KL}(\rho \,\|\, \hat\rho_j) = \sum_j \left[ \rho \log\frac{\rho}{\hat\rho_j} + (1-\rho)\log\frac{1-\rho}{1-\hat\rho_j} \right].$$
#
# This is the KL divergence between two coins, not the VAE's. By hand, with $\rho = 0.05$ and $\hat\rho = 0.5$: $0.05 \log 0.1 + 0.95 \log 1.9 \approx 0.4946$.
#
# ### Your turn
#
# Write this penalty. `z` has shape $(N, d)$ with values between 0 and 1; the result is one number. Along which dimension do you average, along which do you sum?


# %% tags=["exercise"]
def kl_to_rho(z, rho=0.05):
    ### BEGIN SOLUTION
    rho_hat = z.mean(dim=0)
    on = rho * torch.log(rho / rho_hat)
    off = (1 - rho) * torch.log((1 - rho) / (1 - rho_hat))
    return (on + off).sum()
    ### END SOLUTION


# %%
right = checks.check_kl_to_rho(kl_to_rho)
to_rho = kl_to_rho if right else losses.kl_to_rho

# %% tags=["nbval-check-output"]
# tr("hai ảnh, hai nút: trung bình 0.5 và 0.05", "two images, two units: one with mean 0.5, one with mean 0.05")
z = torch.tensor([[0.2, 0.05], [0.8, 0.05]])
print(f"{to_rho(z):.4f}")

# %% [markdown] lang="vi"
# Đúng bằng con số tính tay, và toàn bộ là do nơ-ron thứ nhất góp. Trung bình của nơ-ron thứ hai bằng đúng $\rho$ nên nó không bị phạt, dù nó chẳng bao giờ thật sự bật.
#
# Giờ mạng tiếp theo được huấn luyện bằng hàm của bạn (khi hàm ấy chưa đúng, hàm có sẵn được dùng thay). Hai mạng ReLU, một không phạt và một có L1, cần thêm chừng 12 giây.
#
# **Chọn $\lambda$ thế nào?** Mỗi $\lambda$ trong bài được chọn trên 2.000 ảnh *huấn luyện* khác, sao cho sai số ở đó gấp khoảng 2 đến 3 lần sai số của chính mạng ấy khi không phạt (2,2 đến 2,8 lần ở ba seed khác). <!-- claim: brakes_cost_alike -->

# %% [markdown] lang="en"
# The number found by hand, all of it from the first unit. The second one's mean is exactly $\rho$, so it goes unpunished although it is never really on.
#
# Now your function trains the next network (until it is right, the course's own). Two ReLU networks, without a penalty and with L1, take some 12 seconds more.
#
# **How was $\lambda$ chosen?** Every $\lambda$ of this lesson was chosen on 2,000 other *training* images, so that the error there is some 2 to 3 times that of the same network without a penalty (2.2 to 2.8 on three other seeds). <!-- claim: brakes_cost_alike -->

# %%
sparse_kl = train(lambda z, W: 0.05 * to_rho(z, rho=0.05))
relu = train(activation=torch.relu)
sparse_l1 = train(lambda z, W: 0.05 * z.abs().sum(dim=1).mean(), torch.relu)

# %% [markdown] lang="vi"
# Một nơ-ron **hoạt động** với một ảnh nếu giá trị của nó ít nhất bằng một phần mười giá trị lớn nhất trong mã của ảnh ấy.

# %% [markdown] lang="en"
# A unit is **active** in an image if it is at least a tenth as strong as the strongest unit of that image.


# %%
@torch.no_grad()
def code(model, x):
    z = model.encode(x)
    return z[0] if isinstance(z, tuple) else z  # tr("với VAE: mu", "of a VAE: mu")


@torch.no_grad()
def error(model, x):
    """Of what the model makes of x, against the clean test images."""
    return metrics.image_errors(model.decode(code(model, x)), x_test).mean().item()


def active(model):
    z = code(model, x_test).abs()
    share = (z > 0.1 * z.amax(dim=1, keepdim=True)).float().mean().item()
    return round(100 * share)


# %%
no_brake = tr("không ràng buộc", "no brake")
networks = {
    f"sigmoid, {no_brake}": wide,
    "sigmoid, KL": sparse_kl,
    f"ReLU, {no_brake}": relu,
    "ReLU, L1": sparse_l1,
}
e, a = tr("sai số", "error"), tr("hoạt động (%)", "active (%)")
plots.table({n: {e: error(m, x_test), a: active(m)} for n, m in networks.items()})


# %%
def drawings(model):
    """Twelve of the units that vary most; mid-grey is 0."""
    used = code(model, x_test).var(dim=0).argsort(descending=True)[:120:10]
    W = model.weight.detach()[used]
    return (0.5 + 0.5 * W / W.abs().amax(dim=1, keepdim=True)).view(-1, 1, 28, 28)


title = tr("Nét vẽ của từng nơ-ron", "What each unit draws")
plots.plot_images({n: drawings(m) for n, m in networks.items()}, title=title)

# %% [markdown] lang="vi"
# *Hình: mỗi ô là nét vẽ của một nơ-ron (xám vừa là 0). Không ràng buộc thì nét vẽ rối; với KL là những mảng và vòng cung mềm hơn; với L1 có những nét bút, có ô gần trọn một chữ số.*
#
# Tỉ lệ nơ-ron hoạt động giảm hẳn, còn sai số tăng hơn gấp đôi. Với KL, tỉ lệ ấy từ 79% xuống 27%, vẫn là khoảng 220 trên 800 nơ-ron; với L1, từ 33% xuống 4%, tức khoảng 35 nơ-ron. <!-- claim: sparse_codes -->
#
# Vậy sparse autoencoder không cần mã hẹp. Nó chấp nhận sai số lớn hơn để có một mã mà mỗi ảnh dùng ít nơ-ron hơn, và chỉ với L1 mới là rất ít.
#
# ## 3 · Contractive autoencoder
#
# Ở **contractive autoencoder** (contractive: co lại), mã không được **nhạy** với những thay đổi nhỏ của ảnh. Ma trận Jacobi (Jacobian) $J = \partial z / \partial x$ cho biết mã nhạy đến đâu; Rifai và cộng sự (2011) phạt tổng bình phương các phần tử của nó (bình phương chuẩn Frobenius):
#
# $$\|J\|_F^2 = \sum_j \sum_i \left(\frac{\partial z_j}{\partial x_i}\right)^2.$$
#
# Nhiễu nhỏ $\delta \sim \mathcal{N}(0, \sigma^2 I)$ trên ảnh làm mã dịch đi khoảng $J\delta$; bình phương độ dài của nó có trung bình là $\sigma^2 \|J\|_F^2$. Với $z = \text{sigmoid}(Wx + b)$, đạo hàm của sigmoid là $z(1-z)$, nên
#
# $$\|J\|_F^2 = \sum_j \bigl(z_j(1-z_j)\bigr)^2 \sum_i W_{ji}^2.$$
#
# ### Lượt của bạn
#
# Viết công thức cuối. `z` có kích thước $(N, d)$, `weight` là $W$, kích thước $(d, 784)$; trả về trung bình trên batch, một số.

# %% [markdown] lang="en"
# *The figure: each square is what one unit draws (mid-grey is 0). Without a brake the drawings are jumbled; with KL there are softer blobs and arcs; with L1 pen strokes, sometimes nearly a whole digit.*
#
# The error more than doubles, and the share of active units falls sharply: from 79% to 27% with KL, still some 220 of the 800 units, and from 33% to 4% with L1, about 35. <!-- claim: sparse_codes -->
#
# So a sparse autoencoder need not be narrow: it gives up precision for a code of which each image uses fewer units, and only with L1 very few.
#
# ## 3 · The contractive autoencoder
#
# In a **contractive autoencoder** the code must not be **sensitive** to small changes of the image. The Jacobian $J = \partial z / \partial x$ tells how sensitive it is; Rifai et al. (2011) penalise the sum of its squared entries (its squared Frobenius norm):
#
# $$\|J\|_F^2 = \sum_j \sum_i \left(\frac{\partial z_j}{\partial x_i}\right)^2.$$
#
# Small noise $\delta \sim \mathcal{N}(0, \sigma^2 I)$ on the image moves the code by about $J\delta$, with a mean square of $\sigma^2 \|J\|_F^2$. For $z = \text{sigmoid}(Wx + b)$ the sigmoid's derivative is $z(1-z)$, so
#
# $$\|J\|_F^2 = \sum_j \bigl(z_j(1-z_j)\bigr)^2 \sum_i W_{ji}^2.$$
#
# ### Your turn
#
# Write the last formula. `z` has shape $(N, d)$, `weight` is $W$ of shape $(d, 784)$; return the mean over the batch, one number.


# %% tags=["exercise"]
def contractive_penalty(z, weight):
    ### BEGIN SOLUTION
    slope = z * (1 - z)
    return (slope**2 * (weight**2).sum(dim=1)).sum(dim=1).mean()
    ### END SOLUTION


# %%
right = checks.check_contractive_penalty(contractive_penalty)
contract = contractive_penalty if right else losses.sigmoid_contractive_penalty

# %% [markdown] lang="vi"
# Công thức ấy chỉ đúng cho một lớp sigmoid. `losses.contractive_penalty` tính cả ma trận $J$ của một encoder bất kỳ. Hai cách phải cho cùng một số:

# %% [markdown] lang="en"
# That formula holds for one sigmoid layer only. `losses.contractive_penalty` computes the whole $J$ of any encoder. Both must give the same number:

# %%
few = x_test[:10]
with torch.no_grad():
    J_squared = losses.contractive_penalty(wide.encode, few)
    formula = contract(wide.encode(few), wide.weight)
print(f"J: {J_squared:.3f}   {tr('công thức', 'formula')}: {formula:.3f}")

# %%
contractive = train(lambda z, W: 0.2 * contract(z, W))

# %% [markdown] lang="vi"
# Mã có thật sự dịch ít hơn không? Ta thêm nhiễu $\sigma = 0{,}1$ vào ảnh rồi đo xem mã dịch đi bao xa. Hàm phạt có thể thu nhỏ mọi thứ cùng lúc, nên ta chia cho độ phân tán của các mã. Baseline là PCA: với 50 trục thì sai số của nó gần bằng sai số của mạng contractive, còn với 16 trục thì mã của nó hẹp.

# %% [markdown] lang="en"
# Does the code really move less? Add noise of $\sigma = 0.1$ to the images and measure how far the codes go. The penalty may shrink everything at once, so we divide by the spread of the codes. The rival is PCA: with 50 axes its error is near the contractive network's, with 16 its code is narrow.


# %%
class PCAModel:
    def __init__(self, d):
        pca = PCA(d, random_state=0).fit(train_set.images.flatten(1).numpy())
        self.m, self.V = torch.tensor(pca.mean_), torch.tensor(pca.components_.T)

    def encode(self, x):
        return (x.flatten(1) - self.m) @ self.V

    def decode(self, z):
        return (self.m + z @ self.V.T).clamp(0, 1).view(-1, 1, 28, 28)


# %%
torch.manual_seed(0)
noise = torch.randn_like(x_test)


def moves(model):
    z, z_new = code(model, x_test), code(model, x_test + 0.1 * noise)
    spread = (z - z.mean(dim=0)).norm(dim=1).mean()
    return 100 * ((z_new - z).norm(dim=1).mean() / spread).item()


# %%
pca = {f"PCA {d}": PCAModel(d) for d in (50, 16)}
pair = {no_brake: wide, "contractive": contractive} | pca
m = tr("mã dịch đi (%)", "code moves (%)")
plots.table({n: {e: error(k, x_test), m: moves(k)} for n, k in pair.items()})

# %% [markdown] lang="vi"
# So với mạng không ràng buộc, mã của contractive autoencoder dịch đi chỉ bằng chừng một nửa. Đó là do hàm phạt, vì hai mạng không khác gì nữa. Nhưng PCA không phạt gì cũng gần bằng thế: với 50 trục, sai số gần bằng, mã của nó chỉ dịch 10,7%. Với 16 trục, mã còn dịch ít hơn cả mạng contractive, tuy sai số lớn hơn. Chỉ mã hẹp thì chưa đủ, vì mã của `ae-16d` dịch nhiều hơn cả khi không ràng buộc (mục 6). <!-- claim: contractive_codes -->
#
# Vậy contractive autoencoder chấp nhận sai số lớn hơn để có một mã ít nhạy với thay đổi nhỏ, nhưng PCA không phạt gì cũng cho gần như thế.
#
# ## 4 · Denoising autoencoder
#
# **Denoising autoencoder** (autoencoder khử nhiễu) không phạt mã. Nó nhận ảnh đã hỏng và phải trả lại ảnh *sạch* (Vincent và cộng sự, 2008). Hai cách làm hỏng ảnh là nhiễu Gauss (cộng $\mathcal{N}(0, \sigma^2)$ rồi cắt về $[0, 1]$) và **nhiễu che** (masking noise), tức là đặt một số điểm ảnh về 0. `data.add_noise` có cả hai.
#
# ### Lượt của bạn
#
# Viết nhiễu che: mỗi điểm ảnh của `x` bị đặt về 0 với xác suất `share`, độc lập với các điểm ảnh khác; chính `x` giữ nguyên. `x` có kích thước $(N, 1, 28, 28)$, mỗi ảnh có mặt nạ riêng. `torch.rand_like(x)` cho mỗi điểm ảnh một số ngẫu nhiên trong $[0, 1)$.

# %% [markdown] lang="en"
# Compared with no brake, the contractive network's code moves about half as far. The penalty does this: nothing else differs. But PCA does nearly as well without one: with 50 axes, at nearly the same error, its code moves 10.7%; with 16, at a larger error, even less than the contractive one. A narrow code alone is not enough: that of `ae-16d` moves more than with no brake (section 6). <!-- claim: contractive_codes -->
#
# So a contractive autoencoder gives up precision for a code that small changes move little; PCA comes near with no penalty.
#
# ## 4 · The denoising autoencoder
#
# A **denoising autoencoder** penalises no code. It is given a damaged image and must return the *clean* one (Vincent et al., 2008). Two ways to damage it are Gaussian noise (add $\mathcal{N}(0, \sigma^2)$, cut off to $[0, 1]$) and **masking noise**, which sets pixels to 0. `data.add_noise` has both.
#
# ### Your turn
#
# Write masking noise: each pixel of `x` becomes 0 with probability `share`, independently of the others, and `x` itself stays as it is. `x` has shape $(N, 1, 28, 28)$, and each image has a mask of its own. `torch.rand_like(x)` gives each pixel a random number in $[0, 1)$.


# %% tags=["exercise"]
def mask_noise(x, share):
    ### BEGIN SOLUTION
    return x * (torch.rand_like(x) >= share)
    ### END SOLUTION


# %%
right = checks.check_mask_noise(mask_noise)
mask = mask_noise if right else lambda x, share: data.add_noise(x, "mask", share)

# %% [markdown] lang="vi"
# Vẫn mạng rộng ấy, chỉ thêm một bước khi huấn luyện: mỗi batch bị che với một xác suất ngẫu nhiên từ 0 đến 0,6 (mức này được chọn giống như $\lambda$). `fit` so kết quả với ảnh sạch.

# %% [markdown] lang="en"
# The same wide network, with one step more in training: each batch is masked with a random probability from 0 to 0.6 (chosen as $\lambda$ was). `fit` compares the result with the clean images.


# %%
class DenoisingAutoencoder(models.TiedAutoencoder):
    def forward(self, x):
        damaged = mask(x, 0.6 * torch.rand(()).item()) if self.training else x
        return super().forward(damaged)


denoising = train(kind=DenoisingAutoencoder)

# %%
torch.manual_seed(1)
masked = mask(x_test, 0.5)
grainy = data.add_noise(x_test, "gaussian", 0.3)
hidden, grain = tr("bị che", "masked"), tr("nhiễu Gauss", "Gaussian noise")
inputs = {hidden: masked, grain: grainy}
itself = {n: metrics.image_errors(x, x_test).mean().item() for n, x in inputs.items()}
rows = {tr("để nguyên", "left alone"): itself}
for name, model in {no_brake: wide, "denoising": denoising}.items():
    rows[name] = {n: error(model, x) for n, x in inputs.items()}
doubled = tr("không ràng buộc, ảnh nhân đôi", "no brake, image doubled")
plots.table(rows | {doubled: {hidden: error(wide, 2 * masked)}})

# %%
with torch.no_grad():
    redrawn = {
        f"{n}: {kind}": model(x[:8])[0]
        for n, x in inputs.items()
        for kind, model in ((no_brake, wide), ("denoising", denoising))
    }
first = {n: x[:8] for n, x in inputs.items()}
title = tr("Hai loại nhiễu, hai mạng", "Two kinds of noise, two networks")
plots.plot_images(first | redrawn, title=title)

# %% [markdown] lang="vi"
# *Hình: hai hàng đầu là ảnh hỏng. Với ảnh bị che, mạng không ràng buộc vẽ nét nhạt và đứt đoạn, mạng denoising vẽ nét gần liền. Với nhiễu Gauss, mạng denoising lại vẽ nét quá đậm, có quầng sáng xung quanh.*
#
# Với ảnh bị che, loại nhiễu đã gặp khi huấn luyện, denoising autoencoder lấp chỗ trống tốt hơn hẳn mạng không ràng buộc. Nhưng nếu biết một nửa số điểm ảnh đã mất, ta chỉ cần nhân đôi những điểm còn lại: khi ấy mạng không ràng buộc cũng tốt gần bằng. Một ánh xạ tuyến tính (linear map) khớp với ảnh bị che có sai số khoảng 19. Với nhiễu Gauss, nhiễu mà cả hai mạng đều chưa từng gặp, mạng denoising lại kém hơn. <!-- claim: denoising_at_home -->
#
# Vậy mạng này chịu được loại hỏng nó đã gặp, nhưng những cách đơn giản cũng làm được; loại khác thì phải đo.
#
# ## 5 · Variational autoencoder
#
# Ở **bộ tự mã hóa biến phân** (variational autoencoder, VAE), nhiễu được thêm vào *mã*, $z = \mu + \sigma \odot \varepsilon$, và KL giữ các mã gần $\mathcal{N}(0, I)$ (bài 02). Ta dùng hai mạng có sẵn, `ae-16d` và `vae-16d-b2`. Trong các $B$ có sẵn, $B = 2$ hợp với việc sinh ảnh nhất, theo phép đo trên ảnh huấn luyện. <!-- claim: rate_for_sampling --> Hai mạng có cùng những lớp tích chập, cùng 60.000 ảnh, 20 epoch, 16 chiều. Chúng khác nhau ở nhiễu và KL, và còn ở phần tái tạo (AE dùng BCE, VAE dùng bình phương sai số).
#
# Điều VAE muốn đạt là sinh ảnh từ $\mathcal{N}(0, I)$. Nhưng với AE ta cũng có thể khớp một phân phối Gauss với các mã của ảnh huấn luyện rồi lấy mẫu từ đó. Ảnh được so bằng **khoảng cách Fréchet** (Fréchet distance, càng nhỏ càng giống ảnh thật) trên đặc trưng của `judge`, một mạng nhận dạng chữ số; bài 11 giải thích.

# %% [markdown] lang="en"
# *The figure: the damaged images in the first two rows. Of masked ones the network without a brake draws faint, broken strokes, the denoising one nearly whole ones. Under Gaussian noise the denoising network's strokes are too thick, with a glow.*
#
# The denoising network fills in what was masked, the damage it met in training, far better than the one without a brake. But whoever knows that half the pixels are gone can double the rest: then the network without a brake does about as well. A linear map fitted to masked images reaches about 19. With Gaussian noise, which neither network ever met, the denoising one does worse. <!-- claim: denoising_at_home -->
#
# So this network withstands the damage it was trained on, but so do simple means; any other kind has to be measured.
#
# ## 5 · The variational autoencoder
#
# In a **variational autoencoder** (VAE) the noise is put on the *code*, $z = \mu + \sigma \odot \varepsilon$, and the KL keeps the codes near $\mathcal{N}(0, I)$ (lesson 02). We take two stored networks, `ae-16d` and `vae-16d-b2`; of the stored values of $B$, 2 suits sampling best, measured on training images. <!-- claim: rate_for_sampling --> Both have the same convolutional layers, 60,000 images, 20 epochs, 16 dimensions. They differ in noise and KL, and also in the reconstruction part (BCE for the AE, squared error for the VAE).
#
# A VAE is meant to make images from $\mathcal{N}(0, I)$. But we can also draw from a Gaussian fitted to an AE's codes of the training images. The pictures are compared by the **Fréchet distance** (the smaller, the more like real images) on the features of `judge`, a network that reads digits; lesson 11 explains it.


# %%
def fitted(model, n=2000):
    """n codes from the Gaussian with the mean and covariance of the training codes."""
    z = code(model, train_set.images)
    centred = z - z.mean(dim=0)
    return z.mean(dim=0) + torch.randn(n, len(z)) @ centred / (len(z) - 1) ** 0.5


judge = models.load_pretrained("judge")


@torch.no_grad()
def frechet(model, z):
    pictures = judge.features(model.decode(z))
    return metrics.frechet_distance(pictures, judge.features(x_test))


# %%
ae, vae = (models.load_pretrained(name) for name in ("ae-16d", "vae-16d-b2"))
torch.manual_seed(0)
z = torch.randn(2000, 16)
sources = {
    "ae-16d, N(0, I)": (ae, z),
    tr("ae-16d, khớp Gauss", "ae-16d, fitted Gaussian"): (ae, fitted(ae)),
    "vae-16d-b2, N(0, I)": (vae, z),
    tr("vae-16d-b2, khớp Gauss", "vae-16d-b2, fitted Gaussian"): (vae, fitted(vae)),
}
plots.table({n: {"Fréchet": frechet(*source)} for n, source in sources.items()})

# %%
with torch.no_grad():
    samples = {n: model.decode(z[:10]) for n, (model, z) in sources.items()}
plots.plot_images(samples, title=tr("Ảnh mới từ AE và VAE", "New images: AE and VAE"))

# %% [markdown] lang="vi"
# *Hình: từ $\mathcal{N}(0, I)$, AE chỉ vẽ những vệt xám; ba hàng kia đều có những chữ số đọc được, xen với những hình hỏng.*
#
# Cùng lấy $z$ từ $\mathcal{N}(0, I)$, VAE sinh ảnh tốt hơn hẳn AE. Nhưng AE với phân phối Gauss khớp với mã thì ngang VAE: ở đây tốt hơn, ở ba seed khác kém một chút. <!-- claim: prior_or_fitted_gaussian -->
#
# Vậy VAE với $B$ đủ nhỏ cho ta biết trước phải lấy $z$ ở đâu mà không cần xem mã nào, nhưng không phải vì thế mà ảnh đẹp hơn.
#
# ## 6 · Tất cả trong một bảng
#
# Mỗi loại một hàng, đo trên cùng 2.000 ảnh kiểm tra lấy ngẫu nhiên. Ở cột **Fréchet**, VAE lấy $z$ từ prior, còn mọi loại khác lấy $z$ từ phân phối Gauss khớp với các mã.

# %% [markdown] lang="en"
# *The figure: from $\mathcal{N}(0, I)$ the AE draws only grey smears; the other three rows all hold digits that can be read, and failures among them.*
#
# From $\mathcal{N}(0, I)$ the VAE makes far better images than the AE. But the AE with a Gaussian fitted to its codes is level with the VAE: ahead here, slightly behind on three other seeds. <!-- claim: prior_or_fitted_gaussian -->
#
# So a VAE with a small enough $B$ lets us know beforehand where to take $z$ from, without looking at any code; better pictures do not follow by themselves.
#
# ## 6 · All in one table
#
# One row for each kind, measured on the same 2,000 random test images. **Fréchet** takes the VAE's $z$ from its prior, every other kind's from the Gaussian fitted to its codes.


# %%
def measured(model):
    row = {e: error(model, x_test), grain: error(model, grainy)}
    row |= {hidden: error(model, masked), m: moves(model), a: active(model)}
    torch.manual_seed(0)
    z = torch.randn(2000, 16)  # N(0, I)
    if not isinstance(model, models.VAE):
        z = fitted(model)
    return row | {"Fréchet": f"{frechet(model, z):.0f}"}


# %%
kinds = {
    "PCA 50": pca["PCA 50"],
    tr("mã hẹp, `ae-16d`", "undercomplete, `ae-16d`"): ae,
    "variational, `vae-16d-b2`": vae,
    tr("rộng, sigmoid", "wide, sigmoid"): wide,
    tr("rộng, sparse KL", "wide, sparse KL"): sparse_kl,
    tr("rộng, contractive", "wide, contractive"): contractive,
    tr("rộng, denoising", "wide, denoising"): denoising,
    tr("rộng, ReLU", "wide, ReLU"): relu,
    tr("rộng, sparse L1", "wide, sparse L1"): sparse_l1,
}
plots.table({name: measured(model) for name, model in kinds.items()})

# %% [markdown] lang="vi"
# *Bảng: ba hàng đầu là PCA và hai mạng tích chập có sẵn; các hàng sau là mạng rộng, huấn luyện vài giây ở đây.* Chỉ nên so trong cùng một nhóm, và "rộng, ReLU" là mốc so sánh của L1.
#
# - **Không hàng nào tốt nhất ở mọi cột.** Với ảnh sạch, `ae-16d` hơn `vae-16d-b2`; với nhiễu Gauss thì VAE có sai số nhỏ hơn hẳn. <!-- claim: vae_withstands_grain --> Hai mạng khác nhau ở nhiều điểm, nên ta không quy công cho riêng điểm nào.
# - **Sinh ảnh:** lấy $z$ từ phân phối Gauss khớp với mã 800 số, mọi mạng rộng đều kém xa hai mạng 16 số. Hai nhóm khác nhau cả về mạng lẫn cách huấn luyện, nên ta không kết luận vì sao.
# - **Nhiễu Gauss:** PCA 50, baseline đơn giản nhất, chịu nhiễu tốt ngang mạng contractive, còn mạng sigmoid không ràng buộc lại hơn cả hai: với $\sigma = 0{,}3$, không ràng buộc nào trên mạng rộng giúp được gì. Mạng ấy cũng không chỉ chép lại ảnh, vì chép nguyên ảnh có nhiễu thì sai số phải là 36,6. <!-- claim: no_brake_helps_with_grain -->
#
# ## Trả lời câu hỏi đầu bài
#
# Mỗi loại có một ràng buộc riêng: ít con số (mã hẹp), ít nơ-ron hoạt động (sparse), mã ít nhạy (contractive), đầu vào bị hỏng (denoising), nhiễu trên mã và KL (VAE). Trên mạng rộng, các mức được chọn sao cho sai số tăng hơn gấp đôi; đổi lại được gì thì phải đo, không suy ra được từ cái tên. <!-- claim: brakes_cost_alike --> Chẳng hạn, hàm phạt contractive cũng làm tỉ lệ nơ-ron hoạt động giảm từ 79% xuống 48%. <!-- claim: contractive_codes -->
#
# ## Tự kiểm tra
#
# <details><summary><b>Contractive và denoising autoencoder khác nhau thế nào?</b></summary>
#
# Contractive phạt độ nhạy của mã với những thay đổi rất nhỏ. Denoising không phạt mã, nó đòi ảnh sạch từ ảnh đã hỏng nhiều.
# </details>
#
# <details><summary><b>VAE sinh ảnh tốt hơn AE, đúng hay sai?</b></summary>
#
# Từ N(0, I) thì đúng. Nếu AE được lấy z từ phân phối Gauss khớp với các mã của nó thì hai bên ngang nhau.
# </details>
#
# ## Tóm tắt
#
# - Ràng buộc không nhất thiết là mã hẹp. Năm loại autoencoder là năm loại ràng buộc.
# - Hãy so các loại trên cùng một mạng, với sai số gần bằng nhau, và so với cả một baseline đơn giản như PCA.
# - Chỉ VAE, khi $B$ đủ nhỏ, cho biết trước phải lấy $z$ ở đâu; AE với phân phối Gauss khớp với các mã sinh ảnh tốt ngang nó.
#
# **Đọc thêm:** Vincent và cộng sự 2008, 2010 (denoising); Rifai và cộng sự 2011 (contractive); A. Ng, *Sparse autoencoder* (bài giảng CS294A); Ghosh và cộng sự 2020 (*From Variational to Deterministic Autoencoders*).

# %% [markdown] lang="en"
# *The table: the first three rows are PCA and two stored convolutional networks; below them the wide networks, trained here for seconds.* Compare within a group only, and L1 with "wide, ReLU".
#
# - **No row is best in every column.** On clean images `ae-16d` is ahead of `vae-16d-b2`; under Gaussian noise the VAE's error is far smaller. <!-- claim: vae_withstands_grain --> The two differ in several ways, so none alone gets the credit.
# - **Generation:** with $z$ from the Gaussian fitted to codes of 800 numbers, every wide network is far behind the two with 16. Network and training differ alike, so we do not say why.
# - **Gaussian noise:** PCA 50, the cheapest rival, withstands it as well as the contractive network; the sigmoid network without a brake does better than either. At this $\sigma$ no brake helped it, nor does it just copy: a copy would be 36.6 off. <!-- claim: no_brake_helps_with_grain -->
#
# ## The answer
#
# Each kind has a brake of its own: few numbers (undercomplete), few active units (sparse), an insensitive code (contractive), a damaged input (denoising), noise on the code and a KL (VAE). On the wide network all were set so that the error more than doubles; what they give has to be measured, not read off their names: the contractive penalty also cuts the active units from 79% to 48%. <!-- claim: brakes_cost_alike --> <!-- claim: contractive_codes -->
#
# ## Test yourself
#
# <details><summary><b>How do a contractive and a denoising autoencoder differ?</b></summary>
#
# The contractive one penalises how sensitive the code is to very small changes. The denoising one penalises no code: it asks for the clean image from a badly damaged one.
# </details>
#
# <details><summary><b>A VAE makes better images than an AE: right or wrong?</b></summary>
#
# From N(0, I), right. Where the AE's z come from a Gaussian fitted to its codes, the two are level.
# </details>
#
# ## Recap
#
# - A brake need not be a narrow code. Five kinds of autoencoder are five kinds of brake.
# - Compare kinds on one network and at one price, beside a simple rival such as PCA.
# - Only the VAE, if $B$ is small enough, says beforehand where to take $z$ from; an AE with a Gaussian fitted to its codes makes images about as good.
#
# **Read on:** Vincent et al. 2008, 2010 (denoising); Rifai et al. 2011 (contractive); A. Ng, *Sparse autoencoder* (CS294A notes); Ghosh et al. 2020 (*From Variational to Deterministic Autoencoders*).
