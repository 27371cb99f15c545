"""Lesson 13, variants: the label beside the input, the straight-through gradient."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .engine import Failure, Mistake, Result, Task, call, judged, refuse, refuse_other_shapes, run


def one_hot(y: Tensor, classes: int = 10) -> Tensor:
    return F.one_hot(y, classes).float()


def beside(*parts: Tensor) -> Tensor:
    return torch.cat(parts, dim=1)


def labelled():
    """Values with labels that stop short of 9, where a one-hot vector as long as the largest label is too short; last all ten."""
    for n, d in ((4, 3), (7, 1), (5, 20)):
        yield torch.randn(n, d), torch.randint(0, 9, (n,))
    yield torch.randn(10, 2), torch.arange(10)


# fmt: off
WITH_LABEL = Task(
    cases=labelled,
    right=lambda values, y: beside(values, one_hot(y)),
    arguments="values, y",
    gradients={0: "values"},
    mistakes=[
        Mistake("number", lambda values, y: beside(values, y[:, None].float()),
                "Bạn ghép chính con số y vào. Với mạng, nhãn 9 khi ấy lớn gấp chín lần nhãn 1; hãy ghép vector one-hot của nó.",
                "You put the number y itself beside the values. To a network the label 9 is then nine times the label 1; put its one-hot vector there."),
        Mistake("label_first", lambda values, y: beside(one_hot(y), values),
                "Đủ các phần nhưng sai thứ tự: values đứng trước, nhãn đứng sau. Trọng số có sẵn được huấn luyện với đúng thứ tự ấy.",
                "All parts are there in the wrong order: first the values, then the label. The trained weights expect that order."),
        Mistake("classes", lambda values, y: beside(values, F.one_hot(y).float()),
                "Vector one-hot của bạn dài theo nhãn lớn nhất trong batch. Nó phải luôn có 10 phần tử: hãy cho F.one_hot biết có bao nhiêu loại.",
                "Your one-hot vector is as long as the largest label of the batch. It must always have 10 entries: tell F.one_hot how many there are."),
        Mistake("label_alone", lambda values, y: one_hot(y),
                "Bạn chỉ trả về nhãn. Mạng vẫn cần cả values bên cạnh nó.",
                "You return the label alone. The network still needs the values beside it."),
        Mistake("weighted", lambda values, y: beside(values, one_hot(y) * y[:, None]),
                "Phần tử của nhãn phải bằng 1, dù nhãn là chữ số nào.",
                "The label's entry must be 1, whatever the digit is."),
    ],
    failures=[
        Failure("below", "Sizes of tensors must match|must have same number of dimensions|same number of dimensions",
                "torch.cat không ghép được. Hai tensor phải có cùng số hàng N và được ghép theo cột (dim=1).",
                "torch.cat cannot join them. Both tensors need N rows, and they are joined along the columns (dim=1)."),
    ],
)
# fmt: on


def check_with_label(function: Callable) -> Result:
    """function(values (N, d), y (N,) of 0 … 9) → (N, d + 10): the values, then the one-hot vector of the label.

    Lesson 13: The CVAE
    """
    return run(function, WITH_LABEL)


# fmt: off
STRAIGHT_THROUGH = {  # name → hints
    "type": ("Hàm của bạn trả về kiểu {got}; cần một tensor.",
             "Your function returns the type {got}; a tensor is needed."),
    "indices": ("Bạn trả về chỉ số trong codebook. Decoder cần chính các vector ấy: codebook[…].",
                "You return positions in the codebook. The decoder needs the vectors themselves: codebook[…]."),
    "shape": ("Kích thước chưa đúng: hàm trả về {got}, cần {wanted}, một vector cho mỗi hàng của z_e.",
              "The shape is not right: the function returns {got}, expected {wanted}, a vector for each row of z_e."),
    "unquantised": ("Giá trị trả về vẫn là z_e. Giá trị phải là z_q, còn gradient phải về z_e: hiệu nào cần nằm trong detach()?",
                    "The value returned is still z_e. The value must be z_q, and the gradient z_e's: which difference belongs into detach()?"),
    "farthest": ("Đó là những vector xa nhất. cdist cho khoảng cách: gần nhất là nhỏ nhất.",
                 "Those are the vectors farthest away. cdist gives distances: the nearest has the smallest."),
    None: ("Giá trị trả về không phải là vector gần z_e nhất trong codebook (khoảng cách Euclid).",
           "The value returned is not the vector of the codebook that is nearest to z_e (Euclidean distance)."),
    "no_gradient": ("Giá trị đúng, nhưng không có gradient nào về tới z_e, nên encoder sẽ không học được gì từ ảnh tái tạo.",
                    "The value is right, but no gradient reaches z_e, so the encoder would learn nothing from the reconstruction."),
    "gradient": ("Giá trị đúng, và z_e có gradient, nhưng đó không phải là gradient của z được chép nguyên sang: đạo hàm của z theo z_e phải là 1.",
                 "The value is right and z_e gets a gradient, but not z's own copied over: the derivative of z by z_e must be 1."),
    "codebook_gradient": ("Giá trị và gradient của z_e đều đúng, nhưng gradient cũng chảy vào codebook. Codebook học bằng số hạng riêng trong hàm mất mát: z_q phải nằm trong detach().",
                          "The value and z_e's gradient are right, but gradient flows into the codebook as well. It learns by a term of its own in the loss: z_q must be inside the detach()."),
}


def check_straight_through(function: Callable) -> Result:
    """function(z_e, codebook), z_e (N, dim), codebook (K, dim) → (N, dim): the nearest vectors, with z_e's gradient.

    Lesson 13: The VQ-VAE
    """
    return judged(function, judge_straight_through)


def judge_straight_through(function: Callable) -> None:
    for n, codes, dim in ((12, 5, 3), (6, 6, 2), (4, 9, 8)):
        z_e, codebook = torch.randn(n, dim).requires_grad_(), torch.randn(codes, dim).requires_grad_()
        z, (z_e, codebook) = call(function, (z_e, codebook))
        refuse(isinstance(z, Tensor) and not z.is_floating_point(), "indices", STRAIGHT_THROUGH)
        refuse_other_shapes(z, z_e.shape, STRAIGHT_THROUGH)
        judge_quantised(z.detach(), z_e.detach(), codebook.detach())
        judge_copied_gradient(z, z_e, codebook)


def judge_quantised(z: Tensor, z_e: Tensor, codebook: Tensor) -> None:
    distance = torch.cdist(z_e, codebook)
    refuse(torch.allclose(z, z_e, atol=1e-5), "unquantised", STRAIGHT_THROUGH)
    refuse(torch.allclose(z, codebook[distance.argmax(dim=1)], atol=1e-5), "farthest", STRAIGHT_THROUGH)
    refuse(not torch.allclose(z, codebook[distance.argmin(dim=1)], atol=1e-5), None, STRAIGHT_THROUGH)


def judge_copied_gradient(z: Tensor, z_e: Tensor, codebook: Tensor) -> None:
    weight = torch.randn_like(z)
    to_z_e = to_codebook = None
    if z.requires_grad:
        to_z_e, to_codebook = torch.autograd.grad((z * weight).sum(), (z_e, codebook), allow_unused=True)
    refuse(to_z_e is None or to_z_e.abs().max() < 1e-6, "no_gradient", STRAIGHT_THROUGH)
    refuse(not torch.allclose(to_z_e, weight, atol=1e-5), "gradient", STRAIGHT_THROUGH)
    refuse(to_codebook is not None and to_codebook.abs().max() > 1e-6, "codebook_gradient", STRAIGHT_THROUGH)
