# %% [markdown] lang="vi"
# # Bài 15 · Ảnh của chính bạn
#
# *Đề bài chỉ biết những chữ số xám 28×28. Với ảnh của chính bạn thì phải đổi những gì, và có thể kỳ vọng điều gì?* Ta làm trên hai bộ ảnh. Bộ thứ nhất do code vẽ ra, nên ta biết chính xác trong ảnh có những gì thay đổi; bộ thứ hai là một thư mục hai mươi bức ảnh chụp.
#
# ⏱ Học khoảng một giờ; phần tính toán mất chừng 50 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 15 · Your own pictures
#
# *The handout knows only grey digits of 28×28. What must be changed for pictures of your own, and what may you expect of them?* We try it on two sets: one that code draws, so that we know what really varies in it, and a folder of twenty photographs.
#
# ⏱ About an hour; computing takes about 50 seconds on two CPU cores.

# %%
import random
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from sklearn.datasets import load_sample_images
from sklearn.decomposition import PCA

from vae_helpers import checks, data, losses, metrics, models, page, plots, tr, training

# %% [markdown] lang="vi"
# ## 1 · Một bộ ảnh biết trước các yếu tố
#
# `data.sprites` vẽ những hình màu trên nền đen. Mỗi ảnh được quyết định bởi sáu **yếu tố** (factor), rút ngẫu nhiên và độc lập: hình, sắc độ (hue: 0 là đỏ, 1/3 lục, 2/3 lam), cỡ, góc xoay, hoành độ $x$ và tung độ $y$ của tâm. Với ảnh của chính bạn thì không ai cho biết các yếu tố ấy.

# %% [markdown] lang="en"
# ## 1 · A set whose factors are known
#
# `data.sprites` draws coloured shapes on black. Six **factors** decide each image, drawn at random and independently: shape, hue (0 is red, 1/3 green, 2/3 blue), size, angle, and the centre's $x$ and $y$. For your own pictures nobody tells you these.

# %%
train, test = data.sprites(6000, seed=3), data.sprites(1000, seed=4)
x = test.images
print(train)
plots.plot_images(x[:20], title=tr("Hai mươi ảnh, 3×32×32", "Twenty images, 3×32×32"))

# %% [markdown] lang="vi"
# *Hình: hình bầu dục, tam giác và trái tim, mỗi ảnh một màu, một cỡ, một góc, một vị trí.* Các yếu tố của bốn ảnh đầu, với tên trong code:

# %% [markdown] lang="en"
# *The figure: ellipses, triangles and hearts, each in a colour, a size, an angle and a place of its own.* The factors of the first four, by their names in code:

# %%
rows = {}
for i in range(4):
    numbers = {name: v[i].item() for name, v in test.factors.items()}
    rows[i + 1] = numbers | {"shape": test.classes[test.labels[i]]}
plots.table(rows, 2)

# %% [markdown] lang="vi"
# ## 2 · Phải đổi những gì, theo thứ tự
#
# **Trước hết là kích thước và số kênh.** `models.VAE(channels=3, latent_dim=8, img_size=32)`: cạnh ảnh phải chia hết cho 4, vì hai lớp tích chập có stride 2. Các lớp tích chập hầu như không lớn thêm; các lớp kết nối đầy đủ thì có.
#
# ### Lượt của bạn
#
# Encoder kết thúc bằng 64 bản đồ đặc trưng, cạnh bằng một phần tư cạnh ảnh, duỗi ra thành $F$ số. Có bao nhiêu tham số trong `fc_mu` và `fc_logvar` ($F \to d$) cùng `fc_decode` ($d \to F$), kể cả bias? (Ở các ô sau, hàm nào của bạn chưa đúng thì hàm của khóa học được dùng thay.)

# %% [markdown] lang="en"
# ## 2 · What to change, in order
#
# **Size and channels come first.** `models.VAE(channels=3, latent_dim=8, img_size=32)`: the side must be a multiple of 4, as two convolutions have stride 2. The convolutions hardly grow; the fully connected layers do.
#
# ### Your turn
#
# The encoder ends in 64 maps with a quarter of the image's side, flattened to $F$ numbers. How many parameters do `fc_mu`, `fc_logvar` ($F \to d$) and `fc_decode` ($d \to F$) have together, biases included? (Further down, ours stands in for each function of yours that is not right yet.)


# %% tags=["exercise"]
def fc_parameters(img_size, latent_dim):
    ### BEGIN SOLUTION
    F = 64 * (img_size // 4) ** 2
    return 2 * (F * latent_dim + latent_dim) + latent_dim * F + F
    ### END SOLUTION


# %%
counted = checks.check_fc_parameters(fc_parameters)

# %%
rows, ALL = {}, tr("mọi tham số", "all parameters")
for side, channels, d in ((28, 1, 2), (32, 3, 8), (64, 3, 8), (64, 3, 32)):
    total = sum(p.numel() for p in models.VAE(channels, d, side).parameters())
    yours = fc_parameters(side, d) if counted else None
    rows[f"{channels}×{side}×{side}, d = {d}"] = {ALL: total, "fc": yours}
plots.table(rows)

# %% [markdown] lang="vi"
# Hàng đầu là mạng của đề bài. Từ 32×32 lên 64×64, số tham số gấp chừng ba lần, và mỗi bước huấn luyện có gấp bốn lần điểm ảnh. Hãy bắt đầu với ảnh nhỏ.
#
# **Thứ hai là số chiều tiềm ẩn** (latent dimension). Hãy vẽ sai số theo $d$, trước hết bằng PCA vì nó chỉ mất một giây. Mạng `sprites-vae` được huấn luyện sẵn trên 40.000 ảnh khác, 60 epoch, $d = 8$; `sprites-ae` là autoencoder cùng số chiều, huấn luyện với BCE.

# %% [markdown] lang="en"
# The first row is the handout's network. From 32×32 to 64×64 the parameters grow about threefold, and each training step has four times the pixels. Begin with small pictures.
#
# **The number of latent dimensions comes second.** Plot the error against $d$, with PCA first, which takes a second. `sprites-vae` was trained beforehand on 40,000 other images for 60 epochs, $d = 8$; `sprites-ae` is an autoencoder with as many dimensions, trained with BCE.

# %%
flat = train.images.flatten(1)
pca = PCA(64, random_state=0).fit(flat.numpy())
axes, mean = torch.tensor(pca.components_), torch.tensor(pca.mean_)


def pca_error(d):
    z = (x.flatten(1) - mean) @ axes[:d].T
    return metrics.image_errors((mean + z @ axes[:d]).clamp(0, 1), x.flatten(1)).mean()


# %%
vae, ae = (models.load_pretrained(f"sprites-{kind}") for kind in ("vae", "ae"))
with torch.no_grad():
    redrawn = {"VAE": vae.decode(vae.encode(x)[0]), "AE": ae(x)[0]}

# %%
dots = {name: ([8], [metrics.image_errors(r, x).mean()]) for name, r in redrawn.items()}
dims = [1, 2, 4, 8, 16, 32, 64]
plots.curves(
    {"PCA": (dims, [pca_error(d) for d in dims])} | dots, log="xy", markers=True,
    xlabel="d", ylabel=tr("sai số mỗi ảnh", "error per image"),
    title=tr("Sai số theo số chiều", "Error against dimension"),
)  # fmt: skip

# %% [markdown] lang="vi"
# *Hình: sai số của PCA giảm dần theo $d$; hai chấm là hai mạng tám chiều.* Với tám con số, cả hai mạng có sai số dưới 1, còn PCA là 44; với 64 trục, sai số của PCA vẫn còn 13. <!-- claim: sprites_rebuilt --> Với ảnh của bạn, hãy huấn luyện nhanh vài mạng với $d$ khác nhau (bài 08 đã vẽ đường ấy cho chữ số). Chọn $d$ nhỏ nhất mà từ đó sai số gần như không giảm nữa.
#
# **Thứ ba là $B$.** Con số 1000 của đề bài, hay 10 của `vae-2d`, là dành cho ảnh chữ số. Với ảnh khác, hãy **hiệu chuẩn** (calibrated) lại như bài 04: $B = D/(2S)$, trong đó $S$ là sai số của một ảnh.
#
# ### Lượt của bạn
#
# Tính $B = D/(2S)$ cho một batch ảnh $(N, C, H, W)$. $D$ đếm mọi con số trong một ảnh; một ảnh màu có bao nhiêu số?

# %% [markdown] lang="en"
# *The figure: PCA's error falls with $d$; the two dots are the networks of eight dimensions.* With eight numbers both networks err by less than 1, PCA by 44; 64 axes leave 13. <!-- claim: sprites_rebuilt --> For your pictures train a few networks briefly with different $d$ (lesson 08 drew that curve for digits), and take the smallest $d$ after which the error stops falling.
#
# **$B$ comes third.** The handout's 1000, or the 10 of `vae-2d`, are meant for digits. For other pictures **calibrate** it again, as in lesson 04: $B = D/(2S)$, with $S$ the error of one image.
#
# ### Your turn
#
# Compute $B = D/(2S)$ for a batch of images $(N, C, H, W)$. $D$ counts the numbers in one image: how many in colour?


# %% tags=["exercise"]
def calibrated_B(recon, x):
    ### BEGIN SOLUTION
    S = (recon - x).pow(2).flatten(1).sum(dim=1).mean()
    return x[0].numel() / (2 * S)
    ### END SOLUTION


# %%
calibrated = checks.check_calibrated_B(calibrated_B)
new_B = calibrated_B if calibrated else checks.lesson_15.calibrated_B

# %% [markdown] lang="vi"
# Mạng chưa huấn luyện thì chưa có $S$, nên ta làm theo từng vòng: bắt đầu với $B = 10$, huấn luyện hai epoch, đo $S$, lấy $B$ mới, huấn luyện tiếp (chừng 25 giây):

# %% [markdown] lang="en"
# A network that is not trained has no $S$ yet, so go in rounds: begin with $B = 10$, train for two epochs, measure $S$, take the new $B$, train on (about 25 seconds):

# %%
torch.manual_seed(0)
my_vae, how = models.VAE(3, 8, 32), {"batch_size": 64, "lr": 2e-3, "log_dir": None}


def two_epochs(B, turn):
    loss = partial(losses.vae_loss, B=B)
    training.fit(my_vae, train, epochs=2, loss=loss, seed=turn, **how)
    with torch.no_grad():
        return my_vae.cpu().eval()(x)


# %%
B, rows = 10.0, {}
for turn in (1, 2, 3, 4):
    recon, mu, logvar = two_epochs(B, turn)
    S, kl = losses.reconstruction_loss(recon, x), losses.kl_divergence(mu, logvar)
    name = tr("vòng", "round") + f" {turn}"
    rows[name] = {"B": B, "S": S.item(), "KL": kl.mean().item()}
    B = float(new_B(recon, x))
rows[tr("kế tiếp", "next")] = {"B": B}
plots.table(rows)

# %% [markdown] lang="vi"
# $B$ đã gấp khoảng mười lần lúc đầu và vẫn còn tăng, vì sai số còn giảm. Ở `sprites-vae`, $S \approx 0{,}8$, nên $B = 3072/(2S)$ vào khoảng 2.000; ba mạng huấn luyện với seed khác cũng đều cho $B$ trên 1.500. <!-- claim: sprites_rebuilt --> Với chữ số, 1000 của đề bài là quá lớn; với các mạng này nó lại quá *nhỏ*, còn với mạng của bạn thì vẫn quá lớn.
#
# Trong tám epoch này, hiệu chuẩn không làm sai số nhỏ hơn: giữ $B = 10$ từ đầu đến cuối thì sai số cũng chừng ấy, mà KL còn thấp hơn trên 10 nat. <!-- claim: rounds_of_B --> Việc hiệu chuẩn làm là đưa $\sigma_x$ về đúng sai số thật, như −ELBO đòi hỏi (bài 04).
#
# **Cuối cùng là số epoch.** Bạn vừa huấn luyện 8 epoch trên 6.000 ảnh; `sprites-vae` thì 60 epoch trên 40.000 ảnh. Trước khi quyết định huấn luyện tiếp, hãy nhìn ảnh:

# %% [markdown] lang="en"
# $B$ has grown about tenfold and still grows, as the error still falls. For `sprites-vae` $S \approx 0.8$, so $B = 3072/(2S)$ is about 2,000; three networks of other seeds give above 1,500 too. <!-- claim: sprites_rebuilt --> For digits the handout's 1000 was too large; for these networks it is too *small*, for yours still too large.
#
# In these eight epochs calibrating buys no smaller error: $B = 10$ throughout ends much the same, its KL over 10 nats smaller. <!-- claim: rounds_of_B --> What calibration does is make $\sigma_x$ match the real error, as −ELBO demands (lesson 04).
#
# **The epochs come last.** Yours were 8 on 6,000 images, those of `sprites-vae` 60 on 40,000. Look first:

# %%
ORIGINAL, YOURS = tr("gốc", "original"), tr("của bạn, 8 epoch", "yours, 8 epochs")
rows, NEW = {ORIGINAL: x[:10]}, tr(", mới", ", new")
torch.manual_seed(0)
z = torch.randn(10, 8)
with torch.no_grad():
    for name, net in ((YOURS, my_vae), ("sprites-vae", vae)):
        rows[name] = net.decode(net.encode(x[:10])[0])
        rows[name + NEW] = net.decode(z)

# %%
title = tr("Tái tạo, và ảnh mới từ z ~ N(0, I)", "Rebuilt, and new from z ~ N(0, I)")
plots.plot_images(rows, title=title)

# %% [markdown] lang="vi"
# *Hình: ảnh gốc, ảnh tái tạo của hai mạng, rồi ảnh mới của chúng.* Sau 8 epoch, màu và vị trí đã đúng, còn đầu nhọn và hai thùy của trái tim thì chưa. `sprites-vae` tái tạo gần như y hệt, thế mà vài ảnh mới của nó chỉ là mảnh vụn: sai số nhỏ chưa nói gì về prior (bài 06).
#
# ## 3 · Thanh trượt nào có nghĩa gì
#
# Một con số trả lời được câu hỏi ấy: $R^2$, tức là khi biết $z_j$ thì đường thẳng tốt nhất giải thích được bao nhiêu phần trong phương sai của một yếu tố. 1 là tất cả, 0 là không gì cả. Với một biến, đó là bình phương của hệ số tương quan:
#
# $$R^2_j = \frac{\mathrm{cov}(z_j, f)^2}{\mathrm{var}(z_j)\,\mathrm{var}(f)}.$$
#
# ### Lượt của bạn
#
# `codes` có kích thước $(N, d)$, `factor` có kích thước $(N,)$; trả về $d$ con số.

# %% [markdown] lang="en"
# *The figure: originals, rebuilt by both networks, then new images of each.* After 8 epochs colour and place are right, tips and lobes are not. `sprites-vae` rebuilds almost exactly, yet some of its new images are splinters: a small error says nothing about the prior (lesson 06).
#
# ## 3 · Which slider means what
#
# One number answers that: $R^2$, the share of a factor's variance that the best straight line explains once $z_j$ is known. 1 is all of it, 0 is nothing. For one variable it is the squared correlation:
#
# $$R^2_j = \frac{\mathrm{cov}(z_j, f)^2}{\mathrm{var}(z_j)\,\mathrm{var}(f)}.$$
#
# ### Your turn
#
# `codes` has the shape $(N, d)$, `factor` $(N,)$; return $d$ numbers.


# %% tags=["exercise"]
def r_squared(codes, factor):
    ### BEGIN SOLUTION
    z, f = codes - codes.mean(dim=0), factor - factor.mean()
    covariance = (z * f[:, None]).mean(dim=0)
    return covariance**2 / (z.pow(2).mean(dim=0) * f.pow(2).mean())
    ### END SOLUTION


# %%
squared = checks.check_r_squared(r_squared)
r2_of = r_squared if squared else checks.lesson_15.r_squared

# %% [markdown] lang="vi"
# Hình dạng là một nhãn chứ không phải một con số, nên ta hỏi "có phải trái tim không" (0 hoặc 1). Mỗi hàng là một yếu tố, mỗi cột một thanh trượt của `sprites-vae`:

# %% [markdown] lang="en"
# Shape is a category, not a number, so we ask "is it a heart" (0 or 1). A row for each factor, a column for each slider of `sprites-vae`:

# %%
hue, size = test.factors["hue"], test.factors["size"]
factors = {
    tr("sắc độ", "hue"): hue,
    tr("cỡ", "size"): size,
    tr("góc", "angle"): test.factors["angle"],
    "x": test.factors["x"],
    "y": test.factors["y"],
    tr("trái tim", "heart"): (test.labels == 2).float(),
}


# %%


@torch.no_grad()
def codes_of(name):
    code = models.load_pretrained(name).encode(x)
    return code[0] if isinstance(code, tuple) else code


def r_table(codes):
    found = {name: r2_of(codes, f) for name, f in factors.items()}
    return {
        name: {f"z{j + 1}": v.item() for j, v in enumerate(r)}
        for name, r in found.items()
    }


# %%
plots.table(r_table(codes_of("sprites-vae")), 2)

# %% [markdown] lang="vi"
# Không thanh trượt nào chỉ ứng với một yếu tố: $R^2$ lớn nhất là 0,39, riêng với sắc độ thì không thanh nào vượt 0,09. Thế mà tám mã gần nhất của những ảnh khác cho biết cả năm con số với $R^2$ trên 0,9. Một hàm tuyến tính của cả tám thanh trượt giải thích được 0,23 của sắc độ (ở ba mạng khác là trên 0,8), còn của góc thì ở mạng nào cũng dưới 0,3. <!-- claim: read_from_code --> Thông tin nằm rải trên nhiều thanh trượt và không tuyến tính theo chúng.
#
# Bây giờ chỉ đổi $\beta$. Hàm mất mát là $\frac{D}{2}\log S + \beta \cdot \mathrm{KL}$, tức là $B$ được hiệu chuẩn trong lúc huấn luyện (bài 12), còn KL được nhân với 1 hoặc 4. Bên cạnh là autoencoder và PCA:

# %% [markdown] lang="en"
# No slider belongs to one factor: the largest $R^2$ is 0.39, and hue is nowhere above 0.09. Yet the eight nearest codes of other images tell each of the five numbers with an $R^2$ above 0.9. A linear function of all eight sliders explains 0.23 of hue (over 0.8 in three other networks) and nowhere 0.3 of the angle. <!-- claim: read_from_code --> What the code knows is spread over several sliders and not linear.
#
# Now we change only $\beta$. The loss is $\frac{D}{2}\log S + \beta \cdot \mathrm{KL}$, that is, $B$ is calibrated while training (lesson 12), and the KL counts once or four times. Beside these stand the autoencoder and PCA:


# %%
def clearest(codes):
    """For each factor the R² of its best slider."""
    return {name: r2_of(codes, f).max().item() for name, f in factors.items()}


def mean_clearest(codes):
    return sum(clearest(codes).values()) / len(factors)


# %%
codes = {"β = 1": codes_of("sprites-vae"), "β = 4": codes_of("sprites-vae-beta4")}
codes |= {"AE": codes_of("sprites-ae"), "PCA": (x.flatten(1) - mean) @ axes[:8].T}
MEAN = tr("trung bình", "mean")
rows = {name: clearest(z) | {MEAN: mean_clearest(z)} for name, z in codes.items()}
plots.table(rows, 2)


# %% [markdown] lang="vi"
# Ở hai mạng này, $\beta = 4$ có thanh trượt rõ hơn, nhưng không phải seed nào cũng thế. Tính trung bình thì rõ nhất lại là các trục của PCA, chẳng cần mạng nào: 0,84 cho sắc độ, 0,86 cho $x$, nhưng chỉ 0,19 cho cỡ. Với góc xoay, không trục nào ở bất cứ cách nào cho quá 0,2. <!-- claim: clearest_sliders --> (Trục rõ chưa có nghĩa là mã tốt: sai số của PCA là 44.)
#
# ### Hiệp phương sai đường chéo làm gì với các trục
#
# Bài 13 cho thấy: vì $q_\phi(z|x)$ có ma trận hiệp phương sai đường chéo, hàm mất mát của VAE ưu tiên một số trục; hàm mất mát của autoencoder thì không. Vậy các trục ấy có rõ nghĩa hơn những trục bất kỳ không? Ta xoay các mã bằng năm mươi phép xoay ngẫu nhiên; decoder xoay ngược lại được, nên mọi hệ trục mang cùng một thông tin.

# %% [markdown] lang="en"
# In these two networks $\beta = 4$ has the clearer sliders, but not with every seed. Clearest on average are the axes of PCA, which needs no network: 0.84 for hue, 0.86 for $x$, but 0.19 for size. No axis of any of them gives more than 0.2 of the angle. <!-- claim: clearest_sliders --> (Clear does not mean good: PCA's error is 44.)
#
# ### What the diagonal posterior does to axes
#
# Lesson 13 showed that, as $q_\phi(z|x)$ has a diagonal covariance, the loss prefers some axes; an autoencoder's does not. Are these axes clearer than any others? Rotate the codes at random fifty times; a decoder can rotate them back, so all axes carry the same information.


# %%
def beside_rotations(z):
    turned = torch.tensor([mean_clearest(z @ turn) for turn in turns])
    return {
        tr("trục đã học", "learnt axes"): mean_clearest(z),
        tr("trục xoay, trung bình", "rotated, mean"): turned.mean().item(),
        tr("trục xoay, lớn nhất", "rotated, largest"): turned.max().item(),
    }


# %%
torch.manual_seed(0)
turns = [torch.linalg.qr(torch.randn(8, 8))[0] for _ in range(50)]
plots.table({name: beside_rotations(z) for name, z in codes.items()}, 2)


# %% [markdown] lang="vi"
# Ở đây, $\beta = 4$ hơn trên 90% số phép xoay, autoencoder hơn phần lớn, $\beta = 1$ chỉ hơn một ít. Với ba seed khác, có mạng hơn phần lớn, có mạng chỉ hơn một ít, không mạng nào hơn 90%: không phải lúc nào cũng rõ hơn. Chỉ trục của PCA hơn mọi phép xoay. <!-- claim: learnt_axes --> Hiệp phương sai đường chéo có chọn ra một hệ trục, nhưng không có gì buộc hệ trục ấy trùng với các yếu tố.
#
# Dưới đây, mỗi hàng kéo thanh trượt rõ nhất của một yếu tố trong mạng $\beta = 4$:

# %% [markdown] lang="en"
# Here $\beta = 4$ beats over 90% of rotations, the autoencoder most, $\beta = 1$ few. With three other seeds some beat most, some few, none 90%: not reliably clearer. Only PCA's axes beat them all. <!-- claim: learnt_axes --> The diagonal posterior does choose axes, but nothing tells it to choose the factors.
#
# Below, each row moves the clearest slider for one factor in the network with $\beta = 4$:

# %%
vae_4, rows = models.load_pretrained("sprites-vae-beta4"), {}
for name, f in factors.items():
    r2, slider = r2_of(codes["β = 4"], f).max(dim=0)
    z = codes["β = 4"][:1].repeat(9, 1)
    z[:, slider] = torch.linspace(-2.5, 2.5, 9)
    value = f"{r2:.2f}".replace(".", tr(",", "."))
    rows[f"{name}: z{slider + 1}, R² {value}"] = vae_4.decode(z).detach()

# %%
title = tr("Thanh trượt rõ nhất của mỗi yếu tố", "The clearest slider for each factor")
plots.plot_images(rows, title=title, size=0.7)


# %% [markdown] lang="vi"
# *Hình: tên hàng cho biết yếu tố, thanh trượt rõ nhất của nó và $R^2$.* Thanh trượt của sắc độ làm đổi cả hình, thanh trượt của cỡ đổi cả màu; ở hai đầu, hình vỡ ra.
#
# Hãy tự kéo tám thanh trượt (trang này không cần kernel, như ở bài 07):

# %% [markdown] lang="en"
# *The figure: each row names the factor, its clearest slider and $R^2$.* The slider for hue changes the shape as well, that for size the colour; at the ends the shapes fall apart.
#
# Move the eight sliders yourself (the page needs no kernel, as in lesson 07):

# %%
page.live(vae, test.part(range(500)), names=["sprites-vae"])

# %% [markdown] lang="vi"
# *Trang: chọn một ảnh mẫu rồi kéo từng thanh trượt; số sau tên là KL của chiều ấy.* Có thanh nào chỉ làm một việc không?
#
# ## 4 · Vector thuộc tính
#
# Khi không thanh trượt nào mang riêng một nghĩa, ta có thể tự tìm một hướng: **vector thuộc tính** (attribute vector). Hướng "to hơn" đi từ mã trung bình của những hình nhỏ đến mã trung bình của những hình to (Larsen và cộng sự, 2016).
#
# ### Lượt của bạn
#
# `codes` là $(N, d)$, `has` là $(N,)$ gồm True và False. Trả về hiệu của hai trung bình, kích thước $(d,)$.

# %% [markdown] lang="en"
# *The page: choose an example, then move one slider after another; the number beside its name is its KL.* Does any do one thing only?
#
# ## 4 · Attribute vectors
#
# Where no slider has a meaning of its own, find a direction yourself: an **attribute vector**. “Bigger” leads from the mean code of small shapes to the mean code of large ones (Larsen et al., 2016).
#
# ### Your turn
#
# `codes` is $(N, d)$, `has` is $(N,)$ of True and False. Return the difference of the two means, of shape $(d,)$.


# %% tags=["exercise"]
def attribute_vector(codes, has):
    ### BEGIN SOLUTION
    return codes[has].mean(dim=0) - codes[~has].mean(dim=0)
    ### END SOLUTION


# %%
right = checks.check_attribute_vector(attribute_vector)
vector_of = attribute_vector if right else checks.lesson_15.attribute_vector

# %%
z = codes["β = 1"]
bigger, redder = vector_of(z, size > 0.27), vector_of(z, hue < 1 / 6)

# %%
rows, steps = {}, torch.linspace(-1, 2, 7)[:, None]
for i in (0, 1):
    name = tr("ảnh", "image") + f" {i + 1}, "
    rows[name + tr("to hơn", "bigger")] = vae.decode(z[i] + steps * bigger).detach()
    rows[name + tr("đỏ hơn", "redder")] = vae.decode(z[i] + steps * redder).detach()
alphas = [f"{step:.1f}".replace(".", tr(",", ".")) for step in steps[:, 0]]
plots.plot_images(rows, alphas, title="z + α · vector")


# %% [markdown] lang="vi"
# *Hình: mỗi cột một $\alpha$ trong $z + \alpha \cdot$ vector.* Khi "đỏ hơn", tam giác vỡ thành mảnh vụn, còn hình bầu dục màu lục thì chuyển sang màu lam. Ta đo trên cả nghìn ảnh diện tích, tỉ lệ màu đỏ và tâm của hình, tính thẳng từ các điểm ảnh. Để đối chứng, ta lấy hướng ngẫu nhiên, mỗi lần dài bằng vector ở hàng trên.

# %% [markdown] lang="en"
# *The figure: each column is an $\alpha$ in $z + \alpha \cdot$ vector.* “Redder” breaks the triangle into scraps and turns the green ellipse blue. Measure on all thousand images the area, share of red and centre of the shape, read from the pixels; beside them random directions, each as long as the vector above it.


# %%
def measured(images):
    cover, place = images.amax(dim=1), (torch.arange(32) + 0.5) / 32
    area = cover.sum(dim=(1, 2))
    return {
        tr("diện tích", "area"): area,
        tr("phần đỏ", "red"): images[:, 0].sum(dim=(1, 2)) / images.sum(dim=(1, 2, 3)),
        "x": (cover.sum(dim=1) * place).sum(dim=1) / area * 32,
        "y": (cover.sum(dim=2) * place).sum(dim=1) / area * 32,
    }


# %%
@torch.no_grad()
def changed(z, vector):
    before, after = measured(vae.decode(z)), measured(vae.decode(z + vector))
    area, red, across, down = (after[name] - before[name] for name in before)
    moved = (across**2 + down**2).sqrt()
    return {
        tr("diện tích, điểm ảnh", "area, pixels"): area.mean().item(),
        tr("phần đỏ, điểm %", "red, % points"): 100 * red.mean().item(),
        tr("tâm dời, điểm ảnh", "centre moved, pixels"): moved.mean().item(),
    }


# %%
torch.manual_seed(0)
chance, rows = torch.nn.functional.normalize(torch.randn(8), dim=0), {}
for name, v in ((tr("to hơn", "bigger"), bigger), (tr("đỏ hơn", "redder"), redder)):
    rows[name] = changed(z, v)
    rows[name + tr(": ngẫu nhiên", ": random")] = changed(z, chance * v.norm())

# %%
FROM = tr("đỏ hơn, từ ", "redder, from ")
rows[FROM + tr("đỏ", "red")] = changed(z[hue < 1 / 6], redder)
rows[FROM + tr("lục", "green")] = changed(z[(hue >= 1 / 6) & (hue < 1 / 2)], redder)
rows[FROM + tr("lam", "blue")] = changed(z[hue >= 1 / 2], redder)
plots.table(rows)


# %% [markdown] lang="vi"
# "To hơn" làm đúng như tên gọi và ít xê dịch hình hơn hướng ngẫu nhiên; ba mạng với seed khác cũng thế. Ở đây nó còn làm mất 8,5 điểm phần trăm màu đỏ (ảnh 1 chuyển sang màu lục), ở ba mạng kia chưa đến 3. "Đỏ hơn" thì may rủi: ở đây cả ba nhóm đều đỏ lên, nhưng hình bị đẩy đi xa hơn so với hướng ngẫu nhiên. Trong ba mạng khác, một mạng cho kết quả tốt, còn ở hai mạng hình màu lam không đỏ lên chút nào. <!-- claim: attribute_vectors --> Hướng như thế phải đo mới biết.
#
# ## 5 · Một thư mục hai mươi bức ảnh
#
# Hãy bỏ ảnh của bạn vào `photos/mine` bên cạnh notebook này, mỗi loại ảnh một thư mục con, hoặc để chung một chỗ. Nếu thư mục ấy chưa có, ô dưới tạo một bộ thay thế: hai mươi mảnh vuông cắt từ hai bức ảnh có sẵn trong scikit-learn (của danielbuechele và vultilion trên Flickr, giấy phép CC BY 2.0).

# %% [markdown] lang="en"
# “Bigger” does what it says and moves the shape less than a random direction, in three other networks too. Here it also costs 8.5 points of red (image 1 turns green), in the others less than 3. “Redder” is a gamble: here it reddens every group, but moves the shape further than the random direction. In one of the others it succeeds, in two blue shapes do not redden at all. <!-- claim: attribute_vectors --> Such a direction must be measured.
#
# ## 5 · A folder of twenty photos
#
# Put your pictures into `photos/mine` beside this notebook, a subfolder for each class, or all in one place. Where there is no such folder, the next cell makes a stand-in: twenty square cut-outs of the two photographs that scikit-learn carries (by danielbuechele and vultilion on Flickr, CC BY 2.0).


# %%
def cut_outs(folder, seed):
    folder.mkdir(parents=True)
    draw, scenes = random.Random(seed), load_sample_images().images
    for i in range(20):
        scene, side = Image.fromarray(draw.choice(scenes)), draw.randint(100, 240)
        left, top = (
            draw.randint(0, scene.width - side),
            draw.randint(0, scene.height - side),
        )
        photo = scene.crop((left, top, left + side, top + side))
        photo.save(folder / f"IMG_{i:04}.jpg", quality=95)


# %%
mine, tomorrow, odd = (Path("photos") / name for name in ("mine", "tomorrow", "odd"))
for folder, seed in ((mine, 0), (tomorrow, 1)):
    if not folder.exists():
        cut_outs(folder, seed)
photos = data.load_folder(mine, size=32, channels=3)
new = data.load_folder(tomorrow, size=32, channels=3)
print(photos)

# %% [markdown] lang="vi"
# Thư mục thật còn có tệp lạ: ảnh chụp khi cầm ngược điện thoại, ảnh in bốn màu (CMYK), ảnh trong suốt, tệp bị cắt cụt, ảnh HEIC, video. `load_folder` phải đọc đúng ảnh hoặc báo tên tệp không đọc được:

# %% [markdown] lang="en"
# A real folder has odd files too: taken with the phone upside down, in print colours (CMYK), transparent, truncated, HEIC, a video. `load_folder` must give the right picture or name the file:

# %%
odd.mkdir(exist_ok=True)
photo = Image.fromarray(load_sample_images().images[0]).crop((200, 50, 400, 250))
exif = Image.Exif()
exif[0x0112] = 3  # tr("hướng trong EXIF: lộn ngược", "EXIF's orientation: upside down")
photo.rotate(180).save(odd / "1_turned.jpg", exif=exif)
photo.convert("CMYK").save(odd / "2_cmyk.jpg")

# %%
photo.putalpha(90)
photo.save(odd / "3_transparent.png")
(odd / "4_cut.png").write_bytes((odd / "3_transparent.png").read_bytes()[:2000])
(odd / "5.heic").touch()
(odd / "6_film.mov").touch()
strange = data.load_folder(odd, size=32, channels=3)
plots.plot_images(strange.images, ["EXIF 3", "CMYK", tr("trong suốt", "transparent")])


# %% [markdown] lang="vi"
# *Hình: ba ảnh đọc được; ảnh đầu đã xoay lại, ảnh thứ hai đúng màu, ảnh thứ ba nhạt đi vì nền trắng lộ ra.* Ba tệp kia được báo tên. Không tệp nào bị bỏ qua mà không báo.
#
# Huấn luyện một VAE mười sáu chiều trên hai mươi ảnh (chừng mười giây), rồi cho mạng tái tạo hai mươi ảnh "của ngày mai", cắt từ chính hai cảnh ấy:

# %% [markdown] lang="en"
# *The figure: the three that can be read: turned back, in their colours, and pale where the white background shows through.* The other three are named. None is dropped silently.
#
# Train a VAE of sixteen dimensions on the twenty photos (about ten seconds), then show it twenty "of tomorrow", cut from the same two scenes:

# %%
torch.manual_seed(0)
small = models.VAE(channels=3, latent_dim=16, img_size=32)
fifty_times = photos.part(list(range(len(photos))) * 50)
how = {"batch_size": 20, "lr": 2e-3, "seed": 0, "log_dir": None}
training.fit(small, fifty_times, epochs=8, loss=losses.sigma_vae_loss, **how)

# %%
small = small.cpu().eval()
with torch.no_grad():
    again = {part: small.decode(small.encode(part.images)[0]) for part in (photos, new)}
    drawn = small.decode(torch.randn(10, 16))

# %%
rows = {
    tr("hai mươi ảnh", "the twenty"): photos.images[:10],
    tr("tái tạo", "rebuilt"): again[photos][:10],
    tr("ngày mai", "tomorrow"): new.images[:10],
    tr("tái tạo ", "rebuilt "): again[new][:10],
    "z ~ N(0, I)": drawn,
}
plots.plot_images(
    rows, title=tr("VAE học từ hai mươi ảnh", "A VAE that learnt from twenty photos")
)

# %% [markdown] lang="vi"
# *Hình: mười trong hai mươi ảnh và ảnh tái tạo; mười ảnh ngày mai và ảnh tái tạo; ảnh mới từ prior.* Ảnh đã học thì nhận ra được, ảnh ngày mai phần nhiều thì không. Hãy so với PCA tính từ chính hai mươi ảnh ấy:

# %% [markdown] lang="en"
# *The figure: ten of the twenty and how they are rebuilt; ten of tomorrow's likewise; new images from the prior.* What it learnt from can be recognised, tomorrow's mostly cannot. Put PCA of the same twenty beside it:

# %%
few = PCA(min(16, len(photos) - 1)).fit(photos.images.flatten(1).numpy())


def both_errors(part):
    flat = few.inverse_transform(few.transform(part.images.flatten(1).numpy()))
    by_pca = torch.tensor(flat).float().clamp(0, 1).view_as(part.images)
    redrawn = {"VAE, d = 16": again[part], "PCA, d = 16": by_pca}
    return {n: metrics.image_errors(r, part.images).mean() for n, r in redrawn.items()}


# %%
errors = {tr("hai mươi ảnh", "the twenty"): both_errors(photos)}
errors[tr("ngày mai", "tomorrow")] = both_errors(new)
plots.table({name: {n: v.item() for n, v in e.items()} for name, e in errors.items()})


# %% [markdown] lang="vi"
# PCA với mười sáu trục tốt hơn ở cả hai hàng. Khi huấn luyện lâu hơn, 6.000 bước trên hai mươi mảnh cắt khác, sai số trên chính các mảnh ấy chưa đến 0,1, nhưng trên ảnh mới vẫn là 118 (PCA 65). Cùng số bước ấy, học từ 200 mảnh thì sai số trên ảnh mới là 51 (PCA 38), từ 2.000 mảnh là 20 (PCA 35): chỉ đến đây mạng mới tốt hơn PCA rõ rệt. <!-- claim: twenty_photos --> Với 200 mảnh thì số bước ấy là quá nhiều: dừng sau 1.000 bước, sai số là 38, ngang với PCA. <!-- claim: stopped_early --> Mọi mảnh ở đây đều cắt từ hai cảnh ấy; trên một bức ảnh thứ ba, ngay cả khi học từ 2.000 mảnh, mạng vẫn kém PCA (trên 130; PCA 104). <!-- claim: another_scene -->
#
# Còn $z \sim \mathcal{N}(0, I)$ chỉ cho những vệt màu trộn lẫn.
#
# **Đi giữa hai ảnh.** Từ một ảnh, ta đi thẳng trong không gian mã đến ảnh gần nó nhất và ảnh xa nó nhất. Dưới mỗi hàng là cách đơn giản nhất: trộn dần chính các điểm ảnh.

# %% [markdown] lang="en"
# PCA with sixteen axes is better in both rows. Trained longer, for 6,000 steps on twenty other cut-outs, it errs by less than 0.1 on those and still by 118 on new ones (PCA 65). With as many steps on 200 it errs by 51 on new ones (PCA 38), on 2,000 by 20 (PCA 35): only there is the network clearly better. <!-- claim: twenty_photos --> On 200 that was too long: after 1,000 steps it errs by 38, like PCA. <!-- claim: stopped_early --> All are cut from the same two scenes: on a third photograph PCA leads even beside 2,000 (104; the network over 130). <!-- claim: another_scene -->
#
# And $z \sim \mathcal{N}(0, I)$ gives only mixed smears.
#
# **Walking between two photos.** From one photo go straight, code to code, to the nearest of the others and to the farthest. Below each row is the simplest way: fading pixel by pixel.


# %%
def walk(a, b):
    alpha = torch.linspace(0, 1, 9)[:, None]
    z_a, z_b = small.encode(torch.stack([a, b]))[0].detach()
    fade = alpha[..., None, None]
    decoded = small.decode((1 - alpha) * z_a + alpha * z_b).detach()
    return decoded, (1 - fade) * a + fade * b


# %%
order = (photos.images - photos.images[3]).flatten(1).norm(dim=1).argsort()
rows = {}  # tr("ảnh đầu tiên theo thứ tự ấy chính là ảnh 3", "the first in that order is photo 3 itself")
for kind, i in ((tr("gần", "near"), order[1]), (tr("xa", "far"), order[-1])):
    decoded, faded = walk(photos.images[3], photos.images[i])
    rows |= {f"{kind}, VAE": decoded, kind + tr(", trộn ảnh", ", faded"): faded}
title = tr("Từ ảnh này sang ảnh kia", "From one photo to another")
plots.plot_images(rows, title=title, size=0.7)


# %% [markdown] lang="vi"
# *Hình: từ một ảnh đến ảnh gần nó nhất và ảnh xa nó nhất.* Đường gần nhìn giống trộn dần, đường xa đi qua những vệt cam. Có trường hợp ta biết ảnh thật ở chính giữa: dời khung cắt đi một phần tư cạnh, rồi lấy mảnh ở giữa. Sai số của ảnh trộn so với ảnh thật là 44; của mạng học từ hai mươi ảnh là hơn 125, từ 200 ảnh vẫn hơn 50, từ 2.000 ảnh là 25; trộn hai ảnh do chính mạng cuối tái tạo thì được 40. Đưa thẳng ảnh thật ở giữa vào thì sai số của mỗi mạng cũng chừng ấy. <!-- claim: between_two_photos -->
#
# ## 6 · Những bộ ảnh khác
#
# Khi có Internet, torchvision tải được Fashion-MNIST (quần áo) và KMNIST (chữ Nhật), cùng kích thước 1×28×28. Kích thước mạng của đề bài vừa sẵn; chỉ cần chọn lại $d$ và $B$:
#
# ```python
# from torchvision import datasets
#
# fashion = datasets.FashionMNIST("data", download=True)  # hay datasets.KMNIST
# clothes = data.ImageDataset(fashion.data[:, None], fashion.targets, "Fashion-MNIST", fashion.classes)
# ```
#
# ## Trả lời
#
# *Với ảnh của chính bạn thì phải đổi những gì, và có thể kỳ vọng điều gì?* Phải đổi kích thước và số kênh, số chiều, hiệu chuẩn lại $B$, rồi chọn số epoch. Sau đó, đừng chờ mỗi thanh trượt mang một nghĩa riêng; còn ảnh mới thì càng học từ nhiều ảnh, mạng tái tạo càng tốt. Học từ hai mươi ảnh thì mạng chỉ cho lại chính hai mươi ảnh ấy.
#
# ## Tự kiểm tra
#
# <details><summary><b>Ảnh 3×64×64, sai số mỗi ảnh là 24. B được hiệu chuẩn bằng bao nhiêu?</b></summary>
#
# $D = 3 \cdot 64 \cdot 64 = 12.288$, nên $B = 12.288/48 = 256$.
# </details>
#
# <details><summary><b>Không yếu tố nào có R² vượt 0,4 trên một trục. Mã có mất thông tin về chúng không?</b></summary>
#
# Không nhất thiết. Thông tin có thể nằm rải trên nhiều trục, hoặc phụ thuộc phi tuyến vào mã. Muốn biết, hãy xem ảnh tái tạo.
# </details>
#
# ## Tóm tắt
#
# - Kích thước và kênh, số chiều, $B$ theo hiệu chuẩn, số epoch: đổi theo thứ tự ấy, mỗi lần một thứ.
# - $R^2$ cho biết thanh trượt nào đi theo yếu tố nào. Một trục có mang nghĩa hay không thì phải đo mới biết.
# - Hai mươi ảnh là hai mươi điểm. Hãy giữ lại vài ảnh để đo, và so với PCA trước khi tin một mạng.
#
# **Đọc thêm:** dSprites: Matthey và cộng sự, 2017; vector thuộc tính: Larsen và cộng sự, [1512.09300](https://arxiv.org/abs/1512.09300); các yếu tố và trục: Locatello và cộng sự, [1811.12359](https://arxiv.org/abs/1811.12359).

# %% [markdown] lang="en"
# *The figure: from one photo to the nearest and to the farthest.* The near walk looks like fading, the far one passes through orange smears. Sometimes the true middle is known: move the frame by a quarter of its side, and cut out the piece halfway. The fade misses it by 44, the network that learnt from twenty photos by more than 125, from 200 still by more than 50, from 2,000 by 25; fading the last one's own rebuilt ends, by 40. Given the true middle itself, each network errs about as much. <!-- claim: between_two_photos -->
#
# ## 6 · Other sets
#
# Online, torchvision fetches Fashion-MNIST (clothes) and KMNIST (Japanese characters), both 1×28×28. The handout's network fits in shape; choose $d$ and $B$ anew:
#
# ```python
# from torchvision import datasets
#
# fashion = datasets.FashionMNIST("data", download=True)  # or datasets.KMNIST
# clothes = data.ImageDataset(fashion.data[:, None], fashion.targets, "Fashion-MNIST", fashion.classes)
# ```
#
# ## The answer
#
# *What must be changed for pictures of your own, and what may you expect of them?* Size and channels, the number of dimensions, $B$ by calibration, then the epochs. After that expect sliders without meanings of their own, and better reconstructions of new pictures the more it learnt from; from twenty, no more than those.
#
# ## Test yourself
#
# <details><summary><b>Images of 3×64×64 with an error of 24 each. What is the calibrated B?</b></summary>
#
# $D = 3 \cdot 64 \cdot 64 = 12{,}288$, so $B = 12{,}288/48 = 256$.
# </details>
#
# <details><summary><b>No factor's best R² on a single axis exceeds 0.4. Has the code lost them?</b></summary>
#
# Not necessarily. The information may be spread over several axes, or nonlinear. Look at the reconstructions.
# </details>
#
# ## Recap
#
# - Size and channels, dimensions, $B$ by calibration, epochs: in this order, one at a time.
# - $R^2$ says which slider goes with which factor. Whether an axis means something must be measured.
# - Twenty photos are twenty points. Keep some back to measure on, and compare with PCA before trusting a network.
#
# **Further reading:** dSprites: Matthey et al., 2017; attribute vectors: Larsen et al., [1512.09300](https://arxiv.org/abs/1512.09300); factors and axes: Locatello et al., [1811.12359](https://arxiv.org/abs/1811.12359).
