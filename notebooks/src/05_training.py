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
# Đây là những con số của bài tập, giữ nguyên. Chỉ có `EPOCHS` được hạ xuống 3 để bài chạy nhanh trên CPU; muốn
# huấn luyện trọn vẹn, bạn chỉ cần đổi nó thành 500.

# %% [markdown] lang="en"
# ## III.3 · Hyperparameters and data
#
# These are the exercise's figures, unchanged. Only `EPOCHS` is cut to 3, so that the lesson runs quickly on a CPU; for
# the full training change it to 500, nothing else.

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
# 80 % of the images are for training, 20 % for **validation**: the model never learns from the second part, so the
# error there tells whether it understands digits or only knows its images by heart. In every epoch the `DataLoader`
# deals out the images in batches of 256, and `shuffle=True` shuffles them anew.

# %%
train_set, val_set = data.split(dataset, (0.8, 0.2), seed=1)
train_loader = DataLoader(train_set, batch_size=batch_size, shuffle=True)
val_loader = DataLoader(val_set, batch_size=batch_size)
print(tr("Huấn luyện:", "Training:"), len(train_set), "·", tr("Kiểm định:", "Validation:"), len(val_set))

# %% [markdown] lang="vi"
# Số batch trong một epoch là số ảnh chia cho 256, làm tròn lên. Batch cuối thường ít ảnh hơn; hãy nhớ điều đó, lát nữa
# nó sẽ làm sai một phép tính.

# %% [markdown] lang="en"
# The number of batches in an epoch is the number of images divided by 256, rounded up. The last batch usually holds
# fewer images; remember that, for it is about to spoil a calculation.

# %%
batch_sizes = [len(labels) for _, labels in train_loader]
print(len(batch_sizes), "batch:", batch_sizes[:3], "…", batch_sizes[-3:])

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
        self.conv1 = nn.Conv2d(channels, 16, kernel_size=3, padding=1)  # 28×28 → 28×28
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1)  # 28×28 → 14×14
        self.conv3 = nn.Conv2d(32, 64, kernel_size=3, stride=2, padding=1)  # 14×14 → 7×7
        self.fc_mu = nn.Linear(64 * 7 * 7, latent_dim)  # 3136 → μ
        self.fc_logvar = nn.Linear(64 * 7 * 7, latent_dim)  # 3136 → log σ²
        self.fc_decode = nn.Linear(latent_dim, 64 * 7 * 7)
        self.deconv1 = nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1)  # 7×7 → 14×14
        self.deconv2 = nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1)  # 14×14 → 28×28
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
# $$\mathcal{L} = B \cdot \underbrace{\sum_{\text{pixel}} (x - \hat x)^2}_{\text{tái tạo}} \;+\;
# \underbrace{-\tfrac12 \sum_{j} \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right)}_{\text{KL}},
# \qquad \text{lấy trung bình trên batch, } B = 1000.$$
#
# Đây là số đối của ELBO (sai khác một hằng số): ELBO thì *cực đại hóa*, còn hàm mất mát (loss) thì *cực tiểu hóa*. Bài 04 suy ra nó.

# %% [markdown] lang="en"
# ## III.6 · The loss
#
# $$\mathcal{L} = B \cdot \underbrace{\sum_{\text{pixels}} (x - \hat x)^2}_{\text{reconstruction}} \;+\;
# \underbrace{-\tfrac12 \sum_{j} \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right)}_{\text{KL}},
# \qquad \text{averaged over the batch, } B = 1000.$$
#
# This is the negative of the ELBO, up to a constant: the ELBO is *maximised*, a loss is *minimised*. Lesson 04
# derives it.


# %%
def loss_function(recon, x, mu, logvar, B=1000):
    C, H, W = x.shape[1:]
    recon_loss = F.mse_loss(recon, x) * C * H * W
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    return B * recon_loss + kl.mean(), recon_loss, kl.mean()


# %% [markdown] lang="vi"
# Thử trên một ví dụ tính được bằng tay: ảnh toàn 0, ảnh tái tạo toàn 0,1, nên sai số là $784 \times 0{,}1^2 = 7{,}84$;
# với $\mu = (1, 0)$ và $\log\sigma^2 = (0, 0)$ thì KL $= 0{,}5$; tổng là $1000 \times 7{,}84 + 0{,}5 = 7840{,}5$.
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
# Adam với tốc độ học (learning rate) $10^{-3}$ và suy giảm trọng số (weight decay) $10^{-5}$. `manual_seed` khiến các
# trọng số ban đầu lần nào cũng như nhau, nhờ vậy kết quả lặp lại được.

# %% [markdown] lang="en"
# ## III.7 · Model and optimizer
#
# Adam with a learning rate of $10^{-3}$ and a weight decay of $10^{-5}$. `manual_seed` makes the first weights the same
# every time, so that results can be repeated.

# %%
torch.manual_seed(1)
model = VAE(channels, latent_dim).to(device)
optimizer = optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)

# %% [markdown] lang="vi"
# ## III.8 · Vòng lặp huấn luyện
#
# Mỗi bước gồm năm dòng, và vòng lặp huấn luyện nào của PyTorch cũng có chúng: tính đầu ra, tính mất mát, xóa gradient cũ, lan truyền ngược
# (backpropagation), cập nhật trọng số.
#
# Vì muốn thấy từng bước mà không phải chờ, ta chỉ chạy một epoch trên một phần mười số ảnh (khoảng 3 giây trên CPU).

# %% [markdown] lang="en"
# ## III.8 · The training loop
#
# Each step is five lines that stand in every training loop in PyTorch: compute the output, compute the loss, clear the
# old gradients, backpropagate, update the weights.
#
# To see the steps without waiting, we run a single epoch on a tenth of the images (about 3 seconds on a CPU).

# %%
small_set, _ = data.split(train_set, (0.1, 0.9), seed=0)
small_loader = DataLoader(small_set, batch_size=batch_size, shuffle=True)

batch_means, batch_sizes = [], []
model.train()
for x, _ in tqdm(small_loader, desc="Epoch 1/1", leave=False):
    x = x.to(device)
    recon, mu, logvar = model(x)
    loss, recon_loss, kl_loss = loss_function(recon, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    batch_means.append(loss.item())
    batch_sizes.append(len(x))
print(
    tr("batch đầu:", "first batch:"),
    f"{batch_means[0]:.0f}",
    tr("· batch cuối:", "· last batch:"),
    f"{batch_means[-1]:.0f}",
)

# %% [markdown] lang="vi"
# Mất mát giảm rõ rệt ngay trong epoch đầu tiên: mạng đang học.
#
# ### Con số nào được ghi vào log?
#
# Mỗi batch cho một **trung bình trên batch**. Muốn có trung bình của cả epoch, phải nhân mỗi trung bình với số ảnh của
# batch, cộng lại, rồi chia cho tổng số ảnh:
#
# $$\text{trung bình epoch} = \frac{\sum_b n_b\, \ell_b}{\sum_b n_b}.$$
#
# Nếu bạn từng đọc bản in của bài tập, hãy để ý chỗ này: ở đó tổng các $\ell_b$ được chia thẳng cho *số ảnh*, nên con số
# ghi lại nhỏ đi khoảng 256 lần; các phần tái tạo và KL chỉ là của batch cuối; và phần ghi log bị thụt lề sai nên rơi ra ngoài vòng lặp epoch. Rất dễ
# nhầm, và rất dễ sửa.

# %% [markdown] lang="en"
# The loss falls clearly within the first epoch already: the network learns.
#
# ### Which number goes into the log?
#
# Each batch gives a **mean over the batch**. For the mean over the epoch, multiply each by the number of images in its
# batch, add up, and divide by the number of all images:
#
# $$\text{epoch mean} = \frac{\sum_b n_b\, \ell_b}{\sum_b n_b}.$$
#
# If you have read the printed exercise, look twice here: it divides the sum of the $\ell_b$ by the number of *images*,
# so the logged number is about 256 times too small; its reconstruction and KL are those of the last batch alone; and
# its logging is indented out of the epoch loop. An easy slip, and easy to mend.

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Viết hàm tính trung bình của epoch từ danh sách trung bình từng batch $\ell_b$ và danh sách số ảnh $n_b$.

# %% [markdown] lang="en"
# ### Your turn
#
# Write a function that computes the epoch mean from the list of batch means $\ell_b$ and the list of batch sizes $n_b$.


# %% tags=["exercise"]
def epoch_mean(batch_means, batch_sizes):
    ### BEGIN SOLUTION
    total = sum(mean * size for mean, size in zip(batch_means, batch_sizes, strict=True))
    return total / sum(batch_sizes)
    ### END SOLUTION


# %%
checks.check_epoch_mean(epoch_mean)

# %% [markdown] lang="vi"
# Tệp log của bài tập có phần đầu rồi mỗi epoch một dòng. Tên tệp mang ngày giờ, để lần chạy sau không xóa mất lần trước.
# Viết ra thì chỉ có vậy:

# %% [markdown] lang="en"
# The exercise's log file has a head and then one line per epoch. The file's name carries date and time, so that the
# next run does not erase this one. Written out, it is no more than this:

# %%
mean_loss = sum(mean * size for mean, size in zip(batch_means, batch_sizes, strict=True)) / sum(batch_sizes)
log_file = Path("logs") / f"by_hand_{datetime.now():%Y%m%d_%H%M%S}.txt"
log_file.parent.mkdir(exist_ok=True)
log_file.write_text(f"Epoch,Avg_Loss,Recon_Loss,KL_Loss\n1,{mean_loss:.6f},{recon_loss:.6f},{kl_loss:.6f}\n")
print(log_file.read_text())

# %% [markdown] lang="vi"
# Hai cột cuối ở đây vẫn là của batch cuối cùng: muốn đúng, ta phải cộng dồn cả ba giá trị. Hàm `fit` làm việc đó.
#
# ## Cũng cách làm ấy, gọi trong một dòng: `fit`
#
# `training.fit` là vòng lặp vừa rồi, thêm những thứ mà một lần huấn luyện dài không thể thiếu:
#
# - thanh tiến trình cho epoch và batch, kèm mất mát và thời gian còn lại;
# - trung bình đúng theo số ảnh cho cả ba cột, ghi vào log sau **mỗi** epoch, và đo trên tập kiểm định;
# - **điểm lưu** (checkpoint): sau mỗi epoch, mọi thứ được lưu vào một tệp; bị ngắt giữa chừng thì chạy lại là đi tiếp;
# - bấm *Interrupt* (■) thì dừng êm, mô hình giữ những gì đã học; gặp NaN thì dừng ngay và nói rõ ở đâu.
#
# Để thấy checkpoint hoạt động, ta huấn luyện làm hai chặng. Chặng đầu dừng trước epoch cuối. Dòng `unlink` xóa checkpoint cũ để bắt đầu lại từ đầu; bỏ dòng ấy đi thì
# `fit` tiếp tục từ lần chạy trước.
#
# ⏱ Mỗi epoch khoảng 12 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# The last two columns here are still those of the last batch: to be right, all three values must be summed up. `fit`
# does that.
#
# ## The same recipe in one line: `fit`
#
# `training.fit` is the loop above with what a long training cannot do without:
#
# - progress bars for epochs and batches, with the loss and the time left;
# - means weighted by the number of images in all three columns, logged after **every** epoch, and measured on the
#   validation set too;
# - a **checkpoint**: after each epoch everything is saved in one file; after a break, running again goes on from there;
# - *Interrupt* (■) stops gently and the model keeps what it has learnt; a NaN stops at once and says where.
#
# To see the checkpoint at work we train in two stages. The first stops before the last epoch. The line with `unlink` deletes an old checkpoint to start afresh;
# without it `fit` goes on from your last run.
#
# ⏱ Each epoch takes about 12 seconds on two CPU cores; a GPU is much faster.

# %%
checkpoint = Path("checkpoints") / "vae_B1000.pt"
checkpoint.unlink(missing_ok=True)

torch.manual_seed(1)
model = VAE(channels, latent_dim)
history = training.fit(
    model, train_set, val_set, epochs=EPOCHS - 1, batch_size=batch_size, checkpoint=checkpoint, seed=1
)

# %% [markdown] lang="vi"
# Giả sử đến đây Colab ngắt kết nối và mọi biến đều bị mất. Ta tạo một mô hình mới tinh rồi gọi lại đúng lệnh ấy với đủ số
# epoch: `fit` đọc checkpoint và chỉ chạy phần còn thiếu. Kết quả giống hệt như khi không bị ngắt.

# %% [markdown] lang="en"
# Suppose that Colab disconnects here and all variables are gone. We make a brand-new model and give the same command
# with the full number of epochs: `fit` reads the checkpoint and runs only what is missing. The result is exactly that
# of a training without the break.

# %%
model = VAE(channels, latent_dim)
history = training.fit(model, train_set, val_set, epochs=EPOCHS, batch_size=batch_size, checkpoint=checkpoint, seed=1)
history

# %%
plots.plot_history(history)

# %% [markdown] lang="vi"
# *Hình: ba đồ thị theo epoch (mất mát, sai số tái tạo, KL), nét liền là tập huấn luyện, nét đứt là tập kiểm định. Sai số
# tái tạo giảm ở cả hai tập: những gì mạng học được cũng đúng với ảnh mới. KL lúc đầu vọt lên rồi hạ xuống.*
#
# Vì $B = 1000$, mất mát gần như chỉ là sai số tái tạo nhân một nghìn; KL góp chưa đến 1 %. Bài 04 cho thấy điều đó nghĩa là gì.
#
# ### Tệp log
#
# Đây là tệp mà `fit` đã ghi, đúng tên cột của bài tập; `History.read` đọc ngược lại được.

# %% [markdown] lang="en"
# *The figure: three curves by epoch (loss, reconstruction error, KL), solid for training and dashed for validation. The
# reconstruction error falls on both: what the network learns holds for new images too. The KL jumps up at first and
# then comes down.*
#
# With $B = 1000$ the loss is almost nothing but a thousand times the reconstruction error; the KL adds less than 1 %.
# Lesson 04 shows what that means.
#
# ### The log file
#
# This is the file that `fit` has written, with the exercise's columns; `History.read` reads it back.

# %%
print(history.log_file.read_text())
training.History.read(history.log_file)["recon"]

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
# - Trung bình của epoch phải tính theo số ảnh; chia tổng các trung bình batch cho số ảnh là sai 256 lần.
# - `fit` là chính vòng lặp đó, thêm log, kiểm định và checkpoint; đổi `EPOCHS` thành 500 là có bài tập đầy đủ.
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
# - The epoch mean must be weighted by the number of images; dividing the sum of batch means by the images is 256 times
#   off.
# - `fit` is that same loop with log, validation and checkpoint; change `EPOCHS` to 500 and you have the full exercise.
#
# **Next:** [Lesson 06 · Reconstructions and samples](06_reconstructions.ipynb) goes on with the model trained here.
