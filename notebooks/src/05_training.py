# %% [markdown] lang="vi"
# # Bài 05 · Huấn luyện
#
# *Làm sao 60.000 ảnh và một mạng chưa biết gì trở thành một mạng vẽ được chữ số?* Trong bài này, bạn chạy chính những dòng III.1–III.8 của đề bài (bản bài tập in sẵn,
# xem bài 00). Bạn tự viết phần cốt lõi của **vòng lặp huấn luyện** (training loop), rồi làm quen với `fit`, hàm của khóa học dành cho những lần huấn luyện dài.
#
# Trên CPU hai nhân, máy chạy cả bài trong khoảng một phút; bạn sẽ cần khoảng 60 phút.

# %% [markdown] lang="en"
# # Lesson 05 · Training
#
# *How do 60,000 images and a network that knows nothing become a network that draws digits?* In this lesson you run the handout's own lines III.1–III.8
# (the printed exercise that the course follows, see lesson 00), write the heart of the **training loop** yourself, and then meet `fit`, the course's
# function for long trainings.
#
# Two CPU cores run the lesson in about a minute; you will need about 60 minutes.

# %% [markdown] lang="vi"
# ## III.1–III.2 · Thư viện và thiết bị
#
# Đây là các dòng `import` của đề bài và dòng chọn thiết bị: có GPU thì dùng GPU, không thì dùng CPU. Chỉ vài chỗ khác bản in: `os` và `datetime` được đưa lên đây, `Subset` là mới, `tqdm.auto` vẽ thanh tiến trình
# của `tqdm` ở dạng dành cho notebook, và dòng `vae_helpers` nạp gói trợ giúp của khóa học. (`plt` để dành cho III.10, ở bài 06.)

# %% [markdown] lang="en"
# ## III.1–III.2 · Libraries and device
#
# These are the handout's imports, and its line that picks the device: a GPU if there is one, or else the CPU. Little differs from the
# print: `os` and `datetime` come here already, `Subset` is new, `tqdm.auto` draws the bar of `tqdm` in a form for notebooks, and `vae_helpers` holds the course's helpers. (`plt` waits for III.10, in lesson 06.)

# %%
import os
from datetime import datetime

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, Subset, random_split
from torchsummary import summary
from torchvision import datasets, transforms
from tqdm.auto import tqdm

from vae_helpers import checks, data, losses, page, plots, tr, training

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print("Using device:", device)

# %% [markdown] lang="vi"
# ## III.3 · Siêu tham số (hyperparameter) và dữ liệu
#
# Các con số là của đề bài; riêng `num_epochs` giảm từ 500 xuống 2. `Compose` nối các phép biến đổi cho từng ảnh:
# `Resize` đưa ảnh về 28 × 28 (ảnh MNIST vốn đã đúng cỡ ấy), `ToTensor` đổi các byte 0–255 thành số thực từ 0 đến 1.

# %% [markdown] lang="en"
# ## III.3 · Hyperparameters and data
#
# The figures are the handout's; only `num_epochs` is cut, from 500 to 2. `Compose` chains what is done to each image:
# `Resize` brings it to 28 × 28 (MNIST's images already are), `ToTensor` turns bytes 0–255 into numbers from 0 to 1.

# %%
batch_size = 256
img_size = 28
channels = 1
latent_dim = 2
num_epochs = 2  # tr("đề bài: 500", "handout: 500")

transform = transforms.Compose(
    [transforms.Resize((img_size, img_size)), transforms.ToTensor()]
)

# %% [markdown] lang="vi"
# Đề bài viết `root="./data"`. Ở đây `data.mnist_root()` cho biết MNIST nằm ở đâu trên máy bạn, và tải về nếu chưa có. Không có kết nối mạng thì nó đưa ra 1.797 chữ số
# của scikit-learn, dưới dạng tệp MNIST, và nói rõ điều ấy; nhờ vậy mọi dòng sau vẫn chạy.

# %% [markdown] lang="en"
# The handout says `root="./data"`. Here `data.mnist_root()` says where MNIST lies on your machine, and downloads it if it is missing. Without a network it
# gives scikit-learn's 1,797 digits, as files of MNIST's kind, and says so; all further lines run as they are.

# %%
dataset = datasets.MNIST(
    root=data.mnist_root(),
    train=True,
    transform=transform,
    download=True,
)
first = torch.stack([dataset[i][0] for i in range(10)])
plots.plot_images(first, title=tr("Mười ảnh đầu tiên", "The first ten images"))

# %% [markdown] lang="vi"
# *Hình: mười chữ số như mạng nhận được, mỗi ảnh 28 × 28 con số.* Chỉ cần đổi `MNIST` thành `FashionMNIST`, và `root` thành một thư mục của bạn, là có dữ liệu khác.
#
# ## III.4 · Chia dữ liệu và tạo DataLoader
#
# 80% số ảnh dùng để huấn luyện (training), 20% để **kiểm định** (validation). Mạng không bao giờ học từ phần thứ hai, nên sai số ở đó cho biết điều nó học được
# có đúng cả với ảnh chưa từng thấy hay không.

# %% [markdown] lang="en"
# *The figure: ten digits as the network gets them, 28 × 28 numbers each.* Write `FashionMNIST` for `MNIST`, a folder of yours for `root`, and you have other data.
#
# ## III.4 · Split and DataLoader
#
# 80% of the images are for training, 20% for **validation**. The network never learns from the second part, so the error there tells whether what it learnt
# holds for images it has never seen.

# %%
torch.manual_seed(1)
train_size = int(0.8 * len(dataset))
val_size = len(dataset) - train_size
train_dataset, val_dataset = random_split(dataset, [train_size, val_size])
print(f"Training samples: {len(train_dataset)}, Validation samples: {len(val_dataset)}")

# %% [markdown] lang="vi"
# Để bài chạy nhanh, ta chỉ dùng 12.000 ảnh đầu của phần huấn luyện. `random_split` đã xáo trộn, nên đó là một mẫu ngẫu nhiên.
#
# `DataLoader` đưa ra lần lượt từng batch 256 ảnh; `shuffle=True` xáo trộn lại ở mỗi epoch. `num_workers=2` giao việc chuẩn bị ảnh cho hai tiến trình phụ, trong khi tiến trình chính
# tính toán. Ta thêm `persistent_workers=True` để giữ chúng từ epoch này sang epoch khác, vì trên Windows và macOS việc khởi động mất vài giây. Chúng chỉ biết những class nằm trong một tệp
# hay một thư viện, nên trên các hệ điều hành ấy, một `Dataset` viết ngay trong notebook sẽ gây lỗi.

# %% [markdown] lang="en"
# To be quick we use only the first 12,000 images of the training part. `random_split` has shuffled them, so they are a random sample.
#
# The `DataLoader` gives out batches of 256 images; `shuffle=True` shuffles anew in each epoch. `num_workers=2` leaves the preparing of images to two helper
# processes, while the main one computes. We add `persistent_workers=True`, which keeps them from epoch to epoch, since on Windows and macOS their start takes some seconds. They know only classes
# that lie in a file or a library: on those systems a `Dataset` typed in a notebook fails.

# %%
few = min(
    12_000, train_size
)  # tr("train_size: dùng tất cả", "train_size: all of them")
train_part = Subset(train_dataset, range(few))
val_part = Subset(val_dataset, range(few // 4))
keep = {"persistent_workers": True}
train_loader = DataLoader(
    train_part, batch_size=batch_size, shuffle=True, num_workers=2, **keep
)
val_loader = DataLoader(
    val_part, batch_size=batch_size, shuffle=False, num_workers=2, **keep
)
print(len(train_loader), tr("batch, batch cuối có", "batches, the last of"), few % 256)

# %% [markdown] lang="vi"
# ## III.5 · Mô hình
#
# Encoder thu ảnh $28 \times 28$ xuống $7 \times 7$ bằng hai lớp tích chập (convolution) với stride 2, rồi hai lớp tuyến tính cho ra $\mu$ và $\log\sigma^2$. Decoder đi
# ngược lại bằng tích chập chuyển vị (transposed convolution). Đây đúng là class của bài 02, nên bạn chỉ cần lướt qua. Các lớp trong `models.VAE` của khóa học mang cùng tên, nên trọng số của hai mạng dùng lẫn cho nhau được.

# %% [markdown] lang="en"
# ## III.5 · The model
#
# The encoder takes a $28 \times 28$ image down to $7 \times 7$ with two convolutions of stride 2, and two linear layers give $\mu$ and $\log\sigma^2$. The
# decoder goes back up with transposed convolutions. It is the class of lesson 02; skim it. The course's `models.VAE` has the same layer names, so weights pass both ways.


# %%
class VAE(nn.Module):
    def __init__(self, channels, latent_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, kernel_size=3, padding=1)  # → 28×28
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1)  # → 14×14
        self.conv3 = nn.Conv2d(32, 64, kernel_size=3, stride=2, padding=1)  # → 7×7
        self.flatten_dim = 64 * 7 * 7
        self.fc_mu = nn.Linear(self.flatten_dim, latent_dim)
        self.fc_logvar = nn.Linear(self.flatten_dim, latent_dim)
        self.fc_decode = nn.Linear(latent_dim, self.flatten_dim)
        up = {"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}
        self.deconv1 = nn.ConvTranspose2d(64, 32, **up)  # → 14×14
        self.deconv2 = nn.ConvTranspose2d(32, 16, **up)  # → 28×28
        self.conv_final = nn.Conv2d(16, channels, kernel_size=3, padding=1)

    def encode(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.relu(self.conv3(x))
        x = x.view(-1, self.flatten_dim)
        return self.fc_mu(x), self.fc_logvar(x)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def decode(self, z):
        x = F.relu(self.fc_decode(z)).view(-1, 64, 7, 7)
        x = F.relu(self.deconv1(x))
        x = F.relu(self.deconv2(x))
        return torch.sigmoid(self.conv_final(x))

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


# %% [markdown] lang="vi"
# `summary` của torchsummary in kích thước đầu ra và số tham số của từng lớp. Tổng cộng phải là **68.485**.

# %% [markdown] lang="en"
# torchsummary's `summary` prints each layer with the shape of its output and its parameters. The total must be **68,485**.

# %% tags=["nbval-check-output"]
summary(VAE(channels, latent_dim), (channels, img_size, img_size), device="cpu")

# %% [markdown] lang="vi"
# ## III.6 · Hàm mất mát (loss)
#
# $$\mathcal{L} = B \cdot \underbrace{\sum_{\text{điểm ảnh}} (x - \hat x)^2}_{\text{tái tạo}} \;+\;
# \underbrace{-\tfrac12 \sum_{j} \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right)}_{\text{KL}},
# \qquad \text{lấy trung bình trên batch, } B = 1000.$$
#
# `F.mse_loss` lấy trung bình trên mọi điểm ảnh của cả batch; nhân với $C \cdot H \cdot W$ thì thành *tổng* trên các điểm ảnh của một ảnh, đúng như công thức. Bài 04 suy ra
# hàm này từ ELBO.

# %% [markdown] lang="en"
# ## III.6 · The loss
#
# $$\mathcal{L} = B \cdot \underbrace{\sum_{\text{pixels}} (x - \hat x)^2}_{\text{reconstruction}} \;+\;
# \underbrace{-\tfrac12 \sum_{j} \left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right)}_{\text{KL}},
# \qquad \text{averaged over the batch, } B = 1000.$$
#
# `F.mse_loss` averages over all pixels of the whole batch; times $C \cdot H \cdot W$ that is the *sum* over the pixels of one image, as the formula says.
# Lesson 04 derives this loss from the ELBO.


# %%
def loss_function(recon_x, x, mu, log_var, B=1000):
    recon_x_flat = recon_x.view(recon_x.size(0), -1)
    x_flat = x.view(x.size(0), -1)
    mse_out = F.mse_loss(recon_x_flat, x_flat, reduction="mean")
    reconstruction_loss = mse_out * x.shape[1] * x.shape[2] * x.shape[3]
    kl_loss = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp(), axis=1)
    total_loss = B * reconstruction_loss + torch.mean(kl_loss)
    return total_loss, reconstruction_loss, torch.mean(kl_loss)


# %% [markdown] lang="vi"
# Tính thử bằng tay: ảnh gốc toàn 0, ảnh tái tạo toàn 0,1, nên sai số là $784 \times 0{,}1^2 = 7{,}84$. Với $\mu = (1;\ 0)$ và $\log\sigma^2 = (0;\ 0)$ thì KL $= 0{,}5$. Tổng là
# 7.840,5, và hàm `vae_loss` của khóa học cũng phải cho kết quả ấy.

# %% [markdown] lang="en"
# By hand: an image of zeros and a reconstruction of 0.1 everywhere give an error of $784 \times 0.1^2 = 7.84$; $\mu = (1, 0)$ and $\log\sigma^2 = (0, 0)$ give a KL of $0.5$;
# the total is 7,840.5. The course's `vae_loss` must say the same.

# %% tags=["nbval-check-output"]
x, recon = torch.zeros(1, 1, 28, 28), torch.full((1, 1, 28, 28), 0.1)
mu, logvar = torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2)
for function in (loss_function, losses.vae_loss):
    print([round(value.item(), 2) for value in function(recon, x, mu, logvar)])

# %% [markdown] lang="vi"
# ## III.7 · Khởi tạo mô hình và bộ tối ưu (optimizer)
#
# Adam với tốc độ học (learning rate) $10^{-3}$ và suy giảm trọng số (weight decay) $10^{-5}$. `manual_seed` cho cùng các trọng số ban đầu mỗi lần chạy, để kết quả tái lập được.

# %% [markdown] lang="en"
# ## III.7 · Model and optimizer
#
# Adam with a learning rate of $10^{-3}$ and a weight decay of $10^{-5}$. `manual_seed` gives the same first weights in every run, so that results can be reproduced.

# %%
torch.manual_seed(1)
model = VAE(channels, latent_dim).to(device)
optimizer = optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)

# %% [markdown] lang="vi"
# Weight decay ở đây làm gì? Trong `optim.Adam`, số hạng $10^{-5} w$ được cộng vào *gradient*, rồi cùng với gradient bị chia cho độ lớn của gradient. Bên cạnh một gradient bình thường,
# nó gần như không đáng kể; nhưng với trọng số mà hàm mất mát không động đến, nó là toàn bộ gradient, và Adam kéo trọng số ấy về 0 bằng những bước dài tối đa cỡ `lr`. `optim.AdamW` tách riêng hai việc ấy;
# ở mỗi bước, trọng số chỉ mất đi một phần $10^{-3} \cdot 10^{-5}$ của chính nó.

# %% [markdown] lang="en"
# What does weight decay do here? In `optim.Adam` the term $10^{-5} w$ is added to the *gradient*, and then divided by the gradient's size like any other. Beside an ordinary gradient it
# hardly counts; but for a weight that the loss does not touch it is the whole gradient, and Adam pulls that weight to 0 in steps of up to `lr`. `optim.AdamW` keeps the two apart: each step takes
# $10^{-3} \cdot 10^{-5}$ of the weight away.

# %% tags=["nbval-check-output"]
for Optimizer in (optim.Adam, optim.AdamW):
    w = nn.Parameter(torch.tensor([0.05]))
    pull = Optimizer([w], lr=1e-3, weight_decay=1e-5)
    for _ in range(60):
        w.grad = torch.zeros(
            1
        )  # tr("hàm mất mát không động đến w", "the loss does not touch w")
        pull.step()
    print(f"{Optimizer.__name__:6} 0.05 → {w.item():.4f}")

# %% [markdown] lang="vi"
# ## III.8 · Vòng lặp huấn luyện
#
# Trong gần như mọi vòng lặp huấn luyện của PyTorch, batch nào cũng đi qua năm bước:
#
# 1. xóa gradient cũ (`zero_grad`), vì PyTorch *cộng dồn* gradient;
# 2. tính đầu ra của mô hình;
# 3. tính loss;
# 4. lan truyền ngược (backpropagation): gradient của loss theo mọi trọng số;
# 5. cập nhật trọng số.
#
# Trước đó, batch phải được chuyển sang `device`, vì các tập dữ liệu này cho tensor trên CPU và `DataLoader` để nguyên đó.
#
# ### Lượt của bạn: một bước
#
# Hãy viết năm bước ấy cho batch `x`, với `device` và `loss_function` ở trên, rồi trả về `loss, recon_loss, kl_loss`.

# %% [markdown] lang="en"
# ## III.8 · The training loop
#
# In almost every training loop in PyTorch each batch goes through the same five steps:
#
# 1. clear the old gradients (`zero_grad`), since PyTorch *adds up* gradients;
# 2. compute the model's output;
# 3. compute the loss;
# 4. backpropagate: the gradient of the loss with respect to every weight;
# 5. update the weights.
#
# Before that the batch must go to `device`, since these data sets give CPU tensors and the `DataLoader` leaves them there.
#
# ### Your turn: one step
#
# Write them for the batch `x`, with `device` and `loss_function` from above, and return `loss, recon_loss, kl_loss`.


# %% tags=["exercise"]
def training_step(model, optimizer, x):
    ### BEGIN SOLUTION
    x = x.to(device)
    optimizer.zero_grad()
    recon, mu, logvar = model(x)
    loss, recon_loss, kl_loss = loss_function(recon, x, mu, logvar)
    loss.backward()
    optimizer.step()
    return loss, recon_loss, kl_loss
    ### END SOLUTION


# %%
right = checks.check_training_step(training_step)

# %% [markdown] lang="vi"
# ### Những bước đầu tiên
#
# Bây giờ, hàm của bạn huấn luyện mạng trong một epoch (khoảng mười giây). Khi nó chưa đúng, hàm của khóa học chạy thay. `model.train()` bật chế độ huấn luyện; mạng này không có
# lớp nào hoạt động khác đi theo chế độ, nhưng vòng lặp nào cũng nên viết rõ dòng ấy.

# %% [markdown] lang="en"
# ### The first steps
#
# Now your function trains the network for one epoch (about ten seconds). Until it is right, the course's own stands in. `model.train()` switches to training mode; no layer of this
# network needs it, but every loop should say it.

# %%
step = training_step if right else training.training_step

rows, sizes = [], []
model.train()
for x, _ in tqdm(train_loader, leave=False):
    rows.append([part.item() for part in step(model, optimizer, x)])
    sizes.append(len(x))
means, recons, kls = map(list, zip(*rows, strict=True))

# %%
# tr("sai số nếu ảnh nào cũng vẽ toàn màu đen", "the error of drawing all black")
black = x.pow(2).sum().item() / len(x)
peak = int(np.argmax(kls))
error, kl = tr("Sai số tái tạo", "Reconstruction error"), tr("KL (nat)", "KL (nats)")
plots.curves(
    {error: {"": recons}, kl: {"": kls}},
    log=["", "y"],
    lines={error: {tr("ảnh đen hoàn toàn", "all black"): black}},
    notes={
        kl: {tr("đỉnh: ", "peak: ") + f"{kls[peak]:.0f}": (peak + 4, kls[peak] / 2)}
    },
    xlabel="batch",
    ylabel=["", ""],
)

# %% [markdown] lang="vi"
# *Hình: hai đồ thị theo batch, bên trái là sai số tái tạo, bên phải là KL trên trục logarit.* Sai số giảm nhanh đến mức của ảnh đen hoàn toàn (nét đứt) rồi chững lại, vì điều đầu tiên mạng học được là phần lớn
# điểm ảnh có màu đen. Trong lúc ấy, KL vọt lên hàng nghìn nat rồi hạ xuống. Với $B = 10$, cùng trọng số ban đầu và cùng các batch, đỉnh của KL chỉ là một đến hai trăm nat. <!-- claim: kl_spike -->
#
# ### Cả vòng lặp, như trong đề bài
#
# Đề bài ghi log vào một tệp có ngày giờ trong tên, để lần chạy sau không xóa mất log của lần trước. Đây là phần đầu tệp:

# %% [markdown] lang="en"
# *The figure: two curves by batch, the reconstruction error on the left, the KL on a logarithmic axis on the right.* The error falls quickly to that of an all-black picture (dashed) and lingers there: the first thing
# the network learns is that most pixels are black. Meanwhile the KL shoots up to thousands of nats and comes down again. With $B = 10$ and the same first weights and batches it peaks at a hundred or two. <!-- claim: kl_spike -->
#
# ### The whole loop, as the handout has it
#
# The handout's log carries date and time in its name, so that the next run does not erase it. Its head:

# %%
log_dir = "logs"
os.makedirs(log_dir, exist_ok=True)
timestamp = datetime.now().strftime("%Y%m%d_%H%M%S")
log_file = os.path.join(log_dir, f"training_log_{timestamp}.txt")

with open(log_file, "w") as f:
    f.write(f"Training started at {datetime.now().strftime('%Y-%m-%d %H:%M:%S')}\n")
    f.write(f"Model: VAE with latent_dim={latent_dim}\n")
    f.write(f"Batch size: {batch_size}, Image size: {img_size}x{img_size}\n")
    f.write(f"Total epochs: {num_epochs}\n\n")
    f.write("Epoch,Avg_Loss,Recon_Loss,KL_Loss\n")

# %% [markdown] lang="vi"
# Còn đây là vòng lặp qua các epoch; mỗi epoch in một dòng và ghi một dòng log (chạy khoảng hai mươi giây). Đề bài gọi batch là `data`; ở đây nó tên là `x`, vì `data` là
# một phần của `vae_helpers`. Mạng của bạn học tiếp từ trạng thái hiện tại.

# %% [markdown] lang="en"
# And this is the loop over the epochs, with one line printed and one logged for each (about twenty seconds). The handout calls the batch `data`; here it is `x`, since `data`
# is a part of `vae_helpers`. Your network goes on from where it stands.

# %%
model.train()
for epoch in range(num_epochs):
    train_loss = 0.0
    epoch_bar = tqdm(train_loader, desc=f"Epoch {epoch + 1}/{num_epochs}", leave=False)
    for x, _ in epoch_bar:
        x = x.to(device)
        optimizer.zero_grad()
        recon_batch, mu, logvar = model(x)
        loss, recon_loss, kl_loss = loss_function(recon_batch, x, mu, logvar)
        loss.backward()
        train_loss += loss.item()
        optimizer.step()
        epoch_bar.set_postfix(loss=loss.item())

    avg_loss = train_loss / len(train_loader.dataset)
    print(
        f"Epoch {epoch + 1}/{num_epochs} Loss per sample: {avg_loss:.4f} "
        f"Recon Loss: {recon_loss.item():.4f} KL Loss: {kl_loss.item():.4f}"
    )
    with open(log_file, "a") as f:
        f.write(
            f"{epoch + 1},{avg_loss:.6f},{recon_loss.item():.6f},{kl_loss.item():.6f}\n"
        )

with open(log_file, "a") as f:
    f.write(f"\nTraining completed at {datetime.now().strftime('%Y-%m-%d %H:%M:%S')}\n")
print(f"Training log saved to {log_file}")

# %% [markdown] lang="vi"
# ### Con số nào được ghi vào log?
#
# Hãy nhìn dòng vừa in: `Recon Loss` nhân 1000 đã là hàng chục nghìn, vậy mà `Loss per sample` chỉ vài trăm. Bản in có hai chỗ nhầm, rất dễ mắc và rất dễ sửa:
#
# - `train_loss` là tổng các *trung bình batch*, nhưng lại được chia cho *số ảnh*. Một batch có bao nhiêu ảnh thì kết quả nhỏ đi chừng ấy lần, ở đây khoảng 256 lần;
# - `recon_loss` và `kl_loss` chỉ là của batch cuối cùng.
#
# Gọi $n_b$ là số ảnh của batch $b$ và $\ell_b$ là trung bình của nó. Trung bình của cả epoch là
#
# $$\frac{\sum_b n_b\, \ell_b}{\sum_b n_b}.$$
#
# Ví dụ, ba batch có trung bình 2, 2, 8 và có 256, 256, 128 ảnh. Kết quả đúng là $(256 \cdot 2 + 256 \cdot 2 + 128 \cdot 8) / 640 = 3{,}2$. Trung bình cộng đơn giản, $12 / 3 = 4{,}0$, coi batch nhỏ ngang với batch lớn;
# còn cách tính của bản in cho $12 / 640 \approx 0{,}019$.

# %% [markdown] lang="en"
# ### Which number goes into the log?
#
# Look at the line just printed: `Recon Loss` times 1000 is tens of thousands, and yet `Loss per sample` is a few hundred. The print has two slips, easily made and easily mended:
#
# - `train_loss` is a sum of *batch means*, but it is divided by the number of *images*. The result is as many times too small as a batch has images, here about 256;
# - `recon_loss` and `kl_loss` are those of the last batch alone.
#
# Batch $b$ has $n_b$ images and the mean $\ell_b$. The mean over the epoch is
#
# $$\frac{\sum_b n_b\, \ell_b}{\sum_b n_b}.$$
#
# Three batches of 256, 256, 128 images have the means 2, 2, 8. Right is $(256 \cdot 2 + 256 \cdot 2 + 128 \cdot 8) / 640 = 3.2$. The plain mean $12 / 3 = 4.0$ counts the small batch as much as the large ones;
# the print's way gives $12 / 640 \approx 0.019$.

# %% [markdown] lang="vi"
# ### Lượt của bạn: trung bình của epoch
#
# Hãy viết trung bình ấy từ hai list cùng độ dài: `batch_means` (các $\ell_b$) và `batch_sizes` (các $n_b$).

# %% [markdown] lang="en"
# ### Your turn: the epoch's mean
#
# Write that mean from two lists of the same length: `batch_means` (the $\ell_b$) and `batch_sizes` (the $n_b$).


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
# Hãy áp dụng cho các con số của vòng lặp đầu tiên (`np.average` với `weights` chính là hàm của bạn):

# %% [markdown] lang="en"
# With the numbers of the first loop (`np.average` with `weights` is your function):

# %%
print(tr("bản in:", "the print:"), f"{sum(means) / sum(sizes):.1f}")
print(tr("epoch:", "the epoch:"), f"{np.average(means, weights=sizes):.1f}")

# %% [markdown] lang="vi"
# ## Cũng cách làm ấy, gọi trong một dòng: `fit`
#
# `training.fit` là vòng lặp vừa rồi, với hàm mất mát ở III.6 và Adam ở III.7. Nó nhận `Dataset` hay `DataLoader` bất kỳ, và thêm những thứ mà một lần huấn luyện dài không thể thiếu:
#
# - trung bình đúng theo số ảnh ở cả ba cột của log, và ba cột như thế đo trên tập kiểm định, khi đó không cập nhật trọng số;
# - **checkpoint**: sau mỗi epoch, mọi thứ được lưu vào một tệp; nếu bị ngắt, chỉ cần chạy lại là huấn luyện tiếp;
# - khi bạn bấm *Interrupt* (■, trong terminal là Ctrl-C), `fit` dừng an toàn, mô hình giữ những gì đã học, các epoch đã xong nằm trong checkpoint;
# - khi loss thành NaN (*not a number*), `fit` dừng ngay và cho biết ở đâu.
#
# Để thấy checkpoint hoạt động, ta huấn luyện một mạng mới làm hai chặng. Chặng đầu gồm hai epoch.

# %% [markdown] lang="en"
# ## The same recipe in one line: `fit`
#
# `training.fit` is the loop above, with the loss of III.6 and the Adam of III.7. It takes any `Dataset` or `DataLoader`, and adds what a long training cannot do without:
#
# - means weighted by the number of images in all three columns of the log, and the same columns measured on the validation set, without an update;
# - a **checkpoint**: after each epoch everything is saved in one file; after a break, running again goes on from there;
# - *Interrupt* (■, in a terminal Ctrl-C) stops it safely: the model keeps what it has learnt, the finished epochs lie in the checkpoint;
# - a loss that becomes NaN (*not a number*) stops it at once, and it says where.
#
# To see the checkpoint at work we train a new network in two stages. The first has two epochs.

# %%
checkpoint = training.checkpoint_folder() / "lesson_05.pt"
checkpoint.unlink(missing_ok=True)  # tr("bắt đầu lại từ đầu", "begin at the beginning")
recipe = {"batch_size": batch_size, "checkpoint": checkpoint, "seed": 1}

torch.manual_seed(1)
model = VAE(channels, latent_dim)
history = training.fit(model, train_part, val_part, epochs=2, **recipe)

# %% [markdown] lang="vi"
# Giả sử đến đây kernel bị ngắt: mọi biến đều mất, chỉ còn tệp checkpoint. Ta tạo một mạng mới tinh và gọi lại đúng lệnh ấy với số epoch lớn hơn. `fit` đọc checkpoint, chỉ chạy phần còn thiếu, và kết quả
# giống hệt như khi không bị ngắt. <!-- claim: resumed_is_the_same -->

# %% [markdown] lang="en"
# Suppose that the kernel dies here, and only the checkpoint is left. We make a brand-new network and give the same command with more epochs. `fit` reads the checkpoint, runs only
# what is missing, and the result is that of a training without the break. <!-- claim: resumed_is_the_same -->

# %%
model = VAE(channels, latent_dim)
history = training.fit(model, train_part, val_part, epochs=4, **recipe)
plots.plot_history(history)

# %% [markdown] lang="vi"
# *Hình: loss, sai số tái tạo và KL theo epoch; nét liền là huấn luyện, nét đứt là kiểm định.* Sai số giảm ở cả hai tập, nên điều mạng học được cũng đúng với ảnh mới. KL (trục logarit) của epoch 1 còn mang
# theo những batch đầu, khi nó vọt lên.
#
# Vì sao ở đồ thị sai số, nét đứt nằm *dưới* nét liền? Chủ yếu vì sai số kiểm định được đo ở cuối epoch, còn sai số huấn luyện là trung bình qua mọi batch của epoch, lúc mạng vẫn đang khá lên. Đo bằng cùng một bộ trọng số, sai số của hai tập
# chênh nhau chưa đến một nửa khoảng ấy. <!-- claim: same_weights_same_error -->
#
# Tệp log có đúng các cột của đề bài, rồi đến các cột kiểm định; `History.read` đọc lại được tệp ấy.

# %% [markdown] lang="en"
# *The figure: loss, reconstruction error and KL by epoch; solid for training, dashed for validation.* The error falls on both sets, so what the network learns holds for new images too. The KL (logarithmic axis) of epoch 1
# still holds the first batches, in which it shot up.
#
# Why does the dashed line of the error lie *below* the solid one? Mainly because validation is measured at the end of the epoch, while the training number is a mean over batches in which the network was still getting better. With the same weights the errors of the two sets
# differ by less than half of that gap. <!-- claim: same_weights_same_error -->
#
# The log has the handout's columns, then those of the validation; `History.read` reads it back.

# %%
print(history.log_file.read_text())

# %% [markdown] lang="vi"
# ### Gửi VAE của bạn cho bạn bè
#
# Mạng bạn vừa huấn luyện, cả encoder lẫn decoder, nằm gọn trong một tệp HTML. Tải tệp ấy về (JupyterLab: bấm phải vào tên tệp, chọn *Download*) rồi gửi đi: ai mở ra cũng vẽ được chữ số và thấy mạng của bạn vẽ lại, không cần Python hay mạng Internet, trên điện thoại cũng được. Nhưng đừng mong nhiều: sau bốn epoch trên 12.000 ảnh, hầu như chữ số nào nó cũng vẽ lại thành một vệt xám nhòe (bài 06 cho thấy rõ hơn). Một mạng huấn luyện lâu hơn, như ở dưới, sẽ là món quà đẹp hơn.

# %% [markdown] lang="en"
# ### Send your VAE to a friend
#
# The network you have just trained, encoder and decoder, fits into one HTML file. Download it (JupyterLab: right-click the file's name, *Download*) and send it: whoever opens it can draw a digit and see your network redraw it, without Python or a connection, on a phone as well. Do not expect much yet: after four epochs on 12,000 images it makes a grey smear of nearly every digit (lesson 06 shows more of this). One trained for longer, as below, makes a better present.

# %%
saved = page.live(model, val_part, names=[tr("VAE của tôi", "My VAE")]).save(
    "my_vae.html"
)
print(saved, f"{saved.stat().st_size / 1000:.0f} kB")

# %% [markdown] lang="vi"
# ### Huấn luyện trọn vẹn
#
# `data.load_mnist` cho cùng những điểm ảnh ấy (xem ô dưới), giữ trong một tensor, còn `data.split` chia chúng thành hai phần. Huấn luyện đủ 500 epoch chỉ cần hai dòng:
#
# ```python
# train_set, val_set = data.split(data.load_mnist(), (0.8, 0.2), seed=1)
# training.fit(VAE(1, 2), train_set, val_set, epochs=500, checkpoint=training.checkpoint_folder() / "500.pt", seed=1)
# ```
#
# Trên CPU hai nhân, việc ấy mất khoảng hai giờ; trên GPU thì nhanh hơn nhiều. Mỗi epoch của `fit` nhanh hơn mỗi epoch của vòng lặp trong đề bài: trang [Vì sao `fit` nhanh hơn](../../docs/why-fit-is-fast.vi.md) cho biết nhanh bao nhiêu và
# nhờ đâu.
#
# <details><summary>Trên Colab</summary>
#
# Khi Colab thu hồi máy, tệp cũng mất theo, nên checkpoint phải nằm trên Google Drive. Hãy chạy <code>from google.colab import drive; drive.mount("/content/drive")</code> trước: khi đó
# <code>checkpoint_folder()</code> là một thư mục trong Drive của bạn. Lần sau, bạn gắn Drive rồi chạy lại notebook, <code>fit</code> sẽ huấn luyện tiếp.
# </details>

# %% [markdown] lang="en"
# ### The whole training
#
# `data.load_mnist` gives those same pixels (see the next cell), kept in one tensor, and `data.split` splits them. All 500 epochs take two lines:
#
# ```python
# train_set, val_set = data.split(data.load_mnist(), (0.8, 0.2), seed=1)
# training.fit(VAE(1, 2), train_set, val_set, epochs=500, checkpoint=training.checkpoint_folder() / "500.pt", seed=1)
# ```
#
# On two CPU cores that takes about two hours, and far less on a GPU. An epoch of `fit` is faster than one of the handout's loop: the page [Why `fit` is fast](../../docs/why-fit-is-fast.md) says how much, and by what.
#
# <details><summary>On Colab</summary>
#
# When Colab takes the machine away, its files go too, so the checkpoint must lie on Google Drive. First run <code>from google.colab import drive; drive.mount("/content/drive")</code>:
# then <code>checkpoint_folder()</code> is a folder in your Drive. Next time mount Drive, run the notebook again, and <code>fit</code> goes on.
# </details>

# %%
pixels = data.load_mnist().images[:10]
print(
    tr("chênh nhau nhiều nhất:", "largest difference:"),
    (pixels - first).abs().max().item(),
)

# %% [markdown] lang="vi"
# ## Tự kiểm tra
#
# <details><summary><b>Quên <code>optimizer.zero_grad()</code> thì chuyện gì xảy ra? PyTorch có báo lỗi không?</b></summary>
#
# Không báo lỗi gì. Gradient của các batch cộng dồn lại, nên mỗi bước đi theo tổng gradient của mọi batch đã qua, chứ không theo gradient của batch hiện tại.
# </details>
#
# ## Tóm tắt
#
# - Một bước huấn luyện: xóa gradient → đầu ra → loss → lan truyền ngược → cập nhật.
# - Trung bình của epoch phải tính theo số ảnh, cho cả ba cột của log.
# - `fit` chính là vòng lặp đó, có thêm kiểm định, checkpoint và cách dừng an toàn.
#
# **Trả lời câu hỏi đầu bài:** mạng học vẽ chữ số nhờ lặp lại năm dòng ấy cho từng batch 256 ảnh, hàng nghìn lần, mỗi lần nhích các trọng số một chút để loss giảm.
#
# **Đọc thêm:** Kingma và Ba, *Adam* (2015); Loshchilov và Hutter, *Decoupled Weight Decay Regularization* (2019), về Adam và AdamW.

# %% [markdown] lang="en"
# ## Test yourself
#
# <details><summary><b>What happens without <code>optimizer.zero_grad()</code>? Does PyTorch report an error?</b></summary>
#
# It reports nothing. The gradients of the batches add up, so each step follows the sum of all batches so far instead of the present one.
# </details>
#
# ## Recap
#
# - A training step: clear gradients → output → loss → backpropagate → update.
# - The epoch mean must be weighted by the number of images, in all three columns of the log.
# - `fit` is that same loop with validation, a checkpoint and a safe stop.
#
# **The answer to the opening question:** a network learns to draw digits by repeating those five lines for batch after batch of 256 images, thousands of times, each time moving the weights a little to lower the loss.
#
# **Read on:** Kingma and Ba, *Adam* (2015); Loshchilov and Hutter, *Decoupled Weight Decay Regularization* (2019), on Adam and AdamW.
