# %% [markdown] lang="vi"
# # Bài 05 · Huấn luyện
#
# *Làm sao biến 60.000 ảnh và một mạng chưa biết gì thành một mạng vẽ được chữ số?* Bài này đi lại từng bước từ III.1
# đến III.8 của bài tập: trước hết viết **vòng lặp huấn luyện** (training loop) ra thật rõ ràng, rồi giao việc ấy cho hàm `fit`
# của khóa học, cùng cách làm nhưng nhanh hơn, có log, có lưu giữa chừng.
#
# Cả bài mất khoảng một phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 05 · Training
#
# *How do 60,000 images and a network that knows nothing become a network that draws digits?* This lesson walks through
# steps III.1 to III.8 of the exercise: first the **training loop** written out in full, then the course's `fit`, which
# follows the same recipe but is faster, keeps a log, and saves its work on the way.
#
# The whole lesson takes about a minute on two CPU cores.

# %% [markdown] lang="vi"
# ## III.1–III.2 · Thư viện và thiết bị

# %% [markdown] lang="en"
# ## III.1–III.2 · Libraries and device

# %%
from datetime import datetime
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from vae_helpers import checks, data, losses, models, plots, tr, training

device = training.default_device()
print(tr("Thiết bị:", "Device:"), device)

# %% [markdown] lang="vi"
# ## III.3 · Siêu tham số (hyperparameter) và dữ liệu
#
# Đây là những con số của bài tập, giữ nguyên. Chỉ có `EPOCHS` được hạ xuống 3 để bài chạy nhanh trên CPU. Muốn huấn
# luyện trọn vẹn, bạn đổi nó thành 500, ngoài ra không phải sửa gì: mỗi epoch khoảng 18 giây, nên 500 epoch mất chừng hai tiếng rưỡi trên CPU
# hai nhân, còn trên GPU thì nhanh hơn nhiều. Nếu bị ngắt giữa chừng, bạn cứ chạy lại cả notebook: việc huấn luyện đi tiếp từ
# epoch đã lưu.

# %% [markdown] lang="en"
# ## III.3 · Hyperparameters and data
#
# These are the exercise's figures, unchanged. Only `EPOCHS` is cut to 3, so that the lesson runs quickly on a CPU. For
# the full training change it to 500, nothing else: at about 18 seconds an epoch, 500 epochs take some two and a half hours on two CPU cores, and far less on a GPU. After a break run the whole notebook again: the training goes on from the last
# epoch that was saved.

# %%
batch_size = 256
channels, img_size = 1, 28
latent_dim = 2
EPOCHS = 3  # 500

dataset = data.load_mnist()
print(dataset)

# %% [markdown] lang="vi"
# ## III.4 · Chia dữ liệu và tạo DataLoader
#
# 80 % số ảnh để huấn luyện (training), 20 % để **kiểm định** (validation): mô hình không bao giờ được học từ phần thứ hai,
# nên sai số trên đó cho biết nó có thật sự hiểu chữ số hay chỉ thuộc lòng. Mỗi epoch, `DataLoader` phát ảnh theo từng
# batch 256 ảnh, và `shuffle=True` xáo trộn lại thứ tự.

# %% [markdown] lang="en"
# ## III.4 · Split and DataLoader
#
# 80% of the images are for training, 20% for **validation**: the model never learns from the second part, so the
# error there tells whether it understands digits or only knows its images by heart. In every epoch the `DataLoader`
# deals out the images in batches of 256, and `shuffle=True` shuffles them anew.

# %%
train_set, val_set = data.split(dataset, (0.8, 0.2), seed=1)
train_loader = DataLoader(train_set, batch_size=batch_size, shuffle=True)
val_loader = DataLoader(val_set, batch_size=batch_size)
print(
    tr("Huấn luyện:", "Training:"),
    len(train_set),
    "·",
    tr("Kiểm định:", "Validation:"),
    len(val_set),
)

# %% [markdown] lang="vi"
# Số batch trong một epoch là số ảnh chia cho 256, làm tròn lên. Batch cuối thường ít ảnh hơn, ở đây là 128. Hãy nhớ điều đó: đến lúc
# tính trung bình cả epoch, nó phải có trọng số nhỏ hơn các batch kia.

# %% [markdown] lang="en"
# The number of batches in an epoch is the number of images divided by 256, rounded up. The last batch usually holds
# fewer images, here 128. Remember that: when we average over the epoch, it must count for less than the others.

# %%
batch_sizes = [len(labels) for _, labels in train_loader]
print(
    len(batch_sizes), tr("batch:", "batches:"), batch_sizes[:3], "…", batch_sizes[-3:]
)

# %% [markdown] lang="vi"
# ## III.5 · Mô hình
#
# Bộ mã hóa (encoder) thu ảnh $28 \times 28$ xuống $7 \times 7$ bằng hai lớp tích chập (convolution) bước 2, rồi hai lớp tuyến tính cho ra $\mu$ và $\log\sigma^2$.
# Bộ giải mã (decoder) đi ngược lại bằng tích chập chuyển vị (transposed convolution). Bài 02 giải thích từng lớp; ở đây ta gõ lại trọn vẹn.

# %% [markdown] lang="en"
# ## III.5 · The model
#
# The encoder takes a $28 \times 28$ image down to $7 \times 7$ with two convolutions of stride 2, and two linear layers
# give $\mu$ and $\log\sigma^2$. The decoder goes back up with transposed convolutions. Lesson 02 explains each layer;
# here we type it in full.


# %%
class VAE(nn.Module):
    def __init__(self, channels, latent_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, kernel_size=3, padding=1)  # → 28×28
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1)  # → 14×14
        self.conv3 = nn.Conv2d(32, 64, kernel_size=3, stride=2, padding=1)  # → 7×7
        self.fc_mu = nn.Linear(64 * 7 * 7, latent_dim)  # 3136 → μ
        self.fc_logvar = nn.Linear(64 * 7 * 7, latent_dim)  # 3136 → log σ²
        self.fc_decode = nn.Linear(latent_dim, 64 * 7 * 7)
        self.deconv1 = nn.ConvTranspose2d(
            64, 32, 3, stride=2, padding=1, output_padding=1
        )  # → 14×14
        self.deconv2 = nn.ConvTranspose2d(
            32, 16, 3, stride=2, padding=1, output_padding=1
        )  # → 28×28
        self.conv_final = nn.Conv2d(16, channels, kernel_size=3, padding=1)

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

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


# %% [markdown] lang="vi"
# `torchsummary` in ra bảng kiến trúc: mỗi lớp, kích thước đầu ra và số tham số. Tổng cộng phải đúng **68.485**.

# %% [markdown] lang="en"
# `torchsummary` prints the table of layers: each with the shape of its output and its parameters. The total must be
# **68,485**.

# %% tags=["nbval-check-output"]
models.summary(VAE(channels, latent_dim), input_size=(channels, img_size, img_size))

# %% [markdown] lang="vi"
# Gói `vae_helpers` có sẵn đúng mô hình này, cùng tên lớp, nên trọng số chuyển qua lại được giữa hai bên:

# %% [markdown] lang="en"
# The package `vae_helpers` holds this very model with the same layer names, so weights pass both ways:

# %% tags=["nbval-check-output"]
print(models.VAE().load_state_dict(VAE(channels, latent_dim).state_dict()))

# %% [markdown] lang="vi"
# ## III.6 · Hàm mất mát (loss)
#
# $$\mathcal{L} = B \cdot \underbrace{\sum_{\text{điểm ảnh}} (x - \hat x)^2}_{\text{tái tạo}} \;+\;
# \underbrace{-\tfrac12 \sum_{j} \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right)}_{\text{KL}},
# \qquad \text{lấy trung bình trên batch, } B = 1000.$$
#
# Đây là số đối của ELBO (sai khác một hằng số): ELBO thì *cực đại hóa*, còn hàm mất mát (loss) thì *cực tiểu hóa*. Bài 04 suy ra nó.
#
# Trong mã, `F.mse_loss` lấy trung bình trên mọi điểm ảnh của cả batch. Nhân với $C \cdot H \cdot W$, tức số điểm ảnh của một ảnh, ta được *tổng*
# trên các điểm ảnh, lấy trung bình trên batch, đúng như công thức.

# %% [markdown] lang="en"
# ## III.6 · The loss
#
# $$\mathcal{L} = B \cdot \underbrace{\sum_{\text{pixels}} (x - \hat x)^2}_{\text{reconstruction}} \;+\;
# \underbrace{-\tfrac12 \sum_{j} \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right)}_{\text{KL}},
# \qquad \text{averaged over the batch, } B = 1000.$$
#
# This is the negative of the ELBO, up to a constant: the ELBO is *maximised*, a loss is *minimised*. Lesson 04
# derives it.
#
# In the code, `F.mse_loss` averages over all pixels of the whole batch. Times $C \cdot H \cdot W$, the number of pixels
# of one image, that is the *sum* over the pixels, averaged over the batch, as the formula says.


# %%
def loss_function(recon, x, mu, logvar, B=1000):
    C, H, W = x.shape[1:]
    recon_loss = F.mse_loss(recon, x) * C * H * W
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    return B * recon_loss + kl.mean(), recon_loss, kl.mean()


# %% [markdown] lang="vi"
# Thử trên một ví dụ tính được bằng tay: ảnh toàn 0, ảnh tái tạo toàn 0,1, nên sai số là $784 \times 0{,}1^2 = 7{,}84$;
# với $\mu = (1, 0)$ và $\log\sigma^2 = (0, 0)$ thì KL $= 0{,}5$; tổng là $1000 \times 7{,}84 + 0{,}5 = 7.840{,}5$.
# Hàm `vae_loss` của khóa học phải cho cùng kết quả.

# %% [markdown] lang="en"
# Try it on an example that can be done by hand: an image of zeros and a reconstruction of 0.1 everywhere, so the error
# is $784 \times 0.1^2 = 7.84$; with $\mu = (1, 0)$ and $\log\sigma^2 = (0, 0)$ the KL is $0.5$; the total is
# $1000 \times 7.84 + 0.5 = 7840.5$. The course's `vae_loss` must give the same.

# %% tags=["nbval-check-output"]
x, recon = torch.zeros(1, 1, 28, 28), torch.full((1, 1, 28, 28), 0.1)
mu, logvar = torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2)
for function in (loss_function, losses.vae_loss):
    print([round(value.item(), 2) for value in function(recon, x, mu, logvar)])

# %% [markdown] lang="vi"
# ## III.7 · Khởi tạo mô hình và bộ tối ưu (optimizer)
#
# Adam với tốc độ học (learning rate) $10^{-3}$ và suy giảm trọng số (weight decay) $10^{-5}$: mỗi bước kéo mọi trọng số về phía 0
# một chút, để chúng không lớn lên vô ích. `manual_seed` khiến các trọng số ban đầu lần nào cũng như nhau, nhờ vậy kết quả
# lặp lại được.

# %% [markdown] lang="en"
# ## III.7 · Model and optimizer
#
# Adam with a learning rate of $10^{-3}$ and a weight decay of $10^{-5}$: each step pulls every weight a little towards 0,
# so that none grows for nothing. `manual_seed` makes the first weights the same every time, so that results can be
# repeated.

# %%
torch.manual_seed(1)
model = VAE(channels, latent_dim).to(device)
optimizer = optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)

# %% [markdown] lang="vi"
# ## III.8 · Vòng lặp huấn luyện
#
# Mỗi bước có năm dòng cốt lõi, đánh số từ 1 đến 5 trong mã, và vòng lặp huấn luyện nào của PyTorch cũng có chúng: (1) tính đầu ra, (2) tính mất mát,
# (3) xóa gradient cũ, (4) lan truyền ngược (backpropagation), (5) cập nhật trọng số. Những dòng còn lại chuyển ảnh sang thiết bị và ghi số liệu.
#
# `model.train()` bật chế độ huấn luyện, ngược với `model.eval()`. Các lớp như dropout hoạt động khác nhau ở hai chế độ; mạng này không có lớp nào như thế,
# nhưng vòng lặp nào cũng nên viết rõ.
#
# Vì muốn thấy từng bước mà không phải chờ, ta chỉ chạy một epoch trên một phần mười số ảnh (khoảng 3 giây trên CPU).

# %% [markdown] lang="en"
# ## III.8 · The training loop
#
# The heart of each step is five lines, numbered 1 to 5 in the code, that stand in every training loop in PyTorch:
# (1) compute the output, (2) compute the loss, (3) clear the old gradients, (4) backpropagate, (5) update the weights. The
# other lines move the images to the device and keep the books.
#
# `model.train()` switches to training mode, the opposite of `model.eval()`. Layers such as dropout behave differently in
# the two modes; this network has none of them, but every loop should say it.
#
# To see the steps without waiting, we run a single epoch on a tenth of the images (about 3 seconds on a CPU).

# %%
small_set, _ = data.split(train_set, (0.1, 0.9), seed=0)
small_loader = DataLoader(small_set, batch_size=batch_size, shuffle=True)

batch_means, batch_sizes = [], []
model.train()
for x, _ in tqdm(small_loader, desc="Epoch 1/1", leave=False):
    x = x.to(device)
    recon, mu, logvar = model(x)  # 1
    loss, recon_loss, kl_loss = loss_function(recon, x, mu, logvar)  # 2
    optimizer.zero_grad()  # 3
    loss.backward()  # 4
    optimizer.step()  # 5
    batch_means.append(loss.item())
    batch_sizes.append(len(x))
print(
    tr("batch đầu:", "first batch:"),
    f"{batch_means[0]:.0f}",
    tr("· batch cuối:", "· last batch:"),
    f"{batch_means[-1]:.0f}",
)

# %% [markdown] lang="vi"
# Mất mát giảm hơn một nửa ngay trong epoch đầu tiên. Nhưng hãy nhìn kỹ con số cuối (trong lần chạy này): chia cho $B = 1000$, nó còn khoảng 87,
# gần bằng sai số của ảnh đen hoàn toàn ở bài 01 (87,5). Sau 19 batch, mạng mới học được mỗi một điều: phần lớn điểm ảnh là đen. Ở phần sau, khi
# học trên cả 48.000 ảnh, ngay hết epoch 1 nó đã vượt xa mức ấy.
#
# ### Con số nào được ghi vào log?
#
# Mỗi batch $b$ có $n_b$ ảnh (`batch_sizes`) và cho một **trung bình trên batch** $\ell_b$ (`batch_means`). Muốn có trung bình của cả epoch,
# phải nhân mỗi $\ell_b$ với $n_b$, cộng lại, rồi chia cho tổng số ảnh:
#
# $$\text{trung bình epoch} = \frac{\sum_b n_b\, \ell_b}{\sum_b n_b}.$$
#
# Ví dụ: ba batch có trung bình 2, 2, 8 và có 256, 256, 128 ảnh. Trung bình cộng đơn giản là $12 / 3 = 4{,}0$: batch cuối tuy nhỏ mà được tính
# ngang các batch kia. Đúng ra phải là $(256 \cdot 2 + 256 \cdot 2 + 128 \cdot 8) / 640 = 3{,}2$.
#
# Nếu bạn từng đọc bản in của bài tập, hãy để ý chỗ này: ở đó tổng các $\ell_b$ được chia thẳng cho *số ảnh*, trong ví dụ là
# $12 / 640 \approx 0{,}019$. Một batch có bao nhiêu ảnh thì con số ghi lại nhỏ đi chừng ấy lần, ở đây khoảng 256; các phần tái tạo và KL
# chỉ là của batch cuối; và phần ghi log bị thụt lề sai nên rơi ra ngoài vòng lặp epoch. Rất dễ nhầm, và rất dễ sửa.

# %% [markdown] lang="en"
# The loss more than halves within the first epoch. But look at the last number (of this run): divided by $B = 1000$ it is about 87, nearly the
# error of the all-black picture of lesson 01 (87.5). After 19 batches the network has learnt just one thing: most pixels are black. Further down,
# with all 48,000 images, it is far past that at the end of epoch 1.
#
# ### Which number goes into the log?
#
# Each batch $b$ has $n_b$ images (`batch_sizes`) and gives a **mean over the batch**, $\ell_b$ (`batch_means`). For the mean
# over the epoch, multiply each $\ell_b$ by $n_b$, add up, and divide by the number of all images:
#
# $$\text{epoch mean} = \frac{\sum_b n_b\, \ell_b}{\sum_b n_b}.$$
#
# An example: three batches with the means 2, 2, 8 and with 256, 256, 128 images. Their plain mean is $12 / 3 = 4.0$: the
# last batch counts as much as the others, though it is smaller. Right is
# $(256 \cdot 2 + 256 \cdot 2 + 128 \cdot 8) / 640 = 3.2$.
#
# If you have read the printed exercise, look twice here: it divides the sum of the $\ell_b$ by the number of *images*,
# $12 / 640 \approx 0.019$ in the example. The logged number is then as many times too small as a batch has images, here
# about 256; its reconstruction and KL are those of the last batch alone; and its logging is indented out of the epoch
# loop. An easy slip, and easy to mend.

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Viết hàm tính trung bình của epoch từ `batch_means`, danh sách các $\ell_b$, và `batch_sizes`, danh sách các $n_b$. Cả hai là list
# Python bình thường, dài bằng nhau.

# %% [markdown] lang="en"
# ### Your turn
#
# Write a function that computes the epoch mean from `batch_means`, the list of the $\ell_b$, and `batch_sizes`, the list of
# the $n_b$. Both are ordinary Python lists of the same length.


# %% tags=["exercise"]
def epoch_mean(batch_means, batch_sizes):
    ### BEGIN SOLUTION
    total = sum(
        mean * size for mean, size in zip(batch_means, batch_sizes, strict=True)
    )
    return total / sum(batch_sizes)
    ### END SOLUTION


# %%
checks.check_epoch_mean(epoch_mean)

# %% [markdown] lang="vi"
# Tệp log của bài tập có phần đầu rồi mỗi epoch một dòng. Tên tệp mang ngày giờ, để lần chạy sau không xóa mất lần trước.
# Viết ra thì chỉ có vậy (`np.average` với `weights` cho cùng kết quả như hàm của bạn):

# %% [markdown] lang="en"
# The exercise's log file has a head and then one line per epoch. The file's name carries date and time, so that the
# next run does not erase this one. Written out, it is no more than this (`np.average` with `weights` gives what your
# function gives):

# %%
mean_loss = np.average(batch_means, weights=batch_sizes)
log_file = Path("logs") / f"by_hand_{datetime.now():%Y%m%d_%H%M%S}.txt"
log_file.parent.mkdir(exist_ok=True)
log_file.write_text(
    "Epoch,Avg_Loss,Recon_Loss,KL_Loss\n"
    f"1,{mean_loss:.6f},{recon_loss:.6f},{kl_loss:.6f}\n"
)
print(log_file.read_text())

# %% [markdown] lang="vi"
# Hai cột cuối ở đây vẫn là của batch cuối cùng: muốn đúng, ta phải cộng dồn cả ba giá trị. Hàm `fit` làm việc đó.
#
# ### Đo trên tập kiểm định
#
# Hết mỗi epoch, mô hình được đo trên những ảnh mà nó không học: vẫn hàm mất mát ấy, nhưng không tính gradient, không cập nhật (khoảng 2 giây trên CPU).

# %% [markdown] lang="en"
# The last two columns here are still those of the last batch: to be right, all three values must be summed up. `fit`
# does that.
#
# ### Measuring on the validation set
#
# At the end of each epoch the model is measured on the images that it does not learn from: the same loss, but no
# gradients and no update (about 2 seconds on a CPU).

# %%
val_means, val_sizes = [], []
model.eval()
with torch.no_grad():
    for x, _ in val_loader:
        x = x.to(device)
        recon, mu, logvar = model(x)
        val_means.append(loss_function(recon, x, mu, logvar)[0].item())
        val_sizes.append(len(x))
print(tr("huấn luyện:", "training:"), f"{mean_loss:.0f}")
print(
    tr("kiểm định:", "validation:"), f"{np.average(val_means, weights=val_sizes):.0f}"
)

# %% [markdown] lang="vi"
# Mất mát trên tập kiểm định lại *thấp hơn*. Không phải vì ảnh ở đó dễ hơn: nó được đo ở cuối epoch, còn con số huấn luyện là trung bình trên cả epoch,
# gồm cả những batch đầu, khi mạng chưa biết gì.
#
# ## Cũng cách làm ấy, gọi trong một dòng: `fit`
#
# `training.fit` là vòng lặp vừa rồi. Nếu bạn không đưa hàm khác qua `loss=`, nó dùng hàm mất mát ở III.6 với $B = 1000$. Nó tự tạo Adam như ở III.7, tự chuyển mô hình và ảnh sang GPU nếu có, và sau mỗi epoch đo trên tập kiểm định
# mà không cập nhật trọng số. Ngoài ra còn những thứ mà một lần huấn luyện dài không thể thiếu:
#
# - thanh tiến trình cho epoch và batch, kèm mất mát và thời gian còn lại;
# - trung bình đúng theo số ảnh cho cả ba cột, ghi vào log sau **mỗi** epoch;
# - **điểm lưu** (checkpoint): sau mỗi epoch, mọi thứ được lưu vào một tệp; bị ngắt giữa chừng thì chạy lại là đi tiếp;
# - bấm *Interrupt* (■) thì dừng êm, mô hình giữ những gì đã học; mất mát thành NaN (*not a number*, kết quả của một phép tính đã hỏng, như $\infty - \infty$)
#   thì dừng ngay và nói rõ ở đâu.
#
# Để thấy checkpoint hoạt động, ta huấn luyện làm hai chặng. Chặng đầu dừng trước epoch cuối. Lần chạy ngắn với 3 epoch có tệp riêng, mỗi lần chạy lại đều bị xóa để bạn
# luôn thấy đủ hai chặng. Lần chạy dài, chẳng hạn `EPOCHS = 500`, có tệp khác, và không dòng nào xóa nó: chạy lại notebook là `fit` đi tiếp.
#
# ⏱ Mỗi epoch khoảng 18 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# The validation loss is the *lower* one. Not because its images are easier: it is measured at the end of the epoch, while
# the training number is a mean over the whole epoch, with the first batches, when the network knew nothing, in it.
#
# ## The same recipe in one line: `fit`
#
# `training.fit` is the loop above. Unless you give it another with `loss=`, it uses the loss of III.6 with $B = 1000$. It makes the Adam of III.7 by itself, moves the model and the images to the GPU if
# there is one, and after each epoch measures the validation set without an update. Besides, it has what a long training
# cannot do without:
#
# - progress bars for epochs and batches, with the loss and the time left;
# - means weighted by the number of images in all three columns, logged after **every** epoch;
# - a **checkpoint**: after each epoch everything is saved in one file; after a break, running again goes on from there;
# - *Interrupt* (■) stops gently and the model keeps what it has learnt; a loss that becomes NaN (*not a number*, what a
#   computation gives that has broken down, such as $\infty - \infty$) stops at once and says where.
#
# To see the checkpoint at work we train in two stages. The first stops before the last epoch. The short run of 3 epochs
# has a file of its own, which is deleted each time, so that you always see both stages. A long run, such as
# `EPOCHS = 500`, has another file, and no line deletes it: run the notebook again and `fit` goes on.
#
# ⏱ Each epoch takes about 18 seconds on two CPU cores; a GPU is much faster.

# %%
folder = training.checkpoint_folder()
checkpoint = folder / f"vae_B1000_{train_set.name}_{EPOCHS}_epochs.pt"
if EPOCHS == 3:
    checkpoint.unlink(missing_ok=True)

torch.manual_seed(1)
model = VAE(channels, latent_dim)
history = training.fit(
    model,
    train_set,
    val_set,
    epochs=EPOCHS - 1,
    batch_size=batch_size,
    checkpoint=checkpoint,
    seed=1,
)

# %% [markdown] lang="vi"
# Giả sử đến đây kernel bị ngắt và mọi biến đều mất, chỉ còn tệp checkpoint. Ta tạo một mô hình mới tinh rồi gọi lại đúng lệnh ấy với đủ số
# epoch: `fit` đọc checkpoint và chỉ chạy phần còn thiếu. Kết quả giống hệt như khi không bị ngắt.
#
# Trên Colab, khi máy bị thu hồi thì tệp cũng mất theo, nên checkpoint phải nằm trên Google Drive. Chỉ cần một dòng, chạy trước ô trên:
# `from google.colab import drive; drive.mount("/content/drive")`. Khi đó `checkpoint_folder()` là thư mục `checkpoints` trong Drive của bạn;
# chưa gắn Drive, hoặc ở máy bạn, nó là thư mục `checkpoints` cạnh notebook. Mất máy thì mở notebook lần nữa, gắn Drive rồi chạy lại tất cả: `fit` đi tiếp.

# %% [markdown] lang="en"
# Suppose that the kernel dies here and all variables are gone, only the checkpoint file is left. We make a brand-new model
# and give the same command with the full number of epochs: `fit` reads the checkpoint and runs only what is missing. The
# result is exactly that of a training without the break.
#
# On Colab a machine that is taken away takes its files along, so the checkpoint must lie on Google Drive. That takes one
# line, run before the cell above: `from google.colab import drive; drive.mount("/content/drive")`. Then
# `checkpoint_folder()` is the folder `checkpoints` in your Drive; without Drive, or on your own machine, it is
# `checkpoints` beside the notebook. When the machine is lost, open the notebook again, mount Drive and run all: `fit`
# goes on.

# %%
model = VAE(channels, latent_dim)
history = training.fit(
    model,
    train_set,
    val_set,
    epochs=EPOCHS,
    batch_size=batch_size,
    checkpoint=checkpoint,
    seed=1,
)
history

# %%
plots.plot_history(history)

# %% [markdown] lang="vi"
# *Hình: ba đồ thị theo epoch (mất mát, sai số tái tạo, KL), nét liền là tập huấn luyện, nét đứt là tập kiểm định. Sai số
# tái tạo giảm ở cả hai tập: những gì mạng học được cũng đúng với ảnh mới. KL huấn luyện là 163 ở epoch 1, rồi 22, 22 (trong lần chạy này):
# trong khoảng hai mươi batch đầu, KL vọt từ 0 lên chừng 10.000 nat rồi hạ xuống, và trung bình của epoch 1 vẫn mang theo những batch ấy. Đo ở cuối epoch, trên tập
# kiểm định, nó đã là 22.*
#
# Nét đứt nằm dưới nét liền cũng vì lẽ đó: kiểm định đo ở cuối epoch, còn huấn luyện là trung bình trên cả epoch, trong lúc mạng vẫn đang khá lên. Đo bằng cùng
# một bộ trọng số sau epoch 3 thì sai số tái tạo của hai tập gần như bằng nhau (trong lần chạy này, cả hai khoảng 41,3).
#
# Vì $B = 1000$, mất mát gần như chỉ là sai số tái tạo nhân một nghìn: ở epoch 3, KL góp 22 trong khoảng 42.600, tức 0,05 %. Bài 04 cho thấy điều đó nghĩa là gì.
#
# ### Tệp log
#
# Đây là tệp mà `fit` đã ghi, đúng tên cột của bài tập; `History.read` đọc ngược lại được.

# %% [markdown] lang="en"
# *The figure: three curves by epoch (loss, reconstruction error, KL), solid for training and dashed for validation. The
# reconstruction error falls on both: what the network learns holds for new images too. The training KL is 163 in epoch 1,
# then 22 and 22 (in this run): within the first twenty batches or so it shoots from 0 up to some 10,000 nats and comes
# down again, and the mean of epoch 1 still holds those batches. Measured at the end of the epoch, on the validation set,
# it is 22 already.*
#
# The dashed curves lie below the solid ones for the same reason: validation is measured at the end of the epoch, training
# is a mean over the whole epoch, while the network was still getting better. Measured with the same weights, those after
# epoch 3, the reconstruction errors of both sets are almost equal (in this run both are about 41.3).
#
# With $B = 1000$ the loss is almost nothing but a thousand times the reconstruction error: in epoch 3 the KL adds 22 of
# about 42,600, which is 0.05%. Lesson 04 shows what that means.
#
# ### The log file
#
# This is the file that `fit` has written, with the exercise's columns; `History.read` reads it back.

# %%
print(history.log_file.read_text())
training.History.read(history.log_file)["recon"]

# %% [markdown] lang="vi"
# ## Vì sao `fit` nhanh hơn?
#
# Cùng cách huấn luyện, cùng kết quả, nhưng `fit` cần ít thời gian hơn vòng lặp của bài tập. Muốn biết vì sao thì đừng đoán, hãy **đo từng phần** (profiling). Trước hết, dựng lại cách nạp
# ảnh của bài tập: mỗi lần cần một ảnh, `torchvision` lấy các byte ra, tạo một ảnh PIL, rồi `ToTensor` đổi thành tensor; `DataLoader` gom 256 ảnh lẻ ấy thành một batch. Còn `fit` giữ cả tập ảnh
# trong một tensor duy nhất, và một batch chỉ là một lần lấy theo chỉ số.

# %% [markdown] lang="en"
# ## Why is `fit` faster?
#
# The same recipe and the same result, yet `fit` takes less time than the exercise's loop. Why? Do not guess, **measure each part** (profiling). First, the exercise's way of loading images, rebuilt: for each
# image that is needed, `torchvision` takes its bytes, makes a PIL image, and `ToTensor` turns that into a tensor; the `DataLoader` collects 256 such images into a batch. `fit` keeps all images in one
# tensor, and a batch is one look-up by index.

# %%
import time

import matplotlib.pyplot as plt
from PIL import Image
from torchvision.transforms import ToTensor


class OneByOne(torch.utils.data.Dataset):
    """As torchvision's MNIST with ToTensor: each image is converted anew."""

    def __init__(self, images):
        self.bytes = (images[:, 0] * 255).round().byte().numpy()

    def __len__(self):
        return len(self.bytes)

    def __getitem__(self, i):
        return ToTensor()(Image.fromarray(self.bytes[i]))


one_by_one = DataLoader(OneByOne(train_set.images), batch_size, shuffle=True)
in_memory = (
    train_set.images[indices]
    for indices in torch.randperm(len(train_set)).split(batch_size)
)

# %% [markdown] lang="vi"
# Rồi bấm giờ bốn phần của một bước, lấy trung vị của 15 batch, hai cách nạp luân phiên nhau: nạp ảnh, lan truyền xuôi (forward pass), lan truyền ngược (backward pass), cập nhật trọng số. (Khoảng 5 giây trên CPU.) Trên GPU, các lệnh chỉ được *xếp hàng*; phải
# `synchronize`, tức đợi GPU làm xong, thì đồng hồ mới đo đúng.

# %% [markdown] lang="en"
# Then we time four parts of a step, as medians of 15 batches, the two ways of loading in turn: loading, the forward pass, the backward pass, the update. (About 5 seconds on a CPU.) On a GPU commands are only *queued*; we have to
# `synchronize`, that is wait until the GPU is done, or the clock measures only the queueing.


# %%
def now():
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def profile(batches):
    clock = [now()]
    x = next(batches).to(device)
    clock.append(now())
    recon, mu, logvar = model(x)
    loss, _, _ = loss_function(recon, x, mu, logvar)
    clock.append(now())
    optimizer.zero_grad()
    loss.backward()
    clock.append(now())
    optimizer.step()
    clock.append(now())
    return 1000 * np.diff(clock)


# lr = 0: the model that we have trained stays as it is
optimizer = torch.optim.Adam(model.parameters(), lr=0)
n = min(15, len(train_set) // batch_size)
loaders = iter(one_by_one), iter(in_memory)
# in turn: a slow moment meets both
rows = [[profile(batches) for batches in loaders] for _ in range(n)]
times = dict(
    zip((tr("bài tập", "exercise"), "fit"), np.median(rows, axis=0), strict=True)
)

# %%
fig, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
parts = [
    tr("nạp ảnh", "loading"),
    tr("xuôi", "forward"),
    tr("ngược", "backward"),
    tr("cập nhật", "update"),
]
left = np.zeros(2)
for part, hatch, row in zip(
    parts, ("", "//", "xx", "oo"), np.array(list(times.values())).T, strict=True
):
    ax.barh(list(times), row, left=left, label=part, hatch=hatch, edgecolor="white")
    left += row
ax.set(
    xlabel=tr("mili giây cho một batch", "milliseconds per batch"),
    title=tr("Thời gian đi đâu?", "Where does the time go?"),
)
ax.invert_yaxis()
ax.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.4))
plt.show()

# %% [markdown] lang="vi"
# *Hình: hai thanh ngang, mỗi thanh chia bốn phần theo thời gian của một batch. Ở `fit`, phần nạp ảnh gần như biến mất (trên một máy rảnh: từ khoảng 9 xuống 0,3 mili giây); ba phần sau là cùng một phép tính, nên chênh lệch ở đó chỉ là
# sai số khi bấm giờ.* Nạp ảnh như vậy chiếm chừng một phần mười thời gian. Bài tập giao việc ấy cho hai tiến trình phụ (`num_workers=2`); trên máy hai nhân, chúng còn giành CPU với chính phép tính, và khi đó cả bước chậm đi.
#
# Trong `fit` còn ba chỗ nữa, đọc được trong thư mục `vae_helpers/training`:
#
# - **Trên CPU (Linux)**: mỗi batch xin rồi trả vài trăm MB bộ nhớ, và việc trả rồi xin lại của hệ điều hành có thể tốn gần bằng phép tính. `keep_freed_memory` (`device.py`) bảo thư viện C giữ lại để dùng cho batch sau.
# - **Trên GPU**: `loss.item()` sau mỗi batch bắt CPU đợi GPU làm xong rồi mới được giao việc tiếp. `fit` cộng dồn mất mát ngay trên GPU và chỉ đọc năm lần mỗi giây.
# - **Trên GPU rất nhanh**: một bước gồm hơn một trăm lệnh nhỏ, và gửi lệnh có thể lâu hơn chạy lệnh. `fit(..., compile=True)` nhờ `torch.compile` gộp bớt các lệnh rồi ghi lại cả lượt xuôi và ngược để lần sau chỉ cần một lệnh (CUDA graph). Việc biên dịch
#   mất khoảng nửa phút, nên chỉ đáng dùng khi huấn luyện lâu, chẳng hạn 500 epoch của bài tập. Trên CPU của chúng tôi cách này không nhanh hơn (67 so với 65 mili giây một bước), vì ở đó thời gian nằm trong chính phép tích chập.
#
# Chỗ cuối cùng nằm trong `layout.py`: trong lúc huấn luyện, `fit` xếp các số của một điểm ảnh (mọi kênh) cạnh nhau trong bộ nhớ (`channels_last`), và xong thì trả về thứ tự thường của PyTorch.
#
# Không chỗ nào thay đổi phép tính (kết quả chỉ có thể lệch ở những chữ số cuối, do làm tròn). Muốn nhanh hơn nữa thì phải đổi chính cách huấn luyện, và `fit` không tự ý làm việc đó: bạn phải viết ra. `schedule="one-cycle"` tăng tốc độ học (learning rate) lên đến `lr` rồi hạ dần về 0:

# %% [markdown] lang="en"
# *The figure: two horizontal bars, each divided into four parts by the time of one batch. In `fit` the loading has all but vanished (on an idle machine, from about 9 to 0.3 milliseconds); the other three parts are the same arithmetic, so a difference there is
# only noise in the timing.* Loading this way takes about a tenth of the time. The exercise gives it to two helper processes (`num_workers=2`); on two cores these also compete with the arithmetic itself, and then the whole step becomes slower.
#
# There are three more places in `fit`, to be read in the folder `vae_helpers/training`:
#
# - **On a CPU (Linux)**: each batch asks for several hundred MB of memory and gives it back, and giving it back to the system and asking again can cost almost as much as the arithmetic. `keep_freed_memory` (`device.py`) tells the C library to keep it for the next batch.
# - **On a GPU**: `loss.item()` after each batch makes the CPU wait until the GPU is done before it can hand out more work. `fit` sums the loss on the GPU and reads it five times a second only.
# - **On a very fast GPU**: one step is more than a hundred small commands, and sending them can take longer than running them. `fit(..., compile=True)` lets `torch.compile` merge some of them and record the whole forward and backward pass, so that from then on one command will do (a CUDA graph). Compiling takes
#   about half a minute, so it pays only for long trainings, such as the exercise's 500 epochs. On our CPU it is no faster (67 against 65 milliseconds a step), since there the time is in the convolutions themselves.
#
# The last place is in `layout.py`: while it trains, `fit` lays the numbers of one pixel (all channels) side by side in memory (`channels_last`), and puts them back into PyTorch's usual order afterwards.
#
# None of these changes the arithmetic (results can differ only in the last digits, by rounding). To be faster still the recipe itself must change, and `fit` does not do that on its own: you have to write it. `schedule="one-cycle"` raises the learning rate up to `lr` and then lowers it to 0:

# %%
rates = []
rate = torch.optim.Adam([nn.Parameter(torch.zeros(1))], lr=6e-3)
# 5 epochs of 750 batches of 64
one_cycle = torch.optim.lr_scheduler.OneCycleLR(rate, max_lr=6e-3, total_steps=5 * 750)
for _ in range(5 * 750):
    rates.append(rate.param_groups[0]["lr"])
    rate.step()
    one_cycle.step()
plots.curves(
    {'schedule="one-cycle", lr=6e-3': (np.arange(len(rates)) / 750, rates)},
    lines={tr("bài tập: 1e-3 không đổi", "exercise: 1e-3 throughout"): 1e-3},
    xlabel="epoch",
    ylabel=tr("tốc độ học", "learning rate"),
    title=tr("Một chu kỳ tốc độ học", "One cycle of the learning rate"),
)

# %% [markdown] lang="vi"
# *Hình: đường liền đi từ 0,00024 lên 0,006 trong 30 % số bước đầu, rồi hạ về gần 0; đường đứt là tốc độ học cố định của bài tập.* Bước dài ở giữa đưa mạng đi xa, bước ngắn ở cuối cho nó lắng xuống. Chúng tôi đã đo trên toàn bộ MNIST: `fit(..., epochs=5, batch_size=64,
# lr=6e-3, schedule="one-cycle")` đạt sai số tái tạo 32,3 trên tập kiểm định sau **5** epoch (75 giây), còn vòng lặp của bài tập cần **26** epoch (777 giây) mới xuống 32,7: nhanh hơn 10,4 lần, đo trong cùng một lần chạy trên một máy hai nhân. Con số ấy là tích của hai thừa số: số epoch ít đi 5,2 lần, và mỗi epoch nhanh hơn 2,0 lần dù batch nhỏ hơn. Cái giá là KL cao hơn: qua năm seed, trung bình 19,8 so với 17,4 nat (từng seed chênh nhau nhiều: 18,5 đến 22,3 so với 15,5 đến 19,4). `python -m benchmarks.train_speed` đo cả hai trên máy của bạn.

# %% [markdown] lang="en"
# *The figure: the solid line climbs from 0.00024 to 0.006 over the first 30% of the steps and then falls to nearly 0; the dashed line is the exercise's constant learning rate.* The long steps in the middle carry the network far, the short ones at the end let it settle. We measured on the whole of MNIST: `fit(..., epochs=5, batch_size=64,
# lr=6e-3, schedule="one-cycle")` reaches a validation reconstruction error of 32.3 after **5** epochs (75 seconds), where the exercise's loop needs **26** epochs (777 seconds) for 32.7: 10.4 times as fast, measured in one run on a machine with two cores. That is the product of two factors: 5.2 times fewer epochs, each 2.0 times as fast in spite of the smaller batches. The price is a higher KL: over five seeds, 19.8 against 17.4 nats on average (the seeds differ much: 18.5 to 22.3 against 15.5 to 19.4). `python -m benchmarks.train_speed` measures both on your machine.

# %% [markdown] lang="vi"
# ## Tự kiểm tra
#
# <details><summary><b>Hàm mất mát của VAE gồm những thành phần nào?</b> (câu 5 của bài trắc nghiệm)</summary>
#
# Sai số tái tạo và độ phân kỳ KL (KL divergence). Trong ô III.6, chúng là <code>recon_loss</code> và <code>kl</code>.
# </details>
#
# ## Tóm tắt
#
# - Một bước huấn luyện: đầu ra → mất mát → xóa gradient → lan truyền ngược → cập nhật.
# - Trung bình của epoch phải tính theo số ảnh; chia tổng các trung bình batch cho số ảnh thì kết quả nhỏ đi khoảng 256 lần, bằng số ảnh của một batch.
# - `fit` là chính vòng lặp đó, thêm log, kiểm định và checkpoint; đổi `EPOCHS` thành 500 (khoảng hai tiếng rưỡi trên CPU hai nhân) là có bài tập đầy đủ.
#
# **Tiếp theo:** [Bài 06 · Tái tạo và sinh ảnh](06_reconstructions.ipynb) dùng tiếp mô hình vừa huấn luyện.

# %% [markdown] lang="en"
# ## Test yourself
#
# <details><summary><b>Which parts does the loss of a VAE have?</b> (quiz question 5)</summary>
#
# The reconstruction error and the KL divergence. In cell III.6 they are <code>recon_loss</code> and <code>kl</code>.
# </details>
#
# ## Recap
#
# - A training step: output → loss → clear gradients → backpropagate → update.
# - The epoch mean must be weighted by the number of images; dividing the sum of batch means by the images makes it about
#   256 times too small, as many times as a batch has images.
# - `fit` is that same loop with log, validation and checkpoint; change `EPOCHS` to 500 (about two and a half hours on two CPU cores) and you have the full exercise.
#
# **Next:** [Lesson 06 · Reconstructions and samples](06_reconstructions.ipynb) goes on with the model trained here.
