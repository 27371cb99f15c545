"""Lesson 08, PCA and the autoencoder: angles between subspaces."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from .engine import Mistake, Result, Task, call, leaves, run, wrong


def basis(A):
    return torch.linalg.qr(A).Q


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
    """The cosines are 1 up to rounding; the acos of more than 1 is NaN."""
    A = torch.randn(60, 20)
    answer, _ = call(function, (A, A.flip(1)))
    if torch.cat([leaf.flatten() for leaf in leaves(answer)]).isnan().any():
        raise wrong(
            "not_clamped",
            "Với hai không gian con trùng nhau, bạn nhận NaN: một cosin bị làm tròn lên quá 1.",
            "For equal subspaces you get NaN: a cosine was rounded to slightly above 1.",
        )


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
