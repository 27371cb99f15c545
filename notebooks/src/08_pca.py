# %% [markdown] lang="vi"
# # Bài 08 · PCA và autoencoder
#
# *Autoencoder có phải chỉ là một "PCA phi tuyến" không, và phần phi tuyến ấy mang lại cho ta điều gì?* Bài này so autoencoder với một cách giảm chiều không cần huấn luyện,
# trước hết khi mạng chỉ có các phép tuyến tính, rồi khi mạng có thêm hàm kích hoạt (activation function).
#
# ⏱ Học khoảng một giờ; phần tính toán mất chừng một phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 08 · PCA and the autoencoder
#
# *Is an autoencoder just a "nonlinear PCA", and what does the nonlinearity buy?* This lesson holds the autoencoder against a way to reduce dimensions that needs no training,
# first with a network of linear maps alone, then with activation functions.
#
# ⏱ About an hour; computing takes about a minute on two CPU cores.

# %%
import torch
from torch import nn
from tqdm.auto import tqdm

from vae_helpers import checks, data, losses, metrics, models, plots, tr, training

train_set, test_set = data.load_mnist(), data.load_mnist(train=False)
order = torch.randperm(len(test_set), generator=torch.Generator().manual_seed(0))
x = test_set.images[
    order[:2000]
]  # tr("mẫu ngẫu nhiên: tệp được xếp theo nguồn", "a random sample: the file is sorted by source")
print(train_set, "·", tuple(x.shape))

# %% [markdown] lang="vi"
# ## 1 · PCA là một autoencoder
#
# **PCA** (phân tích thành phần chính, principal component analysis) tìm $d$ hướng đôi một vuông góc, độ dài 1, mà dọc theo đó ảnh huấn luyện phân tán nhiều nhất, rồi chiếu mỗi ảnh lên **không gian con** (subspace) do chúng sinh ra.
# Với $m$ là ảnh trung bình và $V$ là ma trận $784 \times d$ có các cột là $d$ hướng ấy,
#
# $$z = V^\top (x - m), \qquad \hat x = m + V z.$$
#
# Bỏ chữ PCA đi thì đây đúng là một autoencoder. Encoder nhân với $V^\top$, decoder nhân với $V$, mã là $d$ con số. Chỉ có điều $V$ được *tính ra* chứ không phải học: các cột của nó là vector riêng (eigenvector) của ma trận hiệp phương sai, xếp theo trị riêng (eigenvalue) giảm dần.

# %% [markdown] lang="en"
# ## 1 · PCA is an autoencoder
#
# **PCA** (principal component analysis) finds the $d$ directions, of length 1 and at right angles to each other, along which the training images spread most, and projects each image onto the **subspace** that they span.
# With $m$ the mean image and $V$ the $784 \times d$ matrix whose columns are those directions,
#
# $$z = V^\top (x - m), \qquad \hat x = m + V z.$$
#
# Without the name this is an autoencoder: the encoder multiplies by $V^\top$, the decoder by $V$, the code is $d$ numbers. Only, $V$ is *computed*, not learnt: its columns are eigenvectors of the covariance matrix, by falling eigenvalue.

# %%
flat = train_set.images.flatten(1)  # (60000, 784)
mean = flat.mean(dim=0)
spread, vectors = torch.linalg.eigh(
    flat.T.cov()
)  # tr("trị riêng nhỏ nhất đứng đầu", "the smallest eigenvalue first")
axes = vectors.flip(
    1
)  # tr("(784, 784): d cột đầu là V của PCA", "(784, 784): the first d columns are PCA's V")


def as_pictures(columns):
    """(784, n) weights → n pictures in [0, 1], each to its own scale; mid-grey is 0."""
    scaled = columns / columns.abs().amax(dim=0)
    return (0.5 + 0.5 * scaled).T.reshape(-1, 1, 28, 28)


# %%
first = [
    tr("trung bình m", "mean m"),
    *(tr(f"trục {j}", f"axis {j}") for j in range(1, 10)),
]
plots.plot_images(
    torch.cat([mean.view(1, 1, 28, 28), as_pictures(axes[:, :9])]),
    first,
    title=tr(
        "Ảnh trung bình và chín trục đầu", "The mean image and the first nine axes"
    ),
)

# %% [markdown] lang="vi"
# *Hình: ảnh trung bình và chín trục đầu của PCA; màu xám trung gian ứng với 0.* Trục đầu đặt số 0 đối lập với số 1, một bên trắng, một bên đen. Trong chín trục, nó có nét lớn nhất.
#
# ### Lượt của bạn: vẽ lại ảnh từ $d$ con số
#
# Viết hai công thức trên cho cả một batch. `x` có kích thước $(N, 1, 28, 28)$, `mean` $(784,)$, `V` $(784, d)$; kết quả có kích thước của `x`. Vì mỗi ảnh nằm trên một *hàng* của batch, $V^\top(x - m)$ trở thành $(x - m)V$.

# %% [markdown] lang="en"
# *The figure: the mean image and PCA's first nine axes; mid-grey is 0.* The first axis sets a 0 against a 1, one white, the other black; of the nine it has the coarsest strokes.
#
# ### Your turn: redraw an image from $d$ numbers
#
# Write the two formulas for a whole batch. `x` has shape $(N, 1, 28, 28)$, `mean` $(784,)$, `V` $(784, d)$; the result has the shape of `x`. Each image is a *row* of the batch, so $V^\top(x - m)$ becomes $(x - m)V$.


# %% tags=["exercise"]
def pca_reconstruct(x, mean, V):
    ### BEGIN SOLUTION
    z = (x.flatten(1) - mean) @ V
    return (mean + z @ V.T).view_as(x)
    ### END SOLUTION


# %%
right = checks.check_pca_reconstruct(pca_reconstruct)
redraw = pca_reconstruct if right else checks.lesson_08.pca_reconstruct

# %% [markdown] lang="vi"
# Hàm của bạn vẽ hình dưới đây, và sau này cả đường cong của PCA (khi nó chưa đúng, hàm của ô chấm làm thay).

# %% [markdown] lang="en"
# Your function draws the figure below, and PCA's curve later on (until it is right, the check's own stands in).

# %%
rows = {tr("Ảnh gốc", "Original"): x[:10]}
for d in (0, 2, 16, 64):
    redrawn = redraw(x, mean, axes[:, :d])
    error = metrics.image_errors(redrawn, x).mean()
    rows[tr(f"d = {d}, sai số {error:.1f}", f"d = {d}, error {error:.1f}")] = redrawn[
        :10
    ]
plots.plot_images(rows, title=tr("PCA vẽ lại ảnh", "Redrawn by PCA"), vmin=0, vmax=1)

# %% [markdown] lang="vi"
# *Hình: mười ảnh kiểm tra, vẽ lại từ $d$ con số; bên trái là sai số trung bình trên 2.000 ảnh (tổng bình phương sai số của một ảnh).* Với $d = 0$ chỉ còn ảnh trung bình. Vậy PCA là một autoencoder không cần huấn luyện.
#
# ## 2 · Mạng tuyến tính học được không gian con của PCA
#
# Bây giờ ta *học* hai ma trận không bị ràng buộc gì, trên chính 60.000 ảnh đã trừ $m$, với bình phương sai số làm hàm mất mát.
#
# ⏱ Khoảng 5 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# *The figure: ten test images redrawn from $d$ numbers; at the left the mean error over 2,000 images (the squared error summed over an image).* With $d = 0$ only the mean image is left. So PCA is an autoencoder that needs no training.
#
# ## 2 · A linear network learns PCA's subspace
#
# Now *learn* two matrices with no constraint, on the same 60,000 images with $m$ subtracted, with the squared error as the loss.
#
# ⏱ About 5 seconds on two CPU cores.


# %%
class LinearAutoencoder(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.encoder = nn.Linear(784, d, bias=False)
        self.decoder = nn.Linear(d, 784, bias=False)

    def forward(self, x):
        z = self.encoder(x.flatten(1))
        return self.decoder(z).view_as(x), z


# %%
def squared_error(recon, x, z):
    return losses.reconstruction_loss(recon, x)


# %%
m = mean.view(1, 28, 28)
centred = data.ImageDataset(train_set.images - m, train_set.labels, "centred")
# tr("one-cycle: tốc độ học tăng đến lr, rồi giảm gần về 0 ở bước cuối", "one-cycle: the learning rate climbs to lr, then falls to almost 0 by the last step")
recipe = {"schedule": "one-cycle", "log_dir": None, "seed": 0, "progress": False}
recipe["loss"] = squared_error

# %%
torch.manual_seed(0)
linear = LinearAutoencoder(16)
# tr("không weight decay: nó sẽ thiên vị vài cặp ma trận", "no weight decay: it would prefer some pairs of matrices to others")
training.fit(linear, centred, epochs=8, lr=1e-2, weight_decay=0, **recipe)
linear = linear.cpu().eval()

# %%
V = axes[:, :16]
with torch.no_grad():
    recon, _ = linear(x - m)
for name, redrawn in {
    "PCA": redraw(x, mean, V),
    tr("mạng tuyến tính", "linear network"): m + recon,
}.items():
    print(f"{name:16}{metrics.image_errors(redrawn, x).mean():6.2f}")

# %% [markdown] lang="vi"
# Hai sai số gần như bằng nhau. Phải chăng hai cách tìm ra cùng một thứ? Hãy so không gian con do các cột của $V$ sinh ra với không gian con do các cột của ma trận decoder $D$ sinh ra.
#
# ### Góc giữa hai không gian con
#
# Giữa hai đường thẳng có một góc; giữa hai không gian con $d$ chiều có $d$ **góc chính** (principal angle). Góc thứ nhất là góc nhỏ nhất giữa một vector của bên này và một vector của bên kia. Góc sau cũng thế, với những vector vuông góc với các vector đã chọn ở bên mình. Tất cả các góc bằng 0 khi và chỉ khi hai không gian con trùng nhau. Cách tính gồm ba bước (Björck & Golub, 1973):
#
# 1. phân tích QR cho mỗi bên một cơ sở gồm những vector vuông góc, độ dài 1: $Q_A$ và $Q_B$;
# 2. các **giá trị kỳ dị** (singular value) của $Q_A^\top Q_B$ là cosin của các góc;
# 3. lấy arccos (do làm tròn, một cosin có thể nhỉnh hơn 1, nên hãy chặn trên bằng `clamp(max=1)`).
#
# ### Lượt của bạn: các góc chính
#
# `A` và `B` có kích thước $(n, d)$, các cột độc lập tuyến tính. Trả về một tensor gồm $d$ góc tính bằng **độ**, từ nhỏ đến lớn. Có sẵn `torch.linalg.qr` (trả về cặp $Q$, $R$), `torch.linalg.svdvals` và `torch.rad2deg`.

# %% [markdown] lang="en"
# The two errors are nearly the same. Have both found the same thing? Compare the subspace spanned by the columns of $V$ with the one spanned by the columns of the decoder's matrix $D$.
#
# ### The angles between two subspaces
#
# Two lines have one angle; two subspaces of $d$ dimensions have $d$ **principal angles**. The first is the smallest angle between a vector of one and a vector of the other; so is each later one, among vectors at right angles to those already chosen on their side. All are 0 exactly when the subspaces are the same. Computing them takes three steps (Björck & Golub, 1973):
#
# 1. a QR decomposition gives each side a basis of vectors at right angles, of length 1: $Q_A$ and $Q_B$;
# 2. the **singular values** of $Q_A^\top Q_B$ are the cosines of the angles;
# 3. take the arccos (rounding can push a cosine above 1, so cut it off with `clamp(max=1)`).
#
# ### Your turn: the principal angles
#
# `A` and `B` have shape $(n, d)$ and linearly independent columns. Return one tensor with the $d$ angles in **degrees**, from the smallest to the largest. You have `torch.linalg.qr` (it returns the pair $Q$, $R$), `torch.linalg.svdvals` and `torch.rad2deg`.


# %% tags=["exercise"]
def principal_angles(A, B):
    ### BEGIN SOLUTION
    Q_A, Q_B = torch.linalg.qr(A).Q, torch.linalg.qr(B).Q
    cosines = torch.linalg.svdvals(Q_A.T @ Q_B)
    return torch.rad2deg(torch.acos(cosines.clamp(max=1)))
    ### END SOLUTION


# %%
right = checks.check_principal_angles(principal_angles)
angles_between = principal_angles if right else checks.lesson_08.angles

# %% [markdown] lang="vi"
# Hàm của bạn so hai không gian con với không gian con của PCA: một cái lấy ngẫu nhiên, và cái mà mạng vừa học được.

# %% [markdown] lang="en"
# Your function compares two subspaces with PCA's: a random one, and the one that the network has learnt.

# %%
D = linear.decoder.weight.detach()
torch.manual_seed(0)
for name, columns in {
    tr("ngẫu nhiên", "random"): torch.randn(784, 16),
    tr("đã học", "learnt"): D,
}.items():
    angles = angles_between(V, columns)
    print(f"{name:11}{angles.min():7.2f}° … {angles.max():5.2f}°")

# %% [markdown] lang="vi"
# Trong 784 chiều, không gian con lấy ngẫu nhiên ở rất xa không gian con của PCA, góc nhỏ nhất cũng đã 74°. Còn không gian con học được chỉ lệch nhiều nhất vài độ, ở mọi seed mà chúng tôi thử. <!-- claim: linear_network_finds_the_subspace --> (Với những góc rất nhỏ, arccos làm mất chữ số có nghĩa; `scipy.linalg.subspace_angles` tránh được điều đó.)
#
# Vậy mạng tuyến tính học được không gian con của PCA, và có cùng sai số với PCA.
#
# ## 3 · … nhưng không học được các trục

# %% [markdown] lang="en"
# In 784 dimensions the random subspace is far from PCA's: even the smallest angle is 74°. The learnt one is a few degrees off at most, from every seed that we tried. <!-- claim: linear_network_finds_the_subspace --> (For very small angles the arccos loses digits; `scipy.linalg.subspace_angles` avoids that.)
#
# So a linear network learns PCA's subspace, and with it PCA's error.
#
# ## 3 · … but not PCA's axes

# %%
network = tr("mạng tuyến tính", "linear network")
plots.plot_images(
    {"PCA": as_pictures(V[:, :8]), network: as_pictures(D[:, :8])},
    title=tr("Tám cột đầu của mỗi decoder", "The first eight columns of each decoder"),
)


# %%
def largest_correlation(codes):
    """Of two different numbers in the code, over the images."""
    r = codes.T.corrcoef()
    return (r - r.diag().diag()).abs().max()


E = linear.encoder.weight.detach()
print(f"PCA             |r| ≤ {largest_correlation((flat - mean) @ V):.2f}")
print(f"{network:16}|r| ≤ {largest_correlation((flat - mean) @ E.T):.2f}")

# %% [markdown] lang="vi"
# *Hình: các trục của PCA xếp theo độ phân tán giảm dần, trục đầu có nét lớn nhất; các cột của mạng tuyến tính không theo thứ tự nào.* Hai dòng in dưới hình cho thấy, trên ảnh huấn luyện, mọi cặp số trong mã của PCA có tương quan 0, còn trong mã của mạng thì không.
#
# Lấy một ma trận khả nghịch $R$ bất kỳ, thay encoder $E$ bằng $RE$ và decoder $D$ bằng $DR^{-1}$. Khi ấy $DR^{-1}RE = DE$, nên ảnh tái tạo vẫn thế, chỉ có mã là khác (lần này tính trên ảnh kiểm tra):

# %% [markdown] lang="en"
# *The figure: PCA's axes are sorted by falling spread, the first with the coarsest strokes; the network's columns are in no order.* The numbers below it: over the training images any two numbers of PCA's code have correlation 0, those of the network's code have not.
#
# Take any invertible matrix $R$, and replace the encoder $E$ by $RE$, the decoder $D$ by $DR^{-1}$. Then $DR^{-1}RE = DE$: the reconstructions stay, only the code is another (on test images now):

# %%
torch.manual_seed(0)
R = torch.randn(16, 16)
flat_test = x.flatten(1) - mean
for name, E_new, D_new in (
    ("E, D", E, D),
    ("R E, D R⁻¹", R @ E, D @ torch.linalg.inv(R)),
):
    z = flat_test @ E_new.T
    error = (z @ D_new.T - flat_test).pow(2).sum(dim=1).mean()
    print(f"{name:11}{error:6.2f}   |r| ≤ {largest_correlation(z):.2f}")

# %%
print((flat.amax(dim=0) == 0).sum().item(), tr("điểm ảnh luôn là 0", "pixels always 0"))

# %% [markdown] lang="vi"
# Hàm mất mát không phân biệt được hai cặp ấy, nên nó không quyết định việc huấn luyện dừng ở cặp nào. Baldi & Hornik (1989) chứng minh phần còn lại: mọi cực tiểu địa phương của hàm mất mát này đều cho không gian con của PCA, và mọi điểm khác có gradient bằng 0 chỉ là điểm yên ngựa (saddle point).
# Điều kiện là ma trận hiệp phương sai khả nghịch và các trị riêng khác nhau. MNIST *không* thỏa điều kiện ấy: 67 điểm ảnh bằng 0 trong mọi ảnh huấn luyện (con số vừa in ra), nên ma trận không đủ hạng. Định lý chỉ áp dụng được trong không gian con nơi các ảnh thật sự biến thiên. Nó cũng không nói rằng vài epoch là đủ để tới nơi; điều đó phải đo, như đã đo ở trên.
#
# Vậy nói "bỏ hàm kích hoạt thì autoencoder là PCA" thì chỉ đúng một nửa, vì tuy cùng không gian con, các trục lại có thể bất kỳ. (VAE thì lại ưu tiên một số trục; bài 13 sẽ xem đó là những trục nào.)
#
# ## 4 · Thêm hàm kích hoạt: mã hẹp (undercomplete)
#
# Trong tất cả các cách *tuyến tính* để vẽ lại ảnh từ $d$ con số, PCA có bình phương sai số nhỏ nhất trên chính những ảnh đã dùng để tính nó. Thêm bao nhiêu lớp tuyến tính cũng không thể hơn. Muốn hơn thì phải uốn cong: thêm các hàm kích hoạt. Mã vẫn là $d$ con số, ít hơn nhiều so với 784, nên mọi thông tin phải đi qua một nút thắt cổ chai (bottleneck); loại autoencoder này gọi là **undercomplete**.

# %% [markdown] lang="en"
# The loss cannot tell the two pairs apart, so it does not decide at which of them training ends. Baldi & Hornik (1989) proved the rest: every local minimum of this loss gives PCA's subspace, and every other point with gradient 0 is a saddle point.
# Their condition is an invertible covariance matrix with distinct eigenvalues. MNIST does *not* meet it: 67 pixels are 0 in every training image (the number just printed), so the matrix has no full rank. The theorem holds only within the subspace where the images do vary; and that training gets there in a few epochs is not in the theorem: it has to be measured, as above.
#
# So "without activation functions an autoencoder is PCA" is half true: the same subspace, but any axes. (A VAE does prefer some axes; lesson 13 looks at which.)
#
# ## 4 · With activation functions: a narrow code (undercomplete)
#
# Of all *linear* ways to redraw images from $d$ numbers PCA has the smallest squared error, on the images it was computed from. No number of linear layers can do better. To do better a network must bend: add activation functions. The code is still $d$ numbers, far fewer than 784, so all must pass a bottleneck; such an autoencoder is called **undercomplete**.

# %%
d = 16
encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, d))
decoder = nn.Sequential(nn.Linear(d, 256), nn.ReLU(), nn.Linear(256, 784), nn.Sigmoid())
print(
    tuple(x.shape), "→", tuple(encoder(x).shape), "→", tuple(decoder(encoder(x)).shape)
)

# %% [markdown] lang="vi"
# `models.MLPAutoencoder` gồm đúng hai phần ấy. Ta huấn luyện năm mạng như vậy, mỗi mạng chỉ hai epoch. Bên cạnh chúng là ba mạng tích chập đã huấn luyện 20–30 epoch bằng BCE, `ae-2d`, `ae-16d` và `ae-64d`. Tất cả, kể cả PCA, đều dùng 60.000 ảnh. Sigmoid giữ ảnh trong $[0, 1]$, nên để công bằng, ta cũng cắt ảnh của PCA về khoảng ấy.
#
# ⏱ Khoảng 30 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# `models.MLPAutoencoder` is just these two parts. Train five of them for only two epochs each. Beside them stand three convolutional networks trained for 20–30 epochs with the BCE, `ae-2d`, `ae-16d` and `ae-64d`. All of them, and PCA, had the 60,000 images. The sigmoid keeps images in $[0, 1]$; to be fair we cut PCA's off there too.
#
# ⏱ About 30 seconds on two CPU cores.

# %%
recipe.update(batch_size=128, lr=8e-3)
dims = (2, 4, 16, 64, 256)
small = {}
for d in tqdm(dims, desc="d", leave=False):
    torch.manual_seed(0)
    small[d] = models.MLPAutoencoder(latent_dim=d)
    training.fit(small[d], train_set, epochs=2, **recipe)
    small[d].cpu().eval()


# %%
def error(redrawn):
    return metrics.image_errors(redrawn.clamp(0, 1), x).mean().item()


# %%

pca = {d: error(redraw(x, mean, axes[:, :d])) for d in range(1, 257)}
with torch.no_grad():
    conv = {d: models.load_pretrained(f"ae-{d}d")(x)[0] for d in (2, 16, 64)}
    mlp = {d: error(small[d](x)[0]) for d in dims}
trained = {d: error(redrawn) for d, redrawn in conv.items()}

# %%
two_epochs = tr("MLP, 2 epoch", "MLP, 2 epochs")
long = tr("tích chập, 20–30 epoch", "convolutional, 20–30 epochs")

# %%
shown = [2**k for k in range(9)]
plots.curves(
    {
        "PCA": (shown, [pca[d] for d in shown]),
        two_epochs: (dims, list(mlp.values())),
        long: (list(trained), list(trained.values())),
    },
    log="x",
    markers=True,
    ylim=(0, None),
    xlabel=tr("số chiều d của mã", "dimensions d of the code"),
    ylabel=tr("sai số mỗi ảnh", "error per image"),
    title=tr("Sai số trên ảnh kiểm tra", "Error on test images"),
)

# %% [markdown] lang="vi"
# *Hình: đường của PCA do hàm của bạn tính. Đường của các mạng nhỏ nằm dưới nó khi $d$ nhỏ, nhưng nằm trên nó ở $d = 256$. Ba điểm của các mạng tích chập (nối lại) nằm dưới cả hai.* Với các mạng nhỏ, điều ấy xảy ra ở mọi seed mà chúng tôi thử. <!-- claim: small_networks_against_pca --> Riêng sigmoid ở cuối cũng làm được một phần: nếu bỏ hết ReLU, sai số nằm giữa hai bên khi $d = 16$, nhỏ hơn cả hai khi $d = 64$, nhưng lớn hơn của PCA khi $d = 2$. <!-- claim: sigmoid_alone -->

# %% [markdown] lang="en"
# *The figure: PCA's curve comes from your function; the small networks' curve lies below it for small $d$ but above it at $d = 256$; the three points of the convolutional networks (joined) lie below both.* For the small networks it was so from every seed that we tried. <!-- claim: small_networks_against_pca --> The sigmoid alone does part of that: without ReLUs the error lies between both at $d = 16$ and below both at $d = 64$, but above PCA's at $d = 2$. <!-- claim: sigmoid_alone -->

# %%
needed = {
    d: next((str(n) for n, e in pca.items() if e <= best), "> 256")
    for d, best in trained.items()
}
table = {
    "PCA": {f"d = {d}": pca[d] for d in dims},
    two_epochs: {f"d = {d}": mlp[d] for d in dims},
    long: {f"d = {d}": e for d, e in trained.items()},
    tr("PCA cần bao nhiêu số", "numbers PCA needs"): {
        f"d = {d}": n for d, n in needed.items()
    },
}
plots.table(table)

# %% [markdown] lang="vi"
# Hàng cuối: PCA cần bao nhiêu con số để sai số không lớn hơn sai số của mạng tích chập. Với 16 con số, mạng tích chập có sai số bằng khoảng một phần tư sai số của PCA, và PCA phải dùng 74 con số mới đạt được như thế. Ở cả ba $d$, PCA cần số chiều gấp hơn ba lần. <!-- claim: pca_needs_three_times_the_numbers -->

# %% [markdown] lang="en"
# The last row: how many numbers PCA needs for an error no larger than the convolutional network's. With 16 numbers that network leaves about a quarter of PCA's error, and PCA needs 74 numbers to keep up. At all three $d$ it needs more than three times as many. <!-- claim: pca_needs_three_times_the_numbers -->

# %%
rows = {tr("Ảnh gốc", "Original"): x[:10]}
for d in (2, 16):
    rows[f"PCA, d = {d}"] = redraw(x[:10], mean, axes[:, :d])
    rows[f"ae-{d}d"] = conv[d][:10]
title = tr("Cùng số chiều, hai cách vẽ lại", "The same dimensions, redrawn in two ways")
plots.plot_images(rows, title=title, vmin=0, vmax=1)

# %% [markdown] lang="vi"
# *Hình: mười ảnh kiểm tra, PCA và mạng tích chập với cùng số chiều.* Với hai con số, PCA chỉ để lại những vệt mờ, còn mạng vẽ ra chữ số, dù đôi khi nhầm sang chữ số khác. Với 16 con số, nét của mạng rõ hơn nhiều.
#
# Còn hai đường của autoencoder khác nhau vì đâu thì ở đây không nói được, vì chúng khác nhau cả về loại mạng, hàm mất mát lẫn thời gian huấn luyện. Nhưng huấn luyện lâu hơn thì có ích: cùng mạng MLP ấy với $d = 64$, tám epoch để lại sai số nhỏ hơn hẳn so với hai epoch, dù hai epoch ấy có cùng tốc độ học (learning rate) hay gấp đôi. <!-- claim: longer_training_at_64 -->
#
# Vậy với 2, 16 hay 64 chiều, một mạng phi tuyến được huấn luyện đủ có sai số nhỏ hơn hẳn PCA.
#
# ## 5 · Với mọi $d$, autoencoder có luôn hơn PCA?
#
# Khi $d$ tăng, sai số của PCA tiến dần đến 0. Ảnh trung bình có sai số khoảng 53, còn với 256 con số, sai số của PCA chưa đến 1, nên chẳng còn mấy để giảm. Ở đó mạng nhỏ huấn luyện hai epoch còn *kém* PCA. Ở đó uốn cong không còn ích gì, hay chỉ là mạng ấy chưa tìm ra lời giải tốt bằng PCA?
#
# Để biết, hãy cho một mạng xuất phát *từ chính PCA*. Nó gồm mạng tuyến tính với $V$, cộng thêm hai mạng nhỏ mà lớp cuối bắt đầu bằng 0:
#
# ⏱ Khoảng 10 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# *The figure: ten test images, PCA and the convolutional network with the same number of dimensions.* With two numbers PCA leaves smudges, while the network draws digits, though at times another one. With 16 numbers the network's strokes are much clearer.
#
# Why the two kinds of autoencoder differ cannot be told here: they differ in their layers, loss and length of training. But longer training does help: the same MLP with $d = 64$ leaves a much smaller error after eight epochs than after two, at the same learning rate or at twice that. <!-- claim: longer_training_at_64 -->
#
# So with 2, 16 or 64 dimensions a nonlinear network, trained for long enough, has a much smaller error than PCA.
#
# ## 5 · Below PCA for every $d$?
#
# As $d$ grows, PCA's error goes to 0. The mean image leaves an error of about 53, PCA with 256 numbers less than 1: little is left to gain. There the small network with its two epochs is *worse* than PCA. Does bending not help there, or has that network only not found as good a solution?
#
# To see, let a network start *from PCA itself*: the linear network with $V$, plus two small networks whose last layers start at 0:
#
# ⏱ About 10 seconds on two CPU cores.


# %%
class FromPCA(nn.Module):
    def __init__(self, V, hidden=256):
        super().__init__()
        self.register_buffer("V", V)  # tr("giữ nguyên", "stays as it is")
        d = V.shape[1]
        self.bend_z = nn.Sequential(
            nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, d)
        )
        self.bend_x = nn.Sequential(
            nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, 784)
        )
        for weight in (*self.bend_z[2].parameters(), *self.bend_x[2].parameters()):
            nn.init.zeros_(weight)

    def forward(self, x):
        z = x.flatten(1) @ self.V + self.bend_z(x.flatten(1))
        return (z @ self.V.T + self.bend_x(z)).view_as(x), z


# %%
recipe.update(lr=2e-3)
bent = {}
for d in (64, 256):
    torch.manual_seed(0)
    net = FromPCA(axes[:, :d].clone())
    training.fit(net, centred, epochs=1, **recipe)
    with torch.no_grad():
        bent[d] = error(m + net.cpu().eval()(x - m)[0])
start = tr("từ PCA, 1 epoch", "from PCA, 1 epoch")
rows = {"PCA": pca, two_epochs: mlp, start: bent}
plots.table({name: {f"d = {d}": e[d] for d in bent} for name, e in rows.items()}, 2)

# %% [markdown] lang="vi"
# Xuất phát từ PCA, mạng có sai số nhỏ hơn PCA, cả ở $d = 256$. Với bốn giá trị $d$ từ 2 đến 256 và mọi seed mà chúng tôi thử, kết quả đều như thế. <!-- claim: from_pca_below_pca --> Vậy ngay ở $d = 256$ uốn cong vẫn có ích. Còn mạng nhỏ kia kém vì chỉ có hai epoch hay vì các lớp của nó thì phép thử này không cho biết, do hai mạng khác nhau cả ở các lớp lẫn ở điểm xuất phát. Nhưng ở $d = 256$, PCA chỉ còn chừa lại rất ít sai số để giảm.
#
# ## 6 · Điều mà PCA giữ được
#
# Các trục của PCA có thứ tự, nên lấy 16 số đầu trong 64 số là được ngay PCA với 16 chiều. Thử làm thế với mã của `ae-64d`, thay 48 số còn lại bằng trung bình của chúng:

# %% [markdown] lang="en"
# Starting from PCA, the network ends below PCA, at $d = 256$ too. So it did with four $d$ from 2 to 256 and from every seed that we tried. <!-- claim: from_pca_below_pca --> So bending helps even at $d = 256$. Whether the small network lacks epochs or better layers this does not tell, as the two networks differ in their layers and in where they start. But at $d = 256$ PCA leaves very little error to save.
#
# ## 6 · What PCA keeps
#
# PCA's axes have an order, so the first 16 of 64 numbers are PCA with 16 dimensions at once. Try that with the code of `ae-64d`, with the mean in place of each of the other 48:

# %%
ae = models.load_pretrained("ae-64d")
with torch.no_grad():
    z = ae.encode(x)
    z[:, 16:] = z[:, 16:].mean(dim=0)
    print(f"ae-64d, 16/64: {error(ae.decode(z)):.1f}   PCA, 16/64: {pca[16]:.1f}")

# %% [markdown] lang="vi"
# 16 số đầu của mạng cho sai số gấp hơn 1,5 lần sai số của PCA, vì không có gì trong hàm mất mát dồn điều quan trọng vào các số đầu. Để đối chứng, hãy quay ngẫu nhiên chính 64 số của PCA: 16 số đầu khi ấy cũng cho sai số gấp hơn 1,5 lần. Có thể tạo ra thứ tự sau khi huấn luyện, bằng cách tính PCA *trên mã* của `ae-64d`. Giữ 16 hướng phân tán nhất thì sai số nhỏ hơn của PCA, nhưng giữ 2, 4 hay 8 hướng thì lại lớn hơn. Còn sai số của `ae-16d`, vốn học với 16 số, chưa bằng một nửa sai số mà 16 hướng ấy để lại. <!-- claim: codes_have_no_order --> PCA còn được tính thẳng, không cần huấn luyện, và trên ảnh huấn luyện, các số trong mã của nó không tương quan.
#
# **Trả lời:** Không chỉ thế. Autoencoder tuyến tính có không gian con của PCA nhưng không có các trục. Phần phi tuyến cho ảnh tái tạo tốt hơn hẳn khi mã hẹp, đổi lại phải huấn luyện, và các số trong mã không tự có thứ tự.
#
# ## Tự kiểm tra
#
# <details><summary><b>Autoencoder tuyến tính có phải là PCA không?</b></summary>
#
# Nó tìm ra không gian con và sai số của PCA, nhưng không tìm ra các trục: cơ sở nào của không gian con ấy cũng cho cùng một giá trị mất mát.
# </details>
#
# <details><summary><b>Một autoencoder phi tuyến có sai số lớn hơn PCA cùng số chiều. Như thế đã đủ để kết luận dữ liệu không cong chưa?</b></summary>
#
# Chưa. Có thể do chính mạng ấy hay do cách huấn luyện: ở $d = 256$, mạng nhỏ kém PCA, còn mạng xuất phát từ PCA đã có sai số nhỏ hơn PCA trên chính dữ liệu ấy.
# </details>
#
# <details><summary><b>Vì sao định lý của Baldi và Hornik không áp dụng được thẳng cho MNIST?</b></summary>
#
# Có những điểm ảnh luôn bằng 0, nên ma trận hiệp phương sai không khả nghịch.
# </details>
#
# ## Tóm tắt
#
# - Autoencoder tuyến tính học được không gian con của PCA, nhưng mọi ma trận khả nghịch $R$ đều cho một mã khác với cùng ảnh tái tạo.
# - Phần phi tuyến giúp vẽ lại ảnh tốt hơn với cùng số chiều; muốn đạt sai số của các mạng tích chập 2, 16 và 64 chiều, PCA cần gấp hơn ba lần số chiều.
# - PCA được tính thẳng và có thứ tự. Khi $d$ lớn, sai số của nó rất nhỏ, và mạng huấn luyện ngắn từ đầu có thể kém nó.

# %% [markdown] lang="en"
# The network's first 16 numbers leave more than 1.5 times PCA's error: nothing in the loss puts what matters into the first numbers. As a control, turn PCA's own 64 numbers by a random rotation: then its first 16 leave more than 1.5 times the error too. An order can be made after training, by PCA *of the code* of `ae-64d`: its 16 widest directions leave less than PCA, but its 2, 4 or 8 widest more. And `ae-16d`, which learnt with 16 numbers, leaves less than half of what those 16 do. <!-- claim: codes_have_no_order --> Besides, PCA is computed at once, without training, and over the training images the numbers in its code are uncorrelated.
#
# **The answer:** Not just that. A linear autoencoder has PCA's subspace without PCA's axes; the nonlinearity gives much better reconstructions from a narrow code, at the price of training and of a code that has no order of its own.
#
# ## Test yourself
#
# <details><summary><b>Is a linear autoencoder PCA?</b></summary>
#
# It finds PCA's subspace and PCA's error, but not its axes: every basis of that subspace gives the same loss.
# </details>
#
# <details><summary><b>A nonlinear autoencoder has a larger error than PCA with as many dimensions. Does it follow that the data are not curved?</b></summary>
#
# No. It may be due to that network or to its training: at $d = 256$ the small network was worse than PCA, while the one that started from PCA ended below PCA on the same data.
# </details>
#
# <details><summary><b>Why does Baldi and Hornik's theorem not apply to MNIST as it stands?</b></summary>
#
# Some pixels are always 0, so the covariance matrix cannot be inverted.
# </details>
#
# ## Recap
#
# - A linear autoencoder learns PCA's subspace, but every invertible $R$ gives another code with the same reconstructions.
# - Nonlinearity redraws images better with the same number of dimensions; for the error of the convolutional networks with 2, 16 and 64 PCA needs more than three times as many.
# - PCA is computed at once and has an order. For large $d$ it leaves very little error, and a network trained briefly from scratch can be worse.
