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
# Bên trái là bản đồ không gian tiềm ẩn (latent space): mỗi chấm là mã $\mu$ của một ảnh, mỗi màu một chữ số, ba vòng tròn đứt nét là $\mathcal{N}(0, I)$ ở mức 1, 2, 3 độ lệch chuẩn (standard deviation). Bên phải là
# chữ số mà decoder vẽ tại dấu tròn. **Bấm hay kéo trên bản đồ, hoặc kéo hai thanh trượt.** Dùng bàn phím cũng được: phím Tab để chọn thanh trượt, phím mũi tên để đi từng bước.

# %% [markdown] lang="en"
# `sse` is the squared error summed over an image, `kl` is in nats.
#
# ## 2 · Holding $z$ in your hand
#
# On the left is the map of the latent space: each dot is the code $\mu$ of an image, each colour a digit, and the three dashed circles are $\mathcal{N}(0, I)$ at 1, 2 and 3 standard deviations. On the right is the
# digit that the decoder draws at the ring. **Click or drag on the map, or drag the two sliders.** The keyboard works too: Tab selects a slider, the arrow keys take single steps.

# %%
widgets.latent_explorer(vae, test_set)

# %% [markdown] lang="vi"
# *Khi không có kernel, ô trên hiện một lưới 12 × 12 ảnh giải mã từ các điểm cách đều trên bản đồ.*
#
# Hãy thử:
#
# - đi chậm từ vùng số 1 sang vùng số 0. Chữ số nào hiện ra dọc đường?
# - tìm chỗ mà chữ số nghiêng sang phải, rồi chỗ nó nghiêng sang trái;
# - ra ngoài vòng tròn thứ ba. Ảnh có còn là chữ số không?
#
# ## 3 · Nhiều chiều hơn: 16 thanh trượt
#
# Với 16 chiều, không còn bản đồ nào vẽ nổi, nhưng ảnh nét hơn nhiều. Bấm **Ngẫu nhiên** vài lần: mỗi lần là một mẫu $z \sim \mathcal{N}(0, I)$.

# %% [markdown] lang="en"
# *Without a kernel the cell above shows a grid of 12 × 12 pictures, decoded from evenly spaced points of the map.*
#
# Try this:
#
# - go slowly from the region of 1 to the region of 0. Which digits appear on the way?
# - find a place where the digit leans to the right, and one where it leans to the left;
# - leave the third circle. Is the picture still a digit?
#
# ## 3 · More dimensions: 16 sliders
#
# With 16 dimensions no map can be drawn, but the pictures are much sharper. Press **Random** a few times: each time is a sample $z \sim \mathcal{N}(0, I)$.

# %%
vae_16 = models.load_pretrained("vae-16d")
widgets.latent_explorer(vae_16)

# %% [markdown] lang="vi"
# *Khi không có kernel, ô trên hiện hai mươi ảnh sinh ra từ $z \sim \mathcal{N}(0, I)$.* So với mô hình hai chiều, sai số trên ảnh kiểm tra giảm đi nhiều, đổi lại KL lớn hơn:

# %% [markdown] lang="en"
# *Without a kernel the cell above shows twenty images made from $z \sim \mathcal{N}(0, I)$.* Compared with the 2-D model the error on test images is much lower, at the price of a larger KL:

# %% tags=["nbval-check-output"]
for name in ("vae-2d", "vae-16d"):
    print(f"{name:8}", models.pretrained_card(name)["scores_on_test_images"])

# %% [markdown] lang="vi"
# ## 4 · Đi từ ảnh này sang ảnh kia
#
# Có hai con đường từ $z_a$ đến $z_b$:
#
# - **đường thẳng** (linear): $(1 - \alpha) z_a + \alpha z_b$;
# - **cung tròn** (spherical), với $\omega$ là góc giữa hai vector:
#
# $$\frac{\sin((1-\alpha)\,\omega)}{\sin\omega}\, z_a + \frac{\sin(\alpha\,\omega)}{\sin\omega}\, z_b, \qquad \cos\omega = \frac{z_a \cdot z_b}{\|z_a\|\,\|z_b\|}.$$
#
# Vì sao cần cung tròn? Trong nhiều chiều, các mẫu của $\mathcal{N}(0, I)$ nằm gần một mặt cầu bán kính $\sqrt d$. Đường thẳng cắt qua bên trong mặt cầu, nơi hầu như không có mẫu nào; cung tròn thì men theo nó.

# %% [markdown] lang="en"
# ## 4 · Walking from one image to another
#
# There are two ways from $z_a$ to $z_b$:
#
# - **straight** (linear): $(1 - \alpha) z_a + \alpha z_b$;
# - along the **arc** (spherical), where $\omega$ is the angle between the two vectors:
#
# $$\frac{\sin((1-\alpha)\,\omega)}{\sin\omega}\, z_a + \frac{\sin(\alpha\,\omega)}{\sin\omega}\, z_b, \qquad \cos\omega = \frac{z_a \cdot z_b}{\|z_a\|\,\|z_b\|}.$$
#
# Why the arc? In many dimensions the samples of $\mathcal{N}(0, I)$ lie near a sphere of radius $\sqrt d$. The straight way cuts through the inside of that sphere, where there are hardly any samples; the arc follows it.

# %%
torch.manual_seed(0)
for d in (2, 16, 100):
    lengths = torch.randn(5000, d).norm(dim=1)
    middle = (torch.randn(5000, d) + torch.randn(5000, d)).norm(dim=1) / 2
    print(
        f"d = {d:3}   √d = {d**0.5:5.2f}   |z| = {lengths.mean():5.2f} ± {lengths.std():.2f}   {tr('giữa đường thẳng', 'middle of a straight walk')}: {middle.mean():5.2f}"
    )

# %%
a, b = (test_set.images[test_set.labels == digit][0] for digit in (7, 2))
widgets.interpolation_slider(vae, a, b)

# %% [markdown] lang="vi"
# *Khi không có kernel, ô trên hiện dải chín ảnh trên đường đi.* Nét đen trên bản đồ là đường đi; bấm ▶ để chạy, đổi giữa đường thẳng và cung tròn để so.
#
# ### Lượt của bạn
#
# Viết phép nội suy trên cung tròn cho hai vector `z_a`, `z_b` có kích thước $(d,)$ và một số `alpha`.

# %% [markdown] lang="en"
# *Without a kernel the cell above shows a strip of nine pictures on the way.* The black line on the map is the path; press ▶ to run, and switch between the straight way and the arc to compare.
#
# ### Your turn
#
# Write the interpolation along the arc for two vectors `z_a`, `z_b` of shape $(d,)$ and a number `alpha`.


# %% tags=["exercise"]
def slerp(z_a, z_b, alpha):
    ### BEGIN SOLUTION
    omega = torch.acos(torch.dot(z_a, z_b) / (z_a.norm() * z_b.norm()))
    return (torch.sin((1 - alpha) * omega) * z_a + torch.sin(alpha * omega) * z_b) / torch.sin(omega)
    ### END SOLUTION


# %%
checks.check_slerp(slerp)

# %% [markdown] lang="vi"
# ## 5 · Số học trên $z$
#
# Lấy mã trung bình của từng chữ số rồi cộng trừ: $z_4 - z_9 + z_7$ ra chữ số nào? Bốn ảnh dưới đây là $a$, $b$, $c$ và $a - b + c$; đổi menu để thử tổ hợp khác.

# %% [markdown] lang="en"
# ## 5 · Arithmetic on $z$
#
# Take the mean code of each digit, then add and subtract: which digit is $z_4 - z_9 + z_7$? The four pictures below are $a$, $b$, $c$ and $a - b + c$; change the menus to try other combinations.

# %%
widgets.latent_arithmetic(vae_16, test_set)

# %% [markdown] lang="vi"
# *Hình: bốn ảnh xám cạnh nhau: trung bình của lớp $a$, của lớp $b$, của lớp $c$, rồi kết quả.* Đừng mong phép tính nào cũng có nghĩa: không có gì trong hàm mất mát (loss) bắt các hướng của $z$ phải mang một ý nghĩa riêng.
#
# ## Tự kiểm tra
#
# <details><summary><b>Vì sao ở ngoài vòng tròn thứ ba, ảnh thường không còn là chữ số?</b></summary>
#
# Vì decoder chỉ được luyện trên những z mà encoder đưa ra, và KL giữ chúng gần N(0, I). Ngoài đó nó chưa từng được dạy phải vẽ gì.
# </details>
#
# ## Tóm tắt
#
# - Một VAE hai chiều là một bản đồ: mỗi điểm $z$ là một ảnh, và các điểm gần nhau cho ảnh giống nhau.
# - Nhiều chiều hơn thì ảnh nét hơn, nhưng không còn vẽ được bản đồ; ta xoay từng núm hoặc lấy mẫu.
# - Đi từ ảnh này sang ảnh kia có thể theo đường thẳng hay cung tròn; trong nhiều chiều, cung tròn giữ đúng độ dài của $z$.
#
# **Về đầu khóa học:** [Bài 00](00_start_here.ipynb)

# %% [markdown] lang="en"
# *The figure: four grey pictures side by side: the mean of class $a$, of class $b$, of class $c$, and the result.* Do not expect every sum to mean something: nothing in the loss makes the directions of $z$ carry a meaning of their own.
#
# ## Test yourself
#
# <details><summary><b>Why is the picture often no digit outside the third circle?</b></summary>
#
# Because the decoder was trained only on the z that the encoder gives, and the KL keeps those near N(0, I). Out there it was never taught what to draw.
# </details>
#
# ## Recap
#
# - A VAE with two dimensions is a map: every point $z$ is a picture, and points close together give similar pictures.
# - More dimensions give sharper pictures, but no map can be drawn; we turn one knob at a time, or sample.
# - The way from one image to another may be straight or along an arc; in many dimensions the arc keeps the right length of $z$.
#
# **To the beginning:** [Lesson 00](00_start_here.ipynb)
