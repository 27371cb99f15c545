# %% [markdown] lang="vi"
# # Bài 06 · Tái tạo và sinh ảnh
#
# *Mô hình đã học được gì?* Con số mất mát không trả lời được câu này; phải nhìn. Bài này làm bước III.9 và III.10 của bài tập
# (so ảnh gốc với ảnh tái tạo), rồi đi xa hơn một chút: xem mỗi ảnh nằm ở đâu trong không gian tiềm ẩn (latent space),
# bộ giải mã (decoder) vẽ gì ở từng nơi, và ảnh sinh ra từ $z$ ngẫu nhiên trông ra sao.

# %% [markdown] lang="en"
# # Lesson 06 · Reconstructions and samples
#
# *What has the model learnt?* The loss cannot answer that; one has to look. This lesson does steps III.9 and III.10 of
# the exercise (originals beside reconstructions) and then goes a little further: where each image lies in the latent
# space, what the decoder draws in each place, and what images from a random $z$ look like.

# %%
import matplotlib.pyplot as plt
import torch

from vae_helpers import checks, data, models, plots, tr, training

device = training.default_device()
train_set, val_set = data.split(data.load_mnist(), (0.8, 0.2), seed=1)

# %% [markdown] lang="vi"
# ## Mô hình
#
# Cùng cách huấn luyện như bài 05. Nếu bạn đã chạy bài 05 với cùng số epoch, checkpoint của nó được dùng lại và ô này xong ngay; nếu chưa, ô này
# huấn luyện 3 epoch. (Trên Colab, mỗi notebook chạy trên một máy riêng, nên chỉ tìm thấy checkpoint nếu nó nằm trên Drive. Hãy gắn Drive như ở bài 05, trước ô này.)
#
# ⏱ Nhiều nhất khoảng 40 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# ## The model
#
# The same recipe as in lesson 05. If you have run lesson 05 with the same number of epochs, its checkpoint is used and
# this cell is done at once; if not, it trains 3 epochs. (On Colab each notebook has a machine of its own: the checkpoint
# is found only if it lies on Drive. Mount Drive as in lesson 05, before this cell.)
#
# ⏱ At most about 40 seconds on two CPU cores; a GPU is much faster.

# %%
EPOCHS = 3  # 500
torch.manual_seed(1)
model = models.VAE(channels=1, latent_dim=2)
# as in lesson 05
checkpoint = (
    training.checkpoint_folder() / f"vae_B1000_{train_set.name}_{EPOCHS}_epochs.pt"
)
history = training.fit(
    model, train_set, val_set, epochs=EPOCHS, checkpoint=checkpoint, seed=1
)
print(
    tr("Sai số tái tạo trên tập kiểm định:", "Validation reconstruction error:"),
    f"{history['val_recon'][-1]:.1f}",
)

# %% [markdown] lang="vi"
# ## III.9 · Tái tạo ảnh của tập kiểm định
#
# Hai dòng quan trọng trước khi dùng một mô hình:
#
# - `model.eval()` chuyển sang **chế độ đánh giá**: các lớp như dropout không còn hoạt động ngẫu nhiên nữa. Mạng này không có lớp nào như thế, nhưng đó là
#   thói quen tốt;
# - `torch.no_grad()` bảo PyTorch đừng ghi nhớ phép tính để lấy gradient: nhờ vậy đỡ tốn bộ nhớ.
#
# Dù ở chế độ đánh giá, `model(images)` vẫn rút $\varepsilon$ ngẫu nhiên, nên gọi hai lần sẽ ra hai ảnh hơi khác nhau. Muốn ảnh tái tạo không nhiễu, hãy giải mã
# chính $\mu$: `model.decode(mu)`.

# %% [markdown] lang="en"
# ## III.9 · Reconstructing validation images
#
# Two lines matter before one uses a model:
#
# - `model.eval()` switches to **evaluation mode**: layers such as dropout stop being random. This network has no such
#   layer, but the habit is a good one;
# - `torch.no_grad()` tells PyTorch not to remember the computation for gradients: that saves memory.
#
# In evaluation mode too `model(images)` draws a random $\varepsilon$, so two calls give slightly different pictures. For a
# reconstruction without noise decode $\mu$ itself: `model.decode(mu)`.

# %% tags=["nbval-check-output"]
model.eval()
images = val_set.images[:10].to(device)
with torch.no_grad():
    recon_images, mu, logvar = model(images)
print(images.shape, "→", mu.shape, "→", recon_images.shape)

# %% [markdown] lang="vi"
# ## III.10 · Ảnh gốc và ảnh tái tạo, từng cặp
#
# PyTorch xếp một ảnh theo $(C, H, W)$, còn matplotlib cần $(H, W, C)$ hay $(H, W)$: với một kênh, `image[0]` là đủ.
# Hãy luôn viết `cmap="gray"` cùng `vmin=0, vmax=1`; thiếu chúng, matplotlib tô chữ số bằng bảng màu xanh–vàng và tự co giãn
# độ sáng của từng ảnh, khiến ảnh nhạt trông như ảnh rõ nét.

# %% [markdown] lang="en"
# ## III.10 · Originals and reconstructions in pairs
#
# PyTorch stores an image as $(C, H, W)$, matplotlib wants $(H, W, C)$ or $(H, W)$: with one channel, `image[0]` will do.
# Always write `cmap="gray"` with `vmin=0, vmax=1`; without them matplotlib paints the digits in blue and yellow and
# stretches the brightness of each picture on its own, which makes a faint image look like a crisp one.

# %%
figure, axes = plt.subplots(2, 10, figsize=(10, 2.4))
for i in range(10):
    axes[0, i].imshow(images[i, 0].cpu(), cmap="gray", vmin=0, vmax=1)
    axes[1, i].imshow(recon_images[i, 0].cpu(), cmap="gray", vmin=0, vmax=1)
for ax in axes.flat:
    ax.axis("off")
axes[0, 0].set_title(tr("Ảnh gốc", "Original"), loc="left")
axes[1, 0].set_title(tr("Tái tạo", "Reconstruction"), loc="left")
plt.show()

# %% [markdown] lang="vi"
# *Hình: hàng trên là mười chữ số gốc, hàng dưới là ảnh tái tạo, nhòe hơn và xám hơn: sau ba epoch, không điểm ảnh nào lên tới màu trắng, điểm sáng nhất
# chỉ khoảng 0,65 thay vì 1 (trong lần chạy này). Nét chung thì giữ được, nhưng vài chữ số bị đổi thành chữ số khác, như số 5 và hai số 7 ở đây thành ra giống số 9: chỉ với
# hai con số cho mỗi ảnh, những chữ số giống nhau phải chen chung một chỗ.*
#
# Từ nay hàm `plots.plot_reconstructions(model, images)` vẽ hình này giúp bạn.

# %% [markdown] lang="en"
# *The figure: ten original digits above, their reconstructions below, blurrier and greyer: after three epochs no pixel
# reaches white, the brightest stands at about 0.65 instead of 1 (in this run). The general shape survives, but some
# digits turn into others, as the 5 and both 7s here look like 9s: with only two numbers per image, look-alikes must
# share one place.*
#
# From now on `plots.plot_reconstructions(model, images)` draws this figure for you.

# %% [markdown] lang="vi"
# ## Ảnh nào nằm ở đâu?
#
# Encoder cho mỗi ảnh một điểm $\mu$ trên mặt phẳng (và một độ lệch chuẩn (standard deviation) $\sigma$ quanh điểm ấy). Ta vẽ $\mu$ của mọi ảnh
# kiểm định (validation), tô màu theo chữ số. Mô hình **chưa từng thấy nhãn**: nếu các màu tách nhau ra, nó đã tự tìm thấy các lớp.

# %% [markdown] lang="en"
# ## Which image lies where?
#
# The encoder gives every image a point $\mu$ in the plane (and a standard deviation $\sigma$ around it). We draw $\mu$ of
# all validation images, coloured by digit. The model has **never seen a label**: if the colours separate, it has found
# the classes by itself.

# %%
plots.plot_latent(model, val_set)

# %% [markdown] lang="vi"
# *Hình: mỗi chấm là một ảnh, mỗi màu một chữ số. Các chữ số 0, 1, 6 có vùng riêng; 4 và 9 chồng lên nhau, cũng như
# 3, 5, 8. Ba vòng tròn đứt nét có bán kính 1, 2, 3 quanh gốc tọa độ đánh dấu phân phối tiên nghiệm (prior) $\mathcal{N}(0, I)$: trong hai chiều,
# chúng chứa 39 %, 86 % và 99 % số mẫu của nó.*
#
# Hãy nhìn lại các vòng tròn: **phần lớn đám mây nằm ngoài chúng**. Đo thử:

# %% [markdown] lang="en"
# *The figure: a dot for each image, a colour for each digit. 0, 1 and 6 have regions of their own; 4 and 9 overlap,
# and so do 3, 5 and 8. The three dashed circles with radius 1, 2 and 3 around the origin mark the prior
# $\mathcal{N}(0, I)$: in two dimensions they hold 39 %, 86 % and 99 % of its samples.*
#
# Look at the circles again: **most of the cloud lies outside**. Let us measure it:

# %%
with torch.no_grad():
    mu, logvar = model.encode(val_set.images[:2000].to(device))
sigma = torch.exp(0.5 * logvar)
print(
    tr("trung bình của các μ:", "mean of the μ:"),
    [f"{m:.2f}" for m in mu.mean(dim=0).tolist()],
)
print(
    tr("độ lệch chuẩn của các μ:", "standard deviation of the μ:"),
    [f"{s:.2f}" for s in mu.std(dim=0).tolist()],
)
print(
    tr("σ trung bình của bộ mã hóa:", "mean σ of the encoder:"), f"{sigma.mean():.3f}"
)
for radius in (1, 2, 3):
    inside = (mu.norm(dim=1) < radius).float().mean()
    print(
        tr("số ảnh trong vòng bán kính", "images within radius"),
        f"{radius}: {inside:.0%}",
    )

# %% [markdown] lang="vi"
# Trong lần chạy này, chỉ khoảng 10 % số ảnh nằm trong vòng bán kính 2, nơi $\mathcal{N}(0, I)$ có 86 %, và cả vòng bán kính 3 cũng chỉ chứa chừng một phần tư. Tâm đám mây lệch hẳn
# khỏi gốc tọa độ, khoảng $(-3;\ 3)$; nó trải rộng hơn tiên nghiệm (1,8 và 1,6 thay vì 1), còn $\sigma$ của encoder chỉ khoảng $0{,}01$. Với $B = 1000$, sai số tái tạo có
# trọng số gấp nghìn lần KL, nên mô hình *gần như là một autoencoder*: mỗi ảnh là một đốm tí hon, các đốm dàn ra xa để khỏi lẫn nhau.
#
# Đừng lẫn $\sigma$ này, bề rộng của mỗi đốm trong không gian tiềm ẩn, với độ lệch chuẩn của decoder, ta viết là $\sigma_x$: nó cho biết mỗi điểm ảnh được phép lệch bao nhiêu. Chọn $B = 1000$
# chính là chọn $\sigma_x = 1/\sqrt{2B} \approx 0{,}022$ (bài 04).
#
# ## Decoder vẽ gì ở mỗi nơi?
#
# Lấy một lưới các điểm $z$, giải mã từng điểm, xếp các ảnh đúng vị trí. Lưới bao trọn đám mây vừa thấy.

# %% [markdown] lang="en"
# In this run only about 10 % of the images lie within radius 2, where $\mathcal{N}(0, I)$ has 86 %, and even radius 3 holds just a
# quarter of them. The cloud's centre is well off the origin, at about $(-3, 3)$; it spreads wider than the prior (1.8
# and 1.6 instead of 1), while the encoder's $\sigma$ is only about 0.01. With $B = 1000$ the reconstruction error weighs a
# thousand times as much as the KL, so the model is *nearly an autoencoder*: every image is a tiny spot, and the spots keep
# apart so as not to be mixed up.
#
# Do not confuse this $\sigma$, the width of each spot in the latent space, with the decoder's standard deviation, written
# $\sigma_x$ here: that one says how far each pixel may stray. To choose $B = 1000$ is to choose
# $\sigma_x = 1/\sqrt{2B} \approx 0.022$ (lesson 04).
#
# ## What does the decoder draw in each place?
#
# Take a grid of points $z$, decode each, and put the pictures where they belong. The grid covers the cloud above.

# %%
lowest, highest = mu.min(dim=0).values.tolist(), mu.max(dim=0).values.tolist()
plots.plot_manifold(model, n=20, limits=tuple(zip(lowest, highest, strict=True)))

# %% [markdown] lang="vi"
# *Hình: lưới 20 × 20 ảnh. Nơi có dữ liệu, các chữ số biến đổi êm dần từ chữ số này sang chữ số khác. Nơi không có dữ liệu, decoder vẫn vẽ ra một thứ gì đó, vì chưa ai dạy nó
# phải vẽ gì. Trong lần chạy này: góc trên bên phải trống mà vẫn là những số 0 rõ ràng, mép trên bên trái là những số 1, góc dưới bên trái là những hình mảnh, đế dày, nửa 1 nửa 6; chỉ góc
# dưới bên phải mới là những vệt không giống chữ số nào. Góc ấy lại ở ngay cạnh gốc tọa độ, nơi tiên nghiệm lấy mẫu.*
#
# ## Sinh ảnh mới
#
# Một VAE sinh ảnh bằng hai dòng mã: lấy $z \sim \mathcal{N}(0, I)$, rồi đưa qua decoder. Không cần encoder.

# %% [markdown] lang="en"
# *The figure: a grid of 20 × 20 pictures. Where there are data, digits melt smoothly into each other. Where there are
# none, the decoder draws something all the same, for nobody has taught it what. In this run the upper right corner is
# empty and yet shows clean 0s, the upper left edge 1s, the lower left corner slim shapes on a thick base, half 1 and half
# 6; only in the lower right are there smears that are no digit at all. And that corner lies right beside the origin, where
# the prior draws its samples.*
#
# ## Making new images
#
# A VAE makes images in two lines: draw $z \sim \mathcal{N}(0, I)$, then decode. No encoder is needed.

# %%
plots.plot_samples(model, n=40, seed=0)

# %% [markdown] lang="vi"
# *Hình: bốn mươi ảnh từ $z \sim \mathcal{N}(0, I)$. Chỉ vài loại chữ số xuất hiện, trong lần chạy này phần lớn là số 0, và nhiều ảnh không đọc được, chỉ là những mảng xám: mẫu rơi vào quanh gốc
# tọa độ, nơi mô hình này hầu như không đặt ảnh nào.*
#
# Lỗi tại ba epoch là quá ít, hay tại ta hỏi sai nơi? Hãy lấy `vae-2d-b1000`: vẫn mạng ấy và $B = 1000$ ấy, nhưng đã huấn luyện sẵn 30 epoch. Ở hai hàng trên, $z$ lấy từ tiên nghiệm; ở hai hàng dưới,
# $z$ lấy từ một phân phối Gauss khớp với chính đám mây các $\mu$ của nó:

# %% [markdown] lang="en"
# *The figure: forty images from $z \sim \mathcal{N}(0, I)$. Only a few kinds of digit appear, in this run mostly 0s, and
# many pictures cannot be read, they are mere patches of grey: the samples fall around the origin, where this model keeps
# hardly any image.*
#
# Is it that three epochs are too few, or that we ask in the wrong place? Take `vae-2d-b1000`: the same network and the same
# $B = 1000$, but trained for 30 epochs already. In the two upper rows $z$ comes from the prior, in the two lower rows from
# a Gaussian fitted to the cloud of its own $\mu$:

# %%
trained = models.load_pretrained("vae-2d-b1000").to(device)
torch.manual_seed(0)
with torch.no_grad():
    mu = trained.encode(val_set.images[:2000].to(device))[0].cpu()
    cloud = torch.distributions.MultivariateNormal(mu.mean(dim=0), mu.T.cov())
    samples = trained.decode(
        torch.cat([torch.randn(20, 2), cloud.sample((20,))]).to(device)
    )
plots.plot_images(
    samples,
    rows=["z ~ N(0, I)", "", tr("z khớp đám mây", "z fitted"), ""],
    title=tr("Lấy z ở đâu?", "Where to take z from"),
)

# %% [markdown] lang="vi"
# *Hình: bốn mươi ảnh. Giờ phần lớn đọc được, và những mảng xám đã biến mất: sau 30 epoch, đám mây bao quanh gốc tọa độ và rộng gấp ba tiên nghiệm. Vì thế tiên nghiệm chỉ với tới phần giữa của nó:
# hai hàng trên không có số 1 hay số 7 nào, vì vùng của chúng nằm xa hơn; hai hàng dưới thì có.*
#
# Vậy là lỗi tại cả hai: ba epoch là quá ít, và ta đã hỏi sai nơi.
# Cách chữa tận gốc là để mô hình tự giữ các $\mu$ trong tiên nghiệm, nghĩa là chọn $B$ (hay $\sigma_x$ của decoder) cho hợp lý: đó là chuyện của bài 04.
#
# ## Đi từ ảnh này sang ảnh kia

# %% [markdown] lang="en"
# *The figure: forty images. Most of them can be read now, and the grey patches are gone: after 30 epochs the cloud lies
# around the origin, three times as wide as the prior. So the prior reaches only its middle: the upper rows hold not a
# single 1 or 7, whose regions lie farther out; the lower rows have them.*
#
# So both are to blame: three epochs are too few, and we asked in the wrong place.
# The real cure is a model that keeps its $\mu$ within the prior, which means choosing $B$ (the decoder's $\sigma_x$) well:
# the matter of lesson 04.
#
# ## Walking from one image to another

# %%
first_zero, first_one = (val_set.images[val_set.labels == digit][0] for digit in (0, 1))
plots.plot_interpolation(model, first_zero, first_one)

# %% [markdown] lang="vi"
# *Hình: mười ảnh trên đoạn thẳng nối mã của một số 0 với mã của một số 1. Trên đường đi, decoder vẽ những chữ số khác:
# đoạn thẳng băng qua vùng của chúng.*
#
# ### Lượt của bạn
#
# Viết hàm sinh ra $n$ ảnh mới từ tiên nghiệm; kết quả là một tensor kích thước $(n, 1, 28, 28)$. `model.latent_dim` là số chiều tiềm ẩn (latent dimension) và `model.decode(z)` là decoder.
# $z$ phải nằm trên cùng thiết bị với mô hình, tức là `next(model.parameters()).device`.

# %% [markdown] lang="en"
# *The figure: ten pictures on the straight line from the code of a 0 to the code of a 1. On its way the decoder draws
# other digits: the line crosses their regions.*
#
# ### Your turn
#
# Write a function that makes $n$ new images from the prior; it returns a tensor of shape $(n, 1, 28, 28)$.
# `model.latent_dim` is the number of latent dimensions and `model.decode(z)` is the decoder. $z$ must be on the model's
# device, which is `next(model.parameters()).device`.


# %% tags=["exercise"]
def sample_prior(model, n):
    ### BEGIN SOLUTION
    z = torch.randn(n, model.latent_dim, device=next(model.parameters()).device)
    with torch.no_grad():
        return model.decode(z)
    ### END SOLUTION


# %%
checks.check_sample_prior(sample_prior)

# %% [markdown] lang="vi"
# Giờ cho hàm của bạn vẽ: hai mươi ảnh từ `vae-2d-b1000`, rồi hai mươi ảnh từ `vae-2d`, cũng huấn luyện như thế nhưng với $B = 10$. (Chưa viết hàm thì ô này chưa vẽ gì.)

# %% [markdown] lang="en"
# Now let your function draw: twenty images from `vae-2d-b1000`, then twenty from `vae-2d`, trained in the same way but with
# $B = 10$. (Until the function is written, this cell draws nothing.)

# %%
torch.manual_seed(0)
figure = None
samples = sample_prior(trained, 20)
if samples is not None:
    more = sample_prior(models.load_pretrained("vae-2d").to(device), 20)
    figure = plots.plot_images(
        torch.cat([samples, more]),
        rows=["B = 1000", "", "B = 10", ""],
        title=tr("Hàm của bạn lấy mẫu từ N(0, I)", "Your function draws from N(0, I)"),
    )
figure

# %% [markdown] lang="vi"
# *Hình: cùng một hàm, cùng một tiên nghiệm. Hai hàng trên lại thiếu số 1 và số 7; hai hàng dưới có thể có đủ mọi chữ số, vì `vae-2d` giữ các $\mu$ của nó quanh gốc tọa độ.*

# %% [markdown] lang="en"
# *The figure: the same function and the same prior. The upper rows lack 1 and 7 again; in the lower rows every digit can
# appear, since `vae-2d` keeps its $\mu$ around the origin.*

# %% [markdown] lang="vi"
# ## Tự kiểm tra
#
# <details><summary><b>So với autoencoder thường, VAE khác ở điểm chính nào?</b> (câu 9 của bài trắc nghiệm)</summary>
#
# Nó mã hóa mỗi ảnh thành một phân phối xác suất, chứ không phải một điểm. Nhưng bài này cho thấy: nếu $\sigma$ của encoder bị ép rất nhỏ,
# khác biệt ấy gần như biến mất.
# </details>
#
# ## Tóm tắt
#
# - Xem ảnh tái tạo với `eval()`, `no_grad()` và bảng màu xám cố định từ 0 đến 1.
# - Bản đồ $\mu$ cho thấy mô hình tự gom các chữ số giống nhau, dù chưa từng thấy nhãn.
# - Sinh ảnh là giải mã $z \sim \mathcal{N}(0, I)$; với $B = 1000$, tiên nghiệm và đám mây $\mu$ không khớp nhau, nên mẫu xấu.
#
# **Xem lại:** [Bài 04 · Hàm mất mát](04_loss.ipynb) nói $B$ nghĩa là gì. **Tiếp theo:** [Bài 07 · Thanh trượt tiềm ẩn](07_latent_sliders.ipynb).

# %% [markdown] lang="en"
# ## Test yourself
#
# <details><summary><b>What is the main difference between a VAE and a plain autoencoder?</b> (quiz question 9)</summary>
#
# It encodes each image as a probability distribution instead of a single point. But this lesson has shown that the
# difference all but vanishes when the encoder's $\sigma$ is forced to be tiny.
# </details>
#
# ## Recap
#
# - Look at reconstructions with `eval()`, `no_grad()`, and a grey scale fixed from 0 to 1.
# - The map of the $\mu$ shows that the model gathers similar digits by itself, without ever seeing a label.
# - Making images means decoding $z \sim \mathcal{N}(0, I)$; with $B = 1000$ the prior and the cloud of the $\mu$ do not
#   match, so the samples are poor.
#
# **Look back:** [Lesson 04 · The loss](04_loss.ipynb) says what $B$ means. **Next:** [Lesson 07 · Latent sliders](07_latent_sliders.ipynb).
