# %% [markdown] lang="vi"
# # Bài 01 · Autoencoder
#
# *Một bức ảnh 784 con số có thể ghi lại chỉ bằng 2 con số mà vẫn đọc được không?* Bài này dựng một **bộ tự mã hóa**
# (autoencoder, AE), đo xem nó tái tạo ảnh tốt đến đâu, rồi đi dạo trong **không gian tiềm ẩn** (latent space) của nó để thấy tận mắt
# những khoảng trống: lý do VAE ra đời.
#
# Cả bài mất khoảng nửa phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 01 · Autoencoder
#
# *Can a picture of 784 numbers be written down with only 2 numbers, and still be read?* This lesson builds an
# **autoencoder** (AE), measures how well it reconstructs pictures, and then walks through its **latent space** to see
# with our own eyes the holes that made people invent the VAE.
#
# The whole lesson takes about half a minute on two CPU cores.

# %%
import torch
import torch.nn.functional as F
from torch import nn

from vae_helpers import checks, data, diagrams, losses, models, plots, tr, training

# %% [markdown] lang="vi"
# ## 1 · Ý tưởng
#
# Một autoencoder gồm ba phần:
#
# - **bộ mã hóa** (encoder) biến ảnh $x$ gồm 784 con số thành một mã ngắn $z$ gồm $d$ con số, với $d \ll 784$ (trong mã lệnh là `latent_dim`; bài này dùng $d = 2$);
# - **nút thắt** (bottleneck) là chỗ hẹp nhất, nơi mã $z$ nằm; tập hợp mọi mã $z$ có thể có là không gian tiềm ẩn;
# - **bộ giải mã** (decoder) dựng lại ảnh $\hat x$ từ $z$.
#
# Không cần nhãn nào: đầu ra đúng chính là đầu vào. Vì phải chui qua chỗ hẹp, mạng buộc phải giữ lại điều quan trọng và bỏ đi phần còn lại.
# Hẹp quá thì ảnh dựng lại không ra; rộng quá thì mạng chẳng phải chọn lọc gì.

# %% [markdown] lang="en"
# ## 1 · The idea
#
# An autoencoder has three parts:
#
# - the **encoder** turns an image $x$ of 784 numbers into a short code $z$ of $d$ numbers, with $d \ll 784$ (`latent_dim` in the code; this lesson uses $d = 2$);
# - the **bottleneck** is the narrowest place, where the code $z$ sits; all possible codes $z$ together are the latent space;
# - the **decoder** builds an image $\hat x$ again from $z$.
#
# No labels are needed: the right output is the input itself. Having to squeeze through the narrow place, the network must keep
# what matters and drop the rest. Too narrow, and the image cannot be rebuilt; too wide, and there is nothing to choose.

# %%
diagrams.plot_autoencoder()

# %% [markdown] lang="vi"
# *Hình: ảnh $x$ đi qua encoder mỗi lúc một hẹp, đến mã $z$ nhỏ ở giữa, rồi qua decoder mỗi lúc một rộng, thành ảnh $\hat x$. Sai số tái tạo đo khoảng cách giữa hai đầu.*
#
# ## 2 · Ảnh tái tạo sai bao nhiêu?
#
# ### Sai số bình phương trung bình (mean squared error, MSE), công thức 1
#
# $$L_{MSE} = \frac1M \sum_{i=1}^{M} \frac1N \sum_{j=1}^{N} (x_{j,i} - \hat x_{j,i})^2,$$
#
# với $M$ ảnh, mỗi ảnh $N$ điểm ảnh. (Đó là ký hiệu của bài tập, chỉ dùng trong công thức 1 và 2. Trong các kích thước như $(N, 1, 28, 28)$, theo thói quen của PyTorch, $N$ là số ảnh trong batch.)
#
# Tính tay cho một "ảnh" bốn điểm $x = (0;\ 0{,}5;\ 1;\ 1)$, được tái tạo thành $\hat x = (0{,}1;\ 0{,}5;\ 0{,}8;\ 0{,}6)$: các hiệu $x_j - \hat x_j$ là $-0{,}1;\ 0;\ 0{,}2;\ 0{,}4$, bình phương của chúng là $0{,}01;\ 0;\ 0{,}04;\ 0{,}16$, trung bình là $0{,}21 / 4 = 0{,}0525$.

# %% [markdown] lang="en"
# *The figure: the image $x$ passes through a narrowing encoder to the small code $z$ in the middle, and through a widening decoder to the image $\hat x$. The reconstruction error measures how far the two ends are apart.*
#
# ## 2 · How wrong is a reconstruction?
#
# ### Mean squared error (MSE), eq. 1
#
# $$L_{MSE} = \frac1M \sum_{i=1}^{M} \frac1N \sum_{j=1}^{N} (x_{j,i} - \hat x_{j,i})^2,$$
#
# for $M$ images of $N$ pixels each. (These are the exercise's letters, for eqs. 1 and 2 alone. In shapes such as $(N, 1, 28, 28)$, as is usual in PyTorch, $N$ is the number of images in the batch.)
#
# By hand, for a "picture" of four pixels $x = (0,\ 0.5,\ 1,\ 1)$, rebuilt as $\hat x = (0.1,\ 0.5,\ 0.8,\ 0.6)$: the differences $x_j - \hat x_j$ are $-0.1,\ 0,\ 0.2,\ 0.4$, their squares $0.01,\ 0,\ 0.04,\ 0.16$, and the mean is $0.21 / 4 = 0.0525$.

# %% tags=["nbval-check-output"]
x = torch.tensor([[0.0, 0.5, 1.0, 1.0]])  # (M, N) = (1, 4)
recon = torch.tensor([[0.1, 0.5, 0.8, 0.6]])
print(f"{F.mse_loss(recon, x):.4f}")

# %% [markdown] lang="vi"
# ### Entropy chéo nhị phân (binary cross-entropy, BCE), công thức 2
#
# $$L_{BCE} = -\frac1M \sum_{i=1}^{M} \frac1N \sum_{j=1}^{N} \left[ x_{j,i} \log \hat x_{j,i} + (1 - x_{j,i}) \log(1 - \hat x_{j,i}) \right].$$
#
# $\log$ là log tự nhiên, và $\hat x$ được hiểu là *xác suất điểm ảnh sáng*. Điểm ảnh tối ($x = 0$) chỉ dùng số hạng sau, điểm ảnh sáng ($x = 1$) chỉ dùng số hạng trước, điểm ảnh xám dùng cả hai.
# Tính tay với $x$ và $\hat x$ vừa rồi: $-(\log 0{,}9 + \log 0{,}5 + \log 0{,}8 + \log 0{,}6)/4 = 0{,}3831$.

# %% [markdown] lang="en"
# ### Binary cross-entropy (BCE), eq. 2
#
# $$L_{BCE} = -\frac1M \sum_{i=1}^{M} \frac1N \sum_{j=1}^{N} \left[ x_{j,i} \log \hat x_{j,i} + (1 - x_{j,i}) \log(1 - \hat x_{j,i}) \right].$$
#
# $\log$ is the natural logarithm, and $\hat x$ is read as *the probability that the pixel is lit*. A dark pixel ($x = 0$) uses only the second term, a lit one ($x = 1$) only the first, a grey one both.
# By hand, with the $x$ and $\hat x$ above: $-(\log 0.9 + \log 0.5 + \log 0.8 + \log 0.6)/4 = 0.3831$.

# %% tags=["nbval-check-output"]
print(f"{F.binary_cross_entropy(recon, x):.4f}")
print(f"{F.binary_cross_entropy(x, x):.4f}")  # recon = x

# %% [markdown] lang="vi"
# Dòng thứ hai là BCE của một ảnh tái tạo *hoàn hảo*, $\hat x = x$: nó không bằng 0. Ba điểm ảnh đen và trắng không góp gì, nhưng điểm xám $0{,}5$ góp $\log 2 \approx 0{,}693$, chia bốn thành $0{,}1733$. Với ảnh $x$ này, không $\hat x$ nào cho BCE thấp hơn.
#
# Một chi tiết: ở dòng ấy xuất hiện $0 \cdot \log 0$. Hàm của PyTorch coi đó là 0, còn phép tính thường trên tensor cho `nan` (vì $\log 0 = -\infty$). Hàm bạn sắp viết chưa cần lo chuyện này: ô kiểm tra chỉ đưa vào $\hat x$ nằm hẳn giữa 0 và 1.
#
# Hai công thức lấy trung bình trên điểm ảnh. Trong khóa học, ta thường nói sai số **của một ảnh**, tức là tổng trên các điểm ảnh (trung bình nhân với $C \cdot H \cdot W$): con số ấy dễ hình dung hơn,
# và VAE sẽ cần đến nó.

# %% [markdown] lang="en"
# The second line is the BCE of a *perfect* reconstruction, $\hat x = x$: it is not 0. The three black and white pixels add nothing, but the grey one of $0.5$ adds $\log 2 \approx 0.693$, and a quarter of that is $0.1733$. For this $x$, no $\hat x$ gets any lower.
#
# One detail: $0 \cdot \log 0$ turns up in that line. PyTorch's function counts it as 0, while plain tensor arithmetic gives `nan` (because $\log 0 = -\infty$). The function you are about to write need not care: the check only passes $\hat x$ strictly between 0 and 1.
#
# Both formulas average over the pixels. In this course we usually give the error **per image**, the sum over its pixels (the mean times $C \cdot H \cdot W$): that number is easier to picture,
# and the VAE will need it.

# %% tags=["nbval-check-output"]
summed = losses.reconstruction_loss(recon, x, kind="mse")
print(f"{summed:.4f} = 4 × {F.mse_loss(recon, x):.4f}")

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Viết công thức 1 chỉ bằng phép tính trên tensor (đừng gọi `F.mse_loss`). Đầu vào có kích thước bất kỳ, chiều đầu là batch.

# %% [markdown] lang="en"
# ### Your turn
#
# Write eq. 1 with tensor operations alone (without calling `F.mse_loss`). The inputs may have any shape with the batch first.


# %% tags=["exercise"]
def mse(recon, x):
    ### BEGIN SOLUTION
    return ((x - recon) ** 2).mean()
    ### END SOLUTION


# %%
checks.check_mse(mse)

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Bây giờ đến công thức 2, cũng chỉ bằng phép tính trên tensor (đừng gọi `F.binary_cross_entropy`). `torch.log` là log tự nhiên.

# %% [markdown] lang="en"
# ### Your turn
#
# And now eq. 2, again with tensor operations alone (without calling `F.binary_cross_entropy`). `torch.log` is the natural logarithm.


# %% tags=["exercise"]
def bce(recon, x):
    ### BEGIN SOLUTION
    return -(x * torch.log(recon) + (1 - x) * torch.log(1 - recon)).mean()
    ### END SOLUTION


# %%
checks.check_bce(bce)

# %% [markdown] lang="vi"
# ## 3 · Dựng mạng
#
# Hai lớp tích chập (convolution) bước 2 thu ảnh từ $28 \times 28$ xuống $7 \times 7$, ở đó có 64 kênh, tức là $64 \cdot 7 \cdot 7 = 3.136$ con số, và một lớp tuyến tính gom chúng thành 2. Decoder đi ngược lại bằng `ConvTranspose2d`, lớp **tích chập chuyển vị** (transposed convolution): với bước 2, nó tăng cạnh ảnh lên gấp đôi, $7 \to 14 \to 28$.
# Vì sao phải có `output_padding=1`? Tích chập bước 2 đưa cả cạnh 13 lẫn cạnh 14 về 7, nên lúc đi ngược phải nói rõ ta muốn cạnh nào: không có nó thì ra 13. Hàm sigmoid ở cuối giữ mọi điểm ảnh trong $[0, 1]$.

# %% [markdown] lang="en"
# ## 3 · Building the network
#
# Two convolutions of stride 2 take the image from $28 \times 28$ to $7 \times 7$, where 64 channels make $64 \cdot 7 \cdot 7 = 3{,}136$ numbers, and a linear layer gathers them into 2. The decoder goes the same way back with `ConvTranspose2d`, the **transposed convolution**: with stride 2 it doubles the side, $7 \to 14 \to 28$.
# Why `output_padding=1`? A convolution of stride 2 takes a side of 13 to 7 just as it does a side of 14, so the way back must be told which one we mean: without it we would get 13. The sigmoid at the end keeps every pixel in $[0, 1]$.

# %%
encoder = nn.Sequential(
    nn.Conv2d(1, 16, kernel_size=3, padding=1),
    nn.ReLU(),  # (N, 16, 28, 28)
    nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),
    nn.ReLU(),  # (N, 32, 14, 14)
    nn.Conv2d(32, 64, kernel_size=3, stride=2, padding=1),
    nn.ReLU(),  # (N, 64, 7, 7)
    nn.Flatten(),  # (N, 3136)
    nn.Linear(3136, 2),  # (N, 2)
)
decoder = nn.Sequential(
    nn.Linear(2, 3136),
    nn.ReLU(),
    nn.Unflatten(1, (64, 7, 7)),
    nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1),
    nn.ReLU(),  # (N, 32, 14, 14)
    nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
    nn.ReLU(),  # (N, 16, 28, 28)
    nn.Conv2d(16, 1, kernel_size=3, padding=1),
    nn.Sigmoid(),  # (N, 1, 28, 28)
)

# %% tags=["nbval-check-output"]
x = torch.zeros(5, 1, 28, 28)
z = encoder(x)
recon = decoder(z)
print(tuple(x.shape), "→", tuple(z.shape), "→", tuple(recon.shape))

# %% [markdown] lang="vi"
# `models.Autoencoder` trong gói trợ giúp là đúng mạng này, có thêm các phương thức `encode`, `decode` và `forward` trả về cặp `(recon, z)`. Số tham số (parameter) trùng nhau:

# %% [markdown] lang="en"
# `models.Autoencoder` in the helper package is this very network, with methods `encode` and `decode` and a `forward` that returns the pair `(recon, z)`. The numbers of parameters agree:

# %% tags=["nbval-check-output"]
for network in (nn.Sequential(encoder, decoder), models.Autoencoder(latent_dim=2)):
    print(sum(parameter.numel() for parameter in network.parameters()))

# %% [markdown] lang="vi"
# ## 4 · Nên huấn luyện bằng hàm mất mát (loss) nào?
#
# Lúc mới bắt đầu, mạng nhanh chóng phát hiện rằng phần lớn điểm ảnh là đen, và đẩy mọi điểm ảnh về 0. Khi ấy $p = \hat x$ gần 0 ngay cả ở chỗ đáng lẽ phải trắng. Muốn thoát ra, nó cần gradient.
# Gọi $a$ là giá trị trước sigmoid (logit), $p = \text{sigmoid}(a)$; đạo hàm của sigmoid là $\frac{dp}{da} = p(1 - p)$. Theo quy tắc đạo hàm của hàm hợp, với một điểm ảnh trắng ($x = 1$):
#
# $$\frac{\partial}{\partial a}(p - 1)^2 = 2(p - 1)\,p\,(1 - p), \qquad \frac{\partial}{\partial a}\bigl(-\log p\bigr) = p - 1.$$
#
# Cả hai đều âm. Hướng giảm mất mát ngược dấu với gradient, nên mỗi bước học làm $a$ *tăng* và điểm ảnh trắng lên. Câu hỏi là kéo mạnh đến đâu:

# %% [markdown] lang="en"
# ## 4 · Which loss to train with?
#
# At the very start the network soon finds out that most pixels are black, and pushes every pixel to 0. Then $p = \hat x$ is near 0 even where it should be white. To get out of there it needs a gradient.
# Call $a$ the value before the sigmoid (the logit), $p = \text{sigmoid}(a)$; the derivative of the sigmoid is $\frac{dp}{da} = p(1 - p)$. By the chain rule, for a white pixel ($x = 1$):
#
# $$\frac{\partial}{\partial a}(p - 1)^2 = 2(p - 1)\,p\,(1 - p), \qquad \frac{\partial}{\partial a}\bigl(-\log p\bigr) = p - 1.$$
#
# Both are negative. Descent goes against the gradient, so every step *raises* $a$ and makes the pixel whiter. The question is how hard it pulls:

# %%
a = torch.linspace(-10, 10, 400)
p = torch.sigmoid(a)
plots.curves(
    {"MSE": (a, 2 * (p - 1) * p * (1 - p)), "BCE": (a, p - 1)},
    xlabel=tr("logit a của một điểm ảnh trắng", "logit a of a white pixel"),
    ylabel="gradient",
    title=tr(
        "Gradient kéo điểm ảnh về màu trắng",
        "The gradient that pulls the pixel towards white",
    ),
)

# %% [markdown] lang="vi"
# *Hình: khi mạng chắc chắn mà sai (logit rất âm, bên trái), gradient của BCE vẫn là $-1$, còn gradient của MSE gần như bằng 0.*
#
# Vì thế, với một sigmoid ở cuối, MSE có thể **kẹt** ở ảnh đen hoàn toàn. Chúng tôi đã thử: mạng này với MSE kẹt ở sai số bình phương 87,5 mỗi ảnh trong cả bốn lần thử với tốc độ học (learning rate) $10^{-3}$, và cũng kẹt như thế với $3 \cdot 10^{-3}$. BCE thì không kẹt. Bạn có thể tự kiểm chứng ở ô sau: đổi `kind` thành `"mse"` (ô ấy dùng tốc độ học $3 \cdot 10^{-3}$; muốn lặp lại lần thử với $10^{-3}$ thì đổi cả `lr`).
#
# ## 5 · Huấn luyện
#
# Để nhanh, ta dùng một phần tư tập huấn luyện. Hàm `training.fit` chứa vòng lặp huấn luyện (training loop) mà bài 05 sẽ viết ra từng dòng.
#
# ⏱ Khoảng 12 giây trên CPU hai nhân; trên GPU nhanh hơn nhiều.

# %% [markdown] lang="en"
# *The figure: where the network is sure and wrong (a very negative logit, on the left), the gradient of BCE is still $-1$, while that of MSE is almost 0.*
#
# So with a sigmoid at the end, MSE can get **stuck** at the all-black picture. We tried: this network with MSE stayed at a squared error of 87.5 per image in all four runs with a learning rate of $10^{-3}$, and just so with $3 \cdot 10^{-3}$. BCE did not get stuck. You can see for yourself in the next cell: change `kind` to `"mse"` (that cell uses the learning rate $3 \cdot 10^{-3}$; to repeat the runs with $10^{-3}$, change `lr` as well).
#
# ## 5 · Training
#
# To be quick we use a quarter of the training set. `training.fit` holds the training loop that lesson 05 will write out line by line.
#
# ⏱ About 12 seconds on two CPU cores; a GPU is much faster.

# %%
train_set, val_set = data.split(data.load_mnist(), (0.8, 0.2), seed=1)
small_set, _ = data.split(train_set, (0.25, 0.75), seed=0)
small_val, _ = data.split(val_set, (0.25, 0.75), seed=0)


def ae_loss(recon, x, z):
    return losses.reconstruction_loss(recon, x, kind="bce")


torch.manual_seed(0)
model = models.Autoencoder(latent_dim=2)
history = training.fit(
    model,
    small_set,
    small_val,
    epochs=4,
    batch_size=128,
    lr=3e-3,
    loss=ae_loss,
    log_dir=None,
    seed=0,
)

# %%
plots.plot_reconstructions(model, small_val.images)

# %% [markdown] lang="vi"
# *Hình: trên là ảnh gốc, dưới là ảnh dựng lại từ vỏn vẹn hai con số. Trong lần chạy này, chỉ số 9 và số 6 còn đọc được rõ; số 4 và cả hai số 7 thành số 9, hai số 3 trông giống số 8, còn số 2 và hai số 0 nhòe thành một cái vòng có vết bên trong.*
#
# Vậy sai số ấy là lớn hay nhỏ? Hãy so với hai đối thủ đơn giản: luôn trả lời "đen hoàn toàn", và luôn trả lời "ảnh trung bình". Nhật ký ở trên ghi hàm mất mát dùng để huấn luyện, tức BCE của mỗi ảnh; bảng dưới đây ghi *sai số bình phương* của mỗi ảnh. Đó là hai thước đo khác nhau, nên chỉ so các con số trong bảng với nhau.

# %% [markdown] lang="en"
# *The figure: originals above, and below them what was rebuilt from just two numbers each. In this run only the 9 and the 6 are still easy to read; the 4 and both 7s have become 9s, the two 3s look like 8s, and the 2 and the two 0s are smeared into a ring with a blot inside.*
#
# So is that error large or small? Compare with two simple-minded rivals: always answer "all black", and always answer "the mean image". The log above shows the loss that was trained, the BCE per image; the table below shows the *squared* error per image. These are two different yardsticks, so compare only within the table.

# %%
model.cpu().eval()
x = small_val.images
with torch.no_grad():
    recon, z = model(x)
mean_image = small_set.images.mean(dim=0).expand_as(x)
for name, guess in (
    (tr("đen hoàn toàn", "all black"), torch.zeros_like(x)),
    (tr("ảnh trung bình", "mean image"), mean_image),
    ("autoencoder", recon),
):
    print(f"{name:16} {losses.reconstruction_loss(guess, x):5.1f}")

# %% [markdown] lang="vi"
# Số 87,5 đã gặp ở phần 4: "kẹt" nghĩa là cả quá trình huấn luyện không hơn được câu trả lời đen hoàn toàn. Ảnh trung bình tốt hơn nhiều dù không hề nhìn $x$; còn hai con số của autoencoder lại giảm thêm khoảng một phần năm sai số.
#
# ## 6 · Đi dạo trong không gian tiềm ẩn

# %% [markdown] lang="en"
# The 87.5 is the one of section 4: "stuck" means that all the training did no better than the answer "all black". The mean image does far better without ever looking at $x$, and the autoencoder's two numbers take off another fifth or so.
#
# ## 6 · A walk through the latent space

# %%
plots.plot_latent(model, small_val)

# %% [markdown] lang="vi"
# *Hình: mỗi chấm là mã $z$ của một ảnh kiểm định (validation). Mỗi đĩa tròn mang một chữ số, đặt ở trung vị các mã của chữ số ấy (hai đĩa sắp đè lên nhau thì được đẩy ra một chút); ba vòng tròn nét đứt có tâm ở gốc tọa độ và bán kính 1, 2, 3. Các chữ số tụ thành vùng, dù mạng chưa từng thấy nhãn, nhưng các vùng chồng lên nhau: 4, 7 và 9 nằm lẫn lộn, 3, 5 và 8 cũng thế. Cả đám mây có hình thù tùy ý và lệch khỏi gốc tọa độ; xung quanh nó là khoảng trống.*
#
# Không ai bảo autoencoder phải xếp các mã ở đâu: nó chỉ bị phạt khi *tái tạo* sai. Muốn dùng nó để **sinh** ảnh, ta cần hai tính chất:
#
# - **tính liên tục** (continuity): hai điểm gần nhau thì giải mã ra hai ảnh giống nhau;
# - **tính đầy đủ** (completeness): điểm nào lấy từ không gian tiềm ẩn, theo một phân phối đã chọn, cũng giải mã ra một ảnh có nghĩa.
#
# ### Tính đầy đủ: giải mã một lưới điểm

# %% [markdown] lang="en"
# *The figure: each dot is the code $z$ of a validation image. A disc with a digit stands at the median of that digit's codes (moved aside a little where two discs would overlap); the three dashed circles have radius 1, 2 and 3 around the origin. The digits gather in regions although the network has never seen a label, but the regions overlap: 4, 7 and 9 are mixed, and so are 3, 5 and 8. The whole cloud has an arbitrary shape and lies off the origin; around it there is empty space.*
#
# Nobody told the autoencoder where to put its codes: it is only punished for wrong *reconstructions*. To use it for **making** images, we would need two properties:
#
# - **continuity**: two points that are close decode to similar images;
# - **completeness**: any point drawn from the latent space, by a distribution we have chosen, decodes to a meaningful image.
#
# ### Completeness: decode a grid of points

# %%
lowest, highest = z.min(dim=0).values, z.max(dim=0).values
plots.plot_manifold(
    model, n=20, limits=tuple(zip(lowest.tolist(), highest.tolist(), strict=True))
)

# %% [markdown] lang="vi"
# *Hình: lưới 20 × 20 phủ kín hình chữ nhật chứa mọi mã. Decoder vẽ ở khắp nơi, có mã hay không. Trong lần chạy này, góc dưới bên trái vỡ thành những mảnh không phải chữ số nào, dù ba góc còn lại tình cờ cho ra những số 7, 1 và 6 rõ nét. Giữa hình, nơi nhiều chữ số chen chúc, ảnh lại nhòe nhất. Không nhìn hình thì chẳng ai biết góc nào tốt, góc nào hỏng.*
#
# Bây giờ làm như một mô hình sinh (generative model): lấy $z$ ngẫu nhiên. Trước hết từ $\mathcal{N}(0, I)$, tức là mỗi phần tử của $z$ được lấy độc lập, với trung bình 0 và phương sai (variance) 1 ($I$ là ma trận đơn vị):

# %% [markdown] lang="en"
# *The figure: a grid of 20 × 20 that covers the rectangle around all codes. The decoder draws everywhere, codes or no codes. In this run the bottom left corner falls into shards that are no digit, although the three other corners happen to give clear 7s, 1s and 6s. In the middle, where many digits crowd together, the shapes are the most blurred. Without the picture nobody knows which corner is good and which is broken.*
#
# Now act like a generative model: draw a random $z$. First from $\mathcal{N}(0, I)$, where each entry of $z$ is drawn independently with mean 0 and variance 1 ($I$ is the identity matrix):

# %%
plots.plot_samples(model, n=20, seed=0)

# %% [markdown] lang="vi"
# *Hình: hai mươi ảnh từ $z \sim \mathcal{N}(0, I)$. Các điểm này rơi vào rìa đám mây, gần góc bị vỡ, nên cứ lặp lại vài hình: những vòng giống số 0, vài hình giống số 9, và nhiều mảnh vỡ. Những số 1, số 6, số 7 rõ nét có trên bản đồ, nhưng ở đây không thấy.*
#
# Đo bằng con số: bao nhiêu phần trăm điểm ngẫu nhiên rơi **xa** mọi mã thật? Với mỗi mã thật, ta đo khoảng cách đến láng giềng gần nhất của nó trong các mã thật; lấy phân vị 99 % của các khoảng cách ấy làm ngưỡng. Một điểm là "xa" nếu mã thật gần nhất cũng cách nó quá ngưỡng này. Để có mốc so sánh, ta đo cả mã của một nghìn ảnh thật khác.

# %% [markdown] lang="en"
# *The figure: twenty images from $z \sim \mathcal{N}(0, I)$. These points fall at the edge of the cloud, near the broken corner, so a few shapes come again and again: rings like a 0, some shapes like a 9, and many shards. There are clear 1s, 6s and 7s on the map, but none here.*
#
# In numbers: what share of random points falls **far** from every real code? For each real code take the distance to its nearest neighbour among the real codes; the 99th percentile of these distances is the threshold. A point is "far" if even the nearest real code lies beyond that threshold. To have something to compare with, we measure the codes of a thousand other real images as well.

# %%
torch.manual_seed(0)
codes = z[:2000]
between_codes = torch.cdist(codes, codes).fill_diagonal_(float("inf")).min(dim=1).values
far = between_codes.quantile(0.99)

in_the_box = lowest + (highest - lowest) * torch.rand(2000, 2)
from_the_prior = torch.randn(2000, 2)
for name, points in (
    (tr("hình chữ nhật", "the rectangle"), in_the_box),
    ("N(0, I)", from_the_prior),
    (tr("ảnh thật khác", "other images"), z[2000:]),
):
    share = (torch.cdist(points, codes).min(dim=1).values > far).float().mean()
    print(f"{name:14} {share:4.0%}", tr("nằm xa mọi mã", "lie far from every code"))

# %% [markdown] lang="vi"
# Mã của ảnh thật hầu như không bao giờ "xa". Nhưng khoảng một phần ba hình chữ nhật là vùng trống, và $z \sim \mathcal{N}(0, I)$ rơi vào vùng trống cũng chẳng ít hơn, vì đám mây không nằm quanh gốc tọa độ. Ở đó decoder chưa từng được huấn luyện: trúng gì hoàn toàn là chuyện may rủi. Đó là ý nghĩa của câu "thiếu tính đầy đủ".
#
# ### Tính liên tục: đi từ ảnh này sang ảnh kia
#
# Ta sắp đi thẳng từ mã $z_a$ của một ảnh đến mã $z_b$ của ảnh khác, và giải mã dọc đường.
#
# ### Lượt của bạn
#
# Viết hàm cho điểm nằm trên đoạn thẳng từ $z_a$ đến $z_b$: khi $\alpha = 0$ thì ở $z_a$, khi $\alpha = 1$ thì ở $z_b$, ở giữa thì đi đều. Chỉ dùng phép tính trên tensor (đừng gọi `torch.lerp`).

# %% [markdown] lang="en"
# The codes of real images are hardly ever "far". But about a third of the rectangle is empty, and $z \sim \mathcal{N}(0, I)$ falls into the empty part no less often, because the cloud does not lie around the origin. The decoder has never been trained there: what comes out is a matter of luck. That is what "no completeness" means.
#
# ### Continuity: walk from one image to another
#
# We are about to walk straight from the code $z_a$ of one image to the code $z_b$ of another, and to decode along the way.
#
# ### Your turn
#
# Write a function that gives the point on the straight line from $z_a$ to $z_b$: at $z_a$ for $\alpha = 0$, at $z_b$ for $\alpha = 1$, moving evenly in between. Use tensor operations alone (without calling `torch.lerp`).


# %% tags=["exercise"]
def interpolate(z_a, z_b, alpha):
    ### BEGIN SOLUTION
    return (1 - alpha) * z_a + alpha * z_b
    ### END SOLUTION


# %%
checks.check_interpolate(interpolate)

# %% [markdown] lang="vi"
# Bây giờ lấy một số 0 và một số 1 tiêu biểu (ảnh nằm gần tâm nhóm của chữ số ấy nhất) và đi từ ảnh này sang ảnh kia:

# %% [markdown] lang="en"
# Now take a typical 0 and a typical 1 (each nearest to the centre of its class) and walk from one to the other:


# %%
def typical(digit):
    own = small_val.labels == digit
    nearest = (z[own] - z[own].median(dim=0).values).norm(dim=1).argmin()
    return small_val.images[own][nearest]


a, b = typical(0), typical(1)
plots.plot_interpolation(model, a, b)

# %% [markdown] lang="vi"
# *Hình: số 0 khép dần lại thành một hình giống số 8, rồi mảnh dần thành số 1; ở giữa, ảnh không hẳn là chữ số nào.*
#
# Ảnh thay đổi nhanh hay chậm trên đường đi? Chia đường thành 40 bước dài bằng nhau, và đo khoảng cách giữa hai ảnh liên tiếp:

# %% [markdown] lang="en"
# *The figure: the 0 closes to a shape like an 8, and that thins out into a 1; in between, the picture is not quite any digit.*
#
# Does the image change fast or slowly along the way? Cut the way into 40 equally long steps, and measure the distance between each two images in a row:

# %%
with torch.no_grad():
    z_a, z_b = model.encode(torch.stack([a, b]))
    path = torch.stack(
        [torch.lerp(z_a, z_b, alpha) for alpha in torch.linspace(0, 1, 41)]
    )
    steps = model.decode(path).diff(dim=0).flatten(1).norm(dim=1)

figure = plots.plot_latent(model, small_val)
figure.axes[0].plot(path[:, 0], path[:, 1], "k-", linewidth=3)
figure

# %%
plots.curves(
    {"": (torch.linspace(0, 1, 40), steps)},
    markers=True,
    xlabel="α",
    ylabel=tr("khoảng cách giữa hai ảnh liên tiếp", "distance between images in a row"),
    title=tr("Mỗi bước trên đường đi", "Each step of the walk"),
    ylim=(0, None),
)

# %% [markdown] lang="vi"
# *Hình thứ nhất: đường đi (nét đen) cắt ngang vùng của những chữ số khác. Hình thứ hai: mọi bước trong không gian tiềm ẩn dài như nhau, nhưng trong lần chạy này mỗi bước ở đầu đường làm ảnh đổi khoảng 0,36, mỗi bước ở cuối đường chỉ khoảng 0,12: chênh nhau chừng ba lần.*
#
# Không có cú nhảy nào. Decoder ghép từ những hàm liên tục, nên hai điểm *đủ* gần luôn cho hai ảnh giống nhau: hiểu theo nghĩa chặt của toán học, tính liên tục vẫn có. Cái thiếu là sự bảo đảm: thế nào là "đủ gần" thì mỗi nơi một khác, khoảng cách bằng nhau không có nghĩa là ảnh thay đổi như nhau,
# vì hàm mất mát chỉ chấm điểm tại chính các mã, không đòi hỏi gì ở vùng lân cận. Tài liệu nói autoencoder "không bảo đảm tính liên tục" là theo nghĩa ấy.
#
# Vậy autoencoder có "sinh dữ liệu mới" được không? Có tài liệu nói có, có tài liệu nói không, và cả hai đều có lý: decoder *giải mã được bất kỳ* $z$ nào, nhưng không có gì bảo đảm $z$ ấy có nghĩa, vì không ai nói cho ta biết nên lấy $z$ ở đâu.
# VAE, ở bài sau, nhắm đúng chỗ đó.

# %% [markdown] lang="en"
# *First figure: the walk (black line) cuts across the regions of other digits. Second figure: all steps in the latent space are equally long, but in this run a step at the start changes the image by about 0.36, three times as much as one at the end, about 0.12.*
#
# Nothing jumps. The decoder is put together from continuous functions, so two points that are close *enough* always give similar images: in the strict mathematical sense, continuity is there. What is missing is a guarantee: how close is "close enough" differs from place to place, and equal distances do not mean equal changes,
# because the loss looks only at the codes themselves and asks for nothing in their neighbourhood. Texts that say an autoencoder "does not ensure continuity" mean it in this sense.
#
# So can an autoencoder "make new data"? Some texts say yes and some say no, and both have a point: the decoder *can decode any* $z$, but nothing ensures that this $z$ means something, because nobody tells us where to take it from.
# The VAE of the next lesson aims at exactly this.

# %% [markdown] lang="vi"
# ## Tự kiểm tra
#
# <details><summary><b>Mục tiêu chính của autoencoder là gì?</b> (câu 1 của bài trắc nghiệm)</summary>
#
# Nén dữ liệu vào một không gian tiềm ẩn rồi tái tạo lại chính đầu vào.
# </details>
#
# <details><summary><b>Mạng encoder làm nhiệm vụ gì?</b> (câu 2)</summary>
#
# Mã hóa đầu vào thành một điểm trong không gian tiềm ẩn có số chiều nhỏ hơn.
# </details>
#
# ## Tóm tắt
#
# - Autoencoder học không cần nhãn: nén $x$ thành $z$, dựng lại $\hat x$, và bị phạt theo sai số tái tạo (MSE hay BCE).
# - Chỉ với hai con số cho mỗi ảnh, sai số đã thấp hơn của ảnh trung bình; mạng tự gom các chữ số giống nhau lại gần nhau.
# - Không gian tiềm ẩn của nó thiếu tính đầy đủ, và khoảng cách trong đó không nói lên nhiều (tính liên tục không được bảo đảm), nên ta không biết lấy $z$ ở đâu để sinh ảnh mới.
#
# **Tiếp theo:** [Bài 02 · VAE](02_vae.ipynb)

# %% [markdown] lang="en"
# ## Test yourself
#
# <details><summary><b>What is the main aim of an autoencoder?</b> (quiz question 1)</summary>
#
# To compress data into a latent space and reconstruct the input itself from there.
# </details>
#
# <details><summary><b>What is the encoder's task?</b> (question 2)</summary>
#
# To encode the input as a point in a latent space of fewer dimensions.
# </details>
#
# ## Recap
#
# - An autoencoder learns without labels: it compresses $x$ into $z$, rebuilds $\hat x$, and is punished by the reconstruction error (MSE or BCE).
# - With only two numbers per image the error is already below that of the mean image, and the network gathers similar digits by itself.
# - Its latent space lacks completeness, and its distances mean little (continuity is not ensured), so we do not know where to take a $z$ from to make new images.
#
# **Next:** [Lesson 02 · VAE](02_vae.ipynb)
