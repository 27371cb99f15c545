"""Lesson 08, PCA and the autoencoder: redrawing with d axes, angles between subspaces."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from .engine import Failure, Mistake, Result, Task, call, leaves, refuse, refuse_other_shapes, run, same


def basis(A):
    return torch.linalg.qr(A).Q


# ---------------------------------------------------------------------------------------------- redrawing with PCA


def pca_reconstruct(x, mean, V):
    z = (x.flatten(1) - mean) @ V
    return (mean + z @ V.T).view_as(x)


def pca_case(n, d):
    """n random images, a mean that is not theirs, and d orthonormal axes."""
    return torch.rand(n, 1, 28, 28), torch.rand(784), basis(torch.randn(784, d))


def flat_product(x, V):
    return x.flatten(1) @ V @ V.T


def tensor_for_no_axes(function):
    """The lesson's figure begins with d = 0, and takes a tensor."""
    x, mean, V = pca_case(2, 0)
    answer, _ = call(function, (x, mean, V), PCA_RECONSTRUCT.failures)
    refuse_other_shapes(answer, x.shape, NO_AXES)
    refuse(not same(leaves(answer), leaves(pca_reconstruct(x, mean, V))), "no_axes", NO_AXES)


NO_AXES = {
    "type": (
        "Đúng các con số, nhưng hãy trả về một tensor, không phải {got}.",
        "The numbers are right, but return a tensor, not the type {got}.",
    ),
    "shape": ("Với d = 0 hàm trả về {got}, cần {wanted}.", "For d = 0 the function returns {got}, expected {wanted}."),
    "no_axes": (
        "Với d = 0 (V không có cột nào) phải còn lại ảnh trung bình.",
        "For d = 0 (V has no column) the mean image must be left.",
    ),
}


# fmt: off
PCA_RECONSTRUCT = Task(
    cases=lambda: [pca_case(3, 2), pca_case(4, 9), pca_case(1, 30)],
    right=pca_reconstruct,
    arguments="x, mean, V",
    mistakes=[
        Mistake("mean_not_added", lambda x, m, V: flat_product(x - m.view(1, 1, 28, 28), V).view_as(x),
                "Còn thiếu ảnh trung bình: trừ nó trước khi chiếu thì sau đó phải cộng lại.",
                "The mean image is missing: subtracted before the projection, it must be added again afterwards."),
        Mistake("mean_not_subtracted", lambda x, m, V: (m + flat_product(x, V)).view_as(x),
                "Bạn chiếu cả ảnh. Hãy trừ ảnh trung bình trước khi nhân với V.",
                "You project the whole image. Subtract the mean image before you multiply by V."),
        Mistake("no_mean", lambda x, m, V: flat_product(x, V).view_as(x),
                "Ảnh trung bình chưa được dùng: trừ nó trước khi chiếu, rồi cộng lại.",
                "The mean image is not used: subtract it before the projection and add it again afterwards."),
        Mistake("mean_subtracted_twice", lambda x, m, V: (flat_product(x.flatten(1) - m, V) - m).view_as(x),
                "Ảnh trung bình bị trừ hai lần. Ở decoder phải cộng nó.",
                "The mean image is subtracted twice. The decoder adds it."),
        Mistake("batch_mean", lambda x, m, V: (x.flatten(1).mean(0) + flat_product(x.flatten(1) - x.flatten(1).mean(0), V)).view_as(x),
                "Bạn dùng trung bình của chính các ảnh trong x. Hãy dùng mean, trung bình của tập huấn luyện.",
                "You use the mean of the images in x. Use mean, which is that of the training images."),
        Mistake("code", lambda x, m, V: (x.flatten(1) - m) @ V,
                "Đó là mã z. Còn thiếu decoder: nhân với V.T rồi cộng ảnh trung bình.",
                "That is the code z. The decoder is missing: multiply by V.T and add the mean image."),
        Mistake("flat", lambda x, m, V: m + flat_product(x.flatten(1) - m, V),
                "Đúng các con số, nhưng mỗi ảnh còn là một hàng 784 số. Hãy đưa về kích thước của x, chẳng hạn bằng view_as(x).",
                "The numbers are right, but each image is still a row of 784. Give them the shape of x, with view_as(x) for instance."),
        Mistake("cut_off", lambda x, m, V: pca_reconstruct(x, m, V).clamp(0, 1),
                "Bạn cắt kết quả về [0, 1]. Công thức không có bước ấy; bài học sẽ cắt sau, khi cần.",
                "You cut the result off at [0, 1]. The formula does not; the lesson does so later, where it is needed."),
        Mistake("residual", lambda x, m, V: x - pca_reconstruct(x, m, V),
                "Đó là phần mà PCA bỏ mất. Hãy trả về ảnh tái tạo.",
                "That is what PCA leaves out. Return the reconstruction."),
    ],
    last=tensor_for_no_axes,
    failures=[
        Failure("order", r"mat1 and mat2 shapes cannot be multiplied|size mismatch|must match the size",
                "Kích thước không khớp. x có dạng (N, 1, 28, 28): hãy trải nó thành (N, 784) trước; V là (784, d), V.T là (d, 784).",
                "The shapes do not fit. x is (N, 1, 28, 28): flatten it to (N, 784) first; V is (784, d), V.T is (d, 784)."),
    ],
)
# fmt: on


def check_pca_reconstruct(function: Callable) -> Result:
    """function(x, mean, V), images (N, 1, 28, 28), (784,) and orthonormal columns (784, d) → the images redrawn from d numbers.

    z = Vᵀ(x − mean), then mean + V z, in the shape of x.

    Lesson 08: 1 · PCA is an autoencoder
    """
    return run(function, PCA_RECONSTRUCT)


# ---------------------------------------------------------------------------------------------- angles


def cosines(A, B):
    return torch.linalg.svdvals(basis(A).T @ basis(B)).clamp(max=1)


def angles(A, B):
    return cosines(A, B).acos().rad2deg()


def pair(n, d, share):
    """B takes share of itself from A's subspace. Drawn until float32 suffices for every way of computing the angles."""
    while True:
        A = torch.randn(n, d)
        B = share * A @ torch.randn(d, d) + torch.randn(n, d)
        if angles(A, B).min() > 5 and max(torch.linalg.cond(A), torch.linalg.cond(B)) < 10:
            return A, B


def same_subspace(function):
    """The cosines are 1 up to rounding, which turns the angles by less than 0.1°; the acos of more than 1 is NaN."""
    A = torch.randn(60, 20)
    answer, _ = call(function, (A, A.flip(1)))
    angles = torch.cat([leaf.flatten() for leaf in leaves(answer)])
    refuse(angles.isnan().any(), "not_clamped", SAME)
    refuse(angles.max() > 1, "same_not_zero", SAME, largest=f"{angles.max():.0f}")


SAME = {
    "not_clamped": (
        "Với hai không gian con trùng nhau, bạn nhận NaN: một cosin bị làm tròn lên quá 1.",
        "For equal subspaces you get NaN: a cosine was rounded to slightly above 1.",
    ),
    "same_not_zero": (
        "Với hai không gian con trùng nhau, hàm của bạn cho góc lớn tới {largest}°, mà mọi góc phải bằng 0. Hãy chặn cosin ở đúng 1.",
        "For equal subspaces your function gives angles up to {largest}°; all must be 0. Cut the cosines off at 1 itself.",
    ),
}


NO_QR = (
    "Các cột của A và B chưa trực chuẩn, nên A.T @ B còn mang cả độ dài của chúng. Phép phân tích QR cho một cơ sở trực chuẩn.",
    "The columns of A and B are not orthonormal, so A.T @ B still carries their lengths. QR gives an orthonormal basis.",
)


# fmt: off
PRINCIPAL_ANGLES = Task(
    cases=lambda: [pair(7, 2, 0), pair(9, 3, 3), pair(20, 4, 1)],
    right=angles,
    arguments="A, B",
    mistakes=[
        Mistake("radians", lambda A, B: cosines(A, B).acos(),
                "Đúng góc, nhưng tính bằng radian. Hãy đổi ra độ.",
                "The angles are right, but in radians. Turn them into degrees."),
        Mistake("cosines", cosines,
                "Đó là cosin của các góc. Còn thiếu một hàm ngược.",
                "Those are the cosines of the angles. An inverse function is missing."),
        Mistake("no_qr", lambda A, B: torch.linalg.svdvals(A.T @ B).clamp(max=1).acos().rad2deg(), *NO_QR),
        Mistake("no_qr", lambda A, B: torch.linalg.svdvals(A.T @ B).acos().rad2deg(), *NO_QR),
        Mistake("unit_columns", lambda A, B: torch.linalg.svdvals(F.normalize(A, dim=0).T @ F.normalize(B, dim=0)).clamp(max=1).acos().rad2deg(),
                "Bạn đưa các cột về độ dài 1, nhưng chúng chưa vuông góc với nhau.",
                "You gave the columns length 1, but they are not at right angles to each other yet."),
        Mistake("column_by_column", lambda A, B: F.cosine_similarity(A, B, dim=0).acos().rad2deg(),
                "Đó là góc giữa từng cặp cột. Hai cơ sở khác nhau có thể sinh ra cùng một không gian con, nên các góc không được phụ thuộc vào việc chọn cơ sở.",
                "Those are the angles between pairs of columns. Two bases may span one subspace: the angles must not depend on the basis."),
        Mistake("no_svd", lambda A, B: (basis(A).T @ basis(B)).diagonal().clamp(-1, 1).acos().rad2deg(),
                "Bạn lấy đường chéo của Q_Aᵀ Q_B. Cosin của các góc chính là các giá trị kỳ dị của ma trận ấy.",
                "You take the diagonal of Q_Aᵀ Q_B. The cosines are that matrix's singular values."),
        Mistake("sines", lambda A, B: cosines(A, B).asin().rad2deg(),
                "Các giá trị kỳ dị là cosin, không phải sin.",
                "The singular values are cosines, not sines."),
        Mistake("largest_first", lambda A, B: angles(A, B).flip(0),
                "Đúng các góc, nhưng hãy xếp từ nhỏ đến lớn.",
                "The angles are right, but put the smallest first."),
        Mistake("only_one", lambda A, B: angles(A, B).max(),
                "Đó mới là góc lớn nhất. Hàm phải trả về cả d góc.",
                "That is the largest angle. The function returns all d of them."),
        Mistake("list", lambda A, B: angles(A, B).tolist(),
                "Đúng các góc, nhưng hãy trả về một tensor thay vì một danh sách.",
                "The angles are right, but return one tensor instead of a list."),
    ],
    last=same_subspace,
)


def check_principal_angles(function: Callable) -> Result:
    """function(A, B), each (n, d) with independent columns → the d principal angles of their column spaces, in degrees.

    From the smallest to the largest: QR of each, then the singular values of Q_Aᵀ Q_B are the cosines (A. Björck &
    G. Golub, "Numerical methods for computing angles between linear subspaces", 1973).

    Lesson 08: The angles between two subspaces
    """
    return run(function, PRINCIPAL_ANGLES)
