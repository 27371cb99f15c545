# %% [markdown] lang="vi"
# # Bài 07 · Thanh trượt tiềm ẩn
#
# *Nếu bạn cầm được $z$ trong tay và vặn từng núm một, chữ số sẽ đổi ra sao?* Bài này dùng mô hình đã huấn luyện sẵn, nên không phải chờ: kéo thanh trượt
# hay bấm lên bản đồ, và nhìn decoder vẽ ngay lập tức.
#
# Cả bài chạy trong vài giây. Các ô tương tác cần kernel đang chạy; nếu chỉ đọc trên web, bạn sẽ thấy hình tĩnh thay thế.

# %% [markdown] lang="en"
# # Lesson 07 · Latent sliders
#
# *If you could hold $z$ in your hand and turn one knob after the other, how would the digit change?* This lesson uses models that are trained already, so
# there is nothing to wait for: drag a slider or click on the map, and watch the decoder draw at once.
#
# The whole lesson runs in a few seconds. The interactive cells need a running kernel; on a web page you will see still pictures in their place.

# %%
import torch

from vae_helpers import checks, data, models, plots, tr, widgets

test_set = data.load_mnist(train=False)

# %% [markdown] lang="vi"
# ## 1 · Mô hình đã huấn luyện sẵn
#
# `vae-2d` là VAE của bài tập, huấn luyện với $B = 10$ (bài 04 cho thấy vì sao số này hợp lý hơn 1000). Tấm thẻ đi kèm ghi cách làm ra nó và điểm số trên 10.000 ảnh kiểm tra (test):

# %% [markdown] lang="en"
# ## 1 · A model that is trained already
#
# `vae-2d` is the exercise's VAE, trained with $B = 10$ (lesson 04 shows why this is more sensible than 1000). Its card says how it was made and how it scores on the 10,000 test images:

# %% tags=["nbval-check-output"]
vae = models.load_pretrained("vae-2d")
card = models.pretrained_card("vae-2d")
print({key: card[key] for key in ("B", "epochs", "schedule", "seed")})
print(card["scores_on_test_images"])

# %% [markdown] lang="vi"
# `sse` là tổng bình phương sai số mỗi ảnh, `kl` tính bằng nat.
#
# ## 2 · Cầm $z$ trong tay
#
# Bên trái là bản đồ không gian tiềm ẩn (latent space): mỗi chấm là mã $\mu$ của một ảnh, mỗi màu một chữ số, ba vòng tròn đứt nét là $\mathcal{N}(0, I)$ ở mức 1, 2, 3 độ lệch chuẩn (standard deviation). Trong hai chiều,
# chúng chứa 39 %, 86 % và 99 % số mẫu, theo công thức $1 - e^{-r^2/2}$; con số 86 % ở bài 06 là từ đây mà ra. Bên phải là
# chữ số mà decoder vẽ tại dấu tròn nhỏ trên bản đồ. **Bấm hay kéo trên bản đồ, hoặc kéo hai thanh trượt.** Dùng bàn phím cũng được: phím Tab để chọn thanh trượt, phím mũi tên để đi từng bước.

# %% [markdown] lang="en"
# `sse` is the squared error summed over an image, `kl` is in nats.
#
# ## 2 · Holding $z$ in your hand
#
# On the left is the map of the latent space: each dot is the code $\mu$ of an image, each colour a digit, and the three dashed circles are $\mathcal{N}(0, I)$ at 1, 2 and 3 standard deviations. In two dimensions
# they hold 39 %, 86 % and 99 % of its samples, by $1 - e^{-r^2/2}$: that is where the 86 % of lesson 06 came from. On the right is the
# digit that the decoder draws at the small round marker on the map. **Click or drag on the map, or drag the two sliders.** The keyboard works too: Tab selects a slider, the arrow keys take single steps.

# %%
widgets.latent_explorer(vae, test_set)

# %% [markdown] lang="vi"
# *Khi không có kernel, ô trên hiện một lưới 12 × 12 ảnh giải mã từ các điểm cách đều trên bản đồ.*
#
# Hãy thử:
#
# - đi chậm từ vùng số 1 sang vùng số 0. Chữ số nào hiện ra dọc đường?
# - tìm chỗ mà chữ số nghiêng sang phải, rồi chỗ nó nghiêng sang trái;
# - ra bốn góc, ngoài vòng tròn thứ ba, rồi ra giữa mép trái, quanh $(-3, 0)$. Ở đâu ảnh vẫn là chữ số rõ ràng?
#
# ## 3 · Nhiều chiều hơn: 16 thanh trượt
#
# Với 16 chiều, không còn bản đồ nào vẽ nổi, nhưng ảnh nét hơn nhiều. Bấm **Ngẫu nhiên** vài lần: mỗi lần là một mẫu $z \sim \mathcal{N}(0, I)$. Nét thì nét, nhưng không ít hình chẳng phải chữ số nào: trong 16 chiều, các mã không lấp đầy $\mathcal{N}(0, I)$, nên có mẫu rơi vào chỗ vắng mã (bài 09 sẽ đo).

# %% [markdown] lang="en"
# *Without a kernel the cell above shows a grid of 12 × 12 pictures, decoded from evenly spaced points of the map.*
#
# Try this:
#
# - go slowly from the region of 1 to the region of 0. Which digits appear on the way?
# - find a place where the digit leans to the right, and one where it leans to the left;
# - go to the four corners, outside the third circle, then to the middle of the left edge, around $(-3, 0)$. Where is the picture still a clear digit?
#
# ## 3 · More dimensions: 16 sliders
#
# With 16 dimensions no map can be drawn, but the pictures are much sharper. Press **Random** a few times: each time is a sample $z \sim \mathcal{N}(0, I)$. Crisp they are, yet quite a few are no digit at all: in 16 dimensions the codes do not fill $\mathcal{N}(0, I)$, so some samples fall where there are no codes (lesson 09 measures it).

# %%
vae_16 = models.load_pretrained("vae-16d")
widgets.latent_explorer(vae_16)

# %% [markdown] lang="vi"
# *Khi không có kernel, ô trên hiện hai mươi ảnh sinh ra từ $z \sim \mathcal{N}(0, I)$.* So với mô hình hai chiều, sai số trên ảnh kiểm tra giảm từ 30,6 xuống 4,9, đổi lại KL tăng từ 8,3 lên 51 nat. Một nat là $1/\ln 2 \approx 1{,}44$ bit, vậy là từ 12 lên 74 bit cho mỗi ảnh:

# %% [markdown] lang="en"
# *Without a kernel the cell above shows twenty images made from $z \sim \mathcal{N}(0, I)$.* Compared with the 2-D model the error on test images falls from 30.6 to 4.9, at the price of a KL that rises from 8.3 to 51 nats. A nat is $1/\ln 2 \approx 1.44$ bits, so from 12 to 74 bits for each image:

# %% tags=["nbval-check-output"]
for name in ("vae-2d", "vae-16d"):
    print(f"{name:8}", models.pretrained_card(name)["scores_on_test_images"])

# %% [markdown] lang="vi"
# ## 4 · Đi từ ảnh này sang ảnh kia
#
# Gọi $z_a$ và $z_b$ là mã $\mu$ của hai ảnh $a$ và $b$, còn $\alpha$ là số cho biết ta đã đi được bao xa: $\alpha = 0$ là ở $z_a$, $\alpha = 1$ là ở $z_b$. Có hai con đường từ $z_a$ đến $z_b$:
#
# - **đường thẳng** (linear): $(1 - \alpha) z_a + \alpha z_b$;
# - **cung tròn** (spherical), với $\omega$ là góc giữa hai vector:
#
# $$\frac{\sin((1-\alpha)\,\omega)}{\sin\omega}\, z_a + \frac{\sin(\alpha\,\omega)}{\sin\omega}\, z_b, \qquad \cos\omega = \frac{z_a \cdot z_b}{\|z_a\|\,\|z_b\|}.$$
#
# Vì sao cần cung tròn? Với $z \sim \mathcal{N}(0, I)$, $\|z\|^2$ là tổng của $d$ bình phương, mỗi số có trung bình 1, nên nó gần bằng $d$: trong nhiều chiều, các mẫu nằm gần một mặt cầu bán kính $\sqrt d$. Mật độ tuy cao nhất tại 0, nhưng thể tích quanh đó nhỏ đến mức hầu như không mẫu nào rơi vào. Đường thẳng cắt qua bên trong mặt cầu ấy; cung tròn thì men theo nó. Hãy đo:

# %% [markdown] lang="en"
# ## 4 · Walking from one image to another
#
# Let $z_a$ and $z_b$ be the codes $\mu$ of two images $a$ and $b$, and let the number $\alpha$ say how far we have walked: at $\alpha = 0$ we stand at $z_a$, at $\alpha = 1$ at $z_b$. There are two ways from $z_a$ to $z_b$:
#
# - **straight** (linear): $(1 - \alpha) z_a + \alpha z_b$;
# - along the **arc** (spherical), where $\omega$ is the angle between the two vectors:
#
# $$\frac{\sin((1-\alpha)\,\omega)}{\sin\omega}\, z_a + \frac{\sin(\alpha\,\omega)}{\sin\omega}\, z_b, \qquad \cos\omega = \frac{z_a \cdot z_b}{\|z_a\|\,\|z_b\|}.$$
#
# Why the arc? For $z \sim \mathcal{N}(0, I)$, $\|z\|^2$ is a sum of $d$ squares, each with mean 1, so it comes out near $d$: in many dimensions the samples lie near a sphere of radius $\sqrt d$. The density is highest at 0, but so little volume lies there that hardly any sample falls into it. The straight way cuts through the inside of that sphere; the arc follows it. Let us measure:

# %%
torch.manual_seed(0)
for d in (2, 16, 100):
    lengths = torch.randn(5000, d).norm(dim=1)
    middle = (torch.randn(5000, d) + torch.randn(5000, d)).norm(dim=1) / 2
    print(
        f"d = {d:3}   √d = {d**0.5:5.2f}   "
        f"|z| = {lengths.mean():5.2f} ± {lengths.std():.2f}   "
        f"{tr('giữa đường thẳng', 'middle of a straight walk')}: {middle.mean():5.2f}"
    )

# %% [markdown] lang="vi"
# Hãy so điểm giữa đường thẳng (cột cuối) với độ dài của một mẫu:
#
# - $d = 100$: 7,05 so với 9,97 ± 0,69, ngắn hơn quá bốn độ lệch chuẩn. Hầu như không mẫu nào ngắn đến thế: lời khẳng định trên là đúng;
# - $d = 16$: 2,78 so với 3,94 ± 0,71, ngắn hơn khoảng 1,6 độ lệch chuẩn. Chừng hai mươi mẫu mới có một mẫu ngắn đến thế;
# - $d = 2$: 0,88 so với 1,25 ± 0,66, mới nửa độ lệch chuẩn. Cứ ba mẫu thì có một mẫu ngắn hơn thế: chẳng có gì khác thường.
#
# Vậy trong hai chiều, bản đồ dưới đây chỉ cho thấy *hình dạng* của hai con đường, chứ không cho thấy lý do để chọn cung tròn.

# %% [markdown] lang="en"
# Compare the middle of a straight walk (last column) with the length of a sample:
#
# - $d = 100$: 7.05 against 9.97 ± 0.69, too short by more than four standard deviations. Hardly any sample is that short: the claim above holds;
# - $d = 16$: 2.78 against 3.94 ± 0.71, shorter by about 1.6 standard deviations. About one sample in twenty is that short;
# - $d = 2$: 0.88 against 1.25 ± 0.66, half a standard deviation. One sample in three is shorter still: nothing out of the ordinary.
#
# So in two dimensions the map below shows only the *shape* of the two ways, not a reason to choose the arc.

# %%
digits = torch.stack(
    [test_set.images[test_set.labels == digit][0] for digit in range(10)]
)
# one of each digit to choose from, on either side
walk = widgets.interpolation_slider(vae, digits, digits)
walk.menus["a"].value, walk.menus["b"].value = 7, 2
walk

# %% [markdown] lang="vi"
# *Khi không có kernel, ô trên hiện dải chín ảnh trên đường đi.* Nét đen trên bản đồ là đường đi; bấm ▶ để chạy, đổi giữa đường thẳng và cung tròn để so, và chọn hai chữ số khác ở menu `a`, `b`.
#
# Với 16 chiều, độ dài bắt đầu có ý nghĩa. Vẫn số 7 và số 2 ấy, nhưng mã của `vae-16d`; bên trên mỗi ảnh là độ dài của $z$:

# %% [markdown] lang="en"
# *Without a kernel the cell above shows a strip of nine pictures on the way.* The black line on the map is the path; press ▶ to run, switch between the straight way and the arc to compare, and choose two other digits in the menus `a` and `b`.
#
# With 16 dimensions the length begins to matter. The same 7 and 2, but with the codes of `vae-16d`; above each picture stands the length of its $z$:

# %%
alphas = torch.linspace(0, 1, 9).tolist()
with torch.no_grad():
    z_a, z_b = vae_16.encode(digits[[7, 2]])[0]
    z = torch.stack(
        [
            way(z_a, z_b, alpha)
            for way in (torch.lerp, widgets.slerp)
            for alpha in alphas
        ]
    )
    pictures = vae_16.decode(z)
lengths = [f"|z| = {length:.1f}" for length in z.norm(dim=1).tolist()]
plots.plot_images(
    pictures,
    lengths,
    rows=[tr("đường thẳng", "straight"), tr("cung tròn", "arc")],
    title=tr("Hai con đường từ 7 đến 2", "Two ways from 7 to 2"),
)

# %% [markdown] lang="vi"
# *Hình: cùng hai đầu, hai con đường. Trên đường thẳng, $z$ ngắn dần từ 3,7 xuống 2,2 rồi mới dài ra, và các ảnh ở giữa nhạt, nhòe. Trên cung tròn, độ dài luôn trong khoảng 3,7 đến 4,8, và nét
# chữ ở giữa đậm hơn.* (Mã của các ảnh kiểm tra dài trung bình 3,8 ± 0,6.) Với những cặp ảnh khác, như 3 và 6, khác biệt nhỏ hơn nhiều.
#
# ### Lượt của bạn
#
# Viết phép nội suy trên cung tròn cho hai vector `z_a`, `z_b` có kích thước $(d,)$ và một số `alpha`. Bạn sẽ cần `torch.dot(z_a, z_b)` (tích vô hướng), `z.norm()` (độ dài), `torch.acos` (từ cosin về góc) và `torch.sin`.
# Ở đây có thể coi là hai vector không bao giờ song song, nên $\sin\omega \ne 0$.

# %% [markdown] lang="en"
# *The figure: the same two ends, two ways. On the straight way $z$ shortens from 3.7 to 2.2 before it grows again, and the pictures in the middle are pale and blurred. On the arc the length stays between 3.7 and 4.8,
# and the strokes in the middle are firmer.* (The codes of the test images have length 3.8 ± 0.6.) With other pairs, such as 3 and 6, the difference is much smaller.
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
checks.check_slerp(slerp)

# %% [markdown] lang="vi"
# ## 5 · Số học trên $z$
#
# Lấy mã trung bình của từng chữ số rồi cộng trừ: nếu $\bar z_4$ là mã trung bình của các số 4, thì $\bar z_4 - \bar z_9 + \bar z_7$ ra chữ số nào? Bốn ảnh dưới đây là kết quả giải mã của $a$, $b$, $c$ và $a - b + c$, trong đó $a$, $b$, $c$ là mã trung bình của ba lớp; đổi menu để thử tổ hợp khác.

# %% [markdown] lang="en"
# ## 5 · Arithmetic on $z$
#
# Take the mean code of each digit, then add and subtract: with $\bar z_4$ for the mean code of the 4s, which digit is $\bar z_4 - \bar z_9 + \bar z_7$? The four pictures below are decoded from $a$, $b$, $c$ and $a - b + c$, where $a$, $b$, $c$ are the mean codes of three classes; change the menus to try other combinations.

# %%
widgets.latent_arithmetic(vae_16, test_set)

# %% [markdown] lang="vi"
# *Hình: bốn ảnh xám cạnh nhau, giải mã từ mã trung bình của lớp 4, lớp 9, lớp 7, rồi từ kết quả.* $4 - 9 + 7$ không ra chữ số nào: ảnh thứ tư là hai nét chụm lại ở dưới như chữ V, nét phải dài hơn. Có thể đoán vì sao: $4 - 9$ là "mở phần trên ra", nên số 7 mất nét ngang và có thêm một nét bên trái.
#
# Đừng mong phép tính nào cũng có nghĩa: không có gì trong hàm mất mát (loss) bắt các hướng của $z$ phải mang một ý nghĩa riêng.
#
# ## Tự kiểm tra
#
# <details><summary><b>Trên bản đồ của <code>vae-2d</code>, vì sao bốn góc, tuy xa gốc hơn, vẫn là chữ số rõ ràng, còn quanh (−3, 0) thì nhòe?</b></summary>
#
# Vì decoder chỉ được luyện trên những z mà encoder đưa ra: điều quan trọng là quanh đó có mã của ảnh nào, chứ không phải xa gốc bao nhiêu. KL chỉ giữ các mã ở gần N(0, I) nói chung; 12 % số ảnh kiểm tra vẫn
# nằm ngoài vòng tròn thứ ba, phần lớn là số 7 và số 1, nên hai góc dưới đầy mã. Góc trên bên trái tuy trống, nhưng các mã gần nhất đều là số 0, và decoder cứ thế vẽ tiếp; ở góc trên bên phải, các mã quanh đó là số 2. Quanh (−3, 0) vừa hầu như
# không có mã, vừa ở giữa các số 0, 6 và 7: chưa ai dạy nó phải vẽ gì.
# </details>
#
# ## Tóm tắt
#
# - Một VAE hai chiều là một bản đồ: mỗi điểm $z$ là một ảnh, và các điểm gần nhau cho ảnh giống nhau.
# - Nhiều chiều hơn thì ảnh nét hơn, nhưng không còn vẽ được bản đồ; ta xoay từng núm hoặc lấy mẫu.
# - Đi từ ảnh này sang ảnh kia có thể theo đường thẳng hay cung tròn; trong nhiều chiều, đường thẳng đi qua những $z$ quá ngắn, còn cung tròn giữ độ dài của $z$: giữ đúng nếu hai đầu dài bằng nhau, gần đúng nếu chúng dài xấp xỉ nhau.
#
# **Bài tiếp theo:** [08 · Các loại autoencoder](08_kinds.ipynb)

# %% [markdown] lang="en"
# *The figure: four grey pictures side by side, decoded from the mean codes of the classes 4, 9 and 7, and from the result.* $4 - 9 + 7$ is no digit at all: the fourth picture is two strokes that meet at the bottom like a V, the right one longer. One can guess why: $4 - 9$ is "open the top", so the 7 loses its bar and gains a stroke on the left.
#
# Do not expect every sum to mean something: nothing in the loss makes the directions of $z$ carry a meaning of their own.
#
# ## Test yourself
#
# <details><summary><b>On the map of <code>vae-2d</code>, why do the four corners show clear digits, though they are farther from the origin, while around (−3, 0) there are smears?</b></summary>
#
# Because the decoder was trained only on the z that the encoder gives: what counts is which images have their codes nearby, not how far off the origin is. The KL keeps the codes near N(0, I) only by and large; 12 % of the test
# images still lie outside the third circle, most of them 7s and 1s, so the two lower corners are full of codes. The upper left corner is empty, but the nearest codes are all 0s, and the decoder goes on with them; at the upper right the codes around are 2s. Around (−3, 0) there
# are hardly any codes, and it lies between the 0s, the 6s and the 7s: nobody has taught the decoder what to draw there.
# </details>
#
# ## Recap
#
# - A VAE with two dimensions is a map: every point $z$ is a picture, and points close together give similar pictures.
# - More dimensions give sharper pictures, but no map can be drawn; we turn one knob at a time, or sample.
# - The way from one image to another may be straight or along an arc; in many dimensions the straight way passes through $z$ that are too short, while the arc keeps the length: exactly if both ends are equally long, and nearly if they are about as long as each other.
#
# **Next lesson:** [08 · Kinds of autoencoder](08_kinds.ipynb)
