# %% [markdown] lang="vi"
# # Bài 00 · Bắt đầu từ đây
#
# *Máy của bạn đã sẵn sàng chưa, và một bài học diễn ra thế nào?*
#
# Khóa học này dạy hai mô hình: **bộ tự mã hóa** (autoencoder, AE) và **bộ tự mã hóa biến phân** (variational autoencoder, VAE). Bạn sẽ tự tay viết cả hai bằng
# PyTorch, huấn luyện chúng trên ảnh chữ số viết tay, rồi cho mô hình vẽ ra những chữ số chưa ai từng viết.
#
# Khóa học đi theo một đề bài in sẵn về AE và VAE. Khi bài học nhắc đến *đề bài*, cùng một bước như III.1 hay một công thức như công thức 1, tức là nói đến văn bản ấy. Bạn không cần có nó
# trong tay.
#
# Hãy chạy từng ô từ trên xuống bằng **Shift + Enter**. Máy chạy cả bài chưa đến một phút; bạn cần khoảng 20 phút.

# %% [markdown] lang="en"
# # Lesson 00 · Start here
#
# *Is your machine ready, and how does a lesson work?*
#
# This course is about two models: the **autoencoder** (AE) and the **variational autoencoder** (VAE). You will write both in PyTorch with your own hands, train them on pictures of
# handwritten digits, and then let the model draw digits that nobody ever wrote.
#
# The course follows a printed exercise on AEs and VAEs. Where a lesson says *the handout*, with a step such as III.1 or with eq. 1, it means that text. You do not need to have it.
#
# Run the cells from top to bottom with **Shift + Enter**. The machine needs less than a minute for it, you about twenty.

# %% [markdown] lang="vi"
# ## 1 · Các thư viện (bước III.1 của đề bài)
#
# Ô dưới đây nạp từng gói mà khóa học cần và in phiên bản của nó. Nếu thiếu gói nào, nó cho biết tên gói ấy và cách cài.

# %% [markdown] lang="en"
# ## 1 · The libraries (step III.1 of the handout)
#
# The next cell imports every package that the course needs and prints its version. If one is missing, it says which, and how to install it.

# %%
from importlib import import_module
from importlib.metadata import version

packages = (
    "torch torchvision numpy matplotlib pillow tqdm torchsummary "
    "ipywidgets ipython scikit-learn scipy safetensors"
)
module = {"pillow": "PIL", "ipython": "IPython", "scikit-learn": "sklearn"}
missing = []
for package in packages.split():
    try:
        import_module(module.get(package, package))
        print(f"{package:14}{version(package)}")
    except Exception as problem:
        missing.append(package)
        print(f"{package:14}✗ {problem}")

# %%
from vae_helpers import tr

if missing:
    print(tr("Hãy chạy trong một ô mới:", "Run in a new cell:"))
    print("%pip install", *missing)
    print(tr("rồi khởi động lại kernel.", "and restart the kernel."))
else:
    print(tr("Đủ cả 12 gói.", "All 12 packages are there."))

# %% [markdown] lang="vi"
# Gói thứ mười ba, `vae_helpers`, là gói nhỏ của riêng khóa học. Ô đang gập lại ngay dưới tên của mỗi bài sẽ tìm gói ấy; hãy chạy nó như mọi ô khác.
#
# ## 2 · Thiết bị tính toán (bước III.2)
#
# PyTorch tính được trên CPU lẫn GPU. Dòng đầu tiên dưới đây lấy nguyên từ đề bài: có GPU thì dùng GPU, không thì dùng CPU. Cả khóa học được viết cho CPU của một máy tính xách tay; GPU chỉ
# giúp nhanh hơn.

# %% [markdown] lang="en"
# A thirteenth, `vae_helpers`, is the course's own small package. The folded cell below the title of each lesson finds it; run that cell like any other.
#
# ## 2 · The device (step III.2)
#
# PyTorch computes on the CPU or on a GPU. The first line below is the handout's own: the GPU if there is one, or else the CPU. The whole course is made for a laptop's CPU; a GPU only makes
# it faster.

# %%
import torch

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print("Using device:", device)

# %% [markdown] lang="vi"
# ## 3 · Dữ liệu
#
# **MNIST** gồm 70.000 ảnh chữ số viết tay từ 0 đến 9: 60.000 ảnh để huấn luyện, 10.000 ảnh để kiểm tra. Mỗi ảnh có một kênh màu xám, cao 28, rộng 28 điểm ảnh (pixel); mỗi điểm ảnh là một
# số từ 0 (đen) đến 1 (trắng).
#
# Lần đầu, MNIST (khoảng 12 MB) được tải về thư mục `data/`. Không có mạng thì bài học dùng 1.797 chữ số thật có sẵn trong scikit-learn và báo rõ điều đó ngay dưới ô.

# %% [markdown] lang="en"
# ## 3 · The data
#
# **MNIST** holds 70,000 pictures of handwritten digits from 0 to 9: 60,000 for training, 10,000 for testing. Each picture has one grey channel and is 28 pixels high and 28 wide; each pixel
# is a number from 0 (black) to 1 (white).
#
# The first time MNIST (about 12 MB) is downloaded into the folder `data/`. Without a network the lesson uses the 1,797 real digits inside scikit-learn, and says so right below the cell.

# %%
from vae_helpers import checks, data, models, plots, widgets

dataset = data.load_mnist()
plots.plot_images(
    dataset.images[:10],
    titles=[str(int(label)) for label in dataset.labels[:10]],
    title=tr("Mười ảnh đầu tiên", "The first ten images"),
)

# %% [markdown] lang="vi"
# *Hình: một hàng mười chữ số trắng trên nền đen, phía trên là nhãn của từng ảnh.* Không có hai ảnh nào giống hệt nhau. Tự mã hóa là tìm cách ghi lại mỗi ảnh như vậy chỉ bằng vài con số.
#
# `dataset.images` là một tensor bốn chiều, theo thứ tự mà mọi lớp tích chập 2 chiều (2D convolution) của PyTorch mong đợi:
#
# $$(N, C, H, W) = (\text{số ảnh},\ \text{số kênh},\ \text{chiều cao},\ \text{chiều rộng})$$

# %% [markdown] lang="en"
# *The figure: a row of ten white digits on black, the label of each above it.* No two of them are alike. Autoencoding means finding a way to write down such a picture with only a few numbers.
#
# `dataset.images` is a tensor with four dimensions, in the order that every two-dimensional convolution in PyTorch expects:
#
# $$(N, C, H, W) = (\text{images},\ \text{channels},\ \text{height},\ \text{width})$$

# %% tags=["nbval-check-output"]
x = dataset.images[:3]
print(x.shape, x.dtype)
print(x.min().item() >= 0, x.max().item() <= 1)

# %% [markdown] lang="vi"
# ## 4 · Mỗi bài học diễn ra thế nào
#
# Mỗi bài là một câu chuyện: một câu hỏi, đoạn code ngắn nhất để trả lời, một hình vẽ, và một câu giải thích hình ấy. Rồi đến **lượt của bạn**: một ô có hàm còn trống, và một ô chấm (check)
# cho biết kết quả ngay. Hàm của bạn thường vẽ luôn hình tiếp theo.
#
# - ⏳ *Bạn chưa làm*: bài học vẫn chạy tiếp đến cuối.
# - ❌ *Chưa đúng*: phần gợi ý cho biết lỗi của bạn trông giống lỗi nào và nên nghĩ về điều gì, chứ không đưa đáp án.
# - ✅ *Đúng rồi*: ô chấm thử nhiều dữ liệu khác nhau, nên gõ thẳng một con số sẽ không qua được.
#
# Máy không có font emoji thì hiện ba ô vuông giống hệt nhau; khi ấy hãy đọc dòng chữ đi kèm. Bạn muốn sửa bao nhiêu lần cũng được.
#
# Vài điều nên biết trước:
#
# - **Khởi động lại kernel, hay mở lại bài hôm trước:** mọi biến đã mất, dù hình vẫn còn đó. Hãy bấm vào ô bạn đang làm, chọn **Run → Run All Above Selected Cell**, rồi đi tiếp.
# - Kết quả có sẵn trong bài là của lần chạy đã lưu; trên máy bạn, chi tiết có thể hơi khác.
# - Con số do code in ra viết theo kiểu Python (21.38 và 12000); trong lời văn ta viết kiểu Việt Nam (21,38 và 12.000).
# - Trên điện thoại, hãy đọc bản trang web của khóa học (giảng viên cho địa chỉ): ở đó vẫn vẽ được, làm trắc nghiệm được, không cần Python.

# %% [markdown] lang="en"
# ## 4 · How a lesson works
#
# Each lesson is a story: a question, the smallest piece of code that answers it, a picture, and a sentence that explains the picture. Then it is **your turn**: a cell with an unfinished
# function, and a check that answers at once. Often your function draws the next picture.
#
# - ⏳ *Not done yet*: the lesson still runs to its end.
# - ❌ *Not right*: the hint says which mistake yours looks like and what to think about, never the solution.
# - ✅ *That is right*: a check tries several inputs, so typing in a single number will not get through.
#
# A machine without an emoji font draws three equal boxes; the words after them say the same. Try as often as you like.
#
# Good to know:
#
# - **After a restart of the kernel, or in a lesson opened again,** all variables are gone, though the pictures are still there. Click on the cell where you were, choose
#   **Run → Run All Above Selected Cell**, then go on.
# - The outputs that you find in a lesson are those of a stored run; on your machine details may differ.
# - Numbers that code prints are Python's (21.38 and 12000); the text writes 12,000.
# - On a phone, read the course's web site (your instructor has its address): there you draw and answer the quiz without Python.

# %% [markdown] lang="vi"
# ### Lượt của bạn
#
# Encoder nhận bao nhiêu con số cho mỗi ảnh? Hãy viết hàm nhận một tensor ảnh có kích thước $(N, C, H, W)$ và trả về số lượng con số trong **một** ảnh.

# %% [markdown] lang="en"
# ### Your turn
#
# How many numbers does the encoder get for one picture? Write a function that takes a tensor of images $(N, C, H, W)$ and returns how many numbers **one** image holds.


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
# | [01 · Autoencoder](01_autoencoder.ipynb) | ghi mỗi ảnh bằng hai con số, rồi vẽ lại ảnh từ đó |
# | [02 · VAE](02_vae.ipynb) | thay mỗi điểm bằng một đám mây, và viết mô hình VAE |
# | [03 · Tái tham số hóa](03_reparameterization.ipynb) | tính bằng tay bước lấy mẫu ngẫu nhiên trong VAE, và cho gradient đi qua được bước ấy |
# | [04 · Hàm mất mát](04_loss.ipynb) | suy ra điều mà VAE tối ưu, và viết nó thành code |
# | [05 · Huấn luyện](05_training.ipynb) | viết vòng lặp huấn luyện (training loop) có log, và huấn luyện tiếp được sau khi bị ngắt |
# | [06 · Tái tạo và sinh ảnh](06_reconstructions.ipynb) | so ảnh gốc với ảnh tái tạo, và sinh ảnh mới |
# | [07 · Thanh trượt tiềm ẩn](07_latent_sliders.ipynb) | tự tay điều khiển những con số mà từ đó mô hình vẽ ra ảnh |
# | [08 · PCA và autoencoder](08_pca.ipynb) | so autoencoder với một phương pháp cổ điển |
# | [09 · Các loại autoencoder](09_kinds.ipynb) | dựng năm loại autoencoder, và biết mỗi loại được gì |
# | [10 · Nén, làm sạch, vẽ bản đồ](10_compress_clean_map.ipynb) | nén ảnh, làm sạch ảnh nhiễu, vẽ bản đồ dữ liệu, và so với cách đơn giản nhất |
# | [11 · Ít nhãn, ảnh lạ, ảnh mới](11_labels_anomalies_images.ipynb) | phân loại khi có ít nhãn, tìm ảnh lạ, sinh ảnh và đo ảnh sinh ra |
# | [12 · Giới hạn](12_limits.ipynb) | biết VAE kém ở đâu, và vì sao |
# | [13 · Các biến thể](13_variants.ipynb) | viết bốn biến thể của VAE, và đo xem chúng hơn ở chỗ nào |
# | [14 · Đến với Stable Diffusion](14_towards_stable_diffusion.ipynb) | dựng một Stable Diffusion thu nhỏ: gõ "bảy", nó vẽ số bảy |
# | [15 · Ảnh của chính bạn](15_own_pictures.ipynb) | làm cả đề bài với ảnh của bạn, và đo xem thanh trượt nào có nghĩa gì |
# | [Trắc nghiệm](../../quiz/vi/quiz.ipynb) | biết mình hiểu đến đâu: mười câu của đề bài và nhiều câu khác |
#
# ## 6 · Chơi thử
#
# Mô hình dưới đây đã được huấn luyện sẵn: nó vẽ một chữ số từ hai con số. **Bấm hay kéo trên bản đồ, hoặc kéo hai thanh trượt.** Bạn tìm được những chữ số nào?

# %% [markdown] lang="en"
# ## 5 · The map of the course
#
# | lesson | what you will be able to do |
# | --- | --- |
# | [01 · Autoencoder](01_autoencoder.ipynb) | write down each picture with two numbers, and draw it again from them |
# | [02 · VAE](02_vae.ipynb) | turn each point into a cloud, and write the VAE |
# | [03 · Reparameterization](03_reparameterization.ipynb) | compute the VAE's random step by hand, and train right through it |
# | [04 · The loss](04_loss.ipynb) | derive what a VAE optimises, and write it as code |
# | [05 · Training](05_training.ipynb) | write the training loop with its log, and go on after a break |
# | [06 · Reconstructions and samples](06_reconstructions.ipynb) | compare originals with reconstructions, and make new pictures |
# | [07 · Latent sliders](07_latent_sliders.ipynb) | steer by hand the numbers that the model draws from |
# | [08 · PCA and the autoencoder](08_pca.ipynb) | compare an autoencoder with a classical method |
# | [09 · Kinds of autoencoder](09_kinds.ipynb) | build five kinds of autoencoder, and know what each is good for |
# | [10 · Compress, clean, map](10_compress_clean_map.ipynb) | compress pictures, clean noisy ones, draw a map of them, beside the simplest way |
# | [11 · Few labels, anomalies, new images](11_labels_anomalies_images.ipynb) | classify with few labels, find odd pictures, make new ones and measure them |
# | [12 · Limits](12_limits.ipynb) | know where VAEs do badly, and why |
# | [13 · Variants](13_variants.ipynb) | write four variants of the VAE, and measure where they are better |
# | [14 · Towards Stable Diffusion](14_towards_stable_diffusion.ipynb) | build Stable Diffusion in miniature: type "seven" and it draws one |
# | [15 · Your own pictures](15_own_pictures.ipynb) | do the exercise with pictures of your own, and measure which slider means what |
# | [The quiz](../../quiz/en/quiz.ipynb) | see how much you have understood: the handout's ten questions and more |
#
# ## 6 · Something to play with
#
# The model below is trained already: it draws a digit from two numbers. **Click or drag on the map, or drag the two sliders.** Which digits can you find?

# %%
widgets.latent_explorer(models.load_pretrained("vae-2d"))

# %% [markdown] lang="vi"
# *Khi không có kernel, một trang tự chạy đứng vào chỗ ô trên: ở đó bạn còn vẽ được chữ số.* Đến bài 07, bạn sẽ hiểu mọi thứ trong đó.
#
# ## Tóm tắt
#
# - Bạn đã biết máy có đủ gói hay chưa, và đang tính trên thiết bị nào.
# - Ảnh là tensor $(N, C, H, W)$ với giá trị trong $[0, 1]$; mỗi ảnh MNIST là $1 \times 28 \times 28$.
# - Ô chấm cho biết ngay: chưa làm, chưa đúng (kèm gợi ý), hay đúng rồi.
#
# **Trả lời câu hỏi đầu bài:** nếu mọi ô trên đây chạy không báo lỗi và không thiếu gói nào, máy của bạn đã sẵn sàng.

# %% [markdown] lang="en"
# *Without a kernel a page that runs by itself takes its place; on that one you can even draw a digit.* By lesson 07 you will understand all of it.
#
# ## Recap
#
# - You know whether every package is there, and which device you compute on.
# - Images are tensors $(N, C, H, W)$ with values in $[0, 1]$; an MNIST image is $1 \times 28 \times 28$.
# - Checks answer at once: not done yet, not right with a hint, or right.
#
# **The answer to the opening question:** if all cells above run without an error and no package is missing, your machine is ready.
