# %% [markdown] lang="vi"
# # Bài 08 · Các loại autoencoder
#
# *Nếu không bị cản trở, một autoencoder chỉ cần chép lại đầu vào. Vậy mỗi loại autoencoder bị cản bằng cách nào, và đổi lại ta được gì?* Bài này bắt đầu từ
# loại đơn giản nhất, so nó với PCA, rồi lần lượt dựng năm loại thường gặp: nút thắt cổ chai (bottleneck), thưa (sparse), co (contractive), khử nhiễu (denoising)
# và biến phân (variational). Cuối bài, tất cả được đo trên cùng những ảnh kiểm tra (test), trong một bảng duy nhất.
#
# Cả bài mất khoảng một phút rưỡi trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 08 · Kinds of autoencoder
#
# *With nothing in its way, an autoencoder need only copy its input. So what stands in the way of each kind of autoencoder, and what do we get for it?* This lesson
# begins with the simplest kind, compares it with PCA, and then builds the five common ones in turn: undercomplete, sparse, contractive, denoising and variational. At the
# end all of them are measured on the same test images, in one table.
#
# The whole lesson takes about a minute and a half on two CPU cores.

# %%
from functools import partial

import matplotlib.pyplot as plt
import torch
from sklearn.decomposition import PCA
from torch import nn
from tqdm.auto import tqdm

from vae_helpers import checks, data, losses, models, plots, tr, training

N = 12_000  # training images
everything = data.load_mnist()
train_set = data.split(everything, [min(1, N / len(everything))], seed=0)[0]
# 1 on MNIST; without a network there are fewer images, and they are shown more often
repeat = N // len(train_set)
x_test = data.load_mnist(train=False).images[:2000]
print(train_set, "·", tuple(x_test.shape))

# %% [markdown] lang="vi"
# ## 1 · Bỏ hết phần phi tuyến: autoencoder tuyến tính và PCA
#
# **PCA** (phân tích thành phần chính, principal component analysis) là một trong những cách giảm chiều lâu đời nhất: tìm $d$ hướng trực chuẩn (đôi một vuông góc, độ dài 1) mà dọc theo đó dữ liệu phân tán nhiều nhất, rồi chiếu ảnh lên **không gian con** (subspace) do chúng sinh ra.
# Với $m$ là ảnh trung bình và $V$ là ma trận $784 \times d$ có các cột là $d$ hướng ấy,
#
# $$z = V^\top (x - m), \qquad \hat x = m + V z.$$
#
# Nhìn kỹ thì đây đã là một autoencoder: bộ mã hóa (encoder) nhân với $V^\top$, bộ giải mã (decoder) nhân với $V$, không có hàm kích hoạt (activation function) nào.

# %% [markdown] lang="en"
# ## 1 · Without any nonlinearity: the linear autoencoder and PCA
#
# **PCA** (principal component analysis) is one of the oldest ways to reduce dimensions: find the $d$ orthonormal directions (of length 1, at right angles to each other) along which the data spread most, and project each image onto the **subspace** that they span.
# With $m$ the mean image and $V$ the $784 \times d$ matrix whose columns are those directions,
#
# $$z = V^\top (x - m), \qquad \hat x = m + V z.$$
#
# Look closely and this is an autoencoder already: the encoder multiplies by $V^\top$, the decoder by $V$, and there is no activation function.

# %%
pca = PCA(64, random_state=0).fit(train_set.images.flatten(1).numpy())
mean = torch.tensor(pca.mean_).view(1, 28, 28)
V = torch.tensor(pca.components_[:16].T)  # (784, 16): one direction in each column

centred = data.ImageDataset(train_set.images - mean, train_set.labels, "centred")
x_centred = x_test - mean
pca_recon = (x_centred.flatten(1) @ V @ V.T).view_as(x_centred)
print(f"PCA, d = 16: {losses.reconstruction_loss(pca_recon, x_centred):.2f}")

# %% [markdown] lang="vi"
# Bây giờ, thay vì tính $V$, ta *học* hai ma trận không bị ràng buộc gì, bằng gradient descent, trên chính những ảnh đã trừ $m$, với bình phương sai số làm hàm mất mát (loss).
#
# ⏱ Khoảng 4 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# Now, instead of computing $V$, we *learn* two matrices with no constraint by gradient descent, on the same images with $m$ subtracted, and with the squared error as the loss.
#
# ⏱ About 4 seconds on two CPU cores; a GPU is much faster.


# %%
class LinearAutoencoder(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.encoder = nn.Linear(784, d, bias=False)
        self.decoder = nn.Linear(d, 784, bias=False)

    def forward(self, x):
        z = self.encoder(x.flatten(1))
        return self.decoder(z).view_as(x), z


def recon_loss(recon, x, z):
    return losses.reconstruction_loss(recon, x)


# %%
torch.manual_seed(0)
linear = LinearAutoencoder(16)
# lr rises first, then falls to almost 0
recipe = {"schedule": "one-cycle", "log_dir": None, "seed": 0}
# no weight decay: it would prefer some pairs of matrices to others
training.fit(
    linear,
    centred,
    epochs=30 * repeat,
    lr=2e-2,
    weight_decay=0,
    loss=recon_loss,
    progress=False,
    **recipe,
)

linear.cpu().eval()
with torch.no_grad():
    linear_recon, _ = linear(x_centred)
print(f"PCA             {losses.reconstruction_loss(pca_recon, x_centred):.2f}")
linear_error = losses.reconstruction_loss(linear_recon, x_centred)
print(f"{tr('AE tuyến tính', 'linear AE'):15} {linear_error:.2f}")

# %% [markdown] lang="vi"
# Hai sai số bằng nhau đến chữ số thập phân thứ hai. Chẳng lẽ hai phương pháp tìm ra cùng một thứ? Hãy so hai không gian con: một cái do các cột của $V$ sinh ra, một cái do các cột của ma trận decoder $D$.
#
# ### Góc giữa hai không gian con
#
# Giữa hai đường thẳng có một góc; giữa hai không gian con $d$ chiều có $d$ **góc chính** (principal angle): góc nhỏ nhất giữa một vector của bên này và một vector của bên kia, rồi góc nhỏ nhất giữa hai vector khác, mỗi vector vuông góc với vector đã chọn ở bên mình, và cứ thế. Tất cả các góc bằng 0 khi và chỉ khi hai không gian con trùng nhau. Cách tính gồm ba bước (Björck & Golub, 1973):
#
# 1. phân tích QR cho mỗi bên một cơ sở trực chuẩn, $Q_A$ và $Q_B$;
# 2. các **giá trị kỳ dị** (singular value) của $Q_A^\top Q_B$ là cosin của các góc;
# 3. lấy arccos (do làm tròn, một cosin có thể nhỉnh hơn 1 một chút, nên hãy chặn trên bằng `clamp(max=1)`).
#
# ### Lượt của bạn
#
# `A` và `B` có kích thước $(n, d)$, các cột độc lập tuyến tính. Trả về một tensor gồm $d$ góc tính bằng **độ**, từ nhỏ đến lớn. Có sẵn `torch.linalg.qr`, `torch.linalg.svdvals` và `torch.rad2deg`.

# %% [markdown] lang="en"
# The two errors agree to the second decimal. Have both methods found the same thing? Compare two subspaces: one spanned by the columns of $V$, the other by the columns of the decoder's matrix $D$.
#
# ### The angles between two subspaces
#
# Two lines have one angle. Two subspaces of $d$ dimensions have $d$ **principal angles**: the smallest angle between a vector of one and a vector of the other, then the smallest between two more, each at right angles to the one already chosen on its side, and so on. All are 0 exactly when the subspaces are the same. Computing them takes three steps (Björck & Golub, 1973):
#
# 1. a QR decomposition gives each side an orthonormal basis, $Q_A$ and $Q_B$;
# 2. the **singular values** of $Q_A^\top Q_B$ are the cosines of the angles;
# 3. take the arccos (rounding can push a cosine slightly above 1, so cut it off with `clamp(max=1)`).
#
# ### Your turn
#
# `A` and `B` have shape $(n, d)$ and linearly independent columns. Return one tensor with the $d$ angles in **degrees**, from the smallest to the largest. You have `torch.linalg.qr`, `torch.linalg.svdvals` and `torch.rad2deg`.


# %% tags=["exercise"]
def principal_angles(A, B):
    ### BEGIN SOLUTION
    Q_A, Q_B = torch.linalg.qr(A).Q, torch.linalg.qr(B).Q
    cosines = torch.linalg.svdvals(Q_A.T @ Q_B)
    return torch.rad2deg(torch.acos(cosines.clamp(max=1)))
    ### END SOLUTION


# %%
checks.check_principal_angles(principal_angles)

# %% [markdown] lang="vi"
# SciPy cũng có hàm này (`subspace_angles`). Ta so hai không gian con với không gian con của PCA: một cái lấy ngẫu nhiên, và cái mà mạng vừa học được.

# %% [markdown] lang="en"
# SciPy has this function too (`subspace_angles`). We compare two subspaces with PCA's: a random one, and the one the network has just learnt.

# %%
from scipy.linalg import subspace_angles

torch.manual_seed(0)
D = linear.decoder.weight.detach()
for name, basis in (
    (tr("ngẫu nhiên", "random"), torch.randn(784, 16)),
    (tr("đã học", "learnt"), D),
):
    angles = torch.rad2deg(torch.tensor(subspace_angles(V.numpy(), basis.numpy())))
    print(f"{name:11} {angles.min():6.2f}° … {angles.max():6.2f}°")

# %% [markdown] lang="vi"
# Trong 784 chiều, một không gian con lấy ngẫu nhiên gần như vuông góc với không gian con của PCA (74° đến 90°). Không gian con mà mạng học được thì lệch nhiều nhất 0,4°: **cùng một không gian con**. (Hãy thử cả `principal_angles(V, D)` của bạn; SciPy còn giữ được độ chính xác với các góc nhỏ, nơi arccos làm mất chữ số.) Nhưng các *trục* trong đó thì sao?

# %% [markdown] lang="en"
# In 784 dimensions a random subspace is nearly at right angles to PCA's (74° to 90°). The one the network has learnt is off by 0.4° at most: **the same subspace**. (Try your own `principal_angles(V, D)` too; SciPy also keeps small angles exact, where the arccos loses digits.) But what about the *axes* in it?


# %%
def as_pictures(columns):
    """(784, n) weights → n pictures in [0, 1], each to its own scale; mid-grey is 0."""
    scaled = columns / columns.abs().amax(dim=0)
    return (0.5 + 0.5 * scaled).T.reshape(-1, 1, 28, 28)


columns = {
    "PCA": as_pictures(V[:, :8]),
    tr("AE tuyến tính", "linear AE"): as_pictures(D[:, :8]),
}
plots.plot_images(
    columns,
    title=tr(
        "Tám cột đầu của hai decoder", "The first eight columns of either decoder"
    ),
)

# %%
figure, axes = plt.subplots(1, 2, figsize=(7.4, 3.8), layout="constrained")
flat = centred.images.flatten(1)
for ax, name, matrix in zip(
    axes,
    ("PCA", tr("AE tuyến tính", "linear AE")),
    (V, linear.encoder.weight.T),
    strict=True,
):
    correlations = torch.corrcoef((flat @ matrix.detach()).T)
    heat = ax.imshow(correlations, cmap="PuOr", vmin=-1, vmax=1)
    largest = (correlations - torch.eye(16)).abs().max()
    beside = f"{tr('ngoài đường chéo', 'off the diagonal')}: |r| ≤ {largest:.2f}"
    ax.set(title=f"{name}\n{beside}", xticks=[], yticks=[])
    z_name = tr("chiều của z", "dimension of z")
    ax.set(xlabel=z_name, ylabel=z_name)
figure.colorbar(heat, ax=axes, label=tr("tương quan r", "correlation r"))
figure.suptitle(
    tr(
        "Tương quan giữa các chiều của mã",
        "Correlations between the dimensions of the code",
    )
)
plt.show()

# %% [markdown] lang="vi"
# *Hình trên: các trục của PCA đi từ nét lớn (0 đối lập với 1) đến nét nhỏ dần; các cột của AE tuyến tính đều lộn xộn như nhau, nhìn hình không thấy thứ tự nào giữa chúng. Hình dưới: ma trận tương quan của 16 con số trong mã; ngoài đường chéo, tương quan của PCA bằng 0,00, còn của AE lên tới 0,30.*
#
# Vì sao? Lấy bất kỳ ma trận khả nghịch $R$ nào: thay encoder $E$ bằng $R E$ và decoder $D$ bằng $D R^{-1}$ thì $D R^{-1} R E = D E$, ảnh tái tạo không đổi một điểm nào. Hàm mất mát không phân biệt được các cặp ấy, nên gradient descent dừng ở cặp nào cũng được. Baldi & Hornik (1989) chứng minh điều còn lại, với điều kiện ma trận hiệp phương sai (covariance matrix) của dữ liệu có hạng đầy đủ và các trị riêng (eigenvalue) khác nhau: mọi cực tiểu địa phương
# của bài toán này đều cho không gian con của PCA, nên cũng là cực tiểu toàn cục, còn mọi điểm khác có gradient bằng 0 chỉ là điểm yên ngựa (saddle point), nơi vẫn còn đường đi xuống.
#
# Một số bài viết nói rằng bỏ hàm kích hoạt đi thì autoencoder "coi như PCA". Hãy nhớ cho chính xác: nó tìm đúng **không gian con** của PCA, với đúng sai số ấy, nhưng không tìm ra các **trục** (xếp theo thứ tự, vuông góc với nhau, cho mã không tương quan). Còn nếu không trừ ảnh trung bình, decoder cần thêm độ lệch (bias) thì mới theo kịp PCA (thêm bias cho encoder cũng không lợi gì hơn).
#
# ## 2 · Thêm hàm kích hoạt: nút thắt hẹp (undercomplete)
#
# Các ảnh chữ số dường như nằm gần một mặt cong hơn là một mặt phẳng. Autoencoder phi tuyến có thể uốn theo mặt ấy. Để huấn luyện nhanh trên CPU, bài này dùng mạng chỉ gồm các lớp kết nối đầy đủ (fully connected), gọi tắt là MLP (multilayer perceptron):

# %% [markdown] lang="en"
# *First figure: PCA's axes go from coarse (0 against 1) to ever finer strokes; the columns of the linear AE are all equally jumbled, with nothing in the picture that would put them in an order. Second figure: the correlations of the 16 numbers in the code; off the diagonal PCA's are 0.00, while the AE's reach 0.30.*
#
# Why? Take any invertible matrix $R$: with $R E$ for the encoder $E$ and $D R^{-1}$ for the decoder $D$, the product is $D R^{-1} R E = D E$, and no pixel of any reconstruction changes. The loss cannot tell these pairs apart, so gradient descent stops at whichever it meets. Baldi & Hornik (1989) proved the rest (for data whose covariance matrix has full rank and distinct eigenvalues): every local minimum
# of this problem gives PCA's subspace, so it is a global one, and every other point with gradient 0 is a saddle point, from which there is still a way down.
#
# Some texts say that without activation functions an autoencoder "is just PCA". Remember it precisely: it finds PCA's **subspace**, with the same error, but not its **axes** (their order, their right angles, the uncorrelated code). And if the mean image is not subtracted, the decoder needs a bias to keep up with PCA (the encoder's would add nothing).
#
# ## 2 · With activation functions: a narrow bottleneck (undercomplete)
#
# Images of digits seem to lie near a curved surface rather than a plane. A nonlinear autoencoder can bend along with it. To train fast on a CPU, this lesson uses a network of fully connected layers alone (an MLP, for multilayer perceptron):

# %%
print(models.MLPAutoencoder(latent_dim=16))

# %% [markdown] lang="vi"
# Huấn luyện sáu mạng như thế, với $d$ từ 2 đến 64. PCA thì chỉ cần tính một lần với 64 trục: giữ lại $d$ trục đầu tiên là được PCA với $d$ chiều. (Sigmoid ở cuối giữ ảnh của mạng trong $[0, 1]$; cho công bằng, ta cũng cắt ảnh của PCA về khoảng ấy, nên với $d = 16$, sai số của PCA giảm từ 21,4 xuống 20,3.)
#
# Bài 01 cảnh báo rằng bình phương sai số với một sigmoid ở cuối có thể kẹt ở ảnh đen. Đó là với mạng tích chập (convolution); các mạng nhỏ ở đây lần nào cũng thoát ra được, như các sai số dưới đây cho thấy.
#
# ⏱ Khoảng 30 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# Train six of them, with $d$ from 2 to 64. PCA needs computing only once: the first $d$ of its 64 axes are the PCA with $d$ dimensions. (The sigmoid at the end keeps the network's images in $[0, 1]$; to be fair we cut PCA's off there too, which brings its error at $d = 16$ from 21.4 down to 20.3.)
#
# Lesson 01 warned that the squared error with a sigmoid at the end may get stuck at the black picture. That was the convolutional network; the small ones here got away every time, as the errors below show.
#
# ⏱ About 30 seconds on two CPU cores; a GPU is much faster.


# %%
class PCAModel:
    """PCA with an autoencoder's interface: encode and decode."""

    def __init__(self, d):
        self.V = torch.tensor(pca.components_[:d].T)

    def encode(self, x):
        return (x - mean).flatten(1) @ self.V

    def decode(self, z):
        return (mean + (z @ self.V.T).view(-1, 1, 28, 28)).clamp(0, 1)


# %%
# 30 * repeat, with N = 48_000 in the cell with the imports, is the full training
EPOCHS = 8 * repeat
recipe.update(epochs=EPOCHS, batch_size=128, lr=8e-3)

dims = (2, 4, 8, 16, 32, 64)
narrow = {}
for d in tqdm(dims, desc="d", leave=False):
    torch.manual_seed(0)
    narrow[d] = models.MLPAutoencoder(latent_dim=d)
    training.fit(narrow[d], train_set, loss=recon_loss, progress=False, **recipe)
    narrow[d].cpu().eval()


# %%
@torch.no_grad()
def code(model, x):
    """The code of each image: z of an autoencoder, mu of a VAE."""
    z = model.encode(x)
    return z[0] if isinstance(z, tuple) else z


@torch.no_grad()
def error(model, x):
    """Squared error per image of what the model makes of x, against the clean ones."""
    return losses.reconstruction_loss(model.decode(code(model, x)), x_test).item()


# %%
pca_errors = [error(PCAModel(d), x_test) for d in dims]
ae_errors = [error(narrow[d], x_test) for d in dims]
for row in zip(dims, pca_errors, ae_errors, strict=True):
    print("d = {:2}   PCA {:5.1f}   AE {:5.1f}".format(*row))

# %%
plots.curves(
    {"PCA": (dims, pca_errors), "autoencoder (MLP)": (dims, ae_errors)},
    log="x",
    markers=True,
    ylim=(0, None),
    xlabel=tr("số chiều d của mã", "dimensions d of the code"),
    ylabel=tr("sai số mỗi ảnh", "error per image"),
    title=tr(
        "Sai số theo số chiều, trên ảnh kiểm tra",
        "Error against dimension, on test images",
    ),
)

# %%
x = x_test[4:5]
rows = {}
for name, family in (("PCA", {d: PCAModel(d) for d in dims}), ("AE", narrow)):
    with torch.no_grad():
        redrawn = [model.decode(model.encode(x)) for model in family.values()]
    rows[name] = torch.cat([x, *redrawn])
titles = ["x", *(f"d = {d}" for d in dims)]
plots.plot_images(
    rows, titles, title=tr("Cùng một ảnh, mã dài dần", "One image, ever longer codes")
)

# %% [markdown] lang="vi"
# *Hình trên: cả hai đường đều đi xuống; đường của autoencoder xuống nhanh hơn lúc đầu và thấp hơn hẳn ở khoảng giữa, đến 64 chiều thì hai đường gặp nhau. Hình dưới: cùng một số 4; với 4 con số, autoencoder đã vẽ ra số 4, trong khi PCA vẫn vẽ số 9, ở 8 và 16 con số thì còn nhòe, đến 32 mới rõ là số 4.*
#
# Với 8 hay 16 con số, sai số của autoencoder chỉ bằng chừng 55–60 % sai số của PCA (17,1 so với 28,5; 11,2 so với 20,3). Nhưng không phải cứ phi tuyến là thắng: ở 64 chiều, PCA (6,3) nhỉnh hơn mạng (6,8), vì PCA tìm ra nghiệm tốt nhất của nó ngay lập tức, còn mạng này mới học được vài giây.
# Với 30 epoch và 48.000 ảnh, chúng tôi đo được 1,8 ở 64 chiều: huấn luyện bao lâu, trên bao nhiêu ảnh, cũng là một phần của câu trả lời.
#
# ## 3 · Có nhất thiết phải hẹp không? Autoencoder thưa (sparse)
#
# Nhiều bài viết nói rằng bottleneck *nhất thiết* phải nhỏ hơn đầu vào. Thật ra điều cần có là một cái **phanh**, và hẹp chỉ là một loại phanh. Hãy làm mã *rộng* hơn ảnh (overcomplete): 800 đơn vị (unit) cho 784 điểm ảnh, encoder và decoder mỗi bên một lớp,
#
# $$z = s(W x + b), \qquad \hat x = \text{sigmoid}(W^\top z + c).$$
#
# Ở đây $s$ là hàm kích hoạt: bây giờ là sigmoid, lát nữa có cả ReLU; $b$ và $c$ là các độ lệch. Encoder và decoder dùng chung một ma trận $W$ (trọng số dùng chung, tied weights). Như vậy mỗi hàng của $W$ ứng với một đơn vị: nó vừa là điều đơn vị ấy tìm trong ảnh, vừa là điều đơn vị ấy vẽ ra. Trước hết, chưa có phanh nào:
#
# ⏱ Khoảng 8 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# *Above: both curves go down; the autoencoder's falls faster at first and lies well below in the middle, and at 64 dimensions they meet. Below: one and the same 4; with 4 numbers the autoencoder draws a 4 already, while PCA still draws a 9, is blurry at 8 and 16, and shows a clear 4 only at 32.*
#
# With 8 or 16 numbers the autoencoder's error is only some 55–60% of PCA's (17.1 against 28.5; 11.2 against 20.3). But nonlinear does not win by itself: at 64 dimensions PCA (6.3) is slightly ahead of the network (6.8), because PCA finds its best solution at once, while this network has been trained for a few seconds.
# With 30 epochs and 48,000 images we measured 1.8 at 64 dimensions: how long one trains, and on how many images, is part of the answer too.
#
# ## 3 · Must it be narrow? The sparse autoencoder
#
# Many texts say that the bottleneck *must* be smaller than the input. What is really needed is a **brake**, and being narrow is only one kind of it. Make the code *wider* than the image (overcomplete): 800 units for 784 pixels, one layer each way,
#
# $$z = s(W x + b), \qquad \hat x = \text{sigmoid}(W^\top z + c).$$
#
# Here $s$ is the activation function: the sigmoid now, ReLU as well later on; $b$ and $c$ are the biases. Encoder and decoder share one matrix $W$ (tied weights). So each row of $W$ belongs to one unit: it is both what that unit looks for in an image and what it draws. First without any brake:
#
# ⏱ About 8 seconds on two CPU cores; a GPU is much faster.

# %%
tied_recipe = dict(recipe, epochs=5 * repeat)
torch.manual_seed(0)
wide = models.TiedAutoencoder(800, torch.sigmoid)
training.fit(wide, train_set, loss=recon_loss, **tied_recipe)

wide.cpu().eval()
print(
    tr("sai số", "error"),
    f"{error(wide, x_test):.1f}   z:",
    f"{code(wide, x_test).mean():.2f}",
)

# %% [markdown] lang="vi"
# Sai số (con số đầu) chỉ bằng khoảng một nửa của mạng 16 chiều, nhưng mạng này chẳng nén gì: nó cho qua phần lớn bức ảnh, với các đơn vị ở mức trung bình 0,38 (con số sau; sigmoid cho giá trị từ 0 đến 1). **Autoencoder thưa** cho phép mã rộng, với điều kiện mỗi ảnh chỉ dùng **vài** đơn vị. Có hai hàm phạt (penalty) thường gặp:
#
# - **L1**: cộng thêm $\lambda \sum_j |z_j|$. Với hàm kích hoạt ReLU, nó đẩy nhiều đơn vị về *đúng* 0.
# - **KL theo $\rho$** (bài giảng CS294A của A. Ng), cho các đơn vị sigmoid: gọi $\hat\rho_j$ là trung bình của $z_j$ trên batch; mỗi đơn vị được yêu cầu chỉ bật ở một tỉ lệ $\rho$ nhỏ trong số các ảnh, chẳng hạn 5 %:
#
# $$\sum_j \mathrm{KL}(\rho \,\|\, \hat\rho_j) = \sum_j \left[ \rho \log\frac{\rho}{\hat\rho_j} + (1-\rho)\log\frac{1-\rho}{1-\hat\rho_j} \right]$$
#
# ($\log$ là logarit tự nhiên). Đây là độ phân kỳ KL (KL divergence) giữa hai đồng xu, một đồng ra mặt "bật" với xác suất $\rho$, đồng kia với xác suất $\hat\rho_j$. (KL của VAE ở bài 04 đo một thứ khác: $q(z|x)$ cách tiên nghiệm (prior) bao xa.) Tính tay với $\rho = 0{,}05$ và $\hat\rho = 0{,}5$: $0{,}05 \log 0{,}1 + 0{,}95 \log 1{,}9 \approx -0{,}11513 + 0{,}60976 \approx 0{,}4946$.
#
# ### Lượt của bạn
#
# Viết hàm phạt này. `z` có kích thước $(N, d)$, các giá trị nằm giữa 0 và 1; kết quả là một số. Chú ý: trung bình lấy theo chiều nào, tổng lấy theo chiều nào?

# %% [markdown] lang="en"
# The error (the first number) is about half that of the network with 16 dimensions, but this one compresses nothing: it lets most of the image pass, with units at 0.38 on average (the second number; a sigmoid gives values from 0 to 1). A **sparse autoencoder** may have a wide code, provided that each image uses only **a few** units. Two penalties are common:
#
# - **L1**: add $\lambda \sum_j |z_j|$. With ReLU as the activation it pushes many units to *exactly* 0.
# - **KL to $\rho$** (A. Ng's CS294A lecture notes), for sigmoid units: call $\hat\rho_j$ the mean of $z_j$ over the batch; each unit is asked to be on for a small share $\rho$ of the images only, such as 5%:
#
# $$\sum_j \mathrm{KL}(\rho \,\|\, \hat\rho_j) = \sum_j \left[ \rho \log\frac{\rho}{\hat\rho_j} + (1-\rho)\log\frac{1-\rho}{1-\hat\rho_j} \right]$$
#
# ($\log$ is the natural logarithm). This is the KL divergence between two coins, one that shows "on" with probability $\rho$ and one with probability $\hat\rho_j$. (The VAE's KL of lesson 04 measures something else: how far $q(z|x)$ is from the prior.) By hand, for $\rho = 0.05$ and $\hat\rho = 0.5$: $0.05 \log 0.1 + 0.95 \log 1.9 \approx -0.11513 + 0.60976 \approx 0.4946$.
#
# ### Your turn
#
# Write this penalty. `z` has shape $(N, d)$ with values between 0 and 1; the result is one number. Mind along which dimension to average, and along which to sum.


# %% tags=["exercise"]
def kl_to_rho(z, rho):
    ### BEGIN SOLUTION
    rho_hat = z.mean(dim=0)
    return (
        rho * torch.log(rho / rho_hat)
        + (1 - rho) * torch.log((1 - rho) / (1 - rho_hat))
    ).sum()
    ### END SOLUTION


# %%
checks.check_kl_to_rho(kl_to_rho)

# %% [markdown] lang="vi"
# Một phép thử nhỏ: hai ảnh, hai đơn vị; đơn vị thứ nhất có trung bình 0,5, đơn vị thứ hai có trung bình 0,05.

# %% [markdown] lang="en"
# A small trial: two images, two units; the first unit has the mean 0.5, the second 0.05.

# %% tags=["nbval-check-output"]
# two images, two units: one with mean 0.5, one with mean 0.05
z = torch.tensor([[0.2, 0.05], [0.8, 0.05]])
print(f"{losses.kl_to_rho(z, rho=0.05):.4f}")

# %% [markdown] lang="vi"
# Đúng bằng con số tính tay: tất cả là của đơn vị thứ nhất. Đơn vị thứ hai có trung bình đúng bằng $\rho$ nên không bị phạt gì. Hàm phạt chỉ nhìn vào trung bình: đơn vị ấy chẳng lúc nào thật sự bật, ảnh nào nó cũng ở mức 0,05, thế mà vẫn không bị phạt. Chính sai số tái tạo mới khuyến khích nó bật mạnh ở một vài ảnh.
#
# Vì sao phải dùng chung trọng số? Nếu decoder tự do, mạng có thể gian lận: chia mã cho 1000, nhân decoder với 1000. Ảnh tái tạo không đổi, số hạng L1 còn một phần nghìn, mà mã chẳng thưa hơn chút nào. Với $W$ dùng chung, thu nhỏ mã cũng là thu nhỏ nét vẽ.
#
# Huấn luyện ba mạng nữa: ReLU không phạt, ReLU với L1, sigmoid với KL. Khi có phanh, hàm mất mát là *bình phương sai số + $\lambda$ · hàm phạt*; $\lambda$ quyết định phanh mạnh hay nhẹ, ở đây là 0,1 với L1 và 0,2 với KL, chọn được sau khi thử vài giá trị. Bạn hãy thử cả những giá trị khác.
#
# ⏱ Khoảng 20 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# Just the number found by hand: all of it is the first unit's. The second unit's mean is exactly $\rho$, so it is not penalised at all. The penalty sees only the mean: this unit is never really on, it stands at 0.05 in every image, and passes. It is the reconstruction error that rewards being strongly on in a few images instead.
#
# Why tie the weights? With a free decoder the network could cheat: divide the code by 1000 and multiply the decoder by 1000. The reconstruction stays as it is, the L1 falls to a thousandth, and the code is no sparser than before. With a shared $W$, shrinking the code shrinks the drawing too.
#
# Train three more networks: ReLU without penalty, ReLU with L1, sigmoid with KL. With a brake the loss is *squared error + $\lambda$ · penalty*; $\lambda$ sets how hard the brake grips, here 0.1 for L1 and 0.2 for KL, found by trying a few values. Do try others.
#
# ⏱ About 20 seconds on two CPU cores; a GPU is much faster.


# %%
def l1_loss(recon, x, z):
    return losses.reconstruction_loss(recon, x) + 0.1 * losses.l1_penalty(z)


def kl_loss(recon, x, z):
    return losses.reconstruction_loss(recon, x) + 0.2 * losses.kl_to_rho(z, rho=0.05)


# %%
sparse = {"ReLU": None, "ReLU + L1": None, "sigmoid": wide, "sigmoid + KL": None}
to_train = {
    "ReLU": (torch.relu, recon_loss),
    "ReLU + L1": (torch.relu, l1_loss),
    "sigmoid + KL": (torch.sigmoid, kl_loss),
}
for name, (activation, loss) in tqdm(to_train.items(), desc="W", leave=False):
    torch.manual_seed(0)
    sparse[name] = models.TiedAutoencoder(800, activation)
    training.fit(sparse[name], train_set, loss=loss, progress=False, **tied_recipe)
    sparse[name].cpu().eval()

# %% [markdown] lang="vi"
# Với mỗi ảnh, bao nhiêu đơn vị **hoạt động**? Ta đếm những đơn vị mạnh ít nhất bằng một phần mười đơn vị mạnh nhất của ảnh ấy.

# %% [markdown] lang="en"
# How many units are **active** in an image? We count those that are at least a tenth as strong as the strongest unit of that image.


# %%
def strength(model):
    """The units of each test image's code, relative to the strongest of them."""
    z = code(model, x_test)
    return z / z.amax(dim=1, keepdim=True)


for name, model in sparse.items():
    z = code(model, x_test)
    active, zero = (strength(model) > 0.1).float().mean(), (z == 0).float().mean()
    report = f"{tr('hoạt động', 'active')} {active:4.0%}   z = 0: {zero:4.0%}   "
    report += f"{tr('trung bình', 'mean')} {z.mean():.2f}"
    print(f"{name:13} {tr('sai số', 'error')} {error(model, x_test):4.1f}   {report}")

# %%
ranked = {}
for name, model in sparse.items():
    ranked[name] = strength(model).sort(dim=1, descending=True).values.mean(dim=0)
plots.curves(
    ranked,
    lines={"": 0.1},
    xlabel=tr("đơn vị, xếp từ mạnh đến yếu", "units, from the strongest down"),
    ylabel=tr("độ mạnh so với đơn vị mạnh nhất", "strength, relative to the strongest"),
    title=tr(
        "Mã của một ảnh, trung bình trên ảnh kiểm tra",
        "The code of an image, averaged over the test images",
    ),
)

# %%
shown = {}
for name, model in sparse.items():
    most_used = code(model, x_test).var(dim=0).argsort(descending=True)[:120:10]
    drawn = model.weight.detach()[most_used].view(-1, 1, 28, 28)
    shown[name] = as_pictures(drawn.flatten(1).T)
    # 2 for white noise, near 0 for smooth pictures
    roughness = drawn.diff(dim=3).pow(2).mean() / drawn.pow(2).mean()
    print(f"{name:13} {tr('độ gồ ghề', 'roughness')} {roughness:.2f}")
plots.plot_images(shown, title=tr("Nét vẽ của từng đơn vị", "What each unit draws"))

# %% [markdown] lang="vi"
# *Hình trên: đường của L1 (cam) rơi thẳng xuống 0; đường của KL (tím) cũng rơi nhanh nhưng để lại một cái đuôi thấp; hai đường không phạt (lam và lục) xuống chậm hơn: ở đơn vị thứ 200, chúng vẫn nằm trên vạch 0,1, còn hai đường kia đã ở dưới. Hình dưới, mỗi hàng một mạng, mười hai trong số những đơn vị thay đổi nhiều nhất: không phạt (hàng 1 và 3) thì nét vẽ rối; với L1 (hàng 2) thì hiện ra nét bút, có khi gần trọn một chữ số; với KL (hàng 4) là những vòng cung và mảng mềm hơn. Độ gồ ghề (bình phương hiệu của hai điểm ảnh cạnh nhau theo chiều ngang, so với bình phương của điểm ảnh; nhiễu trắng (white noise) cho 2) giảm hơn một nửa: từ 0,64 xuống 0,28 và từ 0,47 xuống 0,23.*
#
# Chỉ riêng ReLU đã để 62 % đơn vị bằng đúng 0 với mỗi ảnh; thêm L1 thì thành 95 %, và chỉ còn khoảng 3 % (chừng 24 trong 800) hoạt động thay vì 28 %. Với KL, trung bình giảm từ 0,38 xuống 0,09, vẫn cao hơn $\rho = 0{,}05$: xuống nữa thì phần tái tạo mất nhiều hơn số hạng phạt bớt được (hoặc năm epoch chưa đủ), và vẫn còn 21 % đơn vị hoạt động. Cả hai đều có giá: sai số khoảng gấp đôi so với cùng loại mạng ấy khi không phạt.
#
# ## 4 · Autoencoder co (contractive)
#
# Phanh thứ ba: mã không được **nhạy** với những thay đổi nhỏ của ảnh. Ma trận Jacobi (Jacobian) $J = \partial z / \partial x$ cho biết mã nhạy đến đâu tại $x$; Rifai và cộng sự (2011) phạt bình phương của chuẩn Frobenius của nó, tức là tổng bình phương của mọi phần tử:
#
# $$\|J\|_F^2 = \sum_j \sum_i \left(\frac{\partial z_j}{\partial x_i}\right)^2.$$
#
# Nếu thêm vào ảnh nhiễu $\delta \sim \mathcal{N}(0, \sigma^2 I)$ rất nhỏ, mã dịch đi khoảng $J\delta$, và trung bình bình phương quãng đường ấy là $\mathbb{E}\|J\delta\|^2 = \sigma^2 \|J\|_F^2$ (các $\delta_i$ độc lập, mỗi cái có phương sai (variance) $\sigma^2$). Phạt $J$ chính là phạt sự dịch chuyển ấy.
#
# Với encoder một lớp $z = \text{sigmoid}(Wx + b)$, đạo hàm của sigmoid viết theo chính $z$ là $z(1-z)$, nên $\dfrac{\partial z_j}{\partial x_i} = z_j(1 - z_j)\,W_{ji}$ và
#
# $$\|J\|_F^2 = \sum_j \bigl(z_j(1-z_j)\bigr)^2 \sum_i W_{ji}^2.$$
#
# ### Lượt của bạn
#
# Viết công thức cuối. `z` có kích thước $(N, d)$, `weight` là $W$ có kích thước $(d, 784)$; trả về trung bình trên batch, một số.

# %% [markdown] lang="en"
# *Above: the curve of L1 (orange) drops straight to 0; that of KL (purple) drops fast as well but leaves a low tail; the two without penalty (blue and green) take longer: at unit 200 they are still above the line at 0.1, the other two below it. Below, one network in each row, twelve of the units that vary most: without a penalty (rows 1 and 3) what the units draw is jumbled; with L1 (row 2) there appear pen strokes, sometimes nearly a whole digit; with KL (row 4) softer arcs and blobs. The roughness (squared difference of horizontally neighbouring pixels, relative to the squared pixel; white noise gives 2) falls by more than half: from 0.64 to 0.28 and from 0.47 to 0.23.*
#
# ReLU alone already leaves 62% of the units at exactly 0 in an image; L1 makes it 95%, and only about 3% (some 24 of 800) are active instead of 28%. With KL the mean falls from 0.38 to 0.09, still above $\rho = 0.05$: lower would cost more in reconstruction than it saves in penalty (or five epochs were too few), and 21% stay active. Both have their price: about twice the error of the same network without penalty.
#
# ## 4 · The contractive autoencoder
#
# A third brake: the code must not be **sensitive** to small changes of the image. How sensitive it is at $x$ is told by the Jacobian $J = \partial z / \partial x$; Rifai et al. (2011) penalise the square of its Frobenius norm, the sum of the squares of all entries:
#
# $$\|J\|_F^2 = \sum_j \sum_i \left(\frac{\partial z_j}{\partial x_i}\right)^2.$$
#
# Add very small noise $\delta \sim \mathcal{N}(0, \sigma^2 I)$ to the image, and the code moves by about $J\delta$; the mean square of that distance is $\mathbb{E}\|J\delta\|^2 = \sigma^2 \|J\|_F^2$ (the $\delta_i$ are independent, each with variance $\sigma^2$). To penalise $J$ is to penalise that movement.
#
# For an encoder of one layer, $z = \text{sigmoid}(Wx + b)$, the sigmoid's derivative, written with $z$ itself, is $z(1-z)$, so $\dfrac{\partial z_j}{\partial x_i} = z_j(1 - z_j)\,W_{ji}$ and
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
checks.check_contractive_penalty(contractive_penalty)

# %% [markdown] lang="vi"
# Công thức ấy chỉ đúng cho một lớp sigmoid. Với encoder bất kỳ, `torch.func.jacrev` và `vmap` cho trọn ma trận $J$ của từng ảnh; `losses.contractive_penalty(encode, x)` làm như vậy. Thử trên mạng rộng vừa rồi, hai cách phải cho cùng một số:

# %% [markdown] lang="en"
# That formula is right for one sigmoid layer only. For any encoder, `torch.func.jacrev` and `vmap` give the whole $J$ of each image; `losses.contractive_penalty(encode, x)` does so. On the wide network from above both ways must give the same number:

# %%
few = x_test[:10]
with torch.no_grad():
    whole_jacobian = losses.contractive_penalty(wide.encode, few)
    closed_form = losses.sigmoid_contractive_penalty(wide.encode(few), wide.weight)
print(f"jacrev {whole_jacobian:.3f}   {tr('công thức', 'formula')} {closed_form:.3f}")

# %% [markdown] lang="vi"
# Bây giờ huấn luyện với hàm mất mát *bình phương sai số + $\lambda$ · hàm phạt*, với $\lambda = 0{,}5$. Mất mát in ra gồm cả số hạng phạt nên lớn hơn sai số. Ở đây $W$ dùng chung cũng cần thiết: nếu decoder tự do, chỉ cần $W$ thật nhỏ và decoder thật lớn là $J$ gần như bằng 0 mà chẳng được gì.
#
# ⏱ Khoảng 8 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# Now train with the loss *squared error + $\lambda$ · penalty*, with $\lambda = 0.5$. The loss printed contains the penalty, so it is larger than the error. Here too the shared $W$ matters: with a free decoder a small $W$ and a large decoder would make $J$ all but vanish for nothing.
#
# ⏱ About 8 seconds on two CPU cores; a GPU is much faster.

# %%
torch.manual_seed(0)
contractive = models.TiedAutoencoder(800, torch.sigmoid)


def contractive_loss(recon, x, z):
    penalty = losses.sigmoid_contractive_penalty(z, contractive.weight)
    return losses.reconstruction_loss(recon, x) + 0.5 * penalty


history = training.fit(contractive, train_set, loss=contractive_loss, **tied_recipe)

# %%
contractive.cpu().eval()
pair = {tr("không phạt", "no penalty"): wide, tr("co", "contractive"): contractive}
for name, model in pair.items():
    penalty = losses.sigmoid_contractive_penalty(code(model, few), model.weight)
    wrong = f"{tr('sai số', 'error')} {error(model, x_test):4.1f}"
    print(f"{name:12} {wrong}   ‖J‖² {penalty:4.1f}")

# %% [markdown] lang="vi"
# Trên mười ảnh ấy, hàm phạt giảm từ 76,1 xuống 18,5. Nhưng mã có thật sự dịch ít hơn không? Thêm nhiễu vào ảnh kiểm tra (không cắt về $[0, 1]$) và đo quãng đường của mã. Chỉ đo quãng đường thì chưa công bằng, vì hàm phạt có thể thu nhỏ *mọi thứ*; nên ta chia cho độ phân tán của các mã (khoảng cách trung bình đến mã trung bình).

# %% [markdown] lang="en"
# On those ten images the penalty has fallen from 76.1 to 18.5. But does the code really move less? Add noise to the test images (not cut off to $[0, 1]$) and measure how far the codes go. The distance alone would not be fair, because the penalty may shrink *everything*; so we divide by the spread of the codes (their mean distance from the mean code).


# %%
def movement(model, x_new):
    """How far the codes go when the test images become x_new.

    In units of the codes' mean distance from their mean.
    """
    z, z_new = code(model, x_test), code(model, x_new)
    return (
        (z_new - z).norm(dim=1).mean() / (z - z.mean(dim=0)).norm(dim=1).mean()
    ).item()


# %%
noise = torch.randn(x_test.shape, generator=torch.Generator().manual_seed(0))
shifted = x_test.roll(1, dims=3)  # one pixel to the right
changes = {
    "σ = 0.1": x_test + 0.1 * noise,
    "σ = 0.2": x_test + 0.2 * noise,
    tr("dịch ảnh", "shift"): shifted,
}
for change, x_new in changes.items():
    length = (x_new - x_test).flatten(1).norm(dim=1).mean()
    moved = [f"{name} {movement(model, x_new):.3f}" for name, model in pair.items()]
    print(
        f"{change:9} {tr('ảnh đi', 'image moves')} {length:.1f}   ", "   ".join(moved)
    )

# %%
levels = (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
moves = {}
for name, model in pair.items():
    moves[name] = levels, [movement(model, x_test + level * noise) for level in levels]
plots.curves(
    moves,
    markers=True,
    xlabel=tr(
        "độ lệch chuẩn σ của nhiễu trên ảnh",
        "standard deviation σ of the noise on the image",
    ),
    ylabel=tr("quãng đường của mã / độ tản", "movement of the code / spread"),
    title=tr(
        "Ảnh nhiễu một chút thì mã đi bao xa?",
        "A little noise: how far does the code go?",
    ),
)

# %% [markdown] lang="vi"
# *Hình: cả hai đường gần như thẳng; đường của autoencoder co luôn thấp hơn khoảng một phần ba.*
#
# Điều thú vị là nó không co đều mọi hướng. Với nhiễu ngẫu nhiên (thứ không biến chữ số này thành chữ số khác), quãng đường của mã giảm khoảng một phần ba; còn khi cả ảnh dịch sang phải một điểm ảnh (một thay đổi có thật của chữ viết), nó chỉ giảm 13 %. Đó không phải vì phép dịch là một thay đổi lớn hơn: nó làm ảnh đi một quãng trung bình 5,3, cỡ như nhiễu $\sigma = 0{,}2$ (5,6), mà tại $\sigma = 0{,}2$ quãng đường của mã vẫn giảm khoảng một phần ba (từ 0,241 xuống 0,163). Sai số tái tạo giữ lại những hướng cần phân biệt, hàm phạt ép nhỏ các hướng còn lại. Cái giá: sai số tăng từ 5,9 lên 12,4.
#
# ## 5 · Autoencoder khử nhiễu (denoising)
#
# Thay vì phạt độ nhạy, hãy **luyện** cho mạng chịu được nhiễu: đưa vào ảnh đã hỏng, đòi trả lại ảnh sạch (Vincent và cộng sự, 2008, 2010). Có nhiều cách làm hỏng một ảnh; hàm `data.add_noise` có ba:
#
# - **nhiễu Gauss**: cộng $\mathcal{N}(0, \sigma^2)$ vào mỗi điểm ảnh, rồi cắt về $[0, 1]$;
# - **nhiễu che** (masking noise): với xác suất cho trước, mỗi điểm ảnh bị đặt về 0;
# - **nhiễu muối tiêu** (salt-and-pepper noise): với xác suất cho trước, mỗi điểm ảnh bị đổi thành 0 hoặc 1, hai khả năng ngang nhau.

# %% [markdown] lang="en"
# *The figure: both lines are nearly straight; the contractive autoencoder's is always about a third lower.*
#
# The interesting thing is that it does not contract all directions alike. Random noise (which makes no other digit) moves the code about a third less; shifting the whole image by one pixel (a real change of handwriting) moves it only 13% less. And not because the shift is a bigger change: it moves an image by 5.3 on average, about as far as noise of $\sigma = 0.2$ does (5.6), where the code moves about a third less as well (0.163 instead of 0.241). The reconstruction error keeps the directions that must be told apart, the penalty squeezes the others. The price: the error rises from 5.9 to 12.4.
#
# ## 5 · The denoising autoencoder
#
# Instead of penalising sensitivity, **train** the network to withstand noise: give it a damaged image and ask for the clean one (Vincent et al., 2008, 2010). There are many ways to damage; `data.add_noise` has three:
#
# - **Gaussian noise**: add $\mathcal{N}(0, \sigma^2)$ to each pixel, then cut off to $[0, 1]$;
# - **masking noise**: each pixel becomes 0 with a given probability;
# - **salt-and-pepper noise**: each pixel becomes, with a given probability, 0 or 1, half of the time each.

# %%
amounts = {"gaussian": 0.4, "mask": 0.5, "salt-pepper": 0.25}
torch.manual_seed(0)
noisy = {kind: data.add_noise(x_test, kind, amount) for kind, amount in amounts.items()}
names = (
    tr("nhiễu Gauss", "Gaussian"),
    tr("nhiễu che", "masking"),
    tr("nhiễu muối tiêu", "salt-and-pepper"),
)
rows = {tr("ảnh sạch", "clean"): x_test} | dict(zip(names, noisy.values(), strict=True))
plots.plot_images(
    {name: images[:8] for name, images in rows.items()},
    title=tr("Ba loại nhiễu", "Three kinds of noise"),
)

# %% [markdown] lang="vi"
# *Hình: cùng tám chữ số. Nhiễu Gauss ($\sigma = 0{,}4$) phủ hạt xám lên nền; nhiễu che đục thủng nét chữ nhưng vẫn để nền đen; nhiễu muối tiêu rắc chấm trắng lên cả nền.*
#
# ### Lượt của bạn
#
# Viết nhiễu che: mỗi điểm ảnh của `x` bị đặt về 0 với xác suất `share`, độc lập với các điểm khác; chính tensor `x` phải giữ nguyên. `x` có kích thước $(N, 1, 28, 28)$; mỗi ảnh có một mặt nạ riêng. Có sẵn `torch.rand_like(x)`: mỗi điểm ảnh một số ngẫu nhiên từ 0 đến 1.

# %% [markdown] lang="en"
# *The figure: the same eight digits. Gaussian noise ($\sigma = 0.4$) covers the background with grey grain; masking noise punches holes into the strokes but leaves the background black; salt-and-pepper noise strews white dots over the background too.*
#
# ### Your turn
#
# Write masking noise: each pixel of `x` becomes 0 with probability `share`, independently of the others, and `x` itself stays as it is. `x` has shape $(N, 1, 28, 28)$; every image gets a mask of its own. You have `torch.rand_like(x)`: a random number from 0 to 1 for each pixel.


# %% tags=["exercise"]
def mask_noise(x, share):
    ### BEGIN SOLUTION
    return x * (torch.rand_like(x) >= share)
    ### END SOLUTION


# %%
checks.check_mask_noise(mask_noise)

# %% [markdown] lang="vi"
# Autoencoder khử nhiễu là mạng MLP 16 chiều của phần 2, thêm đúng một bước: khi huấn luyện, mỗi batch bị làm hỏng bằng một loại nhiễu chọn ngẫu nhiên; mức độ cũng chọn ngẫu nhiên, từ không nhiễu đến nặng hơn hình trên một phần tư, để mức nhiễu khi kiểm tra nằm trong những gì mạng đã gặp. `fit` vẫn so kết quả với ảnh sạch.
#
# ⏱ Khoảng 5 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# The denoising autoencoder is the MLP with 16 dimensions of section 2 with one step added: in training each batch is damaged by a random kind of noise, to a random degree: from none to a quarter more than in the figure above, so that the amounts of the test lie inside what it has seen. `fit` still compares the result with the clean image.
#
# ⏱ About 5 seconds on two CPU cores; a GPU is much faster.


# %%
class DenoisingAutoencoder(models.MLPAutoencoder):
    def forward(self, x):
        if self.training:
            kind = list(amounts)[torch.randint(3, ())]
            amount = 1.25 * amounts[kind] * torch.rand(()).item()
            x = data.add_noise(x, kind, amount)
        return super().forward(x)


torch.manual_seed(0)
denoising = DenoisingAutoencoder(latent_dim=16)
history = training.fit(denoising, train_set, loss=recon_loss, **recipe)

# %%
denoising.cpu().eval()
inputs = tr("đầu vào", "input"), "AE", tr("khử nhiễu", "denoising")
print(f"{'':15} {inputs[0]:>8} {inputs[1]:>8} {inputs[2]:>10}")
for name, images in rows.items():
    itself = losses.reconstruction_loss(images, x_test)
    redrawn = error(narrow[16], images), error(denoising, images)
    print(f"{name:15} {itself:8.1f} {redrawn[0]:8.1f} {redrawn[1]:10.1f}")

# %%
blocks = {}
for name, images in zip(names, noisy.values(), strict=True):
    few = images[:6]
    with torch.no_grad():
        redrawn = few, narrow[16](few)[0], denoising(few)[0]
    blocks |= {f"{name}: {kind}": x for kind, x in zip(inputs, redrawn, strict=True)}
plots.plot_images(
    blocks,
    title=tr(
        "Ba loại nhiễu, hai autoencoder", "Three kinds of noise, two autoencoders"
    ),
)

# %% [markdown] lang="vi"
# *Hình: mỗi loại nhiễu ba hàng: ảnh hỏng, autoencoder thường, autoencoder khử nhiễu. Với nhiễu che, hàng thứ hai mờ nhưng đọc được; với hai loại kia, ở đó chỉ còn nhận ra số 0 và số 4, các hình khác là những vệt không phải chữ số. Hàng ba trả lại chữ số sạch, thỉnh thoảng đoán nhầm: với nhiễu muối tiêu, số 4 thành số 9.*
#
# Bảng số nói rõ hơn. Với nhiễu Gauss, kết quả của autoencoder ở phần 2 không hề sạch hơn đầu vào (hai con số trùng nhau đến hàng phần mười chỉ là tình cờ); với nhiễu che, nó khá hơn chừng một phần năm (31,2 so với 40,1); với nhiễu muối tiêu, sai số giảm gần một nửa (48,9 so với 94,7). Mạng khử nhiễu thì chỉ sai từ 16,4 đến 18,9 với cả ba loại. Cái giá nằm ở dòng đầu: trên ảnh sạch, nó sai 14,2 thay vì 11,2. Mã *hẹp* đôi khi có ích, nhưng không thể trông cậy vào nó: gặp ảnh hỏng, một mạng chưa từng thấy ảnh như thế có thể phản ứng rất bất ngờ.
#
# ## 6 · Bộ tự mã hóa biến phân (variational autoencoder, VAE)
#
# Loại thứ năm bạn đã biết: nhiễu không thêm vào ảnh mà thêm vào *mã*, $z = \mu + \sigma \odot \varepsilon$, và KL kéo các mã về $\mathcal{N}(0, I)$. Vẫn là mạng MLP 16 chiều ấy, với $B = 10$ như bài 04:
#
# ⏱ Khoảng 5 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# *The figure: three rows for each kind of noise: the damaged images, the plain autoencoder, the denoising one. Under masking noise its second row is dim but can be read; under the other two only the 0 and the 4 can still be told there, and the rest are smears that are no digits. Row three gives clean digits back, with a wrong guess now and then: under salt-and-pepper noise the 4 becomes a 9.*
#
# The numbers say it more plainly. Under Gaussian noise the output of section 2's autoencoder is no cleaner than its input (that the two are equal to the decimal is chance); under masking noise it is about a fifth better (31.2 against 40.1), under salt-and-pepper noise about twice as good (48.9 against 94.7). The denoising network's error is 16.4 to 18.9 in all three. The price stands in the first line: on clean images it is 14.2 instead of 11.2. Being *narrow* helps now and then, but it cannot be relied on: a network that has never met a damaged image may react to it in unexpected ways.
#
# ## 6 · The variational autoencoder (VAE)
#
# The fifth kind you know already: the noise is put not on the image but on the *code*, $z = \mu + \sigma \odot \varepsilon$, and the KL pulls the codes towards $\mathcal{N}(0, I)$. It is the same MLP with 16 dimensions, with $B = 10$ as in lesson 04:
#
# ⏱ About 5 seconds on two CPU cores; a GPU is much faster.


# %%
class MLPVAE(models.MLPAutoencoder):
    def __init__(self, latent_dim):
        super().__init__(latent_dim)
        self.encoder[-1] = nn.Linear(256, 2 * latent_dim)  # mu and logvar side by side

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=1)

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.decode(z), mu, logvar


# %%
torch.manual_seed(0)
vae = MLPVAE(latent_dim=16)
history = training.fit(vae, train_set, loss=partial(losses.vae_loss, B=10), **recipe)

# %% [markdown] lang="vi"
# Trong năm loại, chỉ loại này cho biết nên lấy $z$ *ở đâu* để sinh ảnh. Ta thử lấy $z$ ngẫu nhiên cho ba mô hình 16 chiều: autoencoder thường (được ưu ái: $z$ có đúng trung bình và độ lệch chuẩn (standard deviation) của từng chiều của mã), VAE vừa huấn luyện, và `vae-16d`, một VAE tích chập huấn luyện sẵn trên 60.000 ảnh qua 20 epoch, với $B = 40$ (hai VAE chỉ được nhận $z \sim \mathcal{N}(0, I)$).

# %% [markdown] lang="en"
# Of the five, only this kind says *where* to take a $z$ from to make new images. Try random $z$ with three models of 16 dimensions: the plain autoencoder (with a favour: its $z$ get the mean and the standard deviation of each dimension of its codes), the VAE just trained, and `vae-16d`, a convolutional VAE trained beforehand on 60,000 images for 20 epochs, with $B = 40$ (both VAEs get $z \sim \mathcal{N}(0, I)$ and nothing else).

# %%
vae.cpu().eval()
pretrained = models.load_pretrained("vae-16d")
for name, model in (("AE", narrow[16]), ("VAE", vae), ("vae-16d", pretrained)):
    deviations = code(model, x_test).std(dim=0)
    print(
        f"{name:8} {tr('độ lệch chuẩn của mã', 'standard deviation of the codes')}: "
        f"{deviations.min():.1f} … {deviations.max():.1f}"
    )

# %%
torch.manual_seed(0)
z = torch.randn(10, 16)
ae_codes = code(narrow[16], x_test)
with torch.no_grad():
    samples = {
        "AE": narrow[16].decode(ae_codes.mean(dim=0) + z * ae_codes.std(dim=0)),
        "VAE": vae.decode(z),
        "vae-16d": pretrained.decode(z),
    }
plots.plot_images(samples, title=tr("Từ z ngẫu nhiên", "From random z"))

# %% [markdown] lang="vi"
# *Hình, mỗi hàng một mô hình: hàng một (AE) phần lớn là những mảnh rời của nét chữ; hàng hai (VAE nhỏ) mờ, vài hình đọc được là 7, 8, 0; hàng ba (`vae-16d`) nét hơn hẳn, có những chữ số rõ như 2, 4, 8, và vẫn có hình hỏng.*
#
# Ba dòng in phía trên hình cho thấy KL làm gì: mã của AE phân tán tùy ý (độ lệch chuẩn từ 2,2 đến 3,5 tùy chiều), còn ở VAE, độ lệch chuẩn ấy bị kéo về gần 1, như prior. Sau vài giây huấn luyện, mã của VAE nhỏ còn trải hơi rộng (1,1 đến 1,3); lý tưởng thì phương sai của các $\mu$ cộng với trung bình của $\sigma^2$ bằng đúng 1 như prior, nên độ lệch chuẩn trên 1 là quá rộng.
#
# Vậy hình này chưa cho thấy VAE nhỏ vẽ đẹp hơn AE: AE được mượn trung bình và độ lệch chuẩn của chính các mã của nó, còn trong hàm mất mát của VAE nhỏ, KL chiếm chưa đến một phần tư (34,6 trong 148,1 ở epoch cuối). Điều hình cho thấy là: với VAE, ta sinh ảnh được mà không cần nhìn một mã nào. Hàng ba thì thay đổi nhiều thứ cùng lúc: mạng tích chập, số ảnh gấp 5 lần, nhiều epoch hơn và $B = 40$.
#
# ## 7 · Tất cả trong một bảng
#
# Mỗi con số dưới đây được đo trên cùng 2.000 ảnh kiểm tra:
#
# - **sai số**: tổng bình phương sai số mỗi ảnh;
# - **khi có nhiễu**: sai số so với ảnh *sạch*, khi đầu vào có nhiễu Gauss $\sigma = 0{,}3$ (có cắt về $[0, 1]$ như ở phần 5, nên trong $784 \cdot 0{,}3^2 = 70{,}6$ chỉ còn lại khoảng một nửa);
# - **mã dịch đi**: quãng đường của mã khi ảnh có nhiễu $\sigma = 0{,}1$ (không cắt), chia cho độ phân tán (như phần 4);
# - **hoạt động**: tỉ lệ những con số trong mã có trị tuyệt đối ít nhất bằng một phần mười con số lớn nhất của mã ấy (như phần 3);
# - **chiều được dùng**: số chiều có phương sai ít nhất bằng 1 % phương sai của chiều phân tán nhất.
#
# Hàng đầu của bảng là một baseline ngây thơ, cố ý đưa vào: "mã" chính là 784 điểm ảnh.

# %% [markdown] lang="en"
# *The figure, one model in each row: row one (AE) is mostly loose pieces of strokes; row two (the small VAE) is blurry, a few can be read as 7, 8, 0; row three (`vae-16d`) is much crisper, with clear digits such as 2, 4, 8, and still some failures.*
#
# The three lines above the figure show what the KL does: the AE's codes spread as they like (standard deviations from 2.2 to 3.5 by dimension), while in a VAE that standard deviation is pulled towards 1, the prior's. After a few seconds of training the small VAE still spreads a little wide (1.1 to 1.3); ideally the variance of the $\mu$ and the mean of $\sigma^2$ add up to the prior's 1, so a standard deviation above 1 is too wide.
#
# So this figure does not show the small VAE drawing better than the AE: the AE was lent the mean and the standard deviation of its own codes, and in the small VAE's loss the KL is less than a quarter (34.6 of 148.1 in the last epoch). What it shows is that a VAE can be sampled without looking at a single code. Row three changes several things at once: convolutions, five times the images, more epochs, and $B = 40$.
#
# ## 7 · All in one table
#
# Each number below is measured on the same 2,000 test images:
#
# - **error**: squared error summed over an image;
# - **noisy**: error against the *clean* image when the input has Gaussian noise, $\sigma = 0.3$ (cut off to $[0, 1]$ as in section 5, so that of $784 \cdot 0.3^2 = 70.6$ about half remains);
# - **code moves**: how far the code goes under noise of $\sigma = 0.1$ (not cut off), divided by the spread (as in section 4);
# - **active**: the share of a code's numbers that are, in absolute value, at least a tenth of the largest in that code (as in section 3);
# - **in use**: dimensions whose variance is at least 1% of that of the most spread one.
#
# The first row is a rival that is naive on purpose: its "code" is the 784 pixels themselves.


# %%
class Copy:
    def encode(self, x):
        return x.flatten(1)

    def decode(self, z):
        return z.view(-1, 1, 28, 28)


# %%
torch.manual_seed(0)
x_noisy = data.add_noise(x_test, "gaussian", 0.3)


def measure(model):
    z = code(model, x_test)
    active = (z.abs() > 0.1 * z.abs().amax(dim=1, keepdim=True)).float().mean()
    used = (z.var(dim=0) > 0.01 * z.var(dim=0).max()).sum()
    moves = movement(model, x_test + 0.1 * noise)
    errors = f"{error(model, x_test):.1f} | {error(model, x_noisy):.1f}"
    return f"{errors} | {moves:.0%} | {active:.0%} | {used} / {z.shape[1]}"


# %%
kinds = {
    tr("chép lại", "copying"): Copy(),
    "PCA": PCAModel(16),
    tr("nút thắt hẹp", "undercomplete"): narrow[16],
    tr("khử nhiễu", "denoising"): denoising,
    tr("biến phân (VAE)", "variational (VAE)"): vae,
    tr("rộng, không phanh", "wide, no brake"): wide,
    tr("thưa, L1", "sparse, L1"): sparse["ReLU + L1"],
    tr("thưa, KL", "sparse, KL"): sparse["sigmoid + KL"],
    tr("co", "contractive"): contractive,
    "`vae-16d`": pretrained,
}

# %%
from IPython.display import Markdown

head = tr(
    "loại | sai số | khi có nhiễu | mã dịch đi | hoạt động | chiều được dùng",
    "kind | error | noisy | code moves | active | in use",
)
rows = [head, "--- | ---: | ---: | ---: | ---: | ---:"]
rows += [f"{name} | {measure(model)}" for name, model in kinds.items()]
Markdown("\n".join(f"| {row} |" for row in rows))

# %% [markdown] lang="vi"
# *Bảng: mỗi hàng một loại. Bốn hàng PCA, bottleneck hẹp, khử nhiễu, biến phân dùng mã 16 số; bốn hàng sau dùng mã 800 số (và được huấn luyện 5 epoch thay vì 8), nên chỉ so sai số trong cùng một nhóm.*
#
# Đọc bảng:
#
# - **Chép lại** có sai số 0, thấp nhất bảng, và vô dụng: 784 số cho 784 điểm ảnh, nhiễu còn nguyên (36,5). Vậy sai số một mình chưa phải là mục tiêu.
# - **Cùng 16 số**: bottleneck hẹp và VAE tái tạo tốt nhất (11,2 và 11,3), rồi đến khử nhiễu (14,2) và PCA (20,3). Khi có nhiễu thì thứ tự đảo lộn: mạng khử nhiễu gần như không suy suyển (14,9), PCA chỉ lên 24,8 vì phép chiếu bỏ đi hầu hết 784 hướng của nhiễu, còn bottleneck hẹp lên 44,0, tệ hơn cả chép lại. Nhớ rằng cột này là sân nhà của mạng khử nhiễu: nó đã được luyện với nhiễu Gauss.
# - **VAE** gần giống bottleneck hẹp ở mọi cột. Nhiễu của nó nằm trên mã, không nằm trên ảnh, nên khi ảnh có nhiễu, nó không khá hơn (43,0). Điều nó thêm vào không có trong bảng: một chỗ để lấy $z$.
# - **Rộng, không phanh** có kết quả khá tốt ở hai cột đầu (5,9 và 19,7), và điều đó đáng suy nghĩ: hai cột ấy không đòi hỏi mã phải gọn. Nó cũng không chép y nguyên (chép lại cho 0 và 36,5); có lẽ ma trận dùng chung và năm epoch ngắn ngủi đã hãm nó phần nào. Thứ nó thiếu chính là thứ mà các hàng kia phải trả giá để có: mã của nó dài hơn cả ảnh, mỗi ảnh dùng đến 77 % số đơn vị, và nét vẽ của các đơn vị thì không đọc được (phần 3).
# - **Thưa** chỉ để 3 % (L1) hay 21 % (KL) số đơn vị hoạt động với mỗi ảnh; với L1, chỉ 187 trong 800 đơn vị thay đổi đáng kể: hàm phạt gần như đã tắt hẳn những đơn vị còn lại, nên mã này hẹp hơn ta tưởng. Đổi lại, sai số cao hơn, và cả hai rất kém chịu nhiễu (166,5 và 103,3). Vì sao, ta xem ngay dưới đây.
# - **Co** làm đúng điều nó hứa: mã dịch đi 8 % thay vì 12 %. Nhưng lời hứa ấy nói về mã, không nói về ảnh tái tạo: khi có nhiễu, sai số của nó (24,8) còn cao hơn của mạng không phanh (19,7).
# - **`vae-16d`** chỉ sai 5,0, nhưng đừng quy công cho chữ "biến phân": đó là mạng tích chập, được học số ảnh gấp 5 lần, qua 20 epoch, với $B = 40$. Muốn so các loại với nhau, hãy dùng cùng một mạng và cùng một thời gian huấn luyện.
#
# ### Nhiễu làm gì với mã thưa?
#
# Hai con số 166,5 và 103,3 lớn đến mức đáng ngờ: để nguyên nhiễu không đụng đến, như hàng chép lại, cũng chỉ sai 36,5. Vậy hãy nhìn vào mã: bao nhiêu đơn vị vượt mức 0,1 khi ảnh sạch, khi ảnh có nhiễu $\sigma = 0{,}3$ cắt về $[0, 1]$ (như trong bảng), và khi nhiễu ấy không bị cắt?

# %% [markdown] lang="en"
# *The table: one kind in each row. PCA, undercomplete, denoising and variational have codes of 16 numbers; the four rows after them have codes of 800 (and were trained for 5 epochs instead of 8), so compare errors within one group only.*
#
# How to read it:
#
# - **Copying** has the error 0, the lowest of all, and is useless: 784 numbers for 784 pixels, with the noise untouched (36.5). So the error alone cannot be the aim.
# - **With the same 16 numbers** the undercomplete network and the VAE reconstruct best (11.2 and 11.3), then come denoising (14.2) and PCA (20.3). Noise upsets the order: the denoising network hardly notices (14.9), PCA only rises to 24.8 because its projection drops most of the noise's 784 directions, and the undercomplete one rises to 44.0, worse than copying. Remember that the denoising network plays at home in this column: it was trained with Gaussian noise.
# - **The VAE** is close to the undercomplete network in every column. Its noise is on the code and not on the image, so it withstands noise no better (43.0). What it adds is not in the table: a place to take $z$ from.
# - **Wide, no brake** does well in the first two columns (5.9 and 19.7), and that deserves a thought: these columns do not ask the code to be concise. It does not simply copy either (copying gives 0 and 36.5); perhaps the shared matrix and five short epochs held it back. What it lacks is what the other rows pay for: its code is longer than the image, each image uses 77% of it, and what its units draw cannot be read (section 3).
# - **Sparse** lets only 3% (L1) or 21% (KL) of the units be active in an image; with L1 only 187 of the 800 units vary noticeably: the penalty has all but switched the others off for good, so the code is narrower than it looks. The price is a higher error, and both break easily under noise (166.5 and 103.3). Why, we shall see just below.
# - **Contractive** does what it promises: the code moves 8% instead of 12%. But the promise is about the code, not about the reconstruction: under noise its error (24.8) is even higher than with no brake (19.7).
# - **`vae-16d`** has an error of only 5.0, but do not put that down to the word "variational": it is a convolutional network, trained on 5 times the images for 20 epochs, with $B = 40$. Compare kinds on one network with one training time.
#
# ### What does noise do to a sparse code?
#
# 166.5 and 103.3 are suspiciously large: leaving the noise untouched, as copying does, costs only 36.5. So look into the code: how many units exceed 0.1 when the image is clean, when it has noise of $\sigma = 0.3$ cut off to $[0, 1]$ (as in the table), and when that noise is not cut off?

# %%
seen = {
    tr("sạch", "clean"): x_test,
    tr("có cắt", "cut off"): x_noisy,
    tr("không cắt", "not cut"): x_test + 0.3 * noise,
}
for name, model in sparse.items():
    for kind, images in seen.items():
        awake = (code(model, images) > 0.1).float().mean()
        wrong = f"{tr('sai số', 'error')} {error(model, images):5.1f}"
        print(f"{name:13} {kind:9} {wrong}   z > 0.1: {awake:5.1%}")

# %%
l1 = sparse["ReLU + L1"]
with torch.no_grad():
    asleep = l1.decode(torch.zeros(len(x_test), 800))
    rows = {
        tr("ảnh nhiễu", "noisy"): x_noisy[:8],
        tr("vẽ lại", "redrawn"): l1(x_noisy[:8])[0],
        "z = 0": asleep[:8],
    }
print(f"z = 0: {losses.reconstruction_loss(asleep, x_test):.1f}")
plots.plot_images(rows, title=tr("Mạng L1 khi có nhiễu", "The L1 network under noise"))

# %% [markdown] lang="vi"
# *Hình: hàng một là ảnh nhiễu; hàng hai, mạng L1 trả lại những ô gần như xám đều, chỉ vài ô còn thoáng vết chữ; hàng ba là ảnh mạng vẽ khi mọi đơn vị đều tắt, cũng xám như thế.*
#
# Nhiễu không đánh thức các đơn vị mà ru chúng ngủ: với L1, tỉ lệ đơn vị trên 0,1 rơi từ 4,5 % xuống 0,1 %, và sai số 166,5 gần bằng sai số của bức ảnh vẽ từ $z = 0$ (169,2). Ngay cả nền đen cũng do các đơn vị vẽ, nên chúng tắt thì chỉ còn nền xám. Thủ phạm không phải là hạt nhiễu: không cắt, cùng lượng nhiễu ấy chỉ đưa sai số từ 9,8 lên 13,8. Chính việc cắt ở 0 làm nền đen sáng lên, trung bình $0{,}3/\sqrt{2\pi} \approx 0{,}12$ ở mỗi điểm; mỗi đơn vị cộng lớp màn sáng ấy qua 784 trọng số của nó, mà theo chúng tôi đo, mọi đơn vị đang được dùng đều có tổng trọng số âm, nên bị màn sáng kéo xuống.
#
# Có phải tại hàm phạt? Mạng KL cũng thiếp đi (từ 21,0 % còn 1,4 %), nhưng mạng ReLU *không phạt* cũng vậy (từ 35,2 % còn 1,6 %, sai số 143,9); trong bốn mạng rộng này, chỉ mạng sigmoid không phạt còn thức (54,5 %). Vậy thưa không nhất thiết có nghĩa là kém chịu nhiễu, và một con số trong bảng chưa nói lên nguyên nhân: phải nhìn vào bên trong.
#
# Không có loại tốt nhất, chỉ có loại hợp việc: muốn nén thì hẹp, muốn những nét vẽ đọc được bằng mắt thì thưa, muốn làm sạch ảnh thì khử nhiễu, muốn sinh ảnh thì biến phân. Cũng có thể kết hợp nhiều phanh với nhau.
#
# ## Tự kiểm tra
#
# <details><summary><b>Autoencoder tuyến tính có phải là PCA không?</b></summary>
#
# Nó tìm đúng không gian con và đúng sai số của PCA, nhưng không tìm ra các trục: cơ sở nào của không gian con ấy cũng cho cùng một giá trị mất mát.
# </details>
#
# <details><summary><b>Mã có nhất thiết phải nhỏ hơn đầu vào không?</b></summary>
#
# Không. Cần một cái phanh để mạng không chỉ chép lại: hẹp, thưa, co, khử nhiễu và nhiễu trên mã (VAE) đều là phanh.
# </details>
#
# <details><summary><b>Autoencoder co và autoencoder khử nhiễu khác nhau thế nào?</b></summary>
#
# Loại co phạt độ nhạy của mã trước những thay đổi vô cùng nhỏ, tại chính ảnh huấn luyện. Loại khử nhiễu được luyện để tái tạo đúng cả khi đầu vào có nhiễu lớn: từ ảnh hỏng, nó phải tìm về ảnh sạch.
# </details>
#
# ## Tóm tắt
#
# - Autoencoder tuyến tính tìm ra không gian con của PCA (góc chính dưới một độ), nhưng không tìm ra các trục; thêm phi tuyến thì ở 8–16 chiều, sai số còn chưa đến hai phần ba của PCA.
# - Điều một autoencoder học được do cái phanh quyết định: bottleneck hẹp, mã thưa (L1, KL), mã co (chuẩn Frobenius của ma trận Jacobi), ảnh hỏng ở đầu vào, hay nhiễu trên mã.
# - Không con số nào đủ một mình: hãy đo sai số, độ thưa, độ bền trước nhiễu và số chiều được dùng trên cùng những ảnh kiểm tra, và so những mạng được huấn luyện như nhau.

# %% [markdown] lang="en"
# *The figure: row one holds the noisy images; in row two the L1 network returns squares that are almost evenly grey, with a trace of writing in a few only; row three is what it draws when every unit is off: the same grey.*
#
# Noise does not wake the units, it puts them to sleep: with L1 the share above 0.1 falls from 4.5% to 0.1%, and the error of 166.5 is close to that of the picture drawn from $z = 0$ (169.2). Even the black background is drawn by the units; with them off, grey is what remains. The grain is not to blame: not cut off, the same noise raises the error from 9.8 to only 13.8. It is the cutting at 0 that makes the black background brighter, by $0.3/\sqrt{2\pi} \approx 0.12$ per pixel on average; each unit adds that veil of light up over its 784 weights, and in every unit in use, as we measured, the weights sum to less than 0, so the veil pulls it down.
#
# Is the penalty to blame? The KL network falls asleep too (from 21.0% to 1.4%), but so does the ReLU network *without* penalty (from 35.2% to 1.6%, error 143.9); of these four wide networks only the sigmoid one without penalty stays awake (54.5%). So sparse need not mean sensitive to noise, and a number in a table does not tell its cause: one has to look inside.
#
# There is no best kind, only one that suits the task: narrow to compress, sparse for strokes one can read, denoising to clean images, variational to make them. The brakes can be combined, too.
#
# ## Test yourself
#
# <details><summary><b>Is a linear autoencoder PCA?</b></summary>
#
# It finds PCA's subspace and PCA's error, but not its axes: every basis of that subspace gives the same loss.
# </details>
#
# <details><summary><b>Must the code be smaller than the input?</b></summary>
#
# No. There must be a brake, so that the network does not just copy: narrow, sparse, contractive, denoising, and noise on the code (the VAE) are all brakes.
# </details>
#
# <details><summary><b>How do a contractive and a denoising autoencoder differ?</b></summary>
#
# The contractive one penalises how sensitive the code is to infinitely small changes, at the training images themselves. The denoising one is trained to reconstruct rightly even when the input is very noisy, and must bring it back to the clean image.
# </details>
#
# ## Recap
#
# - A linear autoencoder finds PCA's subspace (principal angles below one degree) but not its axes; with nonlinearity the error at 8–16 dimensions is less than two thirds of PCA's.
# - What an autoencoder learns is decided by its brake: a narrow bottleneck, a sparse code (L1, KL), a contractive code (Frobenius norm of the Jacobian), damaged inputs, or noise on the code.
# - No number is enough by itself: measure error, sparsity, robustness to noise and dimensions in use on the same test images, and compare networks that were trained alike.
