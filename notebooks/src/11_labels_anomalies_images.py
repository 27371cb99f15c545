# %% [markdown] lang="vi"
# # Bài 11 · Ít nhãn, ảnh bất thường, ảnh mới
#
# *Mười sáu con số của một autoencoder có giúp đọc chữ số khi chỉ có vài nhãn, nhận ra ảnh lạ và vẽ ảnh mới tốt hơn những cách đơn giản không? Autoencoder ấy có nhất thiết phải là VAE không?* Bài này làm cả ba việc.
# Ở mỗi việc, ta so `vae-16d` với autoencoder thường `ae-16d` và với những baseline học từ cùng các ảnh ấy.
#
# ⏱ Học khoảng một giờ; phần tính toán mất chừng một phút trên CPU hai nhân.

# %% [markdown] lang="en"
# # Lesson 11 · Few labels, anomalies, new images
#
# *Do the sixteen numbers of an autoencoder help to read digits from a few labels, to notice strange images and to draw new ones better than simple ways do, and must that autoencoder be a VAE?* This lesson does all three.
# In each, `vae-16d` stands beside the plain autoencoder `ae-16d` and rivals that learn from the same images.
#
# ⏱ About an hour; computing takes about a minute on two CPU cores.

# %% [markdown] lang="vi"
# ## Hai mạng và một baseline
#
# `vae-16d` ($B = 40$) và `ae-16d` là hai mạng tích chập, mỗi mạng 16 chiều, học 20 epoch trên 60.000 ảnh huấn luyện, không dùng nhãn nào. Chúng khác nhau ở hai điểm. VAE có thêm nhiễu và KL; còn loss thì VAE dùng bình phương sai số, `ae-16d` dùng BCE. Ta thử chúng trên 2.000 ảnh kiểm tra lấy ngẫu nhiên.
# (Khi không có Internet, bài chạy trên các chữ số nhỏ của scikit-learn; khi ấy các con số không còn ý nghĩa.)

# %% [markdown] lang="en"
# ## Two networks and one rival
#
# `vae-16d` ($B = 40$) and `ae-16d` are convolutional networks with 16 dimensions, trained for 20 epochs on the 60,000 training images, without labels. Two things set them apart: the VAE's noise and KL, and the loss (squared error; BCE for `ae-16d`). We try them on 2,000 test images drawn at random.
# (Offline the lesson runs on scikit-learn's small digits; the numbers mean nothing then.)

# %%
import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from vae_helpers import checks, data, metrics, models, plots, tr

train_set, test_set = data.load_mnist(), data.load_mnist(train=False)
order = torch.randperm(len(test_set), generator=torch.Generator().manual_seed(0))
n = min(2000, len(test_set) // 2)
x_test, y_test = test_set.images[order[:n]], test_set.labels[order[:n]]
x_other = test_set.images[
    order[n : 2 * n]
]  # tr("không chung ảnh nào với x_test", "shares no image with x_test")


# %%
@torch.no_grad()
def code(model, x):
    """mu of a VAE, z of an autoencoder; in parts, to save memory."""
    parts = [model.encode(part) for part in x.split(1000)]
    return torch.cat([p[0] if isinstance(p, tuple) else p for p in parts])


@torch.no_grad()
def redraw(model, x):
    return torch.cat([model.decode(z) for z in code(model, x).split(1000)])


# %%
vae, ae = models.load_pretrained("vae-16d"), models.load_pretrained("ae-16d")
rows = {tr("Ảnh gốc", "Original"): x_test[:10]}
for name, model in (("vae-16d", vae), ("ae-16d", ae)):
    rows[name] = redraw(model, x_test[:10])
plots.plot_images(rows, title=tr("Mười sáu số cho mỗi ảnh", "Sixteen numbers an image"))

# %% [markdown] lang="vi"
# *Hình: mười ảnh kiểm tra, và những gì mỗi mạng vẽ lại từ 16 số.*
#
# Baseline tuyến tính là PCA (bài 08), tính từ đúng 60.000 ảnh ấy: mã là tọa độ của ảnh trên $d$ trục chính.

# %% [markdown] lang="en"
# *The figure: test images, and what each network draws from 16 numbers.*
#
# The linear rival is PCA of those 60,000 images (lesson 08): the code is an image's coordinates on the first $d$ axes.

# %%
pixels = train_set.images.flatten(1)
mean = pixels.mean(dim=0)
axes = torch.linalg.eigh(pixels.T.cov()).eigenvectors.flip(
    1
)  # tr("dài nhất đứng đầu", "the longest first")


class PCA:
    """The first d axes, with an autoencoder's encode and decode."""

    def __init__(self, d):
        self.V = axes[:, :d]

    def encode(self, x):
        return (x.flatten(1) - mean) @ self.V

    def decode(self, z):
        return (mean + z @ self.V.T).clamp(0, 1).view(-1, 1, 28, 28)


# %% [markdown] lang="vi"
# ## 1 · Ít nhãn
#
# $z$ không phải là xác suất của các chữ số: có 16 số chứ không phải mười, có số âm, và tổng không bằng 1.

# %% [markdown] lang="en"
# ## 1 · Few labels
#
# $z$ does not hold class probabilities: there are 16 numbers and not ten, some are negative, and they do not sum to 1.

# %%
z = code(vae, x_test[:1])[0]
numbers = {str(j): value for j, value in enumerate(z.tolist(), 1)}
plots.table({"z": numbers | {"Σ": z.sum().item()}})

# %% [markdown] lang="vi"
# Nhưng có thể *đặt một bộ phân loại lên trên* $z$. Ảnh không nhãn thường có nhiều, còn nhãn phải nhờ người gán. Vậy encoder học từ mọi ảnh, còn bộ phân loại chỉ học từ vài ảnh có nhãn (mô hình M1 của Kingma và cộng sự, 2014).
#
# Ta mô tả mỗi ảnh bằng bốn cách, rồi dùng cùng một bộ phân loại đơn giản là **hồi quy logistic** (logistic regression), tức là một lớp tuyến tính rồi softmax (biến mười số thành mười xác suất).

# %% [markdown] lang="en"
# But a classifier can be *put on* $z$. Images are often plentiful, labels given by hand are not: the encoder learns from all images, the classifier from the few with labels (model M1 of Kingma et al., 2014).
#
# We describe each image in four ways, with one plain classifier, **logistic regression**: a linear layer with a softmax (which turns ten numbers into ten probabilities).

# %%
describe = {"vae-16d": lambda x: code(vae, x), "ae-16d": lambda x: code(ae, x)}
describe["PCA 16"] = PCA(16).encode
describe[tr("điểm ảnh", "pixels")] = lambda x: x.flatten(1)
unseen = {name: function(x_test).numpy() for name, function in describe.items()}


# %%
def labelled(labels, draw):
    """Training images drawn at random, with their digits."""
    generator = torch.Generator().manual_seed(draw)
    chosen = torch.randperm(len(train_set), generator=generator)[:labels]
    return train_set.images[chosen], train_set.labels[chosen]


# %%
def accuracy(name, labels, draw):
    """Test images read rightly, in %."""
    x, y = labelled(labels, draw)
    classifier = LogisticRegression(max_iter=5000).fit(describe[name](x).numpy(), y)
    return 100 * classifier.score(unseen[name], y_test)


# %% [markdown] lang="vi"
# Còn một baseline nữa: một mạng tích chập nhỏ chỉ học từ chính các nhãn ấy.

# %% [markdown] lang="en"
# One more rival: a small convolutional net trained from those labels alone.


# %%
def net_accuracy(labels, draw, steps):
    x, y = labelled(labels, draw)
    torch.manual_seed(draw)
    net = models.DigitJudge()  # tr("2 lớp tích chập, 64 đặc trưng, 10 chữ số", "2 convolutions, 64 features, 10 digits")
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)
    for _ in range(steps):
        batch = torch.randint(len(x), (50,))
        loss = F.cross_entropy(net(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return 100 * (net.read(x_test)[0] == y_test).float().mean().item()


# %% [markdown] lang="vi"
# Kết quả còn tùy *những* ảnh nào có nhãn, nên ta chọn ngẫu nhiên nhiều lần và ghi trung bình ± độ lệch chuẩn. Mọi cách đều học từ cùng những ảnh được chọn.
#
# ⏱ Khoảng 15 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# It matters *which* images have labels, so we draw several times, the same draws for every way: mean ± standard deviation.
#
# ⏱ About 15 seconds on two CPU cores.

# %%
net = tr("mạng tích chập", "convolutional net")
rows = {name: {} for name in [*describe, net]}


def compare(labels, draws, steps):
    """A column of the table: every way with the same draws of labels."""
    column = tr(f"{labels} nhãn", f"{labels} labels")
    for name in describe:
        found = [accuracy(name, labels, draw) for draw in range(draws)]
        rows[name][column] = metrics.spread(found)
    found = [net_accuracy(labels, draw, steps) for draw in range(draws)]
    rows[net][column] = metrics.spread(found)


# %%
compare(labels=100, draws=5, steps=150)
compare(labels=1000, draws=3, steps=400)
plots.table(rows)

# %% [markdown] lang="vi"
# *Bảng: phần trăm ảnh kiểm tra được đọc đúng.*
#
# Với 100 nhãn, bộ phân loại trên mã của hai autoencoder đọc đúng khoảng 86%, còn mạng chỉ học từ các nhãn ấy đúng khoảng 77%. Không phải chỉ vì mã có ít số hơn, bởi PCA cũng dùng 16 số và cũng đã thấy 60.000 ảnh. `vae-16d` và `ae-16d` ngang nhau. <!-- claim: few_labels --> Với 1.000 nhãn, `vae-16d` hơn một chút, nhưng chuẩn hóa mã (trung bình 0, độ lệch chuẩn 1) thì không còn hơn nữa. <!-- claim: standardised_codes -->
#
# Với 1.000 nhãn, mạng tích chập đã gần kịp bộ phân loại tuyến tính này, nhưng còn thua một bộ phân loại phi tuyến trên mã là máy vectơ hỗ trợ (support vector machine, SVM). <!-- claim: codes_by_svm --> Với cả 60.000 nhãn, nó tốt hơn hẳn. Mạng ấy, tức *giám khảo* ở phần 3, đọc đúng 99,3% ảnh kiểm tra, còn cách đọc theo các láng giềng gần nhất trên mã thì chưa tới 98%. <!-- claim: all_labels -->
#
# Vậy mã của autoencoder giúp ích khi có ít nhãn, và autoencoder ấy không nhất thiết phải là VAE. Dù vậy, một mạng xem 100 ảnh ấy ở dạng xoay, nghiêng, co giãn và dịch, tức là có tăng cường dữ liệu (data augmentation), cũng đọc đúng khoảng 88% <!-- claim: few_labels_augmented -->, ngang với SVM trên mã.
#
# ## 2 · Phát hiện bất thường
#
# **Phát hiện bất thường** (anomaly detection) là cho mô hình học từ toàn ảnh bình thường, rồi cho mỗi ảnh mới một điểm bất thường; điểm càng cao thì ảnh càng lạ. Các điểm ở đây là:
#
# - sai số tái tạo $\|x - \hat x\|^2$ của `vae-16d`, của `ae-16d`, và của PCA với 16, 32 hay 64 trục;
# - khoảng cách (bình phương) đến **ảnh gần nhất** trong 60.000 ảnh huấn luyện.
#
# Mọi cách đều học từ cùng những ảnh ấy.

# %% [markdown] lang="en"
# *The table: test images read rightly, in percent.*
#
# With 100 labels the codes are right for about 86%, the net trained from those alone for about 77%. Fewer numbers alone do not do it: PCA has 16 too, from the same 60,000 images. VAE or plain autoencoder makes no difference <!-- claim: few_labels -->; the VAE's lead at 1,000 goes once codes are standardised (mean 0, standard deviation 1). <!-- claim: standardised_codes -->
#
# With 1,000 labels the net comes close to this linear classifier; an SVM (support vector machine) on the codes still beats it. <!-- claim: codes_by_svm --> With all 60,000 the net leads: as the *judge* of section 3 it reads 99.3% of the test images rightly, nearest neighbours on a code less than 98%. <!-- claim: all_labels -->
#
# So a code helps where labels are few, and need not be a VAE's; though a net that sees its 100 images turned, slanted, scaled and shifted (data augmentation) reads 88% <!-- claim: few_labels_augmented -->, as the SVM does.
#
# ## 2 · Anomaly detection
#
# A model sees normal images only, then scores new ones: the higher, the stranger. Our scores are
#
# - the reconstruction error $\|x - \hat x\|^2$ of `vae-16d`, of `ae-16d`, and of PCA with 16, 32 or 64 axes;
# - the (squared) distance to the **nearest image** among the 60,000 training images, which all have seen.


# %%
def error(model):
    return lambda x: (redraw(model, x) - x).pow(2).flatten(1).sum(dim=1)


# %%
def nearest(x):
    """‖x − t‖² = ‖t‖² − 2 x·t + ‖x‖² for all t at once, 250 images at a time."""
    lengths = pixels.pow(2).sum(dim=1)
    blocks = x.flatten(1).split(250)
    smallest = [(lengths - 2 * block @ pixels.T).amin(dim=1) for block in blocks]
    return torch.cat(smallest) + x.flatten(1).pow(2).sum(dim=1)


# %%
scores = {"vae-16d": error(vae), "ae-16d": error(ae)}
scores[tr("ảnh gần nhất", "nearest image")] = nearest
scores |= {f"PCA {d}": error(PCA(d)) for d in (16, 32, 64)}

# %% [markdown] lang="vi"
# Ảnh lạ do ta tự làm: chữ cái thì vẽ từ một phông chữ; còn chữ số lộn ngược, chữ số có vết xước và chữ số nhạt thì làm từ những ảnh kiểm tra khác.

# %% [markdown] lang="en"
# We make strange images: letters from a font; and other test images upside down, scratched or faint.


# %%
def write(letters, seed=0):
    """Letters as images, each a little tilted and shifted."""
    folder = f"{matplotlib.get_data_path()}/fonts/ttf"
    font = ImageFont.truetype(f"{folder}/DejaVuSans.ttf", 22)
    random, written = np.random.default_rng(seed), []
    for letter in letters:
        image, place = Image.new("L", (28, 28)), (14, 14) + random.uniform(-1, 1, 2)
        pen = ImageDraw.Draw(image)
        pen.text(tuple(place), letter, fill=255, font=font, anchor="mm")
        tilted = image.rotate(random.uniform(-15, 15), Image.Resampling.BILINEAR)
        written.append(np.asarray(tilted))
    return torch.tensor(np.stack(written)).float().div(255).unsqueeze(1)


# %%
x = x_other[:500]
scratched = x.clone()
scratched[:, :, torch.arange(28), torch.arange(28)] = 1
strange = {
    # tr("bỏ I, O, S, Z: chúng giống 1, 0, 5, 2", "not I, O, S, Z: they look like 1, 0, 5, 2")
    tr("chữ cái", "letters"): write("ABCDEFGHJKLMNPQRTUVWXY" * 20),
    tr("lộn ngược", "upside down"): x.flip(2),
    tr("vết xước", "scratched"): scratched,
    tr("nhạt", "faint"): 0.4 * x,
}

# %%
shown = {name: images[:10] for name, images in strange.items()}
plots.plot_images(shown, title=tr("Bốn loại ảnh lạ", "Four kinds of strange images"))

# %% [markdown] lang="vi"
# *Hình: mười ảnh của mỗi loại.*
#
# Khi chưa chọn ngưỡng, làm sao biết một điểm bất thường tốt đến đâu? **AUROC** (diện tích dưới đường cong ROC) là xác suất để một ảnh lạ có điểm cao hơn một ảnh bình thường, cả hai lấy ngẫu nhiên; hai điểm bằng nhau thì tính một nửa.
# Giá trị 1 là tách được hoàn toàn, 0,5 là đoán mò, *dưới* 0,5 là còn kém đoán mò.
#
# Tính tay: ảnh bình thường có điểm 1, 2, 3; ảnh lạ có điểm 2, 4. Điểm 4 cao hơn cả ba. Điểm 2 cao hơn 1, bằng 2, thấp hơn 3. Trong 6 cặp ta được $(3 + 1 + 0{,}5) / 6 = 0{,}75$.
#
# ### Lượt của bạn
#
# `normal` có kích thước $(N,)$, `strange` có kích thước $(M,)$. Trả về AUROC. Gợi ý: `strange[:, None] > normal` so mọi cặp một lúc.

# %% [markdown] lang="en"
# *The figure: ten images of each kind.*
#
# How good is a score, without a threshold? The **AUROC** (area under the ROC curve) is the probability that a strange image scores higher than a normal one, both drawn at random; a tie counts one half.
# 1 is perfect, 0.5 guessing, *below* 0.5 worse than guessing.
#
# By hand: normal images score 1, 2, 3, strange ones 2, 4. The 4 is above all three. The 2 is above 1, ties with 2, is below 3. Of 6 pairs this makes $(3 + 1 + 0.5) / 6 = 0.75$.
#
# ### Your turn
#
# `normal` has shape $(N,)$, `strange` has shape $(M,)$. Return the AUROC. Hint: `strange[:, None] > normal` compares all pairs.


# %% tags=["exercise"]
def auroc(normal, strange):
    ### BEGIN SOLUTION
    higher = (strange[:, None] > normal).float()
    ties = (strange[:, None] == normal).float()
    return (higher + 0.5 * ties).mean()
    ### END SOLUTION


# %%
right = checks.check_auroc(auroc)

# %% [markdown] lang="vi"
# Hàm của bạn lập bảng dưới đây; khi nó chưa đúng thì `roc_auc_score` của scikit-learn làm thay.
#
# ⏱ Khoảng 10 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# Your function makes the table below; until it is right `roc_auc_score` of scikit-learn stands in.
#
# ⏱ About 10 seconds on two CPU cores.


# %%
def auroc_of(normal, strange):
    if right:
        return float(auroc(normal, strange))
    answers = [0] * len(normal) + [1] * len(strange)
    return roc_auc_score(answers, torch.cat([normal, strange]))


# %%
normal = {name: score(x_test) for name, score in scores.items()}
rows = {
    kind: {name: auroc_of(normal[name], score(x)) for name, score in scores.items()}
    for kind, x in strange.items()
}
plots.table(rows, digits=2)

# %% [markdown] lang="vi"
# *Bảng: AUROC; mỗi hàng một loại ảnh lạ, mỗi cột một điểm bất thường.*
#
# - **Chữ cái**: hai mạng được khoảng 0,90, ảnh gần nhất 0,85, PCA kém hơn nhiều. Hai mạng ngang nhau. <!-- claim: letters_noticed -->
# - **Vết xước**: PCA với 64 trục cũng đạt 1,00, nên không cần đến mạng.
# - **Lộn ngược**: hai mạng và ảnh gần nhất ngang nhau, PCA kém hơn một chút.
# - **Nhạt**: chỉ `vae-16d` vượt được mức đoán mò, mà cũng chỉ 0,68.
#
# Còn ảnh đen hoàn toàn thì sao? Ta đếm xem bao nhiêu ảnh kiểm tra có điểm *cao hơn* nó:

# %% [markdown] lang="en"
# *The table: AUROC; a row for each kind of strange images, a column for each score.*
#
# - **Letters**: the two networks have about 0.90, the nearest image 0.85, PCA far less. The two are a draw. <!-- claim: letters_noticed -->
# - **Scratched**: PCA with 64 axes reaches 1.00 too; this takes no network.
# - **Upside down**: networks and nearest image are close, PCA a little behind.
# - **Faint**: only `vae-16d` beats guessing, and at 0.68 not by much.
#
# And an all-black image? The share of test images that score *higher*:

# %%
black = torch.zeros(1, 1, 28, 28)
higher = {name: normal[name] > score(black) for name, score in scores.items()}
shares = {name: 100 * found.float().mean().item() for name, found in higher.items()}
plots.table({tr("% điểm cao hơn", "% higher"): shares})

# %% [markdown] lang="vi"
# Theo sai số tái tạo của hai mạng, một ảnh chẳng có nét nào lại bình thường hơn gần như cả 2.000 chữ số. Huấn luyện lại từ seed khác, `ae-16d` vẫn thế. Với VAE, ảnh đen khi thì có điểm thấp hơn gần như mọi chữ số, khi thì chỉ thấp hơn phần lớn chữ số; còn với ảnh nhạt, VAE vẫn tốt hơn đoán mò. <!-- claim: little_ink_is_normal -->
# Ảnh ít mực thì chẳng có gì mấy để sai, vì nếu vẽ ra toàn màu đen, bình phương sai số cũng chỉ bằng $\|x\|^2$. Chia sai số cho $\|x\|^2$ thì chữ số nhạt bị nhận ra (AUROC từ 0,99 trở lên), còn chữ cái thì không kém trước. <!-- claim: error_over_ink --> Mô hình lớn cũng có chuyện tương tự:
# Nalisnick và cộng sự (2019) thấy rằng các mô hình sinh (generative model) học từ ảnh CIFAR-10 gán cho ảnh số nhà (SVHN) log-likelihood *cao hơn* so với chính ảnh CIFAR-10.
#
# Vậy theo bình phương sai số, autoencoder, dù có là VAE hay không, nhận ra chữ cái tốt hơn các baseline này (đưa mọi ảnh về độ dài 1 thì ảnh gần nhất theo kịp <!-- claim: letters_at_length_1 -->), nhưng để lọt ảnh đen.
#
# ## 3 · Ba thước đo của một bức ảnh
#
# Việc cuối cùng là vẽ ảnh mới. Trước hết cần cách đo ảnh vẽ ra, và từ đây khóa học dùng **giám khảo** `judge`, một mạng phân loại đã học từ cả 60.000 nhãn. Nó đọc một bức ảnh và cho biết chữ số cùng xác suất của chữ số ấy.

# %% [markdown] lang="en"
# By both networks' error an image without a stroke is more normal than nearly all digits. From other seeds `ae-16d` says so again; the VAE's score for it is now below nearly all digits', now only below most, and faint ones are better than guessing. <!-- claim: little_ink_is_normal -->
# With little ink there is little to get wrong: drawn all black, an image errs by $\|x\|^2$ only. Divided by $\|x\|^2$ the error notices faint digits (AUROC 0.99 or more), and letters no worse. <!-- claim: error_over_ink --> Large models err alike:
# Nalisnick et al. (2019) found that generative models trained on CIFAR-10 give house numbers (SVHN) a *higher* log-likelihood than CIFAR-10 images.
#
# So by squared error an autoencoder, VAE or not, notices letters better than these rivals do (all scaled to length 1, the nearest image is level <!-- claim: letters_at_length_1 -->), but lets a black image pass.
#
# ## 3 · Three measures of a picture
#
# Last, we draw new images. To measure them the course uses from here on a **judge**: a classifier that learnt from all 60,000 labels. It reads a picture and gives a digit with its probability.

# %%
judge = models.load_pretrained("judge")
letters = strange[tr("chữ cái", "letters")]
shown = torch.cat([x_test[:10], letters[:10]])
titles = [f"{d} · {p:.2f}" for d, p in zip(*judge.read(shown), strict=True)]
plots.plot_images(shown, titles, title=tr("Giám khảo đọc", "What the judge reads"))

# %% [markdown] lang="vi"
# *Hình: trên mỗi ảnh là chữ số mà giám khảo đọc ra và xác suất nó gán. Hàng trên là ảnh thật, hàng dưới là chữ cái.* Giám khảo chỉ biết mười chữ số, nên chữ cái nào nó cũng đọc thành một chữ số, tám trong mười chữ này với xác suất trên 0,9.
#
# 1. **Độ tự tin** (confidence): xác suất ấy, lấy trung bình trên các ảnh. Nhưng với chữ cái, với chữ số mờ, hay khi vẽ mãi một số 0, nó cũng cao.
# 2. **Độ đa dạng** (diversity): entropy $-\sum p \log_2 p$ của các chữ số đọc được, nhiều nhất là $\log_2 10 = 3{,}32$ bit. Thước đo này không biết ảnh có đẹp không.
# 3. **Khoảng cách Fréchet** (Fréchet distance; Heusel và cộng sự, 2017) so ảnh vẽ ra với ảnh thật. Giám khảo tính 64 số ngay trước lớp cuối, gọi là *đặc trưng* (feature). Coi đặc trưng của ảnh thật ($a$) và của ảnh vẽ ra ($b$) là hai phân phối Gauss với trung bình $m$ và hiệp phương sai $C$:
#
# $$d^2 = \|m_a - m_b\|^2 + \mathrm{Tr}\left(C_a + C_b - 2\,(C_a C_b)^{1/2}\right).$$
#
# Trong một chiều, đó là $(m_a - m_b)^2 + (\sigma_a - \sigma_b)^2$. Với đặc trưng của mạng Inception, con số này có tên là FID. Giám khảo ở đây là một mạng khác, nên **đừng so với FID trong các bài báo**.
#
# ### Lượt của bạn
#
# `a` có kích thước $(N, d)$, `b` có kích thước $(M, d)$. Không cần tính căn của ma trận, vì vết (trace) của $(C_a C_b)^{1/2}$ là tổng căn bậc hai của các trị riêng (eigenvalue) của $C_a C_b$, có trong `torch.linalg.eigvals(...)`.
# Lấy phần `.real`, rồi `.clamp(min=0)`, vì làm tròn có thể cho số âm rất nhỏ. Trả về $d^2$, không lấy căn ở cuối. `torch.cov` coi mỗi *hàng* là một biến, và chia cho $N - 1$; cứ để như thế.

# %% [markdown] lang="en"
# *The figure: above each picture the judge's digit and its probability. Top: real images; bottom: letters.* The judge knows digits only, so it takes every letter for one, eight of these with more than 0.9.
#
# 1. **Confidence**: that probability, the mean over the pictures. It is high for letters too, for blurred digits, one 0 again and again.
# 2. **Diversity**: the entropy $-\sum p \log_2 p$ of the digits read, at most $\log_2 10 = 3.32$ bits. It does not ask how good the pictures are.
# 3. The **Fréchet distance** (Heusel et al., 2017) compares with real images. The judge computes 64 numbers just before its last layer, the *features*. Treat those of real images ($a$) and of drawn ones ($b$) as two Gaussians with means $m$ and covariances $C$:
#
# $$d^2 = \|m_a - m_b\|^2 + \mathrm{Tr}\left(C_a + C_b - 2\,(C_a C_b)^{1/2}\right).$$
#
# In one dimension this is $(m_a - m_b)^2 + (\sigma_a - \sigma_b)^2$. With features of the Inception network it is called FID. Our judge is another, so **do not compare with the FID of papers**.
#
# ### Your turn
#
# `a` has shape $(N, d)$, `b` has shape $(M, d)$. No root of a matrix is needed: the trace of $(C_a C_b)^{1/2}$ is the sum of the square roots of the eigenvalues of $C_a C_b$, which `torch.linalg.eigvals(...)` gives.
# Take their `.real`, then `.clamp(min=0)`, as rounding may make some negative. Return $d^2$, with no root at the end. `torch.cov` takes each *row* for a variable, and divides by $N - 1$; leave it so.


# %% tags=["exercise"]
def frechet_distance(a, b):
    ### BEGIN SOLUTION
    C_a, C_b = torch.cov(a.T), torch.cov(b.T)
    gap = (a.mean(dim=0) - b.mean(dim=0)).pow(2).sum()
    roots = torch.linalg.eigvals(C_a @ C_b).real.clamp(min=0).sqrt()
    return gap + torch.trace(C_a + C_b) - 2 * roots.sum()
    ### END SOLUTION


# %%
right = checks.check_frechet_distance(frechet_distance)

# %% [markdown] lang="vi"
# Hàm của bạn tính mọi khoảng cách từ đây đến cuối bài; khi nó chưa đúng thì `metrics.frechet_distance` làm thay. Trước hết, hai tập ảnh **thật** cách nhau bao xa, với số lượng ảnh khác nhau?

# %% [markdown] lang="en"
# Your function gives all distances below; until it is right `metrics.frechet_distance` stands in. First: how far apart are two sets of **real** images?

# %%
frechet = frechet_distance if right else metrics.frechet_distance


@torch.no_grad()
def features(pictures):
    return torch.cat([judge.features(part) for part in pictures.split(1000)])


# %%
reference, real = features(x_test), features(x_other)
sizes = (n // 8, n // 4, n // 2, n)
apart = {str(m): float(frechet(real[:m], reference[:m])) for m in sizes}
plots.table({tr("khoảng cách", "distance"): apart})

# %% [markdown] lang="vi"
# Ngay cả hai tập ảnh thật cũng không cho khoảng cách 0, và khoảng cách ấy giảm khi có nhiều ảnh hơn, vì trung bình và nhất là hiệp phương sai ước lượng từ ít ảnh thì sai nhiều. Vậy chỉ so những khoảng cách tính từ **cùng một số lượng ảnh và cùng giám khảo**. Từ đây luôn là 2.000 ảnh.
#
# Các thước đo này cũng không nhận ra việc **chép lại**. Giả sử một "mô hình" chỉ trả lại ảnh huấn luyện:

# %% [markdown] lang="en"
# The floor is not 0, and it falls as images are added: means and above all covariances estimated from few images are far off. So compare only distances from **equally many images and the same judge**. From here on: 2,000.
#
# Nor do they notice **copying**. Suppose a "model" hands back training images:


# %%
@torch.no_grad()
def measures(pictures):
    """Confidence, diversity in bits, Fréchet distance to the test images."""
    digit, confidence = judge.read(pictures)
    p = digit.bincount(minlength=10) / len(digit)
    diversity = -(p * p.clamp(min=1e-9).log2()).sum()
    distance = frechet(features(pictures), reference)
    return confidence.mean().item(), diversity.item(), float(distance)


# %%
columns = tr("tự tin", "confidence"), tr("đa dạng", "diversity"), "Fréchet"
both = {tr("thật", "real"): x_other, tr("chép lại", "copied"): labelled(n, 0)[0]}
rows = {k: dict(zip(columns, measures(x), strict=True)) for k, x in both.items()}
plots.table(rows, digits=2)

# %% [markdown] lang="vi"
# Cả ba con số của ảnh chép lại đều như của ảnh thật.
#
# Vậy độ tự tin cho biết giám khảo có chắc chắn không, độ đa dạng cho biết có đủ loại chữ số không, khoảng cách Fréchet cho biết các đặc trưng có phân bố như ở ảnh thật không, còn ảnh có mới không thì không thước đo nào cho biết.
#
# ## 4 · Sinh ảnh
#
# Mỗi nguồn gồm một decoder và một phân phối để lấy $z$:
#
# - **prior**: $z \sim \mathcal{N}(0, I)$, đúng như cách dựng VAE;
# - **khớp mã**: $z$ lấy từ phân phối Gauss có trung bình và hiệp phương sai của các mã. Cách này dùng được cho VAE, cho autoencoder, và cho cả PCA.
#
# Còn `vae-16d-b2` là VAE có $B$ chọn riêng cho việc sinh ảnh. Trong $B = 2, 5, 10, 40, 1000$, khi lấy $z$ từ prior, các $B$ nhỏ cho khoảng cách Fréchet đến ảnh *huấn luyện* nhỏ hơn, và ta chọn $B = 2$. <!-- claim: rate_for_sampling -->

# %% [markdown] lang="en"
# Copies score like real images.
#
# So confidence asks whether the judge is sure, diversity whether all digits are there, the Fréchet distance whether features are as in real images, and none whether pictures are new.
#
# ## 4 · Generation
#
# A source is a decoder and a distribution to take $z$ from:
#
# - **prior**: $z \sim \mathcal{N}(0, I)$, as the VAE promises;
# - **fitted**: $z$ from a Gaussian with the mean and the covariance of the codes. That works for a VAE, an autoencoder, and PCA.
#
# `vae-16d-b2` is a VAE whose $B$ was chosen for sampling. Of $B = 2, 5, 10, 40, 1000$ small ones do best, by the Fréchet distance from the prior to *training* images; we take 2. <!-- claim: rate_for_sampling -->

# %%
seen = labelled(5000, 0)[0]


def fitted(model):
    z = code(model, seen)
    C = z.T.cov() + 1e-4 * torch.eye(
        z.shape[1]
    )  # tr("cả khi một trục hầu như không đổi", "also where an axis hardly varies")
    return model, torch.distributions.MultivariateNormal(z.mean(dim=0), C)


# %%
vae_b2 = models.load_pretrained("vae-16d-b2")
prior = torch.distributions.MultivariateNormal(torch.zeros(16), torch.eye(16))
sources = {f"vae-16d-b2, {tr('prior', 'prior')}": (vae_b2, prior)}
sources |= {"vae-16d, prior": (vae, prior), "ae-16d, prior": (ae, prior)}
for name in ("vae-16d", "ae-16d", "vae-2d", "ae-2d"):
    sources[f"{name}, {tr('khớp mã', 'fitted')}"] = fitted(models.load_pretrained(name))
for d in (16, 64):
    sources[f"PCA {d}, {tr('khớp mã', 'fitted')}"] = fitted(PCA(d))


# %%
@torch.no_grad()
def draw(name, seed, n=n):
    torch.manual_seed(seed)
    model, distribution = sources[name]
    parts = distribution.sample((n,)).split(1000)
    return torch.cat([model.decode(z) for z in parts])


# %%
rows = {tr("ảnh thật", "real"): x_other[:12]}
rows |= {name: draw(name, 0, 12) for name in sources}
plots.plot_images(rows, title=tr("Ảnh thật và ảnh vẽ ra", "Real images and drawn ones"))

# %% [markdown] lang="vi"
# *Hình: mỗi hàng một nguồn, hàng đầu là ảnh thật. Với `ae-16d`, $z$ từ $\mathcal{N}(0, I)$ chỉ cho ra những vệt, còn $z$ khớp mã cho ra nhiều chữ số đọc được. Hai chiều thì ảnh mờ; với PCA, các nét chồng lên nhau.*
#
# Mỗi nguồn được lấy mẫu ba lần, mỗi lần 2.000 ảnh. ⏱ Khoảng 20 giây trên CPU hai nhân.

# %% [markdown] lang="en"
# *The figure: a row for each source, real images first. With `ae-16d`, $z$ from $\mathcal{N}(0, I)$ gives smears, $z$ fitted to the codes many digits that can be read. Two dimensions blur; PCA lays strokes over each other.*
#
# Each source is sampled three times, 2,000 images a time. ⏱ About 20 seconds on two CPU cores.


# %%
def row(name):
    seeds = [measures(draw(name, seed)) for seed in range(3)]
    confidence, diversity, distance = zip(*seeds, strict=True)
    means = sum(confidence) / 3, sum(diversity) / 3
    return dict(zip(columns, (*means, metrics.spread(distance, digits=0)), strict=True))


# %%
plots.table({name: row(name) for name in sources}, digits=2)

# %% [markdown] lang="vi"
# *Bảng: trung bình của ba lần lấy mẫu, và ± là độ lệch chuẩn giữa ba lần ấy. Khoảng cách càng nhỏ thì ảnh càng gần ảnh thật.*
#
# - Vẫn decoder `vae-16d`, chỉ đổi chỗ lấy $z$: từ prior, khoảng cách là hơn 250; từ phân phối Gauss khớp mã, còn quanh 105. Vậy decoder vẽ được, chỉ là các mã không phân bố đúng như $\mathcal{N}(0, I)$.
# - **Ba nguồn ngang nhau**, nếu xét cả những mạng huấn luyện từ seed khác: `vae-16d` khớp mã, `ae-16d` khớp mã, và prior của `vae-16d-b2`. Prior của $B = 40$ và PCA (cũng với một phân phối Gauss) kém xa. <!-- claim: three_ways_to_draw -->
# - **Autoencoder có sinh được ảnh không?** Đề bài viết rằng nó "không thể tạo ra những dữ liệu hoàn toàn mới", còn có tài liệu khác thì nói là được. Mỗi bên đúng một nửa. Decoder của `ae-16d` vẽ được, nhưng nó không cho biết lấy $z$ ở đâu: từ $\mathcal{N}(0, I)$, khoảng cách hơn 1.000; khớp mã thì quanh 103.
# - Cùng là khớp mã, hai chiều kém hẳn mười sáu chiều, với VAE cũng như với autoencoder, dù giám khảo đọc những chữ số mờ của hai chiều *không kém tự tin*. <!-- claim: confident_but_blurred -->
# - **Các con số tùy thuộc vào giám khảo.** Một giám khảo khác, không có tích chập, vẫn xếp ba nguồn ấy trước PCA 16, nhưng lại xếp PCA 16 trước prior của $B = 40$. <!-- claim: another_judge -->
#
# "Khớp mã" có hai bước: huấn luyện autoencoder trước, rồi học một prior cho các mã của nó. VQ-VAE (bài 13) cũng làm như thế, với prior là một mạng. Mô hình khuếch tán trên mã (latent diffusion) như Stable Diffusion cũng vậy, với prior là một mạng khuếch tán (bài 14).
#
# Vậy để vẽ ảnh mới, cần biết lấy $z$ ở đâu. VAE cho biết trước nếu $B$ được chọn cho việc ấy; với autoencoder thường, ta tìm ra sau khi huấn luyện.
#
# ## Trả lời
#
# *Mười sáu con số có giúp ích không, và có cần VAE không?* Chúng giúp đọc chữ số khi có ít nhãn, nhận ra chữ cái ngang với baseline tốt nhất và vẽ ảnh mới tốt hơn PCA, nhưng một autoencoder không phải VAE cũng làm được gần như thế; VAE chỉ có thêm một prior để lấy $z$.
#
# ## Tự kiểm tra
#
# <details><summary><b>Một điểm bất thường có AUROC bằng 0,4 với ảnh nhạt. Đổi dấu thì được 0,6. Vậy sao không đổi?</b></summary>
#
# Vì khi dùng thật, ta không biết trước ảnh lạ thuộc loại nào. Đổi dấu thì với chữ cái, 0,90 lại thành 0,10. Chia sai số cho $\|x\|^2$ thì được cả hai.
# </details>
#
# <details><summary><b>Bạn có 100 nhãn và 60.000 ảnh không nhãn. Trước khi dùng VAE, bạn thử những cách nào?</b></summary>
#
# Cùng bộ phân loại ấy trên điểm ảnh, trên PCA và trên mã của một autoencoder thường; thêm một mạng nhỏ học từ 100 nhãn, có tăng cường dữ liệu. Chọn nhãn ngẫu nhiên vài lần rồi mới so sánh.
# </details>
#
# ## Tóm tắt
#
# - Với ít nhãn, mã 16 số tốt hơn PCA, điểm ảnh và mạng chỉ học từ nhãn, không tăng cường dữ liệu; khi có mọi nhãn thì mạng ấy tốt hơn. VAE và autoencoder ngang nhau.
# - Bình phương sai số tái tạo nhận ra chữ cái, nhưng để lọt ảnh đen.
# - Đo ảnh vẽ ra bằng độ tự tin, độ đa dạng và khoảng cách Fréchet, với cùng số ảnh và cùng giám khảo; không thước đo nào nhận ra việc chép lại từ cả tập huấn luyện.

# %% [markdown] lang="en"
# *The table: mean of three samplings ± standard deviation. Smaller distances are nearer to real images.*
#
# - The decoder `vae-16d`, with $z$ from two places: from the prior the distance is above 250, fitted about 105. So the decoder can draw; it is the codes that do not lie as $\mathcal{N}(0, I)$ does.
# - **Three sources are level** over several seeds: `vae-16d` fitted, `ae-16d` fitted, and the prior of `vae-16d-b2`. The prior of $B = 40$ and PCA (one Gaussian, too) are far behind. <!-- claim: three_ways_to_draw -->
# - **Can an autoencoder generate?** The handout says that it "cannot create entirely new data", another text that it makes new data. Either is half right. The decoder of `ae-16d` can draw, but does not say where to take $z$ from: with $\mathcal{N}(0, I)$ the distance is above 1,000, fitted about 103.
# - Fitted, two dimensions are far behind sixteen, VAE and autoencoder alike, though the judge is *no less* confident of their blurred digits. <!-- claim: confident_but_blurred -->
# - **The numbers are this judge's.** Another judge, without convolutions, still puts those three before PCA 16, but PCA 16 before the prior of $B = 40$. <!-- claim: another_judge -->
#
# "Fitted" takes two stages: train an autoencoder, then learn a prior for its codes. The VQ-VAE (lesson 13) does so too, with a network for its prior; latent diffusion (Stable Diffusion; lesson 14) with a diffusion model.
#
# So drawing takes a place for $z$: a VAE has one beforehand if its $B$ was chosen for that, for a plain autoencoder we find it after training.
#
# ## The answer
#
# *Do the sixteen numbers help, and must it be a VAE?* They help where labels are few, notice letters about as well as the best rival and draw new images better than PCA, but a plain autoencoder does about as well as the VAE; what the VAE has of its own is a prior to take $z$ from.
#
# ## Test yourself
#
# <details><summary><b>A score has an AUROC of 0.4 for faint images, with its sign flipped 0.6. So why not flip it?</b></summary>
#
# In use nobody tells what kind of strange image will come. Flipped, the 0.90 for letters becomes 0.10. The error divided by $\|x\|^2$ serves both.
# </details>
#
# <details><summary><b>You have 100 labels and 60,000 images without. What do you try before a VAE?</b></summary>
#
# The same classifier on pixels, on PCA and on the code of a plain autoencoder; and a small net trained from the 100, with augmentation. Draw the labels several times.
# </details>
#
# ## Recap
#
# - With few labels a code of 16 numbers is ahead of PCA, pixels and a net trained from the labels without augmentation; with all labels that net is ahead. VAE and autoencoder are level.
# - The squared reconstruction error notices letters, but lets a black image pass.
# - Measure drawn pictures by confidence, diversity and Fréchet distance, with equally many images and the same judge; none notices copying from the whole training set.
