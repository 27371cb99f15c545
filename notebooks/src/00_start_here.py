# %% [markdown] lang="vi"
# # Bài 00 · Bắt đầu từ đây
#
# Khóa học này dạy hai mô hình: **bộ tự mã hóa** (autoencoder, AE) và **bộ tự mã hóa biến phân** (variational
# autoencoder, VAE). Bạn sẽ tự tay xây dựng cả hai bằng PyTorch, huấn luyện chúng trên ảnh chữ số viết tay, rồi cho
# mô hình vẽ ra những chữ số chưa ai từng viết.
#
# Khóa học đi theo một đề bài in sẵn về AE và VAE: chỗ nào nói *bài tập*, kèm một bước như III.1 hay một công thức như
# công thức 1, là nói đến đề bài ấy. Bạn không cần có nó trong tay.
#
# Bài mở đầu trả lời một câu hỏi: *máy của bạn đã sẵn sàng chưa?* Hãy chạy từng ô từ trên xuống bằng **Shift + Enter**.
# Cả bài mất chưa đến một phút.

# %% [markdown] lang="en"
# # Lesson 00 · Start here
#
# This course is about two models: the **autoencoder** (AE) and the **variational autoencoder** (VAE). You will build
# both in PyTorch with your own hands, train them on pictures of handwritten digits, and then let the model draw digits
# that nobody ever wrote.
#
# The course follows a printed exercise on AEs and VAEs: where a lesson says *the exercise*, with a step such as III.1 or
# with eq. 1, it means that text. You do not need to have it.
#
# This first lesson answers one question: *is your machine ready?* Run the cells from top to bottom with
# **Shift + Enter**. The whole lesson takes less than a minute.

# %% [markdown] lang="vi"
# ## 1 · Các thư viện (bước III.1 của bài tập)
#
# Ô dưới đây nạp mọi thứ mà khóa học cần. Nếu nó chạy không báo lỗi, phần cài đặt đã xong.
#
# | thư viện | dùng để làm gì |
# | --- | --- |
# | `torch` | tensor, mạng nơ-ron, gradient |
# | `torchvision` | tải và đọc bộ ảnh MNIST |
# | `matplotlib` | vẽ hình |
# | `tqdm` | thanh tiến trình khi huấn luyện |
# | `torchsummary` | bảng kiến trúc của một mô hình |
# | `vae_helpers` | gói trợ giúp nhỏ của khóa học: dữ liệu, mô hình, hàm mất mát (loss), hình vẽ, gợi ý |
#
# Ô gập lại ngay dưới tên của mỗi bài tìm gói `vae_helpers`. Hãy chạy nó như mọi ô khác; nó không in ra gì.

# %% [markdown] lang="en"
# ## 1 · The libraries (step III.1 of the exercise)
#
# The next cell imports everything the course needs. If it runs without an error, the installation is done.
#
# | library | what for |
# | --- | --- |
# | `torch` | tensors, neural networks, gradients |
# | `torchvision` | downloading and reading the MNIST images |
# | `matplotlib` | figures |
# | `tqdm` | progress bars during training |
# | `torchsummary` | the table of a model's layers |
# | `vae_helpers` | the course's own small package: data, models, losses, figures, hints |
#
# The folded cell below the title of each lesson finds `vae_helpers`. Run it like any other; it prints nothing.

# %%
import matplotlib
import numpy
import torch
import torchsummary
import torchvision
import tqdm

from vae_helpers import checks, data, plots, tr, training

for library in (torch, torchvision, numpy, matplotlib, tqdm):
    print(f"{library.__name__:12} {library.__version__}")

# %% [markdown] lang="vi"
# ## 2 · Thiết bị tính toán (bước III.2)
#
# PyTorch tính được trên CPU lẫn GPU. Một dòng chọn giúp bạn: có GPU thì dùng GPU, không thì dùng CPU.
# Cả khóa học được viết để chạy tốt trên CPU của một máy tính xách tay; GPU chỉ giúp nhanh hơn.

# %% [markdown] lang="en"
# ## 2 · The device (step III.2)
#
# PyTorch computes on the CPU or on a GPU. One line chooses for you: the GPU if there is one, or else the CPU.
# The whole course is made to run well on a laptop's CPU; a GPU only makes it faster.

# %%
device = training.default_device()
print(tr("Thiết bị:", "Device:"), device)

# %% [markdown] lang="vi"
# ## 3 · Dữ liệu
#
# **MNIST** gồm 70.000 ảnh chữ số viết tay từ 0 đến 9: 60.000 ảnh để huấn luyện, 10.000 ảnh để kiểm tra. Mỗi ảnh
# có một kênh màu xám, cao 28, rộng 28 điểm ảnh (pixel); mỗi điểm ảnh là một số từ 0 (đen) đến 1 (trắng).
#
# Lần chạy đầu tiên, MNIST (khoảng 12 MB) được tải về thư mục `data/`. Nếu máy không có mạng, bài học tự chuyển sang
# 1.797 chữ số thật có sẵn trong scikit-learn và nói rõ điều đó ngay dưới ô.

# %% [markdown] lang="en"
# ## 3 · The data
#
# **MNIST** holds 70,000 pictures of handwritten digits from 0 to 9: 60,000 for training, 10,000 for testing. Each
# picture has one grey channel and is 28 pixels high and 28 wide; each pixel is a number from 0 (black) to 1 (white).
#
# On the first run MNIST (about 12 MB) is downloaded into the folder `data/`. Without a network the lesson turns to the
# 1,797 real digits inside scikit-learn, and says so right below the cell.

# %%
dataset = data.load_mnist()
print(dataset)

# %% [markdown] lang="vi"
# `dataset.images` là một tensor bốn chiều, theo thứ tự mà mọi lớp tích chập (convolution) của PyTorch mong đợi:
#
# $$(N, C, H, W) = (\text{số ảnh},\ \text{số kênh},\ \text{chiều cao},\ \text{chiều rộng})$$

# %% [markdown] lang="en"
# `dataset.images` is a tensor with four dimensions, in the order that every convolution in PyTorch expects:
#
# $$(N, C, H, W) = (\text{images},\ \text{channels},\ \text{height},\ \text{width})$$

# %% tags=["nbval-check-output"]
x = dataset.images[:3]
print(x.shape, x.dtype)
print(x.min().item() >= 0, x.max().item() <= 1)

# %% [markdown] lang="vi"
# Hãy nhìn tận mắt mười ảnh đầu tiên. Con số phía trên mỗi ảnh là nhãn (label) của nó.

# %% [markdown] lang="en"
# Now look at the first ten pictures. The number above each one is its label.

# %%
labels = [str(int(label)) for label in dataset.labels[:10]]
plots.plot_images(
    dataset.images[:10],
    titles=labels,
    title=tr("Mười ảnh đầu tiên", "The first ten images"),
)

# %% [markdown] lang="vi"
# *Hình: một hàng mười chữ số trắng trên nền đen, mỗi người viết một nét riêng. Tự mã hóa là tìm cách ghi lại
# mỗi ảnh như vậy chỉ bằng vài con số.*

# %% [markdown] lang="en"
# *The figure: a row of ten white digits on black, each in a different hand. Autoencoding means finding a way to write
# down such a picture with only a few numbers.*

# %% [markdown] lang="vi"
# ## 4 · Mỗi bài học diễn ra thế nào
#
# Mỗi bài là một câu chuyện: một câu hỏi, đoạn mã ngắn nhất trả lời nó, một hình vẽ, và một câu cho biết hình ấy nói lên điều gì.
# Rồi đến **lượt của bạn**: một ô có hàm còn trống, và một ô kiểm tra (check) trả lời ngay.
#
# - ⏳ nghĩa là bạn chưa làm. Bài học vẫn chạy tiếp đến cuối.
# - ❌ nghĩa là chưa đúng: phần gợi ý cho biết lỗi của bạn *trông giống* lỗi nào và nên nghĩ về điều gì, chứ không đưa đáp án.
# - ✅ nghĩa là đúng. Mỗi lần kiểm tra dùng nhiều dữ liệu khác nhau, nên gõ thẳng một con số sẽ không qua được.
#
# Bạn muốn sửa bao nhiêu lần cũng được.

# %% [markdown] lang="en"
# ## 4 · How a lesson works
#
# Each lesson is a story: a question, the smallest piece of code that answers it, a picture, and a sentence on what the
# picture shows. Then it is **your turn**: a cell with an unfinished function, and a check that answers at once.
#
# - ⏳ means that you have not done it yet. The lesson still runs to its end.
# - ❌ means not right yet: the hint says which mistake yours *looks like* and what to think about, never the solution.
# - ✅ means right. Every check tries several inputs, so typing in a single number will not get through.
#
# Try as often as you like.

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Mỗi ảnh đưa vào bộ mã hóa (encoder) gồm bao nhiêu con số? Hãy viết hàm nhận một tensor ảnh có kích thước $(N, C, H, W)$ và trả về
# số lượng con số trong **một** ảnh.

# %% [markdown] lang="en"
# ### Your turn
#
# How many numbers does the encoder get for one picture? Write a function that takes a tensor of images $(N, C, H, W)$
# and returns how many numbers **one** image holds.


# %% tags=["exercise"]
def pixel_count(images):
    ### BEGIN SOLUTION
    N, C, H, W = images.shape
    return C * H * W
    ### END SOLUTION


# %%
checks.check_pixel_count(pixel_count)

# %% [markdown] lang="vi"
# ## 5 · Bản đồ khóa học
#
# | bài | bạn sẽ làm được gì |
# | --- | --- |
# | [01 · Autoencoder](01_autoencoder.ipynb) | xây dựng và huấn luyện một AE, nhìn thấy những khoảng trống trong không gian tiềm ẩn (latent space) của nó |
# | [02 · VAE](02_vae.ipynb) | dựng VAE từng lớp một, hiểu $\mu$, $\log\sigma^2$ và $z$ là gì |
# | [03 · Tái tham số hóa](03_reparameterization.ipynb) | tính $z$ bằng tay, thấy gradient đi qua bước lấy mẫu |
# | [04 · Hàm mất mát](04_loss.ipynb) | suy ra và lập trình −ELBO, hiểu $B$ nghĩa là gì |
# | [05 · Huấn luyện](05_training.ipynb) | viết vòng lặp huấn luyện (training loop) có log và thanh tiến trình, tiếp tục sau khi bị ngắt |
# | [06 · Tái tạo và sinh ảnh](06_reconstructions.ipynb) | so ảnh gốc với ảnh tái tạo, vẽ bản đồ tiềm ẩn, sinh ảnh mới |
# | [07 · Thanh trượt tiềm ẩn](07_latent_sliders.ipynb) | kéo z bằng tay, đi từ ảnh này sang ảnh kia, làm số học trên z |
# | [08 · Các loại autoencoder](08_kinds.ipynb) | so AE với PCA; dựng AE thưa (sparse), AE co (contractive) và AE khử nhiễu (denoising) |
# | [09 · Mã tiềm ẩn để làm gì](09_uses.ipynb) | nén, khử nhiễu, phân loại trên z, phát hiện bất thường (anomaly detection), việc nào cũng so với một cách làm đơn giản |
# | [10 · Giới hạn và biến thể](10_limits.ipynb) | hiểu vì sao ảnh nhòe và vì sao có sụp đổ hậu nghiệm (posterior collapse), huấn luyện và so β-VAE, CVAE, VQ-VAE, AVAE |
# | [Trắc nghiệm](../../quiz/vi/quiz.ipynb) | biết mình hiểu đến đâu: mười câu của bài tập và nhiều câu khác, mỗi phương án một lời giải thích |
#
# ## Tóm tắt
#
# - Máy đã có đủ thư viện, và bạn biết mình đang tính trên thiết bị nào.
# - Ảnh là tensor $(N, C, H, W)$ với giá trị trong $[0, 1]$; mỗi ảnh MNIST là $1 \times 28 \times 28$.
# - Mỗi bài có ô kiểm tra trả lời ngay: ⏳ chưa làm, ❌ kèm gợi ý, ✅ đúng.
#
# **Tiếp theo:** [Bài 01 · Autoencoder](01_autoencoder.ipynb)

# %% [markdown] lang="en"
# ## 5 · The map of the course
#
# | lesson | what you will be able to do |
# | --- | --- |
# | [01 · Autoencoder](01_autoencoder.ipynb) | build and train an AE, and see the holes in its latent space |
# | [02 · VAE](02_vae.ipynb) | build the VAE layer by layer, and know what $\mu$, $\log\sigma^2$ and $z$ are |
# | [03 · Reparameterization](03_reparameterization.ipynb) | compute $z$ by hand, and see the gradient pass through the sampling |
# | [04 · The loss](04_loss.ipynb) | derive and code −ELBO, and know what $B$ means |
# | [05 · Training](05_training.ipynb) | write the training loop with log and progress bar, and go on after a break |
# | [06 · Reconstructions and samples](06_reconstructions.ipynb) | compare originals with reconstructions, draw the latent map, make new images |
# | [07 · Latent sliders](07_latent_sliders.ipynb) | move z by hand, walk from one image to another, do arithmetic on z |
# | [08 · Kinds of autoencoder](08_kinds.ipynb) | compare an AE with PCA, make sparse, contractive and denoising AEs |
# | [09 · What latents are for](09_uses.ipynb) | compress, denoise, classify on z, find anomalies, each beside a plain method |
# | [10 · Limits and variants](10_limits.ipynb) | see where blur and posterior collapse come from, train and compare β-VAE, CVAE, VQ-VAE, AVAE |
# | [The quiz](../../quiz/en/quiz.ipynb) | see how much you have understood: the ten questions of the exercise and more, with an explanation for every option |
#
# ## Recap
#
# - Your machine has every library, and you know which device you compute on.
# - Images are tensors $(N, C, H, W)$ with values in $[0, 1]$; an MNIST image is $1 \times 28 \times 28$.
# - Every lesson has checks that answer at once: ⏳ not done yet, ❌ with a hint, ✅ right.
#
# **Next:** [Lesson 01 · Autoencoder](01_autoencoder.ipynb)
