# %% [markdown] lang="vi"
# # Bài 06 · Tái tạo và sinh ảnh
#
# *Một VAE huấn luyện xong thì học được gì? Nó vẽ lại một ảnh chưa từng thấy giỏi đến đâu, và vẽ ra gì khi chẳng được xem ảnh nào?* Bài này thực hiện các bước III.9 và III.10 của đề bài (bản bài tập in sẵn,
# xem bài 00), trước hết với những mạng đã huấn luyện 30 epoch, đến cuối bài mới dùng một mạng chỉ huấn luyện một epoch.
#
# ⏱ Học khoảng một giờ; phần tính toán mất chừng nửa phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 06 · Reconstructions and samples
#
# *What has a trained VAE learnt: how well does it redraw an image that it has never seen, and what does it draw when it is shown none?* This lesson does steps III.9 and III.10 of the handout
# (the printed exercise, see lesson 00), first with networks trained for 30 epochs, and only at the end with one trained for a single epoch.
#
# ⏱ About an hour; computing takes about half a minute on two CPU cores.

# %% [markdown] lang="vi"
# ## Hai mô hình
#
# Cả hai đều là mạng của đề bài, có hai chiều tiềm ẩn (latent dimension), đã huấn luyện sẵn 30 epoch trên toàn bộ 60.000 ảnh huấn luyện. `vae-2d-b1000` dùng $B = 1000$ như đề bài, `vae-2d` dùng $B = 10$
# (bài 04 nói $B$ nghĩa là gì). Chúng đã thấy mọi ảnh huấn luyện, nên ta thử chúng trên **ảnh kiểm tra** (test).
#
# Ta lấy ngẫu nhiên 2.000 ảnh. Đừng lấy 2.000 ảnh đầu tệp, vì tệp xếp ảnh theo nguồn gốc của chúng, nên phần đầu không đại diện cho toàn bộ.

# %% [markdown] lang="en"
# ## Two models
#
# Both are the handout's network, with two latent dimensions, trained for 30 epochs on all 60,000 training images. `vae-2d-b1000` has the handout's $B = 1000$, `vae-2d` has $B = 10$
# (lesson 04 tells what $B$ means). They have seen every training image, so we try them on **test images**.
#
# We draw 2,000 at random. The first 2,000 would not do: the file is sorted by where its images come from, so its beginning does not stand for the whole.

# %%
import matplotlib.pyplot as plt
import torch
from torch.utils.data import DataLoader, Subset

from vae_helpers import checks, data, metrics, models, plots, tr, training

device = torch.device(
    "cpu"
)  # tr("mạng nhỏ, không cần GPU", "the network is small, no GPU is needed")
model = models.load_pretrained("vae-2d-b1000")
model_b10 = models.load_pretrained("vae-2d")
test_set = data.load_mnist(train=False)
chosen = torch.randperm(len(test_set), generator=torch.Generator().manual_seed(0))[
    :2000
]
val_set = Subset(test_set, chosen.tolist())
val_loader = DataLoader(val_set, batch_size=256)

# %% [markdown] lang="vi"
# ## III.9 · Tái tạo những ảnh chưa từng thấy
#
# Hai dòng quan trọng trước khi dùng một mô hình:
#
# - `model.eval()` chuyển sang **chế độ đánh giá**, để các lớp như dropout không còn hoạt động ngẫu nhiên. Mạng này không có lớp nào như thế, nhưng đó là thói quen tốt;
# - `torch.no_grad()` bảo PyTorch đừng ghi nhớ phép tính để lấy gradient, nhờ vậy đỡ tốn bộ nhớ.
#
# Sau đó đề bài lấy batch đầu tiên từ loader và đưa qua mạng:

# %% [markdown] lang="en"
# ## III.9 · Reconstructing images it has never seen
#
# Two lines matter before one uses a model:
#
# - `model.eval()` switches to **evaluation mode**: layers such as dropout stop being random. This network has no such layer, but the habit is a good one;
# - `torch.no_grad()` tells PyTorch not to remember the computation for gradients, which saves memory.
#
# Then the handout takes the loader's first batch and sends it through the network:

# %% tags=["nbval-check-output"]
model.eval()
with torch.no_grad():
    images, _ = next(iter(val_loader))
    images = images.to(device)
    recon_images, mu, logvar = model(images)
print(images.shape, "→", mu.shape, "→", recon_images.shape)

# %% [markdown] lang="vi"
# ## III.10 · Ảnh gốc và ảnh tái tạo, từng cặp
#
# PyTorch xếp một ảnh theo $(C, H, W)$, còn matplotlib cần $(H, W, C)$; `permute(1, 2, 0)` đổi thứ tự ba trục ấy. Dưới đây là chính các dòng của đề bài:

# %% [markdown] lang="en"
# ## III.10 · Originals and reconstructions in pairs
#
# PyTorch stores an image as $(C, H, W)$, matplotlib wants $(H, W, C)$; `permute(1, 2, 0)` puts the three axes in that order. These are the handout's own lines:

# %%
n = 10
plt.figure(figsize=(20, 4))
for i in range(n):
    orig = images[i].cpu().permute(1, 2, 0).numpy()
    recon = recon_images[i].cpu().permute(1, 2, 0).numpy()
    ax = plt.subplot(2, n, i + 1)
    plt.imshow(orig)
    plt.title("Original")
    plt.axis("off")
    ax = plt.subplot(2, n, i + 1 + n)
    plt.imshow(recon)
    plt.title("Reconstructed")
    plt.axis("off")
plt.show()

# %% [markdown] lang="vi"
# *Hình: mười ảnh gốc ở trên, ảnh tái tạo của chúng ở dưới, bằng màu mặc định của matplotlib.* Khi không có `cmap="gray", vmin=0, vmax=1`, matplotlib tô ảnh xám thành xanh–vàng và tự co giãn độ sáng của
# từng ảnh, nên một ảnh nhạt trông cũng rực như một ảnh đậm. Hàm của khóa học vẽ đúng mười cặp ấy bằng màu xám, trên cùng một thang:

# %% [markdown] lang="en"
# *The figure: ten originals above, their reconstructions below, in matplotlib's own colours.* Without `cmap="gray", vmin=0, vmax=1` matplotlib paints grey images in blue and yellow and stretches the brightness
# of each on its own, so a faint picture glows like a firm one. The course's function draws the same ten pairs in grey, on one scale:

# %%
plots.plot_reconstructions(model, images, n=10)

# %% [markdown] lang="vi"
# *Hình: mười cặp ấy bằng màu xám.* Phần lớn chữ số giữ được hình dáng chung, nhưng nét mềm đi, và vài chữ số biến thành chữ số khác trông giống chúng.
#
# Ở chế độ đánh giá, `model(images)` vẫn lấy $\varepsilon$ ngẫu nhiên, nên hai lần gọi cho ra hai ảnh hơi khác nhau. Từ đây ta giải mã chính $\mu$, không có nhiễu: `model.decode(mu)`.
#
# ## Sai số lớn đến đâu?
#
# Sai số đứng một mình thì chẳng nói lên điều gì. Hãy so nó với sai số của những cách vẽ lại không cần đến mạng nơ-ron:
#
# - luôn cho ra ảnh **đen hoàn toàn**;
# - luôn cho ra **ảnh trung bình** của tập huấn luyện;
# - **PCA với hai con số**, cách nén tuyến tính tốt nhất (bài 08): $\bar x + VV^\top(x - \bar x)$, với hai cột của $V$ là hai hướng mà ảnh huấn luyện biến thiên mạnh nhất.
#
# Thêm vào đó là autoencoder hai chiều `ae-2d` như ở bài 01, cũng huấn luyện 30 epoch.

# %% [markdown] lang="en"
# *The figure: the same ten pairs in grey.* Most digits keep their general shape, but the strokes are softer, and some digits turn into one that looks like them.
#
# In evaluation mode too `model(images)` draws a random $\varepsilon$, so two calls give slightly different pictures. From here on we decode $\mu$ itself, without noise: `model.decode(mu)`.
#
# ## How large is the error?
#
# An error on its own says nothing. Compare it with ways to redraw an image that need no neural network:
#
# - always give **all black**;
# - always give the **mean image** of the training set;
# - **PCA with two numbers**, the best linear compression (lesson 08): $\bar x + VV^\top(x - \bar x)$, where the two columns of $V$ are the directions in which the training images vary most.
#
# To these we add `ae-2d`, an autoencoder as in lesson 01 with two dimensions, trained for 30 epochs too.

# %%
x = test_set.images[chosen]
train_all = data.load_mnist()
pixels = train_all.images.flatten(1)
mean = pixels.mean(dim=0)
V = torch.linalg.eigh(pixels.T.cov()).eigenvectors[:, -2:]
pca = (mean + (x.flatten(1) - mean) @ V @ V.T).view_as(x)

# %%
with torch.no_grad():
    codes, codes_b10 = model.encode(x)[0], model_b10.encode(x)[0]
    vae = model.decode(codes)
    vae_b10 = model_b10.decode(codes_b10)
    autoencoder, _ = models.load_pretrained("ae-2d")(x)
redrawn = {
    tr("đen hoàn toàn", "all black"): torch.zeros_like(x),
    tr("ảnh trung bình", "mean image"): mean.view(1, 1, 28, 28).expand_as(x),
    tr("PCA, hai số", "PCA, 2 numbers"): pca,
    "autoencoder": autoencoder,
    "VAE, B = 1000": vae,
    "VAE, B = 10": vae_b10,
}

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Viết hàm tính sai số của **từng ảnh**, tức là tổng bình phương sai số (SSE) trên các điểm ảnh: $\sum (\hat x - x)^2$. Đầu vào là hai batch kích thước $(N, C, H, W)$, kết quả có kích thước $(N,)$.

# %% [markdown] lang="en"
# ### Your turn
#
# Write a function for the error of **each image**: the squared error summed over its pixels, $\sum (\hat x - x)^2$. It takes two batches of shape $(N, C, H, W)$ and returns a tensor of shape $(N,)$.


# %% tags=["exercise"]
def image_errors(recon, x):
    ### BEGIN SOLUTION
    return ((recon - x) ** 2).flatten(1).sum(dim=1)
    ### END SOLUTION


# %%
right = checks.check_image_errors(image_errors)
errors_of = image_errors if right else metrics.image_errors

# %% [markdown] lang="vi"
# Khi hàm của bạn đúng, chính nó tính các con số và chọn ảnh cho hình dưới đây; trước đó `metrics.image_errors` làm thay.

# %% [markdown] lang="en"
# Once your function is right, it gives these numbers and chooses the images of the figure below; until then `metrics.image_errors` stands in.

# %%
for name, recon in redrawn.items():
    print(f"{name:16}{errors_of(recon, x).mean():6.1f}")
order = errors_of(vae, x).argsort()
shown = torch.cat([order[:5], order[-5:]])
plots.plot_images(
    {tr("Ảnh gốc", "Original"): x[shown], "PCA": pca[shown], "VAE": vae[shown]},
    5 * [tr("dễ nhất", "easiest")] + 5 * [tr("khó nhất", "hardest")],
    title=tr("Hai con số cho mỗi ảnh", "Two numbers for each image"),
    vmin=0,
    vmax=1,
)

# %% [markdown] lang="vi"
# *Hình: năm ảnh mà VAE ($B = 1000$) có sai số nhỏ nhất và năm ảnh có sai số lớn nhất, cùng ảnh tái tạo của PCA.*
#
# PCA với hai con số còn sai số khoảng 44, VAE với hai con số còn khoảng 31, dù $B$ là 1000 hay 10. Nhưng autoencoder thường cũng đạt khoảng 31, vậy nếu chỉ để vẽ lại ảnh thì chưa cần đến VAE.
#
# ## Ảnh nào nằm ở đâu?
#
# Encoder cho mỗi ảnh một điểm $\mu$ trên mặt phẳng, và một $\sigma$ quanh điểm ấy. Ta vẽ $\mu$ của 2.000 ảnh kiểm tra, tô màu theo chữ số. Mô hình **chưa từng thấy nhãn**.

# %% [markdown] lang="en"
# *The figure: the five images with the smallest and the five with the largest error of the VAE ($B = 1000$), with what PCA makes of them.*
#
# PCA with two numbers leaves an error of about 44, the VAE with two numbers about 31, with $B = 1000$ as with $B = 10$. But the plain autoencoder reaches about 31 too: to redraw images one needs no VAE.
#
# ## Which image lies where?
#
# The encoder gives every image a point $\mu$ in the plane, and a $\sigma$ around it. We draw $\mu$ of the 2,000 test images, coloured by digit. The model has **never seen a label**.

# %%
plots.plot_latent({"B = 1000": model, "B = 10": model_b10}, val_set, limits=(-11, 11))

# %% [markdown] lang="vi"
# *Hình: mỗi chấm là một ảnh, mỗi màu một chữ số; hai bản đồ cùng một tỉ lệ.* (Khoảng 3% số ảnh của $B = 1000$ nằm ngoài khung.) Ba vòng tròn nét đứt có bán kính 1, 2, 3 đánh dấu phân phối tiên nghiệm (prior) $\mathcal{N}(0, I)$. Trong hai chiều, chúng chứa 39%, 86% và 99%
# số mẫu của nó. Ở cả hai bản đồ, các chữ số tự gom lại với nhau, dù không ai cho biết nhãn; vài chữ số giống nhau như 4 và 9 vẫn chồng lên nhau.
#
# Đám mây lệch khỏi prior bao nhiêu? Ta in ra trung bình và độ lệch chuẩn (standard deviation) của các mã, rồi KL giữa một phân phối Gauss khớp với các mã và $\mathcal{N}(0, I)$:

# %% [markdown] lang="en"
# *The figure: a dot for each image, a colour for each digit; both maps have one scale.* (About 3% of the images of $B = 1000$ lie outside the frame.) The three dashed circles of radius 1, 2 and 3 mark the prior $\mathcal{N}(0, I)$: in two dimensions they hold 39%, 86% and 99%
# of its samples. On both maps the digits gather by themselves, though nobody told the labels; some look-alikes such as 4 and 9 still overlap.
#
# How far does the cloud lie from the prior? We print the mean and the standard deviation of the codes, and the KL of a Gaussian fitted to the codes against $\mathcal{N}(0, I)$:

# %%
for name, mu in (("B = 1000", codes), ("B = 10", codes_b10)):
    center = ", ".join(f"{m:.2f}" for m in mu.mean(dim=0))
    spread = ", ".join(f"{s:.2f}" for s in mu.std(dim=0))
    print(f"{name:9} {tr('trung bình', 'mean')} ({center})   sd ({spread})", end="   ")
    print(f"KL {metrics.gaussian_kl(mu):.1f} nat")

# %% [markdown] lang="vi"
# Với $B = 1000$, đám mây rộng gấp ba prior và tâm của nó cách gốc tọa độ hơn 2. Với $B = 10$, nó gần khớp với prior: KL dưới 1 nat, thay vì hơn 9. Khác biệt ấy không phải do may rủi của một lần huấn luyện. <!-- claim: codes_off_the_prior -->
#
# ## Decoder vẽ gì ở mỗi nơi?
#
# Lấy một lưới các điểm $z$, giải mã từng điểm, xếp các ảnh đúng vị trí. Lưới bao đám mây của $B = 1000$, trừ 1% xa nhất về mỗi phía.

# %% [markdown] lang="en"
# With $B = 1000$ the cloud is three times as wide as the prior, and its centre lies more than 2 from the origin. With $B = 10$ it nearly fits the prior: a KL below 1 nat instead of more than 9. The difference is no accident of one training. <!-- claim: codes_off_the_prior -->
#
# ## What does the decoder draw in each place?
#
# Take a grid of points $z$, decode each, and put the pictures where they belong. The grid covers the cloud of $B = 1000$, all but the farthest 1% on each side.

# %%
edges = codes.quantile(torch.tensor([0.01, 0.99]), dim=0).T.tolist()
plots.plot_manifold(model, n=20, limits=edges)

# %% [markdown] lang="vi"
# *Hình: lưới 20 × 20 ảnh từ decoder của `vae-2d-b1000`.* Nơi có dữ liệu, chữ số này biến đổi êm dần thành chữ số kia. Nơi không có dữ liệu, decoder vẫn vẽ ra một thứ gì đó, dù chưa từng được huấn luyện ở đó.
# Hãy tìm gốc tọa độ trên lưới, vì các mẫu của prior nằm quanh đó. Còn số 1 và số 7 nằm xa gốc tọa độ, nơi prior hiếm khi lấy mẫu.
#
# ## Sinh ảnh mới
#
# Một VAE sinh ảnh bằng hai dòng code: lấy $z \sim \mathcal{N}(0, I)$, rồi đưa qua decoder. Không cần encoder.
#
# ### Lượt của bạn
#
# Viết hàm sinh ra $n$ ảnh mới từ prior; kết quả là một tensor kích thước $(n, 1, 28, 28)$. `model.latent_dim` là số chiều tiềm ẩn, `model.decode(z)` là decoder.
# $z$ phải nằm trên cùng thiết bị với mô hình, tức là `next(model.parameters()).device`.

# %% [markdown] lang="en"
# *The figure: a grid of 20 × 20 pictures by the decoder of `vae-2d-b1000`.* Where there are data, digits melt smoothly into each other. Where there are none, the decoder draws something all the same, though it was never trained there.
# Find the origin on the grid: there the prior draws its samples. The 1s and the 7s lie far from it, where the prior hardly draws.
#
# ## Making new images
#
# A VAE makes images in two lines: draw $z \sim \mathcal{N}(0, I)$, then decode. No encoder is needed.
#
# ### Your turn
#
# Write a function that makes $n$ new images from the prior; it returns a tensor of shape $(n, 1, 28, 28)$. `model.latent_dim` is the number of latent dimensions, `model.decode(z)` is the decoder.
# $z$ must be on the model's device, which is `next(model.parameters()).device`.


# %% tags=["exercise"]
def sample_prior(model, n):
    ### BEGIN SOLUTION
    z = torch.randn(n, model.latent_dim, device=next(model.parameters()).device)
    with torch.no_grad():
        return model.decode(z)
    ### END SOLUTION


# %%
right = checks.check_sample_prior(sample_prior)

# %% [markdown] lang="vi"
# Hàm của bạn vẽ hình dưới đây, mỗi mô hình hai mươi ảnh. (Khi nó chưa đúng, `plots.plot_samples` vẽ bốn mươi ảnh của $B = 1000$.)

# %% [markdown] lang="en"
# Your function draws the figure below, twenty images by each model. (Until it is right, `plots.plot_samples` draws forty images by $B = 1000$.)

# %%
torch.manual_seed(0)
if right:
    figure = plots.plot_images(
        torch.cat([sample_prior(model, 20), sample_prior(model_b10, 20)]).detach(),
        rows=["B = 1000", "", "B = 10", ""],
        title=tr("Ảnh sinh ra từ z ~ N(0, I)", "Images made from z ~ N(0, I)"),
    )
else:
    figure = plots.plot_samples(model, n=40, seed=0)
figure

# %% [markdown] lang="vi"
# *Hình: ảnh mới, giải mã từ $z \sim \mathcal{N}(0, I)$.* Phần lớn đọc được, nhưng với $B = 1000$, hãy thử tìm một số 1 hay một số 7.
#
# ## Nên lấy $z$ ở đâu?
#
# Với $B = 1000$, prior chỉ với tới phần đám mây quanh gốc tọa độ. Thay vì prior, ta có thể lấy $z$ từ một phân phối Gauss khớp với các mã:

# %% [markdown] lang="en"
# *The figure: new images, decoded from $z \sim \mathcal{N}(0, I)$.* Most can be read, but with $B = 1000$ try to find a 1 or a 7.
#
# ## Where to take $z$ from?
#
# With $B = 1000$ the prior reaches only the part of the cloud around the origin. Instead of the prior we can take $z$ from a Gaussian fitted to the codes:


# %%
def fitted(mu):
    return torch.distributions.MultivariateNormal(mu.mean(dim=0), mu.T.cov())


torch.manual_seed(0)
with torch.no_grad():
    samples = model.decode(torch.cat([torch.randn(20, 2), fitted(codes).sample((20,))]))
plots.plot_images(
    samples,
    rows=["z ~ N(0, I)", "", tr("z ~ Gauss khớp mã", "z ~ fitted Gaussian"), ""],
    title=tr("B = 1000: lấy z ở đâu?", "B = 1000: where to take z from"),
)

# %% [markdown] lang="vi"
# *Hình: vẫn decoder của $B = 1000$; hai hàng trên lấy $z$ từ prior, hai hàng dưới từ phân phối Gauss khớp với các mã.*
#
# Chỉ hai mươi ảnh thì có thể là do may rủi. Ta lấy 1.000 ảnh từ mỗi nguồn, chia thành 50 lượt, mỗi lượt 20 ảnh, và đọc mỗi ảnh theo nhãn của ảnh gần nó nhất trong 10.000 ảnh huấn luyện:

# %% [markdown] lang="en"
# *The figure: the same decoder, $B = 1000$; in the two upper rows $z$ comes from the prior, in the two lower ones from the Gaussian fitted to the codes.*
#
# Twenty images may be chance. We take 1,000 images from each source, as 50 draws of 20, and call each image by the digit of the nearest among 10,000 training images:


# %%
def digits_of(pictures):
    nearest = torch.cdist(pictures.flatten(1), pixels[:10000]).argmin(dim=1)
    return train_all.labels[nearest]


def report(name, digits):
    ones_and_sevens = ((digits == 1) | (digits == 7)).float().mean()
    kinds = sum(len(draw.unique()) for draw in digits.split(20)) / len(digits.split(20))
    print(
        f"{name:22} 1, 7: {ones_and_sevens:4.0%}   {tr('số loại trong 20 ảnh', 'kinds in 20 images')}: {kinds:.1f}"
    )


# %%
report(tr("ảnh kiểm tra", "test images"), test_set.labels[chosen])
for name, decoder, mu in (("B = 1000", model, codes), ("B = 10", model_b10, codes_b10)):
    for source, z in {
        "N(0, I)": torch.randn(1000, 2),
        "Gauss": fitted(mu).sample((1000,)),
    }.items():
        with torch.no_grad():
            report(f"{name}, z ~ {source}", digits_of(decoder.decode(z)))

# %% [markdown] lang="vi"
# Với $B = 1000$ và prior, hầu như không có số 1 hay số 7 nào, trong khi chúng chiếm hơn một phần năm số ảnh thật. Hai mươi ảnh chỉ gồm chừng sáu loại chữ số, còn với phân phối Gauss khớp mã là hơn bảy. Vậy decoder vẽ được các chữ số ấy,
# chỉ có điều $z$ lấy từ prior hầu như không rơi vào chỗ của chúng. Ở các mạng huấn luyện từ seed khác, $B = 1000$ cũng thiếu nhiều loại hơn $B = 10$. <!-- claim: prior_misses_digits -->
#
# Phân phối Gauss ấy cũng chưa đúng hẳn: nó cho ra quá nhiều số 1 và số 7. Đám mây các mã không có dạng Gauss.
#
# ## Huấn luyện quá ít thì kết quả ra sao
#
# Giờ mới đến mạng chỉ học một epoch. Nó khác `vae-2d-b1000` ở năm điểm: 1 epoch (750 bước) thay vì 30 (14.000 bước); batch 64 thay vì 128; tốc độ học (learning rate) cố định $10^{-3}$ thay vì một chu kỳ lên tới $4 \cdot 10^{-3}$; 48.000 ảnh
# thay vì 60.000; seed khác. Giống nhau là $B = 1000$, kiến trúc mạng, Adam và suy giảm trọng số (weight decay). Vì thế, so hai mạng với nhau không cho biết điểm nào là quyết định; phép so chỉ cho thấy ảnh của một mạng *học chưa đủ* trông ra sao.
#
# ⏱ Khoảng 15 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# With $B = 1000$ and the prior there is hardly a 1 or a 7, though they are more than a fifth of the real images. Twenty images hold about six kinds of digit, with the fitted Gaussian more than seven. So the decoder can draw those digits;
# the prior hardly ever takes a $z$ from their places. In networks trained from other seeds, too, $B = 1000$ lacks more kinds than $B = 10$. <!-- claim: prior_misses_digits -->
#
# The fitted Gaussian is not quite right either: it gives too many 1s and 7s. The cloud of the codes is not shaped like a Gaussian.
#
# ## What too little training looks like
#
# Only now do we come to a network of one epoch. It differs from `vae-2d-b1000` in five ways: 1 epoch (750 steps) instead of 30 (14,000 steps); batches of 64 instead of 128; a constant learning rate of $10^{-3}$ instead of one cycle up to $4 \cdot 10^{-3}$;
# 48,000 images instead of 60,000; another seed. The same are $B = 1000$, the network's build, Adam and its weight decay. So comparing the two does not tell which of these decides; it only shows what the images of a network look like that has *not learnt enough*.
#
# ⏱ About 15 seconds on two CPU cores.

# %%
torch.manual_seed(1)
young = models.VAE(channels=1, latent_dim=2)
train_set, _ = data.split(train_all, (0.8, 0.2), seed=1)
training.fit(young, train_set, epochs=1, batch_size=64, seed=1, log_dir=None)
young = young.cpu().eval()
with torch.no_grad():
    young_codes = young.encode(x)[0]
    redrawn_young = young.decode(young_codes)
print(f"{errors_of(redrawn_young, x).mean():.1f}")

# %%
ten = slice(0, 10)
plots.plot_images(
    {
        tr("Ảnh gốc", "Original"): x[ten],
        "PCA": pca[ten],
        "VAE, 1 epoch": redrawn_young[ten],
        tr("VAE, 30 epoch", "VAE, 30 epochs"): vae[ten],
    },
    title=tr("Học chưa đủ và học đủ", "Too little training, and enough"),
    vmin=0,
    vmax=1,
)

# %% [markdown] lang="vi"
# *Hình: mười ảnh kiểm tra ở hàng đầu, rồi ảnh tái tạo bằng PCA, bằng mạng một epoch và bằng mạng ba mươi epoch.* Sau một epoch với batch 64, sai số vào khoảng 40, chỉ khá hơn PCA với hai con số (khoảng 44) một chút mà mất công hơn nhiều. Nếu chỉ nhìn mạng này, ta sẽ tưởng VAE vốn chỉ vẽ được ảnh xám và nhòe như thế.
#
# Nhìn bằng mắt, ảnh sinh ra còn kém hơn nữa:

# %% [markdown] lang="en"
# *The figure: ten test images in the first row, then redrawn by PCA, by the network of one epoch and by that of thirty.* After one epoch in batches of 64 the error is about 40, only a little better than PCA with two numbers (about 44), for much more work. From this network alone one would think that a VAE draws grey smears by nature.
#
# To the eye, its samples are worse still:

# %%
samples = [net.decode(torch.randn(20, 2)).detach() for net in (young, model)]
rows = ["1 epoch", "", tr("30 epoch", "30 epochs"), ""]
plots.plot_images(torch.cat(samples), rows=rows, title="B = 1000, z ~ N(0, I)")

# %% [markdown] lang="vi"
# *Hình: cùng prior, cùng $B = 1000$; hai hàng trên là mạng một epoch, hai hàng dưới là mạng ba mươi epoch.* Trước khi kết luận về một loại mô hình, hãy hỏi mạng trong hình đã được huấn luyện bao lâu, và $z$ của nó lấy từ đâu.
#
# ## Trả lời
#
# *Một VAE huấn luyện xong thì học được gì?* Với hai con số, nó vẽ lại ảnh chưa từng thấy tốt hơn hẳn cách nén tuyến tính tốt nhất; nó sinh được ảnh mới, nhưng với $B = 1000$, prior bỏ sót những chữ số có mã nằm ngoài vùng mà nó phủ.
#
# ## Tự kiểm tra
#
# <details><summary><b>So với autoencoder thường, VAE khác ở điểm chính nào?</b> (câu 9 của bài trắc nghiệm)</summary>
#
# Nó mã hóa mỗi ảnh thành một phân phối xác suất, chứ không phải một điểm. Với $B = 1000$, phân phối ấy rất hẹp, và đám mây các mã không khớp với prior.
# </details>
#
# <details><summary><b>Một bạn báo cáo: "VAE của tôi có sai số 43 trên MNIST". Bạn hỏi lại điều gì?</b></summary>
#
# Sai số tính thế nào (tổng hay trung bình, trên ảnh nào), mã có bao nhiêu chiều, và trên cùng những ảnh ấy, sai số của ảnh trung bình và của PCA với cùng số chiều là bao nhiêu. Với hai chiều, 43 gần bằng sai số của PCA.
# </details>
#
# ## Tóm tắt
#
# - Xem ảnh tái tạo với `eval()`, `no_grad()` và thang xám cố định từ 0 đến 1, trên những ảnh mạng chưa thấy và được lấy ngẫu nhiên.
# - So sai số ấy với sai số của ảnh đen hoàn toàn, ảnh trung bình và PCA trên cùng những ảnh ấy.
# - Sinh ảnh là giải mã $z \sim \mathcal{N}(0, I)$; nó chỉ tốt khi các mã thực sự phân bố gần như prior.

# %% [markdown] lang="en"
# *The figure: the same prior and $B = 1000$; the two upper rows by the network of one epoch, the two lower ones by that of thirty.* Before you judge a kind of model, ask how long the network in the figure was trained, and where its $z$ came from.
#
# ## The answer
#
# *What has a trained VAE learnt?* With two numbers it redraws unseen images clearly better than the best linear compression; it makes new images, but with $B = 1000$ the prior leaves out the digits whose codes lie beyond its reach.
#
# ## Test yourself
#
# <details><summary><b>What is the main difference between a VAE and a plain autoencoder?</b> (quiz question 9)</summary>
#
# It encodes each image as a probability distribution instead of a single point. With $B = 1000$ that distribution is very narrow, and the cloud of the codes does not fit the prior.
# </details>
#
# <details><summary><b>Somebody reports: "My VAE has an error of 43 on MNIST." What do you ask?</b></summary>
#
# How the error is computed (sum or mean, on which images), how many dimensions the code has, and what the mean image and PCA with as many dimensions reach on the same images. With two dimensions 43 is about what PCA has.
# </details>
#
# ## Recap
#
# - Look at reconstructions with `eval()`, `no_grad()` and a grey scale fixed from 0 to 1, on unseen images drawn at random.
# - Compare the error with that of all black, of the mean image and of PCA on the same images.
# - Making images means decoding $z \sim \mathcal{N}(0, I)$; it is only good when the codes are really spread much as the prior is.
