# %% [markdown] lang="vi"
# # Bài 07 · Thanh trượt tiềm ẩn
#
# *Nếu tự tay thay đổi từng con số của $z$, chữ số sẽ đổi ra sao, và mỗi con số có mang một ý nghĩa riêng không?* Bài này dùng mô hình đã huấn luyện sẵn, nên không phải chờ: kéo thanh trượt
# hay bấm lên bản đồ, decoder vẽ ngay.
#
# ⏱ Học khoảng một giờ; phần tính toán mất chừng nửa phút. Các ô tương tác cần kernel đang chạy; khi không có kernel, một trang tự chạy hay một hình tĩnh được hiện thay vào đó. Nếu một ô báo *model not found*, hoặc thanh trượt kéo mà ảnh không đổi
# (kernel đã khởi động lại), hãy chạy lại tất cả các ô: *Run → Run All Cells*.

# %% [markdown] lang="en"
# # Lesson 07 · Latent sliders
#
# *If you could turn the numbers of $z$ by hand, one at a time, how would the digit change, and does each number have a meaning of its own?* This lesson uses models that are trained already, so
# there is nothing to wait for: drag a slider or click on the map, and the decoder draws at once.
#
# ⏱ About an hour; computing takes about half a minute. The interactive cells need a running kernel; without one a page that runs by itself, or a still picture, stands in. If a cell says *model not found*, or a slider moves and the picture does not
# (the kernel was restarted), run all cells again: *Run → Run All Cells*.

# %%
import torch

from vae_helpers import checks, data, metrics, models, page, plots, tr, widgets

vae = models.load_pretrained("vae-2d")
test_set = data.load_mnist(train=False)

# %% [markdown] lang="vi"
# ## 1 · Mô hình đã huấn luyện sẵn
#
# `vae-2d` là VAE trong đề bài (bản bài tập in sẵn, xem bài 00), huấn luyện với $B = 10$. Thẻ mô hình (model card) đi kèm ghi cách huấn luyện và kết quả đo trên 10.000 ảnh kiểm tra (test):

# %% [markdown] lang="en"
# ## 1 · A model that is trained already
#
# `vae-2d` is the VAE of the handout (the printed exercise, see lesson 00), trained with $B = 10$. Its model card says how it was trained, and what was measured on the 10,000 test images:

# %% tags=["nbval-check-output"]
card = models.pretrained_card("vae-2d")
print({key: card[key] for key in ("B", "epochs", "schedule", "seed")})
print(card["scores_on_test_images"])

# %% [markdown] lang="vi"
# `sse` là tổng bình phương sai số của một ảnh; `kl` tính bằng nat, đơn vị thông tin với log tự nhiên.
#
# Ta bắt đầu bằng hai lượt đi. Hàng trên chỉ đổi $z_1$, hàng dưới chỉ đổi $z_2$, còn con số kia bằng 0:

# %% [markdown] lang="en"
# `sse` is the squared error summed over an image; `kl` is in nats, the unit of information with the natural logarithm.
#
# We begin with two walks. The upper row changes $z_1$ alone, the lower row $z_2$ alone, while the other number is 0:

# %%
values = torch.linspace(-3, 3, 9)
zero = torch.zeros(9)
z = torch.cat([torch.stack([values, zero], dim=1), torch.stack([zero, values], dim=1)])
with torch.no_grad():
    pictures = vae.decode(z)
plots.plot_images(
    pictures,
    [f"{value:.2f}" for value in values],
    rows=["$z_1$", "$z_2$"],
    title=tr("Mỗi lần đổi một con số", "One number at a time"),
)

# %% [markdown] lang="vi"
# *Hình: ảnh mà decoder vẽ khi chỉ một con số của $z$ đi từ −3 đến 3.* Con số nào cũng làm đổi cả *loại* chữ số lẫn *kiểu* chữ. Ta chưa thấy con số nào có ý nghĩa riêng.
#
# ## 2 · Tự tay điều khiển $z$
#
# Bên trái là bản đồ không gian tiềm ẩn (latent space): mỗi chấm là mã $\mu$ của một ảnh, mỗi màu một chữ số. Ba vòng tròn nét đứt là phân phối tiên nghiệm (prior) $\mathcal{N}(0, I)$ ở mức 1, 2, 3 độ lệch chuẩn; trong hai chiều,
# chúng chứa 39%, 86% và 99% số mẫu, theo công thức $1 - e^{-r^2/2}$. Bên phải là chữ số mà decoder vẽ tại dấu tròn nhỏ trên bản đồ.
#
# **Bấm hay kéo trên bản đồ, hoặc kéo hai thanh trượt.** Dùng bàn phím cũng được: phím Tab chọn thanh trượt, phím mũi tên đi từng bước.

# %% [markdown] lang="en"
# *The figure: what the decoder draws while a single number of $z$ goes from −3 to 3.* Both numbers change the *kind* of digit as well as its *style*. Neither has a meaning of its own so far.
#
# ## 2 · Holding $z$ in your hand
#
# On the left is the map of the latent space: each dot is the code $\mu$ of an image, each colour a digit. The three dashed circles are the prior $\mathcal{N}(0, I)$ at 1, 2 and 3 standard deviations; in two dimensions
# they hold 39%, 86% and 99% of its samples, by $1 - e^{-r^2/2}$. On the right is the digit that the decoder draws at the small round marker on the map.
#
# **Click or drag on the map, or drag the two sliders.** The keyboard works too: Tab selects a slider, the arrow keys take single steps.

# %%
widgets.latent_explorer(vae, test_set)

# %% [markdown] lang="vi"
# Hãy thử:
#
# - đi chậm từ vùng số 1 sang vùng số 0. Chữ số nào hiện ra dọc đường?
# - tìm chỗ mà chữ số nghiêng sang phải, rồi chỗ nó nghiêng sang trái;
# - ra bốn góc, ngoài vòng tròn thứ ba, rồi ra giữa mép trái, quanh $(-3;\ 0)$. Ở đâu ảnh vẫn là chữ số rõ ràng?
#
# ### Không cần kernel
#
# Khi có kernel, những thanh trượt trên hỏi Python mỗi khi bạn kéo. Ô dưới mang cả encoder lẫn decoder vào trong trang, nên vẫn chạy khi kernel đã tắt, khi không có mạng, và trên điện thoại. **Hãy vẽ một chữ số**: encoder cho đám mây $q(z|x)$ của nó, decoder vẽ lại. Bên cạnh autoencoder là VAE, có núm chọn $B$.

# %% [markdown] lang="en"
# Try this:
#
# - go slowly from the region of 1 to the region of 0. Which digits appear on the way?
# - find a place where the digit leans to the right, and one where it leans to the left;
# - go to the four corners, outside the third circle, then to the middle of the left edge, around $(-3, 0)$. Where is the picture still a clear digit?
#
# ### Without a kernel
#
# With a kernel, the sliders above ask Python each time you move them. The next cell carries encoder and decoder into the page itself, so it works with the kernel off, without a network, and on a phone. **Draw a digit**: the encoder gives its cloud $q(z|x)$, the decoder redraws it. Beside the autoencoder stands the VAE, with a knob for $B$.

# %%
knob = {
    tr("VAE, B = 0,3", "VAE, B = 0.3"): models.load_pretrained("vae-2d-b0.3"),
    "VAE, B = 10": vae,
    "VAE, B = 1000": models.load_pretrained("vae-2d-b1000"),
}
page.live(models.load_pretrained("ae-2d"), test_set, beside=knob)

# %% [markdown] lang="vi"
# *Trang: chỗ vẽ, rồi đến autoencoder, rồi VAE; chấm màu là mã của ảnh kiểm tra.* Hãy vẽ một chữ số rồi xoay núm: $B$ lớn thì KL lớn. Mạng $B = 0{,}3$ (chỉ huấn luyện 3 epoch) hay vẽ ra chữ số khác; nhưng từ $B = 10$ lên 1000, ảnh có thể giống nét vẽ của bạn hơn, mà cũng có thể kém giống đi, khả năng ngang nhau. <!-- claim: knob_of_B --> `.save("vae.html")` ghi trang ấy thành một tệp để gửi cho bạn bè. Nếu một notebook lấy từ nơi khác chỉ hiện ảnh tĩnh, hãy chạy lại ô ấy.
#
# ## 3 · Nhiều chiều hơn: 16 thanh trượt
#
# Với 16 chiều thì không vẽ nổi bản đồ nữa, nhưng ảnh nét hơn nhiều. Bấm **Ngẫu nhiên** vài lần, mỗi lần là một mẫu $z \sim \mathcal{N}(0, I)$. Có mẫu ra chữ số nét, cũng có mẫu chẳng ra chữ số nào.

# %% [markdown] lang="en"
# *The page: the place to draw, then the autoencoder, then the VAE; coloured dots are the codes of test images.* Draw one digit, then turn the knob: the larger $B$, the larger the KL. The network of $B = 0.3$ (trained for 3 epochs only) often draws another digit; but from $B = 10$ to 1000 the picture is as likely to move away from what you drew as towards it. <!-- claim: knob_of_B --> `.save("vae.html")` writes that page as one file for a friend. If a notebook from elsewhere shows only a still picture here, run the cell again.
#
# ## 3 · More dimensions: 16 sliders
#
# With 16 dimensions no map can be drawn, but the pictures are much sharper. Press **Random** a few times: each time is a sample $z \sim \mathcal{N}(0, I)$. Some samples are crisp digits, others are no digit at all.
# %%
vae_16 = models.load_pretrained("vae-16d")
widgets.latent_explorer(vae_16)

# %% [markdown] lang="vi"
# Khi so hai mô hình, hãy để ý rằng $B$ của chúng cũng khác nhau. Dưới đây là số đo của chúng, rồi của hai mạng có cùng $B = 1000$:

# %% [markdown] lang="en"
# Before you compare the two models, note that their $B$ differs too. Here they are, and then two networks with the same $B = 1000$:

# %% tags=["nbval-check-output"]
for name in ("vae-2d", "vae-16d", "vae-2d-b1000", "vae-16d-b1000"):
    card = models.pretrained_card(name)
    print(f"{name:14} B = {card['B']:4}  {card['scores_on_test_images']}")

# %% [markdown] lang="vi"
# Từ 2 lên 16 chiều, sai số giảm từ khoảng 31 xuống 5, dù $B$ là bao nhiêu trong bảng này. KL thì phụ thuộc cả vào $B$. Khi $B$ vẫn là 1000, KL tăng từ 23 lên 81 nat; khi $B$ đổi từ 10 thành 40, nó tăng từ 8 lên 51 nat.
#
# ### Lượt của bạn
#
# KL ấy phân bổ cho 16 chiều thế nào? KL của nhiều chiều độc lập là tổng KL của từng chiều, nên mỗi chiều $i$ góp
#
# $$\mathrm{KL}_i = \tfrac12\left(\mu_i^2 + \sigma_i^2 - \log\sigma_i^2 - 1\right),$$
#
# lấy trung bình trên các ảnh. Viết hàm nhận `mu` và `logvar`, đều có kích thước $(N, d)$, và trả về $d$ con số ấy.

# %% [markdown] lang="en"
# From 2 to 16 dimensions the error falls from about 31 to 5, whichever $B$ of this table. The KL depends on $B$ as well: at the one $B = 1000$ it rises from 23 to 81 nats, with 10 and then 40 from 8 to 51.
#
# ### Your turn
#
# How is that KL shared out among the 16 dimensions? The KL of independent dimensions is the sum of the KLs of each, so dimension $i$ contributes
#
# $$\mathrm{KL}_i = \tfrac12\left(\mu_i^2 + \sigma_i^2 - \log\sigma_i^2 - 1\right),$$
#
# averaged over the images. Write a function that takes `mu` and `logvar`, both of shape $(N, d)$, and returns these $d$ numbers.


# %% tags=["exercise"]
def kl_per_dimension(mu, logvar):
    ### BEGIN SOLUTION
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1).mean(dim=0)
    ### END SOLUTION


# %%
right = checks.check_kl_per_dimension(kl_per_dimension)
kl_of = kl_per_dimension if right else metrics.kl_per_dimension

# %% [markdown] lang="vi"
# Hàm của bạn xếp thứ tự các hàng của hình dưới đây (khi nó chưa đúng, `metrics.kl_per_dimension` làm thay). Ta lấy mã $\mu$ của một ảnh rồi cho từng chiều đi từ −3 đến 3, còn mười lăm chiều kia đứng yên.

# %% [markdown] lang="en"
# Your function orders the rows of the figure below (until it is right, `metrics.kl_per_dimension` stands in). We take the code $\mu$ of one image and let each dimension go from −3 to 3 while the fifteen others stay.

# %%
chosen = torch.randperm(len(test_set), generator=torch.Generator().manual_seed(0))[
    :2000
]
x, y = test_set.images[chosen], test_set.labels[chosen]
with torch.no_grad():
    mu, logvar = vae_16.encode(x)
kl = kl_of(mu, logvar)
order = kl.argsort(descending=True).tolist()

# %%
start = mu[y == 3][0]
z = start.repeat(16, 9, 1)  # tr("hàng, cột, chiều", "rows, columns, dimensions")
for row, i in enumerate(order):
    z[row, :, i] = values
with torch.no_grad():
    pictures = vae_16.decode(z.flatten(0, 1))
plots.plot_images(
    pictures,
    [f"{value:.2f}" for value in values],
    rows=[f"$z_{{{i + 1}}}$ · {kl[i]:.1f} nat" for i in order],
    title=tr("Mỗi hàng đổi một chiều của z", "Each row changes one dimension of z"),
    size=0.6,
)

# %% [markdown] lang="vi"
# *Hình: mỗi hàng là một chiều của $z$, xếp theo KL từ lớn đến nhỏ; ở giữa mỗi hàng, chiều ấy bằng 0.* KL phân bổ khá đều, mỗi chiều từ 2,8 đến 3,6 nat, nên chiều nào cũng được dùng.
#
# Có hàng nào chỉ đổi độ nghiêng, hay chỉ đổi độ đậm? Hãy nhìn kỹ: mỗi hàng đổi vài thứ cùng lúc. Đo thử thì thấy tương quan giữa từng chiều của `vae-16d` với độ nghiêng không quá 0,8; còn khi dùng cả 16 chiều thì đoán được độ nghiêng, với
# tương quan trên 0,9. Độ nghiêng có trong $z$, nhưng không nằm trên một trục. <!-- claim: no_axis_is_slant -->
#
# <details><summary>Hàm mất mát có ưu tiên trục nào không?</summary>
#
# $\mathcal N(0, I)$ thì tròn, xoay thế nào cũng vậy. Nhưng $q(z\mid x)$ có một $\sigma$ riêng cho từng trục. Vì thế, hàm mất mát ưu tiên những trục mà khi đi dọc theo chúng, ảnh thay đổi theo các hướng *vuông góc* nhau, như các trục của PCA
# (Rolínek và cộng sự, 2019). "Vuông góc" chưa phải là "độ nghiêng". Vả lại, ở `vae-16d` ta hầu như không thấy điều ấy: hai trục của nó lệch khỏi vuông góc cũng nhiều như hai trục được quay ngẫu nhiên. <!-- claim: axes_like_any_others -->
# </details>
#
# ## 4 · Đi từ ảnh này sang ảnh kia
#
# Gọi $z_a$ và $z_b$ là mã $\mu$ của hai ảnh, và $\alpha$ cho biết ta đã đi được bao xa: $\alpha = 0$ là ở $z_a$, $\alpha = 1$ là ở $z_b$. Có hai con đường:
#
# - **đường thẳng** (linear): $(1 - \alpha) z_a + \alpha z_b$;
# - **cung tròn** (spherical), với $\omega$ là góc giữa hai vector:
#
# $$\frac{\sin((1-\alpha)\,\omega)}{\sin\omega}\, z_a + \frac{\sin(\alpha\,\omega)}{\sin\omega}\, z_b, \qquad \cos\omega = \frac{z_a \cdot z_b}{\|z_a\|\,\|z_b\|}.$$
#
# Vì sao có người dùng cung tròn? Với $z \sim \mathcal{N}(0, I)$, $\|z\|^2$ là tổng của $d$ bình phương, mỗi bình phương có trung bình 1, nên nó gần bằng $d$. Trong nhiều chiều, các mẫu vì thế nằm gần một mặt cầu bán kính $\sqrt d$.
# Đường thẳng cắt qua bên trong mặt cầu ấy, cung tròn thì men theo nó. Hãy đo:

# %% [markdown] lang="en"
# *The figure: each row is a dimension of $z$, ordered by KL from large to small; in the middle of a row that dimension is 0.* The KL is shared out rather evenly, 2.8 to 3.6 nats, so every dimension is used.
#
# Is there a row that changes the slant alone, or the weight of the stroke? Look closely: each row changes several things at once. Measured, a single dimension of `vae-16d` correlates with the slant by no more than 0.8, while all 16 together predict it with a correlation
# above 0.9. The slant is in $z$, but not on one axis. <!-- claim: no_axis_is_slant -->
#
# <details><summary>Does the loss prefer any axes?</summary>
#
# $\mathcal N(0, I)$ is round, however it is turned. But $q(z\mid x)$ has a $\sigma$ of its own for each axis, and so the loss prefers axes along which the decoder changes the picture in *perpendicular* directions, as PCA's are
# (Rolínek et al., 2019). "Perpendicular" is not yet "slant". And in `vae-16d` hardly anything of it can be seen: two of its axes are as far from perpendicular as two axes rotated at random. <!-- claim: axes_like_any_others -->
# </details>
#
# ## 4 · Walking from one image to another
#
# Let $z_a$ and $z_b$ be the codes $\mu$ of two images, and let $\alpha$ say how far we have walked: at $\alpha = 0$ we stand at $z_a$, at $\alpha = 1$ at $z_b$. There are two ways:
#
# - **straight** (linear): $(1 - \alpha) z_a + \alpha z_b$;
# - along the **arc** (spherical), where $\omega$ is the angle between the two vectors:
#
# $$\frac{\sin((1-\alpha)\,\omega)}{\sin\omega}\, z_a + \frac{\sin(\alpha\,\omega)}{\sin\omega}\, z_b, \qquad \cos\omega = \frac{z_a \cdot z_b}{\|z_a\|\,\|z_b\|}.$$
#
# Why do some take the arc? For $z \sim \mathcal{N}(0, I)$, $\|z\|^2$ is a sum of $d$ squares, each with mean 1, so it comes out near $d$. In many dimensions the samples therefore lie near a sphere of radius $\sqrt d$.
# The straight way cuts through its inside, the arc follows it. Let us measure:

# %%
torch.manual_seed(0)
for d in (2, 16, 100):
    lengths = torch.randn(5000, d).norm(dim=1)
    middle = (torch.randn(5000, d) + torch.randn(5000, d)).norm(dim=1) / 2
    print(
        f"d = {d:3}   |z| = {lengths.mean():5.2f} ± {lengths.std():.2f}   "
        f"{tr('giữa đường thẳng', 'middle of a straight walk')}: {middle.mean():5.2f}"
    )

# %% [markdown] lang="vi"
# Với $d = 100$, vector ở giữa đường thẳng ngắn hơn một mẫu điển hình tới hơn bốn độ lệch chuẩn, mà hầu như không mẫu nào ngắn đến thế. Với $d = 16$, nó ngắn hơn khoảng 1,6 độ lệch chuẩn. Với $d = 2$ thì chẳng có gì khác thường,
# nên bản đồ dưới đây chỉ cho thấy *hình dạng* của hai con đường.

# %% [markdown] lang="en"
# With $d = 100$ the middle of a straight walk is shorter than a typical sample by more than four standard deviations: hardly any sample is that short. With $d = 16$ it is shorter by about 1.6 of them. With $d = 2$ nothing is out of the ordinary,
# so the map below only shows the *shape* of the two ways.

# %%
digits = torch.stack(
    [test_set.images[test_set.labels == digit][0] for digit in range(10)]
)
walk = widgets.interpolation_slider(vae, digits, digits)
walk.menus["a"].value, walk.menus["b"].value = 7, 2
walk

# %% [markdown] lang="vi"
# *Khi không có kernel, ô trên hiện dải chín ảnh trên đường đi.* Nét đen trên bản đồ là đường đi. Bấm ▶ để chạy, đổi giữa đường thẳng và cung tròn để so, và chọn hai chữ số khác ở menu `a`, `b`.
#
# ### Lượt của bạn
#
# Viết phép nội suy trên cung tròn cho hai vector `z_a`, `z_b` có kích thước $(d,)$ và một số `alpha`. Bạn sẽ cần `torch.dot(z_a, z_b)` (tích vô hướng), `z.norm()` (độ dài), `torch.acos` (từ cosin suy ra góc) và `torch.sin`.
# Bạn có thể coi như hai vector không bao giờ song song, nên $\sin\omega \ne 0$.

# %% [markdown] lang="en"
# *Without a kernel the cell above shows a strip of nine pictures on the way.* The black line on the map is the path. Press ▶ to run, switch between the straight way and the arc to compare, and choose two other digits in the menus `a` and `b`.
#
# ### Your turn
#
# Write the interpolation along the arc for two vectors `z_a`, `z_b` of shape $(d,)$ and a number `alpha`. You will need `torch.dot(z_a, z_b)` (the scalar product), `z.norm()` (a length), `torch.acos` (from a cosine to its angle) and `torch.sin`.
# You may take it that the two vectors are never parallel, so $\sin\omega \ne 0$.


# %% tags=["exercise"]
def slerp(z_a, z_b, alpha):
    ### BEGIN SOLUTION
    omega = torch.acos(torch.dot(z_a, z_b) / (z_a.norm() * z_b.norm()))
    return (
        torch.sin((1 - alpha) * omega) * z_a + torch.sin(alpha * omega) * z_b
    ) / torch.sin(omega)
    ### END SOLUTION


# %%
right = checks.check_slerp(slerp)
arc = slerp if right else widgets.slerp

# %% [markdown] lang="vi"
# Vẫn số 7 và số 2 ấy, nhưng với mã của `vae-16d`. Cung tròn do hàm của bạn tính (khi nó chưa đúng, `widgets.slerp` làm thay); bên trên mỗi ảnh là độ dài của $z$:

# %% [markdown] lang="en"
# The same 7 and 2, but with the codes of `vae-16d`. The arc is your function (until it is right, `widgets.slerp` stands in); above each picture stands the length of its $z$:

# %%
alphas = torch.linspace(0, 1, 9).tolist()
with torch.no_grad():
    z_a, z_b = vae_16.encode(digits[[7, 2]])[0]
    z = torch.stack(
        [way(z_a, z_b, alpha) for way in (torch.lerp, arc) for alpha in alphas]
    )
    pictures = vae_16.decode(z)
plots.plot_images(
    pictures,
    [f"|z| = {length:.1f}" for length in z.norm(dim=1)],
    rows=[tr("đường thẳng", "straight"), tr("cung tròn", "arc")],
    title=tr("Hai con đường từ 7 đến 2", "Two ways from 7 to 2"),
)

# %% [markdown] lang="vi"
# *Hình: cùng hai đầu, hai con đường.* Trên đường thẳng, $z$ ngắn đi ở giữa rồi mới dài ra; trên cung tròn, độ dài đổi ít hơn và nét chữ ở giữa đậm hơn.
#
# Một cặp thì chưa nói lên điều gì. Chúng tôi đã đo ở giữa đường đi của 200 cặp ảnh ngẫu nhiên, với `vae-16d`. Ở hơn 9 trong 10 cặp, nét trên cung tròn đậm hơn. Nhưng ở hơn 6 trong 10 cặp, ảnh trên cung tròn lại *cách xa* ảnh thật gần nhất hơn, và các ảnh thật quanh đó
# nhất trí về chữ số gần như ngang với trên đường thẳng. Vậy cung tròn cho nét đậm hơn; chữ số có tốt hơn không thì tùy thước đo. <!-- claim: arc_and_straight -->
#
# ## 5 · Số học trên $z$
#
# Lấy mã trung bình của từng chữ số rồi cộng trừ. Gọi $\bar z_4$ là mã trung bình của các số 4; thế thì $\bar z_4 - \bar z_9 + \bar z_7$ ra chữ số nào? Bốn ảnh dưới đây là kết quả giải mã của $a$, $b$, $c$ và $a - b + c$ với `vae-16d`. Hãy đổi menu để thử tổ hợp khác.

# %% [markdown] lang="en"
# *The figure: the same two ends, two ways.* On the straight way $z$ shortens in the middle before it grows again; on the arc the length changes less, and the strokes in the middle are bolder.
#
# One pair says little. We measured the middle of the way for 200 random pairs of images, with `vae-16d`. On the arc the strokes are bolder in more than 9 pairs of 10. Yet its picture is *farther* from the nearest real image in more than 6 of 10, and the real images around
# agree about the digit about as often as for the straight way. So the arc gives bolder strokes; whether its digits are better depends on the measure. <!-- claim: arc_and_straight -->
#
# ## 5 · Arithmetic on $z$
#
# Take the mean code of each digit, then add and subtract. With $\bar z_4$ for the mean code of the 4s, which digit is $\bar z_4 - \bar z_9 + \bar z_7$? The four pictures below are decoded from $a$, $b$, $c$ and $a - b + c$ with `vae-16d`. Change the menus to try other combinations.

# %%
widgets.latent_arithmetic(vae_16, test_set)

# %% [markdown] lang="vi"
# *Khi không có kernel, ô trên hiện bốn ảnh cạnh nhau: mã trung bình của số 4, số 9, số 7, rồi $4 - 9 + 7$.*
#
# Đừng mong phép tính nào cũng có nghĩa. Trong 720 tổ hợp của ba chữ số khác nhau, ít nhất ba phần tư lại cho ra chính $a$ hoặc $c$. <!-- claim: sums_give_their_terms -->
#
# Có một phép tính hữu ích hơn: lấy mã của một ảnh, bỏ đi phần chung của chữ số ấy, thêm phần chung của chữ số khác, $z - \bar z_3 + \bar z_5$. Ta so nó với cách làm đơn giản nhất là luôn vẽ $\bar z_5$:

# %% [markdown] lang="en"
# *Without a kernel the cell above shows four pictures side by side: the mean codes of 4, 9 and 7, then $4 - 9 + 7$.*
#
# Do not expect every sum to mean something. Of the 720 combinations of three different digits at least three quarters give $a$ or $c$ again. <!-- claim: sums_give_their_terms -->
#
# One sum is of more use: take an image's code, remove what its digit has in common, add what another digit has in common, $z - \bar z_3 + \bar z_5$. We hold it against the simplest way, which is always to draw $\bar z_5$:

# %%
mean_code = {digit: mu[y == digit].mean(dim=0) for digit in (3, 5)}
threes = mu[y == 3][:10]
with torch.no_grad():
    fives = vae_16.decode(threes - mean_code[3] + mean_code[5])
    always = vae_16.decode(mean_code[5].expand(10, 16))
plots.plot_images(
    {
        tr("số 3", "a 3"): x[y == 3][:10],
        "z − 3 + 5": fives,
        tr("luôn vẽ 5", "always 5"): always,
    },
    title=tr("Đổi chữ số, giữ kiểu chữ", "Another digit in the same style"),
)

# %% [markdown] lang="vi"
# *Hình: mười số 3; mỗi số sau khi đổi thành số 5; và mã trung bình của số 5.* Hàng cuối lúc nào cũng là số 5, nhưng chỉ có một kiểu. Hàng giữa giữ được độ nghiêng và độ đậm của từng ảnh.
#
# Nhưng không phải lúc nào cũng ra chữ số mới: tính trên mọi cặp chữ số, chỉ khoảng bốn phần năm trường hợp. Độ nghiêng thì vẫn giữ được. Có được điều đó không phải nhờ VAE, vì mã của autoencoder thường `ae-16d` cũng làm được như thế. <!-- claim: style_is_kept -->
#
# ## Trả lời
#
# *Mỗi con số của $z$ có ý nghĩa riêng không?* Ở những mô hình này thì không: đổi một con số là đổi nhiều nét của kiểu chữ cùng lúc, và nhiều khi đổi cả chữ số; những ý nghĩa như độ nghiêng nằm theo các *hướng* gồm nhiều trục, và phải nhìn, phải đo mới biết.
#
# ## Tự kiểm tra
#
# <details><summary><b>Trên bản đồ của <code>vae-2d</code>, vì sao bốn góc, tuy xa gốc tọa độ hơn, vẫn cho chữ số rõ ràng, còn quanh (−3; 0) thì nhòe?</b></summary>
#
# Vì decoder chỉ được huấn luyện trên những z mà encoder đưa ra. Điều quan trọng là quanh đó có mã của những ảnh nào, chứ không phải cách gốc bao xa. 12% số ảnh kiểm tra nằm ngoài vòng tròn thứ ba, phần lớn là số 7 và số 1 <!-- claim: beyond_the_third_circle -->,
# nên ở hai góc dưới vẫn có mã. Góc trên bên trái tuy trống, nhưng các mã gần nhất đều là số 0; ở góc trên bên phải, các mã quanh đó là số 2. Quanh (−3; 0) thì hầu như không có mã nào, mà chỗ ấy lại ở giữa các số 0, 6 và 7.
# </details>
#
# ## Tóm tắt
#
# - Một VAE hai chiều là một bản đồ: mỗi điểm $z$ là một ảnh, các điểm gần nhau cho ảnh giống nhau.
# - Nhiều chiều hơn thì sai số nhỏ hơn nhiều; KL của một chiều là cận trên của lượng thông tin mà chiều ấy mang.
# - Trên cung tròn, độ dài của $z$ đổi ít hơn trên đường thẳng và nét đậm hơn.
# - $z$ trừ chữ số này cộng chữ số kia giữ được kiểu chữ; còn cộng trừ các mã trung bình thì thường cho ra chính một trong các mã ấy.

# %% [markdown] lang="en"
# *The figure: ten 3s; each of them turned into a 5; and the mean code of the 5s.* The last row is always a 5, but in one style. The middle row keeps each image's slant and weight.
#
# But it is not always the new digit: over all pairs of digits, in about four cases of five. The slant is kept there, too. That is not the VAE's doing: the codes of the plain autoencoder `ae-16d` do it as well. <!-- claim: style_is_kept -->
#
# ## The answer
#
# *Does each number of $z$ have a meaning of its own?* Not in these models: to turn one number is to change several features of the style at once, and often the digit too; a meaning such as slant lies along *directions* made of many axes, and one has to look, and to measure.
#
# ## Test yourself
#
# <details><summary><b>On the map of <code>vae-2d</code>, why do the four corners show clear digits, though they are farther from the origin, while around (−3, 0) there are smears?</b></summary>
#
# Because the decoder was trained only on the z that the encoder gives. What counts is which images have their codes nearby, not how far off the origin is. 12% of the test images lie outside the third circle, most of them 7s and 1s <!-- claim: beyond_the_third_circle -->,
# so there are codes in the two lower corners. The upper left corner is empty, but the nearest codes are all 0s; at the upper right the codes around are 2s. Around (−3, 0) there are hardly any codes, and it lies between the 0s, the 6s and the 7s.
# </details>
#
# ## Recap
#
# - A VAE with two dimensions is a map: every point $z$ is a picture, and points close together give similar pictures.
# - More dimensions give a much smaller error; the KL of a dimension is an upper limit on the information it carries.
# - On the arc the length of $z$ changes less than on the straight way, and the strokes are bolder.
# - $z$ minus one digit plus another keeps the style; sums of mean codes mostly give one of their own terms again.
